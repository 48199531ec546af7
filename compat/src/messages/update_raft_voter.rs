//! UpdateRaftVoter (API key 82).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, TagWriter, WireError, Writer, check_version};

/// UpdateRaftVoterRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateRaftVoterRequest {
    /// Field `cluster_id`, all versions, nullable.
    pub cluster_id: Option<KString>,
    /// Field `current_leader_epoch`, all versions.
    pub current_leader_epoch: i32,
    /// Field `voter_id`, all versions.
    pub voter_id: i32,
    /// Field `voter_directory_id`, all versions.
    pub voter_directory_id: Uuid,
    /// Field `listeners`, all versions.
    pub listeners: Vec<Listener>,
    /// Field `k_raft_version_feature`, all versions.
    pub k_raft_version_feature: KRaftVersionFeature,
}

impl Default for UpdateRaftVoterRequest {
    fn default() -> Self {
        Self {
            cluster_id: Some(KString::new()),
            current_leader_epoch: 0,
            voter_id: 0,
            voter_directory_id: Uuid::nil(),
            listeners: Vec::new(),
            k_raft_version_feature: KRaftVersionFeature::default(),
        }
    }
}

impl Message for UpdateRaftVoterRequest {
    const NAME: &'static str = "UpdateRaftVoterRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let cluster_id = reader.nullable_string(true)?;
        let current_leader_epoch = reader.i32()?;
        let voter_id = reader.i32()?;
        let voter_directory_id = reader.uuid()?;
        let listeners = reader.array(true, 5, |reader| Listener::decode(reader, version))?;
        let k_raft_version_feature = KRaftVersionFeature::decode(reader, version)?;
        reader.skip_tags(true)?;
        Ok(Self { cluster_id, current_leader_epoch, voter_id, voter_directory_id, listeners, k_raft_version_feature })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_string(self.cluster_id.as_ref(), true)?;
        writer.i32(self.current_leader_epoch);
        writer.i32(self.voter_id);
        writer.uuid(self.voter_directory_id);
        writer.array(&self.listeners, true, |writer, item| item.encode(writer, version))?;
        self.k_raft_version_feature.encode(writer, version)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of UpdateRaftVoterRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listener {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
}

impl Listener {
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

/// Part of UpdateRaftVoterRequest.
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

impl Request for UpdateRaftVoterRequest {
    type Response = UpdateRaftVoterResponse;
    const KEY: i16 = 82;
}

/// UpdateRaftVoterResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateRaftVoterResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `current_leader`, all versions, tag 0.
    pub current_leader: CurrentLeader,
}

impl Message for UpdateRaftVoterResponse {
    const NAME: &'static str = "UpdateRaftVoterResponse";
    const API_KEY: Option<i16> = Some(<UpdateRaftVoterRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let mut current_leader = CurrentLeader::default();
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    current_leader = CurrentLeader::decode(&mut body, version)?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { throttle_time_ms, error_code, current_leader })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        let mut tags = TagWriter::new();
        if self.current_leader != CurrentLeader::default() {
            tags.field(0, |writer| self.current_leader.encode(writer, version))?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// Part of UpdateRaftVoterResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrentLeader {
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: i32,
}

impl Default for CurrentLeader {
    fn default() -> Self {
        Self { leader_id: -1, leader_epoch: -1, host: KString::new(), port: 0 }
    }
}

impl CurrentLeader {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let leader_id = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let host = reader.string(true)?;
        let port = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { leader_id, leader_epoch, host, port })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.leader_id);
        writer.i32(self.leader_epoch);
        writer.string(&self.host, true)?;
        writer.i32(self.port);
        writer.no_tags(true);
        Ok(())
    }
}
