//! The repository as text, for the gates of `tests/tidy.rs`.
//!
//! Owns: which files there are, and reading Rust just well enough for the gates: comments, strings and test modules left out.
//! Does not own: the rules. Nothing is written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// One tracked or new text file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path below the root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl SourceFile {
    /// Whether it holds tests only: a folder `tests`, a file `tests.rs` or a support file of tests.
    #[must_use]
    pub fn is_test(&self) -> bool {
        let inside = |name: &str| self.path.split('/').any(|part| part == name);
        self.path.starts_with("tests/")
            || inside("tests")
            || self.path.ends_with("/tests.rs")
            || inside("test_support")
            || self.path.ends_with("/test_support.rs")
    }

    /// Whether it was written by the message generator.
    #[must_use]
    pub fn is_generated(&self) -> bool {
        self.path.starts_with("compat/src/messages/") || self.path == "compat/src/messages.rs"
    }

    /// The text before the module of its tests.
    #[must_use]
    pub fn production(&self) -> &str {
        let tests = self
            .text
            .match_indices("#[cfg(test)]\nmod ")
            .find(|(at, _)| self.text[*at..].lines().nth(1).is_some_and(|line| line.ends_with('{')));
        tests.map_or(self.text.as_str(), |(at, _)| &self.text[..at])
    }

    /// The text with comments and the insides of strings blanked, line by line as before.
    #[must_use]
    pub fn code(&self) -> String {
        blank(&self.text)
    }
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All text files that are tracked, or new and not ignored.
///
/// # Errors
/// `git` cannot be asked, or a file cannot be read.
pub fn files() -> Result<Vec<SourceFile>> {
    let root = root();
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(&root)
        .output()
        .context("git cannot be run")?;
    ensure!(output.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&output.stderr));
    let mut found = Vec::new();
    for path in String::from_utf8(output.stdout)?.split('\0').filter(|path| !path.is_empty()) {
        let Ok(bytes) = fs::read(root.join(path)) else {
            continue;
        };
        if let Ok(text) = String::from_utf8(bytes) {
            found.push(SourceFile { path: path.to_owned(), text });
        }
    }
    Ok(found)
}

/// What follows a quote, a comment or a character at the head of `rest`: how many bytes it takes, if it is one of them.
fn span(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(rest.len(), |at| at + 2));
    }
    for hashes in ["r\"", "r#\"", "r##\""] {
        if let Some(body) = rest.strip_prefix(hashes) {
            let end = format!("\"{}", &hashes[1..hashes.len() - 1]);
            return Some(body.find(&end).map_or(rest.len(), |at| at + hashes.len() + end.len()));
        }
    }
    if rest.starts_with('"') {
        return Some(quoted(rest));
    }
    let character = rest.strip_prefix('\'')?;
    let end = if character.starts_with('\\') {
        character[2..].find('\'').map(|at| at + 2)
    } else {
        let width = character.chars().next().map_or(0, char::len_utf8);
        character[width..].starts_with('\'').then_some(width)
    };
    end.map(|at| at + 2)
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word_before = code.chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_');
        let length = if first == 'r' && word_before { None } else { span(rest) };
        if let Some(length) = length {
            code.extend(rest[..length].chars().map(|one| if one == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_characters_are_blanked() {
        let text = "a // b\n\"c\\\"d\" e r#\"f\"# '\\'' 'g' &'h x /* i */ for_r\"j\"";
        let code = blank(text);
        for gone in ['b', 'c', 'd', 'g', 'i', 'j'] {
            assert!(!code.contains(gone), "{gone} in {code}");
        }
        for kept in ["a ", " e ", "&'h x"] {
            assert!(code.contains(kept), "{kept} in {code}");
        }
        assert_eq!(code.lines().count(), text.lines().count());
    }

    #[test]
    fn production_ends_where_inline_tests_begin() {
        let file = |text: &str| SourceFile { path: "a.rs".to_owned(), text: text.to_owned() };
        assert_eq!(file("fn a() {}\n#[cfg(test)]\nmod tests {\n}\n").production(), "fn a() {}\n");
        assert_eq!(file("#[cfg(test)]\nmod tests;\nfn b() {}\n").production(), "#[cfg(test)]\nmod tests;\nfn b() {}\n");
    }
}
