//! `strata dev` and `strata server`: from arguments to a configuration, and the node that runs with it.
//!
//! Owns: what `dev` sets beside the arguments. Does not own: property names' meaning (`config.rs`), the node (`server.rs`).

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::Access;

use super::args::{DevArguments, ServerArguments};
use super::error::CliError;
use crate::config::{BrokerConfig, ServerProperties, properties};
use crate::{allocator, runtime, server};

/// What `--tier` takes to turn tiering off.
const NO_TIER: &str = "none";

/// Runs everything in one process.
pub(super) fn dev(options: &DevArguments) -> Result<(), CliError> {
    let data_dir = std::path::absolute(&options.data_dir)
        .map_err(|error| CliError::usage(format!("--data-dir {} is no path: {error}", options.data_dir.display())))?;
    let properties = dev_properties(options, &data_dir)?;
    let missing: Vec<&Path> = data_dir.ancestors().take_while(|path| !path.exists()).collect();
    make_data_dir(&data_dir)
        .and_then(|()| BrokerConfig::new(properties).map_err(|error| CliError::usage(error.to_string())))
        .and_then(start)
        .inspect_err(|_| remove_empty(&missing))
}

/// What was made for a node that is refused goes again, from the innermost on, up to where something has been written.
fn remove_empty(made: &[&Path]) {
    for path in made {
        if let Err(error) = fs::remove_dir(path) {
            tracing::debug!(path = %path.display(), %error, "a directory stays");
            return;
        }
    }
}

/// Everything that `dev` keeps lies in it, the bucket too: what is wrong with it is told before anything else is tried there.
fn make_data_dir(path: &Path) -> Result<(), CliError> {
    let wrong = |what: &str, error: &dyn std::fmt::Display| {
        CliError::usage(format!("--data-dir {} cannot be {what}: {error}", path.display()))
    };
    fs::create_dir_all(path).map_err(|error| wrong("made", &error))?;
    rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| wrong("written to", &error))
}

/// Runs a node from its server.properties.
pub(super) fn server(options: &ServerArguments) -> Result<(), CliError> {
    start(read_config(&options.config, &options.set)?)
}

/// A node's configuration from its file; an error names the file.
fn read_config(file: &Path, set: &[(String, String)]) -> Result<BrokerConfig, CliError> {
    BrokerConfig::new(read_properties(file, set)?)
        .map_err(|error| CliError::usage(format!("{}: {error}", file.display())))
}

fn start(config: BrokerConfig) -> Result<(), CliError> {
    allocator::bound_arenas();
    let runtime = runtime::builder().build();
    let runtime = runtime.map_err(|error| CliError::failed(format!("no runtime could be made: {error}")))?;
    let ended = runtime.block_on(Box::pin(server::run(config)));
    // What is still under way on blocking threads is of no use to anybody any more.
    runtime.shutdown_background();
    ended.map_err(|error| CliError::with_exit_code(error.to_string(), error.exit_code()))
}

/// A file's properties with those that were given beside it.
pub(super) fn read_properties(file: &Path, set: &[(String, String)]) -> Result<ServerProperties, CliError> {
    let text = fs::read_to_string(file)
        .map_err(|error| CliError::usage(format!("the file {} cannot be read: {error}", file.display())))?;
    properties::parse(&text)
        .and_then(|parsed| ServerProperties::from_parts(parsed, set))
        .map_err(|error| CliError::usage(format!("{}: {error}", file.display())))
}

/// A path as text, which properties are.
fn path_text(path: &Path) -> Result<&str, CliError> {
    path.to_str().ok_or_else(|| CliError::usage(format!("--data-dir {} is not UTF-8", path.display())))
}

/// The URL of a directory.
fn directory_url(path: &Path) -> Result<String, CliError> {
    let mut url = String::from("file://");
    for byte in path_text(path)?.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    Ok(url)
}

/// What `strata dev` runs with; `--set` holds over all of it.
fn dev_properties(options: &DevArguments, data_dir: &Path) -> Result<ServerProperties, CliError> {
    let mut properties =
        ServerProperties::from_parts(Vec::new(), &options.set).map_err(|error| CliError::usage(error.to_string()))?;
    let directory = |name: &str| -> PathBuf { data_dir.join(name) };
    for (key, name) in [("log.dirs", "log"), ("metadata.log.dir", "raft"), ("strata.cache.dir", "cache")] {
        properties.insert_default(key, path_text(&directory(name))?);
    }
    properties.insert_default("listeners", &format!("PLAINTEXT://{}", options.listen));
    properties.insert_default("strata.http.listener", &options.http);
    for (key, value) in [
        ("process.roles", "broker,controller"),
        ("node.id", "1"),
        ("auto.create.topics.enable", "true"),
        ("offsets.topic.replication.factor", "1"),
        ("group.initial.rebalance.delay.ms", "0"),
        ("strata.cache.memory.bytes", "67108864"),
        ("strata.cache.disk.bytes", "1073741824"),
        ("strata.log.disk.reserve.bytes", "268435456"),
    ] {
        properties.insert_default(key, value);
    }
    let url = match options.tier.as_deref() {
        Some(NO_TIER) => None,
        Some(url) => Some(url.to_owned()),
        None => Some(directory_url(&directory("bucket"))?),
    };
    let is_off =
        properties.get("remote.log.storage.system.enable").is_some_and(|value| value.eq_ignore_ascii_case("false"));
    if let Some(url) = url.filter(|_| !is_off) {
        properties.insert_default("remote.log.storage.system.enable", "true");
        properties.insert_default("strata.tier.url", &url);
        properties.insert_default("strata.tier.default.enable", "true");
    }
    Ok(properties)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(tier: Option<&str>, set: &[(&str, &str)]) -> DevArguments {
        DevArguments {
            data_dir: "./strata-data".into(),
            listen: "127.0.0.1:9092".to_owned(),
            http: "127.0.0.1:9644".to_owned(),
            tier: tier.map(str::to_owned),
            set: set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    fn properties(tier: Option<&str>, set: &[(&str, &str)]) -> ServerProperties {
        dev_properties(&options(tier, set), Path::new("/data/a b")).unwrap()
    }

    #[test]
    fn dev_that_is_refused_leaves_no_directory_that_was_not_there() {
        let root = tempfile::tempdir().unwrap();
        let (there, inner) = (root.path().join("there"), root.path().join("new/inner"));
        fs::create_dir(&there).unwrap();
        for (data_dir, stays) in [(&there, true), (&inner, false), (&there.join("new"), false)] {
            // No configuration, and one whose listener cannot be bound.
            for set in [("process.roles", "controller"), ("listeners", "PLAINTEXT://192.0.2.1:9092")] {
                let options = DevArguments { data_dir: data_dir.clone(), ..options(Some(NO_TIER), &[set]) };
                dev(&options).unwrap_err();
                assert_eq!(data_dir.exists(), stays, "{} with {}", data_dir.display(), set.0);
            }
        }
        assert!(!root.path().join("new").exists() && there.exists());
    }

    #[test]
    fn what_was_made_stays_from_where_something_was_written() {
        let root = tempfile::tempdir().unwrap();
        let (outer, inner) = (root.path().join("outer"), root.path().join("outer/inner"));
        fs::create_dir_all(&inner).unwrap();
        fs::write(outer.join("note"), "kept").unwrap();
        remove_empty(&[&inner, &outer]);
        assert!(!inner.exists() && outer.join("note").exists());
    }

    #[test]
    fn dev_keeps_everything_in_its_data_directory() {
        let properties = properties(None, &[]);
        for (key, value) in [
            ("log.dirs", "/data/a b/log"),
            ("metadata.log.dir", "/data/a b/raft"),
            ("strata.cache.dir", "/data/a b/cache"),
            ("strata.tier.url", "file:///data/a%20b/bucket"),
            ("strata.tier.default.enable", "true"),
            ("remote.log.storage.system.enable", "true"),
            ("listeners", "PLAINTEXT://127.0.0.1:9092"),
            ("strata.http.listener", "127.0.0.1:9644"),
            ("offsets.topic.replication.factor", "1"),
            ("strata.cache.memory.bytes", "67108864"),
        ] {
            assert_eq!(properties.get(key), Some(value), "{key}");
        }
        assert_eq!(properties.get("offsets.topic.num.partitions"), None);
        BrokerConfig::new(properties).unwrap();
    }

    #[test]
    fn what_is_set_holds_over_the_defaults() {
        let properties = properties(Some("s3://b/p"), &[("strata.cache.disk.bytes", "5"), ("node.id", "7")]);
        assert_eq!(properties.get("strata.cache.disk.bytes"), Some("5"));
        assert_eq!(properties.get("node.id"), Some("7"));
        assert_eq!(properties.get("strata.tier.url"), Some("s3://b/p"));
    }

    #[test]
    fn tiering_can_be_turned_off_in_two_ways() {
        for properties in
            [properties(Some("none"), &[]), properties(None, &[("remote.log.storage.system.enable", "false")])]
        {
            assert_eq!(properties.get("strata.tier.url"), None);
            assert!(BrokerConfig::new(properties).unwrap().tier.is_none());
        }
    }

    #[test]
    fn an_unknown_property_is_refused_with_the_nearest() {
        let error = dev_properties(&options(None, &[("log.segment.byte", "1")]), Path::new("/d")).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.line().contains("log.segment.bytes"), "{}", error.line());
    }

    #[test]
    fn a_data_directory_that_cannot_be_is_a_usage_error_that_names_it() {
        let root = tempfile::tempdir().unwrap();
        make_data_dir(&root.path().join("new/deep")).unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file.clone(), file.join("below"), "/proc/nope".into()] {
            let error = make_data_dir(&path).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            let told = format!("--data-dir {} cannot be made: ", path.display());
            assert!(error.line().starts_with(&told), "{}", error.line());
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_a_usage_error_that_names_it() {
        let error = read_properties(Path::new("/nonexistent/server.properties"), &[]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.line().contains("/nonexistent/server.properties"), "{}", error.line());
    }

    #[test]
    fn an_error_in_a_file_names_file_and_line() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("server.properties");
        fs::write(&file, "node.id=1\nlog.dir.of.mine=x\n").unwrap();
        let error = read_properties(&file, &[]).unwrap_err();
        assert!(error.line().contains("server.properties: line 2"), "{}", error.line());
        fs::write(&file, "node.id=1\n").unwrap();
        let error = read_config(&file, &[]).unwrap_err();
        assert!(error.line().contains("server.properties: 'process.roles' is missing"), "{}", error.line());
    }
}
