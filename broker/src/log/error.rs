//! Errors of the local log, by what the caller can do about them.
//!
//! Owns: [`LogError`], its kind and the finer reason from which a Kafka error code is chosen elsewhere.
//! Does not own: Kafka's error codes (`request/error_mapping.rs`).

use std::fmt;
use std::path::Path;

/// What the caller can do about a [`LogError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogErrorKind {
    /// The directory is offline, full or busy: try again later, perhaps elsewhere.
    Unavailable,
    /// Another producer or leader epoch has taken over: stop.
    Fenced,
    /// No such offset, log or file.
    NotFound,
    /// What was asked or sent is wrong.
    Invalid,
    /// Bytes are not what their checksum or description says.
    Corrupt,
    /// The log is closed.
    Closed,
    /// A defect of ours.
    Internal,
}

/// The finer reason of a [`LogError`], for choosing the answer to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogErrorReason {
    /// The offset is below the log start or above the log end.
    OffsetOutOfRange,
    /// A batch from the client does not decode or fails its checksum.
    CorruptBatch,
    /// A record breaks a rule (key, count, sequence, control bit).
    InvalidRecord,
    /// A timestamp is outside the window that the topic allows.
    InvalidTimestamp,
    /// A batch is larger than `max.message.bytes`.
    MessageTooLarge,
    /// What was sent is larger than a segment may be.
    RecordListTooLarge,
    /// The codec is unknown or not allowed here.
    UnsupportedCompression,
    /// A producer's sequence does not follow its last one.
    OutOfOrderSequence,
    /// A producer's epoch is older than the known one.
    InvalidProducerEpoch,
    /// A transaction is in a state that does not allow this.
    InvalidTransactionState,
    /// The coordinator of a marker is an old one.
    CoordinatorFenced,
    /// Offsets of a follower's fetch do not continue its log.
    UnexpectedOffset,
    /// A segment file is damaged where it must not be.
    CorruptSegment,
    /// The directory failed and is offline until restart.
    DirectoryOffline,
    /// Too little space is left on the directory's disk.
    DiskFull,
    /// The journal is full and waits for segment files to be flushed.
    JournalFull,
    /// Nothing finer to say than the kind.
    Other,
}

/// An error of the log with its kind, reason, what was being done, and its cause.
#[derive(Debug, thiserror::Error)]
pub struct LogError {
    kind: LogErrorKind,
    reason: LogErrorReason,
    context: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl LogError {
    /// An error without a cause of its own and no finer reason.
    pub fn new(kind: LogErrorKind, context: impl Into<String>) -> Self {
        Self { kind, reason: LogErrorReason::Other, context: context.into(), source: None }
    }

    /// An error with its cause.
    pub fn with_source(
        kind: LogErrorKind,
        context: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, reason: LogErrorReason::Other, context: context.into(), source: Some(source.into()) }
    }

    /// The same error with a finer reason.
    #[must_use]
    pub fn because(mut self, reason: LogErrorReason) -> Self {
        self.reason = reason;
        self
    }

    /// A file operation that failed on `path`.
    pub fn io(action: &str, path: &Path, source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::NotFound => LogErrorKind::NotFound,
            _ => LogErrorKind::Unavailable,
        };
        Self::with_source(kind, format!("{action} {}", path.display()), source)
    }

    /// An offset outside what the log holds.
    pub fn out_of_range(context: impl Into<String>) -> Self {
        Self::new(LogErrorKind::NotFound, context).because(LogErrorReason::OffsetOutOfRange)
    }

    /// Damage in a log file, where nothing may be wrong.
    pub fn corrupt_segment(context: impl Into<String>) -> Self {
        Self::new(LogErrorKind::Corrupt, context).because(LogErrorReason::CorruptSegment)
    }

    /// Something that the sender did wrong.
    pub fn invalid(reason: LogErrorReason, context: impl Into<String>) -> Self {
        Self::new(LogErrorKind::Invalid, context).because(reason)
    }

    /// What the caller can do about it.
    #[must_use]
    pub const fn kind(&self) -> LogErrorKind {
        self.kind
    }

    /// The finer reason.
    #[must_use]
    pub const fn reason(&self) -> LogErrorReason {
        self.reason
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retriable(&self) -> bool {
        matches!(self.kind, LogErrorKind::Unavailable)
    }
}

impl fmt::Display for LogError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.context)?;
        match &self.source {
            Some(source) => write!(formatter, ": {source}"),
            None => Ok(()),
        }
    }
}
