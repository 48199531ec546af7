//! The reference model of remote segments: the state machine of a uuid, log start, deletion mark, tombstones.

use std::sync::Arc;

use strata_compat::ids::{BrokerEpoch, BrokerId, Offset, Timestamp, TopicIdPartition, Uuid};
use strata_metadata_core::command::Command;
use strata_metadata_core::command::remote_segments::{
    AbandonObject, AdvanceTombstone, BeginTiering, CommitSegment, DisableTiering, RemoteFence, ReplaceRows,
    ReserveObject,
};
use strata_metadata_core::image::configs::ConfigResource;
use strata_metadata_core::image::remote_segments::{
    AbandonedObject, ObjectKind, RemotePartition, RemoteTombstone, Reservation,
};
use strata_metadata_core::response::{FencedBy, Refusal, RemoteRefusal, Reply, Response, UuidState};

use crate::state::State;

/// What the design says in numbers.
const ROWS: usize = 16;
const UNSETTLED: usize = 16;
const PENDING_PAGES: usize = 16;
const PAGE_BYTES: u32 = 64 * 1024;

fn invalid() -> RemoteRefusal {
    RemoteRefusal::Invalid(String::new())
}

fn unsettled(remote: &RemotePartition) -> usize {
    remote.abandoned.len() + remote.reserved_segment.iter().count() + remote.reserved_page.iter().count()
}

/// Gives up the reservations that `which` chooses.
fn abandon(remote: &mut RemotePartition, now: Timestamp, which: impl Fn(&Reservation) -> bool) {
    let (segment, page) = (remote.reserved_segment.take(), remote.reserved_page.take());
    for (live, is_page) in [(segment, false), (page, true)] {
        let Some(live) = live else { continue };
        if which(&live) {
            remote.abandoned.push(AbandonedObject {
                uuid: live.uuid,
                is_page,
                base_offset: live.base_offset,
                leader_epoch: live.leader_epoch,
                abandoned_at: now,
            });
        } else if is_page {
            remote.reserved_page = Some(live);
        } else {
            remote.reserved_segment = Some(live);
        }
    }
}

fn state_in(remote: &RemotePartition, uuid: Uuid) -> UuidState {
    let live = remote.reserved_segment.iter().chain(&remote.reserved_page);
    let rows = remote.rows.iter().map(|row| row.uuid);
    let pages = remote.pages.iter().chain(&remote.delete_pending_pages).map(|page| page.uuid);
    if live.into_iter().any(|live| live.uuid == uuid) {
        UuidState::Reserved
    } else if remote.abandoned.iter().any(|object| object.uuid == uuid) {
        UuidState::Abandoned
    } else if rows.chain(pages).any(|committed| committed == uuid) {
        UuidState::Committed
    } else {
        UuidState::Unknown
    }
}

fn drop_below(remote: &mut RemotePartition, mark: Offset) {
    remote.deleted_to = remote.deleted_to.max(mark);
    let mark = remote.deleted_to;
    let pages = remote.pages.len();
    remote.rows.retain(|row| row.end_offset > mark);
    remote.pages.retain(|page| page.end_offset > mark);
    remote.pages_version += u64::from(remote.pages.len() < pages);
}

fn forget(remote: &mut RemotePartition, uuids: &[Uuid]) {
    remote.abandoned.retain(|object| !uuids.contains(&object.uuid));
    remote.delete_pending_pages.retain(|page| !uuids.contains(&page.uuid));
}

impl State {
    pub(crate) fn run_remote(&mut self, command: &Command) -> Response {
        let done = match command {
            Command::BeginTiering(command) => self.begin(command),
            Command::DisableTiering(command) => self.disable(command),
            Command::ReserveObject(command) => self.reserve(command),
            Command::CommitSegment(command) => self.commit(command),
            Command::ReplaceRows(command) => self.replace_rows(command),
            Command::AbandonObject(command) => return Ok(Reply::Uuid(self.abandon_object(command))),
            Command::ForgetObjects(command) => {
                self.remote_of(command.partition).map(|remote| forget(remote, &command.uuids))
            }
            Command::MoveLogStart(command) => self.fenced(command.partition, &command.fence).and_then(|remote| {
                let log_start = remote.log_start.ok_or(RemoteRefusal::NotBegun)?;
                remote.log_start = Some(log_start.max(command.log_start));
                Ok(())
            }),
            Command::AdvanceDeletedTo(command) => self.fenced(command.partition, &command.fence).and_then(|remote| {
                let log_start = remote.log_start.ok_or(RemoteRefusal::NotBegun)?;
                if command.deleted_to > log_start {
                    return Err(invalid());
                }
                drop_below(remote, command.deleted_to);
                Ok(())
            }),
            Command::AdvanceTombstone(command) => self.advance_tombstone(command),
            _ => panic!("{command:?} is no command on remote segments"),
        };
        done.map(|()| Reply::Done).map_err(Refusal::Remote)
    }

    fn remote_of(&mut self, id: TopicIdPartition) -> Result<&mut RemotePartition, RemoteRefusal> {
        self.remote.get_mut(&id).ok_or(RemoteRefusal::UnknownPartition)
    }

    fn check_leader(&self, id: TopicIdPartition, fence: &RemoteFence) -> Result<(), RemoteRefusal> {
        let state = self.partitions.get(&id).ok_or(RemoteRefusal::UnknownPartition)?;
        let epoch = self.brokers.get(&fence.broker).map_or(BrokerEpoch::NONE, |broker| broker.epoch);
        if state.leader != fence.broker || fence.broker == BrokerId::NONE {
            return Err(RemoteRefusal::Fenced(FencedBy::NotLeader { leader: state.leader }));
        }
        if epoch != fence.broker_epoch {
            return Err(RemoteRefusal::Fenced(FencedBy::BrokerEpoch { current: epoch }));
        }
        if state.leader_epoch != fence.leader_epoch {
            return Err(RemoteRefusal::Fenced(FencedBy::LeaderEpoch { current: state.leader_epoch }));
        }
        Ok(())
    }

    /// The remote state, for one who holds all epochs.
    fn fenced(&mut self, id: TopicIdPartition, fence: &RemoteFence) -> Result<&mut RemotePartition, RemoteRefusal> {
        self.check_leader(id, fence)?;
        let remote = self.remote_of(id)?;
        if remote.tiering_epoch != fence.tiering_epoch {
            return Err(RemoteRefusal::Fenced(FencedBy::TieringEpoch { current: remote.tiering_epoch }));
        }
        Ok(remote)
    }

    fn is_tiered(&self, id: TopicIdPartition) -> bool {
        let Some(topic) = self.topics.get(&id.topic_id) else { return false };
        let configs = self.configs.get(&ConfigResource::topic(&topic.name));
        configs.and_then(|configs| configs.get("remote.storage.enable")).is_some_and(|value| value == "true")
    }

    fn uuid_state(&self, id: TopicIdPartition, uuid: Uuid) -> UuidState {
        let buried = self.tombstones.range((id, 0)..=(id, u32::MAX)).map(|(_, tombstone)| &tombstone.remote);
        let mut states = self.remote.get(&id).into_iter().chain(buried).map(|remote| state_in(remote, uuid));
        states.find(|state| *state != UuidState::Unknown).unwrap_or(UuidState::Unknown)
    }

    fn begin(&mut self, command: &BeginTiering) -> Result<(), RemoteRefusal> {
        self.check_leader(command.partition, &command.fence)?;
        if !self.is_tiered(command.partition) {
            return Err(RemoteRefusal::TieringDisabled);
        }
        let mut next = self.remote.get(&command.partition).cloned().unwrap_or_default();
        if next.tiering_epoch != command.fence.tiering_epoch {
            return Err(RemoteRefusal::Fenced(FencedBy::TieringEpoch { current: next.tiering_epoch }));
        }
        if command.log_start < Offset(0) {
            return Err(invalid());
        }
        if next.remote_end.is_none() {
            next.log_start = next.log_start.max(Some(command.log_start));
        }
        self.remote.insert(command.partition, next);
        Ok(())
    }

    fn disable(&mut self, command: &DisableTiering) -> Result<(), RemoteRefusal> {
        let before = self.fenced(command.partition, &command.fence)?.clone();
        if self.is_tiered(command.partition) {
            return Err(RemoteRefusal::TieringEnabled);
        }
        if command.local_start < Offset(0) {
            return Err(invalid());
        }
        let next = RemotePartition {
            tiering_epoch: before.tiering_epoch + 1,
            log_start: before.log_start.max(Some(command.local_start)),
            deleted_to: before.deleted_to,
            pages_version: before.pages_version + 1,
            ..RemotePartition::default()
        };
        self.remote.insert(command.partition, next);
        self.bury(command.partition, before, command.now);
        Ok(())
    }

    pub(crate) fn bury(&mut self, id: TopicIdPartition, mut remote: RemotePartition, now: Timestamp) {
        abandon(&mut remote, now, |_| true);
        let left = remote.rows.len() + remote.pages.len() + remote.abandoned.len() + remote.delete_pending_pages.len();
        if left > 0 {
            let tiering_epoch = remote.tiering_epoch;
            self.tombstones.insert((id, tiering_epoch), RemoteTombstone { tiering_epoch, remote });
        }
    }

    fn reserve(&mut self, command: &ReserveObject) -> Result<(), RemoteRefusal> {
        let mut next = self.fenced(command.partition, &command.fence)?.clone();
        if !self.is_tiered(command.partition) {
            return Err(RemoteRefusal::TieringDisabled);
        }
        let fence = command.fence;
        let wish = Reservation {
            uuid: command.uuid,
            kind: command.kind,
            base_offset: command.base_offset,
            leader_epoch: fence.leader_epoch,
            broker_epoch: fence.broker_epoch,
            tiering_epoch: fence.tiering_epoch,
            remote_end: next.remote_end,
        };
        if [&next.reserved_segment, &next.reserved_page].into_iter().flatten().any(|live| *live == wish) {
            return Ok(());
        }
        match state_in(&next, command.uuid) {
            UuidState::Unknown => {}
            state => return Err(RemoteRefusal::UuidTaken(state)),
        }
        let log_start = next.log_start.ok_or(RemoteRefusal::NotBegun)?;
        let expected = next.remote_end.unwrap_or(log_start).max(log_start);
        let ours = |live: &Reservation| {
            (live.leader_epoch, live.broker_epoch, live.tiering_epoch)
                == (fence.leader_epoch, fence.broker_epoch, fence.tiering_epoch)
        };
        abandon(&mut next, command.now, |live| !ours(live));
        let slot = match command.kind {
            ObjectKind::Segment if command.base_offset != expected => {
                return Err(RemoteRefusal::BaseMismatch { expected });
            }
            ObjectKind::Page { pages_version } if pages_version != next.pages_version => {
                return Err(RemoteRefusal::PagesVersionMismatch { current: next.pages_version });
            }
            ObjectKind::Page { .. } if next.delete_pending_pages.len() == PENDING_PAGES => {
                return Err(RemoteRefusal::TooManyPendingPages);
            }
            ObjectKind::Segment => &next.reserved_segment,
            ObjectKind::Page { .. } => &next.reserved_page,
        };
        if let Some(live) = slot {
            return Err(RemoteRefusal::ReservationLive(live.uuid));
        }
        if unsettled(&next) == UNSETTLED {
            return Err(RemoteRefusal::TooManyAbandoned);
        }
        match command.kind {
            ObjectKind::Segment => next.reserved_segment = Some(wish),
            ObjectKind::Page { .. } => next.reserved_page = Some(wish),
        }
        self.remote.insert(command.partition, next);
        Ok(())
    }

    /// What a commit of this uuid finds: `None` if it is committed already.
    fn awaiting_commit(
        &mut self,
        id: TopicIdPartition,
        uuid: Uuid,
        fence: &RemoteFence,
    ) -> Result<Option<RemotePartition>, RemoteRefusal> {
        if self.uuid_state(id, uuid) == UuidState::Abandoned {
            return Err(RemoteRefusal::AlreadyAbandoned);
        }
        match state_in(self.remote_of(id)?, uuid) {
            UuidState::Committed => Ok(None),
            UuidState::Reserved => self.fenced(id, fence).map(|remote| Some(remote.clone())),
            UuidState::Unknown | UuidState::Abandoned => Err(RemoteRefusal::UuidUnknown),
        }
    }

    fn commit(&mut self, command: &CommitSegment) -> Result<(), RemoteRefusal> {
        let (id, row, fence) = (command.partition, &command.row, &command.fence);
        let Some(mut next) = self.awaiting_commit(id, row.uuid, fence)? else { return Ok(()) };
        let live = next.reserved_segment.take().filter(|live| live.uuid == row.uuid).ok_or_else(invalid)?;
        check_epochs(&live, fence)?;
        if live.remote_end != next.remote_end {
            return Err(RemoteRefusal::RemoteEndMoved { current: next.remote_end });
        }
        let last_epoch = next.rows.last().map_or(row.last_leader_epoch, |last| last.last_leader_epoch);
        let is_good = row.base_offset == live.base_offset
            && row.object_base_offset == live.base_offset
            && row.leader_epoch == live.leader_epoch
            && row.end_offset > row.base_offset
            && (last_epoch..=row.leader_epoch).contains(&row.last_leader_epoch)
            && row.index_position <= row.object_bytes;
        if !is_good {
            return Err(invalid());
        }
        let log_start = next.log_start.ok_or(RemoteRefusal::NotBegun)?;
        if row.end_offset <= log_start {
            return Err(RemoteRefusal::BelowLogStart { log_start });
        }
        if next.rows.len() == ROWS {
            return Err(RemoteRefusal::RowsFull);
        }
        next.remote_end = Some(row.end_offset);
        next.rows.push(Arc::new(row.clone()));
        self.remote.insert(id, next);
        Ok(())
    }

    fn replace_rows(&mut self, command: &ReplaceRows) -> Result<(), RemoteRefusal> {
        let (id, page, fence) = (command.partition, &command.page, &command.fence);
        let Some(mut next) = self.awaiting_commit(id, page.uuid, fence)? else { return Ok(()) };
        let live = next.reserved_page.take().filter(|live| live.uuid == page.uuid).ok_or_else(invalid)?;
        check_epochs(&live, fence)?;
        let reserved_for = ObjectKind::Page { pages_version: next.pages_version };
        if command.pages_version != next.pages_version || live.kind != reserved_for {
            return Err(RemoteRefusal::PagesVersionMismatch { current: next.pages_version });
        }
        let count = command.moved_rows.len();
        let oldest: Vec<Uuid> = next.rows.iter().take(count).map(|row| row.uuid).collect();
        if count == 0 || oldest != command.moved_rows {
            return Err(invalid());
        }
        let moved: Vec<_> = next.rows.drain(..count).collect();
        let replaced = match command.replaced_page {
            None => None,
            Some(uuid) => Some(next.pages.pop().filter(|last| last.uuid == uuid).ok_or_else(invalid)?),
        };
        // What the page must hold: (rows, log bytes, object bytes).
        let fresh =
            moved.iter().fold((0, 0, 0), |sum, row| (sum.0 + 1, sum.1 + row.log_bytes, sum.2 + row.object_bytes));
        let old = replaced.as_ref().map_or((0, 0, 0), |page| (page.rows, page.log_bytes, page.object_bytes));
        let (all, given) =
            ((fresh.0 + old.0, fresh.1 + old.1, fresh.2 + old.2), (page.rows, page.log_bytes, page.object_bytes));
        let base = replaced.as_ref().map_or(moved[0].base_offset, |page| page.base_offset);
        let is_whole = page.base_offset == base && given == all;
        let lacks_dead_rows = replaced.is_some()
            && page.base_offset > base
            && page.base_offset <= moved[0].base_offset
            && next.deleted_to > base
            && Some(page.base_offset) <= next.log_start
            && (fresh.0..=all.0).contains(&given.0)
            && given.1 <= all.1
            && given.2 <= all.2;
        let is_good = page.leader_epoch == live.leader_epoch
            && page.base_offset == live.base_offset
            && page.page_bytes <= PAGE_BYTES
            && moved.last().is_some_and(|last| last.end_offset == page.end_offset)
            && (is_whole || lacks_dead_rows);
        if !is_good {
            return Err(invalid());
        }
        next.delete_pending_pages.extend(replaced);
        next.pages.push(Arc::new(page.clone()));
        next.pages_version += 1;
        self.remote.insert(id, next);
        Ok(())
    }

    fn abandon_object(&mut self, command: &AbandonObject) -> UuidState {
        if let Some(remote) = self.remote.get_mut(&command.partition) {
            abandon(remote, command.now, |live| live.uuid == command.uuid);
        }
        self.uuid_state(command.partition, command.uuid)
    }

    fn advance_tombstone(&mut self, command: &AdvanceTombstone) -> Result<(), RemoteRefusal> {
        let key = (command.partition, command.tiering_epoch);
        let Some(tombstone) = self.tombstones.get_mut(&key) else { return Ok(()) };
        let remote = &mut tombstone.remote;
        forget(remote, &command.forgotten);
        if let Some(mark) = command.deleted_to {
            drop_below(remote, mark);
            return Ok(());
        }
        let left = remote.rows.len() + remote.pages.len() + remote.abandoned.len() + remote.delete_pending_pages.len();
        if left > 0 {
            let left = u32::try_from(left).expect("a tombstone names few objects");
            return Err(RemoteRefusal::TombstoneNotEmpty { left });
        }
        self.tombstones.remove(&key);
        Ok(())
    }
}

fn check_epochs(live: &Reservation, fence: &RemoteFence) -> Result<(), RemoteRefusal> {
    let epochs = (live.leader_epoch, live.broker_epoch, live.tiering_epoch);
    if epochs == (fence.leader_epoch, fence.broker_epoch, fence.tiering_epoch) {
        Ok(())
    } else {
        Err(RemoteRefusal::Fenced(FencedBy::Reservation))
    }
}
