//! Many seeds, on two threads, with their progress shown and saved.
//!
//! Owns: which seeds are left, what all of them together have done, the file that lets a long run be taken up again. Does not
//! own: a single run (`runner.rs`). A kill leaves the file of the last few seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::plan::{Plan, Step};
use super::runner::run;
use super::weather::Fault;
use crate::build_identity::build_identity;
use crate::checker::Violation;
use crate::repository::root;

/// Seeds that a thread takes at once.
const BLOCK: u64 = 50;
/// Threads.
const THREADS: usize = 2;
/// Between two looks at the progress.
const REPORT_EVERY: Duration = Duration::from_secs(5);
/// Failures after which no more seeds are begun.
const FAILURES_MAX: usize = 20;

/// What happens in every dose: what else has to be seen beside all steps and all faults.
const MUST_HAPPEN: &[&str] = &[
    "begin",
    "reserve",
    "commit",
    "replace-rows",
    "abandon",
    "forget",
    "move-log-start",
    "advance-deleted-to",
    "advance-tombstone",
    "disable",
    "register",
    "refused",
    "batch-appended",
    "object-deleted",
    "local-segments-deleted",
    "put-landed-late",
    "store-away",
    "swept",
    "read-answered",
    "read-refused",
    "topic-created",
    "topic-deleted",
];

/// A seed that failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What did not hold.
    pub property: String,
    /// How.
    pub detail: String,
}

/// What has been done so far; this is what is saved.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    /// The build that has done it.
    #[serde(default)]
    pub build: String,
    /// Blocks of seeds that are done, by their first seed.
    pub done: BTreeSet<u64>,
    /// Seeds that are done.
    pub seeds: u64,
    /// Wall time, in milliseconds.
    pub wall_ms: u64,
    /// CPU time, in milliseconds.
    pub cpu_ms: u64,
    /// How often what happened.
    pub counts: BTreeMap<String, u64>,
    /// Seeds that failed.
    pub failures: Vec<Failure>,
}

impl Progress {
    /// One line for people.
    #[must_use]
    pub fn line(&self, total: u64) -> String {
        let per_second = self.seeds.saturating_mul(1_000) / self.wall_ms.max(1);
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let cpu = self.cpu_ms as f64 / self.seeds.max(1) as f64;
        format!(
            "{} of {total} seeds, {per_second} seeds/s, {cpu:.1} ms of CPU a seed, {} failed",
            self.seeds,
            self.failures.len()
        )
    }

    /// What should have happened and never did.
    #[must_use]
    pub fn never_happened(&self) -> Vec<&'static str> {
        let steps = Step::NAMES.iter().copied();
        let faults = Fault::ALL.iter().map(|fault| fault.name());
        let all = steps.chain(faults).chain(MUST_HAPPEN.iter().copied());
        all.filter(|name| !self.counts.contains_key(*name)).collect()
    }
}

/// A range of seeds.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The first seed.
    pub first: u64,
    /// How many.
    pub seeds: u64,
}

/// CPU time of this process so far, in milliseconds.
fn cpu_ms() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    // User and system time in hundredths of a second, which stand 12th and 13th behind the name.
    after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10
}

impl Campaign {
    fn file(&self) -> PathBuf {
        root().join("target/campaigns").join(format!("sim-{}-{}.json", self.first, self.seeds))
    }

    /// What an earlier run of this campaign has left, if it was of this build and not finished.
    fn earlier(&self) -> Result<Progress> {
        let fresh = Progress { build: build_identity()?, ..Progress::default() };
        let text = fs::read(self.file()).unwrap_or_default();
        let found: Progress = serde_json::from_slice(&text).unwrap_or_default();
        if found.seeds == 0 || found.seeds >= self.seeds || !found.failures.is_empty() {
            return Ok(fresh);
        }
        if found.build != fresh.build {
            println!("begun anew: {} is of another build", self.file().display());
            return Ok(fresh);
        }
        println!("taken up again: {}", found.line(self.seeds));
        Ok(found)
    }

    fn save(&self, progress: &Progress) -> Result<()> {
        let file = self.file();
        let parent = file.parent().context("a file has a directory")?;
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        let staged = file.with_extension("new");
        fs::write(&staged, serde_json::to_vec(progress)?).with_context(|| format!("writing {}", staged.display()))?;
        fs::rename(&staged, &file).with_context(|| format!("writing {}", file.display()))
    }

    /// Runs what is left of it, and shows how far it is.
    ///
    /// # Errors
    /// If the progress cannot be saved.
    pub fn run(&self) -> Result<Progress> {
        let earlier = self.earlier()?;
        let progress = Mutex::new(earlier.clone());
        let next = AtomicU64::new(0);
        let (began, cpu_before) = (Instant::now(), cpu_ms());
        let current = || {
            let mut current = progress.lock().clone();
            current.wall_ms = earlier.wall_ms + u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            current.cpu_ms = earlier.cpu_ms + cpu_ms().saturating_sub(cpu_before);
            current
        };
        std::thread::scope(|scope| -> Result<()> {
            let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| self.work(&next, &progress))).collect();
            let mut reported = Instant::now();
            while workers.iter().any(|worker| !worker.is_finished()) {
                std::thread::sleep(Duration::from_millis(50));
                if reported.elapsed() >= REPORT_EVERY {
                    reported = Instant::now();
                    println!("{}", current().line(self.seeds));
                    self.save(&current())?;
                }
            }
            Ok(())
        })?;
        let finished = current();
        self.save(&finished)?;
        Ok(finished)
    }

    fn work(&self, next: &AtomicU64, progress: &Mutex<Progress>) {
        loop {
            let offset = next.fetch_add(BLOCK, Ordering::Relaxed);
            let block = self.first + offset;
            if offset >= self.seeds || progress.lock().failures.len() >= FAILURES_MAX {
                return;
            }
            if progress.lock().done.contains(&block) {
                continue;
            }
            let end = (block + BLOCK).min(self.first + self.seeds);
            let (mut counts, mut failures) = (BTreeMap::<&'static str, u64>::new(), Vec::new());
            for seed in block..end {
                let outcome = run(&Plan::of_seed(seed), false, None);
                for (name, count) in outcome.counts {
                    *counts.entry(name).or_default() += count;
                }
                failures.extend(outcome.violation.map(|violation| failure(seed, violation)));
            }
            let mut progress = progress.lock();
            progress.done.insert(block);
            progress.seeds += end - block;
            progress.failures.extend(failures);
            for (name, count) in counts {
                *progress.counts.entry(name.to_owned()).or_default() += count;
            }
        }
    }
}

fn failure(seed: u64, violation: Violation) -> Failure {
    println!("seed {seed} fails: {:.400}", violation.to_string());
    Failure { seed, property: violation.property.to_owned(), detail: violation.detail }
}

/// Where shrunk plans of failures are kept.
#[must_use]
pub fn regressions() -> PathBuf {
    root().join("tests/regressions")
}

/// The plans in a directory, by name.
///
/// # Errors
/// If one cannot be read.
pub fn plans_in(directory: &Path) -> Result<Vec<(String, Plan)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "plan") {
            found.push((path.display().to_string(), read_plan(&path)?));
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(found)
}

/// One plan.
///
/// # Errors
/// If it cannot be read.
pub fn read_plan(path: &Path) -> Result<Plan> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    text.parse().map_err(|error: String| anyhow::anyhow!("{}: {error}", path.display()))
}
