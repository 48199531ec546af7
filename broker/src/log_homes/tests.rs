//! Where the quorum has replicas, where they lie, and what is made of the difference.

use strata_compat::ids::{BrokerEpoch, PartitionId, TopicId};
use strata_metadata_core::command::brokers::RegisterBroker;
use strata_metadata_core::command::topics::{ConfigDefaults, CreateTopic, Placement};
use strata_metadata_core::command::{Command, FormatCluster};
use strata_metadata_core::image::brokers::{Endpoint, FeatureRange};

use super::*;

const ONE: Uuid = Uuid::from_u128(1_001);
const OTHER: Uuid = Uuid::from_u128(1_002);
const NEW: Uuid = Uuid::from_u128(1_003);

fn registration(log_dirs: &[Uuid]) -> Command {
    Command::RegisterBroker(RegisterBroker {
        broker: BrokerId(1),
        incarnation_id: Uuid::from_u128(1),
        endpoints: vec![Endpoint {
            name: "PLAINTEXT".to_owned(),
            host: "localhost".to_owned(),
            port: 9092,
            security_protocol: 0,
        }],
        rack: None,
        features: vec![FeatureRange { name: "metadata.version".to_owned(), min: 30, max: 30 }],
        log_dirs: log_dirs.to_vec(),
        cluster_id: "c".to_owned(),
        previous_epoch: BrokerEpoch::NONE,
        durable: true,
        fenced: false,
        cordoned_dirs: Vec::new(),
    })
}

/// A broker with two directories and a topic of four partitions, which lie in turn in one and the other; then it comes back with
/// `log_dirs`.
fn image(log_dirs: &[Uuid]) -> Image {
    let topic = CreateTopic {
        name: "orders".to_owned(),
        topic_id: TopicId(Uuid::from_u128(10)),
        internal: false,
        placement: Placement::Seeded { partitions: 4, replication_factor: 1, seed: 1 },
        configs: Vec::new(),
        defaults: ConfigDefaults { cleanup_policy: "delete".to_owned() },
    };
    let format = FormatCluster { cluster_id: "c".to_owned(), features: vec![("metadata.version".to_owned(), 30)] };
    let commands = [
        Command::FormatCluster(format),
        registration(&[ONE, OTHER]),
        Command::CreateTopic(topic),
        registration(log_dirs),
    ];
    let mut image = Image::default();
    for (index, command) in (1..).zip(&commands) {
        image.apply(index, command).0.unwrap();
    }
    image
}

fn homes(directories: &[(Uuid, &str)]) -> LogHomes {
    let (ids, paths): (Vec<_>, Vec<_>) = directories.iter().map(|(id, path)| (*id, PathBuf::from(path))).unzip();
    LogHomes::new(BrokerId(1), &ids, &paths)
}

fn partition(number: i32) -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(10)), partition: PartitionId(number) }
}

#[test]
fn a_replica_whose_directory_is_not_here_has_no_other_home() {
    let image = image(&[NEW, OTHER]);
    let homes = homes(&[(NEW, "/one"), (OTHER, "/other")]);
    let home = |number| homes.home_of(image.partition(partition(number)).unwrap());
    assert_eq!(home(1).unwrap(), Some(Path::new("/other")));
    let told = home(0).unwrap_err().to_string();
    assert!(told.contains(&uuid_text(ONE)) && told.contains("strata.log.dirs.lost"), "{told}");
    let missing = homes.missing(&image);
    assert_eq!(missing[&ONE], (2, vec!["orders-0".to_owned(), "orders-2".to_owned()]));
    assert_eq!(missing.len(), 1);
    let led = |number| image.partition(partition(number)).unwrap().has_leader();
    assert_eq!([0, 1, 2, 3].map(led), [false, true, false, true]);
    assert!(!image.is_replica_online(image.partition(partition(0)).unwrap(), BrokerId(1)));
    assert!(image.is_replica_online(image.partition(partition(1)).unwrap(), BrokerId(1)));
}

#[test]
fn the_quorum_is_told_of_logs_that_were_moved_and_gives_new_homes_for_those_that_are_lost() {
    let nowhere = |_| None;
    let none = BTreeSet::new();
    let as_before = homes(&[(ONE, "/one"), (OTHER, "/other")]);
    assert_eq!(as_before.assignments(&image(&[ONE, OTHER]), &none, &nowhere), [], "nothing is new");
    let moved = |id| (id == partition(0)).then(|| PathBuf::from("/other"));
    assert_eq!(as_before.assignments(&image(&[ONE, OTHER]), &none, &moved), [(partition(0), OTHER)]);

    let replaced = homes(&[(NEW, "/one"), (OTHER, "/other")]);
    let image = image(&[NEW, OTHER]);
    assert_eq!(replaced.assignments(&image, &none, &nowhere), [], "it may come back");
    assert_eq!(replaced.assignments(&image, &none, &moved), [], "what is found may be older than what is there");
    let lost = BTreeSet::from([ONE]);
    assert_eq!(replaced.assignments(&image, &lost, &nowhere), [(partition(0), NEW), (partition(2), NEW)]);
    assert_eq!(replaced.assignments(&image, &lost, &moved), [(partition(0), OTHER), (partition(2), NEW)]);
}
