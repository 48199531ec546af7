//! Tests of `client.rs`.

use bytes::Bytes;
use strata_compat::api_key::ApiKey;
use strata_compat::error_code::ErrorCode;
use strata_compat::frame;
use strata_compat::messages::Message;
use strata_compat::messages::api_versions::{ApiVersion, ApiVersionsResponse};
use strata_compat::messages::list_groups::{ListGroupsRequest, ListGroupsResponse, ListedGroup};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const LIMIT: Duration = Duration::from_secs(20);

async fn read_request(stream: &mut TcpStream) -> frame::RequestFrame {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix).await.unwrap();
    let mut body = vec![0; frame::check_size(prefix, 1 << 20).unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    frame::decode_request(Bytes::from(body)).unwrap()
}

async fn answer<M: Message>(stream: &mut TcpStream, request: &frame::RequestFrame, version: i16, body: &M) {
    let rope = frame::encode_response(request.correlation_id, request.api_key, version, body).unwrap();
    stream.write_all(&rope.to_bytes()).await.unwrap();
}

fn versions(error_code: ErrorCode, newest: i16) -> ApiVersionsResponse {
    let row = |key: ApiKey, max_version| ApiVersion { api_key: key.code(), min_version: 0, max_version };
    ApiVersionsResponse {
        error_code: error_code.code(),
        api_keys: vec![row(ApiKey::ApiVersions, newest), row(ApiKey::ListGroups, 3)],
        ..Default::default()
    }
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

#[tokio::test]
async fn a_call_is_made_in_the_highest_common_version() {
    let (listener, address) = listener().await;
    let broker = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        answer(&mut stream, &request, request.api_version, &versions(ErrorCode::None, 4)).await;
        let request = read_request(&mut stream).await;
        let group = ListedGroup { group_id: "g".into(), ..Default::default() };
        let body = ListGroupsResponse { groups: vec![group], ..Default::default() };
        answer(&mut stream, &request, request.api_version, &body).await;
        request.api_version
    });
    let mut client = Client::new(address, LIMIT);
    let response = client.call(&ListGroupsRequest::default()).await.unwrap();
    assert_eq!(response.groups[0].group_id.as_str(), "g");
    assert_eq!(broker.await.unwrap(), 3);
}

#[tokio::test]
async fn an_older_broker_is_asked_for_its_versions_again() {
    let (listener, address) = listener().await;
    let broker = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        answer(&mut stream, &request, 0, &versions(ErrorCode::UnsupportedVersion, 2)).await;
        let request = read_request(&mut stream).await;
        answer(&mut stream, &request, request.api_version, &versions(ErrorCode::None, 2)).await;
        request.api_version
    });
    let connection = Connection::open(&address, LIMIT).await.unwrap();
    assert_eq!(broker.await.unwrap(), 2);
    drop(connection);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_named_with_what_to_do() {
    let (listener, address) = listener().await;
    drop(listener);
    let mut client = Client::new(address.clone(), LIMIT);
    let error = client.call(&ListGroupsRequest::default()).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("no broker answers at {address}")), "{error}");
    assert!(error.contains("is it running"), "{error}");
}

#[tokio::test]
async fn a_peer_that_closes_is_told_apart_from_one_that_talks_nonsense() {
    for (bytes, expected) in [
        (&b""[..], "closed the connection"),
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "is no answer"),
        (&b"\xff\xff\xff\xff"[..], "is no answer"),
        (&b"\x00\x00\x00\x08abc"[..], "closed the connection"),
    ] {
        let (listener, address) = listener().await;
        let peer = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            stream.write_all(bytes).await.unwrap();
            stream.shutdown().await.unwrap();
        });
        let error = Connection::open(&address, LIMIT).await.err().unwrap().to_string();
        assert!(error.contains(expected), "{bytes:?}: {error}");
        peer.await.unwrap();
    }
}

#[tokio::test]
async fn a_peer_that_never_answers_is_given_up() {
    let (listener, address) = listener().await;
    let error = Connection::open(&address, Duration::from_millis(30)).await.err().unwrap();
    assert!(matches!(error, ClientError::TimedOut { .. }), "{error}");
    drop(listener);
}

#[tokio::test]
async fn an_api_that_the_broker_lacks_is_refused_here() {
    let (listener, address) = listener().await;
    let broker = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read_request(&mut stream).await;
        answer(&mut stream, &request, request.api_version, &versions(ErrorCode::None, 4)).await;
        stream
    });
    let mut client = Client::new(address, LIMIT);
    let request = strata_compat::messages::delete_groups::DeleteGroupsRequest::default();
    let error = client.call(&request).await.unwrap_err();
    assert!(matches!(error, ClientError::Unsupported { api: "DeleteGroups", .. }), "{error}");
    drop(broker.await.unwrap());
}

#[test]
fn an_unknown_topic_is_answered_with_the_nearest_name() {
    let error = routing::unknown_topic("flihgts", ["flights", "orders"].into_iter());
    assert!(error.to_string().contains("did you mean 'flights'?"), "{error}");
    assert!(error.is_code(ErrorCode::UnknownTopicOrPartition));
    let error = routing::unknown_topic("abcdefghi", ["flights"].into_iter());
    assert!(error.to_string().contains("strata topic list"), "{error}");
}
