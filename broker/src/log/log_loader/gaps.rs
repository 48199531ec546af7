//! Offsets between two segments that no batch holds.
//!
//! Owns: whether they were compacted away, were never durable, or are lost. Does not own: holes within one file
//! (`log_segment/recover.rs`), what happens to the segments behind.
//!
//! A segment begins where the one before it ended, whatever the offsets of the batches that a follower fetches: only this
//! replica's cleaner opens a gap between two files. A closed segment's seal names the segment that followed, before and after it
//! was cleaned. Where there is no seal, it counts whether the log was ever compacted here.

use strata_compat::ids::Offset;

/// What is known of the offsets from the end of one segment to the base of the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// Where the one segment ends.
    pub(super) end: Offset,
    /// Where the next begins.
    pub(super) base: Offset,
    /// The base offset that followed by the seal of the one.
    pub(super) sealed_next: Option<Offset>,
    /// Whether the log is compacted, or was.
    pub(super) is_compacted: bool,
    /// The newest known log start.
    pub(super) log_start: Option<Offset>,
    /// All below was durable.
    pub(super) proven_end: Offset,
    /// Whether the directory was closed in order.
    pub(super) clean: bool,
}

/// What a gap is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The next segment continues the log.
    Continues,
    /// What is missing was never durable, nor is what follows part of the log: a power cut may keep the name of a new segment,
    /// and what was written back of it, and lose the end of the one before.
    Ends,
    /// What is missing was durable.
    Lost,
}

impl Gap {
    /// Whether the missing offsets were compacted away.
    fn is_explained(&self) -> bool {
        self.sealed_next.map_or(self.is_compacted, |next| next >= self.base)
    }

    /// What is to be thought of it.
    pub(super) fn judge(&self) -> Verdict {
        // Nobody reads below the log start: what is left there may go in any order.
        let is_below_start = self.log_start.is_some_and(|start| self.base <= start);
        if self.end >= self.base || is_below_start || self.is_explained() {
            Verdict::Continues
        } else if self.clean || self.base <= self.proven_end || self.end < self.proven_end {
            Verdict::Lost
        } else {
            Verdict::Ends
        }
    }

    /// Whether the segments below `base` were on their way out, where a segment whose deletion had begun lies in the gap.
    /// Deletion goes from the front; what a compaction left behind is none.
    pub(super) fn is_torn_deletion(&self) -> bool {
        self.end < self.base && !self.is_explained()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Gap = Gap {
        end: Offset(20),
        base: Offset(30),
        sealed_next: None,
        is_compacted: false,
        log_start: None,
        proven_end: Offset(0),
        clean: false,
    };

    fn sealed(next: i64) -> Gap {
        Gap { sealed_next: Some(Offset(next)), ..GAP }
    }

    #[test]
    fn a_gap_is_lost_records_unless_a_seal_the_cleaner_or_the_log_start_explains_it() {
        let clean = |gap: Gap| Gap { clean: true, ..gap };
        let compacted = |gap: Gap| Gap { is_compacted: true, ..gap };
        let proven = |end| Gap { proven_end: Offset(end), ..GAP };
        let table = [
            (Gap { end: Offset(30), ..clean(GAP) }, Verdict::Continues, "no gap"),
            (GAP, Verdict::Ends, "nothing of it was durable"),
            (proven(20), Verdict::Ends, "up to its end it was"),
            (proven(21), Verdict::Lost, "a part of what is missing was"),
            (proven(30), Verdict::Lost, "all that is missing was"),
            (clean(GAP), Verdict::Lost, "the directory was closed in order"),
            (clean(sealed(30)), Verdict::Continues, "the next is the one that followed, whatever the policy"),
            (Gap { proven_end: Offset(90), ..sealed(30) }, Verdict::Continues, "the same after a crash"),
            (clean(compacted(GAP)), Verdict::Continues, "no seal, and the log was compacted"),
            (clean(compacted(sealed(25))), Verdict::Lost, "another followed, and is lost, compacted or not"),
            (compacted(sealed(25)), Verdict::Ends, "the same of what was never durable"),
            (Gap { log_start: Some(Offset(30)), ..clean(sealed(25)) }, Verdict::Continues, "below the log start"),
            (Gap { log_start: Some(Offset(29)), ..clean(GAP) }, Verdict::Lost, "partly above the log start"),
        ];
        for (gap, verdict, what) in table {
            assert_eq!(gap.judge(), verdict, "{what}");
        }
    }

    #[test]
    fn a_deletion_is_torn_only_where_nothing_was_compacted() {
        let table = [
            (GAP, true, "one segment is missing"),
            (sealed(20), true, "the one that is missing had followed"),
            (sealed(30), false, "what followed is there"),
            (Gap { is_compacted: true, ..GAP }, false, "the cleaner may have taken it"),
            (Gap { end: Offset(30), ..GAP }, false, "nothing is missing"),
        ];
        for (gap, torn, what) in table {
            assert_eq!(gap.is_torn_deletion(), torn, "{what}");
        }
    }
}
