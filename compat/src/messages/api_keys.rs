//! The keys of all APIs, with the facts that their schemas state.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

/// An API, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum ApiKey {
    /// Produce.
    Produce = 0,
    /// Fetch.
    Fetch = 1,
    /// ListOffsets.
    ListOffsets = 2,
    /// Metadata.
    Metadata = 3,
    /// LeaderAndIsr, withdrawn.
    LeaderAndIsr = 4,
    /// StopReplica, withdrawn.
    StopReplica = 5,
    /// UpdateMetadata, withdrawn.
    UpdateMetadata = 6,
    /// ControlledShutdown, withdrawn.
    ControlledShutdown = 7,
    /// OffsetCommit.
    OffsetCommit = 8,
    /// OffsetFetch.
    OffsetFetch = 9,
    /// FindCoordinator.
    FindCoordinator = 10,
    /// JoinGroup.
    JoinGroup = 11,
    /// Heartbeat.
    Heartbeat = 12,
    /// LeaveGroup.
    LeaveGroup = 13,
    /// SyncGroup.
    SyncGroup = 14,
    /// DescribeGroups.
    DescribeGroups = 15,
    /// ListGroups.
    ListGroups = 16,
    /// SaslHandshake.
    SaslHandshake = 17,
    /// ApiVersions.
    ApiVersions = 18,
    /// CreateTopics.
    CreateTopics = 19,
    /// DeleteTopics.
    DeleteTopics = 20,
    /// DeleteRecords.
    DeleteRecords = 21,
    /// InitProducerId.
    InitProducerId = 22,
    /// OffsetForLeaderEpoch.
    OffsetForLeaderEpoch = 23,
    /// AddPartitionsToTxn.
    AddPartitionsToTxn = 24,
    /// AddOffsetsToTxn.
    AddOffsetsToTxn = 25,
    /// EndTxn.
    EndTxn = 26,
    /// WriteTxnMarkers.
    WriteTxnMarkers = 27,
    /// TxnOffsetCommit.
    TxnOffsetCommit = 28,
    /// DescribeAcls.
    DescribeAcls = 29,
    /// CreateAcls.
    CreateAcls = 30,
    /// DeleteAcls.
    DeleteAcls = 31,
    /// DescribeConfigs.
    DescribeConfigs = 32,
    /// AlterConfigs.
    AlterConfigs = 33,
    /// AlterReplicaLogDirs.
    AlterReplicaLogDirs = 34,
    /// DescribeLogDirs.
    DescribeLogDirs = 35,
    /// SaslAuthenticate.
    SaslAuthenticate = 36,
    /// CreatePartitions.
    CreatePartitions = 37,
    /// CreateDelegationToken.
    CreateDelegationToken = 38,
    /// RenewDelegationToken.
    RenewDelegationToken = 39,
    /// ExpireDelegationToken.
    ExpireDelegationToken = 40,
    /// DescribeDelegationToken.
    DescribeDelegationToken = 41,
    /// DeleteGroups.
    DeleteGroups = 42,
    /// ElectLeaders.
    ElectLeaders = 43,
    /// IncrementalAlterConfigs.
    IncrementalAlterConfigs = 44,
    /// AlterPartitionReassignments.
    AlterPartitionReassignments = 45,
    /// ListPartitionReassignments.
    ListPartitionReassignments = 46,
    /// OffsetDelete.
    OffsetDelete = 47,
    /// DescribeClientQuotas.
    DescribeClientQuotas = 48,
    /// AlterClientQuotas.
    AlterClientQuotas = 49,
    /// DescribeUserScramCredentials.
    DescribeUserScramCredentials = 50,
    /// AlterUserScramCredentials.
    AlterUserScramCredentials = 51,
    /// Vote.
    Vote = 52,
    /// BeginQuorumEpoch.
    BeginQuorumEpoch = 53,
    /// EndQuorumEpoch.
    EndQuorumEpoch = 54,
    /// DescribeQuorum.
    DescribeQuorum = 55,
    /// AlterPartition.
    AlterPartition = 56,
    /// UpdateFeatures.
    UpdateFeatures = 57,
    /// Envelope.
    Envelope = 58,
    /// FetchSnapshot.
    FetchSnapshot = 59,
    /// DescribeCluster.
    DescribeCluster = 60,
    /// DescribeProducers.
    DescribeProducers = 61,
    /// BrokerRegistration.
    BrokerRegistration = 62,
    /// BrokerHeartbeat.
    BrokerHeartbeat = 63,
    /// UnregisterBroker.
    UnregisterBroker = 64,
    /// DescribeTransactions.
    DescribeTransactions = 65,
    /// ListTransactions.
    ListTransactions = 66,
    /// AllocateProducerIds.
    AllocateProducerIds = 67,
    /// ConsumerGroupHeartbeat.
    ConsumerGroupHeartbeat = 68,
    /// ConsumerGroupDescribe.
    ConsumerGroupDescribe = 69,
    /// ControllerRegistration.
    ControllerRegistration = 70,
    /// GetTelemetrySubscriptions.
    GetTelemetrySubscriptions = 71,
    /// PushTelemetry.
    PushTelemetry = 72,
    /// AssignReplicasToDirs.
    AssignReplicasToDirs = 73,
    /// ListConfigResources.
    ListConfigResources = 74,
    /// DescribeTopicPartitions.
    DescribeTopicPartitions = 75,
    /// ShareGroupHeartbeat.
    ShareGroupHeartbeat = 76,
    /// ShareGroupDescribe.
    ShareGroupDescribe = 77,
    /// ShareFetch.
    ShareFetch = 78,
    /// ShareAcknowledge.
    ShareAcknowledge = 79,
    /// AddRaftVoter.
    AddRaftVoter = 80,
    /// RemoveRaftVoter.
    RemoveRaftVoter = 81,
    /// UpdateRaftVoter.
    UpdateRaftVoter = 82,
    /// InitializeShareGroupState.
    InitializeShareGroupState = 83,
    /// ReadShareGroupState.
    ReadShareGroupState = 84,
    /// WriteShareGroupState.
    WriteShareGroupState = 85,
    /// DeleteShareGroupState.
    DeleteShareGroupState = 86,
    /// ReadShareGroupStateSummary.
    ReadShareGroupStateSummary = 87,
    /// StreamsGroupHeartbeat.
    StreamsGroupHeartbeat = 88,
    /// StreamsGroupDescribe.
    StreamsGroupDescribe = 89,
    /// DescribeShareGroupOffsets.
    DescribeShareGroupOffsets = 90,
    /// AlterShareGroupOffsets.
    AlterShareGroupOffsets = 91,
    /// DeleteShareGroupOffsets.
    DeleteShareGroupOffsets = 92,
    /// DescribeTier.
    DescribeTier = 20000,
    /// VerifyTier.
    VerifyTier = 20001,
    /// RaftMessage.
    RaftMessage = 20002,
}

/// What the schemas say of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiFacts {
    /// The API.
    pub key: ApiKey,
    /// Kafka's name.
    pub name: &'static str,
    /// Lowest valid version.
    pub min_version: i16,
    /// Latest stable version; below the lowest for a withdrawn API.
    pub max_version: i16,
    /// Highest version that can be read, stable or not.
    pub latest_version: i16,
    /// First version with compact types and tagged fields.
    pub first_flexible: Option<i16>,
}

/// All APIs, keys ascending.
pub const ALL: &[ApiFacts] = &[
    facts(ApiKey::Produce, "Produce", (3, 13, 13), Some(9)),
    facts(ApiKey::Fetch, "Fetch", (4, 18, 18), Some(12)),
    facts(ApiKey::ListOffsets, "ListOffsets", (1, 11, 11), Some(6)),
    facts(ApiKey::Metadata, "Metadata", (0, 13, 13), Some(9)),
    facts(ApiKey::LeaderAndIsr, "LeaderAndIsr", (0, -1, -1), None),
    facts(ApiKey::StopReplica, "StopReplica", (0, -1, -1), None),
    facts(ApiKey::UpdateMetadata, "UpdateMetadata", (0, -1, -1), None),
    facts(ApiKey::ControlledShutdown, "ControlledShutdown", (0, -1, -1), None),
    facts(ApiKey::OffsetCommit, "OffsetCommit", (2, 10, 10), Some(8)),
    facts(ApiKey::OffsetFetch, "OffsetFetch", (1, 10, 10), Some(6)),
    facts(ApiKey::FindCoordinator, "FindCoordinator", (0, 6, 6), Some(3)),
    facts(ApiKey::JoinGroup, "JoinGroup", (0, 9, 9), Some(6)),
    facts(ApiKey::Heartbeat, "Heartbeat", (0, 4, 4), Some(4)),
    facts(ApiKey::LeaveGroup, "LeaveGroup", (0, 5, 5), Some(4)),
    facts(ApiKey::SyncGroup, "SyncGroup", (0, 5, 5), Some(4)),
    facts(ApiKey::DescribeGroups, "DescribeGroups", (0, 6, 6), Some(5)),
    facts(ApiKey::ListGroups, "ListGroups", (0, 5, 5), Some(3)),
    facts(ApiKey::SaslHandshake, "SaslHandshake", (0, 1, 1), None),
    facts(ApiKey::ApiVersions, "ApiVersions", (0, 4, 4), Some(3)),
    facts(ApiKey::CreateTopics, "CreateTopics", (2, 7, 7), Some(5)),
    facts(ApiKey::DeleteTopics, "DeleteTopics", (1, 6, 6), Some(4)),
    facts(ApiKey::DeleteRecords, "DeleteRecords", (0, 2, 2), Some(2)),
    facts(ApiKey::InitProducerId, "InitProducerId", (0, 5, 6), Some(2)),
    facts(ApiKey::OffsetForLeaderEpoch, "OffsetForLeaderEpoch", (2, 4, 4), Some(4)),
    facts(ApiKey::AddPartitionsToTxn, "AddPartitionsToTxn", (0, 5, 5), Some(3)),
    facts(ApiKey::AddOffsetsToTxn, "AddOffsetsToTxn", (0, 4, 4), Some(3)),
    facts(ApiKey::EndTxn, "EndTxn", (0, 5, 5), Some(3)),
    facts(ApiKey::WriteTxnMarkers, "WriteTxnMarkers", (1, 2, 2), Some(1)),
    facts(ApiKey::TxnOffsetCommit, "TxnOffsetCommit", (0, 5, 5), Some(3)),
    facts(ApiKey::DescribeAcls, "DescribeAcls", (1, 3, 3), Some(2)),
    facts(ApiKey::CreateAcls, "CreateAcls", (1, 3, 3), Some(2)),
    facts(ApiKey::DeleteAcls, "DeleteAcls", (1, 3, 3), Some(2)),
    facts(ApiKey::DescribeConfigs, "DescribeConfigs", (1, 4, 4), Some(4)),
    facts(ApiKey::AlterConfigs, "AlterConfigs", (0, 2, 2), Some(2)),
    facts(ApiKey::AlterReplicaLogDirs, "AlterReplicaLogDirs", (1, 2, 2), Some(2)),
    facts(ApiKey::DescribeLogDirs, "DescribeLogDirs", (1, 5, 5), Some(2)),
    facts(ApiKey::SaslAuthenticate, "SaslAuthenticate", (0, 2, 2), Some(2)),
    facts(ApiKey::CreatePartitions, "CreatePartitions", (0, 3, 3), Some(2)),
    facts(ApiKey::CreateDelegationToken, "CreateDelegationToken", (1, 3, 3), Some(2)),
    facts(ApiKey::RenewDelegationToken, "RenewDelegationToken", (1, 2, 2), Some(2)),
    facts(ApiKey::ExpireDelegationToken, "ExpireDelegationToken", (1, 2, 2), Some(2)),
    facts(ApiKey::DescribeDelegationToken, "DescribeDelegationToken", (1, 3, 3), Some(2)),
    facts(ApiKey::DeleteGroups, "DeleteGroups", (0, 2, 2), Some(2)),
    facts(ApiKey::ElectLeaders, "ElectLeaders", (0, 2, 2), Some(2)),
    facts(ApiKey::IncrementalAlterConfigs, "IncrementalAlterConfigs", (0, 1, 1), Some(1)),
    facts(ApiKey::AlterPartitionReassignments, "AlterPartitionReassignments", (0, 1, 1), Some(0)),
    facts(ApiKey::ListPartitionReassignments, "ListPartitionReassignments", (0, 0, 0), Some(0)),
    facts(ApiKey::OffsetDelete, "OffsetDelete", (0, 0, 0), None),
    facts(ApiKey::DescribeClientQuotas, "DescribeClientQuotas", (0, 1, 1), Some(1)),
    facts(ApiKey::AlterClientQuotas, "AlterClientQuotas", (0, 1, 1), Some(1)),
    facts(ApiKey::DescribeUserScramCredentials, "DescribeUserScramCredentials", (0, 0, 0), Some(0)),
    facts(ApiKey::AlterUserScramCredentials, "AlterUserScramCredentials", (0, 0, 0), Some(0)),
    facts(ApiKey::Vote, "Vote", (0, 2, 2), Some(0)),
    facts(ApiKey::BeginQuorumEpoch, "BeginQuorumEpoch", (0, 1, 1), Some(1)),
    facts(ApiKey::EndQuorumEpoch, "EndQuorumEpoch", (0, 1, 1), Some(1)),
    facts(ApiKey::DescribeQuorum, "DescribeQuorum", (0, 2, 2), Some(0)),
    facts(ApiKey::AlterPartition, "AlterPartition", (2, 3, 3), Some(0)),
    facts(ApiKey::UpdateFeatures, "UpdateFeatures", (0, 2, 2), Some(0)),
    facts(ApiKey::Envelope, "Envelope", (0, 0, 0), Some(0)),
    facts(ApiKey::FetchSnapshot, "FetchSnapshot", (0, 1, 1), Some(0)),
    facts(ApiKey::DescribeCluster, "DescribeCluster", (0, 2, 2), Some(0)),
    facts(ApiKey::DescribeProducers, "DescribeProducers", (0, 0, 0), Some(0)),
    facts(ApiKey::BrokerRegistration, "BrokerRegistration", (0, 4, 4), Some(0)),
    facts(ApiKey::BrokerHeartbeat, "BrokerHeartbeat", (0, 2, 2), Some(0)),
    facts(ApiKey::UnregisterBroker, "UnregisterBroker", (0, 0, 0), Some(0)),
    facts(ApiKey::DescribeTransactions, "DescribeTransactions", (0, 0, 0), Some(0)),
    facts(ApiKey::ListTransactions, "ListTransactions", (0, 2, 2), Some(0)),
    facts(ApiKey::AllocateProducerIds, "AllocateProducerIds", (0, 0, 0), Some(0)),
    facts(ApiKey::ConsumerGroupHeartbeat, "ConsumerGroupHeartbeat", (0, 1, 1), Some(0)),
    facts(ApiKey::ConsumerGroupDescribe, "ConsumerGroupDescribe", (0, 1, 1), Some(0)),
    facts(ApiKey::ControllerRegistration, "ControllerRegistration", (0, 0, 0), Some(0)),
    facts(ApiKey::GetTelemetrySubscriptions, "GetTelemetrySubscriptions", (0, 0, 0), Some(0)),
    facts(ApiKey::PushTelemetry, "PushTelemetry", (0, 0, 0), Some(0)),
    facts(ApiKey::AssignReplicasToDirs, "AssignReplicasToDirs", (0, 0, 0), Some(0)),
    facts(ApiKey::ListConfigResources, "ListConfigResources", (0, 1, 1), Some(0)),
    facts(ApiKey::DescribeTopicPartitions, "DescribeTopicPartitions", (0, 0, 0), Some(0)),
    facts(ApiKey::ShareGroupHeartbeat, "ShareGroupHeartbeat", (1, 1, 1), Some(0)),
    facts(ApiKey::ShareGroupDescribe, "ShareGroupDescribe", (1, 1, 1), Some(0)),
    facts(ApiKey::ShareFetch, "ShareFetch", (1, 2, 2), Some(0)),
    facts(ApiKey::ShareAcknowledge, "ShareAcknowledge", (1, 2, 2), Some(0)),
    facts(ApiKey::AddRaftVoter, "AddRaftVoter", (0, 1, 1), Some(0)),
    facts(ApiKey::RemoveRaftVoter, "RemoveRaftVoter", (0, 0, 0), Some(0)),
    facts(ApiKey::UpdateRaftVoter, "UpdateRaftVoter", (0, 0, 0), Some(0)),
    facts(ApiKey::InitializeShareGroupState, "InitializeShareGroupState", (0, 0, 0), Some(0)),
    facts(ApiKey::ReadShareGroupState, "ReadShareGroupState", (0, 0, 0), Some(0)),
    facts(ApiKey::WriteShareGroupState, "WriteShareGroupState", (0, 1, 1), Some(0)),
    facts(ApiKey::DeleteShareGroupState, "DeleteShareGroupState", (0, 0, 0), Some(0)),
    facts(ApiKey::ReadShareGroupStateSummary, "ReadShareGroupStateSummary", (0, 1, 1), Some(0)),
    facts(ApiKey::StreamsGroupHeartbeat, "StreamsGroupHeartbeat", (0, 0, 0), Some(0)),
    facts(ApiKey::StreamsGroupDescribe, "StreamsGroupDescribe", (0, 0, 0), Some(0)),
    facts(ApiKey::DescribeShareGroupOffsets, "DescribeShareGroupOffsets", (0, 1, 1), Some(0)),
    facts(ApiKey::AlterShareGroupOffsets, "AlterShareGroupOffsets", (0, 0, 0), Some(0)),
    facts(ApiKey::DeleteShareGroupOffsets, "DeleteShareGroupOffsets", (0, 0, 0), Some(0)),
    facts(ApiKey::DescribeTier, "DescribeTier", (0, 0, 0), Some(0)),
    facts(ApiKey::VerifyTier, "VerifyTier", (0, 0, 0), Some(0)),
    facts(ApiKey::RaftMessage, "RaftMessage", (0, 0, 0), Some(0)),
];

const fn facts(
    key: ApiKey,
    name: &'static str,
    (min_version, max_version, latest_version): (i16, i16, i16),
    first_flexible: Option<i16>,
) -> ApiFacts {
    ApiFacts { key, name, min_version, max_version, latest_version, first_flexible }
}
