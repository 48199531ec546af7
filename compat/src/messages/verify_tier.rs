//! VerifyTier (API key 20001).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// VerifyTierRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyTierRequest {
    /// Field `depth`, all versions.
    pub depth: i8,
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
}

impl Default for VerifyTierRequest {
    fn default() -> Self {
        Self { depth: 0, timeout_ms: 60000 }
    }
}

impl Message for VerifyTierRequest {
    const NAME: &'static str = "VerifyTierRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let depth = reader.i8()?;
        let timeout_ms = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { depth, timeout_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i8(self.depth);
        writer.i32(self.timeout_ms);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for VerifyTierRequest {
    type Response = VerifyTierResponse;
    const KEY: i16 = 20001;
}

/// VerifyTierResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VerifyTierResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `segments`, all versions.
    pub segments: i64,
    /// Field `segment_bytes`, all versions.
    pub segment_bytes: i64,
    /// Field `log_bytes`, all versions.
    pub log_bytes: i64,
    /// Field `pages`, all versions.
    pub pages: i64,
    /// Field `unsettled`, all versions.
    pub unsettled: i64,
    /// Field `unaccounted`, all versions.
    pub unaccounted: i64,
    /// Field `unaccounted_bytes`, all versions.
    pub unaccounted_bytes: i64,
    /// Field `missing`, all versions.
    pub missing: i64,
    /// Field `corrupt`, all versions.
    pub corrupt: i64,
    /// Field `has_cluster_file`, all versions.
    pub has_cluster_file: bool,
    /// Field `findings`, all versions.
    pub findings: Vec<VerifyTierFinding>,
}

impl Message for VerifyTierResponse {
    const NAME: &'static str = "VerifyTierResponse";
    const API_KEY: Option<i16> = Some(<VerifyTierRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let segments = reader.i64()?;
        let segment_bytes = reader.i64()?;
        let log_bytes = reader.i64()?;
        let pages = reader.i64()?;
        let unsettled = reader.i64()?;
        let unaccounted = reader.i64()?;
        let unaccounted_bytes = reader.i64()?;
        let missing = reader.i64()?;
        let corrupt = reader.i64()?;
        let has_cluster_file = reader.bool()?;
        let findings = reader.array(true, 8, |reader| VerifyTierFinding::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self {
            throttle_time_ms,
            error_code,
            error_message,
            segments,
            segment_bytes,
            log_bytes,
            pages,
            unsettled,
            unaccounted,
            unaccounted_bytes,
            missing,
            corrupt,
            has_cluster_file,
            findings,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.i64(self.segments);
        writer.i64(self.segment_bytes);
        writer.i64(self.log_bytes);
        writer.i64(self.pages);
        writer.i64(self.unsettled);
        writer.i64(self.unaccounted);
        writer.i64(self.unaccounted_bytes);
        writer.i64(self.missing);
        writer.i64(self.corrupt);
        writer.bool(self.has_cluster_file);
        writer.array(&self.findings, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of VerifyTierResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyTierFinding {
    /// Field `topic`, all versions, nullable.
    pub topic: Option<KString>,
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `key`, all versions.
    pub key: KString,
    /// Field `message`, all versions.
    pub message: KString,
}

impl Default for VerifyTierFinding {
    fn default() -> Self {
        Self { topic: None, partition_index: -1, key: KString::new(), message: KString::new() }
    }
}

impl VerifyTierFinding {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic = reader.nullable_string(true)?;
        let partition_index = reader.i32()?;
        let key = reader.string(true)?;
        let message = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { topic, partition_index, key, message })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.nullable_string(self.topic.as_ref(), true)?;
        writer.i32(self.partition_index);
        writer.string(&self.key, true)?;
        writer.string(&self.message, true)?;
        writer.no_tags(true);
        Ok(())
    }
}
