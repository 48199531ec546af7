//! Which modules of a folder use each other in a circle.
//!
//! Owns: the imports of production code, by modules that lie beside each other. Does not own: which folders must be without
//! circles (`tests/tidy.rs`). A module and those below it may use each other: that is one thing in several files.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository::SourceFile;

/// Names of modules from the root of their crate.
type Path = Vec<String>;

/// Who uses whom among the modules in one folder.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The circles among the modules below `folder`, which lies in the `src` of a crate: one line for each use that closes one.
#[must_use]
pub fn circles(files: &[SourceFile], folder: &str) -> Vec<String> {
    let mut uses: BTreeMap<Path, Uses> = BTreeMap::new();
    let modules: BTreeMap<Path, &SourceFile> = files
        .iter()
        .filter(|file| !file.is_test() && file.path.starts_with(&format!("{folder}/")))
        .filter_map(|file| Some((module_of(&file.path)?, file)))
        .collect();
    let names: BTreeSet<&[String]> = modules.keys().flat_map(|path| (1..=path.len()).map(|end| &path[..end])).collect();
    for (module, file) in &modules {
        let production = SourceFile { path: file.path.clone(), text: file.production().to_owned() };
        for target in targets(&production.code(), module) {
            let shared = module.iter().zip(&target).take_while(|(one, other)| one == other).count();
            if shared < module.len() && shared < target.len() && names.contains(&target[..=shared]) {
                let beside = uses.entry(module[..shared].to_vec()).or_default();
                beside.entry(module[shared].clone()).or_default().insert(target[shared].clone());
            }
        }
    }
    let mut found = Vec::new();
    for (parent, uses) in &uses {
        for (user, used) in uses {
            let closing = used.iter().filter(|name| reaches(uses, name, user));
            found.extend(
                closing.map(|name| format!("{folder}: in {:?} {user} uses {name}, and back", parent.join("::"))),
            );
        }
    }
    found
}

/// The module that a file holds; `None` for the roots of crates.
fn module_of(path: &str) -> Option<Path> {
    let (_, below) = path.split_once("src/")?;
    let module: Path = below.strip_suffix(".rs")?.split('/').map(str::to_owned).collect();
    (!matches!(below, "lib.rs" | "main.rs")).then_some(module)
}

fn reaches(uses: &Uses, from: &str, to: &str) -> bool {
    let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
    while let Some(name) = left.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            left.extend(uses.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

/// All paths in `code` that begin with `crate` or `super`, from the root of the crate of `module`.
fn targets(code: &str, module: &[String]) -> Vec<Path> {
    let mut found = Vec::new();
    for lead in ["crate::", "super::"] {
        for (at, _) in code.match_indices(lead) {
            let is_whole = !code[..at].ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before));
            if !is_whole {
                continue;
            }
            let mut rest = &code[at..];
            let mut base = if lead == "crate::" { Vec::new() } else { module.to_vec() };
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            expand(rest.strip_prefix("crate::").unwrap_or(rest), &base, &mut found);
        }
    }
    found
}

/// Follows one path, and each branch where it has several; answers what comes after it.
fn expand<'code>(code: &'code str, base: &[String], found: &mut Vec<Path>) -> &'code str {
    let code = code.trim_start();
    if let Some(mut rest) = code.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches(|next: char| next.is_whitespace() || next == ',');
            if rest.is_empty() || rest.starts_with('}') {
                return rest.get(1..).unwrap_or_default();
            }
            let before = rest.len();
            rest = expand(rest, base, found);
            if rest.len() == before {
                return rest;
            }
        }
    }
    let end = code.find(|next: char| !next.is_alphanumeric() && next != '_').unwrap_or(code.len());
    let (name, rest) = code.split_at(end);
    let path = [base, &[name.to_owned()]].concat();
    if let Some(after) = rest.strip_prefix("::") {
        return expand(after, &path, found);
    }
    found.push(path);
    // What is imported under another name.
    rest.strip_prefix(" as ")
        .map_or(rest, |other| other.trim_start_matches(|next: char| next.is_alphanumeric() || next == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_planted_circle_is_found_and_what_is_none_is_not() {
        let below = file("x/src/log/types.rs", "//! See `super::whole`.\npub struct Offset;");
        let uses_below =
            |name: &str| file(name, "use super::types::Offset;\nuse crate::net::{self, limits::{A as B, C}};");
        let table: [(&str, &str, Vec<String>); 6] = [
            ("none", "use super::types::Offset;", vec![]),
            (
                "an import",
                "use super::whole::Log;",
                vec!["part uses whole", "whole uses part"].into_iter().map(str::to_owned).collect(),
            ),
            (
                "a branch",
                "use crate::log::{types::{Offset, self}, whole::Log};",
                vec!["part uses whole".to_owned(), "whole uses part".to_owned()],
            ),
            (
                "a path",
                "fn f() { crate::log::whole::go() }",
                vec!["part uses whole".to_owned(), "whole uses part".to_owned()],
            ),
            ("a comment", "// super::whole::Log\n", vec![]),
            ("a test", "#[cfg(test)]\nmod tests {\n    use crate::log::whole::Log;\n}\n", vec![]),
        ];
        for (what, text, expected) in table {
            let files = [
                uses_below("x/src/log/whole.rs"),
                file("x/src/log/whole/inner.rs", "use super::super::part::Part;\nuse super::Log;"),
                file("x/src/log/part.rs", text),
                file("x/src/log/part/tests.rs", "use crate::log::whole::Log;"),
                below.clone(),
            ];
            let found: Vec<String> = circles(&files, "x/src/log")
                .iter()
                .map(|line| line.trim_start_matches("x/src/log: in \"log\" ").trim_end_matches(", and back").to_owned())
                .collect();
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn a_circle_of_three_in_a_folder_below_is_found() {
        let files = [
            file("x/src/a.rs", "mod one; mod two; mod three;"),
            file("x/src/a/one.rs", "use super::two::Two;"),
            file("x/src/a/two.rs", "use crate::a::three::Three;"),
            file("x/src/a/three.rs", "use super::{A, one::One};"),
        ];
        assert_eq!(circles(&files, "x/src").len(), 3, "{:?}", circles(&files, "x/src"));
        assert_eq!(circles(&files[..3], "x/src"), Vec::<String>::new());
    }
}
