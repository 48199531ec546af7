//! Bodies of `encode`.

use super::decode::{tagged, version_parameter};
use super::{StructGenerator, has_length, method, names, structs};
use crate::schema::{Field, FieldType, Message, Versions};

impl StructGenerator<'_> {
    pub(super) fn encode(self) -> String {
        let mut body = String::new();
        if self.is_root() {
            body.push_str("check_version::<Self>(version)?;\n");
        }
        let mut fields = String::new();
        for field in self.declared.fields.iter().filter(|field| field.tag.is_none()) {
            fields.push_str(&self.encode_field(field));
        }
        fields.push_str(&self.encode_tags());
        if fields.contains("flexible") {
            body.push_str(&self.flexible_line());
        }
        body.push_str(&fields);
        body.push_str("Ok(())\n");
        let version = version_parameter(&body);
        let writer = if body.contains("writer") { "writer" } else { "_writer" };
        format!("fn encode(&self, {writer}: &mut Writer, {version}: i16) -> Result<(), WireError> {{\n{body}}}\n")
    }

    fn encode_field(self, field: &Field) -> String {
        let write = self.write(field, "writer", self.flexible_of(field));
        match self.condition(field.versions) {
            None => format!("{write};\n"),
            Some(condition) if field.ignorable => format!("if {condition} {{ {write}; }}\n"),
            Some(condition) => format!(
                "if {condition} {{ {write}; }} else if {} {{ {} }}\n",
                structs::differs(field),
                self.refuse(field)
            ),
        }
    }

    fn refuse(self, field: &Field) -> String {
        format!("return Err(WireError::NotInVersion {{ field: \"{}\", version }});", self.path(field))
    }

    fn path(self, field: &Field) -> String {
        format!("{}.{}", self.declared.name, field.name)
    }

    fn encode_tags(self) -> String {
        let flexible = self.flexible();
        let tagged = tagged(self.declared);
        if tagged.is_empty() {
            return if flexible == "false" { String::new() } else { format!("writer.no_tags({flexible});\n") };
        }
        let mut text = String::from("let mut tags = TagWriter::new();\n");
        for field in tagged {
            let tag = field.tag.unwrap_or_default();
            let write = self.write(field, "writer", "true");
            let write = match write.strip_suffix('?') {
                Some(result) => result.to_owned(),
                None => format!("{{ {write}; Ok(()) }}"),
            };
            let add = format!("tags.field({tag}, |writer| {write})?;");
            let differs = structs::differs(field);
            match self.condition(field.versions) {
                None => put_line!(text, "if {differs} {{ {add} }}"),
                Some(condition) if field.ignorable => {
                    put_line!(text, "if {condition} && {differs} {{ {add} }}")
                }
                Some(condition) => {
                    put_line!(text, "if {differs} {{ if {} {{ {} }} {add} }}", negated(&condition), self.refuse(field))
                }
            }
        }
        put_line!(text, "tags.finish(writer, {flexible})?;");
        text
    }

    /// The expression that writes a field.
    fn write(self, field: &Field, writer: &str, flexible: &str) -> String {
        let name = format!("self.{}", names::field(&field.name));
        let Some(nullable) = field.nullable else {
            let borrowed = if is_copied(&field.ty) { name.clone() } else { format!("&{name}") };
            return write_value(self.message, &field.ty, &borrowed, Mode { writer, flexible, null: false });
        };
        let list = matches!(field.ty, FieldType::Array(_));
        let value = format!("{name}.{}", if list { "as_deref()" } else { "as_ref()" });
        let null = write_value(self.message, &field.ty, &value, Mode { writer, flexible, null: true });
        let required = format!("required({value}, \"{}\")?", self.path(field));
        let plain = write_value(self.message, &field.ty, &required, Mode { writer, flexible, null: false });
        match nullable_condition(nullable, field.versions) {
            None => null,
            Some(condition) => {
                let (null, plain) = (null.trim_end_matches('?'), plain.trim_end_matches('?'));
                format!("(if {condition} {{ {null} }} else {{ {plain} }})?")
            }
        }
    }
}

fn nullable_condition(nullable: Versions, outer: Versions) -> Option<String> {
    super::condition(nullable, outer)
}

/// The opposite of a condition that `condition` wrote.
fn negated(condition: &str) -> String {
    if let Some(rest) = condition.strip_prefix("version >= ") {
        format!("version < {rest}")
    } else if let Some(rest) = condition.strip_prefix("version <= ") {
        format!("version > {rest}")
    } else if let Some(rest) = condition.strip_prefix("version == ") {
        format!("version != {rest}")
    } else {
        format!("!{condition}")
    }
}

/// Whether the writer takes the value rather than a reference.
const fn is_copied(ty: &FieldType) -> bool {
    !has_length(ty) && !matches!(ty, FieldType::Struct(_) | FieldType::Array(_))
}

#[derive(Clone, Copy)]
struct Mode<'a> {
    writer: &'a str,
    flexible: &'a str,
    null: bool,
}

fn write_value(message: &Message, ty: &FieldType, value: &str, mode: Mode<'_>) -> String {
    let Mode { writer, flexible, null } = mode;
    let prefix = if null { "nullable_" } else { "" };
    match ty {
        FieldType::Struct(_) if null => {
            format!("{writer}.nullable_struct({value}, |writer, value| value.encode(writer, version))?")
        }
        FieldType::Struct(_) => format!("{}.encode({writer}, version)?", value.trim_start_matches('&')),
        FieldType::Array(element) => {
            let write = match element.as_ref() {
                FieldType::Struct(_) => "|writer, item| item.encode(writer, version)".to_owned(),
                scalar if has_length(scalar) => {
                    format!("|writer, item| writer.{}(item, {flexible})", method(message, scalar))
                }
                scalar => format!("|writer, item| {{ writer.{}(*item); Ok(()) }}", method(message, scalar)),
            };
            format!("{writer}.{prefix}array({value}, {flexible}, {write})?")
        }
        scalar if has_length(scalar) => {
            format!("{writer}.{prefix}{}({value}, {flexible})?", method(message, scalar))
        }
        scalar => format!("{writer}.{}({value})", method(message, scalar)),
    }
}
