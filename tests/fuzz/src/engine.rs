//! Fuzzes one target in this process, on one thread.
//!
//! Owns: choosing an input, running it, judging it, what is kept. Does not own: targets, files (`corpus.rs`).
//! Invariants: without counters, the same seed, corpus and number of executions give the same inputs; an input is kept if its
//! outcome, digits aside, or an edge of the code that it reaches was not seen before.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use strata_tests::panics;

use crate::chance::Chance;
use crate::corpus;
use crate::coverage::Coverage;
use crate::targets::Target;

/// Inputs that are kept in memory.
const KEPT_MAX: usize = 8_000;
/// An input that takes longer, three times in a row, is a failure.
const SLOW: Duration = Duration::from_secs(2);
/// An input that has not come back after this is said to hang.
const HANG: Duration = Duration::from_secs(60);
const FINDINGS_MAX: usize = 20;
/// Executions between two looks at the clock.
const CLOCK_EVERY: u64 = 16;

/// What is asked of a run.
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) time: Duration,
    pub(crate) executions_max: u64,
    /// Each input is written to a file before it is run: a crash of the process leaves it.
    pub(crate) careful: bool,
}

/// What a run gave.
pub(crate) struct Report {
    pub(crate) executions: u64,
    pub(crate) replayed: usize,
    pub(crate) outcomes: usize,
    pub(crate) edges: usize,
    pub(crate) elapsed: Duration,
    pub(crate) slowest: Duration,
    pub(crate) slowest_bytes: usize,
    /// File and reason.
    pub(crate) findings: Vec<(PathBuf, String)>,
    /// Inputs that were new, the smallest of each kind.
    pub(crate) kept: Vec<Vec<u8>>,
}

/// The input that is running, for the thread that watches over it.
type Running = Arc<Mutex<Option<(Instant, Bytes)>>>;

fn watch(target: &'static str, running: &Running) {
    let running = Arc::clone(running);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let guard = running.lock().unwrap_or_else(PoisonError::into_inner);
            let Some((since, input)) = guard.as_ref() else { continue };
            if since.elapsed() > HANG {
                match corpus::keep_finding(target, input) {
                    Ok(path) => {
                        println!("{target}: hangs; again: tests/fuzz/run --target {target} --input {}", path.display())
                    }
                    Err(error) => println!("{target}: hangs, and its input cannot be kept: {error:#}"),
                }
                std::process::exit(3);
            }
        }
    });
}

/// One target with everything that is known of it.
pub(crate) struct Engine {
    target: Target,
    running: Running,
    coverage: Coverage,
    seen: HashSet<u64>,
    careful: bool,
    report: Report,
}

fn hash_of(outcome: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut quoted = false;
    for byte in outcome.bytes() {
        quoted ^= matches!(byte, b'\'' | b'"' | b'[' | b']');
        // Values, and what stands in quotes or brackets, come from the input.
        if !byte.is_ascii_digit() && !quoted && byte.is_ascii() {
            byte.hash(&mut hasher);
        }
    }
    hasher.finish()
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panics: {}", text.unwrap_or("without a message"))
}

/// A thread that the target started has panicked, maybe for the input before.
fn helper_panics(panics: &[String]) -> String {
    format!("a helper thread panics: {}", panics.join(" | "))
}

impl Engine {
    pub(crate) fn new(target: Target, careful: bool) -> Self {
        let running = Running::default();
        watch(target.name, &running);
        let report = Report {
            executions: 0,
            replayed: 0,
            outcomes: 0,
            edges: 0,
            elapsed: Duration::ZERO,
            slowest: Duration::ZERO,
            slowest_bytes: 0,
            findings: Vec::new(),
            kept: Vec::new(),
        };
        Self { target, running, coverage: Coverage::new(), seen: HashSet::new(), careful, report }
    }

    /// Runs one input once.
    pub(crate) fn judge(&self, input: &Bytes) -> (Result<String, String>, Duration) {
        let begin = Instant::now();
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some((begin, input.clone()));
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.target.run)(input)));
        let elapsed = begin.elapsed();
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let panics = panics::take();
        let outcome = match outcome {
            Ok(Ok(_)) if !panics.is_empty() => Err(helper_panics(&panics)),
            Ok(outcome) => outcome,
            Err(panic) => Err(panic_text(panic.as_ref())),
        };
        (outcome, elapsed)
    }

    /// Runs an input and keeps what it tells; whether that was new.
    fn execute(&mut self, input: &Bytes) -> Result<bool> {
        if self.careful {
            corpus::replace(&corpus::campaign().join(format!("current-{}.bin", self.target.name)), input)?;
        }
        let (mut outcome, mut elapsed) = self.judge(input);
        self.report.executions += 1;
        for _ in 0..2 {
            if elapsed > SLOW {
                // A busy machine is slow once or twice, not three times.
                elapsed = elapsed.min(self.judge(input).1);
            }
        }
        if elapsed > SLOW && outcome.is_ok() {
            outcome = Err(format!("{} bytes take {elapsed:?}", input.len()));
        }
        if elapsed > self.report.slowest {
            (self.report.slowest, self.report.slowest_bytes) = (elapsed, input.len());
        }
        let is_covering = self.coverage.take();
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(reason) => {
                self.failed(input, &reason)?;
                return Ok(false);
            }
        };
        // The same outcome of an input of another size counts as another one: it often stands for more elements.
        let size = u64::from(usize::BITS - input.len().leading_zeros());
        Ok(self.seen.insert(hash_of(&outcome).wrapping_add(size)) || is_covering)
    }

    /// Failures are told apart by their reason as outcomes are.
    fn failed(&mut self, input: &Bytes, reason: &str) -> Result<()> {
        if self.seen.insert(hash_of(reason)) && self.report.findings.len() < FINDINGS_MAX {
            let smaller = self.shrunk(input, hash_of(reason));
            let path = corpus::keep_finding(self.target.name, &smaller)?;
            let name = self.target.name;
            println!("{name}: {reason}\n  again: tests/fuzz/run --target {name} --input {}", path.display());
            self.report.findings.push((path, reason.to_owned()));
        }
        Ok(())
    }

    /// The same failure with fewer bytes: parts are cut out as long as it stays.
    fn shrunk(&self, input: &Bytes, failure: u64) -> Bytes {
        let begin = Instant::now();
        let mut best = input.to_vec();
        let mut part = best.len() / 2;
        while part > 0 && begin.elapsed() < SLOW {
            let mut at = 0;
            while at + part <= best.len() && begin.elapsed() < SLOW {
                let mut fewer = best.clone();
                fewer.drain(at..at + part);
                (self.target.repair)(&best).apply(&mut fewer);
                let is_same =
                    self.judge(&Bytes::from(fewer.clone())).0.is_err_and(|reason| hash_of(&reason) == failure);
                if is_same {
                    best = fewer;
                } else {
                    at += part;
                }
            }
            part /= 2;
        }
        Bytes::from(best)
    }

    /// Replays seeds, corpus and regressions, then mutates until the time or the number of executions is over.
    pub(crate) fn run(mut self, saved: Vec<Vec<u8>>, plan: &Plan) -> Result<Report> {
        let begin = Instant::now();
        let mut inputs = std::mem::take(&mut self.target.seeds);
        inputs.extend(saved);
        self.report.replayed = inputs.len();
        for input in &inputs {
            let bytes = Bytes::from(input.clone());
            if self.execute(&bytes)? {
                self.report.kept.push(input.clone());
            }
        }
        let mut chance = Chance::new(plan.seed, self.target.name);
        let fuzzing = Instant::now();
        let mut executions = 0_u64;
        while executions < plan.executions_max && !inputs.is_empty() {
            if executions.is_multiple_of(CLOCK_EVERY) && fuzzing.elapsed() >= plan.time {
                break;
            }
            executions += 1;
            let parent = chance.below(inputs.len());
            let mut bytes = inputs[parent].clone();
            let other = chance.below(inputs.len());
            chance.mutate(&mut bytes, &inputs[other]);
            // One in eight keeps its wrong checksum.
            if chance.below(8) > 0 {
                (self.target.repair)(&inputs[parent]).apply(&mut bytes);
            }
            if self.execute(&Bytes::from(bytes.clone()))? {
                self.report.kept.push(bytes.clone());
                if inputs.len() < KEPT_MAX {
                    inputs.push(bytes);
                }
            }
        }
        let late = panics::take();
        if !late.is_empty() {
            println!("{}: after its last input: {}", self.target.name, helper_panics(&late));
            self.report.findings.push((PathBuf::new(), helper_panics(&late)));
        }
        self.report.outcomes = self.seen.len();
        self.report.edges = if self.coverage.is_there() { self.coverage.edges() } else { 0 };
        self.report.elapsed = begin.elapsed();
        Ok(self.report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::Repair;

    #[test]
    fn a_panic_of_a_helper_thread_is_a_failure() {
        panics::watch();
        let run = |_: &Bytes| {
            assert!(std::thread::spawn(|| panic!("of a helper")).join().is_err());
            Ok("all is well".to_owned())
        };
        let target =
            Target { name: "test", run: Box::new(run), seeds: Vec::new(), repair: |_| Repair::None, executions_max: 0 };
        let (outcome, _) = Engine::new(target, false).judge(&Bytes::new());
        assert!(outcome.unwrap_err().contains("of a helper"));
    }
}
