//! Bytes by opaque key, memory in front of disk: a thin, strict use of foyer. See the crate's README.md.
