//! ListOffsets (2): offsets by timestamp and by Kafka's special values.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, Timestamp};
use strata_compat::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopic,
    ListOffsetsTopicResponse,
};
use tokio::time::Instant;

use crate::partition::Partition;
use crate::partition::error::PartitionError;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::{Outcome, error_mapping};
use crate::server::Broker;

/// Isolation level of a consumer that sees no open transaction.
const READ_COMMITTED: i8 = 1;

/// What a timestamp below zero asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Time(Timestamp),
    Latest,
    Earliest,
    MaxTimestamp,
    EarliestLocal,
    LatestTiered,
    EarliestPendingUpload,
}

impl Wanted {
    /// `None` for a value that does not exist, or not yet in this version.
    const fn from_value(value: i64, version: i16) -> Option<Self> {
        match value {
            0.. => Some(Self::Time(Timestamp(value))),
            -1 => Some(Self::Latest),
            -2 => Some(Self::Earliest),
            -3 if version >= 7 => Some(Self::MaxTimestamp),
            -4 if version >= 8 => Some(Self::EarliestLocal),
            -5 if version >= 9 => Some(Self::LatestTiered),
            -6 if version >= 11 => Some(Self::EarliestPendingUpload),
            _ => None,
        }
    }
}

/// An answer: offset, timestamp, leader epoch.
type Found = (Offset, Timestamp, Option<LeaderEpoch>);

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: ListOffsetsRequest,
) -> Outcome<ListOffsetsResponse> {
    // Remote look-ups wait for the store; the connection goes on meanwhile.
    Outcome::Later(Box::pin(async move {
        let limit = if context.version >= 10 && request.timeout_ms > 0 {
            Duration::from_millis(u64::from(request.timeout_ms.unsigned_abs()))
        } else {
            broker.config.fetch.remote_list_offsets_timeout
        };
        let asking = Asking {
            broker: &broker,
            context: &context,
            read_committed: request.isolation_level == READ_COMMITTED,
            deadline: Instant::now() + limit,
        };
        let duplicates = duplicates(&request.topics);
        let mut response = ListOffsetsResponse::default();
        for topic in &request.topics {
            let mut partitions = Vec::with_capacity(topic.partitions.len());
            for partition in &topic.partitions {
                let is_duplicate = duplicates.contains(&(topic.name.to_string(), partition.partition_index));
                partitions.push(asking.partition(topic, partition, is_duplicate).await);
            }
            response.topics.push(ListOffsetsTopicResponse { name: topic.name.clone(), partitions });
        }
        response
    }))
}

fn duplicates(topics: &[ListOffsetsTopic]) -> BTreeSet<(String, i32)> {
    let mut seen = BTreeSet::new();
    let mut twice = BTreeSet::new();
    for topic in topics {
        for partition in &topic.partitions {
            let key = (topic.name.to_string(), partition.partition_index);
            if !seen.insert(key.clone()) {
                twice.insert(key);
            }
        }
    }
    twice
}

struct Asking<'request> {
    broker: &'request Arc<Broker>,
    context: &'request RequestContext,
    read_committed: bool,
    deadline: Instant,
}

impl Asking<'_> {
    async fn partition(
        &self,
        topic: &ListOffsetsTopic,
        asked: &ListOffsetsPartition,
        is_duplicate: bool,
    ) -> ListOffsetsPartitionResponse {
        let index = asked.partition_index;
        if is_duplicate {
            return refused(index, ErrorCode::InvalidRequest);
        }
        if !self.broker.allows(self.context, Operation::Describe, Resource::Topic(&topic.name)) {
            return refused(index, ErrorCode::TopicAuthorizationFailed);
        }
        let Some(wanted) = Wanted::from_value(asked.timestamp, self.context.version) else {
            return refused(index, ErrorCode::UnsupportedVersion);
        };
        let Some((id, _)) = self.broker.metadata.partition_by_name(&topic.name, PartitionId(index)) else {
            return refused(index, ErrorCode::UnknownTopicOrPartition);
        };
        let found = match self.broker.replicas.get(id) {
            Some(partition) => self.find(&partition, wanted, LeaderEpoch(asked.current_leader_epoch)).await,
            None => Err(self.broker.replicas.why_missing(id)),
        };
        match found {
            Ok(Some((offset, timestamp, epoch))) => ListOffsetsPartitionResponse {
                partition_index: index,
                error_code: ErrorCode::None.code(),
                timestamp: timestamp.0,
                offset: offset.0,
                // Before version 4 there is no field for it.
                leader_epoch: epoch.filter(|_| self.context.version >= 4).map_or(-1, |epoch| epoch.0),
            },
            Ok(None) => refused(index, ErrorCode::None),
            Err(error) => {
                let code = error_mapping::partition_error(&error);
                tracing::debug!(topic = %topic.name, partition = index, %error, "offsets could not be listed");
                refused(index, code)
            }
        }
    }

    async fn find(
        &self,
        partition: &Arc<Partition>,
        wanted: Wanted,
        current_epoch: LeaderEpoch,
    ) -> Result<Option<Found>, PartitionError> {
        let leader_epoch = partition.check_leader(current_epoch)?;
        let offsets = partition.offsets();
        let last_fetchable = if self.read_committed { offsets.last_stable_offset } else { offsets.high_watermark };
        let remote = partition.remote().filter(|remote| remote.remote_end.is_some());
        let epoch_at = |offset: Offset| partition.log().epoch_for_offset(offset);
        Ok(match wanted {
            Wanted::Latest => Some((last_fetchable, Timestamp::NONE, Some(leader_epoch))),
            Wanted::Earliest => Some((offsets.log_start, Timestamp::NONE, epoch_at(offsets.log_start))),
            Wanted::EarliestLocal => {
                let start = offsets.local_start.max(offsets.log_start);
                Some((start, Timestamp::NONE, epoch_at(start)))
            }
            Wanted::LatestTiered => {
                let end = remote.and_then(|remote| remote.remote_end).filter(|end| *end > offsets.log_start);
                end.map(|end| (end.previous(), Timestamp::NONE, epoch_at(end.previous())))
            }
            Wanted::EarliestPendingUpload => {
                if !partition.is_tiered() {
                    return Ok(None);
                }
                let next = offsets.remote_end.unwrap_or(offsets.log_start).max(offsets.log_start);
                Some((next, Timestamp::NONE, epoch_at(next)))
            }
            // As in Kafka, only the local log is looked at.
            Wanted::MaxTimestamp => self
                .blocking(partition, |log| log.offset_of_max_timestamp())
                .await?
                .filter(|found| found.offset < last_fetchable)
                .map(|found| (found.offset, found.timestamp, found.leader_epoch)),
            Wanted::Time(target) => self.by_time(partition, target, last_fetchable).await?,
        })
    }

    async fn by_time(
        &self,
        partition: &Arc<Partition>,
        target: Timestamp,
        last_fetchable: Offset,
    ) -> Result<Option<Found>, PartitionError> {
        let local_start = || partition.offsets().local_start;
        let look = |local_start| self.look_by_time(partition, target, last_fetchable, local_start);
        // What is asked of the bucket ends at the deadline, and so does asking again.
        while_local_start_stands(local_start, look).await
    }

    async fn look_by_time(
        &self,
        partition: &Arc<Partition>,
        target: Timestamp,
        last_fetchable: Offset,
        local_start: Offset,
    ) -> Result<Option<Found>, PartitionError> {
        // What is remote only; the rest is looked for in local files, even if it is in the bucket too.
        if partition.offsets().log_start < local_start
            && let (Some(tier), Some(remote)) = (&self.broker.tier, partition.remote())
        {
            let found = tier.reader().offset_for_timestamp(partition.id(), &remote, target, self.deadline).await?;
            if let Some(found) = found
                && found.offset < local_start
            {
                return Ok(Some((found.offset, found.timestamp, Some(found.leader_epoch))));
            }
        }
        let found = self.blocking(partition, move |log| log.offset_for_timestamp(target, last_fetchable)).await?;
        Ok(found
            .filter(|found| found.offset < last_fetchable)
            .map(|found| (found.offset, found.timestamp, found.leader_epoch)))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        partition: &Arc<Partition>,
        work: impl FnOnce(&crate::log::unified_log::UnifiedLog) -> Result<T, crate::log::error::LogError> + Send + 'static,
    ) -> Result<T, PartitionError> {
        let _permit = self.broker.fetches.disk_reads.acquire().await.map_err(|_| PartitionError::Busy)?;
        let log = Arc::clone(partition.log());
        Ok(tokio::task::spawn_blocking(move || work(&log)).await??)
    }
}

/// Looks again until the local start has stood still during a look: what local retention let go meanwhile was looked for
/// neither in the bucket, where it came too late, nor on disk, where it was gone.
async fn while_local_start_stands<T, E, F: Future<Output = Result<T, E>>>(
    local_start: impl Fn() -> Offset,
    mut look: impl FnMut(Offset) -> F,
) -> Result<T, E> {
    loop {
        let before = local_start();
        let found = look(before).await?;
        if local_start() == before {
            return Ok(found);
        }
    }
}

fn refused(index: i32, code: ErrorCode) -> ListOffsetsPartitionResponse {
    ListOffsetsPartitionResponse {
        partition_index: index,
        error_code: code.code(),
        timestamp: -1,
        offset: -1,
        leader_epoch: -1,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_look_up_that_local_retention_overtook_is_made_again() {
        // The record at 298 leaves the disk in the middle of the first look, after the bucket was asked.
        let local_start = Cell::new(Offset(242));
        let look = |start: Offset| {
            local_start.set(Offset(323));
            let found = if start > Offset(298) { Offset(298) } else { local_start.get() };
            std::future::ready(Ok::<_, ()>(found))
        };
        assert_eq!(while_local_start_stands(|| local_start.get(), look).await, Ok(Offset(298)));
    }

    #[test]
    fn special_values_begin_with_their_versions() {
        let cases = [(-1, 1, true), (-2, 1, true), (-3, 6, false), (-3, 7, true), (-4, 7, false), (-4, 8, true)]
            .into_iter()
            .chain([(-5, 8, false), (-5, 9, true), (-6, 10, false), (-6, 11, true), (-7, 11, false), (0, 1, true)]);
        for (value, version, is_known) in cases {
            assert_eq!(Wanted::from_value(value, version).is_some(), is_known, "{value} in version {version}");
        }
    }
}
