//! Random steps. A step says what to try, not the command itself: that is made from the state in which the step comes, so
//! that a sequence still means something when steps are dropped from it.

use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionEpoch, PartitionId, Timestamp};
use strata_compat::ids::{TopicId, TopicIdPartition, Uuid};
use strata_metadata_core::command::brokers::{
    BrokerChange, ChangeBroker, RegisterBroker, RegisterController, UnregisterBroker,
};
use strata_metadata_core::command::configs::{AlterConfigs, ConfigOperation};
use strata_metadata_core::command::partitions::{
    AlterPartition, AlterPartitions, AssignDirectories, ElectLeaders, ElectionKind,
};
use strata_metadata_core::command::topics::{ConfigDefaults, CreatePartitions, CreateTopic, DeleteTopic, Placement};
use strata_metadata_core::command::{
    AllocateProducerIds, Command, FeatureUpgrade, FormatCluster, METADATA_VERSION_FIRST, SetStoreId, UpdateFeatures,
};
use strata_metadata_core::image::brokers::{Endpoint, FeatureRange};
use strata_metadata_core::image::configs::{ConfigKind, ConfigResource};
use strata_metadata_core::image::partitions::LeaderRecovery;

use crate::remote_steps;
use crate::state::State;

const NAMES: [&str; 6] = ["a.b", "a_b", "c", "d", "e", "bad name"];

/// One thing to try: which kind of command, and numbers from which its fields are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    pub(crate) topic: u32,
    pub(crate) broker: u32,
    pub(crate) number: u32,
    pub(crate) flags: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Cluster,
    Register,
    Unregister,
    ChangeBroker,
    CreateTopic,
    DeleteTopic,
    CreatePartitions,
    AlterIsr,
    Elect,
    Assign,
    Configs,
    Features,
    ProducerIds,
    Begin,
    Disable,
    ReserveSegment,
    CommitSegment,
    ReservePage,
    ReplaceRows,
    Abandon,
    Forget,
    LogStart,
    DeletedTo,
    Tombstone,
}

impl Kind {
    fn interrupts(self) -> bool {
        use Kind::{
            AlterIsr, Assign, ChangeBroker, Configs, DeleteTopic, Disable, Elect, Features, Register, Unregister,
        };
        [Register, Unregister, ChangeBroker, DeleteTopic, AlterIsr, Elect, Assign, Configs, Features, Disable]
            .contains(&self)
    }
}

/// Each kind as often as it is listed: uploads are the longest chains.
const KINDS: [(Kind, u32); 24] = [
    (Kind::Cluster, 1),
    (Kind::Register, 3),
    (Kind::Unregister, 1),
    (Kind::ChangeBroker, 4),
    (Kind::CreateTopic, 6),
    (Kind::DeleteTopic, 1),
    (Kind::CreatePartitions, 2),
    (Kind::AlterIsr, 6),
    (Kind::Elect, 3),
    (Kind::Assign, 2),
    (Kind::Configs, 6),
    (Kind::Features, 1),
    (Kind::ProducerIds, 1),
    (Kind::Begin, 6),
    (Kind::Disable, 2),
    (Kind::ReserveSegment, 24),
    (Kind::CommitSegment, 24),
    (Kind::ReservePage, 10),
    (Kind::ReplaceRows, 10),
    (Kind::Abandon, 3),
    (Kind::Forget, 2),
    (Kind::LogStart, 4),
    (Kind::DeletedTo, 4),
    (Kind::Tombstone, 4),
];

/// A generator of known sequence (xorshift with a multiplication).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        u32::try_from(high % u64::from(bound)).unwrap_or_default()
    }

    /// A calm world is spared most of what interrupts uploads.
    pub(crate) fn step(&mut self, is_calm: bool) -> Step {
        let step = self.any_step();
        if is_calm && step.kind.interrupts() && self.below(16) > 0 { self.step(is_calm) } else { step }
    }

    fn any_step(&mut self) -> Step {
        let total: u32 = KINDS.iter().map(|(_, weight)| weight).sum();
        let mut draw = self.below(total);
        let mut chosen = Kind::Cluster;
        for (kind, weight) in KINDS {
            chosen = kind;
            match draw.checked_sub(weight) {
                Some(left) => draw = left,
                None => break,
            }
        }
        // Few topics and partitions get most of the steps, so that long chains come about on them.
        let topics = if self.below(6) == 0 { 4 } else { 1 };
        let (topic, broker) = (self.below(topics), self.below(5));
        Step { kind: chosen, topic, broker, number: self.below(1 << 16), flags: self.below(1 << 16) }
    }
}

impl Step {
    /// Whether a fault of one in `rarity` is to be put into the command.
    pub(crate) fn errs(self, rarity: u32) -> bool {
        (self.flags >> 8).is_multiple_of(rarity)
    }

    pub(crate) fn flag(self, bit: u32) -> bool {
        self.flags >> bit & 1 == 1
    }

    pub(crate) fn topic_id(self) -> TopicId {
        TopicId(Uuid::from_u128(1_000 + u128::from(self.topic)))
    }

    pub(crate) fn partition(self) -> TopicIdPartition {
        let number = [0, 0, 0, 0, 1, 2][usize::try_from(self.flags % 6).unwrap_or_default()];
        TopicIdPartition { topic_id: self.topic_id(), partition: PartitionId(number) }
    }

    fn broker_id(self) -> BrokerId {
        BrokerId(i32::try_from(self.broker).unwrap_or_default())
    }

    /// The broker's registration, or (rarely) another one.
    fn epoch(self, state: &State, broker: BrokerId) -> BrokerEpoch {
        let current = state.brokers.get(&broker).map_or(BrokerEpoch(3), |found| found.epoch);
        if self.errs(12) { BrokerEpoch(current.0 - 1) } else { current }
    }

    /// The command; `None` where the state has nothing that it could be about.
    pub(crate) fn command(self, state: &State) -> Option<Command> {
        let broker = self.broker_id();
        Some(match self.kind {
            Kind::Cluster => self.cluster(),
            Kind::Register => self.register(state),
            Kind::Unregister => Command::UnregisterBroker(UnregisterBroker { broker }),
            Kind::ChangeBroker => {
                let broker_epoch = self.epoch(state, broker);
                Command::ChangeBroker(ChangeBroker { broker, broker_epoch, change: self.broker_change() })
            }
            Kind::CreateTopic => self.create_topic(),
            Kind::DeleteTopic => {
                let now = Timestamp(i64::from(self.number));
                Command::DeleteTopic(DeleteTopic { topic_id: self.topic_id(), now })
            }
            Kind::CreatePartitions => self.create_partitions(state),
            Kind::AlterIsr => self.alter_isr(state)?,
            Kind::Elect => {
                let kind = if self.flag(4) { ElectionKind::Preferred } else { ElectionKind::Unclean };
                let other = Step { flags: self.number, ..self };
                Command::ElectLeaders(ElectLeaders { kind, partitions: vec![self.partition(), other.partition()] })
            }
            Kind::Assign => {
                let directory = match self.number % 8 {
                    0 => Uuid::from_u128(1),
                    1 => Uuid::from_u128(999),
                    2 => Uuid::nil(),
                    number => directory(self.broker, number % 2),
                };
                let broker_epoch = self.epoch(state, broker);
                let assignments = vec![(self.partition(), directory)];
                Command::AssignDirectories(AssignDirectories { broker, broker_epoch, assignments })
            }
            Kind::Configs => self.configs(),
            Kind::Features => self.features(),
            Kind::ProducerIds => {
                let broker_epoch = self.epoch(state, broker);
                Command::AllocateProducerIds(AllocateProducerIds { broker, broker_epoch })
            }
            Kind::Begin
            | Kind::Disable
            | Kind::ReserveSegment
            | Kind::CommitSegment
            | Kind::ReservePage
            | Kind::ReplaceRows
            | Kind::Abandon
            | Kind::Forget
            | Kind::LogStart
            | Kind::DeletedTo
            | Kind::Tombstone => return remote_steps::command(self, state),
        })
    }

    fn cluster(self) -> Command {
        match self.number % 4 {
            0 => Command::NoOp,
            1 => format_cluster(if self.errs(2) { "other" } else { "cluster" }, self.flag(4)),
            2 => Command::SetStoreId(SetStoreId { store_id: Uuid::from_u128(u128::from(self.flags % 2)) }),
            _ => Command::RegisterController(RegisterController {
                controller: self.broker_id(),
                incarnation_id: Uuid::from_u128(u128::from(self.number)),
                endpoints: Vec::new(),
                features: ranges(30 + i16::from(self.flag(3))),
            }),
        }
    }

    fn register(self, state: &State) -> Command {
        let stored = state.brokers.get(&self.broker_id()).map_or(BrokerEpoch::NONE, |broker| broker.epoch);
        let dirs = 1 + self.number % 2;
        let mut command = registration(self.broker);
        command.cluster_id = if self.errs(16) { "other" } else { "cluster" }.to_owned();
        command.previous_epoch = if self.flag(0) { stored } else { BrokerEpoch::NONE };
        command.durable = self.flag(1);
        command.fenced = self.flag(2) && self.flag(3);
        command.rack = self.flag(4).then(|| format!("rack-{}", self.broker % 2));
        command.log_dirs = (0..dirs).map(|number| directory(self.broker, number)).collect();
        match self.number % 32 {
            3 => command.log_dirs = vec![directory(self.broker + 1, 0)],
            5 => command.log_dirs = vec![directory(self.broker, 0); 2],
            7 => command.log_dirs = vec![Uuid::from_u128(50)],
            9 => command.features = ranges(29),
            11 => command.features = Vec::new(),
            13 => command.cordoned_dirs.clone_from(&command.log_dirs),
            _ => {}
        }
        Command::RegisterBroker(command)
    }

    fn broker_change(self) -> BrokerChange {
        let dirs = vec![directory(self.broker, self.number % 2), directory(self.broker, (self.number >> 1) % 2)];
        match self.number % 9 {
            0 | 1 => BrokerChange::Fence,
            2..=4 => BrokerChange::Unfence,
            5 => BrokerChange::BeginControlledShutdown,
            6 => BrokerChange::DirectoriesOffline(dirs),
            7 => BrokerChange::DirectoriesCordoned(dirs),
            _ => BrokerChange::DirectoriesCordoned(Vec::new()),
        }
    }

    fn replicas(self, shift: u32, count: u32) -> Vec<BrokerId> {
        let broker = |number| BrokerId(i32::try_from((self.broker + shift + number) % 5).unwrap_or_default());
        (0..count).map(broker).collect()
    }

    fn create_topic(self) -> Command {
        let count = self.number % 4;
        let factor = if self.errs(12) { 0 } else { 1 + (self.number >> 3) % 3 };
        let placement = if self.flag(1) {
            let replication_factor = u16::try_from(factor).unwrap_or_default();
            Placement::Seeded { partitions: count, replication_factor, seed: u64::from(self.number) }
        } else {
            Placement::Manual((0..count).map(|shift| self.replicas(shift, factor)).collect())
        };
        let mut configs = Vec::new();
        let mut set = |key: &str, value: &str| configs.push((key.to_owned(), value.to_owned()));
        if self.flag(2) || self.flag(3) {
            set("remote.storage.enable", "true");
            set("remote.log.delete.on.disable", "true");
        }
        if self.flag(4) {
            set("min.insync.replicas", "2");
        }
        if self.errs(16) {
            set("cleanup.policy", "delete, compact");
        }
        let (number, topic_id) = (usize::try_from(self.number % 6).unwrap_or_default(), self.topic_id());
        let (name, defaults) = (NAMES[number].to_owned(), defaults());
        Command::CreateTopic(CreateTopic { topic_id, name, internal: self.flag(6), placement, configs, defaults })
    }

    fn create_partitions(self, state: &State) -> Command {
        let topic_id = self.topic_id();
        let total = self.number % 6;
        let has = state.topics.get(&topic_id).map_or(0, |topic| topic.partitions);
        let more = total.saturating_sub(has) + u32::from(self.errs(8));
        let factor = 1 + (self.number >> 4) % 3;
        let assignments = self.flag(2).then(|| (0..more).map(|shift| self.replicas(shift, factor)).collect());
        Command::CreatePartitions(CreatePartitions { topic_id, total, assignments, seed: u64::from(self.number) })
    }

    /// A leader's wish; rarely of one that does not lead, or from an older or newer state.
    fn alter_isr(self, state: &State) -> Option<Command> {
        let partition = self.partition();
        let found = state.partitions.get(&partition)?;
        let broker = if self.errs(16) { self.broker_id() } else { found.leader };
        let isr = found.replicas.iter().enumerate().filter(|(place, _)| self.number >> place & 1 == 1);
        let epoch_of = |member: &BrokerId| match self.flag(5) {
            true => BrokerEpoch::NONE,
            false => self.epoch(state, *member),
        };
        let mut isr: Vec<(BrokerId, BrokerEpoch)> = isr.map(|(_, member)| (*member, epoch_of(member))).collect();
        if !isr.iter().any(|(member, _)| *member == broker) && !self.errs(10) {
            isr.push((broker, epoch_of(&broker)));
        }
        let off = |rarity: u32, shift: u32| match (self.number >> shift) % rarity {
            0 => -1,
            1 => 1,
            _ => 0,
        };
        let change = AlterPartition {
            partition,
            leader_epoch: LeaderEpoch(found.leader_epoch.0 + off(24, 5)),
            partition_epoch: PartitionEpoch(found.partition_epoch.0 + off(24, 7)),
            isr,
            leader_recovery: if self.errs(10) { LeaderRecovery::Recovering } else { LeaderRecovery::Recovered },
        };
        let broker_epoch = state.brokers.get(&broker).map_or(BrokerEpoch::NONE, |found| found.epoch);
        Some(Command::AlterPartitions(AlterPartitions { broker, broker_epoch, changes: vec![change] }))
    }

    fn configs(self) -> Command {
        const KEYS: [(&str, [&str; 2]); 6] = [
            ("min.insync.replicas", ["1", "2"]),
            ("unclean.leader.election.enable", ["true", "false"]),
            ("cleanup.policy", ["delete", "compact"]),
            ("remote.storage.enable", ["true", "false"]),
            ("remote.log.delete.on.disable", ["true", "false"]),
            ("log.cleanup.policy", ["compact,delete", "delete"]),
        ];
        let resource = match self.number % 9 {
            8 => ConfigResource::controller(),
            0 => ConfigResource::broker_default(),
            1 => ConfigResource::broker(self.broker_id()),
            2 => ConfigResource { kind: ConfigKind::Group, name: "group".to_owned() },
            number => ConfigResource::topic(NAMES[usize::try_from(number - 3).unwrap_or_default()]),
        };
        let operation = |bits: u32| {
            let (key, values) = KEYS[usize::try_from(bits % 6).unwrap_or_default()];
            let value = values[usize::try_from(bits >> 3 & 1).unwrap_or_default()].to_owned();
            let (key, inherited) = (key.to_owned(), "delete".to_owned());
            match bits >> 4 & 7 {
                0 => ConfigOperation::Delete { key },
                1 => ConfigOperation::Append { key, items: value, inherited },
                2 => ConfigOperation::Subtract { key, items: value, inherited },
                _ => ConfigOperation::Set { key, value },
            }
        };
        let operations = vec![operation(self.number >> 3), operation(self.flags)];
        Command::AlterConfigs(AlterConfigs { resource, replace_all: self.errs(12), operations, defaults: defaults() })
    }

    fn features(self) -> Command {
        let upgrade = match self.number % 3 {
            0 => FeatureUpgrade::Upgrade,
            1 => FeatureUpgrade::SafeDowngrade,
            _ => FeatureUpgrade::UnsafeDowngrade,
        };
        let (name, level) = match self.flags % 4 {
            0 => ("metadata.version", 29 + self.number % 4),
            1 => ("group.version", self.number % 2),
            _ => ("eligible.leader.replicas.version", self.number / 3 % 2),
        };
        let level = i16::try_from(level).unwrap_or_default();
        Command::UpdateFeatures(UpdateFeatures { updates: vec![(name.to_owned(), level, upgrade)] })
    }
}

fn directory(broker: u32, number: u32) -> Uuid {
    Uuid::from_u128(100 + 10 * u128::from(broker) + u128::from(number))
}

fn defaults() -> ConfigDefaults {
    ConfigDefaults { cleanup_policy: "delete".to_owned() }
}

fn ranges(version_max: i16) -> Vec<FeatureRange> {
    let range = |name: &str, min, max| FeatureRange { name: name.to_owned(), min, max };
    vec![range("metadata.version", 29, version_max), range("eligible.leader.replicas.version", 0, 1)]
}

/// The first command of every sequence.
pub(crate) fn format_cluster(id: &str, keeps_elr: bool) -> Command {
    let features = vec![
        ("metadata.version".to_owned(), METADATA_VERSION_FIRST),
        ("eligible.leader.replicas.version".to_owned(), i16::from(keeps_elr)),
    ];
    Command::FormatCluster(FormatCluster { cluster_id: id.to_owned(), features })
}

/// A registration that is accepted.
pub(crate) fn registration(broker: u32) -> RegisterBroker {
    let listener = "PLAINTEXT".to_owned();
    RegisterBroker {
        broker: BrokerId(i32::try_from(broker).unwrap_or_default()),
        cluster_id: "cluster".to_owned(),
        incarnation_id: Uuid::from_u128(7),
        previous_epoch: BrokerEpoch::NONE,
        durable: true,
        fenced: false,
        endpoints: vec![Endpoint { name: listener, host: "localhost".to_owned(), port: 9092, security_protocol: 0 }],
        rack: None,
        features: ranges(31),
        log_dirs: vec![directory(broker, 0)],
        cordoned_dirs: Vec::new(),
    }
}

/// Offsets and uuids that the remote steps use.
pub(crate) fn offset(number: u32) -> Offset {
    Offset(i64::from(number))
}
