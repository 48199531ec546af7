//! DescribeTier (API key 20000).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeTierRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTierRequest {
    /// Field `topics`, all versions, nullable.
    pub topics: Option<Vec<DescribeTierTopic>>,
    /// Field `include_objects`, all versions.
    pub include_objects: bool,
    /// Field `first_offset`, all versions.
    pub first_offset: i64,
    /// Field `objects_max`, all versions.
    pub objects_max: i32,
}

impl Default for DescribeTierRequest {
    fn default() -> Self {
        Self { topics: Some(Vec::new()), include_objects: false, first_offset: 0, objects_max: 1000 }
    }
}

impl Message for DescribeTierRequest {
    const NAME: &'static str = "DescribeTierRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let topics = reader.nullable_array(true, 3, |reader| DescribeTierTopic::decode(reader, version))?;
        let include_objects = reader.bool()?;
        let first_offset = reader.i64()?;
        let objects_max = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { topics, include_objects, first_offset, objects_max })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_array(self.topics.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.bool(self.include_objects);
        writer.i64(self.first_offset);
        writer.i32(self.objects_max);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTierRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTierTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions, nullable.
    pub partitions: Option<Vec<i32>>,
}

impl Default for DescribeTierTopic {
    fn default() -> Self {
        Self { name: KString::new(), partitions: Some(Vec::new()) }
    }
}

impl DescribeTierTopic {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.nullable_array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.nullable_array(self.partitions.as_deref(), true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for DescribeTierRequest {
    type Response = DescribeTierResponse;
    const KEY: i16 = 20000;
}

/// DescribeTierResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeTierResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `tier_url`, all versions, nullable.
    pub tier_url: Option<KString>,
    /// Field `topics`, all versions.
    pub topics: Vec<DescribedTierTopic>,
}

impl Message for DescribeTierResponse {
    const NAME: &'static str = "DescribeTierResponse";
    const API_KEY: Option<i16> = Some(<DescribeTierRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let tier_url = reader.nullable_string(true)?;
        let topics = reader.array(true, 23, |reader| DescribedTierTopic::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, error_message, tier_url, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.nullable_string(self.tier_url.as_ref(), true)?;
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTierResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribedTierTopic {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `is_tiered`, all versions.
    pub is_tiered: bool,
    /// Field `partitions`, all versions.
    pub partitions: Vec<DescribedTierPartition>,
}

impl DescribedTierTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let name = reader.string(true)?;
        let topic_id = reader.uuid()?;
        let is_tiered = reader.bool()?;
        let partitions = reader.array(true, 118, |reader| DescribedTierPartition::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { error_code, error_message, name, topic_id, is_tiered, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.string(&self.name, true)?;
        writer.uuid(self.topic_id);
        writer.bool(self.is_tiered);
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTierResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedTierPartition {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `tiering_epoch`, all versions.
    pub tiering_epoch: i32,
    /// Field `log_start_offset`, all versions.
    pub log_start_offset: i64,
    /// Field `local_start_offset`, all versions.
    pub local_start_offset: i64,
    /// Field `remote_end_offset`, all versions.
    pub remote_end_offset: i64,
    /// Field `log_end_offset`, all versions.
    pub log_end_offset: i64,
    /// Field `deleted_to_offset`, all versions.
    pub deleted_to_offset: i64,
    /// Field `rows`, all versions.
    pub rows: i32,
    /// Field `pages`, all versions.
    pub pages: i32,
    /// Field `segments`, all versions.
    pub segments: i64,
    /// Field `log_bytes`, all versions.
    pub log_bytes: i64,
    /// Field `object_bytes`, all versions.
    pub object_bytes: i64,
    /// Field `reserved`, all versions.
    pub reserved: i32,
    /// Field `abandoned`, all versions.
    pub abandoned: i32,
    /// Field `delete_pending_pages`, all versions.
    pub delete_pending_pages: i32,
    /// Field `lag_bytes`, all versions.
    pub lag_bytes: i64,
    /// Field `is_hole`, all versions.
    pub is_hole: bool,
    /// Field `failures`, all versions.
    pub failures: i32,
    /// Field `last_error`, all versions, nullable.
    pub last_error: Option<KString>,
    /// Field `objects`, all versions.
    pub objects: Vec<DescribedTierObject>,
    /// Field `next_offset`, all versions.
    pub next_offset: i64,
}

impl Default for DescribedTierPartition {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition_index: 0,
            tiering_epoch: 0,
            log_start_offset: -1,
            local_start_offset: -1,
            remote_end_offset: -1,
            log_end_offset: -1,
            deleted_to_offset: 0,
            rows: 0,
            pages: 0,
            segments: 0,
            log_bytes: 0,
            object_bytes: 0,
            reserved: 0,
            abandoned: 0,
            delete_pending_pages: 0,
            lag_bytes: -1,
            is_hole: false,
            failures: 0,
            last_error: None,
            objects: Vec::new(),
            next_offset: -1,
        }
    }
}

impl DescribedTierPartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let error_code = reader.i16()?;
        let partition_index = reader.i32()?;
        let tiering_epoch = reader.i32()?;
        let log_start_offset = reader.i64()?;
        let local_start_offset = reader.i64()?;
        let remote_end_offset = reader.i64()?;
        let log_end_offset = reader.i64()?;
        let deleted_to_offset = reader.i64()?;
        let rows = reader.i32()?;
        let pages = reader.i32()?;
        let segments = reader.i64()?;
        let log_bytes = reader.i64()?;
        let object_bytes = reader.i64()?;
        let reserved = reader.i32()?;
        let abandoned = reader.i32()?;
        let delete_pending_pages = reader.i32()?;
        let lag_bytes = reader.i64()?;
        let is_hole = reader.bool()?;
        let failures = reader.i32()?;
        let last_error = reader.nullable_string(true)?;
        let objects = reader.array(true, 74, |reader| DescribedTierObject::decode(reader, version))?;
        let next_offset = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self {
            error_code,
            partition_index,
            tiering_epoch,
            log_start_offset,
            local_start_offset,
            remote_end_offset,
            log_end_offset,
            deleted_to_offset,
            rows,
            pages,
            segments,
            log_bytes,
            object_bytes,
            reserved,
            abandoned,
            delete_pending_pages,
            lag_bytes,
            is_hole,
            failures,
            last_error,
            objects,
            next_offset,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i16(self.error_code);
        writer.i32(self.partition_index);
        writer.i32(self.tiering_epoch);
        writer.i64(self.log_start_offset);
        writer.i64(self.local_start_offset);
        writer.i64(self.remote_end_offset);
        writer.i64(self.log_end_offset);
        writer.i64(self.deleted_to_offset);
        writer.i32(self.rows);
        writer.i32(self.pages);
        writer.i64(self.segments);
        writer.i64(self.log_bytes);
        writer.i64(self.object_bytes);
        writer.i32(self.reserved);
        writer.i32(self.abandoned);
        writer.i32(self.delete_pending_pages);
        writer.i64(self.lag_bytes);
        writer.bool(self.is_hole);
        writer.i32(self.failures);
        writer.nullable_string(self.last_error.as_ref(), true)?;
        writer.array(&self.objects, true, |writer, item| item.encode(writer, version))?;
        writer.i64(self.next_offset);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTierResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribedTierObject {
    /// Field `uuid`, all versions.
    pub uuid: Uuid,
    /// Field `is_page`, all versions.
    pub is_page: bool,
    /// Field `base_offset`, all versions.
    pub base_offset: i64,
    /// Field `end_offset`, all versions.
    pub end_offset: i64,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `min_timestamp`, all versions.
    pub min_timestamp: i64,
    /// Field `max_timestamp`, all versions.
    pub max_timestamp: i64,
    /// Field `segments`, all versions.
    pub segments: i32,
    /// Field `log_bytes`, all versions.
    pub log_bytes: i64,
    /// Field `object_bytes`, all versions.
    pub object_bytes: i64,
}

impl DescribedTierObject {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let uuid = reader.uuid()?;
        let is_page = reader.bool()?;
        let base_offset = reader.i64()?;
        let end_offset = reader.i64()?;
        let leader_epoch = reader.i32()?;
        let min_timestamp = reader.i64()?;
        let max_timestamp = reader.i64()?;
        let segments = reader.i32()?;
        let log_bytes = reader.i64()?;
        let object_bytes = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { uuid, is_page, base_offset, end_offset, leader_epoch, min_timestamp, max_timestamp, segments, log_bytes, object_bytes })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.uuid(self.uuid);
        writer.bool(self.is_page);
        writer.i64(self.base_offset);
        writer.i64(self.end_offset);
        writer.i32(self.leader_epoch);
        writer.i64(self.min_timestamp);
        writer.i64(self.max_timestamp);
        writer.i32(self.segments);
        writer.i64(self.log_bytes);
        writer.i64(self.object_bytes);
        writer.no_tags(true);
        Ok(())
    }
}
