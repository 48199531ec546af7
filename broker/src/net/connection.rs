//! One connection: frames in, answers out, in order.
//!
//! Owns: what becomes of a peer that is idle, sends slowly or does not read (by `pace.rs`). Does not own: what a frame means. A
//! connection that breaks the rules is closed and its reason logged once; others do not notice.
//!
//! Reader (`connection/reader.rs`) and writer (`connection/writer.rs`) are one task with one queue between them
//! (`connection/answer_queue.rs`): each moves as far as it can before the other, so that the requests that came together are
//! begun together and answered with one write.

mod answer_queue;
mod reader;
mod writer;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use strata_compat::wire::Rope;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use self::answer_queue::AnswerQueue;
use self::reader::{Ended, Reader};
use self::writer::Writer;
use crate::net::limits::{AnswerMemory, HeldRequests, RequestMemory};
use crate::request::context::ConnectionInfo;

/// An answer that is still being made.
pub(crate) type Later = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// What a request's first step gave.
pub(crate) enum Begun {
    /// The answer.
    Now(Answer),
    /// The answer comes; the next request may begin.
    Later(Later),
    /// As `Later`, but it waits for other clients and holds no bytes of its request: those are let go at once, or some thousand
    /// that wait would keep out the very requests that they wait for.
    Waits(Later),
}

/// What goes back to the client.
pub(crate) enum Answer {
    /// A whole frame with its size.
    Frame(Rope),
    /// The client asked for no answer (`acks=0`).
    Nothing,
    /// The connection is of no further use: why.
    Close(String),
}

/// Begins the work on a frame.
pub(crate) trait Dispatch: Send + Sync + 'static {
    /// Awaited before the next frame of the same connection is read, so it does only what must be in order.
    fn begin(&self, frame: Bytes, connection: &Arc<ConnectionInfo>) -> impl Future<Output = Begun> + Send;

    /// Whether the answer is small whatever the request asks for, or bounded by its handler: it need not wait for room.
    fn answers_little(&self, frame: &Bytes) -> bool;

    /// A connection was accepted.
    fn opened(&self);

    /// A connection was turned away at a limit.
    fn refused(&self);

    /// The connection is gone.
    fn closed(&self, connection: &Arc<ConnectionInfo>);
}

/// Deadlines and sizes of every connection.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionSettings {
    /// `socket.request.max.bytes`.
    pub(crate) request_bytes_max: usize,
    /// `connections.max.idle.ms`.
    pub(crate) idle: Duration,
    /// A peer that neither sends the rest of a request nor takes an answer for so long is closed.
    pub(crate) stall: Duration,
    /// How long answers under way may take once the broker stops.
    pub(crate) drain: Duration,
}

/// What connections share.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(crate) requests: RequestMemory,
    pub(crate) answers: AnswerMemory,
    /// For answers out of object storage: what waits for a bucket takes nothing from the others.
    pub(crate) cold_answers: AnswerMemory,
}

impl Memory {
    /// Whether there are answers that wait for those under way to be taken.
    fn is_wanted(&self) -> bool {
        self.answers.is_full() || self.cold_answers.is_full()
    }
}

/// When anything last came or went, as milliseconds since the connection began: what Kafka counts idleness from.
struct Activity {
    began: Instant,
    last_ms: AtomicU64,
}

impl Activity {
    fn new() -> Self {
        Self { began: Instant::now(), last_ms: AtomicU64::new(0) }
    }

    fn note(&self) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.fetch_max(since, Ordering::Relaxed);
    }

    fn last(&self) -> Instant {
        self.began + Duration::from_millis(self.last_ms.load(Ordering::Relaxed))
    }
}

/// What its reader and its writer share.
struct Common {
    info: Arc<ConnectionInfo>,
    settings: Arc<ConnectionSettings>,
    memory: Memory,
    held: HeldRequests,
    activity: Activity,
}

/// Serves a connection until either side ends it.
pub(crate) async fn serve<D: Dispatch>(
    stream: TcpStream,
    info: Arc<ConnectionInfo>,
    dispatch: Arc<D>,
    settings: Arc<ConnectionSettings>,
    memory: Memory,
    stop: watch::Receiver<bool>,
) {
    let (read_half, write_half) = stream.into_split();
    let queue = AnswerQueue::default();
    let held = HeldRequests::new(memory.requests.clone());
    let common = Common { info, settings, memory, held, activity: Activity::new() };
    let mut reader = std::pin::pin!(Reader::new(read_half, &common, stop).run(dispatch.as_ref(), &queue));
    let mut writer = std::pin::pin!(Writer::new(write_half, &common).run(&queue));
    let end = std::future::poll_fn(|context| {
        loop {
            let moves = queue.moves();
            if let Poll::Ready(ended) = reader.as_mut().poll(context) {
                return Poll::Ready(ended);
            }
            if let Poll::Ready(reason) = writer.as_mut().poll(context) {
                return Poll::Ready(Ended::Refused(reason));
            }
            // What the one did may be what the other waits for: neither wakes the other.
            if queue.moves() == moves {
                return Poll::Pending;
            }
        }
    });
    let reason = match end.await {
        Ended::Stopping => {
            queue.end();
            let drained = timeout(common.settings.drain, writer).await;
            drained.unwrap_or_else(|_| "answers were still under way when the broker stopped".to_owned())
        }
        Ended::PeerClosed => String::new(),
        Ended::Refused(reason) => reason,
    };
    let info = &common.info;
    if reason.is_empty() {
        tracing::debug!(peer = %info.peer, listener = %info.listener, "connection closed by the client");
    } else {
        tracing::info!(peer = %info.peer, listener = %info.listener, %reason, "connection closed");
    }
    dispatch.closed(info);
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::net::tcp::OwnedWriteHalf;
    use tokio::time::timeout_at;

    use super::*;
    use crate::net::limits::HEAD_BYTES;
    use crate::request::context::Principal;

    const ANSWER_BYTES: usize = 512 * 1024;
    /// How long anything is waited for.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// Answers each frame with half a mebibyte; one that begins with a 1 after a second, one with a 3 when it is let go.
    #[derive(Default)]
    struct Echo {
        begun: AtomicUsize,
        let_go: Arc<tokio::sync::Notify>,
    }

    impl Dispatch for Echo {
        async fn begin(&self, frame: Bytes, _: &Arc<ConnectionInfo>) -> Begun {
            self.begun.fetch_add(1, Ordering::SeqCst);
            let mut rope = Rope::default();
            rope.push(Bytes::from(vec![0; ANSWER_BYTES]));
            if frame.first() == Some(&3) {
                let let_go = Arc::clone(&self.let_go);
                return Begun::Waits(Box::pin(async move {
                    let_go.notified().await;
                    Answer::Frame(rope)
                }));
            }
            let pause = match frame.first() {
                Some(1) => Duration::from_secs(1),
                Some(2) => Duration::ZERO,
                _ => return Begun::Now(Answer::Frame(rope)),
            };
            Begun::Later(Box::pin(async move {
                tokio::time::sleep(pause).await;
                Answer::Frame(rope)
            }))
        }

        fn answers_little(&self, _: &Bytes) -> bool {
            false
        }

        fn opened(&self) {}

        fn refused(&self) {}

        fn closed(&self, _: &Arc<ConnectionInfo>) {}
    }

    /// Answers each frame with itself; every third one a moment later.
    #[derive(Default)]
    struct Mirror(AtomicUsize);

    impl Dispatch for Mirror {
        async fn begin(&self, frame: Bytes, _: &Arc<ConnectionInfo>) -> Begun {
            let mut rope = Rope::default();
            rope.push(frame);
            if !self.0.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) {
                return Begun::Now(Answer::Frame(rope));
            }
            Begun::Later(Box::pin(async move {
                tokio::task::yield_now().await;
                Answer::Frame(rope)
            }))
        }

        fn answers_little(&self, _: &Bytes) -> bool {
            true
        }

        fn opened(&self) {}

        fn refused(&self) {}

        fn closed(&self, _: &Arc<ConnectionInfo>) {}
    }

    /// Answers nothing.
    #[derive(Default)]
    struct Mute;

    impl Dispatch for Mute {
        async fn begin(&self, _: Bytes, _: &Arc<ConnectionInfo>) -> Begun {
            Begun::Now(Answer::Nothing)
        }

        fn answers_little(&self, _: &Bytes) -> bool {
            true
        }

        fn opened(&self) {}

        fn refused(&self) {}

        fn closed(&self, _: &Arc<ConnectionInfo>) {}
    }

    struct Served {
        echo: Arc<Echo>,
        listener: TcpListener,
        settings: Arc<ConnectionSettings>,
        memory: Memory,
        stop: watch::Sender<bool>,
    }

    impl Served {
        async fn new(idle: Duration) -> Self {
            let settings = ConnectionSettings {
                request_bytes_max: 1 << 20,
                idle,
                stall: Duration::from_secs(20),
                drain: Duration::from_secs(1),
            };
            Self {
                echo: Arc::default(),
                listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
                settings: Arc::new(settings),
                memory: Memory {
                    requests: RequestMemory::new(1 << 20),
                    answers: AnswerMemory::new(2 * ANSWER_BYTES),
                    cold_answers: AnswerMemory::new(ANSWER_BYTES),
                },
                stop: watch::channel(false).0,
            }
        }

        async fn connect(&self) -> TcpStream {
            self.connect_to(&self.echo).await
        }

        async fn connect_to<D: Dispatch>(&self, dispatch: &Arc<D>) -> TcpStream {
            let client = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
            let (stream, peer) = self.listener.accept().await.unwrap();
            let info = ConnectionInfo { id: 1, listener: "TEST".into(), peer, principal: Principal::anonymous() };
            tokio::spawn(serve(
                stream,
                Arc::new(info),
                Arc::clone(dispatch),
                Arc::clone(&self.settings),
                self.memory.clone(),
                self.stop.subscribe(),
            ));
            client
        }
    }

    async fn send_in_pieces(mut half: OwnedWriteHalf, bytes: Vec<u8>, piece: usize) -> OwnedWriteHalf {
        for part in bytes.chunks(piece) {
            half.write_all(part).await.unwrap();
            tokio::task::yield_now().await;
        }
        half
    }

    /// A frame of so many bytes, or the beginning of it.
    fn frame(first: u8, size: u32, sent: usize) -> Vec<u8> {
        let mut bytes = size.to_be_bytes().to_vec();
        bytes.resize(4 + sent, 0);
        bytes[4] = first;
        bytes
    }

    /// The next whole answer, which comes within a time that no machine needs.
    async fn answer(client: &mut TcpStream) -> io::Result<usize> {
        let mut bytes = vec![0; ANSWER_BYTES];
        timeout_at(Instant::now() + PATIENCE, client.read_exact(&mut bytes)).await.expect("an answer comes")
    }

    /// What is read where the connection is about to end.
    async fn end(client: &mut TcpStream) -> io::Result<usize> {
        let mut byte = [0; 1];
        timeout_at(Instant::now() + PATIENCE, client.read(&mut byte)).await.expect("the connection ends")
    }

    /// Waits until `holds`, and says what did not come to be.
    async fn eventually(what: &str, holds: impl Fn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < deadline, "{what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn frames_are_whole_and_in_order_however_they_come() {
        let served = Served::new(Duration::from_secs(60)).await;
        let head = u32::try_from(HEAD_BYTES).unwrap();
        let sizes = [1, 10, head - 5, head - 4, head, head + 1, 3 * head, 70_000, 2, 1, 1, 100, 300_000, 7];
        let mut sent = Vec::new();
        for (at, size) in (0_u8..).zip(sizes.repeat(8)) {
            sent.extend_from_slice(&size.to_be_bytes());
            sent.extend((0..size).map(|byte| at.wrapping_add(byte.to_le_bytes()[0])));
        }
        let answers: usize = sizes.iter().map(|size| *size as usize * 8).sum();
        for piece in [1 << 20, 4096, 4095, 700] {
            let client = served.connect_to(&Arc::<Mirror>::default()).await;
            let (mut read_half, write_half) = client.into_split();
            let sending = tokio::spawn(send_in_pieces(write_half, sent.clone(), piece));
            let mut answered = vec![0; answers];
            timeout(PATIENCE, read_half.read_exact(&mut answered)).await.expect("all is answered").unwrap();
            let (mut expected, mut answered) = (sent.as_slice(), answered.as_slice());
            for size in sizes.repeat(8) {
                let (frame, answer);
                (frame, expected) = expected.split_at(4 + size as usize);
                (answer, answered) = answered.split_at(size as usize);
                assert!(answer == &frame[4..], "a frame of {size} bytes in pieces of {piece}");
            }
            drop(sending.await.unwrap());
        }
    }

    #[tokio::test]
    async fn who_sends_slowly_makes_room_when_others_want_it() {
        let served = Served::new(Duration::from_secs(60)).await;
        let mut slow = served.connect().await;
        slow.write_all(&frame(0, 1 << 20, 100_000)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut other = served.connect().await;
        other.write_all(&frame(0, 200_000, 200_000)).await.unwrap();
        let began = Instant::now();
        assert_eq!(answer(&mut other).await.unwrap(), ANSWER_BYTES);
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        // It ends with a reset, for bytes of it were not read, or with an end.
        assert!(!matches!(end(&mut slow).await, Ok(1..)));
    }

    #[tokio::test]
    async fn a_client_that_sends_without_a_pause_does_not_keep_the_broker_from_stopping() {
        let served = Served::new(Duration::from_secs(60)).await;
        let mut client = served.connect_to(&Arc::<Mute>::default()).await;
        let sent = frame(0, 2996, 2996).repeat(100);
        let stop = served.stop.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            stop.send(true)
        });
        let deadline = Instant::now() + PATIENCE;
        while client.write_all(&sent).await.is_ok() {
            assert!(Instant::now() < deadline, "it is read from for ever");
        }
    }

    #[tokio::test]
    async fn answers_that_nobody_takes_stop_the_requests_behind_them() {
        let served = Served::new(Duration::from_secs(60)).await;
        let mut client = served.connect().await;
        for _ in 0..100 {
            client.write_all(&frame(0, 10, 10)).await.unwrap();
        }
        // The socket's own buffers hold some; they are below 16 MiB.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let begun = served.echo.begun.load(Ordering::SeqCst);
        assert!(begun < 50, "{begun} requests were begun");
        assert!(served.memory.answers.bytes_in_use() <= 4 * ANSWER_BYTES);
    }

    #[tokio::test]
    async fn requests_that_wait_for_others_keep_no_memory_from_them() {
        let served = Served::new(Duration::from_secs(60)).await;
        let mut waiting = Vec::new();
        // Small requests have 128 KiB in all.
        for _ in 0..100 {
            let mut one = served.connect().await;
            one.write_all(&frame(3, 4000, 4000)).await.unwrap();
            waiting.push(one);
        }
        eventually("all requests are begun", || served.echo.begun.load(Ordering::SeqCst) == 100).await;
        assert_eq!(served.memory.requests.bytes_in_use(), 0);
        let mut other = served.connect().await;
        other.write_all(&frame(0, 10, 10)).await.unwrap();
        assert_eq!(answer(&mut other).await.unwrap(), ANSWER_BYTES);
    }

    #[tokio::test]
    async fn nothing_is_begun_behind_a_request_that_waits() {
        let served = Served::new(Duration::from_secs(60)).await;
        let mut client = served.connect().await;
        for first in [3, 0, 3, 0] {
            client.write_all(&frame(first, 10, 10)).await.unwrap();
        }
        for begun in [1, 3] {
            let mut other = served.connect().await;
            other.write_all(&frame(0, 10, 10)).await.unwrap();
            assert_eq!(answer(&mut other).await.unwrap(), ANSWER_BYTES);
            let others = begun / 2 + 1;
            eventually("those before are begun", || served.echo.begun.load(Ordering::SeqCst) >= begun + others).await;
            assert_eq!(served.echo.begun.load(Ordering::SeqCst), begun + others);
            served.echo.let_go.notify_one();
            assert_eq!(answer(&mut client).await.unwrap(), ANSWER_BYTES);
            assert_eq!(answer(&mut client).await.unwrap(), ANSWER_BYTES);
        }
    }

    #[tokio::test]
    async fn who_waits_for_an_answer_is_not_idle() {
        let served = Served::new(Duration::from_millis(300)).await;
        let mut client = served.connect().await;
        client.write_all(&frame(1, 10, 10)).await.unwrap();
        assert_eq!(answer(&mut client).await.unwrap(), ANSWER_BYTES);
        assert_eq!(end(&mut client).await.unwrap(), 0, "idle at last");
    }

    #[tokio::test]
    async fn idleness_begins_with_the_end_of_the_last_answer() {
        let served = Served::new(Duration::from_millis(700)).await;
        let mut client = served.connect().await;
        // Its answer comes after a second, between two looks of the idle timer.
        client.write_all(&frame(1, 10, 10)).await.unwrap();
        assert_eq!(answer(&mut client).await.unwrap(), ANSWER_BYTES);
        let answered = Instant::now();
        assert_eq!(end(&mut client).await.unwrap(), 0, "idle at last");
        assert!(answered.elapsed() >= Duration::from_millis(650), "{:?}", answered.elapsed());
    }

    #[tokio::test]
    async fn an_answer_that_comes_later_is_counted_while_nobody_takes_it() {
        let served = Served::new(Duration::from_secs(60)).await;
        let mut client = served.connect().await;
        for _ in 0..100 {
            client.write_all(&frame(1, 10, 10)).await.unwrap();
        }
        // The socket's own buffers take the first ones; the one that is being written is counted.
        eventually("the answer is counted", || served.memory.answers.bytes_in_use() >= ANSWER_BYTES / 2).await;
    }

    #[tokio::test]
    async fn who_does_not_read_makes_room_for_requests_that_its_own_keep_out() {
        let served = Served::new(Duration::from_secs(60)).await;
        let mut slow = served.connect().await;
        // More than sockets take, and behind it a request that holds all memory of its class until it is answered.
        for _ in 0..60 {
            slow.write_all(&frame(2, 10, 10)).await.unwrap();
        }
        slow.write_all(&frame(2, 1 << 20, 1 << 20)).await.unwrap();
        eventually("all requests are begun", || served.echo.begun.load(Ordering::SeqCst) == 61).await;
        let mut other = served.connect().await;
        other.write_all(&frame(0, 200_000, 200_000)).await.unwrap();
        let began = Instant::now();
        assert_eq!(answer(&mut other).await.unwrap(), ANSWER_BYTES);
        assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    }
}
