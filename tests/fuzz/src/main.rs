//! Fuzzes what reads bytes from peers, disks, buckets and operators.
//!
//! ```text
//! fuzz                                          every target: the corpus, then some seconds each
//! fuzz [--target T] [--minutes N] [--seed S]    a longer dose, divided among the targets; goes on in target/campaigns/fuzz
//! fuzz --target T --input FILE                  one input, as a failure prints it
//! fuzz --target T --careful                     each input is in a file before it runs, for crashes of the whole process
//! fuzz --vectors FILE                           messages of Kafka's own code join the corpus
//! fuzz --distil                                 the campaign's inputs that add something join the committed corpus
//! ```
//! Owns: options, one process for each target, the table, saved progress. Does not own: how a target is fuzzed (`engine.rs`).

mod chance;
mod corpus;
mod coverage;
mod engine;
mod memory;
mod repair;
mod targets;

use std::path::PathBuf;
use std::process::{Child, Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;

use engine::{Engine, Plan, Report};
use strata_tests::build_identity::build_identity;
use strata_tests::panics;
use targets::{TARGETS, Target};

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// Seconds of a target in the default dose.
const SECONDS: u64 = 2;
/// Targets at the same time.
const JOBS: usize = 2;
/// Bytes of a committed pack.
const PACK_BYTES_MAX: usize = 190 * 1024;

#[derive(Default)]
struct Options {
    target: Option<String>,
    minutes: Option<f64>,
    seconds: Option<u64>,
    seed: u64,
    input: Option<PathBuf>,
    vectors: Option<PathBuf>,
    careful: bool,
    distil: bool,
    alone: bool,
}

fn options() -> Result<Options> {
    let mut options = Options { seed: 1, ..Options::default() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--target" => options.target = Some(value()?),
            "--minutes" => options.minutes = Some(value()?.parse().context("--minutes needs a number")?),
            "--seconds" => options.seconds = Some(value()?.parse().context("--seconds needs a number")?),
            "--seed" => options.seed = value()?.parse().context("--seed needs a number")?,
            "--input" => options.input = Some(value()?.into()),
            "--vectors" => options.vectors = Some(value()?.into()),
            "--careful" => options.careful = true,
            "--distil" => options.distil = true,
            "--alone" => options.alone = true,
            other => bail!("{other} is no option; see the head of tests/fuzz/run"),
        }
    }
    Ok(options)
}

fn made(name: &str) -> Result<Target> {
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    let found = TARGETS.iter().find(|(one, _)| *one == name);
    let (_, make) =
        found.with_context(|| format!("there is no target '{name}'; the targets are {}", names.join(", ")))?;
    make().with_context(|| format!("the target {name} cannot be made"))
}

fn campaign_pack(target: &str) -> PathBuf {
    corpus::campaign().join(format!("{target}.pack"))
}

/// Everything that is saved for a target.
fn saved(target: &str, with_campaign: bool) -> Result<Vec<Vec<u8>>> {
    let mut inputs = corpus::read_pack(&corpus::pack_path(target))?;
    inputs.extend(corpus::regressions(target)?.into_iter().map(|(_, input)| input));
    if with_campaign {
        inputs.extend(corpus::read_pack(&campaign_pack(target))?);
    }
    Ok(inputs)
}

fn is_long(options: &Options) -> bool {
    options.minutes.is_some()
}

/// How long each target is fuzzed after its replay.
fn time_for_each(options: &Options) -> Duration {
    match (options.minutes, options.seconds) {
        (Some(minutes), _) => {
            let targets = if options.target.is_some() { 1 } else { TARGETS.len().div_ceil(JOBS) };
            Duration::from_secs_f64(
                minutes.clamp(0.0, 100_000.0) * 60.0 / f64::from(u32::try_from(targets).unwrap_or(1)),
            )
        }
        (None, Some(seconds)) => Duration::from_secs(seconds),
        (None, None) => Duration::from_secs(SECONDS),
    }
}

fn print_line(name: &str, report: &Report) {
    let seconds = report.elapsed.as_secs_f64().max(0.001);
    let rate = f64::from(u32::try_from(report.executions).unwrap_or(u32::MAX)) / seconds;
    println!(
        "{name:<18} {:>6} replayed {:>10} executions {rate:>8.0}/s {:>5} outcomes {:>6} edges, slowest {:.1} ms for {} bytes, {} failed",
        report.replayed,
        report.executions,
        report.outcomes,
        report.edges,
        report.slowest.as_secs_f64() * 1000.0,
        report.slowest_bytes,
        report.findings.len(),
    );
}

/// Adds the run to what the campaign did before.
fn save_progress(name: &str, options: &Options, report: &Report) -> Result<()> {
    let mut kept = corpus::read_pack(&campaign_pack(name))?;
    kept.extend(report.kept.iter().cloned());
    kept.sort();
    kept.dedup();
    corpus::write_pack(&campaign_pack(name), &kept)?;
    let before = Before::read(name);
    let build = build_identity()?;
    let (executions, seconds) = if before.build == build { (before.executions, before.seconds) } else { (0, 0) };
    let executions = executions + report.executions;
    let seconds = seconds + report.elapsed.as_secs();
    println!("{name}: {executions} executions in {seconds} s by this build");
    corpus::replace(&Before::path(name), format!("{executions} {seconds} {} {build}\n", options.seed + 1).as_bytes())
}

/// What a target's campaign has done before. Its inputs serve every build; executions count for the build that ran them.
#[derive(Default)]
struct Before {
    executions: u64,
    seconds: u64,
    next_seed: u64,
    build: String,
}

impl Before {
    fn path(name: &str) -> PathBuf {
        corpus::campaign().join(format!("{name}.progress"))
    }

    /// Nothing, if there is no such file.
    fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(Self::path(name)).unwrap_or_default();
        let mut words = text.split_whitespace();
        let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
        let (executions, seconds, next_seed) = (number(), number(), number());
        Self { executions, seconds, next_seed, build: words.next().unwrap_or_default().to_owned() }
    }
}

/// The seed goes on where the campaign stopped.
fn next_seed(name: &str, options: &Options) -> u64 {
    if is_long(options) { Before::read(name).next_seed.max(options.seed) } else { options.seed }
}

/// One target in this process; whether nothing failed.
fn fuzz_one(name: &str, options: &Options) -> Result<bool> {
    let target = made(name)?;
    let executions_max = if is_long(options) { targets::UNBOUNDED } else { target.executions_max };
    let seed = next_seed(name, options);
    let plan = Plan { seed, time: time_for_each(options), executions_max, careful: options.careful };
    let report = Engine::new(target, plan.careful).run(saved(name, is_long(options))?, &plan)?;
    print_line(name, &report);
    if is_long(options) {
        save_progress(name, &Options { seed, ..Options::default() }, &report)?;
    }
    Ok(report.findings.is_empty())
}

/// One input in this process, and what became of it.
fn replay(name: &str, path: &std::path::Path) -> Result<bool> {
    let input = Bytes::from(std::fs::read(path).with_context(|| path.display().to_string())?);
    let (outcome, elapsed) = Engine::new(made(name)?, false).judge(&input);
    println!("{name}: {} bytes in {elapsed:?}: {outcome:?}", input.len());
    Ok(outcome.is_ok())
}

/// Inputs that add an outcome, smallest first, until the pack is full.
fn distil(name: &str) -> Result<()> {
    let mut inputs = saved(name, true)?;
    inputs.sort_by_key(|input| (input.len(), input.clone()));
    inputs.dedup();
    let plan = Plan { seed: 1, time: Duration::ZERO, executions_max: 0, careful: false };
    let mut report = Engine::new(made(name)?, false).run(inputs, &plan)?;
    report.kept.sort_by_key(Vec::len);
    let mut bytes = 0;
    report.kept.retain(|input| {
        bytes += input.len() + 4;
        bytes <= PACK_BYTES_MAX
    });
    println!("{name}: {} inputs kept", report.kept.len());
    corpus::write_pack(&corpus::pack_path(name), &report.kept)
}

fn start(name: &str, options: &Options) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--alone", "--target", name, "--seed", &options.seed.to_string()]);
    let seconds = time_for_each(options).as_secs_f64();
    if is_long(options) {
        command.args(["--minutes", &(seconds / 60.0).to_string()]);
    } else {
        command.args(["--seconds", &time_for_each(options).as_secs().to_string()]);
    }
    if options.careful {
        command.arg("--careful");
    }
    Ok(command.spawn()?)
}

fn ended(name: &str, seed: u64, child: &mut Child) -> Result<bool> {
    let status = child.wait()?;
    if status.code().is_none() {
        println!(
            "{name}: the process ends with {status}; again: tests/fuzz/run --target {name} --seed {seed} --careful"
        );
        println!("  its last input is then {}", corpus::campaign().join(format!("current-{name}.bin")).display());
    }
    Ok(status.success())
}

/// Every target, in processes of their own: a crash of one is told of, and the others go on.
fn fuzz_all(options: &Options) -> Result<bool> {
    let mut is_well = true;
    let mut running: Vec<(&str, Child)> = Vec::new();
    for (name, _) in TARGETS {
        if running.len() >= JOBS {
            let (name, mut child) = running.remove(0);
            is_well &= ended(name, options.seed, &mut child)?;
        }
        running.push((name, start(name, options)?));
    }
    for (name, mut child) in running {
        is_well &= ended(name, options.seed, &mut child)?;
    }
    Ok(is_well)
}

fn run() -> Result<bool> {
    let options = options()?;
    panics::watch();
    if let Some(path) = &options.vectors {
        let inputs = targets::from_vectors(&std::fs::read(path).with_context(|| path.display().to_string())?)?;
        println!("{} messages join the campaign of 'message'", inputs.len());
        corpus::write_pack(&campaign_pack("message"), &inputs)?;
        return Ok(true);
    }
    if options.distil {
        for (name, _) in TARGETS.iter().filter(|(name, _)| options.target.as_deref().is_none_or(|one| one == *name)) {
            distil(name)?;
        }
        return Ok(true);
    }
    match (&options.target, &options.input) {
        (Some(target), Some(path)) => replay(target, path),
        (None, Some(_)) => bail!("--input needs --target"),
        (Some(target), None) if options.alone => fuzz_one(target, &options),
        (Some(target), None) => ended(target, options.seed, &mut start(target, &options)?),
        (None, None) => fuzz_all(&options),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz: {error:#}");
            ExitCode::from(2)
        }
    }
}
