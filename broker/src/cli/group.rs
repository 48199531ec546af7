//! `strata group`: list, describe, reset offsets, delete.

mod describe;
mod reset;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use strata_compat::messages::delete_groups::{DeleteGroupsRequest, DeleteGroupsResponse};
use strata_compat::messages::describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse, DescribedGroup};
use strata_compat::messages::list_groups::{ListGroupsRequest, ListedGroup};
use strata_compat::messages::offset_fetch::{OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchResponse};

use super::args::GroupCommand;
use super::client::{Client, ClientError};
use super::error::CliError;
use super::output::{self, Done, Output, Report};
use crate::config::keys::nearest;

/// Versions of the offset APIs that name topics instead of giving their ids.
const OFFSET_FETCH_BY_NAME: i16 = 9;
/// Kafka's state of a group that is not there.
const DEAD: &str = "Dead";

/// Committed offsets by topic and partition.
type Committed = BTreeMap<(String, i32), i64>;

pub(super) async fn run(command: GroupCommand, client: &mut Client, output: &mut Output<'_>) -> Result<(), CliError> {
    match command {
        GroupCommand::List => output.show(&GroupList::new(&list(client).await?)),
        GroupCommand::Describe { names } => output.show(&describe::describe(client, &names).await?),
        GroupCommand::ResetOffsets(options) => output.show(&reset::reset(client, &options).await?),
        GroupCommand::Delete { names } => output.show(&delete(client, &names).await?),
    }
}

/// The groups of all brokers.
async fn list(client: &mut Client) -> Result<Vec<ListedGroup>, CliError> {
    let brokers: Vec<i32> = client.metadata().await?.brokers.iter().map(|broker| broker.node_id).collect();
    let mut groups = Vec::new();
    for broker in brokers {
        let response = client.call_broker(broker, &ListGroupsRequest::default(), i16::MAX).await?;
        ClientError::check(format!("listing the groups of broker {broker}"), response.error_code, None)?;
        groups.extend(response.groups);
    }
    groups.sort_by(|left, right| left.group_id.cmp(&right.group_id));
    Ok(groups)
}

/// One group as its coordinator describes it; a group that is not there is an error that names the nearest.
async fn described(client: &mut Client, name: &str) -> Result<DescribedGroup, CliError> {
    let Some(group) = describe_one(client, name).await? else {
        return Err(CliError::failed(format!("describing group '{name}': the broker's answer is empty")));
    };
    let what = format!("describing group '{name}'");
    let is_unknown = group.group_state.as_str() == DEAD;
    if !is_unknown {
        ClientError::check(what, group.error_code, group.error_message.as_deref())?;
        return Ok(group);
    }
    let known = list(client).await?;
    let near = nearest(name, known.iter().map(|group| group.group_id.as_str()));
    let hint = match near {
        Some(near) => format!("did you mean '{near}'?"),
        None => "`strata group list` shows those there are".to_owned(),
    };
    Err(CliError::failed(format!("there is no group '{name}'; {hint}")))
}

/// What the group's coordinator answers of it.
async fn describe_one(client: &mut Client, name: &str) -> Result<Option<DescribedGroup>, CliError> {
    let request = DescribeGroupsRequest { groups: vec![name.into()], ..Default::default() };
    let code_of = |response: &DescribeGroupsResponse| response.groups.first().map_or(0, |group| group.error_code);
    let response = client.call_coordinator(name, &request, i16::MAX, code_of).await?;
    Ok(response.groups.into_iter().next())
}

/// All committed offsets of a group.
async fn committed(client: &mut Client, name: &str) -> Result<Committed, CliError> {
    let group = OffsetFetchRequestGroup { group_id: name.into(), topics: None, ..Default::default() };
    let request = OffsetFetchRequest { groups: vec![group], ..Default::default() };
    let code_of = |response: &OffsetFetchResponse| response.groups.first().map_or(0, |group| group.error_code);
    let response = client.call_coordinator(name, &request, OFFSET_FETCH_BY_NAME, code_of).await?;
    let mut offsets = Committed::new();
    for group in &response.groups {
        ClientError::check(format!("reading the offsets of group '{name}'"), group.error_code, None)?;
        for topic in &group.topics {
            for partition in &topic.partitions {
                let what = format!("reading the offset of {}-{}", topic.name, partition.partition_index);
                ClientError::check(what, partition.error_code, None)?;
                if partition.committed_offset >= 0 {
                    offsets.insert((topic.name.to_string(), partition.partition_index), partition.committed_offset);
                }
            }
        }
    }
    Ok(offsets)
}

async fn delete(client: &mut Client, names: &[String]) -> Result<Done, CliError> {
    let mut done = Vec::new();
    for name in names {
        delete_one(client, name).await.map_err(|error| error.after(&done))?;
        done.push(format!("group '{name}' was deleted"));
    }
    Ok(Done { done })
}

async fn delete_one(client: &mut Client, name: &str) -> Result<(), CliError> {
    described(client, name).await?;
    let request = DeleteGroupsRequest { groups_names: vec![name.into()] };
    let code_of = |response: &DeleteGroupsResponse| response.results.first().map_or(0, |group| group.error_code);
    let response = client.call_coordinator(name, &request, i16::MAX, code_of).await?;
    for result in &response.results {
        ClientError::check(format!("deleting group '{name}'"), result.error_code, None)?;
    }
    Ok(())
}

#[derive(Debug, Serialize)]
struct GroupLine {
    group: String,
    state: String,
    #[serde(rename = "type")]
    kind: String,
    protocol_type: String,
}

#[derive(Debug, Serialize)]
struct GroupList {
    groups: Vec<GroupLine>,
}

impl GroupList {
    fn new(groups: &[ListedGroup]) -> Self {
        let line = |group: &ListedGroup| GroupLine {
            group: group.group_id.to_string(),
            state: group.group_state.to_string(),
            kind: group.group_type.to_string(),
            protocol_type: group.protocol_type.to_string(),
        };
        Self { groups: groups.iter().map(line).collect() }
    }
}

fn dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

impl Report for GroupList {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        if self.groups.is_empty() {
            return writeln!(to, "there is no group yet: consumers with a group.id make theirs");
        }
        let rows = self
            .groups
            .iter()
            .map(|group| [dash(&group.group), dash(&group.state), dash(&group.kind), dash(&group.protocol_type)]);
        write!(to, "{}", output::table(["GROUP", "STATE", "TYPE", "PROTOCOL"], rows))
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::both_forms;
    use super::*;

    #[test]
    fn groups_are_listed() {
        let group = ListedGroup {
            group_id: "g".into(),
            protocol_type: "consumer".into(),
            group_state: "Stable".into(),
            group_type: "classic".into(),
        };
        let (text, json) = both_forms(&GroupList::new(&[group]));
        assert_eq!(text, "GROUP  STATE   TYPE     PROTOCOL\ng      Stable  classic  consumer\n");
        assert_eq!(json["groups"][0]["type"], "classic");
    }
}
