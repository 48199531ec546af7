//! Which message is compared with which published codec, and what is tried with every message.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use super::oracle::{against_kafka_protocol, against_kafka_wire};
use super::tests::round_trip;

#[test]
#[expect(clippy::too_many_lines, reason = "generated, one step for each field")]
fn every_message_is_read_back_in_every_version() {
    round_trip::<super::AddOffsetsToTxnRequest>(super::AddOffsetsToTxnRequest::sample);
    round_trip::<super::AddOffsetsToTxnResponse>(super::AddOffsetsToTxnResponse::sample);
    round_trip::<super::AddPartitionsToTxnRequest>(super::AddPartitionsToTxnRequest::sample);
    round_trip::<super::AddPartitionsToTxnResponse>(super::AddPartitionsToTxnResponse::sample);
    round_trip::<super::AddRaftVoterRequest>(super::AddRaftVoterRequest::sample);
    round_trip::<super::AddRaftVoterResponse>(super::AddRaftVoterResponse::sample);
    round_trip::<super::AllocateProducerIdsRequest>(super::AllocateProducerIdsRequest::sample);
    round_trip::<super::AllocateProducerIdsResponse>(super::AllocateProducerIdsResponse::sample);
    round_trip::<super::AlterClientQuotasRequest>(super::AlterClientQuotasRequest::sample);
    round_trip::<super::AlterClientQuotasResponse>(super::AlterClientQuotasResponse::sample);
    round_trip::<super::AlterConfigsRequest>(super::AlterConfigsRequest::sample);
    round_trip::<super::AlterConfigsResponse>(super::AlterConfigsResponse::sample);
    round_trip::<super::AlterPartitionRequest>(super::AlterPartitionRequest::sample);
    round_trip::<super::AlterPartitionResponse>(super::AlterPartitionResponse::sample);
    round_trip::<super::AlterPartitionReassignmentsRequest>(
        super::AlterPartitionReassignmentsRequest::sample,
    );
    round_trip::<super::AlterPartitionReassignmentsResponse>(
        super::AlterPartitionReassignmentsResponse::sample,
    );
    round_trip::<super::AlterReplicaLogDirsRequest>(super::AlterReplicaLogDirsRequest::sample);
    round_trip::<super::AlterReplicaLogDirsResponse>(super::AlterReplicaLogDirsResponse::sample);
    round_trip::<super::AlterShareGroupOffsetsRequest>(
        super::AlterShareGroupOffsetsRequest::sample,
    );
    round_trip::<super::AlterShareGroupOffsetsResponse>(
        super::AlterShareGroupOffsetsResponse::sample,
    );
    round_trip::<super::AlterUserScramCredentialsRequest>(
        super::AlterUserScramCredentialsRequest::sample,
    );
    round_trip::<super::AlterUserScramCredentialsResponse>(
        super::AlterUserScramCredentialsResponse::sample,
    );
    round_trip::<super::ApiVersionsRequest>(super::ApiVersionsRequest::sample);
    round_trip::<super::ApiVersionsResponse>(super::ApiVersionsResponse::sample);
    round_trip::<super::AssignReplicasToDirsRequest>(super::AssignReplicasToDirsRequest::sample);
    round_trip::<super::AssignReplicasToDirsResponse>(super::AssignReplicasToDirsResponse::sample);
    round_trip::<super::BeginQuorumEpochRequest>(super::BeginQuorumEpochRequest::sample);
    round_trip::<super::BeginQuorumEpochResponse>(super::BeginQuorumEpochResponse::sample);
    round_trip::<super::BrokerHeartbeatRequest>(super::BrokerHeartbeatRequest::sample);
    round_trip::<super::BrokerHeartbeatResponse>(super::BrokerHeartbeatResponse::sample);
    round_trip::<super::BrokerRegistrationRequest>(super::BrokerRegistrationRequest::sample);
    round_trip::<super::BrokerRegistrationResponse>(super::BrokerRegistrationResponse::sample);
    round_trip::<super::ConsumerGroupDescribeRequest>(super::ConsumerGroupDescribeRequest::sample);
    round_trip::<super::ConsumerGroupDescribeResponse>(
        super::ConsumerGroupDescribeResponse::sample,
    );
    round_trip::<super::ConsumerGroupHeartbeatRequest>(
        super::ConsumerGroupHeartbeatRequest::sample,
    );
    round_trip::<super::ConsumerGroupHeartbeatResponse>(
        super::ConsumerGroupHeartbeatResponse::sample,
    );
    round_trip::<super::ConsumerGroupMetadataKey>(super::ConsumerGroupMetadataKey::sample);
    round_trip::<super::ConsumerGroupMetadataValue>(super::ConsumerGroupMetadataValue::sample);
    round_trip::<super::ConsumerGroupPartitionMetadataKey>(
        super::ConsumerGroupPartitionMetadataKey::sample,
    );
    round_trip::<super::ConsumerGroupPartitionMetadataValue>(
        super::ConsumerGroupPartitionMetadataValue::sample,
    );
    round_trip::<super::ConsumerGroupMemberMetadataKey>(
        super::ConsumerGroupMemberMetadataKey::sample,
    );
    round_trip::<super::ConsumerGroupMemberMetadataValue>(
        super::ConsumerGroupMemberMetadataValue::sample,
    );
    round_trip::<super::ConsumerGroupTargetAssignmentMetadataKey>(
        super::ConsumerGroupTargetAssignmentMetadataKey::sample,
    );
    round_trip::<super::ConsumerGroupTargetAssignmentMetadataValue>(
        super::ConsumerGroupTargetAssignmentMetadataValue::sample,
    );
    round_trip::<super::ConsumerGroupTargetAssignmentMemberKey>(
        super::ConsumerGroupTargetAssignmentMemberKey::sample,
    );
    round_trip::<super::ConsumerGroupTargetAssignmentMemberValue>(
        super::ConsumerGroupTargetAssignmentMemberValue::sample,
    );
    round_trip::<super::ConsumerGroupCurrentMemberAssignmentKey>(
        super::ConsumerGroupCurrentMemberAssignmentKey::sample,
    );
    round_trip::<super::ConsumerGroupCurrentMemberAssignmentValue>(
        super::ConsumerGroupCurrentMemberAssignmentValue::sample,
    );
    round_trip::<super::ConsumerGroupRegularExpressionKey>(
        super::ConsumerGroupRegularExpressionKey::sample,
    );
    round_trip::<super::ConsumerGroupRegularExpressionValue>(
        super::ConsumerGroupRegularExpressionValue::sample,
    );
    round_trip::<super::LegacyOffsetCommitKey>(super::LegacyOffsetCommitKey::sample);
    round_trip::<super::LegacyOffsetCommitValue>(super::LegacyOffsetCommitValue::sample);
    round_trip::<super::OffsetCommitKey>(super::OffsetCommitKey::sample);
    round_trip::<super::OffsetCommitValue>(super::OffsetCommitValue::sample);
    round_trip::<super::GroupMetadataKey>(super::GroupMetadataKey::sample);
    round_trip::<super::GroupMetadataValue>(super::GroupMetadataValue::sample);
    round_trip::<super::ConsumerProtocolSubscription>(super::ConsumerProtocolSubscription::sample);
    round_trip::<super::ConsumerProtocolAssignment>(super::ConsumerProtocolAssignment::sample);
    round_trip::<super::ControlRecordTypeSchema>(super::ControlRecordTypeSchema::sample);
    round_trip::<super::EndTxnMarker>(super::EndTxnMarker::sample);
    round_trip::<super::LeaderChangeMessage>(super::LeaderChangeMessage::sample);
    round_trip::<super::SnapshotHeaderRecord>(super::SnapshotHeaderRecord::sample);
    round_trip::<super::SnapshotFooterRecord>(super::SnapshotFooterRecord::sample);
    round_trip::<super::KRaftVersionRecord>(super::KRaftVersionRecord::sample);
    round_trip::<super::VotersRecord>(super::VotersRecord::sample);
    round_trip::<super::ControllerRegistrationRequest>(
        super::ControllerRegistrationRequest::sample,
    );
    round_trip::<super::ControllerRegistrationResponse>(
        super::ControllerRegistrationResponse::sample,
    );
    round_trip::<super::CreateAclsRequest>(super::CreateAclsRequest::sample);
    round_trip::<super::CreateAclsResponse>(super::CreateAclsResponse::sample);
    round_trip::<super::CreateDelegationTokenRequest>(super::CreateDelegationTokenRequest::sample);
    round_trip::<super::CreateDelegationTokenResponse>(
        super::CreateDelegationTokenResponse::sample,
    );
    round_trip::<super::CreatePartitionsRequest>(super::CreatePartitionsRequest::sample);
    round_trip::<super::CreatePartitionsResponse>(super::CreatePartitionsResponse::sample);
    round_trip::<super::CreateTopicsRequest>(super::CreateTopicsRequest::sample);
    round_trip::<super::CreateTopicsResponse>(super::CreateTopicsResponse::sample);
    round_trip::<super::DeleteAclsRequest>(super::DeleteAclsRequest::sample);
    round_trip::<super::DeleteAclsResponse>(super::DeleteAclsResponse::sample);
    round_trip::<super::DeleteGroupsRequest>(super::DeleteGroupsRequest::sample);
    round_trip::<super::DeleteGroupsResponse>(super::DeleteGroupsResponse::sample);
    round_trip::<super::DeleteRecordsRequest>(super::DeleteRecordsRequest::sample);
    round_trip::<super::DeleteRecordsResponse>(super::DeleteRecordsResponse::sample);
    round_trip::<super::DeleteShareGroupOffsetsRequest>(
        super::DeleteShareGroupOffsetsRequest::sample,
    );
    round_trip::<super::DeleteShareGroupOffsetsResponse>(
        super::DeleteShareGroupOffsetsResponse::sample,
    );
    round_trip::<super::DeleteShareGroupStateRequest>(super::DeleteShareGroupStateRequest::sample);
    round_trip::<super::DeleteShareGroupStateResponse>(
        super::DeleteShareGroupStateResponse::sample,
    );
    round_trip::<super::DeleteTopicsRequest>(super::DeleteTopicsRequest::sample);
    round_trip::<super::DeleteTopicsResponse>(super::DeleteTopicsResponse::sample);
    round_trip::<super::DescribeAclsRequest>(super::DescribeAclsRequest::sample);
    round_trip::<super::DescribeAclsResponse>(super::DescribeAclsResponse::sample);
    round_trip::<super::DescribeClientQuotasRequest>(super::DescribeClientQuotasRequest::sample);
    round_trip::<super::DescribeClientQuotasResponse>(super::DescribeClientQuotasResponse::sample);
    round_trip::<super::DescribeClusterRequest>(super::DescribeClusterRequest::sample);
    round_trip::<super::DescribeClusterResponse>(super::DescribeClusterResponse::sample);
    round_trip::<super::DescribeConfigsRequest>(super::DescribeConfigsRequest::sample);
    round_trip::<super::DescribeConfigsResponse>(super::DescribeConfigsResponse::sample);
    round_trip::<super::DescribeDelegationTokenRequest>(
        super::DescribeDelegationTokenRequest::sample,
    );
    round_trip::<super::DescribeDelegationTokenResponse>(
        super::DescribeDelegationTokenResponse::sample,
    );
    round_trip::<super::DescribeGroupsRequest>(super::DescribeGroupsRequest::sample);
    round_trip::<super::DescribeGroupsResponse>(super::DescribeGroupsResponse::sample);
    round_trip::<super::DescribeLogDirsRequest>(super::DescribeLogDirsRequest::sample);
    round_trip::<super::DescribeLogDirsResponse>(super::DescribeLogDirsResponse::sample);
    round_trip::<super::DescribeProducersRequest>(super::DescribeProducersRequest::sample);
    round_trip::<super::DescribeProducersResponse>(super::DescribeProducersResponse::sample);
    round_trip::<super::DescribeQuorumRequest>(super::DescribeQuorumRequest::sample);
    round_trip::<super::DescribeQuorumResponse>(super::DescribeQuorumResponse::sample);
    round_trip::<super::DescribeShareGroupOffsetsRequest>(
        super::DescribeShareGroupOffsetsRequest::sample,
    );
    round_trip::<super::DescribeShareGroupOffsetsResponse>(
        super::DescribeShareGroupOffsetsResponse::sample,
    );
    round_trip::<super::DescribeTopicPartitionsRequest>(
        super::DescribeTopicPartitionsRequest::sample,
    );
    round_trip::<super::DescribeTopicPartitionsResponse>(
        super::DescribeTopicPartitionsResponse::sample,
    );
    round_trip::<super::DescribeTransactionsRequest>(super::DescribeTransactionsRequest::sample);
    round_trip::<super::DescribeTransactionsResponse>(super::DescribeTransactionsResponse::sample);
    round_trip::<super::DescribeUserScramCredentialsRequest>(
        super::DescribeUserScramCredentialsRequest::sample,
    );
    round_trip::<super::DescribeUserScramCredentialsResponse>(
        super::DescribeUserScramCredentialsResponse::sample,
    );
    round_trip::<super::ElectLeadersRequest>(super::ElectLeadersRequest::sample);
    round_trip::<super::ElectLeadersResponse>(super::ElectLeadersResponse::sample);
    round_trip::<super::EndQuorumEpochRequest>(super::EndQuorumEpochRequest::sample);
    round_trip::<super::EndQuorumEpochResponse>(super::EndQuorumEpochResponse::sample);
    round_trip::<super::EndTxnRequest>(super::EndTxnRequest::sample);
    round_trip::<super::EndTxnResponse>(super::EndTxnResponse::sample);
    round_trip::<super::EnvelopeRequest>(super::EnvelopeRequest::sample);
    round_trip::<super::EnvelopeResponse>(super::EnvelopeResponse::sample);
    round_trip::<super::ExpireDelegationTokenRequest>(super::ExpireDelegationTokenRequest::sample);
    round_trip::<super::ExpireDelegationTokenResponse>(
        super::ExpireDelegationTokenResponse::sample,
    );
    round_trip::<super::FetchRequest>(super::FetchRequest::sample);
    round_trip::<super::FetchResponse>(super::FetchResponse::sample);
    round_trip::<super::FetchSnapshotRequest>(super::FetchSnapshotRequest::sample);
    round_trip::<super::FetchSnapshotResponse>(super::FetchSnapshotResponse::sample);
    round_trip::<super::FindCoordinatorRequest>(super::FindCoordinatorRequest::sample);
    round_trip::<super::FindCoordinatorResponse>(super::FindCoordinatorResponse::sample);
    round_trip::<super::GetTelemetrySubscriptionsRequest>(
        super::GetTelemetrySubscriptionsRequest::sample,
    );
    round_trip::<super::GetTelemetrySubscriptionsResponse>(
        super::GetTelemetrySubscriptionsResponse::sample,
    );
    round_trip::<super::RequestHeader>(super::RequestHeader::sample);
    round_trip::<super::ResponseHeader>(super::ResponseHeader::sample);
    round_trip::<super::HeartbeatRequest>(super::HeartbeatRequest::sample);
    round_trip::<super::HeartbeatResponse>(super::HeartbeatResponse::sample);
    round_trip::<super::IncrementalAlterConfigsRequest>(
        super::IncrementalAlterConfigsRequest::sample,
    );
    round_trip::<super::IncrementalAlterConfigsResponse>(
        super::IncrementalAlterConfigsResponse::sample,
    );
    round_trip::<super::InitProducerIdRequest>(super::InitProducerIdRequest::sample);
    round_trip::<super::InitProducerIdResponse>(super::InitProducerIdResponse::sample);
    round_trip::<super::InitializeShareGroupStateRequest>(
        super::InitializeShareGroupStateRequest::sample,
    );
    round_trip::<super::InitializeShareGroupStateResponse>(
        super::InitializeShareGroupStateResponse::sample,
    );
    round_trip::<super::JoinGroupRequest>(super::JoinGroupRequest::sample);
    round_trip::<super::JoinGroupResponse>(super::JoinGroupResponse::sample);
    round_trip::<super::LeaveGroupRequest>(super::LeaveGroupRequest::sample);
    round_trip::<super::LeaveGroupResponse>(super::LeaveGroupResponse::sample);
    round_trip::<super::ListConfigResourcesRequest>(super::ListConfigResourcesRequest::sample);
    round_trip::<super::ListConfigResourcesResponse>(super::ListConfigResourcesResponse::sample);
    round_trip::<super::ListGroupsRequest>(super::ListGroupsRequest::sample);
    round_trip::<super::ListGroupsResponse>(super::ListGroupsResponse::sample);
    round_trip::<super::ListOffsetsRequest>(super::ListOffsetsRequest::sample);
    round_trip::<super::ListOffsetsResponse>(super::ListOffsetsResponse::sample);
    round_trip::<super::ListPartitionReassignmentsRequest>(
        super::ListPartitionReassignmentsRequest::sample,
    );
    round_trip::<super::ListPartitionReassignmentsResponse>(
        super::ListPartitionReassignmentsResponse::sample,
    );
    round_trip::<super::ListTransactionsRequest>(super::ListTransactionsRequest::sample);
    round_trip::<super::ListTransactionsResponse>(super::ListTransactionsResponse::sample);
    round_trip::<super::MetadataRequest>(super::MetadataRequest::sample);
    round_trip::<super::MetadataResponse>(super::MetadataResponse::sample);
    round_trip::<super::OffsetCommitRequest>(super::OffsetCommitRequest::sample);
    round_trip::<super::OffsetCommitResponse>(super::OffsetCommitResponse::sample);
    round_trip::<super::OffsetDeleteRequest>(super::OffsetDeleteRequest::sample);
    round_trip::<super::OffsetDeleteResponse>(super::OffsetDeleteResponse::sample);
    round_trip::<super::OffsetFetchRequest>(super::OffsetFetchRequest::sample);
    round_trip::<super::OffsetFetchResponse>(super::OffsetFetchResponse::sample);
    round_trip::<super::OffsetForLeaderEpochRequest>(super::OffsetForLeaderEpochRequest::sample);
    round_trip::<super::OffsetForLeaderEpochResponse>(super::OffsetForLeaderEpochResponse::sample);
    round_trip::<super::DefaultPrincipalData>(super::DefaultPrincipalData::sample);
    round_trip::<super::ProduceRequest>(super::ProduceRequest::sample);
    round_trip::<super::ProduceResponse>(super::ProduceResponse::sample);
    round_trip::<super::PushTelemetryRequest>(super::PushTelemetryRequest::sample);
    round_trip::<super::PushTelemetryResponse>(super::PushTelemetryResponse::sample);
    round_trip::<super::ReadShareGroupStateRequest>(super::ReadShareGroupStateRequest::sample);
    round_trip::<super::ReadShareGroupStateResponse>(super::ReadShareGroupStateResponse::sample);
    round_trip::<super::ReadShareGroupStateSummaryRequest>(
        super::ReadShareGroupStateSummaryRequest::sample,
    );
    round_trip::<super::ReadShareGroupStateSummaryResponse>(
        super::ReadShareGroupStateSummaryResponse::sample,
    );
    round_trip::<super::RemoveRaftVoterRequest>(super::RemoveRaftVoterRequest::sample);
    round_trip::<super::RemoveRaftVoterResponse>(super::RemoveRaftVoterResponse::sample);
    round_trip::<super::RenewDelegationTokenRequest>(super::RenewDelegationTokenRequest::sample);
    round_trip::<super::RenewDelegationTokenResponse>(super::RenewDelegationTokenResponse::sample);
    round_trip::<super::SaslAuthenticateRequest>(super::SaslAuthenticateRequest::sample);
    round_trip::<super::SaslAuthenticateResponse>(super::SaslAuthenticateResponse::sample);
    round_trip::<super::SaslHandshakeRequest>(super::SaslHandshakeRequest::sample);
    round_trip::<super::SaslHandshakeResponse>(super::SaslHandshakeResponse::sample);
    round_trip::<super::ShareAcknowledgeRequest>(super::ShareAcknowledgeRequest::sample);
    round_trip::<super::ShareAcknowledgeResponse>(super::ShareAcknowledgeResponse::sample);
    round_trip::<super::ShareFetchRequest>(super::ShareFetchRequest::sample);
    round_trip::<super::ShareFetchResponse>(super::ShareFetchResponse::sample);
    round_trip::<super::ShareGroupDescribeRequest>(super::ShareGroupDescribeRequest::sample);
    round_trip::<super::ShareGroupDescribeResponse>(super::ShareGroupDescribeResponse::sample);
    round_trip::<super::ShareGroupHeartbeatRequest>(super::ShareGroupHeartbeatRequest::sample);
    round_trip::<super::ShareGroupHeartbeatResponse>(super::ShareGroupHeartbeatResponse::sample);
    round_trip::<super::ShareGroupMemberMetadataKey>(super::ShareGroupMemberMetadataKey::sample);
    round_trip::<super::ShareGroupMemberMetadataValue>(
        super::ShareGroupMemberMetadataValue::sample,
    );
    round_trip::<super::ShareGroupMetadataKey>(super::ShareGroupMetadataKey::sample);
    round_trip::<super::ShareGroupMetadataValue>(super::ShareGroupMetadataValue::sample);
    round_trip::<super::ShareGroupTargetAssignmentMetadataKey>(
        super::ShareGroupTargetAssignmentMetadataKey::sample,
    );
    round_trip::<super::ShareGroupTargetAssignmentMetadataValue>(
        super::ShareGroupTargetAssignmentMetadataValue::sample,
    );
    round_trip::<super::ShareGroupTargetAssignmentMemberKey>(
        super::ShareGroupTargetAssignmentMemberKey::sample,
    );
    round_trip::<super::ShareGroupTargetAssignmentMemberValue>(
        super::ShareGroupTargetAssignmentMemberValue::sample,
    );
    round_trip::<super::ShareGroupCurrentMemberAssignmentKey>(
        super::ShareGroupCurrentMemberAssignmentKey::sample,
    );
    round_trip::<super::ShareGroupCurrentMemberAssignmentValue>(
        super::ShareGroupCurrentMemberAssignmentValue::sample,
    );
    round_trip::<super::ShareGroupStatePartitionMetadataKey>(
        super::ShareGroupStatePartitionMetadataKey::sample,
    );
    round_trip::<super::ShareGroupStatePartitionMetadataValue>(
        super::ShareGroupStatePartitionMetadataValue::sample,
    );
    round_trip::<super::StreamsGroupDescribeRequest>(super::StreamsGroupDescribeRequest::sample);
    round_trip::<super::StreamsGroupDescribeResponse>(super::StreamsGroupDescribeResponse::sample);
    round_trip::<super::StreamsGroupHeartbeatRequest>(super::StreamsGroupHeartbeatRequest::sample);
    round_trip::<super::StreamsGroupHeartbeatResponse>(
        super::StreamsGroupHeartbeatResponse::sample,
    );
    round_trip::<super::StreamsGroupMetadataKey>(super::StreamsGroupMetadataKey::sample);
    round_trip::<super::StreamsGroupMetadataValue>(super::StreamsGroupMetadataValue::sample);
    round_trip::<super::StreamsGroupMemberMetadataKey>(
        super::StreamsGroupMemberMetadataKey::sample,
    );
    round_trip::<super::StreamsGroupMemberMetadataValue>(
        super::StreamsGroupMemberMetadataValue::sample,
    );
    round_trip::<super::StreamsGroupTargetAssignmentMetadataKey>(
        super::StreamsGroupTargetAssignmentMetadataKey::sample,
    );
    round_trip::<super::StreamsGroupTargetAssignmentMetadataValue>(
        super::StreamsGroupTargetAssignmentMetadataValue::sample,
    );
    round_trip::<super::StreamsGroupTargetAssignmentMemberKey>(
        super::StreamsGroupTargetAssignmentMemberKey::sample,
    );
    round_trip::<super::StreamsGroupTargetAssignmentMemberValue>(
        super::StreamsGroupTargetAssignmentMemberValue::sample,
    );
    round_trip::<super::StreamsGroupCurrentMemberAssignmentKey>(
        super::StreamsGroupCurrentMemberAssignmentKey::sample,
    );
    round_trip::<super::StreamsGroupCurrentMemberAssignmentValue>(
        super::StreamsGroupCurrentMemberAssignmentValue::sample,
    );
    round_trip::<super::StreamsGroupTopologyKey>(super::StreamsGroupTopologyKey::sample);
    round_trip::<super::StreamsGroupTopologyValue>(super::StreamsGroupTopologyValue::sample);
    round_trip::<super::SyncGroupRequest>(super::SyncGroupRequest::sample);
    round_trip::<super::SyncGroupResponse>(super::SyncGroupResponse::sample);
    round_trip::<super::TransactionLogKey>(super::TransactionLogKey::sample);
    round_trip::<super::TransactionLogValue>(super::TransactionLogValue::sample);
    round_trip::<super::TxnOffsetCommitRequest>(super::TxnOffsetCommitRequest::sample);
    round_trip::<super::TxnOffsetCommitResponse>(super::TxnOffsetCommitResponse::sample);
    round_trip::<super::UnregisterBrokerRequest>(super::UnregisterBrokerRequest::sample);
    round_trip::<super::UnregisterBrokerResponse>(super::UnregisterBrokerResponse::sample);
    round_trip::<super::UpdateFeaturesRequest>(super::UpdateFeaturesRequest::sample);
    round_trip::<super::UpdateFeaturesResponse>(super::UpdateFeaturesResponse::sample);
    round_trip::<super::UpdateRaftVoterRequest>(super::UpdateRaftVoterRequest::sample);
    round_trip::<super::UpdateRaftVoterResponse>(super::UpdateRaftVoterResponse::sample);
    round_trip::<super::VoteRequest>(super::VoteRequest::sample);
    round_trip::<super::VoteResponse>(super::VoteResponse::sample);
    round_trip::<super::WriteShareGroupStateRequest>(super::WriteShareGroupStateRequest::sample);
    round_trip::<super::WriteShareGroupStateResponse>(super::WriteShareGroupStateResponse::sample);
    round_trip::<super::WriteTxnMarkersRequest>(super::WriteTxnMarkersRequest::sample);
    round_trip::<super::WriteTxnMarkersResponse>(super::WriteTxnMarkersResponse::sample);
}

#[test]
#[expect(clippy::too_many_lines, reason = "generated, one step for each field")]
fn kafka_protocol_reads_and_writes_the_same_bytes() {
    against_kafka_protocol::<
        super::AddOffsetsToTxnRequest,
        kafka_protocol::messages::AddOffsetsToTxnRequest,
    >(super::AddOffsetsToTxnRequest::sample);
    against_kafka_protocol::<
        super::AddOffsetsToTxnResponse,
        kafka_protocol::messages::AddOffsetsToTxnResponse,
    >(super::AddOffsetsToTxnResponse::sample);
    against_kafka_protocol::<
        super::AddPartitionsToTxnRequest,
        kafka_protocol::messages::AddPartitionsToTxnRequest,
    >(super::AddPartitionsToTxnRequest::sample);
    against_kafka_protocol::<
        super::AddPartitionsToTxnResponse,
        kafka_protocol::messages::AddPartitionsToTxnResponse,
    >(super::AddPartitionsToTxnResponse::sample);
    against_kafka_protocol::<
        super::AddRaftVoterRequest,
        kafka_protocol::messages::AddRaftVoterRequest,
    >(super::AddRaftVoterRequest::sample);
    against_kafka_protocol::<
        super::AddRaftVoterResponse,
        kafka_protocol::messages::AddRaftVoterResponse,
    >(super::AddRaftVoterResponse::sample);
    against_kafka_protocol::<
        super::AllocateProducerIdsRequest,
        kafka_protocol::messages::AllocateProducerIdsRequest,
    >(super::AllocateProducerIdsRequest::sample);
    against_kafka_protocol::<
        super::AllocateProducerIdsResponse,
        kafka_protocol::messages::AllocateProducerIdsResponse,
    >(super::AllocateProducerIdsResponse::sample);
    against_kafka_protocol::<
        super::AlterClientQuotasRequest,
        kafka_protocol::messages::AlterClientQuotasRequest,
    >(super::AlterClientQuotasRequest::sample);
    against_kafka_protocol::<
        super::AlterClientQuotasResponse,
        kafka_protocol::messages::AlterClientQuotasResponse,
    >(super::AlterClientQuotasResponse::sample);
    against_kafka_protocol::<
        super::AlterConfigsRequest,
        kafka_protocol::messages::AlterConfigsRequest,
    >(super::AlterConfigsRequest::sample);
    against_kafka_protocol::<
        super::AlterConfigsResponse,
        kafka_protocol::messages::AlterConfigsResponse,
    >(super::AlterConfigsResponse::sample);
    against_kafka_protocol::<
        super::AlterPartitionRequest,
        kafka_protocol::messages::AlterPartitionRequest,
    >(super::AlterPartitionRequest::sample);
    against_kafka_protocol::<
        super::AlterPartitionResponse,
        kafka_protocol::messages::AlterPartitionResponse,
    >(super::AlterPartitionResponse::sample);
    against_kafka_protocol::<
        super::AlterPartitionReassignmentsRequest,
        kafka_protocol::messages::AlterPartitionReassignmentsRequest,
    >(super::AlterPartitionReassignmentsRequest::sample);
    against_kafka_protocol::<
        super::AlterPartitionReassignmentsResponse,
        kafka_protocol::messages::AlterPartitionReassignmentsResponse,
    >(super::AlterPartitionReassignmentsResponse::sample);
    against_kafka_protocol::<
        super::AlterReplicaLogDirsRequest,
        kafka_protocol::messages::AlterReplicaLogDirsRequest,
    >(super::AlterReplicaLogDirsRequest::sample);
    against_kafka_protocol::<
        super::AlterReplicaLogDirsResponse,
        kafka_protocol::messages::AlterReplicaLogDirsResponse,
    >(super::AlterReplicaLogDirsResponse::sample);
    against_kafka_protocol::<
        super::AlterShareGroupOffsetsRequest,
        kafka_protocol::messages::AlterShareGroupOffsetsRequest,
    >(super::AlterShareGroupOffsetsRequest::sample);
    against_kafka_protocol::<
        super::AlterShareGroupOffsetsResponse,
        kafka_protocol::messages::AlterShareGroupOffsetsResponse,
    >(super::AlterShareGroupOffsetsResponse::sample);
    against_kafka_protocol::<
        super::AlterUserScramCredentialsRequest,
        kafka_protocol::messages::AlterUserScramCredentialsRequest,
    >(super::AlterUserScramCredentialsRequest::sample);
    against_kafka_protocol::<
        super::AlterUserScramCredentialsResponse,
        kafka_protocol::messages::AlterUserScramCredentialsResponse,
    >(super::AlterUserScramCredentialsResponse::sample);
    against_kafka_protocol::<super::ApiVersionsRequest, kafka_protocol::messages::ApiVersionsRequest>(
        super::ApiVersionsRequest::sample,
    );
    against_kafka_protocol::<
        super::ApiVersionsResponse,
        kafka_protocol::messages::ApiVersionsResponse,
    >(super::ApiVersionsResponse::sample);
    against_kafka_protocol::<
        super::AssignReplicasToDirsRequest,
        kafka_protocol::messages::AssignReplicasToDirsRequest,
    >(super::AssignReplicasToDirsRequest::sample);
    against_kafka_protocol::<
        super::AssignReplicasToDirsResponse,
        kafka_protocol::messages::AssignReplicasToDirsResponse,
    >(super::AssignReplicasToDirsResponse::sample);
    against_kafka_protocol::<
        super::BeginQuorumEpochRequest,
        kafka_protocol::messages::BeginQuorumEpochRequest,
    >(super::BeginQuorumEpochRequest::sample);
    against_kafka_protocol::<
        super::BeginQuorumEpochResponse,
        kafka_protocol::messages::BeginQuorumEpochResponse,
    >(super::BeginQuorumEpochResponse::sample);
    against_kafka_protocol::<
        super::BrokerHeartbeatRequest,
        kafka_protocol::messages::BrokerHeartbeatRequest,
    >(super::BrokerHeartbeatRequest::sample);
    against_kafka_protocol::<
        super::BrokerHeartbeatResponse,
        kafka_protocol::messages::BrokerHeartbeatResponse,
    >(super::BrokerHeartbeatResponse::sample);
    against_kafka_protocol::<
        super::BrokerRegistrationRequest,
        kafka_protocol::messages::BrokerRegistrationRequest,
    >(super::BrokerRegistrationRequest::sample);
    against_kafka_protocol::<
        super::BrokerRegistrationResponse,
        kafka_protocol::messages::BrokerRegistrationResponse,
    >(super::BrokerRegistrationResponse::sample);
    against_kafka_protocol::<
        super::ConsumerGroupDescribeRequest,
        kafka_protocol::messages::ConsumerGroupDescribeRequest,
    >(super::ConsumerGroupDescribeRequest::sample);
    against_kafka_protocol::<
        super::ConsumerGroupDescribeResponse,
        kafka_protocol::messages::ConsumerGroupDescribeResponse,
    >(super::ConsumerGroupDescribeResponse::sample);
    against_kafka_protocol::<
        super::ConsumerGroupHeartbeatRequest,
        kafka_protocol::messages::ConsumerGroupHeartbeatRequest,
    >(super::ConsumerGroupHeartbeatRequest::sample);
    against_kafka_protocol::<
        super::ConsumerGroupHeartbeatResponse,
        kafka_protocol::messages::ConsumerGroupHeartbeatResponse,
    >(super::ConsumerGroupHeartbeatResponse::sample);
    against_kafka_protocol::<
        super::ConsumerProtocolSubscription,
        kafka_protocol::messages::ConsumerProtocolSubscription,
    >(super::ConsumerProtocolSubscription::sample);
    against_kafka_protocol::<
        super::ConsumerProtocolAssignment,
        kafka_protocol::messages::ConsumerProtocolAssignment,
    >(super::ConsumerProtocolAssignment::sample);
    against_kafka_protocol::<
        super::ControlRecordTypeSchema,
        kafka_protocol::messages::ControlRecordTypeSchema,
    >(super::ControlRecordTypeSchema::sample);
    against_kafka_protocol::<super::EndTxnMarker, kafka_protocol::messages::EndTxnMarker>(
        super::EndTxnMarker::sample,
    );
    against_kafka_protocol::<
        super::LeaderChangeMessage,
        kafka_protocol::messages::LeaderChangeMessage,
    >(super::LeaderChangeMessage::sample);
    against_kafka_protocol::<
        super::SnapshotHeaderRecord,
        kafka_protocol::messages::SnapshotHeaderRecord,
    >(super::SnapshotHeaderRecord::sample);
    against_kafka_protocol::<
        super::SnapshotFooterRecord,
        kafka_protocol::messages::SnapshotFooterRecord,
    >(super::SnapshotFooterRecord::sample);
    against_kafka_protocol::<super::KRaftVersionRecord, kafka_protocol::messages::KRaftVersionRecord>(
        super::KRaftVersionRecord::sample,
    );
    against_kafka_protocol::<super::VotersRecord, kafka_protocol::messages::VotersRecord>(
        super::VotersRecord::sample,
    );
    against_kafka_protocol::<
        super::ControllerRegistrationRequest,
        kafka_protocol::messages::ControllerRegistrationRequest,
    >(super::ControllerRegistrationRequest::sample);
    against_kafka_protocol::<
        super::ControllerRegistrationResponse,
        kafka_protocol::messages::ControllerRegistrationResponse,
    >(super::ControllerRegistrationResponse::sample);
    against_kafka_protocol::<super::CreateAclsRequest, kafka_protocol::messages::CreateAclsRequest>(
        super::CreateAclsRequest::sample,
    );
    against_kafka_protocol::<super::CreateAclsResponse, kafka_protocol::messages::CreateAclsResponse>(
        super::CreateAclsResponse::sample,
    );
    against_kafka_protocol::<
        super::CreateDelegationTokenRequest,
        kafka_protocol::messages::CreateDelegationTokenRequest,
    >(super::CreateDelegationTokenRequest::sample);
    against_kafka_protocol::<
        super::CreateDelegationTokenResponse,
        kafka_protocol::messages::CreateDelegationTokenResponse,
    >(super::CreateDelegationTokenResponse::sample);
    against_kafka_protocol::<
        super::CreatePartitionsRequest,
        kafka_protocol::messages::CreatePartitionsRequest,
    >(super::CreatePartitionsRequest::sample);
    against_kafka_protocol::<
        super::CreatePartitionsResponse,
        kafka_protocol::messages::CreatePartitionsResponse,
    >(super::CreatePartitionsResponse::sample);
    against_kafka_protocol::<
        super::CreateTopicsRequest,
        kafka_protocol::messages::CreateTopicsRequest,
    >(super::CreateTopicsRequest::sample);
    against_kafka_protocol::<
        super::CreateTopicsResponse,
        kafka_protocol::messages::CreateTopicsResponse,
    >(super::CreateTopicsResponse::sample);
    against_kafka_protocol::<super::DeleteAclsRequest, kafka_protocol::messages::DeleteAclsRequest>(
        super::DeleteAclsRequest::sample,
    );
    against_kafka_protocol::<super::DeleteAclsResponse, kafka_protocol::messages::DeleteAclsResponse>(
        super::DeleteAclsResponse::sample,
    );
    against_kafka_protocol::<
        super::DeleteGroupsRequest,
        kafka_protocol::messages::DeleteGroupsRequest,
    >(super::DeleteGroupsRequest::sample);
    against_kafka_protocol::<
        super::DeleteGroupsResponse,
        kafka_protocol::messages::DeleteGroupsResponse,
    >(super::DeleteGroupsResponse::sample);
    against_kafka_protocol::<
        super::DeleteRecordsRequest,
        kafka_protocol::messages::DeleteRecordsRequest,
    >(super::DeleteRecordsRequest::sample);
    against_kafka_protocol::<
        super::DeleteRecordsResponse,
        kafka_protocol::messages::DeleteRecordsResponse,
    >(super::DeleteRecordsResponse::sample);
    against_kafka_protocol::<
        super::DeleteShareGroupOffsetsRequest,
        kafka_protocol::messages::DeleteShareGroupOffsetsRequest,
    >(super::DeleteShareGroupOffsetsRequest::sample);
    against_kafka_protocol::<
        super::DeleteShareGroupOffsetsResponse,
        kafka_protocol::messages::DeleteShareGroupOffsetsResponse,
    >(super::DeleteShareGroupOffsetsResponse::sample);
    against_kafka_protocol::<
        super::DeleteShareGroupStateRequest,
        kafka_protocol::messages::DeleteShareGroupStateRequest,
    >(super::DeleteShareGroupStateRequest::sample);
    against_kafka_protocol::<
        super::DeleteShareGroupStateResponse,
        kafka_protocol::messages::DeleteShareGroupStateResponse,
    >(super::DeleteShareGroupStateResponse::sample);
    against_kafka_protocol::<
        super::DeleteTopicsRequest,
        kafka_protocol::messages::DeleteTopicsRequest,
    >(super::DeleteTopicsRequest::sample);
    against_kafka_protocol::<
        super::DeleteTopicsResponse,
        kafka_protocol::messages::DeleteTopicsResponse,
    >(super::DeleteTopicsResponse::sample);
    against_kafka_protocol::<
        super::DescribeAclsRequest,
        kafka_protocol::messages::DescribeAclsRequest,
    >(super::DescribeAclsRequest::sample);
    against_kafka_protocol::<
        super::DescribeAclsResponse,
        kafka_protocol::messages::DescribeAclsResponse,
    >(super::DescribeAclsResponse::sample);
    against_kafka_protocol::<
        super::DescribeClientQuotasRequest,
        kafka_protocol::messages::DescribeClientQuotasRequest,
    >(super::DescribeClientQuotasRequest::sample);
    against_kafka_protocol::<
        super::DescribeClientQuotasResponse,
        kafka_protocol::messages::DescribeClientQuotasResponse,
    >(super::DescribeClientQuotasResponse::sample);
    against_kafka_protocol::<
        super::DescribeClusterRequest,
        kafka_protocol::messages::DescribeClusterRequest,
    >(super::DescribeClusterRequest::sample);
    against_kafka_protocol::<
        super::DescribeClusterResponse,
        kafka_protocol::messages::DescribeClusterResponse,
    >(super::DescribeClusterResponse::sample);
    against_kafka_protocol::<
        super::DescribeConfigsRequest,
        kafka_protocol::messages::DescribeConfigsRequest,
    >(super::DescribeConfigsRequest::sample);
    against_kafka_protocol::<
        super::DescribeConfigsResponse,
        kafka_protocol::messages::DescribeConfigsResponse,
    >(super::DescribeConfigsResponse::sample);
    against_kafka_protocol::<
        super::DescribeDelegationTokenRequest,
        kafka_protocol::messages::DescribeDelegationTokenRequest,
    >(super::DescribeDelegationTokenRequest::sample);
    against_kafka_protocol::<
        super::DescribeDelegationTokenResponse,
        kafka_protocol::messages::DescribeDelegationTokenResponse,
    >(super::DescribeDelegationTokenResponse::sample);
    against_kafka_protocol::<
        super::DescribeGroupsRequest,
        kafka_protocol::messages::DescribeGroupsRequest,
    >(super::DescribeGroupsRequest::sample);
    against_kafka_protocol::<
        super::DescribeGroupsResponse,
        kafka_protocol::messages::DescribeGroupsResponse,
    >(super::DescribeGroupsResponse::sample);
    against_kafka_protocol::<
        super::DescribeLogDirsRequest,
        kafka_protocol::messages::DescribeLogDirsRequest,
    >(super::DescribeLogDirsRequest::sample);
    against_kafka_protocol::<
        super::DescribeLogDirsResponse,
        kafka_protocol::messages::DescribeLogDirsResponse,
    >(super::DescribeLogDirsResponse::sample);
    against_kafka_protocol::<
        super::DescribeProducersRequest,
        kafka_protocol::messages::DescribeProducersRequest,
    >(super::DescribeProducersRequest::sample);
    against_kafka_protocol::<
        super::DescribeProducersResponse,
        kafka_protocol::messages::DescribeProducersResponse,
    >(super::DescribeProducersResponse::sample);
    against_kafka_protocol::<
        super::DescribeQuorumRequest,
        kafka_protocol::messages::DescribeQuorumRequest,
    >(super::DescribeQuorumRequest::sample);
    against_kafka_protocol::<
        super::DescribeQuorumResponse,
        kafka_protocol::messages::DescribeQuorumResponse,
    >(super::DescribeQuorumResponse::sample);
    against_kafka_protocol::<
        super::DescribeShareGroupOffsetsRequest,
        kafka_protocol::messages::DescribeShareGroupOffsetsRequest,
    >(super::DescribeShareGroupOffsetsRequest::sample);
    against_kafka_protocol::<
        super::DescribeShareGroupOffsetsResponse,
        kafka_protocol::messages::DescribeShareGroupOffsetsResponse,
    >(super::DescribeShareGroupOffsetsResponse::sample);
    against_kafka_protocol::<
        super::DescribeTopicPartitionsRequest,
        kafka_protocol::messages::DescribeTopicPartitionsRequest,
    >(super::DescribeTopicPartitionsRequest::sample);
    against_kafka_protocol::<
        super::DescribeTopicPartitionsResponse,
        kafka_protocol::messages::DescribeTopicPartitionsResponse,
    >(super::DescribeTopicPartitionsResponse::sample);
    against_kafka_protocol::<
        super::DescribeTransactionsRequest,
        kafka_protocol::messages::DescribeTransactionsRequest,
    >(super::DescribeTransactionsRequest::sample);
    against_kafka_protocol::<
        super::DescribeTransactionsResponse,
        kafka_protocol::messages::DescribeTransactionsResponse,
    >(super::DescribeTransactionsResponse::sample);
    against_kafka_protocol::<
        super::DescribeUserScramCredentialsRequest,
        kafka_protocol::messages::DescribeUserScramCredentialsRequest,
    >(super::DescribeUserScramCredentialsRequest::sample);
    against_kafka_protocol::<
        super::DescribeUserScramCredentialsResponse,
        kafka_protocol::messages::DescribeUserScramCredentialsResponse,
    >(super::DescribeUserScramCredentialsResponse::sample);
    against_kafka_protocol::<
        super::ElectLeadersRequest,
        kafka_protocol::messages::ElectLeadersRequest,
    >(super::ElectLeadersRequest::sample);
    against_kafka_protocol::<
        super::ElectLeadersResponse,
        kafka_protocol::messages::ElectLeadersResponse,
    >(super::ElectLeadersResponse::sample);
    against_kafka_protocol::<
        super::EndQuorumEpochRequest,
        kafka_protocol::messages::EndQuorumEpochRequest,
    >(super::EndQuorumEpochRequest::sample);
    against_kafka_protocol::<
        super::EndQuorumEpochResponse,
        kafka_protocol::messages::EndQuorumEpochResponse,
    >(super::EndQuorumEpochResponse::sample);
    against_kafka_protocol::<super::EndTxnRequest, kafka_protocol::messages::EndTxnRequest>(
        super::EndTxnRequest::sample,
    );
    against_kafka_protocol::<super::EndTxnResponse, kafka_protocol::messages::EndTxnResponse>(
        super::EndTxnResponse::sample,
    );
    against_kafka_protocol::<super::EnvelopeRequest, kafka_protocol::messages::EnvelopeRequest>(
        super::EnvelopeRequest::sample,
    );
    against_kafka_protocol::<super::EnvelopeResponse, kafka_protocol::messages::EnvelopeResponse>(
        super::EnvelopeResponse::sample,
    );
    against_kafka_protocol::<
        super::ExpireDelegationTokenRequest,
        kafka_protocol::messages::ExpireDelegationTokenRequest,
    >(super::ExpireDelegationTokenRequest::sample);
    against_kafka_protocol::<
        super::ExpireDelegationTokenResponse,
        kafka_protocol::messages::ExpireDelegationTokenResponse,
    >(super::ExpireDelegationTokenResponse::sample);
    against_kafka_protocol::<super::FetchRequest, kafka_protocol::messages::FetchRequest>(
        super::FetchRequest::sample,
    );
    against_kafka_protocol::<super::FetchResponse, kafka_protocol::messages::FetchResponse>(
        super::FetchResponse::sample,
    );
    against_kafka_protocol::<
        super::FetchSnapshotRequest,
        kafka_protocol::messages::FetchSnapshotRequest,
    >(super::FetchSnapshotRequest::sample);
    against_kafka_protocol::<
        super::FetchSnapshotResponse,
        kafka_protocol::messages::FetchSnapshotResponse,
    >(super::FetchSnapshotResponse::sample);
    against_kafka_protocol::<
        super::FindCoordinatorRequest,
        kafka_protocol::messages::FindCoordinatorRequest,
    >(super::FindCoordinatorRequest::sample);
    against_kafka_protocol::<
        super::FindCoordinatorResponse,
        kafka_protocol::messages::FindCoordinatorResponse,
    >(super::FindCoordinatorResponse::sample);
    against_kafka_protocol::<
        super::GetTelemetrySubscriptionsRequest,
        kafka_protocol::messages::GetTelemetrySubscriptionsRequest,
    >(super::GetTelemetrySubscriptionsRequest::sample);
    against_kafka_protocol::<
        super::GetTelemetrySubscriptionsResponse,
        kafka_protocol::messages::GetTelemetrySubscriptionsResponse,
    >(super::GetTelemetrySubscriptionsResponse::sample);
    against_kafka_protocol::<super::RequestHeader, kafka_protocol::messages::RequestHeader>(
        super::RequestHeader::sample,
    );
    against_kafka_protocol::<super::ResponseHeader, kafka_protocol::messages::ResponseHeader>(
        super::ResponseHeader::sample,
    );
    against_kafka_protocol::<super::HeartbeatRequest, kafka_protocol::messages::HeartbeatRequest>(
        super::HeartbeatRequest::sample,
    );
    against_kafka_protocol::<super::HeartbeatResponse, kafka_protocol::messages::HeartbeatResponse>(
        super::HeartbeatResponse::sample,
    );
    against_kafka_protocol::<
        super::IncrementalAlterConfigsRequest,
        kafka_protocol::messages::IncrementalAlterConfigsRequest,
    >(super::IncrementalAlterConfigsRequest::sample);
    against_kafka_protocol::<
        super::IncrementalAlterConfigsResponse,
        kafka_protocol::messages::IncrementalAlterConfigsResponse,
    >(super::IncrementalAlterConfigsResponse::sample);
    against_kafka_protocol::<
        super::InitProducerIdRequest,
        kafka_protocol::messages::InitProducerIdRequest,
    >(super::InitProducerIdRequest::sample);
    against_kafka_protocol::<
        super::InitProducerIdResponse,
        kafka_protocol::messages::InitProducerIdResponse,
    >(super::InitProducerIdResponse::sample);
    against_kafka_protocol::<
        super::InitializeShareGroupStateRequest,
        kafka_protocol::messages::InitializeShareGroupStateRequest,
    >(super::InitializeShareGroupStateRequest::sample);
    against_kafka_protocol::<
        super::InitializeShareGroupStateResponse,
        kafka_protocol::messages::InitializeShareGroupStateResponse,
    >(super::InitializeShareGroupStateResponse::sample);
    against_kafka_protocol::<super::JoinGroupRequest, kafka_protocol::messages::JoinGroupRequest>(
        super::JoinGroupRequest::sample,
    );
    against_kafka_protocol::<super::JoinGroupResponse, kafka_protocol::messages::JoinGroupResponse>(
        super::JoinGroupResponse::sample,
    );
    against_kafka_protocol::<super::LeaveGroupRequest, kafka_protocol::messages::LeaveGroupRequest>(
        super::LeaveGroupRequest::sample,
    );
    against_kafka_protocol::<super::LeaveGroupResponse, kafka_protocol::messages::LeaveGroupResponse>(
        super::LeaveGroupResponse::sample,
    );
    against_kafka_protocol::<
        super::ListConfigResourcesRequest,
        kafka_protocol::messages::ListConfigResourcesRequest,
    >(super::ListConfigResourcesRequest::sample);
    against_kafka_protocol::<
        super::ListConfigResourcesResponse,
        kafka_protocol::messages::ListConfigResourcesResponse,
    >(super::ListConfigResourcesResponse::sample);
    against_kafka_protocol::<super::ListGroupsRequest, kafka_protocol::messages::ListGroupsRequest>(
        super::ListGroupsRequest::sample,
    );
    against_kafka_protocol::<super::ListGroupsResponse, kafka_protocol::messages::ListGroupsResponse>(
        super::ListGroupsResponse::sample,
    );
    against_kafka_protocol::<super::ListOffsetsRequest, kafka_protocol::messages::ListOffsetsRequest>(
        super::ListOffsetsRequest::sample,
    );
    against_kafka_protocol::<
        super::ListOffsetsResponse,
        kafka_protocol::messages::ListOffsetsResponse,
    >(super::ListOffsetsResponse::sample);
    against_kafka_protocol::<
        super::ListPartitionReassignmentsRequest,
        kafka_protocol::messages::ListPartitionReassignmentsRequest,
    >(super::ListPartitionReassignmentsRequest::sample);
    against_kafka_protocol::<
        super::ListPartitionReassignmentsResponse,
        kafka_protocol::messages::ListPartitionReassignmentsResponse,
    >(super::ListPartitionReassignmentsResponse::sample);
    against_kafka_protocol::<
        super::ListTransactionsRequest,
        kafka_protocol::messages::ListTransactionsRequest,
    >(super::ListTransactionsRequest::sample);
    against_kafka_protocol::<
        super::ListTransactionsResponse,
        kafka_protocol::messages::ListTransactionsResponse,
    >(super::ListTransactionsResponse::sample);
    against_kafka_protocol::<super::MetadataRequest, kafka_protocol::messages::MetadataRequest>(
        super::MetadataRequest::sample,
    );
    against_kafka_protocol::<super::MetadataResponse, kafka_protocol::messages::MetadataResponse>(
        super::MetadataResponse::sample,
    );
    against_kafka_protocol::<
        super::OffsetCommitRequest,
        kafka_protocol::messages::OffsetCommitRequest,
    >(super::OffsetCommitRequest::sample);
    against_kafka_protocol::<
        super::OffsetCommitResponse,
        kafka_protocol::messages::OffsetCommitResponse,
    >(super::OffsetCommitResponse::sample);
    against_kafka_protocol::<
        super::OffsetDeleteRequest,
        kafka_protocol::messages::OffsetDeleteRequest,
    >(super::OffsetDeleteRequest::sample);
    against_kafka_protocol::<
        super::OffsetDeleteResponse,
        kafka_protocol::messages::OffsetDeleteResponse,
    >(super::OffsetDeleteResponse::sample);
    against_kafka_protocol::<super::OffsetFetchRequest, kafka_protocol::messages::OffsetFetchRequest>(
        super::OffsetFetchRequest::sample,
    );
    against_kafka_protocol::<
        super::OffsetFetchResponse,
        kafka_protocol::messages::OffsetFetchResponse,
    >(super::OffsetFetchResponse::sample);
    against_kafka_protocol::<
        super::OffsetForLeaderEpochRequest,
        kafka_protocol::messages::OffsetForLeaderEpochRequest,
    >(super::OffsetForLeaderEpochRequest::sample);
    against_kafka_protocol::<
        super::OffsetForLeaderEpochResponse,
        kafka_protocol::messages::OffsetForLeaderEpochResponse,
    >(super::OffsetForLeaderEpochResponse::sample);
    against_kafka_protocol::<
        super::DefaultPrincipalData,
        kafka_protocol::messages::DefaultPrincipalData,
    >(super::DefaultPrincipalData::sample);
    against_kafka_protocol::<super::ProduceRequest, kafka_protocol::messages::ProduceRequest>(
        super::ProduceRequest::sample,
    );
    against_kafka_protocol::<super::ProduceResponse, kafka_protocol::messages::ProduceResponse>(
        super::ProduceResponse::sample,
    );
    against_kafka_protocol::<
        super::PushTelemetryRequest,
        kafka_protocol::messages::PushTelemetryRequest,
    >(super::PushTelemetryRequest::sample);
    against_kafka_protocol::<
        super::PushTelemetryResponse,
        kafka_protocol::messages::PushTelemetryResponse,
    >(super::PushTelemetryResponse::sample);
    against_kafka_protocol::<
        super::ReadShareGroupStateRequest,
        kafka_protocol::messages::ReadShareGroupStateRequest,
    >(super::ReadShareGroupStateRequest::sample);
    against_kafka_protocol::<
        super::ReadShareGroupStateResponse,
        kafka_protocol::messages::ReadShareGroupStateResponse,
    >(super::ReadShareGroupStateResponse::sample);
    against_kafka_protocol::<
        super::ReadShareGroupStateSummaryRequest,
        kafka_protocol::messages::ReadShareGroupStateSummaryRequest,
    >(super::ReadShareGroupStateSummaryRequest::sample);
    against_kafka_protocol::<
        super::ReadShareGroupStateSummaryResponse,
        kafka_protocol::messages::ReadShareGroupStateSummaryResponse,
    >(super::ReadShareGroupStateSummaryResponse::sample);
    against_kafka_protocol::<
        super::RemoveRaftVoterRequest,
        kafka_protocol::messages::RemoveRaftVoterRequest,
    >(super::RemoveRaftVoterRequest::sample);
    against_kafka_protocol::<
        super::RemoveRaftVoterResponse,
        kafka_protocol::messages::RemoveRaftVoterResponse,
    >(super::RemoveRaftVoterResponse::sample);
    against_kafka_protocol::<
        super::RenewDelegationTokenRequest,
        kafka_protocol::messages::RenewDelegationTokenRequest,
    >(super::RenewDelegationTokenRequest::sample);
    against_kafka_protocol::<
        super::RenewDelegationTokenResponse,
        kafka_protocol::messages::RenewDelegationTokenResponse,
    >(super::RenewDelegationTokenResponse::sample);
    against_kafka_protocol::<
        super::SaslAuthenticateRequest,
        kafka_protocol::messages::SaslAuthenticateRequest,
    >(super::SaslAuthenticateRequest::sample);
    against_kafka_protocol::<
        super::SaslAuthenticateResponse,
        kafka_protocol::messages::SaslAuthenticateResponse,
    >(super::SaslAuthenticateResponse::sample);
    against_kafka_protocol::<
        super::SaslHandshakeRequest,
        kafka_protocol::messages::SaslHandshakeRequest,
    >(super::SaslHandshakeRequest::sample);
    against_kafka_protocol::<
        super::SaslHandshakeResponse,
        kafka_protocol::messages::SaslHandshakeResponse,
    >(super::SaslHandshakeResponse::sample);
    against_kafka_protocol::<
        super::ShareAcknowledgeRequest,
        kafka_protocol::messages::ShareAcknowledgeRequest,
    >(super::ShareAcknowledgeRequest::sample);
    against_kafka_protocol::<
        super::ShareAcknowledgeResponse,
        kafka_protocol::messages::ShareAcknowledgeResponse,
    >(super::ShareAcknowledgeResponse::sample);
    against_kafka_protocol::<super::ShareFetchRequest, kafka_protocol::messages::ShareFetchRequest>(
        super::ShareFetchRequest::sample,
    );
    against_kafka_protocol::<super::ShareFetchResponse, kafka_protocol::messages::ShareFetchResponse>(
        super::ShareFetchResponse::sample,
    );
    against_kafka_protocol::<
        super::ShareGroupDescribeRequest,
        kafka_protocol::messages::ShareGroupDescribeRequest,
    >(super::ShareGroupDescribeRequest::sample);
    against_kafka_protocol::<
        super::ShareGroupDescribeResponse,
        kafka_protocol::messages::ShareGroupDescribeResponse,
    >(super::ShareGroupDescribeResponse::sample);
    against_kafka_protocol::<
        super::ShareGroupHeartbeatRequest,
        kafka_protocol::messages::ShareGroupHeartbeatRequest,
    >(super::ShareGroupHeartbeatRequest::sample);
    against_kafka_protocol::<
        super::ShareGroupHeartbeatResponse,
        kafka_protocol::messages::ShareGroupHeartbeatResponse,
    >(super::ShareGroupHeartbeatResponse::sample);
    against_kafka_protocol::<super::SyncGroupRequest, kafka_protocol::messages::SyncGroupRequest>(
        super::SyncGroupRequest::sample,
    );
    against_kafka_protocol::<super::SyncGroupResponse, kafka_protocol::messages::SyncGroupResponse>(
        super::SyncGroupResponse::sample,
    );
    against_kafka_protocol::<
        super::TxnOffsetCommitRequest,
        kafka_protocol::messages::TxnOffsetCommitRequest,
    >(super::TxnOffsetCommitRequest::sample);
    against_kafka_protocol::<
        super::TxnOffsetCommitResponse,
        kafka_protocol::messages::TxnOffsetCommitResponse,
    >(super::TxnOffsetCommitResponse::sample);
    against_kafka_protocol::<
        super::UnregisterBrokerRequest,
        kafka_protocol::messages::UnregisterBrokerRequest,
    >(super::UnregisterBrokerRequest::sample);
    against_kafka_protocol::<
        super::UnregisterBrokerResponse,
        kafka_protocol::messages::UnregisterBrokerResponse,
    >(super::UnregisterBrokerResponse::sample);
    against_kafka_protocol::<
        super::UpdateFeaturesRequest,
        kafka_protocol::messages::UpdateFeaturesRequest,
    >(super::UpdateFeaturesRequest::sample);
    against_kafka_protocol::<
        super::UpdateFeaturesResponse,
        kafka_protocol::messages::UpdateFeaturesResponse,
    >(super::UpdateFeaturesResponse::sample);
    against_kafka_protocol::<
        super::UpdateRaftVoterRequest,
        kafka_protocol::messages::UpdateRaftVoterRequest,
    >(super::UpdateRaftVoterRequest::sample);
    against_kafka_protocol::<
        super::UpdateRaftVoterResponse,
        kafka_protocol::messages::UpdateRaftVoterResponse,
    >(super::UpdateRaftVoterResponse::sample);
    against_kafka_protocol::<super::VoteRequest, kafka_protocol::messages::VoteRequest>(
        super::VoteRequest::sample,
    );
    against_kafka_protocol::<super::VoteResponse, kafka_protocol::messages::VoteResponse>(
        super::VoteResponse::sample,
    );
    against_kafka_protocol::<
        super::WriteShareGroupStateRequest,
        kafka_protocol::messages::WriteShareGroupStateRequest,
    >(super::WriteShareGroupStateRequest::sample);
    against_kafka_protocol::<
        super::WriteShareGroupStateResponse,
        kafka_protocol::messages::WriteShareGroupStateResponse,
    >(super::WriteShareGroupStateResponse::sample);
    against_kafka_protocol::<
        super::WriteTxnMarkersRequest,
        kafka_protocol::messages::WriteTxnMarkersRequest,
    >(super::WriteTxnMarkersRequest::sample);
    against_kafka_protocol::<
        super::WriteTxnMarkersResponse,
        kafka_protocol::messages::WriteTxnMarkersResponse,
    >(super::WriteTxnMarkersResponse::sample);
}

#[test]
#[expect(clippy::too_many_lines, reason = "generated, one step for each field")]
fn kafka_wire_reads_and_writes_the_same_bytes() {
    against_kafka_wire::<super::AddOffsetsToTxnRequest, kafka_wire::AddOffsetsToTxnRequest>(
        super::AddOffsetsToTxnRequest::sample,
    );
    against_kafka_wire::<super::AddOffsetsToTxnResponse, kafka_wire::AddOffsetsToTxnResponse>(
        super::AddOffsetsToTxnResponse::sample,
    );
    against_kafka_wire::<super::AddPartitionsToTxnRequest, kafka_wire::AddPartitionsToTxnRequest>(
        super::AddPartitionsToTxnRequest::sample,
    );
    against_kafka_wire::<super::AddPartitionsToTxnResponse, kafka_wire::AddPartitionsToTxnResponse>(
        super::AddPartitionsToTxnResponse::sample,
    );
    against_kafka_wire::<super::AddRaftVoterRequest, kafka_wire::AddRaftVoterRequest>(
        super::AddRaftVoterRequest::sample,
    );
    against_kafka_wire::<super::AddRaftVoterResponse, kafka_wire::AddRaftVoterResponse>(
        super::AddRaftVoterResponse::sample,
    );
    against_kafka_wire::<super::AllocateProducerIdsRequest, kafka_wire::AllocateProducerIdsRequest>(
        super::AllocateProducerIdsRequest::sample,
    );
    against_kafka_wire::<super::AllocateProducerIdsResponse, kafka_wire::AllocateProducerIdsResponse>(
        super::AllocateProducerIdsResponse::sample,
    );
    against_kafka_wire::<super::AlterClientQuotasRequest, kafka_wire::AlterClientQuotasRequest>(
        super::AlterClientQuotasRequest::sample,
    );
    against_kafka_wire::<super::AlterClientQuotasResponse, kafka_wire::AlterClientQuotasResponse>(
        super::AlterClientQuotasResponse::sample,
    );
    against_kafka_wire::<super::AlterConfigsRequest, kafka_wire::AlterConfigsRequest>(
        super::AlterConfigsRequest::sample,
    );
    against_kafka_wire::<super::AlterConfigsResponse, kafka_wire::AlterConfigsResponse>(
        super::AlterConfigsResponse::sample,
    );
    against_kafka_wire::<super::AlterPartitionRequest, kafka_wire::AlterPartitionRequest>(
        super::AlterPartitionRequest::sample,
    );
    against_kafka_wire::<super::AlterPartitionResponse, kafka_wire::AlterPartitionResponse>(
        super::AlterPartitionResponse::sample,
    );
    against_kafka_wire::<
        super::AlterPartitionReassignmentsRequest,
        kafka_wire::AlterPartitionReassignmentsRequest,
    >(super::AlterPartitionReassignmentsRequest::sample);
    against_kafka_wire::<
        super::AlterPartitionReassignmentsResponse,
        kafka_wire::AlterPartitionReassignmentsResponse,
    >(super::AlterPartitionReassignmentsResponse::sample);
    against_kafka_wire::<super::AlterReplicaLogDirsRequest, kafka_wire::AlterReplicaLogDirsRequest>(
        super::AlterReplicaLogDirsRequest::sample,
    );
    against_kafka_wire::<super::AlterReplicaLogDirsResponse, kafka_wire::AlterReplicaLogDirsResponse>(
        super::AlterReplicaLogDirsResponse::sample,
    );
    against_kafka_wire::<
        super::AlterShareGroupOffsetsRequest,
        kafka_wire::AlterShareGroupOffsetsRequest,
    >(super::AlterShareGroupOffsetsRequest::sample);
    against_kafka_wire::<
        super::AlterShareGroupOffsetsResponse,
        kafka_wire::AlterShareGroupOffsetsResponse,
    >(super::AlterShareGroupOffsetsResponse::sample);
    against_kafka_wire::<
        super::AlterUserScramCredentialsRequest,
        kafka_wire::AlterUserScramCredentialsRequest,
    >(super::AlterUserScramCredentialsRequest::sample);
    against_kafka_wire::<
        super::AlterUserScramCredentialsResponse,
        kafka_wire::AlterUserScramCredentialsResponse,
    >(super::AlterUserScramCredentialsResponse::sample);
    against_kafka_wire::<super::ApiVersionsRequest, kafka_wire::ApiVersionsRequest>(
        super::ApiVersionsRequest::sample,
    );
    against_kafka_wire::<super::ApiVersionsResponse, kafka_wire::ApiVersionsResponse>(
        super::ApiVersionsResponse::sample,
    );
    against_kafka_wire::<super::AssignReplicasToDirsRequest, kafka_wire::AssignReplicasToDirsRequest>(
        super::AssignReplicasToDirsRequest::sample,
    );
    against_kafka_wire::<
        super::AssignReplicasToDirsResponse,
        kafka_wire::AssignReplicasToDirsResponse,
    >(super::AssignReplicasToDirsResponse::sample);
    against_kafka_wire::<super::BeginQuorumEpochRequest, kafka_wire::BeginQuorumEpochRequest>(
        super::BeginQuorumEpochRequest::sample,
    );
    against_kafka_wire::<super::BeginQuorumEpochResponse, kafka_wire::BeginQuorumEpochResponse>(
        super::BeginQuorumEpochResponse::sample,
    );
    against_kafka_wire::<super::BrokerHeartbeatRequest, kafka_wire::BrokerHeartbeatRequest>(
        super::BrokerHeartbeatRequest::sample,
    );
    against_kafka_wire::<super::BrokerHeartbeatResponse, kafka_wire::BrokerHeartbeatResponse>(
        super::BrokerHeartbeatResponse::sample,
    );
    against_kafka_wire::<super::BrokerRegistrationRequest, kafka_wire::BrokerRegistrationRequest>(
        super::BrokerRegistrationRequest::sample,
    );
    against_kafka_wire::<super::BrokerRegistrationResponse, kafka_wire::BrokerRegistrationResponse>(
        super::BrokerRegistrationResponse::sample,
    );
    against_kafka_wire::<
        super::ConsumerGroupDescribeRequest,
        kafka_wire::ConsumerGroupDescribeRequest,
    >(super::ConsumerGroupDescribeRequest::sample);
    against_kafka_wire::<
        super::ConsumerGroupDescribeResponse,
        kafka_wire::ConsumerGroupDescribeResponse,
    >(super::ConsumerGroupDescribeResponse::sample);
    against_kafka_wire::<
        super::ConsumerGroupHeartbeatRequest,
        kafka_wire::ConsumerGroupHeartbeatRequest,
    >(super::ConsumerGroupHeartbeatRequest::sample);
    against_kafka_wire::<
        super::ConsumerGroupHeartbeatResponse,
        kafka_wire::ConsumerGroupHeartbeatResponse,
    >(super::ConsumerGroupHeartbeatResponse::sample);
    against_kafka_wire::<
        super::ControllerRegistrationRequest,
        kafka_wire::ControllerRegistrationRequest,
    >(super::ControllerRegistrationRequest::sample);
    against_kafka_wire::<
        super::ControllerRegistrationResponse,
        kafka_wire::ControllerRegistrationResponse,
    >(super::ControllerRegistrationResponse::sample);
    against_kafka_wire::<super::CreateAclsRequest, kafka_wire::CreateAclsRequest>(
        super::CreateAclsRequest::sample,
    );
    against_kafka_wire::<super::CreateAclsResponse, kafka_wire::CreateAclsResponse>(
        super::CreateAclsResponse::sample,
    );
    against_kafka_wire::<
        super::CreateDelegationTokenRequest,
        kafka_wire::CreateDelegationTokenRequest,
    >(super::CreateDelegationTokenRequest::sample);
    against_kafka_wire::<
        super::CreateDelegationTokenResponse,
        kafka_wire::CreateDelegationTokenResponse,
    >(super::CreateDelegationTokenResponse::sample);
    against_kafka_wire::<super::CreatePartitionsRequest, kafka_wire::CreatePartitionsRequest>(
        super::CreatePartitionsRequest::sample,
    );
    against_kafka_wire::<super::CreatePartitionsResponse, kafka_wire::CreatePartitionsResponse>(
        super::CreatePartitionsResponse::sample,
    );
    against_kafka_wire::<super::CreateTopicsRequest, kafka_wire::CreateTopicsRequest>(
        super::CreateTopicsRequest::sample,
    );
    against_kafka_wire::<super::CreateTopicsResponse, kafka_wire::CreateTopicsResponse>(
        super::CreateTopicsResponse::sample,
    );
    against_kafka_wire::<super::DeleteAclsRequest, kafka_wire::DeleteAclsRequest>(
        super::DeleteAclsRequest::sample,
    );
    against_kafka_wire::<super::DeleteAclsResponse, kafka_wire::DeleteAclsResponse>(
        super::DeleteAclsResponse::sample,
    );
    against_kafka_wire::<super::DeleteGroupsRequest, kafka_wire::DeleteGroupsRequest>(
        super::DeleteGroupsRequest::sample,
    );
    against_kafka_wire::<super::DeleteGroupsResponse, kafka_wire::DeleteGroupsResponse>(
        super::DeleteGroupsResponse::sample,
    );
    against_kafka_wire::<super::DeleteRecordsRequest, kafka_wire::DeleteRecordsRequest>(
        super::DeleteRecordsRequest::sample,
    );
    against_kafka_wire::<super::DeleteRecordsResponse, kafka_wire::DeleteRecordsResponse>(
        super::DeleteRecordsResponse::sample,
    );
    against_kafka_wire::<
        super::DeleteShareGroupOffsetsRequest,
        kafka_wire::DeleteShareGroupOffsetsRequest,
    >(super::DeleteShareGroupOffsetsRequest::sample);
    against_kafka_wire::<
        super::DeleteShareGroupOffsetsResponse,
        kafka_wire::DeleteShareGroupOffsetsResponse,
    >(super::DeleteShareGroupOffsetsResponse::sample);
    against_kafka_wire::<
        super::DeleteShareGroupStateRequest,
        kafka_wire::DeleteShareGroupStateRequest,
    >(super::DeleteShareGroupStateRequest::sample);
    against_kafka_wire::<
        super::DeleteShareGroupStateResponse,
        kafka_wire::DeleteShareGroupStateResponse,
    >(super::DeleteShareGroupStateResponse::sample);
    against_kafka_wire::<super::DeleteTopicsRequest, kafka_wire::DeleteTopicsRequest>(
        super::DeleteTopicsRequest::sample,
    );
    against_kafka_wire::<super::DeleteTopicsResponse, kafka_wire::DeleteTopicsResponse>(
        super::DeleteTopicsResponse::sample,
    );
    against_kafka_wire::<super::DescribeAclsRequest, kafka_wire::DescribeAclsRequest>(
        super::DescribeAclsRequest::sample,
    );
    against_kafka_wire::<super::DescribeAclsResponse, kafka_wire::DescribeAclsResponse>(
        super::DescribeAclsResponse::sample,
    );
    against_kafka_wire::<super::DescribeClientQuotasRequest, kafka_wire::DescribeClientQuotasRequest>(
        super::DescribeClientQuotasRequest::sample,
    );
    against_kafka_wire::<
        super::DescribeClientQuotasResponse,
        kafka_wire::DescribeClientQuotasResponse,
    >(super::DescribeClientQuotasResponse::sample);
    against_kafka_wire::<super::DescribeClusterRequest, kafka_wire::DescribeClusterRequest>(
        super::DescribeClusterRequest::sample,
    );
    against_kafka_wire::<super::DescribeClusterResponse, kafka_wire::DescribeClusterResponse>(
        super::DescribeClusterResponse::sample,
    );
    against_kafka_wire::<super::DescribeConfigsRequest, kafka_wire::DescribeConfigsRequest>(
        super::DescribeConfigsRequest::sample,
    );
    against_kafka_wire::<super::DescribeConfigsResponse, kafka_wire::DescribeConfigsResponse>(
        super::DescribeConfigsResponse::sample,
    );
    against_kafka_wire::<
        super::DescribeDelegationTokenRequest,
        kafka_wire::DescribeDelegationTokenRequest,
    >(super::DescribeDelegationTokenRequest::sample);
    against_kafka_wire::<
        super::DescribeDelegationTokenResponse,
        kafka_wire::DescribeDelegationTokenResponse,
    >(super::DescribeDelegationTokenResponse::sample);
    against_kafka_wire::<super::DescribeGroupsRequest, kafka_wire::DescribeGroupsRequest>(
        super::DescribeGroupsRequest::sample,
    );
    against_kafka_wire::<super::DescribeGroupsResponse, kafka_wire::DescribeGroupsResponse>(
        super::DescribeGroupsResponse::sample,
    );
    against_kafka_wire::<super::DescribeLogDirsRequest, kafka_wire::DescribeLogDirsRequest>(
        super::DescribeLogDirsRequest::sample,
    );
    against_kafka_wire::<super::DescribeLogDirsResponse, kafka_wire::DescribeLogDirsResponse>(
        super::DescribeLogDirsResponse::sample,
    );
    against_kafka_wire::<super::DescribeProducersRequest, kafka_wire::DescribeProducersRequest>(
        super::DescribeProducersRequest::sample,
    );
    against_kafka_wire::<super::DescribeProducersResponse, kafka_wire::DescribeProducersResponse>(
        super::DescribeProducersResponse::sample,
    );
    against_kafka_wire::<super::DescribeQuorumRequest, kafka_wire::DescribeQuorumRequest>(
        super::DescribeQuorumRequest::sample,
    );
    against_kafka_wire::<super::DescribeQuorumResponse, kafka_wire::DescribeQuorumResponse>(
        super::DescribeQuorumResponse::sample,
    );
    against_kafka_wire::<
        super::DescribeShareGroupOffsetsRequest,
        kafka_wire::DescribeShareGroupOffsetsRequest,
    >(super::DescribeShareGroupOffsetsRequest::sample);
    against_kafka_wire::<
        super::DescribeShareGroupOffsetsResponse,
        kafka_wire::DescribeShareGroupOffsetsResponse,
    >(super::DescribeShareGroupOffsetsResponse::sample);
    against_kafka_wire::<
        super::DescribeTopicPartitionsRequest,
        kafka_wire::DescribeTopicPartitionsRequest,
    >(super::DescribeTopicPartitionsRequest::sample);
    against_kafka_wire::<
        super::DescribeTopicPartitionsResponse,
        kafka_wire::DescribeTopicPartitionsResponse,
    >(super::DescribeTopicPartitionsResponse::sample);
    against_kafka_wire::<super::DescribeTransactionsRequest, kafka_wire::DescribeTransactionsRequest>(
        super::DescribeTransactionsRequest::sample,
    );
    against_kafka_wire::<
        super::DescribeTransactionsResponse,
        kafka_wire::DescribeTransactionsResponse,
    >(super::DescribeTransactionsResponse::sample);
    against_kafka_wire::<
        super::DescribeUserScramCredentialsRequest,
        kafka_wire::DescribeUserScramCredentialsRequest,
    >(super::DescribeUserScramCredentialsRequest::sample);
    against_kafka_wire::<
        super::DescribeUserScramCredentialsResponse,
        kafka_wire::DescribeUserScramCredentialsResponse,
    >(super::DescribeUserScramCredentialsResponse::sample);
    against_kafka_wire::<super::ElectLeadersRequest, kafka_wire::ElectLeadersRequest>(
        super::ElectLeadersRequest::sample,
    );
    against_kafka_wire::<super::ElectLeadersResponse, kafka_wire::ElectLeadersResponse>(
        super::ElectLeadersResponse::sample,
    );
    against_kafka_wire::<super::EndQuorumEpochRequest, kafka_wire::EndQuorumEpochRequest>(
        super::EndQuorumEpochRequest::sample,
    );
    against_kafka_wire::<super::EndQuorumEpochResponse, kafka_wire::EndQuorumEpochResponse>(
        super::EndQuorumEpochResponse::sample,
    );
    against_kafka_wire::<super::EndTxnRequest, kafka_wire::EndTxnRequest>(
        super::EndTxnRequest::sample,
    );
    against_kafka_wire::<super::EndTxnResponse, kafka_wire::EndTxnResponse>(
        super::EndTxnResponse::sample,
    );
    against_kafka_wire::<super::EnvelopeRequest, kafka_wire::EnvelopeRequest>(
        super::EnvelopeRequest::sample,
    );
    against_kafka_wire::<super::EnvelopeResponse, kafka_wire::EnvelopeResponse>(
        super::EnvelopeResponse::sample,
    );
    against_kafka_wire::<
        super::ExpireDelegationTokenRequest,
        kafka_wire::ExpireDelegationTokenRequest,
    >(super::ExpireDelegationTokenRequest::sample);
    against_kafka_wire::<
        super::ExpireDelegationTokenResponse,
        kafka_wire::ExpireDelegationTokenResponse,
    >(super::ExpireDelegationTokenResponse::sample);
    against_kafka_wire::<super::FetchRequest, kafka_wire::FetchRequest>(
        super::FetchRequest::sample,
    );
    against_kafka_wire::<super::FetchResponse, kafka_wire::FetchResponse>(
        super::FetchResponse::sample,
    );
    against_kafka_wire::<super::FetchSnapshotRequest, kafka_wire::FetchSnapshotRequest>(
        super::FetchSnapshotRequest::sample,
    );
    against_kafka_wire::<super::FetchSnapshotResponse, kafka_wire::FetchSnapshotResponse>(
        super::FetchSnapshotResponse::sample,
    );
    against_kafka_wire::<super::FindCoordinatorRequest, kafka_wire::FindCoordinatorRequest>(
        super::FindCoordinatorRequest::sample,
    );
    against_kafka_wire::<super::FindCoordinatorResponse, kafka_wire::FindCoordinatorResponse>(
        super::FindCoordinatorResponse::sample,
    );
    against_kafka_wire::<
        super::GetTelemetrySubscriptionsRequest,
        kafka_wire::GetTelemetrySubscriptionsRequest,
    >(super::GetTelemetrySubscriptionsRequest::sample);
    against_kafka_wire::<
        super::GetTelemetrySubscriptionsResponse,
        kafka_wire::GetTelemetrySubscriptionsResponse,
    >(super::GetTelemetrySubscriptionsResponse::sample);
    against_kafka_wire::<super::HeartbeatRequest, kafka_wire::HeartbeatRequest>(
        super::HeartbeatRequest::sample,
    );
    against_kafka_wire::<super::HeartbeatResponse, kafka_wire::HeartbeatResponse>(
        super::HeartbeatResponse::sample,
    );
    against_kafka_wire::<
        super::IncrementalAlterConfigsRequest,
        kafka_wire::IncrementalAlterConfigsRequest,
    >(super::IncrementalAlterConfigsRequest::sample);
    against_kafka_wire::<
        super::IncrementalAlterConfigsResponse,
        kafka_wire::IncrementalAlterConfigsResponse,
    >(super::IncrementalAlterConfigsResponse::sample);
    against_kafka_wire::<super::InitProducerIdRequest, kafka_wire::InitProducerIdRequest>(
        super::InitProducerIdRequest::sample,
    );
    against_kafka_wire::<super::InitProducerIdResponse, kafka_wire::InitProducerIdResponse>(
        super::InitProducerIdResponse::sample,
    );
    against_kafka_wire::<
        super::InitializeShareGroupStateRequest,
        kafka_wire::InitializeShareGroupStateRequest,
    >(super::InitializeShareGroupStateRequest::sample);
    against_kafka_wire::<
        super::InitializeShareGroupStateResponse,
        kafka_wire::InitializeShareGroupStateResponse,
    >(super::InitializeShareGroupStateResponse::sample);
    against_kafka_wire::<super::JoinGroupRequest, kafka_wire::JoinGroupRequest>(
        super::JoinGroupRequest::sample,
    );
    against_kafka_wire::<super::JoinGroupResponse, kafka_wire::JoinGroupResponse>(
        super::JoinGroupResponse::sample,
    );
    against_kafka_wire::<super::LeaveGroupRequest, kafka_wire::LeaveGroupRequest>(
        super::LeaveGroupRequest::sample,
    );
    against_kafka_wire::<super::LeaveGroupResponse, kafka_wire::LeaveGroupResponse>(
        super::LeaveGroupResponse::sample,
    );
    against_kafka_wire::<super::ListConfigResourcesRequest, kafka_wire::ListConfigResourcesRequest>(
        super::ListConfigResourcesRequest::sample,
    );
    against_kafka_wire::<super::ListConfigResourcesResponse, kafka_wire::ListConfigResourcesResponse>(
        super::ListConfigResourcesResponse::sample,
    );
    against_kafka_wire::<super::ListGroupsRequest, kafka_wire::ListGroupsRequest>(
        super::ListGroupsRequest::sample,
    );
    against_kafka_wire::<super::ListGroupsResponse, kafka_wire::ListGroupsResponse>(
        super::ListGroupsResponse::sample,
    );
    against_kafka_wire::<super::ListOffsetsRequest, kafka_wire::ListOffsetsRequest>(
        super::ListOffsetsRequest::sample,
    );
    against_kafka_wire::<super::ListOffsetsResponse, kafka_wire::ListOffsetsResponse>(
        super::ListOffsetsResponse::sample,
    );
    against_kafka_wire::<
        super::ListPartitionReassignmentsRequest,
        kafka_wire::ListPartitionReassignmentsRequest,
    >(super::ListPartitionReassignmentsRequest::sample);
    against_kafka_wire::<
        super::ListPartitionReassignmentsResponse,
        kafka_wire::ListPartitionReassignmentsResponse,
    >(super::ListPartitionReassignmentsResponse::sample);
    against_kafka_wire::<super::ListTransactionsRequest, kafka_wire::ListTransactionsRequest>(
        super::ListTransactionsRequest::sample,
    );
    against_kafka_wire::<super::ListTransactionsResponse, kafka_wire::ListTransactionsResponse>(
        super::ListTransactionsResponse::sample,
    );
    against_kafka_wire::<super::MetadataRequest, kafka_wire::MetadataRequest>(
        super::MetadataRequest::sample,
    );
    against_kafka_wire::<super::MetadataResponse, kafka_wire::MetadataResponse>(
        super::MetadataResponse::sample,
    );
    against_kafka_wire::<super::OffsetCommitRequest, kafka_wire::OffsetCommitRequest>(
        super::OffsetCommitRequest::sample,
    );
    against_kafka_wire::<super::OffsetCommitResponse, kafka_wire::OffsetCommitResponse>(
        super::OffsetCommitResponse::sample,
    );
    against_kafka_wire::<super::OffsetDeleteRequest, kafka_wire::OffsetDeleteRequest>(
        super::OffsetDeleteRequest::sample,
    );
    against_kafka_wire::<super::OffsetDeleteResponse, kafka_wire::OffsetDeleteResponse>(
        super::OffsetDeleteResponse::sample,
    );
    against_kafka_wire::<super::OffsetFetchRequest, kafka_wire::OffsetFetchRequest>(
        super::OffsetFetchRequest::sample,
    );
    against_kafka_wire::<super::OffsetFetchResponse, kafka_wire::OffsetFetchResponse>(
        super::OffsetFetchResponse::sample,
    );
    against_kafka_wire::<super::OffsetForLeaderEpochRequest, kafka_wire::OffsetForLeaderEpochRequest>(
        super::OffsetForLeaderEpochRequest::sample,
    );
    against_kafka_wire::<
        super::OffsetForLeaderEpochResponse,
        kafka_wire::OffsetForLeaderEpochResponse,
    >(super::OffsetForLeaderEpochResponse::sample);
    against_kafka_wire::<super::ProduceRequest, kafka_wire::ProduceRequest>(
        super::ProduceRequest::sample,
    );
    against_kafka_wire::<super::ProduceResponse, kafka_wire::ProduceResponse>(
        super::ProduceResponse::sample,
    );
    against_kafka_wire::<super::PushTelemetryRequest, kafka_wire::PushTelemetryRequest>(
        super::PushTelemetryRequest::sample,
    );
    against_kafka_wire::<super::PushTelemetryResponse, kafka_wire::PushTelemetryResponse>(
        super::PushTelemetryResponse::sample,
    );
    against_kafka_wire::<super::ReadShareGroupStateRequest, kafka_wire::ReadShareGroupStateRequest>(
        super::ReadShareGroupStateRequest::sample,
    );
    against_kafka_wire::<super::ReadShareGroupStateResponse, kafka_wire::ReadShareGroupStateResponse>(
        super::ReadShareGroupStateResponse::sample,
    );
    against_kafka_wire::<
        super::ReadShareGroupStateSummaryRequest,
        kafka_wire::ReadShareGroupStateSummaryRequest,
    >(super::ReadShareGroupStateSummaryRequest::sample);
    against_kafka_wire::<
        super::ReadShareGroupStateSummaryResponse,
        kafka_wire::ReadShareGroupStateSummaryResponse,
    >(super::ReadShareGroupStateSummaryResponse::sample);
    against_kafka_wire::<super::RemoveRaftVoterRequest, kafka_wire::RemoveRaftVoterRequest>(
        super::RemoveRaftVoterRequest::sample,
    );
    against_kafka_wire::<super::RemoveRaftVoterResponse, kafka_wire::RemoveRaftVoterResponse>(
        super::RemoveRaftVoterResponse::sample,
    );
    against_kafka_wire::<super::RenewDelegationTokenRequest, kafka_wire::RenewDelegationTokenRequest>(
        super::RenewDelegationTokenRequest::sample,
    );
    against_kafka_wire::<
        super::RenewDelegationTokenResponse,
        kafka_wire::RenewDelegationTokenResponse,
    >(super::RenewDelegationTokenResponse::sample);
    against_kafka_wire::<super::SaslAuthenticateRequest, kafka_wire::SaslAuthenticateRequest>(
        super::SaslAuthenticateRequest::sample,
    );
    against_kafka_wire::<super::SaslAuthenticateResponse, kafka_wire::SaslAuthenticateResponse>(
        super::SaslAuthenticateResponse::sample,
    );
    against_kafka_wire::<super::SaslHandshakeRequest, kafka_wire::SaslHandshakeRequest>(
        super::SaslHandshakeRequest::sample,
    );
    against_kafka_wire::<super::SaslHandshakeResponse, kafka_wire::SaslHandshakeResponse>(
        super::SaslHandshakeResponse::sample,
    );
    against_kafka_wire::<super::ShareAcknowledgeRequest, kafka_wire::ShareAcknowledgeRequest>(
        super::ShareAcknowledgeRequest::sample,
    );
    against_kafka_wire::<super::ShareAcknowledgeResponse, kafka_wire::ShareAcknowledgeResponse>(
        super::ShareAcknowledgeResponse::sample,
    );
    against_kafka_wire::<super::ShareFetchRequest, kafka_wire::ShareFetchRequest>(
        super::ShareFetchRequest::sample,
    );
    against_kafka_wire::<super::ShareFetchResponse, kafka_wire::ShareFetchResponse>(
        super::ShareFetchResponse::sample,
    );
    against_kafka_wire::<super::ShareGroupDescribeRequest, kafka_wire::ShareGroupDescribeRequest>(
        super::ShareGroupDescribeRequest::sample,
    );
    against_kafka_wire::<super::ShareGroupDescribeResponse, kafka_wire::ShareGroupDescribeResponse>(
        super::ShareGroupDescribeResponse::sample,
    );
    against_kafka_wire::<super::ShareGroupHeartbeatRequest, kafka_wire::ShareGroupHeartbeatRequest>(
        super::ShareGroupHeartbeatRequest::sample,
    );
    against_kafka_wire::<super::ShareGroupHeartbeatResponse, kafka_wire::ShareGroupHeartbeatResponse>(
        super::ShareGroupHeartbeatResponse::sample,
    );
    against_kafka_wire::<super::StreamsGroupDescribeRequest, kafka_wire::StreamsGroupDescribeRequest>(
        super::StreamsGroupDescribeRequest::sample,
    );
    against_kafka_wire::<
        super::StreamsGroupDescribeResponse,
        kafka_wire::StreamsGroupDescribeResponse,
    >(super::StreamsGroupDescribeResponse::sample);
    against_kafka_wire::<
        super::StreamsGroupHeartbeatRequest,
        kafka_wire::StreamsGroupHeartbeatRequest,
    >(super::StreamsGroupHeartbeatRequest::sample);
    against_kafka_wire::<
        super::StreamsGroupHeartbeatResponse,
        kafka_wire::StreamsGroupHeartbeatResponse,
    >(super::StreamsGroupHeartbeatResponse::sample);
    against_kafka_wire::<super::SyncGroupRequest, kafka_wire::SyncGroupRequest>(
        super::SyncGroupRequest::sample,
    );
    against_kafka_wire::<super::SyncGroupResponse, kafka_wire::SyncGroupResponse>(
        super::SyncGroupResponse::sample,
    );
    against_kafka_wire::<super::TxnOffsetCommitRequest, kafka_wire::TxnOffsetCommitRequest>(
        super::TxnOffsetCommitRequest::sample,
    );
    against_kafka_wire::<super::TxnOffsetCommitResponse, kafka_wire::TxnOffsetCommitResponse>(
        super::TxnOffsetCommitResponse::sample,
    );
    against_kafka_wire::<super::UnregisterBrokerRequest, kafka_wire::UnregisterBrokerRequest>(
        super::UnregisterBrokerRequest::sample,
    );
    against_kafka_wire::<super::UnregisterBrokerResponse, kafka_wire::UnregisterBrokerResponse>(
        super::UnregisterBrokerResponse::sample,
    );
    against_kafka_wire::<super::UpdateFeaturesRequest, kafka_wire::UpdateFeaturesRequest>(
        super::UpdateFeaturesRequest::sample,
    );
    against_kafka_wire::<super::UpdateFeaturesResponse, kafka_wire::UpdateFeaturesResponse>(
        super::UpdateFeaturesResponse::sample,
    );
    against_kafka_wire::<super::UpdateRaftVoterRequest, kafka_wire::UpdateRaftVoterRequest>(
        super::UpdateRaftVoterRequest::sample,
    );
    against_kafka_wire::<super::UpdateRaftVoterResponse, kafka_wire::UpdateRaftVoterResponse>(
        super::UpdateRaftVoterResponse::sample,
    );
    against_kafka_wire::<super::VoteRequest, kafka_wire::VoteRequest>(super::VoteRequest::sample);
    against_kafka_wire::<super::VoteResponse, kafka_wire::VoteResponse>(
        super::VoteResponse::sample,
    );
    against_kafka_wire::<super::WriteShareGroupStateRequest, kafka_wire::WriteShareGroupStateRequest>(
        super::WriteShareGroupStateRequest::sample,
    );
    against_kafka_wire::<
        super::WriteShareGroupStateResponse,
        kafka_wire::WriteShareGroupStateResponse,
    >(super::WriteShareGroupStateResponse::sample);
    against_kafka_wire::<super::WriteTxnMarkersRequest, kafka_wire::WriteTxnMarkersRequest>(
        super::WriteTxnMarkersRequest::sample,
    );
    against_kafka_wire::<super::WriteTxnMarkersResponse, kafka_wire::WriteTxnMarkersResponse>(
        super::WriteTxnMarkersResponse::sample,
    );
}
