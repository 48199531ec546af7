//! Bodies of `decode`.

use super::{StructGenerator, has_length, method, names, structs};
use crate::schema::{Field, FieldType, Message, MessageKind, Struct, Versions};

impl StructGenerator<'_> {
    /// The `impl` block or blocks of the struct.
    pub(super) fn implementation(self) -> String {
        let name = &self.declared.name;
        let decode = self.decode();
        let encode = self.encode();
        if self.is_root() {
            format!("impl Message for {name} {{\n{}\n{decode}\n{encode}}}\n\n", self.constants())
        } else {
            format!("impl {name} {{\n{decode}\n{encode}}}\n\n")
        }
    }

    fn constants(self) -> String {
        let message = self.message;
        let key = match message.kind {
            MessageKind::Request => "Some(<Self as Request>::KEY)".to_owned(),
            MessageKind::Response => {
                format!("Some(<{} as Request>::KEY)", message.name.replace("Response", "Request"))
            }
            MessageKind::Key(number) | MessageKind::Value(number) => format!("Some({number})"),
            MessageKind::Header | MessageKind::Data => "None".to_owned(),
        };
        let flexible = message.flexible.map_or("None".to_owned(), |first| format!("Some({first})"));
        format!(
            "const NAME: &'static str = \"{}\";\nconst API_KEY: Option<i16> = {key};\nconst MIN_VERSION: i16 = {};\n\
             const MAX_VERSION: i16 = {};\nconst LATEST_VERSION: i16 = {};\nconst FIRST_FLEXIBLE: Option<i16> = {flexible};\n",
            message.name,
            message.versions.first,
            message.latest_stable(),
            message.versions.last,
        )
    }

    fn decode(self) -> String {
        let mut body = String::new();
        if self.is_root() {
            body.push_str("check_version::<Self>(version)?;\n");
        }
        let mut fields = String::new();
        for field in self.declared.fields.iter().filter(|field| field.tag.is_none()) {
            let local = names::local(&field.name);
            let value = self.read(field, "reader", self.flexible_of(field), field.versions);
            let value = match self.condition(field.versions) {
                None => value,
                Some(condition) => {
                    let default = structs::default(self.message, field);
                    format!("if {condition} {{ {value} }} else {{ {default} }}")
                }
            };
            put_line!(fields, "let {local} = {value};");
        }
        fields.push_str(&self.decode_tags());
        if fields.contains("flexible") {
            body.push_str(&self.flexible_line());
        }
        body.push_str(&fields);
        body.push_str("Ok(Self {");
        for field in &self.declared.fields {
            let (name, local) = (names::field(&field.name), names::local(&field.name));
            if name == local {
                put!(body, "{name}, ")
            } else {
                put!(body, "{name}: {local}, ")
            };
        }
        body.push_str("})\n");
        let version = version_parameter(&body);
        format!("fn decode(reader: &mut Reader, {version}: i16) -> Result<Self, WireError> {{\n{body}}}\n")
    }

    fn decode_tags(self) -> String {
        let flexible = self.flexible();
        if flexible == "false" {
            return String::new();
        }
        let tagged = tagged(self.declared);
        if tagged.is_empty() {
            return format!("reader.skip_tags({flexible})?;\n");
        }
        let mut text = String::new();
        for field in &tagged {
            let default = structs::default(self.message, field);
            put_line!(text, "let mut {} = {default};", names::local(&field.name));
        }
        put_line!(text, "let mut tags = reader.tags({flexible})?;");
        text.push_str("while let Some((tag, mut body)) = tags.next(reader)? {\nmatch tag {\n");
        for field in &tagged {
            let guard = self
                .message
                .flexible
                .and_then(|first| super::condition(field.versions, Versions { first, ..self.declared.versions }))
                .map_or(String::new(), |condition| format!(" if {condition}"));
            let value = self.read(field, "body", "true", field.versions);
            put_line!(
                text,
                "{}{guard} => {{ {} = {value}; body.expect_end()?; }}",
                field.tag.unwrap_or_default(),
                names::local(&field.name)
            );
        }
        text.push_str("unknown => body.skip_unknown(unknown)?,\n}\n}\n");
        text
    }

    /// The expression that reads a field from `reader` in `versions`.
    fn read(self, field: &Field, reader: &str, flexible: &str, versions: Versions) -> String {
        let null = read_value(self.message, &field.ty, versions, ReadMode { reader, flexible, null: true });
        let plain = read_value(self.message, &field.ty, versions, ReadMode { reader, flexible, null: false });
        match field.nullable {
            None => plain,
            Some(nullable) => match super::condition(nullable, versions) {
                None => null,
                Some(condition) => format!("if {condition} {{ {null} }} else {{ Some({plain}) }}"),
            },
        }
    }
}

#[derive(Clone, Copy)]
struct ReadMode<'a> {
    reader: &'a str,
    flexible: &'a str,
    null: bool,
}

fn read_value(message: &Message, ty: &FieldType, versions: Versions, mode: ReadMode<'_>) -> String {
    let ReadMode { reader, flexible, null } = mode;
    let prefix = if null { "nullable_" } else { "" };
    match ty {
        FieldType::Struct(name) if null => {
            format!("{reader}.nullable_struct(|reader| {name}::decode(reader, version))?")
        }
        FieldType::Struct(name) => {
            let argument = if reader == "reader" { "reader" } else { "&mut body" };
            format!("{name}::decode({argument}, version)?")
        }
        FieldType::Array(element) => {
            let least = minimum_bytes(message, element, versions);
            let read = match element.as_ref() {
                FieldType::Struct(name) => format!("|reader| {name}::decode(reader, version)"),
                scalar if has_length(scalar) => {
                    format!("|reader| reader.{}({flexible})", method(message, scalar))
                }
                scalar => format!("Reader::{}", method(message, scalar)),
            };
            format!("{reader}.{prefix}array({flexible}, {least}, {read})?")
        }
        scalar if has_length(scalar) => {
            format!("{reader}.{prefix}{}({flexible})?", method(message, scalar))
        }
        scalar => format!("{reader}.{}()?", method(message, scalar)),
    }
}

/// The fewest bytes that a value can take in any of the versions.
pub(super) fn minimum_bytes(message: &Message, ty: &FieldType, versions: Versions) -> usize {
    (versions.first..=versions.last)
        .map(|version| minimum_bytes_in(message, ty, version, false))
        .min()
        .unwrap_or(1)
        .max(1)
}

fn minimum_bytes_in(message: &Message, ty: &FieldType, version: i16, null: bool) -> usize {
    let flexible = message.flexible.is_some_and(|first| version >= first);
    match ty {
        FieldType::Bool | FieldType::Int8 => 1,
        FieldType::Int16 | FieldType::Uint16 => 2,
        FieldType::Int32 | FieldType::Uint32 => 4,
        FieldType::Int64 | FieldType::Float64 => 8,
        FieldType::Uuid => 16,
        FieldType::Struct(_) if null => 1,
        _ if flexible && !matches!(ty, FieldType::Struct(_)) => 1,
        FieldType::String => 2,
        FieldType::Bytes | FieldType::Records | FieldType::Array(_) => 4,
        FieldType::Struct(name) => message.find(name).map_or(0, |declared| {
            let tags = usize::from(flexible);
            let fields = declared.fields.iter().filter(|field| field.tag.is_none());
            let present = fields.filter(|field| (field.versions.first..=field.versions.last).contains(&version));
            let sizes = present.map(|field| minimum_bytes_in(message, &field.ty, version, field.nullable.is_some()));
            sizes.sum::<usize>() + tags
        }),
    }
}

/// The tagged fields of a struct, tags ascending.
pub(super) fn tagged(declared: &Struct) -> Vec<&Field> {
    let mut fields: Vec<&Field> = declared.fields.iter().filter(|field| field.tag.is_some()).collect();
    fields.sort_by_key(|field| field.tag);
    fields
}

/// The name of the version parameter: with an underscore if the body does not use it.
pub(super) fn version_parameter(body: &str) -> &'static str {
    let used = ["(version)", ", version", "version >=", "version <=", "version ==", "&version"];
    if used.iter().any(|text| body.contains(text)) { "version" } else { "_version" }
}
