//! Ends the tiering of partitions whose topic is tiered no longer.
//!
//! Owns: the command that each leader sends after `remote.storage.enable` went false: log start rises to the local start,
//! what is in the bucket goes under a tombstone. Does not own: whether it may go false and whether the end is safe yet
//! (the metadata core), or what is deleted when (tiering's walk). At most one attempt per partition runs. A crash leaves the remote state as it was; the
//! next leadership asks again.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use strata_compat::ids::{BrokerId, TopicIdPartition};
use strata_metadata::quorum::Quorum;
use strata_metadata_core::command::Command;
use strata_metadata_core::command::remote_segments::{DisableTiering, RemoteFence};
use strata_metadata_core::error::ErrorKind;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::end_of_tiering::EndOfTiering;
use tokio::runtime::Handle;

use crate::clock;
use crate::partition::Partition;

/// How long one command may stay undecided.
const COMMAND_DEADLINE: Duration = Duration::from_secs(30);
/// Pause after a command without an outcome.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Sends the commands.
pub(crate) struct TierDisabler {
    quorum: Arc<Quorum>,
    broker: BrokerId,
    runtime: Handle,
    running: Mutex<BTreeSet<TopicIdPartition>>,
}

/// What became of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// Nothing is left to do here.
    Settled,
    /// The outcome is not known.
    Unknown,
}

impl TierDisabler {
    pub(crate) fn new(quorum: Arc<Quorum>, broker: BrokerId, runtime: Handle) -> Arc<Self> {
        Arc::new(Self { quorum, broker, runtime, running: Mutex::default() })
    }

    /// Begins to end the partition's tiering if that is due: it is led here, its topic is not tiered, and something of it
    /// is in the bucket or may come there. Returns at once.
    pub(crate) fn consider(self: &Arc<Self>, image: &Image, partition: &Arc<Partition>) {
        let id = partition.id();
        let is_wanted = image.end_of_tiering(id) != EndOfTiering::NotDue && partition.leadership().is_some();
        if !is_wanted || !self.running.lock().insert(id) {
            return;
        }
        let disabler = Arc::clone(self);
        // A partition that is dropped meanwhile ends the attempts.
        let partition = Arc::downgrade(partition);
        self.runtime.spawn(async move {
            disabler.run(id, &partition).await;
            disabler.running.lock().remove(&id);
        });
    }

    async fn run(&self, id: TopicIdPartition, partition: &Weak<Partition>) {
        while let Some(partition) = partition.upgrade() {
            match self.attempt(id, &partition).await {
                Attempt::Settled => return,
                Attempt::Unknown => tokio::time::sleep(RETRY_PAUSE).await,
            }
        }
    }

    async fn attempt(&self, id: TopicIdPartition, partition: &Partition) -> Attempt {
        let image = self.quorum.current().image;
        match image.end_of_tiering(id) {
            EndOfTiering::NotDue => return Attempt::Settled,
            EndOfTiering::OtherReplicas => {
                tracing::error!(
                    topic = %partition.topic(), partition = id.partition.0,
                    "tiering is not ended while the partition has other replicas: what they have in local files is not known \
                     here, and what only the bucket has must not go"
                );
                return Attempt::Settled;
            }
            EndOfTiering::Due => {}
        }
        let (Some((leader_epoch, broker_epoch)), Some(remote)) = (partition.leadership(), image.remote_partition(id))
        else {
            return Attempt::Settled;
        };
        let local_start = partition.log().local_start_offset();
        let command = Command::DisableTiering(DisableTiering {
            partition: id,
            fence: RemoteFence { broker: self.broker, broker_epoch, leader_epoch, tiering_epoch: remote.tiering_epoch },
            local_start,
            now: clock::now(),
        });
        match self.quorum.propose(&command, COMMAND_DEADLINE).await {
            Ok(committed) => match committed.response {
                Ok(_) => {
                    tracing::info!(
                        topic = %partition.topic(), partition = id.partition.0, log_start = %local_start,
                        "tiering ended; what is in the bucket will be deleted"
                    );
                    Attempt::Settled
                }
                // Another leader, registration or tiering epoch, or tiered again: the next look says which.
                Err(refusal) if matches!(refusal.kind(), ErrorKind::Fenced | ErrorKind::Unavailable) => {
                    Attempt::Unknown
                }
                Err(refusal) => {
                    let (topic, partition) = (partition.topic(), id.partition.0);
                    tracing::error!(%topic, partition, %refusal, "tiering is not ended");
                    Attempt::Settled
                }
            },
            Err(error) if error.is_retriable() => {
                let (topic, partition) = (partition.topic(), id.partition.0);
                tracing::warn!(%topic, partition, %error, "ending the tiering is tried again");
                Attempt::Unknown
            }
            Err(error) => {
                tracing::debug!(partition = %id, %error, "the quorum has stopped");
                Attempt::Settled
            }
        }
    }
}
