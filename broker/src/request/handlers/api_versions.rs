//! ApiVersions (18): what is served, and in which versions.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::api_versions::{
    ApiVersion, ApiVersionsRequest, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
};

use crate::request::context::RequestContext;
use crate::request::table::TABLE;
use crate::request::{ApiRow, Outcome};
use crate::server::Broker;

/// Features that this release supports, with their levels.
pub(crate) const FEATURES: [(&str, i16, i16); 2] = [("kraft.version", 0, 0), ("metadata.version", 30, 30)];

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: ApiVersionsRequest,
) -> Outcome<ApiVersionsResponse> {
    let mut response = ApiVersionsResponse::default();
    if context.version >= 3
        && !(is_software_word(&request.client_software_name) && is_software_word(&request.client_software_version))
    {
        response.error_code = ErrorCode::InvalidRequest.code();
        return response.into();
    }
    response.api_keys = TABLE.iter().filter(|row| row.is_advertised).map(advertised).collect();
    for (name, min, max) in FEATURES {
        // Before version 4 a supported range may not begin at 0 (KAFKA-17011).
        if min > 0 || context.version >= 4 {
            response.supported_features.push(SupportedFeatureKey {
                name: name.into(),
                min_version: min,
                max_version: max,
            });
        }
    }
    let published = broker.quorum.current();
    for (name, _, _) in FEATURES {
        let level = published.image.features.level(name);
        if level > 0 {
            response.finalized_features.push(FinalizedFeatureKey {
                name: name.into(),
                max_version_level: level,
                min_version_level: level,
            });
        }
    }
    response.finalized_features_epoch = i64::try_from(published.index).unwrap_or(i64::MAX);
    response.into()
}

pub(crate) fn advertised(row: &ApiRow) -> ApiVersion {
    ApiVersion { api_key: row.key.code(), min_version: row.advertised_min, max_version: *row.versions.end() }
}

/// Letters and digits, with dots and hyphens inside (KIP-511).
fn is_software_word(word: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = word.as_bytes();
    is_end(bytes.first())
        && is_end(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_names_are_checked_as_kip_511_says() {
        for (word, is_valid) in [
            ("librdkafka", true),
            ("a", true),
            ("a-b.c", true),
            ("", false),
            ("-a", false),
            ("a.", false),
            ("a b", false),
        ] {
            assert_eq!(is_software_word(word), is_valid, "{word:?}");
        }
    }
}
