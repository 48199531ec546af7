//! The log of a shard, as the runtime uses it.
//!
//! Owns: the seam to a partition of `__consumer_offsets`, and how its refusals are named to group clients. Does not own: the
//! partition.

use std::time::Duration;

use bytes::Bytes;
use strata_broker_core::producer_state::AppendOrigin;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp};

use crate::log::error::LogError;
use crate::log::unified_log::AppendRoom;
use crate::log::unified_log::types::{LogRead, ReadRequest};
use crate::partition::Partition;
use crate::partition::append::{Acks, LeaderWrite};
use crate::partition::error::PartitionError;
use crate::request::error_mapping;

/// Room that a call takes: more than the records of nearly all of them.
const ROOM_BYTES: usize = 64 << 10;

/// What a shard needs of the partition that it lives in.
pub(super) trait ShardLog: Send + Sync + 'static {
    /// The epoch under which this broker leads; `None` if it does not.
    fn leader_epoch(&self) -> Option<LeaderEpoch>;
    /// First offset and end of what is in the log now.
    fn range(&self) -> (Offset, Offset);
    /// Everything below is committed.
    fn high_watermark(&self) -> Offset;
    /// The largest batch that the log takes.
    fn batch_bytes_max(&self) -> usize;
    /// Whole batches; it may wait for the disk.
    fn read(&self, request: &ReadRequest) -> Result<LogRead, PartitionError>;
    /// Takes room for the records of one call, if there is some now.
    fn try_room(&self) -> Result<Room<'_>, LogError>;
    /// Appends one batch if this broker still leads in `epoch`. Answers the end of the log. Waits for nothing.
    fn append(
        &self,
        batch: Bytes,
        epoch: LeaderEpoch,
        limits: AppendLimits,
        room: &Room<'_>,
    ) -> Result<Offset, PartitionError>;
}

/// Room in the journal for what one call writes, taken before the shard is locked: all its batches share it. Without any, an
/// append takes its own, or is refused.
#[derive(Debug, Default)]
pub(super) struct Room<'log>(Option<AppendRoom<'log>>);

/// When an append happens, and until when it is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct AppendLimits {
    pub(super) now: Timestamp,
    pub(super) deadline: Timestamp,
}

impl ShardLog for Partition {
    fn leader_epoch(&self) -> Option<LeaderEpoch> {
        self.leadership().map(|(epoch, _)| epoch)
    }

    fn range(&self) -> (Offset, Offset) {
        let offsets = self.log().offsets();
        (offsets.local_start.max(offsets.log_start), offsets.log_end)
    }

    fn high_watermark(&self) -> Offset {
        Self::high_watermark(self)
    }

    fn batch_bytes_max(&self) -> usize {
        let config = self.log().config();
        let bytes_max = u64::from(config.max_message_bytes).min(u64::from(config.segment_bytes));
        usize::try_from(bytes_max).unwrap_or(usize::MAX)
    }

    fn read(&self, request: &ReadRequest) -> Result<LogRead, PartitionError> {
        self.read_blocking(request)
    }

    fn try_room(&self) -> Result<Room<'_>, LogError> {
        Ok(Room(Some(self.log().take_room(ROOM_BYTES, Duration::ZERO)?)))
    }

    fn append(
        &self,
        batch: Bytes,
        epoch: LeaderEpoch,
        limits: AppendLimits,
        room: &Room<'_>,
    ) -> Result<Offset, PartitionError> {
        // Committed, so that too small an ISR refuses; the wait itself follows the high watermark, in order for the whole
        // shard, and its end is what the shard watches.
        let acks = Acks::Committed { deadline: limits.deadline };
        let write =
            LeaderWrite { origin: AppendOrigin::Coordinator, acks, expected_epoch: Some(epoch), now: limits.now };
        let appended = match &room.0 {
            Some(room) => self.append_as_leader(batch, write, room)?,
            None => {
                let room = self.log().take_room(batch.len(), Duration::ZERO)?;
                self.append_as_leader(batch, write, &room)?
            }
        };
        Ok(appended.info.last_offset.plus(1))
    }
}

/// What a group's client is told of a failed append.
pub(super) fn coordinator_code(error: &PartitionError) -> ErrorCode {
    match error_mapping::partition_error(error) {
        ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch | ErrorCode::UnknownLeaderEpoch => {
            ErrorCode::NotCoordinator
        }
        ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge => ErrorCode::InvalidCommitOffsetSize,
        _ => ErrorCode::CoordinatorNotAvailable,
    }
}
