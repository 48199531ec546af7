//! CreateDelegationToken (API key 38).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// CreateDelegationTokenRequest: request, versions 1-3, flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateDelegationTokenRequest {
    /// Field `owner_principal_type`, versions 3, nullable.
    pub owner_principal_type: Option<KString>,
    /// Field `owner_principal_name`, versions 3, nullable.
    pub owner_principal_name: Option<KString>,
    /// Field `renewers`, all versions.
    pub renewers: Vec<CreatableRenewers>,
    /// Field `max_lifetime_ms`, all versions.
    pub max_lifetime_ms: i64,
}

impl Default for CreateDelegationTokenRequest {
    fn default() -> Self {
        Self {
            owner_principal_type: Some(KString::new()),
            owner_principal_name: Some(KString::new()),
            renewers: Vec::new(),
            max_lifetime_ms: 0,
        }
    }
}

impl Message for CreateDelegationTokenRequest {
    const NAME: &'static str = "CreateDelegationTokenRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let owner_principal_type = if version == 3 { reader.nullable_string(flexible)? } else { Some(KString::new()) };
        let owner_principal_name = if version == 3 { reader.nullable_string(flexible)? } else { Some(KString::new()) };
        let renewers = reader.array(flexible, 3, |reader| CreatableRenewers::decode(reader, version))?;
        let max_lifetime_ms = reader.i64()?;
        reader.skip_tags(flexible)?;
        Ok(Self { owner_principal_type, owner_principal_name, renewers, max_lifetime_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        if version == 3 {
            writer.nullable_string(self.owner_principal_type.as_ref(), flexible)?;
        } else if self.owner_principal_type.as_ref().is_none_or(|value| !value.is_empty()) {
            return Err(WireError::NotInVersion { field: "CreateDelegationTokenRequest.owner_principal_type", version });
        }
        if version == 3 {
            writer.nullable_string(self.owner_principal_name.as_ref(), flexible)?;
        } else if self.owner_principal_name.as_ref().is_none_or(|value| !value.is_empty()) {
            return Err(WireError::NotInVersion { field: "CreateDelegationTokenRequest.owner_principal_name", version });
        }
        writer.array(&self.renewers, flexible, |writer, item| item.encode(writer, version))?;
        writer.i64(self.max_lifetime_ms);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreateDelegationTokenRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreatableRenewers {
    /// Field `principal_type`, all versions.
    pub principal_type: KString,
    /// Field `principal_name`, all versions.
    pub principal_name: KString,
}

impl CreatableRenewers {
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

impl Request for CreateDelegationTokenRequest {
    type Response = CreateDelegationTokenResponse;
    const KEY: i16 = 38;
}

/// CreateDelegationTokenResponse: response, versions 1-3, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateDelegationTokenResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `principal_type`, all versions.
    pub principal_type: KString,
    /// Field `principal_name`, all versions.
    pub principal_name: KString,
    /// Field `token_requester_principal_type`, versions 3.
    pub token_requester_principal_type: KString,
    /// Field `token_requester_principal_name`, versions 3.
    pub token_requester_principal_name: KString,
    /// Field `issue_timestamp_ms`, all versions.
    pub issue_timestamp_ms: i64,
    /// Field `expiry_timestamp_ms`, all versions.
    pub expiry_timestamp_ms: i64,
    /// Field `max_timestamp_ms`, all versions.
    pub max_timestamp_ms: i64,
    /// Field `token_id`, all versions.
    pub token_id: KString,
    /// Field `hmac`, all versions.
    pub hmac: Bytes,
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
}

impl Message for CreateDelegationTokenResponse {
    const NAME: &'static str = "CreateDelegationTokenResponse";
    const API_KEY: Option<i16> = Some(<CreateDelegationTokenRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let error_code = reader.i16()?;
        let principal_type = reader.string(flexible)?;
        let principal_name = reader.string(flexible)?;
        let token_requester_principal_type = if version == 3 { reader.string(flexible)? } else { KString::new() };
        let token_requester_principal_name = if version == 3 { reader.string(flexible)? } else { KString::new() };
        let issue_timestamp_ms = reader.i64()?;
        let expiry_timestamp_ms = reader.i64()?;
        let max_timestamp_ms = reader.i64()?;
        let token_id = reader.string(flexible)?;
        let hmac = reader.bytes(flexible)?;
        let throttle_time_ms = reader.i32()?;
        reader.skip_tags(flexible)?;
        Ok(Self {
            error_code,
            principal_type,
            principal_name,
            token_requester_principal_type,
            token_requester_principal_name,
            issue_timestamp_ms,
            expiry_timestamp_ms,
            max_timestamp_ms,
            token_id,
            hmac,
            throttle_time_ms,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i16(self.error_code);
        writer.string(&self.principal_type, flexible)?;
        writer.string(&self.principal_name, flexible)?;
        if version == 3 {
            writer.string(&self.token_requester_principal_type, flexible)?;
        } else if !self.token_requester_principal_type.is_empty() {
            return Err(WireError::NotInVersion { field: "CreateDelegationTokenResponse.token_requester_principal_type", version });
        }
        if version == 3 {
            writer.string(&self.token_requester_principal_name, flexible)?;
        } else if !self.token_requester_principal_name.is_empty() {
            return Err(WireError::NotInVersion { field: "CreateDelegationTokenResponse.token_requester_principal_name", version });
        }
        writer.i64(self.issue_timestamp_ms);
        writer.i64(self.expiry_timestamp_ms);
        writer.i64(self.max_timestamp_ms);
        writer.string(&self.token_id, flexible)?;
        writer.bytes(&self.hmac, flexible)?;
        writer.i32(self.throttle_time_ms);
        writer.no_tags(flexible);
        Ok(())
    }
}
