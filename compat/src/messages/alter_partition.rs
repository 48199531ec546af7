//! AlterPartition (API key 56).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{Message, Reader, Request, WireError, Writer, check_version};

/// AlterPartitionRequest: request, versions 2-3, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterPartitionRequest {
    /// Field `broker_id`, all versions.
    pub broker_id: i32,
    /// Field `broker_epoch`, all versions.
    pub broker_epoch: i64,
    /// Field `topics`, all versions.
    pub topics: Vec<RequestTopicData>,
}

impl Default for AlterPartitionRequest {
    fn default() -> Self {
        Self { broker_id: 0, broker_epoch: -1, topics: Vec::new() }
    }
}

impl Message for AlterPartitionRequest {
    const NAME: &'static str = "AlterPartitionRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let broker_id = reader.i32()?;
        let broker_epoch = reader.i64()?;
        let topics = reader.array(true, 18, |reader| RequestTopicData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { broker_id, broker_epoch, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.broker_id);
        writer.i64(self.broker_epoch);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterPartitionRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTopicData {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<RequestPartitionData>,
}

impl RequestTopicData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 15, |reader| RequestPartitionData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterPartitionRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestPartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `new_isr`, versions 2.
    pub new_isr: Vec<i32>,
    /// Field `new_isr_with_epochs`, versions 3.
    pub new_isr_with_epochs: Vec<BrokerState>,
    /// Field `leader_recovery_state`, all versions.
    pub leader_recovery_state: i8,
    /// Field `partition_epoch`, all versions.
    pub partition_epoch: i32,
}

impl RequestPartitionData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let new_isr = if version == 2 { reader.array(true, 4, Reader::i32)? } else { Vec::new() };
        let new_isr_with_epochs =
            if version == 3 { reader.array(true, 13, |reader| BrokerState::decode(reader, version))? } else { Vec::new() };
        let leader_recovery_state = reader.i8()?;
        let partition_epoch = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, leader_epoch, new_isr, new_isr_with_epochs, leader_recovery_state, partition_epoch })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i32(self.leader_epoch);
        if version == 2 {
            writer.array(&self.new_isr, true, |writer, item| {
                writer.i32(*item);
                Ok(())
            })?;
        } else if !self.new_isr.is_empty() {
            return Err(WireError::NotInVersion { field: "RequestPartitionData.new_isr", version });
        }
        if version == 3 {
            writer.array(&self.new_isr_with_epochs, true, |writer, item| item.encode(writer, version))?;
        } else if !self.new_isr_with_epochs.is_empty() {
            return Err(WireError::NotInVersion { field: "RequestPartitionData.new_isr_with_epochs", version });
        }
        writer.i8(self.leader_recovery_state);
        writer.i32(self.partition_epoch);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterPartitionRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerState {
    /// Field `broker_id`, all versions.
    pub broker_id: i32,
    /// Field `broker_epoch`, all versions.
    pub broker_epoch: i64,
}

impl Default for BrokerState {
    fn default() -> Self {
        Self { broker_id: 0, broker_epoch: -1 }
    }
}

impl BrokerState {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let broker_id = reader.i32()?;
        let broker_epoch = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { broker_id, broker_epoch })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.broker_id);
        writer.i64(self.broker_epoch);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for AlterPartitionRequest {
    type Response = AlterPartitionResponse;
    const KEY: i16 = 56;
}

/// AlterPartitionResponse: response, versions 2-3, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterPartitionResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `topics`, all versions.
    pub topics: Vec<ResponseTopicData>,
}

impl Message for AlterPartitionResponse {
    const NAME: &'static str = "AlterPartitionResponse";
    const API_KEY: Option<i16> = Some(<AlterPartitionRequest as Request>::KEY);
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let topics = reader.array(true, 18, |reader| ResponseTopicData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterPartitionResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTopicData {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<ResponsePartitionData>,
}

impl ResponseTopicData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 21, |reader| ResponsePartitionData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterPartitionResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponsePartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `isr`, all versions.
    pub isr: Vec<i32>,
    /// Field `leader_recovery_state`, all versions.
    pub leader_recovery_state: i8,
    /// Field `partition_epoch`, all versions.
    pub partition_epoch: i32,
}

impl ResponsePartitionData {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        let leader_id = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let isr = reader.array(true, 4, Reader::i32)?;
        let leader_recovery_state = reader.i8()?;
        let partition_epoch = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, error_code, leader_id, leader_epoch, isr, leader_recovery_state, partition_epoch })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.i32(self.leader_id);
        writer.i32(self.leader_epoch);
        writer.array(&self.isr, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.i8(self.leader_recovery_state);
        writer.i32(self.partition_epoch);
        writer.no_tags(true);
        Ok(())
    }
}
