//! Tests of `remote_segments.rs`.

use strata_compat::ids::LeaderEpoch;

use super::*;
use crate::command::Command;
use crate::command::tests::{World, create, on_brokers, page, partition, registration, row, set_config, topic_id};
use crate::command::topics::DeleteTopic;
use crate::image::configs::ConfigResource;
use crate::image::remote_segments::PageReference;

const NOW: Timestamp = Timestamp(1_000);
const TIERED: [(&str, &str); 2] = [("remote.storage.enable", "true"), ("remote.log.delete.on.disable", "true")];

fn id() -> TopicIdPartition {
    partition(1, 0)
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn tiered() -> World {
    let mut world = World::new(1, true);
    world.done(&create(1, on_brokers(&[1]), &TIERED));
    world
}

fn begun() -> World {
    let mut world = tiered();
    let begin = BeginTiering { partition: id(), fence: world.fence(id()), log_start: Offset(0) };
    world.done(&Command::BeginTiering(begin));
    world
}

fn reserve_as(fence: RemoteFence, number: u128, kind: ObjectKind, base: i64) -> Command {
    let (partition, uuid) = (id(), uuid(number));
    Command::ReserveObject(ReserveObject { partition, fence, uuid, kind, base_offset: Offset(base), now: NOW })
}

fn reserve(world: &World, number: u128, base: i64) -> Command {
    reserve_as(world.fence(id()), number, ObjectKind::Segment, base)
}

fn commit(world: &World, number: u128, base: i64, end: i64) -> Command {
    let fence = world.fence(id());
    Command::CommitSegment(CommitSegment { partition: id(), fence, row: row(number, base, end, fence.leader_epoch) })
}

fn move_log_start(world: &World, log_start: i64) -> Command {
    let fence = world.fence(id());
    Command::MoveLogStart(MoveLogStart { partition: id(), fence, log_start: Offset(log_start) })
}

fn abandon(number: u128) -> Command {
    Command::AbandonObject(AbandonObject { partition: id(), uuid: uuid(number), now: NOW })
}

/// Segments of ten offsets each, from the remote end on.
fn upload(world: &mut World, numbers: std::ops::RangeInclusive<u128>) {
    for number in numbers {
        let base = remote(world).next_base_offset().unwrap().0;
        let command = reserve(world, number, base);
        world.done(&command);
        let command = commit(world, number, base, base + 10);
        world.done(&command);
    }
}

fn remote(world: &World) -> &RemotePartition {
    world.image.remote_partition(id()).unwrap()
}

fn refused(world: &mut World, command: &Command) -> RemoteRefusal {
    match world.apply(command) {
        Err(Refusal::Remote(refusal)) => refusal,
        other => panic!("{command:?} answered {other:?}"),
    }
}

#[test]
fn reserve_is_refused_before_the_log_start_is_set_and_where_tiering_is_off() {
    let mut world = tiered();
    let command = reserve(&world, 1, 0);
    assert_eq!(refused(&mut world, &command), RemoteRefusal::UnknownPartition);
    let mut world = World::new(1, true);
    world.done(&create(1, on_brokers(&[1]), &[]));
    let begin = BeginTiering { partition: id(), fence: world.fence(id()), log_start: Offset(0) };
    assert_eq!(refused(&mut world, &Command::BeginTiering(begin)), RemoteRefusal::TieringDisabled);
}

#[test]
fn committed_uuid_is_committed_again_with_success() {
    let mut world = begun();
    upload(&mut world, 1..=1);
    let again = commit(&world, 1, 0, 10);
    assert_eq!(world.done(&again), Reply::Done);
    assert_eq!((remote(&world).rows.len(), remote(&world).remote_end), (1, Some(Offset(10))));
    assert_eq!(world.done(&abandon(1)), Reply::Uuid(UuidState::Committed), "abandon changes only a live reservation");
    assert_eq!(world.done(&abandon(5)), Reply::Uuid(UuidState::Unknown));
}

#[test]
fn each_stale_epoch_fences() {
    let mut world = begun();
    let fence = world.fence(id());
    let wrong = [
        RemoteFence { broker: BrokerId(2), ..fence },
        RemoteFence { broker_epoch: BrokerEpoch(0), ..fence },
        RemoteFence { leader_epoch: LeaderEpoch(9), ..fence },
        RemoteFence { tiering_epoch: 9, ..fence },
    ];
    for fence in wrong {
        let command = reserve_as(fence, 1, ObjectKind::Segment, 0);
        assert!(matches!(refused(&mut world, &command), RemoteRefusal::Fenced(_)), "{fence:?}");
    }
}

#[test]
fn reservation_of_an_older_epoch_is_abandoned_by_the_next_reserve() {
    let mut world = begun();
    let first = reserve(&world, 1, 0);
    world.done(&first);
    let late = commit(&world, 1, 0, 10);
    world.done(&Command::RegisterBroker(registration(1)));
    assert!(matches!(refused(&mut world, &late), RemoteRefusal::Fenced(_)), "a zombie changes nothing");
    let again = reserve(&world, 1, 0);
    assert_eq!(refused(&mut world, &again), RemoteRefusal::UuidTaken(UuidState::Reserved));
    let second = reserve(&world, 2, 0);
    world.done(&second);
    assert_eq!(remote(&world).abandoned.iter().map(|object| object.uuid).collect::<Vec<_>>(), [uuid(1)]);
    let late = commit(&world, 1, 0, 10);
    assert_eq!(refused(&mut world, &late), RemoteRefusal::AlreadyAbandoned);
}

#[test]
fn reserve_needs_the_next_base_offset_and_one_live_uuid() {
    let mut world = begun();
    upload(&mut world, 1..=1);
    let wrong = reserve(&world, 2, 9);
    assert_eq!(refused(&mut world, &wrong), RemoteRefusal::BaseMismatch { expected: Offset(10) });
    let right = reserve(&world, 2, 10);
    world.done(&right);
    assert_eq!(world.done(&right), Reply::Done, "a retry keeps its uuid");
    let other = reserve(&world, 3, 10);
    assert_eq!(refused(&mut world, &other), RemoteRefusal::ReservationLive(uuid(2)));
}

#[test]
fn log_start_decides_by_where_it_lies() {
    // (log start moved to, commit accepted, next base offset)
    for (log_start, accepted, next) in [(10, true, 20), (15, true, 20), (20, false, 20), (35, false, 35)] {
        let mut world = begun();
        upload(&mut world, 1..=1);
        let command = reserve(&world, 2, 10);
        world.done(&command);
        let command = move_log_start(&world, log_start);
        world.done(&command);
        let command = commit(&world, 2, 10, 20);
        if accepted {
            world.done(&command);
        } else {
            let expected = RemoteRefusal::BelowLogStart { log_start: Offset(log_start) };
            assert_eq!(refused(&mut world, &command), expected);
            assert_eq!(world.done(&abandon(2)), Reply::Uuid(UuidState::Abandoned));
        }
        let command = reserve(&world, 3, next);
        world.done(&command);
        let command = commit(&world, 3, next, next + 5);
        world.done(&command);
        let lower = move_log_start(&world, 1);
        world.done(&lower);
        assert_eq!(remote(&world).log_start, Some(Offset(log_start)), "log start only grows");
    }
}

#[test]
fn sixteen_abandoned_uuids_stop_reserves_until_some_are_forgotten() {
    let mut world = begun();
    for number in 1..=16 {
        let command = reserve(&world, number, 0);
        world.done(&command);
        world.done(&abandon(number));
    }
    let command = reserve(&world, 17, 0);
    let refusal = refused(&mut world, &command);
    assert_eq!(refusal, RemoteRefusal::TooManyAbandoned);
    assert!(Refusal::from(refusal).is_retriable());
    world.done(&Command::ForgetObjects(ForgetObjects { partition: id(), uuids: vec![uuid(3), uuid(99)] }));
    world.done(&command);
}

fn replace(
    world: &World,
    page: PageReference,
    replaced: Option<u128>,
    moved: std::ops::RangeInclusive<u128>,
) -> Command {
    Command::ReplaceRows(ReplaceRows {
        partition: id(),
        fence: world.fence(id()),
        pages_version: remote(world).pages_version,
        page,
        replaced_page: replaced.map(uuid),
        moved_rows: moved.map(uuid).collect(),
    })
}

fn reserve_page(world: &mut World, number: u128) {
    let kind = ObjectKind::Page { pages_version: remote(world).pages_version };
    let command = reserve_as(world.fence(id()), number, kind, 0);
    world.done(&command);
}

#[test]
fn full_rows_move_into_a_page_and_the_page_is_filled_on() {
    let mut world = begun();
    upload(&mut world, 1..=16);
    let command = reserve(&world, 17, 160);
    world.done(&command);
    let late = commit(&world, 17, 160, 170);
    assert_eq!(refused(&mut world, &late), RemoteRefusal::RowsFull);
    let epoch = world.fence(id()).leader_epoch;
    reserve_page(&mut world, 101);
    let skipping = replace(&world, page(101, 0, 120, 12, epoch), None, 2..=13);
    assert!(matches!(refused(&mut world, &skipping), RemoteRefusal::Invalid(_)));
    let wrong_sum = replace(&world, page(101, 0, 120, 11, epoch), None, 1..=12);
    assert!(matches!(refused(&mut world, &wrong_sum), RemoteRefusal::Invalid(_)));
    let command = replace(&world, page(101, 0, 120, 12, epoch), None, 1..=12);
    world.done(&command);
    assert_eq!(world.done(&command), Reply::Done, "the same again");
    world.done(&late);
    reserve_page(&mut world, 102);
    let command = replace(&world, page(102, 0, 140, 14, epoch), Some(101), 13..=14);
    world.done(&command);
    assert_eq!((remote(&world).pages.len(), remote(&world).rows.len()), (1, 3));
    assert_eq!(remote(&world).delete_pending_pages[0].uuid, uuid(101));
    world.done(&Command::ForgetObjects(ForgetObjects { partition: id(), uuids: vec![uuid(101)] }));
    assert!(remote(&world).delete_pending_pages.is_empty());
}

#[test]
fn deletion_mark_follows_the_log_start_and_drops_what_ends_below() {
    let mut world = begun();
    upload(&mut world, 1..=3);
    let advance = |world: &World, to| {
        let fence = world.fence(id());
        Command::AdvanceDeletedTo(AdvanceDeletedTo { partition: id(), fence, deleted_to: Offset(to) })
    };
    let command = advance(&world, 10);
    assert!(matches!(refused(&mut world, &command), RemoteRefusal::Invalid(_)), "above the log start");
    let command = move_log_start(&world, 25);
    world.done(&command);
    let command = advance(&world, 20);
    world.done(&command);
    assert_eq!(remote(&world).rows.iter().map(|row| row.uuid).collect::<Vec<_>>(), [uuid(3)]);
    assert_eq!(remote(&world).deleted_to, Offset(20));
}

#[test]
fn deleted_topic_leaves_a_tombstone_until_its_walk_ends() {
    let mut world = begun();
    upload(&mut world, 1..=2);
    let command = reserve(&world, 3, 20);
    world.done(&command);
    let late = commit(&world, 3, 20, 30);
    world.done(&Command::DeleteTopic(DeleteTopic { topic_id: topic_id(1), now: NOW }));
    assert_eq!(refused(&mut world, &late), RemoteRefusal::AlreadyAbandoned);
    let advance = |deleted_to: Option<i64>, forgotten| {
        let deleted_to = deleted_to.map(Offset);
        Command::AdvanceTombstone(AdvanceTombstone { partition: id(), tiering_epoch: 0, deleted_to, forgotten })
    };
    world.done(&advance(Some(10), Vec::new()));
    assert_eq!(world.image.remote.tombstone(id(), 0).unwrap().remote.rows.len(), 1);
    let early = refused(&mut world, &advance(None, Vec::new()));
    assert_eq!(early, RemoteRefusal::TombstoneNotEmpty { left: 2 }, "a row and an abandoned object");
    world.done(&advance(Some(20), Vec::new()));
    world.done(&advance(None, vec![uuid(3)]));
    assert_eq!(world.image.remote.tombstones().count(), 0);
    world.done(&advance(None, Vec::new()));
}

#[test]
fn disabling_begins_a_new_tiering_epoch_at_the_local_start() {
    let mut world = begun();
    upload(&mut world, 1..=3);
    let command = reserve(&world, 4, 30);
    world.done(&command);
    let late = commit(&world, 4, 30, 40);
    let disable = |world: &World| {
        let fence = world.fence(id());
        Command::DisableTiering(DisableTiering { partition: id(), fence, local_start: Offset(15), now: NOW })
    };
    let command = disable(&world);
    assert_eq!(refused(&mut world, &command), RemoteRefusal::TieringEnabled);
    let topic = ConfigResource::topic("topic-1");
    world.done(&set_config(topic.clone(), "remote.storage.enable", "false"));
    let compact = set_config(topic.clone(), "cleanup.policy", "compact");
    assert_eq!(world.apply(&compact), Err(Refusal::TieringStillEnding));
    world.done(&command);
    let state = remote(&world);
    assert_eq!((state.tiering_epoch, state.log_start, state.remote_end), (1, Some(Offset(15)), None));
    assert!(state.owns_nothing());
    assert_eq!(world.image.remote.tombstone(id(), 0).unwrap().remote.rows.len(), 3);
    assert_eq!(refused(&mut world, &late), RemoteRefusal::AlreadyAbandoned);
    world.done(&compact);
    world.done(&set_config(topic.clone(), "cleanup.policy", "delete"));
    world.done(&set_config(topic, "remote.storage.enable", "true"));
    let begin = BeginTiering { partition: id(), fence: world.fence(id()), log_start: Offset(18) };
    world.done(&Command::BeginTiering(begin));
    let command = reserve(&world, 5, 18);
    world.done(&command);
    let command = commit(&world, 5, 18, 40);
    world.done(&command);
}

#[test]
fn rows_that_do_not_fit_their_reservation_are_refused() {
    let mut world = begun();
    let command = reserve(&world, 1, 0);
    world.done(&command);
    let fence = world.fence(id());
    let good = row(1, 0, 10, fence.leader_epoch);
    let mut wrong = vec![good.clone(); 5];
    wrong[0].base_offset = Offset(1);
    wrong[1].object_base_offset = Offset(-3);
    wrong[2].end_offset = Offset(0);
    wrong[3].last_leader_epoch = LeaderEpoch(7);
    wrong[4].index_position = 121;
    for row in wrong {
        let command = Command::CommitSegment(CommitSegment { partition: id(), fence, row });
        assert!(matches!(refused(&mut world, &command), RemoteRefusal::Invalid(_)), "{command:?}");
    }
}

#[test]
fn tombstone_is_not_dropped_while_it_names_a_row() {
    let mut world = begun();
    upload(&mut world, 1..=2);
    world.done(&Command::DeleteTopic(DeleteTopic { topic_id: topic_id(1), now: NOW }));
    let walked = |deleted_to| {
        let tombstone = AdvanceTombstone { partition: id(), tiering_epoch: 0, deleted_to, forgotten: Vec::new() };
        Command::AdvanceTombstone(tombstone)
    };
    assert_eq!(refused(&mut world, &walked(None)), RemoteRefusal::TombstoneNotEmpty { left: 2 });
    world.done(&walked(Some(Offset(10))));
    assert_eq!(refused(&mut world, &walked(None)), RemoteRefusal::TombstoneNotEmpty { left: 1 });
    world.done(&walked(Some(Offset(20))));
    world.done(&walked(None));
    assert_eq!(world.image.remote.tombstones().count(), 0);
}

#[test]
fn tiering_is_not_disabled_at_a_negative_local_start() {
    let mut world = tiered();
    let topic = ConfigResource::topic("topic-1");
    let begin = BeginTiering { partition: id(), fence: world.fence(id()), log_start: Offset(0) };
    world.done(&Command::BeginTiering(begin));
    world.done(&set_config(topic, "remote.storage.enable", "false"));
    let fence = world.fence(id());
    let disable = DisableTiering { partition: id(), fence, local_start: Offset(-1), now: NOW };
    assert!(matches!(refused(&mut world, &Command::DisableTiering(disable)), RemoteRefusal::Invalid(_)));
}
