//! The command line: `strata dev|server` run a node, everything else asks one.
//!
//! Owns: arguments, what people and programs see, exit codes. Does not own: the node (`server.rs`), or what an API means.
//! Invariants: an error is one line on standard error that names what was wrong and what to do next; with `--json` standard
//! output holds one JSON value and nothing else. Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 what lies
//! in a data directory or bucket is not ours.

pub mod args;
pub mod client;
mod cluster;
mod completion;
mod config;
mod datetime;
mod error;
mod group;
mod output;
pub mod run;
mod tier;
mod topic;

use std::process::ExitCode;

use self::args::{Arguments, Command, Global};
use self::client::Client;
use self::error::CliError;
use self::output::Output;

/// Runs the command that was given and answers with the process's exit code.
#[must_use]
pub fn run(arguments: Arguments) -> ExitCode {
    let Arguments { command, global } = arguments;
    let result = match command {
        Command::Dev(options) => run::dev(&options),
        Command::Server(options) => run::server(&options),
        Command::Completion(options) => completion::print(&options),
        command => admin(command, &global),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever an underlying error holds.
            eprintln!("strata: {}", error.line());
            ExitCode::from(error.exit_code())
        }
    }
}

/// Runs a command that asks a broker or a bucket, on a runtime of one thread.
fn admin(command: Command, global: &Global) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::failed(format!("no runtime could be made: {error}")))?;
    runtime.block_on(Box::pin(ask(command, global)))
}

async fn ask(command: Command, global: &Global) -> Result<(), CliError> {
    let mut output = Output::standard(global.json);
    let mut client = Client::new(global.bootstrap_server.clone(), global.timeout());
    match command {
        Command::Topic(options) => topic::run(options.command, &mut client, &mut output).await,
        Command::Group(options) => group::run(options.command, &mut client, &mut output).await,
        Command::Cluster(options) => cluster::run(options.command, &mut client, &mut output).await,
        Command::Config(options) => config::run(options.command, &mut client, &mut output).await,
        Command::Tier(options) => tier::run(options.command, &mut client, &mut output).await,
        Command::Dev(_) | Command::Server(_) | Command::Completion(_) => {
            Err(CliError::failed("this command asks no broker"))
        }
    }
}
