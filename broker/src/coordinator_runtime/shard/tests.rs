//! Shards over a log in memory whose high watermark moves when the test says so.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use bytes::Bytes;
use strata_broker_core::error::Error as CoreError;
use strata_compat::ids::{PartitionId, TopicId, Uuid};
use strata_compat::messages::join_group::JoinGroupRequestProtocol;
use strata_compat::messages::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use strata_compat::messages::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchResponseGroup};
use strata_compat::messages::{OffsetCommitRequest, OffsetCommitResponse};
use strata_compat::record_batch::{BatchHeader, assign_offset_and_epoch};

use super::*;
use crate::clock;
use crate::coordinator_runtime::batches::replay_log;
use crate::coordinator_runtime::driver;
use crate::log::error::{LogError, LogErrorKind, LogErrorReason};
use crate::log::unified_log::types::{LogRead, ReadRequest};
use crate::partition::error::PartitionError;

const NOW: Timestamp = Timestamp(1_000_000);
const COMMIT_TIMEOUT_MS: i64 = 5_000;

/// A log in memory.
struct MemoryLog {
    batches: Mutex<Vec<(Offset, Bytes)>>,
    end: AtomicI64,
    high_watermark: AtomicI64,
    epoch: AtomicI64,
    /// Whether an append is committed at once.
    commits_at_once: AtomicBool,
    fails: AtomicBool,
    is_full: AtomicBool,
    batch_bytes_max: usize,
}

impl MemoryLog {
    fn new(batch_bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            batches: Mutex::default(),
            end: AtomicI64::new(0),
            high_watermark: AtomicI64::new(0),
            epoch: AtomicI64::new(3),
            commits_at_once: AtomicBool::new(false),
            fails: AtomicBool::new(false),
            is_full: AtomicBool::new(false),
            batch_bytes_max,
        })
    }

    fn commit_all(&self, shard: &Shard) {
        self.high_watermark.store(self.end.load(Ordering::Relaxed), Ordering::Relaxed);
        shard.handle_watermark(ShardLog::high_watermark(self));
    }

    fn batch_count(&self) -> usize {
        self.batches.lock().len()
    }
}

impl ShardLog for MemoryLog {
    fn leader_epoch(&self) -> Option<LeaderEpoch> {
        let epoch = self.epoch.load(Ordering::Relaxed);
        i32::try_from(epoch).ok().filter(|epoch| *epoch >= 0).map(LeaderEpoch)
    }

    fn range(&self) -> (Offset, Offset) {
        (Offset(0), Offset(self.end.load(Ordering::Relaxed)))
    }

    fn high_watermark(&self) -> Offset {
        Offset(self.high_watermark.load(Ordering::Relaxed))
    }

    fn batch_bytes_max(&self) -> usize {
        self.batch_bytes_max
    }

    fn read(&self, request: &ReadRequest) -> Result<LogRead, PartitionError> {
        let batches = self.batches.lock();
        let found = batches.iter().filter(|(end, _)| *end > request.offset && *end <= request.upper_bound);
        let mut read = LogRead { next_offset: request.offset, ..LogRead::default() };
        for (end, batch) in found {
            if read.bytes > 0 && read.bytes + batch.len() > request.bytes_max {
                break;
            }
            read.bytes += batch.len();
            read.next_offset = *end;
            read.batches.push(batch.clone());
        }
        Ok(read)
    }

    fn try_room(&self) -> Result<Room<'_>, LogError> {
        if self.is_full.load(Ordering::Relaxed) {
            let full = LogError::new(LogErrorKind::Unavailable, "the journal is full");
            return Err(full.because(LogErrorReason::JournalFull));
        }
        Ok(Room::default())
    }

    fn append(
        &self,
        batch: Bytes,
        epoch: LeaderEpoch,
        _: AppendLimits,
        _: &Room<'_>,
    ) -> Result<Offset, PartitionError> {
        if self.fails.load(Ordering::Relaxed) {
            return Err(CoreError::StorageFailed.into());
        }
        if self.leader_epoch() != Some(epoch) {
            return Err(CoreError::NotLeader.into());
        }
        let base = Offset(self.end.load(Ordering::Relaxed));
        let mut owned = bytes::BytesMut::from(&batch[..]);
        assign_offset_and_epoch(&mut owned, base, epoch);
        let end = base.plus(i64::from(BatchHeader::parse(&owned).unwrap().record_count));
        self.batches.lock().push((end, owned.freeze()));
        self.end.store(end.0, Ordering::Relaxed);
        if self.commits_at_once.load(Ordering::Relaxed) {
            self.high_watermark.store(end.0, Ordering::Relaxed);
        }
        Ok(end)
    }
}

/// All topics there are, but for these.
struct AllBut(&'static [&'static str]);

impl Topics for AllBut {
    fn exists(&self, name: &str, _: TopicId) -> bool {
        !self.0.contains(&name)
    }
}

fn loading(log: &Arc<MemoryLog>) -> Shard {
    loading_without(log, &[])
}

fn loading_without(log: &Arc<MemoryLog>, missing: &'static [&'static str]) -> Shard {
    let core = ShardConfig { initial_rebalance_delay_ms: 0, ..ShardConfig::default() };
    let id = TopicIdPartition { topic_id: TopicId(Uuid::from_u128(7)), partition: PartitionId(0) };
    let log: Arc<dyn ShardLog> = Arc::clone(log) as Arc<dyn ShardLog>;
    Shard::new(
        id,
        log,
        Arc::new(AllBut(missing)),
        ShardSettings { core, commit_timeout_ms: COMMIT_TIMEOUT_MS, unwritten: Counter::default() },
    )
}

fn load(shard: &Shard, now: Timestamp) {
    shard.try_again();
    let mut core = Box::new(CoordinatorShard::new(shard.core_config()));
    let end = shard.log().range().1;
    replay_log(shard.log(), end, &mut core, || true).unwrap();
    let epoch = shard.log().leader_epoch().unwrap();
    assert!(shard.activate(core, epoch, end, (now, &Room::default())));
}

fn active(log: &Arc<MemoryLog>) -> Shard {
    let shard = loading(log);
    load(&shard, NOW);
    shard
}

fn commit(shard: &Shard, topics: usize, now: Timestamp) -> Answer<OffsetCommitResponse> {
    commit_to("g", shard, topics, now)
}

fn commit_to(group: &str, shard: &Shard, topics: usize, now: Timestamp) -> Answer<OffsetCommitResponse> {
    let partition = OffsetCommitRequestPartition { committed_offset: 42, ..Default::default() };
    let topic = |index| OffsetCommitRequestTopic {
        name: format!("t{index}").into(),
        partitions: vec![partition.clone()],
        ..Default::default()
    };
    let request = OffsetCommitRequest {
        group_id: group.into(),
        generation_id_or_member_epoch: -1,
        topics: (0..topics).map(topic).collect(),
        ..Default::default()
    };
    let context = RequestContext { api_version: 9, ..Default::default() };
    shard.call_in(&Room::default(), Changes::OnlyByRecords, now, |core| core.commit_offsets(&request, &context, now))
}

fn fetch(shard: &Shard) -> Answer<OffsetFetchResponseGroup> {
    let request = OffsetFetchRequestGroup { group_id: "g".into(), topics: None, ..Default::default() };
    shard.read(NOW, |core| core.fetch_offsets(&request))
}

fn join(shard: &Shard, member_id: &str, now: Timestamp) -> Answer<JoinGroupResponse> {
    let request = JoinGroupRequest {
        group_id: "g".into(),
        session_timeout_ms: 10_000,
        rebalance_timeout_ms: 60_000,
        member_id: member_id.into(),
        protocol_type: "consumer".into(),
        protocols: vec![JoinGroupRequestProtocol { name: "range".into(), metadata: Bytes::from_static(b"m") }],
        ..Default::default()
    };
    let context = RequestContext { api_version: 3, client_id: "c".into(), client_host: "/127.0.0.1".into() };
    let (sender, answer) = oneshot::channel();
    shard.join_in(&Room::default(), (&request, &context), sender, now);
    // A group without delay is complete at once, by its timer.
    shard.handle_timeout(now, &Room::default());
    answer
}

fn is_waiting<R>(answer: &mut Answer<R>) -> bool {
    matches!(answer.try_recv(), Err(oneshot::error::TryRecvError::Empty))
}

fn now_or_panic<R>(mut answer: Answer<R>) -> Result<R, ErrorCode> {
    answer.try_recv().expect("answered")
}

fn offsets(group: &OffsetFetchResponseGroup) -> usize {
    group.topics.iter().map(|topic| topic.partitions.len()).sum()
}

#[test]
fn a_commit_is_answered_when_it_is_committed() {
    let log = MemoryLog::new(1 << 20);
    let shard = active(&log);
    let mut committed = commit(&shard, 2, NOW);
    let mut fetched = fetch(&shard);
    assert!(is_waiting(&mut committed));
    assert!(is_waiting(&mut fetched), "a reader must not see what may be lost");
    log.commit_all(&shard);
    assert_eq!(now_or_panic(committed).unwrap().topics.len(), 2);
    assert_eq!(offsets(&now_or_panic(fetched).unwrap()), 2);
    assert_eq!(now_or_panic(fetch(&shard)).unwrap().topics.len(), 2, "nothing to wait for any more");
}

#[test]
fn what_was_committed_is_there_after_a_load() {
    let log = MemoryLog::new(1 << 20);
    log.commits_at_once.store(true, Ordering::Relaxed);
    let shard = active(&log);
    assert!(now_or_panic(commit(&shard, 3, NOW)).is_ok());
    let next = loading(&log);
    assert_eq!(now_or_panic(fetch(&next)).unwrap_err(), ErrorCode::CoordinatorLoadInProgress);
    load(&next, NOW);
    assert_eq!(offsets(&now_or_panic(fetch(&next)).unwrap()), 3);
}

#[test]
fn a_large_commit_is_cut_into_batches() {
    let log = MemoryLog::new(1_000);
    log.commits_at_once.store(true, Ordering::Relaxed);
    let shard = active(&log);
    assert!(now_or_panic(commit(&shard, 50, NOW)).is_ok());
    assert!(log.batch_count() > 2, "{} batches", log.batch_count());
    assert_eq!(offsets(&now_or_panic(fetch(&shard)).unwrap()), 50);
}

#[test]
fn a_commit_too_large_for_the_log_changes_nothing() {
    let log = MemoryLog::new(80);
    let shard = active(&log);
    assert_eq!(now_or_panic(commit(&shard, 1, NOW)).unwrap_err(), ErrorCode::InvalidCommitOffsetSize);
    assert_eq!(offsets(&now_or_panic(fetch(&shard)).unwrap()), 0);
    assert!(!shard.is_failed());
}

#[test]
fn an_overdue_commit_is_answered_and_the_shard_goes_on() {
    let log = MemoryLog::new(1 << 20);
    let shard = active(&log);
    let mut committed = commit(&shard, 1, NOW);
    assert_eq!(shard.next_step(), Step::WaitUntil(Some(NOW.plus_ms(COMMIT_TIMEOUT_MS))));
    shard.deliver_due(NOW.plus_ms(COMMIT_TIMEOUT_MS - 1));
    assert!(is_waiting(&mut committed));
    shard.deliver_due(NOW.plus_ms(COMMIT_TIMEOUT_MS));
    assert_eq!(now_or_panic(committed).unwrap_err(), ErrorCode::CoordinatorNotAvailable);
    log.commit_all(&shard);
    assert_eq!(offsets(&now_or_panic(fetch(&shard)).unwrap()), 1);
}

#[test]
fn a_failed_append_of_offsets_changes_nothing() {
    let log = MemoryLog::new(1 << 20);
    let shard = active(&log);
    log.fails.store(true, Ordering::Relaxed);
    assert_eq!(now_or_panic(commit(&shard, 1, NOW)).unwrap_err(), ErrorCode::CoordinatorNotAvailable);
    assert!(!shard.is_failed());
    log.fails.store(false, Ordering::Relaxed);
    log.commits_at_once.store(true, Ordering::Relaxed);
    assert!(now_or_panic(commit(&shard, 1, NOW)).is_ok());
}

#[test]
fn a_failed_append_of_members_gives_the_shard_up_until_it_is_loaded_again() {
    let log = MemoryLog::new(1 << 20);
    log.commits_at_once.store(true, Ordering::Relaxed);
    let shard = active(&log);
    let joined = now_or_panic(join(&shard, "", NOW)).unwrap();
    assert_eq!(joined.error_code, 0);
    let mut second = join(&shard, "", NOW);
    assert!(is_waiting(&mut second), "it waits for the first member to join again");
    log.fails.store(true, Ordering::Relaxed);
    let sync = SyncGroupRequest {
        group_id: "g".into(),
        generation_id: joined.generation_id,
        member_id: joined.member_id.clone(),
        ..Default::default()
    };
    let rejoined = join(&shard, &joined.member_id, NOW);
    let generation = now_or_panic(rejoined).unwrap().generation_id;
    assert!(now_or_panic(second).is_ok());
    let sync = SyncGroupRequest { generation_id: generation, ..sync };
    let (sender, synced) = oneshot::channel();
    let context = RequestContext { api_version: 3, ..Default::default() };
    shard.sync_in(&Room::default(), (&sync, &context), sender, NOW);
    let code = match now_or_panic(synced) {
        Ok(response) => ErrorCode::from_code(response.error_code).unwrap(),
        Err(code) => code,
    };
    assert_eq!(code, ErrorCode::CoordinatorNotAvailable);
    assert!(shard.is_failed());
    assert_eq!(shard.state.lock().waiting.len(), 0);
    log.fails.store(false, Ordering::Relaxed);
    load(&shard, NOW);
    assert!(now_or_panic(commit(&shard, 1, NOW)).is_ok());
}

#[test]
fn whoever_waits_is_told_when_the_leadership_is_lost() {
    let log = MemoryLog::new(1 << 20);
    let shard = active(&log);
    let committed = commit(&shard, 1, NOW);
    let joined = join(&shard, "", NOW);
    log.commit_all(&shard);
    assert!(now_or_panic(committed).is_ok());
    let first = now_or_panic(joined).unwrap();
    let second = join(&shard, "", NOW);
    let committed = commit_to("h", &shard, 1, NOW);
    shard.unload();
    let code = match now_or_panic(second) {
        Ok(response) => ErrorCode::from_code(response.error_code).unwrap(),
        Err(code) => code,
    };
    assert_eq!(code, ErrorCode::NotCoordinator);
    assert_eq!(now_or_panic(committed).unwrap_err(), ErrorCode::NotCoordinator);
    let heartbeat = HeartbeatRequest { group_id: "g".into(), member_id: first.member_id, ..Default::default() };
    assert_eq!(shard.heartbeat(&heartbeat, NOW).unwrap_err(), ErrorCode::NotCoordinator);
    assert_eq!(shard.next_step(), Step::Stop);
}

#[test]
fn heartbeats_are_well_while_the_shard_is_loading() {
    let shard = loading(&MemoryLog::new(1 << 20));
    let heartbeat = HeartbeatRequest { group_id: "g".into(), member_id: "m".into(), ..Default::default() };
    assert_eq!(shard.heartbeat(&heartbeat, NOW).unwrap().error_code, 0);
}

#[test]
fn only_a_change_of_leader_loads_again() {
    let log = MemoryLog::new(1 << 20);
    log.commits_at_once.store(true, Ordering::Relaxed);
    for (epoch, is_loaded_again) in [(3, false), (4, false), (6, true)] {
        let shard = active(&log);
        shard.handle_epoch(LeaderEpoch(epoch));
        assert_eq!(shard.next_step() == Step::Load, is_loaded_again, "epoch {epoch}");
    }
    let shard = active(&log);
    log.epoch.store(4, Ordering::Relaxed);
    shard.handle_epoch(LeaderEpoch(4));
    assert!(now_or_panic(commit(&shard, 1, NOW)).is_ok());
}

#[test]
fn a_fenced_append_gives_the_shard_up() {
    let log = MemoryLog::new(1 << 20);
    let shard = active(&log);
    log.epoch.store(9, Ordering::Relaxed);
    assert_eq!(now_or_panic(commit(&shard, 1, NOW)).unwrap_err(), ErrorCode::NotCoordinator);
    assert!(shard.is_failed());
}

#[test]
fn a_load_of_another_epoch_does_not_serve() {
    let log = MemoryLog::new(1 << 20);
    let shard = loading(&log);
    let core = Box::new(CoordinatorShard::new(shard.core_config()));
    assert!(!shard.activate(core, LeaderEpoch(2), Offset(0), (NOW, &Room::default())));
    assert_eq!(shard.next_step(), Step::Load);
}

#[test]
fn offsets_of_a_deleted_topic_go_also_while_loading() {
    let log = MemoryLog::new(1 << 20);
    log.commits_at_once.store(true, Ordering::Relaxed);
    let shard = active(&log);
    assert!(now_or_panic(commit(&shard, 3, NOW)).is_ok());
    shard.topics_deleted(&BTreeSet::from(["t1".into()]), NOW, Some(&Room::default()));
    assert_eq!(offsets(&now_or_panic(fetch(&shard)).unwrap()), 2);
    let next = loading(&log);
    next.topics_deleted(&BTreeSet::from(["t2".into()]), NOW, Some(&Room::default()));
    load(&next, NOW);
    assert_eq!(offsets(&now_or_panic(fetch(&next)).unwrap()), 1);
}

#[test]
fn offsets_of_a_topic_that_is_gone_when_the_shard_is_loaded_go() {
    let log = MemoryLog::new(1 << 20);
    log.commits_at_once.store(true, Ordering::Relaxed);
    let shard = active(&log);
    assert!(now_or_panic(commit(&shard, 3, NOW)).is_ok());
    let next = loading_without(&log, &["t0", "t2"]);
    load(&next, NOW);
    let answer = now_or_panic(fetch(&next)).unwrap();
    assert_eq!(answer.topics.iter().map(|topic| &*topic.name).collect::<Vec<_>>(), ["t1"]);
    let later = loading(&log);
    load(&later, NOW);
    assert_eq!(offsets(&now_or_panic(fetch(&later)).unwrap()), 1, "tombstones are in the log");
}

#[test]
fn a_member_that_is_silent_is_gone_after_its_session() {
    let log = MemoryLog::new(1 << 20);
    log.commits_at_once.store(true, Ordering::Relaxed);
    let shard = active(&log);
    let joined = now_or_panic(join(&shard, "", NOW)).unwrap();
    let heartbeat = HeartbeatRequest {
        group_id: "g".into(),
        member_id: joined.member_id,
        generation_id: joined.generation_id,
        ..Default::default()
    };
    assert_eq!(shard.heartbeat(&heartbeat, NOW).unwrap().error_code, 0);
    let due = NOW.plus_ms(120_000);
    while let Step::WaitUntil(Some(next)) = shard.next_step() {
        if next > due {
            break;
        }
        shard.handle_timeout(next, &Room::default());
    }
    let code = shard.heartbeat(&heartbeat, due).unwrap().error_code;
    assert_eq!(ErrorCode::from_code(code), Some(ErrorCode::UnknownMemberId));
}

#[test]
fn a_group_that_cannot_be_written_is_counted() {
    let log = MemoryLog::new(1 << 20);
    let shard = active(&log);
    let effect = Effect::ReportUnwritten { group_id: "g".into() };
    let result = CoordinatorResult { records: Vec::new(), response: (), effects: vec![effect] };
    let answer = shard.call_in(&Room::default(), Changes::OnlyByRecords, NOW, |_| result);
    assert_eq!(now_or_panic(answer), Ok(()));
    assert_eq!(shard.settings.unwritten.get(), 1);
}

#[tokio::test]
async fn calls_wait_for_room_without_the_lock_and_are_refused_without_harm() {
    let log = MemoryLog::new(1 << 20);
    log.commits_at_once.store(true, Ordering::Relaxed);
    let shard = Arc::new(active(&log));
    assert!(now_or_panic(commit(&shard, 1, NOW)).is_ok());
    log.is_full.store(true, Ordering::Relaxed);
    let calling = tokio::spawn({
        let shard = Arc::clone(&shard);
        async move {
            wait(shard.call(room_until(), Changes::AtOnce, NOW, |core| core.delete_topics(&BTreeSet::new())).await)
                .await
        }
    });
    // While it waits, whoever needs no room is answered.
    tokio::task::yield_now().await;
    assert_eq!(now_or_panic(fetch(&shard)).unwrap().topics.len(), 1);
    assert!(!calling.is_finished());
    assert_eq!(calling.await.unwrap().err(), Some(ErrorCode::CoordinatorNotAvailable));
    shard.deliver_due(NOW);
    assert!(!shard.is_failed(), "nothing has happened, so nothing is loaded again");
    log.is_full.store(false, Ordering::Relaxed);
    let answer = shard.call(room_until(), Changes::AtOnce, NOW, |core| core.delete_topics(&BTreeSet::new())).await;
    assert!(now_or_panic(answer).is_ok());
}

#[tokio::test]
async fn a_wait_for_room_ends_when_the_shard_is_unloaded() {
    let log = MemoryLog::new(1 << 20);
    let shard = Arc::new(active(&log));
    log.is_full.store(true, Ordering::Relaxed);
    shard.unload();
    let began = Instant::now();
    let answer = shard.call(room_until(), Changes::AtOnce, NOW, |core| core.delete_topics(&BTreeSet::new())).await;
    assert_eq!(now_or_panic(answer).err(), Some(ErrorCode::NotCoordinator));
    assert!(began.elapsed() < JOURNAL_WAIT);
}

#[test]
fn offsets_of_a_deleted_topic_go_as_soon_as_there_is_room() {
    let log = MemoryLog::new(1 << 20);
    log.commits_at_once.store(true, Ordering::Relaxed);
    let shard = active(&log);
    assert!(now_or_panic(commit(&shard, 2, NOW)).is_ok());
    shard.topics_deleted(&BTreeSet::from(["t1".into()]), NOW, None);
    assert_eq!(now_or_panic(fetch(&shard)).unwrap().topics.len(), 2);
    shard.handle_timeout(NOW, &Room::default());
    assert_eq!(now_or_panic(fetch(&shard)).unwrap().topics.len(), 1);
    let batches = log.batch_count();
    shard.handle_timeout(NOW, &Room::default());
    assert_eq!(log.batch_count(), batches, "once");
}

#[tokio::test]
async fn the_groups_of_one_request_wait_for_room_together() {
    let log = MemoryLog::new(1 << 20);
    let shard = Arc::new(active(&log));
    log.is_full.store(true, Ordering::Relaxed);
    let began = Instant::now();
    let asked = (0..5).map(|index| (KString::from(format!("g{index}")), Ok(Arc::clone(&shard)))).collect();
    let begun = delete_groups(asked, NOW).await;
    assert!(began.elapsed() < JOURNAL_WAIT * 2, "{:?}", began.elapsed());
    assert_eq!(begun.len(), 5);
    for (group, answer) in begun {
        assert_eq!(now_or_panic(answer.unwrap()).err(), Some(ErrorCode::CoordinatorNotAvailable), "{group}");
    }
}

#[tokio::test]
async fn answers_that_are_due_do_not_wait_for_room() {
    let log = MemoryLog::new(1 << 20);
    let shard = Arc::new(active(&log));
    // By the clock of the driver, the first is overdue long since, and the second after a moment.
    let overdue = commit(&shard, 1, NOW);
    let soon = clock::now().plus_ms(100 - COMMIT_TIMEOUT_MS);
    let overdue_soon = commit(&shard, 1, soon);
    log.is_full.store(true, Ordering::Relaxed);
    shard.topics_deleted(&BTreeSet::from(["t0".into()]), NOW, None);
    assert!(shard.deliver_due(NOW).0, "there is something to write");
    let began = Instant::now();
    let driver = tokio::spawn(driver::run(Arc::clone(&shard), Arc::new(tokio::sync::Semaphore::new(1))));
    assert_eq!(wait(overdue).await.err(), Some(ErrorCode::CoordinatorNotAvailable));
    assert_eq!(wait(overdue_soon).await.err(), Some(ErrorCode::CoordinatorNotAvailable));
    assert!(began.elapsed() < JOURNAL_WAIT * 9 / 10, "{:?}", began.elapsed());
    shard.unload();
    driver.await.unwrap();
}
