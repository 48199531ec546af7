//! Log directories that run short of room, told to the operator: once when it begins and once when it is over. One that is gone
//! goes offline.
//!
//! Owns: what is news. Does not own: what is refused meanwhile (`log/log_dir.rs`), or what is let go (`server/tasks.rs`). A file
//! system that does not say how much room it has is told once a minute with a count.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use strata_tiering::repeats::Repeats;

use crate::log::error::LogError;
use crate::log::log_dir::LogDir;

/// The directories that were short at the last look.
#[derive(Debug, Default)]
pub(super) struct DiskWatch {
    short: BTreeSet<PathBuf>,
    unknown_told: Repeats<PathBuf>,
}

/// What a directory says of its room.
#[derive(Clone, Copy, Debug)]
struct Room {
    is_short: bool,
    free_bytes: u64,
}

/// What is to be told of a directory.
#[derive(Debug)]
enum News {
    Short { free_bytes: u64 },
    Over { free_bytes: u64 },
    Unknown { error: LogError, untold: u64 },
}

impl DiskWatch {
    /// Looks at all directories.
    pub(super) fn look(&mut self, directories: &[Arc<LogDir>], reserve_bytes: u64) {
        for directory in directories {
            if directory.check_is_there().is_err() && directory.offline().is_some() {
                // That was told when it went offline, and its file system is not asked any more.
                continue;
            }
            let room = directory.is_below_reserve().and_then(|is_short| {
                let free_bytes = directory.space()?.available_bytes;
                Ok(Room { is_short, free_bytes })
            });
            let path = directory.path();
            match self.news(path, room, Instant::now()) {
                Some(News::Short { free_bytes }) => tracing::error!(
                    directory = %path.display(), free_bytes, reserve_bytes,
                    "the disk is full but for its reserve (strata.log.disk.reserve.bytes): records of clients are refused with \
                     KAFKA_STORAGE_ERROR until there is room; free some, shorten retention or local retention, or lower the \
                     reserve"
                ),
                Some(News::Over { free_bytes }) => tracing::info!(
                    directory = %path.display(), free_bytes, "there is room on the disk again: records are taken"
                ),
                Some(News::Unknown { error, untold }) => tracing::error!(
                    directory = %path.display(), %error, untold,
                    "the file system does not say how much room it has: records of clients are refused with \
                     KAFKA_STORAGE_ERROR, and nothing is let go for want of room, until it does"
                ),
                None => {}
            }
        }
    }

    /// A directory whose file system does not answer stands as it stood: with no figure nothing has begun, and nothing is over.
    fn news(&mut self, directory: &Path, room: Result<Room, LogError>, now: Instant) -> Option<News> {
        match room {
            Ok(Room { is_short: true, free_bytes }) => {
                self.short.insert(directory.to_path_buf()).then_some(News::Short { free_bytes })
            }
            Ok(Room { is_short: false, free_bytes }) => {
                self.short.remove(directory).then_some(News::Over { free_bytes })
            }
            Err(error) => {
                let untold = self.unknown_told.comes_up(&directory.to_path_buf(), now)?;
                Some(News::Unknown { error, untold })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::log::error::LogErrorKind;

    /// The news of an answer: `None` where the file system gives none.
    fn told(watch: &mut DiskWatch, directory: &str, is_short: Option<bool>, now: Instant) -> String {
        let room = match is_short {
            Some(is_short) => Ok(Room { is_short, free_bytes: 7 }),
            None => Err(LogError::new(LogErrorKind::Unavailable, "not now")),
        };
        match watch.news(Path::new(directory), room, now) {
            None => String::new(),
            Some(News::Short { free_bytes }) => format!("short {free_bytes}"),
            Some(News::Over { free_bytes }) => format!("over {free_bytes}"),
            Some(News::Unknown { error, untold }) => format!("{error} {untold}"),
        }
    }

    #[test]
    fn a_shortage_is_news_when_it_begins_and_when_it_is_over() {
        let mut watch = DiskWatch::default();
        let cases = [
            ("/a", false, ""),
            ("/a", true, "short 7"),
            ("/a", true, ""),
            ("/b", true, "short 7"),
            ("/a", false, "over 7"),
            ("/a", false, ""),
            ("/b", true, ""),
            ("/a", true, "short 7"),
        ];
        for (directory, is_short, expected) in cases {
            assert_eq!(told(&mut watch, directory, Some(is_short), Instant::now()), expected, "{directory} {is_short}");
        }
    }

    #[test]
    fn a_directory_that_is_gone_goes_offline_and_the_other_stays() {
        let root = tempfile::tempdir().expect("directory");
        let directories = ["one", "other"].map(|name| LogDir::open(root.path().join(name), 0).expect("opened"));
        std::fs::rename(root.path().join("one"), root.path().join("away")).expect("moved");
        DiskWatch::default().look(&directories, 0);
        let reason = directories[0].offline().expect("offline").to_string();
        assert!(reason.contains("the log directory itself is gone"), "{reason}");
        assert!(directories[1].offline().is_none());
    }

    #[test]
    fn a_file_system_that_does_not_answer_is_told_once_a_minute_and_changes_nothing_else() {
        let (mut watch, begin) = (DiskWatch::default(), Instant::now());
        let cases = [
            (0, Some(true), "short 7"),
            (1, None, "not now 0"),
            (2, None, ""),
            (3, Some(true), ""),
            (60, None, ""),
            (61, None, "not now 2"),
            (62, Some(false), "over 7"),
        ];
        for (second, is_short, expected) in cases {
            let now = begin + Duration::from_secs(second);
            assert_eq!(told(&mut watch, "/a", is_short, now), expected, "at {second} s");
        }
        assert_eq!(told(&mut watch, "/b", None, begin), "not now 0", "each for itself");
    }
}
