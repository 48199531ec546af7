//! Appending a client's records.
//!
//! Owns: the order room, check, append, watermark, wait. Does not own: what makes a batch valid (`log/log_validator.rs`).
//!
//! Room in the journal is taken before the partition is locked, and waited for without a thread: who reads here, or shares a
//! thread with an append, never waits for a full journal.

use std::time::Duration;

use bytes::Bytes;
use strata_broker_core::error::Error as CoreError;
use strata_broker_core::producer_state::AppendOrigin;
use strata_broker_core::replication::{AppendError, OperationId};
use strata_compat::ids::{LeaderEpoch, Timestamp};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Partition;
use super::error::PartitionError;
use crate::log::error::{LogError, LogErrorReason};
use crate::log::unified_log::AppendRoom;
use crate::log::unified_log::types::{AppendInfo, LeaderAppend};

/// How long appends of one request wait for room in the journal's open group before they are refused; the client tries again.
pub(crate) const JOURNAL_WAIT: Duration = Duration::from_secs(1);
/// How soon room is looked for again, at first and at most: a group is written in that time.
const ROOM_PAUSE_MIN: Duration = Duration::from_millis(1);
const ROOM_PAUSE_MAX: Duration = Duration::from_millis(16);

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

/// Who appends a batch, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeaderWrite {
    pub(crate) origin: AppendOrigin,
    pub(crate) acks: Acks,
    /// Fences a writer that believes in another leadership.
    pub(crate) expected_epoch: Option<LeaderEpoch>,
    pub(crate) now: Timestamp,
}

impl Partition {
    /// Takes room for a batch in the journal, at once as nearly always, or waiting for it until then.
    pub(crate) async fn take_room(
        &self,
        bytes: usize,
        until: Instant,
        now: Timestamp,
    ) -> Result<AppendRoom<'_>, PartitionError> {
        let take = || self.log.take_room(bytes, Duration::ZERO);
        let taken = match take() {
            // Apart from what every append costs: a wait is rare.
            Err(error) if is_full(&error) => Box::pin(wait_for_room(until, take)).await,
            taken => taken,
        };
        taken.map_err(|error| {
            self.with_core(|core, effects| core.replication.handle_append_failed(failure(&error), now, effects));
            error.into()
        })
    }

    /// Appends one validated batch as the leader.
    pub(crate) fn append_as_leader(
        &self,
        batch: Bytes,
        write: LeaderWrite,
        room: &AppendRoom<'_>,
    ) -> Result<Appended, PartitionError> {
        let LeaderWrite { origin, acks, expected_epoch, now } = write;
        self.with_core(|core, effects| {
            if let Some(epoch) = expected_epoch {
                core.replication.check_leader_epoch(epoch)?;
            }
            let leader_epoch = core.replication.check_append(matches!(acks, Acks::Committed { .. }))?;
            let append = LeaderAppend { leader_epoch, origin, now };
            let info = match self.log.append_as_leader(batch, append, room) {
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

/// Asks for room again and again until then, as long as it is only full.
pub(crate) async fn wait_for_room<R>(until: Instant, take: impl Fn() -> Result<R, LogError>) -> Result<R, LogError> {
    let mut pause = ROOM_PAUSE_MIN;
    loop {
        match take() {
            Err(error) if is_full(&error) && Instant::now() < until => {}
            answer => return answer,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(ROOM_PAUSE_MAX);
    }
}

/// Whether there is no room now, but may be soon.
pub(crate) fn is_full(error: &LogError) -> bool {
    matches!(error.reason(), LogErrorReason::JournalFull | LogErrorReason::DiskFull)
}

fn failure(error: &LogError) -> AppendError {
    match error.reason() {
        LogErrorReason::DirectoryOffline => AppendError::StorageFailed,
        LogErrorReason::DiskFull | LogErrorReason::JournalFull => AppendError::DiskFull,
        _ => AppendError::Refused,
    }
}
