//! The options of one partition's log, with Kafka's defaults.
//!
//! Owns: the values and the few that derive from others. Does not own: property names and their parsing (`config.rs`).

/// Which of Kafka's two clean-up policies apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupPolicy {
    /// Old segments are deleted by time and size.
    pub delete: bool,
    /// Only the newest record of each key is kept.
    pub compact: bool,
}

/// Whose clock a record's timestamp comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampSource {
    /// The producer's.
    CreateTime,
    /// The leader's, at append.
    LogAppendTime,
}

/// The codec that `compression.type` asks of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetCompression {
    /// Whatever the producer used.
    Producer,
    /// None.
    Uncompressed,
    /// gzip at this level.
    Gzip(i32),
    /// snappy.
    Snappy,
    /// lz4 at this level.
    Lz4(i32),
    /// zstd at this level.
    Zstd(i32),
}

/// The options of one partition's log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogConfig {
    /// `segment.bytes`: a segment is rolled before it grows beyond this.
    pub segment_bytes: u32,
    /// `segment.ms`: a segment is rolled this long after its first record.
    pub segment_ms: i64,
    /// `segment.jitter.ms`: at most this much is taken off `segment_ms`, at random, for each segment.
    pub segment_jitter_ms: i64,
    /// `segment.index.bytes`: a segment is rolled when its offset index has grown to this.
    pub segment_index_bytes: u32,
    /// `index.interval.bytes`: bytes of log between two index entries.
    pub index_interval_bytes: u32,
    /// `retention.ms`; −1 keeps records for ever.
    pub retention_ms: i64,
    /// `retention.bytes`; −1 sets no limit.
    pub retention_bytes: i64,
    /// `local.retention.ms`; −2 means `retention_ms`, −1 for ever.
    pub local_retention_ms: i64,
    /// `local.retention.bytes`; −2 means `retention_bytes`, −1 no limit.
    pub local_retention_bytes: i64,
    /// `cleanup.policy`.
    pub cleanup_policy: CleanupPolicy,
    /// `delete.retention.ms`: how long a tombstone stays readable after it was cleaned.
    pub delete_retention_ms: i64,
    /// `min.compaction.lag.ms`.
    pub min_compaction_lag_ms: i64,
    /// `max.compaction.lag.ms`.
    pub max_compaction_lag_ms: i64,
    /// `min.cleanable.dirty.ratio`.
    pub min_cleanable_dirty_ratio: f64,
    /// `file.delete.delay.ms`.
    pub file_delete_delay_ms: i64,
    /// `max.message.bytes`: the largest batch accepted.
    pub max_message_bytes: u32,
    /// `flush.messages`.
    pub flush_messages: i64,
    /// `flush.ms`.
    pub flush_ms: i64,
    /// `preallocate`: accepted for compatibility; segment files grow as they are written.
    pub preallocate: bool,
    /// `message.timestamp.type`.
    pub timestamp_source: TimestampSource,
    /// `message.timestamp.before.max.ms`.
    pub timestamp_before_max_ms: i64,
    /// `message.timestamp.after.max.ms`.
    pub timestamp_after_max_ms: i64,
    /// `compression.type` with the level of its codec.
    pub compression: TargetCompression,
    /// `remote.storage.enable`.
    pub remote_storage_enable: bool,
    /// `remote.log.copy.disable`.
    pub remote_copy_disable: bool,
    /// `remote.log.delete.on.disable`.
    pub remote_delete_on_disable: bool,
    /// `unclean.leader.election.enable`.
    pub unclean_leader_election_enable: bool,
    /// `min.insync.replicas`.
    pub min_insync_replicas: u32,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            segment_bytes: 1 << 30,
            segment_ms: 7 * 24 * 60 * 60 * 1000,
            segment_jitter_ms: 0,
            segment_index_bytes: 10 << 20,
            index_interval_bytes: 4096,
            retention_ms: 7 * 24 * 60 * 60 * 1000,
            retention_bytes: -1,
            local_retention_ms: -2,
            local_retention_bytes: -2,
            cleanup_policy: CleanupPolicy { delete: true, compact: false },
            delete_retention_ms: 24 * 60 * 60 * 1000,
            min_compaction_lag_ms: 0,
            max_compaction_lag_ms: i64::MAX,
            min_cleanable_dirty_ratio: 0.5,
            file_delete_delay_ms: 60_000,
            max_message_bytes: 1_048_588,
            flush_messages: i64::MAX,
            flush_ms: i64::MAX,
            preallocate: false,
            timestamp_source: TimestampSource::CreateTime,
            timestamp_before_max_ms: i64::MAX,
            timestamp_after_max_ms: 3_600_000,
            compression: TargetCompression::Producer,
            remote_storage_enable: false,
            remote_copy_disable: false,
            remote_delete_on_disable: false,
            unclean_leader_election_enable: false,
            min_insync_replicas: 1,
        }
    }
}

impl LogConfig {
    /// The local time limit in force: `local.retention.ms`, or `retention.ms` where that is not set; `None` for no limit.
    #[must_use]
    pub fn effective_local_retention_ms(&self) -> Option<i64> {
        let ms = if self.local_retention_ms == -2 { self.retention_ms } else { self.local_retention_ms };
        (ms >= 0).then_some(ms)
    }

    /// The local size limit in force; `None` for no limit.
    #[must_use]
    pub fn effective_local_retention_bytes(&self) -> Option<u64> {
        let bytes = if self.local_retention_bytes == -2 { self.retention_bytes } else { self.local_retention_bytes };
        u64::try_from(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_retention_follows_retention_unless_set() {
        let table = [(-2, 100, Some(100)), (-2, -1, None), (-1, 100, None), (50, 100, Some(50)), (0, -1, Some(0))];
        for (local, total, expected) in table {
            let config = LogConfig { local_retention_ms: local, retention_ms: total, ..LogConfig::default() };
            assert_eq!(config.effective_local_retention_ms(), expected, "local {local}, total {total}");
        }
    }

    #[test]
    fn defaults_are_those_of_kafka() {
        let config = LogConfig::default();
        assert_eq!(config.segment_bytes, 1_073_741_824);
        assert_eq!(config.max_message_bytes, 1_048_588);
        assert_eq!(config.segment_index_bytes, 10_485_760);
        assert_eq!(config.effective_local_retention_bytes(), None);
    }
}
