//! DescribeDelegationToken (API key 41).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeDelegationTokenRequest: request, versions 1-3, flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeDelegationTokenRequest {
    /// Field `owners`, all versions, nullable.
    pub owners: Option<Vec<DescribeDelegationTokenOwner>>,
}

impl Default for DescribeDelegationTokenRequest {
    fn default() -> Self {
        Self { owners: Some(Vec::new()) }
    }
}

impl Message for DescribeDelegationTokenRequest {
    const NAME: &'static str = "DescribeDelegationTokenRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let owners = reader.nullable_array(flexible, 3, |reader| DescribeDelegationTokenOwner::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { owners })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.nullable_array(self.owners.as_deref(), flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeDelegationTokenRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeDelegationTokenOwner {
    /// Field `principal_type`, all versions.
    pub principal_type: KString,
    /// Field `principal_name`, all versions.
    pub principal_name: KString,
}

impl DescribeDelegationTokenOwner {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let principal_type = reader.string(flexible)?;
        let principal_name = reader.string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { principal_type, principal_name })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.principal_type, flexible)?;
        writer.string(&self.principal_name, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for DescribeDelegationTokenRequest {
    type Response = DescribeDelegationTokenResponse;
    const KEY: i16 = 41;
}

/// DescribeDelegationTokenResponse: response, versions 1-3, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeDelegationTokenResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `tokens`, all versions.
    pub tokens: Vec<DescribedDelegationToken>,
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
}

impl Message for DescribeDelegationTokenResponse {
    const NAME: &'static str = "DescribeDelegationTokenResponse";
    const API_KEY: Option<i16> = Some(<DescribeDelegationTokenRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let error_code = reader.i16()?;
        let tokens = reader.array(flexible, 30, |reader| DescribedDelegationToken::decode(reader, version))?;
        let throttle_time_ms = reader.i32()?;
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, tokens, throttle_time_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i16(self.error_code);
        writer.array(&self.tokens, flexible, |writer, item| item.encode(writer, version))?;
        writer.i32(self.throttle_time_ms);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeDelegationTokenResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribedDelegationToken {
    /// Field `principal_type`, all versions.
    pub principal_type: KString,
    /// Field `principal_name`, all versions.
    pub principal_name: KString,
    /// Field `token_requester_principal_type`, versions 3.
    pub token_requester_principal_type: KString,
    /// Field `token_requester_principal_name`, versions 3.
    pub token_requester_principal_name: KString,
    /// Field `issue_timestamp`, all versions.
    pub issue_timestamp: i64,
    /// Field `expiry_timestamp`, all versions.
    pub expiry_timestamp: i64,
    /// Field `max_timestamp`, all versions.
    pub max_timestamp: i64,
    /// Field `token_id`, all versions.
    pub token_id: KString,
    /// Field `hmac`, all versions.
    pub hmac: Bytes,
    /// Field `renewers`, all versions.
    pub renewers: Vec<DescribedDelegationTokenRenewer>,
}

impl DescribedDelegationToken {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let principal_type = reader.string(flexible)?;
        let principal_name = reader.string(flexible)?;
        let token_requester_principal_type = if version == 3 { reader.string(flexible)? } else { KString::new() };
        let token_requester_principal_name = if version == 3 { reader.string(flexible)? } else { KString::new() };
        let issue_timestamp = reader.i64()?;
        let expiry_timestamp = reader.i64()?;
        let max_timestamp = reader.i64()?;
        let token_id = reader.string(flexible)?;
        let hmac = reader.bytes(flexible)?;
        let renewers = reader.array(flexible, 3, |reader| DescribedDelegationTokenRenewer::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self {
            principal_type,
            principal_name,
            token_requester_principal_type,
            token_requester_principal_name,
            issue_timestamp,
            expiry_timestamp,
            max_timestamp,
            token_id,
            hmac,
            renewers,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.principal_type, flexible)?;
        writer.string(&self.principal_name, flexible)?;
        if version == 3 {
            writer.string(&self.token_requester_principal_type, flexible)?;
        } else if !self.token_requester_principal_type.is_empty() {
            return Err(WireError::NotInVersion { field: "DescribedDelegationToken.token_requester_principal_type", version });
        }
        if version == 3 {
            writer.string(&self.token_requester_principal_name, flexible)?;
        } else if !self.token_requester_principal_name.is_empty() {
            return Err(WireError::NotInVersion { field: "DescribedDelegationToken.token_requester_principal_name", version });
        }
        writer.i64(self.issue_timestamp);
        writer.i64(self.expiry_timestamp);
        writer.i64(self.max_timestamp);
        writer.string(&self.token_id, flexible)?;
        writer.bytes(&self.hmac, flexible)?;
        writer.array(&self.renewers, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeDelegationTokenResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribedDelegationTokenRenewer {
    /// Field `principal_type`, all versions.
    pub principal_type: KString,
    /// Field `principal_name`, all versions.
    pub principal_name: KString,
}

impl DescribedDelegationTokenRenewer {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let principal_type = reader.string(flexible)?;
        let principal_name = reader.string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { principal_type, principal_name })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.principal_type, flexible)?;
        writer.string(&self.principal_name, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
