//! `fetch`: consumers that read whole topics, each over one socket with one request in flight, as Kafka's own consumers do.
//!
//! Owns: the load and the proof that it was answered rightly: offsets without a gap, counts of records, checksums of every so
//! many-th batch. Modes: `replay` begins again at the end until time is up, `once` ends with the last record, `tail` begins at the end.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::{BufMut as _, BytesMut};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::batches::{self, Seen};
use crate::cpu;
use crate::frames::{self, FetchLimits};
use crate::histogram::Histogram;
use crate::options::Options;
use crate::talk::{EARLIEST, LATEST, Talk, answer_size};

/// No answer takes longer, not even one that the object store holds up.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(120);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Replay,
    Once,
    Tail,
}

struct Plan {
    address: SocketAddr,
    topic: String,
    partitions: u32,
    connections: u32,
    /// Each consumer has partitions of its own; otherwise all read everything.
    is_divided: bool,
    mode: Mode,
    seconds: f64,
    limits: FetchLimits,
    crc_every: u64,
}

impl Plan {
    fn read(options: &Options) -> Result<Self> {
        let mode: String = options.or("mode", "replay".to_owned())?;
        let plan = Self {
            address: options.bootstrap()?,
            topic: options.needed("topic")?,
            partitions: options.or("partitions", 1)?,
            connections: options.or("connections", 1)?,
            is_divided: options.or("divided", false)?,
            mode: match mode.as_str() {
                "replay" => Mode::Replay,
                "once" => Mode::Once,
                "tail" => Mode::Tail,
                _ => bail!("--mode {mode} is none of replay, once and tail"),
            },
            seconds: options.or("seconds", 5.0)?,
            limits: FetchLimits {
                max_wait_ms: options.or("max-wait-ms", 500)?,
                min_bytes: options.or("min-bytes", 1)?,
                max_bytes: options.or("max-bytes", 8 << 20)?,
                partition_max_bytes: options.or("partition-max-bytes", 1 << 20)?,
            },
            crc_every: options.or("crc-every", 64)?,
        };
        options.all_asked()?;
        ensure!(plan.partitions > 0 && plan.connections > 0, "a consumer needs a partition");
        Ok(plan)
    }
}

/// One partition as one consumer reads it.
struct Place {
    partition: i32,
    start: i64,
    next: i64,
    end: i64,
}

struct Load {
    plan: Plan,
    starts: Vec<i64>,
    ends: Vec<i64>,
    begin: Instant,
    first: Cell<Option<Duration>>,
}

/// What one consumer saw.
struct Consumed {
    seen: Seen,
    requests: u64,
    wire_bytes: u64,
    times: Histogram,
    seconds: f64,
}

impl Load {
    fn places(&self, connection: u32) -> Result<Vec<Place>> {
        let all = 0..self.plan.partitions;
        let own: Vec<u32> = if self.plan.is_divided {
            all.filter(|partition| partition % self.plan.connections == connection).collect()
        } else {
            all.collect()
        };
        own.into_iter()
            .map(|partition| {
                let (start, end) = (self.starts[partition as usize], self.ends[partition as usize]);
                let next = if self.plan.mode == Mode::Tail { end } else { start };
                Ok(Place { partition: i32::try_from(partition)?, start, next, end })
            })
            .collect()
    }

    fn is_over(&self, places: &[Place]) -> bool {
        match self.plan.mode {
            Mode::Once => places.iter().all(|place| place.next >= place.end),
            Mode::Replay | Mode::Tail => self.begin.elapsed().as_secs_f64() >= self.plan.seconds,
        }
    }
}

/// Reads one answer, without its size.
pub(crate) async fn read_answer(stream: &mut TcpStream, answer: &mut BytesMut) -> Result<()> {
    let mut prefix = [0; 4];
    stream.read_exact(&mut prefix).await.context("waiting for an answer")?;
    let size = answer_size(prefix)?;
    answer.clear();
    answer.reserve(size);
    while answer.len() < size {
        // No more than this answer: the next one stays in the socket.
        let left = size - answer.len();
        let read = stream.read_buf(&mut (&mut *answer).limit(left)).await.context("reading an answer")?;
        ensure!(read > 0, "the broker closed a connection");
    }
    Ok(())
}

async fn consume(load: Rc<Load>, number: u32) -> Result<Consumed> {
    let mut stream = TcpStream::connect(load.plan.address).await.context("connecting")?;
    stream.set_nodelay(true)?;
    let mut places = load.places(number)?;
    let mut consumed =
        Consumed { seen: Seen::default(), requests: 0, wire_bytes: 0, times: Histogram::new(), seconds: 0.0 };
    let mut answer = BytesMut::new();
    let mut first = 0;
    while !places.is_empty() && !load.is_over(&places) {
        // Another partition comes first each time, as in Kafka's consumer: an answer that is full does not starve the last.
        places.rotate_left(first);
        first = 1 % places.len();
        let asked: Vec<(i32, i64)> = places
            .iter()
            .filter(|place| load.plan.mode != Mode::Once || place.next < place.end)
            .map(|place| (place.partition, place.next))
            .collect();
        let begun = Instant::now();
        stream.write_all(&frames::fetch(&load.plan.topic, &asked, load.plan.limits)?).await.context("asking")?;
        tokio::time::timeout(ANSWER_MAX, read_answer(&mut stream, &mut answer)).await.context("no answer")??;
        consumed.times.record(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
        consumed.requests += 1;
        consumed.wire_bytes += answer.len() as u64;
        if load.first.get().is_none() {
            load.first.set(Some(load.begin.elapsed()));
        }
        take_answer(&load, &answer, &mut places, &mut consumed.seen)?;
    }
    consumed.seconds = load.begin.elapsed().as_secs_f64();
    Ok(consumed)
}

fn take_answer(load: &Load, answer: &[u8], places: &mut [Place], seen: &mut Seen) -> Result<()> {
    frames::read_fetched(answer, |partition, _, records| {
        let place = places.iter_mut().find(|place| place.partition == partition);
        let place = place.context("an answer about a partition that was not asked for")?;
        place.next = batches::walk(records, place.next, load.plan.crc_every, seen)
            .with_context(|| format!("partition {partition}"))?;
        if load.plan.mode == Mode::Replay && place.next >= place.end {
            place.next = place.start;
        }
        Ok(())
    })
}

async fn consume_all(load: &Rc<Load>) -> Result<Vec<Consumed>> {
    let tasks: Vec<_> =
        (0..load.plan.connections).map(|number| tokio::task::spawn_local(consume(Rc::clone(load), number))).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await??);
    }
    Ok(all)
}

pub(crate) fn run(options: &Options) -> Result<Value> {
    let plan = Plan::read(options)?;
    let mut talk = Talk::connect(plan.address)?;
    let starts = talk.offsets(&plan.topic, plan.partitions, EARLIEST)?;
    let ends = talk.offsets(&plan.topic, plan.partitions, LATEST)?;
    let there: i64 = ends.iter().zip(&starts).map(|(end, start)| end - start).sum();
    ensure!(plan.mode == Mode::Tail || there > 0, "there is nothing to read");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cpu_before = cpu::process_seconds()?;
    let load = Rc::new(Load { plan, starts, ends, begin: Instant::now(), first: Cell::new(None) });
    let all = LocalSet::new().block_on(&runtime, consume_all(&load))?;
    let seconds = load.begin.elapsed().as_secs_f64();
    let driver = cpu::process_seconds()? - cpu_before;
    let mut seen = Seen::default();
    for one in &all {
        seen.add(&one.seen);
    }
    if load.plan.mode == Mode::Once {
        let readers = if load.plan.is_divided { 1 } else { u64::from(load.plan.connections) };
        let wanted = u64::try_from(there)? * readers;
        ensure!(seen.records == wanted, "{} records are read where {wanted} are", seen.records);
    }
    ensure!(seen.batches > 0, "nothing was read");
    let shares: Vec<u64> = all.iter().map(|one| one.seen.bytes).collect();
    let rates: Vec<f64> = all.iter().map(|one| one.seen.bytes as f64 / one.seconds).collect();
    Ok(json!({
        "requests": all.iter().map(|one| one.requests).sum::<u64>(),
        "records": seen.records,
        "batches": seen.batches,
        "checked_batches": seen.checked,
        "bytes": seen.bytes,
        "wire_bytes": all.iter().map(|one| one.wire_bytes).sum::<u64>(),
        "seconds": seconds,
        "first_answer_seconds": load.first.get().map(|first| first.as_secs_f64()),
        "driver_cpu_seconds": driver,
        "share_min": shares.iter().min(),
        "share_max": shares.iter().max(),
        "rate_min": rates.iter().copied().fold(f64::INFINITY, f64::min),
        "rate_max": rates.iter().copied().fold(0.0, f64::max),
        "response": all.first().map(|one| one.times.summary()),
    }))
}
