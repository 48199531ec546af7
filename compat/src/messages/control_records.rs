//! Records and values of the family `control_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, WireError, Writer, check_version};

/// ControlRecordTypeSchema: value, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControlRecordTypeSchema {
    /// Field `type`, all versions.
    pub r#type: i16,
}

impl Message for ControlRecordTypeSchema {
    const NAME: &'static str = "ControlRecordTypeSchema";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let r#type = reader.i16()?;
        Ok(Self { r#type })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.r#type);
        Ok(())
    }
}

/// EndTxnMarker: value, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndTxnMarker {
    /// Field `coordinator_epoch`, all versions.
    pub coordinator_epoch: i32,
}

impl Message for EndTxnMarker {
    const NAME: &'static str = "EndTxnMarker";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let coordinator_epoch = reader.i32()?;
        Ok(Self { coordinator_epoch })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.coordinator_epoch);
        Ok(())
    }
}

/// LeaderChangeMessage: value, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaderChangeMessage {
    /// Field `version`, all versions.
    pub version: i16,
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `voters`, all versions.
    pub voters: Vec<LeaderChangeMessageVoter>,
    /// Field `granting_voters`, all versions.
    pub granting_voters: Vec<LeaderChangeMessageVoter>,
}

impl Message for LeaderChangeMessage {
    const NAME: &'static str = "LeaderChangeMessage";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let version_value = reader.i16()?;
        let leader_id = reader.i32()?;
        let voters = reader.array(true, 5, |reader| LeaderChangeMessageVoter::decode(reader, version))?;
        let granting_voters = reader.array(true, 5, |reader| LeaderChangeMessageVoter::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { version: version_value, leader_id, voters, granting_voters })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.version);
        writer.i32(self.leader_id);
        writer.array(&self.voters, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.granting_voters, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of LeaderChangeMessage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaderChangeMessageVoter {
    /// Field `voter_id`, all versions.
    pub voter_id: i32,
    /// Field `voter_directory_id`, versions 1.
    pub voter_directory_id: Uuid,
}

impl LeaderChangeMessageVoter {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let voter_id = reader.i32()?;
        let voter_directory_id = if version == 1 { reader.uuid()? } else { Uuid::nil() };
        reader.skip_tags(true)?;
        Ok(Self { voter_id, voter_directory_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.voter_id);
        if version == 1 {
            writer.uuid(self.voter_directory_id);
        } else if !self.voter_directory_id.is_nil() {
            return Err(WireError::NotInVersion { field: "LeaderChangeMessageVoter.voter_directory_id", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}

/// SnapshotHeaderRecord: value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotHeaderRecord {
    /// Field `version`, all versions.
    pub version: i16,
    /// Field `last_contained_log_timestamp`, all versions.
    pub last_contained_log_timestamp: i64,
}

impl Message for SnapshotHeaderRecord {
    const NAME: &'static str = "SnapshotHeaderRecord";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let version_value = reader.i16()?;
        let last_contained_log_timestamp = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { version: version_value, last_contained_log_timestamp })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.version);
        writer.i64(self.last_contained_log_timestamp);
        writer.no_tags(true);
        Ok(())
    }
}

/// SnapshotFooterRecord: value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotFooterRecord {
    /// Field `version`, all versions.
    pub version: i16,
}

impl Message for SnapshotFooterRecord {
    const NAME: &'static str = "SnapshotFooterRecord";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let version_value = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { version: version_value })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.version);
        writer.no_tags(true);
        Ok(())
    }
}

/// KRaftVersionRecord: value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KRaftVersionRecord {
    /// Field `version`, all versions.
    pub version: i16,
    /// Field `k_raft_version`, all versions.
    pub k_raft_version: i16,
}

impl Message for KRaftVersionRecord {
    const NAME: &'static str = "KRaftVersionRecord";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let version_value = reader.i16()?;
        let k_raft_version = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { version: version_value, k_raft_version })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.version);
        writer.i16(self.k_raft_version);
        writer.no_tags(true);
        Ok(())
    }
}

/// VotersRecord: value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VotersRecord {
    /// Field `version`, all versions.
    pub version: i16,
    /// Field `voters`, all versions.
    pub voters: Vec<VotersVoter>,
}

impl Message for VotersRecord {
    const NAME: &'static str = "VotersRecord";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let version_value = reader.i16()?;
        let voters = reader.array(true, 27, |reader| VotersVoter::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { version: version_value, voters })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.version);
        writer.array(&self.voters, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of VotersRecord.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VotersVoter {
    /// Field `voter_id`, all versions.
    pub voter_id: i32,
    /// Field `voter_directory_id`, all versions.
    pub voter_directory_id: Uuid,
    /// Field `endpoints`, all versions.
    pub endpoints: Vec<Endpoint>,
    /// Field `k_raft_version_feature`, all versions.
    pub k_raft_version_feature: KRaftVersionFeature,
}

impl VotersVoter {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let voter_id = reader.i32()?;
        let voter_directory_id = reader.uuid()?;
        let endpoints = reader.array(true, 5, |reader| Endpoint::decode(reader, version))?;
        let k_raft_version_feature = KRaftVersionFeature::decode(reader, version)?;
        reader.skip_tags(true)?;
        Ok(Self { voter_id, voter_directory_id, endpoints, k_raft_version_feature })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.voter_id);
        writer.uuid(self.voter_directory_id);
        writer.array(&self.endpoints, true, |writer, item| item.encode(writer, version))?;
        self.k_raft_version_feature.encode(writer, version)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of VotersRecord.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
}

impl Endpoint {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let host = reader.string(true)?;
        let port = reader.u16()?;
        reader.skip_tags(true)?;
        Ok(Self { name, host, port })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.string(&self.host, true)?;
        writer.u16(self.port);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of VotersRecord.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KRaftVersionFeature {
    /// Field `min_supported_version`, all versions.
    pub min_supported_version: i16,
    /// Field `max_supported_version`, all versions.
    pub max_supported_version: i16,
}

impl KRaftVersionFeature {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let min_supported_version = reader.i16()?;
        let max_supported_version = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { min_supported_version, max_supported_version })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i16(self.min_supported_version);
        writer.i16(self.max_supported_version);
        writer.no_tags(true);
        Ok(())
    }
}
