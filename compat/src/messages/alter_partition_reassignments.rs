//! AlterPartitionReassignments (API key 45).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// AlterPartitionReassignmentsRequest: request, versions 0-1, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterPartitionReassignmentsRequest {
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
    /// Field `allow_replication_factor_change`, versions 1.
    pub allow_replication_factor_change: bool,
    /// Field `topics`, all versions.
    pub topics: Vec<ReassignableTopic>,
}

impl Default for AlterPartitionReassignmentsRequest {
    fn default() -> Self {
        Self { timeout_ms: 60000, allow_replication_factor_change: true, topics: Vec::new() }
    }
}

impl Message for AlterPartitionReassignmentsRequest {
    const NAME: &'static str = "AlterPartitionReassignmentsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let timeout_ms = reader.i32()?;
        let allow_replication_factor_change = if version == 1 { reader.bool()? } else { true };
        let topics = reader.array(true, 3, |reader| ReassignableTopic::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { timeout_ms, allow_replication_factor_change, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.timeout_ms);
        if version == 1 {
            writer.bool(self.allow_replication_factor_change);
        } else if !self.allow_replication_factor_change {
            return Err(WireError::NotInVersion { field: "AlterPartitionReassignmentsRequest.allow_replication_factor_change", version });
        }
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterPartitionReassignmentsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReassignableTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<ReassignablePartition>,
}

impl ReassignableTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.array(true, 6, |reader| ReassignablePartition::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterPartitionReassignmentsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReassignablePartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `replicas`, all versions, nullable.
    pub replicas: Option<Vec<i32>>,
}

impl ReassignablePartition {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let replicas = reader.nullable_array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, replicas })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.nullable_array(self.replicas.as_deref(), true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for AlterPartitionReassignmentsRequest {
    type Response = AlterPartitionReassignmentsResponse;
    const KEY: i16 = 45;
}

/// AlterPartitionReassignmentsResponse: response, versions 0-1, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterPartitionReassignmentsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `allow_replication_factor_change`, versions 1.
    pub allow_replication_factor_change: bool,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `responses`, all versions.
    pub responses: Vec<ReassignableTopicResponse>,
}

impl Default for AlterPartitionReassignmentsResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            allow_replication_factor_change: true,
            error_code: 0,
            error_message: Some(KString::new()),
            responses: Vec::new(),
        }
    }
}

impl Message for AlterPartitionReassignmentsResponse {
    const NAME: &'static str = "AlterPartitionReassignmentsResponse";
    const API_KEY: Option<i16> = Some(<AlterPartitionReassignmentsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let allow_replication_factor_change = if version == 1 { reader.bool()? } else { true };
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let responses = reader.array(true, 3, |reader| ReassignableTopicResponse::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, allow_replication_factor_change, error_code, error_message, responses })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        if version == 1 {
            writer.bool(self.allow_replication_factor_change);
        }
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.array(&self.responses, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterPartitionReassignmentsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReassignableTopicResponse {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<ReassignablePartitionResponse>,
}

impl ReassignableTopicResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.array(true, 8, |reader| ReassignablePartitionResponse::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterPartitionReassignmentsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct ReassignablePartitionResponse {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for ReassignablePartitionResponse {
    fn default() -> Self {
        Self { partition_index: 0, error_code: 0, error_message: Some(KString::new()) }
    }
}

impl ReassignablePartitionResponse {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
