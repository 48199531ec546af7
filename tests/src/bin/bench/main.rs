//! `bench COMMAND --OPTION VALUE...`: the hot part of `tests/bench`. It drives a broker over its sockets and prints one JSON value.
//!
//! Owns: load (`produce`, `fetch`, `tail`, `latency`, `seek`), the checks of what a broker answered (`check`), the machine's own limits
//! (`limits`, `gets`) and a store that is as slow as S3 (`shim`). Does not own: brokers, rows, pairs and ratios, which
//! `tests/bench/main.py` has. An answer that is wrong ends a command with a failure, so that no figure comes of it.

mod acked;
mod batches;
mod check;
mod cpu;
mod fetch;
mod frames;
mod gets;
mod histogram;
mod http;
mod latency;
mod limits;
mod options;
mod produce;
mod seek;
mod shim;
mod tail;
mod talk;
mod weather;

use anyhow::{Context as _, Result, bail};

use crate::options::Options;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name =
        arguments.next().context("which command? produce, fetch, tail, latency, seek, check, limits, gets or shim")?;
    let options = Options::parse(arguments)?;
    let value = match name.as_str() {
        "produce" => produce::run(&options)?,
        "fetch" => fetch::run(&options)?,
        "tail" => tail::run(&options)?,
        "latency" => latency::run(&options)?,
        "seek" => seek::run(&options)?,
        "check" => check::run(&options)?,
        "limits" => limits::run(&options)?,
        "gets" => gets::run(&options)?,
        "shim" => shim::run(&options)?,
        _ => bail!("there is no command '{name}'"),
    };
    println!("{value}");
    Ok(())
}
