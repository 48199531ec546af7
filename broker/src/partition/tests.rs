//! A partition over a journaled log.

use bytes::Bytes;
use strata_broker_core::producer_state::AppendOrigin;
use strata_broker_core::replication::{FetchPosition, RecoveryState, ReplicaBroker};
use strata_compat::ids::PartitionEpoch;
use strata_compat::records::ProducerStamp;

use super::append::{Acks, Appended, JOURNAL_WAIT, LeaderWrite};
use super::error::PartitionError;
use super::*;
use crate::log::error::LogErrorReason;
use crate::log::log_config::LogConfig;
use crate::log::log_dir::faulty::FaultyIo;
use crate::log::log_loader::load_log;
use crate::log::test_support::{NOW, batch, journaled_context, open, request};
use crate::log::unified_log::types::ReadRequest;

const BROKER: BrokerId = BrokerId(1);

fn leading(log: Arc<UnifiedLog>) -> Arc<Partition> {
    let services = PartitionServices {
        broker: BROKER,
        lag_time_max_ms: 30_000,
        journaled: true,
        fetch_waiters: Arc::default(),
        alter_partition: mpsc::unbounded_channel().0,
        internal_topics: InternalTopics::new().0,
        copier: OnceLock::new(),
    };
    let partition = Arc::new(Partition::new(log, Offset(0), None, Arc::new(services)));
    let state = PartitionState {
        leader: Some(BROKER),
        leader_epoch: LeaderEpoch(3),
        partition_epoch: PartitionEpoch(0),
        replicas: vec![BROKER],
        isr: vec![BROKER],
        recovery_state: RecoveryState::Recovered,
    };
    let brokers = BTreeMap::from([(BROKER, ReplicaBroker { epoch: BrokerEpoch(1), fenced: false })]);
    let update = PartitionUpdate { state, brokers, broker_epoch: BrokerEpoch(1) };
    partition.become_leader(update, NOW).unwrap();
    partition
}

fn append(partition: &Partition) -> Result<Appended, PartitionError> {
    append_waiting(partition, std::time::Duration::from_secs(20))
}

fn append_waiting(partition: &Partition, wait: std::time::Duration) -> Result<Appended, PartitionError> {
    let records: Bytes = batch(&[("k", Some("v"))], NOW.0, ProducerStamp::NONE);
    let write = LeaderWrite { origin: AppendOrigin::Client, acks: Acks::Written, expected_epoch: None, now: NOW };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let until = tokio::time::Instant::now() + wait;
    let room = runtime.block_on(partition.take_room(records.len(), until, NOW))?;
    partition.append_as_leader(records, write, &room)
}

#[test]
fn only_the_clusters_own_topics_are_internal() {
    let cases = [("__consumer_offsets", true), ("__transaction_state", true), ("__mine", false), ("t", false)];
    for (topic, is_internal) in cases {
        let directory = tempfile::tempdir().unwrap();
        let context = journaled_context(directory.path(), &FaultyIo::new());
        let mut request = request(&context, &LogConfig::default());
        request.identity.topic = topic.to_owned();
        let (log, _) = load_log(&request, &context).unwrap();
        assert_eq!(leading(log).is_internal(), is_internal, "{topic}");
    }
}

#[test]
fn readers_do_not_wait_while_an_append_waits_for_room_in_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&journaled_context(directory.path(), &FaultyIo::new()), &LogConfig::default());
    let partition = leading(Arc::clone(&log));
    append(&partition).unwrap();
    let held = log.take_room(1 << 20, std::time::Duration::from_secs(20)).unwrap();
    let (begin, begun) = std::sync::mpsc::channel();
    let appending = {
        let partition = Arc::clone(&partition);
        std::thread::spawn(move || {
            begin.send(()).unwrap();
            append(&partition).map(|_| ())
        })
    };
    begun.recv().unwrap();
    let position = FetchPosition {
        leader_epoch: LeaderEpoch(3),
        offset: Offset(0),
        last_fetched_epoch: LeaderEpoch::NONE,
        leader_only: true,
    };
    let read = ReadRequest { offset: Offset(0), bytes_max: 1000, upper_bound: Offset(1), min_one: true };
    for _ in 0..1000 {
        partition.locate(&position, false).unwrap();
        assert_eq!(partition.read_blocking(&read).unwrap().next_offset, Offset(1));
        std::thread::yield_now();
    }
    assert!(!appending.is_finished(), "it still waits for the room that is held here");
    let Err(PartitionError::Log(error)) = append_waiting(&partition, JOURNAL_WAIT / 100) else {
        panic!("there is no room")
    };
    assert_eq!((error.reason(), error.is_retriable()), (LogErrorReason::JournalFull, true));
    drop(held);
    appending.join().unwrap().unwrap();
    assert_eq!(append(&partition).unwrap().info.first_offset, Offset(2));
}

#[test]
fn what_left_the_local_files_before_it_was_read_is_not_out_of_range() {
    let directory = tempfile::tempdir().unwrap();
    let config = LogConfig { remote_storage_enable: true, ..LogConfig::default() };
    let (log, _) = open(&journaled_context(directory.path(), &FaultyIo::new()), &config);
    let partition = leading(Arc::clone(&log));
    append(&partition).unwrap();
    log.roll().unwrap();
    log.release_tiered(Offset(1), NOW).unwrap();
    let read = ReadRequest { offset: Offset(0), bytes_max: 1000, upper_bound: Offset(1), min_one: true };
    let Err(PartitionError::Log(error)) = partition.read_blocking(&read) else { panic!("it is gone") };
    assert_eq!((error.reason(), error.is_retriable()), (LogErrorReason::Other, true));
    let beyond = ReadRequest { offset: Offset(9), upper_bound: Offset(10), ..read };
    let Err(PartitionError::Log(error)) = partition.read_blocking(&beyond) else { panic!("there is nothing") };
    assert_eq!(error.reason(), LogErrorReason::OffsetOutOfRange);
}
