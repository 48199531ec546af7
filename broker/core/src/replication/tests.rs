//! Tests of `replication.rs`.

mod edges;

use super::*;

const LEADER: BrokerId = BrokerId(1);
const ONE: BrokerId = BrokerId(2);
const TWO: BrokerId = BrokerId(3);

fn state(leader_epoch: i32, partition_epoch: i32, isr: &[BrokerId]) -> PartitionState {
    PartitionState {
        leader: Some(LEADER),
        leader_epoch: LeaderEpoch(leader_epoch),
        partition_epoch: PartitionEpoch(partition_epoch),
        replicas: vec![LEADER, ONE, TWO],
        isr: isr.to_vec(),
        recovery_state: RecoveryState::Recovered,
    }
}

fn update(state: PartitionState) -> PartitionUpdate {
    let broker = ReplicaBroker { epoch: BrokerEpoch(10), fenced: false };
    let brokers = [LEADER, ONE, TWO].into_iter().map(|id| (id, broker)).collect();
    PartitionUpdate { state, brokers, broker_epoch: BrokerEpoch(10) }
}

/// A leader of epoch 5 over a durable log of 100 records, watermark 50.
fn leader(isr: &[BrokerId]) -> Replication {
    let config = ReplicationConfig { local: LEADER, min_isr: 2, lag_time_max_ms: 100 };
    let positions = LogPositions {
        high_watermark: Offset(50),
        durable_end: Offset(100),
        log_end: Offset(100),
        ..LogPositions::default()
    };
    let mut core = Replication::new(config, positions);
    let mut effects = Vec::new();
    core.become_leader(update(state(5, 1, isr)), Timestamp(0), &mut effects).unwrap();
    assert_eq!(effects, []);
    core
}

fn epochs() -> LeaderEpochCache {
    LeaderEpochCache::from_entries([(LeaderEpoch(3), Offset(0)), (LeaderEpoch(4), Offset(60))])
}

fn position(offset: i64) -> FetchPosition {
    FetchPosition {
        leader_epoch: LeaderEpoch(5),
        offset: Offset(offset),
        last_fetched_epoch: LeaderEpoch(4),
        leader_only: true,
    }
}

fn fetch(core: &mut Replication, replica: BrokerId, offset: i64, durable_end: Option<i64>, now: i64) -> Vec<Effect> {
    let Ok(FetchCheck::Read(position)) = core.check_fetch(&position(offset), &epochs()) else { panic!("diverges") };
    let durable_end = durable_end.map(Offset);
    let fetch = FollowerFetch { replica, broker_epoch: BrokerEpoch(10), position, durable_end };
    let mut effects = Vec::new();
    core.handle_fetch(&fetch, Timestamp(now), &mut effects).unwrap();
    effects
}

fn respond(core: &mut Replication, result: Result<PartitionState, AlterPartitionError>, now: i64) -> Vec<Effect> {
    let mut effects = Vec::new();
    let response = AlterPartitionResponse { request_id: core.last_request_id, result };
    core.handle_alter_partition_response(&response, Timestamp(now), &mut effects);
    effects
}

fn timeout(core: &mut Replication, now: i64) -> Vec<Effect> {
    let mut effects = Vec::new();
    core.handle_timeout(Timestamp(now), &mut effects);
    effects
}

fn proposed(effects: &[Effect]) -> Option<Vec<BrokerId>> {
    effects.iter().find_map(|effect| match effect {
        Effect::AlterPartition(request) => Some(request.isr.iter().map(|(broker, _)| *broker).collect()),
        _ => None,
    })
}

#[test]
fn high_watermark_is_the_smallest_durable_end_of_the_isr_and_not_the_log_end() {
    let mut core = leader(&[LEADER, ONE, TWO]);
    assert_eq!(fetch(&mut core, ONE, 100, Some(90), 1), []);
    assert_eq!(fetch(&mut core, TWO, 95, Some(70), 1), [Effect::AdvanceHighWatermark(Offset(70))]);
    assert_eq!(fetch(&mut core, TWO, 100, Some(100), 2), [Effect::AdvanceHighWatermark(Offset(90))]);
    // A follower that does not tell its durable end is taken at its log end.
    assert_eq!(fetch(&mut core, ONE, 100, None, 2), [Effect::AdvanceHighWatermark(Offset(100))]);
    // The leader's own flush counts as well.
    let mut effects = Vec::new();
    core.handle_appended(Offset(110), Timestamp(3), &mut effects);
    fetch(&mut core, ONE, 110, Some(110), 3);
    fetch(&mut core, TWO, 110, Some(110), 3);
    assert_eq!(core.high_watermark(), Offset(100));
    core.handle_flushed(Offset(105), Timestamp(4), &mut effects);
    assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(105))]);
    // It does not go back with a follower that tells less.
    assert_eq!(fetch(&mut core, ONE, 60, Some(60), 5), []);
    assert_eq!(core.high_watermark(), Offset(105));
}

#[test]
fn high_watermark_stands_still_below_min_isr() {
    let mut core = leader(&[LEADER]);
    assert_eq!(fetch(&mut core, ONE, 40, Some(40), 1), []);
    assert_eq!(timeout(&mut core, 1000), []);
    assert_eq!(core.high_watermark(), Offset(50));
    assert_eq!(core.check_append(true), Err(Error::NotEnoughReplicas { in_sync: 1, required: 2 }));
    assert_eq!(core.check_append(false), Ok(LeaderEpoch(5)));
    let mut effects = Vec::new();
    core.set_min_isr(1, Timestamp(1000), &mut effects);
    assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(100))]);
}

#[test]
fn high_watermark_is_never_below_the_remote_end() {
    let mut core = leader(&[LEADER, ONE]);
    let mut effects = Vec::new();
    core.handle_remote_end(Offset(80), Timestamp(1), &mut effects);
    assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(80))]);
}

#[test]
fn a_replica_joins_when_its_durable_end_reaches_watermark_and_epoch_start() {
    // (log end, durable end, fenced, registered epoch) → asked for?
    let table = [
        (100, 100, false, 10, true),
        (100, 99, false, 10, false),
        (99, 99, false, 10, false),
        (100, 100, true, 10, false),
        (100, 100, false, 9, false),
    ];
    for (log_end, durable_end, fenced, epoch, joins) in table {
        let mut core = leader(&[LEADER, ONE]);
        let mut news = update(state(5, 1, &[LEADER, ONE]));
        news.brokers.insert(TWO, ReplicaBroker { epoch: BrokerEpoch(epoch), fenced });
        core.become_leader(news, Timestamp(0), &mut Vec::new()).unwrap();
        let effects = fetch(&mut core, TWO, log_end, Some(durable_end), 1);
        let expected = joins.then(|| vec![LEADER, ONE, TWO]);
        assert_eq!(proposed(&effects), expected, "{log_end} {durable_end} {fenced} {epoch}");
    }
}

#[test]
fn a_proposed_member_counts_until_the_controller_has_answered() {
    let mut core = leader(&[LEADER, ONE]);
    fetch(&mut core, TWO, 100, Some(100), 1);
    assert_eq!(core.maximal_isr().len(), 3);
    let mut effects = Vec::new();
    core.handle_appended(Offset(120), Timestamp(2), &mut effects);
    core.handle_flushed(Offset(120), Timestamp(2), &mut effects);
    fetch(&mut core, ONE, 120, Some(120), 2);
    assert_eq!(core.high_watermark(), Offset(100));
    // Long after it stopped being caught up it still counts.
    timeout(&mut core, 5000);
    assert_eq!(core.high_watermark(), Offset(100));
    let effects = respond(&mut core, Err(AlterPartitionError::IneligibleReplica), 5000);
    assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(120))]);
}

#[test]
fn one_request_is_in_flight_and_failures_decide_what_follows() {
    // error → sent again, asked anew, or held until metadata comes
    let table = [
        (AlterPartitionError::Unavailable, "again"),
        (AlterPartitionError::StaleBrokerEpoch, "again"),
        (AlterPartitionError::IneligibleReplica, "anew"),
        (AlterPartitionError::NotAttempted, "anew"),
        (AlterPartitionError::FencedLeaderEpoch, "held"),
        (AlterPartitionError::InvalidUpdateVersion, "held"),
        (AlterPartitionError::NewLeaderElected, "held"),
        (AlterPartitionError::InvalidRequest, "held"),
        (AlterPartitionError::UnknownPartition, "held"),
    ];
    for (error, expected) in table {
        let mut core = leader(&[LEADER, ONE]);
        assert!(proposed(&fetch(&mut core, TWO, 100, Some(100), 1)).is_some());
        assert_eq!(proposed(&fetch(&mut core, TWO, 100, Some(100), 2)), None);
        respond(&mut core, Err(error), 10);
        assert_eq!(proposed(&fetch(&mut core, TWO, 100, Some(100), 11)), None, "{error:?}: not at once");
        let later = 10 + RETRY_BACKOFF_MS;
        let again = proposed(&timeout(&mut core, later)).is_some();
        let anew = proposed(&fetch(&mut core, TWO, 100, Some(100), later)).is_some();
        assert_eq!((again, anew), (expected == "again", expected == "anew"), "{error:?}");
        let mut effects = Vec::new();
        core.become_leader(update(state(5, 2, &[LEADER, ONE])), Timestamp(later), &mut effects).unwrap();
        assert!(proposed(&fetch(&mut core, TWO, 100, Some(100), later)).is_some(), "{error:?}: after news");
    }
}

#[test]
fn laggards_are_dropped_after_the_lag_time_and_the_watermark_goes_on() {
    let mut core = leader(&[LEADER, ONE, TWO]);
    fetch(&mut core, ONE, 100, Some(100), 50);
    fetch(&mut core, TWO, 100, Some(90), 50);
    assert_eq!(core.next_timeout(), Some(Timestamp(101)));
    assert_eq!(timeout(&mut core, 100), []);
    assert_eq!(proposed(&timeout(&mut core, 101)), Some(vec![LEADER, ONE]));
    assert_eq!(core.high_watermark(), Offset(90));
    let effects = respond(&mut core, Ok(state(5, 2, &[LEADER, ONE])), 102);
    assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(100))]);
    assert_eq!(core.next_timeout(), None);
}

#[test]
fn a_follower_whose_flushes_trail_is_caught_up() {
    let mut core = leader(&[LEADER, ONE]);
    for round in 1..100i64 {
        // Every millisecond a record; each is durable on the follower four later.
        core.handle_appended(Offset(100 + round), Timestamp(round * 10), &mut Vec::new());
        fetch(&mut core, ONE, 100 + round, Some(96 + round), round * 10);
        assert_eq!(proposed(&timeout(&mut core, round * 10)), None, "round {round}");
    }
    assert!(core.progress(ONE).unwrap().caught_up_at() >= Timestamp(890));
}

#[test]
fn waiting_acks_are_answered_once_in_the_order_of_offsets() {
    let mut core = leader(&[LEADER, ONE]);
    let mut effects = Vec::new();
    core.await_commit(OperationId(1), Offset(90), Timestamp(500), &mut effects).unwrap();
    core.await_commit(OperationId(2), Offset(70), Timestamp(500), &mut effects).unwrap();
    core.await_commit(OperationId(3), Offset(100), Timestamp(40), &mut effects).unwrap();
    core.await_commit(OperationId(4), Offset(50), Timestamp(40), &mut effects).unwrap();
    assert_eq!(effects, [Effect::Reply { operation: OperationId(4), result: Ok(()) }]);
    assert_eq!(core.next_timeout(), Some(Timestamp(40)));
    let timed_out = Effect::Reply { operation: OperationId(3), result: Err(Error::TimedOut) };
    assert_eq!(timeout(&mut core, 40), [timed_out]);
    let effects = fetch(&mut core, ONE, 100, Some(95), 41);
    let reply = |operation| Effect::Reply { operation: OperationId(operation), result: Ok(()) };
    assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(95)), reply(2), reply(1)]);
    assert_eq!(core.waiting_acks(), 0);
}

#[test]
fn waiting_acks_fail_with_the_role() {
    for error in [Error::NotLeader, Error::StorageFailed] {
        let mut core = leader(&[LEADER, ONE]);
        let mut effects = Vec::new();
        core.await_commit(OperationId(1), Offset(90), Timestamp(500), &mut effects).unwrap();
        match error {
            Error::StorageFailed => {
                core.handle_append_failed(AppendError::StorageFailed, Timestamp(1), &mut effects);
            }
            _ => core.become_follower(state(6, 2, &[ONE]), &mut effects).unwrap(),
        }
        assert_eq!(effects, [Effect::Reply { operation: OperationId(1), result: Err(error) }]);
        assert_eq!(core.check_append(false), Err(error));
    }
}

#[test]
fn an_ack_committed_with_too_small_an_isr_says_so() {
    let mut core = leader(&[LEADER, ONE]);
    let mut effects = Vec::new();
    core.await_commit(OperationId(1), Offset(90), Timestamp(500), &mut effects).unwrap();
    core.become_leader(update(state(5, 2, &[LEADER])), Timestamp(1), &mut effects).unwrap();
    assert_eq!(effects, []);
    core.handle_remote_end(Offset(90), Timestamp(2), &mut effects);
    let result = Err(Error::NotEnoughReplicasAfterAppend { in_sync: 1, required: 2 });
    let reply = Effect::Reply { operation: OperationId(1), result };
    assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(90)), reply]);
}

#[test]
fn fetches_are_fenced_by_epoch_and_checked_for_divergence() {
    let core = leader(&[LEADER, ONE]);
    let check = |leader_epoch, offset, last| {
        let position = FetchPosition {
            leader_epoch: LeaderEpoch(leader_epoch),
            last_fetched_epoch: LeaderEpoch(last),
            ..position(offset)
        };
        match core.check_fetch(&position, &epochs()) {
            Ok(FetchCheck::Read(_)) => "read".to_owned(),
            Ok(FetchCheck::Diverging(it)) => format!("{}@{}", it.epoch, it.end_offset),
            Err(Error::FencedLeaderEpoch { .. }) => "fenced".to_owned(),
            Err(Error::UnknownLeaderEpoch { .. }) => "unknown".to_owned(),
            Err(Error::OffsetOutOfRange { .. }) => "range".to_owned(),
            Err(error) => error.to_string(),
        }
    };
    let table = [
        ((4, 80, 4), "fenced"),
        ((6, 80, 4), "unknown"),
        ((-1, 80, -1), "read"),
        ((5, 100, 4), "read"),
        ((5, 101, -1), "range"),
        ((5, -1, -1), "range"),
        ((5, 101, 4), "4@100"),
        ((5, 70, 3), "3@60"),
        ((5, 70, 5), "4@100"),
    ];
    for ((epoch, offset, last), expected) in table {
        assert_eq!(check(epoch, offset, last), expected, "{epoch} {offset} {last}");
    }
    assert_eq!(core.end_offset_for(LeaderEpoch(5), &epochs()), Some((LeaderEpoch(5), Offset(100))));
    assert_eq!(core.end_offset_for(LeaderEpoch(3), &epochs()), Some((LeaderEpoch(3), Offset(60))));
    assert_eq!(core.end_offset_for(LeaderEpoch(6), &epochs()), None);
}

#[test]
fn strangers_and_former_lives_do_not_count() {
    let mut core = leader(&[LEADER, ONE]);
    let Ok(FetchCheck::Read(position)) = core.check_fetch(&position(100), &epochs()) else { panic!() };
    let stranger = FollowerFetch { replica: BrokerId(9), broker_epoch: BrokerEpoch(10), position, durable_end: None };
    let mut effects = Vec::new();
    assert_eq!(core.handle_fetch(&stranger, Timestamp(1), &mut effects), Err(Error::UnknownReplica(BrokerId(9))));
    let former = FollowerFetch { replica: ONE, broker_epoch: BrokerEpoch(9), ..stranger };
    let stale = Error::StaleBrokerEpoch { given: BrokerEpoch(9), current: BrokerEpoch(10) };
    assert_eq!(core.handle_fetch(&former, Timestamp(1), &mut effects), Err(stale));
    assert_eq!(core.high_watermark(), Offset(50));
    // A position checked in one leader epoch does not count in the next.
    core.become_leader(update(state(6, 2, &[LEADER, ONE])), Timestamp(2), &mut effects).unwrap();
    let late = FollowerFetch { replica: ONE, ..stranger };
    assert!(matches!(core.handle_fetch(&late, Timestamp(2), &mut effects), Err(Error::FencedLeaderEpoch { .. })));
}

#[test]
fn older_states_are_refused() {
    let mut core = leader(&[LEADER, ONE]);
    let mut effects = Vec::new();
    let older = core.become_leader(update(state(5, 0, &[LEADER])), Timestamp(1), &mut effects);
    assert!(matches!(older, Err(Error::StalePartitionEpoch { .. })));
    let fenced = core.become_follower(state(4, 9, &[ONE]), &mut effects);
    assert!(matches!(fenced, Err(Error::FencedLeaderEpoch { .. })));
    assert!(core.is_leader());
}

#[test]
fn a_leader_confirms_its_recovery_before_others_join() {
    let mut core = leader(&[LEADER]);
    let mut effects = Vec::new();
    let recovering = PartitionState { recovery_state: RecoveryState::Recovering, ..state(6, 2, &[LEADER]) };
    core.become_leader(update(recovering), Timestamp(1), &mut effects).unwrap();
    assert_eq!(proposed(&effects), Some(vec![LEADER]));
    respond(&mut core, Ok(state(6, 3, &[LEADER])), 2);
    assert_eq!(proposed(&fetch_in(&mut core, 6, TWO, 100, 3)), Some(vec![LEADER, TWO]));
}

fn fetch_in(core: &mut Replication, epoch: i32, replica: BrokerId, offset: i64, now: i64) -> Vec<Effect> {
    let asked = FetchPosition { leader_epoch: LeaderEpoch(epoch), ..position(offset) };
    let Ok(FetchCheck::Read(position)) = core.check_fetch(&asked, &epochs()) else { panic!() };
    let fetch = FollowerFetch { replica, broker_epoch: BrokerEpoch(10), position, durable_end: None };
    let mut effects = Vec::new();
    core.handle_fetch(&fetch, Timestamp(now), &mut effects).unwrap();
    effects
}

fn follower() -> Replication {
    let mut core = leader(&[LEADER, ONE]);
    core.become_follower(state(6, 2, &[ONE]), &mut Vec::new()).unwrap();
    core
}

fn answer() -> LeaderAnswer {
    LeaderAnswer {
        leader_epoch: LeaderEpoch(6),
        fetch_offset: Offset(100),
        last_fetched_epoch: LeaderEpoch(4),
        diverging: None,
        high_watermark: Offset(70),
        log_start: Offset(0),
        records_from: None,
    }
}

#[test]
fn follower_truncates_to_diverging_epoch_before_its_watermark_moves() {
    let mut core = follower();
    let diverging = Some(DivergingEpoch { epoch: LeaderEpoch(3), end_offset: Offset(80) });
    let mut effects = Vec::new();
    let parted = LeaderAnswer { diverging, high_watermark: Offset(90), ..answer() };
    core.handle_leader_answer(&parted, &epochs(), &mut effects).unwrap();
    assert_eq!(effects, [Effect::TruncateTo(Offset(60))]);
    core.handle_truncated(Offset(60));
    assert_eq!(core.high_watermark(), Offset(50));
    assert_eq!(core.positions().durable_end, Offset(60));
}

#[test]
fn follower_reports_what_an_unclean_election_costs() {
    let core_epochs = LeaderEpochCache::from_entries([(LeaderEpoch(4), Offset(0))]);
    let mut core = follower();
    let diverging = Some(DivergingEpoch { epoch: LeaderEpoch(4), end_offset: Offset(30) });
    let mut effects = Vec::new();
    core.handle_leader_answer(&LeaderAnswer { diverging, ..answer() }, &core_epochs, &mut effects).unwrap();
    let lost = Effect::ReportLostRecords { from: Offset(30), to: Offset(50) };
    assert_eq!(effects, [lost, Effect::TruncateTo(Offset(30))]);
}

#[test]
fn follower_appends_then_takes_over_the_leaders_watermark_and_log_start() {
    let mut core = follower();
    let mut effects = Vec::new();
    let full = LeaderAnswer {
        records_from: Some(Offset(100)),
        high_watermark: Offset(105),
        log_start: Offset(10),
        ..answer()
    };
    core.handle_leader_answer(&full, &epochs(), &mut effects).unwrap();
    let append = Effect::Append { base_offset: Offset(100), leader_epoch: LeaderEpoch(6) };
    let watermark = Effect::AdvanceHighWatermark(Offset(100));
    assert_eq!(effects, [watermark, append, Effect::AdvanceLogStart(Offset(10))]);
    effects.clear();
    core.handle_appended(Offset(110), Timestamp(1), &mut effects);
    assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(105))]);
}

#[test]
fn follower_drops_answers_that_were_overtaken() {
    let mut core = follower();
    let mut effects = Vec::new();
    let cut = Some(DivergingEpoch { epoch: LeaderEpoch(3), end_offset: Offset(10) });
    let late = LeaderAnswer { diverging: cut, ..answer() };
    for overtaken in
        [LeaderAnswer { fetch_offset: Offset(90), ..late }, LeaderAnswer { last_fetched_epoch: LeaderEpoch(3), ..late }]
    {
        core.handle_leader_answer(&overtaken, &epochs(), &mut effects).unwrap();
    }
    let former = LeaderAnswer { leader_epoch: LeaderEpoch(5), ..late };
    assert!(core.handle_leader_answer(&former, &epochs(), &mut effects).is_err());
    assert_eq!(effects, []);
}

#[test]
fn follower_outside_the_leaders_range_cuts_or_begins_anew() {
    let mut core = follower();
    let mut effects = Vec::new();
    core.handle_out_of_range(Offset(0), Offset(95), &mut effects).unwrap();
    core.handle_out_of_range(Offset(200), Offset(300), &mut effects).unwrap();
    assert_eq!(effects, [Effect::TruncateTo(Offset(95)), Effect::RestartAt(Offset(200))]);
    core.handle_restarted(Offset(200));
    assert_eq!(core.fetch_position(&LeaderEpochCache::new()).unwrap().offset, Offset(200));
    assert_eq!(core.high_watermark(), Offset(200));
}
