//! Turns schemas into the text of Rust modules.
//!
//! Owns: which file holds what, and the order of items in it. Does not own: the bodies of functions (`generate/*`), files.
//! Invariants: every generated function does what one struct needs and nothing else; the text depends on the schemas alone.

mod api_keys;
mod decode;
mod encode;
mod names;
mod oracle;
mod sample;
mod structs;

use anyhow::Result;

use crate::schema::{Field, FieldType, Message, MessageKind, Schema, Schemas, Struct, Versions};

const HEADING: &str = "// Generated from `compat/schemas` by `strata-codegen write`; do not edit.\n\n";
/// Longest function that clippy accepts, in lines of its body.
const FUNCTION_LINES_MAX: usize = 70;

/// Every generated file: its path from the repository's root, and its text before formatting.
pub(crate) fn generate(schemas: &Schemas) -> Result<Vec<(String, String)>> {
    let mut files = vec![
        ("compat/src/messages.rs".to_owned(), root_module(schemas)),
        ("compat/src/messages/api_keys.rs".to_owned(), api_keys::generate(schemas)),
        ("compat/src/messages/samples.rs".to_owned(), samples_root(schemas)),
        ("compat/src/messages/oracle_table.rs".to_owned(), oracle::generate(schemas)),
    ];
    for schema in schemas.values().filter(|schema| !schema.retired) {
        let path = format!("compat/src/messages/{}.rs", schema.module);
        files.push((path, module(schema)));
        files.push((format!("compat/src/messages/samples/{}.rs", schema.module), samples(schema)));
    }
    Ok(files)
}

/// Whether a generated file only declares modules, which `cargo fmt` goes through.
pub(crate) fn is_root(path: &str) -> bool {
    path.ends_with("/messages.rs") || path.ends_with("/samples.rs")
}

/// The module that declares all others.
fn root_module(schemas: &Schemas) -> String {
    let mut text = String::from(
        "//! Kafka's messages, one module for each API and one for each family of records.\n//!\n\
         //! Owns: the fields of every version of every message, and their defaults. Does not own: primitives (see `wire`), headers in\n\
         //! front of a body (see `frame`).\n//! Invariants: what [`Message::decode`] accepts is bounded by the bytes that are there.\n\n",
    );
    text.push_str(HEADING);
    text.push_str("#[rustfmt::skip]\npub mod api_keys;\n");
    let modules = || schemas.values().filter(|schema| !schema.retired);
    for schema in modules() {
        put_line!(text, "#[rustfmt::skip]\npub mod {};", schema.module);
    }
    text.push_str("#[cfg(test)]\nmod oracle;\n#[cfg(test)]\n#[rustfmt::skip]\nmod oracle_table;\n#[cfg(test)]\nmod samples;\n#[cfg(test)]\nmod tests;\n\n");
    for schema in modules() {
        let names: Vec<&str> = schema.messages.iter().map(|message| message.name.as_str()).collect();
        put_line!(text, "pub use {}::{{{}}};", schema.module, names.join(", "));
    }
    text.push_str("pub use crate::wire::{Message, Request};\n");
    text
}

/// The module of one schema file.
fn module(schema: &Schema) -> String {
    let mut body = String::new();
    for message in &schema.messages {
        for declared in &message.structs {
            let generator = StructGenerator { message, declared };
            body.push_str(&generator.definition());
            body.push_str(&generator.implementation());
        }
        if message.kind == MessageKind::Request {
            let response = message.name.replace("Request", "Response");
            let key = schema.api.as_ref().map_or(-1, |(key, _)| *key);
            put!(
                body,
                "impl Request for {} {{\n type Response = {response};\n const KEY: i16 = {key};\n}}\n\n",
                message.name
            );
        }
    }
    let title = schema.api.as_ref().map_or_else(
        || format!("//! Records and values of the family `{}`.\n\n", schema.module),
        |(key, name)| format!("//! {name} (API key {key}).\n\n"),
    );
    format!("{title}{HEADING}{}\n{body}", imports(&body))
}

/// The module that declares the samples of all others.
fn samples_root(schemas: &Schemas) -> String {
    let mut text = format!("//! Generated values of every message, for tests only.\n\n{HEADING}");
    for schema in schemas.values().filter(|schema| !schema.retired) {
        put_line!(text, "#[rustfmt::skip]\nmod {};", schema.module);
    }
    text
}

/// The samples of one schema file.
fn samples(schema: &Schema) -> String {
    let mut body = String::new();
    for message in &schema.messages {
        for declared in &message.structs {
            let generator = StructGenerator { message, declared };
            put!(body, "impl {} {{\n{}}}\n\n", declared.name, generator.sample());
        }
    }
    let names = schema.messages.iter().flat_map(|message| &message.structs).map(|declared| declared.name.as_str());
    let names: Vec<&str> = names.collect();
    let module = &schema.module;
    format!(
        "//! Samples of the module `{module}`.\n\n{HEADING}{}use crate::messages::{module}::{{{}}};\n\n{body}",
        imports(&body),
        names.join(", ")
    )
}

/// Whether a text has that word in it.
fn has_word(text: &str, word: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|found| found == word)
}

/// The `use` lines that the text needs.
fn imports(body: &str) -> String {
    let has = |word: &str| has_word(body, word);
    let mut text = String::new();
    if has("Bytes") {
        text.push_str("use bytes::Bytes;\n");
    }
    if has("Uuid") {
        text.push_str("use uuid::Uuid;\n");
    }
    text.push('\n');
    let wire = [
        "KString",
        "Message",
        "Reader",
        "Records",
        "Request",
        "Sample",
        "TagWriter",
        "WireError",
        "Writer",
        "check_version",
        "required",
    ];
    let used: Vec<&str> = wire.into_iter().filter(|word| has(word)).collect();
    put_line!(text, "use crate::wire::{{{}}};", used.join(", "));
    text
}

/// Writes the code of one struct.
#[derive(Clone, Copy)]
struct StructGenerator<'a> {
    message: &'a Message,
    declared: &'a Struct,
}

impl StructGenerator<'_> {
    /// Whether this is the message itself rather than a struct in it.
    fn is_root(self) -> bool {
        self.declared.name == self.message.name
    }

    /// `true`, `false`, or the name of the local variable that tells whether a version is flexible.
    fn flexible(self) -> &'static str {
        let versions = self.declared.versions;
        match self.message.flexible {
            None => "false",
            Some(first) if first > versions.last => "false",
            Some(first) if first <= versions.first => "true",
            Some(_) => "flexible",
        }
    }

    /// The line that declares that variable.
    fn flexible_line(self) -> String {
        match self.message.flexible {
            Some(first) if self.flexible() == "flexible" => {
                format!("let flexible = version >= {first};\n")
            }
            _ => String::new(),
        }
    }

    /// The condition under which `inner` holds, given that the struct occurs; `None` if it always does.
    fn condition(self, inner: Versions) -> Option<String> {
        condition(inner, self.declared.versions)
    }

    fn flexible_of(self, field: &Field) -> &'static str {
        if field.inflexible { "false" } else { self.flexible() }
    }
}

/// The condition on `version` under which `inner` holds, given that `outer` does; `None` if it always does.
fn condition(inner: Versions, outer: Versions) -> Option<String> {
    let from = inner.first > outer.first;
    let to = inner.last < outer.last;
    match (from, to) {
        (false, false) => None,
        _ if inner.first == inner.last => Some(format!("version == {}", inner.first)),
        (true, false) => Some(format!("version >= {}", inner.first)),
        (false, true) => Some(format!("version <= {}", inner.last)),
        (true, true) => Some(format!("({}..={}).contains(&version)", inner.first, inner.last)),
    }
}

/// Whether records of this message come in several slices.
fn is_rope(message: &Message) -> bool {
    message.kind == MessageKind::Response
}

/// The Rust type of a value.
fn rust_type(message: &Message, ty: &FieldType) -> String {
    match ty {
        FieldType::Bool => "bool".to_owned(),
        FieldType::Int8 => "i8".to_owned(),
        FieldType::Int16 => "i16".to_owned(),
        FieldType::Uint16 => "u16".to_owned(),
        FieldType::Int32 => "i32".to_owned(),
        FieldType::Uint32 => "u32".to_owned(),
        FieldType::Int64 => "i64".to_owned(),
        FieldType::Float64 => "f64".to_owned(),
        FieldType::Uuid => "Uuid".to_owned(),
        FieldType::String => "KString".to_owned(),
        FieldType::Records if is_rope(message) => "Records".to_owned(),
        FieldType::Bytes | FieldType::Records => "Bytes".to_owned(),
        FieldType::Struct(name) => name.clone(),
        FieldType::Array(element) => format!("Vec<{}>", rust_type(message, element)),
    }
}

/// The name of the reader's, writer's and sampler's method for a scalar.
fn method(message: &Message, ty: &FieldType) -> &'static str {
    match ty {
        FieldType::Bool => "bool",
        FieldType::Int8 => "i8",
        FieldType::Int16 => "i16",
        FieldType::Uint16 => "u16",
        FieldType::Int32 => "i32",
        FieldType::Uint32 => "u32",
        FieldType::Int64 => "i64",
        FieldType::Float64 => "f64",
        FieldType::Uuid => "uuid",
        FieldType::String => "string",
        FieldType::Records if is_rope(message) => "records",
        FieldType::Bytes | FieldType::Records => "bytes",
        FieldType::Struct(_) => "struct",
        FieldType::Array(_) => "array",
    }
}

/// Whether a scalar's length depends on the layout.
const fn has_length(ty: &FieldType) -> bool {
    matches!(ty, FieldType::String | FieldType::Bytes | FieldType::Records)
}

/// Marks every function that clippy would find too long, and only those.
pub(crate) fn expect_long_functions(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut marked = String::with_capacity(text.len());
    for (index, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let is_function = code.starts_with("fn ") || code.starts_with("pub fn ") || code.starts_with("pub(crate) fn ");
        if is_function && body_lines(&lines[index..]) > FUNCTION_LINES_MAX {
            let indent = &line[..line.len() - code.len()];
            put_line!(
                marked,
                "{indent}#[expect(clippy::too_many_lines, reason = \"generated, one step for each field\")]"
            );
        }
        marked.push_str(line);
        marked.push('\n');
    }
    marked
}

/// Lines between the braces of the function that starts at the first line.
fn body_lines(lines: &[&str]) -> usize {
    let indent = lines.first().map_or(0, |line| line.len() - line.trim_start().len());
    let closing = format!("{}}}", " ".repeat(indent));
    let opening = lines.iter().position(|line| line.ends_with('{')).unwrap_or(0);
    let end = lines.iter().position(|line| **line == closing).unwrap_or(opening + 1);
    end.saturating_sub(opening + 1)
}

#[cfg(test)]
mod tests;
