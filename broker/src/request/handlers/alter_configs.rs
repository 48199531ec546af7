//! AlterConfigs (33): all configs of a resource anew; what is not named is removed. Superseded by
//! IncrementalAlterConfigs, and still sent by some clients.

use std::sync::Arc;

use strata_compat::messages::alter_configs::{
    AlterConfigsRequest, AlterConfigsResource, AlterConfigsResourceResponse, AlterConfigsResponse,
};

use super::admin;
use super::config_changes::{Altering, ChangeKind, ConfigChange, ResourceChange};
use crate::request::Outcome;
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: AlterConfigsRequest,
) -> Outcome<AlterConfigsResponse> {
    let altering = Altering { broker, context, validate_only: request.validate_only, replace_all: true };
    let resources: Vec<ResourceChange> = request.resources.into_iter().map(changes_of).collect();
    let outcomes = altering.run(&resources).await;
    let responses = resources
        .into_iter()
        .zip(outcomes)
        .map(|(resource, outcome)| {
            let (error_code, error_message) = admin::fields(&outcome);
            AlterConfigsResourceResponse {
                error_code,
                error_message,
                resource_type: resource.resource_type,
                resource_name: resource.name,
            }
        })
        .collect();
    AlterConfigsResponse { responses, ..AlterConfigsResponse::default() }.into()
}

fn changes_of(resource: AlterConfigsResource) -> ResourceChange {
    let changes = resource
        .configs
        .into_iter()
        .map(|config| ConfigChange { key: config.name, kind: ChangeKind::Set, value: config.value })
        .collect();
    ResourceChange { resource_type: resource.resource_type, changes: Ok(changes), name: resource.resource_name }
}
