//! Definitions of structs and their defaults.

use super::{StructGenerator, names, rust_type};
use crate::schema::{DefaultValue, Field, FieldType, Message, MessageKind};

impl StructGenerator<'_> {
    pub(super) fn definition(self) -> String {
        let declared = self.declared;
        let plain = declared.fields.iter().all(is_rust_default);
        let derive = if plain { "Clone, Debug, Default, PartialEq" } else { "Clone, Debug, PartialEq" };
        let mut text = if self.is_root() {
            format!("/// {}\n", self.title())
        } else {
            format!("/// Part of {}.\n", self.message.name)
        };
        put_line!(text, "#[derive({derive})]\npub struct {} {{", declared.name);
        for field in &declared.fields {
            put_line!(text, "/// {}", self.describe(field));
            put_line!(text, "pub {}: {},", names::field(&field.name), field_type(self.message, field));
        }
        text.push_str("}\n\n");
        if !plain {
            put_line!(text, "impl Default for {} {{\nfn default() -> Self {{\nSelf {{", declared.name);
            for field in &declared.fields {
                put_line!(text, "{}: {},", names::field(&field.name), default(self.message, field));
            }
            text.push_str("}\n}\n}\n\n");
        }
        text
    }

    fn title(self) -> String {
        let message = self.message;
        let what = match message.kind {
            MessageKind::Request => "request",
            MessageKind::Response => "response",
            MessageKind::Header => "header",
            MessageKind::Data => "value",
            MessageKind::Key(_) => "record key",
            MessageKind::Value(_) => "record value",
        };
        let layout = match message.flexible {
            Some(first) => format!("flexible from {first}"),
            None => "never flexible".to_owned(),
        };
        format!("{}: {what}, versions {}, {layout}.", message.name, message.versions)
    }

    fn describe(self, field: &Field) -> String {
        let mut text = format!("Field `{}`, ", field.name);
        text.push_str(&if field.versions == self.declared.versions {
            "all versions".to_owned()
        } else {
            format!("versions {}", field.versions)
        });
        if let Some(nullable) = field.nullable {
            text.push_str(", nullable");
            if nullable != field.versions {
                put!(text, " in {nullable}");
            }
        }
        if let Some(tag) = field.tag {
            put!(text, ", tag {tag}");
        }
        text.push('.');
        text
    }
}

/// The type of a field, with null.
fn field_type(message: &Message, field: &Field) -> String {
    let ty = rust_type(message, &field.ty);
    if field.nullable.is_some() { format!("Option<{ty}>") } else { ty }
}

/// Whether a field's default is what Rust's `Default` gives.
fn is_rust_default(field: &Field) -> bool {
    match field.default {
        DefaultValue::Zero => field.nullable.is_none(),
        DefaultValue::Null => true,
        DefaultValue::Number(_) | DefaultValue::True => false,
    }
}

/// The expression of a field's default.
pub(super) fn default(message: &Message, field: &Field) -> String {
    let zero = match &field.ty {
        FieldType::Bool => "false".to_owned(),
        FieldType::Float64 => "0.0".to_owned(),
        FieldType::Uuid => "Uuid::nil()".to_owned(),
        FieldType::String => "KString::new()".to_owned(),
        FieldType::Array(_) => "Vec::new()".to_owned(),
        FieldType::Struct(name) => format!("{name}::default()"),
        FieldType::Bytes | FieldType::Records => {
            format!("{}::new()", rust_type(message, &field.ty))
        }
        _ => "0".to_owned(),
    };
    match &field.default {
        DefaultValue::Zero if field.nullable.is_some() => format!("Some({zero})"),
        DefaultValue::Zero => zero,
        DefaultValue::Null => "None".to_owned(),
        DefaultValue::Number(number) => number_literal(*number),
        DefaultValue::True => "true".to_owned(),
    }
}

/// A number as clippy likes it: with separators where it is long.
fn number_literal(number: i64) -> String {
    match number {
        i64::MAX => "i64::MAX".to_owned(),
        _ if number == i64::from(i32::MAX) => "i32::MAX".to_owned(),
        _ if number == i64::from(i32::MIN) => "i32::MIN".to_owned(),
        _ => number.to_string(),
    }
}

/// The expression that is true where a field is not its default.
pub(super) fn differs(field: &Field) -> String {
    let name = format!("self.{}", names::field(&field.name));
    if field.nullable.is_some() {
        return match field.default {
            DefaultValue::Null => format!("{name}.is_some()"),
            _ => match field.ty {
                FieldType::Struct(_) => format!("{name} != Some(Default::default())"),
                _ => format!("{name}.as_ref().is_none_or(|value| !value.is_empty())"),
            },
        };
    }
    match (&field.default, &field.ty) {
        (DefaultValue::True, _) => format!("!{name}"),
        (DefaultValue::Number(number), _) => format!("{name} != {}", number_literal(*number)),
        (_, FieldType::Bool) => name,
        (_, FieldType::Float64) => format!("{name} != 0.0"),
        (_, FieldType::Uuid) => format!("!{name}.is_nil()"),
        (_, FieldType::String | FieldType::Bytes | FieldType::Records | FieldType::Array(_)) => {
            format!("!{name}.is_empty()")
        }
        (_, FieldType::Struct(struct_name)) => format!("{name} != {struct_name}::default()"),
        _ => format!("{name} != 0"),
    }
}
