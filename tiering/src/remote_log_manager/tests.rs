//! Tests of `remote_log_manager.rs`.

use std::time::Duration;

use super::*;
use crate::test_support::Fault;
use crate::test_support::model::Rig;
use strata_compat::ids::Offset;

/// A manager over a rig's quorum, store and log, whose clock is the machine's and whose waits are short.
fn start(rig: &Rig) -> Arc<RemoteLogManager> {
    let config = TieringConfig {
        backoff_min_ms: 1,
        backoff_max_ms: 20,
        nudge_interval_ms: 1,
        retention_check_ms: 50,
        delete_grace_ms: 0,
        put_late_ms: 0,
        ..rig.context.config.clone()
    };
    let parts = RemoteLogManagerParts {
        store: Arc::clone(&rig.context.store),
        names: rig.context.names.clone(),
        catalog: Arc::clone(&rig.context.catalog),
        config,
        metrics: TieringMetrics::default(),
        clock: Arc::new(crate::clock::SystemClock),
        random: Arc::new(crate::random::SystemRandom),
    };
    RemoteLogManager::start(&Handle::current(), parts).unwrap()
}

fn source(rig: &Rig) -> Arc<dyn SegmentSource> {
    Arc::clone(&rig.log) as Arc<dyn SegmentSource>
}

/// Waits for a state, with a limit far above what it takes.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn appends_are_tiered_through_an_outage_and_a_removed_partition_is_left_alone() {
    let rig = Rig::new();
    let manager = start(&rig);
    manager.add_partition(source(&rig), TopicTiering::default());
    rig.append(4);
    manager.appended(rig.partition());
    eventually("the first range", || rig.remote().remote_end == Some(Offset(40))).await;
    rig.store.set(Fault::Away);
    rig.append(4);
    manager.appended(rig.partition());
    eventually("a failure", || manager.status(rig.partition()).is_some_and(|status| status.failures > 1)).await;
    rig.store.heal();
    eventually("the backlog", || rig.remote().remote_end == Some(Offset(80))).await;
    manager.remove_partition(rig.partition());
    eventually("the removal", || manager.status(rig.partition()).is_none()).await;
    rig.append(4);
    manager.appended(rig.partition());
    manager.shutdown().await.unwrap();
    assert_eq!(rig.remote().remote_end, Some(Offset(80)));
}

#[tokio::test]
async fn tombstones_are_walked_by_the_chosen_broker_only() {
    let rig = Rig::new();
    rig.catalog.walks_tombstones.store(false, Ordering::Relaxed);
    let manager = start(&rig);
    manager.add_partition(source(&rig), TopicTiering::default());
    rig.append(4);
    manager.appended(rig.partition());
    eventually("a copy", || rig.remote().remote_end == Some(Offset(40))).await;
    manager.remove_partition(rig.partition());
    rig.catalog.delete_topic(rig.partition().topic_id);
    manager.image_changed();
    eventually("the removal", || manager.status(rig.partition()).is_none()).await;
    assert_eq!(rig.keys().await.len(), 2);
    rig.catalog.walks_tombstones.store(true, Ordering::Relaxed);
    manager.image_changed();
    eventually("the walk", || rig.context.catalog.tombstones().is_empty()).await;
    assert!(rig.keys().await.is_empty());
    manager.shutdown().await.unwrap();
}

#[tokio::test]
async fn nothing_is_done_while_paused() {
    let rig = Rig::new();
    let manager = start(&rig);
    manager.set_paused(true);
    manager.add_partition(source(&rig), TopicTiering::default());
    rig.append(4);
    manager.appended(rig.partition());
    tokio::task::yield_now().await;
    assert!(rig.catalog.asked.lock().is_empty());
    assert_eq!(manager.sweep(true).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(manager.sweep(false).await.unwrap().objects, 0);
    manager.set_paused(false);
    eventually("the copy", || rig.remote().remote_end == Some(Offset(40))).await;
    manager.shutdown().await.unwrap();
}

#[tokio::test]
async fn options_change_while_it_runs() {
    let rig = Rig::new();
    let manager = start(&rig);
    let disabled = TopicTiering { copy_disabled: true, ..TopicTiering::default() };
    manager.add_partition(source(&rig), disabled);
    rig.append(4);
    manager.appended(rig.partition());
    eventually("the log start", || rig.remote().log_start.is_some()).await;
    manager.update_config(rig.partition(), TopicTiering::default());
    eventually("the copy", || rig.remote().remote_end == Some(Offset(40))).await;
    manager.update_config(rig.partition(), TopicTiering { retention_bytes: 0, ..TopicTiering::default() });
    eventually("the deletion", || rig.remote().deleted_to == Offset(40)).await;
    assert!(rig.keys().await.is_empty());
    manager.shutdown().await.unwrap();
}
