//! Edges: what happens exactly at a bound, twice, or in another role.

use super::*;

fn taken(act: impl FnOnce(&mut Vec<Effect>)) -> Vec<Effect> {
    let mut effects = Vec::new();
    act(&mut effects);
    effects
}

fn append_durably(core: &mut Replication, end: i64, now: i64) {
    core.handle_appended(Offset(end), Timestamp(now), &mut Vec::new());
    core.handle_flushed(Offset(end), Timestamp(now), &mut Vec::new());
}

fn request(effects: &[Effect]) -> &AlterPartitionRequest {
    let request = effects.iter().find_map(|effect| match effect {
        Effect::AlterPartition(request) => Some(request),
        _ => None,
    });
    request.unwrap()
}

/// Brokers as in `update`, but for these.
fn brokers(changed: &[(BrokerId, i64, bool)]) -> BTreeMap<BrokerId, ReplicaBroker> {
    let mut brokers = update(state(5, 1, &[])).brokers;
    for &(broker, epoch, fenced) in changed {
        brokers.insert(broker, ReplicaBroker { epoch: BrokerEpoch(epoch), fenced });
    }
    brokers
}

#[test]
fn a_replica_outside_the_isr_holds_the_watermark_only_while_it_is_caught_up_and_may_join() {
    // (fenced?, its durable end when the log ended at 100) → watermark when the ISR has 110
    for (fenced, durable_end, watermark) in [(false, 60, 110), (true, 100, 110), (false, 100, 100)] {
        let mut core = leader(&[LEADER, ONE]);
        core.handle_brokers(brokers(&[(TWO, 10, fenced)]), Timestamp(0), &mut Vec::new());
        let asked = fetch(&mut core, TWO, durable_end, Some(durable_end), 1);
        if proposed(&asked).is_some() {
            respond(&mut core, Err(AlterPartitionError::NotAttempted), 1);
        }
        append_durably(&mut core, 110, 2);
        fetch(&mut core, ONE, 110, Some(110), 2);
        assert_eq!(core.high_watermark(), Offset(watermark), "{fenced} {durable_end}");
    }
    let core = leader(&[LEADER, ONE]);
    assert!(core.progress(TWO).unwrap().caught_up_at() < Timestamp(-1_000_000), "it was never seen to be caught up");
}

#[test]
fn news_of_the_same_leader_epoch_keep_what_is_known_and_of_the_next_keep_only_acks() {
    for (leader_epoch, partition_epoch, kept) in [(5, 1, true), (5, 2, true), (6, 0, false)] {
        let mut core = leader(&[LEADER, ONE]);
        fetch(&mut core, ONE, 90, Some(80), 1);
        core.await_commit(OperationId(1), Offset(95), Timestamp(500), &mut Vec::new()).unwrap();
        let news = update(state(leader_epoch, partition_epoch, &[LEADER, ONE]));
        assert_eq!(core.become_leader(news, Timestamp(2), &mut Vec::new()), Ok(()));
        let durable_end = core.progress(ONE).unwrap().durable_end();
        assert_eq!(durable_end, kept.then_some(Offset(80)), "{leader_epoch} {partition_epoch}");
        assert_eq!((core.leader_epoch(), core.waiting_acks()), (LeaderEpoch(leader_epoch), 1));
    }
}

#[test]
fn a_follower_forgets_its_leaders_watermark_with_the_leader() {
    for (leader_epoch, partition_epoch, watermark) in [(6, 2, 105), (6, 3, 105), (7, 0, 100)] {
        let mut core = follower();
        let told = LeaderAnswer { high_watermark: Offset(105), ..answer() };
        core.handle_leader_answer(&told, &epochs(), &mut Vec::new()).unwrap();
        core.become_follower(state(leader_epoch, partition_epoch, &[ONE]), &mut Vec::new()).unwrap();
        core.handle_appended(Offset(110), Timestamp(1), &mut Vec::new());
        assert_eq!(core.high_watermark(), Offset(watermark), "{leader_epoch} {partition_epoch}");
    }
}

#[test]
fn each_role_answers_for_itself() {
    let config = ReplicationConfig { local: LEADER, min_isr: 2, lag_time_max_ms: 100 };
    let unassigned = Replication::new(config, LogPositions::default());
    let mut offline = leader(&[LEADER, ONE]);
    offline.handle_append_failed(AppendError::StorageFailed, Timestamp(1), &mut Vec::new());
    let anywhere = FetchPosition { leader_epoch: LeaderEpoch::NONE, leader_only: false, ..position(0) };
    // (replica, may be read by anybody?, by followers?, state known?, may lead?)
    let table = [
        (unassigned, Err(Error::NotLeader), Err(Error::NotLeader), false),
        (leader(&[LEADER, ONE]), Ok(()), Ok(()), true),
        (follower(), Ok(()), Err(Error::NotLeader), true),
        (offline, Err(Error::StorageFailed), Err(Error::StorageFailed), false),
    ];
    for (mut core, by_anybody, by_followers, has_state) in table {
        let seen = core.check_fetch(&anywhere, &epochs());
        assert_eq!(seen.map(|_| ()), by_anybody, "{core:?}");
        let seen = core.check_fetch(&FetchPosition { leader_only: true, ..anywhere }, &epochs());
        assert_eq!(seen.map(|_| ()), by_followers, "{core:?}");
        let waits = core.await_commit(OperationId(1), Offset(90), Timestamp(5), &mut Vec::new());
        assert_eq!(waits, by_followers, "{core:?}");
        assert_eq!(core.waiting_acks(), usize::from(by_followers.is_ok()));
        assert_eq!(core.state().is_some(), has_state, "{core:?}");
        assert_eq!(core.next_timeout(), by_followers.is_ok().then_some(Timestamp(5)), "{core:?}");
        assert_eq!(core.maximal_isr().len(), if by_followers.is_ok() { 2 } else { 0 });
    }
}

#[test]
fn an_offline_replica_takes_no_role() {
    let mut core = leader(&[LEADER, ONE]);
    core.handle_append_failed(AppendError::StorageFailed, Timestamp(1), &mut Vec::new());
    let leads = core.become_leader(update(state(6, 2, &[LEADER])), Timestamp(2), &mut Vec::new());
    let follows = core.become_follower(state(6, 2, &[ONE]), &mut Vec::new());
    assert_eq!((leads, follows), (Err(Error::StorageFailed), Err(Error::StorageFailed)));
}

#[test]
fn a_full_disk_is_no_end() {
    for error in [AppendError::DiskFull, AppendError::Refused] {
        let mut core = leader(&[LEADER, ONE]);
        core.await_commit(OperationId(1), Offset(90), Timestamp(500), &mut Vec::new()).unwrap();
        core.handle_append_failed(error, Timestamp(1), &mut Vec::new());
        assert_eq!((core.waiting_acks(), core.check_append(true)), (1, Ok(LeaderEpoch(5))), "{error:?}");
    }
}

#[test]
fn a_reader_below_the_log_start_is_out_of_range_before_its_epoch_is_looked_at() {
    let mut core = leader(&[LEADER, ONE]);
    core.handle_log_start(Offset(30), Offset(40), &mut Vec::new());
    let check = |core: &Replication, offset, last| {
        let position = FetchPosition { last_fetched_epoch: LeaderEpoch(last), ..position(offset) };
        core.check_fetch(&position, &epochs())
    };
    assert!(matches!(check(&core, 30, 3), Ok(FetchCheck::Read(_))));
    assert!(matches!(check(&core, 29, 9), Err(Error::OffsetOutOfRange { log_start: Offset(30), .. })));
    assert_eq!((core.positions().log_start, core.positions().local_start), (Offset(30), Offset(40)));
    core.handle_log_start(Offset(20), Offset(20), &mut Vec::new());
    assert_eq!((core.positions().log_start, core.positions().local_start), (Offset(30), Offset(40)), "not back");
}

#[test]
fn the_watermark_follows_the_log_start() {
    let mut core = leader(&[LEADER, ONE]);
    let effects = taken(|effects| core.handle_log_start(Offset(70), Offset(70), effects));
    assert_eq!(effects, [Effect::AdvanceHighWatermark(Offset(70))]);
    assert_eq!(taken(|effects| core.handle_log_start(Offset(70), Offset(70), effects)), []);
}

#[test]
fn an_epoch_ends_at_the_log_end_for_its_leader_only() {
    let mut core = leader(&[LEADER, ONE]);
    assert_eq!(core.end_offset_for(LeaderEpoch(5), &epochs()), Some((LeaderEpoch(5), Offset(100))));
    assert_eq!(core.end_offset_for(LeaderEpoch::NONE, &epochs()), None);
    core.become_follower(state(6, 2, &[ONE]), &mut Vec::new()).unwrap();
    assert_eq!(core.end_offset_for(LeaderEpoch(6), &epochs()), None, "it has written nothing here");
    assert_eq!(core.end_offset_for(LeaderEpoch(4), &epochs()), Some((LeaderEpoch(4), Offset(100))));
}

#[test]
fn next_timeout_never_asks_again_for_what_it_was_given() {
    let mut core = leader(&[LEADER, ONE]);
    core.handle_brokers(brokers(&[(TWO, 10, true)]), Timestamp(0), &mut Vec::new());
    fetch(&mut core, TWO, 100, Some(100), 1);
    append_durably(&mut core, 110, 2);
    fetch(&mut core, ONE, 110, Some(110), 2);
    assert_eq!(core.next_timeout(), Some(Timestamp(102)), "the replica outside may hold the watermark until then");
    assert_eq!(timeout(&mut core, 102), []);
    assert_eq!(core.next_timeout(), None);
}

#[test]
fn after_a_refusal_nothing_is_asked_before_the_backoff_is_over() {
    let mut core = leader(&[LEADER]);
    let recovering = PartitionState { recovery_state: RecoveryState::Recovering, ..state(6, 2, &[LEADER]) };
    let first = taken(|effects| core.become_leader(update(recovering.clone()), Timestamp(1), effects).unwrap());
    assert_eq!(proposed(&first), Some(vec![LEADER]));
    let again = taken(|effects| core.become_leader(update(recovering), Timestamp(2), effects).unwrap());
    assert_eq!(proposed(&again), None, "it is under way");
    respond(&mut core, Err(AlterPartitionError::IneligibleReplica), 10);
    assert_eq!(core.next_timeout(), Some(Timestamp(10 + RETRY_BACKOFF_MS)));
    assert_eq!(proposed(&timeout(&mut core, 9 + RETRY_BACKOFF_MS)), None);
    assert_eq!(proposed(&timeout(&mut core, 10 + RETRY_BACKOFF_MS)), Some(vec![LEADER]));

    let mut core = leader(&[LEADER, ONE]);
    append_durably(&mut core, 110, 1);
    assert_eq!(proposed(&timeout(&mut core, 101)), Some(vec![LEADER]));
    assert_eq!(proposed(&timeout(&mut core, 102)), None, "it is under way");
    assert_eq!(core.next_timeout(), None);
    respond(&mut core, Err(AlterPartitionError::NotAttempted), 110);
    assert_eq!(core.next_timeout(), Some(Timestamp(110 + RETRY_BACKOFF_MS)));
    assert_eq!(proposed(&timeout(&mut core, 109 + RETRY_BACKOFF_MS)), None);
    assert_eq!(proposed(&timeout(&mut core, 110 + RETRY_BACKOFF_MS)), Some(vec![LEADER]));
}

#[test]
fn a_lost_request_is_sent_again_with_the_registration_in_force() {
    let mut core = leader(&[LEADER, ONE]);
    let first = request(&fetch(&mut core, TWO, 100, Some(100), 1)).clone();
    respond(&mut core, Err(AlterPartitionError::Unavailable), 10);
    assert_eq!(core.next_timeout(), Some(Timestamp(10 + RETRY_BACKOFF_MS)));
    let news = PartitionUpdate { broker_epoch: BrokerEpoch(30), ..update(state(5, 1, &[LEADER, ONE])) };
    core.become_leader(news, Timestamp(11), &mut Vec::new()).unwrap();
    assert_eq!(timeout(&mut core, 9 + RETRY_BACKOFF_MS), []);
    let again = timeout(&mut core, 10 + RETRY_BACKOFF_MS);
    assert_eq!(*request(&again), AlterPartitionRequest { broker_epoch: BrokerEpoch(30), ..first });
}

#[test]
fn a_request_names_every_member_with_the_epoch_that_it_fetches_with() {
    let mut core = leader(&[LEADER, ONE]);
    let news = PartitionUpdate { broker_epoch: BrokerEpoch(20), ..update(state(5, 4, &[LEADER, ONE])) };
    core.become_leader(news, Timestamp(0), &mut Vec::new()).unwrap();
    core.handle_brokers(brokers(&[(ONE, 11, false), (TWO, 10, false)]), Timestamp(0), &mut Vec::new());
    let effects = fetch(&mut core, TWO, 100, Some(100), 1);
    let expected = AlterPartitionRequest {
        request_id: 1,
        leader_epoch: LeaderEpoch(5),
        partition_epoch: PartitionEpoch(4),
        broker_epoch: BrokerEpoch(20),
        isr: vec![(LEADER, BrokerEpoch(20)), (ONE, BrokerEpoch(11)), (TWO, BrokerEpoch(10))],
        recovery_state: RecoveryState::Recovered,
    };
    assert_eq!(*request(&effects), expected);
    // A request of the next leader epoch has another id, so that a late answer is not taken for its own.
    core.become_leader(update(state(6, 5, &[LEADER, ONE])), Timestamp(2), &mut Vec::new()).unwrap();
    let next = fetch_in(&mut core, 6, TWO, 100, 3);
    assert_eq!(request(&next).request_id, 2);
    core.become_leader(update(state(7, 6, &[LEADER, ONE])), Timestamp(4), &mut Vec::new()).unwrap();
    assert_eq!(request(&fetch_in(&mut core, 7, TWO, 100, 5)).request_id, 3);
}

#[test]
fn an_answer_counts_for_its_request_its_leader_and_its_epoch_only() {
    // (answer) → is the new ISR in force, and is the request still what may be committed?
    let other_leader = PartitionState { leader: Some(ONE), ..state(5, 2, &[LEADER, ONE, TWO]) };
    let all = [LEADER, ONE, TWO];
    let table = [
        (state(5, 2, &all), true),
        (state(5, 1, &all), true),
        (state(5, 0, &all), false),
        (state(6, 2, &all), false),
        (other_leader, false),
    ];
    for (answered, in_force) in table {
        let mut core = leader(&[LEADER, ONE]);
        fetch(&mut core, TWO, 100, Some(100), 1);
        let late = AlterPartitionResponse { request_id: 77, result: Ok(answered.clone()) };
        core.handle_alter_partition_response(&late, Timestamp(2), &mut Vec::new());
        assert_eq!(core.state().unwrap().isr.len(), 2, "not the request under way");
        respond(&mut core, Ok(answered.clone()), 2);
        assert_eq!(core.state().unwrap().isr.len(), if in_force { 3 } else { 2 }, "{answered:?}");
        assert_eq!(core.maximal_isr().len(), 3, "{answered:?}");
        assert_eq!(proposed(&timeout(&mut core, 5_000)).is_some(), in_force, "{answered:?}");
    }
}

#[test]
fn the_same_state_again_leaves_the_request_under_way() {
    let mut core = leader(&[LEADER, ONE]);
    fetch(&mut core, TWO, 100, Some(100), 1);
    core.become_leader(update(state(5, 1, &[LEADER, ONE])), Timestamp(2), &mut Vec::new()).unwrap();
    assert_eq!(proposed(&fetch(&mut core, TWO, 100, Some(100), 3)), None);
    respond(&mut core, Ok(state(5, 2, &[LEADER, ONE, TWO])), 4);
    assert_eq!(core.state().unwrap().isr.len(), 3);
}

#[test]
fn what_a_former_life_of_a_broker_told_does_not_hold() {
    // (epoch it fetched with, epoch it registers with) → is what it told kept?
    for (fetched, registered, kept) in [(10, 10, true), (10, 11, false), (-1, 11, true), (12, 11, true)] {
        let mut core = leader(&[LEADER, ONE]);
        let Ok(FetchCheck::Read(position)) = core.check_fetch(&position(90), &epochs()) else { panic!() };
        let told = FollowerFetch { replica: ONE, broker_epoch: BrokerEpoch(fetched), position, durable_end: None };
        assert_eq!(core.handle_fetch(&told, Timestamp(5), &mut Vec::new()), Ok(()));
        core.handle_brokers(brokers(&[(ONE, registered, false)]), Timestamp(6), &mut Vec::new());
        let progress = core.progress(ONE).unwrap();
        assert_eq!(progress.durable_end(), kept.then_some(Offset(90)), "{fetched} {registered}");
        assert_eq!(progress.caught_up_at(), Timestamp(0), "{fetched} {registered}");
        let current = BrokerEpoch(registered.max(if kept { fetched } else { -1 }));
        let stale = Error::StaleBrokerEpoch { given: BrokerEpoch(9), current };
        let former = FollowerFetch { broker_epoch: BrokerEpoch(9), ..told };
        assert_eq!(core.handle_fetch(&former, Timestamp(7), &mut Vec::new()), Err(stale));
    }
}

#[test]
fn enough_replicas_are_as_many_as_required() {
    assert_eq!(leader(&[LEADER, ONE]).check_append(true), Ok(LeaderEpoch(5)));
    let few = Error::NotEnoughReplicas { in_sync: 1, required: 2 };
    assert_eq!(leader(&[LEADER]).check_append(true), Err(few));
}

#[test]
fn what_members_hold_is_known_for_each_of_them() {
    let mut core = leader(&[LEADER, ONE, TWO]);
    fetch(&mut core, ONE, 90, Some(80), 1);
    let ends: Vec<Offset> = core.leader().unwrap().durable_ends(LEADER, Offset(100)).collect();
    assert_eq!(ends, [Offset(100), Offset(80), Offset(0)]);
}

#[test]
fn records_that_overlap_the_followers_log_are_refused_and_a_gap_is_not() {
    for (from, error) in [(99, true), (100, false), (120, false)] {
        let mut core = follower();
        let full = LeaderAnswer { records_from: Some(Offset(from)), ..answer() };
        let mut effects = Vec::new();
        let taken = core.handle_leader_answer(&full, &epochs(), &mut effects);
        assert_eq!(taken.is_err(), error, "{from}");
        let append = Effect::Append { base_offset: Offset(from), leader_epoch: LeaderEpoch(6) };
        let watermark = Effect::AdvanceHighWatermark(Offset(70));
        assert_eq!(effects, if error { vec![watermark] } else { vec![watermark, append] }, "{from}");
    }
}

#[test]
fn follower_cuts_within_its_local_log_and_begins_anew_elsewhere() {
    // (leader's log) → what a follower does whose local log is [20, 100), watermark 50
    let table = [
        ((0, 100), vec![Effect::RestartAt(Offset(0))]),
        ((0, 99), vec![Effect::TruncateTo(Offset(99))]),
        ((60, 60), vec![Effect::TruncateTo(Offset(60))]),
        ((0, 50), vec![Effect::TruncateTo(Offset(50))]),
        ((0, 20), vec![Effect::ReportLostRecords { from: Offset(20), to: Offset(50) }, Effect::TruncateTo(Offset(20))]),
        ((0, 19), vec![Effect::ReportLostRecords { from: Offset(19), to: Offset(50) }, Effect::RestartAt(Offset(19))]),
        ((90, 80), vec![Effect::RestartAt(Offset(90))]),
    ];
    for ((start, end), expected) in table {
        let mut core = follower();
        core.handle_log_start(Offset(10), Offset(20), &mut Vec::new());
        let effects = taken(|effects| core.handle_out_of_range(Offset(start), Offset(end), effects).unwrap());
        assert_eq!(effects, expected, "[{start}, {end})");
    }
    // What is left after the cut lies below the leader's log: nothing of it is of use.
    let mut core = follower();
    let diverging = Some(DivergingEpoch { epoch: LeaderEpoch(3), end_offset: Offset(80) });
    for (log_start, expected) in [(60, Effect::TruncateTo(Offset(60))), (61, Effect::RestartAt(Offset(61)))] {
        let parted = LeaderAnswer { diverging, log_start: Offset(log_start), ..answer() };
        let effects = taken(|effects| core.handle_leader_answer(&parted, &epochs(), effects).unwrap());
        assert_eq!(effects, [expected], "{log_start}");
    }
}
