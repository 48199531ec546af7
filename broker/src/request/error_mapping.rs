//! Error kinds to Kafka's error codes; nowhere else is a code chosen for an error of ours.

use strata_broker_core::error::Error as CoreError;
use strata_broker_core::fetch_session::FetchSessionError;
use strata_compat::error_code::ErrorCode;
use strata_metadata::error::{Error as QuorumError, ErrorKind as QuorumErrorKind};
use strata_metadata_core::response::Refusal;
use strata_tiering::error::{Error as TieringError, ErrorKind as TieringErrorKind};

use crate::log::error::{LogError, LogErrorKind, LogErrorReason};
use crate::partition::error::PartitionError;

/// The code for a partition's refusal.
pub(crate) fn partition_error(error: &PartitionError) -> ErrorCode {
    match error {
        PartitionError::Core(error) => core_error(error),
        PartitionError::Log(error) => log_error(error),
        PartitionError::Validation(error) => log_reason(error.reason),
        PartitionError::Remote(error) => remote_error(error),
        PartitionError::Interrupted(_) | PartitionError::Busy | PartitionError::Uncovered { .. } => {
            ErrorCode::KafkaStorageError
        }
    }
}

/// The code for a refusal of the replication core.
pub(crate) const fn core_error(error: &CoreError) -> ErrorCode {
    match error {
        CoreError::NotLeader | CoreError::NotFollower | CoreError::StaleBrokerEpoch { .. } => {
            ErrorCode::NotLeaderOrFollower
        }
        CoreError::FencedLeaderEpoch { .. } | CoreError::StalePartitionEpoch { .. } => ErrorCode::FencedLeaderEpoch,
        CoreError::UnknownLeaderEpoch { .. } | CoreError::UnknownReplica(_) => ErrorCode::UnknownLeaderEpoch,
        CoreError::OffsetOutOfRange { .. } => ErrorCode::OffsetOutOfRange,
        CoreError::NotEnoughReplicas { .. } | CoreError::TooManyWaiting(_) => ErrorCode::NotEnoughReplicas,
        CoreError::NotEnoughReplicasAfterAppend { .. } => ErrorCode::NotEnoughReplicasAfterAppend,
        CoreError::TimedOut => ErrorCode::RequestTimedOut,
        CoreError::StorageFailed => ErrorCode::KafkaStorageError,
    }
}

/// The code for an error of the local log.
pub(crate) fn log_error(error: &LogError) -> ErrorCode {
    match (error.kind(), error.reason()) {
        (_, reason) if !matches!(reason, LogErrorReason::Other) => log_reason(reason),
        (LogErrorKind::Closed, _) => ErrorCode::NotLeaderOrFollower,
        (LogErrorKind::Internal, _) => ErrorCode::UnknownServerError,
        _ => ErrorCode::KafkaStorageError,
    }
}

const fn log_reason(reason: LogErrorReason) -> ErrorCode {
    match reason {
        LogErrorReason::OffsetOutOfRange => ErrorCode::OffsetOutOfRange,
        LogErrorReason::CorruptBatch => ErrorCode::CorruptMessage,
        LogErrorReason::InvalidRecord | LogErrorReason::UnexpectedOffset => ErrorCode::InvalidRecord,
        LogErrorReason::InvalidTimestamp => ErrorCode::InvalidTimestamp,
        LogErrorReason::MessageTooLarge => ErrorCode::MessageTooLarge,
        LogErrorReason::RecordListTooLarge => ErrorCode::RecordListTooLarge,
        LogErrorReason::UnsupportedCompression => ErrorCode::UnsupportedCompressionType,
        LogErrorReason::OutOfOrderSequence => ErrorCode::OutOfOrderSequenceNumber,
        LogErrorReason::InvalidProducerEpoch => ErrorCode::InvalidProducerEpoch,
        LogErrorReason::InvalidTransactionState => ErrorCode::InvalidTxnState,
        LogErrorReason::CoordinatorFenced => ErrorCode::TransactionCoordinatorFenced,
        LogErrorReason::CorruptSegment
        | LogErrorReason::DirectoryOffline
        | LogErrorReason::DiskFull
        | LogErrorReason::JournalFull
        | LogErrorReason::Other => ErrorCode::KafkaStorageError,
    }
}

/// The code for an error of remote segments; never OFFSET_OUT_OF_RANGE, which would make a consumer jump.
pub(crate) const fn remote_error(error: &TieringError) -> ErrorCode {
    match error.kind() {
        TieringErrorKind::Fenced => ErrorCode::NotLeaderOrFollower,
        TieringErrorKind::Invalid
        | TieringErrorKind::Unavailable
        | TieringErrorKind::NotFound
        | TieringErrorKind::Corrupt
        | TieringErrorKind::Closed
        | TieringErrorKind::RowsFull
        | TieringErrorKind::Internal => ErrorCode::KafkaStorageError,
    }
}

/// The code for a fetch session's refusal.
pub(crate) const fn session_error(error: &FetchSessionError) -> ErrorCode {
    match error {
        FetchSessionError::IdNotFound(_) => ErrorCode::FetchSessionIdNotFound,
        FetchSessionError::InvalidEpoch { .. } => ErrorCode::InvalidFetchSessionEpoch,
        FetchSessionError::TopicIdMismatch => ErrorCode::FetchSessionTopicIdError,
    }
}

/// The code for a command without a known outcome.
pub(crate) const fn quorum_error(error: &QuorumError) -> ErrorCode {
    match error.kind() {
        QuorumErrorKind::Unavailable => ErrorCode::RequestTimedOut,
        QuorumErrorKind::Closed => ErrorCode::NotController,
        QuorumErrorKind::Invalid => ErrorCode::InvalidRequest,
        QuorumErrorKind::Corrupt | QuorumErrorKind::Storage | QuorumErrorKind::Internal => {
            ErrorCode::UnknownServerError
        }
    }
}

/// The code for a command that the metadata core refused.
pub(crate) const fn refusal(refusal: &Refusal) -> ErrorCode {
    match refusal {
        Refusal::InconsistentClusterId { .. } => ErrorCode::InconsistentClusterId,
        Refusal::UnknownTopic | Refusal::UnknownPartition => ErrorCode::UnknownTopicOrPartition,
        Refusal::UnknownBroker(_) => ErrorCode::BrokerIdNotRegistered,
        Refusal::InvalidTopicName { .. } | Refusal::TopicNameCollides { .. } => ErrorCode::InvalidTopicException,
        Refusal::TopicAlreadyExists { .. } | Refusal::TopicIdTaken { .. } => ErrorCode::TopicAlreadyExists,
        Refusal::InvalidPartitions { .. } => ErrorCode::InvalidPartitions,
        Refusal::InvalidReplicationFactor { .. } => ErrorCode::InvalidReplicationFactor,
        Refusal::InvalidReplicaAssignment { .. } => ErrorCode::InvalidReplicaAssignment,
        Refusal::InvalidConfig { .. } | Refusal::CompactedAndTiered | Refusal::RemoteDataWouldRemain => {
            ErrorCode::InvalidConfig
        }
        Refusal::StaleBrokerEpoch { .. } => ErrorCode::StaleBrokerEpoch,
        Refusal::FencedLeaderEpoch { .. } => ErrorCode::FencedLeaderEpoch,
        Refusal::NewerEpoch => ErrorCode::NotController,
        Refusal::InvalidUpdateVersion { .. } => ErrorCode::InvalidUpdateVersion,
        Refusal::IneligibleReplica { .. } => ErrorCode::IneligibleReplica,
        Refusal::InvalidIsr { .. } => ErrorCode::InvalidRequest,
        Refusal::InvalidRegistration { .. } => ErrorCode::InvalidRegistration,
        Refusal::UnsupportedFeature { .. } => ErrorCode::UnsupportedVersion,
        Refusal::InvalidFeature { .. } => ErrorCode::FeatureUpdateFailed,
        Refusal::ElectionNotNeeded => ErrorCode::ElectionNotNeeded,
        Refusal::PreferredLeaderNotAvailable => ErrorCode::PreferredLeaderNotAvailable,
        Refusal::EligibleLeadersNotAvailable => ErrorCode::EligibleLeadersNotAvailable,
        Refusal::TooMany { .. } => ErrorCode::PolicyViolation,
        Refusal::TieringStillEnding => ErrorCode::RequestTimedOut,
        _ => ErrorCode::UnknownServerError,
    }
}
