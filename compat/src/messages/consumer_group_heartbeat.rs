//! ConsumerGroupHeartbeat (API key 68).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ConsumerGroupHeartbeatRequest: request, versions 0-1, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerGroupHeartbeatRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `member_epoch`, all versions.
    pub member_epoch: i32,
    /// Field `instance_id`, all versions, nullable.
    pub instance_id: Option<KString>,
    /// Field `rack_id`, all versions, nullable.
    pub rack_id: Option<KString>,
    /// Field `rebalance_timeout_ms`, all versions.
    pub rebalance_timeout_ms: i32,
    /// Field `subscribed_topic_names`, all versions, nullable.
    pub subscribed_topic_names: Option<Vec<KString>>,
    /// Field `subscribed_topic_regex`, versions 1, nullable.
    pub subscribed_topic_regex: Option<KString>,
    /// Field `server_assignor`, all versions, nullable.
    pub server_assignor: Option<KString>,
    /// Field `topic_partitions`, all versions, nullable.
    pub topic_partitions: Option<Vec<RequestTopicPartitions>>,
}

impl Default for ConsumerGroupHeartbeatRequest {
    fn default() -> Self {
        Self {
            group_id: KString::new(),
            member_id: KString::new(),
            member_epoch: 0,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: -1,
            subscribed_topic_names: None,
            subscribed_topic_regex: None,
            server_assignor: None,
            topic_partitions: None,
        }
    }
}

impl Message for ConsumerGroupHeartbeatRequest {
    const NAME: &'static str = "ConsumerGroupHeartbeatRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(true)?;
        let member_id = reader.string(true)?;
        let member_epoch = reader.i32()?;
        let instance_id = reader.nullable_string(true)?;
        let rack_id = reader.nullable_string(true)?;
        let rebalance_timeout_ms = reader.i32()?;
        let subscribed_topic_names = reader.nullable_array(true, 1, |reader| reader.string(true))?;
        let subscribed_topic_regex = if version == 1 { reader.nullable_string(true)? } else { None };
        let server_assignor = reader.nullable_string(true)?;
        let topic_partitions = reader.nullable_array(true, 18, |reader| RequestTopicPartitions::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self {
            group_id,
            member_id,
            member_epoch,
            instance_id,
            rack_id,
            rebalance_timeout_ms,
            subscribed_topic_names,
            subscribed_topic_regex,
            server_assignor,
            topic_partitions,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, true)?;
        writer.string(&self.member_id, true)?;
        writer.i32(self.member_epoch);
        writer.nullable_string(self.instance_id.as_ref(), true)?;
        writer.nullable_string(self.rack_id.as_ref(), true)?;
        writer.i32(self.rebalance_timeout_ms);
        writer.nullable_array(self.subscribed_topic_names.as_deref(), true, |writer, item| writer.string(item, true))?;
        if version == 1 {
            writer.nullable_string(self.subscribed_topic_regex.as_ref(), true)?;
        } else if self.subscribed_topic_regex.is_some() {
            return Err(WireError::NotInVersion { field: "ConsumerGroupHeartbeatRequest.subscribed_topic_regex", version });
        }
        writer.nullable_string(self.server_assignor.as_ref(), true)?;
        writer.nullable_array(self.topic_partitions.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupHeartbeatRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTopicPartitions {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl RequestTopicPartitions {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for ConsumerGroupHeartbeatRequest {
    type Response = ConsumerGroupHeartbeatResponse;
    const KEY: i16 = 68;
}

/// ConsumerGroupHeartbeatResponse: response, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupHeartbeatResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `member_id`, all versions, nullable.
    pub member_id: Option<KString>,
    /// Field `member_epoch`, all versions.
    pub member_epoch: i32,
    /// Field `heartbeat_interval_ms`, all versions.
    pub heartbeat_interval_ms: i32,
    /// Field `assignment`, all versions, nullable.
    pub assignment: Option<Assignment>,
}

impl Message for ConsumerGroupHeartbeatResponse {
    const NAME: &'static str = "ConsumerGroupHeartbeatResponse";
    const API_KEY: Option<i16> = Some(<ConsumerGroupHeartbeatRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let member_id = reader.nullable_string(true)?;
        let member_epoch = reader.i32()?;
        let heartbeat_interval_ms = reader.i32()?;
        let assignment = reader.nullable_struct(|reader| Assignment::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, error_message, member_id, member_epoch, heartbeat_interval_ms, assignment })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.nullable_string(self.member_id.as_ref(), true)?;
        writer.i32(self.member_epoch);
        writer.i32(self.heartbeat_interval_ms);
        writer.nullable_struct(self.assignment.as_ref(), |writer, value| value.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupHeartbeatResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTopicPartitions {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl ResponseTopicPartitions {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupHeartbeatResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Field `topic_partitions`, all versions.
    pub topic_partitions: Vec<ResponseTopicPartitions>,
}

impl Assignment {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_partitions = reader.array(true, 18, |reader| ResponseTopicPartitions::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.array(&self.topic_partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}
