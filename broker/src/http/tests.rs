//! Tests of `http.rs`.

use std::net::SocketAddr;

use prometheus_client::metrics::counter::Counter;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::*;

struct Server {
    address: SocketAddr,
    readiness: Readiness,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

async fn server() -> Server {
    let mut registry = Registry::default();
    let counter: Counter = Counter::default();
    counter.inc_by(7);
    registry.register("strata_example", "An example", counter);
    let readiness = Readiness::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let state = HttpState::new(registry, readiness.clone());
    let task = tokio::spawn(serve(listener, state, stopped));
    Server { address, readiness, stop, task }
}

async fn get(address: SocketAddr, path: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: strata\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), body.to_owned())
}

#[tokio::test]
async fn figures_are_shown_as_prometheus_text() {
    let server = server().await;
    let (status, head, body) = get(server.address, "/metrics").await;
    assert_eq!(status, 200);
    assert!(head.contains("content-type: application/openmetrics-text"), "{head}");
    assert!(body.contains("strata_example_total 7"), "{body}");
    assert!(body.ends_with("# EOF\n"), "{body}");
}

#[tokio::test]
async fn a_living_process_is_healthy_before_it_is_ready() {
    let server = server().await;
    server.readiness.set("metadata", Some("metadata is not applied".to_owned()));
    assert_eq!(get(server.address, "/healthz").await.0, 200);
    assert_eq!(get(server.address, "/readyz").await.0, 503);
}

#[tokio::test]
async fn readiness_tells_each_condition_with_its_reason() {
    let server = server().await;
    server.readiness.set("logs", None);
    server.readiness.set("metadata", Some("metadata is not applied".to_owned()));
    let (status, _, body) = get(server.address, "/readyz").await;
    let report: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 503);
    assert_eq!(report["ready"], false);
    assert_eq!(report["conditions"]["logs"]["ok"], true);
    assert_eq!(report["conditions"]["metadata"]["reason"], "metadata is not applied");

    server.readiness.set("metadata", None);
    server.readiness.note("tier", Some("paused: the bucket does not answer".to_owned()));
    let (status, _, body) = get(server.address, "/readyz").await;
    let report: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &report["ready"]), (200, &Value::Bool(true)), "clients are served without the bucket");
    assert_eq!(report["conditions"]["tier"]["ok"], false);
    assert_eq!(report["conditions"]["tier"]["reason"], "paused: the bucket does not answer");

    server.readiness.note("tier", None);
    let (status, _, body) = get(server.address, "/readyz").await;
    let report: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &report["ready"]), (200, &Value::Bool(true)));
    assert_eq!(report["conditions"]["tier"]["ok"], true);

    server.readiness.clear("tier");
    assert_eq!(server.readiness.report().conditions.len(), 2);
}

#[tokio::test]
async fn an_unknown_path_is_answered_with_those_there_are() {
    let server = server().await;
    let (status, _, body) = get(server.address, "/").await;
    assert_eq!(status, 404);
    assert!(body.contains("/metrics"), "{body}");
}

#[tokio::test]
async fn a_stop_ends_the_server_though_a_peer_is_silent() {
    let server = server().await;
    let _silent = TcpStream::connect(server.address).await.unwrap();
    server.stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(10), server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_no_http_leaves_others_unaffected() {
    let server = server().await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(&[0xff; 4096]).await.unwrap();
    assert_eq!(get(server.address, "/healthz").await.0, 200);
}
