//! The answers of one connection, sent in the order of their requests.
//!
//! Owns: which answers go with one write (those that are made, up to a bound), the pace that is asked of who takes them. Does not
//! own: how an answer is made.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Buf as _;
use futures::FutureExt as _;
use rustix::net::{SendAncillaryBuffer, SendFlags};
use strata_compat::wire::{COPY_BYTES_MAX, FileRange, Rope, Segment};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::time::{Instant, timeout};

use super::answer_queue::{AnswerQueue, Pending};
use super::{Answer, Begun, Common, Holding, Later};
use crate::file_range;
use crate::net::limits::AnswerPermit;
use crate::net::pace::{Pace, TooSlow};

/// Slices handed to one vectored write.
const SLICES_PER_WRITE: usize = 64;
/// No further answer joins so many bytes.
const JOINED_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a file handed to one call.
const FILE_BYTES_PER_CALL: usize = 1 << 20;

pub(super) struct Writer<'connection> {
    half: OwnedWriteHalf,
    common: &'connection Common,
    made: Made,
    /// Whether the answer behind those that are being sent is made and holds a file.
    is_file_behind: AtomicBool,
}

/// Answers that go with the next write.
#[derive(Default)]
struct Made {
    segments: VecDeque<Segment>,
    bytes: usize,
    queued_bytes: usize,
    /// Given back once they are sent.
    counted: Vec<AnswerPermit>,
}

impl<'connection> Writer<'connection> {
    pub(super) fn new(half: OwnedWriteHalf, common: &'connection Common) -> Self {
        Self { half, common, made: Made::default(), is_file_behind: AtomicBool::new(false) }
    }

    /// Runs until the connection ends, and says why.
    pub(super) async fn run(mut self, queue: &AnswerQueue) -> String {
        match self.write_all(queue).await {
            Ok(reason) => reason,
            Err(error) => format!("writing failed: {error}"),
        }
    }

    async fn write_all(&mut self, queue: &AnswerQueue) -> io::Result<String> {
        loop {
            let next = if self.made.is_empty() { queue.next().await } else { queue.try_next() };
            let Some(Pending { answer, request, mut counted, queued_bytes, made }) = next else {
                if self.made.is_empty() {
                    return Ok("the broker stops".to_owned());
                }
                self.send_made(queue).await?;
                continue;
            };
            let answer = match answer {
                Begun::Now(answer) => answer,
                Begun::Later(later) | Begun::Waits(later) => {
                    let answer = self.made_later(later, queue).await?;
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
                Answer::Frame(frame) => self.made.push(frame, counted, queued_bytes),
                Answer::Nothing => queue.sent(queued_bytes),
                Answer::Close(reason) => {
                    self.send_made(queue).await?;
                    return Ok(reason);
                }
            }
            if self.made.is_enough() {
                self.send_made(queue).await?;
            }
        }
    }

    /// Waits for an answer; those before it wait for nothing, so they go if it is not made yet. It is polled on meanwhile: it may
    /// have been given what others wait for, and a client that does not read must not keep that.
    async fn made_later(&mut self, mut later: Later, queue: &AnswerQueue) -> io::Result<Answer> {
        if self.made.is_empty() {
            return Ok(later.await);
        }
        if let Some(answer) = (&mut later).now_or_never() {
            return Ok(answer);
        }
        let made = std::mem::take(&mut self.made);
        let behind = async {
            let answer = later.await;
            let holds_file = matches!(&answer, Answer::Frame(frame) if frame.segments.iter().any(is_file));
            self.is_file_behind.store(holds_file, Ordering::Relaxed);
            answer
        };
        let (sent, answer) = futures::join!(self.send(made, queue), behind);
        self.is_file_behind.store(false, Ordering::Relaxed);
        sent.map(|()| answer)
    }

    /// Sends what is made.
    async fn send_made(&mut self, queue: &AnswerQueue) -> io::Result<()> {
        let made = std::mem::take(&mut self.made);
        if made.is_empty() { Ok(()) } else { self.send(made, queue).await }
    }

    async fn send(&self, made: Made, queue: &AnswerQueue) -> io::Result<()> {
        let Made { segments, bytes, queued_bytes, counted } = made;
        let mut left = Left { segments, bytes };
        // What the socket takes at once needs no watching.
        if left.absent().is_none() {
            left.write(&self.half)?;
        }
        if left.bytes > 0 {
            self.send_slowly(left, (queue, queued_bytes)).await?;
        }
        self.common.activity.note();
        drop(counted);
        queue.sent(queued_bytes);
        Ok(())
    }

    /// Sends what is left, at the pace that is asked of every peer. What is sent counts `queued_bytes` in the queue.
    async fn send_slowly(&self, mut left: Left, (queue, queued_bytes): (&AnswerQueue, usize)) -> io::Result<()> {
        let stall = self.common.settings.stall;
        let mut pace = Pace::new(Instant::now(), stall, left.bytes);
        while !pace.is_done() {
            // Only for who takes something the disk is read.
            if let Ok(writable) = timeout(Pace::TICK.min(stall), self.half.writable()).await {
                writable?;
                if let Some(range) = left.absent() {
                    pace.rested(self.load(range).await?);
                }
                let written = left.write(&self.half)?;
                if written > 0 {
                    pace.moved(written, Instant::now());
                }
                // A client that takes everything at once must not keep others of this thread waiting.
                if written >= FILE_BYTES_PER_CALL {
                    tokio::task::yield_now().await;
                }
            }
            let is_wanted = self.is_wanted(&left, queue.holds_more_than(queued_bytes));
            pace.check(Instant::now(), is_wanted)
                .map_err(|slow| io::Error::new(io::ErrorKind::TimedOut, slow_reader(slow)))?;
        }
        Ok(())
    }

    /// Gets the range into the page cache. How long that took is no fault of the client's.
    async fn load(&self, range: FileRange) -> io::Result<Duration> {
        let began = Instant::now();
        let place = Arc::clone(&self.common.budgets.disk_reads).acquire_owned().await.map_err(io::Error::other)?;
        // It is waited for to its end, so that no connection has two of them.
        let loading = tokio::task::spawn_blocking(move || {
            let loaded = file_range::load(&range);
            drop(place);
            loaded
        });
        loading.await??;
        Ok(began.elapsed())
    }

    /// Whether others wait for what this connection holds: by what it sends, by answers queued behind, by their requests.
    fn is_wanted(&self, left: &Left, is_more_queued: bool) -> bool {
        let Common { budgets, held, .. } = self.common;
        let memory = is_more_queued || left.holds_memory();
        let files = left.segments.iter().any(is_file) || self.is_file_behind.load(Ordering::Relaxed);
        budgets.is_wanted(Holding { memory, files }) || held.are_wanted()
    }
}

impl Made {
    const fn is_empty(&self) -> bool {
        self.counted.is_empty()
    }

    fn is_enough(&self) -> bool {
        self.segments.len() >= SLICES_PER_WRITE || self.bytes >= JOINED_BYTES_MAX
    }

    fn push(&mut self, frame: Rope, counted: AnswerPermit, queued_bytes: usize) {
        if self.segments.is_empty() {
            self.segments = frame.segments.into();
        } else {
            self.segments.extend(frame.segments);
        }
        self.bytes += frame.len;
        self.queued_bytes += queued_bytes;
        self.counted.push(counted);
    }
}

/// What is not sent yet of some slices.
struct Left {
    segments: VecDeque<Segment>,
    bytes: usize,
}

impl Left {
    /// What goes next and has left the page cache since it was lent: a disk must not keep other connections waiting.
    fn absent(&self) -> Option<FileRange> {
        let Some(Segment::File(range)) = self.segments.front() else { return None };
        let next = file_range::beginning(range, FILE_BYTES_PER_CALL);
        (!file_range::is_resident(&next)).then_some(next)
    }

    /// Whether any of it is more than a few words in memory.
    fn holds_memory(&self) -> bool {
        self.segments.iter().filter_map(Segment::in_memory).any(|slice| slice.len() > COPY_BYTES_MAX)
    }

    /// Writes what one write takes, and lets go of it; 0 if the socket takes nothing now.
    fn write(&mut self, half: &OwnedWriteHalf) -> io::Result<usize> {
        let socket = half.as_ref();
        let sent = socket.try_io(Interest::WRITABLE, || match self.segments.front() {
            Some(Segment::File(range)) => file_range::send(socket, &file_range::beginning(range, FILE_BYTES_PER_CALL)),
            _ => self.send_slices(socket),
        });
        let written = match sent {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            sent => sent?,
        };
        self.consume(written);
        Ok(written)
    }

    /// Slices and the bytes of a file behind them make common packets.
    fn send_slices(&self, socket: &TcpStream) -> io::Result<usize> {
        let mut room = [IoSlice::new(&[]); SLICES_PER_WRITE];
        let slices = self.slices(&mut room);
        let mut flags = SendFlags::NOSIGNAL;
        flags.set(SendFlags::MORE, matches!(self.segments.get(slices.len()), Some(Segment::File(_))));
        let send = || rustix::net::sendmsg(socket, slices, &mut SendAncillaryBuffer::default(), flags);
        Ok(rustix::io::retry_on_intr(send)?)
    }

    /// The next ones, as many as there is room for.
    fn slices<'left, 'room>(&'left self, room: &'room mut [IoSlice<'left>]) -> &'room [IoSlice<'left>] {
        let mut count = 0;
        for (slice, segment) in room.iter_mut().zip(self.segments.iter().map_while(Segment::in_memory)) {
            *slice = IoSlice::new(segment);
            count += 1;
        }
        &room[..count]
    }

    /// Lets go of the next `written` bytes.
    fn consume(&mut self, mut written: usize) {
        self.bytes = self.bytes.saturating_sub(written);
        while let Some(segment) = self.segments.front_mut() {
            if written < segment.len() {
                match segment {
                    Segment::Bytes(bytes) => bytes.advance(written),
                    Segment::File(range) => range.advance(written),
                }
                return;
            }
            written -= segment.len();
            self.segments.pop_front();
        }
    }
}

const fn is_file(segment: &Segment) -> bool {
    matches!(segment, Segment::File(_))
}

const fn slow_reader(slow: TooSlow) -> &'static str {
    match slow {
        TooSlow::Stalled => "the client does not read",
        TooSlow::Trickles => "the client reads too slowly",
        TooSlow::KeepsOthersWaiting => "the client reads too slowly while others wait for memory or files",
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_partial_write_leaves_the_rest() {
        let segments = [&b"abc"[..], b"defg", b"h"].map(|slice| Segment::from(Bytes::from_static(slice))).into();
        let mut left = Left { segments, bytes: 8 };
        let shown = |left: &Left| {
            let mut room = [IoSlice::new(&[]); 8];
            left.slices(&mut room).iter().map(|slice| slice.to_vec()).collect::<Vec<_>>()
        };
        left.consume(5);
        assert_eq!(shown(&left), [b"fg".to_vec(), b"h".to_vec()]);
        left.consume(3);
        assert!(shown(&left).is_empty() && left.bytes == 0);
    }
}
