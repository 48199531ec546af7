//! Named properties of tiering, and what is needed to know whether they hold.
//!
//! Owns: the ledger (what was acknowledged, what was committed), when which property is looked at. Does not own: the world that
//! is looked at (`crate::sim`). Each file holds one property's predicates; none changes anything.
//!
//! The numbers are those of DESIGN.md, section 5: (1) `ranges`, (2) `bytes`, (3) and (8) `local_log`, (4) `log_start`,
//! (5) `accounting`, (6) `bytes` and `reads`, (7) `served`; fencing of commands is in `fences`.

pub mod accounting;
pub mod bytes;
pub mod fences;
pub mod local_log;
pub mod log_start;
pub mod ranges;
pub mod reads;
pub mod served;

use std::collections::BTreeMap;
use std::fmt;

use ::bytes::Bytes;
use strata_compat::ids::{Offset, Timestamp, TopicIdPartition, Uuid};
use strata_metadata_core::command::Command;
use strata_metadata_core::command::remote_segments::RemoteFence;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::remote_segments::SegmentRow;
use strata_metadata_core::response::Response;
use strata_tiering::object_key::ObjectNames;

use crate::sim::log::Batch;
use crate::sim::shared::State;

/// Something that must hold and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The property's name.
    pub property: &'static str,
    /// Where and how.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}] {}", self.property, self.detail)
    }
}

/// A violation, if something does not hold.
pub(crate) fn hold(holds: bool, property: &'static str, detail: impl FnOnce() -> String) -> Option<Violation> {
    (!holds).then(|| Violation { property, detail: detail() })
}

/// What was acknowledged of one partition.
#[derive(Clone, Debug, Default)]
pub struct AckedLog {
    /// Batches by base offset.
    pub batches: BTreeMap<i64, Batch>,
    /// Offset after the last one.
    pub end: i64,
}

impl AckedLog {
    /// Takes one acknowledged batch; a violation if another was acknowledged in its place before.
    pub fn take(&mut self, id: TopicIdPartition, batch: &Batch) -> Option<Violation> {
        if let Some(known) = self.batches.get(&batch.base) {
            return hold(known.bytes == batch.bytes, "acknowledged records never change", || {
                format!("{id}: the batch at {} is another one", batch.base)
            });
        }
        self.end = self.end.max(batch.end);
        self.batches.insert(batch.base, batch.clone());
        None
    }

    /// The bytes of all batches that hold offsets of `[from, end)`; `None` if something was never acknowledged.
    #[must_use]
    pub fn bytes_of(&self, from: i64, end: i64) -> Option<Vec<Bytes>> {
        if from == end {
            return Some(Vec::new());
        }
        let first = self.batches.range(..=from).next_back().map(|(base, _)| *base)?;
        let inside = self.batches.range(first..end).map(|(_, batch)| batch);
        let (mut at, mut found) = (first, Vec::new());
        for batch in inside {
            if batch.base != at {
                return None;
            }
            at = batch.end;
            found.push(batch.bytes.clone());
        }
        (at == end).then_some(found)
    }
}

/// A row that was committed at some time.
#[derive(Clone, Debug)]
pub struct CommittedRow {
    /// Its partition.
    pub partition: TopicIdPartition,
    /// The tiering epoch in which it was committed.
    pub tiering_epoch: u32,
    /// The row.
    pub row: SegmentRow,
}

/// What the checkers remember.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// What was acknowledged.
    pub acked: BTreeMap<TopicIdPartition, AckedLog>,
    /// All rows that were ever committed, by uuid.
    pub rows: BTreeMap<Uuid, CommittedRow>,
    /// Those rows by partition and tiering epoch, in the order of their commits.
    pub order: BTreeMap<(TopicIdPartition, u32), Vec<Uuid>>,
    /// The largest log start of each partition.
    pub log_starts: BTreeMap<TopicIdPartition, Offset>,
    /// How far logs moved their start by themselves, where there was no log start in the quorum that they had to follow.
    pub untiered_starts: BTreeMap<TopicIdPartition, i64>,
}

impl Ledger {
    /// Rows of a partition in a tiering epoch that end above an offset, in order.
    pub fn rows_above(
        &self,
        partition: TopicIdPartition,
        tiering_epoch: u32,
        offset: Offset,
    ) -> impl Iterator<Item = &SegmentRow> {
        let uuids = self.order.get(&(partition, tiering_epoch)).map(Vec::as_slice).unwrap_or_default();
        uuids
            .iter()
            .filter_map(|uuid| self.rows.get(uuid))
            .map(|found| &found.row)
            .filter(move |row| row.end_offset > offset)
    }

    /// A log without tiering has moved its own start.
    pub fn moved_untiered(&mut self, partition: TopicIdPartition, log_start: i64) {
        let known = self.untiered_starts.entry(partition).or_default();
        *known = log_start.max(*known);
    }

    fn commit(&mut self, partition: TopicIdPartition, tiering_epoch: u32, row: &SegmentRow) {
        let committed = CommittedRow { partition, tiering_epoch, row: row.clone() };
        if self.rows.insert(row.uuid, committed).is_none() {
            self.order.entry((partition, tiering_epoch)).or_default().push(row.uuid);
        }
    }
}

/// Looks at one applied command: who asked, what it did, what must be in the bucket by then.
pub fn applied(
    state: &mut State,
    names: &ObjectNames,
    before: &Image,
    command: &Command,
    response: &Response,
    now: Timestamp,
) -> Vec<Violation> {
    let mut found = Vec::new();
    if response.is_err() {
        return found;
    }
    found.extend(fences::asked_by_the_leader(before, &state.image, command));
    match command {
        Command::CommitSegment(commit) => {
            let epoch = state.image.remote_partition(commit.partition).map_or(0, |remote| remote.tiering_epoch);
            // A repeated commit may find the topic's next life; only a commit that changed something counts.
            let is_new = !state.ledger.rows.contains_key(&commit.row.uuid);
            if is_new {
                state.ledger.commit(commit.partition, epoch, &commit.row);
                found.extend(bytes::committed_is_acknowledged(state, names, commit.partition, &commit.row));
            }
        }
        Command::ReplaceRows(replace) => {
            found.extend(bytes::page_holds_the_rows(state, names, before, replace));
        }
        Command::ForgetObjects(forget) => {
            found.extend(accounting::forgotten_is_gone(state, before, forget.partition, &forget.uuids, now));
        }
        Command::AdvanceDeletedTo(advance) => {
            found.extend(accounting::marked_is_gone(state, names, advance.partition, advance.deleted_to));
        }
        _ => {}
    }
    found.extend(log_start::grows(&mut state.ledger, &state.image));
    found
}

/// Looks at everything, between two steps.
#[must_use]
pub fn after_step(state: &State, names: &ObjectNames) -> Vec<Violation> {
    let mut found = Vec::new();
    found.extend(ranges::contiguous_and_ordered(state));
    found.extend(accounting::all_is_accounted(state, names));
    found.extend(accounting::committed_is_there(state, names));
    found
}

/// Name of a command in traces and counts.
#[must_use]
pub const fn name_of(command: &Command) -> &'static str {
    match command {
        Command::BeginTiering(_) => "begin",
        Command::DisableTiering(_) => "disable",
        Command::ReserveObject(_) => "reserve",
        Command::CommitSegment(_) => "commit",
        Command::ReplaceRows(_) => "replace-rows",
        Command::AbandonObject(_) => "abandon",
        Command::ForgetObjects(_) => "forget",
        Command::MoveLogStart(_) => "move-log-start",
        Command::AdvanceDeletedTo(_) => "advance-deleted-to",
        Command::AdvanceTombstone(_) => "advance-tombstone",
        Command::RegisterBroker(_) => "register",
        Command::ChangeBroker(_) => "change-broker",
        Command::CreateTopic(_) => "topic-created",
        Command::DeleteTopic(_) => "topic-deleted",
        Command::AlterConfigs(_) => "alter-configs",
        Command::AlterPartitions(_) => "alter-partitions",
        _ => "other",
    }
}

/// Who asks for a command, where it says so.
#[must_use]
pub fn fence_of_mut(command: &mut Command) -> Option<(TopicIdPartition, &mut RemoteFence)> {
    match command {
        Command::BeginTiering(command) => Some((command.partition, &mut command.fence)),
        Command::DisableTiering(command) => Some((command.partition, &mut command.fence)),
        Command::ReserveObject(command) => Some((command.partition, &mut command.fence)),
        Command::CommitSegment(command) => Some((command.partition, &mut command.fence)),
        Command::ReplaceRows(command) => Some((command.partition, &mut command.fence)),
        Command::MoveLogStart(command) => Some((command.partition, &mut command.fence)),
        Command::AdvanceDeletedTo(command) => Some((command.partition, &mut command.fence)),
        _ => None,
    }
}
