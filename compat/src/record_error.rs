//! What can be wrong with a record batch, by kind, with a sentence that says what was found and what is right.
//!
//! Owns: [`RecordError`] and [`RecordErrorKind`]. Does not own the choice of a Kafka error code; that is the caller's.

use std::borrow::Cow;
use std::fmt;

/// What is wrong with a batch or with one of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordErrorKind {
    /// Fewer bytes than the batch or the record says it has.
    TooShort,
    /// A message format that is not version 2.
    BadMagic,
    /// A length that cannot be right, or bytes left over after the last record.
    BadLength,
    /// The CRC-32C does not match the bytes.
    BadCrc,
    /// A count of records or headers that is negative or not the real one.
    BadCount,
    /// Offsets that do not ascend or lie outside the batch.
    BadOffset,
    /// A varint longer than its type allows.
    BadVarint,
    /// A codec number that Kafka does not define.
    UnknownCodec,
    /// The compressed body cannot be decompressed, or compressing failed.
    Decompress,
    /// The decompressed body is larger than the caller allows.
    OutputTooLarge,
    /// A batch to be built does not fit the format's numbers.
    TooLarge,
    /// The content of a control record is not what its type demands.
    BadControlRecord,
}

/// An error in a record batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RecordError {
    kind: RecordErrorKind,
    context: Cow<'static, str>,
}

impl RecordError {
    /// An error of `kind`; `context` says what was wrong and what is right.
    pub fn new(kind: RecordErrorKind, context: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, context: context.into() }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> RecordErrorKind {
        self.kind
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.context)
    }
}
