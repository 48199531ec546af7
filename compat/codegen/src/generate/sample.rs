//! Bodies of `sample`, which the tests of messages draw values from.

use super::decode::version_parameter;
use super::{StructGenerator, method, names, structs};
use crate::schema::{Field, FieldType};

impl StructGenerator<'_> {
    pub(super) fn sample(self) -> String {
        let mut body = String::from("Self {\n");
        for field in &self.declared.fields {
            let name = names::field(&field.name);
            let value = self.sample_field(field);
            let value = match self.condition(field.versions) {
                None => value,
                Some(condition) => {
                    format!("if {condition} {{ {value} }} else {{ {} }}", structs::default(self.message, field))
                }
            };
            put_line!(body, "{name}: {value},");
        }
        body.push_str("}\n");
        let version = version_parameter(&body);
        let sample = if body.contains("sample") { "sample" } else { "_sample" };
        format!("pub(crate) fn sample({sample}: &mut Sample, {version}: i16) -> Self {{\n{body}}}\n")
    }

    fn sample_field(self, field: &Field) -> String {
        let plain = self.sample_value(&field.ty, "sample");
        let value = match field.nullable {
            None => plain.clone(),
            Some(nullable) => {
                let option = format!("sample.option({})", closure(&plain));
                match super::condition(nullable, field.versions) {
                    None => option,
                    Some(condition) => {
                        format!("if {condition} {{ {option} }} else {{ Some({plain}) }}")
                    }
                }
            }
        };
        if field.tag.is_none() {
            return value;
        }
        format!("sample.or_default({}, {})", structs::default(self.message, field), closure(&value))
    }

    fn sample_value(self, ty: &FieldType, sample: &str) -> String {
        match ty {
            FieldType::Struct(name) => format!("{name}::sample({sample}, version)"),
            FieldType::Array(element) => {
                format!("{sample}.array({})", closure(&self.sample_value(element, "sample")))
            }
            scalar => format!("{sample}.{}()", method(self.message, scalar)),
        }
    }
}

/// A closure over the sampler; just the method's path where that is all of it.
fn closure(expression: &str) -> String {
    let simple = expression.strip_prefix("sample.").and_then(|rest| rest.strip_suffix("()"));
    match simple {
        Some(name) if name.chars().all(|letter| letter.is_alphanumeric()) => {
            format!("Sample::{name}")
        }
        _ => format!("|sample| {expression}"),
    }
}
