//! `latency`: one connection, requests at a fixed rate, each counted from the moment at which it was meant to be sent.
//!
//! Open loop: a slow answer holds no later request back, and a request that goes late because the machine was busy counts as
//! slow. Sender and reader are threads of their own that the kernel wakes; neither spins.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::{Value, json};

use crate::batches::{self, BatchShape};
use crate::cpu;
use crate::frames;
use crate::histogram::Histogram;
use crate::options::Options;
use crate::talk::{LATEST, Talk};

struct Plan {
    address: SocketAddr,
    topic: String,
    partitions: u32,
    acks: i16,
    shape: BatchShape,
    per_second: f64,
    seconds: f64,
    /// Answers before this many seconds are not counted.
    skip_seconds: f64,
}

impl Plan {
    fn read(options: &Options) -> Result<Self> {
        let plan = Self {
            address: options.bootstrap()?,
            topic: options.needed("topic")?,
            partitions: options.or("partitions", 1)?,
            acks: options.or("acks", 1)?,
            shape: BatchShape {
                records: options.or("batch-records", 1)?,
                record_bytes: options.or("record-bytes", 1024)?,
            },
            per_second: options.or("per-second", 1000.0)?,
            seconds: options.or("seconds", 5.0)?,
            skip_seconds: options.or("skip-seconds", 0.5)?,
        };
        options.all_asked()?;
        ensure!(plan.acks == 1 || plan.acks == -1, "--acks is 1 or -1");
        ensure!(plan.per_second >= 1.0 && plan.seconds > plan.skip_seconds, "a rate and a time to hold it");
        Ok(plan)
    }
}

/// The kernel may let a sleeper lie 50 µs longer than it asked for, unless it is told otherwise. Threads inherit this.
pub(crate) fn wake_sharply() -> Result<()> {
    std::fs::write("/proc/self/timerslack_ns", "1000").context("/proc/self/timerslack_ns")
}

fn read_answers(talk: &mut Talk, intended: &mpsc::Receiver<Instant>, count_from: Instant) -> Result<(Histogram, i64)> {
    let mut times = Histogram::new();
    let mut records_of = 0;
    for due in intended {
        let answer = talk.hear()?;
        let heard = Instant::now();
        frames::read_produced(answer, |_, _| {
            records_of += 1;
            Ok(())
        })?;
        if due >= count_from {
            times.record(u64::try_from((heard - due).as_nanos()).unwrap_or(u64::MAX));
        }
    }
    Ok((times, records_of))
}

pub(crate) fn run(options: &Options) -> Result<Value> {
    let plan = Plan::read(options)?;
    wake_sharply()?;
    let batch = batches::build(plan.shape, batches::now_ms()?, 0x1a7e)?;
    let frames: Result<Vec<Vec<u8>>> = (0..i32::try_from(plan.partitions)?)
        .map(|partition| {
            let heads = frames::produce(&plan.topic, plan.acks, &[partition], batch.len())?;
            Ok([heads.concat(), batch.clone()].concat())
        })
        .collect();
    let frames = frames?;
    let mut asking = Talk::connect(plan.address)?;
    let before: i64 = asking.offsets(&plan.topic, plan.partitions, LATEST)?.iter().sum();
    let mut hearing = Talk::connect(plan.address)?;
    let mut sending = hearing.stream().try_clone()?;
    let interval = Duration::from_secs_f64(1.0 / plan.per_second);
    let cpu_before = cpu::process_seconds()?;
    let begin = Instant::now() + Duration::from_millis(20);
    let count_from = begin + Duration::from_secs_f64(plan.skip_seconds);
    let end = begin + Duration::from_secs_f64(plan.seconds);
    let (tell, intended) = mpsc::channel();
    let reader = thread::spawn(move || read_answers(&mut hearing, &intended, count_from));
    let (mut sent, mut due) = (0_i64, begin);
    while due < end {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // Told first, so that the reader waits for the answer and not for us.
        tell.send(due).context("the reader has ended")?;
        let frame = &frames[usize::try_from(sent)? % frames.len()];
        sending.write_all(frame).context("sending a request")?;
        sent += 1;
        due = begin + interval * u32::try_from(sent)?;
    }
    drop(tell);
    let (times, answered) = reader.join().map_err(|_| anyhow!("the reader panicked"))??;
    let driver = cpu::process_seconds()? - cpu_before;
    let after: i64 = asking.offsets(&plan.topic, plan.partitions, LATEST)?.iter().sum();
    ensure!(answered == sent, "{answered} of {sent} requests are answered");
    ensure!(after - before == sent * i64::from(plan.shape.records), "{} records for {sent} requests", after - before);
    ensure!(times.total() > 0, "nothing was counted");
    Ok(json!({
        "requests": sent,
        "bytes": sent.unsigned_abs() * batch.len() as u64,
        "seconds": begin.elapsed().as_secs_f64(),
        "per_second": plan.per_second,
        "driver_cpu_seconds": driver,
        "latency": times.summary(),
    }))
}
