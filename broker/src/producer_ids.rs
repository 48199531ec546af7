//! Producer ids for idempotent producers, from blocks that the quorum gives to this broker.
//!
//! Owns: the block in use. Does not own: which blocks were given (the metadata image). Invariant: an id is given once. A
//! crash leaves the rest of a block unused for ever, as in Kafka; there are enough.

use std::future::Future;
use std::ops::Range;
use std::time::{Duration, Instant};

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::ProducerId;
use strata_metadata_core::command::{AllocateProducerIds, Command};
use strata_metadata_core::response::Reply;
use tokio::sync::Mutex;

use crate::request::context::RequestContext;
use crate::server::Broker;

/// How long the quorum may take over a block.
const COMMAND_DEADLINE: Duration = Duration::from_secs(10);

/// Why no id can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoProducerId {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

/// The block in use.
#[derive(Default)]
pub(crate) struct ProducerIds {
    /// Held while the next block is asked for: one proposal at a time, and nobody passes by.
    block: Mutex<Range<i64>>,
}

impl ProducerIds {
    /// A producer id that nobody had before.
    pub(crate) async fn next(&self, broker: &Broker, context: &RequestContext) -> Result<ProducerId, NoProducerId> {
        let deadline = Instant::now() + context.time_left(COMMAND_DEADLINE);
        self.take(deadline, || allocate(broker, deadline.saturating_duration_since(Instant::now()))).await
    }

    /// Whoever waits behind others waits no longer than if it had been the first.
    async fn take<F>(&self, deadline: Instant, allocate: impl FnOnce() -> F) -> Result<ProducerId, NoProducerId>
    where
        F: Future<Output = Result<Range<i64>, NoProducerId>>,
    {
        let turn = tokio::time::timeout_at(deadline.into(), self.block.lock()).await;
        let mut block = turn.map_err(|_| NoProducerId {
            code: ErrorCode::CoordinatorLoadInProgress,
            message: "others wait for a block of producer ids, and it did not come in time".to_owned(),
        })?;
        if block.is_empty() {
            *block = allocate().await?;
        }
        block.next().map(ProducerId).ok_or_else(|| NoProducerId {
            code: ErrorCode::CoordinatorNotAvailable,
            message: "the quorum gave an empty block of producer ids".to_owned(),
        })
    }
}

/// Asks the quorum for a block. Clients ask again after both codes, as Kafka's brokers have them do.
async fn allocate(broker: &Broker, deadline: Duration) -> Result<Range<i64>, NoProducerId> {
    let refused = |message: String| NoProducerId { code: ErrorCode::CoordinatorNotAvailable, message };
    let command = Command::AllocateProducerIds(AllocateProducerIds {
        broker: broker.id,
        broker_epoch: broker.registration.epoch,
    });
    let committed = broker
        .quorum
        .propose(&command, deadline)
        .await
        .map_err(|error| NoProducerId { code: ErrorCode::CoordinatorLoadInProgress, message: error.to_string() })?;
    match committed.response {
        Ok(Reply::ProducerIds { first, count }) => Ok(first.0..first.0.saturating_add(i64::from(count))),
        Ok(other) => Err(refused(format!("a block of producer ids was answered {other:?}"))),
        Err(refusal) => Err(refused(refusal.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    const BLOCK: i64 = 10;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    #[tokio::test]
    async fn who_waits_behind_others_keeps_its_own_deadline() {
        let ids = Arc::new(ProducerIds::default());
        let first = tokio::spawn({
            let ids = Arc::clone(&ids);
            async move { ids.take(soon(), std::future::pending).await }
        });
        while ids.block.try_lock().is_ok() {
            tokio::task::yield_now().await;
        }
        let late = ids.take(Instant::now() + Duration::from_millis(10), || async { Ok(0..BLOCK) }).await;
        assert_eq!(late.map_err(|refused| refused.code), Err(ErrorCode::CoordinatorLoadInProgress));
        first.abort();
    }

    #[tokio::test]
    async fn ids_are_unique_and_blocks_are_asked_for_one_at_a_time() {
        let ids = Arc::new(ProducerIds::default());
        let blocks = Arc::new(AtomicI64::new(0));
        let allocate = |blocks: Arc<AtomicI64>| async move {
            let first = blocks.fetch_add(1, Ordering::SeqCst) * BLOCK;
            tokio::task::yield_now().await;
            Ok(first..first + BLOCK)
        };
        let taker = |_| {
            let (ids, blocks) = (Arc::clone(&ids), Arc::clone(&blocks));
            tokio::spawn(async move { ids.take(soon(), || allocate(blocks)).await.unwrap() })
        };
        let takers: Vec<_> = (0..95).map(taker).collect();
        let mut taken = BTreeSet::new();
        for taker in takers {
            assert!(taken.insert(taker.await.unwrap()));
        }
        assert_eq!((taken.len(), blocks.load(Ordering::SeqCst)), (95, 10));
    }

    #[tokio::test]
    async fn a_failed_proposal_is_told_and_the_next_one_succeeds() {
        let ids = ProducerIds::default();
        let failure = NoProducerId { code: ErrorCode::CoordinatorLoadInProgress, message: "later".to_owned() };
        let failed = ids.take(soon(), || async { Err(failure.clone()) }).await;
        assert_eq!(failed, Err(failure));
        assert_eq!(ids.take(soon(), || async { Ok(7..9) }).await, Ok(ProducerId(7)));
        assert_eq!(ids.take(soon(), || async { Ok(0..1) }).await, Ok(ProducerId(8)));
    }
}
