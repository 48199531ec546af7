//! Runs seeds of the simulation of tiering, or one plan.
//!
//! ```text
//! sim [--seeds N] [--first SEED]        many seeds; a failing one is shrunk into tests/regressions/
//! sim --first SEED --trace              one seed, with what happened
//! sim --plan FILE [--trace]             the steps of a file
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use strata_tests::sim::campaign::{Campaign, Progress, read_plan, regressions};
use strata_tests::sim::plan::Plan;
use strata_tests::sim::runner::{Outcome, run};
use strata_tests::sim::shrink::shrink;

/// Seeds of the default dose.
const SEEDS: u64 = 5_000;
/// From so many seeds on, everything that can happen must have happened.
const SEEDS_FOR_COVERAGE: u64 = 5_000;
/// Budget of a seed, in milliseconds of CPU.
const CPU_MS_MAX: u64 = 20;
/// Failures that are shrunk.
const SHRUNK_MAX: usize = 3;

#[derive(Default)]
struct Options {
    seeds: Option<u64>,
    first: u64,
    trace: bool,
    plan: Option<PathBuf>,
}

fn options() -> Result<Options> {
    let mut options = Options::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--seeds" => options.seeds = Some(value()?.parse().context("--seeds needs a number")?),
            "--first" => options.first = value()?.parse().context("--first needs a number")?,
            "--plan" => options.plan = Some(value()?.into()),
            "--trace" => options.trace = true,
            other => bail!("{other} is no option; there are --seeds N, --first SEED, --trace and --plan FILE"),
        }
    }
    Ok(options)
}

/// Shows one run.
fn show(plan: &Plan, trace: bool) -> Outcome {
    let outcome = run(plan, trace, None);
    outcome.lines.iter().for_each(|line| println!("{line}"));
    println!("{} steps, {} events, trace {:08x}", plan.steps.len(), outcome.events, outcome.checksum);
    match &outcome.violation {
        Some(violation) => println!("after step {:?}: {violation}", outcome.step),
        None => println!("all holds"),
    }
    outcome
}

/// Finds the fewest steps of a seed that break the same property, and keeps them.
fn keep_shrunk(seed: u64) -> Result<PathBuf> {
    let plan = Plan::of_seed(seed);
    let broken = run(&plan, false, None).violation.context("the seed holds when it is run again")?;
    let same = |plan: &Plan| run(plan, false, None).violation.is_some_and(|found| found.property == broken.property);
    let small = shrink(&plan, same);
    let path = regressions().join(format!("sim-{seed}.plan"));
    std::fs::create_dir_all(regressions())?;
    std::fs::write(&path, format!("# {}\n{small}", broken.property))?;
    println!("seed {seed}: {} of {} steps are enough: {}", small.steps.len(), plan.steps.len(), path.display());
    Ok(path)
}

fn report(progress: &Progress, total: u64) {
    println!("{}", progress.line(total));
    for (name, count) in &progress.counts {
        println!("  {name:<28} {count}");
    }
}

fn campaign(options: &Options) -> Result<bool> {
    let seeds = options.seeds.unwrap_or(SEEDS);
    let progress = Campaign { first: options.first, seeds }.run()?;
    report(&progress, seeds);
    for failure in progress.failures.iter().take(SHRUNK_MAX) {
        let path = keep_shrunk(failure.seed)?;
        let root = strata_tests::repository::root();
        let path = path.strip_prefix(&root).unwrap_or(Path::new(&path));
        println!("again: tests/run sim --plan {} --trace", path.display());
    }
    for failure in progress.failures.iter().skip(SHRUNK_MAX) {
        println!("again: tests/run sim --seeds 1 --first {} --trace", failure.seed);
    }
    let missing = if progress.seeds >= SEEDS_FOR_COVERAGE { progress.never_happened() } else { Vec::new() };
    if !missing.is_empty() {
        println!("never happened: {missing:?}");
    }
    let cpu_ms = progress.cpu_ms / progress.seeds.max(1);
    if cpu_ms > CPU_MS_MAX {
        println!("a seed takes {cpu_ms} ms of CPU, more than {CPU_MS_MAX}");
    }
    Ok(progress.failures.is_empty() && missing.is_empty() && cpu_ms <= CPU_MS_MAX)
}

fn main() -> Result<ExitCode> {
    let options = options()?;
    let holds = match &options.plan {
        Some(path) => show(&read_plan(path)?, options.trace).violation.is_none(),
        None if options.trace => show(&Plan::of_seed(options.first), true).violation.is_none(),
        None => campaign(&options)?,
    };
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
