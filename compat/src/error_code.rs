//! Kafka's error codes.
//!
//! Owns: numbers, names, whether a client may retry, and a sentence for people. Does not own: which error of ours becomes which code
//! (that is the broker's `request/error_mapping.rs`).

use std::fmt;

macro_rules! error_codes {
    ($(($variant:ident, $code:literal, $name:literal, $retriable:literal, $message:literal),)*) => {
        /// An error as Kafka numbers it; the codes of Apache Kafka 4.3.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(i16)]
        pub enum ErrorCode {
            $(
                #[doc = concat!($name, ": ", $message, ".")]
                $variant = $code,
            )*
        }

        impl ErrorCode {
            /// All codes, numbers ascending.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The number on the wire.
            #[must_use]
            pub const fn code(self) -> i16 {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// The error of a number; `None` if this release has none.
            #[must_use]
            pub const fn from_code(code: i16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Kafka's name, e.g. `NOT_LEADER_OR_FOLLOWER`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it means, for people.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)*
                }
            }

            /// Whether Kafka's clients try again by themselves.
            #[must_use]
            pub const fn is_retriable(self) -> bool {
                match self {
                    $(Self::$variant => $retriable,)*
                }
            }
        }
    };
}

error_codes! {
    (UnknownServerError, -1, "UNKNOWN_SERVER_ERROR", false, "the broker failed in a way it did not expect"),
    (None, 0, "NONE", false, "no error"),
    (OffsetOutOfRange, 1, "OFFSET_OUT_OF_RANGE", false, "the offset lies outside the log"),
    (CorruptMessage, 2, "CORRUPT_MESSAGE", true, "the batch is damaged, or does not fit its checksum"),
    (UnknownTopicOrPartition, 3, "UNKNOWN_TOPIC_OR_PARTITION", true, "no such topic or partition on this broker"),
    (InvalidFetchSize, 4, "INVALID_FETCH_SIZE", false, "the fetch size is not allowed"),
    (LeaderNotAvailable, 5, "LEADER_NOT_AVAILABLE", true, "the partition has no leader right now"),
    (NotLeaderOrFollower, 6, "NOT_LEADER_OR_FOLLOWER", true, "this broker is not the leader, or not a replica, of the partition"),
    (RequestTimedOut, 7, "REQUEST_TIMED_OUT", true, "the request took longer than its timeout"),
    (BrokerNotAvailable, 8, "BROKER_NOT_AVAILABLE", false, "the broker is not available"),
    (ReplicaNotAvailable, 9, "REPLICA_NOT_AVAILABLE", true, "the replica is not available"),
    (MessageTooLarge, 10, "MESSAGE_TOO_LARGE", false, "the batch is larger than the topic allows"),
    (StaleControllerEpoch, 11, "STALE_CONTROLLER_EPOCH", false, "a newer controller has taken over"),
    (OffsetMetadataTooLarge, 12, "OFFSET_METADATA_TOO_LARGE", false, "the metadata of the committed offset is too long"),
    (NetworkException, 13, "NETWORK_EXCEPTION", true, "the connection was lost before the response"),
    (CoordinatorLoadInProgress, 14, "COORDINATOR_LOAD_IN_PROGRESS", true, "the coordinator is still loading its state"),
    (CoordinatorNotAvailable, 15, "COORDINATOR_NOT_AVAILABLE", true, "there is no coordinator right now"),
    (NotCoordinator, 16, "NOT_COORDINATOR", true, "another broker is the coordinator"),
    (InvalidTopicException, 17, "INVALID_TOPIC_EXCEPTION", false, "the topic name is not allowed, or the topic may not be used like this"),
    (RecordListTooLarge, 18, "RECORD_LIST_TOO_LARGE", false, "the batch is larger than a log segment"),
    (NotEnoughReplicas, 19, "NOT_ENOUGH_REPLICAS", true, "too few replicas are in sync, so nothing was appended"),
    (NotEnoughReplicasAfterAppend, 20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", true, "the batch was appended, but too few replicas were in sync afterwards"),
    (InvalidRequiredAcks, 21, "INVALID_REQUIRED_ACKS", false, "acks must be -1, 0 or 1"),
    (IllegalGeneration, 22, "ILLEGAL_GENERATION", false, "the group has moved on to another generation"),
    (InconsistentGroupProtocol, 23, "INCONSISTENT_GROUP_PROTOCOL", false, "the member's protocols do not fit those of the group"),
    (InvalidGroupId, 24, "INVALID_GROUP_ID", false, "the group id is not allowed"),
    (UnknownMemberId, 25, "UNKNOWN_MEMBER_ID", false, "the group does not know this member"),
    (InvalidSessionTimeout, 26, "INVALID_SESSION_TIMEOUT", false, "the session timeout is outside the broker's limits"),
    (RebalanceInProgress, 27, "REBALANCE_IN_PROGRESS", false, "the group is rebalancing; join again"),
    (InvalidCommitOffsetSize, 28, "INVALID_COMMIT_OFFSET_SIZE", false, "the offset commit is too large"),
    (TopicAuthorizationFailed, 29, "TOPIC_AUTHORIZATION_FAILED", false, "not authorized for the topic"),
    (GroupAuthorizationFailed, 30, "GROUP_AUTHORIZATION_FAILED", false, "not authorized for the group"),
    (ClusterAuthorizationFailed, 31, "CLUSTER_AUTHORIZATION_FAILED", false, "not authorized for the cluster"),
    (InvalidTimestamp, 32, "INVALID_TIMESTAMP", false, "a record's timestamp is outside the accepted window"),
    (UnsupportedSaslMechanism, 33, "UNSUPPORTED_SASL_MECHANISM", false, "the broker does not offer this SASL mechanism"),
    (IllegalSaslState, 34, "ILLEGAL_SASL_STATE", false, "the request does not fit the state of authentication"),
    (UnsupportedVersion, 35, "UNSUPPORTED_VERSION", false, "the version of the request is not supported"),
    (TopicAlreadyExists, 36, "TOPIC_ALREADY_EXISTS", false, "a topic of this name exists"),
    (InvalidPartitions, 37, "INVALID_PARTITIONS", false, "the number of partitions is not allowed"),
    (InvalidReplicationFactor, 38, "INVALID_REPLICATION_FACTOR", false, "the replication factor is not between 1 and the number of brokers"),
    (InvalidReplicaAssignment, 39, "INVALID_REPLICA_ASSIGNMENT", false, "the replica assignment is not valid"),
    (InvalidConfig, 40, "INVALID_CONFIG", false, "the configuration is not valid"),
    (NotController, 41, "NOT_CONTROLLER", true, "this node is not the active controller"),
    (InvalidRequest, 42, "INVALID_REQUEST", false, "the request contradicts itself or the protocol"),
    (UnsupportedForMessageFormat, 43, "UNSUPPORTED_FOR_MESSAGE_FORMAT", false, "the log's record format does not allow this request"),
    (PolicyViolation, 44, "POLICY_VIOLATION", false, "the request breaks a policy of the cluster"),
    (OutOfOrderSequenceNumber, 45, "OUT_OF_ORDER_SEQUENCE_NUMBER", false, "the batch's sequence number leaves a gap"),
    (DuplicateSequenceNumber, 46, "DUPLICATE_SEQUENCE_NUMBER", false, "the batch was appended before"),
    (InvalidProducerEpoch, 47, "INVALID_PRODUCER_EPOCH", false, "the producer's epoch is old"),
    (InvalidTxnState, 48, "INVALID_TXN_STATE", false, "the transaction is not in a state that allows this"),
    (InvalidProducerIdMapping, 49, "INVALID_PRODUCER_ID_MAPPING", false, "the producer id does not belong to the transactional id"),
    (InvalidTransactionTimeout, 50, "INVALID_TRANSACTION_TIMEOUT", false, "the transaction timeout is above the broker's limit"),
    (ConcurrentTransactions, 51, "CONCURRENT_TRANSACTIONS", true, "another operation on the transaction is still under way"),
    (TransactionCoordinatorFenced, 52, "TRANSACTION_COORDINATOR_FENCED", false, "a newer transaction coordinator has taken over"),
    (TransactionalIdAuthorizationFailed, 53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", false, "not authorized for the transactional id"),
    (SecurityDisabled, 54, "SECURITY_DISABLED", false, "security is not configured on this cluster"),
    (OperationNotAttempted, 55, "OPERATION_NOT_ATTEMPTED", false, "not attempted, because another part of the request failed"),
    (KafkaStorageError, 56, "KAFKA_STORAGE_ERROR", true, "the disk of the log failed"),
    (LogDirNotFound, 57, "LOG_DIR_NOT_FOUND", false, "no such log directory"),
    (SaslAuthenticationFailed, 58, "SASL_AUTHENTICATION_FAILED", false, "authentication failed"),
    (UnknownProducerId, 59, "UNKNOWN_PRODUCER_ID", false, "the broker has no state of this producer id"),
    (ReassignmentInProgress, 60, "REASSIGNMENT_IN_PROGRESS", false, "the partition is already being reassigned"),
    (DelegationTokenAuthDisabled, 61, "DELEGATION_TOKEN_AUTH_DISABLED", false, "delegation tokens are not enabled"),
    (DelegationTokenNotFound, 62, "DELEGATION_TOKEN_NOT_FOUND", false, "no such delegation token"),
    (DelegationTokenOwnerMismatch, 63, "DELEGATION_TOKEN_OWNER_MISMATCH", false, "the delegation token belongs to someone else"),
    (DelegationTokenRequestNotAllowed, 64, "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED", false, "delegation tokens may not be requested over this connection"),
    (DelegationTokenAuthorizationFailed, 65, "DELEGATION_TOKEN_AUTHORIZATION_FAILED", false, "not authorized for the delegation token"),
    (DelegationTokenExpired, 66, "DELEGATION_TOKEN_EXPIRED", false, "the delegation token has expired"),
    (InvalidPrincipalType, 67, "INVALID_PRINCIPAL_TYPE", false, "the type of the principal is not supported"),
    (NonEmptyGroup, 68, "NON_EMPTY_GROUP", false, "the group has members"),
    (GroupIdNotFound, 69, "GROUP_ID_NOT_FOUND", false, "no such group"),
    (FetchSessionIdNotFound, 70, "FETCH_SESSION_ID_NOT_FOUND", true, "no such fetch session"),
    (InvalidFetchSessionEpoch, 71, "INVALID_FETCH_SESSION_EPOCH", true, "the fetch session is at another epoch"),
    (ListenerNotFound, 72, "LISTENER_NOT_FOUND", true, "the leader has no listener of this name"),
    (TopicDeletionDisabled, 73, "TOPIC_DELETION_DISABLED", false, "topics may not be deleted on this cluster"),
    (FencedLeaderEpoch, 74, "FENCED_LEADER_EPOCH", true, "the request carries an older leader epoch than the broker's"),
    (UnknownLeaderEpoch, 75, "UNKNOWN_LEADER_EPOCH", true, "the request carries a newer leader epoch than the broker's"),
    (UnsupportedCompressionType, 76, "UNSUPPORTED_COMPRESSION_TYPE", false, "the client does not support the compression of the data"),
    (StaleBrokerEpoch, 77, "STALE_BROKER_EPOCH", false, "the broker has been registered anew since"),
    (OffsetNotAvailable, 78, "OFFSET_NOT_AVAILABLE", true, "the new leader does not know its high watermark yet"),
    (MemberIdRequired, 79, "MEMBER_ID_REQUIRED", false, "join again with the member id that was given"),
    (PreferredLeaderNotAvailable, 80, "PREFERRED_LEADER_NOT_AVAILABLE", true, "the preferred leader is not available"),
    (GroupMaxSizeReached, 81, "GROUP_MAX_SIZE_REACHED", false, "the group is full"),
    (FencedInstanceId, 82, "FENCED_INSTANCE_ID", false, "another member has taken over the group instance id"),
    (EligibleLeadersNotAvailable, 83, "ELIGIBLE_LEADERS_NOT_AVAILABLE", true, "no replica that could lead is available"),
    (ElectionNotNeeded, 84, "ELECTION_NOT_NEEDED", true, "the leader need not change"),
    (NoReassignmentInProgress, 85, "NO_REASSIGNMENT_IN_PROGRESS", false, "no reassignment is under way"),
    (GroupSubscribedToTopic, 86, "GROUP_SUBSCRIBED_TO_TOPIC", false, "the group is subscribed to the topic"),
    (InvalidRecord, 87, "INVALID_RECORD", false, "a record was refused"),
    (UnstableOffsetCommit, 88, "UNSTABLE_OFFSET_COMMIT", true, "offsets of an open transaction are not stable yet"),
    (ThrottlingQuotaExceeded, 89, "THROTTLING_QUOTA_EXCEEDED", true, "the quota is used up; wait and retry"),
    (ProducerFenced, 90, "PRODUCER_FENCED", false, "a newer producer uses the transactional id"),
    (ResourceNotFound, 91, "RESOURCE_NOT_FOUND", false, "no such resource"),
    (DuplicateResource, 92, "DUPLICATE_RESOURCE", false, "the resource is named twice"),
    (UnacceptableCredential, 93, "UNACCEPTABLE_CREDENTIAL", false, "the credential does not meet the rules"),
    (InconsistentVoterSet, 94, "INCONSISTENT_VOTER_SET", false, "the voters of the two sides differ"),
    (InvalidUpdateVersion, 95, "INVALID_UPDATE_VERSION", false, "the version of the update is not valid"),
    (FeatureUpdateFailed, 96, "FEATURE_UPDATE_FAILED", false, "the feature could not be updated"),
    (PrincipalDeserializationFailure, 97, "PRINCIPAL_DESERIALIZATION_FAILURE", false, "the forwarded principal could not be read"),
    (SnapshotNotFound, 98, "SNAPSHOT_NOT_FOUND", false, "no such snapshot"),
    (PositionOutOfRange, 99, "POSITION_OUT_OF_RANGE", false, "the position lies outside the snapshot"),
    (UnknownTopicId, 100, "UNKNOWN_TOPIC_ID", true, "no topic of this id on this broker"),
    (DuplicateBrokerRegistration, 101, "DUPLICATE_BROKER_REGISTRATION", false, "the broker id is in use"),
    (BrokerIdNotRegistered, 102, "BROKER_ID_NOT_REGISTERED", false, "the broker is not registered"),
    (InconsistentTopicId, 103, "INCONSISTENT_TOPIC_ID", true, "the log belongs to another topic id"),
    (InconsistentClusterId, 104, "INCONSISTENT_CLUSTER_ID", false, "the request is for another cluster"),
    (TransactionalIdNotFound, 105, "TRANSACTIONAL_ID_NOT_FOUND", false, "no such transactional id"),
    (FetchSessionTopicIdError, 106, "FETCH_SESSION_TOPIC_ID_ERROR", true, "the fetch session mixes topic names and topic ids"),
    (IneligibleReplica, 107, "INELIGIBLE_REPLICA", false, "a replica of the new ISR may not join it"),
    (NewLeaderElected, 108, "NEW_LEADER_ELECTED", false, "the partition changed, and has another leader now"),
    (OffsetMovedToTieredStorage, 109, "OFFSET_MOVED_TO_TIERED_STORAGE", false, "the offset is only in remote storage"),
    (FencedMemberEpoch, 110, "FENCED_MEMBER_EPOCH", false, "the member's epoch is old; give up all partitions and join again"),
    (UnreleasedInstanceId, 111, "UNRELEASED_INSTANCE_ID", false, "the group instance id is still in use"),
    (UnsupportedAssignor, 112, "UNSUPPORTED_ASSIGNOR", false, "the group does not support the assignor"),
    (StaleMemberEpoch, 113, "STALE_MEMBER_EPOCH", false, "the member's epoch is behind; heartbeat first"),
    (MismatchedEndpointType, 114, "MISMATCHED_ENDPOINT_TYPE", false, "the request came to an endpoint of the wrong type"),
    (UnsupportedEndpointType, 115, "UNSUPPORTED_ENDPOINT_TYPE", false, "the type of endpoint is not supported"),
    (UnknownControllerId, 116, "UNKNOWN_CONTROLLER_ID", false, "no such controller"),
    (UnknownSubscriptionId, 117, "UNKNOWN_SUBSCRIPTION_ID", false, "the telemetry subscription is unknown or old"),
    (TelemetryTooLarge, 118, "TELEMETRY_TOO_LARGE", false, "the telemetry is too large"),
    (InvalidRegistration, 119, "INVALID_REGISTRATION", false, "the broker's registration is not valid"),
    (TransactionAbortable, 120, "TRANSACTION_ABORTABLE", false, "the transaction failed; abort it and go on"),
    (InvalidRecordState, 121, "INVALID_RECORD_STATE", false, "the record is not in a state that allows this acknowledgement"),
    (ShareSessionNotFound, 122, "SHARE_SESSION_NOT_FOUND", true, "no such share session"),
    (InvalidShareSessionEpoch, 123, "INVALID_SHARE_SESSION_EPOCH", true, "the share session is at another epoch"),
    (FencedStateEpoch, 124, "FENCED_STATE_EPOCH", false, "the share group's state is at another epoch"),
    (InvalidVoterKey, 125, "INVALID_VOTER_KEY", false, "the voter's key is another one"),
    (DuplicateVoter, 126, "DUPLICATE_VOTER", false, "the voter is in the set already"),
    (VoterNotFound, 127, "VOTER_NOT_FOUND", false, "the voter is not in the set"),
    (InvalidRegularExpression, 128, "INVALID_REGULAR_EXPRESSION", false, "the regular expression is not valid"),
    (RebootstrapRequired, 129, "REBOOTSTRAP_REQUIRED", false, "the client's metadata is of another cluster; bootstrap again"),
    (StreamsInvalidTopology, 130, "STREAMS_INVALID_TOPOLOGY", false, "the topology is not valid"),
    (StreamsInvalidTopologyEpoch, 131, "STREAMS_INVALID_TOPOLOGY_EPOCH", false, "the epoch of the topology is not valid"),
    (StreamsTopologyFenced, 132, "STREAMS_TOPOLOGY_FENCED", false, "the epoch of the topology is old"),
    (ShareSessionLimitReached, 133, "SHARE_SESSION_LIMIT_REACHED", true, "there are too many share sessions"),
}

impl ErrorCode {
    /// Whether it stands for success.
    #[must_use]
    pub const fn is_none(self) -> bool {
        matches!(self, Self::None)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name(), self.message())
    }
}

impl From<ErrorCode> for i16 {
    fn from(code: ErrorCode) -> Self {
        code.code()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_run_from_minus_one_to_133_without_a_gap() {
        let codes: Vec<i16> = ErrorCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes, (-1..=133).collect::<Vec<i16>>());
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_code(code.code()), Some(*code));
        }
        assert_eq!(ErrorCode::from_code(134), None);
    }

    #[test]
    fn names_are_those_of_kafka_protocol_and_what_it_retries_is_retriable() {
        for code in ErrorCode::ALL.iter().filter(|code| !code.is_none()) {
            let Some(theirs) = kafka_protocol::ResponseError::try_from_code(code.code()) else {
                continue;
            };
            let name = code.name().replace('_', "").to_lowercase();
            assert_eq!(format!("{theirs:?}").to_lowercase(), name);
            // Kafka has made more errors retriable since the release that this crate follows.
            let since = matches!(code, ErrorCode::ConcurrentTransactions);
            assert!(theirs.is_retriable() == code.is_retriable() || since, "{code}");
        }
    }
}
