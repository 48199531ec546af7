//! The HTTP client of uploads: it counts the body bytes that go out, for the watchdog of a put.
//!
//! Owns: the way of a request's body into the socket. Does not own: deadlines and what standing still means
//! (`object_io.rs`), everything else of HTTP (`reqwest`).
//!
//! A body is handed over in pieces, and a piece counts when the connection takes it: what is counted runs ahead of the
//! socket by no more than the connection's own buffer. Why it is done here: `design/0001-upload-watchdog.md`.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};

use crate::object_io::UploadProgress;
use crate::wire::length_u64;

/// Bytes of a body that are handed over at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes clients that count.
#[derive(Debug)]
pub(super) struct UploadConnector;

impl HttpConnector for UploadConnector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        // The options are not readable from outside of their crate: these are the ones of uploads, see `client_options`.
        let client = reqwest::Client::builder()
            .user_agent(concat!("strata/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .http1_only()
            .build()
            .map_err(|error| object_store::Error::Generic { store: "upload", source: Box::new(error) })?;
        Ok(HttpClient::new(UploadService { client }))
    }
}

#[derive(Debug)]
struct UploadService {
    client: reqwest::Client,
}

#[async_trait]
impl HttpService for UploadService {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string().parse().map_err(|error| HttpError::new(HttpErrorKind::Request, error))?;
        let mut outgoing = reqwest::Request::new(parts.method, url);
        *outgoing.headers_mut() = parts.headers;
        if body.content_length() > 0 {
            let progress = parts.extensions.get::<UploadProgress>().cloned().unwrap_or_default();
            *outgoing.body_mut() = Some(reqwest::Body::wrap(CountedBody::new(body, progress)));
        }
        let response: http::Response<reqwest::Body> = self.client.execute(outgoing).await.map_err(http_error)?.into();
        let (parts, body) = response.into_parts();
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body.map_err(http_error))))
    }
}

/// What the failure means, without the URL: it may carry a signature.
fn http_error(error: reqwest::Error) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_connect() {
        HttpErrorKind::Connect
    } else if error.is_decode() {
        HttpErrorKind::Decode
    } else if error.is_builder() {
        HttpErrorKind::Request
    } else {
        HttpErrorKind::Interrupted
    };
    HttpError::new(kind, error.without_url())
}

/// A body that is handed over in pieces and counts them.
struct CountedBody {
    inner: HttpRequestBody,
    /// What is left of the part taken last.
    part: Bytes,
    left: u64,
    progress: UploadProgress,
}

impl CountedBody {
    fn new(inner: HttpRequestBody, progress: UploadProgress) -> Self {
        // From here on somebody counts.
        progress.add(0);
        Self { left: length_u64(inner.content_length()), part: Bytes::new(), inner, progress }
    }
}

impl Body for CountedBody {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        while self.part.is_empty() {
            match Pin::new(&mut self.inner).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(part) = frame.into_data() {
                        self.part = part;
                    }
                }
                other => return other,
            }
        }
        let bytes = self.part.len().min(PIECE_BYTES);
        let piece = self.part.split_to(bytes);
        self.left = self.left.saturating_sub(length_u64(bytes));
        self.progress.add(length_u64(bytes));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use object_store::PutPayload;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_body_goes_out_whole_in_pieces_and_is_counted() {
        let parts = [vec![1_u8; PIECE_BYTES + 1], vec![2; 3], Vec::new(), vec![3; 2 * PIECE_BYTES]];
        let payload: PutPayload = parts.iter().cloned().map(Bytes::from).collect();
        let progress = UploadProgress::default();
        assert_eq!(progress.sent(), None, "nobody counts yet");
        let mut body = CountedBody::new(payload.into(), progress.clone());
        let mut seen = Vec::new();
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE_BYTES);
            seen.extend_from_slice(&piece);
            assert_eq!(progress.sent(), Some(length_u64(seen.len())));
        }
        assert_eq!(seen, parts.concat());
        assert!(body.is_end_stream());
    }

    #[tokio::test]
    async fn a_server_that_reads_nothing_stops_the_count() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let bytes = 64 << 20;
        let progress = UploadProgress::default();
        let mut request = HttpRequest::new(PutPayload::from(vec![7_u8; bytes]).into());
        *request.method_mut() = http::Method::PUT;
        *request.uri_mut() = format!("http://{address}/key").parse().unwrap();
        request.extensions_mut().insert(progress.clone());
        let client = UploadConnector.connect(&ClientOptions::new()).unwrap();
        let answer = tokio::spawn(async move { client.execute(request).await });
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 1024];
        let read = socket.read(&mut head).await.unwrap();
        assert!(String::from_utf8_lossy(&head[..read]).to_lowercase().contains(&format!("content-length: {bytes}")));
        // Nothing more is read: what the buffers of both sides hold is counted, and no more.
        let mut before = None;
        while progress.sent() != before {
            before = progress.sent();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert!(before.is_some_and(|sent| sent < length_u64(bytes)), "{before:?}");
        let mut rest = vec![0; 1 << 20];
        while progress.sent() != Some(length_u64(bytes)) {
            assert!(socket.read(&mut rest).await.unwrap() > 0);
        }
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        let drain = tokio::spawn(async move { while socket.read(&mut rest).await.is_ok_and(|read| read > 0) {} });
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.into_body().bytes().await.unwrap(), "ok");
        drain.abort();
    }
}
