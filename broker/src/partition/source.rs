//! The partition as the copier sees it.
//!
//! Owns: the translation between log and copier. Reads run on the blocking pool of the runtime that asks, which is the
//! cold one.

use std::sync::Arc;

use async_trait::async_trait;
use strata_compat::ids::{Offset, TopicIdPartition};
use strata_tiering::error::{Error, ErrorKind};
use strata_tiering::source::{SegmentSource, SideData, SourceRange, SourceState};

use super::Partition;
use crate::clock;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::transaction_index;
use crate::log::unified_log::UnifiedLog;
use crate::log::unified_log::types::ReadRequest;

/// A partition whose records may be copied.
pub(crate) struct PartitionSource(pub(crate) Arc<Partition>);

#[async_trait]
impl SegmentSource for PartitionSource {
    fn partition(&self) -> TopicIdPartition {
        self.0.id()
    }

    fn state(&self, copy_from: Offset) -> SourceState {
        let partition = &self.0;
        let log = partition.log().offsets();
        let offsets = partition.offsets();
        SourceState {
            topic: partition.topic().to_string(),
            leader_epoch: partition.leadership().map(|(epoch, _)| epoch),
            log_start: offsets.log_start,
            local_start: offsets.local_start,
            copy_end: offsets.last_stable_offset.min(log.durable_end),
            active_base: log.active_base,
            log_end: log.log_end,
            oldest_append: partition.log().oldest_append(copy_from),
        }
    }

    async fn read(&self, from: Offset, end: Offset, bytes_max: u64) -> Result<SourceRange, Error> {
        let log = Arc::clone(self.0.log());
        // With the journal, what may be copied is durable already.
        let flushes_first = !self.0.services.journaled;
        blocking(move || {
            let request = ReadRequest {
                offset: from,
                bytes_max: usize::try_from(bytes_max).unwrap_or(usize::MAX),
                upper_bound: end,
                min_one: true,
            };
            if flushes_first && log.offsets().recovery_point < end {
                log.flush()?;
            }
            let read = log.read(&request)?;
            Ok(SourceRange { batches: read.batches })
        })
        .await
    }

    fn bytes_between(&self, from: Offset, end: Offset) -> u64 {
        self.0.log().bytes_between(from, end).unwrap_or_else(|error| {
            // An estimate for the plan only; the copy itself meets the error again.
            tracing::warn!(topic = %self.0.topic(), %error, "the size of a range is not known");
            0
        })
    }

    async fn side_data(&self, from: Offset, cut: Offset) -> Result<SideData, Error> {
        let log = Arc::clone(self.0.log());
        blocking(move || side_data(&log, from, cut)).await
    }

    fn log_start_moved(&self, log_start: Offset) {
        let remote = self.0.remote();
        if let Err(error) = self.0.remote_changed(remote, clock::now()) {
            tracing::warn!(topic = %self.0.topic(), %log_start, %error, "a new log start is not in the log yet");
        }
    }

    fn remote_end_moved(&self, _: Option<Offset>) {
        // The image tells the partition; local retention looks at it in its next pass.
    }
}

fn side_data(log: &UnifiedLog, from: Offset, cut: Offset) -> Result<SideData, LogError> {
    let producers = log.producers_at(cut, clock::now())?;
    let aborted = log.aborted_transactions(from, cut)?;
    Ok(SideData {
        producer_snapshot: producers.snapshot,
        producer_window: producers.window,
        leader_epochs: log.leader_epochs_until(cut),
        aborted_transactions: transaction_index::encode_aborted(&aborted).into(),
    })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, LogError> + Send + 'static) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(tiering_error),
        Err(error) => Err(Error::with_source(ErrorKind::Internal, "a read of the local log did not finish", error)),
    }
}

/// What a log's error means to tiering.
fn tiering_error(error: LogError) -> Error {
    let kind = match error.kind() {
        LogErrorKind::Unavailable => ErrorKind::Unavailable,
        LogErrorKind::Fenced => ErrorKind::Fenced,
        LogErrorKind::NotFound => ErrorKind::NotFound,
        LogErrorKind::Invalid => ErrorKind::Invalid,
        LogErrorKind::Corrupt => ErrorKind::Corrupt,
        LogErrorKind::Closed => ErrorKind::Closed,
        LogErrorKind::Internal => ErrorKind::Internal,
    };
    Error::with_source(kind, "reading the local log", error)
}
