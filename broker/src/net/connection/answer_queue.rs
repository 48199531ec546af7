//! The answers of one connection that are under way, in the order of their requests.
//!
//! Owns: how many there may be, and how many bytes of them may be made and wait. Does not own: making or sending them.
//! Whoever waits here is not woken: reader and writer are polled in turn, by the one task that both are of, until neither moves
//! (`serve`). So they must not be awaited anywhere else.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::Begun;
use crate::net::limits::{AnswerPermit, HeldRequest};

/// Requests of one connection that may be under way; the next is read when the oldest goes to the writer.
const IN_FLIGHT_MAX: usize = 128;
/// Answers of one connection that are made and wait for their turn, in bytes; the next request is read when there is room.
const QUEUED_BYTES_MAX: usize = 1 << 20;
/// What an answer counts at least, in bytes.
const QUEUED_BYTES_LEAST: usize = 4096;

/// One answer, with its memory, and that of its request while it is not made.
pub(super) struct Pending {
    pub(super) answer: Begun,
    pub(super) request: Option<HeldRequest>,
    pub(super) counted: AnswerPermit,
    /// What [`AnswerQueue::room`] gave for it.
    pub(super) queued_bytes: usize,
    /// Dropped once the answer is made, which the reader waits for behind a request that waits.
    pub(super) made: Option<oneshot::Sender<()>>,
}

/// The queue.
#[derive(Default)]
pub(super) struct AnswerQueue(Mutex<State>);

#[derive(Default)]
struct State {
    pending: VecDeque<Pending>,
    queued_bytes: usize,
    /// Whether a made answer waits for room.
    is_room_awaited: bool,
    moves: u64,
    is_ended: bool,
}

impl AnswerQueue {
    /// Grows with everything that reader or writer may wait for; the end is told to a writer that is polled then.
    pub(super) fn moves(&self) -> u64 {
        self.0.lock().moves
    }

    /// Waits until another request may be read.
    pub(super) async fn place(&self) {
        poll_fn(|_| if self.0.lock().pending.len() < IN_FLIGHT_MAX { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Waits until the answers made before leave room for one of so many bytes; one above all of it waits to be alone. Answers
    /// what it counts.
    pub(super) async fn room(&self, bytes: usize) -> usize {
        let wanted = bytes.max(QUEUED_BYTES_LEAST);
        poll_fn(|_| {
            let mut state = self.0.lock();
            state.is_room_awaited = state.queued_bytes > 0 && state.queued_bytes + wanted > QUEUED_BYTES_MAX;
            if state.is_room_awaited {
                return Poll::Pending;
            }
            state.queued_bytes += wanted;
            Poll::Ready(wanted)
        })
        .await
    }

    /// Whether there are answers beyond those that count so many bytes.
    pub(super) fn holds_more_than(&self, queued_bytes: usize) -> bool {
        let state = self.0.lock();
        state.is_room_awaited || state.queued_bytes > queued_bytes
    }

    /// Whether every answer was sent.
    pub(super) fn is_answered(&self) -> bool {
        self.0.lock().queued_bytes == 0
    }

    /// The answer to the request that was begun last.
    pub(super) fn push(&self, pending: Pending) {
        let mut state = self.0.lock();
        state.pending.push_back(pending);
        state.moves += 1;
    }

    /// No further request comes.
    pub(super) fn end(&self) {
        self.0.lock().is_ended = true;
    }

    /// The answer to the oldest request; `None` after the last.
    pub(super) async fn next(&self) -> Option<Pending> {
        poll_fn(|_| {
            let mut state = self.0.lock();
            match state.take() {
                None if !state.is_ended => Poll::Pending,
                taken => Poll::Ready(taken),
            }
        })
        .await
    }

    /// As `next`, without a wait.
    pub(super) fn try_next(&self) -> Option<Pending> {
        self.0.lock().take()
    }

    /// Answers that counted so many bytes were sent.
    pub(super) fn sent(&self, queued_bytes: usize) {
        let mut state = self.0.lock();
        state.queued_bytes -= queued_bytes;
        state.moves += 1;
    }
}

impl State {
    fn take(&mut self) -> Option<Pending> {
        let taken = self.pending.pop_front();
        self.moves += u64::from(taken.is_some());
        if self.pending.is_empty() {
            // An idle connection keeps no memory for it.
            self.pending = VecDeque::new();
        }
        taken
    }
}
