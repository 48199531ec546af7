//! Fetch (1): records from local files, memory or object storage, with sessions (KIP-227), long polls and the size limits of
//! KIP-74.
//!
//! The order is register, read, wait: an append in between wakes. Records are slices of what was read, never copied. Remote
//! ranges are read beside the local ones; what is not there in time stays empty and goes on loading.

mod answer;
mod read;

use std::sync::Arc;
use std::time::Duration;

use strata_broker_core::fetch_session::{
    FetchContext, FetchPartition, FetchPartitionKey, FetchSessionRequest, INITIAL_EPOCH, NO_SESSION, TopicKey,
};
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, TopicId};
use strata_compat::messages::fetch::{FetchRequest, FetchResponse};
use tokio::time::Instant;

use self::answer::Part;
pub(crate) use self::read::ReadFailures;
use self::read::{Next, Reading};
use crate::clock;
use crate::fetch_places::FetchPlace;
use crate::request::context::RequestContext;
use crate::request::{Outcome, error_mapping};
use crate::server::Broker;

/// Isolation level of a consumer that sees no open transaction.
const READ_COMMITTED: i8 = 1;
/// Replica id of a consumer.
const CONSUMER: i32 = -1;
/// How long a fetch waits for the memory of its partitions.
const PLACE_WAIT: Duration = Duration::from_secs(20);
/// Bytes of topic names that take as much as a partition.
const PLACE_NAME_BYTES: usize = 256;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: FetchRequest,
) -> Outcome<FetchResponse> {
    let taking = broker.fetches.places.take(places(&broker, &context, &request));
    let Some(place) = tokio::time::timeout(PLACE_WAIT, taking).await.ok().flatten() else {
        return Outcome::Close("no memory for the partitions of a fetch came free in time".to_owned());
    };
    let wish = Wish::of(&context, &request);
    let mut stretches = place.stretches();
    stretches.next().await;
    let session_request = session_request(&context, &request, wish.replica);
    let begun = broker.fetches.sessions.lock().begin(session_request, clock::now());
    let session = match begun {
        Ok(session) => session,
        Err(error) => {
            let error_code = error_mapping::session_error(&error).code();
            return FetchResponse { error_code, ..FetchResponse::default() }.into();
        }
    };
    stretches.rest();
    // Its partitions have their place, so nothing of the request is kept while it waits for records.
    Outcome::Waits(Box::pin(async move {
        let parts = poll(&broker, &context, &wish, (&session, &place)).await;
        answer::respond((&broker, &context), &session, parts, place.stretches()).await
    }))
}

/// What a request says beside its partitions.
struct Wish {
    wait: Duration,
    bytes_min: usize,
    bytes_max: usize,
    read_committed: bool,
    replica: i32,
}

impl Wish {
    fn of(context: &RequestContext, request: &FetchRequest) -> Self {
        let replica = if context.version >= 15 { request.replica_state.replica_id } else { request.replica_id };
        Self {
            wait: Duration::from_millis(u64::try_from(request.max_wait_ms).unwrap_or(0)),
            bytes_min: usize::try_from(request.min_bytes).unwrap_or(0),
            bytes_max: usize::try_from(request.max_bytes).unwrap_or(0),
            read_committed: request.isolation_level == READ_COMMITTED,
            replica,
        }
    }
}

/// How many partitions a fetch may come to, those of its session included; a long name counts as several.
fn places(broker: &Broker, context: &RequestContext, request: &FetchRequest) -> usize {
    let named = |partitions: usize, name: &str| partitions + name.len() / PLACE_NAME_BYTES;
    let named: usize = request.topics.iter().map(|topic| named(topic.partitions.len(), &topic.topic)).sum();
    // The client's name stays for as long as the fetch waits, too.
    let named = named + context.client_id.as_ref().map_or(0, String::len) / PLACE_NAME_BYTES;
    let has_session = context.version >= 7 && request.session_id != NO_SESSION && request.session_epoch > INITIAL_EPOCH;
    let known = if has_session { broker.fetches.sessions.lock().partitions_of(request.session_id) } else { 0 };
    named + known
}

fn session_request(context: &RequestContext, request: &FetchRequest, replica: i32) -> FetchSessionRequest {
    let uses_topic_ids = context.version >= 13;
    let key_of = |name: &str, id| {
        if uses_topic_ids { TopicKey::Id(TopicId(id)) } else { TopicKey::Name(name.into()) }
    };
    let mut partitions = Vec::new();
    for topic in &request.topics {
        let key = key_of(&topic.topic, topic.topic_id);
        for partition in &topic.partitions {
            partitions.push(FetchPartition {
                key: FetchPartitionKey { topic: key.clone(), partition: PartitionId(partition.partition) },
                fetch_offset: Offset(partition.fetch_offset),
                log_start_offset: Offset(partition.log_start_offset),
                bytes_max: partition.partition_max_bytes,
                current_leader_epoch: LeaderEpoch(partition.current_leader_epoch),
                last_fetched_epoch: LeaderEpoch(partition.last_fetched_epoch),
                known_high_watermark: Offset(partition.high_watermark),
                durable_end: None,
            });
        }
    }
    let mut forgotten = Vec::new();
    for topic in &request.forgotten_topics_data {
        let key = key_of(&topic.topic, topic.topic_id);
        forgotten.extend(
            topic
                .partitions
                .iter()
                .map(|partition| FetchPartitionKey { topic: key.clone(), partition: PartitionId(*partition) }),
        );
    }
    // Before version 7 there are no sessions.
    let (session_id, epoch) = if context.version >= 7 { (request.session_id, request.session_epoch) } else { (0, -1) };
    FetchSessionRequest { session_id, epoch, is_follower: replica >= 0, uses_topic_ids, partitions, forgotten }
}

/// Reads until there is enough, something is wrong, or the wait is over.
async fn poll(
    broker: &Arc<Broker>,
    context: &RequestContext,
    wish: &Wish,
    (session, place): (&FetchContext, &FetchPlace),
) -> Vec<Part> {
    let (wait, replica, bytes_min) = (wish.wait, wish.replica, wish.bytes_min);
    let started = Instant::now();
    let deadline = started + context.time_left(wait);
    // As in Kafka, a read of object storage has a time of its own, so that clients which hardly wait get its records, too.
    let remote_deadline = started + context.time_left(broker.config.fetch.remote_wait);
    let reading = Reading {
        broker,
        context,
        session,
        read_committed: wish.read_committed,
        is_follower: replica >= 0,
        is_leader_only: replica == CONSUMER && context.version < 11 || replica >= 0,
        bytes_min,
        bytes_max: wish.bytes_max.min(broker.config.fetch.bytes_max),
        remote_deadline,
    };
    let waiting =
        (bytes_min > 0 && !wait.is_zero()).then(|| broker.fetches.waiters.register(reading.partition_ids())).flatten();
    loop {
        let pass = reading.pass(waiting.as_ref(), place.stretches()).await;
        let deadline = if pass.reads_remotely() { remote_deadline } else { deadline };
        match pass.next(bytes_min, Instant::now() >= deadline) {
            Next::Answer => return pass.settle(&broker.fetches.failures_told),
            Next::Again => continue,
            Next::Wait => {}
        }
        let Some(waiting) = &waiting else {
            return pass.settle(&broker.fetches.failures_told);
        };
        let pause = if pass.has_failed_remotely() { read::REMOTE_RETRY_PAUSE } else { Duration::MAX };
        let wake_at = deadline.min(Instant::now().checked_add(pause).unwrap_or(deadline));
        tokio::select! {
            () = waiting.changed() => {}
            // It holds memory and only waits: whoever wants that reads now.
            () = place.is_wanted() => return pass.settle(&broker.fetches.failures_told),
            () = tokio::time::sleep_until(wake_at) => {
                if wake_at >= deadline {
                    return pass.settle(&broker.fetches.failures_told);
                }
            }
        }
    }
}

/// The code of an error as a version may carry it.
fn code_for(code: ErrorCode, version: i16) -> ErrorCode {
    if version <= 5 && code == ErrorCode::KafkaStorageError { ErrorCode::NotLeaderOrFollower } else { code }
}
