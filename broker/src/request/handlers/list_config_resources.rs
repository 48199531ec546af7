//! ListConfigResources (74): the names of what has configs. Version 0 asks for client metrics only, of which there are
//! none.

use std::collections::BTreeSet;
use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::list_config_resources::{
    ConfigResource, ListConfigResourcesRequest, ListConfigResourcesResponse,
};
use strata_compat::wire::KString;
use strata_metadata_core::image::Image;

use super::config_changes::ResourceKind;
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

/// All kinds, in the order of the answer.
const KINDS: [ResourceKind; 5] = [
    ResourceKind::Topic,
    ResourceKind::Broker,
    ResourceKind::BrokerLogger,
    ResourceKind::ClientMetrics,
    ResourceKind::Group,
];

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: ListConfigResourcesRequest,
) -> Outcome<ListConfigResourcesResponse> {
    let mut response = ListConfigResourcesResponse::default();
    if !broker.allows(&context, Operation::DescribeConfigs, Resource::Cluster) {
        response.error_code = ErrorCode::ClusterAuthorizationFailed.code();
        return response.into();
    }
    let wanted: BTreeSet<i8> = if context.version == 0 {
        BTreeSet::from([ResourceKind::ClientMetrics.number()])
    } else if request.resource_types.is_empty() {
        KINDS.iter().map(|kind| kind.number()).collect()
    } else {
        request.resource_types.iter().copied().collect()
    };
    if wanted.iter().any(|number| ResourceKind::from_number(*number).is_err()) {
        response.error_code = ErrorCode::UnsupportedVersion.code();
        return response.into();
    }
    let image = broker.metadata.image();
    response.config_resources = KINDS
        .iter()
        .filter(|kind| wanted.contains(&kind.number()))
        .flat_map(|kind| {
            let resource_type = kind.number();
            names(*kind, &image).into_iter().map(move |resource_name| ConfigResource { resource_name, resource_type })
        })
        .collect();
    response.into()
}

fn names(kind: ResourceKind, image: &Image) -> Vec<KString> {
    match kind {
        ResourceKind::Topic => image.topics.iter_by_name_from("").map(|topic| topic.name.as_str().into()).collect(),
        ResourceKind::Broker | ResourceKind::BrokerLogger => {
            image.brokers.alive().map(|broker| broker.broker.to_string().into()).collect()
        }
        ResourceKind::ClientMetrics | ResourceKind::Group => Vec::new(),
    }
}
