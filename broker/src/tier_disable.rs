//! Ends the tiering of partitions whose topic is tiered no longer.
//!
//! Owns: the command that each leader sends after `remote.storage.enable` went false: log start rises to the local start,
//! what is in the bucket goes under a tombstone. Does not own: whether it may go false (the metadata core), or what is
//! deleted when (tiering's walk). At most one attempt per partition runs. A crash leaves the remote state as it was; the
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
use strata_metadata_core::image::remote_segments::RemotePartition;
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
        if !is_due(image, id, partition.topic()) || partition.leadership().is_none() || !self.running.lock().insert(id)
        {
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
        if !is_due(&image, id, partition.topic()) {
            return Attempt::Settled;
        }
        let (Some((leader_epoch, broker_epoch)), Some(remote)) = (partition.leadership(), image.remote_partition(id))
        else {
            return Attempt::Settled;
        };
        if has_other_replicas(&image, id) {
            tracing::error!(
                topic = %partition.topic(), partition = id.partition.0,
                "tiering is not ended while the partition has other replicas: what they have in local files is not known here, \
                 and what only the bucket has must not go"
            );
            return Attempt::Settled;
        }
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

/// Whether the topic is not tiered, though its partition has something in the bucket or on the way there.
fn is_due(image: &Image, id: TopicIdPartition, topic: &str) -> bool {
    !image.configs.is_tiered(topic) && image.remote_partition(id).is_some_and(|remote| holds_anything(remote))
}

/// Log start rises to where the local files of *every* replica begin; this broker knows its own only.
fn has_other_replicas(image: &Image, id: TopicIdPartition) -> bool {
    image.partition(id).is_none_or(|partition| partition.replicas.len() > 1)
}

fn holds_anything(remote: &RemotePartition) -> bool {
    remote.remote_end.is_some() || !remote.owns_nothing()
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{BrokerEpoch, Offset, PartitionId, TopicId, Uuid};
    use strata_metadata_core::command::FormatCluster;
    use strata_metadata_core::command::brokers::RegisterBroker;
    use strata_metadata_core::command::topics::{ConfigDefaults, CreateTopic, Placement};
    use strata_metadata_core::image::brokers::FeatureRange;

    use super::*;

    /// A topic of one partition with so many replicas.
    fn image(replicas: i32) -> Image {
        let register = |id: i32| {
            Command::RegisterBroker(RegisterBroker {
                broker: BrokerId(id),
                incarnation_id: Uuid::from_u128(1),
                endpoints: Vec::new(),
                rack: None,
                features: vec![FeatureRange { name: "metadata.version".to_owned(), min: 30, max: 30 }],
                log_dirs: vec![Uuid::from_u128(1000 + u128::from(id.unsigned_abs()))],
                cluster_id: "c".to_owned(),
                previous_epoch: BrokerEpoch::NONE,
                durable: true,
                fenced: false,
                cordoned_dirs: Vec::new(),
            })
        };
        let features = vec![("metadata.version".to_owned(), 30)];
        let mut commands = vec![
            Command::FormatCluster(FormatCluster { cluster_id: "c".to_owned(), features }),
            register(1),
            register(2),
        ];
        commands.push(Command::CreateTopic(CreateTopic {
            topic_id: TopicId(Uuid::from_u128(9)),
            name: "t".to_owned(),
            internal: false,
            placement: Placement::Manual(vec![(1..=replicas).map(BrokerId).collect()]),
            configs: Vec::new(),
            defaults: ConfigDefaults::default(),
        }));
        let mut image = Image::default();
        for (index, command) in (1..).zip(&commands) {
            image.apply(index, command).0.unwrap();
        }
        image
    }

    #[test]
    fn only_a_replica_that_is_alone_knows_where_all_local_files_begin() {
        let id = |topic| TopicIdPartition { topic_id: TopicId(Uuid::from_u128(topic)), partition: PartitionId(0) };
        assert!(!has_other_replicas(&image(1), id(9)));
        assert!(has_other_replicas(&image(2), id(9)));
        assert!(has_other_replicas(&image(1), id(8)), "of an unknown partition nothing is known");
    }

    #[test]
    fn an_ended_tiering_is_not_ended_again() {
        let never_used = RemotePartition { log_start: Some(Offset(5)), ..RemotePartition::default() };
        assert!(!holds_anything(&RemotePartition::default()));
        assert!(!holds_anything(&never_used));
        assert!(holds_anything(&RemotePartition { remote_end: Some(Offset(9)), ..never_used }));
    }
}
