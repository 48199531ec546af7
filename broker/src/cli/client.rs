//! A small Kafka client for the admin commands.
//!
//! Owns: connections to brokers, negotiation of versions, which broker a call goes to. Does not own: what a command asks.
//! Invariants: one call at a time on a connection; a frame is read only up to [`RESPONSE_BYTES_MAX`]; every wait has a
//! deadline; a connection on which a call failed is not used again.

mod connection;
mod error;
mod routing;

pub use self::connection::{Connection, RESPONSE_BYTES_MAX};
pub use self::error::ClientError;
pub(crate) use self::error::error_name;
pub(crate) use self::routing::{EARLIEST, LATEST};

use std::collections::BTreeMap;
use std::time::Duration;

use strata_compat::messages::Request;
use strata_compat::messages::metadata::MetadataResponse;

/// Calls brokers of one cluster, found through one of them.
pub struct Client {
    bootstrap: String,
    timeout: Duration,
    /// Connections by `HOST:PORT`.
    connections: BTreeMap<String, Connection>,
    /// Addresses of the brokers by id, once metadata was read.
    brokers: BTreeMap<i32, String>,
    metadata: Option<MetadataResponse>,
}

impl Client {
    /// A client that knows one broker, `HOST:PORT`, and gives each call `timeout`. Contacts nobody yet.
    #[must_use]
    pub fn new(bootstrap: impl Into<String>, timeout: Duration) -> Self {
        Self {
            bootstrap: bootstrap.into(),
            timeout,
            connections: BTreeMap::new(),
            brokers: BTreeMap::new(),
            metadata: None,
        }
    }

    /// The broker that was named first.
    #[must_use]
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }

    /// Time that each call gets.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The same as milliseconds, for requests that carry one.
    #[must_use]
    pub fn timeout_ms(&self) -> i32 {
        i32::try_from(self.timeout.as_millis()).unwrap_or(i32::MAX)
    }

    /// Calls the broker that was named first.
    pub async fn call<Q: Request>(&mut self, request: &Q) -> Result<Q::Response, ClientError> {
        let address = self.bootstrap.clone();
        self.call_at(&address, request, i16::MAX).await
    }

    /// The same in a version of at most `version_max`, for messages whose later versions want other fields.
    pub async fn call_within<Q: Request>(&mut self, request: &Q, version_max: i16) -> Result<Q::Response, ClientError> {
        let address = self.bootstrap.clone();
        self.call_at(&address, request, version_max).await
    }

    /// Calls the broker with this id.
    pub async fn call_broker<Q: Request>(
        &mut self,
        broker: i32,
        request: &Q,
        version_max: i16,
    ) -> Result<Q::Response, ClientError> {
        let address = self.broker_address(broker).await?;
        self.call_at(&address, request, version_max).await
    }

    /// Calls the broker at `HOST:PORT`.
    pub async fn call_at<Q: Request>(
        &mut self,
        address: &str,
        request: &Q,
        version_max: i16,
    ) -> Result<Q::Response, ClientError> {
        let mut connection = match self.connections.remove(address) {
            Some(connection) => connection,
            None => Connection::open(address, self.timeout).await?,
        };
        let response = connection.call(request, version_max, self.timeout).await?;
        self.connections.insert(address.to_owned(), connection);
        Ok(response)
    }
}

#[cfg(test)]
mod tests;
