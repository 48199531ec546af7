//! Reads the notation of `compat/schemas` (described in that folder's README.md).
//!
//! Owns: the grammar and its checks. Does not own: files, or what is generated.

use anyhow::{Context as _, Result, bail, ensure};

use crate::schema::{DefaultValue, Field, FieldType, Message, MessageKind, Schema, Struct, Versions};

/// Reads one schema file.
///
/// # Errors
/// The first line that is not understood, by number.
pub fn parse(module: &str, text: &str) -> Result<Schema> {
    let mut parser = Parser {
        schema: Schema { module: module.to_owned(), api: None, retired: false, messages: Vec::new() },
        headed: false,
        open: Vec::new(),
    };
    for (index, line) in text.lines().enumerate() {
        parser.line(line).with_context(|| format!("{module}.schema line {}: {line}", index + 1))?;
    }
    ensure!(parser.headed, "{module}.schema is empty");
    check(&parser.schema).with_context(|| format!("{module}.schema"))?;
    Ok(parser.schema)
}

/// State of the parser: `open` holds, by depth, the struct of the last message that takes the next fields.
struct Parser {
    schema: Schema,
    headed: bool,
    open: Vec<OpenStruct>,
}

#[derive(Clone, Copy)]
struct OpenStruct {
    index: usize,
    versions: Versions,
}

impl Parser {
    fn line(&mut self, line: &str) -> Result<()> {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') {
            return Ok(());
        }
        let indent = line.len() - content.len();
        ensure!(indent.is_multiple_of(2), "indentation is two spaces");
        let words: Vec<&str> = content.split_whitespace().collect();
        match indent / 2 {
            0 if !self.headed => self.heading(&words),
            0 => self.message(&words),
            depth if words[0] == "struct" => self.common_struct(depth, &words),
            depth => self.field(depth, &words),
        }
    }

    fn heading(&mut self, words: &[&str]) -> Result<()> {
        self.headed = true;
        match *words {
            ["api", key, name] => self.schema.api = Some((key.parse()?, name.to_owned())),
            ["api", key, name, "retired"] => {
                self.schema.api = Some((key.parse()?, name.to_owned()));
                self.schema.retired = true;
            }
            ["family", name] => {
                ensure!(name == self.schema.module, "a family is named as its file")
            }
            _ => bail!("expected `api KEY NAME [retired]` or `family NAME`"),
        }
        Ok(())
    }

    fn message(&mut self, words: &[&str]) -> Result<()> {
        let api = self.schema.api.as_ref().map(|(_, name)| name.as_str());
        let (kind, name, rest) = match (words, api) {
            (["request", rest @ ..], Some(api)) => (MessageKind::Request, format!("{api}Request"), rest),
            (["response", rest @ ..], Some(api)) => (MessageKind::Response, format!("{api}Response"), rest),
            (["header", name, rest @ ..], None) => (MessageKind::Header, (*name).to_owned(), rest),
            (["data", name, rest @ ..], None) => (MessageKind::Data, (*name).to_owned(), rest),
            (["key", number, name, rest @ ..], None) => (MessageKind::Key(number.parse()?), (*name).to_owned(), rest),
            (["value", number, name, rest @ ..], None) => {
                (MessageKind::Value(number.parse()?), (*name).to_owned(), rest)
            }
            _ => bail!("expected a message"),
        };
        let (first, mut rest) = rest.split_first().context("versions are missing")?;
        let versions = parse_versions(first, i16::MAX)?;
        let (mut flexible, mut unstable) = (None, false);
        while !rest.is_empty() {
            rest = match rest {
                ["flexible", from, tail @ ..] => {
                    flexible = Some(from.trim_end_matches('+').parse()?);
                    tail
                }
                ["unstable", version, tail @ ..] => {
                    ensure!(version.parse() == Ok(versions.last), "only the last version can be unstable");
                    unstable = true;
                    tail
                }
                _ => bail!("unknown words {rest:?}"),
            };
        }
        let root = Struct { name: name.clone(), versions, fields: Vec::new(), common: false };
        self.open = vec![OpenStruct { index: 0, versions }];
        self.schema.messages.push(Message { name, kind, versions, flexible, unstable, structs: vec![root] });
        Ok(())
    }

    fn common_struct(&mut self, depth: usize, words: &[&str]) -> Result<()> {
        ensure!(depth == 1 && words.len() == 2, "expected `struct NAME` directly below a message");
        let versions = self.open.first().context("no message is open")?.versions;
        self.open.truncate(1);
        self.open_struct(words[1], versions, true)
    }

    fn open_struct(&mut self, name: &str, versions: Versions, common: bool) -> Result<()> {
        let message = self.schema.messages.last_mut().context("no message is open")?;
        ensure!(message.find(name).is_none(), "struct {name} is declared twice");
        message.structs.push(Struct { name: name.to_owned(), versions, fields: Vec::new(), common });
        self.open.push(OpenStruct { index: message.structs.len() - 1, versions });
        Ok(())
    }

    fn field(&mut self, depth: usize, words: &[&str]) -> Result<()> {
        if depth == self.open.len() + 1 {
            self.open_inline_struct(depth)?;
        }
        ensure!(depth <= self.open.len(), "indented too far");
        self.open.truncate(depth);
        let outer = *self.open.last().context("no message is open")?;
        let field = parse_field(words, outer.versions)?;
        let message = self.schema.messages.last_mut().context("no message is open")?;
        let fields = &mut message.structs[outer.index].fields;
        ensure!(fields.iter().all(|other| other.name != field.name), "field named twice");
        fields.push(field);
        Ok(())
    }

    /// A field that is followed by deeper fields declares the struct that it names.
    fn open_inline_struct(&mut self, depth: usize) -> Result<()> {
        let outer = self.open.get(depth - 2).context("indented too far")?;
        let message = self.schema.messages.last().context("no message is open")?;
        let field = message.structs[outer.index].fields.last().context("indented too far")?;
        let name = field.ty.struct_name().context("only a struct has fields")?.to_owned();
        let versions = field.versions;
        self.open_struct(&name, versions, false)
    }
}

fn parse_versions(word: &str, last: i16) -> Result<Versions> {
    let versions = if let Some(first) = word.strip_suffix('+') {
        Versions { first: first.parse()?, last }
    } else if let Some((first, last)) = word.split_once('-') {
        Versions { first: first.parse()?, last: last.parse()? }
    } else {
        let only = word.parse()?;
        Versions { first: only, last: only }
    };
    ensure!(versions.first >= 0 && versions.first <= versions.last, "no version in {word}");
    Ok(versions)
}

fn parse_type(word: &str) -> Result<FieldType> {
    if let Some(element) = word.strip_prefix('[') {
        let element = element.strip_suffix(']').context("] is missing")?;
        return Ok(FieldType::Array(Box::new(parse_type(element)?)));
    }
    if let Some(scalar) = FieldType::from_word(word) {
        return Ok(scalar);
    }
    ensure!(word.starts_with(|letter: char| letter.is_ascii_uppercase()), "unknown type {word}");
    Ok(FieldType::Struct(word.to_owned()))
}

fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_digit())
}

fn parse_field(words: &[&str], outer: Versions) -> Result<Field> {
    let (name, rest) = words.split_first().context("a field is missing")?;
    let name = name.strip_suffix(':').context("expected `name: type`")?;
    let (ty, mut rest) = rest.split_first().context("the type is missing")?;
    let mut field = Field {
        name: name.to_owned(),
        ty: parse_type(ty)?,
        versions: outer,
        nullable: None,
        tag: None,
        default: DefaultValue::Zero,
        ignorable: false,
        inflexible: false,
    };
    while !rest.is_empty() {
        rest = match rest {
            ["null", range, tail @ ..] if starts_with_digit(range) => {
                field.nullable = Some(parse_versions(range, field.versions.last)?);
                tail
            }
            ["null", tail @ ..] => {
                field.nullable = Some(field.versions);
                tail
            }
            ["tag", tag, tail @ ..] => {
                field.tag = Some(tag.parse()?);
                tail
            }
            ["=", value, tail @ ..] => {
                field.default = parse_default(value)?;
                tail
            }
            ["ignorable", tail @ ..] => {
                field.ignorable = true;
                tail
            }
            ["inflexible", tail @ ..] => {
                field.inflexible = true;
                tail
            }
            [range, tail @ ..] if starts_with_digit(range) => {
                field.versions = parse_versions(range, outer.last)?;
                tail
            }
            _ => bail!("unknown words {rest:?}"),
        };
    }
    ensure!(outer.covers(field.versions), "versions reach beyond {outer}");
    if let Some(nullable) = field.nullable {
        ensure!(field.versions.covers(nullable), "null in versions without the field");
    }
    Ok(field)
}

fn parse_default(word: &str) -> Result<DefaultValue> {
    Ok(match word {
        "null" => DefaultValue::Null,
        "true" => DefaultValue::True,
        number => DefaultValue::Number(number.parse()?),
    })
}

/// What can only be said of a whole file.
fn check(schema: &Schema) -> Result<()> {
    let mut names = Vec::new();
    for message in &schema.messages {
        for declared in &message.structs {
            ensure!(!names.contains(&&declared.name), "two structs are named {}", declared.name);
            names.push(&declared.name);
            check_tags(message, declared)?;
            ensure!(!reaches(message, &declared.name, declared), "{} contains itself", declared.name);
            for field in &declared.fields {
                if let Some(name) = field.ty.struct_name() {
                    ensure!(message.find(name).is_some(), "{} is not declared", name);
                }
            }
        }
    }
    Ok(())
}

fn check_tags(message: &Message, declared: &Struct) -> Result<()> {
    let mut tags: Vec<u32> = declared.fields.iter().filter_map(|field| field.tag).collect();
    let count = tags.len();
    tags.sort_unstable();
    tags.dedup();
    ensure!(tags.len() == count, "{}: a tag is used twice", declared.name);
    for field in declared.fields.iter().filter(|field| field.tag.is_some()) {
        let flexible = message.flexible.is_some_and(|first| first <= field.versions.first);
        ensure!(flexible, "{}.{}: tagged in a version that is not flexible", declared.name, field.name);
    }
    Ok(())
}

/// Whether `from` leads to the struct `target`. A cycle elsewhere is found at its own struct, so depth is bounded by their number.
fn reaches(message: &Message, target: &str, from: &Struct) -> bool {
    let mut queue = vec![from];
    let mut seen: Vec<&str> = Vec::new();
    while let Some(current) = queue.pop() {
        for name in current.fields.iter().filter_map(|field| field.ty.struct_name()) {
            if name == target {
                return true;
            }
            if !seen.contains(&name) {
                seen.push(name);
                queue.extend(message.find(name));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests;
