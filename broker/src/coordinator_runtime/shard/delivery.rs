//! Answers that wait: for the high watermark, and for other members of a group.
//!
//! Owns: their order, their limits, and that each is given once. Does not own: when the high watermark moves.

use std::collections::{BTreeMap, VecDeque};

use prometheus_client::metrics::counter::Counter;
use strata_broker_core::coordinator::{DelayedResponse, Effect, OperationId};
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{Offset, Timestamp};
use strata_compat::messages::{JoinGroupResponse, SyncGroupResponse};
use tokio::sync::oneshot;

use super::answer_once;

/// Answers of a shard that wait for the high watermark.
const DELIVERIES_MAX: usize = 20_000;
/// Members of a shard that wait for others.
const WAITING_MAX: usize = 50_000;

/// Answers one request: with its response, or with an error.
pub(super) type Reply = Box<dyn FnOnce(Result<(), ErrorCode>) + Send>;

struct Delivery {
    /// To be given when all below is committed.
    end: Offset,
    /// When the reply ends with an error; effects go on waiting.
    deadline: Timestamp,
    reply: Option<Reply>,
    effects: Vec<Effect>,
}

/// What waits for the high watermark, in the order of the log.
#[derive(Default)]
pub(super) struct Deliveries(VecDeque<Delivery>);

impl Deliveries {
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= DELIVERIES_MAX
    }

    pub(super) fn push(&mut self, end: Offset, deadline: Timestamp, reply: Option<Reply>, effects: Vec<Effect>) {
        self.0.push_back(Delivery { end, deadline, reply, effects });
    }

    /// Gives all that is committed.
    pub(super) fn flush(&mut self, high_watermark: Offset, waiting: &mut Waiting) {
        while self.0.front().is_some_and(|first| first.end <= high_watermark) {
            let Some(delivery) = self.0.pop_front() else {
                return;
            };
            if let Some(reply) = delivery.reply {
                reply(Ok(()));
            }
            waiting.carry_out(delivery.effects);
        }
    }

    /// Replies that have waited too long are errors; effects stay, for nothing else will answer their operations.
    pub(super) fn expire(&mut self, now: Timestamp, code: ErrorCode) {
        for delivery in &mut self.0 {
            if delivery.deadline <= now
                && let Some(reply) = delivery.reply.take()
            {
                reply(Err(code));
            }
        }
        self.0.retain(|delivery| delivery.reply.is_some() || !delivery.effects.is_empty());
    }

    /// When the first reply expires.
    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.0.iter().find(|delivery| delivery.reply.is_some()).map(|delivery| delivery.deadline)
    }

    /// Everything ends with an error; operations in effects stay for [`Waiting::fail`].
    pub(super) fn fail(&mut self, code: ErrorCode) {
        for delivery in self.0.drain(..) {
            if let Some(reply) = delivery.reply {
                reply(Err(code));
            }
        }
    }
}

/// A request that waits for other members.
pub(super) enum Waiter {
    Join(oneshot::Sender<Result<JoinGroupResponse, ErrorCode>>),
    Sync(oneshot::Sender<Result<SyncGroupResponse, ErrorCode>>),
}

impl Waiter {
    pub(super) fn fail(self, code: ErrorCode) {
        match self {
            Self::Join(sender) => answer_once(sender, Err(code)),
            Self::Sync(sender) => answer_once(sender, Err(code)),
        }
    }

    fn answer(self, response: DelayedResponse) {
        match (self, response) {
            (Self::Join(sender), DelayedResponse::JoinGroup(response)) => answer_once(sender, Ok(response)),
            (Self::Sync(sender), DelayedResponse::SyncGroup(response)) => answer_once(sender, Ok(response)),
            (waiter @ Self::Join(_), DelayedResponse::SyncGroup(_))
            | (waiter @ Self::Sync(_), DelayedResponse::JoinGroup(_)) => {
                tracing::error!("an operation of a group was answered as another kind");
                waiter.fail(ErrorCode::UnknownServerError);
            }
        }
    }
}

/// The requests that wait for other members.
pub(super) struct Waiting {
    next: u64,
    waiters: BTreeMap<OperationId, Waiter>,
    /// Records of groups that the log would not have taken.
    unwritten: Counter,
}

impl Waiting {
    pub(super) const fn new(unwritten: Counter) -> Self {
        Self { next: 0, waiters: BTreeMap::new(), unwritten }
    }

    /// Takes a request in; gives it back if there are too many.
    pub(super) fn insert(&mut self, waiter: Waiter) -> Result<OperationId, Waiter> {
        if self.waiters.len() >= WAITING_MAX {
            return Err(waiter);
        }
        let id = OperationId(self.next);
        self.next += 1;
        self.waiters.insert(id, waiter);
        Ok(id)
    }

    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Reply { operation, response } => match self.waiters.remove(&operation) {
                    Some(waiter) => waiter.answer(response),
                    None => {
                        tracing::error!(?operation, "an operation of a group was answered twice")
                    }
                },
                Effect::ReportUnwritten { group_id } => {
                    self.unwritten.inc();
                    tracing::error!(
                        group = %group_id,
                        "the record of a group without members is larger than max.message.bytes of __consumer_offsets allows: \
                         its former generation returns with the next load, until its sessions end"
                    );
                }
            }
        }
    }

    /// Whoever is left is told.
    pub(super) fn fail(&mut self, code: ErrorCode) {
        for waiter in std::mem::take(&mut self.waiters).into_values() {
            waiter.fail(code);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.waiters.len()
    }
}
