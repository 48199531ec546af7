//! See the crate's README.md.
