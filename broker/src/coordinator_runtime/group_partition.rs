//! Which partition of an internal topic a group or a transactional id belongs to.
//!
//! Owns: Java's hash of a string, which every Kafka client and broker agrees on.

use strata_compat::ids::PartitionId;

/// The partition of a key in a topic of so many partitions; 0 if there are none.
pub(crate) fn partition_of(key: &str, partitions: u32) -> PartitionId {
    // Kafka's abs: the one value without a positive counterpart becomes 0.
    let hash = java_hash(key).checked_abs().unwrap_or(0).unsigned_abs();
    PartitionId(i32::try_from(hash.checked_rem(partitions).unwrap_or(0)).unwrap_or(0))
}

/// `String.hashCode`, over UTF-16 units.
fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_hash_as_in_java() {
        let cases = [
            ("", 0),
            ("a", 97),
            ("hello", 99_162_322),
            ("polygenelubricants", i32::MIN),
            ("group-ä", java_hash("group-").wrapping_mul(31).wrapping_add(0xe4)),
            ("😀", 0xd83d * 31 + 0xde00),
        ];
        for (text, hash) in cases {
            assert_eq!(java_hash(text), hash, "{text:?}");
        }
    }

    #[test]
    fn every_key_has_a_partition() {
        assert_eq!(partition_of("hello", 50), PartitionId(22));
        assert_eq!(partition_of("polygenelubricants", 50), PartitionId(0));
        assert_eq!(partition_of("hello", 0), PartitionId(0));
        assert_eq!(partition_of("hello", 1), PartitionId(0));
    }
}
