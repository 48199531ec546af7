//! AlterClientQuotas (API key 49).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// AlterClientQuotasRequest: request, versions 0-1, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterClientQuotasRequest {
    /// Field `entries`, all versions.
    pub entries: Vec<RequestEntryData>,
    /// Field `validate_only`, all versions.
    pub validate_only: bool,
}

impl Message for AlterClientQuotasRequest {
    const NAME: &'static str = "AlterClientQuotasRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let entries = reader.array(flexible, 3, |reader| RequestEntryData::decode(reader, version))?;
        let validate_only = reader.bool()?;
        reader.skip_tags(flexible)?;
        Ok(Self { entries, validate_only })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.array(&self.entries, flexible, |writer, item| item.encode(writer, version))?;
        writer.bool(self.validate_only);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AlterClientQuotasRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestEntryData {
    /// Field `entity`, all versions.
    pub entity: Vec<RequestEntityData>,
    /// Field `ops`, all versions.
    pub ops: Vec<OpData>,
}

impl RequestEntryData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let entity = reader.array(flexible, 3, |reader| RequestEntityData::decode(reader, version))?;
        let ops = reader.array(flexible, 11, |reader| OpData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { entity, ops })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.array(&self.entity, flexible, |writer, item| item.encode(writer, version))?;
        writer.array(&self.ops, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AlterClientQuotasRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestEntityData {
    /// Field `entity_type`, all versions.
    pub entity_type: KString,
    /// Field `entity_name`, all versions, nullable.
    pub entity_name: Option<KString>,
}

impl Default for RequestEntityData {
    fn default() -> Self {
        Self { entity_type: KString::new(), entity_name: Some(KString::new()) }
    }
}

impl RequestEntityData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let entity_type = reader.string(flexible)?;
        let entity_name = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { entity_type, entity_name })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.string(&self.entity_type, flexible)?;
        writer.nullable_string(self.entity_name.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AlterClientQuotasRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OpData {
    /// Field `key`, all versions.
    pub key: KString,
    /// Field `value`, all versions.
    pub value: f64,
    /// Field `remove`, all versions.
    pub remove: bool,
}

impl OpData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let key = reader.string(flexible)?;
        let value = reader.f64()?;
        let remove = reader.bool()?;
        reader.skip_tags(flexible)?;
        Ok(Self { key, value, remove })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.string(&self.key, flexible)?;
        writer.f64(self.value);
        writer.bool(self.remove);
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for AlterClientQuotasRequest {
    type Response = AlterClientQuotasResponse;
    const KEY: i16 = 49;
}

/// AlterClientQuotasResponse: response, versions 0-1, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterClientQuotasResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `entries`, all versions.
    pub entries: Vec<ResponseEntryData>,
}

impl Message for AlterClientQuotasResponse {
    const NAME: &'static str = "AlterClientQuotasResponse";
    const API_KEY: Option<i16> = Some(<AlterClientQuotasRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let throttle_time_ms = reader.i32()?;
        let entries = reader.array(flexible, 5, |reader| ResponseEntryData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, entries })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.entries, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AlterClientQuotasResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseEntryData {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `entity`, all versions.
    pub entity: Vec<ResponseEntityData>,
}

impl Default for ResponseEntryData {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(KString::new()), entity: Vec::new() }
    }
}

impl ResponseEntryData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        let entity = reader.array(flexible, 3, |reader| ResponseEntityData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, error_message, entity })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.array(&self.entity, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of AlterClientQuotasResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseEntityData {
    /// Field `entity_type`, all versions.
    pub entity_type: KString,
    /// Field `entity_name`, all versions, nullable.
    pub entity_name: Option<KString>,
}

impl Default for ResponseEntityData {
    fn default() -> Self {
        Self { entity_type: KString::new(), entity_name: Some(KString::new()) }
    }
}

impl ResponseEntityData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let entity_type = reader.string(flexible)?;
        let entity_name = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { entity_type, entity_name })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.string(&self.entity_type, flexible)?;
        writer.nullable_string(self.entity_name.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
