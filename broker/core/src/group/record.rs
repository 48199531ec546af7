//! Records of `__consumer_offsets`, from and to bytes.
//!
//! Owns: the number in front of key and value, and which kinds of records concern this coordinator. Does not own: their fields
//! (see `compat`'s messages).

use bytes::Bytes;
use strata_compat::messages::consumer_offsets::{
    GroupMetadataKey, GroupMetadataValue, OffsetCommitKey, OffsetCommitValue,
};
use strata_compat::wire::{Message, Reader, WireError, Writer};

/// Version of the values that are written: the latest that a reader of any release since 2.1 knows.
const VALUE_VERSION: i16 = 3;
/// Version of an offset that came with the id of its topic.
const OFFSET_WITH_TOPIC_ID_VERSION: i16 = 4;
/// Numbers in front of the key of an offset: 0 and 1 have the same fields.
const OFFSET_COMMIT_KEYS: std::ops::RangeInclusive<i16> = 0..=1;
/// Number in front of the key of a group's metadata.
const GROUP_METADATA_KEY: i16 = 2;

/// One record of the log of a coordinator; without a value it is a tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoordinatorRecord {
    /// Key, with the number of its kind in front.
    pub key: Bytes,
    /// Value, with its version in front.
    pub value: Option<Bytes>,
}

/// A record that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Its key is damaged.
    #[error("damaged key: {0}")]
    Key(WireError),
    /// Its value is damaged, or of a version that is not known.
    #[error("damaged value: {0}")]
    Value(WireError),
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ParsedRecord {
    /// An offset was committed, or is gone.
    Offset(OffsetCommitKey, Option<OffsetCommitValue>),
    /// A group has a new generation, or is gone.
    Group(GroupMetadataKey, Option<GroupMetadataValue>),
    /// Of another kind of group, or of a kind that is not known.
    Other,
}

/// Reads a record.
pub(crate) fn parse(record: &CoordinatorRecord) -> Result<ParsedRecord, RecordError> {
    let mut reader = Reader::new(record.key.clone());
    let kind = reader.i16().map_err(RecordError::Key)?;
    if OFFSET_COMMIT_KEYS.contains(&kind) {
        let key = OffsetCommitKey::decode(&mut reader, 0).map_err(RecordError::Key)?;
        return Ok(ParsedRecord::Offset(key, value(record)?));
    }
    if kind == GROUP_METADATA_KEY {
        let key = GroupMetadataKey::decode(&mut reader, 0).map_err(RecordError::Key)?;
        return Ok(ParsedRecord::Group(key, value(record)?));
    }
    Ok(ParsedRecord::Other)
}

fn value<M: Message>(record: &CoordinatorRecord) -> Result<Option<M>, RecordError> {
    let Some(bytes) = &record.value else {
        return Ok(None);
    };
    let mut reader = Reader::new(bytes.clone());
    let version = reader.i16().map_err(RecordError::Value)?;
    M::decode(&mut reader, version).map(Some).map_err(RecordError::Value)
}

/// The record of a committed offset; without a value its tombstone.
pub(crate) fn offset_record(
    key: &OffsetCommitKey,
    value: Option<&OffsetCommitValue>,
) -> Result<CoordinatorRecord, WireError> {
    let version = match value {
        Some(value) if value.expire_timestamp >= 0 => 1,
        Some(value) if !value.topic_id.is_nil() => OFFSET_WITH_TOPIC_ID_VERSION,
        Some(_) | None => VALUE_VERSION,
    };
    Ok(CoordinatorRecord {
        key: encode(key, 1, 0)?,
        value: value.map(|value| encode(value, version, version)).transpose()?,
    })
}

/// The record of a group's metadata; without a value its tombstone.
pub(crate) fn group_record(
    key: &GroupMetadataKey,
    value: Option<&GroupMetadataValue>,
) -> Result<CoordinatorRecord, WireError> {
    Ok(CoordinatorRecord {
        key: encode(key, GROUP_METADATA_KEY, 0)?,
        value: value.map(|value| encode(value, VALUE_VERSION, VALUE_VERSION)).transpose()?,
    })
}

fn encode<M: Message>(message: &M, prefix: i16, version: i16) -> Result<Bytes, WireError> {
    let mut writer = Writer::new();
    writer.i16(prefix);
    message.encode(&mut writer, version)?;
    Ok(writer.into_bytes())
}
