//! Errors of tiering, by what the caller can do about them.
//!
//! Owns: the kinds, and where in the bucket an error lies: whoever decodes says at which byte, whoever read the bytes says of
//! which object, and each says it once. Does not own: what a client is told.

use std::fmt;

use object_store::path::Path;

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
    object: Option<Path>,
    position: Option<u64>,
}

impl Error {
    /// An error without a cause of its own.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, is_loading: false, context: context.into(), source: None, object: None, position: None }
    }

    /// An error with its cause.
    pub fn with_source(
        kind: ErrorKind,
        context: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { source: Some(source.into()), ..Self::new(kind, context) }
    }

    /// `Unavailable` although nothing has failed: what was asked for is being loaded and will be there.
    pub(crate) fn loading(context: impl Into<String>) -> Self {
        Self { is_loading: true, ..Self::new(ErrorKind::Unavailable, context) }
    }

    /// Says in which object it is, unless that is known already.
    #[must_use]
    pub fn in_object(mut self, key: &Path) -> Self {
        self.object.get_or_insert_with(|| key.clone());
        self
    }

    /// Says at which byte of its object it is, unless that is known already.
    #[must_use]
    pub fn at(mut self, position: u64) -> Self {
        self.position.get_or_insert(position);
        self
    }

    /// The object that it is about, if it is about one.
    #[must_use]
    pub const fn object(&self) -> Option<&Path> {
        self.object.as_ref()
    }

    /// The byte of the object at which it is.
    #[must_use]
    pub const fn position(&self) -> Option<u64> {
        self.position
    }

    /// What is wrong and at which byte, for a report that names the object itself.
    #[must_use]
    pub fn reason(&self) -> String {
        let reason = self.with_causes();
        match self.position {
            Some(position) => format!("{reason}, at byte {position}"),
            None => reason,
        }
    }

    /// The context, its cause, and the first cause of all where the cause does not tell it: "error sending request" alone
    /// does not say that nobody listens.
    fn with_causes(&self) -> String {
        let Some(source) = &self.source else {
            return self.context.clone();
        };
        let text = format!("{}: {source}", self.context);
        let mut first: &dyn std::error::Error = source.as_ref();
        while let Some(cause) = first.source() {
            first = cause;
        }
        let first = first.to_string();
        if text.contains(&first) { text } else { format!("{text}: {first}") }
    }

    /// The same for another asker. Its cause becomes part of the text.
    pub(crate) fn share(&self) -> Self {
        let context = self.with_causes();
        Self {
            is_loading: self.is_loading,
            object: self.object.clone(),
            position: self.position,
            ..Self::new(self.kind, context)
        }
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
        let Some(key) = &self.object else {
            return formatter.write_str(&self.reason());
        };
        write!(formatter, "object {key}: {}", self.reason())?;
        if self.kind == ErrorKind::Corrupt {
            formatter.write_str(ADVICE)?;
        }
        Ok(())
    }
}

/// What is to be done about a damaged object.
const ADVICE: &str =
    "; put it back from a version or a copy of the bucket; `strata tier verify --deep` lists all that is damaged";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_names_object_byte_and_what_to_do_each_once() {
        let key = Path::from("p/c/a.seg");
        let error = Error::with_source(ErrorKind::Corrupt, "a chunk", "its checksum is wrong");
        let error = error.at(7).at(9).in_object(&key).in_object(&Path::from("other"));
        let text = error.to_string();
        assert!(text.starts_with("object p/c/a.seg: a chunk: its checksum is wrong, at byte 7; "), "{text}");
        assert!(text.contains("strata tier verify"), "{text}");
        assert_eq!(error.reason(), "a chunk: its checksum is wrong, at byte 7");
        assert_eq!(error.share().to_string(), text);
        assert_eq!((error.object(), error.position()), (Some(&key), Some(7)));
    }

    #[test]
    fn the_first_cause_is_told_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("sending failed")]
        struct Sending(#[source] std::io::Error);
        #[derive(Debug, thiserror::Error)]
        #[error("{0}")]
        struct Telling(#[source] std::io::Error);
        let refused = || std::io::Error::other("connection refused");
        let hidden = Error::with_source(ErrorKind::Unavailable, "get a", Sending(refused()));
        assert_eq!(hidden.to_string(), "get a: sending failed: connection refused");
        assert_eq!(hidden.share().to_string(), hidden.to_string());
        let told = Error::with_source(ErrorKind::Unavailable, "get a", Telling(refused()));
        assert_eq!(told.to_string(), "get a: connection refused");
    }

    #[test]
    fn a_store_that_is_away_is_no_reason_to_put_anything_back() {
        let error = Error::new(ErrorKind::Unavailable, "no answer").in_object(&Path::from("p/c/a.seg"));
        assert_eq!(error.to_string(), "object p/c/a.seg: no answer");
        assert_eq!(Error::new(ErrorKind::Fenced, "another leader").to_string(), "another leader");
    }
}
