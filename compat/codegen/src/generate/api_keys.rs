//! The enum of all API keys.

use crate::schema::{MessageKind, Schema, Schemas};

struct Row {
    key: i16,
    name: String,
    retired: bool,
    first: i16,
    last: i16,
    latest: i16,
    flexible: String,
}

fn row(schema: &Schema) -> Option<Row> {
    let (key, name) = schema.api.clone()?;
    let request = schema.messages.iter().find(|message| message.kind == MessageKind::Request);
    Some(Row {
        key,
        name,
        retired: schema.retired,
        first: request.map_or(0, |message| message.versions.first),
        last: request.map_or(-1, crate::schema::Message::latest_stable),
        latest: request.map_or(-1, |message| message.versions.last),
        flexible: request
            .and_then(|message| message.flexible)
            .map_or("None".to_owned(), |first| format!("Some({first})")),
    })
}

/// The module `api_keys`.
pub(super) fn generate(schemas: &Schemas) -> String {
    let mut rows: Vec<Row> = schemas.values().filter_map(row).collect();
    rows.sort_by_key(|row| row.key);
    let mut text = String::from("//! The keys of all APIs, with the facts that their schemas state.\n\n");
    text.push_str(super::HEADING);
    text.push_str(
        "/// An API, by its key.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[repr(i16)]\npub enum ApiKey {\n",
    );
    for row in &rows {
        let note = if row.retired { ", withdrawn" } else { "" };
        put_line!(text, "/// {}{note}.\n{} = {},", row.name, row.name, row.key);
    }
    text.push_str(
        "}\n\n/// What the schemas say of an API.\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub struct ApiFacts {\n\
         /// The API.\npub key: ApiKey,\n/// Kafka's name.\npub name: &'static str,\n/// Lowest valid version.\npub min_version: i16,\n\
         /// Latest stable version; below the lowest for a withdrawn API.\npub max_version: i16,\n\
         /// Highest version that can be read, stable or not.\npub latest_version: i16,\n\
         /// First version with compact types and tagged fields.\npub first_flexible: Option<i16>,\n}\n\n\
         /// All APIs, keys ascending.\npub const ALL: &[ApiFacts] = &[\n",
    );
    for row in &rows {
        put_line!(
            text,
            "facts(ApiKey::{0}, \"{0}\", ({1}, {2}, {3}), {4}),",
            row.name,
            row.first,
            row.last,
            row.latest,
            row.flexible
        );
    }
    text.push_str("];\n\n");
    text.push_str(
        "const fn facts(key: ApiKey, name: &'static str, (min_version, max_version, latest_version): (i16, i16, i16), \
         first_flexible: Option<i16>) -> ApiFacts {\nApiFacts { key, name, min_version, max_version, latest_version, first_flexible }\n}\n",
    );
    text
}
