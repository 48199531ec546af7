//! Counts what a thread has allocated, and the most that it had at once.
//!
//! Owns: the allocator of this binary. Does not own: bounds (each target names its own).
//! Invariants: counters belong to one thread, so that helpers of the code under test (a journal's writer) do not count; what a
//! thread frees for another one may make its count negative, which only lowers the peak.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counted.
pub(crate) struct Counting;

fn count(change: isize) {
    // A thread that is ending has no counters left; nothing is measured on it any more.
    let counted = NOW.try_with(|now| {
        let sum = now.get().wrapping_add(change);
        now.set(sum);
        sum
    });
    if let Ok(sum) = counted
        && change > 0
    {
        PEAK.try_with(|peak| peak.set(peak.get().max(sum))).unwrap_or_default();
    }
}

fn signed(size: usize) -> isize {
    isize::try_from(size).unwrap_or(isize::MAX)
}

// SAFETY: every call is handed to the system's allocator unchanged; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-signed(layout.size()));
        // SAFETY: the pointer came from `System` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(signed(layout.size()));
        // SAFETY: the caller keeps the contract of `alloc_zeroed`, which is the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // The old block may live until the new one is filled.
        count(signed(size));
        count(-signed(layout.size()));
        // SAFETY: the pointer came from `System` with this layout, and the caller vouches for the size.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Runs `work` and answers the most bytes that this thread held above what it held before.
pub(crate) fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.get();
    PEAK.set(before);
    let value = work();
    (value, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

/// Runs `work`, which may hold at most `bound` bytes at once.
///
/// # Errors
/// How many bytes it held, if more.
pub(crate) fn bounded<T>(bound: usize, work: impl FnOnce() -> T) -> Result<T, String> {
    let (value, peak) = peak_of(work);
    if peak > bound { Err(format!("{peak} bytes were held at once, {bound} are allowed")) } else { Ok(value) }
}
