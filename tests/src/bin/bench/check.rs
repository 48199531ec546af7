//! `check`: reads a topic back and says whether it is what was acknowledged: counts, offsets without a gap, every checksum.
//!
//! Of a topic that is too large to be read whole, each partition's head and its last batch.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use strata_compat::record_batch::BatchHeader;

use crate::batches::{Seen, walk};
use crate::frames::{self, FetchLimits};
use crate::options::Options;
use crate::talk::{EARLIEST, LATEST, Talk};

const LIMITS: FetchLimits =
    FetchLimits { max_wait_ms: 500, min_bytes: 1, max_bytes: 8 << 20, partition_max_bytes: 8 << 20 };
/// Empty answers in a row after which a partition is taken for one that does not give what it has.
const EMPTY_MAX: u32 = 40;

struct Reader {
    talk: Talk,
    topic: String,
    empty: u32,
}

impl Reader {
    /// Reads on from `next`; answers the offset after the last whole batch.
    fn step(&mut self, partition: i32, next: i64, seen: &mut Seen) -> Result<i64> {
        let mut after = next;
        let request = frames::fetch(&self.topic, &[(partition, next)], LIMITS)?;
        frames::read_fetched(self.talk.ask(&request)?, |_, _, records| {
            after = walk(records, next, 1, seen)?;
            Ok(())
        })?;
        self.empty = if after == next { self.empty + 1 } else { 0 };
        ensure!(self.empty < EMPTY_MAX, "partition {partition} gives nothing from offset {next} on");
        Ok(after)
    }

    /// The batch that holds the last record must end where the partition does.
    fn check_last(&mut self, partition: i32, end: i64) -> Result<()> {
        let request = frames::fetch(&self.topic, &[(partition, end - 1)], LIMITS)?;
        let mut last = None;
        frames::read_fetched(self.talk.ask(&request)?, |_, _, records| {
            let header = BatchHeader::parse(records).with_context(|| format!("the last batch of {partition}"))?;
            walk(records, end - 1, 1, &mut Seen::default())?;
            last = Some(header.end_offset().0);
            Ok(())
        })?;
        ensure!(last == Some(end), "the last batch of partition {partition} ends at {last:?} and not at {end}");
        Ok(())
    }
}

pub(crate) fn run(options: &Options) -> Result<Value> {
    let address: SocketAddr = options.bootstrap()?;
    let topic: String = options.needed("topic")?;
    let partitions: u32 = options.or("partitions", 1)?;
    let wanted: Option<i64> = options.maybe("records")?;
    let bytes_max: u64 = options.or("bytes-max", u64::MAX)?;
    options.all_asked()?;
    let mut talk = Talk::connect(address)?;
    let starts = talk.offsets(&topic, partitions, EARLIEST)?;
    let ends = talk.offsets(&topic, partitions, LATEST)?;
    let there: i64 = ends.iter().zip(&starts).map(|(end, start)| end - start).sum();
    if let Some(wanted) = wanted {
        ensure!(there == wanted, "{there} records are there where {wanted} were acknowledged");
    }
    let mut reader = Reader { talk, topic, empty: 0 };
    let mut seen = Seen::default();
    let share = bytes_max / u64::from(partitions);
    let mut cut = 0_u32;
    for (number, (start, end)) in starts.iter().zip(&ends).enumerate() {
        let partition = i32::try_from(number)?;
        let (mut next, before) = (*start, seen.bytes);
        while next < *end && seen.bytes - before <= share {
            next = reader.step(partition, next, &mut seen)?;
        }
        if next < *end {
            cut += 1;
            reader.check_last(partition, *end)?;
        } else {
            ensure!(next == *end, "partition {partition} goes on to {next}, beyond its end at {end}");
        }
    }
    if cut == 0 {
        ensure!(u64::try_from(there)? == seen.records, "{} records are read where {there} are", seen.records);
    }
    Ok(json!({
        "records": there,
        "read_records": seen.records,
        "checked_batches": seen.checked,
        "bytes": seen.bytes,
        "partitions_read_in_part": cut,
    }))
}
