//! From a frame to its handler: a table that denies by default.
//!
//! Owns: which APIs are served, in which versions, and the authorization row of each; without one a row does not compile.
//! Does not own: what a request does (`handlers/`), or how errors are named to clients (`error_mapping.rs`).

pub(crate) mod authorizer;
pub(crate) mod context;
pub(crate) mod error_mapping;
pub(crate) mod handlers;
pub(crate) mod table;

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use strata_compat::api_key::ApiKey;
use strata_compat::error_code::ErrorCode;
use strata_compat::frame::{self, RequestFrame};
use strata_compat::messages::api_versions::ApiVersionsResponse;
use strata_compat::wire::{Reader, Request, WireError};

use crate::metrics::RequestTimer;
use crate::net::connection::{Answer, Begun, Dispatch};
use crate::request::authorizer::{Action, Operation, Resource};
use crate::request::context::{ConnectionInfo, RequestContext};
use crate::server::Broker;

/// No request is worked on for longer; those with a timeout of their own take the earlier one.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(15 * 60);
/// How long a request waits for memory to be decoded in: as long as one waits for that of its bytes.
const DECODING_WAIT: Duration = Duration::from_secs(20);

/// What a handler gives back.
pub(crate) enum Outcome<R> {
    /// The response.
    Now(R),
    /// The response comes later; the connection's next request begins meanwhile.
    Later(Pin<Box<dyn Future<Output = R> + Send>>),
    /// As `Later`, for requests that wait for other clients: nothing of the request is kept meanwhile, neither its bytes nor what
    /// they were decoded to.
    Waits(Pin<Box<dyn Future<Output = R> + Send>>),
    /// No response (`acks=0`).
    Nothing,
    /// The connection is to be closed: why.
    Close(String),
}

impl<R> From<R> for Outcome<R> {
    fn from(response: R) -> Self {
        Self::Now(response)
    }
}

/// Who may use an API.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Authorization {
    /// Everybody, before authentication too.
    Everybody,
    /// The handler asks for each resource that the request names.
    EachResource,
    /// Whoever may do this to the cluster.
    Cluster(Operation),
}

/// What a row's handler is given and gives.
type Begin = fn(Arc<Broker>, RequestContext, i32, Reader) -> Pin<Box<dyn Future<Output = Begun> + Send>>;

/// One served API.
pub(crate) struct ApiRow {
    pub(crate) key: ApiKey,
    /// Versions that are decoded and answered.
    pub(crate) versions: RangeInclusive<i16>,
    /// Smallest version that clients are told of.
    pub(crate) advertised_min: i16,
    /// Whether clients are told of it at all; APIs of our own (from 20000) are not.
    pub(crate) is_advertised: bool,
    pub(crate) authorization: Authorization,
    /// Decodes the body and begins the work.
    pub(crate) begin: Begin,
}

/// Decodes a body, runs its handler and frames the response.
pub(crate) async fn run<Q, F, W>(
    broker: Arc<Broker>,
    context: RequestContext,
    correlation_id: i32,
    mut body: Reader,
    handle: F,
) -> Begun
where
    Q: Request,
    Q::Response: Send + 'static,
    F: FnOnce(Arc<Broker>, RequestContext, Q) -> W,
    W: Future<Output = Outcome<Q::Response>>,
{
    let version = context.version;
    let room = broker.decoded.take(body.remaining(), body.list_memory_max(), DECODING_WAIT);
    let Some(mut decoded) = room.await else {
        return Begun::Now(Answer::Close("no memory to decode the request in came free in time".to_owned()));
    };
    let request = match Q::decode(&mut body, version) {
        Ok(request) => request,
        Err(error) => return refused::<Q>(version, &error),
    };
    // Kafka passes over what follows a whole body, and librdkafka relies on it: its Metadata for all topics is longer than
    // its fields.
    if let Err(error) = body.expect_end() {
        tracing::debug!(request = Q::NAME, version, %error, "a request is longer than its fields");
    }
    let list_memory_bytes = body.list_memory_bytes();
    // What was decoded keeps of the frame what it needs: a batch that nobody else keeps is not copied.
    drop(body);
    if !decoded.shrink_to(list_memory_bytes) {
        return Begun::Now(Answer::Close(format!("the lists of {} take more memory than a request may", Q::NAME)));
    }
    match handle(broker, context, request).await {
        Outcome::Now(response) => Begun::Now(answer::<Q>(correlation_id, version, &response)),
        Outcome::Later(later) => Begun::Later(Box::pin(async move {
            let response = later.await;
            drop(decoded);
            answer::<Q>(correlation_id, version, &response)
        })),
        Outcome::Waits(later) => {
            Begun::Waits(Box::pin(async move { answer::<Q>(correlation_id, version, &later.await) }))
        }
        Outcome::Nothing => Begun::Now(Answer::Nothing),
        Outcome::Close(reason) => Begun::Now(Answer::Close(reason)),
    }
}

fn refused<Q: Request>(version: i16, error: &WireError) -> Begun {
    Begun::Now(Answer::Close(format!("{} version {version} is malformed: {error}", Q::NAME)))
}

fn answer<Q: Request>(correlation_id: i32, version: i16, response: &Q::Response) -> Answer {
    let Some(api_key) = ApiKey::from_code(Q::KEY) else {
        return Answer::Close(format!("{} has no API key", Q::NAME));
    };
    match frame::encode_response(correlation_id, api_key, version, response) {
        Ok(frame) => Answer::Frame(frame),
        Err(error) => {
            tracing::error!(request = Q::NAME, version, %error, "a response has no form in this version");
            Answer::Close(format!("the response to {} version {version} has no form: {error}", Q::NAME))
        }
    }
}

/// Takes frames from connections to the table.
pub(crate) struct Router {
    broker: Arc<Broker>,
}

impl Router {
    pub(crate) fn new(broker: Arc<Broker>) -> Self {
        Self { broker }
    }

    fn context(connection: &Arc<ConnectionInfo>, head: &RequestFrame, frame_bytes: usize) -> RequestContext {
        let received_at = Instant::now();
        RequestContext {
            connection: Arc::clone(connection),
            version: head.api_version,
            client_id: head.client_id.as_ref().map(ToString::to_string),
            frame_bytes,
            received_at,
            deadline: received_at + REQUEST_TIME_MAX,
        }
    }

    fn is_allowed(&self, context: &RequestContext, authorization: Authorization) -> bool {
        match authorization {
            Authorization::Everybody | Authorization::EachResource => true,
            Authorization::Cluster(operation) => {
                self.broker.authorizer.allows(context, &Action { operation, resource: Resource::Cluster })
            }
        }
    }
}

impl Dispatch for Router {
    async fn begin(&self, bytes: Bytes, connection: &Arc<ConnectionInfo>) -> Begun {
        let frame_bytes = bytes.len();
        let head = match frame::decode_request(bytes) {
            Ok(head) => head,
            Err(error) => {
                return Begun::Now(Answer::Close(format!("a request cannot be read: {error}")));
            }
        };
        let Some(row) = table::row(head.api_key) else {
            return Begun::Now(Answer::Close(format!(
                "{} (API {}) is not served",
                head.api_key.name(),
                head.api_key.code()
            )));
        };
        if !row.versions.contains(&head.api_version) {
            return Begun::Now(if row.key == ApiKey::ApiVersions {
                unsupported_api_versions(&head, row)
            } else {
                Answer::Close(format!(
                    "{} is not served in version {}, only in {} to {}",
                    head.api_key.name(),
                    head.api_version,
                    row.versions.start(),
                    row.versions.end()
                ))
            });
        }
        let context = Self::context(connection, &head, frame_bytes);
        if !self.is_allowed(&context, row.authorization) {
            return Begun::Now(Answer::Close(format!(
                "{:?} may not use {}",
                connection.principal,
                head.api_key.name()
            )));
        }
        let timer = self.broker.metrics.begin_request(row.key, context.received_at);
        let RequestFrame { correlation_id, client_id, body, .. } = head;
        drop(client_id);
        match (row.begin)(Arc::clone(&self.broker), context, correlation_id, body).await {
            Begun::Now(answer) => Begun::Now(counted(answer, timer)),
            Begun::Later(later) => Begun::Later(Box::pin(async move { counted(later.await, timer) })),
            Begun::Waits(later) => Begun::Waits(Box::pin(async move { counted(later.await, timer) })),
        }
    }

    fn answers_little(&self, frame: &Bytes) -> bool {
        let code = frame.first_chunk().map(|code| i16::from_be_bytes(*code));
        code.and_then(ApiKey::from_code).is_some_and(answers_little)
    }

    fn opened(&self) {
        self.broker.metrics.connection_opened();
    }

    fn refused(&self) {
        self.broker.metrics.connection_refused();
    }

    fn closed(&self, connection: &Arc<ConnectionInfo>) {
        self.broker.connection_closed(connection.id);
    }
}

/// APIs whose answers are small by their nature, and Fetch, which keeps to the budget for answers itself: produce, tail reads and
/// groups go on while others ask for much.
const fn answers_little(key: ApiKey) -> bool {
    matches!(
        key,
        ApiKey::Produce
            | ApiKey::Fetch
            | ApiKey::ApiVersions
            | ApiKey::FindCoordinator
            | ApiKey::InitProducerId
            | ApiKey::JoinGroup
            | ApiKey::SyncGroup
            | ApiKey::Heartbeat
            | ApiKey::LeaveGroup
            | ApiKey::OffsetCommit
    )
}

/// A request that ends its connection was not answered: its timer is dropped, and counts a failure.
fn counted(answer: Answer, timer: RequestTimer) -> Answer {
    match &answer {
        Answer::Frame(_) | Answer::Nothing => timer.finish(),
        Answer::Close(_) => drop(timer),
    }
    answer
}

/// A client that asks in a version we do not know learns the range in version 0 (KIP-511).
fn unsupported_api_versions(head: &RequestFrame, row: &ApiRow) -> Answer {
    let mut response = ApiVersionsResponse { error_code: ErrorCode::UnsupportedVersion.code(), ..Default::default() };
    response.api_keys.push(handlers::api_versions::advertised(row));
    match frame::encode_response(head.correlation_id, row.key, 0, &response) {
        Ok(frame) => Answer::Frame(frame),
        Err(error) => Answer::Close(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::BrokerMetrics;

    use super::*;

    #[test]
    fn a_request_that_ends_its_connection_is_a_failed_one() {
        let metrics = Arc::new(BrokerMetrics::new());
        let count = |answer| {
            counted(answer, metrics.begin_request(ApiKey::Produce, Instant::now()));
            metrics.failures(ApiKey::Produce)
        };
        assert_eq!(count(Answer::Nothing), 0);
        assert_eq!(count(Answer::Close("malformed".to_owned())), 1);
    }
}
