//! Inputs on disk: a pack of many for each target, single files for what once failed.
//!
//! Owns: the file formats and places. A pack is `length (4, big endian), bytes` repeated. A crash while a pack is written leaves
//! the old one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// `tests/fuzz`.
pub(crate) fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// Where long runs keep what they found worth keeping.
pub(crate) fn campaign() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/campaigns/fuzz")
}

/// The committed pack of a target.
pub(crate) fn pack_path(target: &str) -> PathBuf {
    home().join("corpus").join(format!("{target}.pack"))
}

/// The inputs of a pack; none if there is no such file.
pub(crate) fn read_pack(path: &Path) -> Result<Vec<Vec<u8>>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let whole = fs::read(path).with_context(|| path.display().to_string())?;
    let mut rest = whole.as_slice();
    let mut inputs = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length))?;
        let (input, behind) =
            behind.split_at_checked(length).with_context(|| format!("{} ends early", path.display()))?;
        inputs.push(input.to_vec());
        rest = behind;
    }
    ensure!(rest.is_empty(), "{} ends within a length", path.display());
    Ok(inputs)
}

/// Replaces a pack.
pub(crate) fn write_pack(path: &Path, inputs: &[Vec<u8>]) -> Result<()> {
    let mut out = Vec::new();
    for input in inputs {
        out.extend_from_slice(&u32::try_from(input.len())?.to_be_bytes());
        out.extend_from_slice(input);
    }
    replace(path, &out)
}

/// Replaces a file as a whole.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension("tmp");
    fs::write(&temporary, content)?;
    fs::rename(&temporary, path).with_context(|| path.display().to_string())
}

/// What once failed, by name: `regressions/<target>/<what>.bin`.
pub(crate) fn regressions(target: &str) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let folder = home().join("regressions").join(target);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        found.push((path.clone(), fs::read(path)?));
    }
    found.sort();
    Ok(found)
}

/// Keeps an input that failed; answers its path.
pub(crate) fn keep_finding(target: &str, input: &[u8]) -> Result<PathBuf> {
    let name = format!("{target}-{:08x}.bin", crc32c::crc32c(input));
    let path = campaign().join("findings").join(name);
    replace(&path, input)?;
    Ok(path)
}
