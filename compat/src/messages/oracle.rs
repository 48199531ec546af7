//! Round trips through published codecs: they read what we wrote, and write the same bytes.

use bytes::{Bytes, BytesMut};
use kafka_protocol::protocol::{Decodable, Encodable, Message as OracleMessage};
use kafka_wire::KafkaMessage;
use kafka_wire_core::{ApiVersion, DecodeLimits};

use super::tests::encoded;
use crate::wire::{Message, Sample};

const SEEDS: u64 = 60;

/// The versions that both sides have.
fn shared<M: Message>(first: i16, last: i16) -> std::ops::RangeInclusive<i16> {
    M::MIN_VERSION.max(first)..=M::LATEST_VERSION.min(last)
}

pub(super) fn against_kafka_protocol<M, O>(sample: fn(&mut Sample, i16) -> M)
where
    M: Message,
    O: Encodable + Decodable + OracleMessage,
{
    for version in shared::<M>(O::VERSIONS.min, O::VERSIONS.max) {
        for seed in 0..SEEDS {
            let ours = encoded(&sample(&mut Sample::new(seed), version), version);
            let mut input = ours.clone();
            let place = format!("{} version {version} seed {seed}", M::NAME);
            let value = O::decode(&mut input, version).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert!(input.is_empty(), "{place}: bytes are left");
            let mut theirs = BytesMut::new();
            value.encode(&mut theirs, version).unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_same(&place, &ours, &theirs.freeze());
        }
    }
}

pub(super) fn against_kafka_wire<M, O>(sample: fn(&mut Sample, i16) -> M)
where
    M: Message,
    O: KafkaMessage,
{
    let range = O::SUPPORTED_VERSIONS;
    for version in shared::<M>(range.min().value(), range.max().value()) {
        for seed in 0..SEEDS {
            let ours = encoded(&sample(&mut Sample::new(seed), version), version);
            let place = format!("{} version {version} seed {seed}", M::NAME);
            let value = O::decode_from_bytes(ours.clone(), ApiVersion::new(version), DecodeLimits::default())
                .unwrap_or_else(|error| panic!("{place}: {error:?}"));
            let theirs =
                value.encode_to_bytes(ApiVersion::new(version)).unwrap_or_else(|error| panic!("{place}: {error:?}"));
            assert_same(&place, &ours, &theirs);
        }
    }
}

fn assert_same(place: &str, ours: &Bytes, theirs: &Bytes) {
    if ours != theirs {
        let at = ours.iter().zip(theirs.iter()).take_while(|(a, b)| a == b).count();
        panic!("{place}: {} bytes of ours, {} of theirs, first difference at {at}", ours.len(), theirs.len());
    }
}

/// The shares of oracles are not empty by accident: most APIs are compared, in most versions.
#[test]
fn oracles_share_nearly_all_requests() {
    let kafka_wire = shared::<super::FetchRequest>(
        kafka_wire::FetchRequest::SUPPORTED_VERSIONS.min().value(),
        kafka_wire::FetchRequest::SUPPORTED_VERSIONS.max().value(),
    );
    assert_eq!(kafka_wire, 4..=18);
    let kafka_protocol = kafka_protocol::messages::ListOffsetsRequest::VERSIONS;
    assert_eq!(shared::<super::ListOffsetsRequest>(kafka_protocol.min, kafka_protocol.max), 1..=10);
}
