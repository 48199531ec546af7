//! Records and values of the family `consumer_protocol`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{KString, Message, Reader, WireError, Writer, check_version};

/// ConsumerProtocolSubscription: value, versions 0-3, never flexible.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerProtocolSubscription {
    /// Field `topics`, all versions.
    pub topics: Vec<KString>,
    /// Field `user_data`, all versions, nullable.
    pub user_data: Option<Bytes>,
    /// Field `owned_partitions`, versions 1-3.
    pub owned_partitions: Vec<ConsumerProtocolSubscriptionTopicPartition>,
    /// Field `generation_id`, versions 2-3.
    pub generation_id: i32,
    /// Field `rack_id`, versions 3, nullable.
    pub rack_id: Option<KString>,
}

impl Default for ConsumerProtocolSubscription {
    fn default() -> Self {
        Self { topics: Vec::new(), user_data: None, owned_partitions: Vec::new(), generation_id: -1, rack_id: None }
    }
}

impl Message for ConsumerProtocolSubscription {
    const NAME: &'static str = "ConsumerProtocolSubscription";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let topics = reader.array(false, 2, |reader| reader.string(false))?;
        let user_data = reader.nullable_bytes(false)?;
        let owned_partitions = if version >= 1 {
            reader.array(false, 6, |reader| ConsumerProtocolSubscriptionTopicPartition::decode(reader, version))?
        } else {
            Vec::new()
        };
        let generation_id = if version >= 2 { reader.i32()? } else { -1 };
        let rack_id = if version == 3 { reader.nullable_string(false)? } else { None };
        Ok(Self { topics, user_data, owned_partitions, generation_id, rack_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.topics, false, |writer, item| writer.string(item, false))?;
        writer.nullable_bytes(self.user_data.as_ref(), false)?;
        if version >= 1 {
            writer.array(&self.owned_partitions, false, |writer, item| item.encode(writer, version))?;
        }
        if version >= 2 {
            writer.i32(self.generation_id);
        }
        if version == 3 {
            writer.nullable_string(self.rack_id.as_ref(), false)?;
        }
        Ok(())
    }
}

/// Part of ConsumerProtocolSubscription.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerProtocolSubscriptionTopicPartition {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl ConsumerProtocolSubscriptionTopicPartition {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic = reader.string(false)?;
        let partitions = reader.array(false, 4, Reader::i32)?;
        Ok(Self { topic, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.topic, false)?;
        writer.array(&self.partitions, false, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        Ok(())
    }
}

/// ConsumerProtocolAssignment: value, versions 0-3, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerProtocolAssignment {
    /// Field `assigned_partitions`, all versions.
    pub assigned_partitions: Vec<ConsumerProtocolAssignmentTopicPartition>,
    /// Field `user_data`, all versions, nullable.
    pub user_data: Option<Bytes>,
}

impl Message for ConsumerProtocolAssignment {
    const NAME: &'static str = "ConsumerProtocolAssignment";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let assigned_partitions = reader.array(false, 6, |reader| ConsumerProtocolAssignmentTopicPartition::decode(reader, version))?;
        let user_data = reader.nullable_bytes(false)?;
        Ok(Self { assigned_partitions, user_data })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.assigned_partitions, false, |writer, item| item.encode(writer, version))?;
        writer.nullable_bytes(self.user_data.as_ref(), false)?;
        Ok(())
    }
}

/// Part of ConsumerProtocolAssignment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerProtocolAssignmentTopicPartition {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl ConsumerProtocolAssignmentTopicPartition {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic = reader.string(false)?;
        let partitions = reader.array(false, 4, Reader::i32)?;
        Ok(Self { topic, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.topic, false)?;
        writer.array(&self.partitions, false, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        Ok(())
    }
}
