//! What every request carries besides its body.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Who asks. Without authentication everybody is `User:ANONYMOUS`, as in Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    /// Kind, `User` for everything that listeners give today.
    pub kind: Arc<str>,
    /// Name within the kind.
    pub name: Arc<str>,
}

impl Principal {
    /// The principal of a connection that did not authenticate.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { kind: "User".into(), name: "ANONYMOUS".into() }
    }
}

/// One connection as requests see it.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    /// Unique while the process runs.
    pub id: u64,
    /// Name of the listener it came through.
    pub listener: Arc<str>,
    /// The peer's address.
    pub peer: SocketAddr,
    /// Who the connection was authenticated as.
    pub principal: Principal,
}

/// One request's circumstances.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The connection it came on.
    pub connection: Arc<ConnectionInfo>,
    /// Version of the API that the client speaks.
    pub version: i16,
    /// The client's `client.id`, if it sent one.
    pub client_id: Option<String>,
    /// When it was read whole.
    pub received_at: Instant,
    /// When the broker stops working on it; handlers with a timeout of their own take the earlier one.
    pub deadline: Instant,
}

impl RequestContext {
    /// Time until the deadline, or until `limit` has passed, whichever is first.
    #[must_use]
    pub fn time_left(&self, limit: Duration) -> Duration {
        self.deadline.saturating_duration_since(Instant::now()).min(limit)
    }
}
