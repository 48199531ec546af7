//! `produce`: pre-encoded Produce requests over many sockets, as many in flight on each as asked, closed loop or paced.
//!
//! Owns: the load and the proof that the broker took it: each reply's error and base offset, and at the end that every partition
//! grew by exactly what was acknowledged, without a gap and without an offset given twice. Does not own: topics. One thread, and
//! per request no more than a few bytes written from memory that is warm: the broker is to be the bottleneck.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{ErrorKind, IoSlice};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bytes::{Buf as _, Bytes, BytesMut};
use serde_json::{Value, json};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::acked::Acked;
use crate::batches::{self, BatchShape};
use crate::cpu;
use crate::frames;
use crate::histogram::Histogram;
use crate::options::Options;
use crate::talk::{LATEST, Talk, answer_size};

const SLICES_MAX: usize = 64;
const READ_BYTES: usize = 64 << 10;
const PACE_PAUSE: Duration = Duration::from_millis(1);
/// Nothing waits longer for the answers that are due at the end.
const DRAIN_MAX: Duration = Duration::from_secs(120);

struct Plan {
    address: SocketAddr,
    topic: String,
    partitions: u32,
    per_request: u32,
    connections: u32,
    in_flight: usize,
    acks: i16,
    shape: BatchShape,
    seconds: f64,
    bytes_max: u64,
    requests_max: u64,
    /// Payload bytes in a second; none: as fast as answers come.
    bytes_per_second: Option<f64>,
    /// Every connection writes to all partitions, not to its own.
    is_spread: bool,
    /// Each request's records one millisecond after the last one's.
    has_rising_times: bool,
}

impl Plan {
    fn read(options: &Options) -> Result<Self> {
        let plan = Self {
            address: options.bootstrap()?,
            topic: options.needed("topic")?,
            partitions: options.or("partitions", 1)?,
            per_request: options.or("per-request", 1)?,
            connections: options.or("connections", 1)?,
            in_flight: options.or("in-flight", 5)?,
            acks: options.or("acks", 1)?,
            shape: BatchShape {
                records: options.or("batch-records", 1)?,
                record_bytes: options.or("record-bytes", 1024)?,
            },
            seconds: options.or("seconds", 5.0)?,
            bytes_max: options.or("bytes-max", u64::MAX)?,
            requests_max: options.or("requests-max", u64::MAX)?,
            bytes_per_second: options.maybe("bytes-per-second")?,
            is_spread: options.or("spread", false)?,
            has_rising_times: options.or("rising-times", false)?,
        };
        options.all_asked()?;
        let is_whole = plan.per_request > 0 && plan.partitions > 0 && plan.partitions.is_multiple_of(plan.per_request);
        ensure!(is_whole, "partitions come in whole requests");
        ensure!(plan.connections > 0 && plan.in_flight > 0, "a request needs a connection");
        // Without replies nothing could be counted.
        ensure!(plan.acks == 1 || plan.acks == -1, "--acks is 1 or -1");
        Ok(plan)
    }
}

/// A request without its size: what stands before each batch; the batches are all the same.
struct Frame {
    heads: Vec<Bytes>,
}

/// A request on its way.
struct Going {
    frame: usize,
    batch: Bytes,
    begun: Instant,
}

struct Load {
    plan: Plan,
    frames: Vec<Frame>,
    batch: Bytes,
    begin: Instant,
    first_time_ms: i64,
    sent: Cell<u64>,
    answered: Cell<u64>,
    acked: RefCell<Acked>,
    times: RefCell<Histogram>,
}

impl Load {
    fn new(plan: Plan) -> Result<Self> {
        let first_time_ms = batches::now_ms()?;
        let batch = Bytes::from(batches::build(plan.shape, first_time_ms, 0x5eed)?);
        let partitions: Vec<i32> = (0..i32::try_from(plan.partitions)?).collect();
        let frames: Result<Vec<Frame>> = partitions
            .chunks(plan.per_request as usize)
            .map(|some| {
                let heads = frames::produce(&plan.topic, plan.acks, some, batch.len())?;
                Ok(Frame { heads: heads.into_iter().map(Bytes::from).collect() })
            })
            .collect();
        Ok(Self {
            frames: frames?,
            batch,
            begin: Instant::now(),
            first_time_ms,
            sent: Cell::new(0),
            answered: Cell::new(0),
            acked: RefCell::new(Acked::new(plan.partitions, plan.shape.records)),
            times: RefCell::new(Histogram::new()),
            plan,
        })
    }

    fn request_bytes(&self) -> u64 {
        self.batch.len() as u64 * u64::from(self.plan.per_request)
    }

    fn is_over(&self) -> bool {
        let sent = self.sent.get();
        self.begin.elapsed().as_secs_f64() >= self.plan.seconds
            || sent >= self.plan.requests_max
            || sent * self.request_bytes() >= self.plan.bytes_max
    }

    /// Whether the pace lets one more go now.
    fn is_due(&self) -> bool {
        self.plan.bytes_per_second.is_none_or(|pace| {
            let allowed = self.begin.elapsed().as_secs_f64() * pace;
            ((self.sent.get() * self.request_bytes()) as f64) < allowed
        })
    }

    fn next(&self, frame: usize) -> Result<Going> {
        let number = self.sent.get();
        self.sent.set(number + 1);
        let batch = if self.plan.has_rising_times {
            Bytes::from(batches::at_time(&self.batch, self.first_time_ms + i64::try_from(number)?))
        } else {
            self.batch.clone()
        };
        Ok(Going { frame, batch, begun: Instant::now() })
    }

    fn take_answer(&self, answer: &[u8], going: &Going) -> Result<()> {
        let mut acked = self.acked.borrow_mut();
        let mut parts = 0;
        frames::read_produced(answer, |partition, base| {
            parts += 1;
            acked.take(partition, base)
        })?;
        ensure!(parts == self.plan.per_request, "{parts} partitions of a request are answered");
        self.answered.set(self.answered.get() + 1);
        let took = u64::try_from(going.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.times.borrow_mut().record(took);
        Ok(())
    }
}

/// The frames that one connection goes through, in turn.
struct Turn {
    frames: Vec<usize>,
    at: usize,
}

impl Turn {
    fn new(plan: &Plan, connection: u32, frames: usize) -> Self {
        let (connection, connections) = (connection as usize, plan.connections as usize);
        if plan.is_spread {
            return Self { frames: (0..frames).collect(), at: connection * frames / connections % frames };
        }
        let own = (connection % frames..frames).step_by(connections.min(frames)).collect();
        Self { frames: own, at: 0 }
    }

    fn next(&mut self) -> usize {
        let frame = self.frames[self.at];
        self.at = (self.at + 1) % self.frames.len();
        frame
    }
}

struct Connection<'a> {
    load: &'a Load,
    stream: TcpStream,
    going: VecDeque<Going>,
    waiting: VecDeque<Going>,
    /// Bytes of the first of `going` that the kernel has already.
    written: usize,
    answers: BytesMut,
}

impl Connection<'_> {
    /// What the kernel does not have yet, in its order, as far as one call takes it.
    fn unsent(&self) -> Vec<IoSlice<'_>> {
        let parts = self.going.iter().flat_map(|going| {
            let heads = self.load.frames[going.frame].heads.iter();
            heads.flat_map(|head| [&head[..], &going.batch[..]])
        });
        let mut skip = self.written;
        let mut slices = Vec::with_capacity(SLICES_MAX);
        for part in parts {
            let skipped = skip.min(part.len());
            skip -= skipped;
            if skipped < part.len() {
                slices.push(IoSlice::new(&part[skipped..]));
            }
            if slices.len() == SLICES_MAX {
                break;
            }
        }
        slices
    }

    fn write_some(&mut self) -> Result<()> {
        let slices = self.unsent();
        match self.stream.try_write_vectored(&slices) {
            Ok(count) => {
                drop(slices);
                self.written += count;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).context("writing requests"),
        }
        while let Some(first) = self.going.front() {
            let heads = &self.load.frames[first.frame].heads;
            let size = heads.iter().map(Bytes::len).sum::<usize>() + heads.len() * first.batch.len();
            if self.written < size {
                break;
            }
            self.written -= size;
            self.waiting.extend(self.going.pop_front());
        }
        Ok(())
    }

    fn read_some(&mut self) -> Result<()> {
        self.answers.reserve(READ_BYTES);
        match self.stream.try_read_buf(&mut self.answers) {
            Ok(0) => anyhow::bail!("the broker closed a connection"),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error).context("reading answers"),
        }
        while let Some(prefix) = self.answers.first_chunk::<4>() {
            let size = answer_size(*prefix)?;
            if self.answers.len() < 4 + size {
                break;
            }
            let going = self.waiting.pop_front().context("an answer that nobody waits for")?;
            self.load.take_answer(&self.answers[4..4 + size], &going)?;
            self.answers.advance(4 + size);
        }
        Ok(())
    }
}

async fn drive(load: Rc<Load>, number: u32) -> Result<()> {
    let stream = TcpStream::connect(load.plan.address).await.context("connecting")?;
    stream.set_nodelay(true)?;
    let mut turn = Turn::new(&load.plan, number, load.frames.len());
    let mut one = Connection {
        load: &load,
        stream,
        going: VecDeque::new(),
        waiting: VecDeque::new(),
        written: 0,
        answers: BytesMut::new(),
    };
    loop {
        while one.going.len() + one.waiting.len() < load.plan.in_flight && !load.is_over() && load.is_due() {
            one.going.push_back(load.next(turn.next())?);
        }
        if one.going.is_empty() && one.waiting.is_empty() {
            if load.is_over() {
                return Ok(());
            }
            tokio::time::sleep(PACE_PAUSE).await;
            continue;
        }
        let interest =
            if one.going.is_empty() { Interest::READABLE } else { Interest::READABLE.add(Interest::WRITABLE) };
        let ready = tokio::time::timeout(DRAIN_MAX, one.stream.ready(interest)).await.context("no answer")??;
        if ready.is_writable() && !one.going.is_empty() {
            one.write_some()?;
        }
        if ready.is_readable() {
            one.read_some()?;
        }
    }
}

async fn drive_all(load: &Rc<Load>) -> Result<()> {
    let tasks: Vec<_> =
        (0..load.plan.connections).map(|number| tokio::task::spawn_local(drive(Rc::clone(load), number))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

pub(crate) fn run(options: &Options) -> Result<Value> {
    let plan = Plan::read(options)?;
    let mut talk = Talk::connect(plan.address)?;
    let before = talk.offsets(&plan.topic, plan.partitions, LATEST)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cpu_before = cpu::process_seconds()?;
    let load = Rc::new(Load::new(plan)?);
    LocalSet::new().block_on(&runtime, drive_all(&load))?;
    let seconds = load.begin.elapsed().as_secs_f64();
    let driver = cpu::process_seconds()? - cpu_before;
    let after = talk.offsets(&load.plan.topic, load.plan.partitions, LATEST)?;
    load.acked.borrow().check(&before, &after)?;
    let requests = load.answered.get();
    ensure!(requests > 0 && requests == load.sent.get(), "{requests} of {} requests are answered", load.sent.get());
    let batches = requests * u64::from(load.plan.per_request);
    let times = load.times.borrow().summary();
    Ok(json!({
        "requests": requests,
        "records": batches * u64::from(load.plan.shape.records),
        "bytes": requests * load.request_bytes(),
        "seconds": seconds,
        "driver_cpu_seconds": driver,
        "response": times,
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{BatchShape, Options, Plan, Turn};

    fn plan(connections: u32, is_spread: bool) -> Plan {
        let words = ["--bootstrap", "127.0.0.1:1", "--topic", "t"].map(str::to_owned);
        let mut plan = Plan::read(&Options::parse(words.into_iter()).unwrap()).unwrap();
        plan.shape = BatchShape { records: 1, record_bytes: 1 };
        (plan.connections, plan.is_spread) = (connections, is_spread);
        plan
    }

    #[test]
    fn connections_share_the_frames_in_turn() {
        for (connections, frames) in [(1, 1), (1, 5), (2, 5), (4, 16), (8, 16), (16, 4), (3, 3)] {
            let mut writers = vec![BTreeSet::new(); frames];
            for connection in 0..connections {
                let mut turn = Turn::new(&plan(connections, false), connection, frames);
                for _ in 0..frames * 2 {
                    writers[turn.next()].insert(connection);
                }
            }
            // Each frame has a writer; more than one only where there are more connections than frames.
            let most = (connections as usize).div_ceil(frames);
            assert!(writers.iter().all(|some| !some.is_empty() && some.len() <= most), "{frames}: {writers:?}");
        }
    }

    #[test]
    fn a_spread_connection_goes_through_all_frames() {
        let mut turn = Turn::new(&plan(4, true), 2, 8);
        let frames: Vec<usize> = (0..9).map(|_| turn.next()).collect();
        assert_eq!(frames, [4, 5, 6, 7, 0, 1, 2, 3, 4]);
    }
}
