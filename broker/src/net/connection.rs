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
#[cfg(test)]
mod tests;
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
use tokio::sync::{Semaphore, watch};
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
pub(crate) struct Budgets {
    pub(crate) requests: RequestMemory,
    pub(crate) answers: AnswerMemory,
    /// For answers out of object storage: what waits for a bucket takes nothing from the others.
    pub(crate) cold_answers: AnswerMemory,
    /// Ranges of files in answers that are under way.
    pub(crate) loans: Arc<Semaphore>,
    /// Reads that may wait for the disk at once.
    pub(crate) disk_reads: Arc<Semaphore>,
}

impl Budgets {
    /// Whether others wait for what answers hold that their client does not take.
    fn is_wanted(&self, holding: Holding) -> bool {
        let is_memory_gone = self.answers.is_full() || self.cold_answers.is_full();
        holding.memory && is_memory_gone || holding.files && self.loans.available_permits() == 0
    }
}

/// What the answers of a connection hold.
#[derive(Clone, Copy)]
struct Holding {
    memory: bool,
    files: bool,
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
    budgets: Budgets,
    held: HeldRequests,
    activity: Activity,
}

/// Serves a connection until either side ends it.
pub(crate) async fn serve<D: Dispatch>(
    stream: TcpStream,
    info: Arc<ConnectionInfo>,
    dispatch: Arc<D>,
    settings: Arc<ConnectionSettings>,
    budgets: Budgets,
    stop: watch::Receiver<bool>,
) {
    let (read_half, write_half) = stream.into_split();
    let queue = AnswerQueue::default();
    let held = HeldRequests::new(budgets.requests.clone());
    let common = Common { info, settings, budgets, held, activity: Activity::new() };
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
