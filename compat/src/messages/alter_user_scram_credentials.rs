//! AlterUserScramCredentials (API key 51).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// AlterUserScramCredentialsRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterUserScramCredentialsRequest {
    /// Field `deletions`, all versions.
    pub deletions: Vec<ScramCredentialDeletion>,
    /// Field `upsertions`, all versions.
    pub upsertions: Vec<ScramCredentialUpsertion>,
}

impl Message for AlterUserScramCredentialsRequest {
    const NAME: &'static str = "AlterUserScramCredentialsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let deletions = reader.array(true, 3, |reader| ScramCredentialDeletion::decode(reader, version))?;
        let upsertions = reader.array(true, 9, |reader| ScramCredentialUpsertion::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { deletions, upsertions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.deletions, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.upsertions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterUserScramCredentialsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScramCredentialDeletion {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `mechanism`, all versions.
    pub mechanism: i8,
}

impl ScramCredentialDeletion {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let mechanism = reader.i8()?;
        reader.skip_tags(true)?;
        Ok(Self { name, mechanism })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.i8(self.mechanism);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterUserScramCredentialsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScramCredentialUpsertion {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `mechanism`, all versions.
    pub mechanism: i8,
    /// Field `iterations`, all versions.
    pub iterations: i32,
    /// Field `salt`, all versions.
    pub salt: Bytes,
    /// Field `salted_password`, all versions.
    pub salted_password: Bytes,
}

impl ScramCredentialUpsertion {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let mechanism = reader.i8()?;
        let iterations = reader.i32()?;
        let salt = reader.bytes(true)?;
        let salted_password = reader.bytes(true)?;
        reader.skip_tags(true)?;
        Ok(Self { name, mechanism, iterations, salt, salted_password })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.i8(self.mechanism);
        writer.i32(self.iterations);
        writer.bytes(&self.salt, true)?;
        writer.bytes(&self.salted_password, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for AlterUserScramCredentialsRequest {
    type Response = AlterUserScramCredentialsResponse;
    const KEY: i16 = 51;
}

/// AlterUserScramCredentialsResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterUserScramCredentialsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `results`, all versions.
    pub results: Vec<AlterUserScramCredentialsResult>,
}

impl Message for AlterUserScramCredentialsResponse {
    const NAME: &'static str = "AlterUserScramCredentialsResponse";
    const API_KEY: Option<i16> = Some(<AlterUserScramCredentialsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let results = reader.array(true, 5, |reader| AlterUserScramCredentialsResult::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.results, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AlterUserScramCredentialsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterUserScramCredentialsResult {
    /// Field `user`, all versions.
    pub user: KString,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for AlterUserScramCredentialsResult {
    fn default() -> Self {
        Self { user: KString::new(), error_code: 0, error_message: Some(KString::new()) }
    }
}

impl AlterUserScramCredentialsResult {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let user = reader.string(true)?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { user, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.user, true)?;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
