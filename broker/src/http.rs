//! The HTTP endpoints of `strata.http.listener`: `/metrics`, `/healthz`, `/readyz`.
//!
//! Owns: the server, its limits, and the conditions that `/readyz` tells. Does not own: when a condition changes (the parts
//! of the broker set theirs), nor what a figure means.
//! Invariants: connections, their idle time, the size of a request and the time that one takes are bounded, so that a
//! scraper cannot hold the broker up.

mod listener;
pub mod metrics;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use parking_lot::RwLock;
use prometheus_client::registry::Registry;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use self::listener::BoundedListener;

/// Connections at once, at most; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 64;
/// Bytes of a request's body, at most.
const BODY_BYTES_MAX: usize = 64 * 1024;
/// A request that is not answered by then is given up.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);
/// A connection on which nothing moves for so long is closed.
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);
/// What is under way at a stop may take so much longer.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(2);

/// How one named condition stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// Whether it is fine.
    pub ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether the broker is ready only while it is fine.
    pub required: bool,
}

/// Named conditions: the broker is ready while all that are required are fine. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    conditions: Arc<RwLock<BTreeMap<&'static str, Condition>>>,
}

/// The answer of `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadinessReport {
    /// Whether clients can be sent here.
    pub ready: bool,
    /// All conditions by name.
    pub conditions: BTreeMap<&'static str, Condition>,
}

impl Readiness {
    /// No condition yet: nothing stands in the way.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the condition `name`: fine with `None`, otherwise why it keeps the broker from being ready.
    pub fn set(&self, name: &'static str, failure: Option<String>) {
        self.conditions.write().insert(name, Condition { ok: failure.is_none(), reason: failure, required: true });
    }

    /// Sets a condition that is told and does not keep the broker from being ready: clients are served all the same, and turning
    /// them away from every broker at once would make a small failure a large one.
    pub fn note(&self, name: &'static str, failure: Option<String>) {
        self.conditions.write().insert(name, Condition { ok: failure.is_none(), reason: failure, required: false });
    }

    /// Forgets a condition.
    pub fn clear(&self, name: &'static str) {
        self.conditions.write().remove(name);
    }

    /// How everything stands.
    #[must_use]
    pub fn report(&self) -> ReadinessReport {
        let conditions = self.conditions.read().clone();
        ReadinessReport { ready: conditions.values().all(|condition| condition.ok || !condition.required), conditions }
    }
}

/// What the endpoints show.
#[derive(Clone)]
pub struct HttpState {
    registry: Arc<Registry>,
    readiness: Readiness,
    /// One scrape at a time: each walks all series.
    scrape: Arc<Semaphore>,
}

impl HttpState {
    /// Shows `registry`, to which nothing can be added any more, and `readiness`.
    #[must_use]
    pub fn new(registry: Registry, readiness: Readiness) -> Self {
        Self { registry: Arc::new(registry), readiness, scrape: Arc::new(Semaphore::new(1)) }
    }
}

/// Serves until `stop` turns true or its sender is gone, then lets open requests end within two seconds.
pub async fn serve(listener: TcpListener, state: HttpState, mut stop: watch::Receiver<bool>) {
    let router = router(state);
    let listener = BoundedListener::new(listener, CONNECTIONS_MAX, IDLE_TIME_MAX);
    let mut stopped = stop.clone();
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        wait_for_stop(&mut stopped).await;
    });
    let drained = async move {
        wait_for_stop(&mut stop).await;
        tokio::time::sleep(DRAIN_TIME_MAX).await;
    };
    tokio::select! {
        ended = server => {
            if let Err(error) = ended {
                tracing::warn!(%error, "the HTTP server ended");
            }
        }
        () = drained => tracing::debug!("HTTP connections were cut at the stop"),
    }
}

async fn wait_for_stop(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stopped| *stopped).await.is_err() {
        tracing::debug!("the HTTP server stops, since nobody is left to tell it");
    }
}

fn router(state: HttpState) -> Router {
    Router::new()
        .route("/metrics", get(metrics::show))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .fallback(unknown_path)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(limit_time))
        .with_state(state)
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the request took too long\n").into_response(),
    }
}

async fn health() -> &'static str {
    "ok\n"
}

async fn ready(State(state): State<HttpState>) -> Response {
    let report = state.readiness.report();
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn unknown_path() -> Response {
    (StatusCode::NOT_FOUND, "there is /metrics, /healthz and /readyz\n").into_response()
}

#[cfg(test)]
mod tests;
