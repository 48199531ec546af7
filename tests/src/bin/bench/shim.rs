//! `shim`: a proxy before a store that makes it as slow, and as unwilling, as S3.
//!
//! Each request waits for its first byte, its body goes at a pace, and some are refused with 503 before the store sees them. What was
//! asked for is counted: `GET /__shim__` tells it, and so does its end, which SIGTERM brings. The
//! weather is `weather.rs`'s; nothing of a request or its answer is changed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use bytes::{Buf as _, BytesMut};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::http::{Body, ChunkEnd, Head, head_end};
use crate::options::Options;
use crate::weather::{Climate, Weather};

/// What is passed on at once: a body's pace is as even as this is small.
const PIECE_BYTES: usize = 128 << 10;
/// Distinct requests whose attempts are told apart; beyond this the count begins again.
const KNOWN_MAX: usize = 1 << 20;
const REFUSAL: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
const STATS: &str = "/__shim__";

#[derive(Debug, Default)]
struct Counts {
    gets: AtomicU64,
    puts: AtomicU64,
    others: AtomicU64,
    refused: AtomicU64,
    get_bytes: AtomicU64,
    put_bytes: AtomicU64,
}

struct Shim {
    upstream: SocketAddr,
    climate: Climate,
    attempts: Mutex<HashMap<u64, u64>>,
    counts: Counts,
}

impl Shim {
    fn stats(&self) -> Value {
        let count = |one: &AtomicU64| one.load(Ordering::Relaxed);
        json!({
            "gets": count(&self.counts.gets),
            "puts": count(&self.counts.puts),
            "others": count(&self.counts.others),
            "refused": count(&self.counts.refused),
            "get_bytes": count(&self.counts.get_bytes),
            "put_bytes": count(&self.counts.put_bytes),
        })
    }

    fn weather(&self, head: &Head) -> Weather {
        let mut hasher = DefaultHasher::new();
        (head.method(), head.target(), head.field("range")).hash(&mut hasher);
        let request = hasher.finish();
        let mut attempts = self.attempts.lock();
        if attempts.len() >= KNOWN_MAX {
            attempts.clear();
        }
        let attempt = attempts.entry(request).or_default();
        *attempt += 1;
        self.climate.weather(request, *attempt)
    }

    fn count(&self, method: &str) {
        let counter = match method {
            "GET" => &self.counts.gets,
            "PUT" => &self.counts.puts,
            _ => &self.counts.others,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// One side of a connection, with what was read beyond what was asked for.
struct Side {
    stream: TcpStream,
    ahead: BytesMut,
}

impl Side {
    fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, ahead: BytesMut::with_capacity(PIECE_BYTES) })
    }

    /// More bytes; whether there were any.
    async fn read_more(&mut self) -> Result<bool> {
        self.ahead.reserve(PIECE_BYTES);
        Ok(self.stream.read_buf(&mut self.ahead).await? > 0)
    }

    /// The next head, or none if the other end has left.
    async fn head(&mut self) -> Result<Option<Head>> {
        loop {
            if let Some(end) = head_end(&self.ahead)? {
                return Head::parse(&self.ahead.split_to(end)).map(Some);
            }
            if !self.read_more().await? {
                ensure!(self.ahead.is_empty(), "the connection ended inside a head");
                return Ok(None);
            }
        }
    }

    /// Passes a body on, each piece when `pace` says; answers its bytes.
    async fn pass(&mut self, body: Body, to: &mut TcpStream, pace: impl Fn(u64) -> Option<Instant>) -> Result<u64> {
        let (mut passed, mut chunks) = (0, ChunkEnd::default());
        loop {
            let left = match body {
                Body::Sized(size) => usize::try_from(size - passed).unwrap_or(usize::MAX),
                Body::Chunked | Body::UntilClose => usize::MAX,
            };
            if left == 0 {
                return Ok(passed);
            }
            if self.ahead.is_empty() && !self.read_more().await? {
                ensure!(body == Body::UntilClose, "the connection ended inside a body");
                return Ok(passed);
            }
            let mut step = self.ahead.len().min(left).min(PIECE_BYTES);
            let mut is_over = false;
            if body == Body::Chunked {
                (step, is_over) = chunks.pass(&self.ahead[..step])?;
            }
            passed += step as u64;
            if let Some(due) = pace(passed) {
                tokio::time::sleep_until(due.into()).await;
            }
            to.write_all(&self.ahead[..step]).await?;
            self.ahead.advance(step);
            if is_over {
                return Ok(passed);
            }
        }
    }
}

fn answer(status: &str, kind: &str, body: &str, is_head: bool) -> Vec<u8> {
    let sent = if is_head { "" } else { body };
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{sent}", body.len()).into_bytes()
}

/// A request's body that nobody wants.
async fn drop_body(client: &mut Side, body: Body) -> Result<()> {
    let Body::Sized(mut left) = body else {
        bail!("a refused request with a body of unknown size");
    };
    while left > 0 {
        if client.ahead.is_empty() && !client.read_more().await? {
            bail!("the connection ended inside a body");
        }
        let step = usize::try_from(left).unwrap_or(usize::MAX).min(client.ahead.len());
        client.ahead.advance(step);
        left -= step as u64;
    }
    Ok(())
}

/// Passes one request on and its answer back; whether the connection goes on.
async fn forward(shim: &Shim, client: &mut Side, store: &mut Side, head: &Head, weather: Weather) -> Result<bool> {
    let begun = Instant::now();
    store.stream.write_all(&head.bytes).await?;
    if head.waits_for_continue() {
        client.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let sent = client
        .pass(head.request_body()?, &mut store.stream, |bytes| Some(begun + shim.climate.body_time(bytes)))
        .await?;
    shim.counts.put_bytes.fetch_add(sent, Ordering::Relaxed);
    let reply = loop {
        let reply = store.head().await?.context("the store closed before it answered")?;
        if reply.status()? != 100 {
            break reply;
        }
    };
    let body = reply.response_body(head.method())?;
    let first_byte = begun + shim.climate.body_time(sent) + weather.first_byte;
    tokio::time::sleep_until(first_byte.into()).await;
    client.stream.write_all(&reply.bytes).await?;
    let came = store.pass(body, &mut client.stream, |bytes| Some(first_byte + shim.climate.body_time(bytes))).await?;
    shim.counts.get_bytes.fetch_add(came, Ordering::Relaxed);
    Ok(!reply.closes() && !head.closes() && body != Body::UntilClose)
}

async fn serve(shim: Arc<Shim>, stream: TcpStream) -> Result<()> {
    let mut client = Side::new(stream)?;
    let mut store = None;
    while let Some(head) = client.head().await? {
        if head.target() == STATS {
            let text = shim.stats().to_string();
            client.stream.write_all(&answer("200 OK", "application/json", &text, false)).await?;
            continue;
        }
        shim.count(head.method());
        let weather = shim.weather(&head);
        if weather.is_refused {
            shim.counts.refused.fetch_add(1, Ordering::Relaxed);
            drop_body(&mut client, head.request_body()?).await?;
            tokio::time::sleep(weather.first_byte).await;
            let refusal = answer("503 Slow Down", "application/xml", REFUSAL, head.method() == "HEAD");
            client.stream.write_all(&refusal).await?;
            continue;
        }
        let upstream = match store.take() {
            Some(upstream) => upstream,
            None => Side::new(TcpStream::connect(shim.upstream).await.context("connecting to the store")?)?,
        };
        let upstream = store.insert(upstream);
        if !forward(&shim, &mut client, upstream, &head, weather).await? {
            return Ok(());
        }
    }
    Ok(())
}

async fn listen(shim: Arc<Shim>, address: String) -> Result<Value> {
    let listener = TcpListener::bind(&address).await.with_context(|| format!("listening on {address}"))?;
    println!("listening {}", listener.local_addr()?);
    let mut end = signal(SignalKind::terminate())?;
    loop {
        tokio::select! {
            _ = end.recv() => return Ok(shim.stats()),
            accepted = listener.accept() => {
                let (stream, peer) = accepted?;
                let shim = Arc::clone(&shim);
                tokio::spawn(async move {
                    if let Err(error) = serve(shim, stream).await {
                        eprintln!("{peer}: {error:#}");
                    }
                });
            }
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<Value> {
    let shim = Shim {
        upstream: options.needed("upstream")?,
        climate: Climate {
            seed: options.or("seed", 1)?,
            first_byte_median_ms: options.or("median-ms", 30.0)?,
            first_byte_p99_ms: options.or("p99-ms", 150.0)?,
            ms_per_mib: options.or("ms-per-mib", 20.0)?,
            refused_per_million: options.or("refused-per-million", 10_000)?,
        },
        attempts: Mutex::default(),
        counts: Counts::default(),
    };
    let address = options.or("listen", "127.0.0.1:0".to_owned())?;
    options.all_asked()?;
    let climate = shim.climate;
    let is_slow = climate.first_byte_median_ms > 0.0 && climate.first_byte_p99_ms >= climate.first_byte_median_ms;
    ensure!(is_slow, "a median above 0 and a p99 that is not below it");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(listen(Arc::new(shim), address))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::{Climate, Counts, Mutex, Shim, serve};

    const CALM: Climate = Climate {
        seed: 1,
        first_byte_median_ms: 1.0,
        first_byte_p99_ms: 1.0,
        ms_per_mib: 100.0,
        refused_per_million: 0,
    };

    /// Sends `requests` through the shim to a store that answers `answers`, a request each; answers what the client and the
    /// store got.
    async fn through(
        climate: Climate,
        requests: &'static [u8],
        answers: &'static [&'static [u8]],
    ) -> (Vec<u8>, Vec<u8>) {
        let store = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = store.local_addr().unwrap();
        let shim = Arc::new(Shim { upstream, climate, attempts: Mutex::default(), counts: Counts::default() });
        let mut client = TcpStream::connect(front.local_addr().unwrap()).await.unwrap();
        let side = front.accept().await.unwrap().0;
        let served = tokio::spawn(serve(shim, side));
        let store = tokio::spawn(async move {
            let mut got = Vec::new();
            if answers.is_empty() {
                return got;
            }
            let mut stream = store.accept().await.unwrap().0;
            for answer in answers {
                let before = got.len();
                // Each request of these tests ends with this.
                while !got[before..].ends_with(b"end\r\n\r\n") {
                    assert!(stream.read_buf(&mut got).await.unwrap() > 0);
                }
                stream.write_all(answer).await.unwrap();
            }
            got
        });
        client.write_all(requests).await.unwrap();
        client.shutdown().await.unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        served.await.unwrap().unwrap();
        (heard, store.await.unwrap())
    }

    #[tokio::test]
    async fn requests_and_answers_pass_unchanged_on_one_connection() {
        let requests = b"GET /a HTTP/1.1\r\nx: end\r\n\r\nHEAD /b HTTP/1.1\r\nx: end\r\n\r\n";
        let answers: &[&[u8]] = &[
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        ];
        let (heard, got) = through(CALM, requests, answers).await;
        assert_eq!(heard, answers.concat());
        assert_eq!(got, requests);
    }

    #[tokio::test]
    async fn a_refused_request_never_reaches_the_store() {
        let climate = Climate { refused_per_million: 1_000_000, ..CALM };
        let (heard, _) = through(climate, b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", &[]).await;
        assert!(heard.starts_with(b"HTTP/1.1 503 "), "{}", String::from_utf8_lossy(&heard));
    }

    #[tokio::test]
    async fn bodies_go_at_their_pace() {
        let begin = std::time::Instant::now();
        let answer: &'static [u8] = Box::leak(
            [&b"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n"[..], &[7; 1 << 20]].concat().into_boxed_slice(),
        );
        let answers: &'static [&'static [u8]] = Box::leak(vec![answer].into_boxed_slice());
        let (heard, _) = through(CALM, b"GET /a HTTP/1.1\r\nx: end\r\n\r\n", answers).await;
        assert_eq!(heard.len(), answer.len());
        assert!(begin.elapsed().as_millis() >= 100, "a MiB came after {:?}", begin.elapsed());
    }
}
