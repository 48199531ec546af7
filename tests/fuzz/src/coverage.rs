//! What the compiler's counters say, in a build that has them (`tests/fuzz/run --coverage`); otherwise nothing.
//!
//! Owns: the hook by which each object file announces its counters, and which edges were ever seen how often.
//! Invariants: the hook runs before `main` and takes no lock; counters are read and cleared by the one thread that runs inputs.

use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};

const REGIONS_MAX: usize = 1024;

static BEGINS: [AtomicPtr<AtomicU8>; REGIONS_MAX] = [const { AtomicPtr::new(std::ptr::null_mut()) }; REGIONS_MAX];
static LENGTHS: [AtomicUsize; REGIONS_MAX] = [const { AtomicUsize::new(0) }; REGIONS_MAX];
static REGIONS: AtomicUsize = AtomicUsize::new(0);

/// Called by instrumented object files with the range of their counters.
///
/// # Safety
/// `[begin, end)` is one array of bytes that lives as long as the process.
#[unsafe(no_mangle)]
unsafe extern "C" fn __sanitizer_cov_8bit_counters_init(begin: *mut AtomicU8, end: *mut AtomicU8) {
    let length = (end as usize).saturating_sub(begin as usize);
    let known = REGIONS.load(Ordering::Relaxed);
    let is_known = BEGINS.iter().take(known).any(|one| one.load(Ordering::Relaxed) == begin);
    if length == 0 || is_known || known >= REGIONS_MAX {
        return;
    }
    BEGINS[known].store(begin, Ordering::Relaxed);
    LENGTHS[known].store(length, Ordering::Relaxed);
    REGIONS.store(known + 1, Ordering::Relaxed);
}

fn regions() -> impl Iterator<Item = &'static [AtomicU8]> {
    (0..REGIONS.load(Ordering::Relaxed)).map(|at| {
        let (begin, length) = (BEGINS[at].load(Ordering::Relaxed), LENGTHS[at].load(Ordering::Relaxed));
        // SAFETY: the hook was promised that the array lives as long as the process; bytes are read as atomics.
        unsafe { std::slice::from_raw_parts(begin, length) }
    })
}

/// Which edges were seen, and in which class of counts.
pub(crate) struct Coverage {
    seen: Vec<u8>,
}

impl Coverage {
    pub(crate) fn new() -> Self {
        Self { seen: vec![0; regions().map(<[_]>::len).sum()] }
    }

    /// Whether this build counts anything.
    pub(crate) fn is_there(&self) -> bool {
        !self.seen.is_empty()
    }

    /// Edges seen so far.
    pub(crate) fn edges(&self) -> usize {
        self.seen.iter().filter(|classes| **classes != 0).count()
    }

    /// Takes over and clears the counters; whether any says something new.
    pub(crate) fn take(&mut self) -> bool {
        let mut is_new = false;
        for (counter, seen) in regions().flatten().zip(&mut self.seen) {
            let count = counter.load(Ordering::Relaxed);
            if count == 0 {
                continue;
            }
            counter.store(0, Ordering::Relaxed);
            let class = 1 << (7 - count.leading_zeros().min(7));
            is_new |= *seen & class == 0;
            *seen |= class;
        }
        is_new
    }
}
