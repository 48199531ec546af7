//! The rules of remote segments, each by its name, on the real state machine of the quorum and a store with faults.

use std::sync::atomic::Ordering;

use super::*;
use crate::inventory::Listing;
use crate::scrub::{VerifyDepth, verify, verify_in_groups};
use crate::sweep::{Deleting, sweep, sweep_in_groups};
use crate::test_support::Fault;
use crate::test_support::model::Rig;
use strata_compat::ids::Uuid;
use strata_metadata_core::image::remote_segments::ROWS_MAX;

const HOUR_MS: i64 = 3_600_000;

async fn assert_clean(rig: &Rig) {
    rig.context
        .store
        .put(&rig.context.names.cluster_file(), object_store::PutPayload::from_static(b"{}"))
        .await
        .unwrap();
    let report = verify(&rig.context, VerifyDepth::Whole).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.unaccounted_bytes, 0);
}

use object_store::ObjectStoreExt as _;

/// Tiering is not paused.
static RUNNING: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
const DELETING: Deleting<'static> = Deleting::UnlessPaused(&RUNNING);

#[tokio::test]
async fn log_start_is_set_first_then_each_range_is_reserved_put_and_committed() {
    let mut rig = Rig::new();
    rig.append(5);
    rig.settle().await;
    let remote = rig.remote();
    assert_eq!(remote.log_start, Some(Offset(0)));
    assert_eq!(remote.remote_end, Some(Offset(40)), "two objects of two batches; the fifth waits");
    assert_eq!(*rig.catalog.asked.lock(), ["begin", "reserve", "commit", "reserve", "commit"]);
    assert_eq!(rig.keys().await.len(), 2);
    assert!(rig.log.told.lock().contains(&(None, Some(Offset(40)))));
    rig.log.roll();
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(50)), "what is closed goes at once");
    assert_clean(&rig).await;
}

#[tokio::test]
async fn lag_counts_from_append_time() {
    let mut rig = Rig::new();
    rig.append(1);
    rig.log.state.lock().oldest_append = Some(rig.clock.now());
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, None);
    rig.clock.advance(HOUR_MS);
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(10)));
}

#[tokio::test]
async fn lost_answers_of_the_quorum_are_resolved_by_reading_it() {
    for lost in 1..=4 {
        let mut rig = Rig::new();
        rig.append(2);
        rig.catalog.lose_answers.store(lost, Ordering::Relaxed);
        rig.settle().await;
        assert_eq!(rig.remote().remote_end, Some(Offset(20)), "{lost} answers lost");
        assert_eq!(rig.remote().abandoned, [], "a retry keeps its uuid");
        assert_eq!(rig.keys().await.len(), 1);
        let mut rig = Rig::new();
        rig.append(2);
        rig.catalog.lose_requests.store(lost, Ordering::Relaxed);
        rig.settle().await;
        assert_eq!((rig.remote().remote_end, rig.keys().await.len()), (Some(Offset(20)), 1), "{lost} requests lost");
        assert_clean(&rig).await;
    }
}

#[tokio::test]
async fn lost_success_failure_and_false_conflict_of_the_store_keep_the_uuid() {
    for fault in [Fault::LostSuccess, Fault::PutFails, Fault::FalseConflict] {
        let mut rig = Rig::new();
        rig.append(2);
        rig.store.set(fault);
        rig.settle().await;
        assert_eq!(rig.remote().remote_end, Some(Offset(20)), "{fault:?}");
        assert_eq!(rig.remote().abandoned, [], "{fault:?}");
        assert_eq!(rig.store.puts.load(Ordering::Relaxed), 2, "{fault:?}");
        assert_clean(&rig).await;
    }
}

#[tokio::test]
async fn rot_in_the_store_is_found_before_the_commit_and_abandoned() {
    let mut rig = Rig::new();
    rig.append(2);
    rig.store.set(Fault::StoresRot);
    rig.settle().await;
    let remote = rig.remote();
    assert_eq!(remote.remote_end, Some(Offset(20)), "the next attempt, with another uuid, succeeds");
    assert_eq!(remote.abandoned.len(), 1);
    assert_eq!(rig.keys().await.len(), 2);
    rig.clock.advance(rig.context.config.put_late_ms - 100);
    rig.settle().await;
    assert_eq!(rig.keys().await.len(), 2, "a late PUT may still come");
    rig.clock.advance(200);
    rig.settle().await;
    assert_eq!(rig.remote().abandoned, []);
    assert_eq!(rig.keys().await.len(), 1);
    assert_clean(&rig).await;
}

#[tokio::test]
async fn rot_in_the_log_is_never_uploaded() {
    let mut rig = Rig::new();
    rig.append(2);
    rig.log.damage(1);
    let results = [rig.step().await, rig.step().await, rig.step().await];
    assert!(results.iter().flatten().any(|result| { result.as_ref().is_err_and(|e| e.kind() == ErrorKind::Corrupt) }));
    assert_eq!(rig.remote().remote_end, None);
    assert!(rig.keys().await.is_empty());
    assert_eq!(rig.context.metrics.corrupt_ranges.get(), 1);
}

#[tokio::test]
async fn backlog_drains_when_the_store_is_back() {
    let mut rig = Rig::new();
    rig.append(8);
    rig.store.set(Fault::Away);
    for _ in 0..20 {
        assert!(rig.step().await.is_some());
        rig.clock.advance(1_000);
    }
    assert_eq!(rig.remote().remote_end, None);
    assert!(rig.remote().abandoned.is_empty());
    rig.store.heal();
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(80)));
    assert_clean(&rig).await;
}

#[tokio::test]
async fn reservation_of_an_older_epoch_is_abandoned_by_the_next_leader() {
    let mut rig = Rig::new();
    rig.append(2);
    rig.settle_begin().await;
    rig.store.set(Fault::Away);
    rig.step().await.unwrap().unwrap();
    let old = rig.remote().reserved_segment.unwrap();
    rig.store.heal();
    rig.restart();
    rig.settle().await;
    let remote = rig.remote();
    assert_eq!(remote.remote_end, Some(Offset(20)));
    assert_eq!(remote.abandoned.iter().map(|object| object.uuid).collect::<Vec<_>>(), [old.uuid]);
    assert_eq!(remote.reserved_segment, None);
}

#[tokio::test]
async fn own_forgotten_reservation_gets_its_outcome_before_the_next() {
    let mut rig = Rig::new();
    rig.append(2);
    rig.settle_begin().await;
    rig.store.set(Fault::Away);
    rig.step().await.unwrap().unwrap();
    rig.store.heal();
    rig.forget_memory();
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(20)));
    assert_eq!(rig.remote().abandoned.len(), 1);
}

#[tokio::test]
async fn forgotten_reservations_of_an_idle_partition_are_given_up() {
    use strata_metadata_core::image::remote_segments::ObjectKind;
    let mut rig = Rig::new();
    rig.append(2);
    rig.settle().await;
    let remote = rig.remote();
    let fence = rig.fence();
    let (segment, page) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let kinds = [
        (segment, ObjectKind::Segment, Offset(20)),
        (page, ObjectKind::Page { pages_version: remote.pages_version }, Offset(0)),
    ];
    for (uuid, kind, base) in kinds {
        rig.context.catalog.reserve(rig.partition(), fence, uuid, kind, base).await.unwrap();
    }
    rig.settle().await;
    assert_eq!(rig.remote().unsettled_uuids(), 2);
    rig.clock.advance(rig.context.config.retention_check_ms);
    rig.settle().await;
    let remote = rig.remote();
    assert_eq!((remote.reserved_segment, remote.reserved_page), (None, None));
    rig.clock.advance(rig.context.config.put_late_ms);
    rig.settle().await;
    assert_eq!(rig.remote().unsettled_uuids(), 0);
}

#[tokio::test]
async fn zombie_can_waste_a_put_and_change_nothing() {
    let mut rig = Rig::new();
    rig.append(4);
    rig.settle_begin().await;
    // The quorum has moved on; this leader does not know yet.
    rig.catalog.register();
    let before = rig.remote();
    for _ in 0..3 {
        assert!(rig.step().await.is_some());
        rig.clock.advance(1_000);
    }
    assert_eq!(rig.remote(), before);
    assert!(rig.context.metrics.copies_fenced.get() > 0);
}

#[tokio::test]
async fn seventeenth_row_writes_a_page_and_pages_fill_up() {
    let mut rig = Rig::new();
    rig.append(2 * 60);
    rig.settle().await;
    let remote = rig.remote();
    assert_eq!(remote.remote_end, Some(Offset(1_200)));
    assert!(remote.rows.len() <= ROWS_MAX);
    assert_eq!(remote.pages.len(), 1, "a page that is not full goes on being filled");
    let rows: usize = usize::try_from(remote.pages[0].rows).unwrap() + remote.rows.len();
    assert_eq!(rows, 60);
    assert_eq!(remote.delete_pending_pages.len(), 3);
    assert_clean(&rig).await;
    rig.clock.advance(rig.context.config.object_grace_ms());
    rig.settle().await;
    assert_eq!(rig.remote().delete_pending_pages, []);
    assert_eq!(rig.keys().await.len(), 60 + 1 + 1, "segments, one page, cluster.json");
    assert_clean(&rig).await;
}

#[tokio::test]
async fn replaced_pages_never_stall_uploads() {
    let mut rig = Rig::new();
    rig.append(2 * 12 * 40);
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(9_600)), "40 pages were replaced within the grace");
}

#[tokio::test]
async fn lost_page_answers_are_resolved_too() {
    for (lost_answers, lost_requests) in [(1, 0), (2, 0), (3, 0), (0, 1), (0, 2), (0, 3)] {
        let mut rig = Rig::new();
        rig.append(2 * ROWS_MAX);
        rig.settle().await;
        rig.append(2);
        rig.catalog.lose_answers.store(lost_answers, Ordering::Relaxed);
        rig.catalog.lose_requests.store(lost_requests, Ordering::Relaxed);
        rig.settle().await;
        let remote = rig.remote();
        assert_eq!((remote.pages.len(), remote.rows.len()), (1, 5), "{lost_answers} {lost_requests}");
        assert_clean(&rig).await;
    }
}

#[tokio::test]
async fn retention_moves_the_log_start_and_objects_go_after_their_grace_only() {
    let mut rig = Rig::new();
    rig.append(2 * 40);
    rig.settle().await;
    // Record times are 10 × base offset of their batch.
    rig.tiering.topic.retention_ms = rig.clock.now().0 + rig.context.config.retention_check_ms - 3_000;
    rig.clock.advance(rig.context.config.retention_check_ms);
    rig.settle().await;
    let log_start = rig.remote().log_start.unwrap();
    assert!(log_start > Offset(0) && log_start < Offset(800), "{log_start}");
    assert_eq!(rig.log.state.lock().log_start, log_start, "the log is told");
    let objects = rig.keys().await.len();
    rig.clock.advance(rig.context.config.object_grace_ms());
    rig.settle().await;
    let remote = rig.remote();
    assert_eq!(remote.deleted_to, log_start);
    assert!(rig.keys().await.len() < objects);
    assert_clean(&rig).await;
}

#[tokio::test]
async fn grace_counts_anew_after_a_restart() {
    let mut rig = Rig::new();
    rig.append(8);
    rig.settle().await;
    rig.move_log_start(40).await;
    rig.settle().await;
    rig.clock.advance(rig.context.config.object_grace_ms() - 1_000);
    rig.restart();
    rig.settle().await;
    rig.clock.advance(rig.context.config.object_grace_ms() - 1_000);
    rig.settle().await;
    assert_eq!(rig.remote().deleted_to, Offset(0));
    rig.clock.advance(2_000);
    rig.settle().await;
    assert_eq!(rig.remote().deleted_to, Offset(40));
    assert_eq!(rig.keys().await.len(), 2);
}

#[tokio::test]
async fn mark_moves_only_when_the_object_is_really_gone() {
    let mut rig = Rig::new();
    rig.append(4);
    rig.settle().await;
    rig.move_log_start(20).await;
    rig.settle().await;
    rig.store.set(Fault::IgnoreDeletes);
    rig.clock.advance(rig.context.config.object_grace_ms());
    assert!(rig.step().await.unwrap().is_err());
    assert_eq!(rig.remote().deleted_to, Offset(0));
    rig.store.heal();
    rig.clock.advance(60_000);
    rig.settle().await;
    assert_eq!(rig.remote().deleted_to, Offset(20));
}

#[tokio::test]
async fn log_start_below_inside_and_above_the_remote_range_never_stalls_uploads() {
    // Remote range [0, 40); log start moves; four more batches come.
    let cases = [(0, 40), (15, 40), (40, 40), (45, 45), (60, 60)];
    for (log_start, base) in cases {
        let mut rig = Rig::new();
        rig.append(4);
        rig.settle().await;
        rig.append(4);
        rig.move_log_start(log_start).await;
        let from = rig.remote().next_base_offset();
        assert_eq!(from, Some(Offset(base)), "log start {log_start}");
        rig.log.roll();
        rig.settle().await;
        let remote = rig.remote();
        assert_eq!(remote.remote_end, Some(Offset(80)), "log start {log_start}");
        let first = remote.rows.iter().find(|row| row.end_offset > Offset(base)).unwrap();
        assert_eq!(first.base_offset, Offset(base), "a log start inside a batch: the row begins at it");
        assert_clean(&rig).await;
    }
}

#[tokio::test]
async fn log_start_that_moves_into_the_range_during_an_upload_does_not_refuse_the_commit() {
    let mut rig = Rig::new();
    rig.append(2);
    rig.settle_begin().await;
    rig.store.set(Fault::Away);
    rig.step().await.unwrap().unwrap();
    rig.move_log_start(15).await;
    rig.store.heal();
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(20)));
    assert_eq!(rig.remote().abandoned, []);
}

#[tokio::test]
async fn log_start_that_passes_the_range_during_an_upload_starts_anew_above() {
    let mut rig = Rig::new();
    rig.append(6);
    rig.settle_begin().await;
    rig.store.set(Fault::Away);
    rig.step().await.unwrap().unwrap();
    rig.move_log_start(30).await;
    rig.store.heal();
    rig.settle().await;
    rig.log.roll();
    rig.settle().await;
    let remote = rig.remote();
    assert_eq!(remote.remote_end, Some(Offset(60)));
    assert_eq!(remote.rows[0].base_offset, Offset(30));
    assert_eq!(remote.abandoned.len(), 1);
}

#[tokio::test]
async fn disabled_and_enabled_again_begins_at_the_local_start_and_leaves_nothing() {
    let mut rig = Rig::new();
    rig.append(6);
    rig.settle().await;
    rig.log.state.lock().local_start = Offset(40);
    rig.catalog.disable(rig.partition(), 40);
    let remote = rig.remote();
    assert_eq!((remote.log_start, remote.remote_end, remote.tiering_epoch), (Some(Offset(40)), None, 1));
    rig.catalog.set_tiered(true);
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(60)));
    assert_eq!(rig.remote().rows[0].base_offset, Offset(40));
    rig.walk_tombstones().await;
    assert!(rig.context.catalog.tombstones().is_empty());
    assert_eq!(rig.keys().await.len(), 1);
    assert_clean(&rig).await;
}

#[tokio::test]
async fn deleted_topic_leaves_no_object() {
    let mut rig = Rig::new();
    rig.append(2 * 40 + 2);
    rig.settle().await;
    rig.append(2);
    rig.store.set(Fault::Away);
    rig.step().await.unwrap().unwrap();
    rig.store.heal();
    rig.catalog.delete_topic(rig.partition().topic_id);
    rig.walk_tombstones().await;
    assert_eq!(rig.context.catalog.tombstones().len(), 1, "the live reservation was abandoned: a PUT may still land");
    rig.clock.advance(rig.context.config.put_late_ms);
    rig.walk_tombstones().await;
    assert!(rig.context.catalog.tombstones().is_empty());
    assert_eq!(rig.keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn copy_disabled_stops_uploads_only() {
    let mut rig = Rig::new();
    rig.append(4);
    rig.settle().await;
    rig.append(4);
    rig.tiering.topic.copy_disabled = true;
    rig.tiering.topic.retention_bytes = 0;
    rig.clock.advance(rig.context.config.retention_check_ms);
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(40)));
    assert_eq!(rig.remote().log_start, Some(Offset(40)), "retention goes on");
    rig.tiering.topic.copy_disabled = false;
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(80)));
}

#[tokio::test]
async fn hole_is_never_copied_over() {
    let mut rig = Rig::new();
    rig.append(4);
    rig.settle().await;
    rig.append(4);
    rig.log.state.lock().local_start = Offset(60);
    rig.settle().await;
    assert_eq!(rig.remote().remote_end, Some(Offset(40)));
    assert!(rig.tiering.assess(&rig.context, rig.clock.now()).hole);
}

#[tokio::test]
async fn sweep_deletes_only_what_the_quorum_names_nowhere_and_only_in_our_folder() {
    let mut rig = Rig::new();
    rig.append(6);
    rig.settle().await;
    let store = &rig.context.store;
    let name = crate::object_key::ObjectName {
        partition: rig.partition(),
        base_offset: Offset(7),
        leader_epoch: LeaderEpoch(0),
        uuid: Uuid::from_u128(4711),
        suffix: crate::object_key::ObjectSuffix::Segment,
    };
    let orphan = rig.context.names.object(&name);
    let foreign = crate::object_key::ObjectNames::new("p", "other").object(&name);
    for key in [&orphan, &foreign] {
        store.put(key, object_store::PutPayload::from_static(b"12345")).await.unwrap();
    }
    let much_later = Timestamp(i64::MAX);
    let report = sweep(&rig.context, much_later, Deleting::No).await.unwrap();
    assert_eq!((report.objects, report.unaccounted_bytes, report.deleted), (4, 5, 0));
    assert_eq!(sweep(&rig.context, Timestamp(0), DELETING).await.unwrap().deleted, 0, "it may be a late PUT's");
    let report = sweep(&rig.context, much_later, DELETING).await.unwrap();
    assert_eq!((report.unaccounted_bytes, report.deleted, report.deleted_bytes), (0, 1, 5));
    assert!(rig.keys().await.contains(&foreign.to_string()));
    assert_eq!(rig.keys().await.len(), 4);
}

#[tokio::test]
async fn verify_names_missing_damaged_and_unaccounted_objects() {
    let mut rig = Rig::new();
    rig.append(6);
    rig.settle().await;
    assert_clean(&rig).await;
    let remote = rig.remote();
    let key = |index: usize| rig.context.names.segment(rig.partition(), &remote.rows[index]);
    let store = &rig.context.store;
    store.delete(&key(0)).await.unwrap();
    let mut bytes = store.get(&key(1)).await.unwrap().bytes().await.unwrap().to_vec();
    bytes[100] ^= 1;
    store.put(&key(1), object_store::PutPayload::from(bytes)).await.unwrap();
    store.put(&rig.context.names.folder().join("stray"), object_store::PutPayload::from_static(b"123")).await.unwrap();
    let report = verify(&rig.context, VerifyDepth::Whole).await.unwrap();
    assert_eq!((report.missing, report.corrupt, report.unaccounted, report.unaccounted_bytes), (1, 1, 1, 3));
    assert_eq!(report.findings.len(), 3);
    let shallow = verify(&rig.context, VerifyDepth::Indexes).await.unwrap();
    assert_eq!(shallow.corrupt, 0, "only a whole read sees it");
}

#[tokio::test]
async fn verify_and_sweep_hold_one_group_of_the_list_and_find_the_same() {
    let mut rig = Rig::new();
    rig.append(2 * 60);
    rig.settle().await;
    assert_clean(&rig).await;
    let store = &rig.context.store;
    for uuid in [4711, 4712, 4713] {
        let name = crate::object_key::ObjectName {
            partition: rig.partition(),
            base_offset: Offset(i64::try_from(uuid).unwrap() % 1_200),
            leader_epoch: LeaderEpoch(0),
            uuid: Uuid::from_u128(uuid),
            suffix: crate::object_key::ObjectSuffix::Segment,
        };
        let other = TopicIdPartition { partition: strata_compat::ids::PartitionId(9), ..name.partition };
        for name in [name, crate::object_key::ObjectName { partition: other, ..name }] {
            store.put(&rig.context.names.object(&name), object_store::PutPayload::from_static(b"12345")).await.unwrap();
        }
    }
    store.delete(&rig.context.names.segment(rig.partition(), &rig.remote().rows[0])).await.unwrap();
    let whole = verify(&rig.context, VerifyDepth::Names).await.unwrap();
    assert_eq!((whole.segments, whole.missing, whole.unaccounted, whole.unaccounted_bytes), (60, 1, 6, 30));
    for group_max in [1, 7] {
        let mut listing = Listing::begin(&rig.context, group_max);
        let mut listed = 0;
        while let Some(group) = listing.next().await.unwrap() {
            assert!(group.objects.len() + group.unknown.len() <= group_max);
            assert!(group.objects.keys().all(|name| Some(name.partition) == group.partition()));
            listed += group.objects.len() + usize::from(group.has_cluster_file);
        }
        assert_eq!(listed, rig.keys().await.len());
        let mut grouped = verify_in_groups(&rig.context, VerifyDepth::Names, group_max).await.unwrap();
        grouped.findings.sort_by(|one, other| one.key.cmp(&other.key));
        let mut expected = whole.clone();
        expected.findings.sort_by(|one, other| one.key.cmp(&other.key));
        assert_eq!(grouped, expected);
    }
    let much_later = Timestamp(i64::MAX);
    let report = sweep_in_groups(&rig.context, much_later, DELETING, 7).await.unwrap();
    assert_eq!((report.deleted, report.unaccounted_bytes, report.undecided_partitions), (6, 0, 0));
    assert_eq!(verify(&rig.context, VerifyDepth::Names).await.unwrap().unaccounted, 0);
}

#[tokio::test]
async fn a_page_that_cannot_be_read_leaves_its_partition_alone() {
    let mut rig = Rig::new();
    rig.append(2 * 60);
    rig.settle().await;
    let remote = rig.remote();
    let store = &rig.context.store;
    store.delete(&rig.context.names.page(rig.partition(), &remote.pages[0])).await.unwrap();
    let objects = rig.keys().await.len();
    let report = sweep(&rig.context, Timestamp(i64::MAX), DELETING).await.unwrap();
    assert_eq!((report.deleted, report.undecided_partitions), (0, 1));
    assert_eq!(rig.keys().await.len(), objects, "what the page named may be any of them");
    let report = verify(&rig.context, VerifyDepth::Names).await.unwrap();
    assert_eq!(report.corrupt, 1);
}

#[tokio::test]
async fn a_batch_larger_than_an_object_goes_alone() {
    let mut rig = Rig::new();
    Arc::get_mut(&mut rig.context).unwrap().config.segment_bytes_max = 100;
    rig.append(3);
    rig.log.roll();
    rig.settle().await;
    let rows: Vec<_> = rig.remote().rows.iter().map(|row| (row.base_offset.0, row.end_offset.0)).collect();
    assert_eq!(rows, [(0, 10), (10, 20), (20, 30)]);
    assert!(rig.remote().rows.iter().all(|row| row.log_bytes > 100));
}

#[tokio::test]
async fn a_page_goes_only_when_every_object_that_it_names_is_gone() {
    let mut rig = Rig::new();
    rig.append(2 * 60);
    rig.settle().await;
    let remote = rig.remote();
    let page = rig.context.names.page(rig.partition(), &remote.pages[0]).to_string();
    rig.move_log_start(remote.pages[0].end_offset.0).await;
    rig.settle().await;
    assert_eq!(rig.remote().pages, remote.pages, "dead rows travel along: a page is not rewritten for them");
    rig.store.set(Fault::KeepSegments);
    rig.clock.advance(rig.context.config.object_grace_ms());
    let mut failures = 0;
    for _ in 0..5 {
        failures += usize::from(rig.step().await.is_some_and(|result| result.is_err()));
        rig.clock.advance(60_000);
    }
    assert!(failures > 0, "segments that stay are told");
    assert!(rig.keys().await.contains(&page), "the page still names what is there");
    assert_eq!(rig.remote().deleted_to, Offset(0));
    rig.store.heal();
    rig.clock.advance(rig.context.config.object_grace_ms());
    rig.settle().await;
    assert!(!rig.keys().await.contains(&page));
    assert_eq!(rig.remote().deleted_to, remote.pages[0].end_offset);
    assert_clean(&rig).await;
}

#[tokio::test]
async fn a_sweep_ends_at_the_next_object_once_tiering_is_paused() {
    let mut rig = Rig::new();
    rig.append(8);
    rig.settle().await;
    let paused = std::sync::atomic::AtomicBool::new(false);
    let much_later = Timestamp(i64::MAX);
    let sweeping = sweep(&rig.context, much_later, Deleting::UnlessPaused(&paused));
    assert_eq!(sweeping.await.unwrap().deleted, 0, "all is named");
    paused.store(true, std::sync::atomic::Ordering::Release);
    let refused = sweep(&rig.context, much_later, Deleting::UnlessPaused(&paused)).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(sweep(&rig.context, much_later, Deleting::No).await.is_ok(), "a look changes nothing");
}

#[tokio::test]
async fn an_object_stays_at_least_as_long_as_a_second_put_of_it_may_be_on_its_way() {
    let mut rig = Rig::new();
    assert!(rig.context.config.put_late_ms > rig.context.config.delete_grace_ms);
    rig.append(8);
    rig.settle().await;
    rig.move_log_start(40).await;
    rig.settle().await;
    let objects = rig.keys().await.len();
    rig.clock.advance(rig.context.config.put_late_ms - 1_000);
    rig.settle().await;
    assert_eq!(rig.keys().await.len(), objects);
    rig.clock.advance(2_000);
    rig.settle().await;
    assert!(rig.keys().await.len() < objects);
}

#[tokio::test]
async fn sweep_leaves_what_is_reserved_alone_however_old_it_is() {
    let mut rig = Rig::new();
    rig.append(2);
    rig.settle_begin().await;
    rig.store.set(Fault::LostSuccess);
    rig.step().await.unwrap().unwrap();
    let objects = rig.keys().await;
    assert!(rig.remote().reserved_segment.is_some() && objects.len() == 1, "put, and not committed");
    let report = sweep(&rig.context, Timestamp(i64::MAX), DELETING).await.unwrap();
    assert_eq!((report.deleted, report.unaccounted_bytes), (0, 0));
    rig.settle().await;
    assert_eq!((rig.keys().await, rig.remote().remote_end), (objects, Some(Offset(20))));
}

#[tokio::test]
async fn every_tombstone_of_a_partition_accounts_for_its_objects() {
    let mut rig = Rig::new();
    for end in [4, 8] {
        rig.append(4);
        rig.log.roll();
        rig.settle().await;
        rig.log.state.lock().local_start = Offset(end * 10);
        rig.catalog.disable(rig.partition(), end * 10);
        rig.catalog.set_tiered(true);
    }
    assert_eq!(rig.context.catalog.tombstones().len(), 2);
    let objects = rig.keys().await;
    assert!(!objects.is_empty());
    let report = sweep(&rig.context, Timestamp(i64::MAX), DELETING).await.unwrap();
    assert_eq!((report.deleted, report.unaccounted_bytes), (0, 0), "their walks delete them");
    assert_eq!(rig.keys().await, objects);
    assert_clean(&rig).await;
}
