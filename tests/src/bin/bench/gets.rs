//! `gets`: range GETs of a store's objects over so many connections, the bytes thrown away: what any reader of the store could
//! have at most, or, with one connection and small ranges, what one has that never reads ahead.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde_json::{Value, json};

use crate::cpu;
use crate::histogram::Histogram;
use crate::http::{Body, Head, head_end};
use crate::options::Options;

const READ_BYTES: usize = 256 << 10;
/// Refusals in a row after which a range is given up.
const REFUSALS_MAX: u32 = 20;

struct Plan {
    address: SocketAddr,
    ranges: Vec<(String, u64, u64)>,
    seconds: f64,
    next: AtomicUsize,
    refused: AtomicU64,
}

/// One connection, and a buffer that is used again.
struct Reader {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Reader {
    fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; READ_BYTES] })
    }

    /// Reads bytes `from..to`; false if the store refuses for now. Also: whether the connection can be used again.
    fn get(&mut self, path: &str, from: u64, to: u64) -> Result<(bool, bool)> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nRange: bytes={from}-{}\r\n\r\n", to - 1);
        self.stream.write_all(request.as_bytes())?;
        let mut have = 0;
        let end = loop {
            let read = self.stream.read(&mut self.buffer[have..])?;
            ensure!(read > 0, "the store closed a connection");
            have += read;
            if let Some(end) = head_end(&self.buffer[..have])? {
                break end;
            }
        };
        let head = Head::parse(&self.buffer[..end])?;
        let (status, body) = (head.status()?, head.response_body("GET")?);
        let Body::Sized(size) = body else {
            anyhow::bail!("{path} is answered without a length");
        };
        let mut left = size.checked_sub((have - end) as u64).context("more than was asked for")?;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(READ_BYTES);
            let read = self.stream.read(&mut self.buffer[..most])?;
            ensure!(read > 0, "the store closed inside a body");
            left -= read as u64;
        }
        ensure!(status == 206 || status == 503, "{path} is answered with {status}");
        ensure!(status == 503 || size == to - from, "{path}: {size} bytes where {} were asked for", to - from);
        Ok((status == 206, !head.closes()))
    }
}

fn read_all(plan: &Plan, begin: Instant, does_repeat: bool) -> Result<(u64, Histogram)> {
    let mut reader = Reader::connect(plan.address)?;
    let (mut bytes, mut times) = (0, Histogram::new());
    while begin.elapsed().as_secs_f64() < plan.seconds {
        let number = plan.next.fetch_add(1, Ordering::Relaxed);
        if number >= plan.ranges.len() && !does_repeat {
            break;
        }
        let (path, from, to) = &plan.ranges[number % plan.ranges.len()];
        let begun = Instant::now();
        let mut refusals = 0;
        loop {
            let (is_read, is_usable) = reader.get(path, *from, *to)?;
            if !is_usable {
                reader = Reader::connect(plan.address)?;
            }
            if is_read {
                break;
            }
            plan.refused.fetch_add(1, Ordering::Relaxed);
            refusals += 1;
            ensure!(refusals < REFUSALS_MAX, "{path} is refused {refusals} times in a row");
        }
        bytes += to - from;
        times.record(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok((bytes, times))
}

/// Ranges of all objects in a list of lines `PATH SIZE`, in their order.
fn ranges(list: &str, chunk: u64) -> Result<Vec<(String, u64, u64)>> {
    ensure!(chunk > 0, "a chunk has a byte");
    let mut found = Vec::new();
    for line in list.lines() {
        let (path, size) = line.rsplit_once(' ').with_context(|| format!("no path and size: {line}"))?;
        let size: u64 = size.parse()?;
        let mut from = 0;
        while from < size {
            let to = (from + chunk).min(size);
            found.push((path.to_owned(), from, to));
            from = to;
        }
    }
    ensure!(!found.is_empty(), "there is nothing to read");
    Ok(found)
}

pub(crate) fn run(options: &Options) -> Result<Value> {
    let address: SocketAddr = options.needed("store")?;
    let list: String = options.needed("objects")?;
    let connections: usize = options.or("connections", 8)?;
    let chunk: u64 = options.or("chunk-bytes", 8 << 20)?;
    let seconds: f64 = options.or("seconds", 5.0)?;
    let does_repeat: bool = options.or("repeat", true)?;
    options.all_asked()?;
    let list = fs::read_to_string(&list).with_context(|| list.clone())?;
    let ranges = ranges(&list, chunk)?;
    let plan = Arc::new(Plan { address, ranges, seconds, next: AtomicUsize::new(0), refused: AtomicU64::new(0) });
    let (cpu_before, begin) = (cpu::process_seconds()?, Instant::now());
    let threads: Vec<_> = (0..connections)
        .map(|_| {
            let plan = Arc::clone(&plan);
            thread::spawn(move || read_all(&plan, begin, does_repeat))
        })
        .collect();
    let (mut bytes, mut first) = (0, None);
    for one in threads {
        let (read, times) = one.join().map_err(|_| anyhow!("a reader panicked"))??;
        bytes += read;
        first.get_or_insert(times);
    }
    ensure!(bytes > 0, "nothing was read");
    Ok(json!({
        "bytes": bytes,
        "seconds": begin.elapsed().as_secs_f64(),
        "refused": plan.refused.load(Ordering::Relaxed),
        "driver_cpu_seconds": cpu::process_seconds()? - cpu_before,
        "response": first.map(|times| times.summary()),
    }))
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn ranges_cover_every_object() {
        let found = ranges("/a 10\n/b c 4\n", 4).unwrap();
        let wanted = [("/a", 0, 4), ("/a", 4, 8), ("/a", 8, 10), ("/b c", 0, 4)];
        assert_eq!(found, wanted.map(|(path, from, to)| (path.to_owned(), from, to)));
        assert!(ranges("", 4).is_err());
        assert!(ranges("/a ten", 4).is_err());
    }
}
