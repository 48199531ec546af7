//! Small durable files of a log directory and of a partition, in Kafka's text formats.
//!
//! Owns: the text of offset checkpoints, `leader-epoch-checkpoint`, `partition.metadata`, `.kafka_cleanshutdown`, and
//! our companion of recovery points; writing a file so that a crash leaves the old or the new one, whole.
//! Does not own: when a checkpoint is written (`log_manager.rs`, `unified_log.rs`).
//!
//! After a crash a `*.tmp` file may be left; it is never read and the next write replaces it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use strata_compat::ids::{LeaderEpoch, Offset, TopicId, parse_uuid, uuid_text};

use super::error::{LogError, LogErrorKind};
use super::log_dir::LogDir;

/// Kafka's recovery points of all partitions of a directory.
pub const RECOVERY_POINT_FILE: &str = "recovery-point-offset-checkpoint";
/// Kafka's log start offsets of all partitions of a directory.
pub const LOG_START_FILE: &str = "log-start-offset-checkpoint";
/// Kafka's high watermarks of all partitions of a directory.
pub const REPLICATION_OFFSET_FILE: &str = "replication-offset-checkpoint";
/// Kafka's first dirty offsets of compacted partitions of a directory.
pub const CLEANER_OFFSET_FILE: &str = "cleaner-offset-checkpoint";
/// Our recovery points with their journal sequences; Kafka ignores it.
pub const STRATA_RECOVERY_FILE: &str = "strata-recovery-point-checkpoint";
/// Our log start offsets with a checksum, which Kafka's file has not; Kafka ignores it.
pub const STRATA_LOG_START_FILE: &str = "strata-log-start-checkpoint";
/// Says that the directory was closed in order.
pub const CLEAN_SHUTDOWN_FILE: &str = ".kafka_cleanshutdown";
/// The leader epochs of one partition.
pub const LEADER_EPOCH_FILE: &str = "leader-epoch-checkpoint";
/// The topic id of one partition.
pub const PARTITION_METADATA_FILE: &str = "partition.metadata";

/// Topic name and partition index, as Kafka's checkpoints name a partition.
pub type TopicPartition = (String, i32);

/// Where recovery of one partition begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryPoint {
    /// Everything below is in fsynced segment files.
    pub offset: Offset,
    /// Journal entries of the partition at or below this sequence are covered by it; 0 without a journal.
    pub journal_sequence: u64,
    /// First offset in local files when it was taken.
    pub local_start: Offset,
}

/// The text of `path`; `None` if there is no such file.
fn read_text(log_dir: &Arc<LogDir>, path: &Path) -> Result<Option<String>, LogError> {
    let Some(bytes) = log_dir.read_file(path)? else {
        return Ok(None);
    };
    String::from_utf8(bytes).map(Some).map_err(|_| malformed(path, "it is no text"))
}

fn malformed(path: &Path, what: &str) -> LogError {
    LogError::new(LogErrorKind::Corrupt, format!("{} is malformed: {what}", path.display()))
}

/// Kafka's frame of a checkpoint: a version line, a count line, then one line for each entry.
fn frame(lines: &[String]) -> String {
    let mut text = format!("0\n{}\n", lines.len());
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The entry lines of a checkpoint, after its version and count were checked.
fn unframe<'text>(path: &Path, text: &'text str) -> Result<Vec<&'text str>, LogError> {
    let mut lines = text.lines();
    if lines.next().map(str::trim) != Some("0") {
        return Err(malformed(path, "unknown version"));
    }
    let count: usize =
        lines.next().and_then(|line| line.trim().parse().ok()).ok_or_else(|| malformed(path, "no count of entries"))?;
    let entries: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    if entries.len() == count {
        Ok(entries)
    } else {
        Err(malformed(path, &format!("{} entries where {count} are announced", entries.len())))
    }
}

/// The fields of one entry line as numbers, after a leading topic name where `named`.
fn numbers<const N: usize>(path: &Path, line: &str) -> Result<[i64; N], LogError> {
    let mut values = [0; N];
    let mut fields = line.split_whitespace();
    for value in &mut values {
        *value = fields
            .next()
            .and_then(|field| field.parse().ok())
            .ok_or_else(|| malformed(path, &format!("entry {line:?}")))?;
    }
    if fields.next().is_some() {
        return Err(malformed(path, &format!("entry {line:?}")));
    }
    Ok(values)
}

fn named_entry<'text>(path: &Path, line: &'text str) -> Result<(&'text str, &'text str), LogError> {
    line.split_once(' ').ok_or_else(|| malformed(path, &format!("entry {line:?}")))
}

fn partition_index(path: &Path, value: i64) -> Result<i32, LogError> {
    i32::try_from(value).map_err(|_| malformed(path, &format!("partition {value}")))
}

/// Reads one of Kafka's offset checkpoints; empty if there is none.
pub fn read_offsets(log_dir: &Arc<LogDir>, path: &Path) -> Result<BTreeMap<TopicPartition, Offset>, LogError> {
    let Some(text) = read_text(log_dir, path)? else {
        return Ok(BTreeMap::new());
    };
    let mut offsets = BTreeMap::new();
    for line in unframe(path, &text)? {
        let (topic, rest) = named_entry(path, line)?;
        let [partition, offset] = numbers(path, rest)?;
        offsets.insert((topic.to_owned(), partition_index(path, partition)?), Offset(offset));
    }
    Ok(offsets)
}

/// Writes one of Kafka's offset checkpoints.
pub fn write_offsets(
    log_dir: &Arc<LogDir>,
    path: &Path,
    offsets: &BTreeMap<TopicPartition, Offset>,
) -> Result<(), LogError> {
    let lines: Vec<String> =
        offsets.iter().map(|((topic, partition), offset)| format!("{topic} {partition} {offset}")).collect();
    log_dir.write_atomically(path, frame(&lines).as_bytes())
}

/// Reads our recovery points; empty if there are none.
pub fn read_recovery_points(
    log_dir: &Arc<LogDir>,
    path: &Path,
) -> Result<BTreeMap<TopicPartition, RecoveryPoint>, LogError> {
    let Some(text) = read_text(log_dir, path)? else {
        return Ok(BTreeMap::new());
    };
    let Some((body, checksum)) = text.trim_end().rsplit_once('\n') else {
        return Err(malformed(path, "no checksum"));
    };
    if checksum != format!("crc32c {:08x}", crc32c::crc32c(body.as_bytes())) {
        return Err(malformed(path, "wrong checksum"));
    }
    let mut points = BTreeMap::new();
    for line in unframe(path, body)? {
        let (topic, rest) = named_entry(path, line)?;
        let [partition, offset, sequence, local_start] = numbers(path, rest)?;
        let journal_sequence = u64::try_from(sequence).map_err(|_| malformed(path, &format!("sequence {sequence}")))?;
        let point = RecoveryPoint { offset: Offset(offset), journal_sequence, local_start: Offset(local_start) };
        points.insert((topic.to_owned(), partition_index(path, partition)?), point);
    }
    Ok(points)
}

/// Writes our recovery points, with a checksum as the last line.
pub fn write_recovery_points(
    log_dir: &Arc<LogDir>,
    path: &Path,
    points: &BTreeMap<TopicPartition, RecoveryPoint>,
) -> Result<(), LogError> {
    let lines: Vec<String> = points
        .iter()
        .map(|((topic, partition), point)| {
            format!("{topic} {partition} {} {} {}", point.offset, point.journal_sequence, point.local_start)
        })
        .collect();
    let body = frame(&lines);
    let body = body.trim_end();
    let text = format!("{body}\ncrc32c {:08x}\n", crc32c::crc32c(body.as_bytes()));
    log_dir.write_atomically(path, text.as_bytes())
}

/// Log starts of all partitions of a directory: ours, which are checked; Kafka's where ours are missing or damaged.
pub fn read_log_starts(log_dir: &Arc<LogDir>) -> Result<BTreeMap<TopicPartition, Offset>, LogError> {
    let kafkas = || read_offsets(log_dir, &log_dir.path().join(LOG_START_FILE));
    let ours = log_dir.path().join(STRATA_LOG_START_FILE);
    if !ours.is_file() {
        return kafkas();
    }
    match read_recovery_points(log_dir, &ours) {
        Ok(points) => Ok(points.into_iter().map(|(name, point)| (name, point.offset)).collect()),
        Err(error) if error.kind() == LogErrorKind::Corrupt => {
            tracing::warn!(%error, "log starts are taken from the file beside it, and both are written anew");
            kafkas()
        }
        Err(error) => Err(error),
    }
}

/// Writes the log starts of all partitions of a directory, ours and Kafka's.
pub fn write_log_starts(log_dir: &Arc<LogDir>, starts: &BTreeMap<TopicPartition, Offset>) -> Result<(), LogError> {
    let point = |start: &Offset| RecoveryPoint { offset: *start, journal_sequence: 0, local_start: *start };
    let points = starts.iter().map(|(name, start)| (name.clone(), point(start))).collect();
    write_recovery_points(log_dir, &log_dir.path().join(STRATA_LOG_START_FILE), &points)?;
    write_offsets(log_dir, &log_dir.path().join(LOG_START_FILE), starts)
}

/// What a checkpoint says; nothing, and a warning, if it is damaged: `without` says what takes its place.
pub fn unless_damaged<T: Default>(read: Result<T, LogError>, without: &str) -> Result<T, LogError> {
    match read {
        Err(error) if error.kind() == LogErrorKind::Corrupt => {
            tracing::warn!(%error, without, "a damaged checkpoint is left out and written anew");
            Ok(T::default())
        }
        answer => answer,
    }
}

/// Reads `leader-epoch-checkpoint` of a partition directory; empty if there is none.
pub fn read_leader_epochs(log_dir: &Arc<LogDir>, directory: &Path) -> Result<Vec<(LeaderEpoch, Offset)>, LogError> {
    let path = directory.join(LEADER_EPOCH_FILE);
    let Some(text) = read_text(log_dir, &path)? else {
        return Ok(Vec::new());
    };
    let mut entries = Vec::new();
    for line in unframe(&path, &text)? {
        let [epoch, start] = numbers(&path, line)?;
        let epoch = i32::try_from(epoch).map_err(|_| malformed(&path, &format!("epoch {epoch}")))?;
        entries.push((LeaderEpoch(epoch), Offset(start)));
    }
    Ok(entries)
}

/// The text of a `leader-epoch-checkpoint`.
#[must_use]
pub fn leader_epochs_text(entries: &[(LeaderEpoch, Offset)]) -> String {
    let lines: Vec<String> = entries.iter().map(|(epoch, start)| format!("{epoch} {start}")).collect();
    frame(&lines)
}

/// Writes `leader-epoch-checkpoint` of a partition directory.
pub fn write_leader_epochs(
    log_dir: &Arc<LogDir>,
    directory: &Path,
    entries: &[(LeaderEpoch, Offset)],
) -> Result<(), LogError> {
    log_dir.write_atomically(&directory.join(LEADER_EPOCH_FILE), leader_epochs_text(entries).as_bytes())
}

/// Reads the topic id of a partition directory; `None` if the file is missing. A file without our checksum is Kafka's own, or
/// was restored by hand: it is believed.
pub fn read_partition_metadata(log_dir: &Arc<LogDir>, directory: &Path) -> Result<Option<TopicId>, LogError> {
    let path = directory.join(PARTITION_METADATA_FILE);
    let Some(text) = read_text(log_dir, &path)? else {
        return Ok(None);
    };
    let mut lines = text.lines();
    if lines.next().map(str::trim) != Some("version: 0") {
        return Err(malformed(&path, "unknown version"));
    }
    let id = lines.next().and_then(|line| line.strip_prefix("topic_id: ")).and_then(|id| parse_uuid(id.trim()));
    let topic_id = id.map(TopicId).ok_or_else(|| malformed(&path, "no topic id"))?;
    let rest: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    if rest.is_empty() || rest == [metadata_checksum(topic_id)] {
        Ok(Some(topic_id))
    } else {
        Err(malformed(&path, &format!("its checksum is not that of topic id {}", uuid_text(topic_id.0))))
    }
}

/// Writes the topic id of a partition directory: Kafka's two lines, and a third with a checksum, which Kafka does not read. A
/// damaged id would make the log that of a topic which nobody knows.
pub fn write_partition_metadata(log_dir: &Arc<LogDir>, directory: &Path, topic_id: TopicId) -> Result<(), LogError> {
    let checksum = metadata_checksum(topic_id);
    let text = format!("version: 0\ntopic_id: {}\n{checksum}\n", uuid_text(topic_id.0));
    log_dir.write_atomically(&directory.join(PARTITION_METADATA_FILE), text.as_bytes())
}

fn metadata_checksum(topic_id: TopicId) -> String {
    format!("strata_crc32c: {:08x}", crc32c::crc32c(topic_id.0.as_bytes()))
}

/// Notes in a log directory that it was closed in order, by which incarnation.
pub fn write_clean_shutdown(log_dir: &Arc<LogDir>, broker_epoch: i64) -> Result<(), LogError> {
    let text = format!("{{\"version\":0,\"brokerEpoch\":{broker_epoch}}}");
    log_dir.write_atomically(&log_dir.path().join(CLEAN_SHUTDOWN_FILE), text.as_bytes())
}

/// Whether the log directory was closed in order. The note is kept: [`clear_clean_shutdown`] removes it.
#[must_use]
pub fn was_shut_down_cleanly(log_dir: &LogDir) -> bool {
    log_dir.path().join(CLEAN_SHUTDOWN_FILE).is_file()
}

/// The broker epoch that the note of an orderly stop carries; −1 if there is no note or no epoch in it.
#[must_use]
pub fn clean_shutdown_broker_epoch(log_dir: &Arc<LogDir>) -> i64 {
    let text = read_text(log_dir, &log_dir.path().join(CLEAN_SHUTDOWN_FILE)).ok().flatten().unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(&text)
        .ok()
        .and_then(|note| note.get("brokerEpoch").and_then(serde_json::Value::as_i64))
        .unwrap_or(-1)
}

/// Removes the note of an orderly stop, durably, before anything is written.
pub fn clear_clean_shutdown(log_dir: &LogDir) -> Result<(), LogError> {
    log_dir.remove_file(&log_dir.path().join(CLEAN_SHUTDOWN_FILE))?;
    log_dir.sync_dir(log_dir.path())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn open(directory: &tempfile::TempDir) -> Arc<LogDir> {
        LogDir::open(directory.path(), 0).unwrap()
    }

    #[test]
    fn offset_checkpoint_has_the_text_of_kafka_and_is_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = open(&directory);
        let path = directory.path().join(RECOVERY_POINT_FILE);
        assert!(read_offsets(&log_dir, &path).unwrap().is_empty());
        let offsets = BTreeMap::from([(("orders".to_owned(), 0), Offset(42)), (("orders".to_owned(), 1), Offset(0))]);
        write_offsets(&log_dir, &path, &offsets).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "0\n2\norders 0 42\norders 1 0\n");
        assert_eq!(read_offsets(&log_dir, &path).unwrap(), offsets);
    }

    #[test]
    fn recovery_points_are_read_back_and_damage_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = open(&directory);
        let path = directory.path().join(STRATA_RECOVERY_FILE);
        let point = RecoveryPoint { offset: Offset(7), journal_sequence: 99, local_start: Offset(3) };
        for points in [BTreeMap::new(), BTreeMap::from([(("a".to_owned(), 3), point)])] {
            write_recovery_points(&log_dir, &path, &points).unwrap();
            assert_eq!(read_recovery_points(&log_dir, &path).unwrap(), points);
        }
        let text = fs::read_to_string(&path).unwrap().replace("99", "98");
        fs::write(&path, text).unwrap();
        assert_eq!(read_recovery_points(&log_dir, &path).unwrap_err().kind(), LogErrorKind::Corrupt);
    }

    #[test]
    fn malformed_checkpoints_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = open(&directory);
        let path = directory.path().join(LOG_START_FILE);
        for text in ["", "1\n0\n", "0\nx\n", "0\n2\na 0 1\n", "0\n1\na 0\n", "0\n1\na 0 1 2\n", "0\n1\na\n"] {
            fs::write(&path, text).unwrap();
            assert_eq!(read_offsets(&log_dir, &path).unwrap_err().kind(), LogErrorKind::Corrupt, "{text:?}");
        }
    }

    #[test]
    fn leader_epochs_and_partition_metadata_are_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = open(&directory);
        assert!(read_leader_epochs(&log_dir, directory.path()).unwrap().is_empty());
        let entries = vec![(LeaderEpoch(0), Offset(0)), (LeaderEpoch(4), Offset(17))];
        write_leader_epochs(&log_dir, directory.path(), &entries).unwrap();
        assert_eq!(fs::read_to_string(directory.path().join(LEADER_EPOCH_FILE)).unwrap(), "0\n2\n0 0\n4 17\n");
        assert_eq!(read_leader_epochs(&log_dir, directory.path()).unwrap(), entries);

        assert_eq!(read_partition_metadata(&log_dir, directory.path()).unwrap(), None);
        let id = TopicId(strata_compat::ids::Uuid::from_u128(77));
        write_partition_metadata(&log_dir, directory.path(), id).unwrap();
        assert_eq!(read_partition_metadata(&log_dir, directory.path()).unwrap(), Some(id));
    }

    #[test]
    fn no_damaged_topic_id_is_believed() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = open(&directory);
        let id = TopicId(strata_compat::ids::Uuid::from_u128(77));
        write_partition_metadata(&log_dir, directory.path(), id).unwrap();
        let path = directory.path().join(PARTITION_METADATA_FILE);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            fs::write(&path, flipped).unwrap();
            match read_partition_metadata(&log_dir, directory.path()) {
                Ok(read) => assert_eq!(read, Some(id), "bit {at}"),
                Err(error) => assert_eq!(error.kind(), LogErrorKind::Corrupt, "bit {at}"),
            }
        }
        fs::write(&path, format!("version: 0\ntopic_id: {}\n", uuid_text(id.0))).unwrap();
        assert_eq!(read_partition_metadata(&log_dir, directory.path()).unwrap(), Some(id), "Kafka's has no checksum");
    }

    #[test]
    fn clean_shutdown_note_is_written_read_and_cleared() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = open(&directory);
        assert!(!was_shut_down_cleanly(&log_dir));
        write_clean_shutdown(&log_dir, 12).unwrap();
        assert!(was_shut_down_cleanly(&log_dir));
        assert_eq!(clean_shutdown_broker_epoch(&log_dir), 12);
        clear_clean_shutdown(&log_dir).unwrap();
        clear_clean_shutdown(&log_dir).unwrap();
        assert!(!was_shut_down_cleanly(&log_dir));
    }
}
