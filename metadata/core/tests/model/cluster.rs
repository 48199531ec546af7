//! The reference model of all but remote segments: what each command should do, written down as plainly as possible.

use std::collections::{BTreeMap, BTreeSet};

use strata_compat::ids::{
    BrokerEpoch, BrokerId, LeaderEpoch, PartitionEpoch, PartitionId, ProducerId, TopicId, TopicIdPartition, Uuid,
};
use strata_metadata_core::command::brokers::{BrokerChange, ChangeBroker, RegisterBroker};
use strata_metadata_core::command::configs::{AlterConfigs, ConfigOperation};
use strata_metadata_core::command::partitions::{AlterPartition, AssignDirectories, ElectLeaders, ElectionKind};
use strata_metadata_core::command::topics::{CreatePartitions, CreateTopic, DeleteTopic, Placement};
use strata_metadata_core::command::{Command, FeatureUpgrade, FormatCluster, METADATA_VERSION_FIRST, UpdateFeatures};
use strata_metadata_core::image::Image;
use strata_metadata_core::image::brokers::{Broker, Controller, FeatureRange};
use strata_metadata_core::image::configs::{ConfigKind, ConfigResource, Configs};
use strata_metadata_core::image::partitions::{LeaderRecovery, Partition};
use strata_metadata_core::image::producer_ids::ProducerIdsImage;
use strata_metadata_core::image::topics::Topic;
use strata_metadata_core::response::{Refusal, Reply, Response};

use crate::state::State;

const LOST: Uuid = Uuid::from_u128(1);
const METADATA_VERSION: &str = "metadata.version";
const ELR_VERSION: &str = "eligible.leader.replicas.version";

/// How a partition is to be changed beside an edit of its ISR and directories.
#[derive(Clone, Copy, Default)]
struct Wish {
    preferred: bool,
    unclean: bool,
    bump: bool,
    forget_elr: bool,
    unclean_shutdown: Option<BrokerId>,
}

/// Reasons are prose; all other refusals are told in full.
fn invalid_registration() -> Refusal {
    Refusal::InvalidRegistration { reason: String::new() }
}

fn invalid_partitions() -> Refusal {
    Refusal::InvalidPartitions { reason: String::new() }
}

fn invalid_assignment() -> Refusal {
    Refusal::InvalidReplicaAssignment { reason: String::new() }
}

fn invalid_isr() -> Refusal {
    Refusal::InvalidIsr { reason: String::new() }
}

fn items(list: &str) -> Vec<String> {
    list.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

fn supports(ranges: &[FeatureRange], name: &str, level: i16) -> bool {
    level == 0 || ranges.iter().any(|range| range.name == name && (range.min..=range.max).contains(&level))
}

impl State {
    /// Does the command at `index`, or refuses it and changes nothing. Where the command draws lots (a placement), the
    /// model checks the draw in `after` and takes it.
    pub(crate) fn apply(&mut self, index: u64, command: &Command, after: &Image) -> Response {
        let is_first = matches!(command, Command::NoOp | Command::FormatCluster(_));
        if !is_first && self.cluster.cluster_id.is_none() {
            return Err(Refusal::NotFormatted);
        }
        let mut next = self.clone();
        let response = next.run(i64::try_from(index).expect("indexes are small"), command, after);
        if response.is_ok() {
            *self = next;
        }
        response
    }

    fn run(&mut self, index: i64, command: &Command, after: &Image) -> Response {
        match command {
            Command::NoOp => Ok(Reply::Done),
            Command::FormatCluster(command) => self.format(index, command),
            Command::SetStoreId(command) => match self.cluster.store_id {
                Some(current) if current != command.store_id => Err(Refusal::StoreIdDiffers { current }),
                _ => {
                    self.cluster.store_id = Some(command.store_id);
                    Ok(Reply::Done)
                }
            },
            Command::RegisterController(command) => {
                self.check_features(&command.features, &format!("controller {}", command.controller))?;
                let controller = Controller {
                    controller: command.controller,
                    incarnation_id: command.incarnation_id,
                    endpoints: command.endpoints.clone(),
                    features: command.features.clone(),
                };
                self.controllers.insert(command.controller, controller);
                Ok(Reply::Registered { broker_epoch: BrokerEpoch(index) })
            }
            Command::RegisterBroker(command) => self.register(index, command),
            Command::UnregisterBroker(command) => {
                self.brokers.remove(&command.broker).ok_or(Refusal::UnknownBroker(command.broker))?;
                self.leave(command.broker, None, |_| true);
                Ok(Reply::Done)
            }
            Command::ChangeBroker(command) => self.change_broker(command),
            Command::CreateTopic(command) => self.create_topic(command, after),
            Command::DeleteTopic(command) => self.delete_topic(command),
            Command::CreatePartitions(command) => self.create_partitions(command, after),
            Command::AlterPartitions(command) => {
                self.registered(command.broker, command.broker_epoch)?;
                let answers = command.changes.iter().map(|wish| self.alter_isr(command.broker, wish)).collect();
                Ok(Reply::Partitions(answers))
            }
            Command::ElectLeaders(command) => Ok(Reply::Partitions(self.elect(command))),
            Command::AssignDirectories(command) => self.assign(command),
            Command::AlterConfigs(command) => self.alter_configs(command),
            Command::UpdateFeatures(command) => self.update_features(index, command),
            Command::AllocateProducerIds(command) => {
                self.registered(command.broker, command.broker_epoch)?;
                let first = self.producer_ids.next;
                self.producer_ids = ProducerIdsImage {
                    next: ProducerId(first.0 + 1_000),
                    last_owner: Some((command.broker, command.broker_epoch)),
                };
                Ok(Reply::ProducerIds { first, count: 1_000 })
            }
            _ => self.run_remote(command),
        }
    }

    fn format(&mut self, index: i64, command: &FormatCluster) -> Response {
        match &self.cluster.cluster_id {
            Some(id) if *id == command.cluster_id => return Ok(Reply::Done),
            Some(id) => {
                let (expected, given) = (id.clone(), command.cluster_id.clone());
                return Err(Refusal::InconsistentClusterId { expected, given });
            }
            None => {}
        }
        self.cluster.cluster_id = Some(command.cluster_id.clone());
        self.features.finalized = command.features.iter().filter(|(_, level)| *level > 0).cloned().collect();
        self.features.epoch = index;
        Ok(Reply::Done)
    }

    fn keeps_elr(&self) -> bool {
        self.features.finalized.contains_key(ELR_VERSION)
    }

    fn check_features(&self, ranges: &[FeatureRange], node: &str) -> Result<(), Refusal> {
        for (feature, level) in &self.features.finalized {
            if !supports(ranges, feature, *level) {
                return Err(Refusal::UnsupportedFeature {
                    feature: feature.clone(),
                    level: *level,
                    node: node.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn update_features(&mut self, index: i64, command: &UpdateFeatures) -> Response {
        let before = self.features.finalized.clone();
        for (feature, level, upgrade) in &command.updates {
            let current = self.features.finalized.get(feature).copied().unwrap_or(0);
            let is_version = feature == METADATA_VERSION;
            let is_lower = *level < current;
            let is_refused = *level < 0
                || (is_version && *level < METADATA_VERSION_FIRST)
                || (is_lower && *upgrade == FeatureUpgrade::Upgrade)
                || (is_lower && is_version && *upgrade == FeatureUpgrade::SafeDowngrade);
            if is_refused {
                return Err(Refusal::InvalidFeature { feature: feature.clone(), reason: String::new() });
            }
            let brokers = self.brokers.values().map(|broker| (format!("broker {}", broker.broker), &broker.features));
            let controllers =
                self.controllers.values().map(|node| (format!("controller {}", node.controller), &node.features));
            if let Some((node, _)) = brokers.chain(controllers).find(|(_, has)| !supports(has, feature, *level)) {
                return Err(Refusal::UnsupportedFeature { feature: feature.clone(), level: *level, node });
            }
            self.features.finalized.insert(feature.clone(), *level);
            self.features.finalized.retain(|_, level| *level > 0);
        }
        if self.features.finalized != before {
            self.features.epoch = index;
        }
        Ok(Reply::Done)
    }

    fn registered(&self, broker: BrokerId, epoch: BrokerEpoch) -> Result<(), Refusal> {
        match self.brokers.get(&broker) {
            None => Err(Refusal::UnknownBroker(broker)),
            Some(found) if found.epoch == epoch => Ok(()),
            Some(found) => Err(Refusal::StaleBrokerEpoch { current: found.epoch }),
        }
    }

    fn register(&mut self, index: i64, command: &RegisterBroker) -> Response {
        let expected = self.cluster.cluster_id.clone().unwrap_or_default();
        if expected != command.cluster_id {
            return Err(Refusal::InconsistentClusterId { expected, given: command.cluster_id.clone() });
        }
        if command.broker.0 < 0 || command.features.iter().all(|range| range.name != METADATA_VERSION) {
            return Err(invalid_registration());
        }
        self.check_features(&command.features, &format!("broker {}", command.broker))?;
        let dirs: BTreeSet<Uuid> = command.log_dirs.iter().copied().collect();
        let others = self.brokers.values().filter(|other| other.broker != command.broker);
        let mut taken = others.flat_map(|other| other.log_dirs.iter());
        if dirs.is_empty()
            || dirs.len() != command.log_dirs.len()
            || dirs.iter().any(|dir| dir.as_u128() < 100)
            || taken.any(|dir| dirs.contains(dir))
        {
            return Err(invalid_registration());
        }
        let id = command.broker;
        let stored = self.brokers.get(&id).map(|broker| broker.epoch);
        let is_unclean =
            self.keeps_elr() && !command.durable && stored.is_some_and(|epoch| epoch != command.previous_epoch);
        let broker = Broker {
            broker: id,
            epoch: BrokerEpoch(index),
            incarnation_id: command.incarnation_id,
            endpoints: command.endpoints.clone(),
            rack: command.rack.clone(),
            features: command.features.clone(),
            log_dirs: command.log_dirs.clone(),
            offline_dirs: Vec::new(),
            cordoned_dirs: command.cordoned_dirs.clone(),
            fenced: true,
            in_controlled_shutdown: false,
        };
        self.brokers.insert(id, broker);
        if command.fenced || is_unclean {
            self.leave(id, is_unclean.then_some(id), |_| true);
        }
        if !command.fenced {
            self.brokers.entry(id).and_modify(|broker| broker.fenced = false);
            self.leave(id, None, |directory| directory.as_u128() >= 100 && !dirs.contains(&directory));
            for partition in self.ids(|state| state.leader == id) {
                self.settle(partition, Wish { bump: true, ..Wish::default() }, |_| ());
            }
            self.lead(|state| state.replicas.contains(&id));
        }
        Ok(Reply::Registered { broker_epoch: BrokerEpoch(index) })
    }

    fn change_broker(&mut self, command: &ChangeBroker) -> Response {
        let id = command.broker;
        self.registered(id, command.broker_epoch)?;
        let Some(broker) = self.brokers.get_mut(&id) else { return Err(Refusal::UnknownBroker(id)) };
        let before = broker.clone();
        match &command.change {
            BrokerChange::Fence => broker.fenced = true,
            BrokerChange::Unfence => broker.fenced = false,
            BrokerChange::BeginControlledShutdown => broker.in_controlled_shutdown = true,
            BrokerChange::DirectoriesCordoned(dirs) => broker.cordoned_dirs.clone_from(dirs),
            BrokerChange::DirectoriesOffline(dirs) => {
                for dir in dirs {
                    if let Some(position) = broker.log_dirs.iter().position(|online| online == dir) {
                        broker.offline_dirs.push(broker.log_dirs.remove(position));
                    }
                }
            }
        }
        if *broker == before {
            return Ok(Reply::Done);
        }
        let offline = broker.offline_dirs.clone();
        match &command.change {
            BrokerChange::Fence | BrokerChange::BeginControlledShutdown => self.leave(id, None, |_| true),
            BrokerChange::DirectoriesOffline(_) => self.leave(id, None, |directory| offline.contains(&directory)),
            BrokerChange::Unfence => self.lead(|state| state.replicas.contains(&id)),
            BrokerChange::DirectoriesCordoned(_) => {}
        }
        Ok(Reply::Done)
    }

    fn ids(&self, wanted: impl Fn(&Partition) -> bool) -> Vec<TopicIdPartition> {
        self.partitions.iter().filter(|(_, state)| wanted(state)).map(|(id, _)| *id).collect()
    }

    /// Takes a broker out of the ISR of all partitions whose replica there lies in such a directory.
    fn leave(&mut self, broker: BrokerId, unclean_shutdown: Option<BrokerId>, wanted: impl Fn(Uuid) -> bool) {
        let holds = |state: &Partition| {
            state.leader == broker
                || state.isr.contains(&broker)
                || (unclean_shutdown.is_some() && state.elr.contains(&broker))
        };
        let lies = |state: &Partition| {
            let mut places = state.replicas.iter().zip(&state.directories);
            places.any(|(replica, directory)| *replica == broker && wanted(*directory))
        };
        for id in self.ids(|state| holds(state) && lies(state)) {
            let wish = Wish { unclean_shutdown, ..Wish::default() };
            self.settle(id, wish, |state| state.isr.retain(|member| *member != broker));
        }
    }

    /// Elects where there is no leader.
    fn lead(&mut self, wanted: impl Fn(&Partition) -> bool) {
        for id in self.ids(|state| state.leader == BrokerId::NONE && wanted(state)) {
            self.settle(id, Wish::default(), |_| ());
        }
    }

    fn can_lead(&self, state: &Partition, broker: BrokerId) -> bool {
        let place = state.replicas.iter().position(|replica| *replica == broker);
        let (Some(place), Some(registered)) = (place, self.brokers.get(&broker)) else { return false };
        let directory = state.directories[place];
        let is_online = registered.log_dirs.contains(&directory) || (directory.as_u128() < 100 && directory != LOST);
        is_online && !registered.fenced && !registered.in_controlled_shutdown
    }

    fn topic_config(&self, topic: &str, key: &str) -> Option<&String> {
        let own = self.configs.get(&ConfigResource::topic(topic)).and_then(|configs| configs.get(key));
        let of = |resource: ConfigResource| self.configs.get(&resource).and_then(|configs| configs.get(key));
        own.or_else(|| of(ConfigResource::broker_default())).or_else(|| of(ConfigResource::controller()))
    }

    /// Edits a partition and does what follows from it.
    fn settle(&mut self, id: TopicIdPartition, wish: Wish, edit: impl FnOnce(&mut Partition)) -> Partition {
        let before = self.partitions[&id].clone();
        let topic = self.topics[&id.topic_id].name.clone();
        let min_isr: usize =
            self.topic_config(&topic, "min.insync.replicas").and_then(|value| value.parse().ok()).unwrap_or(1).max(1);
        let default_unclean = !wish.preferred
            && self.topic_config(&topic, "unclean.leader.election.enable").is_some_and(|value| value == "true");
        let mut next = before.clone();
        edit(&mut next);
        self.settle_elr(&before, &mut next, wish, min_isr);
        self.settle_leader(&mut next, wish.preferred, wish.unclean || default_unclean);
        if next.leader != BrokerId::NONE {
            next.last_known_elr.clear();
        } else if next.isr.is_empty() && before.leader != BrokerId::NONE {
            next.last_known_elr = vec![before.leader];
        } else if next.isr.is_empty() && next.elr.is_empty() && next.last_known_elr.is_empty() {
            next.last_known_elr = [before.isr.as_slice(), &before.elr].concat().into_iter().take(1).collect();
        }
        if next == before && !wish.bump {
            return before;
        }
        if next.leader != before.leader || wish.bump {
            next.leader_epoch = LeaderEpoch(before.leader_epoch.0 + 1);
        }
        next.partition_epoch = PartitionEpoch(before.partition_epoch.0 + 1);
        self.partitions.insert(id, next.clone());
        next
    }

    fn settle_elr(&self, before: &Partition, next: &mut Partition, wish: Wish, min_isr: usize) {
        if !self.keeps_elr() && next.isr.is_empty() {
            next.isr.clone_from(&before.isr);
        }
        let is_full = next.isr.len() >= min_isr.min(next.replicas.len());
        if is_full || (!next.isr.is_empty() && (wish.forget_elr || !self.keeps_elr())) {
            next.elr.clear();
            next.last_known_elr.clear();
        } else if self.keeps_elr() {
            let held = |replica: &BrokerId| before.isr.contains(replica) || before.elr.contains(replica);
            let mut elr = next.replicas.clone();
            elr.retain(|replica| held(replica) && !next.isr.contains(replica));
            elr.retain(|replica| wish.unclean_shutdown != Some(*replica));
            next.elr = elr;
        }
    }

    fn settle_leader(&self, next: &mut Partition, is_preferred: bool, may_be_unclean: bool) {
        let from = if next.isr.is_empty() { &next.elr } else { &next.isr };
        let able: Vec<BrokerId> =
            next.replicas.iter().copied().filter(|id| from.contains(id) && self.can_lead(next, *id)).collect();
        let first = next.replicas[0];
        let leader = if is_preferred && able.contains(&first) {
            Some(first)
        } else if able.contains(&next.leader) {
            Some(next.leader)
        } else {
            able.first().copied()
        };
        if let Some(leader) = leader {
            next.leader = leader;
            if next.isr.is_empty() {
                next.isr.push(leader);
                next.elr.retain(|replica| *replica != leader);
            }
            return;
        }
        let nobody = next.isr.is_empty() && next.elr.is_empty();
        let last = next.last_known_elr.first().copied().filter(|id| nobody && self.can_lead(next, *id));
        let any = next.replicas.iter().copied().find(|id| may_be_unclean && self.can_lead(next, *id));
        next.leader = last.or(any).unwrap_or(BrokerId::NONE);
        if next.leader != BrokerId::NONE {
            next.isr = vec![next.leader];
            next.elr.clear();
            next.leader_recovery = LeaderRecovery::Recovering;
        }
    }

    fn create_topic(&mut self, command: &CreateTopic, after: &Image) -> Response {
        let name = &command.name;
        let is_legal = |name: &str| {
            let mut characters = name.chars();
            characters.all(|one| one.is_ascii_alphanumeric() || one == '.' || one == '_' || one == '-')
        };
        if name.is_empty() || name == "." || name == ".." || name.len() > 249 || !is_legal(name) {
            return Err(Refusal::InvalidTopicName { name: name.clone(), reason: String::new() });
        }
        if self.topics.values().any(|topic| topic.name == *name) {
            return Err(Refusal::TopicAlreadyExists { name: name.clone() });
        }
        let flat = |name: &str| name.replace('.', "_");
        if let Some(other) = self.topics.values().find(|topic| flat(&topic.name) == flat(name)) {
            return Err(Refusal::TopicNameCollides { name: name.clone(), existing: other.name.clone() });
        }
        let topic_id = command.topic_id;
        let mut buried = self.tombstones.keys();
        if topic_id.0.as_u128() < 2
            || self.topics.contains_key(&topic_id)
            || buried.any(|(id, _)| id.topic_id == topic_id)
        {
            return Err(Refusal::TopicIdTaken { topic_id });
        }
        let configs: Configs = command.configs.iter().cloned().collect();
        let policy = configs.get("cleanup.policy").unwrap_or(&command.defaults.cleanup_policy);
        if configs.get("remote.storage.enable").is_some_and(|value| value == "true")
            && items(policy).iter().any(|item| item == "compact")
        {
            return Err(Refusal::CompactedAndTiered);
        }
        let assignment = match &command.placement {
            Placement::Seeded { partitions, replication_factor, .. } => {
                self.check_draw(*partitions, *replication_factor)?;
                drawn(after, topic_id, 0, *partitions)
            }
            Placement::Manual(assignment) => assignment.clone(),
        };
        let is_drawn = matches!(command.placement, Placement::Seeded { .. });
        self.check_assignment(&assignment, None, is_drawn)?;
        if !configs.is_empty() {
            self.configs.insert(ConfigResource::topic(name), configs);
        }
        let partitions = u32::try_from(assignment.len()).expect("few partitions");
        let factor = u16::try_from(assignment[0].len()).expect("few replicas");
        let topic = Topic { topic_id, name: name.clone(), internal: command.internal, partitions };
        self.topics.insert(topic_id, topic);
        self.add_partitions(topic_id, 0, assignment);
        Ok(Reply::TopicCreated { topic_id, partitions, replication_factor: factor })
    }

    fn check_draw(&self, partitions: u32, replication_factor: u16) -> Result<(), Refusal> {
        if !(1..=10_000).contains(&partitions) {
            return Err(invalid_partitions());
        }
        let alive = self.brokers.values().filter(|broker| takes_replicas(broker)).count();
        if replication_factor == 0 || usize::from(replication_factor) > alive {
            return Err(Refusal::InvalidReplicationFactor { wanted: replication_factor, alive });
        }
        Ok(())
    }

    fn check_assignment(
        &self,
        assignment: &[Vec<BrokerId>],
        factor: Option<usize>,
        is_drawn: bool,
    ) -> Result<(), Refusal> {
        if assignment.is_empty() {
            return Err(invalid_partitions());
        }
        let factor = factor.unwrap_or(assignment[0].len());
        for replicas in assignment {
            let distinct: BTreeSet<BrokerId> = replicas.iter().copied().collect();
            let known: Vec<&Broker> = replicas.iter().filter_map(|id| self.brokers.get(id)).collect();
            let is_good = factor > 0
                && replicas.len() == factor
                && distinct.len() == factor
                && known.len() == factor
                && known.iter().any(|broker| !broker.fenced && !broker.in_controlled_shutdown);
            if !is_good {
                return Err(invalid_assignment());
            }
            assert!(!is_drawn || known.iter().all(|broker| takes_replicas(broker)), "{replicas:?} take replicas");
        }
        Ok(())
    }

    fn add_partitions(&mut self, topic_id: TopicId, first: i32, assignment: Vec<Vec<BrokerId>>) {
        for (number, replicas) in (first..).zip(assignment) {
            let directory = |id: &BrokerId| {
                let mut taking = self.brokers[id].log_dirs.clone();
                taking.retain(|dir| !self.brokers[id].cordoned_dirs.contains(dir));
                let first = topic_id.0.as_u128() % taking.len().max(1) as u128;
                // One after the other; where none takes any, the broker chooses.
                let turns = first + u128::from(number.unsigned_abs());
                (0..=turns).zip(taking.iter().cycle()).last().map_or(Uuid::nil(), |(_, dir)| *dir)
            };
            let mut state = Partition {
                directories: replicas.iter().map(directory).collect(),
                isr: Vec::new(),
                elr: Vec::new(),
                last_known_elr: Vec::new(),
                adding: Vec::new(),
                removing: Vec::new(),
                leader: BrokerId::NONE,
                leader_recovery: LeaderRecovery::Recovered,
                leader_epoch: LeaderEpoch(0),
                partition_epoch: PartitionEpoch(0),
                replicas,
            };
            let isr: Vec<BrokerId> = state.replicas.iter().copied().filter(|id| self.can_lead(&state, *id)).collect();
            state.leader = isr[0];
            state.isr = isr;
            self.partitions.insert(TopicIdPartition { topic_id, partition: PartitionId(number) }, state);
        }
    }

    fn create_partitions(&mut self, command: &CreatePartitions, after: &Image) -> Response {
        let topic_id = command.topic_id;
        let has = self.topics.get(&topic_id).ok_or(Refusal::UnknownTopic)?.partitions;
        if command.total <= has {
            return Err(invalid_partitions());
        }
        let first = TopicIdPartition { topic_id, partition: PartitionId(0) };
        let factor = self.partitions[&first].replicas.len();
        let assignment = match &command.assignments {
            None => {
                self.check_draw(command.total - has, u16::try_from(factor).expect("few replicas"))?;
                drawn(after, topic_id, has, command.total)
            }
            Some(assignment) if u32::try_from(assignment.len()) != Ok(command.total - has) => {
                return Err(invalid_assignment());
            }
            Some(assignment) => assignment.clone(),
        };
        self.check_assignment(&assignment, Some(factor), command.assignments.is_none())?;
        self.add_partitions(topic_id, i32::try_from(has).expect("few partitions"), assignment);
        self.topics.entry(topic_id).and_modify(|topic| topic.partitions = command.total);
        Ok(Reply::Done)
    }

    fn delete_topic(&mut self, command: &DeleteTopic) -> Response {
        let topic = self.topics.remove(&command.topic_id).ok_or(Refusal::UnknownTopic)?;
        for id in topic.partition_ids() {
            self.partitions.remove(&id);
            if let Some(remote) = self.remote.remove(&id) {
                self.bury(id, remote, command.now);
            }
        }
        self.configs.remove(&ConfigResource::topic(&topic.name));
        Ok(Reply::Done)
    }

    fn alter_isr(&mut self, broker: BrokerId, wish: &AlterPartition) -> Result<Partition, Refusal> {
        let state = self.partitions.get(&wish.partition).ok_or(Refusal::UnknownPartition)?;
        if wish.leader_epoch > state.leader_epoch || wish.partition_epoch > state.partition_epoch {
            return Err(Refusal::NewerEpoch);
        }
        if wish.leader_epoch != state.leader_epoch {
            return Err(Refusal::FencedLeaderEpoch { current: state.leader_epoch });
        }
        if state.leader != broker {
            return Err(invalid_isr());
        }
        if wish.partition_epoch != state.partition_epoch {
            return Err(Refusal::InvalidUpdateVersion { current: state.partition_epoch });
        }
        let members: BTreeSet<BrokerId> = wish.isr.iter().map(|(member, _)| *member).collect();
        let recovers_back =
            state.leader_recovery == LeaderRecovery::Recovered && wish.leader_recovery == LeaderRecovery::Recovering;
        let recovers_alone = wish.leader_recovery == LeaderRecovery::Recovered || wish.isr.len() == 1;
        if members.len() != wish.isr.len()
            || !members.iter().all(|member| state.replicas.contains(member))
            || !members.contains(&state.leader)
            || recovers_back
            || !recovers_alone
        {
            return Err(invalid_isr());
        }
        for (member, epoch) in &wish.isr {
            let is_current = *epoch == BrokerEpoch::NONE || self.registered(*member, *epoch).is_ok();
            if !is_current || !self.can_lead(state, *member) {
                return Err(Refusal::IneligibleReplica { broker: *member });
            }
        }
        Ok(self.settle(wish.partition, Wish::default(), |state| {
            state.isr = wish.isr.iter().map(|(member, _)| *member).collect();
            state.leader_recovery = wish.leader_recovery;
        }))
    }

    fn elect(&mut self, command: &ElectLeaders) -> Vec<Result<Partition, Refusal>> {
        let is_preferred = command.kind == ElectionKind::Preferred;
        let wish = Wish { preferred: is_preferred, unclean: !is_preferred, ..Wish::default() };
        let mut answers = Vec::new();
        for id in &command.partitions {
            let Some(state) = self.partitions.get(id) else {
                answers.push(Err(Refusal::UnknownPartition));
                continue;
            };
            let preferred = state.replicas[0];
            let is_needed = if is_preferred { state.leader != preferred } else { state.leader == BrokerId::NONE };
            if !is_needed {
                answers.push(Err(Refusal::ElectionNotNeeded));
                continue;
            }
            let after = self.settle(*id, wish, |_| ());
            answers.push(match is_preferred {
                true if after.leader != preferred => Err(Refusal::PreferredLeaderNotAvailable),
                false if after.leader == BrokerId::NONE => Err(Refusal::EligibleLeadersNotAvailable),
                _ => Ok(after),
            });
        }
        answers
    }

    fn assign(&mut self, command: &AssignDirectories) -> Response {
        let id = command.broker;
        self.registered(id, command.broker_epoch)?;
        let online = self.brokers[&id].log_dirs.clone();
        let mut answers = Vec::new();
        for (partition, directory) in &command.assignments {
            let state = self.partitions.get(partition);
            let Some(place) = state.and_then(|state| state.replicas.iter().position(|replica| *replica == id)) else {
                answers.push(Err(Refusal::UnknownPartition));
                continue;
            };
            let is_online = online.contains(directory) || (directory.as_u128() < 100 && *directory != LOST);
            answers.push(Ok(self.settle(*partition, Wish::default(), |state| {
                state.directories[place] = *directory;
                state.isr.retain(|member| is_online || *member != id);
            })));
        }
        Ok(Reply::Partitions(answers))
    }

    fn alter_configs(&mut self, command: &AlterConfigs) -> Response {
        let resource = &command.resource;
        let before = self.configs.get(resource).cloned().unwrap_or_default();
        let mut after = if command.replace_all { BTreeMap::new() } else { before.clone() };
        for operation in &command.operations {
            operate(&mut after, operation);
        }
        let topic_id = self.topics.values().find(|topic| topic.name == resource.name).map(|topic| topic.topic_id);
        if resource.kind == ConfigKind::Topic && topic_id.is_none() {
            return Err(Refusal::UnknownTopic);
        }
        if after == before {
            return Ok(Reply::Done);
        }
        match resource.kind {
            ConfigKind::Topic => self.check_topic_configs(topic_id, (&before, &after), command)?,
            ConfigKind::Broker => self.check_broker_configs(&resource.name, &after)?,
            ConfigKind::Group | ConfigKind::ClientMetrics | ConfigKind::Controller => {}
        }
        self.configs.insert(resource.clone(), after.clone());
        self.configs.retain(|_, configs| !configs.is_empty());
        let touched = match resource.kind {
            ConfigKind::Topic => self.ids(|_| true).into_iter().filter(|id| Some(id.topic_id) == topic_id).collect(),
            ConfigKind::Controller => self.ids(|_| true),
            ConfigKind::Broker if resource.name.is_empty() => self.ids(|_| true),
            ConfigKind::Broker | ConfigKind::Group | ConfigKind::ClientMetrics => Vec::new(),
        };
        if before.get("min.insync.replicas") != after.get("min.insync.replicas") {
            for id in &touched {
                let state = &self.partitions[id];
                if state.leader != BrokerId::NONE && !state.elr.is_empty() {
                    self.settle(*id, Wish { forget_elr: true, ..Wish::default() }, |_| ());
                }
            }
        }
        if before.get("unclean.leader.election.enable") != after.get("unclean.leader.election.enable") {
            for id in touched {
                if self.partitions[&id].leader == BrokerId::NONE {
                    self.settle(id, Wish::default(), |_| ());
                }
            }
        }
        Ok(Reply::Done)
    }

    fn check_topic_configs(
        &self,
        topic_id: Option<TopicId>,
        (before, after): (&Configs, &Configs),
        command: &AlterConfigs,
    ) -> Result<(), Refusal> {
        let is_true = |configs: &Configs, key: &str| configs.get(key).is_some_and(|value| value == "true");
        let policy = after.get("cleanup.policy").unwrap_or(&command.defaults.cleanup_policy);
        let compacts = items(policy).iter().any(|item| item == "compact");
        let tiered = "remote.storage.enable";
        if compacts && is_true(after, tiered) {
            return Err(Refusal::CompactedAndTiered);
        }
        if is_true(before, tiered) && !is_true(after, tiered) && !is_true(after, "remote.log.delete.on.disable") {
            return Err(Refusal::RemoteDataWouldRemain);
        }
        let mut remote = self.remote.iter().filter(|(id, _)| Some(id.topic_id) == topic_id);
        if compacts && remote.any(|(_, remote)| remote.remote_end.is_some()) {
            return Err(Refusal::TieringStillEnding);
        }
        Ok(())
    }

    fn check_broker_configs(&self, name: &str, after: &Configs) -> Result<(), Refusal> {
        if !name.is_empty() && self.keeps_elr() && after.contains_key("min.insync.replicas") {
            return Err(Refusal::InvalidConfig { key: "min.insync.replicas".to_owned(), reason: String::new() });
        }
        let compacts =
            after.get("log.cleanup.policy").is_some_and(|list| items(list).iter().any(|item| item == "compact"));
        let mut topics = self.configs.iter().filter(|(resource, _)| resource.kind == ConfigKind::Topic);
        let depends = |configs: &Configs| {
            configs.get("remote.storage.enable").is_some_and(|value| value == "true")
                && !configs.contains_key("cleanup.policy")
        };
        if compacts && topics.any(|(_, configs)| depends(configs)) {
            return Err(Refusal::CompactedAndTiered);
        }
        Ok(())
    }
}

fn takes_replicas(broker: &Broker) -> bool {
    let has_room = broker.log_dirs.iter().any(|dir| !broker.cordoned_dirs.contains(dir));
    !broker.fenced && !broker.in_controlled_shutdown && has_room
}

/// The replicas that the image gives to these partitions.
fn drawn(after: &Image, topic_id: TopicId, from: u32, to: u32) -> Vec<Vec<BrokerId>> {
    let number = |number| PartitionId(i32::try_from(number).expect("few partitions"));
    let replicas = |partition| after.partition(TopicIdPartition { topic_id, partition }).map(|state| &state.replicas);
    (from..to).map(|partition| replicas(number(partition)).cloned().unwrap_or_default()).collect()
}

fn operate(configs: &mut Configs, operation: &ConfigOperation) {
    let (key, value) = match operation {
        ConfigOperation::Set { key, value } => (key, value.clone()),
        ConfigOperation::Delete { key } => {
            configs.remove(key);
            return;
        }
        ConfigOperation::Append { key, items: more, inherited } => {
            let mut list = items(configs.get(key).unwrap_or(inherited));
            items(more).into_iter().for_each(|item| {
                if !list.contains(&item) {
                    list.push(item);
                }
            });
            (key, list.join(","))
        }
        ConfigOperation::Subtract { key, items: fewer, inherited } => {
            let fewer = items(fewer);
            let mut list = items(configs.get(key).unwrap_or(inherited));
            list.retain(|item| !fewer.contains(item));
            (key, list.join(","))
        }
    };
    configs.insert(key.clone(), value);
}
