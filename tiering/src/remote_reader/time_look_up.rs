//! ListOffsets by timestamp over the remote range.
//!
//! Owns: the walk from candidate rows to the first record. Record timestamps need not be ordered, so the first range whose
//! largest timestamp reaches the target is taken, and nothing is opened that cannot hold the answer. Does not own: rows and
//! index sections (`remote_index.rs`). Chunks that are only walked over are kept on disk alone, so that memory keeps what
//! is asked for; a walk begins at most one index interval before the first batch that may match.

use strata_cache::Admission;
use strata_compat::compression::DecompressLimits;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp, TopicIdPartition};
use strata_compat::record_batch::BatchHeader;
use strata_compat::record_error::RecordError;
use strata_compat::records;
use strata_metadata_core::image::remote_segments::RemotePartition;
use tokio::time::Instant;

use crate::error::Error;
use crate::remote_index::{OpenSegment, largest_timestamp};
use crate::remote_reader::chunk_source::ReadStats;
use crate::remote_reader::chunk_window::ChunkWindow;
use crate::remote_reader::{RemoteReader, Shared};

/// A record found by its timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampOffset {
    /// Its offset.
    pub offset: Offset,
    /// Its timestamp.
    pub timestamp: Timestamp,
    /// Epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
}

impl RemoteReader {
    /// The first record of the remote range, at or above log start, whose timestamp is at least `target`; `None` if no
    /// remote record is so late. `Unavailable` after the deadline; what it needs goes on loading.
    pub async fn offset_for_timestamp(
        &self,
        partition: TopicIdPartition,
        remote: &RemotePartition,
        target: Timestamp,
        deadline: Instant,
    ) -> Result<Option<TimestampOffset>, Error> {
        let look_up = Box::pin(self.shared.offset_for_timestamp(partition, remote, target));
        tokio::time::timeout_at(deadline, look_up)
            .await
            .unwrap_or_else(|_| Err(Error::loading(format!("{partition}: a look-up by timestamp is still loading"))))
    }

    /// The first record with the largest timestamp of the remote range; `None` if nothing is remote.
    pub async fn offset_of_largest_timestamp(
        &self,
        partition: TopicIdPartition,
        remote: &RemotePartition,
        deadline: Instant,
    ) -> Result<Option<TimestampOffset>, Error> {
        match largest_timestamp(remote) {
            Some(largest) => self.offset_for_timestamp(partition, remote, largest, deadline).await,
            None => Ok(None),
        }
    }
}

impl Shared {
    async fn offset_for_timestamp(
        &self,
        partition: TopicIdPartition,
        remote: &RemotePartition,
        target: Timestamp,
    ) -> Result<Option<TimestampOffset>, Error> {
        let log_start = remote.log_start.unwrap_or(Offset(0));
        let mut from = log_start;
        while let Some(row) = self.index.row_with_timestamp(partition, remote, from, target).await? {
            let segment = self.index.open(partition, &row).await?;
            if let Some(found) = self.scan(&segment, log_start.max(row.base_offset), target).await? {
                return Ok(Some(found));
            }
            // The record that made the row a candidate lies below log start.
            from = row.end_offset;
        }
        Ok(None)
    }

    async fn scan(
        &self,
        segment: &OpenSegment,
        start: Offset,
        target: Timestamp,
    ) -> Result<Option<TimestampOffset>, Error> {
        let mut stats = ReadStats::default();
        let mut window = ChunkWindow::new(segment, &self.source, Admission::Scan);
        let by_time = segment.index.position_of_timestamp(target);
        let mut position = by_time.max(segment.index.offset_index().position_of(start));
        while position < window.log_bytes() {
            let header = window.header_at(position, &mut stats).await?;
            let end = position + window.batch_bytes(position, &header)?;
            if header.max_timestamp >= target && header.last_offset() >= start {
                window.load(position, end, &mut stats).await?;
                let batch = window.whole(position, end);
                let found = self.scan_batch(&header, &batch, start, target);
                if let Some(found) = found.map_err(|error| window.corrupt(position, error))? {
                    return Ok(Some(found));
                }
            }
            position = end;
            window.forget_before(position);
        }
        Ok(None)
    }

    fn scan_batch(
        &self,
        header: &BatchHeader,
        batch: &bytes::Bytes,
        start: Offset,
        target: Timestamp,
    ) -> Result<Option<TimestampOffset>, RecordError> {
        let limits = DecompressLimits::new(self.config.decompressed_batch_bytes_max);
        for record in records::iterate(batch, limits)? {
            let record = record?;
            if record.timestamp >= target && record.offset >= start {
                return Ok(Some(TimestampOffset {
                    offset: record.offset,
                    timestamp: record.timestamp,
                    leader_epoch: header.leader_epoch,
                }));
            }
        }
        Ok(None)
    }
}
