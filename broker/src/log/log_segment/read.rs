//! Finding and reading the batches of a segment's file.
//!
//! Owns: the walk from an index entry to a batch, what is whole and sound of what was read, scans. Does not own: where the file
//! lies, or what is known of it (`log_segment.rs`).
//!
//! Invariant: where damage is found, nothing from there on is lent any longer (`summed_ranges.rs`); where it is not known to begin,
//! nothing of the segment is.

use std::ops::RangeInclusive;
use std::path::Path;

use bytes::Bytes;
use strata_compat::ids::Offset;
use strata_compat::record_batch::{BatchHeader, HEADER_BYTES, verify_crc};

use super::{LOG_SUFFIX, LogSegment};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::LogFile;
use crate::log::segment_scan::{ADVICE, BatchScanner, read_at};
use crate::log::types::Access;

/// Bytes read to find a batch by its header: as far as two entries of the offset index lie apart, within these bounds.
const LOCATE_BYTES: RangeInclusive<usize> = 4 << 10..=16 << 10;

/// What was found when a batch was looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located {
    /// Where the batch begins.
    pub(crate) position: u64,
    /// Its header.
    pub(crate) header: BatchHeader,
}

/// Whole batches read from a segment.
#[derive(Clone, Debug)]
pub(crate) struct SegmentRead {
    /// The batches, back to back.
    pub(crate) bytes: Bytes,
    /// Where in the file they begin.
    pub(crate) position: u64,
    /// Base offset of the first.
    pub(crate) first_base_offset: Offset,
    /// The offset after the last.
    pub(crate) end_offset: Offset,
}

enum Walk {
    Found(Located),
    /// The index entry does not lead to the batch that it names.
    WrongEntry(String),
    Ended,
}

impl LogSegment {
    /// The first batch whose last offset is at or above `offset`.
    pub(crate) fn locate(&self, offset: Offset) -> Result<Option<Located>, LogError> {
        if offset >= self.end_offset() {
            return Ok(None);
        }
        let file = self.reader()?;
        self.locate_in(&file, offset, Access::Waits).inspect_err(|error| self.forget_if_damaged(error))
    }

    /// The same in a file of this segment that is open already.
    pub(super) fn locate_in(
        &self,
        file: &LogFile,
        offset: Offset,
        access: Access,
    ) -> Result<Option<Located>, LogError> {
        let (entry, size, path) = {
            let mut state = self.state_by(access)?;
            if offset >= state.end_offset {
                return Ok(None);
            }
            (self.entry_before(&mut state, offset)?, state.size, state.place.file(LOG_SUFFIX))
        };
        let source = (file, path.as_path(), access);
        let walk = match self.walk_to(source, (entry, size), offset)? {
            Walk::WrongEntry(what) if access == Access::AtOnce => {
                return Err(LogError::new(LogErrorKind::Unavailable, what));
            }
            Walk::WrongEntry(what) => {
                self.replace_wrong_indexes(&what);
                self.walk_to(source, (None, size), offset)?
            }
            walk => walk,
        };
        // What the file holds must end where the segment does, as its seal or its indexes said: another segment's file of the
        // same size does not. A truncation meanwhile moves that end.
        let end_offset = self.state_by(access)?.end_offset;
        match walk {
            Walk::Found(located) if located.header.end_offset() > end_offset && offset < end_offset => {
                Err(LogError::corrupt_segment(format!(
                    "{} is damaged at position {}: a batch at offset {} in a segment that ends at {end_offset}; {ADVICE}",
                    path.display(),
                    located.position,
                    located.header.base_offset
                )))
            }
            Walk::Found(located) => Ok(Some(located)),
            Walk::WrongEntry(_) | Walk::Ended if offset < end_offset => Err(LogError::corrupt_segment(format!(
                "{} is damaged at position {size}: no batch for offset {offset} in a segment that ends at {end_offset}; {ADVICE}",
                path.display()
            ))),
            Walk::WrongEntry(_) | Walk::Ended => Ok(None),
        }
    }

    /// From the batch that `entry` names, or from the beginning, to the first one whose last offset is at or above `offset`.
    fn walk_to(
        &self,
        (file, path, access): (&LogFile, &Path, Access),
        range: (Option<(Offset, u64)>, u64),
        offset: Offset,
    ) -> Result<Walk, LogError> {
        let (entry, size) = range;
        let mut position = entry.map_or(0, |(_, position)| position);
        let interval = usize::try_from(self.index_interval_bytes).unwrap_or(usize::MAX);
        let window_bytes = interval.clamp(*LOCATE_BYTES.start(), *LOCATE_BYTES.end());
        let mut window = Bytes::new();
        let mut window_at = 0_u64;
        let mut previous_end = self.base_offset;
        // What stands where the entry points must be the batch that it names.
        let mut named = entry.map(|(last_offset, _)| last_offset);
        while position < size {
            let within = usize::try_from(position.saturating_sub(window_at)).unwrap_or(usize::MAX);
            if window.len() < within.saturating_add(HEADER_BYTES) {
                let left = usize::try_from(size - position).unwrap_or(usize::MAX);
                window = access.read_at(file, position, left.min(window_bytes))?;
                window_at = position;
            }
            let start = usize::try_from(position - window_at).unwrap_or(usize::MAX);
            let parsed = parse_sane(window.get(start..).unwrap_or_default(), path, position, previous_end);
            let header = match (named.take(), parsed) {
                (Some(last_offset), Ok(header)) if header.last_offset() != last_offset => {
                    return Ok(Walk::WrongEntry(format!("position {position} is not of offset {last_offset}")));
                }
                (Some(_), Err(error)) => return Ok(Walk::WrongEntry(error.to_string())),
                (_, parsed) => parsed?,
            };
            if header.last_offset() >= offset {
                return Ok(Walk::Found(Located { position, header }));
            }
            previous_end = header.end_offset();
            position = position.saturating_add(u64::try_from(header.size_bytes()).unwrap_or(u64::MAX));
        }
        Ok(match named {
            Some(_) => Walk::WrongEntry(format!("position {position} lies beyond the log")),
            None => Walk::Ended,
        })
    }

    /// Whole batches from the one that holds `offset`, at most `bytes_max` bytes of them (at least one where `min_one`), none
    /// that ends above `upper_bound`.
    pub(crate) fn read(
        &self,
        offset: Offset,
        bytes_max: usize,
        upper_bound: Offset,
        min_one: bool,
    ) -> Result<Option<SegmentRead>, LogError> {
        let Some(located) = self.locate(offset)? else {
            return Ok(None);
        };
        if located.header.end_offset() > upper_bound {
            return Ok(None);
        }
        let first_bytes = located.header.size_bytes();
        if first_bytes > bytes_max && !min_one {
            return Ok(None);
        }
        let (size, segment_end, path) = {
            let state = self.state.lock();
            (state.size, state.end_offset, state.place.file(LOG_SUFFIX))
        };
        let left = usize::try_from(size.saturating_sub(located.position)).unwrap_or(usize::MAX);
        if first_bytes > left {
            self.forget_sound_from(located.position);
            return Err(LogError::corrupt_segment(format!(
                "{} is damaged at position {}: the batch at offset {} is longer than the file; {ADVICE}",
                path.display(),
                located.position,
                located.header.base_offset
            )));
        }
        let file = self.reader()?;
        let bytes = read_at(&file, located.position, bytes_max.max(first_bytes).min(left))?;
        // What is said to lie beyond the segment's end is damaged: the next read begins there and says so.
        let found = whole_batches(&bytes, &path, &located, upper_bound.min(segment_end));
        let damaged_at = match &found {
            Ok(whole) => whole.is_damaged_behind.then_some(located.position.saturating_add(whole.bytes as u64)),
            Err(_) => Some(located.position),
        };
        if let Some(position) = damaged_at {
            self.forget_sound_from(position);
        }
        let WholeBatches { bytes: kept, end_offset, .. } = found?;
        let (bytes, position, first_base_offset) = (bytes.slice(..kept), located.position, located.header.base_offset);
        Ok(Some(SegmentRead { bytes, position, first_base_offset, end_offset }))
    }

    /// Whatever found it: what is read has come into the page cache with it.
    pub(super) fn forget_if_damaged(&self, error: &LogError) {
        if error.kind() == LogErrorKind::Corrupt {
            self.forget_sound_from(0);
        }
    }

    /// Position of the first batch whose last offset is at or above `offset`; the size if there is none. Not from the index
    /// alone: a batch between two of its entries may be of any size, and retention must not take it for stored twice.
    pub(crate) fn position_of(&self, offset: Offset) -> Result<u64, LogError> {
        if offset <= self.base_offset {
            return Ok(0);
        }
        let size = self.state.lock().size;
        Ok(self.locate(offset)?.map_or(size, |located| located.position))
    }

    /// A scan of the batches from the one that holds `from` on; `visit` answers whether to go on.
    pub(crate) fn visit_from(
        &self,
        from: Offset,
        visit: impl FnMut(&BatchHeader, &Bytes) -> Result<bool, LogError>,
    ) -> Result<(), LogError> {
        self.scan_from(from, |scanner| scanner, visit)
    }

    /// The same, where a wrong checksum is damage, too: for what is to be written anew.
    pub(crate) fn visit_summed_from(
        &self,
        from: Offset,
        visit: impl FnMut(&BatchHeader, &Bytes) -> Result<bool, LogError>,
    ) -> Result<(), LogError> {
        self.scan_from(from, |scanner| scanner.checking_crc(), visit)
    }

    fn scan_from(
        &self,
        from: Offset,
        prepared: fn(BatchScanner<'_>) -> BatchScanner<'_>,
        mut visit: impl FnMut(&BatchHeader, &Bytes) -> Result<bool, LogError>,
    ) -> Result<(), LogError> {
        let Some(located) = self.locate(from)? else {
            return Ok(());
        };
        let file = self.reader()?;
        let (size, path) = {
            let state = self.state.lock();
            (state.size, state.place.file(LOG_SUFFIX))
        };
        let mut scanner = prepared(BatchScanner::new(&file, &path, located.position, size));
        let mut scan = || -> Result<(), LogError> {
            while let Some((_, header, bytes)) = scanner.step_sound()? {
                if !visit(&header, &bytes)? {
                    break;
                }
            }
            Ok(())
        };
        scan().inspect_err(|error| self.forget_if_damaged(error))
    }
}

/// A header that can stand at `position` after a batch that ended at `previous_end`.
fn parse_sane(bytes: &[u8], path: &Path, position: u64, previous_end: Offset) -> Result<BatchHeader, LogError> {
    let header = BatchHeader::parse(bytes).map_err(|error| {
        LogError::corrupt_segment(format!(
            "{} is damaged at position {position}, after offset {previous_end}: {error}; {ADVICE}",
            path.display()
        ))
    })?;
    if header.base_offset < previous_end {
        return Err(LogError::corrupt_segment(format!(
            "{} is damaged at position {position}: a batch at offset {} after offset {previous_end}; {ADVICE}",
            path.display(),
            header.base_offset
        )));
    }
    Ok(header)
}

/// What was found of whole and sound batches.
struct WholeBatches {
    bytes: usize,
    end_offset: Offset,
    /// Whether the next one is not sound.
    is_damaged_behind: bool,
}

/// How many bytes of `bytes` are whole batches that end at or below `upper_bound`, each with the checksum that it was appended
/// with, and where they end.
fn whole_batches(bytes: &Bytes, path: &Path, located: &Located, upper_bound: Offset) -> Result<WholeBatches, LogError> {
    let mut is_damaged_behind = false;
    let mut kept = located.header.size_bytes();
    let mut end_offset = located.header.end_offset();
    verify_crc(bytes.get(..kept).unwrap_or_default()).map_err(|error| {
        LogError::corrupt_segment(format!(
            "{} is damaged at position {}, at offset {}: {error}; restore the file or delete the records up to {}",
            path.display(),
            located.position,
            located.header.base_offset,
            end_offset
        ))
    })?;
    while bytes.len() >= kept.saturating_add(HEADER_BYTES) {
        let position = located.position.saturating_add(u64::try_from(kept).unwrap_or(u64::MAX));
        // What comes before damage is answered; the next read begins there and says so.
        let Ok(header) = parse_sane(bytes.get(kept..).unwrap_or_default(), path, position, end_offset) else {
            is_damaged_behind = true;
            break;
        };
        let next = kept.saturating_add(header.size_bytes());
        if next > bytes.len() || header.end_offset() > upper_bound {
            break;
        }
        is_damaged_behind = verify_crc(bytes.get(kept..next).unwrap_or_default()).is_err();
        if is_damaged_behind {
            break;
        }
        kept = next;
        end_offset = header.end_offset();
    }
    Ok(WholeBatches { bytes: kept, end_offset, is_damaged_behind })
}
