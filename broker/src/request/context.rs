//! What every request carries besides its body.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Who asks. Without authentication everybody is `User:ANONYMOUS`, as in Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Principal {
    /// Kind, `User` for everything that listeners give today.
    pub(crate) kind: Arc<str>,
    /// Name within the kind.
    pub(crate) name: Arc<str>,
}

impl Principal {
    /// The principal of a connection that did not authenticate.
    #[must_use]
    pub(crate) fn anonymous() -> Self {
        Self { kind: "User".into(), name: "ANONYMOUS".into() }
    }
}

/// One connection as requests see it.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionInfo {
    /// Unique while the process runs.
    pub(crate) id: u64,
    /// Name of the listener it came through.
    pub(crate) listener: Arc<str>,
    /// The peer's address.
    pub(crate) peer: SocketAddr,
    /// Who the connection was authenticated as.
    pub(crate) principal: Principal,
}

/// One request's circumstances.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    /// The connection it came on.
    pub(crate) connection: Arc<ConnectionInfo>,
    /// Version of the API that the client speaks.
    pub(crate) version: i16,
    /// The client's `client.id`, if it sent one.
    pub(crate) client_id: Option<String>,
    /// Size of its frame.
    pub(crate) frame_bytes: usize,
    /// When it was read whole.
    pub(crate) received_at: Instant,
    /// When the broker stops working on it; handlers with a timeout of their own take the earlier one.
    pub(crate) deadline: Instant,
}

impl RequestContext {
    /// Time until the deadline, or until `limit` has passed, whichever is first.
    #[must_use]
    pub(crate) fn time_left(&self, limit: Duration) -> Duration {
        self.deadline.saturating_duration_since(Instant::now()).min(limit)
    }
}
