//! Errors of reading and writing the core's own bytes. What a command is refused for is a
//! [`Refusal`](crate::response::Refusal), not an error.

/// What the caller can do about an [`Error`] or a [`Refusal`](crate::response::Refusal).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It may succeed later, as it is.
    Unavailable,
    /// Somebody else holds the right by now: stop, and learn the new state first.
    Fenced,
    /// What it names does not exist.
    NotFound,
    /// The request itself is wrong.
    Invalid,
    /// Bytes are not what their checksum or their version says.
    Corrupt,
    /// The part is shut down.
    Closed,
    /// A defect of ours.
    Internal,
}

/// Bytes that cannot be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{context}")]
pub struct Error {
    kind: ErrorKind,
    context: String,
}

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into() }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unavailable_is_retriable() {
        let others = [
            ErrorKind::Fenced,
            ErrorKind::NotFound,
            ErrorKind::Invalid,
            ErrorKind::Corrupt,
            ErrorKind::Closed,
            ErrorKind::Internal,
        ];
        assert!(Error::new(ErrorKind::Unavailable, "away").is_retriable());
        for kind in others {
            let error = Error::new(kind, "why");
            assert_eq!((error.kind(), error.is_retriable(), error.to_string()), (kind, false, "why".to_owned()));
        }
    }
}
