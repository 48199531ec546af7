//! The APIs that are served, with their versions and who may use them. What has no row is not served and not advertised.

use strata_compat::api_key::ApiKey;
use strata_compat::messages as m;

use super::authorizer::Operation;
use super::handlers::{
    alter_configs, create_partitions, create_topics, delete_records, delete_topics, describe_cluster, describe_configs,
    describe_log_dirs, describe_producers, describe_topic_partitions, find_coordinator, incremental_alter_configs,
    init_producer_id, list_config_resources, offset_for_leader_epoch,
};
use super::handlers::{
    api_versions, consumer_group_heartbeat, delete_groups, describe_groups, describe_tier, fetch, heartbeat,
    join_group, leave_group, list_groups, list_offsets, metadata, offset_commit, offset_delete, offset_fetch, produce,
    sync_group, verify_tier,
};
use super::{ApiRow, Authorization, run};

macro_rules! row {
    ($key:ident, $versions:expr, $authorization:expr, $request:ty, $handle:path) => {
        ApiRow {
            key: ApiKey::$key,
            versions: $versions,
            advertised_min: *$versions.start(),
            is_advertised: true,
            authorization: $authorization,
            begin: |broker, context, correlation_id, body| {
                Box::pin(run::<$request, _, _>(broker, context, correlation_id, body, $handle))
            },
        }
    };
}

use Authorization::{EachResource, Everybody};

/// Every served API.
pub(crate) static TABLE: &[ApiRow] = &[
    // Versions below 3 are refused, but librdkafka turns compression off where they are not advertised (KAFKA-18659).
    ApiRow { advertised_min: 0, ..row!(Produce, 3..=13, EachResource, m::produce::ProduceRequest, produce::handle) },
    row!(Fetch, 4..=18, EachResource, m::fetch::FetchRequest, fetch::handle),
    row!(ListOffsets, 1..=11, EachResource, m::list_offsets::ListOffsetsRequest, list_offsets::handle),
    row!(Metadata, 0..=13, EachResource, m::metadata::MetadataRequest, metadata::handle),
    row!(OffsetCommit, 2..=10, EachResource, m::offset_commit::OffsetCommitRequest, offset_commit::handle),
    row!(OffsetFetch, 1..=10, EachResource, m::offset_fetch::OffsetFetchRequest, offset_fetch::handle),
    row!(JoinGroup, 0..=9, EachResource, m::join_group::JoinGroupRequest, join_group::handle),
    row!(Heartbeat, 0..=4, EachResource, m::heartbeat::HeartbeatRequest, heartbeat::handle),
    row!(LeaveGroup, 0..=5, EachResource, m::leave_group::LeaveGroupRequest, leave_group::handle),
    row!(SyncGroup, 0..=5, EachResource, m::sync_group::SyncGroupRequest, sync_group::handle),
    // It is refused, and advertised so that clients learn it: see the handler.
    row!(
        ConsumerGroupHeartbeat,
        0..=1,
        EachResource,
        m::consumer_group_heartbeat::ConsumerGroupHeartbeatRequest,
        consumer_group_heartbeat::handle
    ),
    row!(DescribeGroups, 0..=6, EachResource, m::describe_groups::DescribeGroupsRequest, describe_groups::handle),
    row!(ListGroups, 0..=5, EachResource, m::list_groups::ListGroupsRequest, list_groups::handle),
    row!(DeleteGroups, 0..=2, EachResource, m::delete_groups::DeleteGroupsRequest, delete_groups::handle),
    row!(OffsetDelete, 0..=0, EachResource, m::offset_delete::OffsetDeleteRequest, offset_delete::handle),
    row!(
        OffsetForLeaderEpoch,
        2..=4,
        EachResource,
        m::offset_for_leader_epoch::OffsetForLeaderEpochRequest,
        offset_for_leader_epoch::handle
    ),
    row!(FindCoordinator, 0..=6, EachResource, m::find_coordinator::FindCoordinatorRequest, find_coordinator::handle),
    row!(CreateTopics, 2..=7, EachResource, m::create_topics::CreateTopicsRequest, create_topics::handle),
    row!(DeleteTopics, 1..=6, EachResource, m::delete_topics::DeleteTopicsRequest, delete_topics::handle),
    row!(DeleteRecords, 0..=2, EachResource, m::delete_records::DeleteRecordsRequest, delete_records::handle),
    // Version 6 is not stable yet (KIP-939).
    row!(InitProducerId, 0..=5, EachResource, m::init_producer_id::InitProducerIdRequest, init_producer_id::handle),
    row!(DescribeConfigs, 1..=4, EachResource, m::describe_configs::DescribeConfigsRequest, describe_configs::handle),
    row!(AlterConfigs, 0..=2, EachResource, m::alter_configs::AlterConfigsRequest, alter_configs::handle),
    row!(DescribeLogDirs, 1..=5, EachResource, m::describe_log_dirs::DescribeLogDirsRequest, describe_log_dirs::handle),
    row!(
        CreatePartitions,
        0..=3,
        EachResource,
        m::create_partitions::CreatePartitionsRequest,
        create_partitions::handle
    ),
    row!(
        IncrementalAlterConfigs,
        0..=1,
        EachResource,
        m::incremental_alter_configs::IncrementalAlterConfigsRequest,
        incremental_alter_configs::handle
    ),
    row!(DescribeCluster, 0..=2, EachResource, m::describe_cluster::DescribeClusterRequest, describe_cluster::handle),
    row!(
        DescribeProducers,
        0..=0,
        EachResource,
        m::describe_producers::DescribeProducersRequest,
        describe_producers::handle
    ),
    row!(
        ListConfigResources,
        0..=1,
        EachResource,
        m::list_config_resources::ListConfigResourcesRequest,
        list_config_resources::handle
    ),
    row!(
        DescribeTopicPartitions,
        0..=0,
        EachResource,
        m::describe_topic_partitions::DescribeTopicPartitionsRequest,
        describe_topic_partitions::handle
    ),
    // Ours, from 20000: what has no Kafka API. Clients are not told of them.
    ApiRow {
        is_advertised: false,
        ..row!(DescribeTier, 0..=0, EachResource, m::describe_tier::DescribeTierRequest, describe_tier::handle)
    },
    ApiRow {
        is_advertised: false,
        ..row!(
            VerifyTier,
            0..=0,
            Authorization::Cluster(Operation::Describe),
            m::verify_tier::VerifyTierRequest,
            verify_tier::handle
        )
    },
    row!(ApiVersions, 0..=4, Everybody, m::api_versions::ApiVersionsRequest, api_versions::handle),
];

/// The row of an API.
pub(crate) fn row(key: ApiKey) -> Option<&'static ApiRow> {
    TABLE.iter().find(|row| row.key == key)
}
