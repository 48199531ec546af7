//! Records and values of the family `principal`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, WireError, Writer, check_version};

/// DefaultPrincipalData: value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DefaultPrincipalData {
    /// Field `type`, all versions.
    pub r#type: KString,
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `token_authenticated`, all versions.
    pub token_authenticated: bool,
}

impl Message for DefaultPrincipalData {
    const NAME: &'static str = "DefaultPrincipalData";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let r#type = reader.string(true)?;
        let name = reader.string(true)?;
        let token_authenticated = reader.bool()?;
        reader.skip_tags(true)?;
        Ok(Self { r#type, name, token_authenticated })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.r#type, true)?;
        writer.string(&self.name, true)?;
        writer.bool(self.token_authenticated);
        writer.no_tags(true);
        Ok(())
    }
}
