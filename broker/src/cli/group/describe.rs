//! `strata group describe`: members, committed offsets, log ends, lag.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use strata_compat::error_code::ErrorCode;
use strata_compat::messages::Message as _;
use strata_compat::messages::consumer_protocol::ConsumerProtocolAssignment;
use strata_compat::messages::describe_groups::{DescribedGroup, DescribedGroupMember};
use strata_compat::wire::{Reader, WireError};

use super::{Committed, committed, dash, described};
use crate::cli::client::{Client, ClientError, LATEST};
use crate::cli::error::CliError;
use crate::cli::output::{self, Report};

pub(super) async fn describe(client: &mut Client, names: &[String]) -> Result<GroupDescriptions, CliError> {
    let mut groups = Vec::new();
    for name in names {
        let group = described(client, name).await?;
        let (coordinator, _) = client.coordinator(name).await?;
        let members: Vec<Member> = group.members.iter().map(Member::new).collect();
        let offsets = committed(client, name).await?;
        let ends = log_ends(client, &members, &offsets).await?;
        groups.push(GroupDescription::new(&group, coordinator, members, &offsets, &ends));
    }
    Ok(GroupDescriptions { groups })
}

/// Log ends of all partitions that the group has to do with. A topic that is gone has none.
async fn log_ends(client: &mut Client, members: &[Member], offsets: &Committed) -> Result<Committed, CliError> {
    let assigned = members.iter().flat_map(|member| member.assignment.iter());
    let wanted: BTreeSet<(String, i32)> = assigned
        .flat_map(|(topic, partitions)| partitions.iter().map(move |partition| (topic.clone(), *partition)))
        .chain(offsets.keys().cloned())
        .collect();
    let all: Vec<_> = wanted.iter().map(|partition| (partition.clone(), LATEST)).collect();
    let mut ends = Committed::new();
    match known_ends(client.offsets(&all).await, &mut ends)? {
        Known::All => {}
        // One of them cannot be asked: ask for each alone.
        Known::Some => {
            for partition in all {
                known_ends(client.offsets(&[partition]).await, &mut ends)?;
            }
        }
    }
    Ok(ends)
}

/// Whether all ends that were asked for were told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    All,
    Some,
}

/// Takes over what was found; a topic that is gone, or a partition without a leader, has no log end.
fn known_ends(
    found: Result<BTreeMap<(String, i32), Option<i64>>, ClientError>,
    ends: &mut Committed,
) -> Result<Known, CliError> {
    match found {
        Ok(found) => {
            ends.extend(found.into_iter().filter_map(|(key, end)| Some((key, end?))));
            Ok(Known::All)
        }
        Err(error)
            if error.is_code(ErrorCode::UnknownTopicOrPartition) || error.is_code(ErrorCode::LeaderNotAvailable) =>
        {
            Ok(Known::Some)
        }
        Err(error) => Err(error.into()),
    }
}

/// The partitions in a member's assignment; other protocols than the consumers' have none that we can read.
fn assignment(bytes: &Bytes) -> BTreeMap<String, Vec<i32>> {
    let read = || -> Result<ConsumerProtocolAssignment, WireError> {
        let mut reader = Reader::new(bytes.clone());
        let version =
            reader.i16()?.clamp(ConsumerProtocolAssignment::MIN_VERSION, ConsumerProtocolAssignment::MAX_VERSION);
        ConsumerProtocolAssignment::decode(&mut reader, version)
    };
    let topics = read().map(|assignment| assignment.assigned_partitions).unwrap_or_default();
    topics
        .into_iter()
        .map(|topic| {
            let mut partitions = topic.partitions;
            partitions.sort_unstable();
            (topic.topic.to_string(), partitions)
        })
        .collect()
}

#[derive(Debug, Serialize)]
pub(super) struct Member {
    member_id: String,
    group_instance_id: Option<String>,
    client_id: String,
    host: String,
    assignment: BTreeMap<String, Vec<i32>>,
}

impl Member {
    fn new(member: &DescribedGroupMember) -> Self {
        Self {
            member_id: member.member_id.to_string(),
            group_instance_id: member.group_instance_id.as_ref().map(ToString::to_string),
            client_id: member.client_id.to_string(),
            host: member.client_host.trim_start_matches('/').to_owned(),
            assignment: assignment(&member.member_assignment),
        }
    }

    fn has(&self, topic: &str, partition: i32) -> bool {
        self.assignment.get(topic).is_some_and(|partitions| partitions.contains(&partition))
    }
}

#[derive(Debug, Serialize)]
struct PartitionProgress {
    topic: String,
    partition: i32,
    committed_offset: Option<i64>,
    log_end_offset: Option<i64>,
    lag: Option<i64>,
    member_id: Option<String>,
    client_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct GroupDescription {
    group: String,
    state: String,
    protocol_type: String,
    assignor: String,
    coordinator: i32,
    /// `None` while no partition with a known end has a committed offset: the lag is not known then, and not 0.
    lag: Option<i64>,
    members: Vec<Member>,
    partitions: Vec<PartitionProgress>,
}

impl GroupDescription {
    fn new(
        group: &DescribedGroup,
        coordinator: i32,
        members: Vec<Member>,
        offsets: &Committed,
        ends: &Committed,
    ) -> Self {
        let keys: BTreeSet<&(String, i32)> = offsets.keys().chain(ends.keys()).collect();
        let progress = |key: &&(String, i32)| {
            let (topic, partition) = (key.0.clone(), key.1);
            let (committed_offset, log_end_offset) = (offsets.get(*key).copied(), ends.get(*key).copied());
            let member = members.iter().find(|member| member.has(&topic, partition));
            PartitionProgress {
                lag: log_end_offset.zip(committed_offset).map(|(end, committed)| (end - committed).max(0)),
                committed_offset,
                log_end_offset,
                member_id: member.map(|member| member.member_id.clone()),
                client_id: member.map(|member| member.client_id.clone()),
                topic,
                partition,
            }
        };
        let partitions: Vec<PartitionProgress> = keys.iter().map(progress).collect();
        Self {
            group: group.group_id.to_string(),
            state: group.group_state.to_string(),
            protocol_type: group.protocol_type.to_string(),
            assignor: group.protocol_data.to_string(),
            coordinator,
            lag: partitions.iter().filter_map(|partition| partition.lag).reduce(|sum, lag| sum + lag),
            members,
            partitions,
        }
    }

    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(
            to,
            "Group {}: {}, {}, assignor {}, coordinator {}, total lag {}",
            self.group,
            dash(&self.state),
            output::count(self.members.len(), "member"),
            dash(&self.assignor),
            self.coordinator,
            output::known(self.lag)
        )?;
        if self.partitions.is_empty() {
            writeln!(to, "it has committed no offset and is assigned no partition")?;
        } else {
            let rows = self.partitions.iter().map(|partition| {
                [
                    partition.topic.clone(),
                    partition.partition.to_string(),
                    output::known(partition.committed_offset),
                    output::known(partition.log_end_offset),
                    output::known(partition.lag),
                    partition.member_id.clone().unwrap_or_else(|| "-".to_owned()),
                ]
            });
            let headings = ["TOPIC", ">PARTITION", ">COMMITTED", ">LOG END", ">LAG", "MEMBER"];
            write!(to, "{}", output::table(headings, rows))?;
        }
        if self.members.is_empty() {
            return Ok(());
        }
        writeln!(to)?;
        let rows = self.members.iter().map(|member| {
            let partitions: usize = member.assignment.values().map(Vec::len).sum();
            [
                member.member_id.clone(),
                member.group_instance_id.clone().unwrap_or_else(|| "-".to_owned()),
                member.client_id.clone(),
                member.host.clone(),
                partitions.to_string(),
            ]
        });
        write!(to, "{}", output::table(["MEMBER", "INSTANCE", "CLIENT", "HOST", ">PARTITIONS"], rows))
    }
}

#[derive(Debug, Serialize)]
pub(super) struct GroupDescriptions {
    groups: Vec<GroupDescription>,
}

impl Report for GroupDescriptions {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        for (index, group) in self.groups.iter().enumerate() {
            if index > 0 {
                writeln!(to)?;
            }
            group.write_text(to)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::messages::consumer_protocol::ConsumerProtocolAssignmentTopicPartition;
    use strata_compat::wire::Writer;

    use super::*;
    use crate::cli::output::both_forms;

    fn encoded_assignment(partitions: &[i32]) -> Bytes {
        let topic = ConsumerProtocolAssignmentTopicPartition { topic: "t".into(), partitions: partitions.to_vec() };
        let mut writer = Writer::new();
        writer.i16(1);
        let assignment = ConsumerProtocolAssignment { assigned_partitions: vec![topic], user_data: None };
        assignment.encode(&mut writer, 1).unwrap();
        writer.into_bytes()
    }

    #[test]
    fn assignments_that_are_not_a_consumers_are_empty() {
        assert_eq!(assignment(&encoded_assignment(&[2, 0]))["t"], [0, 2]);
        for bytes in [&b""[..], b"\x00", b"\x00\x00\x7f\xff\xff\xff", b"hello world"] {
            assert!(assignment(&Bytes::from_static(bytes)).is_empty(), "{bytes:?}");
        }
    }

    #[test]
    fn a_group_is_described_with_its_lag() {
        let member = DescribedGroupMember {
            member_id: "m-1".into(),
            client_id: "c".into(),
            client_host: "/10.0.0.1".into(),
            member_assignment: encoded_assignment(&[0]),
            ..Default::default()
        };
        let group = DescribedGroup {
            group_id: "g".into(),
            group_state: "Stable".into(),
            protocol_data: "range".into(),
            ..Default::default()
        };
        let offsets = Committed::from([(("t".into(), 0), 40), (("t".into(), 1), 5), (("gone".into(), 0), 1)]);
        let ends = Committed::from([(("t".into(), 0), 100), (("t".into(), 1), 5), (("t".into(), 2), 7)]);
        let description = GroupDescription::new(&group, 1, vec![Member::new(&member)], &offsets, &ends);
        let (text, json) = both_forms(&GroupDescriptions { groups: vec![description] });
        let words = |line: usize| text.lines().nth(line).unwrap().split_whitespace().collect::<Vec<_>>();
        assert_eq!(
            text.lines().next().unwrap(),
            "Group g: Stable, 1 member, assignor range, coordinator 1, total lag 60"
        );
        assert_eq!(words(2), ["gone", "0", "1", "-", "-", "-"]);
        assert_eq!(words(3), ["t", "0", "40", "100", "60", "m-1"]);
        assert_eq!(words(4), ["t", "1", "5", "5", "0", "-"]);
        assert_eq!(words(5), ["t", "2", "-", "7", "-", "-"]);
        assert_eq!(words(8), ["m-1", "-", "c", "10.0.0.1", "1"]);
        assert_eq!(json["groups"][0]["lag"], 60);
        assert_eq!(json["groups"][0]["partitions"][1]["committed_offset"], 40);
        assert_eq!(json["groups"][0]["members"][0]["assignment"]["t"][0], 0);
    }

    #[test]
    fn the_lag_of_a_group_that_committed_nothing_is_not_known() {
        let group = DescribedGroup { group_id: "g".into(), group_state: "Stable".into(), ..Default::default() };
        let ends = Committed::from([(("t".into(), 0), 100)]);
        let description = GroupDescription::new(&group, 1, Vec::new(), &Committed::new(), &ends);
        let (text, json) = both_forms(&GroupDescriptions { groups: vec![description] });
        assert!(text.starts_with("Group g: Stable, 0 members, assignor -, coordinator 1, total lag -\n"), "{text}");
        assert_eq!(json["groups"][0]["lag"], serde_json::Value::Null);
    }
}
