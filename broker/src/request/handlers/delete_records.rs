//! DeleteRecords (21): raises log starts. A partition with remote state moves in the quorum first, then here; one that was
//! never tiered moves in its own journal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strata_broker_core::internal_topics::is_internal;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId};
use strata_compat::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsResponse,
    DeleteRecordsTopic, DeleteRecordsTopicResult,
};
use strata_tiering::catalog::{Fence, SegmentCatalog};

use super::admin::{self, PARTITIONS_PER_REQUEST_MAX};
use crate::partition::{Partition, PartitionOffsets};
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::{Outcome, error_mapping};
use crate::segment_catalog::QuorumCatalog;
use crate::server::Broker;

/// The offset that stands for the high watermark.
const HIGH_WATERMARK: i64 = -1;
/// What an answer says where there is no log start to tell.
const NO_LOW_WATERMARK: i64 = -1;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DeleteRecordsRequest,
) -> Outcome<DeleteRecordsResponse> {
    let deadline = admin::deadline(&context, request.timeout_ms);
    let partitions: usize = request.topics.iter().map(|topic| topic.partitions.len()).sum();
    let deleting = Deleting { broker, context, deadline };
    let mut topics = Vec::with_capacity(request.topics.len());
    for topic in request.topics {
        let partitions = if partitions > PARTITIONS_PER_REQUEST_MAX {
            refuse_all(&topic, ErrorCode::PolicyViolation)
        } else {
            deleting.topic(&topic).await
        };
        topics.push(DeleteRecordsTopicResult { name: topic.name, partitions });
    }
    DeleteRecordsResponse { topics, ..DeleteRecordsResponse::default() }.into()
}

fn refuse_all(topic: &DeleteRecordsTopic, code: ErrorCode) -> Vec<DeleteRecordsPartitionResult> {
    topic.partitions.iter().map(|partition| result(partition.partition_index, Err(code))).collect()
}

fn result(partition_index: i32, outcome: Result<Offset, ErrorCode>) -> DeleteRecordsPartitionResult {
    match outcome {
        Ok(low_watermark) => DeleteRecordsPartitionResult {
            partition_index,
            low_watermark: low_watermark.0,
            error_code: ErrorCode::None.code(),
        },
        Err(code) => {
            DeleteRecordsPartitionResult { partition_index, low_watermark: NO_LOW_WATERMARK, error_code: code.code() }
        }
    }
}

struct Deleting {
    broker: Arc<Broker>,
    context: RequestContext,
    deadline: Instant,
}

impl Deleting {
    async fn topic(&self, topic: &DeleteRecordsTopic) -> Vec<DeleteRecordsPartitionResult> {
        if let Err(code) = self.check_topic(&topic.name) {
            return refuse_all(topic, code);
        }
        let mut counts = BTreeMap::new();
        for partition in &topic.partitions {
            *counts.entry(partition.partition_index).or_insert(0_usize) += 1;
        }
        let mut results = Vec::with_capacity(topic.partitions.len());
        for wish in &topic.partitions {
            let outcome = if counts.get(&wish.partition_index) == Some(&1) {
                self.partition(&topic.name, wish).await
            } else {
                Err(ErrorCode::InvalidRequest)
            };
            results.push(result(wish.partition_index, outcome));
        }
        results
    }

    fn check_topic(&self, name: &str) -> Result<(), ErrorCode> {
        if !self.broker.allows(&self.context, Operation::Delete, Resource::Topic(name)) {
            return Err(ErrorCode::TopicAuthorizationFailed);
        }
        if self.broker.metadata.topic_by_name(name).is_none() {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        if is_internal(name) {
            return Err(ErrorCode::InvalidTopicException);
        }
        Ok(())
    }

    async fn partition(&self, topic: &str, wish: &DeleteRecordsPartition) -> Result<Offset, ErrorCode> {
        let index = PartitionId(wish.partition_index);
        let (id, _) = self.broker.metadata.partition_by_name(topic, index).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let missing = || error_mapping::partition_error(&self.broker.replicas.why_missing(id));
        let partition = self.broker.replicas.get(id).ok_or_else(missing)?;
        partition.check_leader(LeaderEpoch::NONE).map_err(|error| error_mapping::core_error(&error))?;
        let policy = partition.log().config().cleanup_policy;
        if policy.compact && !policy.delete {
            return Err(ErrorCode::PolicyViolation);
        }
        let offsets = partition.offsets();
        let target = target(wish.offset, &offsets)?;
        // One that lies there already may be the move of an earlier request that nobody waited for.
        if target > offsets.log_start || !self.is_led_by_quorum(&partition) {
            tokio::time::timeout(self.time_left(), self.move_log_start(&partition, target))
                .await
                .map_err(|_| ErrorCode::RequestTimedOut)??;
        }
        Ok(partition.offsets().log_start)
    }

    fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Moves the log start in the quorum if the partition has remote state, else here; then in what is hosted here.
    async fn move_log_start(&self, partition: &Arc<Partition>, target: Offset) -> Result<(), ErrorCode> {
        if self.is_led_by_quorum(partition) {
            return self.move_in_quorum(partition, target).await;
        }
        let moving = Arc::clone(partition);
        // What is answered outlives a power cut: the entry is durable first.
        let wait = self.time_left();
        let moved = tokio::task::spawn_blocking(move || {
            let moved = moving.log().set_log_start_durably(target, wait);
            // It may have moved and not be durable in time, or nobody may wait for it any more.
            moving.log_start_changed();
            moved
        });
        match moved.await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error_mapping::log_error(&error)),
            Err(error) => {
                tracing::error!(%error, "a log start was not moved");
                return Err(ErrorCode::UnknownServerError);
            }
        }
        if self.is_led_by_quorum(partition) {
            // Tiering began meanwhile, perhaps with the log start of before.
            return self.move_in_quorum(partition, target).await;
        }
        Ok(())
    }

    /// Whether the quorum holds the partition's log start: it does from the first command of its tiering on, for ever.
    fn is_led_by_quorum(&self, partition: &Partition) -> bool {
        let image = self.broker.metadata.image();
        image.remote_partition(partition.id()).is_some_and(|remote| remote.log_start.is_some())
    }

    async fn move_in_quorum(&self, partition: &Arc<Partition>, target: Offset) -> Result<(), ErrorCode> {
        let id = partition.id();
        let (leader_epoch, broker_epoch) = partition.leadership().ok_or(ErrorCode::NotLeaderOrFollower)?;
        let image = self.broker.metadata.image();
        let tiering_epoch = image.remote_partition(id).map_or(0, |remote| remote.tiering_epoch);
        let fence = Fence { leader_epoch, broker_epoch, tiering_epoch };
        let catalog = QuorumCatalog::new(Arc::clone(&self.broker.quorum), self.broker.id);
        catalog.move_log_start(id, fence, target).await.map_err(|error| {
            tracing::warn!(topic = %partition.topic(), partition = id.partition.0, %target, %error, "a log start is not moved");
            error_mapping::remote_error(&error)
        })?;
        // The image has it; reads refuse once it is applied to what is hosted here.
        let index = self.broker.metadata.published().index;
        self.broker.wait_hosted(index, self.time_left()).await;
        if partition.offsets().log_start >= target { Ok(()) } else { Err(ErrorCode::RequestTimedOut) }
    }
}

/// The log start that is asked for; it is at most the high watermark.
fn target(offset: i64, offsets: &PartitionOffsets) -> Result<Offset, ErrorCode> {
    let target = if offset == HIGH_WATERMARK { offsets.high_watermark } else { Offset(offset) };
    if target.0 < 0 || target > offsets.high_watermark {
        return Err(ErrorCode::OffsetOutOfRange);
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_deleted_up_to_the_high_watermark() {
        let offsets = PartitionOffsets {
            log_start: Offset(5),
            local_start: Offset(8),
            remote_end: Some(Offset(8)),
            high_watermark: Offset(20),
            last_stable_offset: Offset(20),
            log_end: Offset(25),
        };
        let cases = [
            (-1, Ok(20)),
            (0, Ok(0)),
            (5, Ok(5)),
            (7, Ok(7)),
            (20, Ok(20)),
            (21, Err(ErrorCode::OffsetOutOfRange)),
            (25, Err(ErrorCode::OffsetOutOfRange)),
            (-2, Err(ErrorCode::OffsetOutOfRange)),
            (i64::MAX, Err(ErrorCode::OffsetOutOfRange)),
        ];
        for (offset, expected) in cases {
            assert_eq!(target(offset, &offsets).map(|target| target.0), expected, "{offset}");
        }
    }
}
