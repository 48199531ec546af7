//! The cluster's own topics.
//!
//! Owns: their names. Does not own: when they are created and with which configs, who leads them, what is in them.
//!
//! Only these are internal: a user may have a topic whose name begins with two underscores, and it gets no privilege by that.

/// The topic of committed offsets and groups.
pub const CONSUMER_OFFSETS: &str = "__consumer_offsets";
/// The topic of transactions.
pub const TRANSACTION_STATE: &str = "__transaction_state";
/// Kafka's name of the log of its quorum. Here it is no topic, and nobody may create one of this name.
pub const CLUSTER_METADATA: &str = "__cluster_metadata";

/// Whether a name is of one of the cluster's own topics.
#[must_use]
pub fn is_internal(name: &str) -> bool {
    name == CONSUMER_OFFSETS || name == TRANSACTION_STATE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_clusters_own_topics_are_internal() {
        for (name, internal) in [
            (CONSUMER_OFFSETS, true),
            (TRANSACTION_STATE, true),
            ("__mine", false),
            ("__consumer_offsets2", false),
            ("_schemas", false),
            ("__", false),
            ("", false),
        ] {
            assert_eq!(is_internal(name), internal, "{name:?}");
        }
    }
}
