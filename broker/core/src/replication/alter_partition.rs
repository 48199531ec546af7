//! The one request for another ISR that may be in flight.
//!
//! Owns: the request, what its answer means, when it is sent again. Does not own: the way to the controller, nor which ISR to
//! ask for (`isr.rs`).
//!
//! ```text
//!   Idle ──propose──► InFlight ──committed──► Idle
//!                       │  ▲ └──ineligible, not attempted──► Idle (the committed ISR again)
//!          other failure│  │retry at
//!                       ▼  │
//!                     Waiting            fenced, stale, invalid ──► Refused: holds until metadata brings a newer state
//! ```
//! Invariants: one request at a time; the proposed members count for the high watermark until the controller's answer, or a
//! newer state, says otherwise, because the controller may have committed them.

use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, PartitionEpoch, Timestamp};

use super::partition_state::{PartitionState, RecoveryState};

/// Time until a request that failed for a passing reason is sent again.
pub const RETRY_BACKOFF_MS: i64 = 50;

/// A compare-and-set on the partition's state in the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterPartitionRequest {
    /// Names the request among those of this replica; comes back with its answer.
    pub request_id: u64,
    /// Holds only in this leader epoch.
    pub leader_epoch: LeaderEpoch,
    /// Holds only on top of this partition epoch.
    pub partition_epoch: PartitionEpoch,
    /// Epoch of the asking broker.
    pub broker_epoch: BrokerEpoch,
    /// The ISR asked for, in the order of the replicas, each with the broker epoch it has fetched with (KIP-903).
    pub isr: Vec<(BrokerId, BrokerEpoch)>,
    /// The recovery state asked for; a leader that has its log open confirms that it has recovered.
    pub recovery_state: RecoveryState,
}

/// Why the controller did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlterPartitionError {
    /// FENCED_LEADER_EPOCH.
    FencedLeaderEpoch,
    /// INVALID_UPDATE_VERSION: another change came first.
    InvalidUpdateVersion,
    /// INELIGIBLE_REPLICA: a member is fenced, shutting down or of another epoch.
    IneligibleReplica,
    /// NEW_LEADER_ELECTED: done, and it made another broker the leader.
    NewLeaderElected,
    /// INVALID_REQUEST.
    InvalidRequest,
    /// UNKNOWN_TOPIC_OR_PARTITION or UNKNOWN_TOPIC_ID.
    UnknownPartition,
    /// STALE_BROKER_EPOCH: this broker has registered anew, or is about to.
    StaleBrokerEpoch,
    /// OPERATION_NOT_ATTEMPTED.
    NotAttempted,
    /// The controller has moved, is away, or the request was lost.
    Unavailable,
}

/// The answer of the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterPartitionResponse {
    /// Of the request.
    pub request_id: u64,
    /// The state now in force, or why it was refused.
    pub result: Result<PartitionState, AlterPartitionError>,
}

/// Where the one request stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum InFlight {
    /// There is none.
    #[default]
    Idle,
    /// Sent.
    Sent(AlterPartitionRequest),
    /// To be sent again.
    Waiting { request: AlterPartitionRequest, retry_at: Timestamp },
    /// The controller knows a newer state; this holds until it arrives.
    Refused(AlterPartitionRequest),
}

impl InFlight {
    pub(super) const fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    /// The ISR that the controller may have committed.
    pub(super) fn proposed(&self) -> Option<&AlterPartitionRequest> {
        match self {
            Self::Idle => None,
            Self::Sent(request) | Self::Waiting { request, .. } | Self::Refused(request) => Some(request),
        }
    }

    /// The request that is under way under this id.
    pub(super) fn sent(&self, request_id: u64) -> Option<&AlterPartitionRequest> {
        match self {
            Self::Sent(request) if request.request_id == request_id => Some(request),
            Self::Idle | Self::Sent(_) | Self::Waiting { .. } | Self::Refused(_) => None,
        }
    }

    /// What is left of `request` after this failure.
    pub(super) fn after_failure(request: AlterPartitionRequest, error: AlterPartitionError, now: Timestamp) -> Self {
        match error {
            AlterPartitionError::IneligibleReplica | AlterPartitionError::NotAttempted => Self::Idle,
            AlterPartitionError::FencedLeaderEpoch
            | AlterPartitionError::InvalidUpdateVersion
            | AlterPartitionError::NewLeaderElected
            | AlterPartitionError::InvalidRequest
            | AlterPartitionError::UnknownPartition => Self::Refused(request),
            AlterPartitionError::StaleBrokerEpoch | AlterPartitionError::Unavailable => {
                Self::Waiting { request, retry_at: now.plus_ms(RETRY_BACKOFF_MS) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> AlterPartitionRequest {
        AlterPartitionRequest {
            request_id: 7,
            leader_epoch: LeaderEpoch(1),
            partition_epoch: PartitionEpoch(2),
            broker_epoch: BrokerEpoch(3),
            isr: vec![(BrokerId(1), BrokerEpoch(3))],
            recovery_state: RecoveryState::Recovered,
        }
    }

    #[test]
    fn only_the_request_under_way_takes_an_answer() {
        let waiting = InFlight::Waiting { request: request(), retry_at: Timestamp(0) };
        // (where it stands, idle?, proposes?, takes the answer to 7?)
        let table = [
            (InFlight::Idle, true, false, false),
            (InFlight::Sent(request()), false, true, true),
            (waiting, false, true, false),
            (InFlight::Refused(request()), false, true, false),
        ];
        for (in_flight, is_idle, proposes, takes) in table {
            assert_eq!(in_flight.is_idle(), is_idle, "{in_flight:?}");
            assert_eq!(in_flight.proposed().cloned(), proposes.then(request), "{in_flight:?}");
            assert_eq!(in_flight.sent(7).cloned(), takes.then(request), "{in_flight:?}");
            assert_eq!(in_flight.sent(6), None, "{in_flight:?}");
        }
    }

    #[test]
    fn the_failure_decides_whether_it_is_sent_again() {
        let waiting = InFlight::Waiting { request: request(), retry_at: Timestamp(10 + RETRY_BACKOFF_MS) };
        let table = [
            (AlterPartitionError::IneligibleReplica, InFlight::Idle),
            (AlterPartitionError::NotAttempted, InFlight::Idle),
            (AlterPartitionError::FencedLeaderEpoch, InFlight::Refused(request())),
            (AlterPartitionError::InvalidUpdateVersion, InFlight::Refused(request())),
            (AlterPartitionError::NewLeaderElected, InFlight::Refused(request())),
            (AlterPartitionError::InvalidRequest, InFlight::Refused(request())),
            (AlterPartitionError::UnknownPartition, InFlight::Refused(request())),
            (AlterPartitionError::StaleBrokerEpoch, waiting.clone()),
            (AlterPartitionError::Unavailable, waiting),
        ];
        for (error, expected) in table {
            assert_eq!(InFlight::after_failure(request(), error, Timestamp(10)), expected, "{error:?}");
        }
    }
}
