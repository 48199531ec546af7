//! What the names of directories tell.
//!
//! Owns: since when a stray directory is one, and the refusal of two that claim one partition. Does not own: which name a log gets
//! that leaves (`leaving.rs`), which directories there are (`open.rs`).

use std::path::Path;

use strata_compat::ids::{Timestamp, TopicIdPartition};

use super::STRAY_SUFFIX;
use crate::log::checkpoint::PARTITION_METADATA_FILE;

/// Since when the directory of this name is a stray one; `None` if it is none.
pub(super) fn stray_since(name: &str) -> Option<Timestamp> {
    let (_, id) = name.strip_suffix(STRAY_SUFFIX)?.rsplit_once('.')?;
    let (since, _) = id.split_once('x')?;
    since.parse().ok().map(Timestamp)
}

/// Two directories that claim one partition.
pub(super) fn claimed_twice(partition: TopicIdPartition, one: &Path, other: &Path) -> String {
    format!(
        "{} and {} both say by their {PARTITION_METADATA_FILE} that they hold partition {partition}; nothing was changed: \
         restore the file of one, or move one away",
        one.display(),
        other.display()
    )
}
