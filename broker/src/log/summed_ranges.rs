//! Which bytes of a segment file were found sound since this process began.
//!
//! Owns: byte ranges of whole batches whose checksums were right, when they were appended or when they were read. Does not own: what
//! may be done with such bytes.

use std::ops::Range;

/// So many ranges are remembered of a segment; beyond them the shortest is forgotten, and read and summed anew.
const RANGES_MAX: usize = 8;

/// Ranges of sound bytes, ascending and apart from each other.
#[derive(Debug, Default)]
pub(crate) struct SummedRanges(Vec<Range<u64>>);

impl SummedRanges {
    /// These bytes are sound.
    pub(crate) fn note(&mut self, mut sound: Range<u64>) {
        if sound.is_empty() {
            return;
        }
        if let Some(last) = self.0.last_mut().filter(|last| last.end == sound.start) {
            last.end = sound.end;
            return;
        }
        let first = self.0.partition_point(|range| range.end < sound.start);
        let behind = self.0.partition_point(|range| range.start <= sound.end);
        for range in self.0.drain(first..behind) {
            sound = sound.start.min(range.start)..sound.end.max(range.end);
        }
        self.0.insert(first, sound);
        if self.0.len() > RANGES_MAX {
            // Not the new one: a reader or a producer that goes on from there would begin anew with each step.
            let others = self.0.iter().enumerate().filter(|(at, _)| *at != first);
            let shortest = others.min_by_key(|(_, range)| range.end - range.start).map(|(at, _)| at);
            shortest.map(|shortest| self.0.remove(shortest));
        }
    }

    /// Up to where all bytes from `position` on are sound; `None` if that one is not.
    pub(crate) fn end_from(&self, position: u64) -> Option<u64> {
        let at = self.0.partition_point(|range| range.end <= position);
        self.0.get(at).filter(|range| range.start <= position).map(|range| range.end)
    }

    /// Nothing is known any more of what lies at `position` and behind it: it was cut, or something there is damaged.
    pub(crate) fn forget_from(&mut self, position: u64) {
        self.0.retain_mut(|range| {
            range.end = range.end.min(position);
            !range.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_answered_was_noted(
            steps in prop::collection::vec((0_u64..200, 0_u64..30, prop::bool::weighted(0.1)), 1..60),
        ) {
            let mut ranges = SummedRanges::default();
            let mut sound = [false; 256];
            for (start, bytes, is_cut) in steps {
                if is_cut {
                    ranges.forget_from(start);
                    sound[usize::try_from(start).unwrap()..].fill(false);
                } else {
                    ranges.note(start..start + bytes);
                    let (start, bytes) = (usize::try_from(start).unwrap(), usize::try_from(bytes).unwrap());
                    sound[start..start + bytes].fill(true);
                }
                prop_assert!(ranges.0.len() <= RANGES_MAX);
                prop_assert!(ranges.0.windows(2).all(|pair| pair[0].end < pair[1].start));
                for (position, _) in (0_u64..).zip(sound) {
                    if let Some(end) = ranges.end_from(position) {
                        prop_assert!(end > position);
                        prop_assert!((position..end).all(|at| sound[usize::try_from(at).unwrap()]));
                    }
                }
            }
        }
    }

    #[test]
    fn what_touches_becomes_one() {
        let mut ranges = SummedRanges::default();
        for range in [10..20, 30..40, 50..60, 20..25, 25..30] {
            ranges.note(range);
        }
        assert_eq!(ranges.0, [10..40, 50..60]);
        assert_eq!((ranges.end_from(9), ranges.end_from(10), ranges.end_from(39)), (None, Some(40), Some(40)));
        assert_eq!((ranges.end_from(40), ranges.end_from(60)), (None, None));
        ranges.forget_from(15);
        assert_eq!((ranges.end_from(10), ranges.end_from(15), ranges.0.len()), (Some(15), None, 1));
    }

    #[test]
    fn the_shortest_is_forgotten_first() {
        let mut ranges = SummedRanges::default();
        for at in 0..20_u64 {
            ranges.note(100 * at..100 * at + 10 + at);
        }
        assert_eq!(ranges.0.len(), RANGES_MAX);
        assert_eq!(ranges.end_from(1900), Some(1929));
        assert_eq!(ranges.end_from(0), None);
    }

    #[test]
    fn what_is_appended_grows_beside_longer_ranges() {
        let mut ranges = SummedRanges::default();
        for at in 0..8_u64 {
            ranges.note(1000 * at..1000 * at + 500);
        }
        for at in 900..1000_u64 {
            ranges.note(10 * at..10 * at + 10);
        }
        assert_eq!((ranges.end_from(9000), ranges.0.len()), (Some(10_000), RANGES_MAX));
    }
}
