//! Which build a campaign's figures are of.
//!
//! Owns: the name of the running program's build. Does not own: the files of campaigns, and what happens to figures of another
//! build (each campaign begins anew and says so). Nothing is written.

use anyhow::{Context as _, Result};

/// A hash (xxh3, 16 hexadecimal digits) of the running program's bytes: what another build passed says nothing of this one.
///
/// # Errors
/// If the program cannot be read.
pub fn build_identity() -> Result<String> {
    let program = std::fs::read(std::env::current_exe()?).context("reading the program itself")?;
    Ok(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&program)))
}
