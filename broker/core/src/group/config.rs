//! Options and limits of the group coordinator.
//!
//! Owns: their defaults, which are Kafka's where Kafka has them. Does not own: the names of properties (the broker's `config`).

/// Options and limits of one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardConfig {
    /// `group.min.session.timeout.ms`.
    pub session_timeout_ms_min: i32,
    /// `group.max.session.timeout.ms`.
    pub session_timeout_ms_max: i32,
    /// `group.initial.rebalance.delay.ms`.
    pub initial_rebalance_delay_ms: i32,
    /// `group.max.size`, members of a group. A hard limit holds beside it, [`ShardConfig::GROUP_SIZE_LIMIT`].
    pub group_size_max: usize,
    /// `offset.metadata.max.bytes`, of one committed offset.
    pub offset_metadata_bytes_max: usize,
    /// `offsets.retention.minutes`, in milliseconds.
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`.
    pub offsets_retention_check_interval_ms: i64,
    /// Largest record of a group's metadata, in bytes. The log must take such a record.
    pub group_metadata_bytes_max: usize,
    /// What the members of a group may say in all their protocols together, in bytes.
    pub member_protocol_bytes_max: usize,
    /// What the members of all groups of the shard may say in all their protocols together, in bytes.
    pub shard_protocol_bytes_max: usize,
    /// Groups of a shard.
    pub groups_max: usize,
    /// Tombstones of one step of expiration; the rest follows at once.
    pub expiration_records_max: usize,
}

impl ShardConfig {
    /// Members and pending members that any group may have, whatever `group.max.size` says.
    pub const GROUP_SIZE_LIMIT: usize = 10_000;
}

impl Default for ShardConfig {
    fn default() -> Self {
        Self {
            session_timeout_ms_min: 6_000,
            session_timeout_ms_max: 1_800_000,
            initial_rebalance_delay_ms: 3_000,
            group_size_max: Self::GROUP_SIZE_LIMIT,
            offset_metadata_bytes_max: 4_096,
            offsets_retention_ms: 7 * 24 * 60 * 60 * 1_000,
            offsets_retention_check_interval_ms: 600_000,
            group_metadata_bytes_max: 1_000_000,
            member_protocol_bytes_max: 16 << 20,
            shard_protocol_bytes_max: 32 << 20,
            groups_max: 100_000,
            expiration_records_max: 1_000,
        }
    }
}
