//! DescribeTier (20000, ours): what the quorum knows of topics in the bucket, and how far this broker is with them.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{Offset, PartitionId, TopicIdPartition};
use strata_compat::messages::describe_tier::{
    DescribeTierRequest, DescribeTierResponse, DescribeTierTopic, DescribedTierObject, DescribedTierPartition,
    DescribedTierTopic,
};
use strata_compat::wire::KString;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::remote_segments::{PageReference, RemotePartition, SegmentRow};
use strata_metadata_core::image::topics::Topic;
use strata_tiering::remote_log_manager::PartitionStatus;

use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

/// Objects in one answer, at most; the rest is asked for partition by partition.
const OBJECTS_MAX: usize = 10_000;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DescribeTierRequest,
) -> Outcome<DescribeTierResponse> {
    let image = broker.metadata.image();
    let allows = |topic: &str| broker.allows(&context, Operation::Describe, Resource::Topic(topic));
    let here = |id: TopicIdPartition| {
        let offsets = broker.replicas.get(id).map(|partition| {
            let offsets = partition.offsets();
            LocalOffsets { log_start: offsets.log_start, local_start: offsets.local_start, log_end: offsets.log_end }
        });
        let status = broker.tier.as_ref().and_then(|tier| tier.manager().status(id));
        Local { offsets, status }
    };
    let topics = Description { image: &image, allows: &allows, here: &here }.topics(&request);
    let tier_url = broker.config.tier.as_ref().map(|tier| KString::from(tier.url.as_str()));
    DescribeTierResponse { tier_url, topics, ..DescribeTierResponse::default() }.into()
}

/// What this broker alone knows of a partition.
#[derive(Clone, Debug, Default)]
struct Local {
    offsets: Option<LocalOffsets>,
    status: Option<PartitionStatus>,
}

#[derive(Clone, Copy, Debug)]
struct LocalOffsets {
    log_start: Offset,
    local_start: Offset,
    log_end: Offset,
}

/// One answer in the making.
struct Description<'a> {
    image: &'a Image,
    allows: &'a dyn Fn(&str) -> bool,
    here: &'a dyn Fn(TopicIdPartition) -> Local,
}

/// Which objects are listed, and how many more fit.
struct ObjectList {
    is_wanted: bool,
    first_offset: Offset,
    per_partition_max: usize,
    left: usize,
}

impl Description<'_> {
    fn topics(&self, request: &DescribeTierRequest) -> Vec<DescribedTierTopic> {
        let mut objects = ObjectList {
            is_wanted: request.include_objects,
            first_offset: Offset(request.first_offset),
            per_partition_max: usize::try_from(request.objects_max).unwrap_or(0).clamp(1, OBJECTS_MAX),
            left: OBJECTS_MAX,
        };
        match &request.topics {
            Some(topics) => topics.iter().map(|topic| self.named(topic, &mut objects)).collect(),
            None => {
                let known = self.image.topics.iter();
                let shown = known.filter(|topic| self.has_remote_state(topic) && (self.allows)(&topic.name));
                shown.map(|topic| self.topic(topic, None, &mut objects)).collect()
            }
        }
    }

    fn has_remote_state(&self, topic: &Topic) -> bool {
        self.image.configs.is_tiered(&topic.name)
            || topic.partition_ids().any(|id| self.image.remote_partition(id).is_some())
    }

    fn named(&self, wanted: &DescribeTierTopic, objects: &mut ObjectList) -> DescribedTierTopic {
        let refused = |code: ErrorCode| DescribedTierTopic {
            error_code: code.code(),
            name: wanted.name.clone(),
            ..DescribedTierTopic::default()
        };
        if !(self.allows)(&wanted.name) {
            return refused(ErrorCode::TopicAuthorizationFailed);
        }
        match self.image.topic_by_name(&wanted.name) {
            Some(topic) => self.topic(topic, wanted.partitions.as_deref(), objects),
            None => refused(ErrorCode::UnknownTopicOrPartition),
        }
    }

    fn topic(&self, topic: &Topic, wanted: Option<&[i32]>, objects: &mut ObjectList) -> DescribedTierTopic {
        let partitions = match wanted {
            None => topic.partition_ids().map(|id| self.partition(id, objects)).collect(),
            Some(indexes) => {
                // No more answers than there are partitions, whatever is repeated.
                let count = usize::try_from(topic.partitions).unwrap_or(usize::MAX);
                indexes.iter().take(count).map(|index| self.wanted_partition(topic, *index, objects)).collect()
            }
        };
        DescribedTierTopic {
            name: topic.name.as_str().into(),
            topic_id: topic.topic_id.0,
            is_tiered: self.image.configs.is_tiered(&topic.name),
            partitions,
            ..DescribedTierTopic::default()
        }
    }

    fn wanted_partition(&self, topic: &Topic, index: i32, objects: &mut ObjectList) -> DescribedTierPartition {
        if u32::try_from(index).is_ok_and(|index| index < topic.partitions) {
            let id = TopicIdPartition { topic_id: topic.topic_id, partition: PartitionId(index) };
            return self.partition(id, objects);
        }
        DescribedTierPartition {
            error_code: ErrorCode::UnknownTopicOrPartition.code(),
            partition_index: index,
            ..DescribedTierPartition::default()
        }
    }

    fn partition(&self, id: TopicIdPartition, objects: &mut ObjectList) -> DescribedTierPartition {
        let mut described = match self.image.remote_partition(id) {
            Some(remote) => remote_figures(remote, objects),
            None => DescribedTierPartition::default(),
        };
        described.partition_index = id.partition.0;
        let local = (self.here)(id);
        if let Some(offsets) = local.offsets {
            described.log_start_offset = described.log_start_offset.max(offsets.log_start.0);
            described.local_start_offset = offsets.local_start.0;
            described.log_end_offset = offsets.log_end.0;
        }
        if let Some(status) = local.status {
            described.lag_bytes = saturated(status.lag_bytes);
            described.is_hole = status.hole;
            described.failures = i32::try_from(status.failures).unwrap_or(i32::MAX);
            described.last_error = status.last_error.map(KString::from);
        }
        described
    }
}

fn saturated(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

fn remote_figures(remote: &RemotePartition, objects: &mut ObjectList) -> DescribedTierPartition {
    let (rows, pages) = (&remote.rows, &remote.pages);
    let in_pages = |figure: fn(&PageReference) -> u64| pages.iter().map(|page| figure(page)).sum::<u64>();
    let in_rows = |figure: fn(&SegmentRow) -> u64| rows.iter().map(|row| figure(row)).sum::<u64>();
    let mut described = DescribedTierPartition {
        tiering_epoch: i32::try_from(remote.tiering_epoch).unwrap_or(i32::MAX),
        log_start_offset: remote.log_start.map_or(-1, |offset| offset.0),
        remote_end_offset: remote.remote_end.map_or(-1, |offset| offset.0),
        deleted_to_offset: remote.deleted_to.0,
        rows: count(rows.len()),
        pages: count(pages.len()),
        segments: saturated(in_pages(|page| u64::from(page.rows))).saturating_add(i64::from(count(rows.len()))),
        log_bytes: saturated(in_pages(|page| page.log_bytes) + in_rows(|row| row.log_bytes)),
        object_bytes: saturated(in_pages(|page| page.object_bytes) + in_rows(|row| row.object_bytes)),
        reserved: i32::from(remote.reserved_segment.is_some()) + i32::from(remote.reserved_page.is_some()),
        abandoned: count(remote.abandoned.len()),
        delete_pending_pages: count(remote.delete_pending_pages.len()),
        ..DescribedTierPartition::default()
    };
    if objects.is_wanted {
        list_objects(remote, objects, &mut described);
    }
    described
}

/// Lists the pages and then the rows that end above the first offset, as many as fit.
fn list_objects(remote: &RemotePartition, objects: &mut ObjectList, described: &mut DescribedTierPartition) {
    let pages = remote.pages.iter().map(|page| page_object(page));
    let rows = remote.rows.iter().map(|row| row_object(row));
    let max = objects.per_partition_max.min(objects.left);
    for object in pages.chain(rows).filter(|object| object.end_offset > objects.first_offset.0) {
        if described.objects.len() == max {
            described.next_offset = object.base_offset;
            break;
        }
        described.objects.push(object);
    }
    objects.left = objects.left.saturating_sub(described.objects.len());
}

fn page_object(page: &PageReference) -> DescribedTierObject {
    DescribedTierObject {
        uuid: page.uuid,
        is_page: true,
        base_offset: page.base_offset.0,
        end_offset: page.end_offset.0,
        leader_epoch: page.leader_epoch.0,
        min_timestamp: page.min_timestamp.0,
        max_timestamp: page.max_timestamp.0,
        segments: i32::try_from(page.rows).unwrap_or(i32::MAX),
        log_bytes: saturated(page.log_bytes),
        object_bytes: saturated(page.object_bytes),
    }
}

fn row_object(row: &SegmentRow) -> DescribedTierObject {
    DescribedTierObject {
        uuid: row.uuid,
        is_page: false,
        base_offset: row.base_offset.0,
        end_offset: row.end_offset.0,
        leader_epoch: row.leader_epoch.0,
        min_timestamp: row.min_timestamp.0,
        max_timestamp: row.max_timestamp.0,
        segments: 1,
        log_bytes: saturated(row.log_bytes),
        object_bytes: saturated(row.object_bytes),
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{LeaderEpoch, Timestamp, Uuid};

    use super::*;

    fn row(base: i64, end: i64) -> Arc<SegmentRow> {
        Arc::new(SegmentRow {
            uuid: Uuid::from_u128(u128::try_from(end).unwrap()),
            base_offset: Offset(base),
            end_offset: Offset(end),
            object_base_offset: Offset(base),
            leader_epoch: LeaderEpoch(1),
            last_leader_epoch: LeaderEpoch(1),
            min_timestamp: Timestamp(5),
            max_timestamp: Timestamp(9),
            log_bytes: 100,
            object_bytes: 120,
            index_position: 100,
            origin_cluster: None,
            attachments: Vec::new(),
        })
    }

    fn page(base: i64, end: i64) -> Arc<PageReference> {
        Arc::new(PageReference {
            uuid: Uuid::from_u128(7),
            base_offset: Offset(base),
            end_offset: Offset(end),
            leader_epoch: LeaderEpoch(1),
            min_timestamp: Timestamp(1),
            max_timestamp: Timestamp(4),
            log_bytes: 1_000,
            object_bytes: 1_200,
            page_bytes: 512,
            rows: 12,
            origin_cluster: None,
        })
    }

    fn remote() -> RemotePartition {
        RemotePartition {
            log_start: Some(Offset(0)),
            remote_end: Some(Offset(30)),
            rows: vec![row(10, 20), row(20, 30)],
            pages: vec![page(0, 10)],
            ..RemotePartition::default()
        }
    }

    fn list(first_offset: i64, per_partition_max: usize, left: usize) -> ObjectList {
        ObjectList { is_wanted: true, first_offset: Offset(first_offset), per_partition_max, left }
    }

    #[test]
    fn pages_and_rows_are_summed_up() {
        let described = remote_figures(&remote(), &mut ObjectList { is_wanted: false, ..list(0, 10, 10) });
        assert_eq!((described.rows, described.pages, described.segments), (2, 1, 14));
        assert_eq!((described.log_bytes, described.object_bytes), (1_200, 1_440));
        assert_eq!((described.log_start_offset, described.remote_end_offset), (0, 30));
        assert!(described.objects.is_empty());
    }

    #[test]
    fn objects_are_listed_from_an_offset_as_many_as_fit() {
        let cases = [
            (list(0, 10, 10), vec![0, 10, 20], -1),
            (list(0, 2, 10), vec![0, 10], 20),
            (list(20, 2, 10), vec![20], -1),
            (list(15, 1, 10), vec![10], 20),
            (list(30, 5, 10), vec![], -1),
            (list(0, 5, 1), vec![0], 10),
            (list(0, 5, 0), vec![], 0),
        ];
        for (mut objects, bases, next_offset) in cases {
            let left = objects.left;
            let described = remote_figures(&remote(), &mut objects);
            let listed: Vec<i64> = described.objects.iter().map(|object| object.base_offset).collect();
            assert_eq!((&listed, described.next_offset), (&bases, next_offset));
            assert_eq!(objects.left, left - listed.len());
        }
    }

    #[test]
    fn an_unknown_topic_and_a_hidden_one_are_refused() {
        let image = Image::default();
        let wanted = DescribeTierTopic { name: "t".into(), partitions: None };
        let request = DescribeTierRequest { topics: Some(vec![wanted]), ..DescribeTierRequest::default() };
        let here = |_: TopicIdPartition| Local::default();
        for (is_allowed, expected) in
            [(true, ErrorCode::UnknownTopicOrPartition), (false, ErrorCode::TopicAuthorizationFailed)]
        {
            let allows = move |_: &str| is_allowed;
            let topics = Description { image: &image, allows: &allows, here: &here }.topics(&request);
            assert_eq!(topics[0].error_code, expected.code());
        }
    }
}
