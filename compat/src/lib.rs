//! What Kafka defines, as names, numbers and bytes. See the crate's README.md.

pub mod compression;
pub mod ids;
pub mod record_batch;
pub mod record_error;
