//! `/metrics`: all figures as Prometheus text.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text;

use super::HttpState;

/// The text format that the registry writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Writes the figures, one scrape after the other. Reading them may touch locks and files, so it leaves the sockets' threads.
pub(super) async fn show(State(state): State<HttpState>) -> Response {
    let Ok(_turn) = state.scrape.acquire().await else {
        return failed("the broker stops");
    };
    let registry = state.registry;
    let encoded = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        text::encode(&mut text, &registry).map(|()| text)
    });
    match encoded.await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Ok(Err(error)) => failed(&format!("the figures have no text form: {error}")),
        Err(error) => failed(&format!("reading the figures failed: {error}")),
    }
}

fn failed(reason: &str) -> Response {
    tracing::warn!(reason, "a scrape failed");
    (StatusCode::INTERNAL_SERVER_ERROR, format!("{reason}\n")).into_response()
}
