//! One connection: frames in, answers out, in order.
//!
//! Owns: deadlines of a peer that is idle, sends slowly or does not read; the queue of answers under way. Does not own:
//! what a frame means. A connection that breaks the rules is closed and its reason logged once; others do not notice.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use strata_compat::wire::Rope;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::timeout;

use crate::net::limits::RequestMemory;
use crate::request::context::ConnectionInfo;

/// Requests of one connection that may be under way; the next is read when the oldest is answered.
const IN_FLIGHT_MAX: usize = 128;
/// A request larger than this takes memory for its rest only after so much of it has arrived, in bytes.
const FIRST_PART_BYTES: usize = 64 * 1024;
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

/// One answer in the queue, with the memory of its request.
struct Pending {
    answer: Begun,
    memory: OwnedSemaphorePermit,
}

/// Serves a connection until either side ends it.
pub(crate) async fn serve<D: Dispatch>(
    stream: TcpStream,
    info: Arc<ConnectionInfo>,
    dispatch: Arc<D>,
    settings: Arc<ConnectionSettings>,
    memory: RequestMemory,
    stop: watch::Receiver<bool>,
) {
    let (read_half, write_half) = stream.into_split();
    let (queue, answers) = mpsc::channel(IN_FLIGHT_MAX);
    let mut writer = std::pin::pin!(write_answers(write_half, answers, settings.stall));
    let reader = Reader { half: read_half, info: Arc::clone(&info), settings: Arc::clone(&settings), memory, stop };
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
    memory: RequestMemory,
    stop: watch::Receiver<bool>,
}

impl Reader {
    async fn run<D: Dispatch>(mut self, dispatch: &D, queue: mpsc::Sender<Pending>) -> Ended {
        loop {
            // A place in the queue first: a client that never reads is not read from either.
            let Ok(place) = queue.reserve().await else {
                return Ended::PeerClosed;
            };
            let size = match self.read_size().await {
                Ok(size) => size,
                Err(ended) => return ended,
            };
            let (frame, memory) = match self.read_body(size).await {
                Ok(read) => read,
                Err(ended) => return ended,
            };
            let answer = dispatch.begin(frame, &self.info).await;
            place.send(Pending { answer, memory });
        }
    }

    async fn read_size(&mut self) -> Result<usize, Ended> {
        let mut prefix = [0; 4];
        let read = timeout(self.settings.idle, read_prefix(&mut self.half, &mut prefix, self.settings.stall));
        tokio::select! {
            biased;
            _ = self.stop.wait_for(|stop| *stop) => Err(Ended::Stopping),
            read = read => match read {
                Err(_) => Err(Ended::Refused("idle for longer than connections.max.idle.ms".to_owned())),
                Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Ended::PeerClosed),
                Ok(Err(error)) => Err(Ended::Refused(format!("reading failed: {error}"))),
                Ok(Ok(())) => strata_compat::frame::check_size(prefix, self.settings.request_bytes_max)
                    .map_err(|error| Ended::Refused(error.to_string())),
            },
        }
    }

    async fn read_body(&mut self, size: usize) -> Result<(Bytes, OwnedSemaphorePermit), Ended> {
        let stall = self.settings.stall;
        let no_memory = || Ended::Refused("no memory for the request came free in time".to_owned());
        let first_part = size.min(FIRST_PART_BYTES);
        let mut permit = timeout(stall, self.memory.acquire(first_part)).await.ok().flatten().ok_or_else(no_memory)?;
        let mut body = BytesMut::with_capacity(first_part);
        self.fill(&mut body, first_part).await?;
        if size > first_part {
            let rest = timeout(stall, self.memory.acquire_rest(&mut permit, size - first_part)).await.ok().flatten();
            rest.ok_or_else(no_memory)?;
            body.reserve(size - first_part);
            self.fill(&mut body, size).await?;
        }
        Ok((body.freeze(), permit))
    }

    /// Reads until `body` has `target` bytes; each piece must come before the stall deadline.
    async fn fill(&mut self, body: &mut BytesMut, target: usize) -> Result<(), Ended> {
        while body.len() < target {
            let missing = (target - body.len()) as u64;
            let mut limited = (&mut self.half).take(missing);
            match timeout(self.settings.stall, limited.read_buf(body)).await {
                Err(_) => {
                    return Err(Ended::Refused("the rest of a request did not come in time".to_owned()));
                }
                Ok(Err(error)) => return Err(Ended::Refused(format!("reading failed: {error}"))),
                Ok(Ok(0)) => return Err(Ended::PeerClosed),
                Ok(Ok(_)) => {}
            }
        }
        Ok(())
    }
}

/// Reads the four bytes of a size; after the first byte the rest must come before the stall deadline.
async fn read_prefix(half: &mut OwnedReadHalf, prefix: &mut [u8; 4], stall: Duration) -> io::Result<()> {
    half.read_exact(&mut prefix[..1]).await?;
    match timeout(stall, half.read_exact(&mut prefix[1..])).await {
        Ok(read) => read.map(|_| ()),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the rest of a request's size did not come in time")),
    }
}

async fn write_answers(mut half: OwnedWriteHalf, mut answers: mpsc::Receiver<Pending>, stall: Duration) -> String {
    while let Some(Pending { answer, memory }) = answers.recv().await {
        let answer = match answer {
            Begun::Now(answer) => answer,
            Begun::Later(later) => later.await,
        };
        // The request's bytes are let go before the answer's are written.
        drop(memory);
        match answer {
            Answer::Frame(frame) => {
                if let Err(error) = write_frame(&mut half, frame, stall).await {
                    return format!("writing failed: {error}");
                }
            }
            Answer::Nothing => {}
            Answer::Close(reason) => return reason,
        }
    }
    "the broker stops".to_owned()
}

async fn write_frame(half: &mut OwnedWriteHalf, frame: Rope, stall: Duration) -> io::Result<()> {
    let mut segments = frame.segments.into_iter();
    let mut window: Vec<Bytes> = Vec::with_capacity(SLICES_PER_WRITE);
    loop {
        while window.len() < SLICES_PER_WRITE
            && let Some(segment) = segments.next()
        {
            if !segment.is_empty() {
                window.push(segment);
            }
        }
        if window.is_empty() {
            return Ok(());
        }
        let slices: Vec<IoSlice<'_>> = window.iter().map(|segment| IoSlice::new(segment)).collect();
        let written = match timeout(stall, half.write_vectored(&slices)).await {
            Ok(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written?,
            Err(_) => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read"));
            }
        };
        consume(&mut window, written);
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
    use super::*;

    #[test]
    fn a_partial_write_leaves_the_rest_of_the_window() {
        let mut window = vec![Bytes::from_static(b"abc"), Bytes::from_static(b"defg"), Bytes::from_static(b"h")];
        consume(&mut window, 5);
        assert_eq!(window, [Bytes::from_static(b"fg"), Bytes::from_static(b"h")]);
        consume(&mut window, 3);
        assert!(window.is_empty());
    }
}
