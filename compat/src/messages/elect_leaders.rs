//! ElectLeaders (API key 43).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ElectLeadersRequest: request, versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct ElectLeadersRequest {
    /// Field `election_type`, versions 1-2.
    pub election_type: i8,
    /// Field `topic_partitions`, all versions, nullable.
    pub topic_partitions: Option<Vec<TopicPartitions>>,
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
}

impl Default for ElectLeadersRequest {
    fn default() -> Self {
        Self { election_type: 0, topic_partitions: Some(Vec::new()), timeout_ms: 60000 }
    }
}

impl Message for ElectLeadersRequest {
    const NAME: &'static str = "ElectLeadersRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let election_type = if version >= 1 { reader.i8()? } else { 0 };
        let topic_partitions = reader.nullable_array(flexible, 3, |reader| TopicPartitions::decode(reader, version))?;
        let timeout_ms = reader.i32()?;
        reader.skip_tags(flexible)?;
        Ok(Self { election_type, topic_partitions, timeout_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        if version >= 1 {
            writer.i8(self.election_type);
        } else if self.election_type != 0 {
            return Err(WireError::NotInVersion { field: "ElectLeadersRequest.election_type", version });
        }
        writer.nullable_array(self.topic_partitions.as_deref(), flexible, |writer, item| item.encode(writer, version))?;
        writer.i32(self.timeout_ms);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ElectLeadersRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartitions {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl TopicPartitions {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let topic = reader.string(flexible)?;
        let partitions = reader.array(flexible, 4, Reader::i32)?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.topic, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for ElectLeadersRequest {
    type Response = ElectLeadersResponse;
    const KEY: i16 = 43;
}

/// ElectLeadersResponse: response, versions 0-2, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ElectLeadersResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, versions 1-2.
    pub error_code: i16,
    /// Field `replica_election_results`, all versions.
    pub replica_election_results: Vec<ReplicaElectionResult>,
}

impl Message for ElectLeadersResponse {
    const NAME: &'static str = "ElectLeadersResponse";
    const API_KEY: Option<i16> = Some(<ElectLeadersRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let throttle_time_ms = reader.i32()?;
        let error_code = if version >= 1 { reader.i16()? } else { 0 };
        let replica_election_results = reader.array(flexible, 3, |reader| ReplicaElectionResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, replica_election_results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i32(self.throttle_time_ms);
        if version >= 1 {
            writer.i16(self.error_code);
        } else if self.error_code != 0 {
            return Err(WireError::NotInVersion { field: "ElectLeadersResponse.error_code", version });
        }
        writer.array(&self.replica_election_results, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ElectLeadersResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaElectionResult {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partition_result`, all versions.
    pub partition_result: Vec<PartitionResult>,
}

impl ReplicaElectionResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let topic = reader.string(flexible)?;
        let partition_result = reader.array(flexible, 8, |reader| PartitionResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic, partition_result })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.topic, flexible)?;
        writer.array(&self.partition_result, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ElectLeadersResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionResult {
    /// Field `partition_id`, all versions.
    pub partition_id: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for PartitionResult {
    fn default() -> Self {
        Self { partition_id: 0, error_code: 0, error_message: Some(KString::new()) }
    }
}

impl PartitionResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let partition_id = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_id, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i32(self.partition_id);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
