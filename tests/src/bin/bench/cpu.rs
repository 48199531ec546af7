//! Processor time of this process and of one thread, from the kernel.

use std::fs;

use anyhow::{Context as _, Result};

/// Clock ticks of `/proc/PID/stat` in a second: a constant of Linux's interface.
const TICKS: f64 = 100.0;

/// User and system seconds of this process so far, all threads.
pub(crate) fn process_seconds() -> Result<f64> {
    let text = fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
    // The name in parentheses may hold anything.
    let rest = text.rsplit_once(')').context("/proc/self/stat has no name")?.1;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || -> Result<f64> { Ok(fields.next().context("/proc/self/stat is short")?.parse()?) };
    Ok((next()? + next()?) / TICKS)
}

/// Seconds that the calling thread has run so far.
pub(crate) fn thread_seconds() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").context("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split_whitespace().next().context("schedstat is empty")?.parse()?;
    Ok(nanoseconds / 1e9)
}
