//! What a batch does to the producers of its log.
//!
//! Owns: applying a batch that is in the log, reading a transaction marker. Does not own: the rules (`strata-broker-core`), the
//! checks before an append (`unified_log/append.rs`), which batches are replayed (`producer_files.rs`).

use bytes::Bytes;
use strata_broker_core::producer_state::{CompletedTransaction, ProducerStates, TransactionMarker, TransactionResult};
use strata_compat::compression::DecompressLimits;
use strata_compat::control_record;
use strata_compat::ids::{Offset, Timestamp};
use strata_compat::record_batch::BatchHeader;
use strata_compat::record_error::RecordError;
use strata_compat::records;

use super::error::{LogError, LogErrorKind, LogErrorReason};
use super::types::AbortedTransaction;

/// A control batch holds a type and a small value.
const CONTROL_BYTES_MAX: usize = 64 << 10;

/// Applies a batch that is in the log to the producers; answers the transaction that it aborted.
pub(crate) fn apply_batch(
    producers: &mut ProducerStates,
    header: &BatchHeader,
    marker: Option<TransactionMarker>,
    now: Timestamp,
) -> Option<AbortedTransaction> {
    if !header.is_control() {
        producers.apply(header, header.base_offset, now);
        return None;
    }
    let Some(marker) = marker else {
        producers.set_end_offset(header.end_offset());
        return None;
    };
    let completed = producers.apply_marker(header, header.base_offset, marker, now);
    producers.set_end_offset(header.end_offset());
    completed
        .filter(|completed| completed.result == TransactionResult::Abort)
        .map(|completed| aborted(&completed, producers.last_stable_offset_after(&completed)))
}

const fn aborted(completed: &CompletedTransaction, last_stable_offset: Offset) -> AbortedTransaction {
    AbortedTransaction {
        producer_id: completed.producer_id,
        first_offset: completed.first_offset,
        last_offset: completed.last_offset,
        last_stable_offset,
    }
}

/// The transaction marker in a control batch; `None` for other control records.
pub(crate) fn parse_marker(header: &BatchHeader, batch: &Bytes) -> Result<Option<TransactionMarker>, LogError> {
    if !header.is_control() || header.record_count == 0 {
        return Ok(None);
    }
    let mut records =
        records::iterate(batch, DecompressLimits::new(CONTROL_BYTES_MAX)).map_err(|error| corrupt_batch(&error))?;
    let Some(record) = records.next() else {
        return Ok(None);
    };
    let record = record.map_err(|error| corrupt_batch(&error))?;
    let marker = control_record::TransactionMarker::parse(record.key.as_deref(), record.value.as_deref())
        .map_err(|error| corrupt_batch(&error))?;
    Ok(marker.map(|marker| TransactionMarker {
        result: if marker.committed { TransactionResult::Commit } else { TransactionResult::Abort },
        coordinator_epoch: marker.coordinator_epoch,
    }))
}

/// A batch that cannot be read.
pub(crate) fn corrupt_batch(error: &RecordError) -> LogError {
    LogError::with_source(LogErrorKind::Corrupt, "a batch to be appended", error.clone())
        .because(LogErrorReason::CorruptBatch)
}
