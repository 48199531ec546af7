//! What a call of a coordinator gives back, as data.
//!
//! Owns: results, effects, and what a request brings along beside its body. Does not own: carrying anything out.

use strata_compat::messages::{JoinGroupResponse, SyncGroupResponse};
use strata_compat::wire::KString;

use super::Turn;
use super::record::CoordinatorRecord;

/// Names one request that may wait; the runtime holds its reply channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

/// What a request brings along beside its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestContext {
    /// Version of the API.
    pub api_version: i16,
    /// The client's name for itself, empty if it has none.
    pub client_id: KString,
    /// Where it comes from, as Kafka writes it: `/127.0.0.1`.
    pub client_host: KString,
}

/// Records to append, then a response, then what else is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct CoordinatorResult<R> {
    /// To be appended in this order, and then replayed.
    pub records: Vec<CoordinatorRecord>,
    /// To be delivered when all that is appended is committed.
    pub response: R,
    /// To be carried out together with the response.
    pub effects: Vec<Effect>,
}

impl<R> CoordinatorResult<R> {
    /// A response without records and effects.
    pub(crate) const fn empty(response: R) -> Self {
        Self { records: Vec::new(), response, effects: Vec::new() }
    }

    /// A response with what a call collected.
    pub(crate) fn of(response: R, turn: Turn<'_>) -> Self {
        Self { records: turn.records, response, effects: turn.effects }
    }

    /// Adds what another call wants done.
    pub(crate) fn append(&mut self, other: CoordinatorResult<()>) {
        self.records.extend(other.records);
        self.effects.extend(other.effects);
    }
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Answer a request that waits.
    Reply {
        /// Which one.
        operation: OperationId,
        /// Its answer.
        response: DelayedResponse,
    },
    /// Tell the operator: what a group has become is not in the log, because its record is larger than the log may be asked
    /// to take. The group goes on; a load brings back what was written of it last.
    ReportUnwritten {
        /// Id of the group.
        group_id: KString,
    },
}

/// The answer to a request that may wait.
#[derive(Clone, Debug, PartialEq)]
pub enum DelayedResponse {
    /// To a JoinGroup.
    JoinGroup(JoinGroupResponse),
    /// To a SyncGroup.
    SyncGroup(SyncGroupResponse),
}
