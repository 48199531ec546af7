//! Errors of tiering, by what the caller can do about them.

use std::fmt;

/// What the caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The store, the cache or the quorum is away for now: try again later.
    Unavailable,
    /// Another leader, broker incarnation or tiering epoch has taken over: stop.
    Fenced,
    /// No such object, row or partition.
    NotFound,
    /// The request itself is wrong.
    Invalid,
    /// Bytes are not what their checksum or their description says.
    Corrupt,
    /// The part is shut down.
    Closed,
    /// The quorum holds as many rows as it may: write a page first.
    RowsFull,
    /// A defect of ours.
    Internal,
}

/// An error with its kind, what was being done, and its cause.
#[derive(Debug, thiserror::Error)]
pub struct Error {
    kind: ErrorKind,
    is_loading: bool,
    context: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error without a cause of its own.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, is_loading: false, context: context.into(), source: None }
    }

    /// An error with its cause.
    pub fn with_source(
        kind: ErrorKind,
        context: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, is_loading: false, context: context.into(), source: Some(source.into()) }
    }

    /// `Unavailable` although nothing has failed: what was asked for is being loaded and will be there.
    pub(crate) fn loading(context: impl Into<String>) -> Self {
        Self { is_loading: true, ..Self::new(ErrorKind::Unavailable, context) }
    }

    /// Whether nothing has failed: what was asked for is on its way, and asking again finds it sooner or later.
    #[must_use]
    pub const fn is_loading(&self) -> bool {
        self.is_loading
    }

    /// What the caller can do about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub const fn is_retriable(&self) -> bool {
        matches!(self.kind, ErrorKind::Unavailable)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.context)?;
        match &self.source {
            Some(source) => write!(formatter, ": {source}"),
            None => Ok(()),
        }
    }
}
