//! The encoding of commands, and a small world that the tests of all families build on.

use strata_compat::ids::{LeaderEpoch, Offset, PartitionEpoch, PartitionId, Timestamp, TopicId, TopicIdPartition};

use super::brokers::BrokerChange;
use super::configs::ConfigOperation;
use super::partitions::{AlterPartition, ElectionKind};
use super::remote_segments::RemoteFence;
use super::topics::{ConfigDefaults, Placement};
use super::*;
use crate::image::Image;
use crate::image::brokers::{Endpoint, FeatureRange};
use crate::image::configs::ConfigResource;
use crate::image::partitions::LeaderRecovery;
use crate::image::remote_segments::{Attachment, ObjectKind, PageReference, SegmentRow};
use crate::response::Response;

pub(crate) fn topic_id(number: u128) -> TopicId {
    TopicId(Uuid::from_u128(1_000 + number))
}

pub(crate) fn partition(topic: u128, partition: i32) -> TopicIdPartition {
    TopicIdPartition { topic_id: topic_id(topic), partition: PartitionId(partition) }
}

pub(crate) fn defaults() -> ConfigDefaults {
    ConfigDefaults { cleanup_policy: "delete".to_owned() }
}

pub(crate) fn format_cluster(keeps_elr: bool) -> Command {
    let features = vec![
        ("metadata.version".to_owned(), METADATA_VERSION_FIRST),
        ("eligible.leader.replicas.version".to_owned(), i16::from(keeps_elr)),
    ];
    Command::FormatCluster(FormatCluster { cluster_id: "cluster".to_owned(), features })
}

pub(crate) fn features() -> Vec<FeatureRange> {
    let range = |name: &str, min, max| FeatureRange { name: name.to_owned(), min, max };
    vec![range("metadata.version", 30, 31), range("eligible.leader.replicas.version", 0, 1)]
}

pub(crate) fn registration(id: i32) -> RegisterBroker {
    RegisterBroker {
        broker: BrokerId(id),
        cluster_id: "cluster".to_owned(),
        incarnation_id: Uuid::from_u128(7),
        previous_epoch: BrokerEpoch::NONE,
        durable: true,
        fenced: false,
        endpoints: vec![Endpoint {
            name: "PLAINTEXT".to_owned(),
            host: "localhost".to_owned(),
            port: 9092,
            security_protocol: 0,
        }],
        rack: Some("r".to_owned()),
        features: features(),
        log_dirs: vec![Uuid::from_u128(100 + u128::from(id.unsigned_abs()))],
        cordoned_dirs: Vec::new(),
    }
}

pub(crate) fn create(topic: u128, placement: Placement, configs: &[(&str, &str)]) -> Command {
    Command::CreateTopic(CreateTopic {
        topic_id: topic_id(topic),
        name: format!("topic-{topic}"),
        internal: false,
        placement,
        configs: configs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        defaults: defaults(),
    })
}

pub(crate) fn on_brokers(ids: &[i32]) -> Placement {
    Placement::Manual(vec![ids.iter().copied().map(BrokerId).collect()])
}

pub(crate) fn set_config(resource: ConfigResource, key: &str, value: &str) -> Command {
    let operations = vec![ConfigOperation::Set { key: key.to_owned(), value: value.to_owned() }];
    Command::AlterConfigs(AlterConfigs { resource, replace_all: false, operations, defaults: defaults() })
}

pub(crate) fn change_broker(image: &Image, id: i32, change: BrokerChange) -> Command {
    let broker = BrokerId(id);
    Command::ChangeBroker(ChangeBroker { broker, broker_epoch: image.brokers.epoch_of(broker), change })
}

/// An image to which commands are applied one after the other.
pub(crate) struct World {
    pub(crate) image: Image,
}

impl World {
    /// A cluster of this many brokers.
    pub(crate) fn new(brokers: i32, keeps_elr: bool) -> Self {
        let mut world = Self { image: Image::default() };
        world.done(&format_cluster(keeps_elr));
        for id in 1..=brokers {
            world.done(&Command::RegisterBroker(registration(id)));
        }
        world
    }

    pub(crate) fn apply(&mut self, command: &Command) -> Response {
        let before = self.image.clone();
        let (response, delta) = self.image.apply(self.image.applied_index + 1, command);
        crate::invariants::check(&self.image).unwrap();
        let mut told = crate::delta::Delta::between(&before, &self.image);
        told.merge(delta.clone());
        assert_eq!(told, delta, "the delta names all that changed: {command:?}");
        if response.is_err() {
            let applied_index = self.image.applied_index;
            assert_eq!(self.image, Image { applied_index, ..before }, "a refused command changes nothing");
        }
        response
    }

    pub(crate) fn done(&mut self, command: &Command) -> crate::response::Reply {
        self.apply(command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"))
    }

    pub(crate) fn fence(&self, id: TopicIdPartition) -> RemoteFence {
        let state = self.image.partition(id).unwrap();
        RemoteFence {
            broker: state.leader,
            broker_epoch: self.image.brokers.epoch_of(state.leader),
            leader_epoch: state.leader_epoch,
            tiering_epoch: self.image.remote_partition(id).map_or(0, |remote| remote.tiering_epoch),
        }
    }
}

pub(crate) fn row(uuid: u128, base: i64, end: i64, leader_epoch: LeaderEpoch) -> SegmentRow {
    SegmentRow {
        uuid: Uuid::from_u128(uuid),
        base_offset: Offset(base),
        end_offset: Offset(end),
        object_base_offset: Offset(base),
        leader_epoch,
        last_leader_epoch: leader_epoch,
        min_timestamp: Timestamp(1),
        max_timestamp: Timestamp(2),
        log_bytes: 100,
        object_bytes: 120,
        index_position: 100,
        origin_cluster: None,
        attachments: Vec::new(),
    }
}

pub(crate) fn page(uuid: u128, base: i64, end: i64, rows: u32, leader_epoch: LeaderEpoch) -> PageReference {
    PageReference {
        uuid: Uuid::from_u128(uuid),
        base_offset: Offset(base),
        end_offset: Offset(end),
        leader_epoch,
        min_timestamp: Timestamp(1),
        max_timestamp: Timestamp(2),
        log_bytes: 100 * u64::from(rows),
        object_bytes: 120 * u64::from(rows),
        page_bytes: 100,
        rows,
        origin_cluster: None,
    }
}

fn remote_samples() -> Vec<(&'static str, Command)> {
    let partition = partition(1, 0);
    let (uuid, now) = (Uuid::from_u128(9), Timestamp(5));
    let fence = RemoteFence {
        broker: BrokerId(1),
        broker_epoch: BrokerEpoch(2),
        leader_epoch: LeaderEpoch(3),
        tiering_epoch: 4,
    };
    let kind = ObjectKind::Page { pages_version: 6 };
    let reserve = ReserveObject { partition, fence, uuid, kind, base_offset: Offset(7), now };
    let replace = ReplaceRows {
        partition,
        fence,
        pages_version: 6,
        page: page(9, 0, 10, 2, LeaderEpoch(3)),
        replaced_page: Some(uuid),
        moved_rows: vec![uuid],
    };
    let tombstone =
        AdvanceTombstone { partition, tiering_epoch: 4, deleted_to: Some(Offset(3)), forgotten: vec![uuid] };
    let log_start = Offset(1);
    vec![
        ("begin", Command::BeginTiering(BeginTiering { partition, fence, log_start })),
        ("disable", Command::DisableTiering(DisableTiering { partition, fence, local_start: log_start, now })),
        ("reserve", Command::ReserveObject(reserve)),
        ("commit", Command::CommitSegment(CommitSegment { partition, fence, row: row(9, 0, 10, LeaderEpoch(3)) })),
        ("replace", Command::ReplaceRows(replace)),
        ("abandon", Command::AbandonObject(AbandonObject { partition, uuid, now })),
        ("forget", Command::ForgetObjects(ForgetObjects { partition, uuids: vec![uuid] })),
        ("log-start", Command::MoveLogStart(MoveLogStart { partition, fence, log_start })),
        ("deleted-to", Command::AdvanceDeletedTo(AdvanceDeletedTo { partition, fence, deleted_to: Offset(1) })),
        ("tombstone", Command::AdvanceTombstone(tombstone)),
    ]
}

fn samples() -> Vec<(&'static str, Command)> {
    let (broker, broker_epoch) = (BrokerId(1), BrokerEpoch(2));
    let (now, id) = (Timestamp(5), partition(1, 0));
    let controller = RegisterController {
        controller: broker,
        incarnation_id: Uuid::from_u128(7),
        endpoints: Vec::new(),
        features: features(),
    };
    let wish = AlterPartition {
        partition: id,
        leader_epoch: LeaderEpoch(1),
        partition_epoch: PartitionEpoch(2),
        isr: vec![(broker, broker_epoch)],
        leader_recovery: LeaderRecovery::Recovered,
    };
    let seeded = Placement::Seeded { partitions: 3, replication_factor: 1, seed: 99 };
    let more = CreatePartitions { topic_id: topic_id(1), total: 6, assignments: None, seed: 3 };
    let update = UpdateFeatures { updates: vec![("f".to_owned(), 1, FeatureUpgrade::Upgrade)] };
    let change = BrokerChange::DirectoriesOffline(vec![Uuid::from_u128(101)]);
    let mut all = vec![
        ("no-op", Command::NoOp),
        ("format", format_cluster(true)),
        ("store-id", Command::SetStoreId(SetStoreId { store_id: Uuid::from_u128(3) })),
        ("controller", Command::RegisterController(controller)),
        ("broker", Command::RegisterBroker(registration(1))),
        ("unregister", Command::UnregisterBroker(UnregisterBroker { broker })),
        ("change-broker", Command::ChangeBroker(ChangeBroker { broker, broker_epoch, change })),
        ("create", create(1, seeded, &[("retention.ms", "-1")])),
        ("delete", Command::DeleteTopic(DeleteTopic { topic_id: topic_id(1), now })),
        ("partitions", Command::CreatePartitions(more)),
        ("isr", Command::AlterPartitions(AlterPartitions { broker, broker_epoch, changes: vec![wish] })),
        ("elect", Command::ElectLeaders(ElectLeaders { kind: ElectionKind::Preferred, partitions: vec![id] })),
        (
            "directories",
            Command::AssignDirectories(AssignDirectories {
                broker,
                broker_epoch,
                assignments: vec![(id, Uuid::from_u128(101))],
            }),
        ),
        ("config", set_config(ConfigResource::topic("topic-1"), "retention.ms", "-1")),
        ("features", Command::UpdateFeatures(update)),
        ("producer-ids", Command::AllocateProducerIds(AllocateProducerIds { broker, broker_epoch })),
    ];
    all.extend(remote_samples());
    all
}

#[test]
fn bytes_of_each_command_are_as_in_the_first_release() {
    let mut text = String::new();
    for (name, command) in samples() {
        let bytes = command.encode().unwrap();
        assert_eq!(Command::decode(&bytes).unwrap(), command);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&format!("{name} {hex}\n"));
    }
    assert_eq!(text, include_str!("golden.txt"), "the encoding of a command has changed");
}

#[test]
fn foreign_bytes_are_refused() {
    let whole = samples().remove(4).1.encode().unwrap();
    for end in 0..whole.len() {
        assert_eq!(Command::decode(&whole[..end]).unwrap_err().kind(), ErrorKind::Corrupt, "cut at {end}");
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert_eq!(Command::decode(&longer).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(Command::decode(&[9, 0, 0]).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn no_command_within_the_limits_exceeds_an_entry() {
    let mut large = row(u128::MAX, i64::MAX - 1, i64::MAX, LeaderEpoch(i32::MAX));
    large.origin_cluster = Some("c".repeat(64));
    large.attachments = vec![Attachment { kind: u16::MAX, content: vec![0; 256] }; 4];
    let (partition, fence) = (partition(1, i32::MAX), World::new(1, true));
    let fence = RemoteFence {
        broker: BrokerId(i32::MAX),
        broker_epoch: fence.image.brokers.epoch_of(BrokerId(1)),
        leader_epoch: LeaderEpoch(i32::MAX),
        tiering_epoch: u32::MAX,
    };
    let wish = AlterPartition {
        partition,
        leader_epoch: LeaderEpoch(i32::MAX),
        partition_epoch: PartitionEpoch(i32::MAX),
        isr: vec![(BrokerId(i32::MAX), BrokerEpoch(1 << 40)); 5],
        leader_recovery: LeaderRecovery::Recovering,
    };
    let changes = vec![wish; super::partitions::PARTITIONS_PER_COMMAND_MAX];
    let broker = BrokerId(1);
    let commands = [
        Command::CommitSegment(CommitSegment { partition, fence, row: large }),
        Command::ForgetObjects(ForgetObjects { partition, uuids: vec![Uuid::max(); 256] }),
        Command::AlterPartitions(AlterPartitions { broker, broker_epoch: BrokerEpoch(1), changes }),
        create(1, Placement::Manual(vec![vec![BrokerId(1_000); 3]; 7_000]), &[]),
    ];
    for command in commands {
        assert!(command.encode().unwrap().len() <= COMMAND_BYTES_MAX);
    }
    assert_eq!(COMMAND_BYTES_MAX, 65_280, "with what Raft adds, an entry has 64 KiB");
    let of_size = |bytes: usize| {
        let base = create(1, Placement::Manual(Vec::new()), &[("k", &"v".repeat(20_000))]).encode().unwrap().len();
        create(1, Placement::Manual(Vec::new()), &[("k", &"v".repeat(20_000 + bytes - base))])
    };
    let largest = of_size(COMMAND_BYTES_MAX).encode().unwrap();
    assert_eq!(largest.len(), COMMAND_BYTES_MAX);
    assert_eq!(Command::decode(&largest).unwrap(), of_size(COMMAND_BYTES_MAX));
    assert_eq!(of_size(COMMAND_BYTES_MAX + 1).encode().unwrap_err().kind(), ErrorKind::Invalid);
    let too_large = create(1, Placement::Manual(vec![vec![BrokerId(1_000); 3]; 10_000]), &[]);
    assert_eq!(too_large.encode().unwrap_err().kind(), ErrorKind::Invalid);
    let body = postcard::to_extend(&too_large, COMMAND_VERSION.to_le_bytes().to_vec()).unwrap();
    assert_eq!(Command::decode(&body).unwrap_err().kind(), ErrorKind::Corrupt, "nor is it read from elsewhere");
}
