//! The arguments of `strata`, with help that a newcomer can work from.
//!
//! Owns: names, defaults, help texts and which arguments exclude each other. Does not own: what a command does.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};

use crate::config::listeners;

/// Heading of the options that every command takes.
const ADMIN: &str = "Options of commands that ask a broker";

/// A Kafka-compatible broker that keeps its history in object storage.
///
/// `strata dev` runs everything in one process. `strata server` runs a node from a server.properties. All other commands
/// ask a running broker.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "strata",
    version,
    after_help = "Examples:
  strata dev                                       a broker on 127.0.0.1:9092, data in ./strata-data
  strata topic create flights --partitions 6
  strata topic list
  strata group describe my-group
  strata tier ls                                   what is in the bucket
  strata server --config server.properties

Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 3 a data directory or bucket of somebody else."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options of all admin commands.
    #[command(flatten)]
    pub global: Global,
}

/// Options of all admin commands.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// A broker of the cluster.
    #[arg(long, global = true, value_name = "HOST:PORT", default_value = "127.0.0.1:9092", help_heading = ADMIN,
        value_parser = parse_server)]
    pub bootstrap_server: String,
    /// Print one JSON value for programs instead of a table.
    #[arg(long, global = true, help_heading = ADMIN)]
    pub json: bool,
    /// Seconds that each request may take.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30, help_heading = ADMIN,
        allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
}

impl Global {
    /// Time that each request may take.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run everything in one process: broker, controller and a directory as bucket. Nothing else to install.
    #[command(after_help = "Examples:
  strata dev
  strata dev --data-dir /tmp/try --listen 127.0.0.1:19092 --http 127.0.0.1:19644
  strata dev --tier s3://my-bucket/strata --set log.segment.bytes=16777216
  strata dev --tier none

Once it can serve it prints one line: strata ready kafka=… http=… node=… cluster=… tier=…")]
    Dev(DevArguments),
    /// Run a node from a Kafka server.properties.
    #[command(after_help = "Example:
  strata server --config server.properties --set strata.tier.url=s3://my-bucket/strata")]
    Server(ServerArguments),
    /// Create, list, describe, change and delete topics.
    Topic(TopicArguments),
    /// List, describe, rewind and delete consumer groups.
    Group(GroupArguments),
    /// Show the cluster and its brokers.
    Cluster(ClusterArguments),
    /// Show and change the configs of topics and brokers.
    Config(ConfigArguments),
    /// Show and verify what is in the bucket; set a bucket up.
    Tier(TierArguments),
    /// Print a completion script for a shell.
    #[command(after_help = "Example:
  source <(strata completion bash)")]
    Completion(CompletionArguments),
}

/// Arguments of `strata dev`.
#[derive(Args, Clone, Debug)]
pub struct DevArguments {
    /// Where everything is kept; made if it is missing.
    #[arg(long, value_name = "DIR", default_value = "./strata-data")]
    pub data_dir: PathBuf,
    /// Address for Kafka clients; port 0 lets the system choose.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9092", value_parser = parse_address)]
    pub listen: String,
    /// Address of /metrics, /healthz and /readyz.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9644", value_parser = parse_address)]
    pub http: String,
    /// Bucket: s3://BUCKET/PREFIX, gs://…, az://…, file:///DIR, or none; by default the directory bucket/ of the data
    /// directory.
    #[arg(long, value_name = "URL")]
    pub tier: Option<String>,
    /// A broker property, as in server.properties; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    pub set: Vec<(String, String)>,
}

/// Arguments of `strata server`.
#[derive(Args, Clone, Debug)]
pub struct ServerArguments {
    /// The server.properties.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// A property that holds instead of the file's; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    pub set: Vec<(String, String)>,
}

/// Arguments of `strata topic`.
#[derive(Args, Clone, Debug)]
pub struct TopicArguments {
    /// What to do with topics.
    #[command(subcommand)]
    pub command: TopicCommand,
}

/// What to do with topics.
#[derive(Clone, Debug, Subcommand)]
pub enum TopicCommand {
    /// Create a topic.
    #[command(after_help = "Examples:
  strata topic create flights --partitions 6
  strata topic create clicks --config retention.ms=-1 --config local.retention.ms=3600000")]
    Create {
        /// Its name: letters, digits, '.', '_' and '-'.
        name: String,
        /// Partitions; the broker's num.partitions if it is not given.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(1..))]
        partitions: Option<i32>,
        /// Replicas of each partition; the broker's default.replication.factor if it is not given.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i16).range(1..))]
        replication_factor: Option<i16>,
        /// A topic config; may be given several times.
        #[arg(long = "config", value_name = "KEY=VALUE", value_parser = parse_pair)]
        configs: Vec<(String, String)>,
    },
    /// List all topics.
    List {
        /// Those that brokers keep for themselves too.
        #[arg(long)]
        internal: bool,
    },
    /// Show partitions, replicas and the configs that differ from the defaults; of all topics if none is named.
    Describe {
        /// Topics.
        names: Vec<String>,
    },
    /// Delete topics with all their records, in the bucket too.
    Delete {
        /// Topics.
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Add partitions to a topic, or change its configs.
    #[command(after_help = "Examples:
  strata topic alter flights --partitions 12
  strata topic alter flights --set retention.ms=-1 --unset local.retention.ms")]
    Alter {
        /// The topic.
        name: String,
        /// Partitions that it is to have; never fewer than now.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(1..))]
        partitions: Option<i32>,
        /// A config to set; may be given several times.
        #[arg(long, visible_alias = "config", value_name = "KEY=VALUE", value_parser = parse_pair)]
        set: Vec<(String, String)>,
        /// A config that is to have its default again; may be given several times.
        #[arg(long, value_name = "KEY")]
        unset: Vec<String>,
    },
}

/// Arguments of `strata group`.
#[derive(Args, Clone, Debug)]
pub struct GroupArguments {
    /// What to do with groups.
    #[command(subcommand)]
    pub command: GroupCommand,
}

/// What to do with groups.
#[derive(Clone, Debug, Subcommand)]
pub enum GroupCommand {
    /// List all groups.
    List,
    /// Show members, and of each partition the committed offset, the log end and the lag.
    Describe {
        /// Groups.
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Move the committed offsets of a group that has no members; prints the plan unless --execute is given.
    #[command(after_help = "Examples:
  strata group reset-offsets my-group --topic flights --to-earliest
  strata group reset-offsets my-group --topic flights:0,2 --to-offset 1000 --execute
  strata group reset-offsets my-group --topic flights --to-datetime 2013-07-01T00:00:00Z --execute
  strata group reset-offsets my-group --topic flights --shift-by -100 --execute")]
    ResetOffsets(ResetOffsetsArguments),
    /// Delete groups that have no members, with their committed offsets.
    Delete {
        /// Groups.
        #[arg(required = true)]
        names: Vec<String>,
    },
}

/// Arguments of `strata group reset-offsets`.
#[derive(Args, Clone, Debug)]
pub struct ResetOffsetsArguments {
    /// The group.
    pub group: String,
    /// A topic, or some of its partitions; may be given several times.
    #[arg(long = "topic", value_name = "TOPIC[:P,...]", required = true, value_parser = parse_topic_partitions)]
    pub topics: Vec<TopicPartitions>,
    /// Where to.
    #[command(flatten)]
    pub target: ResetTarget,
    /// Commit the new offsets; without it the plan is only shown.
    #[arg(long)]
    pub execute: bool,
}

/// Where offsets are moved to; exactly one is given.
#[derive(Args, Clone, Debug, Default)]
#[group(required = true, multiple = false)]
pub struct ResetTarget {
    /// To the log start.
    #[arg(long)]
    pub to_earliest: bool,
    /// To the log end.
    #[arg(long)]
    pub to_latest: bool,
    /// To an offset, or the nearest one that the log has.
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i64).range(0..))]
    pub to_offset: Option<i64>,
    /// To the first record of this time or later: YYYY-MM-DDTHH:MM:SS, UTC unless an offset follows.
    #[arg(long, value_name = "ISO8601", value_parser = parse_datetime)]
    pub to_datetime: Option<i64>,
    /// By so many records, forward or (below zero) back.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub shift_by: Option<i64>,
}

/// A topic, or some of its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPartitions {
    /// The topic.
    pub topic: String,
    /// Its partitions; all of them if none is named.
    pub partitions: Vec<i32>,
}

/// Arguments of `strata cluster`.
#[derive(Args, Clone, Debug)]
pub struct ClusterArguments {
    /// What to do with the cluster.
    #[command(subcommand)]
    pub command: ClusterCommand,
}

/// What to do with the cluster.
#[derive(Clone, Debug, Subcommand)]
pub enum ClusterCommand {
    /// Show the cluster's id, its controller and its brokers.
    Describe,
}

/// Arguments of `strata config`.
#[derive(Args, Clone, Debug)]
pub struct ConfigArguments {
    /// What to do with configs.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What a config belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConfigResourceKind {
    /// A topic, by name.
    Topic,
    /// A broker, by id, or `default` for all of them.
    Broker,
}

/// What to do with configs.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show configs with where each value comes from.
    #[command(after_help = "Examples:
  strata config get topic flights
  strata config get topic flights retention.ms
  strata config get broker 1 log.segment.bytes")]
    Get {
        /// What it belongs to.
        kind: ConfigResourceKind,
        /// Name of the topic, or id of the broker.
        #[arg(allow_negative_numbers = true)]
        name: String,
        /// Only this one.
        key: Option<String>,
    },
    /// Set configs.
    #[command(after_help = "Example:
  strata config set topic flights retention.ms=-1 local.retention.ms=3600000")]
    Set {
        /// What they belong to.
        kind: ConfigResourceKind,
        /// Name of the topic, or id of the broker (`default` for all brokers).
        #[arg(allow_negative_numbers = true)]
        name: String,
        /// Configs.
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = parse_pair)]
        pairs: Vec<(String, String)>,
    },
    /// Give configs their defaults again.
    Unset {
        /// What they belong to.
        kind: ConfigResourceKind,
        /// Name of the topic, or id of the broker (`default` for all brokers).
        #[arg(allow_negative_numbers = true)]
        name: String,
        /// Configs.
        #[arg(required = true, value_name = "KEY")]
        keys: Vec<String>,
    },
}

/// Arguments of `strata tier`.
#[derive(Args, Clone, Debug)]
pub struct TierArguments {
    /// What to do with the bucket.
    #[command(subcommand)]
    pub command: TierCommand,
}

/// What to do with the bucket.
#[derive(Clone, Debug, Subcommand)]
pub enum TierCommand {
    /// Show how much of each topic is in the bucket.
    Ls {
        /// Only this topic.
        topic: Option<String>,
    },
    /// Show the offsets, rows and pages of a topic's partitions, and with --objects each object.
    Describe {
        /// The topic.
        topic: String,
        /// Only this partition.
        #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(0..))]
        partition: Option<i32>,
        /// The segments that the quorum names, and the pages of the older ones.
        #[arg(long)]
        objects: bool,
    },
    /// Compare the bucket with what the quorum names: missing, corrupt and unaccounted objects. Ends with 1 if they differ.
    Verify {
        /// Read every byte and check its checksum; otherwise names, sizes and index sections are checked.
        #[arg(long)]
        deep: bool,
    },
    /// Set a bucket up; needs no broker. Creates it if it is missing and shows what would be dangerous.
    #[command(after_help = "Examples:
  strata tier init --tier s3://my-bucket/strata
  strata tier init --tier s3://my-bucket --endpoint http://127.0.0.1:9000 --path-style
  strata tier init --config server.properties

Credentials come from the usual AWS environment, profile or instance role.")]
    Init(TierInitArguments),
}

/// Arguments of `strata tier init`.
#[derive(Args, Clone, Debug)]
#[command(group = ArgGroup::new("bucket").args(["tier", "config"]).required(true))]
pub struct TierInitArguments {
    /// A server.properties whose strata.tier. properties name the bucket.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["endpoint", "region", "path_style"])]
    pub config: Option<PathBuf>,
    /// The bucket: s3://BUCKET/PREFIX, gs://…, az://… or file:///DIR.
    #[arg(long, value_name = "URL")]
    pub tier: Option<String>,
    /// Address of an S3-compatible store.
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Region of the bucket.
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Put the bucket's name into the path instead of the host name, as MinIO wants it.
    #[arg(long)]
    pub path_style: bool,
    /// Only look; do not create the bucket.
    #[arg(long)]
    pub check: bool,
    /// Abort the multipart uploads that were left over below the prefix.
    #[arg(long, conflicts_with = "check")]
    pub abort_uploads: bool,
}

/// Arguments of `strata completion`.
#[derive(Args, Clone, Debug)]
pub struct CompletionArguments {
    /// The shell.
    pub shell: Shell,
}

/// Shells that have a completion script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU bash.
    Bash,
    /// The Z shell.
    Zsh,
    /// The friendly interactive shell.
    Fish,
}

impl Shell {
    pub(crate) const fn generator(self) -> clap_complete::Shell {
        match self {
            Self::Bash => clap_complete::Shell::Bash,
            Self::Zsh => clap_complete::Shell::Zsh,
            Self::Fish => clap_complete::Shell::Fish,
        }
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err("it is not of the form KEY=VALUE".to_owned()),
    }
}

/// The address of somebody else; one of ours may leave the host out and mean every address.
fn parse_server(text: &str) -> Result<String, String> {
    if text.starts_with(':') {
        return Err("it names no host: HOST:PORT".to_owned());
    }
    parse_address(text)
}

fn parse_address(text: &str) -> Result<String, String> {
    let Some((_, port)) = text.rsplit_once(':') else {
        return Err("it is not of the form HOST:PORT".to_owned());
    };
    listeners::parse_port(port).map(|_| text.to_owned())
}

fn parse_datetime(text: &str) -> Result<i64, String> {
    super::datetime::parse(text)
        .ok_or_else(|| "it is not of the form YYYY-MM-DDTHH:MM:SS[.sss][Z or +HH:MM]".to_owned())
}

fn parse_topic_partitions(text: &str) -> Result<TopicPartitions, String> {
    let (topic, partitions) = match text.split_once(':') {
        Some((topic, partitions)) => (topic, partitions.split(',').collect()),
        None => (text, Vec::new()),
    };
    let partitions: Result<Vec<i32>, _> =
        partitions.into_iter().map(|text| text.trim().parse::<u16>().map(i32::from)).collect();
    match partitions {
        Ok(partitions) if !topic.is_empty() => Ok(TopicPartitions { topic: topic.to_owned(), partitions }),
        _ => Err("it is not of the form TOPIC or TOPIC:PARTITION,PARTITION".to_owned()),
    }
}

#[cfg(test)]
mod tests;
