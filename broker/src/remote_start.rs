//! Begins a leader's log at the end of the remote range, where the local one does not agree with it.
//!
//! Owns: when a log disagrees, what its successor takes over from the last remote segment, the retries while the bucket is
//! away. Does not own: which partitions there are, or when the result is taken over (`metadata_applier.rs`, on its thread).
//!
//! The committed remote range is authoritative: a log that ends below it, or whose last remote batch has another epoch (a
//! power cut with durability `os`, an unclean election, an empty data directory), is set aside, never deleted. Its successor
//! begins at the remote end with epochs and producers of the last segment. Only when all that is durable is the partition
//! served; a crash before leaves an empty log without epochs, which disagrees again.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use strata_broker_core::producer_state::ProducerEntry;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp, TopicIdPartition};
use strata_metadata_core::image::remote_segments::RemotePartition;
use strata_tiering::error::{Error, ErrorKind};
use strata_tiering::source::SideData;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::log::error::LogError;
use crate::log::log_config::LogConfig;
use crate::log::log_manager::LogManager;
use crate::log::producer_files::decode_producers;
use crate::log::unified_log::UnifiedLog;
use crate::tier_service::TierService;

/// First pause after the bucket did not answer; it doubles.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// How a log begins at the remote end.
#[derive(Clone, Debug)]
pub(crate) struct RemoteStart {
    /// The partition.
    pub(crate) partition: TopicIdPartition,
    /// End of the remote range that was looked at.
    pub(crate) remote_end: Offset,
    /// First offset that may be read, remotely.
    pub(crate) log_start: Offset,
    /// Leader epochs of the remote range, oldest first.
    pub(crate) epochs: Vec<(LeaderEpoch, Offset)>,
    /// The producers at the remote end.
    pub(crate) producers: Vec<ProducerEntry>,
}

impl RemoteStart {
    /// Where the log begins.
    fn offset(&self) -> Offset {
        self.remote_end.max(self.log_start)
    }
}

/// Why a leader's log may not go on under this remote range; `None` if it may.
pub(crate) fn disagreement(log: &UnifiedLog, remote: &RemotePartition) -> Option<String> {
    let remote_end = remote.remote_end?;
    let log_start = remote.log_start.unwrap_or(Offset(0));
    let log_end = log.log_end_offset();
    if log_end < remote_end.max(log_start) {
        return Some(format!("the local log ends at {log_end}, the remote range at {remote_end}"));
    }
    let last = remote.rows.last()?;
    if remote_end <= log_start.max(log.log_start_offset()) || last.last_leader_epoch == LeaderEpoch::NONE {
        return None;
    }
    let local = log.epoch_for_offset(remote_end.previous());
    (local != Some(last.last_leader_epoch)).then(|| {
        let local = local.map_or_else(|| "no epoch".to_owned(), |epoch| format!("epoch {epoch}"));
        format!("below the remote end {remote_end} the local log has {local}, the bucket {}", last.last_leader_epoch)
    })
}

/// Asks the bucket for the side data until it answers, then tells `done`. Ends by itself when nobody listens any more, and
/// with the handle that is answered.
pub(crate) fn spawn(
    tier: &Arc<TierService>,
    partition: TopicIdPartition,
    remote: Arc<RemotePartition>,
    done: mpsc::UnboundedSender<RemoteStart>,
) -> AbortHandle {
    let service = Arc::clone(tier);
    let ask = move || {
        let (service, remote) = (Arc::clone(&service), Arc::clone(&remote));
        async move { start_at_remote_end(&service, partition, &remote).await }
    };
    let asking = ask_until_answered(partition, done, (PAUSE_MIN, PAUSE_MAX), ask);
    tier.runtime().spawn(asking).abort_handle()
}

/// `pauses` are the first one after a failure, which doubles, and the longest.
async fn ask_until_answered<Asking: Future<Output = Result<RemoteStart, Error>>>(
    partition: TopicIdPartition,
    done: mpsc::UnboundedSender<RemoteStart>,
    pauses: (Duration, Duration),
    ask: impl Fn() -> Asking,
) {
    let (mut pause, longest) = pauses;
    loop {
        match ask().await {
            Ok(start) => {
                if done.send(start).is_err() {
                    tracing::debug!(%partition, "the broker stops; a log does not begin at the remote end");
                }
                return;
            }
            Err(error) => tracing::warn!(
                %partition, %error, pause_ms = pause.as_millis(),
                "the log cannot begin at the remote end yet; the partition is not served"
            ),
        }
        tokio::select! {
            () = done.closed() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(longest);
    }
}

/// What a log needs that begins at the remote end, from the last remote segment.
async fn start_at_remote_end(
    tier: &TierService,
    partition: TopicIdPartition,
    remote: &RemotePartition,
) -> Result<RemoteStart, Error> {
    let side_data = tier.reader().index().side_data_at_end(partition, remote).await?;
    from_side_data(partition, remote, side_data.map(|(_, side_data)| side_data))
}

fn from_side_data(
    partition: TopicIdPartition,
    remote: &RemotePartition,
    side_data: Option<SideData>,
) -> Result<RemoteStart, Error> {
    let remote_end = remote.remote_end.unwrap_or(Offset(0));
    let log_start = remote.log_start.unwrap_or(Offset(0));
    // A remote range whose last row is gone lies below log start as a whole: there is nothing to take over.
    let side_data = side_data.unwrap_or_default();
    let producers = decode_producers(&side_data.producer_snapshot, &side_data.producer_window, remote_end)
        .map_err(|error| Error::with_source(ErrorKind::Corrupt, "producers of the last remote segment", error))?;
    Ok(RemoteStart { partition, remote_end, log_start, epochs: side_data.leader_epochs, producers })
}

/// Sets the local log aside, unless it is empty, and begins it anew at the remote end, in the log directory `home` where one is
/// given. Durable when it returns.
pub(crate) fn begin_log(
    logs: &LogManager,
    home: Option<&Path>,
    topic: &str,
    config: LogConfig,
    start: &RemoteStart,
    now: Timestamp,
) -> Result<Arc<UnifiedLog>, LogError> {
    let partition = start.partition;
    if let Some(log) = logs.get(partition)
        && log.size_bytes() > 0
    {
        let offsets = log.offsets();
        let kept_in = logs.set_aside(partition)?;
        tracing::warn!(
            topic, partition = partition.partition.0, local_start = offsets.local_start.0, log_end = offsets.log_end.0,
            remote_end = start.remote_end.0, kept_in = %kept_in.display(),
            "the local log does not agree with the remote range and was set aside"
        );
    }
    let log = logs.get_or_create_in(home, topic, partition, config, now)?;
    log.truncate_fully_and_start_at(start.offset(), Some(start.log_start), now)?;
    log.restore_producers(start.producers.clone(), now)?;
    // Last: a log without epochs is known to be unfinished.
    log.restore_leader_epochs(&start.epochs)?;
    logs.flush_log(&log)?;
    Ok(log)
}

#[cfg(test)]
mod tests;
