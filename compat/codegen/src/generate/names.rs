//! Names in generated code.

/// A field's name as an identifier.
pub(super) fn field(name: &str) -> String {
    match name {
        "type" | "match" | "ref" | "use" => format!("r#{name}"),
        _ => name.to_owned(),
    }
}

/// A field's name as a local variable, apart from those that generated functions have anyway.
pub(super) fn local(name: &str) -> String {
    match name {
        "version" | "reader" | "tags" | "tag" | "body" | "flexible" | "sample" => {
            format!("{name}_value")
        }
        _ => field(name),
    }
}
