//! Errors of the replication core, by what the caller can do about them.
//!
//! Owns: [`Error`] and [`ErrorKind`]. Does not own: Kafka's codes (the broker maps each variant in one place) and the
//! errors of producer state and fetch sessions, which stand beside their types.

use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionEpoch};

/// What the caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Try again later.
    Unavailable,
    /// Another leader, epoch or broker incarnation has taken over: ask for the metadata again.
    Fenced,
    /// The request itself is wrong.
    Invalid,
    /// The part is shut down, or its log directory is offline.
    Closed,
}

/// Why the replication core refuses an event or ends a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// This broker does not lead the partition.
    #[error("this broker does not lead the partition")]
    NotLeader,
    /// This broker does not follow the partition.
    #[error("this broker does not follow the partition")]
    NotFollower,
    /// The request is of an older leader epoch.
    #[error("leader epoch {requested} is older than {current}")]
    FencedLeaderEpoch {
        /// Epoch of the request.
        requested: LeaderEpoch,
        /// Epoch of this replica.
        current: LeaderEpoch,
    },
    /// The request is of a newer leader epoch: this replica has not heard of it yet.
    #[error("leader epoch {requested} is newer than {current}")]
    UnknownLeaderEpoch {
        /// Epoch of the request.
        requested: LeaderEpoch,
        /// Epoch of this replica.
        current: LeaderEpoch,
    },
    /// The state is older than the one in force.
    #[error("partition epoch {given} is older than {current}")]
    StalePartitionEpoch {
        /// Epoch of the state.
        given: PartitionEpoch,
        /// Epoch in force.
        current: PartitionEpoch,
    },
    /// The fetching broker is no replica of the partition, as far as this one knows.
    #[error("broker {0} is not a replica of the partition")]
    UnknownReplica(BrokerId),
    /// The fetching broker has been started anew since: the fetch is of its former life.
    #[error("broker epoch {given} is older than {current}")]
    StaleBrokerEpoch {
        /// Epoch of the fetch.
        given: BrokerEpoch,
        /// Newest epoch known.
        current: BrokerEpoch,
    },
    /// The offset lies outside `[log start, log end]`.
    #[error("offset {offset} is outside [{log_start}, {log_end}]")]
    OffsetOutOfRange {
        /// The offset asked for.
        offset: Offset,
        /// Start of the log.
        log_start: Offset,
        /// End of the log.
        log_end: Offset,
    },
    /// Fewer replicas are in sync than `min.insync.replicas`; nothing was appended.
    #[error("{in_sync} replicas are in sync, {required} are required")]
    NotEnoughReplicas {
        /// Size of the ISR.
        in_sync: usize,
        /// Replicas required.
        required: usize,
    },
    /// The records are committed, but fewer replicas are in sync by now than `min.insync.replicas`.
    #[error("appended, but {in_sync} replicas are in sync and {required} are required")]
    NotEnoughReplicasAfterAppend {
        /// Size of the ISR.
        in_sync: usize,
        /// Replicas required.
        required: usize,
    },
    /// The deadline passed before the records were committed.
    #[error("not committed within the deadline")]
    TimedOut,
    /// The log directory is offline.
    #[error("the log directory is offline")]
    StorageFailed,
    /// As many operations wait as may.
    #[error("{0} operations wait already")]
    TooManyWaiting(usize),
}

impl Error {
    /// What the caller can do about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NotEnoughReplicas { .. }
            | Self::NotEnoughReplicasAfterAppend { .. }
            | Self::TimedOut
            | Self::UnknownLeaderEpoch { .. }
            | Self::UnknownReplica(_)
            | Self::TooManyWaiting(_) => ErrorKind::Unavailable,
            Self::NotLeader
            | Self::NotFollower
            | Self::FencedLeaderEpoch { .. }
            | Self::StalePartitionEpoch { .. }
            | Self::StaleBrokerEpoch { .. } => ErrorKind::Fenced,
            Self::OffsetOutOfRange { .. } => ErrorKind::Invalid,
            Self::StorageFailed => ErrorKind::Closed,
        }
    }

    /// Whether the same call may succeed later at this broker.
    #[must_use]
    pub const fn is_retriable(&self) -> bool {
        matches!(self.kind(), ErrorKind::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_by_itself_is_retriable() {
        let (offset, epoch) = (Offset(0), LeaderEpoch(0));
        let table = [
            (Error::NotEnoughReplicas { in_sync: 1, required: 2 }, ErrorKind::Unavailable),
            (Error::NotEnoughReplicasAfterAppend { in_sync: 1, required: 2 }, ErrorKind::Unavailable),
            (Error::TimedOut, ErrorKind::Unavailable),
            (Error::UnknownLeaderEpoch { requested: epoch, current: epoch }, ErrorKind::Unavailable),
            (Error::UnknownReplica(BrokerId(1)), ErrorKind::Unavailable),
            (Error::TooManyWaiting(1), ErrorKind::Unavailable),
            (Error::NotLeader, ErrorKind::Fenced),
            (Error::NotFollower, ErrorKind::Fenced),
            (Error::FencedLeaderEpoch { requested: epoch, current: epoch }, ErrorKind::Fenced),
            (Error::StalePartitionEpoch { given: PartitionEpoch(0), current: PartitionEpoch(1) }, ErrorKind::Fenced),
            (Error::StaleBrokerEpoch { given: BrokerEpoch(0), current: BrokerEpoch(1) }, ErrorKind::Fenced),
            (Error::OffsetOutOfRange { offset, log_start: offset, log_end: offset }, ErrorKind::Invalid),
            (Error::StorageFailed, ErrorKind::Closed),
        ];
        for (error, kind) in table {
            assert_eq!((error.kind(), error.is_retriable()), (kind, kind == ErrorKind::Unavailable), "{error}");
        }
    }
}
