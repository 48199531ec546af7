//! DeleteTopics (20): by name, or by id from version 6 on.

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::TopicId;
use strata_compat::messages::delete_topics::{
    DeletableTopicResult, DeleteTopicState, DeleteTopicsRequest, DeleteTopicsResponse,
};
use strata_metadata_core::command::Command;
use strata_metadata_core::command::topics::DeleteTopic;
use strata_metadata_core::image::Image;

use super::admin::{self, PROPOSALS_MAX, Refused};
use crate::clock;
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DeleteTopicsRequest,
) -> Outcome<DeleteTopicsResponse> {
    let deadline = admin::deadline(&context, request.timeout_ms);
    let mut wishes = request.topics;
    let by_name =
        request.topic_names.into_iter().map(|name| DeleteTopicState { name: Some(name), ..Default::default() });
    wishes.extend(by_name);
    let image = broker.metadata.image();
    let deleting = Deleting { broker, context, deadline };
    let found: Vec<Result<TopicId, Refused>> = wishes.iter().map(|wish| deleting.find(&image, wish)).collect();
    let found = refuse_repeated(found);
    let deletions = wishes.iter().zip(found).map(|(wish, found)| deleting.delete(&image, wish, found));
    let deletions: Vec<_> = deletions.collect();
    let responses: Vec<DeletableTopicResult> = futures::stream::iter(deletions).buffered(PROPOSALS_MAX).collect().await;
    DeleteTopicsResponse { responses, ..DeleteTopicsResponse::default() }.into()
}

/// A topic that is named twice, perhaps once by its id, is not deleted at all.
fn refuse_repeated(found: Vec<Result<TopicId, Refused>>) -> Vec<Result<TopicId, Refused>> {
    let mut counts = std::collections::BTreeMap::new();
    for topic_id in found.iter().flatten() {
        *counts.entry(*topic_id).or_insert(0_usize) += 1;
    }
    found
        .into_iter()
        .map(|found| match found {
            Ok(topic_id) if counts.get(&topic_id).is_some_and(|count| *count > 1) => {
                let message = format!("the topic with the id {topic_id} is named more than once");
                Err(Refused::new(ErrorCode::InvalidRequest, message))
            }
            other => other,
        })
        .collect()
}

struct Deleting {
    broker: Arc<Broker>,
    context: RequestContext,
    deadline: Instant,
}

impl Deleting {
    fn find(&self, image: &Image, wish: &DeleteTopicState) -> Result<TopicId, Refused> {
        let topic = match (&wish.name, TopicId(wish.topic_id)) {
            (Some(_), topic_id) if topic_id != TopicId::ZERO => {
                let message = "a topic is named by its name or by its id, not by both";
                return Err(Refused::new(ErrorCode::InvalidRequest, message));
            }
            (None, TopicId::ZERO) => {
                return Err(Refused::new(ErrorCode::InvalidRequest, "neither a name nor an id is given"));
            }
            (Some(name), _) => {
                self.check_allowed(name)?;
                image.topic_by_name(name).ok_or_else(|| {
                    Refused::new(ErrorCode::UnknownTopicOrPartition, format!("there is no topic '{name}'"))
                })?
            }
            (None, topic_id) => {
                let unknown = || Refused::new(ErrorCode::UnknownTopicId, format!("no topic has the id {topic_id}"));
                let topic = image.topic(topic_id).ok_or_else(unknown)?;
                self.check_allowed(&topic.name)?;
                topic
            }
        };
        if !self.broker.config.topics.delete_enable {
            let code =
                if self.context.version >= 3 { ErrorCode::TopicDeletionDisabled } else { ErrorCode::InvalidRequest };
            return Err(Refused::new(code, "delete.topic.enable is false"));
        }
        Ok(topic.topic_id)
    }

    fn check_allowed(&self, name: &str) -> Result<(), Refused> {
        if self.broker.allows(&self.context, Operation::Delete, Resource::Topic(name)) {
            return Ok(());
        }
        // Whoever may not delete it learns nothing of it, not even from the message.
        Err(Refused::new(ErrorCode::TopicAuthorizationFailed, "deleting this topic is not allowed"))
    }

    async fn delete(
        &self,
        image: &Image,
        wish: &DeleteTopicState,
        found: Result<TopicId, Refused>,
    ) -> DeletableTopicResult {
        let is_hidden = matches!(&found, Err(refused) if refused.code == ErrorCode::TopicAuthorizationFailed);
        let outcome = match found {
            Ok(topic_id) => {
                let command = Command::DeleteTopic(DeleteTopic { topic_id, now: clock::now() });
                admin::propose(&self.broker, &command, self.deadline).await.map(|_| topic_id)
            }
            Err(refused) => Err(refused),
        };
        let (error_code, error_message) = admin::fields(&outcome);
        let id = outcome.unwrap_or(TopicId(wish.topic_id));
        let known = image.topic(id).filter(|_| !is_hidden);
        DeletableTopicResult {
            name: wish.name.clone().or_else(|| known.map(|topic| topic.name.as_str().into())),
            topic_id: id.0,
            error_code,
            error_message,
        }
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::Uuid;

    use super::*;

    #[test]
    fn a_topic_that_is_named_twice_is_not_deleted() {
        let id = |number| TopicId(Uuid::from_u128(number));
        let unknown = || Refused::new(ErrorCode::UnknownTopicId, "no");
        let found = refuse_repeated(vec![Ok(id(2)), Ok(id(3)), Ok(id(2)), Err(unknown())]);
        let codes: Vec<Option<ErrorCode>> = found.into_iter().map(|found| found.err().map(|it| it.code)).collect();
        assert_eq!(
            codes,
            [Some(ErrorCode::InvalidRequest), None, Some(ErrorCode::InvalidRequest), Some(ErrorCode::UnknownTopicId)]
        );
    }
}
