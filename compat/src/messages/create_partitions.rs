//! CreatePartitions (API key 37).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// CreatePartitionsRequest: request, versions 0-3, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatePartitionsRequest {
    /// Field `topics`, all versions.
    pub topics: Vec<CreatePartitionsTopic>,
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
    /// Field `validate_only`, all versions.
    pub validate_only: bool,
}

impl Message for CreatePartitionsRequest {
    const NAME: &'static str = "CreatePartitionsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let topics = reader.array(flexible, 7, |reader| CreatePartitionsTopic::decode(reader, version))?;
        let timeout_ms = reader.i32()?;
        let validate_only = reader.bool()?;
        reader.skip_tags(flexible)?;
        Ok(Self { topics, timeout_ms, validate_only })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.i32(self.timeout_ms);
        writer.bool(self.validate_only);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreatePartitionsRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct CreatePartitionsTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `count`, all versions.
    pub count: i32,
    /// Field `assignments`, all versions, nullable.
    pub assignments: Option<Vec<CreatePartitionsAssignment>>,
}

impl Default for CreatePartitionsTopic {
    fn default() -> Self {
        Self { name: KString::new(), count: 0, assignments: Some(Vec::new()) }
    }
}

impl CreatePartitionsTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let name = reader.string(flexible)?;
        let count = reader.i32()?;
        let assignments = reader.nullable_array(flexible, 2, |reader| CreatePartitionsAssignment::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, count, assignments })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.name, flexible)?;
        writer.i32(self.count);
        writer.nullable_array(self.assignments.as_deref(), flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreatePartitionsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatePartitionsAssignment {
    /// Field `broker_ids`, all versions.
    pub broker_ids: Vec<i32>,
}

impl CreatePartitionsAssignment {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let broker_ids = reader.array(flexible, 4, Reader::i32)?;
        reader.skip_tags(flexible)?;
        Ok(Self { broker_ids })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.array(&self.broker_ids, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for CreatePartitionsRequest {
    type Response = CreatePartitionsResponse;
    const KEY: i16 = 37;
}

/// CreatePartitionsResponse: response, versions 0-3, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatePartitionsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `results`, all versions.
    pub results: Vec<CreatePartitionsTopicResult>,
}

impl Message for CreatePartitionsResponse {
    const NAME: &'static str = "CreatePartitionsResponse";
    const API_KEY: Option<i16> = Some(<CreatePartitionsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let throttle_time_ms = reader.i32()?;
        let results = reader.array(flexible, 5, |reader| CreatePartitionsTopicResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.results, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreatePartitionsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatePartitionsTopicResult {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl CreatePartitionsTopicResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let name = reader.string(flexible)?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.name, flexible)?;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
