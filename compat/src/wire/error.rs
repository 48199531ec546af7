//! Why bytes are not a message, or a message not expressible.

use thiserror::Error;

/// Why a message could not be read or written. All of them are the peer's or the caller's fault; none is worth a retry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// The bytes end before the value does.
    #[error("truncated: {needed} more bytes expected, {remaining} there")]
    Truncated {
        /// Bytes that the value takes.
        needed: usize,
        /// Bytes that are left.
        remaining: usize,
    },
    /// Bytes are left after the last field.
    #[error("{0} bytes after the end of the message")]
    TrailingBytes(usize),
    /// A list claims more elements than its bytes could hold.
    #[error("list of {count} elements does not fit into the {remaining} bytes left")]
    ListTooLong {
        /// Elements that the list claims.
        count: usize,
        /// Bytes that are left.
        remaining: usize,
    },
    /// The elements of all lists together take more memory than the frame may cause.
    #[error("lists of the frame need more than {0} bytes of memory")]
    OverBudget(usize),
    /// A length below zero that does not stand for null.
    #[error("length {0} is negative")]
    NegativeLength(i64),
    /// Null where the version has no null.
    #[error("null where a value is required")]
    UnexpectedNull,
    /// A varint with more bits than its type.
    #[error("varint is too long")]
    VarintTooLong,
    /// A string is not UTF-8.
    #[error("string is not UTF-8")]
    InvalidUtf8,
    /// A string is longer than the protocol allows.
    #[error("string of {0} bytes is too long")]
    StringTooLong(usize),
    /// A tag does not follow the one before it.
    #[error("tagged field {tag} after {previous}")]
    TagOrder {
        /// The tag.
        tag: u32,
        /// The one before it.
        previous: u32,
    },
    /// More tagged fields than allowed.
    #[error("{0} tagged fields are too many")]
    TooManyTags(u32),
    /// An unknown tagged field that is too long to skip.
    #[error("unknown tagged field {tag} of {bytes} bytes is too long")]
    UnknownTagTooLong {
        /// The tag.
        tag: u32,
        /// Its length.
        bytes: usize,
    },
    /// The message does not exist in this version.
    #[error("{message} has no version {version}")]
    UnsupportedVersion {
        /// Name of the message.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A field holds a value that this version cannot carry.
    #[error("{field} cannot be expressed in version {version}")]
    NotInVersion {
        /// Struct and field.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A field is null in a version that has no null for it.
    #[error("{0} may not be null in this version")]
    NullField(&'static str),
    /// A value is too long for its length field.
    #[error("{0} elements or bytes are more than a message can hold")]
    TooLong(usize),
}
