//! (6) What a reader gets is what was acknowledged, byte for byte.

use ::bytes::Bytes;
use strata_compat::ids::TopicIdPartition;

use super::{AckedLog, Violation, hold};

/// The slices are the acknowledged batches from `first` to `next`.
#[must_use]
pub fn is_what_was_acknowledged(
    partition: TopicIdPartition,
    acked: &AckedLog,
    slices: &[Bytes],
    (first, next): (i64, i64),
) -> Option<Violation> {
    let read: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
    let expected: Option<Vec<u8>> = acked.bytes_of(first, next).map(|batches| batches.concat());
    hold(expected.as_ref() == Some(&read), "(6) readers get what was acknowledged", || {
        let expected = expected.map(|bytes| bytes.len());
        format!("{partition}: {} bytes from {first} to {next} instead of {expected:?}", read.len())
    })
}
