//! The task of one shard: loads it, wakes it, loads it again after a failure.
//!
//! Owns: when. Does not own: what (`shard.rs`). Select, then apply: each turn waits for one thing and then does it.

use std::sync::Arc;
use std::time::Duration;

use strata_broker_core::coordinator::CoordinatorShard;
use strata_compat::ids::{Offset, Timestamp};
use tokio::sync::Semaphore;

use super::batches::{LoadError, LoadReport, replay_log};
use super::shard::{Shard, Step, room_until};
use super::shard_log::Room;
use crate::clock;

/// Pause before a shard is loaded again, at first and at most.
const PAUSE_MIN: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The clock may be set: nobody sleeps for longer without looking at it.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// How often a load looks for a high watermark that nobody told it of.
const WATERMARK_POLL: Duration = Duration::from_secs(1);

/// Runs until the shard is unloaded.
pub(super) async fn run(shard: Arc<Shard>, loads: Arc<Semaphore>) {
    let mut pause = PAUSE_MIN;
    loop {
        if shard.is_failed() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
            shard.try_again();
        }
        match shard.next_step() {
            Step::Stop => return,
            Step::Load => match load(&shard, &loads).await {
                Ok(report) => {
                    pause = PAUSE_MIN;
                    tell(&shard, report);
                }
                Err(LoadError::Lost) => {
                    tracing::debug!(partition = %shard.id().partition, "the leadership changed during a load");
                    shard.load_failed();
                }
                Err(error) => {
                    tracing::error!(partition = %shard.id().partition, %error, "a group coordinator cannot be loaded");
                    shard.load_failed();
                }
            },
            Step::WaitUntil(due) => {
                let woken = shard.wake.notified();
                match due {
                    None => woken.await,
                    Some(due) => {
                        tokio::select! {
                            () = woken => {}
                            () = tokio::time::sleep(until(due, clock::now())) => {}
                        }
                    }
                }
                tend(&shard).await;
            }
        }
    }
}

/// Does what is due. Answers need no room, so they wait for none: they are given first, and go on being given while what is to
/// be written waits for room.
async fn tend(shard: &Shard) {
    if !shard.deliver_due(clock::now()).0 {
        return;
    }
    let mut room = std::pin::pin!(shard.room(room_until()));
    loop {
        let (_, overdue_at) = shard.deliver_due(clock::now());
        let pause = overdue_at.map_or(SLEEP_MAX, |due| until(due, clock::now()));
        tokio::select! {
            room = &mut room => {
                // Without room, what is due stays so: the next turn waits for some again.
                if let Ok(room) = room {
                    shard.handle_timeout(clock::now(), &room);
                }
                return;
            }
            () = shard.wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn tell(shard: &Shard, report: LoadReport) {
    let (partition, LoadReport { records, bytes, unreadable }) = (shard.id().partition, report);
    if records > 0 {
        tracing::info!(%partition, records, bytes, unreadable, "a group coordinator is loaded");
    } else {
        tracing::debug!(%partition, "a group coordinator begins with an empty log");
    }
}

fn until(due: Timestamp, now: Timestamp) -> Duration {
    let millis = u64::try_from(due.0.saturating_sub(now.0)).unwrap_or(0);
    // At least a moment: a shard that always has something to do must not keep a thread.
    Duration::from_millis(millis.max(1)).min(SLEEP_MAX)
}

/// Reads the log to where it ends now, and waits until all of that is committed.
async fn load(shard: &Arc<Shard>, loads: &Arc<Semaphore>) -> Result<LoadReport, LoadError> {
    let Ok(permit) = Arc::clone(loads).acquire_owned().await else {
        return Err(LoadError::Lost);
    };
    let epoch = shard.log().leader_epoch().ok_or(LoadError::Lost)?;
    let end = shard.log().range().1;
    let reading = Arc::clone(shard);
    let (core, report) = tokio::task::spawn_blocking(move || {
        let mut core = Box::new(CoordinatorShard::new(reading.core_config()));
        let report = replay_log(reading.log(), end, &mut core, || reading.is_loading())?;
        Ok::<_, LoadError>((core, report))
    })
    .await??;
    drop(permit);
    wait_committed(shard, end).await?;
    let room = wait_for_room(shard).await?;
    if shard.activate(core, epoch, end, (clock::now(), &room)) { Ok(report) } else { Err(LoadError::Lost) }
}

/// Room for what a loaded shard writes first, such as groups whose rebalance was not finished.
async fn wait_for_room(shard: &Shard) -> Result<Room<'_>, LoadError> {
    loop {
        match shard.room(room_until()).await {
            Ok(room) => return Ok(room),
            Err(_) if shard.is_loading() => {}
            Err(_) => return Err(LoadError::Lost),
        }
    }
}

async fn wait_committed(shard: &Shard, end: Offset) -> Result<(), LoadError> {
    while shard.log().high_watermark() < end {
        if !shard.is_loading() {
            return Err(LoadError::Lost);
        }
        let woken = shard.wake.notified();
        if tokio::time::timeout(WATERMARK_POLL, woken).await.is_err() {
            tracing::debug!(partition = %shard.id().partition, %end, "a loaded group coordinator waits for its log to be committed");
        }
    }
    Ok(())
}
