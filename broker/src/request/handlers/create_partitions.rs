//! CreatePartitions (37): more partitions for topics that exist.

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use strata_broker_core::internal_topics::is_internal;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::BrokerId;
use strata_compat::messages::create_partitions::{
    CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopic, CreatePartitionsTopicResult,
};
use strata_metadata_core::command::Command;
use strata_metadata_core::command::topics::CreatePartitions;
use strata_metadata_core::image::Image;

use super::admin::{self, PARTITIONS_PER_REQUEST_MAX, PROPOSALS_MAX, Refused};
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: CreatePartitionsRequest,
) -> Outcome<CreatePartitionsResponse> {
    let deadline = admin::deadline(&context, request.timeout_ms);
    let adding = Adding { broker, context, validate_only: request.validate_only, deadline };
    let image = adding.broker.metadata.image();
    let too_many = new_partitions(&request.topics, &image) > PARTITIONS_PER_REQUEST_MAX;
    let counts = admin::count(request.topics.iter().map(|topic| topic.name.as_str()));
    let mut results = Vec::with_capacity(counts.len());
    for (name, count) in counts.iter().filter(|(_, count)| **count > 1) {
        let message = format!("topic '{name}' is named {count} times");
        results.push(result(name, &Err(Refused::new(ErrorCode::InvalidRequest, message))));
    }
    let mut additions = Vec::new();
    for topic in request.topics.iter().filter(|topic| counts.get(topic.name.as_str()) == Some(&1)) {
        if too_many {
            let message = format!("a request creates at most {PARTITIONS_PER_REQUEST_MAX} partitions");
            results.push(result(&topic.name, &Err(Refused::new(ErrorCode::PolicyViolation, message))));
        } else {
            additions.push(adding.add(&image, topic));
        }
    }
    let added: Vec<CreatePartitionsTopicResult> =
        futures::stream::iter(additions).buffered(PROPOSALS_MAX).collect().await;
    results.extend(added);
    CreatePartitionsResponse { results, ..CreatePartitionsResponse::default() }.into()
}

fn new_partitions(topics: &[CreatePartitionsTopic], image: &Image) -> usize {
    topics
        .iter()
        .map(|topic| {
            let now = image.topic_by_name(&topic.name).map_or(0, |topic| topic.partitions);
            let total = u32::try_from(topic.count).unwrap_or(0);
            usize::try_from(total.saturating_sub(now)).unwrap_or(usize::MAX)
        })
        .fold(0, usize::saturating_add)
}

fn result(name: &str, outcome: &Result<(), Refused>) -> CreatePartitionsTopicResult {
    let (error_code, error_message) = admin::fields(outcome);
    CreatePartitionsTopicResult { name: name.into(), error_code, error_message }
}

struct Adding {
    broker: Arc<Broker>,
    context: RequestContext,
    validate_only: bool,
    deadline: Instant,
}

impl Adding {
    async fn add(&self, image: &Image, topic: &CreatePartitionsTopic) -> CreatePartitionsTopicResult {
        result(&topic.name, &self.try_add(image, topic).await)
    }

    async fn try_add(&self, image: &Image, wish: &CreatePartitionsTopic) -> Result<(), Refused> {
        let name = wish.name.as_str();
        if !self.broker.allows(&self.context, Operation::Alter, Resource::Topic(name)) {
            let message = format!("changing topic '{name}' is not allowed");
            return Err(Refused::new(ErrorCode::TopicAuthorizationFailed, message));
        }
        let topic = image
            .topic_by_name(name)
            .ok_or_else(|| Refused::new(ErrorCode::UnknownTopicOrPartition, format!("there is no topic '{name}'")))?;
        if is_internal(name) {
            let message = format!("'{name}' keeps its partitions: its keys are spread over them by their number");
            return Err(Refused::new(ErrorCode::InvalidRequest, message));
        }
        let total = check_total(wish.count, topic.partitions)?;
        let assignments = wish.assignments.as_ref().map(|assignments| {
            assignments.iter().map(|one| one.broker_ids.iter().copied().map(BrokerId).collect()).collect()
        });
        let command = Command::CreatePartitions(CreatePartitions {
            topic_id: topic.topic_id,
            total,
            assignments,
            seed: rand::random(),
        });
        if self.validate_only {
            admin::dry_run(image, &command).map(|_| ())
        } else {
            admin::propose(&self.broker, &command, self.deadline).await.map(|_| ())
        }
    }
}

/// The total is above what there is.
fn check_total(wished: i32, current: u32) -> Result<u32, Refused> {
    u32::try_from(wished).ok().filter(|total| *total > current).ok_or_else(|| {
        let message = format!("the number of partitions is {current} now; {wished} would be no increase");
        Refused::new(ErrorCode::InvalidPartitions, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_only_increase() {
        for (wished, current, expected) in [(2, 1, Some(2)), (1, 1, None), (0, 1, None), (-1, 1, None)] {
            let found = check_total(wished, current);
            assert_eq!(found.as_ref().ok().copied(), expected, "{wished} {current}");
            assert!(found.is_ok() || found.unwrap_err().code == ErrorCode::InvalidPartitions);
        }
    }
}
