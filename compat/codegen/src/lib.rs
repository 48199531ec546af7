//! Compact message schemas to Rust: reads `compat/schemas`, writes `compat/src/messages`, and compares the schemas with Kafka's own
//! definitions.
//!
//! Owns: the notation, the generator, the comparer. Does not own: the wire's primitives, which generated code takes from
//! `strata_compat::wire`. Invariants: the output depends on the schemas only, and is committed; a crash while writing leaves files
//! that [`check`] calls stale.

/// Appends formatted text to a string, which cannot fail.
macro_rules! put {
    ($text:expr, $($argument:tt)*) => {
        $text.push_str(&format!($($argument)*))
    };
}

/// Appends a formatted line to a string.
macro_rules! put_line {
    ($text:expr, $($argument:tt)*) => {{
        put!($text, $($argument)*);
        $text.push('\n');
    }};
}

mod compare;
mod generate;
mod parse;
mod schema;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

pub use compare::{Difference, compare};
pub use parse::parse;
pub use schema::{DefaultValue, Field, FieldType, Message, MessageKind, Schema, Schemas, Struct, Versions};

/// What is wrong with a committed file.
#[derive(Debug)]
pub enum Stale {
    /// These files differ from what the schemas give, are missing, or should not be there.
    Files(Vec<PathBuf>),
    /// The schemas could not be turned into code.
    Failed(anyhow::Error),
}

impl fmt::Display for Stale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(files) => {
                writeln!(
                    formatter,
                    "stale generated files; run `cargo run --release -p strata-compat-codegen -- write`:"
                )?;
                files.iter().try_for_each(|file| writeln!(formatter, "  {}", file.display()))
            }
            Self::Failed(error) => write!(formatter, "schemas cannot be generated: {error:#}"),
        }
    }
}

impl std::error::Error for Stale {}

/// Reads all schema files of the repository at `root`.
///
/// # Errors
/// A file that cannot be read or understood.
pub fn load(root: &Path) -> Result<Schemas> {
    let folder = root.join("compat/schemas");
    let mut schemas = Schemas::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "schema") {
            continue;
        }
        let module = path.file_stem().and_then(|stem| stem.to_str()).context("file name is not UTF-8")?;
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        schemas.insert(module.to_owned(), parse(module, &text)?);
    }
    Ok(schemas)
}

/// Writes every generated file of the repository at `root`, and removes what the schemas no longer give.
///
/// # Errors
/// A schema that is not understood, a missing `rustfmt`, or a file that cannot be written.
pub fn write(root: &Path) -> Result<()> {
    let wanted = outputs(root)?;
    for (path, text) in &wanted {
        if fs::read_to_string(path).is_ok_and(|present| present == *text) {
            continue;
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text).with_context(|| path.display().to_string())?;
    }
    for path in superfluous(root, &wanted)? {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Tells whether the committed files of the repository at `root` are what the schemas give.
///
/// # Errors
/// [`Stale`], with every file that differs.
pub fn check(root: &Path) -> Result<(), Stale> {
    let stale = find_stale(root).map_err(Stale::Failed)?;
    if stale.is_empty() { Ok(()) } else { Err(Stale::Files(stale)) }
}

fn find_stale(root: &Path) -> Result<Vec<PathBuf>> {
    let wanted = outputs(root)?;
    let mut stale = superfluous(root, &wanted)?;
    for (path, text) in wanted {
        if !fs::read_to_string(&path).is_ok_and(|present| present == text) {
            stale.push(path);
        }
    }
    Ok(stale)
}

/// Every generated file with its text, formatted.
fn outputs(root: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let schemas = load(root)?;
    let mut files = BTreeMap::new();
    for (path, text) in generate::generate(&schemas)? {
        let formatted = rustfmt(&text, generate::is_root(&path)).with_context(|| path.clone())?;
        files.insert(root.join(path), generate::expect_long_functions(&formatted));
    }
    Ok(files)
}

/// Files in the folders of generated modules that no schema gives, apart from the tests written by hand.
fn superfluous(root: &Path, wanted: &BTreeMap<PathBuf, String>) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["compat/src/messages", "compat/src/messages/samples"] {
        let folder = root.join(folder);
        if !folder.exists() {
            continue;
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let by_hand = path.file_name().is_some_and(|name| name == "oracle.rs" || name == "tests.rs");
            let is_rust = path.extension().is_some_and(|extension| extension == "rs");
            if is_rust && !by_hand && !wanted.contains_key(&path) {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// Formats a module: a root as `cargo fmt` would, any other in wide lines, for which its root says that `cargo fmt` leaves it alone.
fn rustfmt(text: &str, is_root: bool) -> Result<String> {
    let style = if is_root { "use_small_heuristics=Default" } else { "max_width=140,use_small_heuristics=Max" };
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config"])
        .arg(style)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("rustfmt cannot be started")?;
    let mut input = child.stdin.take().context("rustfmt has no input")?;
    input.write_all(text.as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "rustfmt: {complaint}");
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_files_are_what_the_schemas_give() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        if let Err(stale) = check(&root) {
            panic!("{stale}");
        }
    }
}
