//! The primitives that Kafka's messages are made of: bounded decoding, and encoding into a rope.
//!
//! Owns: numbers, varints, strings, bytes, lists, tagged fields, and the errors of all of them. Does not own: any message (see
//! `messages`), frames (see `frame`), record batches.
//!
//! Invariants: decoding allocates nothing because of a count that the peer sent before that count was checked against the bytes that
//! are there, and a [`Reader`] hands out at most its budget of list elements; nesting is bounded because schemas are not recursive;
//! decoded strings, bytes and records are slices of the frame; encoding never copies a slice longer than [`COPY_BYTES_MAX`].

mod error;
mod message;
mod reader;
mod rope;
#[cfg(test)]
mod sample;
mod text;
mod writer;

pub use error::WireError;
pub use message::{Message, Request, check_version};
pub use reader::{Reader, TagSection};
pub use rope::{FileRange, Records, Rope, Segment};
#[cfg(test)]
pub(crate) use sample::Sample;
pub use text::KString;
pub use writer::{COPY_BYTES_MAX, TagWriter, Writer, required};

/// Longest string of the protocol, in bytes.
pub const STRING_BYTES_MAX: usize = 0x7fff;
/// Most tagged fields that one struct may carry.
pub const TAGS_MAX: u32 = 1024;
/// Longest body of a tagged field that nobody knows, in bytes.
pub const UNKNOWN_TAG_BYTES_MAX: usize = 1 << 20;

#[cfg(test)]
mod tests;
