//! Reading a partition for a consumer.
//!
//! Owns: the one decision, from one snapshot of the offsets, whether an offset is read here or remotely. Does not own: how
//! either is read.

use std::sync::Arc;

use strata_broker_core::error::Error as CoreError;
use strata_broker_core::leader_epoch::LeaderEpochCache;
use strata_broker_core::replication::{DivergingEpoch, FetchCheck, FetchPosition};
use strata_compat::ids::{LeaderEpoch, Offset};
use strata_metadata_core::image::remote_segments::RemotePartition;

use super::error::PartitionError;
use super::{Partition, PartitionOffsets};
use crate::log::error::{LogError, LogErrorKind, LogErrorReason};
use crate::log::unified_log::types::{Access, Lending, LogRead, ReadRequest};

/// Where the records of a fetch are.
pub(crate) enum Place {
    /// In local files, or nowhere yet: read up to this offset.
    Local {
        /// Nothing at or above may be answered.
        upper_bound: Offset,
    },
    /// In object storage.
    Remote(Arc<RemotePartition>),
    /// The reader's log has parted from this one.
    Diverging(DivergingEpoch),
}

/// A checked fetch.
pub(crate) struct Located {
    /// The offsets on which the decision stands.
    pub(crate) offsets: PartitionOffsets,
    /// Where to read.
    pub(crate) place: Place,
}

impl Partition {
    /// Checks a consumer's position and says where its records are.
    pub(crate) fn locate(&self, position: &FetchPosition, read_committed: bool) -> Result<Located, PartitionError> {
        let epochs = if position.last_fetched_epoch.0 >= 0 {
            LeaderEpochCache::from_entries(self.log.leader_epochs())
        } else {
            LeaderEpochCache::new()
        };
        let check = self.core.lock().replication.check_fetch(position, &epochs)?;
        let offsets = self.offsets();
        if let FetchCheck::Diverging(diverging) = check {
            return Ok(Located { offsets, place: Place::Diverging(diverging) });
        }
        let (log_start, log_end) = (offsets.log_start, offsets.log_end);
        if position.offset < log_start {
            return Err(CoreError::OffsetOutOfRange { offset: position.offset, log_start, log_end }.into());
        }
        let upper_bound = if read_committed { offsets.last_stable_offset } else { offsets.high_watermark };
        if position.offset >= offsets.local_start {
            return Ok(Located { offsets, place: Place::Local { upper_bound } });
        }
        match self.remote() {
            Some(remote) if remote.remote_end.is_some_and(|end| position.offset < end) => {
                Ok(Located { offsets, place: Place::Remote(remote) })
            }
            _ => Err(PartitionError::Uncovered { offset: position.offset }),
        }
    }

    /// Reads from memory if the records are there, or if there is nothing to read.
    pub(crate) fn read_from_memory(&self, request: &ReadRequest) -> Option<LogRead> {
        self.log.read_from_memory(request)
    }

    /// Records that are sent out of a file as they are.
    pub(crate) fn lend(&self, request: &ReadRequest, access: Access) -> Lending {
        self.log.lend(request, access)
    }

    /// Reads from memory or files; it may wait for the disk.
    ///
    /// What was located here and went before it was read is still in the bucket: the reader asks again, and must not be told
    /// that the offset is out of range, which would make a consumer jump.
    pub(crate) fn read_blocking(&self, request: &ReadRequest) -> Result<LogRead, PartitionError> {
        self.log.read(request).map_err(|error| {
            let offsets = self.offsets();
            let is_in_range = offsets.log_start <= request.offset && request.offset <= offsets.log_end;
            if error.reason() == LogErrorReason::OffsetOutOfRange && is_in_range {
                let message = format!("offset {} has just left the local files", request.offset);
                return LogError::new(LogErrorKind::Unavailable, message).into();
            }
            error.into()
        })
    }

    /// Fences a request by the leader epoch that it names, and refuses one that only the leader may answer.
    pub(crate) fn check_leader(&self, requested: LeaderEpoch) -> Result<LeaderEpoch, CoreError> {
        let core = self.core.lock();
        core.replication.check_leader_epoch(requested)?;
        match core.replication.state() {
            Some(state) if state.leader == Some(self.services.broker) => Ok(state.leader_epoch),
            _ => Err(CoreError::NotLeader),
        }
    }

    /// Where an epoch ends in this log.
    pub(crate) fn end_offset_for_epoch(
        &self,
        current: LeaderEpoch,
        requested: LeaderEpoch,
    ) -> Result<Option<(LeaderEpoch, Offset)>, CoreError> {
        self.check_leader(current)?;
        let epochs = LeaderEpochCache::from_entries(self.log.leader_epochs());
        Ok(self.core.lock().replication.end_offset_for(requested, &epochs))
    }
}
