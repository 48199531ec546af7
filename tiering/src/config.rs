//! Options of tiering, validated. Property names stand only in the broker's `config.rs`.

use crate::error::{Error, ErrorKind};

const MIB: u64 = 1024 * 1024;

/// How much of an object is read back before it is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyLevel {
    /// Size and index section: the store has checked the body against a checksum of ours.
    Index,
    /// Every byte: the store checks nothing.
    Whole,
}

/// Options of the write side, for all partitions of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TieringConfig {
    /// Log bytes of one object, at most; a larger single batch goes alone.
    pub segment_bytes_max: u64,
    /// Bytes of all objects being built or uploaded.
    pub upload_bytes_in_flight: u64,
    /// Longest time from append to the begin of an upload.
    pub upload_max_lag_ms: i64,
    /// Uploads at once.
    pub upload_concurrency: usize,
    /// Deadline of a PUT without any byte.
    pub upload_deadline_base_ms: u64,
    /// Slowest rate that a deadline allows for.
    pub upload_rate_min_bytes_per_second: u64,
    /// Longest time without a body byte sent, where the store can tell.
    pub upload_stall_ms: u64,
    /// How much is read back before a commit.
    pub verify: VerifyLevel,
    /// From the move of the log start to the deletion of objects below it; above the longest fetch.
    pub delete_grace_ms: i64,
    /// From an abandon to its DELETE: longer than a signed request can live.
    pub put_late_ms: i64,
    /// DELETEs at once, of one partition.
    pub delete_concurrency: usize,
    /// Between two looks at retention and deletion of a partition.
    pub retention_check_ms: i64,
    /// First wait after the store or the quorum was away; doubles.
    pub backoff_min_ms: u64,
    /// Longest such wait.
    pub backoff_max_ms: u64,
    /// Appends are looked at this often, at most.
    pub nudge_interval_ms: u64,
}

impl Default for TieringConfig {
    fn default() -> Self {
        Self {
            segment_bytes_max: 64 * MIB,
            upload_bytes_in_flight: 128 * MIB,
            upload_max_lag_ms: 60 * 60 * 1000,
            upload_concurrency: 8,
            upload_deadline_base_ms: 30_000,
            upload_rate_min_bytes_per_second: 256 * 1024,
            upload_stall_ms: 30_000,
            verify: VerifyLevel::Index,
            delete_grace_ms: 5 * 60 * 1000,
            put_late_ms: 20 * 60 * 1000,
            delete_concurrency: 8,
            retention_check_ms: 5 * 60 * 1000,
            backoff_min_ms: 500,
            backoff_max_ms: 30_000,
            nudge_interval_ms: 200,
        }
    }
}

impl TieringConfig {
    /// From the moment an object is dead to its deletion. A PUT of it may have been sent twice, and the second would make it
    /// anew if it came after the deletion: so it is no shorter than a PUT can be late.
    #[must_use]
    pub fn object_grace_ms(&self) -> i64 {
        self.delete_grace_ms.max(self.put_late_ms)
    }

    /// Refuses what cannot work, with the option's name and why.
    pub fn validate(&self) -> Result<(), Error> {
        let checks = [
            (self.segment_bytes_max >= 1, "segment_bytes_max must be at least 1"),
            (self.segment_bytes_max <= 1024 * MIB, "segment_bytes_max must be at most 1 GiB"),
            (
                self.upload_bytes_in_flight >= self.segment_bytes_max,
                "upload_bytes_in_flight must be at least segment_bytes_max",
            ),
            (self.upload_max_lag_ms >= 0, "upload_max_lag_ms must not be negative"),
            (self.upload_concurrency >= 1, "upload_concurrency must be at least 1"),
            (self.upload_rate_min_bytes_per_second >= 1, "upload_rate_min_bytes_per_second must be at least 1"),
            (self.delete_grace_ms >= 0, "delete_grace_ms must not be negative"),
            (self.put_late_ms >= 0, "put_late_ms must not be negative"),
            (self.delete_concurrency >= 1, "delete_concurrency must be at least 1"),
            (self.retention_check_ms >= 1, "retention_check_ms must be at least 1"),
            (
                (1..=self.backoff_max_ms).contains(&self.backoff_min_ms),
                "backoff_min_ms must be between 1 and backoff_max_ms",
            ),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, message)) => Err(Error::new(ErrorKind::Invalid, *message)),
            None => Ok(()),
        }
    }

    /// Deadline of a PUT of that many bytes: it scales with them.
    #[must_use]
    pub const fn upload_deadline_ms(&self, bytes: u64) -> u64 {
        let transfer_ms = bytes.saturating_mul(1000) / self.upload_rate_min_bytes_per_second;
        self.upload_deadline_base_ms.saturating_add(transfer_ms)
    }
}

/// Options of one topic's tiering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicTiering {
    /// Total retention by time, −1 for ever.
    pub retention_ms: i64,
    /// Total retention by log bytes, −1 without limit.
    pub retention_bytes: i64,
    /// Size of a local log segment, and so of an object if that is smaller than the broker's limit.
    pub segment_bytes: u64,
    /// Stops uploads only: retention, deletion and reading go on.
    pub copy_disabled: bool,
}

impl Default for TopicTiering {
    fn default() -> Self {
        Self { retention_ms: -1, retention_bytes: -1, segment_bytes: 1024 * MIB, copy_disabled: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_contradictions_are_named() {
        TieringConfig::default().validate().unwrap();
        let config = TieringConfig { upload_bytes_in_flight: 1, ..TieringConfig::default() };
        assert!(config.validate().unwrap_err().to_string().contains("upload_bytes_in_flight"));
        let config = TieringConfig { backoff_min_ms: 0, ..TieringConfig::default() };
        assert!(config.validate().is_err());
    }

    #[test]
    fn upload_deadline_scales_with_bytes() {
        let config = TieringConfig::default();
        assert_eq!(config.upload_deadline_ms(0), 30_000);
        assert_eq!(config.upload_deadline_ms(64 * MIB), 30_000 + 256_000);
        assert!(config.upload_deadline_ms(u64::MAX) > 0);
    }
}
