//! How far to read ahead of a consumer: pure window logic, one cursor per (connection, partition).
//!
//! Owns: the detection of sequential reading, the size of the window, what of it is still to be asked for. Does not own:
//! any download (`remote_reader.rs`). Invariants: a reader that jumps is not read ahead for; the window doubles with every
//! sequential read up to its maximum and halves under pressure; a chunk is planned once per pass; at most one plan of a
//! cursor is being carried out.

use strata_compat::ids::{Offset, TopicIdPartition};

/// Smallest window, in bytes: one chunk.
pub const WINDOW_BYTES_MIN: u64 = 1024 * 1024;

/// Whose reading it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CursorKey {
    /// The client's connection, numbered by the broker.
    pub connection: u64,
    /// The partition.
    pub partition: TopicIdPartition,
}

/// A place between two chunks: everything of `segment` below `chunk` is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkPosition {
    /// Base offset of the segment's row; rows of a partition are ordered by it.
    pub segment: Offset,
    /// Number of the next chunk in it.
    pub chunk: usize,
}

impl ChunkPosition {
    const fn is_before(self, other: Self) -> bool {
        self.segment.0 < other.segment.0 || (self.segment.0 == other.segment.0 && self.chunk < other.chunk)
    }
}

/// What to read ahead now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where the reader is; the window is counted from here.
    pub from: ChunkPosition,
    /// Up to here everything has been asked for already.
    pub skip_to: ChunkPosition,
    /// How far to go, in bytes from `from`.
    pub window_bytes: u64,
}

/// One consumer's reading of one partition.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    next_offset: Option<Offset>,
    window_bytes: u64,
    planned_to: Option<ChunkPosition>,
    busy: bool,
}

impl Cursor {
    /// Tells of a read that began at `offset` and goes on at `next_offset`, whose next chunk is `position`. Answers what to
    /// read ahead, which the caller then does and ends with [`Cursor::planned`].
    pub fn read(
        &mut self,
        offset: Offset,
        next_offset: Offset,
        position: ChunkPosition,
        window_bytes_max: u64,
    ) -> Option<Plan> {
        let is_sequential = self.next_offset == Some(offset);
        self.next_offset = Some(next_offset);
        if !is_sequential {
            self.window_bytes = 0;
            self.planned_to = None;
            return None;
        }
        self.window_bytes = (self.window_bytes * 2).max(WINDOW_BYTES_MIN).min(window_bytes_max);
        if self.busy || self.window_bytes == 0 {
            return None;
        }
        self.busy = true;
        let skip_to = self.planned_to.filter(|planned| position.is_before(*planned)).unwrap_or(position);
        Some(Plan { from: position, skip_to, window_bytes: self.window_bytes })
    }

    /// Tells that a plan was carried out as far as `to`; `pressed` says that permits ran out before its end.
    pub fn planned(&mut self, to: ChunkPosition, pressed: bool) {
        self.busy = false;
        if self.planned_to.is_none_or(|planned| planned.is_before(to)) {
            self.planned_to = Some(to);
        }
        if pressed {
            self.window_bytes = (self.window_bytes / 2).max(WINDOW_BYTES_MIN);
        }
    }

    /// The window's size, in bytes.
    #[must_use]
    pub const fn window_bytes(&self) -> u64 {
        self.window_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1024 * 1024;

    const fn at(segment: i64, chunk: usize) -> ChunkPosition {
        ChunkPosition { segment: Offset(segment), chunk }
    }

    #[test]
    fn the_window_doubles_for_a_sequential_reader_up_to_its_maximum() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.read(Offset(0), Offset(10), at(0, 1), 4 * MIB), None);
        let mut windows = Vec::new();
        for step in 1..6 {
            let plan = cursor.read(Offset(step * 10), Offset(step * 10 + 10), at(0, 1), 4 * MIB).unwrap();
            windows.push(plan.window_bytes / MIB);
            cursor.planned(at(0, 1), false);
        }
        assert_eq!(windows, [1, 2, 4, 4, 4]);
    }

    #[test]
    fn a_jump_closes_the_window() {
        let mut cursor = Cursor::default();
        cursor.read(Offset(0), Offset(10), at(0, 1), 4 * MIB);
        assert!(cursor.read(Offset(10), Offset(20), at(0, 2), 4 * MIB).is_some());
        cursor.planned(at(0, 3), false);
        assert_eq!(cursor.read(Offset(500), Offset(510), at(400, 1), 4 * MIB), None);
        assert_eq!(cursor.window_bytes(), 0);
        let plan = cursor.read(Offset(510), Offset(520), at(400, 2), 4 * MIB).unwrap();
        assert_eq!((plan.window_bytes, plan.skip_to), (MIB, at(400, 2)));
    }

    #[test]
    fn pressure_halves_the_window_and_one_plan_runs_at_a_time() {
        let mut cursor = Cursor::default();
        for step in 0..4 {
            cursor.read(Offset(step), Offset(step + 1), at(0, 0), 32 * MIB);
        }
        assert_eq!(cursor.window_bytes(), 4 * MIB);
        cursor.planned(at(0, 2), true);
        assert_eq!(cursor.window_bytes(), 2 * MIB);
        assert!(cursor.read(Offset(4), Offset(5), at(0, 0), 32 * MIB).is_some());
        assert!(cursor.read(Offset(5), Offset(6), at(0, 0), 32 * MIB).is_none());
    }

    #[test]
    fn what_was_asked_for_is_not_asked_for_again() {
        let mut cursor = Cursor::default();
        cursor.read(Offset(0), Offset(1), at(0, 0), 32 * MIB);
        cursor.read(Offset(1), Offset(2), at(0, 1), 32 * MIB);
        cursor.planned(at(100, 2), false);
        let plan = cursor.read(Offset(2), Offset(3), at(0, 2), 32 * MIB).unwrap();
        assert_eq!((plan.from, plan.skip_to), (at(0, 2), at(100, 2)));
        cursor.planned(at(100, 1), false);
        let plan = cursor.read(Offset(3), Offset(4), at(100, 5), 32 * MIB).unwrap();
        assert_eq!(plan.skip_to, at(100, 5));
    }

    #[test]
    fn a_window_of_none_never_reads_ahead() {
        let mut cursor = Cursor::default();
        for step in 0..4 {
            assert_eq!(cursor.read(Offset(step), Offset(step + 1), at(0, 0), 0), None);
        }
    }
}
