//! What Kafka defines, as names, numbers and bytes. See the crate's README.md.

pub mod api_key;
pub mod compression;
pub mod control_record;
pub mod error_code;
pub mod frame;
pub mod ids;
pub mod messages;
pub mod record_batch;
pub mod record_error;
pub mod records;
pub mod wire;
