//! `seek`: random moments of a topic's history, one after another: the offset at a timestamp, then one fetch from there.
//!
//! The topic was written by `produce --rising-times true`: each batch is a millisecond after the one before, across partitions.

use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use strata_compat::record_batch::{BatchHeader, verify_crc};

use crate::cpu;
use crate::frames::{self, FetchLimits};
use crate::histogram::Histogram;
use crate::options::Options;
use crate::talk::{EARLIEST, LATEST, Talk};
use crate::weather::Chance;

struct Times {
    list: Histogram,
    fetch: Histogram,
    both: Histogram,
}

fn nanoseconds(from: Instant) -> u64 {
    u64::try_from(from.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The batch at an offset: its largest timestamp.
fn fetch_at(talk: &mut Talk, topic: &str, partition: i32, offset: i64, limits: FetchLimits) -> Result<i64> {
    let request = frames::fetch(topic, &[(partition, offset)], limits)?;
    let mut found = None;
    frames::read_fetched(talk.ask(&request)?, |_, _, records| {
        let header = BatchHeader::parse(records).with_context(|| format!("partition {partition} at {offset}"))?;
        ensure!(
            header.base_offset.0 <= offset && offset < header.end_offset().0,
            "another batch than that of {offset}"
        );
        verify_crc(&records[..header.size_bytes().min(records.len())])?;
        found = Some(header.max_timestamp.0);
        Ok(())
    })?;
    found.with_context(|| format!("partition {partition} gives nothing at {offset}"))
}

pub(crate) fn run(options: &Options) -> Result<Value> {
    let address: SocketAddr = options.bootstrap()?;
    let topic: String = options.needed("topic")?;
    let partitions: u32 = options.or("partitions", 1)?;
    let count: u64 = options.or("count", 100)?;
    let seconds: f64 = options.or("seconds", 60.0)?;
    let seed: u64 = options.or("seed", 1)?;
    // Of the offsets that each partition has, those before this part of a thousand: what is no longer on the broker's disk.
    let before_per_mille: i64 = options.or("before-per-mille", 1000)?;
    let bytes: i32 = options.or("partition-max-bytes", 64 << 10)?;
    options.all_asked()?;
    let limits = FetchLimits { max_wait_ms: 500, min_bytes: 1, max_bytes: bytes, partition_max_bytes: bytes };
    let mut talk = Talk::connect(address)?;
    let starts = talk.offsets(&topic, partitions, EARLIEST)?;
    let ends = talk.offsets(&topic, partitions, LATEST)?;
    let mut spans = Vec::new();
    for (number, (start, end)) in starts.iter().zip(&ends).enumerate() {
        let partition = i32::try_from(number)?;
        let last = start + (end - start) * before_per_mille / 1000 - 1;
        ensure!(last > *start, "partition {partition} is too short to look around in");
        let times = (
            fetch_at(&mut talk, &topic, partition, *start, limits)?,
            fetch_at(&mut talk, &topic, partition, last, limits)?,
        );
        ensure!(times.0 < times.1, "the times of partition {partition} do not rise");
        spans.push((partition, times.0, times.1));
    }
    let mut times = Times { list: Histogram::new(), fetch: Histogram::new(), both: Histogram::new() };
    let mut chance = Chance::new(seed);
    let (cpu_before, begin) = (cpu::process_seconds()?, Instant::now());
    while times.both.total() < count && begin.elapsed().as_secs_f64() < seconds {
        let (partition, from, to) = spans[usize::try_from(chance.below(spans.len() as u64))?];
        let moment = from + i64::try_from(chance.below((to - from).unsigned_abs() + 1))?;
        let asked = Instant::now();
        let found = frames::read_listed(talk.ask(&frames::list_offsets(&topic, &[(partition, moment)])?)?)?;
        times.list.record(nanoseconds(asked));
        let offset = found.first().context("no offset is told")?.1;
        let listed = Instant::now();
        let time = fetch_at(&mut talk, &topic, partition, offset, limits)?;
        times.fetch.record(nanoseconds(listed));
        times.both.record(nanoseconds(asked));
        ensure!(time >= moment, "the batch at {offset}, said to be at {moment} or later, is at {time}");
    }
    Ok(json!({
        "requests": times.both.total(),
        "seconds": begin.elapsed().as_secs_f64(),
        "driver_cpu_seconds": cpu::process_seconds()? - cpu_before,
        "list": times.list.summary(),
        "fetch": times.fetch.summary(),
        "both": times.both.summary(),
    }))
}
