//! `strata`: arguments in, exit code out.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use strata_broker::cli;
use strata_broker::crash_point;
use strata_broker_core::invariants::BROKEN;
use tracing_subscriber::EnvFilter;

/// Levels of logs, by these variables; the first that is set holds.
const LOG_VARIABLES: [&str; 2] = ["STRATA_LOG", "RUST_LOG"];
/// Levels without them: the cache library tells each of its steps at `info`; that the cloud's library looked for credentials in
/// vain, or why the consensus library has stopped, is said once by the error of our own that follows.
const LEVELS: &str = "info,openraft=off,foyer=warn,aws_config=error";
/// Names the point at which a test ends the process.
const CRASH_POINT_VARIABLE: &str = "STRATA_CRASH_POINT";
const BAD_USAGE: u8 = 2;

fn main() -> ExitCode {
    end_on_broken_invariants();
    let arguments = cli::args::Arguments::parse();
    if let Err(error) = begin() {
        eprintln!("strata: {error:#}");
        return ExitCode::from(BAD_USAGE);
    }
    cli::run(arguments)
}

/// A broken invariant ends the process at once: what is in memory can no longer be trusted, what is on disk can be recovered.
/// Any other panic ends its task alone.
fn end_on_broken_invariants() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        if panic.payload_as_str().is_some_and(|message| message.starts_with(BROKEN)) {
            std::process::abort();
        }
    }));
}

/// Logs to standard error, and the crash point of a test.
fn begin() -> anyhow::Result<()> {
    let levels = LOG_VARIABLES.iter().find_map(|name| std::env::var(name).ok());
    let filter = EnvFilter::try_new(levels.as_deref().unwrap_or(LEVELS))
        .map_err(|error| anyhow::anyhow!("STRATA_LOG or RUST_LOG is no filter of logs: {error}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    if let Ok(point) = std::env::var(CRASH_POINT_VARIABLE) {
        crash_point::arm_from(&point).map_err(|error| anyhow::anyhow!("{CRASH_POINT_VARIABLE}: {error}"))?;
        tracing::warn!(point, "a crash point is armed: the process will end itself there");
    }
    Ok(())
}
