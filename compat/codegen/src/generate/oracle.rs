//! The table of round trips against published codecs.

use crate::schema::{Message, MessageKind, Schemas};

/// Names in one line of the table.
const NAMES_PER_LINE: usize = 4;
/// APIs that kafka-protocol does not have.
const NOT_IN_KAFKA_PROTOCOL: [&str; 2] = ["StreamsGroupHeartbeat", "StreamsGroupDescribe"];
/// Data that kafka-protocol has besides requests and responses. Its `LeaderChangeMessage` and
/// `VotersRecord` refuse versions that they have.
const DATA_IN_KAFKA_PROTOCOL: [&str; 9] = [
    "RequestHeader",
    "ResponseHeader",
    "ConsumerProtocolAssignment",
    "ConsumerProtocolSubscription",
    "DefaultPrincipalData",
    "EndTxnMarker",
    "KRaftVersionRecord",
    "SnapshotFooterRecord",
    "SnapshotHeaderRecord",
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
    text.push_str(
        "use kafka_protocol::messages as protocol;\nuse kafka_wire as wire;\n\n\
         use super::oracle::{against_kafka_protocol, against_kafka_wire};\nuse super::tests::round_trip;\n\n\
         macro_rules! every {\n    ($check:ident: $($message:ident)*) => {\n        \
         $($check::<super::$message>(super::$message::sample);)*\n    };\n    \
         ($check:ident with $oracle:ident: $($message:ident)*) => {\n        \
         $($check::<super::$message, $oracle::$message>(super::$message::sample);)*\n    };\n}\n\n",
    );
    let messages: Vec<&Message> = schemas.values().flat_map(|schema| &schema.messages).collect();
    let own: Vec<&str> = schemas
        .values()
        .filter(|schema| schema.is_own())
        .flat_map(|schema| schema.messages.iter().map(|message| message.name.as_str()))
        .collect();
    let is_kafkas = |message: &Message| is_body(message) && !own.contains(&message.name.as_str());
    let in_protocol = |message: &Message| {
        let absent = NOT_IN_KAFKA_PROTOCOL.iter().any(|api| message.name.starts_with(api));
        (is_kafkas(message) && !absent) || DATA_IN_KAFKA_PROTOCOL.contains(&message.name.as_str())
    };
    let names = |chosen: &dyn Fn(&Message) -> bool| {
        let chosen: Vec<&str> =
            messages.iter().filter(|message| chosen(message)).map(|message| message.name.as_str()).collect();
        let mut lines = String::new();
        for line in chosen.chunks(NAMES_PER_LINE) {
            put_line!(lines, "        {}", line.join(" "));
        }
        lines
    };
    for (name, check, chosen) in [
        ("every_message_is_read_back_in_every_version", "round_trip", names(&|_| true)),
        ("kafka_protocol_reads_and_writes_the_same_bytes", "against_kafka_protocol with protocol", names(&in_protocol)),
        ("kafka_wire_reads_and_writes_the_same_bytes", "against_kafka_wire with wire", names(&is_kafkas)),
    ] {
        put!(text, "#[test]\nfn {name}() {{\n    every! {{ {check}:\n{chosen}    }}\n}}\n\n");
    }
    text
}
