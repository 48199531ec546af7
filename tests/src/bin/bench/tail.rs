//! `tail`: one paced producer, and consumers that wait at the ends of the same partitions for what comes.
//!
//! Owns: the load, and the proof that every consumer got every record: offsets without a gap, counts, checksums (all of them by
//! the first consumer, every so many-th by the others). Open loop: a batch goes when it is due, however late answers come; the
//! moment at which it was meant to go stands in its first record, and each consumer counts from there to the arrival of the whole
//! answer that holds it. The producer has a thread for sending and one for answers, all consumers share a third.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::BytesMut;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::acked::Acked;
use crate::batches::{self, BatchShape, Seen};
use crate::cpu;
use crate::fetch::{ANSWER_MAX, read_answer};
use crate::frames::{self, FetchLimits};
use crate::histogram::Histogram;
use crate::latency::wake_sharply;
use crate::options::Options;
use crate::talk::{LATEST, Talk};

/// Consumers connect and ask meanwhile.
const START: Duration = Duration::from_millis(200);
/// No consumer is farther behind at the end than it can read in this time.
const DRAIN_MAX: Duration = Duration::from_secs(300);

struct Plan {
    address: SocketAddr,
    topic: String,
    partitions: u32,
    consumers: u32,
    acks: i16,
    shape: BatchShape,
    bytes_per_second: f64,
    seconds: f64,
    /// Batches that are due before this many seconds are not counted.
    skip_seconds: f64,
    limits: FetchLimits,
    crc_every: u64,
}

impl Plan {
    fn read(options: &Options) -> Result<Self> {
        let plan = Self {
            address: options.bootstrap()?,
            topic: options.needed("topic")?,
            partitions: options.or("partitions", 1)?,
            consumers: options.or("consumers", 1)?,
            acks: options.or("acks", 1)?,
            shape: BatchShape {
                records: options.or("batch-records", 16)?,
                record_bytes: options.or("record-bytes", 1024)?,
            },
            bytes_per_second: options.or("bytes-per-second", 50e6)?,
            seconds: options.or("seconds", 5.0)?,
            skip_seconds: options.or("skip-seconds", 0.5)?,
            limits: FetchLimits {
                max_wait_ms: options.or("max-wait-ms", 500)?,
                min_bytes: options.or("min-bytes", 1)?,
                max_bytes: options.or("max-bytes", 8 << 20)?,
                partition_max_bytes: options.or("partition-max-bytes", 1 << 20)?,
            },
            crc_every: options.or("crc-every", 64)?,
        };
        options.all_asked()?;
        ensure!(plan.partitions > 0 && plan.consumers > 0, "a consumer needs a partition");
        ensure!(plan.acks == 1 || plan.acks == -1, "--acks is 1 or -1");
        ensure!(plan.bytes_per_second >= 1.0 && plan.seconds > plan.skip_seconds, "a pace and a time to hold it");
        ensure!(plan.skip_seconds >= 0.0 && plan.crc_every > 0, "--skip-seconds from 0, --crc-every from 1");
        Ok(plan)
    }
}

struct Load {
    plan: Plan,
    starts: Vec<i64>,
    /// Moments are counted from here.
    begin: Instant,
    /// Where the partitions end, once all is acknowledged; none within if the producer failed.
    ends: OnceLock<Option<Vec<i64>>>,
}

impl Load {
    fn nanoseconds(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What the producer has done.
struct Fed {
    requests: u64,
    bytes: u64,
    seconds: f64,
    ends: Vec<i64>,
}

fn hear_answers(talk: &mut Talk, sent: &mpsc::Receiver<()>, mut acked: Acked) -> Result<(Acked, u64)> {
    let mut answered = 0;
    for () in sent {
        frames::read_produced(talk.hear()?, |partition, base| acked.take(partition, base))?;
        answered += 1;
    }
    Ok((acked, answered))
}

fn feed(load: &Load) -> Result<Fed> {
    let plan = &load.plan;
    let batch = batches::build(plan.shape, batches::now_ms()?, 0x7a11)?;
    let mut heads = Vec::new();
    for partition in 0..i32::try_from(plan.partitions)? {
        heads.push(frames::produce(&plan.topic, plan.acks, &[partition], batch.len())?.concat());
    }
    let mut frame = Vec::new();
    let mut hearing = Talk::connect(plan.address)?;
    let mut sending = hearing.stream().try_clone()?;
    let (tell, sent) = mpsc::channel();
    let acked = Acked::new(plan.partitions, plan.shape.records);
    let reader = thread::spawn(move || hear_answers(&mut hearing, &sent, acked));
    let interval = batch.len() as f64 / plan.bytes_per_second;
    let mut requests = 0_u64;
    loop {
        let due = START + Duration::from_secs_f64(requests as f64 * interval);
        if due >= START + Duration::from_secs_f64(plan.seconds) {
            break;
        }
        thread::sleep(due.saturating_sub(load.begin.elapsed()));
        let head = &heads[usize::try_from(requests)? % heads.len()];
        frame.clear();
        frame.extend_from_slice(head);
        frame.extend_from_slice(&batch);
        batches::stamp(&mut frame[head.len()..], u64::try_from(due.as_nanos())?)?;
        tell.send(()).context("the reader of answers has ended")?;
        sending.write_all(&frame).context("sending a request")?;
        requests += 1;
    }
    drop(tell);
    let (acked, answered) = reader.join().map_err(|_| anyhow!("the reader of answers panicked"))??;
    let seconds = load.begin.elapsed().saturating_sub(START).as_secs_f64();
    ensure!(requests > 0 && answered == requests, "{answered} of {requests} requests are answered");
    let ends = Talk::connect(plan.address)?.offsets(&plan.topic, plan.partitions, LATEST)?;
    acked.check(&load.starts, &ends)?;
    Ok(Fed { requests, bytes: requests * batch.len() as u64, seconds, ends })
}

/// One partition as one consumer reads it.
struct Place {
    partition: i32,
    next: i64,
}

/// What one consumer saw.
struct Consumed {
    seen: Seen,
    requests: u64,
    times: Histogram,
    /// When it had its last record.
    last: Duration,
    /// What it had when the producer was at its end.
    bytes_at_end: u64,
}

/// Whether a consumer has all that there will be.
fn is_over(load: &Load, places: &[Place], last: Duration) -> Result<bool> {
    match load.ends.get() {
        None => Ok(false),
        // The producer's failure is the one that is told.
        Some(None) => Ok(true),
        Some(Some(ends)) => {
            ensure!(
                load.begin.elapsed().saturating_sub(last) < DRAIN_MAX,
                "a consumer gets nothing more before the end"
            );
            Ok(places.iter().all(|place| usize::try_from(place.partition).is_ok_and(|at| place.next >= ends[at])))
        }
    }
}

async fn consume(load: Arc<Load>, number: u32) -> Result<Consumed> {
    let plan = &load.plan;
    let mut stream = TcpStream::connect(plan.address).await.context("connecting")?;
    stream.set_nodelay(true)?;
    let numbers = (0..).zip(&load.starts);
    let mut places: Vec<Place> = numbers.map(|(partition, next)| Place { partition, next: *next }).collect();
    let crc_every = if number == 0 { 1 } else { plan.crc_every };
    let (seen, last) = (Seen::default(), load.begin.elapsed());
    let mut consumed = Consumed { seen, requests: 0, times: Histogram::new(), last, bytes_at_end: 0 };
    let mut answer = BytesMut::new();
    while !is_over(&load, &places, consumed.last)? {
        // Another partition comes first each time, as in Kafka's consumer.
        places.rotate_left(1);
        let asked: Vec<(i32, i64)> = places.iter().map(|place| (place.partition, place.next)).collect();
        stream.write_all(&frames::fetch(&plan.topic, &asked, plan.limits)?).await.context("asking")?;
        tokio::time::timeout(ANSWER_MAX, read_answer(&mut stream, &mut answer)).await.context("no answer")??;
        consumed.requests += 1;
        take_answer(&load, crc_every, &answer, &mut places, &mut consumed)?;
    }
    Ok(consumed)
}

fn take_answer(load: &Load, crc_every: u64, answer: &[u8], places: &mut [Place], to: &mut Consumed) -> Result<()> {
    let now = load.nanoseconds();
    let count_from = u64::try_from((START + Duration::from_secs_f64(load.plan.skip_seconds)).as_nanos())?;
    let (times, before) = (&mut to.times, to.seen.batches);
    let seen = &mut to.seen;
    frames::read_fetched(answer, |partition, _, records| {
        let place = places.iter_mut().find(|place| place.partition == partition);
        let place = place.context("an answer about a partition that was not asked for")?;
        let walked = batches::walk_each(records, place.next, crc_every, seen, |batch| {
            let due = batches::stamp_of(batch)?;
            ensure!(due <= now, "a record came before it was due");
            if due >= count_from {
                times.record(now - due);
            }
            Ok(())
        });
        place.next = walked.with_context(|| format!("partition {partition}"))?;
        Ok(())
    })?;
    if to.seen.batches > before {
        to.last = load.begin.elapsed();
    }
    if load.ends.get().is_none() {
        to.bytes_at_end = to.seen.bytes;
    }
    Ok(())
}

async fn consume_all(load: &Arc<Load>) -> Result<Vec<Consumed>> {
    let tasks: Vec<_> =
        (0..load.plan.consumers).map(|number| tokio::task::spawn_local(consume(Arc::clone(load), number))).collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await??);
    }
    Ok(all)
}

/// The producer's thread: where the partitions end is told whatever comes of it.
fn feed_and_tell(load: &Load) -> Result<Fed> {
    let fed = feed(load);
    load.ends.get_or_init(|| fed.as_ref().ok().map(|fed| fed.ends.clone()));
    fed
}

fn summary(load: &Load, fed: &Fed, all: &[Consumed]) -> Result<Value> {
    let (mut seen, mut times) = (Seen::default(), Histogram::new());
    let records = fed.requests * u64::from(load.plan.shape.records);
    for (number, one) in all.iter().enumerate() {
        ensure!(one.seen.records == records, "consumer {number} has {} of {records} records", one.seen.records);
        seen.add(&one.seen);
        times.add(&one.times);
    }
    ensure!(seen.bytes == fed.bytes * all.len() as u64, "{} bytes came of {} each", seen.bytes, fed.bytes);
    ensure!(times.total() > 0, "nothing was counted");
    let at_end: Vec<u64> = all.iter().map(|one| one.bytes_at_end).collect();
    let last = all.iter().map(|one| one.last).max().unwrap_or_default();
    Ok(json!({
        "records": records,
        "produce_requests": fed.requests,
        "produce_bytes": fed.bytes,
        "produce_seconds": fed.seconds,
        "fetch_requests": all.iter().map(|one| one.requests).sum::<u64>(),
        "bytes": seen.bytes,
        "bytes_at_end": at_end.iter().sum::<u64>(),
        "share_min": at_end.iter().min(),
        "share_max": at_end.iter().max(),
        "seconds": last.saturating_sub(START).as_secs_f64(),
        "checked_batches": seen.checked,
        "latency": times.summary(),
    }))
}

pub(crate) fn run(options: &Options) -> Result<Value> {
    let plan = Plan::read(options)?;
    wake_sharply()?;
    let starts = Talk::connect(plan.address)?.offsets(&plan.topic, plan.partitions, LATEST)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cpu_before = cpu::process_seconds()?;
    let load = Arc::new(Load { plan, starts, begin: Instant::now(), ends: OnceLock::new() });
    let producing = Arc::clone(&load);
    let producer = thread::spawn(move || feed_and_tell(&producing));
    let all = LocalSet::new().block_on(&runtime, consume_all(&load))?;
    let fed = producer.join().map_err(|_| anyhow!("the producer panicked"))??;
    let mut found = summary(&load, &fed, &all)?;
    found["driver_cpu_seconds"] = json!(cpu::process_seconds()? - cpu_before);
    Ok(found)
}
