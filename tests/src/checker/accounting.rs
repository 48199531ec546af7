//! (5) Objects under our cluster id are those that the quorum and its pages account for; nothing is deleted that the quorum has
//! not dropped or abandoned; after quiescence there are exactly the live ones.

use std::collections::BTreeSet;

use object_store::path::Path;
use strata_compat::ids::{Offset, Timestamp, TopicIdPartition, Uuid};
use strata_metadata_core::image::Image;
use strata_metadata_core::image::remote_segments::RemotePartition;
use strata_tiering::object_key::{ObjectNames, ObjectSuffix, ParsedKey};

use super::{Ledger, Violation, hold};
use crate::sim::shared::State;

const ACCOUNTED: &str = "(5) every object is accounted for";
const THERE: &str = "(6) what is committed is in the bucket";
const DELETED: &str = "(5) only what was dropped or abandoned is deleted";

/// Uuids that the state itself names: reserved, abandoned, pages, replaced pages.
fn named_by(remote: &RemotePartition) -> impl Iterator<Item = Uuid> {
    let live = [&remote.reserved_segment, &remote.reserved_page].into_iter().flatten().map(|live| live.uuid);
    let abandoned = remote.abandoned.iter().map(|object| object.uuid);
    let pages = remote.pages.iter().chain(&remote.delete_pending_pages).map(|page| page.uuid);
    live.chain(abandoned).chain(pages)
}

/// All uuids that may be in the bucket.
fn accounted(state: &State) -> BTreeSet<Uuid> {
    let mut known = BTreeSet::new();
    let stones = state.image.remote.tombstones().map(|((id, epoch), stone)| (*id, *epoch, &stone.remote));
    let live = state.image.remote.iter().map(|(id, remote)| (*id, remote.tiering_epoch, remote.as_ref()));
    for (id, epoch, remote) in live.chain(stones) {
        known.extend(named_by(remote));
        known.extend(state.ledger.rows_above(id, epoch, remote.deleted_to).map(|row| row.uuid));
    }
    known
}

/// Every object is named by the quorum or one of its pages.
#[must_use]
pub fn all_is_accounted(state: &State, names: &ObjectNames) -> Vec<Violation> {
    let known = accounted(state);
    let mut found = Vec::new();
    for key in state.objects.keys().filter(|key| !state.landed_late.contains(*key)) {
        let is_known = match names.parse(key) {
            ParsedKey::Object(name) => known.contains(&name.uuid),
            ParsedKey::ClusterFile | ParsedKey::Meta => true,
            ParsedKey::Unknown | ParsedKey::Outside => false,
        };
        found.extend(hold(is_known, ACCOUNTED, || format!("{key} is named nowhere")));
    }
    found
}

/// Every live row and every page that is not wholly dead has its object.
#[must_use]
pub fn committed_is_there(state: &State, names: &ObjectNames) -> Vec<Violation> {
    let mut found = Vec::new();
    let is_there = |key: &Path| state.objects.get(key).is_some_and(|stored| !stored.hidden);
    for (id, remote) in state.image.remote.iter() {
        let log_start = remote.log_start.unwrap_or_default();
        for row in state.ledger.rows_above(*id, remote.tiering_epoch, log_start) {
            let key = names.segment(*id, row);
            found.extend(hold(is_there(&key), THERE, || format!("{key} is missing")));
        }
        for page in remote.pages.iter().filter(|page| page.end_offset > log_start) {
            let key = names.page(*id, page);
            found.extend(hold(is_there(&key), THERE, || format!("{key} is missing")));
        }
    }
    found
}

/// Exactly the live rows and pages are left.
#[must_use]
pub fn only_live_is_left(state: &State, names: &ObjectNames) -> Vec<Violation> {
    const PROPERTY: &str = "(5) after quiescence only live rows and pages are left";
    let mut live = BTreeSet::new();
    for (id, remote) in state.image.remote.iter() {
        let log_start = remote.log_start.unwrap_or_default();
        live.extend(state.ledger.rows_above(*id, remote.tiering_epoch, log_start).map(|row| names.segment(*id, row)));
        live.extend(remote.pages.iter().map(|page| names.page(*id, page)));
    }
    live.insert(names.cluster_file());
    let mut found = Vec::new();
    for key in state.objects.keys().filter(|key| !live.contains(*key)) {
        found.extend(hold(false, PROPERTY, || format!("{key} is left")));
    }
    for key in live.iter().filter(|key| !state.objects.contains_key(*key)) {
        found.extend(hold(false, PROPERTY, || format!("{key} is missing")));
    }
    for ((id, epoch), _) in state.image.remote.tombstones() {
        found.extend(hold(false, PROPERTY, || format!("{id}: the tombstone of epoch {epoch} is left")));
    }
    found
}

/// An object that goes was dropped or abandoned before, long enough for a late PUT to land.
#[must_use]
pub fn may_delete(
    image: &Image,
    ledger: &Ledger,
    names: &ObjectNames,
    key: &Path,
    now: Timestamp,
) -> Option<Violation> {
    let ParsedKey::Object(name) = names.parse(key) else {
        return hold(false, DELETED, || format!("{key} is no object of tiering's"));
    };
    // Of a partition that is gone everything may go: its tombstone is walked.
    let remote = image.remote_partition(name.partition)?;
    let live = [&remote.reserved_segment, &remote.reserved_page].into_iter().flatten();
    let is_live = live.into_iter().any(|live| live.uuid == name.uuid);
    let log_start = remote.log_start.unwrap_or_default();
    let is_row = name.suffix == ObjectSuffix::Segment
        && ledger
            .rows
            .get(&name.uuid)
            .is_some_and(|found| found.tiering_epoch == remote.tiering_epoch && found.row.end_offset > log_start);
    let is_page = remote.pages.iter().any(|page| page.uuid == name.uuid && page.end_offset > log_start);
    let abandoned = remote.abandoned.iter().find(|object| object.uuid == name.uuid);
    let is_early = abandoned.is_some_and(|object| now.ms_since(object.abandoned_at) < LATE_MS);
    hold(!(is_live || is_row || is_page || is_early), DELETED, || {
        format!("{key} is deleted: reserved {is_live}, live row {is_row}, live page {is_page}, too early {is_early}")
    })
}

/// The default of `strata.tier.put.late.ms`.
const LATE_MS: i64 = 20 * 60 * 1000;

/// What is forgotten is not in the bucket any more.
pub(super) fn forgotten_is_gone(
    state: &State,
    before: &Image,
    partition: TopicIdPartition,
    uuids: &[Uuid],
    now: Timestamp,
) -> Vec<Violation> {
    const PROPERTY: &str = "(5) what is forgotten is gone";
    let Some(remote) = before.remote_partition(partition) else {
        return Vec::new();
    };
    let named: BTreeSet<Uuid> = named_by(remote).filter(|uuid| uuids.contains(uuid)).collect();
    let mut found = Vec::new();
    for key in state.objects.iter().filter(|(_, stored)| !stored.hidden).map(|(key, _)| key) {
        let is_there = named.iter().any(|uuid| key.as_ref().contains(&strata_compat::ids::uuid_text(*uuid)));
        found.extend(hold(!is_there, PROPERTY, || format!("{key} is forgotten and there")));
    }
    for object in remote.abandoned.iter().filter(|object| uuids.contains(&object.uuid)) {
        let waited = now.ms_since(object.abandoned_at) >= LATE_MS;
        found.extend(hold(waited, PROPERTY, || format!("{} is forgotten too early", object.uuid)));
    }
    found
}

/// Below the mark there is nothing left.
pub(super) fn marked_is_gone(
    state: &State,
    names: &ObjectNames,
    partition: TopicIdPartition,
    mark: Offset,
) -> Vec<Violation> {
    const PROPERTY: &str = "(5) the mark moves only above what is gone";
    let epoch = state.image.remote_partition(partition).map_or(0, |remote| remote.tiering_epoch);
    let rows = state.ledger.rows_above(partition, epoch, Offset(-1)).filter(|row| row.end_offset <= mark);
    rows.filter_map(|row| {
        let key = names.segment(partition, row);
        let is_there =
            state.objects.get(&key).is_some_and(|stored| !stored.hidden) && !state.landed_late.contains(&key);
        hold(!is_there, PROPERTY, || format!("{key} is there below {mark}"))
    })
    .collect()
}
