//! The quorum of a simulated cluster, and what each broker has heard of it.
//!
//! Owns: applying commands to the real state machine, telling brokers after their lag. Does not own: what may go wrong with a
//! command on its way (`catalog.rs`), what a broker does with news (`broker.rs`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use strata_compat::ids::{BrokerId, TopicId, Uuid};
use strata_metadata_core::command::brokers::{BrokerChange, ChangeBroker, RegisterBroker};
use strata_metadata_core::command::configs::{AlterConfigs, ConfigOperation};
use strata_metadata_core::command::topics::{ConfigDefaults, CreateTopic, DeleteTopic, Placement};
use strata_metadata_core::command::{Command, FormatCluster};
use strata_metadata_core::image::Image;
use strata_metadata_core::image::brokers::{Endpoint, FeatureRange};
use strata_metadata_core::image::configs::ConfigResource;
use strata_metadata_core::response::{Refusal, Reply};

use super::broker::SimBroker;
use super::clock::wait_ms;
use super::shared::{CLUSTER, Planted, Shared, State};
use crate::checker;

/// Name of the one topic; each creation gives it a new identity.
pub const TOPIC: &str = "flights";
/// Brokers of a simulation.
pub const BROKERS: [BrokerId; 2] = [BrokerId(1), BrokerId(2)];
/// One seed of so many has two partitions, which begin with different leaders.
const TWO_PARTITIONS_EVERY: u64 = 3;

/// The quorum and the brokers.
pub struct Cluster {
    /// The world.
    pub shared: Arc<Shared>,
    /// The brokers, in the order of [`BROKERS`].
    pub brokers: Vec<Arc<SimBroker>>,
}

impl Cluster {
    /// A formatted cluster whose brokers are not started.
    pub fn new(shared: &Arc<Shared>) -> Arc<Self> {
        let brokers = BROKERS.into_iter().map(|id| Arc::new(SimBroker::new(id, Arc::clone(shared)))).collect();
        let cluster = Arc::new(Self { shared: Arc::clone(shared), brokers });
        let features = vec![("metadata.version".to_owned(), 30), ("eligible.leader.replicas.version".to_owned(), 0)];
        cluster.admin(&Command::FormatCluster(FormatCluster { cluster_id: CLUSTER.to_owned(), features }));
        cluster
    }

    /// The broker of this id.
    #[must_use]
    pub fn broker(&self, id: BrokerId) -> Option<&Arc<SimBroker>> {
        self.brokers.iter().find(|broker| broker.id == id)
    }

    /// What the quorum has committed.
    #[must_use]
    pub fn truth(&self) -> Image {
        self.shared.state.lock().image.clone()
    }

    /// Applies a command, has the checkers look at it, and tells the brokers after their lag.
    pub fn apply(self: &Arc<Self>, command: &Command) -> Result<Reply, Refusal> {
        let mut state = self.shared.state.lock();
        let mut before = state.image.clone();
        if let Some(remote) = state.planted_remote.take() {
            before.remote = remote;
        }
        let sent = command;
        let accepted =
            if self.shared.is_planted(Planted::StaleEpochAccepted) { refenced(&before, sent) } else { sent.clone() };
        let applied = catch_unwind(AssertUnwindSafe(|| {
            let mut image = before.clone();
            let response = image.apply(before.applied_index + 1, &accepted).0;
            (image, response)
        }));
        let Ok((mut image, response)) = applied else {
            drop(state);
            self.shared.violate("the quorum's own invariants hold", format!("{command:?} at {}", before.applied_index));
            return Err(Refusal::UnknownPartition);
        };
        self.forget_as_planted(&mut state, &before, &mut image, (sent, response.is_ok()));
        state.image = image.clone();
        let now = self.shared.now();
        let found = checker::applied(&mut state, &self.shared.names, &before, sent, &response, now);
        drop(state);
        let name = checker::name_of(command);
        match &response {
            Ok(reply) => {
                self.shared.count(name);
                self.shared.note(format_args!("quorum {name} {reply:?}"));
            }
            Err(refusal) => {
                self.shared.count("refused");
                self.shared.note(format_args!("quorum {name} refused: {refusal}"));
            }
        }
        for violation in found {
            self.shared.violate(violation.property, violation.detail);
        }
        self.publish(&image);
        response
    }

    /// Defects of a quorum that forgets what it has decided.
    fn forget_as_planted(
        &self,
        state: &mut State,
        before: &Image,
        image: &mut Image,
        (sent, is_done): (&Command, bool),
    ) {
        let planted = |planted| is_done && self.shared.is_planted(planted);
        match sent {
            Command::CommitSegment(_) if planted(Planted::QuorumForgetsCommit) => image.remote = before.remote.clone(),
            Command::MoveLogStart(_) if planted(Planted::QuorumTakesLogStartBack) && before.remote != image.remote => {
                state.planted_remote = Some(before.remote.clone());
            }
            _ => {}
        }
    }

    fn publish(self: &Arc<Self>, image: &Image) {
        for broker in &self.brokers {
            let (cluster, broker, image) = (Arc::clone(self), Arc::clone(broker), image.clone());
            let lag_ms = broker.lag_ms();
            tokio::spawn(async move {
                wait_ms(lag_ms).await;
                broker.hear(&cluster, image);
            });
        }
    }

    /// A command of the cluster's administration, which always arrives; a refusal is traced only.
    pub fn admin(self: &Arc<Self>, command: &Command) -> Option<Reply> {
        self.apply(command).ok()
    }

    /// Registers a broker.
    pub fn register(self: &Arc<Self>, broker: BrokerId, incarnation_id: Uuid) {
        let range = |name: &str, min, max| FeatureRange { name: name.to_owned(), min, max };
        let previous_epoch = self.truth().brokers.epoch_of(broker);
        self.admin(&Command::RegisterBroker(RegisterBroker {
            broker,
            cluster_id: CLUSTER.to_owned(),
            incarnation_id,
            previous_epoch,
            durable: true,
            fenced: false,
            endpoints: vec![Endpoint {
                name: "PLAINTEXT".to_owned(),
                host: "localhost".to_owned(),
                port: 9092,
                security_protocol: 0,
            }],
            rack: None,
            features: vec![range("metadata.version", 30, 31), range("eligible.leader.replicas.version", 0, 1)],
            log_dirs: vec![Uuid::from_u128(100 + u128::from(broker.0.unsigned_abs()))],
            cordoned_dirs: Vec::new(),
        }));
    }

    /// Ends or begins a broker's session.
    pub fn fence(self: &Arc<Self>, broker: BrokerId, change: BrokerChange) {
        let broker_epoch = self.truth().brokers.epoch_of(broker);
        self.admin(&Command::ChangeBroker(ChangeBroker { broker, broker_epoch, change }));
    }

    /// Creates the topic with an identity of its own, if there is none.
    pub fn create_topic(self: &Arc<Self>, topic_id: Uuid) {
        let mut placement = vec![BROKERS.to_vec()];
        if self.shared.seed.is_multiple_of(TWO_PARTITIONS_EVERY) {
            placement.push(BROKERS.into_iter().rev().collect());
        }
        self.admin(&Command::CreateTopic(CreateTopic {
            topic_id: TopicId(topic_id),
            name: TOPIC.to_owned(),
            internal: false,
            placement: Placement::Manual(placement),
            configs: vec![("remote.storage.enable".to_owned(), "true".to_owned())],
            defaults: defaults(),
        }));
    }

    /// Deletes the topic, if there is one.
    pub fn delete_topic(self: &Arc<Self>) {
        if let Some(topic_id) = self.truth().topic_by_name(TOPIC).map(|topic| topic.topic_id) {
            self.admin(&Command::DeleteTopic(DeleteTopic { topic_id, now: self.shared.now() }));
        }
    }

    /// Says whether the topic is tiered.
    pub fn set_tiered(self: &Arc<Self>, tiered: bool) {
        let set = |key: &str, value: bool| ConfigOperation::Set { key: key.to_owned(), value: value.to_string() };
        self.admin(&Command::AlterConfigs(AlterConfigs {
            resource: ConfigResource::topic(TOPIC),
            replace_all: false,
            operations: vec![set("remote.storage.enable", tiered), set("remote.log.delete.on.disable", !tiered)],
            defaults: defaults(),
        }));
    }
}

fn defaults() -> ConfigDefaults {
    ConfigDefaults { cleanup_policy: "delete".to_owned() }
}

/// The command as a current leader would have sent it: a quorum that takes this for that has no fence.
fn refenced(image: &Image, command: &Command) -> Command {
    let mut command = command.clone();
    if let Some((partition, fence)) = checker::fence_of_mut(&mut command) {
        if let Some(state) = image.partition(partition) {
            fence.broker = state.leader;
            fence.leader_epoch = state.leader_epoch;
            fence.broker_epoch = image.brokers.epoch_of(state.leader);
        }
        if let Some(remote) = image.remote_partition(partition) {
            fence.tiering_epoch = remote.tiering_epoch;
        }
    }
    command
}
