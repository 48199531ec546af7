//! DescribeCluster (60): the cluster's id and its brokers as this listener's clients reach them.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::describe_cluster::{
    DescribeClusterBroker, DescribeClusterRequest, DescribeClusterResponse,
};
use strata_compat::wire::KString;
use strata_metadata_core::image::Image;

use super::admin::{self, Refused};
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

/// Endpoints of brokers, by Kafka's number.
const BROKERS: i8 = 1;
/// Endpoints of controllers.
const CONTROLLERS: i8 = 2;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DescribeClusterRequest,
) -> Outcome<DescribeClusterResponse> {
    let may_see_fenced = broker.allows(&context, Operation::Alter, Resource::Cluster);
    if let Err(refused) = check(&request, may_see_fenced) {
        let (error_code, error_message) = refused.fields();
        return DescribeClusterResponse { error_code, error_message, ..DescribeClusterResponse::default() }.into();
    }
    let cluster_authorized_operations = if !request.include_cluster_authorized_operations {
        i32::MIN
    } else if broker.allows(&context, Operation::Describe, Resource::Cluster) {
        admin::authorized_operations(&broker, &context, &Resource::Cluster, admin::CLUSTER_OPERATIONS)
    } else {
        0
    };
    let image = broker.metadata.image();
    let brokers = brokers(&image, &context.connection.listener, request.include_fenced_brokers);
    // Any live broker: it forwards what only the controller may do.
    let controller_id = brokers.iter().find(|node| !node.is_fenced).map_or(-1, |node| node.broker_id);
    DescribeClusterResponse {
        cluster_id: KString::from(&*broker.cluster_id),
        controller_id,
        brokers,
        cluster_authorized_operations,
        ..DescribeClusterResponse::default()
    }
    .into()
}

fn check(request: &DescribeClusterRequest, may_see_fenced: bool) -> Result<(), Refused> {
    match request.endpoint_type {
        BROKERS if request.include_fenced_brokers && !may_see_fenced => {
            let message = "seeing fenced brokers is not allowed";
            Err(Refused::new(ErrorCode::ClusterAuthorizationFailed, message))
        }
        BROKERS => Ok(()),
        CONTROLLERS => {
            let message = "this is a broker's listener: it knows no endpoints of controllers";
            Err(Refused::new(ErrorCode::MismatchedEndpointType, message))
        }
        other => {
            let message = format!("no endpoint is of type {other}");
            Err(Refused::new(ErrorCode::UnsupportedEndpointType, message))
        }
    }
}

fn brokers(image: &Image, listener: &str, with_fenced: bool) -> Vec<DescribeClusterBroker> {
    image
        .brokers
        .iter()
        .filter(|broker| with_fenced || !broker.fenced)
        .filter_map(|broker| {
            let endpoint = broker.endpoint(listener)?;
            Some(DescribeClusterBroker {
                broker_id: broker.broker.0,
                host: endpoint.host.as_str().into(),
                port: i32::from(endpoint.port),
                rack: broker.rack.as_deref().map(KString::from),
                is_fenced: broker.fenced,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrong_endpoint_type_is_told() {
        let cases = [
            (1, false, false, ErrorCode::None),
            (1, true, true, ErrorCode::None),
            (1, true, false, ErrorCode::ClusterAuthorizationFailed),
            (2, false, true, ErrorCode::MismatchedEndpointType),
            (0, false, true, ErrorCode::UnsupportedEndpointType),
        ];
        for (endpoint_type, include_fenced_brokers, may_see_fenced, expected) in cases {
            let request =
                DescribeClusterRequest { endpoint_type, include_fenced_brokers, ..DescribeClusterRequest::default() };
            let found = check(&request, may_see_fenced).err().map_or(ErrorCode::None, |refused| refused.code);
            assert_eq!(found, expected, "{endpoint_type}");
        }
    }
}
