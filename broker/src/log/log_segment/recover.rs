//! Building a segment's indexes anew from its data file, batch by batch with CRC.
//!
//! Owns: what counts as a whole batch in the right place. Does not own: what happens to the bytes after it. The indexes stay in
//! memory: those of the segment that is appended to are written when it is flushed, of a closed one when it is sealed.

use std::fs;
use std::ops::Range;

use strata_compat::ids::{LeaderEpoch, Offset};
use strata_compat::record_batch::BatchHeader;

use super::indexes::{Indexes, OpenIndexes};
use super::{LOG_SUFFIX, LogSegment, SegmentContext, SegmentPlace, State};
use crate::log::error::LogError;
use crate::log::log_dir::file_io::OpenMode;
use crate::log::offset_index::relative_offset;
use crate::log::segment_scan::{BatchScanner, Following, Scanned};
use crate::log::segment_seal::{Found, SEAL_SUFFIX, SegmentSeal};

/// Where a file stops being a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Byte position.
    pub(crate) position: u64,
    /// Bytes from there to the end of the file.
    pub(crate) bytes: u64,
    /// What is wrong.
    pub(crate) reason: String,
}

/// A segment whose indexes were built anew over its whole batches.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) segment: LogSegment,
    pub(crate) damage: Option<Damage>,
    /// The first batch of each epoch in the file.
    pub(crate) epochs: Vec<(LeaderEpoch, Offset)>,
    /// Whether the seal that lies there tells of what was found. It stays: what follows the segment is judged by it.
    pub(crate) is_sealed: bool,
}

/// What is known of a segment besides its batches, by which a hole in their offsets is judged.
///
/// A hole is no damage: a replica that fetched what its leader had compacted has holes wherever they were, whatever the policy
/// is today. But no CRC covers a batch's base offset, and a flipped bit in it looks like a hole. What follows tells them apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings {
    /// Below, what stands in the file was fsynced, or written again from the journal.
    pub(crate) proven_end: Offset,
    /// Whether it is the end of a batch, and not one that a cut went below since.
    pub(crate) is_exact: bool,
    /// Whether this replica is known to hold what was compacted.
    pub(crate) is_compacted: bool,
    /// Base offset of the segment that follows.
    pub(crate) next_base: Option<Offset>,
    /// Where the segment ends by a seal that speaks of a file of this size.
    pub(crate) sealed_end: Option<Offset>,
}

impl Surroundings {
    /// Where only batches and CRCs count.
    pub(crate) const ANY: Self =
        Self { proven_end: Offset(i64::MAX), is_exact: false, is_compacted: true, next_base: None, sealed_end: None };

    /// Whether a batch with the offsets of `batch` may stand where `expected` is next. `following` stands
    /// behind it.
    fn bear_out(&self, expected: Offset, batch: Range<Offset>, following: Following) -> bool {
        if self.next_base.is_some_and(|base| batch.end > base) {
            return false;
        }
        if let Following::Batch(following) = following {
            return following >= batch.end;
        }
        // The seal tells where the file ends, and that is not here where damage follows.
        if following == Following::End && self.sealed_end.is_some_and(|end| end != batch.end) {
            return false;
        }
        if [self.next_base, self.sealed_end].contains(&Some(batch.end)) {
            return true;
        }
        let is_proven = expected < self.proven_end;
        // What is proven ends where a batch ends: one that begins above and stands where offsets below are next has the place
        // of another.
        let contradicts = self.is_exact && is_proven && batch.start >= self.proven_end;
        !contradicts && (is_proven || self.is_compacted)
    }
}

impl LogSegment {
    /// Reads the whole file; the segment holds what comes before the first damage.
    pub(crate) fn recover(
        place: SegmentPlace,
        context: &SegmentContext,
        surroundings: Surroundings,
    ) -> Result<Recovered, LogError> {
        let path = place.file(LOG_SUFFIX);
        let file = context.log_dir.open_file(&path, OpenMode::Read)?;
        let size = file.len()?;
        let mut state = State::new(place);
        if let Ok(metadata) = fs::metadata(&path) {
            state.last_append = super::millis(metadata.modified());
            state.first_append = super::millis(metadata.created()).or(state.last_append);
        }
        let (log_dir, interval) = (&context.log_dir, u64::from(context.index_interval_bytes));
        let seal =
            match SegmentSeal::read(log_dir, &state.place.file(SEAL_SUFFIX), &state.place.directory, state.place.base)?
            {
                Found::Whole(seal) if seal.log_bytes == size => Some(seal),
                Found::Whole(_) | Found::Damaged | Found::Missing => None,
            };
        let surroundings = Surroundings { sealed_end: seal.map(|seal| seal.end_offset), ..surroundings };
        if size > 0 {
            // Whatever the files say: they are built anew.
            state.indexes = Indexes::Open(Box::new(OpenIndexes::create(log_dir, &state.place)?));
        }
        let mut scanner = BatchScanner::new(&file, &path, 0, size).checking_crc();
        let mut epochs: Vec<(LeaderEpoch, Offset)> = Vec::new();
        let mut damage = None;
        let damaged = |position: u64, reason: String| Some(Damage { position, bytes: size - position, reason });
        loop {
            match scanner.step()? {
                Scanned::End => break,
                Scanned::Damaged { position, reason } => {
                    damage = damaged(position, reason);
                    break;
                }
                Scanned::Batch { position, header, bytes } => {
                    let newest = epochs.last().map_or(LeaderEpoch::NONE, |(epoch, _)| *epoch);
                    if let Some(reason) = out_of_place(&header, &state, newest, (surroundings, &mut scanner))? {
                        damage = damaged(position, reason);
                        break;
                    }
                    if header.leader_epoch > newest {
                        epochs.push((header.leader_epoch, header.base_offset));
                    }
                    let batch_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    state.note_batch(&header, batch_bytes, (log_dir, interval))?;
                }
            }
        }
        let sealed = seal.filter(|seal| (seal.log_bytes, seal.end_offset) == (state.size, state.end_offset));
        state.next_base = sealed.and_then(|seal| seal.next_base);
        Ok(Recovered { segment: Self::with_state(state, context), damage, epochs, is_sealed: sealed.is_some() })
    }

    /// Cuts the file after what [`LogSegment::recover`] found whole; a seal that tells of anything else goes first. It is fsynced
    /// where that cuts anything, and where not all that it holds `is_durable`.
    pub(crate) fn settle(&self, is_sealed: bool, is_durable: bool) -> Result<(), LogError> {
        let state = self.state.lock();
        if !is_sealed {
            self.log_dir.remove_file(&state.place.file(SEAL_SUFFIX))?;
        }
        let file = state.open_for_write(&self.log_dir)?;
        let is_cut = file.len()? > state.size;
        if is_cut {
            file.set_len(state.size)?;
        }
        if is_cut || !is_durable { file.sync_all() } else { Ok(()) }
    }

    /// Makes the indexes of a closed segment durable that were built anew, and its seal.
    pub(crate) fn seal(&self) -> Result<(), LogError> {
        let is_sealed = self.state.lock().seal(&self.log_dir, false)?;
        if is_sealed { self.sync_seal() } else { Ok(()) }
    }
}

/// Why the batch with this header, behind which `scanner` stands, is not the next of the log.
fn out_of_place(
    header: &BatchHeader,
    state: &State,
    newest: LeaderEpoch,
    around: (Surroundings, &mut BatchScanner<'_>),
) -> Result<Option<String>, LogError> {
    let (surroundings, scanner) = around;
    let (base, expected) = (header.base_offset, state.end_offset);
    if base < expected {
        return Ok(Some(format!("a batch at offset {base} where {expected} is next")));
    }
    if header.leader_epoch < newest {
        return Ok(Some(format!("epoch {} after epoch {newest}", header.leader_epoch)));
    }
    if base == expected {
        return Ok(None);
    }
    let is_in_reach = relative_offset(state.place.base, header.last_offset()).is_some();
    let is_sound = is_in_reach && surroundings.bear_out(expected, base..header.end_offset(), scanner.peek()?);
    Ok((!is_sound).then(|| format!("offsets {expected} to {} are missing", base.previous())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_sound_where_what_follows_or_what_is_known_bears_it_out() {
        use Following::{Batch, Damage, End};

        let log = Surroundings {
            proven_end: Offset(0),
            is_exact: true,
            is_compacted: false,
            next_base: None,
            sealed_end: None,
        };
        let proven = |end| Surroundings { proven_end: Offset(end), ..log };
        let before = |base| Surroundings { next_base: Some(Offset(base)), ..log };
        let compacted = Surroundings { is_compacted: true, ..log };
        // A batch of the offsets 20 and 21 where 10 is next.
        let table = [
            (log, Batch(Offset(22)), true, "the next batch goes on behind it"),
            (log, Batch(Offset(30)), true, "there is another hole behind it"),
            (log, Batch(Offset(12)), false, "the next batch goes on behind the offset that was expected"),
            (compacted, Batch(Offset(12)), false, "the same in a compacted log"),
            (proven(100), Batch(Offset(12)), false, "the same in what was durable"),
            (log, End, false, "nothing bears it out"),
            (compacted, End, true, "the log has holes"),
            (proven(22), End, true, "it stands in what was durable"),
            (proven(11), End, false, "what was durable ends where no batch does"),
            (Surroundings { is_exact: false, ..proven(11) }, End, true, "a cut may have gone below"),
            (Surroundings { proven_end: Offset(11), ..compacted }, End, false, "the same in a compacted log"),
            (proven(10), End, false, "it stands behind what was durable"),
            (Surroundings { proven_end: Offset(10), ..compacted }, End, true, "the same in a compacted log"),
            (Surroundings { sealed_end: Some(Offset(23)), ..compacted }, End, false, "the seal tells of another end"),
            (Surroundings { sealed_end: Some(Offset(23)), ..compacted }, Damage, true, "the same, but damage follows"),
            (before(22), End, true, "the next segment goes on behind it"),
            (before(30), End, false, "the next segment goes on elsewhere"),
            (Surroundings { sealed_end: Some(Offset(22)), ..before(30) }, End, true, "the seal tells of this very end"),
            (Surroundings { sealed_end: Some(Offset(23)), ..before(30) }, End, false, "the seal tells of another"),
            (before(21), Batch(Offset(22)), false, "it reaches into the next segment"),
            (Surroundings { next_base: Some(Offset(21)), ..Surroundings::ANY }, End, false, "the same, though proven"),
            (Surroundings::ANY, End, true, "nothing else is asked"),
        ];
        for (surroundings, following, sound, what) in table {
            let batch = Offset(20)..Offset(22);
            assert_eq!(surroundings.bear_out(Offset(10), batch, following), sound, "{what}");
        }
    }
}
