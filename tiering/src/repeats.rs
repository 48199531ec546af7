//! What is told once in a while and not at each of its repetitions: pure.
//!
//! Owns: when each subject was told of last, and how often it came since. Does not own: what is told. Bounded: the subject that
//! came up least recently is forgotten, and told of at once when it comes again.

use std::hash::Hash;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::bounded_map::BoundedMap;

/// How often one subject is told of.
pub const REPEAT_PERIOD: Duration = Duration::from_secs(60);
/// Subjects remembered.
const SUBJECTS_MAX: u64 = 1024;

#[derive(Debug)]
struct Told {
    at: Instant,
    since: u64,
}

/// Which subjects were told of, by a key.
#[derive(Debug)]
pub struct Repeats<K> {
    told: Mutex<BoundedMap<K, Told>>,
}

impl<K: Clone + Eq + Hash> Default for Repeats<K> {
    fn default() -> Self {
        Self { told: Mutex::new(BoundedMap::new(SUBJECTS_MAX)) }
    }
}

impl<K: Clone + Eq + Hash> Repeats<K> {
    /// A subject comes up. `Some` if it is to be told of now: how often it came up since it was told of last, this time not
    /// counted.
    pub fn comes_up(&self, subject: &K, now: Instant) -> Option<u64> {
        let mut told = self.told.lock();
        if let Some(told) = told.get_mut(subject) {
            if now.saturating_duration_since(told.at) < REPEAT_PERIOD {
                told.since += 1;
                return None;
            }
            told.at = now;
            return Some(std::mem::take(&mut told.since));
        }
        told.insert(subject.clone(), Told { at: now, since: 0 }, 1);
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_told_of_once_in_a_period_with_the_count_of_what_was_kept_back() {
        let (repeats, begin) = (Repeats::default(), Instant::now());
        let cases = [
            (0, "a", Some(0)),
            (1, "a", None),
            (2, "b", Some(0)),
            (59, "a", None),
            (60, "a", Some(2)),
            (61, "b", None),
            (119, "a", None),
            (500, "a", Some(1)),
            (500, "b", Some(1)),
        ];
        for (second, subject, expected) in cases {
            let now = begin + Duration::from_secs(second);
            assert_eq!(repeats.comes_up(&subject, now), expected, "{subject} at {second} s");
        }
    }

    #[test]
    fn no_more_subjects_are_remembered_than_there_is_room_for() {
        let (repeats, begin) = (Repeats::default(), Instant::now());
        for subject in 0..=SUBJECTS_MAX {
            assert_eq!(repeats.comes_up(&subject, begin), Some(0));
        }
        assert_eq!(repeats.comes_up(&0, begin), Some(0), "the oldest is forgotten");
        assert_eq!(repeats.comes_up(&SUBJECTS_MAX, begin), None);
    }
}
