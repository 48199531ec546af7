//! DeleteShareGroupOffsets (API key 92).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DeleteShareGroupOffsetsRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteShareGroupOffsetsRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `topics`, all versions.
    pub topics: Vec<DeleteShareGroupOffsetsRequestTopic>,
}

impl Message for DeleteShareGroupOffsetsRequest {
    const NAME: &'static str = "DeleteShareGroupOffsetsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(true)?;
        let topics = reader.array(true, 2, |reader| DeleteShareGroupOffsetsRequestTopic::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { group_id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, true)?;
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DeleteShareGroupOffsetsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteShareGroupOffsetsRequestTopic {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
}

impl DeleteShareGroupOffsetsRequestTopic {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_name = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_name })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.topic_name, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for DeleteShareGroupOffsetsRequest {
    type Response = DeleteShareGroupOffsetsResponse;
    const KEY: i16 = 92;
}

/// DeleteShareGroupOffsetsResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteShareGroupOffsetsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `responses`, all versions.
    pub responses: Vec<DeleteShareGroupOffsetsResponseTopic>,
}

impl Message for DeleteShareGroupOffsetsResponse {
    const NAME: &'static str = "DeleteShareGroupOffsetsResponse";
    const API_KEY: Option<i16> = Some(<DeleteShareGroupOffsetsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let responses = reader.array(true, 21, |reader| DeleteShareGroupOffsetsResponseTopic::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, error_message, responses })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.array(&self.responses, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DeleteShareGroupOffsetsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteShareGroupOffsetsResponseTopic {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl DeleteShareGroupOffsetsResponseTopic {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_name = reader.string(true)?;
        let topic_id = reader.uuid()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_name, topic_id, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.topic_name, true)?;
        writer.uuid(self.topic_id);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
