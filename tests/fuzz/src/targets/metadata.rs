//! The cluster's state: snapshots of the image, and encoded commands.
//!
//! Owns: what must hold of any bytes in their place: what decodes is steady, and applying it leaves a state that can be.

use std::cell::RefCell;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use strata_metadata_core::command::Command;
use strata_metadata_core::image::Image;
use strata_metadata_core::snapshot;

use super::{Target, UNBOUNDED};
use crate::memory;
use crate::repair::Repair;

/// Postcard reserves up to 1 MiB for a list that is announced, at each depth.
const MIN_BYTES: usize = 8 << 20;
const PER_BYTE: usize = 400;
/// Commands that are applied to one image before it is made anew.
const COMMANDS_MAX: u64 = 200;

/// One encoded command of each kind, as the tests of the core fix them.
fn golden() -> Result<Vec<Vec<u8>>> {
    let text = include_str!("../../../../metadata/core/src/command/golden.txt");
    let decode = |line: &str| -> Result<Vec<u8>> {
        let hex = line.split_whitespace().last().context("a line of commands is empty")?;
        (0..hex.len() / 2).map(|at| Ok(u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16)?)).collect()
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(decode).collect()
}

/// An image after each of the golden commands, as far as they are taken.
fn world() -> Result<Image> {
    let mut image = Image::default();
    for bytes in golden()? {
        let index = image.applied_index + 1;
        let _answer = image.apply(index, &Command::decode(&bytes)?);
    }
    Ok(image)
}

fn run_image(input: &Bytes) -> Result<String, String> {
    let image = match memory::bounded(input.len() * PER_BYTE + MIN_BYTES, || snapshot::decode(input))? {
        Ok(image) => image,
        Err(error) => return Ok(error.to_string()),
    };
    let encoded = snapshot::encode(&image).map_err(|error| format!("what was read is not written: {error}"))?;
    let again = snapshot::decode(&encoded).map_err(|error| format!("what we wrote is refused: {error}"))?;
    if again == image { Ok("decoded".to_owned()) } else { Err("another image comes back".to_owned()) }
}

/// See the module.
pub(super) fn image() -> Result<Target> {
    let seeds = vec![snapshot::encode(&Image::default())?, snapshot::encode(&world()?)?];
    Ok(Target {
        name: "metadata-image",
        run: Box::new(run_image),
        seeds,
        repair: |_| Repair::TailXxh3,
        executions_max: UNBOUNDED,
    })
}

/// An encoded command is decoded and applied to a state that earlier ones left.
pub(super) fn command() -> Result<Target> {
    let fresh = world()?;
    let base = fresh.applied_index;
    let state = RefCell::new(fresh.clone());
    let run = move |input: &Bytes| {
        let command = match memory::bounded(input.len() * PER_BYTE + MIN_BYTES, || Command::decode(input))? {
            Ok(command) => command,
            Err(error) => return Ok(error.to_string()),
        };
        // Bytes that another encoder would have written may decode to a command that we would refuse to write only for its size.
        if let Ok(encoded) = command.encode() {
            let again = Command::decode(&encoded).map_err(|error| format!("what we wrote is refused: {error}"))?;
            if again != command {
                return Err("another command comes back".to_owned());
            }
        }
        // A fresh image repeats a failure from its input alone; the running one goes deeper.
        let mut alone = fresh.clone();
        let (response, _) = alone.apply(base + 1, &command);
        let mut running = state.borrow_mut();
        if running.applied_index > base + COMMANDS_MAX {
            *running = fresh.clone();
        }
        let index = running.applied_index + 1;
        let (second, _) = running.apply(index, &command);
        let kind = format!("{command:?}").chars().take_while(|letter| letter.is_alphabetic()).collect::<String>();
        let say = |taken: bool| if taken { "taken" } else { "refused" };
        Ok(format!("{kind} {} {}", say(response.is_ok()), say(second.is_ok())))
    };
    Ok(Target {
        name: "metadata-command",
        run: Box::new(run),
        seeds: golden()?,
        repair: |_| Repair::None,
        executions_max: UNBOUNDED,
    })
}
