//! The local log as tiering sees it.
//!
//! Owns: the trait. Does not own: its implementation (the broker's `partition.rs`).

use async_trait::async_trait;
use bytes::Bytes;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp, TopicIdPartition};
use strata_compat::record_batch::split_batches;

use crate::error::{Error, ErrorKind};

/// What the plan of the next copy needs to know of a partition's local log, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceState {
    /// Name of the topic, for the object's footer and for messages.
    pub topic: String,
    /// Epoch under which this replica leads; `None` if it does not.
    pub leader_epoch: Option<LeaderEpoch>,
    /// First offset that may be read.
    pub log_start: Offset,
    /// First offset in local files.
    pub local_start: Offset,
    /// Nothing at or above may be copied: the smaller of last stable offset and durable end.
    pub copy_end: Offset,
    /// Base offset of the active segment: all below it is closed.
    pub active_base: Offset,
    /// Offset after the last one in the log, durable or not.
    pub log_end: Offset,
    /// When the oldest record at or above `copy_from` was appended here, by this broker's clock.
    pub oldest_append: Option<Timestamp>,
}

/// Batches read for a copy, with what an object must carry beside them.
#[derive(Clone, Debug)]
pub struct SourceRange {
    /// Whole batches, as they lie in the log, in order.
    pub batches: Vec<Bytes>,
}

/// Side data of the log at a cut, all up to exactly that offset.
#[derive(Clone, Debug, Default)]
pub struct SideData {
    /// Kafka's producer snapshot bytes at the cut, followed by nothing else.
    pub producer_snapshot: Bytes,
    /// Our five-batch window at the cut, in the broker's own format.
    pub producer_window: Bytes,
    /// (epoch, start offset) of every leader epoch below the cut, oldest first.
    pub leader_epochs: Vec<(LeaderEpoch, Offset)>,
    /// Aborted transactions that overlap the range, in Kafka's `.txnindex` entry format.
    pub aborted_transactions: Bytes,
}

/// Local bytes to upload, implemented by the broker's partition.
#[async_trait]
pub trait SegmentSource: Send + Sync + 'static {
    /// The partition.
    fn partition(&self) -> TopicIdPartition;

    /// A view of the log at one moment; `copy_from` is where the next copy would begin.
    fn state(&self, copy_from: Offset) -> SourceState;

    /// Whole batches from the one that holds `from`, up to `bytes_max` (at least one) and ending at or below `end`.
    /// With durability `os` the range is fsynced before it is answered.
    async fn read(&self, from: Offset, end: Offset, bytes_max: u64) -> Result<SourceRange, Error>;

    /// Bytes of log in `[from, end)`, to the precision of the offset index.
    fn bytes_between(&self, from: Offset, end: Offset) -> u64;

    /// Side data for a segment `[from, cut)`.
    async fn side_data(&self, from: Offset, cut: Offset) -> Result<SideData, Error>;

    /// Tells the log that the quorum moved the log start; local deletion and refusals follow.
    fn log_start_moved(&self, log_start: Offset);

    /// Tells the log that the committed remote end moved; local retention may follow.
    fn remote_end_moved(&self, remote_end: Option<Offset>);
}

impl SourceRange {
    /// Offset after the last batch; `None` for an empty range.
    pub fn end_offset(&self) -> Result<Option<Offset>, Error> {
        let mut end = None;
        for batch in self.batches.iter().flat_map(split_batches) {
            let (header, _) = batch.map_err(|error| Error::with_source(ErrorKind::Corrupt, "a local batch", error))?;
            end = Some(header.end_offset());
        }
        Ok(end)
    }
}
