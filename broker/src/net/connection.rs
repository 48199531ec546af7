//! One connection: frames in, answers out, in order.
//!
//! Owns: what becomes of a peer that is idle, sends slowly or does not read (by `pace.rs`); the queue of answers under way. Does
//! not own: what a frame means. A connection that breaks the rules is closed and its reason logged once; others do not notice.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use strata_compat::wire::Rope;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout, timeout_at};

use crate::net::limits::{
    AnswerMemory, AnswerPermit, HEAD_BYTES, HeldRequest, HeldRequests, RequestMemory, RequestPermit,
};
use crate::net::pace::{Pace, TooSlow};
use crate::request::context::ConnectionInfo;

/// Requests of one connection that may be under way; the next is read when the oldest is answered.
const IN_FLIGHT_MAX: usize = 128;
/// Answers of one connection that are made and wait for their turn, in bytes; the next request is read when there is room.
const QUEUED_ANSWER_BYTES_MAX: usize = 1 << 20;
/// Unit in which they are counted, in bytes; each answer takes one at least.
const QUEUED_ANSWER_UNIT_BYTES: usize = 4096;
const QUEUED_ANSWER_UNITS_MAX: usize = QUEUED_ANSWER_BYTES_MAX / QUEUED_ANSWER_UNIT_BYTES;
/// Slices handed to one vectored write.
const SLICES_PER_WRITE: usize = 64;

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

/// One answer in the queue, with its memory, and that of its request while it is not made.
struct Pending {
    answer: Begun,
    request: Option<HeldRequest>,
    counted: AnswerPermit,
    queued: OwnedSemaphorePermit,
    /// Dropped once the answer is made, which the reader waits for behind a request that waits.
    made: Option<oneshot::Sender<()>>,
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
    let (queue, answers) = mpsc::channel(IN_FLIGHT_MAX);
    let activity = Arc::new(Activity::new());
    let held = HeldRequests::new(memory.requests.clone());
    let writer = Writer {
        half: write_half,
        stall: settings.stall,
        memory: memory.clone(),
        held: held.clone(),
        activity: Arc::clone(&activity),
    };
    let mut writer = std::pin::pin!(writer.run(answers));
    let settings_for_reader = Arc::clone(&settings);
    let reader = Reader {
        half: read_half,
        info: Arc::clone(&info),
        settings: settings_for_reader,
        memory,
        held,
        activity,
        stop,
    };
    let reason = tokio::select! {
        ended = reader.run(dispatch.as_ref(), queue) => match ended {
            Ended::Stopping => match timeout(settings.drain, &mut writer).await {
                Ok(reason) => reason,
                Err(_) => "answers were still under way when the broker stopped".to_owned(),
            },
            Ended::PeerClosed => String::new(),
            Ended::Refused(reason) => reason,
        },
        reason = &mut writer => reason,
    };
    if reason.is_empty() {
        tracing::debug!(peer = %info.peer, listener = %info.listener, "connection closed by the client");
    } else {
        tracing::info!(peer = %info.peer, listener = %info.listener, %reason, "connection closed");
    }
    dispatch.closed(&info);
}

enum Ended {
    PeerClosed,
    Stopping,
    Refused(String),
}

struct Reader {
    half: OwnedReadHalf,
    info: Arc<ConnectionInfo>,
    settings: Arc<ConnectionSettings>,
    memory: Memory,
    held: HeldRequests,
    activity: Arc<Activity>,
    stop: watch::Receiver<bool>,
}

impl Reader {
    async fn run<D: Dispatch>(mut self, dispatch: &D, queue: mpsc::Sender<Pending>) -> Ended {
        let queued_bytes = Arc::new(Semaphore::new(QUEUED_ANSWER_UNITS_MAX));
        // The last request, if it waits for what others do.
        let mut waiting: Option<oneshot::Receiver<()>> = None;
        loop {
            // A place in the queue first: a client that never reads is not read from either.
            let Ok(place) = queue.reserve().await else {
                return Ended::PeerClosed;
            };
            let is_answered = || queued_bytes.available_permits() == QUEUED_ANSWER_UNITS_MAX;
            let size = match self.read_size(is_answered).await {
                Ok(size) => size,
                Err(ended) => return ended,
            };
            // What is read behind it would hold memory and places for as long as it waits, and be answered after it anyway.
            if let Some(made) = waiting.take()
                && let Err(ended) = self.wait_for(made).await
            {
                return ended;
            }
            let (frame, request) = match self.read_body(size).await {
                Ok(read) => read,
                Err(ended) => return ended,
            };
            // Whoever does not take its answers is closed by its writer meanwhile, so the wait ends.
            if self.memory.answers.is_full()
                && !dispatch.answers_little(&frame)
                && timeout(self.settings.stall, self.memory.answers.room()).await.is_err()
            {
                return Ended::Refused("no memory for an answer came free in time".to_owned());
            }
            let answer = dispatch.begin(frame, &self.info).await;
            let bytes = match &answer {
                Begun::Now(Answer::Frame(frame)) => frame.len,
                _ => 0,
            };
            let counted = self.memory.answers.count(bytes);
            let Some(queued) = room_in_queue(&queued_bytes, bytes).await else {
                return Ended::PeerClosed;
            };
            // Whoever is slow to take what is made must not hold what other requests need.
            let request = matches!(answer, Begun::Later(_)).then(|| self.held.hold(request));
            let made = matches!(answer, Begun::Waits(_)).then(|| {
                let (made, until) = oneshot::channel();
                waiting = Some(until);
                made
            });
            place.send(Pending { answer, request, counted, queued, made });
        }
    }

    /// Returns once an answer is made, or the broker stops: answers under way are waited for by whoever ends the connection.
    async fn wait_for(&mut self, made: oneshot::Receiver<()>) -> Result<(), Ended> {
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => Err(Ended::Stopping),
            // The sender is dropped and never used.
            _ = made => Ok(()),
        }
    }

    async fn read_size(&mut self, is_answered: impl Fn() -> bool) -> Result<usize, Ended> {
        let mut prefix = [0; 4];
        let (idle, stall) = (self.settings.idle, self.settings.stall);
        let read = async {
            let mut first = [0];
            let mut until = self.activity.last() + idle;
            while timeout_at(until, self.half.peek(&mut first)).await.is_err() {
                let now = Instant::now();
                // Who waits for an answer, or takes a long one, is not idle; the writer has deadlines of its own.
                let last = if is_answered() { self.activity.last() } else { now };
                until = last + idle;
                if until <= now {
                    return None;
                }
            }
            Some(read_prefix(&mut self.half, &mut prefix, stall).await)
        };
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => Err(Ended::Stopping),
            read = read => match read {
                None => Err(Ended::Refused("idle for longer than connections.max.idle.ms".to_owned())),
                Some(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Ended::PeerClosed),
                Some(Err(error)) => Err(Ended::Refused(format!("reading failed: {error}"))),
                Some(Ok(())) => strata_compat::frame::check_size(prefix, self.settings.request_bytes_max)
                    .map_err(|error| Ended::Refused(error.to_string())),
            },
        }
    }

    /// The first bytes are read before memory is asked for: who only announces a request, or sends its beginning byte by
    /// byte, holds none that others need. The rest comes into memory that is taken at once.
    async fn read_body(&mut self, size: usize) -> Result<(Bytes, RequestPermit), Ended> {
        let head = size.min(HEAD_BYTES);
        let mut body = BytesMut::with_capacity(head);
        self.fill(&mut body, head, None).await?;
        let permit = timeout(self.settings.stall, self.memory.requests.acquire(size)).await.ok().flatten();
        let permit = permit.ok_or_else(|| Ended::Refused("no memory for the request came free in time".to_owned()))?;
        if size > head {
            body.reserve(size - head);
            self.fill(&mut body, size, Some(&permit)).await?;
        }
        self.activity.note();
        Ok((body.freeze(), permit))
    }

    /// Reads until `body` has `target` bytes, at the pace that is asked of every peer.
    async fn fill(&mut self, body: &mut BytesMut, target: usize, permit: Option<&RequestPermit>) -> Result<(), Ended> {
        let mut pace = Pace::new(Instant::now(), self.settings.stall, target.saturating_sub(body.len()));
        while !pace.is_done() {
            let missing = (target - body.len()) as u64;
            let mut limited = (&mut self.half).take(missing);
            match timeout(Pace::TICK.min(self.settings.stall), limited.read_buf(body)).await {
                // Nothing came: only its pace is looked at.
                Err(_) => {}
                Ok(Err(error)) => return Err(Ended::Refused(format!("reading failed: {error}"))),
                Ok(Ok(0)) => return Err(Ended::PeerClosed),
                Ok(Ok(bytes)) => pace.moved(bytes, Instant::now()),
            }
            let is_wanted = permit.is_some_and(RequestPermit::is_wanted);
            pace.check(Instant::now(), is_wanted).map_err(|slow| Ended::Refused(slow_sender(slow).to_owned()))?;
        }
        Ok(())
    }
}

const fn slow_sender(slow: TooSlow) -> &'static str {
    match slow {
        TooSlow::Stalled => "the rest of a request did not come in time",
        TooSlow::Trickles => "a request comes too slowly",
        TooSlow::KeepsOthersWaiting => "a request comes too slowly while others wait for its memory",
    }
}

const fn slow_reader(slow: TooSlow) -> &'static str {
    match slow {
        TooSlow::Stalled => "the client does not read",
        TooSlow::Trickles => "the client reads too slowly",
        TooSlow::KeepsOthersWaiting => "the client reads too slowly while others wait for memory",
    }
}

/// Waits until the answers made before leave room for one of so many bytes; one above all of it waits to be alone.
async fn room_in_queue(queued_bytes: &Arc<Semaphore>, bytes: usize) -> Option<OwnedSemaphorePermit> {
    let units = bytes.div_ceil(QUEUED_ANSWER_UNIT_BYTES).clamp(1, QUEUED_ANSWER_UNITS_MAX);
    Arc::clone(queued_bytes).acquire_many_owned(u32::try_from(units).ok()?).await.ok()
}

/// Reads the four bytes of a size; after the first byte the rest must come before the stall deadline.
async fn read_prefix(half: &mut OwnedReadHalf, prefix: &mut [u8; 4], stall: Duration) -> io::Result<()> {
    half.read_exact(&mut prefix[..1]).await?;
    match timeout(stall, half.read_exact(&mut prefix[1..])).await {
        Ok(read) => read.map(|_| ()),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the rest of a request's size did not come in time")),
    }
}

/// Sends answers in the order of their requests.
struct Writer {
    half: OwnedWriteHalf,
    stall: Duration,
    memory: Memory,
    held: HeldRequests,
    activity: Arc<Activity>,
}

impl Writer {
    /// Runs until the connection ends, and says why.
    async fn run(mut self, mut answers: mpsc::Receiver<Pending>) -> String {
        while let Some(Pending { answer, request, mut counted, queued, made }) = answers.recv().await {
            let answer = match answer {
                Begun::Now(answer) => answer,
                Begun::Later(later) | Begun::Waits(later) => {
                    let answer = later.await;
                    if let Answer::Frame(frame) = &answer {
                        // Slices that are lent are counted, or kept, by who lends them.
                        counted.resize(frame.len.saturating_sub(frame.lent));
                    }
                    answer
                }
            };
            // The request's bytes are let go before the answer's are written.
            drop((request, made));
            match answer {
                Answer::Frame(frame) => {
                    if let Err(error) = self.write_frame(frame).await {
                        return format!("writing failed: {error}");
                    }
                    self.activity.note();
                }
                Answer::Nothing => {}
                Answer::Close(reason) => return reason,
            }
            drop((counted, queued));
        }
        "the broker stops".to_owned()
    }

    async fn write_frame(&mut self, frame: Rope) -> io::Result<()> {
        let mut pace = Pace::new(Instant::now(), self.stall, frame.len);
        let mut segments = frame.segments.into_iter();
        let mut window: Vec<Bytes> = Vec::with_capacity(SLICES_PER_WRITE);
        while !pace.is_done() {
            while window.len() < SLICES_PER_WRITE
                && let Some(segment) = segments.next()
            {
                window.push(segment);
            }
            let slices: Vec<IoSlice<'_>> = window.iter().map(|segment| IoSlice::new(segment)).collect();
            match timeout(Pace::TICK.min(self.stall), self.half.write_vectored(&slices)).await {
                Ok(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    let written = written?;
                    pace.moved(written, Instant::now());
                    consume(&mut window, written);
                }
                // Nothing went: only its pace is looked at.
                Err(_) => {}
            }
            // What is queued behind holds memory of requests, too.
            let is_wanted = self.memory.is_wanted() || self.held.are_wanted();
            pace.check(Instant::now(), is_wanted)
                .map_err(|slow| io::Error::new(io::ErrorKind::TimedOut, slow_reader(slow)))?;
        }
        Ok(())
    }
}

/// Drops the first `written` bytes of the window.
fn consume(window: &mut Vec<Bytes>, mut written: usize) {
    let mut whole = 0;
    for segment in window.iter_mut() {
        if written < segment.len() {
            bytes::Buf::advance(segment, written);
            break;
        }
        written -= segment.len();
        whole += 1;
    }
    window.drain(..whole);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::net::TcpListener;

    use super::*;
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
            let client = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
            let (stream, peer) = self.listener.accept().await.unwrap();
            let info = ConnectionInfo { id: 1, listener: "TEST".into(), peer, principal: Principal::anonymous() };
            tokio::spawn(serve(
                stream,
                Arc::new(info),
                Arc::clone(&self.echo),
                Arc::clone(&self.settings),
                self.memory.clone(),
                self.stop.subscribe(),
            ));
            client
        }
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

    #[test]
    fn a_partial_write_leaves_the_rest_of_the_window() {
        let mut window = vec![Bytes::from_static(b"abc"), Bytes::from_static(b"defg"), Bytes::from_static(b"h")];
        consume(&mut window, 5);
        assert_eq!(window, [Bytes::from_static(b"fg"), Bytes::from_static(b"h")]);
        consume(&mut window, 3);
        assert!(window.is_empty());
    }
}
