//! Log directories that run short of room, told to the operator: once when it begins and once when it is over.
//!
//! Owns: what is news. Does not own: what is refused meanwhile (`log/log_dir.rs`), or what is let go (`server/tasks.rs`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::log::log_dir::LogDir;

/// The directories that were short at the last look.
#[derive(Debug, Default)]
pub(super) struct DiskWatch {
    short: BTreeSet<PathBuf>,
}

/// What has changed of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Short,
    Over,
}

impl DiskWatch {
    /// Looks at all directories. One whose file system does not answer stands as it stood.
    pub(super) fn look(&mut self, directories: &[Arc<LogDir>], reserve_bytes: u64) {
        for directory in directories {
            let Ok(is_short) = directory.is_below_reserve() else { continue };
            let free_bytes = directory.space().map(|space| space.available_bytes).unwrap_or_default();
            match self.news(directory.path(), is_short) {
                Some(News::Short) => tracing::error!(
                    directory = %directory.path().display(), free_bytes, reserve_bytes,
                    "the disk is full but for its reserve (strata.log.disk.reserve.bytes): records of clients are refused with \
                     KAFKA_STORAGE_ERROR until there is room; free some, shorten retention or local retention, or lower the \
                     reserve"
                ),
                Some(News::Over) => tracing::info!(
                    directory = %directory.path().display(), free_bytes,
                    "there is room on the disk again: records are taken"
                ),
                None => {}
            }
        }
    }

    fn news(&mut self, directory: &Path, is_short: bool) -> Option<News> {
        if is_short {
            self.short.insert(directory.to_path_buf()).then_some(News::Short)
        } else {
            self.short.remove(directory).then_some(News::Over)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_news_when_it_begins_and_when_it_is_over() {
        let mut watch = DiskWatch::default();
        let cases = [
            ("/a", false, None),
            ("/a", true, Some(News::Short)),
            ("/a", true, None),
            ("/b", true, Some(News::Short)),
            ("/a", false, Some(News::Over)),
            ("/a", false, None),
            ("/b", true, None),
            ("/a", true, Some(News::Short)),
        ];
        for (directory, is_short, expected) in cases {
            assert_eq!(watch.news(Path::new(directory), is_short), expected, "{directory} {is_short}");
        }
    }
}
