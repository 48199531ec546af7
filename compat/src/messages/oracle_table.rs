//! Which message is compared with which published codec, and what is tried with every message.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use kafka_protocol::messages as protocol;
use kafka_wire as wire;

use super::oracle::{against_kafka_protocol, against_kafka_wire};
use super::tests::round_trip;

macro_rules! every {
    ($check:ident: $($message:ident)*) => {
        $($check::<super::$message>(super::$message::sample);)*
    };
    ($check:ident with $oracle:ident: $($message:ident)*) => {
        $($check::<super::$message, $oracle::$message>(super::$message::sample);)*
    };
}

#[test]
fn every_message_is_read_back_in_every_version() {
    every! { round_trip:
        AddOffsetsToTxnRequest AddOffsetsToTxnResponse AddPartitionsToTxnRequest AddPartitionsToTxnResponse
        AddRaftVoterRequest AddRaftVoterResponse AllocateProducerIdsRequest AllocateProducerIdsResponse
        AlterClientQuotasRequest AlterClientQuotasResponse AlterConfigsRequest AlterConfigsResponse
        AlterPartitionRequest AlterPartitionResponse AlterPartitionReassignmentsRequest AlterPartitionReassignmentsResponse
        AlterReplicaLogDirsRequest AlterReplicaLogDirsResponse AlterShareGroupOffsetsRequest AlterShareGroupOffsetsResponse
        AlterUserScramCredentialsRequest AlterUserScramCredentialsResponse ApiVersionsRequest ApiVersionsResponse
        AssignReplicasToDirsRequest AssignReplicasToDirsResponse BeginQuorumEpochRequest BeginQuorumEpochResponse
        BrokerHeartbeatRequest BrokerHeartbeatResponse BrokerRegistrationRequest BrokerRegistrationResponse
        ConsumerGroupDescribeRequest ConsumerGroupDescribeResponse ConsumerGroupHeartbeatRequest ConsumerGroupHeartbeatResponse
        ConsumerGroupMetadataKey ConsumerGroupMetadataValue ConsumerGroupPartitionMetadataKey ConsumerGroupPartitionMetadataValue
        ConsumerGroupMemberMetadataKey ConsumerGroupMemberMetadataValue ConsumerGroupTargetAssignmentMetadataKey ConsumerGroupTargetAssignmentMetadataValue
        ConsumerGroupTargetAssignmentMemberKey ConsumerGroupTargetAssignmentMemberValue ConsumerGroupCurrentMemberAssignmentKey ConsumerGroupCurrentMemberAssignmentValue
        ConsumerGroupRegularExpressionKey ConsumerGroupRegularExpressionValue LegacyOffsetCommitKey LegacyOffsetCommitValue
        OffsetCommitKey OffsetCommitValue GroupMetadataKey GroupMetadataValue
        ConsumerProtocolSubscription ConsumerProtocolAssignment ControlRecordTypeSchema EndTxnMarker
        LeaderChangeMessage SnapshotHeaderRecord SnapshotFooterRecord KRaftVersionRecord
        VotersRecord ControllerRegistrationRequest ControllerRegistrationResponse CreateAclsRequest
        CreateAclsResponse CreateDelegationTokenRequest CreateDelegationTokenResponse CreatePartitionsRequest
        CreatePartitionsResponse CreateTopicsRequest CreateTopicsResponse DeleteAclsRequest
        DeleteAclsResponse DeleteGroupsRequest DeleteGroupsResponse DeleteRecordsRequest
        DeleteRecordsResponse DeleteShareGroupOffsetsRequest DeleteShareGroupOffsetsResponse DeleteShareGroupStateRequest
        DeleteShareGroupStateResponse DeleteTopicsRequest DeleteTopicsResponse DescribeAclsRequest
        DescribeAclsResponse DescribeClientQuotasRequest DescribeClientQuotasResponse DescribeClusterRequest
        DescribeClusterResponse DescribeConfigsRequest DescribeConfigsResponse DescribeDelegationTokenRequest
        DescribeDelegationTokenResponse DescribeGroupsRequest DescribeGroupsResponse DescribeLogDirsRequest
        DescribeLogDirsResponse DescribeProducersRequest DescribeProducersResponse DescribeQuorumRequest
        DescribeQuorumResponse DescribeShareGroupOffsetsRequest DescribeShareGroupOffsetsResponse DescribeTierRequest
        DescribeTierResponse DescribeTopicPartitionsRequest DescribeTopicPartitionsResponse DescribeTransactionsRequest
        DescribeTransactionsResponse DescribeUserScramCredentialsRequest DescribeUserScramCredentialsResponse ElectLeadersRequest
        ElectLeadersResponse EndQuorumEpochRequest EndQuorumEpochResponse EndTxnRequest
        EndTxnResponse EnvelopeRequest EnvelopeResponse ExpireDelegationTokenRequest
        ExpireDelegationTokenResponse FetchRequest FetchResponse FetchSnapshotRequest
        FetchSnapshotResponse FindCoordinatorRequest FindCoordinatorResponse GetTelemetrySubscriptionsRequest
        GetTelemetrySubscriptionsResponse RequestHeader ResponseHeader HeartbeatRequest
        HeartbeatResponse IncrementalAlterConfigsRequest IncrementalAlterConfigsResponse InitProducerIdRequest
        InitProducerIdResponse InitializeShareGroupStateRequest InitializeShareGroupStateResponse JoinGroupRequest
        JoinGroupResponse LeaveGroupRequest LeaveGroupResponse ListConfigResourcesRequest
        ListConfigResourcesResponse ListGroupsRequest ListGroupsResponse ListOffsetsRequest
        ListOffsetsResponse ListPartitionReassignmentsRequest ListPartitionReassignmentsResponse ListTransactionsRequest
        ListTransactionsResponse MetadataRequest MetadataResponse OffsetCommitRequest
        OffsetCommitResponse OffsetDeleteRequest OffsetDeleteResponse OffsetFetchRequest
        OffsetFetchResponse OffsetForLeaderEpochRequest OffsetForLeaderEpochResponse DefaultPrincipalData
        ProduceRequest ProduceResponse PushTelemetryRequest PushTelemetryResponse
        RaftMessageRequest RaftMessageResponse ReadShareGroupStateRequest ReadShareGroupStateResponse
        ReadShareGroupStateSummaryRequest ReadShareGroupStateSummaryResponse RemoveRaftVoterRequest RemoveRaftVoterResponse
        RenewDelegationTokenRequest RenewDelegationTokenResponse SaslAuthenticateRequest SaslAuthenticateResponse
        SaslHandshakeRequest SaslHandshakeResponse ShareAcknowledgeRequest ShareAcknowledgeResponse
        ShareFetchRequest ShareFetchResponse ShareGroupDescribeRequest ShareGroupDescribeResponse
        ShareGroupHeartbeatRequest ShareGroupHeartbeatResponse ShareGroupMemberMetadataKey ShareGroupMemberMetadataValue
        ShareGroupMetadataKey ShareGroupMetadataValue ShareGroupTargetAssignmentMetadataKey ShareGroupTargetAssignmentMetadataValue
        ShareGroupTargetAssignmentMemberKey ShareGroupTargetAssignmentMemberValue ShareGroupCurrentMemberAssignmentKey ShareGroupCurrentMemberAssignmentValue
        ShareGroupStatePartitionMetadataKey ShareGroupStatePartitionMetadataValue StreamsGroupDescribeRequest StreamsGroupDescribeResponse
        StreamsGroupHeartbeatRequest StreamsGroupHeartbeatResponse StreamsGroupMetadataKey StreamsGroupMetadataValue
        StreamsGroupMemberMetadataKey StreamsGroupMemberMetadataValue StreamsGroupTargetAssignmentMetadataKey StreamsGroupTargetAssignmentMetadataValue
        StreamsGroupTargetAssignmentMemberKey StreamsGroupTargetAssignmentMemberValue StreamsGroupCurrentMemberAssignmentKey StreamsGroupCurrentMemberAssignmentValue
        StreamsGroupTopologyKey StreamsGroupTopologyValue SyncGroupRequest SyncGroupResponse
        TransactionLogKey TransactionLogValue TxnOffsetCommitRequest TxnOffsetCommitResponse
        UnregisterBrokerRequest UnregisterBrokerResponse UpdateFeaturesRequest UpdateFeaturesResponse
        UpdateRaftVoterRequest UpdateRaftVoterResponse VerifyTierRequest VerifyTierResponse
        VoteRequest VoteResponse WriteShareGroupStateRequest WriteShareGroupStateResponse
        WriteTxnMarkersRequest WriteTxnMarkersResponse
    }
}

#[test]
fn kafka_protocol_reads_and_writes_the_same_bytes() {
    every! { against_kafka_protocol with protocol:
        AddOffsetsToTxnRequest AddOffsetsToTxnResponse AddPartitionsToTxnRequest AddPartitionsToTxnResponse
        AddRaftVoterRequest AddRaftVoterResponse AllocateProducerIdsRequest AllocateProducerIdsResponse
        AlterClientQuotasRequest AlterClientQuotasResponse AlterConfigsRequest AlterConfigsResponse
        AlterPartitionRequest AlterPartitionResponse AlterPartitionReassignmentsRequest AlterPartitionReassignmentsResponse
        AlterReplicaLogDirsRequest AlterReplicaLogDirsResponse AlterShareGroupOffsetsRequest AlterShareGroupOffsetsResponse
        AlterUserScramCredentialsRequest AlterUserScramCredentialsResponse ApiVersionsRequest ApiVersionsResponse
        AssignReplicasToDirsRequest AssignReplicasToDirsResponse BeginQuorumEpochRequest BeginQuorumEpochResponse
        BrokerHeartbeatRequest BrokerHeartbeatResponse BrokerRegistrationRequest BrokerRegistrationResponse
        ConsumerGroupDescribeRequest ConsumerGroupDescribeResponse ConsumerGroupHeartbeatRequest ConsumerGroupHeartbeatResponse
        ConsumerProtocolSubscription ConsumerProtocolAssignment EndTxnMarker SnapshotHeaderRecord
        SnapshotFooterRecord KRaftVersionRecord ControllerRegistrationRequest ControllerRegistrationResponse
        CreateAclsRequest CreateAclsResponse CreateDelegationTokenRequest CreateDelegationTokenResponse
        CreatePartitionsRequest CreatePartitionsResponse CreateTopicsRequest CreateTopicsResponse
        DeleteAclsRequest DeleteAclsResponse DeleteGroupsRequest DeleteGroupsResponse
        DeleteRecordsRequest DeleteRecordsResponse DeleteShareGroupOffsetsRequest DeleteShareGroupOffsetsResponse
        DeleteShareGroupStateRequest DeleteShareGroupStateResponse DeleteTopicsRequest DeleteTopicsResponse
        DescribeAclsRequest DescribeAclsResponse DescribeClientQuotasRequest DescribeClientQuotasResponse
        DescribeClusterRequest DescribeClusterResponse DescribeConfigsRequest DescribeConfigsResponse
        DescribeDelegationTokenRequest DescribeDelegationTokenResponse DescribeGroupsRequest DescribeGroupsResponse
        DescribeLogDirsRequest DescribeLogDirsResponse DescribeProducersRequest DescribeProducersResponse
        DescribeQuorumRequest DescribeQuorumResponse DescribeShareGroupOffsetsRequest DescribeShareGroupOffsetsResponse
        DescribeTopicPartitionsRequest DescribeTopicPartitionsResponse DescribeTransactionsRequest DescribeTransactionsResponse
        DescribeUserScramCredentialsRequest DescribeUserScramCredentialsResponse ElectLeadersRequest ElectLeadersResponse
        EndQuorumEpochRequest EndQuorumEpochResponse EndTxnRequest EndTxnResponse
        EnvelopeRequest EnvelopeResponse ExpireDelegationTokenRequest ExpireDelegationTokenResponse
        FetchRequest FetchResponse FetchSnapshotRequest FetchSnapshotResponse
        FindCoordinatorRequest FindCoordinatorResponse GetTelemetrySubscriptionsRequest GetTelemetrySubscriptionsResponse
        RequestHeader ResponseHeader HeartbeatRequest HeartbeatResponse
        IncrementalAlterConfigsRequest IncrementalAlterConfigsResponse InitProducerIdRequest InitProducerIdResponse
        InitializeShareGroupStateRequest InitializeShareGroupStateResponse JoinGroupRequest JoinGroupResponse
        LeaveGroupRequest LeaveGroupResponse ListConfigResourcesRequest ListConfigResourcesResponse
        ListGroupsRequest ListGroupsResponse ListOffsetsRequest ListOffsetsResponse
        ListPartitionReassignmentsRequest ListPartitionReassignmentsResponse ListTransactionsRequest ListTransactionsResponse
        MetadataRequest MetadataResponse OffsetCommitRequest OffsetCommitResponse
        OffsetDeleteRequest OffsetDeleteResponse OffsetFetchRequest OffsetFetchResponse
        OffsetForLeaderEpochRequest OffsetForLeaderEpochResponse DefaultPrincipalData ProduceRequest
        ProduceResponse PushTelemetryRequest PushTelemetryResponse ReadShareGroupStateRequest
        ReadShareGroupStateResponse ReadShareGroupStateSummaryRequest ReadShareGroupStateSummaryResponse RemoveRaftVoterRequest
        RemoveRaftVoterResponse RenewDelegationTokenRequest RenewDelegationTokenResponse SaslAuthenticateRequest
        SaslAuthenticateResponse SaslHandshakeRequest SaslHandshakeResponse ShareAcknowledgeRequest
        ShareAcknowledgeResponse ShareFetchRequest ShareFetchResponse ShareGroupDescribeRequest
        ShareGroupDescribeResponse ShareGroupHeartbeatRequest ShareGroupHeartbeatResponse SyncGroupRequest
        SyncGroupResponse TxnOffsetCommitRequest TxnOffsetCommitResponse UnregisterBrokerRequest
        UnregisterBrokerResponse UpdateFeaturesRequest UpdateFeaturesResponse UpdateRaftVoterRequest
        UpdateRaftVoterResponse VoteRequest VoteResponse WriteShareGroupStateRequest
        WriteShareGroupStateResponse WriteTxnMarkersRequest WriteTxnMarkersResponse
    }
}

#[test]
fn kafka_wire_reads_and_writes_the_same_bytes() {
    every! { against_kafka_wire with wire:
        AddOffsetsToTxnRequest AddOffsetsToTxnResponse AddPartitionsToTxnRequest AddPartitionsToTxnResponse
        AddRaftVoterRequest AddRaftVoterResponse AllocateProducerIdsRequest AllocateProducerIdsResponse
        AlterClientQuotasRequest AlterClientQuotasResponse AlterConfigsRequest AlterConfigsResponse
        AlterPartitionRequest AlterPartitionResponse AlterPartitionReassignmentsRequest AlterPartitionReassignmentsResponse
        AlterReplicaLogDirsRequest AlterReplicaLogDirsResponse AlterShareGroupOffsetsRequest AlterShareGroupOffsetsResponse
        AlterUserScramCredentialsRequest AlterUserScramCredentialsResponse ApiVersionsRequest ApiVersionsResponse
        AssignReplicasToDirsRequest AssignReplicasToDirsResponse BeginQuorumEpochRequest BeginQuorumEpochResponse
        BrokerHeartbeatRequest BrokerHeartbeatResponse BrokerRegistrationRequest BrokerRegistrationResponse
        ConsumerGroupDescribeRequest ConsumerGroupDescribeResponse ConsumerGroupHeartbeatRequest ConsumerGroupHeartbeatResponse
        ControllerRegistrationRequest ControllerRegistrationResponse CreateAclsRequest CreateAclsResponse
        CreateDelegationTokenRequest CreateDelegationTokenResponse CreatePartitionsRequest CreatePartitionsResponse
        CreateTopicsRequest CreateTopicsResponse DeleteAclsRequest DeleteAclsResponse
        DeleteGroupsRequest DeleteGroupsResponse DeleteRecordsRequest DeleteRecordsResponse
        DeleteShareGroupOffsetsRequest DeleteShareGroupOffsetsResponse DeleteShareGroupStateRequest DeleteShareGroupStateResponse
        DeleteTopicsRequest DeleteTopicsResponse DescribeAclsRequest DescribeAclsResponse
        DescribeClientQuotasRequest DescribeClientQuotasResponse DescribeClusterRequest DescribeClusterResponse
        DescribeConfigsRequest DescribeConfigsResponse DescribeDelegationTokenRequest DescribeDelegationTokenResponse
        DescribeGroupsRequest DescribeGroupsResponse DescribeLogDirsRequest DescribeLogDirsResponse
        DescribeProducersRequest DescribeProducersResponse DescribeQuorumRequest DescribeQuorumResponse
        DescribeShareGroupOffsetsRequest DescribeShareGroupOffsetsResponse DescribeTopicPartitionsRequest DescribeTopicPartitionsResponse
        DescribeTransactionsRequest DescribeTransactionsResponse DescribeUserScramCredentialsRequest DescribeUserScramCredentialsResponse
        ElectLeadersRequest ElectLeadersResponse EndQuorumEpochRequest EndQuorumEpochResponse
        EndTxnRequest EndTxnResponse EnvelopeRequest EnvelopeResponse
        ExpireDelegationTokenRequest ExpireDelegationTokenResponse FetchRequest FetchResponse
        FetchSnapshotRequest FetchSnapshotResponse FindCoordinatorRequest FindCoordinatorResponse
        GetTelemetrySubscriptionsRequest GetTelemetrySubscriptionsResponse HeartbeatRequest HeartbeatResponse
        IncrementalAlterConfigsRequest IncrementalAlterConfigsResponse InitProducerIdRequest InitProducerIdResponse
        InitializeShareGroupStateRequest InitializeShareGroupStateResponse JoinGroupRequest JoinGroupResponse
        LeaveGroupRequest LeaveGroupResponse ListConfigResourcesRequest ListConfigResourcesResponse
        ListGroupsRequest ListGroupsResponse ListOffsetsRequest ListOffsetsResponse
        ListPartitionReassignmentsRequest ListPartitionReassignmentsResponse ListTransactionsRequest ListTransactionsResponse
        MetadataRequest MetadataResponse OffsetCommitRequest OffsetCommitResponse
        OffsetDeleteRequest OffsetDeleteResponse OffsetFetchRequest OffsetFetchResponse
        OffsetForLeaderEpochRequest OffsetForLeaderEpochResponse ProduceRequest ProduceResponse
        PushTelemetryRequest PushTelemetryResponse ReadShareGroupStateRequest ReadShareGroupStateResponse
        ReadShareGroupStateSummaryRequest ReadShareGroupStateSummaryResponse RemoveRaftVoterRequest RemoveRaftVoterResponse
        RenewDelegationTokenRequest RenewDelegationTokenResponse SaslAuthenticateRequest SaslAuthenticateResponse
        SaslHandshakeRequest SaslHandshakeResponse ShareAcknowledgeRequest ShareAcknowledgeResponse
        ShareFetchRequest ShareFetchResponse ShareGroupDescribeRequest ShareGroupDescribeResponse
        ShareGroupHeartbeatRequest ShareGroupHeartbeatResponse StreamsGroupDescribeRequest StreamsGroupDescribeResponse
        StreamsGroupHeartbeatRequest StreamsGroupHeartbeatResponse SyncGroupRequest SyncGroupResponse
        TxnOffsetCommitRequest TxnOffsetCommitResponse UnregisterBrokerRequest UnregisterBrokerResponse
        UpdateFeaturesRequest UpdateFeaturesResponse UpdateRaftVoterRequest UpdateRaftVoterResponse
        VoteRequest VoteResponse WriteShareGroupStateRequest WriteShareGroupStateResponse
        WriteTxnMarkersRequest WriteTxnMarkersResponse
    }
}
