//! The frames of one connection.
//!
//! Owns: what was read and not yet taken, deadlines of idle and slow peers, the memory of requests. Does not own: what a frame
//! means. One read takes what has come, up to twice [`HEAD_BYTES`]; a frame has memory of its own, and the rest of a larger one is
//! read straight into it.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::ready;

use bytes::{Buf as _, Bytes, BytesMut};
use strata_compat::frame::SIZE_BYTES;
use tokio::io::AsyncReadExt as _;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, Sleep, sleep, timeout, timeout_at};
use tokio_util::io::poll_read_buf;

use super::answer_queue::{AnswerQueue, Pending};
use super::{Answer, Begun, Common, Dispatch};
use crate::net::limits::{HEAD_BYTES, RequestPermit};
use crate::net::pace::{Pace, TooSlow};

/// Why no further request is read.
pub(super) enum Ended {
    PeerClosed,
    Stopping,
    Refused(String),
}

pub(super) struct Reader<'connection> {
    inbox: Inbox<'connection>,
    common: &'connection Common,
    stop: watch::Receiver<bool>,
}

/// What came and was not taken.
struct Inbox<'connection> {
    half: OwnedReadHalf,
    /// No memory while the connection is idle.
    bytes: BytesMut,
    common: &'connection Common,
    /// Set once for many requests: that one came is seen when it fires.
    idle: Pin<Box<Sleep>>,
}

impl<'connection> Reader<'connection> {
    pub(super) fn new(half: OwnedReadHalf, common: &'connection Common, stop: watch::Receiver<bool>) -> Self {
        let idle = Box::pin(sleep(common.settings.idle));
        Self { inbox: Inbox { half, bytes: BytesMut::new(), common, idle }, common, stop }
    }

    pub(super) async fn run<D: Dispatch>(mut self, dispatch: &D, queue: &AnswerQueue) -> Ended {
        match self.read_all(dispatch, queue).await {
            Ok(never) => match never {},
            Err(ended) => ended,
        }
    }

    async fn read_all<D: Dispatch>(
        &mut self,
        dispatch: &D,
        queue: &AnswerQueue,
    ) -> Result<std::convert::Infallible, Ended> {
        // The last request, if it waits for what others do.
        let mut waiting: Option<oneshot::Receiver<()>> = None;
        loop {
            // A place in the queue first: a client that never reads is not read from either.
            queue.place().await;
            let size = self.read_size(queue).await?;
            // What is read behind it would hold memory and places for as long as it waits, and be answered after it anyway.
            if let Some(made) = waiting.take() {
                self.wait_for(made).await?;
            }
            let (frame, request) = self.read_body(size).await?;
            // Whoever does not take its answers is closed by its writer meanwhile, so the wait ends.
            if self.common.budgets.answers.is_full()
                && !dispatch.answers_little(&frame)
                && timeout(self.common.settings.stall, self.common.budgets.answers.room()).await.is_err()
            {
                return Err(Ended::Refused("no memory for an answer came free in time".to_owned()));
            }
            let answer = dispatch.begin(frame, &self.common.info).await;
            let bytes = match &answer {
                Begun::Now(Answer::Frame(frame)) => frame.len,
                _ => 0,
            };
            let counted = self.common.budgets.answers.count(bytes);
            let queued_bytes = queue.room(bytes).await;
            // Whoever is slow to take what is made must not hold what other requests need.
            let request = matches!(answer, Begun::Later(_)).then(|| self.common.held.hold(request));
            let made = matches!(answer, Begun::Waits(_)).then(|| {
                let (made, until) = oneshot::channel();
                waiting = Some(until);
                made
            });
            queue.push(Pending { answer, request, counted, queued_bytes, made });
            // Many frames may come with one read: other connections of this thread have their turn.
            tokio::task::coop::consume_budget().await;
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

    /// Takes the size of the next frame.
    async fn read_size(&mut self, queue: &AnswerQueue) -> Result<usize, Ended> {
        // A client that sends without a pause is never waited for.
        if *self.stop.borrow() {
            return Err(Ended::Stopping);
        }
        loop {
            if let Some(prefix) = self.inbox.bytes.first_chunk::<SIZE_BYTES>().copied() {
                self.inbox.bytes.advance(SIZE_BYTES);
                return strata_compat::frame::check_size(prefix, self.common.settings.request_bytes_max)
                    .map_err(|error| Ended::Refused(error.to_string()));
            }
            tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return Err(Ended::Stopping),
                read = self.inbox.wait_for_size(queue) => read?,
            }
        }
    }

    /// The first bytes are read before memory is asked for: who only announces a request, or sends its beginning byte by
    /// byte, holds none that others need. The rest comes into memory that is taken at once.
    async fn read_body(&mut self, size: usize) -> Result<(Bytes, RequestPermit), Ended> {
        self.inbox.fill(size.min(HEAD_BYTES)).await?;
        let common = self.common;
        let permit = common.budgets.requests.acquire(size, common.settings.stall).await;
        let permit = permit.ok_or_else(|| Ended::Refused("no memory for the request came free in time".to_owned()))?;
        let mut body = self.inbox.begin_body(size);
        self.inbox.read_rest(&mut body, size, &permit).await?;
        common.activity.note();
        Ok((body.freeze(), permit))
    }
}

impl Inbox<'_> {
    /// Waits for a request's size: for its first byte until the connection is idle, for the others no longer than `stall`.
    async fn wait_for_size(&mut self, queue: &AnswerQueue) -> Result<(), Ended> {
        while self.bytes.is_empty() {
            self.wait_for_first_byte(queue).await?;
        }
        if self.bytes.len() >= SIZE_BYTES {
            return Ok(());
        }
        let until = Instant::now() + self.common.settings.stall;
        while self.bytes.len() < SIZE_BYTES {
            let late = || Ended::Refused("the rest of a request's size did not come in time".to_owned());
            timeout_at(until, self.read_some()).await.map_err(|_| late())??;
        }
        Ok(())
    }

    async fn wait_for_first_byte(&mut self, queue: &AnswerQueue) -> Result<(), Ended> {
        let Self { half, bytes, common, idle } = self;
        tokio::select! {
            biased;
            read = read_some(half, bytes) => return read,
            () = idle.as_mut() => {}
        }
        let now = Instant::now();
        // Who waits for an answer, or takes a long one, is not idle; the writer has deadlines of its own.
        let last = if queue.is_answered() { common.activity.last() } else { now };
        let until = last + common.settings.idle;
        if until <= now {
            return Err(Ended::Refused("idle for longer than connections.max.idle.ms".to_owned()));
        }
        idle.as_mut().reset(until);
        Ok(())
    }

    async fn read_some(&mut self) -> Result<(), Ended> {
        read_some(&mut self.half, &mut self.bytes).await
    }

    /// Reads until `target` bytes are here, at the pace that is asked of every peer.
    async fn fill(&mut self, target: usize) -> Result<(), Ended> {
        let missing = target.saturating_sub(self.bytes.len());
        if missing == 0 {
            return Ok(());
        }
        let stall = self.common.settings.stall;
        let mut pace = Pace::new(Instant::now(), stall, missing);
        while !pace.is_done() {
            let before = self.bytes.len();
            // If nothing came only its pace is looked at.
            if let Ok(read) = timeout(Pace::TICK.min(stall), self.read_some()).await {
                read?;
                pace.moved(self.bytes.len() - before, Instant::now());
            }
            pace.check(Instant::now(), false).map_err(slow_sender)?;
        }
        Ok(())
    }

    /// Memory for a body of `size` bytes, with what is here of it.
    fn begin_body(&mut self, size: usize) -> BytesMut {
        let here = size.min(self.bytes.len());
        let mut body = BytesMut::with_capacity(size);
        body.extend_from_slice(&self.bytes[..here]);
        self.bytes.advance(here);
        body
    }

    /// Reads until `body` has `target` bytes and not one more, at the pace that is asked of every peer.
    async fn read_rest(&mut self, body: &mut BytesMut, target: usize, permit: &RequestPermit) -> Result<(), Ended> {
        if body.len() == target {
            return Ok(());
        }
        let stall = self.common.settings.stall;
        let mut pace = Pace::new(Instant::now(), stall, target - body.len());
        while !pace.is_done() {
            let mut limited = (&mut self.half).take((target - body.len()) as u64);
            match timeout(Pace::TICK.min(stall), limited.read_buf(body)).await {
                // Nothing came: only its pace is looked at.
                Err(_) => {}
                Ok(Err(error)) => return Err(failed(error)),
                Ok(Ok(0)) => return Err(Ended::PeerClosed),
                Ok(Ok(bytes)) => pace.moved(bytes, Instant::now()),
            }
            pace.check(Instant::now(), permit.is_wanted()).map_err(slow_sender)?;
        }
        Ok(())
    }
}

/// Adds what has come, once something has.
async fn read_some(half: &mut OwnedReadHalf, bytes: &mut BytesMut) -> Result<(), Ended> {
    let read = poll_fn(|context| {
        if bytes.is_empty() {
            *bytes = BytesMut::new();
            ready!(half.as_ref().poll_read_ready(context))?;
        }
        // Room at its end, where that is used up by what was taken at its beginning.
        bytes.reserve(HEAD_BYTES.saturating_sub(bytes.len()).max(1));
        let read = poll_read_buf(Pin::new(&mut *half), context, bytes);
        if bytes.is_empty() {
            // It was ready no more: the memory goes, however long the next byte takes.
            *bytes = BytesMut::new();
        }
        read
    });
    match read.await {
        Ok(0) => Err(Ended::PeerClosed),
        Ok(_) => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: io::Error) -> Ended {
    Ended::Refused(format!("reading failed: {error}"))
}

fn slow_sender(slow: TooSlow) -> Ended {
    let reason = match slow {
        TooSlow::Stalled => "the rest of a request did not come in time",
        TooSlow::Trickles => "a request comes too slowly",
        TooSlow::KeepsOthersWaiting => "a request comes too slowly while others wait for its memory",
    };
    Ended::Refused(reason.to_owned())
}
