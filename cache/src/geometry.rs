//! The shape of the disk tier on disk, and the marker that tells when it changed.
//!
//! Owns: `<directory>/geometry` and the decision to wipe `<directory>/blocks/`. Does not own: what is in the block files.
//! Invariant: blocks are only ever opened with the shape they were written with; foyer would otherwise leave surplus
//! files behind or misread them. The marker is removed before a wipe and written after it, so a crash between the two
//! leaves no marker, and the next start wipes again. Nothing here is worth an fsync: a lost cache is a cold cache.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::CacheConfig;

/// Changes whenever the bytes of an entry do.
const FORMAT: u32 = 1;

/// Directory of the block files below the cache's directory.
#[must_use]
pub fn blocks_directory(directory: &Path) -> PathBuf {
    directory.join("blocks")
}

/// Whether an earlier run left a disk tier here.
#[must_use]
pub fn exists(directory: &Path) -> bool {
    marker_path(directory).exists()
}

/// Makes the directory ready for `config`: keeps block files of the same shape, wipes all others. Answers whether
/// something was wiped.
pub fn prepare(config: &CacheConfig) -> io::Result<bool> {
    fs::create_dir_all(&config.directory)?;
    let marker = marker_path(&config.directory);
    let blocks = blocks_directory(&config.directory);
    let wanted = describe(config);
    match fs::read_to_string(&marker) {
        Ok(found) if found == wanted => return Ok(false),
        Ok(_) => fs::remove_file(&marker)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        // Not text, or too odd to read: it is not ours, so its blocks are not either.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => fs::remove_file(&marker)?,
        Err(error) => return Err(error),
    }
    let wiped = match fs::remove_dir_all(&blocks) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    fs::create_dir_all(&blocks)?;
    fs::write(&marker, wanted)?;
    Ok(wiped)
}

fn marker_path(directory: &Path) -> PathBuf {
    directory.join("geometry")
}

fn describe(config: &CacheConfig) -> String {
    format!("strata-cache format={FORMAT} disk_bytes={} block_bytes={}\n", config.disk_bytes, config.block_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_survive_the_same_shape_and_are_wiped_by_another() {
        let directory = tempfile::tempdir().unwrap();
        let config =
            CacheConfig { memory_bytes: 64 << 20, disk_bytes: 16 << 20, directory: directory.path().join("cache") };
        assert!(!exists(&config.directory));
        assert!(!prepare(&config).unwrap());
        assert!(exists(&config.directory));
        let block = blocks_directory(&config.directory).join("block");
        fs::write(&block, b"x").unwrap();
        assert!(!prepare(&config).unwrap());
        assert!(block.exists());
        let smaller = CacheConfig { disk_bytes: 32 << 20, ..config.clone() };
        assert!(prepare(&smaller).unwrap());
        assert!(!block.exists());
        fs::write(&block, b"x").unwrap();
        fs::write(marker_path(&config.directory), [0xff, 0xfe]).unwrap();
        assert!(prepare(&smaller).unwrap());
        assert!(!block.exists());
    }
}
