//! Why a call had no answer, as one line that says what to do next.

use std::io;
use std::time::Duration;

use strata_compat::error_code::ErrorCode;
use thiserror::Error;

/// A failed call.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nothing listens there.
    #[error("no broker answers at {address} ({source}): is it running, and is --bootstrap-server right?")]
    Unreachable {
        /// `HOST:PORT`.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// It took too long.
    #[error("the broker at {address} did not answer {api} within {} s: try again or give --timeout", .timeout.as_secs())]
    TimedOut {
        /// `HOST:PORT`.
        address: String,
        /// What was asked.
        api: &'static str,
        /// The limit.
        timeout: Duration,
    },
    /// The connection ended.
    #[error(
        "the broker at {address} closed the connection at {api}: is it a Kafka listener without TLS, and does it serve this?"
    )]
    Closed {
        /// `HOST:PORT`.
        address: String,
        /// What was asked.
        api: &'static str,
    },
    /// What came is no answer.
    #[error("what the broker at {address} sent for {api} is no answer ({reason}): is it a Kafka listener?")]
    Malformed {
        /// `HOST:PORT`.
        address: String,
        /// What was asked.
        api: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// No version in common.
    #[error("the broker at {address} does not serve {api} in a version that this program knows")]
    Unsupported {
        /// `HOST:PORT`.
        address: String,
        /// What was asked.
        api: &'static str,
    },
    /// The broker refused.
    #[error("{what}: {} ({})", message.as_deref().unwrap_or_else(|| code_message(*.code)), error_name(*.code))]
    Refused {
        /// What was to be done, to what.
        what: String,
        /// Kafka's code.
        code: i16,
        /// The broker's own words.
        message: Option<String>,
    },
    /// The metadata do not know a broker with this id.
    #[error("the cluster has no broker {0}: `strata cluster describe` lists them")]
    UnknownBroker(i32),
}

/// Kafka's words for a code.
fn code_message(code: i16) -> &'static str {
    ErrorCode::from_code(code).map_or("an error that this program does not know", ErrorCode::message)
}

/// Kafka's name of a code.
pub(crate) fn error_name(code: i16) -> String {
    ErrorCode::from_code(code).map_or_else(|| format!("error {code}"), |code| code.name().to_owned())
}

impl ClientError {
    /// `Ok` for code 0, otherwise the refusal.
    pub fn check(what: impl Into<String>, code: i16, message: Option<&str>) -> Result<(), Self> {
        if code == ErrorCode::None.code() {
            return Ok(());
        }
        let message = message.filter(|text| !text.is_empty()).map(str::to_owned);
        Err(Self::Refused { what: what.into(), code, message })
    }

    /// Whether the broker refused with this code.
    #[must_use]
    pub fn is_code(&self, expected: ErrorCode) -> bool {
        matches!(self, Self::Refused { code, .. } if *code == expected.code())
    }
}
