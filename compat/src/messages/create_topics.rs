//! CreateTopics (API key 19).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, TagWriter, WireError, Writer, check_version};

/// CreateTopicsRequest: request, versions 2-7, flexible from 5.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTopicsRequest {
    /// Field `topics`, all versions.
    pub topics: Vec<CreatableTopic>,
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
    /// Field `validate_only`, all versions.
    pub validate_only: bool,
}

impl Default for CreateTopicsRequest {
    fn default() -> Self {
        Self { topics: Vec::new(), timeout_ms: 60000, validate_only: false }
    }
}

impl Message for CreateTopicsRequest {
    const NAME: &'static str = "CreateTopicsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 7;
    const LATEST_VERSION: i16 = 7;
    const FIRST_FLEXIBLE: Option<i16> = Some(5);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 5;
        let topics = reader.array(flexible, 10, |reader| CreatableTopic::decode(reader, version))?;
        let timeout_ms = reader.i32()?;
        let validate_only = reader.bool()?;
        reader.skip_tags(flexible)?;
        Ok(Self { topics, timeout_ms, validate_only })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 5;
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.i32(self.timeout_ms);
        writer.bool(self.validate_only);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreateTopicsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatableTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `num_partitions`, all versions.
    pub num_partitions: i32,
    /// Field `replication_factor`, all versions.
    pub replication_factor: i16,
    /// Field `assignments`, all versions.
    pub assignments: Vec<CreatableReplicaAssignment>,
    /// Field `configs`, all versions.
    pub configs: Vec<CreatableTopicConfig>,
}

impl CreatableTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 5;
        let name = reader.string(flexible)?;
        let num_partitions = reader.i32()?;
        let replication_factor = reader.i16()?;
        let assignments = reader.array(flexible, 6, |reader| CreatableReplicaAssignment::decode(reader, version))?;
        let configs = reader.array(flexible, 3, |reader| CreatableTopicConfig::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, num_partitions, replication_factor, assignments, configs })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 5;
        writer.string(&self.name, flexible)?;
        writer.i32(self.num_partitions);
        writer.i16(self.replication_factor);
        writer.array(&self.assignments, flexible, |writer, item| item.encode(writer, version))?;
        writer.array(&self.configs, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreateTopicsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatableReplicaAssignment {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `broker_ids`, all versions.
    pub broker_ids: Vec<i32>,
}

impl CreatableReplicaAssignment {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 5;
        let partition_index = reader.i32()?;
        let broker_ids = reader.array(flexible, 4, Reader::i32)?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, broker_ids })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 5;
        writer.i32(self.partition_index);
        writer.array(&self.broker_ids, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreateTopicsRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatableTopicConfig {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `value`, all versions, nullable.
    pub value: Option<KString>,
}

impl Default for CreatableTopicConfig {
    fn default() -> Self {
        Self { name: KString::new(), value: Some(KString::new()) }
    }
}

impl CreatableTopicConfig {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 5;
        let name = reader.string(flexible)?;
        let value = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, value })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 5;
        writer.string(&self.name, flexible)?;
        writer.nullable_string(self.value.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for CreateTopicsRequest {
    type Response = CreateTopicsResponse;
    const KEY: i16 = 19;
}

/// CreateTopicsResponse: response, versions 2-7, flexible from 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateTopicsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<CreatableTopicResult>,
}

impl Message for CreateTopicsResponse {
    const NAME: &'static str = "CreateTopicsResponse";
    const API_KEY: Option<i16> = Some(<CreateTopicsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 7;
    const LATEST_VERSION: i16 = 7;
    const FIRST_FLEXIBLE: Option<i16> = Some(5);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 5;
        let throttle_time_ms = reader.i32()?;
        let topics = reader.array(flexible, 6, |reader| CreatableTopicResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 5;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreateTopicsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatableTopicResult {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `topic_id`, versions 7.
    pub topic_id: Uuid,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `topic_config_error_code`, versions 5-7, tag 0.
    pub topic_config_error_code: i16,
    /// Field `num_partitions`, versions 5-7.
    pub num_partitions: i32,
    /// Field `replication_factor`, versions 5-7.
    pub replication_factor: i16,
    /// Field `configs`, versions 5-7, nullable.
    pub configs: Option<Vec<CreatableTopicConfigs>>,
}

impl Default for CreatableTopicResult {
    fn default() -> Self {
        Self {
            name: KString::new(),
            topic_id: Uuid::nil(),
            error_code: 0,
            error_message: Some(KString::new()),
            topic_config_error_code: 0,
            num_partitions: -1,
            replication_factor: -1,
            configs: Some(Vec::new()),
        }
    }
}

impl CreatableTopicResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 5;
        let name = reader.string(flexible)?;
        let topic_id = if version == 7 { reader.uuid()? } else { Uuid::nil() };
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        let num_partitions = if version >= 5 { reader.i32()? } else { -1 };
        let replication_factor = if version >= 5 { reader.i16()? } else { -1 };
        let configs = if version >= 5 {
            reader.nullable_array(flexible, 6, |reader| CreatableTopicConfigs::decode(reader, version))?
        } else {
            Some(Vec::new())
        };
        let mut topic_config_error_code = 0;
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    topic_config_error_code = body.i16()?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { name, topic_id, error_code, error_message, topic_config_error_code, num_partitions, replication_factor, configs })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 5;
        writer.string(&self.name, flexible)?;
        if version == 7 {
            writer.uuid(self.topic_id);
        }
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        if version >= 5 {
            writer.i32(self.num_partitions);
        }
        if version >= 5 {
            writer.i16(self.replication_factor);
        }
        if version >= 5 {
            writer.nullable_array(self.configs.as_deref(), flexible, |writer, item| item.encode(writer, version))?;
        }
        let mut tags = TagWriter::new();
        if version >= 5 && self.topic_config_error_code != 0 {
            tags.field(0, |writer| {
                writer.i16(self.topic_config_error_code);
                Ok(())
            })?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of CreateTopicsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatableTopicConfigs {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `value`, all versions, nullable.
    pub value: Option<KString>,
    /// Field `read_only`, all versions.
    pub read_only: bool,
    /// Field `config_source`, all versions.
    pub config_source: i8,
    /// Field `is_sensitive`, all versions.
    pub is_sensitive: bool,
}

impl Default for CreatableTopicConfigs {
    fn default() -> Self {
        Self { name: KString::new(), value: Some(KString::new()), read_only: false, config_source: -1, is_sensitive: false }
    }
}

impl CreatableTopicConfigs {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let value = reader.nullable_string(true)?;
        let read_only = reader.bool()?;
        let config_source = reader.i8()?;
        let is_sensitive = reader.bool()?;
        reader.skip_tags(true)?;
        Ok(Self { name, value, read_only, config_source, is_sensitive })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.nullable_string(self.value.as_ref(), true)?;
        writer.bool(self.read_only);
        writer.i8(self.config_source);
        writer.bool(self.is_sensitive);
        writer.no_tags(true);
        Ok(())
    }
}
