//! DescribeClientQuotas (API key 48).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeClientQuotasRequest: request, versions 0-1, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeClientQuotasRequest {
    /// Field `components`, all versions.
    pub components: Vec<ComponentData>,
    /// Field `strict`, all versions.
    pub strict: bool,
}

impl Message for DescribeClientQuotasRequest {
    const NAME: &'static str = "DescribeClientQuotasRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let components = reader.array(flexible, 4, |reader| ComponentData::decode(reader, version))?;
        let strict = reader.bool()?;
        reader.skip_tags(flexible)?;
        Ok(Self { components, strict })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.array(&self.components, flexible, |writer, item| item.encode(writer, version))?;
        writer.bool(self.strict);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeClientQuotasRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentData {
    /// Field `entity_type`, all versions.
    pub entity_type: KString,
    /// Field `match_type`, all versions.
    pub match_type: i8,
    /// Field `match`, all versions, nullable.
    pub r#match: Option<KString>,
}

impl Default for ComponentData {
    fn default() -> Self {
        Self { entity_type: KString::new(), match_type: 0, r#match: Some(KString::new()) }
    }
}

impl ComponentData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let entity_type = reader.string(flexible)?;
        let match_type = reader.i8()?;
        let r#match = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { entity_type, match_type, r#match })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.string(&self.entity_type, flexible)?;
        writer.i8(self.match_type);
        writer.nullable_string(self.r#match.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for DescribeClientQuotasRequest {
    type Response = DescribeClientQuotasResponse;
    const KEY: i16 = 48;
}

/// DescribeClientQuotasResponse: response, versions 0-1, flexible from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClientQuotasResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `entries`, all versions, nullable.
    pub entries: Option<Vec<EntryData>>,
}

impl Default for DescribeClientQuotasResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, error_message: Some(KString::new()), entries: Some(Vec::new()) }
    }
}

impl Message for DescribeClientQuotasResponse {
    const NAME: &'static str = "DescribeClientQuotasResponse";
    const API_KEY: Option<i16> = Some(<DescribeClientQuotasRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        let entries = reader.nullable_array(flexible, 3, |reader| EntryData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, error_message, entries })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.nullable_array(self.entries.as_deref(), flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeClientQuotasResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryData {
    /// Field `entity`, all versions.
    pub entity: Vec<EntityData>,
    /// Field `values`, all versions.
    pub values: Vec<ValueData>,
}

impl EntryData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let entity = reader.array(flexible, 3, |reader| EntityData::decode(reader, version))?;
        let values = reader.array(flexible, 10, |reader| ValueData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { entity, values })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.array(&self.entity, flexible, |writer, item| item.encode(writer, version))?;
        writer.array(&self.values, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeClientQuotasResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityData {
    /// Field `entity_type`, all versions.
    pub entity_type: KString,
    /// Field `entity_name`, all versions, nullable.
    pub entity_name: Option<KString>,
}

impl Default for EntityData {
    fn default() -> Self {
        Self { entity_type: KString::new(), entity_name: Some(KString::new()) }
    }
}

impl EntityData {
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

/// Part of DescribeClientQuotasResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueData {
    /// Field `key`, all versions.
    pub key: KString,
    /// Field `value`, all versions.
    pub value: f64,
}

impl ValueData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let key = reader.string(flexible)?;
        let value = reader.f64()?;
        reader.skip_tags(flexible)?;
        Ok(Self { key, value })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.string(&self.key, flexible)?;
        writer.f64(self.value);
        writer.no_tags(flexible);
        Ok(())
    }
}
