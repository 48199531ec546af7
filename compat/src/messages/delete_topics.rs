//! DeleteTopics (API key 20).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version, required};

/// DeleteTopicsRequest: request, versions 1-6, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteTopicsRequest {
    /// Field `topics`, versions 6.
    pub topics: Vec<DeleteTopicState>,
    /// Field `topic_names`, versions 1-5.
    pub topic_names: Vec<KString>,
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
}

impl Message for DeleteTopicsRequest {
    const NAME: &'static str = "DeleteTopicsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 6;
    const LATEST_VERSION: i16 = 6;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let topics =
            if version == 6 { reader.array(flexible, 18, |reader| DeleteTopicState::decode(reader, version))? } else { Vec::new() };
        let topic_names = if version <= 5 { reader.array(flexible, 1, |reader| reader.string(flexible))? } else { Vec::new() };
        let timeout_ms = reader.i32()?;
        reader.skip_tags(flexible)?;
        Ok(Self { topics, topic_names, timeout_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        if version == 6 {
            writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.topics.is_empty() {
            return Err(WireError::NotInVersion { field: "DeleteTopicsRequest.topics", version });
        }
        if version <= 5 {
            writer.array(&self.topic_names, flexible, |writer, item| writer.string(item, flexible))?;
        }
        writer.i32(self.timeout_ms);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DeleteTopicsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteTopicState {
    /// Field `name`, all versions, nullable.
    pub name: Option<KString>,
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
}

impl DeleteTopicState {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.nullable_string(true)?;
        let topic_id = reader.uuid()?;
        reader.skip_tags(true)?;
        Ok(Self { name, topic_id })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.nullable_string(self.name.as_ref(), true)?;
        writer.uuid(self.topic_id);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for DeleteTopicsRequest {
    type Response = DeleteTopicsResponse;
    const KEY: i16 = 20;
}

/// DeleteTopicsResponse: response, versions 1-6, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteTopicsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `responses`, all versions.
    pub responses: Vec<DeletableTopicResult>,
}

impl Message for DeleteTopicsResponse {
    const NAME: &'static str = "DeleteTopicsResponse";
    const API_KEY: Option<i16> = Some(<DeleteTopicsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 6;
    const LATEST_VERSION: i16 = 6;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let throttle_time_ms = reader.i32()?;
        let responses = reader.array(flexible, 4, |reader| DeletableTopicResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, responses })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.responses, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DeleteTopicsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DeletableTopicResult {
    /// Field `name`, all versions, nullable in 6.
    pub name: Option<KString>,
    /// Field `topic_id`, versions 6.
    pub topic_id: Uuid,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, versions 5-6, nullable.
    pub error_message: Option<KString>,
}

impl Default for DeletableTopicResult {
    fn default() -> Self {
        Self { name: Some(KString::new()), topic_id: Uuid::nil(), error_code: 0, error_message: None }
    }
}

impl DeletableTopicResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let name = if version == 6 { reader.nullable_string(flexible)? } else { Some(reader.string(flexible)?) };
        let topic_id = if version == 6 { reader.uuid()? } else { Uuid::nil() };
        let error_code = reader.i16()?;
        let error_message = if version >= 5 { reader.nullable_string(flexible)? } else { None };
        reader.skip_tags(flexible)?;
        Ok(Self { name, topic_id, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        (if version == 6 {
            writer.nullable_string(self.name.as_ref(), flexible)
        } else {
            writer.string(required(self.name.as_ref(), "DeletableTopicResult.name")?, flexible)
        })?;
        if version == 6 {
            writer.uuid(self.topic_id);
        }
        writer.i16(self.error_code);
        if version >= 5 {
            writer.nullable_string(self.error_message.as_ref(), flexible)?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}
