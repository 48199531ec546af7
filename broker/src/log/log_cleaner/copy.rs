//! One round of cleaning on one log.
//!
//! Owns: reading the dirty range into the map, writing cleaned segments, swapping them in. Does not own: the plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_compat::compression::DecompressLimits;
use strata_compat::ids::{Offset, ProducerId, Timestamp};
use strata_compat::record_batch::BatchHeader;
use strata_compat::records;

use super::filter::{Filter, damaged, is_aborted};
use super::{CleanOutcome, CleanerInput, CleanerPlan, OffsetMap, cleaner_plan, group_segments};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_segment::{CLEANED_SUFFIX, LogSegment, SWAP_SUFFIX};
use crate::log::types::{AbortedTransaction, SegmentInfo};
use crate::log::unified_log::UnifiedLog;

/// What the keys of one batch may grow to when they are decompressed.
const BATCH_BYTES_MAX: usize = 256 << 20;

impl UnifiedLog {
    /// What cleaning would do to this log now. `checkpoint` is where the last round ended.
    pub fn plan_cleaning(
        &self,
        checkpoint: Option<Offset>,
        last_stable: Offset,
        now: Timestamp,
    ) -> Result<Option<CleanerPlan>, LogError> {
        let config = self.config();
        if !config.cleanup_policy.compact {
            return Ok(None);
        }
        let (segments, offsets) = (self.segments(), self.offsets());
        let dirty = checkpoint.unwrap_or(offsets.log_start).max(offsets.log_start);
        let first_dirty_timestamp = match self.closed_segments(dirty, offsets.active_base).first() {
            Some(segment) => Some(segment.first_timestamp()?),
            None => None,
        };
        Ok(cleaner_plan(&CleanerInput {
            segments: &segments,
            checkpoint,
            log_start: offsets.log_start,
            log_end: offsets.log_end,
            stable_end: last_stable.min(offsets.recovery_point),
            first_dirty_timestamp,
            config: &config,
            now,
        }))
    }

    /// Cleans as planned, with at most `map_bytes` for the map of keys. Where they do not suffice the round ends earlier.
    pub fn clean(&self, plan: &CleanerPlan, map_bytes: u64, now: Timestamp) -> Result<CleanOutcome, LogError> {
        let truncations = self.truncations();
        let aborted = self.aborted_transactions(Offset(0), plan.first_uncleanable)?;
        let map = self.build_map(plan, map_bytes, &aborted)?;
        let last_of_producer: BTreeMap<ProducerId, Offset> =
            self.producers().iter().filter_map(|entry| Some((entry.producer_id, entry.last_offset()?))).collect();
        let filter = Filter {
            map: &map,
            aborted: &aborted,
            last_of_producer: &last_of_producer,
            round_end: plan.first_uncleanable,
            delete_retention_ms: self.config().delete_retention_ms,
            now,
        };
        let mut outcome = CleanOutcome { cleaned_to: map.end(), ..CleanOutcome::default() };
        let infos: Vec<SegmentInfo> = self
            .closed_segments(Offset(0), plan.first_uncleanable)
            .iter()
            .map(|segment| segment.info())
            .filter(|info| info.base_offset < map.end() && info.end_offset <= plan.first_uncleanable)
            .collect();
        for group in group_segments(&infos, &self.config()) {
            self.clean_group(&group, &filter, truncations, &mut outcome)?;
        }
        Ok(outcome)
    }

    fn build_map(
        &self,
        plan: &CleanerPlan,
        map_bytes: u64,
        aborted: &[AbortedTransaction],
    ) -> Result<OffsetMap, LogError> {
        let mut map = OffsetMap::new(map_bytes, plan.first_dirty);
        let mut full = false;
        for segment in self.closed_segments(plan.first_dirty, plan.first_uncleanable) {
            if full || segment.base_offset() >= plan.first_uncleanable {
                break;
            }
            // A damaged key would take the place of a sound one.
            segment.visit_summed_from(plan.first_dirty.max(segment.base_offset()), |header, batch| {
                if header.base_offset >= plan.first_uncleanable {
                    return Ok(false);
                }
                if !header.is_control() && !is_aborted(header, aborted) {
                    full = !put_keys(&mut map, header, batch, plan.first_dirty)?;
                }
                if !full {
                    map.advance_to(header.end_offset());
                }
                Ok(!full)
            })?;
        }
        Ok(map)
    }

    fn clean_group(
        &self,
        group: &[SegmentInfo],
        filter: &Filter<'_>,
        truncations: u64,
        outcome: &mut CleanOutcome,
    ) -> Result<(), LogError> {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            return Ok(());
        };
        let bases: Vec<Offset> = group.iter().map(|segment| segment.base_offset).collect();
        let cleaned = self.new_segment(first.base_offset, CLEANED_SUFFIX)?;
        let before: u64 = group.iter().map(|segment| segment.bytes).sum();
        let result = self.copy_group(&bases, &cleaned, filter);
        let changed = match result {
            Ok(changed) => changed,
            Err(error) => {
                cleaned.delete()?;
                return Err(error);
            }
        };
        outcome.bytes_before += before;
        outcome.bytes_after += cleaned.size();
        if !changed && group.len() == 1 {
            return cleaned.delete();
        }
        cleaned.deactivate(self.base_after(last.base_offset))?;
        cleaned.flush()?;
        cleaned.set_appended(first.first_append, last.last_append)?;
        cleaned.change_suffix(SWAP_SUFFIX)?;
        self.log_dir().sync_dir(self.directory())?;
        outcome.segments_replaced += bases.len();
        self.swap_in(cleaned, &bases, truncations, filter.now)
    }

    /// Copies what remains; false if that is everything.
    fn copy_group(&self, bases: &[Offset], cleaned: &LogSegment, filter: &Filter<'_>) -> Result<bool, LogError> {
        let mut changed = false;
        for base in bases {
            let Some(segment) = self.segment_at(*base) else {
                return Err(LogError::new(LogErrorKind::Unavailable, format!("segment {base} has left the log")));
            };
            // What is written anew gets a checksum that is right, and what is appended counts as sound.
            segment.visit_summed_from(*base, |header, batch| {
                match filter.apply(header, batch)? {
                    None => changed = true,
                    Some(kept) => {
                        changed |= kept.len() != batch.len() || kept.as_ptr() != batch.as_ptr();
                        append_kept(cleaned, &kept, filter.now)?;
                    }
                }
                Ok(true)
            })?;
            let mut aborted = Vec::new();
            segment.collect_aborted(*base, segment.end_offset(), &mut aborted)?;
            for transaction in aborted {
                cleaned.append_aborted(transaction)?;
            }
        }
        Ok(changed)
    }

    fn swap_in(
        &self,
        cleaned: LogSegment,
        replaced: &[Offset],
        truncations: u64,
        now: Timestamp,
    ) -> Result<(), LogError> {
        self.replace_segments(Arc::new(cleaned), replaced, truncations, now)
    }
}

fn append_kept(cleaned: &LogSegment, kept: &[u8], now: Timestamp) -> Result<(), LogError> {
    let header = BatchHeader::parse(kept)
        .map_err(|error| LogError::with_source(LogErrorKind::Internal, "a batch built by the cleaner", error))?;
    cleaned.append(kept, &[header], now, |_| Ok(()))
}

/// False if the map is full.
fn put_keys(map: &mut OffsetMap, header: &BatchHeader, batch: &bytes::Bytes, from: Offset) -> Result<bool, LogError> {
    let limits = DecompressLimits::new(BATCH_BYTES_MAX);
    for record in records::iterate(batch, limits).map_err(|error| damaged(header, &error))? {
        let record = record.map_err(|error| damaged(header, &error))?;
        let Some(key) = record.key.as_ref().filter(|_| record.offset >= from) else {
            continue;
        };
        if !map.put(key, record.offset) {
            return Ok(false);
        }
    }
    Ok(true)
}
