//! The reports of `strata tier ls` and `strata tier describe`.

use std::io::{self, Write};

use serde::Serialize;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::uuid_text;
use strata_compat::messages::describe_tier::{
    DescribeTierResponse, DescribedTierObject, DescribedTierPartition, DescribedTierTopic,
};

use crate::cli::client::error_name;
use crate::cli::datetime;
use crate::cli::output::{self, Report, known, offset};

#[derive(Debug, Serialize)]
struct TierLine {
    topic: String,
    topic_id: String,
    tiered: bool,
    partitions: usize,
    segments: i64,
    pages: i64,
    log_bytes: i64,
    object_bytes: i64,
    lag_bytes: i64,
    failing_partitions: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct TierList {
    tier_url: Option<String>,
    topics: Vec<TierLine>,
}

impl TierList {
    pub(super) fn new(response: &DescribeTierResponse) -> Self {
        let mut topics: Vec<TierLine> = response.topics.iter().map(TierLine::new).collect();
        topics.sort_by(|left, right| left.topic.cmp(&right.topic));
        Self { tier_url: response.tier_url.as_ref().map(ToString::to_string), topics }
    }
}

impl TierLine {
    fn new(topic: &DescribedTierTopic) -> Self {
        let sum = |figure: fn(&DescribedTierPartition) -> i64| topic.partitions.iter().map(figure).sum();
        Self {
            topic: topic.name.to_string(),
            topic_id: uuid_text(topic.topic_id),
            tiered: topic.is_tiered,
            partitions: topic.partitions.len(),
            segments: sum(|partition| partition.segments),
            pages: sum(|partition| i64::from(partition.pages)),
            log_bytes: sum(|partition| partition.log_bytes),
            object_bytes: sum(|partition| partition.object_bytes),
            lag_bytes: sum(|partition| partition.lag_bytes.max(0)),
            failing_partitions: topic.partitions.iter().filter(|partition| is_failing(partition)).count(),
        }
    }
}

fn is_failing(partition: &DescribedTierPartition) -> bool {
    partition.error_code != ErrorCode::None.code() || partition.is_hole || partition.failures > 0
}

fn yes(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

impl Report for TierList {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "Bucket {}", self.tier_url.as_deref().unwrap_or("(tiering is off)"))?;
        if self.tier_url.is_none() && self.topics.is_empty() {
            return writeln!(
                to,
                "the broker has no bucket; give it one with --tier URL (strata dev) or, in server.properties, \
                 remote.log.storage.system.enable=true and strata.tier.url=URL"
            );
        }
        if self.topics.is_empty() {
            return writeln!(
                to,
                "no topic has remote storage; set it with: strata topic alter NAME --set remote.storage.enable=true"
            );
        }
        let rows = self.topics.iter().map(|topic| {
            [
                topic.topic.clone(),
                yes(topic.tiered),
                topic.partitions.to_string(),
                topic.segments.to_string(),
                topic.pages.to_string(),
                output::bytes(topic.log_bytes),
                output::bytes(topic.object_bytes),
                output::bytes(topic.lag_bytes),
                topic.failing_partitions.to_string(),
            ]
        });
        let headings = [
            "TOPIC",
            "TIERED",
            ">PARTITIONS",
            ">SEGMENTS",
            ">PAGES",
            ">LOG BYTES",
            ">OBJECT BYTES",
            ">NOT YET COPIED",
            ">FAILING",
        ];
        write!(to, "{}", output::table(headings, rows))
    }
}

#[derive(Debug, Serialize)]
struct ObjectLine {
    uuid: String,
    kind: &'static str,
    base_offset: i64,
    end_offset: i64,
    leader_epoch: i32,
    min_timestamp: i64,
    max_timestamp: i64,
    segments: i32,
    log_bytes: i64,
    object_bytes: i64,
}

impl ObjectLine {
    fn new(object: &DescribedTierObject) -> Self {
        Self {
            uuid: uuid_text(object.uuid),
            kind: if object.is_page { "page" } else { "segment" },
            base_offset: object.base_offset,
            end_offset: object.end_offset,
            leader_epoch: object.leader_epoch,
            min_timestamp: object.min_timestamp,
            max_timestamp: object.max_timestamp,
            segments: object.segments,
            log_bytes: object.log_bytes,
            object_bytes: object.object_bytes,
        }
    }
}

#[derive(Debug, Serialize)]
struct PartitionLine {
    partition: i32,
    error: Option<String>,
    tiering_epoch: i32,
    #[serde(flatten)]
    offsets: OffsetsLine,
    #[serde(flatten)]
    held: HeldLine,
    lag_bytes: Option<i64>,
    hole: bool,
    failures: i32,
    last_error: Option<String>,
    objects: Vec<ObjectLine>,
}

/// Where a partition's log begins and ends, here and in the bucket.
#[derive(Debug, Serialize)]
struct OffsetsLine {
    log_start_offset: Option<i64>,
    local_start_offset: Option<i64>,
    remote_end_offset: Option<i64>,
    log_end_offset: Option<i64>,
    deleted_to_offset: i64,
}

/// What the quorum holds of a partition.
#[derive(Debug, Serialize)]
struct HeldLine {
    rows: i32,
    pages: i32,
    segments: i64,
    log_bytes: i64,
    object_bytes: i64,
    reserved: i32,
    abandoned: i32,
    delete_pending_pages: i32,
}

impl PartitionLine {
    fn new(partition: &DescribedTierPartition) -> Self {
        Self {
            partition: partition.partition_index,
            error: (partition.error_code != ErrorCode::None.code()).then(|| error_name(partition.error_code)),
            tiering_epoch: partition.tiering_epoch,
            offsets: OffsetsLine {
                log_start_offset: offset(partition.log_start_offset),
                local_start_offset: offset(partition.local_start_offset),
                remote_end_offset: offset(partition.remote_end_offset),
                log_end_offset: offset(partition.log_end_offset),
                deleted_to_offset: partition.deleted_to_offset,
            },
            held: HeldLine {
                rows: partition.rows,
                pages: partition.pages,
                segments: partition.segments,
                log_bytes: partition.log_bytes,
                object_bytes: partition.object_bytes,
                reserved: partition.reserved,
                abandoned: partition.abandoned,
                delete_pending_pages: partition.delete_pending_pages,
            },
            lag_bytes: offset(partition.lag_bytes),
            hole: partition.is_hole,
            failures: partition.failures,
            last_error: partition.last_error.as_ref().map(ToString::to_string),
            objects: partition.objects.iter().map(ObjectLine::new).collect(),
        }
    }

    fn row(&self) -> [String; 12] {
        [
            self.partition.to_string(),
            known(self.offsets.log_start_offset),
            known(self.offsets.local_start_offset),
            known(self.offsets.remote_end_offset),
            known(self.offsets.log_end_offset),
            self.offsets.deleted_to_offset.to_string(),
            self.held.rows.to_string(),
            self.held.pages.to_string(),
            self.held.segments.to_string(),
            output::bytes(self.held.log_bytes),
            output::bytes(self.held.object_bytes),
            format!("{}/{}/{}", self.held.reserved, self.held.abandoned, self.held.delete_pending_pages),
        ]
    }

    fn write_trouble(&self, to: &mut dyn Write) -> io::Result<()> {
        if let Some(error) = &self.error {
            writeln!(to, "partition {}: {error}", self.partition)?;
        }
        if self.hole {
            writeln!(to, "partition {}: there is a hole between the bucket and the local log", self.partition)?;
        }
        if self.failures > 0 || self.last_error.is_some() {
            let error = self.last_error.as_deref().unwrap_or("no reason is known");
            let failures = output::count(usize::try_from(self.failures).unwrap_or_default(), "failure");
            writeln!(to, "partition {}: {failures} in a row: {error}", self.partition)?;
        }
        Ok(())
    }
}

#[derive(Debug, Serialize)]
pub(super) struct TierDescription {
    tier_url: Option<String>,
    topic: String,
    topic_id: String,
    tiered: bool,
    partitions: Vec<PartitionLine>,
    #[serde(skip)]
    show_objects: bool,
}

impl TierDescription {
    pub(super) fn new(tier_url: Option<String>, topic: &DescribedTierTopic, show_objects: bool) -> Self {
        let mut partitions: Vec<PartitionLine> = topic.partitions.iter().map(PartitionLine::new).collect();
        partitions.sort_by_key(|partition| partition.partition);
        Self {
            tier_url,
            topic: topic.name.to_string(),
            topic_id: uuid_text(topic.topic_id),
            tiered: topic.is_tiered,
            partitions,
            show_objects,
        }
    }

    fn write_objects(&self, to: &mut dyn Write) -> io::Result<()> {
        for partition in &self.partitions {
            if partition.objects.is_empty() {
                continue;
            }
            writeln!(to, "\nPartition {}", partition.partition)?;
            let rows = partition.objects.iter().map(|object| {
                [
                    object.kind.to_owned(),
                    object.base_offset.to_string(),
                    object.end_offset.to_string(),
                    object.leader_epoch.to_string(),
                    object.segments.to_string(),
                    output::bytes(object.log_bytes),
                    output::bytes(object.object_bytes),
                    datetime::format(object.min_timestamp),
                    datetime::format(object.max_timestamp),
                    object.uuid.clone(),
                ]
            });
            let headings = [
                "KIND",
                ">BASE",
                ">END",
                ">EPOCH",
                ">SEGMENTS",
                ">LOG BYTES",
                ">OBJECT BYTES",
                "EARLIEST",
                "LATEST",
                "UUID",
            ];
            write!(to, "{}", output::table(headings, rows))?;
        }
        Ok(())
    }
}

impl Report for TierDescription {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        writeln!(to, "Bucket {}", self.tier_url.as_deref().unwrap_or("(tiering is off)"))?;
        let state = if self.tiered { "tiered" } else { "not tiered" };
        writeln!(to, "Topic {} (id {}): {state}", self.topic, self.topic_id)?;
        let headings = [
            ">PARTITION",
            ">LOG START",
            ">LOCAL START",
            ">REMOTE END",
            ">LOG END",
            ">DELETED TO",
            ">ROWS",
            ">PAGES",
            ">SEGMENTS",
            ">LOG BYTES",
            ">OBJECT BYTES",
            ">RESERVED/ABANDONED/PENDING",
        ];
        write!(to, "{}", output::table(headings, self.partitions.iter().map(PartitionLine::row)))?;
        self.partitions.iter().try_for_each(|partition| partition.write_trouble(to))?;
        if self.show_objects { self.write_objects(to) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::both_forms;

    fn sample() -> DescribedTierTopic {
        let object = DescribedTierObject {
            is_page: true,
            base_offset: 0,
            end_offset: 500,
            segments: 12,
            log_bytes: 1 << 20,
            object_bytes: 1 << 19,
            max_timestamp: 1_372_636_800_000,
            ..Default::default()
        };
        let partition = |index, failures| DescribedTierPartition {
            partition_index: index,
            log_start_offset: 0,
            local_start_offset: 900,
            remote_end_offset: 1000,
            log_end_offset: 1200,
            rows: 5,
            pages: 1,
            segments: 17,
            log_bytes: 2 << 20,
            object_bytes: 1 << 20,
            lag_bytes: 2048,
            failures,
            last_error: (failures > 0).then(|| "the bucket does not answer".into()),
            objects: vec![object.clone()],
            ..Default::default()
        };
        DescribedTierTopic {
            name: "flights".into(),
            is_tiered: true,
            partitions: vec![partition(1, 3), partition(0, 0)],
            ..Default::default()
        }
    }

    #[test]
    fn topics_are_summed_up() {
        let response =
            DescribeTierResponse { tier_url: Some("s3://b/p".into()), topics: vec![sample()], ..Default::default() };
        let (text, json) = both_forms(&TierList::new(&response));
        let row: Vec<&str> = text.lines().nth(2).unwrap().split_whitespace().collect();
        assert_eq!(row, ["flights", "yes", "2", "34", "2", "4.0", "MiB", "2.0", "MiB", "4.0", "KiB", "1"]);
        assert_eq!(json["tier_url"], "s3://b/p");
        assert_eq!(json["topics"][0]["log_bytes"], 4 << 20);
    }

    #[test]
    fn no_tiered_topic_is_answered_with_what_to_do() {
        let with_bucket = DescribeTierResponse { tier_url: Some("s3://b/p".into()), ..Default::default() };
        let (text, _) = both_forms(&TierList::new(&with_bucket));
        assert!(text.contains("strata topic alter NAME --set remote.storage.enable=true"), "{text}");
    }

    #[test]
    fn a_broker_without_a_bucket_is_answered_with_how_to_give_it_one() {
        let (text, json) = both_forms(&TierList::new(&DescribeTierResponse::default()));
        assert!(text.contains("strata.tier.url") && !text.contains("topic alter"), "{text}");
        assert_eq!(json["tier_url"], serde_json::Value::Null);
    }

    #[test]
    fn partitions_are_described_with_their_trouble_and_objects() {
        let (text, json) = both_forms(&TierDescription::new(None, &sample(), true));
        let row: Vec<&str> = text.lines().nth(3).unwrap().split_whitespace().collect();
        assert_eq!(row[..9], ["0", "0", "900", "1000", "1200", "0", "5", "1", "17"]);
        assert!(text.contains("partition 1: 3 failures in a row: the bucket does not answer"), "{text}");
        assert!(text.contains("2013-07-01T00:00:00.000Z"), "{text}");
        assert_eq!(json["partitions"][1]["failures"], 3);
        assert_eq!(json["partitions"][0]["objects"][0]["kind"], "page");
    }

    #[test]
    fn offsets_that_are_not_known_are_null() {
        let topic = DescribedTierTopic { partitions: vec![DescribedTierPartition::default()], ..Default::default() };
        let (_, json) = both_forms(&TierDescription::new(None, &topic, false));
        assert_eq!(json["partitions"][0]["remote_end_offset"], serde_json::Value::Null);
        assert_eq!(json["partitions"][0]["lag_bytes"], serde_json::Value::Null);
    }
}
