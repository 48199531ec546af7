//! Appending a client's records.
//!
//! Owns: the order room, check, append, watermark, wait. Does not own: what makes a batch valid (`log/log_validator.rs`).
//!
//! Room in the journal is taken before the partition is locked: who reads here never waits for a full journal.

use std::time::Duration;

use bytes::Bytes;
use strata_broker_core::error::Error as CoreError;
use strata_broker_core::producer_state::AppendOrigin;
use strata_broker_core::replication::{AppendError, OperationId};
use strata_compat::ids::{LeaderEpoch, Timestamp};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use super::Partition;
use super::error::PartitionError;
use crate::log::error::{LogError, LogErrorReason};
use crate::log::unified_log::types::{AppendInfo, LeaderAppend};
use crate::log::unified_log::{AppendRoom, UnifiedLog};

/// How long an append waits for room in the journal's open group before it is refused; the client tries again.
const JOURNAL_WAIT: Duration = Duration::from_secs(1);

/// What an append gave at once, and the wait that may follow.
pub(crate) struct Appended {
    /// Offsets of the batch.
    pub(crate) info: AppendInfo,
    /// Ends when the batch is committed; `None` if nobody waits for that.
    pub(crate) committed: Option<oneshot::Receiver<Result<(), CoreError>>>,
}

/// How an append is to be acknowledged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Acks {
    /// Once written here.
    Written,
    /// Once committed, or at this time with an error.
    Committed {
        /// When the wait ends.
        deadline: Timestamp,
    },
}

impl Partition {
    /// Appends one validated batch as the leader. `expected_epoch` fences a writer that believes in another leadership.
    pub(crate) fn append_as_leader(
        &self,
        batch: Bytes,
        origin: AppendOrigin,
        acks: Acks,
        expected_epoch: Option<LeaderEpoch>,
        now: Timestamp,
    ) -> Result<Appended, PartitionError> {
        let room = match take_room(&self.log, batch.len()) {
            Ok(room) => room,
            Err(error) => {
                self.with_core(|core, effects| {
                    core.replication.handle_append_failed(failure(&error), now, effects);
                });
                return Err(error.into());
            }
        };
        self.with_core(|core, effects| {
            if let Some(epoch) = expected_epoch {
                core.replication.check_leader_epoch(epoch)?;
            }
            let leader_epoch = core.replication.check_append(matches!(acks, Acks::Committed { .. }))?;
            let append = LeaderAppend { leader_epoch, origin, now };
            let info = match self.log.append_as_leader(batch, append, &room) {
                Ok(info) => info,
                Err(error) => {
                    core.replication.handle_append_failed(failure(&error), now, effects);
                    return Err(error.into());
                }
            };
            core.replication.handle_appended(info.log_end, now, effects);
            if info.journal_sequence.is_none() {
                core.replication.handle_flushed(self.log.durable_end_offset(), now, effects);
            }
            let committed = match acks {
                Acks::Written => None,
                Acks::Committed { deadline } => {
                    let operation = OperationId(core.next_operation);
                    core.next_operation += 1;
                    let (reply, committed) = oneshot::channel();
                    core.waiting.insert(operation, reply);
                    let end_offset = info.last_offset.plus(1);
                    if let Err(error) = core.replication.await_commit(operation, end_offset, deadline, effects) {
                        core.waiting.remove(&operation);
                        return Err(error.into());
                    }
                    Some(committed)
                }
            };
            Ok(Appended { info, committed })
        })
    }
}

/// Takes room at once, as nearly always; else waits for it where no other task of the runtime has to wait, too.
fn take_room(log: &UnifiedLog, bytes: usize) -> Result<AppendRoom<'_>, LogError> {
    match log.take_room(bytes, Duration::ZERO) {
        Err(error) if error.reason() == LogErrorReason::JournalFull || error.reason() == LogErrorReason::DiskFull => {}
        answer => return answer,
    }
    let wait = || log.take_room(bytes, JOURNAL_WAIT);
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(wait),
        _ => wait(),
    }
}

fn failure(error: &LogError) -> AppendError {
    match error.reason() {
        LogErrorReason::DirectoryOffline => AppendError::StorageFailed,
        LogErrorReason::DiskFull | LogErrorReason::JournalFull => AppendError::DiskFull,
        _ => AppendError::Refused,
    }
}
