//! What Kafka defines, as names, numbers and bytes. See the crate's README.md.

pub mod ids;
