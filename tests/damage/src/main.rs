//! Damages files and objects that the real code wrote, opens them with the real loaders and checks what they answer.
//!
//! ```text
//! damage [--cases N] [--seed S] [--kind K] [--anew]      many cases; a long run is taken up again where it ended
//! damage --seed S --kind K --case C                      one case, as a failure prints it
//! damage [--cases N] --messages                          one message of each kind of file and of damage, too
//! ```
//! Owns: choosing cases, counting, the table, the progress file, and that a panic fails, on whichever thread it comes. Does not
//! own: kinds of files (`logs.rs`, `raft.rs`, `bucket.rs`, `chunks.rs`) and what must hold of them.

mod bucket;
mod chunks;
mod harm;
mod logs;
mod progress;
mod raft;
mod told;
mod tree;
mod truth;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use harm::{Chance, Harm};
use progress::Progress;
use strata_tests::build_identity::build_identity;
use strata_tests::panics;

/// Cases of the default dose.
const CASES: u64 = 6_000;
const THREADS: usize = 2;
/// Failures that are printed in full.
const FAILURES_SHOWN: usize = 40;
/// Seconds between two saves of the progress.
const SAVE_SECONDS: u64 = 10;

/// What became of a damage that was answered rightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// It was told: an error that names the file, or a refused start.
    Detected,
    /// It was told or not, and what it hit was made anew.
    Rebuilt,
    /// All content was right without that.
    Harmless,
}

/// A case that was judged.
pub(crate) struct Judged {
    pub(crate) harm: Harm,
    /// Which file, and what was done to it.
    pub(crate) what: String,
    /// The outcome, or what was wrong.
    pub(crate) outcome: Result<Outcome, String>,
}

/// Files built once, of several kinds, and how a case on them is judged.
pub(crate) trait World: Send + Sync {
    /// Kinds of files that it holds.
    fn kinds(&self) -> &'static [&'static str];
    /// One in so many of the cases of its kinds is run: what is slow to open is opened less often.
    fn rarity(&self) -> u64 {
        1
    }
    /// Damages one file of that kind and judges what follows.
    fn run(&self, kind: &'static str, chance: &mut Chance) -> Result<Judged>;
}

#[derive(Default)]
struct Options {
    cases: Option<u64>,
    seed: u64,
    kind: Option<String>,
    case: Option<u64>,
    anew: bool,
    messages: bool,
}

fn options() -> Result<Options> {
    let mut options = Options { seed: 1, ..Options::default() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--cases" => options.cases = Some(value()?.parse().context("--cases needs a number")?),
            "--seed" => options.seed = value()?.parse().context("--seed needs a number")?,
            "--case" => options.case = Some(value()?.parse().context("--case needs a number")?),
            "--kind" => options.kind = Some(value()?),
            "--anew" => options.anew = true,
            "--messages" => options.messages = true,
            other => {
                bail!("{other} is no option; there are --cases N, --seed S, --kind K, --case C, --messages and --anew")
            }
        }
    }
    Ok(options)
}

fn run_case(world: &dyn World, seed: u64, kind: &'static str, case: u64) -> Judged {
    let mut chance = Chance::of_case(seed, kind, case);
    told::take();
    let judged = match catch_unwind(AssertUnwindSafe(|| world.run(kind, &mut chance))) {
        Ok(Ok(judged)) => judged,
        Ok(Err(error)) => {
            Judged { harm: Harm::FlipBit, what: "the case itself".to_owned(), outcome: Err(format!("{error:#}")) }
        }
        Err(_) => Judged { harm: Harm::FlipBit, what: "?".to_owned(), outcome: Err("a panic".to_owned()) },
    };
    match panics::take() {
        panics if panics.is_empty() => judged,
        // Of two cases that run side by side it may be the other one's; run again alone, each tells.
        panics => {
            Judged { outcome: Err(format!("a panic, here or in the case beside: {}", panics.join(" | "))), ..judged }
        }
    }
}

struct Campaign<'a> {
    seed: u64,
    kinds: Vec<(&'static str, &'a dyn World)>,
    /// Cases of each kind.
    rounds: u64,
    next: AtomicU64,
    progress: Mutex<Progress>,
    began: Instant,
    /// One message of each kind and damage.
    messages: Mutex<BTreeMap<(&'static str, &'static str), String>>,
}

impl Campaign<'_> {
    fn work(&self) -> Result<()> {
        let count = u64::try_from(self.kinds.len())?;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.rounds * count {
                return Ok(());
            }
            if self.was_done(number) {
                continue;
            }
            let (kind, world) = self.kinds[usize::try_from(number % count)?];
            let case = number / count;
            if !case.is_multiple_of(world.rarity()) {
                self.note(number, None)?;
                continue;
            }
            let judged = run_case(world, self.seed, kind, case);
            if let Err(wrong) = &judged.outcome {
                let mut progress = self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if progress.failures.len() < FAILURES_SHOWN {
                    println!("FAILED {kind} {}: {}: {wrong}", judged.harm.name(), judged.what);
                    println!("  again: tests/run damage --seed {} --kind {kind} --case {case}", self.seed);
                }
                progress.failures.push(format!("--seed {} --kind {kind} --case {case}", self.seed));
            }
            if let Some(message) = told::take().pop() {
                let mut messages = self.messages.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                messages.entry((kind, judged.harm.name())).or_insert(message);
            }
            self.note(number, Some((kind, &judged)))?;
        }
    }

    /// In the run before, whose file this one goes on with.
    fn was_done(&self, number: u64) -> bool {
        self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner).is_done(number)
    }

    fn note(&self, number: u64, judged: Option<(&str, &Judged)>) -> Result<()> {
        let mut progress = self.progress.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((kind, judged)) = judged {
            progress.count(kind, judged);
        }
        progress.done(number);
        progress.save_every(SAVE_SECONDS, self.began.elapsed().as_secs())
    }
}

fn one_case(worlds: &[Box<dyn World>], options: &Options, case: u64) -> Result<bool> {
    let wanted = options.kind.as_deref().context("--case needs --kind")?;
    for world in worlds {
        if let Some(kind) = world.kinds().iter().find(|kind| **kind == wanted) {
            let judged = run_case(world.as_ref(), options.seed, kind, case);
            println!("{kind} {}: {}", judged.harm.name(), judged.what);
            match &judged.outcome {
                Ok(outcome) => println!("{outcome:?}"),
                Err(wrong) => println!("FAILED: {wrong}"),
            }
            told::take().iter().for_each(|message| println!("told: {message}"));
            return Ok(judged.outcome.is_ok());
        }
    }
    bail!("there is no kind {wanted}")
}

fn campaign(worlds: &[Box<dyn World>], options: &Options) -> Result<bool> {
    let all = worlds.iter().flat_map(|world| world.kinds().iter().map(move |kind| (*kind, world.as_ref())));
    let names: Vec<&str> = worlds.iter().flat_map(|world| world.kinds().iter().copied()).collect();
    let kinds: Vec<_> = all.filter(|(kind, _)| options.kind.as_deref().is_none_or(|wanted| wanted == *kind)).collect();
    if kinds.is_empty() {
        bail!("there is no such kind; there are {}", names.join(", "));
    }
    let rounds = options.cases.unwrap_or(CASES).div_ceil(u64::try_from(kinds.len())?);
    let kind_names = kinds.iter().map(|(kind, _)| *kind).collect::<Vec<_>>().join(" ");
    let identity = format!("build {} seed {} {kind_names}", build_identity()?, options.seed);
    let keeps = options.cases.is_some();
    let progress = Progress::open(&identity, options.seed, options.kind.as_deref(), keeps, options.anew)?;
    let next = AtomicU64::new(progress.next);
    let began = Instant::now();
    let (progress, messages) = (Mutex::new(progress), Mutex::default());
    let campaign = Campaign { seed: options.seed, kinds, rounds, next, progress, began, messages };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| campaign.work())).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow::anyhow!("a worker ended"))?)
    })?;
    if options.messages {
        let messages = campaign.messages.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        messages.iter().for_each(|((kind, harm), message)| println!("{kind} {harm}: {message}"));
    }
    let progress = campaign.progress.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    progress.save()?;
    progress.print(began.elapsed().as_secs());
    let late = panics::take();
    late.iter().for_each(|panic| println!("FAILED: a panic after its case: {panic}"));
    Ok(progress.failures.is_empty() && late.is_empty())
}

fn main() -> Result<ExitCode> {
    let options = options()?;
    panics::watch();
    let worlds: Vec<Box<dyn World>> = vec![
        Box::new(logs::Logs::build()?),
        Box::new(raft::Raft::build()?),
        Box::new(bucket::Bucket::build()?),
        Box::new(chunks::Chunks::build()?),
    ];
    let holds = match options.case {
        Some(case) => one_case(&worlds, &options, case)?,
        None => campaign(&worlds, &options)?,
    };
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Panicking;

    impl World for Panicking {
        fn kinds(&self) -> &'static [&'static str] {
            &["any"]
        }

        fn run(&self, _: &'static str, _: &mut Chance) -> Result<Judged> {
            assert!(std::thread::spawn(|| panic!("of a helper")).join().is_err());
            Ok(Judged { harm: Harm::Delete, what: "a file".to_owned(), outcome: Ok(Outcome::Harmless) })
        }
    }

    #[test]
    fn a_panic_of_a_helper_thread_fails_the_case() {
        panics::watch();
        let judged = run_case(&Panicking, 1, "any", 0);
        assert!(judged.outcome.unwrap_err().contains("of a helper"));
    }
}
