//! What the cache is told: sizes and a directory. Property names belong to the broker.

use std::path::PathBuf;

use crate::error::{Error, ErrorKind};

/// Plain size of a full chunk, in bytes.
pub const CHUNK_BYTES: usize = 1024 * 1024;
/// Largest value that the cache takes. Anything above is refused by a counter, never cut.
pub const ENTRY_BYTES_MAX: usize = CHUNK_BYTES + 64 * 1024;
/// Smallest disk tier, in bytes: four blocks.
pub const DISK_BYTES_MIN: u64 = 16 * 1024 * 1024;

const BLOCK_BYTES_MIN: u64 = 4 * 1024 * 1024;
const BLOCK_BYTES_MAX: u64 = 64 * 1024 * 1024;
const POOL_BYTES_MIN: u64 = 16 * 1024 * 1024;
// foyer holds two buffers of this size. With chunks of 1 MiB a larger one loses no fewer entries.
const POOL_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Sizes and place of a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheConfig {
    /// Memory for values, in bytes.
    pub memory_bytes: u64,
    /// Disk for values, in bytes; 0 means none.
    pub disk_bytes: u64,
    /// Directory of the disk tier; made at first use. Its content may be deleted while nobody has it open.
    pub directory: PathBuf,
}

impl CacheConfig {
    /// Refuses sizes that would drop every entry in silence.
    pub fn validate(&self) -> Result<(), Error> {
        if self.memory_bytes < 4 * CHUNK_BYTES as u64 {
            return Err(Error::new(ErrorKind::Invalid, "the memory tier needs at least 4 MiB"));
        }
        if self.disk_bytes != 0 && self.disk_bytes < DISK_BYTES_MIN {
            return Err(Error::new(ErrorKind::Invalid, "the disk tier needs at least 16 MiB, or 0 for none"));
        }
        if usize::try_from(self.memory_bytes).is_err() || usize::try_from(self.disk_bytes).is_err() {
            return Err(Error::new(ErrorKind::Invalid, "a tier is larger than this machine can address"));
        }
        Ok(())
    }

    /// Size of the blocks that the disk tier evicts as a whole, in bytes. A block always holds a full chunk with room to
    /// spare, or that chunk would never be written.
    #[must_use]
    pub fn block_bytes(&self) -> u64 {
        let sixteenth = self.disk_bytes / 16;
        let aligned = sixteenth - sixteenth % (1024 * 1024);
        aligned.clamp(BLOCK_BYTES_MIN, BLOCK_BYTES_MAX)
    }

    /// Size of the write buffer, in bytes. Entries that find it full are dropped by foyer without a word.
    #[must_use]
    pub fn buffer_pool_bytes(&self) -> u64 {
        (self.disk_bytes / 8).clamp(POOL_BYTES_MIN, POOL_BYTES_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(disk_bytes: u64) -> CacheConfig {
        CacheConfig { memory_bytes: 64 << 20, disk_bytes, directory: PathBuf::from("cache") }
    }

    #[test]
    fn blocks_and_buffers_follow_the_capacity() {
        for (disk_mib, block_mib, pool_mib) in
            [(16, 4, 16), (64, 4, 16), (256, 16, 32), (1024, 64, 32), (10240, 64, 32)]
        {
            let config = config(disk_mib << 20);
            assert_eq!(config.block_bytes(), block_mib << 20, "{disk_mib} MiB");
            assert_eq!(config.buffer_pool_bytes(), pool_mib << 20, "{disk_mib} MiB");
            config.validate().unwrap();
        }
    }

    #[test]
    fn sizes_too_small_for_a_chunk_are_refused() {
        assert_eq!(config(1 << 20).validate().unwrap_err().kind(), ErrorKind::Invalid);
        config(0).validate().unwrap();
        let tiny = CacheConfig { memory_bytes: 1 << 20, ..config(0) };
        assert_eq!(tiny.validate().unwrap_err().kind(), ErrorKind::Invalid);
    }
}
