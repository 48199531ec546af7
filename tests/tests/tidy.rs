//! The gates of the repository: what no compiler checks.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use strata_tests::circles::circles;
use strata_tests::repository::{SourceFile, files, root};
use strata_tiering::crash_point::CrashPoint;

const PRODUCTION_LINES_MAX: usize = 800;
const STRUCT_FIELDS_MAX: usize = 15;
/// Each crate: its folder, its package, and which of ours it may import.
const CRATES: &[(&str, &str, &[&str])] = &[
    ("compat", "strata-compat", &[]),
    ("compat/codegen", "strata-compat-codegen", &[]),
    ("cache", "strata-cache", &[]),
    ("metadata/core", "strata-metadata-core", &["strata-compat"]),
    ("broker/core", "strata-broker-core", &["strata-compat"]),
    ("metadata", "strata-metadata", &["strata-metadata-core", "strata-compat"]),
    ("tiering", "strata-tiering", &["strata-cache", "strata-compat", "strata-metadata-core"]),
    (
        "broker",
        "strata-broker",
        &[
            "strata-broker-core",
            "strata-metadata",
            "strata-metadata-core",
            "strata-tiering",
            "strata-cache",
            "strata-compat",
        ],
    ),
];
/// Folders whose modules use each other in no circle.
const WITHOUT_CIRCLES: &[&str] = &["broker/src/log", "broker/core/src", "cache/src"];
/// What tiering may know of the metadata core: rows, page references, reservations, and what a command about them answers.
const TIERING_SEES: &[&str] = &["image::remote_segments", "response", "control::remote_segments"];

fn rust_files() -> Vec<SourceFile> {
    let mut found = files().expect("the repository can be read");
    found.retain(|file| file.path.ends_with(".rs"));
    found
}

/// The crate that a file belongs to: the deepest folder of [`CRATES`] above it.
fn crate_of(path: &str) -> Option<&'static (&'static str, &'static str, &'static [&'static str])> {
    let above =
        CRATES.iter().filter(|(folder, ..)| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
    above.max_by_key(|(folder, ..)| folder.len())
}

fn refuse(complaints: &[String], rule: &str) {
    let mut text = String::new();
    for complaint in complaints {
        writeln!(text, "  {complaint}").expect("text can be written to a string");
    }
    assert!(complaints.is_empty(), "{rule}:\n{text}");
}

/// All places of `needle` in `text`, as line numbers.
fn lines_with(text: &str, needle: &str) -> Vec<usize> {
    text.lines().enumerate().filter(|(_, line)| line.contains(needle)).map(|(index, _)| index + 1).collect()
}

#[test]
fn crates_depend_only_on_those_below_them() {
    let mut complaints = Vec::new();
    for (folder, package, allowed) in CRATES {
        let manifest =
            std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("each crate has a manifest");
        let mut section = "";
        for line in manifest.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let production = section == "[dependencies]" || section == "[build-dependencies]";
            if production && name.starts_with("strata-") && !allowed.contains(&name) {
                complaints.push(format!("{folder}/Cargo.toml: {package} must not depend on {name}"));
            }
        }
    }
    refuse(&complaints, "imports point downwards only");
}

#[test]
fn files_import_only_crates_below_theirs() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        let Some((_, own, allowed)) = crate_of(&file.path) else {
            continue;
        };
        let code = file.code();
        for (_, package, _) in CRATES {
            let name = package.replace('-', "_");
            if package == own || allowed.contains(package) || file.is_test() {
                continue;
            }
            for line in lines_with(&code, &format!("{name}::")) {
                // The name of a longer crate ends like this one's.
                complaints.push(format!("{}:{line}: uses {name}", file.path));
            }
        }
    }
    refuse(&complaints, "imports point downwards only");
}

#[test]
fn modules_use_each_other_in_no_circle() {
    let files = rust_files();
    let complaints: Vec<String> = WITHOUT_CIRCLES.iter().flat_map(|folder| circles(&files, folder)).collect();
    refuse(&complaints, "what two modules share lies below both");
}

#[test]
fn tiering_sees_only_remote_segments_of_the_metadata_core() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        if !file.path.starts_with("tiering/") || file.is_test() {
            continue;
        }
        for (index, line) in blank_production(&file).lines().enumerate() {
            for (at, crate_name) in line.match_indices("strata_metadata_core::") {
                let rest = &line[at + crate_name.len()..];
                if !TIERING_SEES.iter().any(|module| rest.starts_with(module)) {
                    complaints.push(format!("{}:{}: {}", file.path, index + 1, line.trim()));
                }
            }
        }
    }
    refuse(&complaints, "tiering knows rows, page references and reservations only");
}

fn blank_production(file: &SourceFile) -> String {
    SourceFile { path: file.path.clone(), text: file.production().to_owned() }.code()
}

#[test]
fn production_files_stay_short() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        let lines = file.production().lines().count();
        if lines > PRODUCTION_LINES_MAX && !file.is_test() && !file.is_generated() {
            complaints.push(format!("{}: {lines} lines", file.path));
        }
    }
    refuse(&complaints, &format!("a file holds at most {PRODUCTION_LINES_MAX} lines without its tests"));
}

/// Structs of a text without comments and strings: name and number of named fields.
fn structs(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, word) in code.match_indices("struct ") {
        let starts_word = code[..at].chars().next_back().is_none_or(|before| before.is_whitespace());
        let body = &code[at + word.len()..];
        let Some(open) = body.find(['{', ';', '(']) else {
            continue;
        };
        if !starts_word || !body[open..].starts_with('{') {
            continue;
        }
        let name: String = body.chars().take_while(|one| one.is_alphanumeric() || *one == '_').collect();
        found.push((name, fields(&body[open + 1..])));
    }
    found
}

/// Fields up to the brace that closes the struct: colons outside of types.
fn fields(body: &str) -> usize {
    let (mut depth, mut count, mut in_type) = (0_i32, 0, false);
    let mut before = ' ';
    for (at, one) in body.char_indices() {
        let after = body[at + one.len_utf8()..].chars().next().unwrap_or(' ');
        match one {
            '}' if depth == 0 => break,
            '{' | '(' | '[' | '<' => depth += 1,
            '>' if before == '-' => {}
            '}' | ')' | ']' | '>' => depth -= 1,
            ':' if depth == 0 && !in_type && after != ':' && before != ':' => {
                count += 1;
                in_type = true;
            }
            ',' if depth == 0 => in_type = false,
            _ => {}
        }
        before = one;
    }
    count
}

#[test]
fn fields_of_structs_are_counted() {
    let code = "pub struct A<T> { pub a: Vec<(u8, T)>, b: fn(u8) -> u8, pub(crate) c: x::Y } struct B(u8); struct C;";
    assert_eq!(structs(code), [("A".to_owned(), 3)]);
}

#[test]
fn structs_stay_small() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        let about_config = file.path.contains("/config") || file.path.contains("_config");
        if file.is_generated() || file.is_test() || about_config || file.path.starts_with("compat/codegen/") {
            continue;
        }
        for (name, fields) in structs(&blank_production(&file)) {
            if fields > STRUCT_FIELDS_MAX && !name.contains("Config") {
                complaints.push(format!("{}: {name} has {fields} fields", file.path));
            }
        }
    }
    refuse(&complaints, &format!("a struct has at most {STRUCT_FIELDS_MAX} fields, messages and config aside"));
}

#[test]
fn generated_messages_are_fresh() {
    if let Err(stale) = strata_compat_codegen::check(&root()) {
        panic!("{stale}");
    }
}

#[test]
fn every_crate_has_a_readme_and_the_lints() {
    let mut complaints = Vec::new();
    for folder in CRATES.iter().map(|(folder, ..)| *folder).chain(["tests"]) {
        if !root().join(folder).join("README.md").is_file() {
            complaints.push(format!("{folder}/README.md is missing"));
        }
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap_or_default();
        if !manifest.contains("[lints]\nworkspace = true") {
            complaints.push(format!("{folder}/Cargo.toml: the workspace's lints are not in force"));
        }
    }
    refuse(&complaints, "every crate says what it is, and obeys the lints");
}

#[test]
fn every_file_says_what_it_is() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        // Test modules are said to be tests where they are declared.
        let exempt = file.is_test() && !file.path.starts_with("tests/");
        if !exempt && !file.text.trim_start().starts_with("//!") {
            complaints.push(file.path);
        }
    }
    refuse(&complaints, "every file begins with a module doc");
}

#[test]
fn nothing_is_left_to_do() {
    // Put together here, so that this file does not hold them.
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X:"]].map(|halves| halves.concat());
    let calls =
        [["todo", "!("], ["unimplemented", "!("], ["#[ign", "ore"], ["dbg", "!("]].map(|halves| halves.concat());
    let mut complaints = Vec::new();
    for file in files().expect("the repository can be read") {
        for word in &words {
            let text = ["rs", "sh", "py", "java", "toml", "md", "table"]
                .iter()
                .any(|end| file.path.ends_with(&format!(".{end}")));
            if text {
                complaints
                    .extend(lines_with(&file.text, word).iter().map(|line| format!("{}:{line}: {word}", file.path)));
            }
        }
        if file.path.ends_with(".rs") {
            let code = file.code();
            for call in &calls {
                complaints.extend(lines_with(&code, call).iter().map(|line| format!("{}:{line}: {call}", file.path)));
            }
        }
    }
    refuse(&complaints, "what is begun is finished");
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let places = [["/ro", "ot/"], ["/wo", "rk/"], ["/ho", "me/"], ["/Us", "ers/"]].map(|halves| halves.concat());
    let mut complaints = Vec::new();
    for file in files().expect("the repository can be read") {
        for place in &places {
            for line in lines_with(&file.text, place) {
                complaints.push(format!("{}:{line}: {place}", file.path));
            }
        }
    }
    refuse(&complaints, "no path of a machine or a home directory");
}

#[test]
fn every_crash_point_is_reached_somewhere() {
    let mut uses: BTreeMap<String, usize> =
        CrashPoint::ALL.iter().map(|point| (format!("CrashPoint::{point:?}"), 0)).collect();
    for file in rust_files() {
        if file.is_test() || file.path == "tiering/src/crash_point.rs" {
            continue;
        }
        let code = blank_production(&file);
        for (name, count) in &mut uses {
            let ends = |at: usize| !code[at + name.len()..].starts_with(|next: char| next.is_alphanumeric());
            *count += code.match_indices(name.as_str()).filter(|(at, _)| ends(*at)).count();
        }
    }
    let complaints: Vec<String> = uses.into_iter().filter(|(_, count)| *count == 0).map(|(name, _)| name).collect();
    refuse(&complaints, "a named crash point stands in the code");
}

#[test]
fn core_crates_ban_time_and_disorder() {
    for core in ["broker/core", "metadata/core"] {
        let rules = std::fs::read_to_string(root().join(core).join("clippy.toml"))
            .expect("a core crate has its own clippy.toml");
        for banned in
            ["std::time::Instant", "std::time::SystemTime", "std::collections::HashMap", "std::collections::HashSet"]
        {
            assert!(rules.contains(banned), "{core}/clippy.toml does not ban {banned}");
        }
    }
}
