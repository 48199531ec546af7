//! Control records: what the broker writes into a log for itself and for transactional consumers.
//!
//! Owns: the key of a control record and the value of a transaction marker. Does not own the batch around it.
//!
//! Invariants: an unknown type or a higher version is told apart from damage, because later releases may add either.

use bytes::Bytes;

use crate::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};
use crate::record_error::{RecordError, RecordErrorKind};
use crate::records::{BatchBuilder, ProducerStamp, RecordRef};

const KEY_BYTES: usize = 4;
const KEY_VERSION: i16 = 0;
const MARKER_VERSION: i16 = 0;
const MARKER_BYTES: usize = 6;

/// What a control record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlRecordType {
    /// The transaction was aborted.
    Abort,
    /// The transaction was committed.
    Commit,
    /// A quorum has a new leader.
    LeaderChange,
    /// A quorum's snapshot starts.
    SnapshotHeader,
    /// A quorum's snapshot ends.
    SnapshotFooter,
    /// The version of the quorum's protocol.
    KraftVersion,
    /// The quorum's voters.
    KraftVoters,
    /// A number that is not known here.
    Unknown(i16),
}

impl ControlRecordType {
    /// The type's number.
    #[must_use]
    pub const fn id(self) -> i16 {
        match self {
            Self::Abort => 0,
            Self::Commit => 1,
            Self::LeaderChange => 2,
            Self::SnapshotHeader => 3,
            Self::SnapshotFooter => 4,
            Self::KraftVersion => 5,
            Self::KraftVoters => 6,
            Self::Unknown(id) => id,
        }
    }

    /// The type with this number.
    #[must_use]
    pub const fn from_id(id: i16) -> Self {
        match id {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            5 => Self::KraftVersion,
            6 => Self::KraftVoters,
            other => Self::Unknown(other),
        }
    }

    /// Reads the type from the key of a control record.
    ///
    /// # Errors
    /// If there is no key, or it is too short or of a negative version.
    pub fn parse_key(key: Option<&[u8]>) -> Result<Self, RecordError> {
        let Some([v0, v1, t0, t1]) = key.and_then(|key| key.first_chunk::<KEY_BYTES>()) else {
            return Err(bad(format!("the key of a control record has at least {KEY_BYTES} bytes")));
        };
        let version = i16::from_be_bytes([*v0, *v1]);
        if version < 0 {
            return Err(bad(format!("the key of a control record cannot be of version {version}")));
        }
        Ok(Self::from_id(i16::from_be_bytes([*t0, *t1])))
    }

    /// The key of a control record of this type.
    #[must_use]
    pub const fn key(self) -> [u8; KEY_BYTES] {
        let [v0, v1] = KEY_VERSION.to_be_bytes();
        let [t0, t1] = self.id().to_be_bytes();
        [v0, v1, t0, t1]
    }
}

/// The end of a transaction, as each partition that took part holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionMarker {
    /// Whether the transaction was committed; aborted otherwise.
    pub committed: bool,
    /// Epoch of the transaction coordinator that decided it.
    pub coordinator_epoch: i32,
}

impl TransactionMarker {
    /// Reads a marker; `None` if the control record is of another type.
    ///
    /// # Errors
    /// If key or value are too short or of a negative version.
    pub fn parse(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Option<Self>, RecordError> {
        let committed = match ControlRecordType::parse_key(key)? {
            ControlRecordType::Abort => false,
            ControlRecordType::Commit => true,
            ControlRecordType::LeaderChange
            | ControlRecordType::SnapshotHeader
            | ControlRecordType::SnapshotFooter
            | ControlRecordType::KraftVersion
            | ControlRecordType::KraftVoters
            | ControlRecordType::Unknown(_) => return Ok(None),
        };
        let Some([v0, v1, e0, e1, e2, e3]) = value.and_then(|value| value.first_chunk::<MARKER_BYTES>()) else {
            return Err(bad(format!("the value of a transaction marker has at least {MARKER_BYTES} bytes")));
        };
        let version = i16::from_be_bytes([*v0, *v1]);
        if version < 0 {
            return Err(bad(format!("a transaction marker cannot be of version {version}")));
        }
        Ok(Some(Self { committed, coordinator_epoch: i32::from_be_bytes([*e0, *e1, *e2, *e3]) }))
    }

    /// The type of its control record.
    #[must_use]
    pub const fn record_type(self) -> ControlRecordType {
        if self.committed { ControlRecordType::Commit } else { ControlRecordType::Abort }
    }

    /// The value of its control record.
    #[must_use]
    pub const fn value(self) -> [u8; MARKER_BYTES] {
        let [v0, v1] = MARKER_VERSION.to_be_bytes();
        let [e0, e1, e2, e3] = self.coordinator_epoch.to_be_bytes();
        [v0, v1, e0, e1, e2, e3]
    }

    /// A whole control batch with this marker.
    ///
    /// # Errors
    /// If the offset does not fit a batch.
    pub fn batch(
        self,
        offset: Offset,
        leader_epoch: LeaderEpoch,
        producer: (ProducerId, ProducerEpoch),
        timestamp: Timestamp,
    ) -> Result<Bytes, RecordError> {
        let (id, epoch) = producer;
        let mut builder = BatchBuilder::new(offset)
            .leader_epoch(leader_epoch)
            .producer(ProducerStamp { id, epoch, ..ProducerStamp::NONE })
            .transactional(true)
            .control(true);
        let (key, value) = (self.record_type().key(), self.value());
        builder.push(RecordRef { offset, timestamp, key: Some(&key), value: Some(&value), headers: &[] })?;
        builder.finish()
    }
}

fn bad(context: impl Into<String>) -> RecordError {
    RecordError::new(RecordErrorKind::BadControlRecord, context.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::DecompressLimits;
    use crate::record_batch::{BatchHeader, verify_crc};
    use crate::records::iterate;

    #[test]
    fn marker_batch_is_read_back() {
        for committed in [false, true] {
            let marker = TransactionMarker { committed, coordinator_epoch: 17 };
            let batch =
                marker.batch(Offset(40), LeaderEpoch(3), (ProducerId(9), ProducerEpoch(2)), Timestamp(1_000)).unwrap();
            verify_crc(&batch).unwrap();
            let header = BatchHeader::parse(&batch).unwrap();
            assert!(header.is_control() && header.is_transactional());
            assert_eq!((header.producer_id, header.last_sequence()), (ProducerId(9), -1));
            let record = iterate(&batch, DecompressLimits::new(0)).unwrap().next().unwrap().unwrap();
            let parsed = TransactionMarker::parse(record.key.as_deref(), record.value.as_deref()).unwrap();
            assert_eq!(parsed, Some(marker));
        }
    }

    #[test]
    fn types_keep_their_numbers() {
        for id in -1..10 {
            assert_eq!(ControlRecordType::from_id(id).id(), id);
            let kind = ControlRecordType::from_id(id);
            assert_eq!(ControlRecordType::parse_key(Some(&kind.key())).unwrap(), kind);
        }
        assert_eq!(ControlRecordType::Commit.key(), [0, 0, 0, 1]);
    }

    #[test]
    fn short_or_negative_content_is_an_error_and_other_types_are_none() {
        assert!(ControlRecordType::parse_key(None).is_err());
        assert!(ControlRecordType::parse_key(Some(&[0, 0, 0])).is_err());
        assert!(ControlRecordType::parse_key(Some(&[0xff, 0xff, 0, 0])).is_err());
        assert!(TransactionMarker::parse(Some(&[0, 0, 0, 1]), None).is_err());
        assert!(TransactionMarker::parse(Some(&[0, 0, 0, 1]), Some(&[0; 5])).is_err());
        assert_eq!(TransactionMarker::parse(Some(&[0, 0, 0, 2]), None).unwrap(), None);
        // A higher version may have more fields after those that are known.
        let value = [0, 1, 0, 0, 0, 5, 9, 9];
        let marker = TransactionMarker::parse(Some(&[0, 0, 0, 1]), Some(&value)).unwrap().unwrap();
        assert_eq!(marker.coordinator_epoch, 5);
    }
}
