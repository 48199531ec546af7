//! `strata group reset-offsets`: a plan, and with `--execute` its commit.
//!
//! Owns: [`plan`], which is pure, and the calls around it. A crash between two calls leaves the old offsets or the new ones
//! of each partition: one OffsetCommit carries them all.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use strata_compat::error_code::ErrorCode;
use strata_compat::messages::describe_groups::DescribedGroup;
use strata_compat::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse,
};

use super::{Committed, committed, describe_one};
use crate::cli::args::{ResetOffsetsArguments, ResetTarget, TopicPartitions};
use crate::cli::client::{Client, ClientError, EARLIEST, LATEST};
use crate::cli::error::CliError;
use crate::cli::output::{self, Report};

/// Version of OffsetCommit that names topics instead of giving their ids.
const OFFSET_COMMIT_BY_NAME: i16 = 9;
/// States of a group whose offsets may be moved: it has no members, or is not there yet.
const QUIET: [&str; 2] = ["Empty", "Dead"];

/// Where offsets are moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Earliest,
    Latest,
    Offset(i64),
    Timestamp(i64),
    ShiftBy(i64),
}

impl Target {
    fn from_arguments(target: &ResetTarget) -> Option<Self> {
        if target.to_earliest {
            return Some(Self::Earliest);
        }
        if target.to_latest {
            return Some(Self::Latest);
        }
        let offset = target.to_offset.map(Self::Offset);
        let timestamp = target.to_datetime.map(Self::Timestamp);
        offset.or(timestamp).or(target.shift_by.map(Self::ShiftBy))
    }
}

/// What is known of one partition before the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PartitionFacts {
    topic: String,
    partition: i32,
    committed: Option<i64>,
    log_start: i64,
    log_end: i64,
    /// Offset of the first record at the target's timestamp or later, if there is one.
    at_timestamp: Option<i64>,
}

/// What one partition's offset becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct PlannedOffset {
    topic: String,
    partition: i32,
    old_offset: Option<i64>,
    new_offset: i64,
    /// Why it is not exactly what was asked for.
    note: Option<&'static str>,
}

/// Chooses the new offsets: what was asked for, kept within the log.
fn plan(target: Target, facts: &[PartitionFacts]) -> Result<Vec<PlannedOffset>, String> {
    facts.iter().map(|partition| plan_one(target, partition)).collect()
}

fn plan_one(target: Target, facts: &PartitionFacts) -> Result<PlannedOffset, String> {
    let wanted = match target {
        Target::Earliest => facts.log_start,
        Target::Latest => facts.log_end,
        Target::Offset(offset) => offset,
        Target::Timestamp(_) => facts.at_timestamp.unwrap_or(facts.log_end),
        Target::ShiftBy(by) => {
            let Some(committed) = facts.committed else {
                return Err(format!(
                    "{}-{} has no committed offset to shift: use --to-earliest, --to-latest or --to-offset",
                    facts.topic, facts.partition
                ));
            };
            committed.saturating_add(by)
        }
    };
    let note = if wanted < facts.log_start {
        Some("moved to the log start")
    } else if wanted > facts.log_end {
        Some("moved to the log end")
    } else if matches!(target, Target::Timestamp(_)) && facts.at_timestamp.is_none() {
        Some("no record is that late")
    } else {
        None
    };
    Ok(PlannedOffset {
        topic: facts.topic.clone(),
        partition: facts.partition,
        old_offset: facts.committed,
        new_offset: wanted.max(facts.log_start).min(facts.log_end.max(facts.log_start)),
        note,
    })
}

pub(super) async fn reset(client: &mut Client, options: &ResetOffsetsArguments) -> Result<ResetReport, CliError> {
    let Some(target) = Target::from_arguments(&options.target) else {
        return Err(CliError::usage("give one of --to-earliest, --to-latest, --to-offset, --to-datetime, --shift-by"));
    };
    let wanted = partitions(client, &options.topics).await?;
    check_quiet(client, &options.group).await?;
    let offsets = committed(client, &options.group).await?;
    let facts = facts(client, &wanted, &offsets, target).await?;
    let plan = plan(target, &facts).map_err(CliError::failed)?;
    if options.execute {
        commit(client, &options.group, &plan).await?;
    }
    Ok(ResetReport { group: options.group.clone(), executed: options.execute, partitions: plan })
}

/// The partitions that the arguments name, without doubles.
async fn partitions(client: &mut Client, topics: &[TopicPartitions]) -> Result<BTreeSet<(String, i32)>, CliError> {
    let mut wanted = BTreeSet::new();
    for named in topics {
        let topic = client.topic(&named.topic).await?;
        let known: BTreeSet<i32> = topic.partitions.iter().map(|partition| partition.partition_index).collect();
        if let Some(unknown) = named.partitions.iter().find(|partition| !known.contains(partition)) {
            return Err(CliError::failed(format!(
                "topic '{}' has {}, numbered from 0: there is no {unknown}",
                named.topic,
                output::count(known.len(), "partition")
            )));
        }
        let chosen = if named.partitions.is_empty() { known } else { named.partitions.iter().copied().collect() };
        wanted.extend(chosen.into_iter().map(|partition| (named.topic.clone(), partition)));
    }
    Ok(wanted)
}

/// Offsets of a group with members cannot be moved: the members would commit over them.
async fn check_quiet(client: &mut Client, group: &str) -> Result<(), CliError> {
    let described = describe_one(client, group).await?;
    check_described(group, &described.unwrap_or_default())
}

/// Whether the coordinator says that the group has no members.
fn check_described(group: &str, described: &DescribedGroup) -> Result<(), CliError> {
    // From version 6 on a group that is not there is an error; it has no members.
    if described.error_code != ErrorCode::GroupIdNotFound.code() {
        let message = described.error_message.as_deref();
        ClientError::check(format!("describing group '{group}'"), described.error_code, message)?;
    }
    let state = described.group_state.as_str();
    if QUIET.contains(&state) {
        return Ok(());
    }
    Err(CliError::failed(format!(
        "group '{group}' is {state} with {}: stop its consumers first, then reset its offsets",
        output::count(described.members.len(), "member")
    )))
}

async fn facts(
    client: &mut Client,
    wanted: &BTreeSet<(String, i32)>,
    offsets: &Committed,
    target: Target,
) -> Result<Vec<PartitionFacts>, CliError> {
    let at = |timestamp: i64| wanted.iter().map(|key| (key.clone(), timestamp)).collect::<Vec<_>>();
    let starts = client.offsets(&at(EARLIEST)).await?;
    let ends = client.offsets(&at(LATEST)).await?;
    let by_time = match target {
        Target::Timestamp(timestamp) => client.offsets(&at(timestamp)).await?,
        Target::Earliest | Target::Latest | Target::Offset(_) | Target::ShiftBy(_) => Default::default(),
    };
    let facts = wanted.iter().map(|key| PartitionFacts {
        topic: key.0.clone(),
        partition: key.1,
        committed: offsets.get(key).copied(),
        log_start: starts.get(key).copied().flatten().unwrap_or(0),
        log_end: ends.get(key).copied().flatten().unwrap_or(0),
        at_timestamp: by_time.get(key).copied().flatten(),
    });
    Ok(facts.collect())
}

async fn commit(client: &mut Client, group: &str, plan: &[PlannedOffset]) -> Result<(), CliError> {
    let mut topics: Vec<OffsetCommitRequestTopic> = Vec::new();
    for planned in plan {
        let partition = OffsetCommitRequestPartition {
            partition_index: planned.partition,
            committed_offset: planned.new_offset,
            committed_metadata: Some("".into()),
            ..Default::default()
        };
        match topics.iter_mut().find(|topic| topic.name.as_str() == planned.topic) {
            Some(topic) => topic.partitions.push(partition),
            None => topics.push(OffsetCommitRequestTopic {
                name: planned.topic.as_str().into(),
                partitions: vec![partition],
                ..Default::default()
            }),
        }
    }
    let request = OffsetCommitRequest { group_id: group.into(), topics, ..Default::default() };
    let code_of = |response: &OffsetCommitResponse| {
        let mut partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
        partitions.next().map_or(0, |first| first.error_code)
    };
    let response = client.call_coordinator(group, &request, OFFSET_COMMIT_BY_NAME, code_of).await?;
    for topic in &response.topics {
        for partition in &topic.partitions {
            let what = format!("committing the offset of {}-{}", topic.name, partition.partition_index);
            ClientError::check(what, partition.error_code, None)?;
        }
    }
    Ok(())
}

/// The plan, and whether it was carried out.
#[derive(Debug, Serialize)]
pub(super) struct ResetReport {
    group: String,
    executed: bool,
    partitions: Vec<PlannedOffset>,
}

impl Report for ResetReport {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        let rows = self.partitions.iter().map(|planned| {
            [
                planned.topic.clone(),
                planned.partition.to_string(),
                output::known(planned.old_offset),
                planned.new_offset.to_string(),
                planned.note.unwrap_or_default().to_owned(),
            ]
        });
        write!(to, "{}", output::table(["TOPIC", ">PARTITION", ">OLD OFFSET", ">NEW OFFSET", "NOTE"], rows))?;
        if self.executed {
            writeln!(to, "the offsets of group '{}' were committed", self.group)
        } else {
            writeln!(to, "nothing was changed; add --execute to commit these offsets for group '{}'", self.group)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::both_forms;

    fn facts(committed: Option<i64>, log_start: i64, log_end: i64, at_timestamp: Option<i64>) -> PartitionFacts {
        PartitionFacts { topic: "t".into(), partition: 3, committed, log_start, log_end, at_timestamp }
    }

    #[test]
    fn offsets_go_where_they_are_asked_and_stay_within_the_log() {
        let log = facts(Some(50), 10, 100, None);
        let cases = [
            (Target::Earliest, log.clone(), 10, None),
            (Target::Latest, log.clone(), 100, None),
            (Target::Offset(10), log.clone(), 10, None),
            (Target::Offset(60), log.clone(), 60, None),
            (Target::Offset(100), log.clone(), 100, None),
            (Target::Offset(0), log.clone(), 10, Some("moved to the log start")),
            (Target::Offset(101), log.clone(), 100, Some("moved to the log end")),
            (Target::ShiftBy(-40), log.clone(), 10, None),
            (Target::ShiftBy(-41), log.clone(), 10, Some("moved to the log start")),
            (Target::ShiftBy(7), log.clone(), 57, None),
            (Target::ShiftBy(i64::MAX), log.clone(), 100, Some("moved to the log end")),
            (Target::Timestamp(5), facts(None, 10, 100, Some(33)), 33, None),
            (Target::Timestamp(5), log, 100, Some("no record is that late")),
            (Target::Earliest, facts(None, 0, 0, None), 0, None),
            (Target::Offset(5), facts(None, 0, 0, None), 0, Some("moved to the log end")),
        ];
        for (target, facts, new_offset, note) in cases {
            let planned = plan(target, std::slice::from_ref(&facts)).unwrap().remove(0);
            assert_eq!((planned.new_offset, planned.note), (new_offset, note), "{target:?} {facts:?}");
            assert_eq!(planned.old_offset, facts.committed);
        }
    }

    #[test]
    fn a_shift_needs_a_committed_offset() {
        let error = plan(Target::ShiftBy(1), &[facts(None, 0, 9, None)]).unwrap_err();
        assert!(error.starts_with("t-3 has no committed offset"), "{error}");
    }

    #[test]
    fn exactly_one_target_is_taken_from_the_arguments() {
        let cases = [
            (ResetTarget { to_earliest: true, ..Default::default() }, Some(Target::Earliest)),
            (ResetTarget { to_latest: true, ..Default::default() }, Some(Target::Latest)),
            (ResetTarget { to_offset: Some(4), ..Default::default() }, Some(Target::Offset(4))),
            (ResetTarget { to_datetime: Some(9), ..Default::default() }, Some(Target::Timestamp(9))),
            (ResetTarget { shift_by: Some(-1), ..Default::default() }, Some(Target::ShiftBy(-1))),
            (ResetTarget::default(), None),
        ];
        for (arguments, expected) in cases {
            assert_eq!(Target::from_arguments(&arguments), expected);
        }
    }

    #[test]
    fn a_plan_says_that_nothing_was_changed() {
        let partitions = plan(Target::Offset(0), &[facts(None, 5, 9, None)]).unwrap();
        let (text, json) = both_forms(&ResetReport { group: "g".into(), executed: false, partitions });
        assert!(text.contains("t              3           -           5  moved to the log start"), "{text}");
        assert!(text.contains("nothing was changed; add --execute"), "{text}");
        assert_eq!(json["executed"], false);
        assert_eq!(json["partitions"][0]["new_offset"], 5);
        assert_eq!(json["partitions"][0]["old_offset"], serde_json::Value::Null);
    }

    #[test]
    fn offsets_move_only_where_the_coordinator_says_that_nobody_is() {
        let described = |state: &str, code: ErrorCode| DescribedGroup {
            group_state: state.into(),
            error_code: code.code(),
            ..Default::default()
        };
        let cases = [
            ("Empty", ErrorCode::None, true),
            ("Dead", ErrorCode::None, true),
            ("Dead", ErrorCode::GroupIdNotFound, true),
            ("Stable", ErrorCode::None, false),
            ("", ErrorCode::NotCoordinator, false),
            ("", ErrorCode::GroupAuthorizationFailed, false),
            ("", ErrorCode::None, false),
        ];
        for (state, code, is_quiet) in cases {
            assert_eq!(check_described("g", &described(state, code)).is_ok(), is_quiet, "{state:?} {code:?}");
        }
    }
}
