//! Samples of the module `consumer_offsets`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::consumer_offsets::{
    GroupMetadataKey, GroupMetadataValue, LegacyOffsetCommitKey, LegacyOffsetCommitValue, MemberMetadata, OffsetCommitKey,
    OffsetCommitValue,
};
use crate::wire::Sample;

impl LegacyOffsetCommitKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group: sample.string(), topic: sample.string(), partition: sample.i32() }
    }
}

impl LegacyOffsetCommitValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { offset: sample.i64(), metadata: sample.string(), commit_timestamp: sample.i64() }
    }
}

impl OffsetCommitKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group: sample.string(), topic: sample.string(), partition: sample.i32() }
    }
}

impl OffsetCommitValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            offset: sample.i64(),
            leader_epoch: if version >= 3 { sample.i32() } else { -1 },
            metadata: sample.string(),
            commit_timestamp: sample.i64(),
            expire_timestamp: if version == 1 { sample.i64() } else { -1 },
            topic_id: if version == 4 { sample.or_default(Uuid::nil(), Sample::uuid) } else { Uuid::nil() },
        }
    }
}

impl GroupMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group: sample.string() }
    }
}

impl GroupMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            protocol_type: sample.string(),
            generation: sample.i32(),
            protocol: sample.option(Sample::string),
            leader: sample.option(Sample::string),
            current_state_timestamp: if version >= 2 { sample.i64() } else { -1 },
            members: sample.array(|sample| MemberMetadata::sample(sample, version)),
        }
    }
}

impl MemberMetadata {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            member_id: sample.string(),
            group_instance_id: if version >= 3 { sample.option(Sample::string) } else { None },
            client_id: sample.string(),
            client_host: sample.string(),
            rebalance_timeout: if version >= 1 { sample.i32() } else { -1 },
            session_timeout: sample.i32(),
            subscription: sample.bytes(),
            assignment: sample.bytes(),
        }
    }
}
