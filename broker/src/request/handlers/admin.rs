//! What the handlers of admin requests share: refusals, deadlines, proposals, dry runs, authorized operations.
//!
//! Owns: none of the requests. Does not own: which refusal of the quorum is which code (`error_mapping.rs`).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use strata_compat::error_code::ErrorCode;
use strata_compat::wire::KString;
use strata_metadata::quorum::Committed;
use strata_metadata_core::command::Command;
use strata_metadata_core::image::Image;
use strata_metadata_core::response::{Refusal, Reply};

use crate::config::ConfigError;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::error_mapping;
use crate::server::Broker;

/// Partitions that one request may create, change or ask about, as in Kafka.
pub(crate) const PARTITIONS_PER_REQUEST_MAX: usize = 10_000;
/// How long the quorum may take where the client gives no time of its own, and at most.
const COMMAND_DEADLINE: Duration = Duration::from_secs(60);
/// Proposals of one request that are under way at once.
pub(crate) const PROPOSALS_MAX: usize = 16;

/// Why a part of a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

impl Refused {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The two fields in which a response tells of it.
    pub(crate) fn fields(&self) -> (i16, Option<KString>) {
        (self.code.code(), Some(self.message.as_str().into()))
    }
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Self {
        Self::new(error_mapping::refusal(refusal), refusal.to_string())
    }
}

impl From<ConfigError> for Refused {
    fn from(error: ConfigError) -> Self {
        Self::new(ErrorCode::InvalidConfig, error.to_string())
    }
}

/// The error code and message of an outcome.
pub(crate) fn fields<T>(outcome: &Result<T, Refused>) -> (i16, Option<KString>) {
    match outcome {
        Ok(_) => (ErrorCode::None.code(), None),
        Err(refused) => refused.fields(),
    }
}

/// When a request with this timeout ends, however many things it names. Some clients send 0 and mean "do not wait for all
/// brokers", so that 0 does not refuse the change itself.
pub(crate) fn deadline(context: &RequestContext, timeout_ms: i32) -> Instant {
    let asked = u64::try_from(timeout_ms).ok().filter(|ms| *ms > 0).map_or(COMMAND_DEADLINE, Duration::from_millis);
    Instant::now() + context.time_left(asked.min(COMMAND_DEADLINE))
}

/// What is left of a request's time; once that is over, what it names is refused unasked, so that none of it happens unseen.
pub(crate) fn time_left(deadline: Instant) -> Result<Duration, Refused> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Refused::new(ErrorCode::RequestTimedOut, "the time of the request was over before its turn came"));
    }
    Ok(left)
}

/// Proposes a command, and waits until what this broker hosts follows from it: both until the deadline of the request.
pub(crate) async fn propose(broker: &Broker, command: &Command, deadline: Instant) -> Result<Reply, Refused> {
    let committed = broker.quorum.propose(command, time_left(deadline)?).await;
    let Committed { response, index } =
        committed.map_err(|error| Refused::new(error_mapping::quorum_error(&error), error.to_string()))?;
    let reply = response.map_err(|refusal| Refused::from(&refusal))?;
    broker.wait_hosted(index, deadline.saturating_duration_since(Instant::now())).await;
    Ok(reply)
}

/// What a command would answer now, and the image that it would leave; nothing is changed.
pub(crate) fn dry_run(image: &Image, command: &Command) -> Result<(Reply, Image), Refused> {
    // What is too large to be proposed is refused in the same words.
    command.encode().map_err(|error| Refused::new(ErrorCode::InvalidRequest, error.to_string()))?;
    let mut next = image.clone();
    let (response, _) = next.apply(image.applied_index.saturating_add(1), command);
    response.map(|reply| (reply, next)).map_err(|refusal| Refused::from(&refusal))
}

/// How often each name occurs; what occurs twice is refused.
pub(crate) fn count<'names>(names: impl Iterator<Item = &'names str>) -> BTreeMap<&'names str, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_insert(0) += 1;
    }
    counts
}

/// Operations on the cluster of which a client may ask whether it may do them.
pub(crate) const CLUSTER_OPERATIONS: &[Operation] = &[
    Operation::Create,
    Operation::ClusterAction,
    Operation::DescribeConfigs,
    Operation::AlterConfigs,
    Operation::IdempotentWrite,
    Operation::Alter,
    Operation::Describe,
];
/// Operations on a topic.
pub(crate) const TOPIC_OPERATIONS: &[Operation] = &[
    Operation::Read,
    Operation::Write,
    Operation::Create,
    Operation::Describe,
    Operation::Delete,
    Operation::Alter,
    Operation::DescribeConfigs,
    Operation::AlterConfigs,
];

/// The operations that are allowed, one bit each, by Kafka's numbers.
pub(crate) fn authorized_operations(
    broker: &Broker,
    context: &RequestContext,
    resource: &Resource<'_>,
    operations: &[Operation],
) -> i32 {
    operations
        .iter()
        .filter(|operation| broker.allows(context, **operation, resource.clone()))
        .fold(0, |bits, operation| bits | (1 << operation_number(*operation)))
}

const fn operation_number(operation: Operation) -> u8 {
    match operation {
        Operation::Read => 3,
        Operation::Write => 4,
        Operation::Create => 5,
        Operation::Delete => 6,
        Operation::Alter => 7,
        Operation::Describe => 8,
        Operation::ClusterAction => 9,
        Operation::DescribeConfigs => 10,
        Operation::AlterConfigs => 11,
        Operation::IdempotentWrite => 12,
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use super::*;
    use crate::request::context::{ConnectionInfo, Principal};

    fn context(left: Duration) -> RequestContext {
        let connection = ConnectionInfo {
            id: 1,
            listener: "TEST".into(),
            peer: SocketAddr::from(([127, 0, 0, 1], 1)),
            principal: Principal::anonymous(),
        };
        let received_at = Instant::now();
        let connection = Arc::new(connection);
        RequestContext {
            connection,
            version: 0,
            client_id: None,
            frame_bytes: 0,
            received_at,
            deadline: received_at + left,
        }
    }

    #[test]
    fn all_that_a_request_names_shares_its_time() {
        let hour = Duration::from_secs(3600);
        let cases = [(20, hour, 20), (0, hour, 60_000), (-1, hour, 60_000), (i32::MAX, hour, 60_000)];
        for (timeout_ms, left, expected_ms) in cases {
            let before = Instant::now();
            let deadline = deadline(&context(left), timeout_ms);
            let expected = Duration::from_millis(expected_ms);
            assert!(deadline >= before + expected && deadline <= Instant::now() + expected, "{timeout_ms} ms");
        }
        let short = deadline(&context(Duration::from_millis(5)), 60_000);
        assert!(short <= Instant::now() + Duration::from_millis(5), "nor longer than the request as a whole");
        let later = Instant::now() + hour;
        assert!(time_left(later).is_ok_and(|left| left <= hour));
        assert_eq!(time_left(Instant::now()).map_err(|refused| refused.code), Err(ErrorCode::RequestTimedOut));
    }

    #[test]
    fn what_occurs_twice_is_counted_twice() {
        let counts = count(["a", "b", "a"].into_iter());
        assert_eq!(counts, BTreeMap::from([("a", 2), ("b", 1)]));
    }

    #[test]
    fn a_refusal_keeps_its_code_and_message() {
        let outcome: Result<(), Refused> = Err(Refused::new(ErrorCode::InvalidConfig, "why"));
        assert_eq!(fields(&outcome), (40, Some("why".into())));
        assert_eq!(fields::<()>(&Ok(())), (0, None));
    }
}
