//! What happened in a simulation, as text, as a checksum of that text, and as counts.

use std::collections::BTreeMap;
use std::fmt::{Arguments, Write as _};

/// A running record of a simulation.
#[derive(Debug, Default)]
pub struct Trace {
    lines: Option<Vec<String>>,
    scratch: String,
    checksum: u32,
    events: u64,
    counts: BTreeMap<&'static str, u64>,
}

impl Trace {
    /// A record that keeps its lines, or only their checksum.
    #[must_use]
    pub fn new(keeps_lines: bool) -> Self {
        Self { lines: keeps_lines.then(Vec::new), ..Self::default() }
    }

    /// Records one event.
    pub fn note(&mut self, at_ms: i64, event: Arguments<'_>) {
        self.scratch.clear();
        if write!(self.scratch, "{at_ms:>9} {event}").is_err() {
            self.scratch.push_str("an event that cannot be written");
        }
        self.checksum = crc32c::crc32c_append(self.checksum, self.scratch.as_bytes());
        self.events += 1;
        if let Some(lines) = &mut self.lines {
            lines.push(self.scratch.clone());
        }
    }

    /// Counts something that this kind of step, fault or command has done.
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Checksum over all events so far.
    #[must_use]
    pub const fn checksum(&self) -> u32 {
        self.checksum
    }

    /// Events so far.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Counts so far.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// The kept lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}
