//! The table of round trips against published codecs.

use std::fmt::Write as _;

use crate::schema::{Message, MessageKind, Schemas};

/// APIs and records that kafka-protocol does not have.
const NOT_IN_KAFKA_PROTOCOL: [&str; 2] = ["StreamsGroupHeartbeat", "StreamsGroupDescribe"];
/// Data that kafka-protocol has besides requests and responses.
const DATA_IN_KAFKA_PROTOCOL: [&str; 12] = [
    "RequestHeader",
    "ResponseHeader",
    "ConsumerProtocolAssignment",
    "ConsumerProtocolSubscription",
    "ControlRecordTypeSchema",
    "DefaultPrincipalData",
    "EndTxnMarker",
    "KRaftVersionRecord",
    "LeaderChangeMessage",
    "SnapshotFooterRecord",
    "SnapshotHeaderRecord",
    "VotersRecord",
];

fn is_body(message: &Message) -> bool {
    matches!(message.kind, MessageKind::Request | MessageKind::Response)
}

/// The module `oracle_table`.
pub(super) fn generate(schemas: &Schemas) -> String {
    let mut text = String::from(
        "//! Which message is compared with which published codec, and what is tried with every message.\n\n",
    );
    text.push_str(super::HEADING);
    text.push_str("use super::oracle::{against_kafka_protocol, against_kafka_wire};\nuse super::tests::round_trip;\n\n");
    let messages: Vec<&Message> = schemas
        .values()
        .flat_map(|schema| &schema.messages)
        .collect();
    let mut all = String::new();
    let mut protocol = String::new();
    let mut wire = String::new();
    for message in messages {
        let name = &message.name;
        let _ = writeln!(all, "round_trip::<super::{name}>(super::{name}::sample);");
        let absent = NOT_IN_KAFKA_PROTOCOL
            .iter()
            .any(|api| name.starts_with(api));
        if (is_body(message) && !absent) || DATA_IN_KAFKA_PROTOCOL.contains(&name.as_str()) {
            let _ = writeln!(
                protocol,
                "against_kafka_protocol::<super::{name}, kafka_protocol::messages::{name}>(super::{name}::sample);"
            );
        }
        if is_body(message) {
            let _ = writeln!(
                wire,
                "against_kafka_wire::<super::{name}, kafka_wire::{name}>(super::{name}::sample);"
            );
        }
    }
    for (name, body) in [
        ("every_message_is_read_back_in_every_version", all),
        ("kafka_protocol_reads_and_writes_the_same_bytes", protocol),
        ("kafka_wire_reads_and_writes_the_same_bytes", wire),
    ] {
        let _ = write!(text, "#[test]\nfn {name}() {{\n{body}}}\n\n");
    }
    text
}
