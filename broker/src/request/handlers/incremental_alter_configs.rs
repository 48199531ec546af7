//! IncrementalAlterConfigs (44): changes of single configs; what is not named stays.

use std::sync::Arc;

use strata_compat::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterConfigsResourceResponse, IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse,
};

use super::admin;
use super::config_changes::{Altering, ChangeKind, ConfigChange, ResourceChange};
use crate::request::Outcome;
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: IncrementalAlterConfigsRequest,
) -> Outcome<IncrementalAlterConfigsResponse> {
    let altering = Altering { broker, context, validate_only: request.validate_only, replace_all: false };
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
    IncrementalAlterConfigsResponse { responses, ..IncrementalAlterConfigsResponse::default() }.into()
}

fn changes_of(resource: AlterConfigsResource) -> ResourceChange {
    let changes = resource.configs.into_iter().map(|config| {
        let kind = ChangeKind::from_number(config.config_operation)?;
        Ok(ConfigChange { key: config.name, kind, value: config.value })
    });
    ResourceChange { resource_type: resource.resource_type, changes: changes.collect(), name: resource.resource_name }
}
