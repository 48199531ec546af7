//! Tests of `args.rs`.

use clap::CommandFactory as _;
use clap::error::ErrorKind;

use super::*;

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(line.split_whitespace())
}

fn command(line: &str) -> Command {
    parse(line).unwrap_or_else(|error| panic!("{line}: {error}")).command
}

#[test]
fn the_definition_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn dev_needs_nothing() {
    let Command::Dev(options) = command("strata dev") else { panic!("not dev") };
    assert_eq!(options.data_dir, PathBuf::from("./strata-data"));
    assert_eq!((options.listen.as_str(), options.http.as_str()), ("127.0.0.1:9092", "127.0.0.1:9644"));
    assert_eq!((options.tier, options.set), (None, Vec::new()));
}

#[test]
fn properties_may_be_given_several_times() {
    let Command::Server(options) = command("strata server --config a.properties --set a=1 --set b=x=y --set c=") else {
        panic!("not server")
    };
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(options.set, [pair("a", "1"), pair("b", "x=y"), pair("c", "")]);
}

#[test]
fn global_options_stand_anywhere() {
    for line in [
        "strata topic list --json --bootstrap-server h:1 --timeout 5",
        "strata --json topic --bootstrap-server h:1 list --timeout 5",
    ] {
        let global = parse(line).unwrap().global;
        assert!(global.json, "{line}");
        assert_eq!((global.bootstrap_server.as_str(), global.timeout()), ("h:1", Duration::from_secs(5)), "{line}");
    }
}

#[test]
fn good_lines_are_taken() {
    for line in [
        "strata topic create t --partitions 6 --replication-factor 1 --config retention.ms=-1 --config a=b",
        "strata topic list --internal",
        "strata topic describe",
        "strata topic describe a b",
        "strata topic delete a b",
        "strata topic alter t --partitions 4 --set a=b --unset c --unset d",
        "strata topic alter t --config a=b --set c=d",
        "strata group list",
        "strata group describe g h",
        "strata group delete g",
        "strata group reset-offsets g --topic t --to-earliest",
        "strata group reset-offsets g --topic t:0,1 --topic u --shift-by -5 --execute",
        "strata group reset-offsets g --topic t --to-datetime 2013-07-01T00:00:00Z",
        "strata cluster describe",
        "strata config get topic t",
        "strata config get broker 1 log.segment.bytes",
        "strata config set broker default a=b c=d",
        "strata config get broker -5",
        "strata config unset topic t retention.ms",
        "strata tier ls",
        "strata tier ls t",
        "strata tier describe t --partition 3 --objects",
        "strata tier verify --deep",
        "strata tier init --config f",
        "strata tier init --tier s3://b/p --endpoint http://127.0.0.1:9000 --path-style --region eu-west-1",
        "strata completion zsh",
    ] {
        command(line);
    }
}

#[test]
fn bad_lines_are_refused_with_the_usual_kind() {
    for (line, kind) in [
        ("strata", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
        ("strata tpoic list", ErrorKind::InvalidSubcommand),
        ("strata server", ErrorKind::MissingRequiredArgument),
        ("strata dev --listen 9092", ErrorKind::ValueValidation),
        ("strata dev --set novalue", ErrorKind::ValueValidation),
        ("strata topic delete", ErrorKind::MissingRequiredArgument),
        ("strata topic create t --partitions 0", ErrorKind::ValueValidation),
        ("strata group reset-offsets g --topic t", ErrorKind::MissingRequiredArgument),
        ("strata group reset-offsets g --topic t --to-latest --to-earliest", ErrorKind::ArgumentConflict),
        ("strata group reset-offsets g --topic t:x --to-latest", ErrorKind::ValueValidation),
        ("strata group reset-offsets g --topic t --to-datetime tomorrow", ErrorKind::ValueValidation),
        ("strata config get user u", ErrorKind::InvalidValue),
        ("strata tier init", ErrorKind::MissingRequiredArgument),
        ("strata tier init --config f --tier s3://b", ErrorKind::ArgumentConflict),
        ("strata completion tcsh", ErrorKind::InvalidValue),
    ] {
        let error = parse(line).unwrap_err();
        assert_eq!(error.kind(), kind, "{line}: {error}");
    }
}

#[test]
fn a_refused_line_says_what_is_right() {
    let cases: [(&str, &[&str]); 12] = [
        ("strata topic list --bootstrap-server :9092", &["names no host"]),
        ("strata dev --listen host:99999", &["port 99999", "0 to 65535"]),
        ("strata dev --listen host:http", &["port 'http'", "0 to 65535"]),
        ("strata dev --listen host", &["HOST:PORT"]),
        ("strata topic list --bootstrap-server h:-1", &["port -1", "0 to 65535"]),
        ("strata topic create t --partitions -5", &["'-5'", "--partitions"]),
        ("strata topic create t --replication-factor -1", &["'-1'", "--replication-factor"]),
        ("strata topic list --timeout -5", &["'-5'", "--timeout"]),
        ("strata group reset-offsets g --topic t --to-offset -5", &["'-5'", "--to-offset"]),
        ("strata group reset-offsets g --topic t --shift-by --execute", &["value is required", "--shift-by"]),
        ("strata tier init", &["--tier <URL>", "--config <FILE>"]),
        ("strata tier init --endpoint http://h", &["--tier <URL>", "--config <FILE>"]),
    ];
    for (line, words) in cases {
        let error = parse(line).unwrap_err().to_string();
        for word in words {
            assert!(error.contains(word), "{line}: {error}");
        }
        assert!(!error.contains("unexpected argument"), "{line}: {error}");
    }
}

#[test]
fn topics_are_given_with_or_without_partitions() {
    for (text, topic, partitions) in [("t", "t", vec![]), ("t:0,7", "t", vec![0, 7])] {
        let parsed = parse_topic_partitions(text).unwrap();
        assert_eq!(parsed, TopicPartitions { topic: topic.to_owned(), partitions });
    }
    for text in ["", ":1", "t:", "t:-1", "t:1,,2"] {
        assert!(parse_topic_partitions(text).is_err(), "{text}");
    }
}

#[test]
fn every_command_explains_itself() {
    fn check(command: &clap::Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        assert!(command.get_about().is_some(), "{path} has no help");
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            assert!(argument.get_help().is_some(), "{path}: {} has no help", argument.get_id());
        }
        command.get_subcommands().for_each(|sub| check(sub, &path));
    }
    check(&Arguments::command(), "");
}
