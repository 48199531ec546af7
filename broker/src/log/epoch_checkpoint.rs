//! The leader epochs of a partition on disk: Kafka's `leader-epoch-checkpoint` and ours with a checksum beside it.
//!
//! Owns: writing both, and telling whether what is there can be believed. Does not own: Kafka's text (`checkpoint.rs`), what
//! epochs mean (`strata-broker-core`), reading them from the batches (`log_loader.rs`).
//!
//! Kafka's file has no checksum: a flipped digit would move an epoch and with it a truncation. The two are replaced one after
//! the other; a crash between leaves two that disagree, and then the batches decide. Where many logs are flushed at once, both
//! are staged before that and take their places after it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use strata_compat::ids::{LeaderEpoch, Offset};

use super::checkpoint::{LEADER_EPOCH_FILE, leader_epochs_text, read_leader_epochs};
use super::error::{LogError, LogErrorKind};
use super::log_dir::LogDir;

/// Our companion; Kafka ignores it.
pub(crate) const STRATA_LEADER_EPOCH_FILE: &str = "strata-leader-epoch-checkpoint";

type Epochs = Vec<(LeaderEpoch, Offset)>;

/// What the files say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoredEpochs {
    /// These.
    Sound(Epochs),
    /// These, as Kafka left them: ours is to be written beside them.
    KafkaOnly(Epochs),
    /// They are damaged or disagree; what they may be believed in at most, where no batch is left.
    Doubtful(Epochs),
}

/// Reads both files. An empty pair is none at all.
pub(crate) fn load(log_dir: &Arc<LogDir>, directory: &Path) -> Result<StoredEpochs, LogError> {
    let kafkas = match read_leader_epochs(log_dir, directory) {
        Ok(entries) if ascend(&entries) => Some(entries),
        Ok(_) => None,
        Err(error) if error.kind() == LogErrorKind::Corrupt => None,
        Err(error) => return Err(error),
    };
    let ours = log_dir.read_file(&directory.join(STRATA_LEADER_EPOCH_FILE))?;
    let Some(ours) = ours else {
        // Kafka wrote it: there is nothing to compare it with.
        return Ok(match kafkas {
            None => StoredEpochs::Doubtful(Vec::new()),
            Some(kafkas) if kafkas.is_empty() => StoredEpochs::Sound(kafkas),
            Some(kafkas) => StoredEpochs::KafkaOnly(kafkas),
        });
    };
    Ok(match (decode(&ours), kafkas) {
        (Some(ours), Some(kafkas)) if ours == kafkas => StoredEpochs::Sound(ours),
        (Some(ours), _) => StoredEpochs::Doubtful(ours),
        (None, kafkas) => StoredEpochs::Doubtful(kafkas.unwrap_or_default()),
    })
}

fn ascend(entries: &[(LeaderEpoch, Offset)]) -> bool {
    entries.iter().all(|(epoch, start)| epoch.0 >= 0 && start.0 >= 0)
        && entries.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1)
}

fn encode(entries: &[(LeaderEpoch, Offset)]) -> String {
    let text = leader_epochs_text(entries);
    format!("{text}crc32c {:08x}\n", crc32c::crc32c(text.as_bytes()))
}

fn decode(content: &[u8]) -> Option<Epochs> {
    let text = std::str::from_utf8(content).ok()?;
    let (body, checksum) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let body = text.get(..body.len() + 1)?;
    if checksum != format!("crc32c {:08x}", crc32c::crc32c(body.as_bytes())) {
        return None;
    }
    let mut lines = body.lines().skip(2);
    let entry = |line: &str| {
        let (epoch, start) = line.split_once(' ')?;
        Some((LeaderEpoch(epoch.parse().ok()?), Offset(start.parse().ok()?)))
    };
    lines.try_fold(Vec::new(), |mut entries, line| {
        entries.push(entry(line)?);
        Some(entries)
    })
}

/// Writes both files, durably. No epochs are no files, unless there were some.
pub(crate) fn store(
    log_dir: &Arc<LogDir>,
    directory: &Path,
    entries: &[(LeaderEpoch, Offset)],
) -> Result<(), LogError> {
    let Some([(ours, our_text), (kafkas, kafkas_text)]) = files(directory, entries) else {
        return Ok(());
    };
    log_dir.replace_file(&ours, our_text.as_bytes())?;
    log_dir.replace_file(&kafkas, kafkas_text.as_bytes())?;
    log_dir.sync_dir(directory)
}

/// Writes what is to be in both files beside them, not durably. Returns whether there is anything to write.
pub(crate) fn stage(
    log_dir: &Arc<LogDir>,
    directory: &Path,
    entries: &[(LeaderEpoch, Offset)],
) -> Result<bool, LogError> {
    let Some(files) = files(directory, entries) else {
        return Ok(false);
    };
    for (path, text) in files {
        log_dir.stage(&path, text.as_bytes())?;
    }
    Ok(true)
}

/// What was staged, and is durable by now, takes the place of both files; the names are not durable.
pub(crate) fn take_staged(log_dir: &LogDir, directory: &Path) -> Result<(), LogError> {
    log_dir.take_staged(&directory.join(STRATA_LEADER_EPOCH_FILE))?;
    log_dir.take_staged(&directory.join(LEADER_EPOCH_FILE))
}

/// Both files and what is to be in them, ours first; `None` where there is nothing to tell and nothing was told.
fn files(directory: &Path, entries: &[(LeaderEpoch, Offset)]) -> Option<[(PathBuf, String); 2]> {
    let (ours, kafkas) = (directory.join(STRATA_LEADER_EPOCH_FILE), directory.join(LEADER_EPOCH_FILE));
    let is_needed = !entries.is_empty() || ours.exists() || kafkas.exists();
    is_needed.then(|| [(ours, encode(entries)), (kafkas, leader_epochs_text(entries))])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn epochs() -> Epochs {
        vec![(LeaderEpoch(0), Offset(0)), (LeaderEpoch(4), Offset(17)), (LeaderEpoch(5), Offset(170))]
    }

    #[test]
    fn both_files_are_written_and_believed_while_they_agree() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let read = || load(&log_dir, directory.path()).unwrap();
        store(&log_dir, directory.path(), &[]).unwrap();
        assert!(!directory.path().join(LEADER_EPOCH_FILE).exists(), "no epochs are no files");
        assert_eq!(read(), StoredEpochs::Sound(Vec::new()));
        for entries in [epochs(), Vec::new()] {
            store(&log_dir, directory.path(), &entries).unwrap();
            assert_eq!(read(), StoredEpochs::Sound(entries));
        }
        store(&log_dir, directory.path(), &epochs()).unwrap();
        fs::remove_file(directory.path().join(STRATA_LEADER_EPOCH_FILE)).unwrap();
        assert_eq!(read(), StoredEpochs::KafkaOnly(epochs()), "as Kafka left it");
    }

    #[test]
    fn damage_to_either_file_is_noticed_and_a_whole_one_of_ours_is_kept_for_what_has_no_batches() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let (ours, kafkas) =
            (directory.path().join(STRATA_LEADER_EPOCH_FILE), directory.path().join(LEADER_EPOCH_FILE));
        for (path, floor) in [(&kafkas, epochs()), (&ours, epochs())] {
            store(&log_dir, directory.path(), &epochs()).unwrap();
            let whole = fs::read(path).unwrap();
            for at in 0..whole.len() {
                let mut damaged = whole.clone();
                damaged[at] ^= 1;
                fs::write(path, &damaged).unwrap();
                let found = load(&log_dir, directory.path()).unwrap();
                let is_told = found == StoredEpochs::Doubtful(floor.clone());
                // White space means the same to both of us.
                assert!(is_told || found == StoredEpochs::Sound(epochs()), "{} at {at}: {found:?}", path.display());
            }
            fs::remove_file(path).unwrap();
            let lost = load(&log_dir, directory.path()).unwrap();
            let expected = if path == &kafkas { StoredEpochs::Doubtful(floor) } else { StoredEpochs::KafkaOnly(floor) };
            assert_eq!(lost, expected);
        }
    }
}
