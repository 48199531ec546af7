//! The APIs that are served, with their versions and who may use them. What has no row is not served and not advertised.

use strata_compat::api_key::ApiKey;
use strata_compat::messages as m;

use super::handlers::{api_versions, fetch, list_offsets, metadata, produce};
use super::{ApiRow, Authorization, run};

macro_rules! row {
    ($key:ident, $versions:expr, $authorization:expr, $request:ty, $handle:path) => {
        ApiRow {
            key: ApiKey::$key,
            versions: $versions,
            advertised_min: *$versions.start(),
            is_advertised: true,
            authorization: $authorization,
            begin: |broker, context, correlation_id, body| {
                Box::pin(run::<$request, _, _>(broker, context, correlation_id, body, $handle))
            },
        }
    };
}

use Authorization::{EachResource, Everybody};

/// Every served API.
pub(crate) static TABLE: &[ApiRow] = &[
    // Versions below 3 are refused, but librdkafka turns compression off where they are not advertised (KAFKA-18659).
    ApiRow { advertised_min: 0, ..row!(Produce, 3..=13, EachResource, m::produce::ProduceRequest, produce::handle) },
    row!(Fetch, 4..=18, EachResource, m::fetch::FetchRequest, fetch::handle),
    row!(ListOffsets, 1..=11, EachResource, m::list_offsets::ListOffsetsRequest, list_offsets::handle),
    row!(Metadata, 0..=13, EachResource, m::metadata::MetadataRequest, metadata::handle),
    row!(ApiVersions, 0..=4, Everybody, m::api_versions::ApiVersionsRequest, api_versions::handle),
];

/// The row of an API.
pub(crate) fn row(key: ApiKey) -> Option<&'static ApiRow> {
    TABLE.iter().find(|row| row.key == key)
}
