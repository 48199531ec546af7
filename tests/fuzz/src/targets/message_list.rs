//! The names of all messages, for the code that must do the same with each.
//!
//! Owns: the list and nothing else. A message that is missing here fails the check in `messages.rs` against the API keys.

/// Hands every message to another macro, as its first argument wants them.
macro_rules! every_message {
    ($then:ident $(, $more:tt)*) => {
        $then! { $($more,)*
            AddOffsetsToTxnRequest AddOffsetsToTxnResponse AddPartitionsToTxnRequest
            AddPartitionsToTxnResponse AddRaftVoterRequest AddRaftVoterResponse AllocateProducerIdsRequest
            AllocateProducerIdsResponse AlterClientQuotasRequest AlterClientQuotasResponse AlterConfigsRequest
            AlterConfigsResponse AlterPartitionRequest AlterPartitionResponse
            AlterPartitionReassignmentsRequest AlterPartitionReassignmentsResponse AlterReplicaLogDirsRequest
            AlterReplicaLogDirsResponse AlterShareGroupOffsetsRequest AlterShareGroupOffsetsResponse
            AlterUserScramCredentialsRequest AlterUserScramCredentialsResponse ApiVersionsRequest
            ApiVersionsResponse AssignReplicasToDirsRequest AssignReplicasToDirsResponse
            BeginQuorumEpochRequest BeginQuorumEpochResponse BrokerHeartbeatRequest BrokerHeartbeatResponse
            BrokerRegistrationRequest BrokerRegistrationResponse ConsumerGroupDescribeRequest
            ConsumerGroupDescribeResponse ConsumerGroupHeartbeatRequest ConsumerGroupHeartbeatResponse
            ConsumerGroupCurrentMemberAssignmentKey ConsumerGroupCurrentMemberAssignmentValue
            ConsumerGroupMemberMetadataKey ConsumerGroupMemberMetadataValue ConsumerGroupMetadataKey
            ConsumerGroupMetadataValue ConsumerGroupPartitionMetadataKey ConsumerGroupPartitionMetadataValue
            ConsumerGroupRegularExpressionKey ConsumerGroupRegularExpressionValue
            ConsumerGroupTargetAssignmentMemberKey ConsumerGroupTargetAssignmentMemberValue
            ConsumerGroupTargetAssignmentMetadataKey ConsumerGroupTargetAssignmentMetadataValue
            GroupMetadataKey GroupMetadataValue LegacyOffsetCommitKey LegacyOffsetCommitValue OffsetCommitKey
            OffsetCommitValue ConsumerProtocolAssignment ConsumerProtocolSubscription ControlRecordTypeSchema
            EndTxnMarker KRaftVersionRecord LeaderChangeMessage SnapshotFooterRecord SnapshotHeaderRecord
            VotersRecord ControllerRegistrationRequest ControllerRegistrationResponse CreateAclsRequest
            CreateAclsResponse CreateDelegationTokenRequest CreateDelegationTokenResponse
            CreatePartitionsRequest CreatePartitionsResponse CreateTopicsRequest CreateTopicsResponse
            DeleteAclsRequest DeleteAclsResponse DeleteGroupsRequest DeleteGroupsResponse DeleteRecordsRequest
            DeleteRecordsResponse DeleteShareGroupOffsetsRequest DeleteShareGroupOffsetsResponse
            DeleteShareGroupStateRequest DeleteShareGroupStateResponse DeleteTopicsRequest
            DeleteTopicsResponse DescribeAclsRequest DescribeAclsResponse DescribeClientQuotasRequest
            DescribeClientQuotasResponse DescribeClusterRequest DescribeClusterResponse DescribeConfigsRequest
            DescribeConfigsResponse DescribeDelegationTokenRequest DescribeDelegationTokenResponse
            DescribeGroupsRequest DescribeGroupsResponse DescribeLogDirsRequest DescribeLogDirsResponse
            DescribeProducersRequest DescribeProducersResponse DescribeQuorumRequest DescribeQuorumResponse
            DescribeShareGroupOffsetsRequest DescribeShareGroupOffsetsResponse DescribeTierRequest
            DescribeTierResponse DescribeTopicPartitionsRequest DescribeTopicPartitionsResponse
            DescribeTransactionsRequest DescribeTransactionsResponse DescribeUserScramCredentialsRequest
            DescribeUserScramCredentialsResponse ElectLeadersRequest ElectLeadersResponse
            EndQuorumEpochRequest EndQuorumEpochResponse EndTxnRequest EndTxnResponse EnvelopeRequest
            EnvelopeResponse ExpireDelegationTokenRequest ExpireDelegationTokenResponse FetchRequest
            FetchResponse FetchSnapshotRequest FetchSnapshotResponse FindCoordinatorRequest
            FindCoordinatorResponse GetTelemetrySubscriptionsRequest GetTelemetrySubscriptionsResponse
            RequestHeader ResponseHeader HeartbeatRequest HeartbeatResponse IncrementalAlterConfigsRequest
            IncrementalAlterConfigsResponse InitProducerIdRequest InitProducerIdResponse
            InitializeShareGroupStateRequest InitializeShareGroupStateResponse JoinGroupRequest
            JoinGroupResponse LeaveGroupRequest LeaveGroupResponse ListConfigResourcesRequest
            ListConfigResourcesResponse ListGroupsRequest ListGroupsResponse ListOffsetsRequest
            ListOffsetsResponse ListPartitionReassignmentsRequest ListPartitionReassignmentsResponse
            ListTransactionsRequest ListTransactionsResponse MetadataRequest MetadataResponse
            OffsetCommitRequest OffsetCommitResponse OffsetDeleteRequest OffsetDeleteResponse
            OffsetFetchRequest OffsetFetchResponse OffsetForLeaderEpochRequest OffsetForLeaderEpochResponse
            DefaultPrincipalData ProduceRequest ProduceResponse PushTelemetryRequest PushTelemetryResponse
            RaftMessageRequest RaftMessageResponse ReadShareGroupStateRequest ReadShareGroupStateResponse
            ReadShareGroupStateSummaryRequest ReadShareGroupStateSummaryResponse RemoveRaftVoterRequest
            RemoveRaftVoterResponse RenewDelegationTokenRequest RenewDelegationTokenResponse
            SaslAuthenticateRequest SaslAuthenticateResponse SaslHandshakeRequest SaslHandshakeResponse
            ShareAcknowledgeRequest ShareAcknowledgeResponse ShareFetchRequest ShareFetchResponse
            ShareGroupDescribeRequest ShareGroupDescribeResponse ShareGroupHeartbeatRequest
            ShareGroupHeartbeatResponse ShareGroupCurrentMemberAssignmentKey
            ShareGroupCurrentMemberAssignmentValue ShareGroupMemberMetadataKey ShareGroupMemberMetadataValue
            ShareGroupMetadataKey ShareGroupMetadataValue ShareGroupStatePartitionMetadataKey
            ShareGroupStatePartitionMetadataValue ShareGroupTargetAssignmentMemberKey
            ShareGroupTargetAssignmentMemberValue ShareGroupTargetAssignmentMetadataKey
            ShareGroupTargetAssignmentMetadataValue StreamsGroupDescribeRequest StreamsGroupDescribeResponse
            StreamsGroupHeartbeatRequest StreamsGroupHeartbeatResponse StreamsGroupCurrentMemberAssignmentKey
            StreamsGroupCurrentMemberAssignmentValue StreamsGroupMemberMetadataKey
            StreamsGroupMemberMetadataValue StreamsGroupMetadataKey StreamsGroupMetadataValue
            StreamsGroupTargetAssignmentMemberKey StreamsGroupTargetAssignmentMemberValue
            StreamsGroupTargetAssignmentMetadataKey StreamsGroupTargetAssignmentMetadataValue
            StreamsGroupTopologyKey StreamsGroupTopologyValue SyncGroupRequest SyncGroupResponse
            TransactionLogKey TransactionLogValue TxnOffsetCommitRequest TxnOffsetCommitResponse
            UnregisterBrokerRequest UnregisterBrokerResponse UpdateFeaturesRequest UpdateFeaturesResponse
            UpdateRaftVoterRequest UpdateRaftVoterResponse VerifyTierRequest VerifyTierResponse VoteRequest
            VoteResponse WriteShareGroupStateRequest WriteShareGroupStateResponse WriteTxnMarkersRequest
            WriteTxnMarkersResponse
        }
    };
}

pub(super) use every_message;
