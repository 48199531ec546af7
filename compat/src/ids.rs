//! Kafka's identifiers and positions as types, so that an offset is never passed where an epoch is meant.
//!
//! Owns: the newtypes and their text forms. Does not own: any wire layout (see `wire`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
pub use uuid::Uuid;

macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }

        impl From<$name> for $inner {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

number_type! {
    /// Position of a record in a partition. `end_offset` is exclusive and `last_offset` inclusive, everywhere.
    Offset(i64)
}
number_type! {
    /// Counts the leaders of a partition; −1 where none is known.
    LeaderEpoch(i32)
}
number_type! {
    /// Counts the changes of a partition's state in the controller (KIP-497).
    PartitionEpoch(i32)
}
number_type! {
    /// Node id of a broker; −1 where none is known.
    BrokerId(i32)
}
number_type! {
    /// Counts the registrations of brokers (KIP-631); −1 where none is known.
    BrokerEpoch(i64)
}
number_type! {
    /// Identity of an idempotent producer (KIP-98); −1 for a producer without one.
    ProducerId(i64)
}
number_type! {
    /// Counts the incarnations of a producer id; −1 where none is known.
    ProducerEpoch(i16)
}
number_type! {
    /// Index of a partition within its topic, from 0.
    PartitionId(i32)
}
number_type! {
    /// Milliseconds since 1970-01-01T00:00:00Z; −1 where none is known.
    Timestamp(i64)
}

impl Offset {
    /// No offset: the value that Kafka answers where there is none.
    pub const NONE: Self = Self(-1);

    /// The offset `count` records on, or the largest one where that would overflow.
    #[must_use]
    pub const fn plus(self, count: i64) -> Self {
        Self(self.0.saturating_add(count))
    }

    /// The offset just before this one.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl LeaderEpoch {
    /// No known epoch.
    pub const NONE: Self = Self(-1);

    /// The epoch of the next leader.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl PartitionEpoch {
    /// The epoch after one more change.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl BrokerId {
    /// No broker.
    pub const NONE: Self = Self(-1);
}

impl BrokerEpoch {
    /// No known epoch.
    pub const NONE: Self = Self(-1);
}

impl ProducerId {
    /// A producer without identity.
    pub const NONE: Self = Self(-1);
}

impl ProducerEpoch {
    /// A producer without identity.
    pub const NONE: Self = Self(-1);
}

impl Timestamp {
    /// No known time.
    pub const NONE: Self = Self(-1);

    /// The time `ms` milliseconds later.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this time; negative if `earlier` is later.
    #[must_use]
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Identity of a topic over all its life; a topic created again under the same name has another (KIP-516).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicId(pub Uuid);

impl TopicId {
    /// No topic: what a client sends that knows only names.
    pub const ZERO: Self = Self(Uuid::nil());
}

impl fmt::Display for TopicId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&uuid_text(self.0))
    }
}

impl fmt::Debug for TopicId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TopicId({self})")
    }
}

impl From<Uuid> for TopicId {
    fn from(value: Uuid) -> Self {
        Self(value)
    }
}

/// One partition of one topic, by identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicIdPartition {
    /// The topic.
    pub topic_id: TopicId,
    /// The partition within it.
    pub partition: PartitionId,
}

impl fmt::Display for TopicIdPartition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.topic_id, self.partition)
    }
}

/// A UUID as Kafka writes it: URL-safe base64 without padding, 22 characters.
#[must_use]
pub fn uuid_text(uuid: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(uuid.as_bytes())
}

/// Reads the text form of [`uuid_text`]; `None` if it is not one.
#[must_use]
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Uuid::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuid_text_is_read_back_and_has_22_characters() {
        let uuid = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        let text = uuid_text(uuid);
        assert_eq!(text.len(), 22);
        assert_eq!(parse_uuid(&text), Some(uuid));
        assert_eq!(parse_uuid("not a uuid"), None);
    }
}
