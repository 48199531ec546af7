//! DescribeUserScramCredentials (API key 50).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeUserScramCredentialsRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsRequest {
    /// Field `users`, all versions, nullable.
    pub users: Option<Vec<UserName>>,
}

impl Default for DescribeUserScramCredentialsRequest {
    fn default() -> Self {
        Self { users: Some(Vec::new()) }
    }
}

impl Message for DescribeUserScramCredentialsRequest {
    const NAME: &'static str = "DescribeUserScramCredentialsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let users = reader.nullable_array(true, 2, |reader| UserName::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { users })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_array(self.users.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeUserScramCredentialsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserName {
    /// Field `name`, all versions.
    pub name: KString,
}

impl UserName {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { name })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for DescribeUserScramCredentialsRequest {
    type Response = DescribeUserScramCredentialsResponse;
    const KEY: i16 = 50;
}

/// DescribeUserScramCredentialsResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `results`, all versions.
    pub results: Vec<DescribeUserScramCredentialsResult>,
}

impl Default for DescribeUserScramCredentialsResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, error_message: Some(KString::new()), results: Vec::new() }
    }
}

impl Message for DescribeUserScramCredentialsResponse {
    const NAME: &'static str = "DescribeUserScramCredentialsResponse";
    const API_KEY: Option<i16> = Some(<DescribeUserScramCredentialsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let results = reader.array(true, 6, |reader| DescribeUserScramCredentialsResult::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, error_message, results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.array(&self.results, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeUserScramCredentialsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeUserScramCredentialsResult {
    /// Field `user`, all versions.
    pub user: KString,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `credential_infos`, all versions.
    pub credential_infos: Vec<CredentialInfo>,
}

impl Default for DescribeUserScramCredentialsResult {
    fn default() -> Self {
        Self { user: KString::new(), error_code: 0, error_message: Some(KString::new()), credential_infos: Vec::new() }
    }
}

impl DescribeUserScramCredentialsResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let user = reader.string(true)?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let credential_infos = reader.array(true, 6, |reader| CredentialInfo::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { user, error_code, error_message, credential_infos })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.user, true)?;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.array(&self.credential_infos, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeUserScramCredentialsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CredentialInfo {
    /// Field `mechanism`, all versions.
    pub mechanism: i8,
    /// Field `iterations`, all versions.
    pub iterations: i32,
}

impl CredentialInfo {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let mechanism = reader.i8()?;
        let iterations = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { mechanism, iterations })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i8(self.mechanism);
        writer.i32(self.iterations);
        writer.no_tags(true);
        Ok(())
    }
}
