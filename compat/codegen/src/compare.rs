//! Compares our schemas with the definitions in the jars of a Kafka release.
//!
//! Owns: reading those definitions and naming each difference. Does not own: where the jars come from.
//! Invariants: a definition without a counterpart, on either side, is a difference too.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::schema::{DefaultValue, Field, Message, MessageKind, Schemas, Versions};

/// One thing in which our schemas and Kafka's definitions differ.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// Message, and field within it.
    pub place: String,
    /// What Kafka says.
    pub theirs: String,
    /// What we say.
    pub ours: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: Kafka has {}, the schema has {}", self.place, self.theirs, self.ours)
    }
}

/// Compares all schemas with all definitions in `jars`. Returns the differences, and how many messages were compared.
///
/// # Errors
/// A jar that cannot be read, or a definition that is not understood.
pub fn compare(schemas: &Schemas, jars: &[impl AsRef<Path>]) -> Result<(Vec<Difference>, usize)> {
    let mut theirs = BTreeMap::new();
    for jar in jars {
        for (name, definition) in read_jar(jar.as_ref())? {
            theirs.insert(name, definition);
        }
    }
    ensure!(!theirs.is_empty(), "the jars hold no definitions");
    Ok((compare_definitions(schemas, &theirs), theirs.len()))
}

/// Reads `common/message/*.json` of a jar, with the `unzip` program.
fn read_jar(jar: &Path) -> Result<BTreeMap<String, Value>> {
    let listing = unzip(&["-Z1"], jar, "common/message/*.json")?;
    let mut definitions = BTreeMap::new();
    for entry in listing.lines() {
        let text = unzip(&["-p"], jar, entry)?;
        let value = parse_definition(&text).with_context(|| format!("{} in {}", entry, jar.display()))?;
        let name = value["name"].as_str().context("a definition has no name")?.to_owned();
        definitions.insert(name, value);
    }
    Ok(definitions)
}

fn unzip(options: &[&str], jar: &Path, entry: &str) -> Result<String> {
    let output = Command::new("unzip")
        .args(options)
        .arg(jar)
        .arg(entry)
        .output()
        .context("the program `unzip` cannot be started")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "unzip {}: {complaint}", jar.display());
    Ok(String::from_utf8(output.stdout)?)
}

/// JSON with comments from `//` to the end of the line.
fn parse_definition(text: &str) -> Result<Value> {
    let mut json = String::with_capacity(text.len());
    for line in text.lines() {
        json.push_str(without_comment(line));
        json.push('\n');
    }
    Ok(serde_json::from_str(&json)?)
}

fn without_comment(line: &str) -> &str {
    let (mut quoted, mut escaped, mut slash) = (false, false, false);
    for (index, letter) in line.char_indices() {
        if letter == '/' && slash && !quoted {
            return &line[..index - 1];
        }
        slash = letter == '/';
        if letter == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = letter == '\\' && !escaped;
    }
    line
}

fn compare_definitions(schemas: &Schemas, theirs: &BTreeMap<String, Value>) -> Vec<Difference> {
    let mut comparison = Comparison::default();
    let mut known = Vec::new();
    for schema in schemas.values() {
        if schema.is_own() {
            continue;
        }
        if let Some((key, name)) = schema.api.as_ref().filter(|_| schema.retired) {
            for half in ["Request", "Response"] {
                let message = format!("{name}{half}");
                comparison.retired(&message, *key, theirs.get(&message));
                known.push(message);
            }
        }
        for message in &schema.messages {
            known.push(message.name.clone());
            let key = match message.kind {
                MessageKind::Key(number) | MessageKind::Value(number) => Some(number),
                _ => schema.api.as_ref().map(|(key, _)| *key),
            };
            match theirs.get(&message.name) {
                Some(definition) => comparison.message(message, key, definition),
                None => comparison.differ(&message.name, "no such message", "one"),
            }
        }
    }
    for name in theirs.keys().filter(|name| !known.contains(name)) {
        comparison.differ(name, "this message", "none");
    }
    comparison.differences
}

#[derive(Default)]
struct Comparison {
    differences: Vec<Difference>,
}

impl Comparison {
    fn differ(&mut self, place: &str, theirs: impl Into<String>, ours: impl Into<String>) {
        self.differences.push(Difference { place: place.to_owned(), theirs: theirs.into(), ours: ours.into() });
    }

    fn equal(&mut self, place: &str, what: &str, theirs: &str, ours: &str) {
        if theirs != ours {
            self.differ(place, format!("{what} {theirs}"), format!("{what} {ours}"));
        }
    }

    fn retired(&mut self, name: &str, key: i16, definition: Option<&Value>) {
        let Some(definition) = definition else {
            return self.differ(name, "no such message", "a withdrawn one");
        };
        self.equal(name, "key", &text(&definition["apiKey"]), &key.to_string());
        self.equal(name, "versions", &text(&definition["validVersions"]), "none");
    }

    fn message(&mut self, message: &Message, key: Option<i16>, definition: &Value) {
        let name = &message.name;
        self.equal(name, "type", &text(&definition["type"]), kind_word(message.kind));
        self.equal(name, "key", &text(&definition["apiKey"]), &key.map_or("none".to_owned(), |key| key.to_string()));
        let Some(valid) = range(&definition["validVersions"]) else {
            return self.differ(name, "versions none", format!("versions {}", message.versions));
        };
        self.equal(name, "versions", &valid.to_string(), &message.versions.to_string());
        let flexible = message.flexible.map_or("none".to_owned(), |first| format!("{first}+"));
        self.equal(name, "flexible versions", &text(&definition["flexibleVersions"]), &flexible);
        let unstable = definition["latestVersionUnstable"].as_bool().unwrap_or(false);
        self.equal(name, "unstable latest version", &unstable.to_string(), &message.unstable.to_string());
        let scope = Scope { message, definition };
        self.fields(scope, name, valid, (message.fields(), &definition["fields"]));
        for common in array(&definition["commonStructs"]) {
            let struct_name = text(&common["name"]);
            let used = find_struct(scope, &definition["fields"], message.fields(), &struct_name);
            match used.and_then(|ours| message.find(&ours)) {
                Some(ours) if ours.common => {
                    let place = format!("{name}/{struct_name}");
                    self.fields(scope, &place, valid, (&ours.fields, &common["fields"]));
                }
                _ => self.differ(name, format!("common struct {struct_name}"), "none in its place"),
            }
        }
    }

    fn fields(&mut self, scope: Scope<'_>, place: &str, outer: Versions, (ours, theirs): (&[Field], &Value)) {
        let theirs: Vec<(&Value, Versions)> =
            array(theirs).iter().filter_map(|field| Some((field, field_range(field)?.intersect(outer)?))).collect();
        for field in ours {
            if !theirs.iter().any(|(their, _)| same_name(&text(&their["name"]), &field.name)) {
                self.differ(&format!("{place}.{}", field.name), "no such field", "one");
            }
        }
        let order = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>().join(" ");
        let their_order = order(&mut theirs.iter().map(|(field, _)| flat(&text(&field["name"]))));
        let our_order = order(&mut ours.iter().map(|field| flat(&field.name)));
        self.equal(place, "order of fields", &their_order, &our_order);
        for (their, versions) in theirs {
            let name = text(&their["name"]);
            let path = format!("{place}.{name}");
            match ours.iter().find(|field| same_name(&name, &field.name)) {
                None => self.differ(&path, format!("this field in {versions}"), "none"),
                Some(field) => self.field(scope, &path, versions, (field, their)),
            }
        }
    }

    fn field(&mut self, scope: Scope<'_>, place: &str, versions: Versions, (ours, theirs): (&Field, &Value)) {
        self.equal(place, "versions", &versions.to_string(), &ours.versions.to_string());
        let their_type = text(&theirs["type"]);
        self.equal(place, "type", &type_shape(&their_type), &our_shape(ours));
        let show = |range: Option<Versions>| range.map_or("never".to_owned(), |range| range.to_string());
        let nullable = range(&theirs["nullableVersions"]).and_then(|range| range.intersect(versions));
        self.equal(place, "null in versions", &show(nullable), &show(ours.nullable));
        self.equal(place, "tag", &text(&theirs["tag"]), &ours.tag.map_or("none".to_owned(), |tag| tag.to_string()));
        self.equal(place, "default", &their_default(theirs), &our_default(ours));
        let ignorable = text(&theirs["ignorable"]) == "true";
        self.equal(place, "ignorable", &ignorable.to_string(), &ours.ignorable.to_string());
        let inflexible = text(&theirs["flexibleVersions"]) == "none" && !theirs["flexibleVersions"].is_null();
        self.equal(place, "inflexible", &inflexible.to_string(), &ours.inflexible.to_string());
        if !theirs["fields"].is_null() {
            match ours.ty.struct_name().and_then(|name| scope.message.find(name)) {
                Some(declared) if !declared.common => {
                    self.fields(scope, place, versions, (&declared.fields, &theirs["fields"]));
                }
                _ => self.differ(place, "fields of its own", "a common struct"),
            }
        } else if ours.ty.struct_name().and_then(|name| scope.message.find(name)).is_some_and(|found| !found.common) {
            self.differ(place, "a common struct", "fields of its own");
        }
    }
}

#[derive(Clone, Copy)]
struct Scope<'a> {
    message: &'a Message,
    definition: &'a Value,
}

/// Our name of the common struct that they call `name`, found at any field that uses it.
fn find_struct(scope: Scope<'_>, theirs: &Value, ours: &[Field], name: &str) -> Option<String> {
    for their in array(theirs) {
        let Some(our) = ours.iter().find(|field| same_name(&text(&their["name"]), &field.name)) else {
            continue;
        };
        let (their_type, our_type) = (text(&their["type"]), our.ty.struct_name().map(str::to_owned));
        let their_type = their_type.trim_start_matches("[]");
        if their_type == name {
            return our_type;
        }
        let Some(declared) = our_type.and_then(|found| scope.message.find(&found)) else {
            continue;
        };
        let inner = if their["fields"].is_null() {
            let common = array(&scope.definition["commonStructs"]);
            common
                .iter()
                .find(|common| text(&common["name"]) == their_type)
                .map_or(&Value::Null, |found| &found["fields"])
        } else {
            &their["fields"]
        };
        if let Some(found) = find_struct(scope, inner, &declared.fields, name) {
            return Some(found);
        }
    }
    None
}

const fn kind_word(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Request => "request",
        MessageKind::Response => "response",
        MessageKind::Header => "header",
        MessageKind::Data => "data",
        MessageKind::Key(_) => "coordinator-key",
        MessageKind::Value(_) => "coordinator-value",
    }
}

/// A scalar as text; `none` where there is none.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string().to_lowercase(),
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn range(value: &Value) -> Option<Versions> {
    let text = value.as_str()?;
    let (first, last) = if let Some(first) = text.strip_suffix('+') {
        (first, i16::MAX.to_string())
    } else if let Some((first, last)) = text.split_once('-') {
        (first, last.to_owned())
    } else {
        (text, text.to_owned())
    };
    Some(Versions { first: first.parse().ok()?, last: last.parse().ok()? })
}

/// A tagged field exists where it may be written as one.
fn field_range(field: &Value) -> Option<Versions> {
    range(if field["taggedVersions"].is_null() { &field["versions"] } else { &field["taggedVersions"] })
}

/// A name without case and underscores, in which both ways of writing agree.
fn flat(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

fn same_name(theirs: &str, ours: &str) -> bool {
    flat(theirs) == flat(ours)
}

fn type_shape(theirs: &str) -> String {
    let (list, element) = theirs.strip_prefix("[]").map_or(("", theirs), |element| ("list of ", element));
    let is_struct = element.starts_with(|letter: char| letter.is_ascii_uppercase());
    format!("{list}{}", if is_struct { "struct" } else { element })
}

fn our_shape(field: &Field) -> String {
    use crate::schema::FieldType;
    match &field.ty {
        FieldType::Array(element) => format!("list of {}", element.word().unwrap_or("struct")),
        scalar => scalar.word().unwrap_or("struct").to_owned(),
    }
}

fn their_default(field: &Value) -> String {
    let Some(value) = field.get("default") else {
        return "zero".to_owned();
    };
    let word = if value.is_null() { "null".to_owned() } else { text(value) };
    let number = word.strip_prefix("0x").map_or_else(|| word.parse().ok(), |hex| i64::from_str_radix(hex, 16).ok());
    match (number, word.as_str()) {
        (Some(0), _) | (None, "" | "false") => "zero".to_owned(),
        (Some(number), _) => number.to_string(),
        (None, word) => word.to_owned(),
    }
}

fn our_default(field: &Field) -> String {
    match field.default {
        DefaultValue::Zero => "zero".to_owned(),
        DefaultValue::Null => "null".to_owned(),
        DefaultValue::True => "true".to_owned(),
        DefaultValue::Number(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests;
