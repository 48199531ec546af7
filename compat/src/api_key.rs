//! API keys, and what the schemas say of each API.
//!
//! Owns: look-up by key, valid versions, versions of headers. Does not own: which APIs and versions this broker serves and who may
//! call them (that is the broker's table of handlers).

use std::fmt;
use std::ops::RangeInclusive;

pub use crate::messages::api_keys::{ALL, ApiFacts, ApiKey};

/// A flexible request has header version 2, any other version 1.
const FLEXIBLE_REQUEST_HEADER: i16 = 2;
const PLAIN_REQUEST_HEADER: i16 = 1;

impl ApiKey {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> i16 {
        self.facts().key as i16
    }

    /// The API of a number; `None` if there is none.
    #[must_use]
    pub fn from_code(code: i16) -> Option<Self> {
        let index = ALL.binary_search_by_key(&code, |facts| facts.key as i16).ok()?;
        Some(ALL[index].key)
    }

    /// What the schemas say of it.
    #[must_use]
    pub const fn facts(self) -> &'static ApiFacts {
        // Keys follow each other without a gap, apart from those of our own at the end.
        let mut index = if (self as usize) < ALL.len() { self as usize } else { 0 };
        while index < ALL.len() {
            if ALL[index].key as i16 == self as i16 {
                return &ALL[index];
            }
            index += 1;
        }
        panic!("every API key is in the table, which the generator writes from the same schemas")
    }

    /// Kafka's name, e.g. `Produce`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The stable versions; empty for a withdrawn API.
    #[must_use]
    pub const fn valid_versions(self) -> RangeInclusive<i16> {
        let facts = self.facts();
        facts.min_version..=facts.max_version
    }

    /// First version with compact types and tagged fields.
    #[must_use]
    pub const fn first_flexible_version(self) -> Option<i16> {
        self.facts().first_flexible
    }

    /// Whether a version has compact types and tagged fields.
    #[must_use]
    pub const fn is_flexible(self, version: i16) -> bool {
        match self.facts().first_flexible {
            Some(first) => version >= first,
            None => false,
        }
    }

    /// Version of the header in front of a request.
    #[must_use]
    pub const fn request_header_version(self, version: i16) -> i16 {
        if self.is_flexible(version) { FLEXIBLE_REQUEST_HEADER } else { PLAIN_REQUEST_HEADER }
    }

    /// Version of the header in front of a response. A client must be able to read the answer to `ApiVersions` before it knows any
    /// version, so that one keeps the first header.
    #[must_use]
    pub const fn response_header_version(self, version: i16) -> i16 {
        match self {
            Self::ApiVersions => 0,
            _ => self.is_flexible(version) as i16,
        }
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_by_its_number() {
        for facts in ALL {
            assert_eq!(ApiKey::from_code(facts.key.code()), Some(facts.key));
            assert_eq!(facts.key.name(), facts.name);
        }
        let of_kafka = ALL.iter().filter(|facts| facts.key.code() < 20_000);
        assert_eq!(of_kafka.count(), 93);
        assert_eq!(ApiKey::from_code(-1), None);
        assert_eq!(ApiKey::from_code(93), None);
    }

    #[test]
    fn header_versions_follow_flexibility_except_for_api_versions() {
        let cases = [
            (ApiKey::Produce, 8, 1, 0),
            (ApiKey::Produce, 9, 2, 1),
            (ApiKey::ApiVersions, 2, 1, 0),
            (ApiKey::ApiVersions, 4, 2, 0),
            (ApiKey::SaslHandshake, 1, 1, 0),
            (ApiKey::DescribeCluster, 0, 2, 1),
        ];
        for (key, version, request, response) in cases {
            assert_eq!(key.request_header_version(version), request, "{key} {version}");
            assert_eq!(key.response_header_version(version), response, "{key} {version}");
        }
    }

    #[test]
    fn unstable_and_withdrawn_versions_are_not_valid() {
        assert_eq!(ApiKey::InitProducerId.valid_versions(), 0..=5);
        assert_eq!(ApiKey::InitProducerId.facts().latest_version, 6);
        assert!(ApiKey::LeaderAndIsr.valid_versions().is_empty());
        assert_eq!(ApiKey::Produce.valid_versions(), 3..=13);
    }
}
