//! Kafka's messages, one module for each API and one for each family of records.
//!
//! Owns: the fields of every version of every message, and their defaults. Does not own: primitives (see `wire`), headers in
//! front of a body (see `frame`).
//! Invariants: what [`Message::decode`] accepts is bounded by the bytes that are there.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

#[rustfmt::skip]
pub mod api_keys;
#[rustfmt::skip]
pub mod add_offsets_to_txn;
#[rustfmt::skip]
pub mod add_partitions_to_txn;
#[rustfmt::skip]
pub mod add_raft_voter;
#[rustfmt::skip]
pub mod allocate_producer_ids;
#[rustfmt::skip]
pub mod alter_client_quotas;
#[rustfmt::skip]
pub mod alter_configs;
#[rustfmt::skip]
pub mod alter_partition;
#[rustfmt::skip]
pub mod alter_partition_reassignments;
#[rustfmt::skip]
pub mod alter_replica_log_dirs;
#[rustfmt::skip]
pub mod alter_share_group_offsets;
#[rustfmt::skip]
pub mod alter_user_scram_credentials;
#[rustfmt::skip]
pub mod api_versions;
#[rustfmt::skip]
pub mod assign_replicas_to_dirs;
#[rustfmt::skip]
pub mod begin_quorum_epoch;
#[rustfmt::skip]
pub mod broker_heartbeat;
#[rustfmt::skip]
pub mod broker_registration;
#[rustfmt::skip]
pub mod consumer_group_describe;
#[rustfmt::skip]
pub mod consumer_group_heartbeat;
#[rustfmt::skip]
pub mod consumer_group_records;
#[rustfmt::skip]
pub mod consumer_offsets;
#[rustfmt::skip]
pub mod consumer_protocol;
#[rustfmt::skip]
pub mod control_records;
#[rustfmt::skip]
pub mod controller_registration;
#[rustfmt::skip]
pub mod create_acls;
#[rustfmt::skip]
pub mod create_delegation_token;
#[rustfmt::skip]
pub mod create_partitions;
#[rustfmt::skip]
pub mod create_topics;
#[rustfmt::skip]
pub mod delete_acls;
#[rustfmt::skip]
pub mod delete_groups;
#[rustfmt::skip]
pub mod delete_records;
#[rustfmt::skip]
pub mod delete_share_group_offsets;
#[rustfmt::skip]
pub mod delete_share_group_state;
#[rustfmt::skip]
pub mod delete_topics;
#[rustfmt::skip]
pub mod describe_acls;
#[rustfmt::skip]
pub mod describe_client_quotas;
#[rustfmt::skip]
pub mod describe_cluster;
#[rustfmt::skip]
pub mod describe_configs;
#[rustfmt::skip]
pub mod describe_delegation_token;
#[rustfmt::skip]
pub mod describe_groups;
#[rustfmt::skip]
pub mod describe_log_dirs;
#[rustfmt::skip]
pub mod describe_producers;
#[rustfmt::skip]
pub mod describe_quorum;
#[rustfmt::skip]
pub mod describe_share_group_offsets;
#[rustfmt::skip]
pub mod describe_tier;
#[rustfmt::skip]
pub mod describe_topic_partitions;
#[rustfmt::skip]
pub mod describe_transactions;
#[rustfmt::skip]
pub mod describe_user_scram_credentials;
#[rustfmt::skip]
pub mod elect_leaders;
#[rustfmt::skip]
pub mod end_quorum_epoch;
#[rustfmt::skip]
pub mod end_txn;
#[rustfmt::skip]
pub mod envelope;
#[rustfmt::skip]
pub mod expire_delegation_token;
#[rustfmt::skip]
pub mod fetch;
#[rustfmt::skip]
pub mod fetch_snapshot;
#[rustfmt::skip]
pub mod find_coordinator;
#[rustfmt::skip]
pub mod get_telemetry_subscriptions;
#[rustfmt::skip]
pub mod headers;
#[rustfmt::skip]
pub mod heartbeat;
#[rustfmt::skip]
pub mod incremental_alter_configs;
#[rustfmt::skip]
pub mod init_producer_id;
#[rustfmt::skip]
pub mod initialize_share_group_state;
#[rustfmt::skip]
pub mod join_group;
#[rustfmt::skip]
pub mod leave_group;
#[rustfmt::skip]
pub mod list_config_resources;
#[rustfmt::skip]
pub mod list_groups;
#[rustfmt::skip]
pub mod list_offsets;
#[rustfmt::skip]
pub mod list_partition_reassignments;
#[rustfmt::skip]
pub mod list_transactions;
#[rustfmt::skip]
pub mod metadata;
#[rustfmt::skip]
pub mod offset_commit;
#[rustfmt::skip]
pub mod offset_delete;
#[rustfmt::skip]
pub mod offset_fetch;
#[rustfmt::skip]
pub mod offset_for_leader_epoch;
#[rustfmt::skip]
pub mod principal;
#[rustfmt::skip]
pub mod produce;
#[rustfmt::skip]
pub mod push_telemetry;
#[rustfmt::skip]
pub mod raft_message;
#[rustfmt::skip]
pub mod read_share_group_state;
#[rustfmt::skip]
pub mod read_share_group_state_summary;
#[rustfmt::skip]
pub mod remove_raft_voter;
#[rustfmt::skip]
pub mod renew_delegation_token;
#[rustfmt::skip]
pub mod sasl_authenticate;
#[rustfmt::skip]
pub mod sasl_handshake;
#[rustfmt::skip]
pub mod share_acknowledge;
#[rustfmt::skip]
pub mod share_fetch;
#[rustfmt::skip]
pub mod share_group_describe;
#[rustfmt::skip]
pub mod share_group_heartbeat;
#[rustfmt::skip]
pub mod share_group_records;
#[rustfmt::skip]
pub mod streams_group_describe;
#[rustfmt::skip]
pub mod streams_group_heartbeat;
#[rustfmt::skip]
pub mod streams_group_records;
#[rustfmt::skip]
pub mod streams_group_topology_records;
#[rustfmt::skip]
pub mod sync_group;
#[rustfmt::skip]
pub mod transaction_state;
#[rustfmt::skip]
pub mod txn_offset_commit;
#[rustfmt::skip]
pub mod unregister_broker;
#[rustfmt::skip]
pub mod update_features;
#[rustfmt::skip]
pub mod update_raft_voter;
#[rustfmt::skip]
pub mod verify_tier;
#[rustfmt::skip]
pub mod vote;
#[rustfmt::skip]
pub mod write_share_group_state;
#[rustfmt::skip]
pub mod write_txn_markers;
#[cfg(test)]
mod oracle;
#[cfg(test)]
#[rustfmt::skip]
mod oracle_table;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use crate::wire::{Message, Request};
pub use add_offsets_to_txn::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};
pub use add_partitions_to_txn::{AddPartitionsToTxnRequest, AddPartitionsToTxnResponse};
pub use add_raft_voter::{AddRaftVoterRequest, AddRaftVoterResponse};
pub use allocate_producer_ids::{AllocateProducerIdsRequest, AllocateProducerIdsResponse};
pub use alter_client_quotas::{AlterClientQuotasRequest, AlterClientQuotasResponse};
pub use alter_configs::{AlterConfigsRequest, AlterConfigsResponse};
pub use alter_partition::{AlterPartitionRequest, AlterPartitionResponse};
pub use alter_partition_reassignments::{AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse};
pub use alter_replica_log_dirs::{AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse};
pub use alter_share_group_offsets::{AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse};
pub use alter_user_scram_credentials::{AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse};
pub use api_versions::{ApiVersionsRequest, ApiVersionsResponse};
pub use assign_replicas_to_dirs::{AssignReplicasToDirsRequest, AssignReplicasToDirsResponse};
pub use begin_quorum_epoch::{BeginQuorumEpochRequest, BeginQuorumEpochResponse};
pub use broker_heartbeat::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
pub use broker_registration::{BrokerRegistrationRequest, BrokerRegistrationResponse};
pub use consumer_group_describe::{ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse};
pub use consumer_group_heartbeat::{ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse};
pub use consumer_group_records::{
    ConsumerGroupCurrentMemberAssignmentKey, ConsumerGroupCurrentMemberAssignmentValue, ConsumerGroupMemberMetadataKey,
    ConsumerGroupMemberMetadataValue, ConsumerGroupMetadataKey, ConsumerGroupMetadataValue,
    ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue, ConsumerGroupRegularExpressionKey,
    ConsumerGroupRegularExpressionValue, ConsumerGroupTargetAssignmentMemberKey,
    ConsumerGroupTargetAssignmentMemberValue, ConsumerGroupTargetAssignmentMetadataKey,
    ConsumerGroupTargetAssignmentMetadataValue,
};
pub use consumer_offsets::{
    GroupMetadataKey, GroupMetadataValue, LegacyOffsetCommitKey, LegacyOffsetCommitValue, OffsetCommitKey,
    OffsetCommitValue,
};
pub use consumer_protocol::{ConsumerProtocolAssignment, ConsumerProtocolSubscription};
pub use control_records::{
    ControlRecordTypeSchema, EndTxnMarker, KRaftVersionRecord, LeaderChangeMessage, SnapshotFooterRecord,
    SnapshotHeaderRecord, VotersRecord,
};
pub use controller_registration::{ControllerRegistrationRequest, ControllerRegistrationResponse};
pub use create_acls::{CreateAclsRequest, CreateAclsResponse};
pub use create_delegation_token::{CreateDelegationTokenRequest, CreateDelegationTokenResponse};
pub use create_partitions::{CreatePartitionsRequest, CreatePartitionsResponse};
pub use create_topics::{CreateTopicsRequest, CreateTopicsResponse};
pub use delete_acls::{DeleteAclsRequest, DeleteAclsResponse};
pub use delete_groups::{DeleteGroupsRequest, DeleteGroupsResponse};
pub use delete_records::{DeleteRecordsRequest, DeleteRecordsResponse};
pub use delete_share_group_offsets::{DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse};
pub use delete_share_group_state::{DeleteShareGroupStateRequest, DeleteShareGroupStateResponse};
pub use delete_topics::{DeleteTopicsRequest, DeleteTopicsResponse};
pub use describe_acls::{DescribeAclsRequest, DescribeAclsResponse};
pub use describe_client_quotas::{DescribeClientQuotasRequest, DescribeClientQuotasResponse};
pub use describe_cluster::{DescribeClusterRequest, DescribeClusterResponse};
pub use describe_configs::{DescribeConfigsRequest, DescribeConfigsResponse};
pub use describe_delegation_token::{DescribeDelegationTokenRequest, DescribeDelegationTokenResponse};
pub use describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse};
pub use describe_log_dirs::{DescribeLogDirsRequest, DescribeLogDirsResponse};
pub use describe_producers::{DescribeProducersRequest, DescribeProducersResponse};
pub use describe_quorum::{DescribeQuorumRequest, DescribeQuorumResponse};
pub use describe_share_group_offsets::{DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse};
pub use describe_tier::{DescribeTierRequest, DescribeTierResponse};
pub use describe_topic_partitions::{DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse};
pub use describe_transactions::{DescribeTransactionsRequest, DescribeTransactionsResponse};
pub use describe_user_scram_credentials::{DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse};
pub use elect_leaders::{ElectLeadersRequest, ElectLeadersResponse};
pub use end_quorum_epoch::{EndQuorumEpochRequest, EndQuorumEpochResponse};
pub use end_txn::{EndTxnRequest, EndTxnResponse};
pub use envelope::{EnvelopeRequest, EnvelopeResponse};
pub use expire_delegation_token::{ExpireDelegationTokenRequest, ExpireDelegationTokenResponse};
pub use fetch::{FetchRequest, FetchResponse};
pub use fetch_snapshot::{FetchSnapshotRequest, FetchSnapshotResponse};
pub use find_coordinator::{FindCoordinatorRequest, FindCoordinatorResponse};
pub use get_telemetry_subscriptions::{GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse};
pub use headers::{RequestHeader, ResponseHeader};
pub use heartbeat::{HeartbeatRequest, HeartbeatResponse};
pub use incremental_alter_configs::{IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse};
pub use init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
pub use initialize_share_group_state::{InitializeShareGroupStateRequest, InitializeShareGroupStateResponse};
pub use join_group::{JoinGroupRequest, JoinGroupResponse};
pub use leave_group::{LeaveGroupRequest, LeaveGroupResponse};
pub use list_config_resources::{ListConfigResourcesRequest, ListConfigResourcesResponse};
pub use list_groups::{ListGroupsRequest, ListGroupsResponse};
pub use list_offsets::{ListOffsetsRequest, ListOffsetsResponse};
pub use list_partition_reassignments::{ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse};
pub use list_transactions::{ListTransactionsRequest, ListTransactionsResponse};
pub use metadata::{MetadataRequest, MetadataResponse};
pub use offset_commit::{OffsetCommitRequest, OffsetCommitResponse};
pub use offset_delete::{OffsetDeleteRequest, OffsetDeleteResponse};
pub use offset_fetch::{OffsetFetchRequest, OffsetFetchResponse};
pub use offset_for_leader_epoch::{OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse};
pub use principal::DefaultPrincipalData;
pub use produce::{ProduceRequest, ProduceResponse};
pub use push_telemetry::{PushTelemetryRequest, PushTelemetryResponse};
pub use raft_message::{RaftMessageRequest, RaftMessageResponse};
pub use read_share_group_state::{ReadShareGroupStateRequest, ReadShareGroupStateResponse};
pub use read_share_group_state_summary::{ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse};
pub use remove_raft_voter::{RemoveRaftVoterRequest, RemoveRaftVoterResponse};
pub use renew_delegation_token::{RenewDelegationTokenRequest, RenewDelegationTokenResponse};
pub use sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse};
pub use sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse};
pub use share_acknowledge::{ShareAcknowledgeRequest, ShareAcknowledgeResponse};
pub use share_fetch::{ShareFetchRequest, ShareFetchResponse};
pub use share_group_describe::{ShareGroupDescribeRequest, ShareGroupDescribeResponse};
pub use share_group_heartbeat::{ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse};
pub use share_group_records::{
    ShareGroupCurrentMemberAssignmentKey, ShareGroupCurrentMemberAssignmentValue, ShareGroupMemberMetadataKey,
    ShareGroupMemberMetadataValue, ShareGroupMetadataKey, ShareGroupMetadataValue, ShareGroupStatePartitionMetadataKey,
    ShareGroupStatePartitionMetadataValue, ShareGroupTargetAssignmentMemberKey, ShareGroupTargetAssignmentMemberValue,
    ShareGroupTargetAssignmentMetadataKey, ShareGroupTargetAssignmentMetadataValue,
};
pub use streams_group_describe::{StreamsGroupDescribeRequest, StreamsGroupDescribeResponse};
pub use streams_group_heartbeat::{StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse};
pub use streams_group_records::{
    StreamsGroupCurrentMemberAssignmentKey, StreamsGroupCurrentMemberAssignmentValue, StreamsGroupMemberMetadataKey,
    StreamsGroupMemberMetadataValue, StreamsGroupMetadataKey, StreamsGroupMetadataValue,
    StreamsGroupTargetAssignmentMemberKey, StreamsGroupTargetAssignmentMemberValue,
    StreamsGroupTargetAssignmentMetadataKey, StreamsGroupTargetAssignmentMetadataValue,
};
pub use streams_group_topology_records::{StreamsGroupTopologyKey, StreamsGroupTopologyValue};
pub use sync_group::{SyncGroupRequest, SyncGroupResponse};
pub use transaction_state::{TransactionLogKey, TransactionLogValue};
pub use txn_offset_commit::{TxnOffsetCommitRequest, TxnOffsetCommitResponse};
pub use unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse};
pub use update_features::{UpdateFeaturesRequest, UpdateFeaturesResponse};
pub use update_raft_voter::{UpdateRaftVoterRequest, UpdateRaftVoterResponse};
pub use verify_tier::{VerifyTierRequest, VerifyTierResponse};
pub use vote::{VoteRequest, VoteResponse};
pub use write_share_group_state::{WriteShareGroupStateRequest, WriteShareGroupStateResponse};
pub use write_txn_markers::{WriteTxnMarkersRequest, WriteTxnMarkersResponse};
