//! A partition's local log on one simulated broker, as tiering sees it.
//!
//! Owns: batches, segment borders, log start, local start, ends, epochs; local retention as the broker's log does it. Does
//! not own: replication (`replication.rs`), who leads (`broker.rs`).

use std::sync::Arc;

use async_trait::async_trait;
use bytes::{BufMut as _, Bytes, BytesMut};
use parking_lot::Mutex;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp, TopicIdPartition};
use strata_metadata_core::image::remote_segments::RemotePartition;
use strata_tiering::error::{Error, ErrorKind};
use strata_tiering::source::{SegmentSource, SideData, SourceRange, SourceState};

use super::clock::wait_ms;
use super::cluster::TOPIC;
use super::shared::{Planted, Shared};
use crate::checker;

/// One batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// First offset.
    pub base: i64,
    /// Offset after the last one.
    pub end: i64,
    /// When it was appended.
    pub appended: Timestamp,
    /// Its bytes.
    pub bytes: Bytes,
}

/// What a log is at one moment.
#[derive(Clone, Debug, Default)]
pub struct LogState {
    /// Batches in local files.
    pub batches: Vec<Batch>,
    /// Base offsets of local segments; the last is the active one.
    pub segments: Vec<i64>,
    /// First offset that may be read.
    pub log_start: i64,
    /// First offset in local files.
    pub local_start: i64,
    /// Offset after the last batch.
    pub log_end: i64,
    /// Offset after the last durable batch.
    pub durable_end: i64,
    /// High watermark, as this replica knows it.
    pub high_watermark: i64,
    /// Epoch under which this replica leads.
    pub leads: Option<LeaderEpoch>,
    /// Epochs and where they begin.
    pub epochs: Vec<(LeaderEpoch, Offset)>,
    /// What this broker has heard of the remote range.
    pub remote: Option<Arc<RemotePartition>>,
    /// Whether the topic is tiered, as this broker has heard.
    pub tiered: bool,
}

/// The log of one partition on one broker.
pub struct SimLog {
    partition: TopicIdPartition,
    broker: i32,
    shared: Arc<Shared>,
    /// Its state.
    pub state: Mutex<LogState>,
}

/// A valid batch whose body is filler.
#[must_use]
pub fn encode_batch(base: i64, count: i32, timestamp: Timestamp, epoch: LeaderEpoch, body: &[u8]) -> Bytes {
    let mut tail = BytesMut::new();
    tail.put_i16(0);
    tail.put_i32(count - 1);
    tail.put_i64(timestamp.0);
    tail.put_i64(timestamp.0);
    tail.put_i64(-1);
    tail.put_i16(-1);
    tail.put_i32(-1);
    tail.put_i32(count);
    tail.put_slice(body);
    let mut out = BytesMut::new();
    out.put_i64(base);
    out.put_i32(i32::try_from(tail.len() + 9).unwrap_or(i32::MAX));
    out.put_i32(epoch.0);
    out.put_i8(2);
    out.put_u32(crc32c::crc32c(&tail));
    out.put_slice(&tail);
    out.freeze()
}

impl LogState {
    /// Base offset of the active segment.
    #[must_use]
    pub fn active_base(&self) -> i64 {
        self.segments.last().copied().unwrap_or(self.local_start)
    }

    /// Drops everything at or above an offset.
    pub fn truncate_to(&mut self, end: i64) {
        self.batches.retain(|batch| batch.end <= end);
        self.log_end =
            self.batches.last().map_or_else(|| self.local_start.min(end).max(self.local_start), |last| last.end);
        self.durable_end = self.durable_end.min(self.log_end);
        self.segments.retain(|base| *base < self.log_end || *base == self.local_start);
        if self.segments.is_empty() {
            self.segments.push(self.log_end);
        }
        let log_end = self.log_end;
        self.epochs.retain(|(_, start)| start.0 < log_end || start.0 == 0);
    }

    /// Begins a new active segment.
    pub fn roll(&mut self) {
        if self.active_base() < self.log_end {
            self.segments.push(self.log_end);
        }
    }

    /// Raises the log start.
    pub fn move_log_start(&mut self, log_start: i64) {
        if log_start <= self.log_start || log_start > self.log_end {
            return;
        }
        self.log_start = log_start;
        self.local_start = self.local_start.max(log_start);
        let kept = self.epochs.partition_point(|(_, start)| start.0 <= log_start).saturating_sub(1);
        self.epochs.drain(..kept);
        if let Some(first) = self.epochs.first_mut() {
            first.1 = first.1.max(Offset(log_start));
        }
    }

    /// End of a closed segment, by its place.
    fn end_of(&self, index: usize) -> Option<i64> {
        self.segments.get(index + 1).copied()
    }

    /// How many of the oldest segments may go, as the broker's retention decides.
    fn expired(&self, lets_go_of_all: bool) -> usize {
        let remote_end = self.remote.as_ref().and_then(|remote| remote.remote_end).map(|end| end.0);
        let mut count = 0;
        while let Some(end) = self.end_of(count) {
            let safe = if lets_go_of_all || !self.tiered {
                end <= self.high_watermark
            } else {
                remote_end.is_some_and(|remote_end| end <= remote_end)
            };
            if !(safe || end <= self.log_start) {
                break;
            }
            count += 1;
        }
        count
    }
}

impl SimLog {
    /// An empty log.
    #[must_use]
    pub fn new(partition: TopicIdPartition, broker: i32, shared: Arc<Shared>) -> Self {
        let state = LogState { segments: vec![0], ..LogState::default() };
        Self { partition, broker, shared, state: Mutex::new(state) }
    }

    /// The partition.
    #[must_use]
    pub const fn id(&self) -> TopicIdPartition {
        self.partition
    }

    /// Appends one batch as the leader; `None` if this replica does not lead.
    pub fn append(&self, count: i32, body: &[u8], is_durable: bool) -> Option<i64> {
        let now = self.shared.now();
        let mut state = self.state.lock();
        let epoch = state.leads?;
        let base = state.log_end;
        let bytes = encode_batch(base, count, now, epoch, body);
        let end = base + i64::from(count);
        state.batches.push(Batch { base, end, appended: now, bytes });
        state.log_end = end;
        if is_durable {
            state.durable_end = end;
        }
        Some(end)
    }

    /// Takes over what the broker has heard of the partition.
    pub fn remote_changed(&self, remote: Option<Arc<RemotePartition>>, tiered: bool) {
        let mut state = self.state.lock();
        if let Some(log_start) = remote.as_ref().and_then(|remote| remote.log_start) {
            state.move_log_start(log_start.0);
        }
        state.remote = remote;
        state.tiered = tiered;
    }

    /// What a kill leaves: what was durable, but for what a planted defect loses of it.
    pub fn kill(&self) {
        let mut state = self.state.lock();
        state.leads = None;
        let remote_end = state.remote.as_ref().and_then(|remote| remote.remote_end).map(|end| end.0);
        let above_remote = remote_end.unwrap_or(0).max(state.high_watermark - 1);
        // A log that begins at the remote end has nothing of it to lose.
        let below_remote = remote_end.filter(|end| *end > state.local_start).map_or(i64::MAX, |end| end - 1);
        let kept = match self.shared.planted {
            Some(Planted::RestartLosesAcknowledged) => above_remote,
            Some(Planted::RestartLosesWhatIsRemote) => below_remote,
            _ => i64::MAX,
        };
        let end = state.durable_end.min(kept);
        state.truncate_to(end);
    }

    /// Lets go of old local segments: of a tiered log those that are remote, of another half of what may go.
    pub fn run_retention(&self) {
        let decided = {
            let truth = self.shared.state.lock();
            let tiered =
                truth.image.topic(self.partition.topic_id).map(|topic| truth.image.configs.is_tiered(&topic.name));
            (tiered, truth.image.remote_partition(self.partition).map(|remote| remote.tiering_epoch))
        };
        let mut state = self.state.lock();
        // A replica that lets go of files while the tiering ends elsewhere could not lead afterwards: not simulated.
        if decided != (Some(state.tiered), state.remote.as_ref().map(|remote| remote.tiering_epoch)) {
            return;
        }
        let before_commit = self.shared.is_planted(Planted::LocalDeletionBeforeCommit);
        let mut count = state.expired(before_commit);
        // Where tiering is ending, what is remote is not gone yet and the end of it is not told yet.
        let ending = !state.tiered && state.remote.as_ref().is_some_and(|remote| remote.remote_end.is_some());
        if !state.tiered {
            count = if ending { 0 } else { count.div_ceil(2) };
        }
        if count == 0 {
            return;
        }
        let new_start = state.segments.get(count).copied().unwrap_or(state.log_end);
        if !state.tiered && state.leads.is_none() && new_start > state.log_start {
            // A follower follows its leader's log start.
            return;
        }
        state.segments.drain(..count);
        state.batches.retain(|batch| batch.end > new_start);
        if !state.tiered {
            state.move_log_start(new_start);
        }
        state.local_start = state.local_start.max(new_start);
        let (leads, tiered) = (state.leads, state.tiered);
        drop(state);
        if !tiered {
            self.shared.state.lock().ledger.moved_untiered(self.partition, new_start);
        }
        self.shared.count("local-segments-deleted");
        self.shared.note(format_args!("broker {} deletes local files below {new_start}", self.broker));
        let truth = self.shared.state.lock();
        let found = checker::local_log::may_delete(&truth, self.partition, new_start);
        drop(truth);
        if let Some(violation) = found {
            let detail = format!("{} on broker {}, leading: {leads:?}", violation.detail, self.broker);
            self.shared.violate(violation.property, detail);
        }
    }
}

#[async_trait]
impl SegmentSource for SimLog {
    fn partition(&self) -> TopicIdPartition {
        self.partition
    }

    fn state(&self, copy_from: Offset) -> SourceState {
        let state = self.state.lock();
        let above = self.shared.is_planted(Planted::CopiesAboveHighWatermark);
        let copy_end = if above { state.log_end } else { state.high_watermark.min(state.durable_end) };
        let oldest = state.batches.iter().find(|batch| batch.end > copy_from.0);
        SourceState {
            topic: TOPIC.to_owned(),
            leader_epoch: state.leads,
            log_start: Offset(state.log_start),
            local_start: Offset(state.local_start),
            copy_end: Offset(copy_end),
            active_base: Offset(state.active_base()),
            log_end: Offset(state.log_end),
            oldest_append: oldest.map(|batch| batch.appended),
        }
    }

    async fn read(&self, from: Offset, end: Offset, bytes_max: u64) -> Result<SourceRange, Error> {
        wait_ms(1).await;
        let state = self.state.lock();
        if from.0 < state.local_start {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("{from} is below the local start {}", state.local_start),
            ));
        }
        let mut batches: Vec<Bytes> = Vec::new();
        let mut bytes = 0_u64;
        for batch in state.batches.iter().filter(|batch| batch.end > from.0 && batch.end <= end.0) {
            bytes += u64::try_from(batch.bytes.len()).unwrap_or(u64::MAX);
            if bytes > bytes_max && !batches.is_empty() {
                break;
            }
            batches.push(batch.bytes.clone());
        }
        Ok(SourceRange { batches })
    }

    fn bytes_between(&self, from: Offset, end: Offset) -> u64 {
        let state = self.state.lock();
        let inside = state.batches.iter().filter(|batch| batch.end > from.0 && batch.base < end.0);
        inside.map(|batch| u64::try_from(batch.bytes.len()).unwrap_or(u64::MAX)).sum()
    }

    async fn side_data(&self, _: Offset, cut: Offset) -> Result<SideData, Error> {
        let state = self.state.lock();
        let leader_epochs = state.epochs.iter().filter(|(_, start)| *start < cut).copied().collect();
        Ok(SideData { producer_window: Bytes::from(cut.0.to_string()), leader_epochs, ..SideData::default() })
    }

    fn log_start_moved(&self, log_start: Offset) {
        let above = i64::from(self.shared.is_planted(Planted::LogStartAboveQuorum));
        let log_start = log_start.plus(above);
        self.state.lock().move_log_start(log_start.0);
        let truth = self.shared.state.lock();
        let found = checker::log_start::told(&truth.image, self.partition, log_start);
        drop(truth);
        if let Some(violation) = found {
            self.shared.violate(violation.property, violation.detail);
        }
    }

    fn remote_end_moved(&self, remote_end: Option<Offset>) {
        self.shared.note(format_args!("broker {} hears remote end {remote_end:?}", self.broker));
    }
}
