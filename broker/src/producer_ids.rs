//! Producer ids for idempotent producers, from blocks that the quorum gives to this broker.
//!
//! Owns: the block in use. Does not own: which blocks were given (the metadata image). Invariant: an id is given once. A
//! crash leaves the rest of a block unused for ever, as in Kafka; there are enough.

use std::future::Future;
use std::ops::Range;
use std::time::Duration;

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
        let deadline = context.time_left(COMMAND_DEADLINE);
        self.take(|| allocate(broker, deadline)).await
    }

    async fn take<F>(&self, allocate: impl FnOnce() -> F) -> Result<ProducerId, NoProducerId>
    where
        F: Future<Output = Result<Range<i64>, NoProducerId>>,
    {
        let mut block = self.block.lock().await;
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
            tokio::spawn(async move { ids.take(|| allocate(blocks)).await.unwrap() })
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
        let failed = ids.take(|| async { Err(failure.clone()) }).await;
        assert_eq!(failed, Err(failure));
        assert_eq!(ids.take(|| async { Ok(7..9) }).await, Ok(ProducerId(7)));
        assert_eq!(ids.take(|| async { Ok(0..1) }).await, Ok(ProducerId(8)));
    }
}
