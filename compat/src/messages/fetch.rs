//! Fetch (API key 1).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Records, Request, TagWriter, WireError, Writer, check_version};

/// FetchRequest: request, versions 4-18, flexible from 12.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchRequest {
    /// Field `cluster_id`, versions 12-18, nullable, tag 0.
    pub cluster_id: Option<KString>,
    /// Field `replica_id`, versions 4-14.
    pub replica_id: i32,
    /// Field `replica_state`, versions 15-18, tag 1.
    pub replica_state: ReplicaState,
    /// Field `max_wait_ms`, all versions.
    pub max_wait_ms: i32,
    /// Field `min_bytes`, all versions.
    pub min_bytes: i32,
    /// Field `max_bytes`, all versions.
    pub max_bytes: i32,
    /// Field `isolation_level`, all versions.
    pub isolation_level: i8,
    /// Field `session_id`, versions 7-18.
    pub session_id: i32,
    /// Field `session_epoch`, versions 7-18.
    pub session_epoch: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<FetchTopic>,
    /// Field `forgotten_topics_data`, versions 7-18.
    pub forgotten_topics_data: Vec<ForgottenTopic>,
    /// Field `rack_id`, versions 11-18.
    pub rack_id: KString,
}

impl Default for FetchRequest {
    fn default() -> Self {
        Self {
            cluster_id: None,
            replica_id: -1,
            replica_state: ReplicaState::default(),
            max_wait_ms: 0,
            min_bytes: 0,
            max_bytes: i32::MAX,
            isolation_level: 0,
            session_id: 0,
            session_epoch: -1,
            topics: Vec::new(),
            forgotten_topics_data: Vec::new(),
            rack_id: KString::new(),
        }
    }
}

impl Message for FetchRequest {
    const NAME: &'static str = "FetchRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 4;
    const MAX_VERSION: i16 = 18;
    const LATEST_VERSION: i16 = 18;
    const FIRST_FLEXIBLE: Option<i16> = Some(12);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 12;
        let replica_id = if version <= 14 { reader.i32()? } else { -1 };
        let max_wait_ms = reader.i32()?;
        let min_bytes = reader.i32()?;
        let max_bytes = reader.i32()?;
        let isolation_level = reader.i8()?;
        let session_id = if version >= 7 { reader.i32()? } else { 0 };
        let session_epoch = if version >= 7 { reader.i32()? } else { -1 };
        let topics = reader.array(flexible, 3, |reader| FetchTopic::decode(reader, version))?;
        let forgotten_topics_data =
            if version >= 7 { reader.array(flexible, 3, |reader| ForgottenTopic::decode(reader, version))? } else { Vec::new() };
        let rack_id = if version >= 11 { reader.string(flexible)? } else { KString::new() };
        let mut cluster_id = None;
        let mut replica_state = ReplicaState::default();
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    cluster_id = body.nullable_string(true)?;
                    body.expect_end()?;
                }
                1 if version >= 15 => {
                    replica_state = ReplicaState::decode(&mut body, version)?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self {
            cluster_id,
            replica_id,
            replica_state,
            max_wait_ms,
            min_bytes,
            max_bytes,
            isolation_level,
            session_id,
            session_epoch,
            topics,
            forgotten_topics_data,
            rack_id,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 12;
        if version <= 14 {
            writer.i32(self.replica_id);
        } else if self.replica_id != -1 {
            return Err(WireError::NotInVersion { field: "FetchRequest.replica_id", version });
        }
        writer.i32(self.max_wait_ms);
        writer.i32(self.min_bytes);
        writer.i32(self.max_bytes);
        writer.i8(self.isolation_level);
        if version >= 7 {
            writer.i32(self.session_id);
        }
        if version >= 7 {
            writer.i32(self.session_epoch);
        }
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        if version >= 7 {
            writer.array(&self.forgotten_topics_data, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.forgotten_topics_data.is_empty() {
            return Err(WireError::NotInVersion { field: "FetchRequest.forgotten_topics_data", version });
        }
        if version >= 11 {
            writer.string(&self.rack_id, flexible)?;
        }
        let mut tags = TagWriter::new();
        if version >= 12 && self.cluster_id.is_some() {
            tags.field(0, |writer| writer.nullable_string(self.cluster_id.as_ref(), true))?;
        }
        if self.replica_state != ReplicaState::default() {
            if version < 15 {
                return Err(WireError::NotInVersion { field: "FetchRequest.replica_state", version });
            }
            tags.field(1, |writer| self.replica_state.encode(writer, version))?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of FetchRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaState {
    /// Field `replica_id`, all versions.
    pub replica_id: i32,
    /// Field `replica_epoch`, all versions.
    pub replica_epoch: i64,
}

impl Default for ReplicaState {
    fn default() -> Self {
        Self { replica_id: -1, replica_epoch: -1 }
    }
}

impl ReplicaState {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let replica_id = reader.i32()?;
        let replica_epoch = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { replica_id, replica_epoch })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.replica_id);
        writer.i64(self.replica_epoch);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of FetchRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchTopic {
    /// Field `topic`, versions 4-12.
    pub topic: KString,
    /// Field `topic_id`, versions 13-18.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<FetchPartition>,
}

impl FetchTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 12;
        let topic = if version <= 12 { reader.string(flexible)? } else { KString::new() };
        let topic_id = if version >= 13 { reader.uuid()? } else { Uuid::nil() };
        let partitions = reader.array(flexible, 16, |reader| FetchPartition::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic, topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 12;
        if version <= 12 {
            writer.string(&self.topic, flexible)?;
        }
        if version >= 13 {
            writer.uuid(self.topic_id);
        }
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of FetchRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchPartition {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `current_leader_epoch`, versions 9-18.
    pub current_leader_epoch: i32,
    /// Field `fetch_offset`, all versions.
    pub fetch_offset: i64,
    /// Field `last_fetched_epoch`, versions 12-18.
    pub last_fetched_epoch: i32,
    /// Field `log_start_offset`, versions 5-18.
    pub log_start_offset: i64,
    /// Field `partition_max_bytes`, all versions.
    pub partition_max_bytes: i32,
    /// Field `replica_directory_id`, versions 17-18, tag 0.
    pub replica_directory_id: Uuid,
    /// Field `high_watermark`, versions 18, tag 1.
    pub high_watermark: i64,
}

impl Default for FetchPartition {
    fn default() -> Self {
        Self {
            partition: 0,
            current_leader_epoch: -1,
            fetch_offset: 0,
            last_fetched_epoch: -1,
            log_start_offset: -1,
            partition_max_bytes: 0,
            replica_directory_id: Uuid::nil(),
            high_watermark: i64::MAX,
        }
    }
}

impl FetchPartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 12;
        let partition = reader.i32()?;
        let current_leader_epoch = if version >= 9 { reader.i32()? } else { -1 };
        let fetch_offset = reader.i64()?;
        let last_fetched_epoch = if version >= 12 { reader.i32()? } else { -1 };
        let log_start_offset = if version >= 5 { reader.i64()? } else { -1 };
        let partition_max_bytes = reader.i32()?;
        let mut replica_directory_id = Uuid::nil();
        let mut high_watermark = i64::MAX;
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 if version >= 17 => {
                    replica_directory_id = body.uuid()?;
                    body.expect_end()?;
                }
                1 if version == 18 => {
                    high_watermark = body.i64()?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self {
            partition,
            current_leader_epoch,
            fetch_offset,
            last_fetched_epoch,
            log_start_offset,
            partition_max_bytes,
            replica_directory_id,
            high_watermark,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 12;
        writer.i32(self.partition);
        if version >= 9 {
            writer.i32(self.current_leader_epoch);
        }
        writer.i64(self.fetch_offset);
        if version >= 12 {
            writer.i32(self.last_fetched_epoch);
        } else if self.last_fetched_epoch != -1 {
            return Err(WireError::NotInVersion { field: "FetchPartition.last_fetched_epoch", version });
        }
        if version >= 5 {
            writer.i64(self.log_start_offset);
        }
        writer.i32(self.partition_max_bytes);
        let mut tags = TagWriter::new();
        if version >= 17 && !self.replica_directory_id.is_nil() {
            tags.field(0, |writer| {
                writer.uuid(self.replica_directory_id);
                Ok(())
            })?;
        }
        if version == 18 && self.high_watermark != i64::MAX {
            tags.field(1, |writer| {
                writer.i64(self.high_watermark);
                Ok(())
            })?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of FetchRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForgottenTopic {
    /// Field `topic`, versions 7-12.
    pub topic: KString,
    /// Field `topic_id`, versions 13-18.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl ForgottenTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 12;
        let topic = if version <= 12 { reader.string(flexible)? } else { KString::new() };
        let topic_id = if version >= 13 { reader.uuid()? } else { Uuid::nil() };
        let partitions = reader.array(flexible, 4, Reader::i32)?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic, topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 12;
        if version <= 12 {
            writer.string(&self.topic, flexible)?;
        }
        if version >= 13 {
            writer.uuid(self.topic_id);
        }
        writer.array(&self.partitions, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for FetchRequest {
    type Response = FetchResponse;
    const KEY: i16 = 1;
}

/// FetchResponse: response, versions 4-18, flexible from 12.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, versions 7-18.
    pub error_code: i16,
    /// Field `session_id`, versions 7-18.
    pub session_id: i32,
    /// Field `responses`, all versions.
    pub responses: Vec<FetchableTopicResponse>,
    /// Field `node_endpoints`, versions 16-18, tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for FetchResponse {
    const NAME: &'static str = "FetchResponse";
    const API_KEY: Option<i16> = Some(<FetchRequest as Request>::KEY);
    const MIN_VERSION: i16 = 4;
    const MAX_VERSION: i16 = 18;
    const LATEST_VERSION: i16 = 18;
    const FIRST_FLEXIBLE: Option<i16> = Some(12);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 12;
        let throttle_time_ms = reader.i32()?;
        let error_code = if version >= 7 { reader.i16()? } else { 0 };
        let session_id = if version >= 7 { reader.i32()? } else { 0 };
        let responses = reader.array(flexible, 3, |reader| FetchableTopicResponse::decode(reader, version))?;
        let mut node_endpoints = Vec::new();
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 if version >= 16 => {
                    node_endpoints = body.array(true, 11, |reader| NodeEndpoint::decode(reader, version))?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { throttle_time_ms, error_code, session_id, responses, node_endpoints })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 12;
        writer.i32(self.throttle_time_ms);
        if version >= 7 {
            writer.i16(self.error_code);
        }
        if version >= 7 {
            writer.i32(self.session_id);
        } else if self.session_id != 0 {
            return Err(WireError::NotInVersion { field: "FetchResponse.session_id", version });
        }
        writer.array(&self.responses, flexible, |writer, item| item.encode(writer, version))?;
        let mut tags = TagWriter::new();
        if !self.node_endpoints.is_empty() {
            if version < 16 {
                return Err(WireError::NotInVersion { field: "FetchResponse.node_endpoints", version });
            }
            tags.field(0, |writer| writer.array(&self.node_endpoints, true, |writer, item| item.encode(writer, version)))?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of FetchResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchableTopicResponse {
    /// Field `topic`, versions 4-12.
    pub topic: KString,
    /// Field `topic_id`, versions 13-18.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionData>,
}

impl FetchableTopicResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 12;
        let topic = if version <= 12 { reader.string(flexible)? } else { KString::new() };
        let topic_id = if version >= 13 { reader.uuid()? } else { Uuid::nil() };
        let partitions = reader.array(flexible, 30, |reader| PartitionData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic, topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 12;
        if version <= 12 {
            writer.string(&self.topic, flexible)?;
        }
        if version >= 13 {
            writer.uuid(self.topic_id);
        }
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of FetchResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `high_watermark`, all versions.
    pub high_watermark: i64,
    /// Field `last_stable_offset`, all versions.
    pub last_stable_offset: i64,
    /// Field `log_start_offset`, versions 5-18.
    pub log_start_offset: i64,
    /// Field `diverging_epoch`, versions 12-18, tag 0.
    pub diverging_epoch: EpochEndOffset,
    /// Field `current_leader`, versions 12-18, tag 1.
    pub current_leader: LeaderIdAndEpoch,
    /// Field `snapshot_id`, versions 12-18, tag 2.
    pub snapshot_id: SnapshotId,
    /// Field `aborted_transactions`, all versions, nullable.
    pub aborted_transactions: Option<Vec<AbortedTransaction>>,
    /// Field `preferred_read_replica`, versions 11-18.
    pub preferred_read_replica: i32,
    /// Field `records`, all versions, nullable.
    pub records: Option<Records>,
}

impl Default for PartitionData {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            high_watermark: 0,
            last_stable_offset: -1,
            log_start_offset: -1,
            diverging_epoch: EpochEndOffset::default(),
            current_leader: LeaderIdAndEpoch::default(),
            snapshot_id: SnapshotId::default(),
            aborted_transactions: Some(Vec::new()),
            preferred_read_replica: -1,
            records: Some(Records::new()),
        }
    }
}

impl PartitionData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 12;
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        let high_watermark = reader.i64()?;
        let last_stable_offset = reader.i64()?;
        let log_start_offset = if version >= 5 { reader.i64()? } else { -1 };
        let aborted_transactions = reader.nullable_array(flexible, 16, |reader| AbortedTransaction::decode(reader, version))?;
        let preferred_read_replica = if version >= 11 { reader.i32()? } else { -1 };
        let records = reader.nullable_records(flexible)?;
        let mut diverging_epoch = EpochEndOffset::default();
        let mut current_leader = LeaderIdAndEpoch::default();
        let mut snapshot_id = SnapshotId::default();
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    diverging_epoch = EpochEndOffset::decode(&mut body, version)?;
                    body.expect_end()?;
                }
                1 => {
                    current_leader = LeaderIdAndEpoch::decode(&mut body, version)?;
                    body.expect_end()?;
                }
                2 => {
                    snapshot_id = SnapshotId::decode(&mut body, version)?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self {
            partition_index,
            error_code,
            high_watermark,
            last_stable_offset,
            log_start_offset,
            diverging_epoch,
            current_leader,
            snapshot_id,
            aborted_transactions,
            preferred_read_replica,
            records,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 12;
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.i64(self.high_watermark);
        writer.i64(self.last_stable_offset);
        if version >= 5 {
            writer.i64(self.log_start_offset);
        }
        writer.nullable_array(self.aborted_transactions.as_deref(), flexible, |writer, item| item.encode(writer, version))?;
        if version >= 11 {
            writer.i32(self.preferred_read_replica);
        } else if self.preferred_read_replica != -1 {
            return Err(WireError::NotInVersion { field: "PartitionData.preferred_read_replica", version });
        }
        writer.nullable_records(self.records.as_ref(), flexible)?;
        let mut tags = TagWriter::new();
        if self.diverging_epoch != EpochEndOffset::default() {
            if version < 12 {
                return Err(WireError::NotInVersion { field: "PartitionData.diverging_epoch", version });
            }
            tags.field(0, |writer| self.diverging_epoch.encode(writer, version))?;
        }
        if self.current_leader != LeaderIdAndEpoch::default() {
            if version < 12 {
                return Err(WireError::NotInVersion { field: "PartitionData.current_leader", version });
            }
            tags.field(1, |writer| self.current_leader.encode(writer, version))?;
        }
        if self.snapshot_id != SnapshotId::default() {
            if version < 12 {
                return Err(WireError::NotInVersion { field: "PartitionData.snapshot_id", version });
            }
            tags.field(2, |writer| self.snapshot_id.encode(writer, version))?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of FetchResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    /// Field `epoch`, all versions.
    pub epoch: i32,
    /// Field `end_offset`, all versions.
    pub end_offset: i64,
}

impl Default for EpochEndOffset {
    fn default() -> Self {
        Self { epoch: -1, end_offset: -1 }
    }
}

impl EpochEndOffset {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let epoch = reader.i32()?;
        let end_offset = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { epoch, end_offset })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.epoch);
        writer.i64(self.end_offset);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of FetchResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
}

impl Default for LeaderIdAndEpoch {
    fn default() -> Self {
        Self { leader_id: -1, leader_epoch: -1 }
    }
}

impl LeaderIdAndEpoch {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let leader_id = reader.i32()?;
        let leader_epoch = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { leader_id, leader_epoch })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.leader_id);
        writer.i32(self.leader_epoch);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of FetchResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotId {
    /// Field `end_offset`, all versions.
    pub end_offset: i64,
    /// Field `epoch`, all versions.
    pub epoch: i32,
}

impl Default for SnapshotId {
    fn default() -> Self {
        Self { end_offset: -1, epoch: -1 }
    }
}

impl SnapshotId {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let end_offset = reader.i64()?;
        let epoch = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { end_offset, epoch })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i64(self.end_offset);
        writer.i32(self.epoch);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of FetchResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AbortedTransaction {
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `first_offset`, all versions.
    pub first_offset: i64,
}

impl AbortedTransaction {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 12;
        let producer_id = reader.i64()?;
        let first_offset = reader.i64()?;
        reader.skip_tags(flexible)?;
        Ok(Self { producer_id, first_offset })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 12;
        writer.i64(self.producer_id);
        writer.i64(self.first_offset);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of FetchResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeEndpoint {
    /// Field `node_id`, all versions.
    pub node_id: i32,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: i32,
    /// Field `rack`, all versions, nullable.
    pub rack: Option<KString>,
}

impl NodeEndpoint {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let node_id = reader.i32()?;
        let host = reader.string(true)?;
        let port = reader.i32()?;
        let rack = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { node_id, host, port, rack })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.node_id);
        writer.string(&self.host, true)?;
        writer.i32(self.port);
        writer.nullable_string(self.rack.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
