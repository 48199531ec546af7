//! Which log it is, and what goes into and comes out of it.
//!
//! Owns: plain values. Does not own: any behaviour beyond their arithmetic.

use std::path::PathBuf;

use bytes::Bytes;
use strata_compat::ids::{LeaderEpoch, Offset, ProducerId, Timestamp, TopicIdPartition};
use strata_compat::wire::FileRange;

/// Which partition, and where its files lie.
#[derive(Clone, Debug)]
pub struct LogIdentity {
    /// Name of the topic.
    pub topic: String,
    /// The partition by identity.
    pub partition: TopicIdPartition,
    /// Its directory.
    pub directory: PathBuf,
}

/// The offsets of a log at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOffsets {
    /// First offset that may be read, here or remotely.
    pub log_start: Offset,
    /// First offset in local files.
    pub local_start: Offset,
    /// The next offset to be appended.
    pub log_end: Offset,
    /// Everything below is in fsynced segment files.
    pub recovery_point: Offset,
    /// Everything below is on stable storage; the log end with durability `os`.
    pub durable_end: Offset,
    /// Base offset of the segment that is appended to.
    pub active_base: Offset,
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendInfo {
    /// Offset of the first record appended, or that a duplicate was appended under.
    pub first_offset: Offset,
    /// Offset of the last record appended.
    pub last_offset: Offset,
    /// The log end after the append.
    pub log_end: Offset,
    /// Log start after the append.
    pub log_start: Offset,
    /// Largest timestamp of the batches: the append time where the topic asks for it.
    pub max_timestamp: Timestamp,
    /// Sequence of the journal entry that makes the append durable; `None` with durability `os` and for a duplicate.
    pub journal_sequence: Option<u64>,
    /// Whether the batch was already in the log and nothing was appended.
    pub duplicate: bool,
    /// Whether the append began a new leader epoch in this log.
    pub epoch_changed: bool,
    /// Bytes appended.
    pub bytes: u64,
}

/// What a leader's append needs beside the batch.
#[derive(Clone, Copy, Debug)]
pub struct LeaderAppend {
    /// Epoch under which this replica leads.
    pub leader_epoch: LeaderEpoch,
    /// Where the batch comes from.
    pub origin: strata_broker_core::producer_state::AppendOrigin,
    /// The clock of this broker.
    pub now: Timestamp,
}

/// A bounded read.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest {
    /// First offset wanted.
    pub offset: Offset,
    /// Batches beyond these bytes are left out.
    pub bytes_max: usize,
    /// No batch that reaches beyond this offset is answered.
    pub upper_bound: Offset,
    /// Whether the first batch is answered even if it is larger than `bytes_max`.
    pub min_one: bool,
}

/// Whole batches read from the log, in order.
#[derive(Clone, Debug, Default)]
pub struct LogRead {
    /// Runs of whole batches; the first may begin below the offset asked for.
    pub batches: Vec<Bytes>,
    /// Bytes in `batches`.
    pub bytes: usize,
    /// Base offset of the first batch.
    pub first_base_offset: Option<Offset>,
    /// The offset after the last batch, or the offset asked for if there is none.
    pub next_offset: Offset,
}

/// How files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// From the disk, if need be.
    Waits,
    /// From memory and the page cache alone: what is not there is an error, and nothing is mended. For threads that serve
    /// others, too.
    AtOnce,
}

/// What comes of asking for batches that are sent out of a file.
#[derive(Clone, Debug)]
pub(crate) enum Lending {
    /// There are some.
    Lent(LogLoan),
    /// No batch may be answered: the first is longer than what was asked for, or reaches beyond the bound.
    Nothing,
    /// It is not known yet: it has to be waited for, or read.
    Unknown,
}

/// Whole batches that are sent out of a file.
#[derive(Clone, Debug)]
pub struct LogLoan {
    /// Where they lie; the first may begin below the offset asked for.
    pub range: FileRange,
    /// Every record in them is below: the end of the last batch, or an offset above it in the same segment.
    pub offsets_below: Offset,
}

/// A record's place and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampedOffset {
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// Leader epoch of its batch, if known.
    pub leader_epoch: Option<LeaderEpoch>,
}

/// One segment file, for planning and for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// First offset that the file may hold.
    pub base_offset: Offset,
    /// The offset after its last batch; its base offset while it is empty.
    pub end_offset: Offset,
    /// Bytes of log.
    pub bytes: u64,
    /// Largest record timestamp, −1 if there is none.
    pub max_timestamp: Timestamp,
    /// When the first batch was appended here, by this broker's clock.
    pub first_append: Option<Timestamp>,
    /// When the last batch was appended here, by this broker's clock.
    pub last_append: Option<Timestamp>,
    /// Whether it is the segment that is appended to.
    pub active: bool,
}

/// A transaction that was aborted, as the transaction index holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// The producer.
    pub producer_id: ProducerId,
    /// Offset of the transaction's first record.
    pub first_offset: Offset,
    /// Offset of the abort marker.
    pub last_offset: Offset,
    /// Last stable offset when the marker was appended.
    pub last_stable_offset: Offset,
}

/// What retention may and must do, from the caller's knowledge of the partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionLimits {
    /// Nothing at or above goes by time or size: the high watermark.
    pub high_watermark: Offset,
    /// For a tiered log: the committed remote end applied here; `None` for a tiered log permits nothing.
    pub remote_end: Option<Offset>,
    /// Whether the log is tiered: local limits apply and the log start stays.
    pub tiered: bool,
}

/// What one pass of retention did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionOutcome {
    /// Segments let go, oldest first.
    pub deleted: Vec<SegmentInfo>,
    /// The log start, if it moved.
    pub log_start: Option<Offset>,
    /// The local start, if it moved.
    pub local_start: Option<Offset>,
}

/// Side data of a log at a cut.
#[derive(Clone, Debug)]
pub struct ProducerCut {
    /// Kafka's producer snapshot at the cut.
    pub snapshot: Bytes,
    /// The same with up to five batches each, in our window's format.
    pub window: Bytes,
}

/// What recovery cut off a log and kept aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutReport {
    /// The file that was cut.
    pub file: PathBuf,
    /// The file that keeps what was cut.
    pub kept_in: PathBuf,
    /// Where the log ends now.
    pub end_offset: Offset,
    /// Byte position of the cut.
    pub position: u64,
    /// Bytes cut.
    pub bytes: u64,
    /// Why.
    pub reason: String,
}
