//! Tests of `remote_segments.rs`.

use strata_compat::ids::LeaderEpoch;

use super::*;
use crate::command::Command;
use crate::command::brokers::BrokerChange;
use crate::command::partitions::{AlterPartition, AlterPartitions, ElectLeaders, ElectionKind};
use crate::command::tests::{
    World, change_broker, create, on_brokers, page, partition, registration, row, set_config, topic_id,
};
use crate::command::topics::DeleteTopic;
use crate::image::configs::ConfigResource;
use crate::image::remote_segments::{Attachment, PageReference, SegmentRow};

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

fn replace(world: &World, page: PageReference, replaced: Option<u128>, moved: impl Iterator<Item = u128>) -> Command {
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

#[test]
fn row_is_as_large_as_its_limits_and_no_larger() {
    let attachments = |count, bytes| vec![Attachment { kind: 1, content: vec![0; bytes] }; count];
    type Case = (&'static str, bool, Box<dyn Fn(&mut SegmentRow)>);
    let case = |what, fits, edit: Box<dyn Fn(&mut SegmentRow)>| -> Case { (what, fits, edit) };
    let cases = [
        case("four attachments of 256 bytes", true, Box::new(move |row| row.attachments = attachments(4, 256))),
        case("five attachments", false, Box::new(move |row| row.attachments = attachments(5, 1))),
        case("an attachment of 257 bytes", false, Box::new(move |row| row.attachments = attachments(1, 257))),
        case("an origin of 64 bytes", true, Box::new(|row| row.origin_cluster = Some("c".repeat(64)))),
        case("an origin of 65 bytes", false, Box::new(|row| row.origin_cluster = Some("c".repeat(65)))),
        case("an index at the object's end", true, Box::new(|row| row.index_position = row.object_bytes)),
        case("an index behind the object's end", false, Box::new(|row| row.index_position = row.object_bytes + 1)),
        case("a single offset", true, Box::new(|row| row.end_offset = Offset(1))),
        case("a batch of a later epoch", false, Box::new(|row| row.last_leader_epoch = row.leader_epoch.next())),
    ];
    for (what, fits, edit) in cases {
        let mut world = begun();
        let command = reserve(&world, 1, 0);
        world.done(&command);
        let fence = world.fence(id());
        let mut row = row(1, 0, 10, fence.leader_epoch);
        edit(&mut row);
        let response = world.apply(&Command::CommitSegment(CommitSegment { partition: id(), fence, row }));
        assert_eq!(response.is_ok(), fits, "{what}: {response:?}");
    }
}

#[test]
fn epochs_of_rows_never_go_back() {
    for (last, second, fits) in [(2, 2, true), (2, 1, false), (0, 1, true)] {
        let mut world = begun();
        for _ in 0..2 {
            world.done(&Command::RegisterBroker(registration(1)));
        }
        let fence = world.fence(id());
        assert_eq!(fence.leader_epoch, LeaderEpoch(2));
        let mut responses = Vec::new();
        for (number, base, last_leader_epoch) in [(1, 0, last), (2, 10, second)] {
            let command = reserve(&world, number, base);
            world.done(&command);
            let row = SegmentRow {
                last_leader_epoch: LeaderEpoch(last_leader_epoch),
                ..row(number, base, base + 10, fence.leader_epoch)
            };
            responses.push(world.apply(&Command::CommitSegment(CommitSegment { partition: id(), fence, row })));
        }
        assert_eq!((responses[0].is_ok(), responses[1].is_ok()), (true, fits), "{last} {second}: {responses:?}");
    }
}

/// A state with a page of the rows 1 to 12 (offsets 0 to 120) and the rows 13 to 16, log start and deletion mark moved on.
fn paged(log_start: i64, deleted_to: i64) -> World {
    let mut world = begun();
    upload(&mut world, 1..=16);
    let epoch = world.fence(id()).leader_epoch;
    reserve_page(&mut world, 101);
    let command = replace(&world, page(101, 0, 120, 12, epoch), None, 1..=12);
    world.done(&command);
    let command = move_log_start(&world, log_start);
    world.done(&command);
    let (fence, deleted_to) = (world.fence(id()), Offset(deleted_to));
    world.done(&Command::AdvanceDeletedTo(AdvanceDeletedTo { partition: id(), fence, deleted_to }));
    world
}

#[test]
fn page_leaves_out_dead_rows_of_the_page_before_and_no_others() {
    // (log start, deleted to, page's base, rows, log bytes, object bytes) → is it taken?
    let table = [
        ("all rows", (0, 0), 0, 14, 1_400, 1_680, true),
        ("all rows, some of them dead", (35, 30), 0, 14, 1_400, 1_680, true),
        ("without the dead ones", (35, 30), 30, 11, 1_100, 1_320, true),
        ("without all that may be dead", (125, 110), 120, 2, 200, 240, true),
        ("up to the log start", (30, 30), 30, 11, 1_100, 1_320, true),
        ("beyond the log start", (35, 30), 40, 10, 1_000, 1_200, false),
        ("nothing is deleted yet", (35, 0), 30, 11, 1_100, 1_320, false),
        ("rows left out, but not at the beginning", (35, 30), 0, 13, 1_300, 1_560, false),
        ("it begins before the page before", (35, 30), -10, 14, 1_400, 1_680, false),
        ("it begins behind the first moved row", (135, 110), 130, 2, 200, 240, false),
        ("fewer rows than are moved", (35, 30), 30, 1, 100, 120, false),
        ("more rows than there are", (35, 30), 30, 15, 1_100, 1_320, false),
        ("more log bytes than there are", (35, 30), 30, 11, 1_401, 1_320, false),
        ("more object bytes than there are", (35, 30), 30, 11, 1_100, 1_681, false),
        ("all rows, other log bytes", (0, 0), 0, 14, 1_399, 1_680, false),
    ];
    for (what, (log_start, deleted_to), base, rows, log_bytes, object_bytes, is_taken) in table {
        let mut world = paged(log_start, deleted_to);
        let fence = world.fence(id());
        let kind = ObjectKind::Page { pages_version: remote(&world).pages_version };
        world.done(&reserve_as(fence, 102, kind, base));
        let page = PageReference { log_bytes, object_bytes, ..page(102, base, 140, rows, fence.leader_epoch) };
        let command = replace(&world, page, Some(101), 13..=14);
        let response = world.apply(&command);
        assert_eq!(response.is_ok(), is_taken, "{what}: {response:?}");
    }
}

#[test]
fn page_fits_its_reservation_and_its_limits() {
    type Case = (&'static str, bool, fn(&mut PageReference));
    let cases: [Case; 9] = [
        ("as reserved", true, |_| {}),
        ("of another leader epoch", false, |page| page.leader_epoch = page.leader_epoch.next()),
        ("of another base", false, |page| page.base_offset = Offset(10)),
        ("with another end", false, |page| page.end_offset = Offset(130)),
        ("with fewer rows", false, |page| page.rows -= 1),
        ("of 64 KiB", true, |page| page.page_bytes = 65_536),
        ("of more", false, |page| page.page_bytes = 65_537),
        ("with an origin of 64 bytes", true, |page| page.origin_cluster = Some("c".repeat(64))),
        ("with an origin of 65 bytes", false, |page| page.origin_cluster = Some("c".repeat(65))),
    ];
    for (what, fits, edit) in cases {
        let mut world = begun();
        upload(&mut world, 1..=16);
        reserve_page(&mut world, 101);
        let mut page = page(101, 0, 120, 12, world.fence(id()).leader_epoch);
        edit(&mut page);
        let command = replace(&world, page, None, 1..=12);
        let response = world.apply(&command);
        assert_eq!(response.is_ok(), fits, "{what}: {response:?}");
    }
}

#[test]
fn page_names_the_last_page_and_the_oldest_rows() {
    for (what, replaced, moved, fits) in [
        ("as they are", Some(101), 13..15, true),
        ("no row", Some(101), 13..13, false),
        ("not from the oldest row on", Some(101), 14..16, false),
        ("a page that is not there", Some(102), 13..15, false),
        ("more rows than there are", Some(101), 13..18, false),
    ] {
        let mut world = paged(0, 0);
        reserve_page(&mut world, 103);
        let count = u32::try_from(moved.clone().count()).unwrap();
        let end = 120 + 10 * i64::from(count);
        let page = page(103, 0, end, 12 + count, world.fence(id()).leader_epoch);
        let command = replace(&world, page, replaced, moved);
        let response = world.apply(&command);
        assert_eq!(response.is_ok(), fits, "{what}: {response:?}");
    }
}

#[test]
fn page_counts_only_for_the_list_of_pages_that_its_writer_saw() {
    let mut world = paged(120, 0);
    let epoch = world.fence(id()).leader_epoch;
    let seen = remote(&world).pages_version;
    let kind = ObjectKind::Page { pages_version: seen };
    world.done(&reserve_as(world.fence(id()), 102, kind, 120));
    let fence = world.fence(id());
    world.done(&Command::AdvanceDeletedTo(AdvanceDeletedTo { partition: id(), fence, deleted_to: Offset(120) }));
    let current = remote(&world).pages_version;
    assert_eq!((remote(&world).pages.len(), current), (0, seen + 1), "the page is gone, and that is another list");
    let moved_rows: Vec<Uuid> = [13, 14].map(uuid).into();
    let replace = |pages_version| {
        let page = page(102, 120, 140, 2, epoch);
        let moved_rows = moved_rows.clone();
        Command::ReplaceRows(ReplaceRows {
            partition: id(),
            fence,
            pages_version,
            page,
            replaced_page: None,
            moved_rows,
        })
    };
    for pages_version in [seen, current] {
        let refusal = refused(&mut world, &replace(pages_version));
        assert_eq!(
            refusal,
            RemoteRefusal::PagesVersionMismatch { current },
            "reserved for {seen}, now {pages_version}"
        );
    }
    world.done(&abandon(102));
    let command = reserve_as(fence, 103, kind, 120);
    assert_eq!(refused(&mut world, &command), RemoteRefusal::PagesVersionMismatch { current });
}

#[test]
fn tombstone_counts_all_that_is_left_under_it() {
    let mut world = paged(0, 0);
    reserve_page(&mut world, 102);
    let command = replace(&world, page(102, 0, 130, 13, world.fence(id()).leader_epoch), Some(101), 13..=13);
    world.done(&command);
    let command = reserve(&world, 17, 160);
    world.done(&command);
    world.done(&Command::DeleteTopic(DeleteTopic { topic_id: topic_id(1), now: NOW }));
    let end = AdvanceTombstone { partition: id(), tiering_epoch: 0, deleted_to: None, forgotten: Vec::new() };
    let refusal = refused(&mut world, &Command::AdvanceTombstone(end));
    let left = 3 + 1 + 1 + 1;
    assert_eq!(
        refusal,
        RemoteRefusal::TombstoneNotEmpty { left },
        "rows, a page, a replaced page, an abandoned object"
    );
}

#[test]
fn tiering_begins_at_no_negative_log_start() {
    for (log_start, begins) in [(-1, false), (0, true), (1, true)] {
        let mut world = tiered();
        let begin = BeginTiering { partition: id(), fence: world.fence(id()), log_start: Offset(log_start) };
        let response = world.apply(&Command::BeginTiering(begin));
        assert_eq!(response.is_ok(), begins, "{log_start}: {response:?}");
    }
}

#[test]
fn once_a_range_is_committed_the_log_start_moves_by_its_own_command_alone() {
    let mut world = begun();
    let begin = |world: &mut World, log_start| {
        let begin = BeginTiering { partition: id(), fence: world.fence(id()), log_start: Offset(log_start) };
        world.done(&Command::BeginTiering(begin));
        remote(world).log_start.unwrap().0
    };
    assert_eq!(begin(&mut world, 30), 30, "nothing is committed yet");
    assert_eq!(begin(&mut world, 20), 30, "it never goes back");
    upload(&mut world, 1..=1);
    assert_eq!(begin(&mut world, 50), 30);
    let command = move_log_start(&world, 40);
    world.done(&command);
    let fence = world.fence(id());
    world.done(&Command::AdvanceDeletedTo(AdvanceDeletedTo { partition: id(), fence, deleted_to: Offset(40) }));
    assert!(remote(&world).rows.is_empty());
    assert_eq!(begin(&mut world, 60), 40, "nor when its rows are gone");
}

#[test]
fn leader_that_led_before_abandons_what_it_reserved_then() {
    let mut world = World::new(2, true);
    world.done(&create(1, on_brokers(&[1, 2]), &TIERED));
    let begin = BeginTiering { partition: id(), fence: world.fence(id()), log_start: Offset(0) };
    world.done(&Command::BeginTiering(begin));
    let first = world.fence(id());
    world.done(&reserve_as(first, 1, ObjectKind::Segment, 0));
    let leave = change_broker(&world.image, 1, BrokerChange::Fence);
    world.done(&leave);
    let come_back = change_broker(&world.image, 1, BrokerChange::Unfence);
    world.done(&come_back);
    let state = world.image.partition(id()).unwrap().as_ref().clone();
    let wish = AlterPartition {
        partition: id(),
        leader_epoch: state.leader_epoch,
        partition_epoch: state.partition_epoch,
        isr: [1, 2].map(|broker| (BrokerId(broker), BrokerEpoch::NONE)).into(),
        leader_recovery: state.leader_recovery,
    };
    let (broker, broker_epoch) = (BrokerId(2), world.image.brokers.epoch_of(BrokerId(2)));
    world.done(&Command::AlterPartitions(AlterPartitions { broker, broker_epoch, changes: vec![wish] }));
    world.done(&Command::ElectLeaders(ElectLeaders { kind: ElectionKind::Preferred, partitions: vec![id()] }));
    let fence = world.fence(id());
    assert_eq!((fence.broker, fence.broker_epoch), (first.broker, first.broker_epoch), "the same process");
    assert_ne!(fence.leader_epoch, first.leader_epoch);
    world.done(&reserve_as(fence, 2, ObjectKind::Segment, 0));
    assert_eq!(remote(&world).abandoned.iter().map(|object| object.uuid).collect::<Vec<_>>(), [uuid(1)]);
}

#[test]
fn live_uuids_take_their_place_among_the_sixteen() {
    for (abandoned, is_refused) in [(14, false), (15, true)] {
        let mut world = begun();
        upload(&mut world, 1..=12);
        for number in 101..=100 + abandoned {
            let command = reserve(&world, number, 120);
            world.done(&command);
            world.done(&abandon(number));
        }
        reserve_page(&mut world, 201);
        let command = reserve(&world, 202, 120);
        let response = world.apply(&command);
        assert_eq!(response == Err(RemoteRefusal::TooManyAbandoned.into()), is_refused, "{abandoned}: {response:?}");
        assert_eq!(response.is_ok(), !is_refused, "{abandoned}");
    }
}

#[test]
fn end_of_tiering_keeps_the_deletion_mark_and_counts_as_another_list_of_pages() {
    for (deleted_to, local_start, log_start) in [(0, 0, 0), (120, 0, 120), (120, 130, 130)] {
        let mut world = paged(deleted_to, deleted_to);
        let before = remote(&world).clone();
        assert_eq!(before.deleted_to, Offset(deleted_to));
        world.done(&set_config(ConfigResource::topic("topic-1"), "remote.storage.enable", "false"));
        let (fence, local_start) = (world.fence(id()), Offset(local_start));
        world.done(&Command::DisableTiering(DisableTiering { partition: id(), fence, local_start, now: NOW }));
        let after = remote(&world);
        assert_eq!((after.deleted_to, after.log_start), (Offset(deleted_to), Some(Offset(log_start))));
        assert_eq!((after.pages.len(), after.pages_version), (0, before.pages_version + 1));
    }
}
