//! `limits`: what this machine can do at most, measured in the same run: sending a file over loopback, appending and flushing,
//! checksums, a round trip. `--what NAME` measures one of them.
//!
//! Owns: loops without a broker in them. A figure of a broker is judged against these, never against another day's.

use std::fs::{self, File, OpenOptions};
use std::io::{IoSlice, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use rustix::fs::OFlags;
use rustix::io::ReadWriteFlags;
use rustix::pipe::SpliceFlags;
use serde_json::{Map, Value, json};

use crate::cpu;
use crate::histogram::Histogram;
use crate::options::Options;

const FILE_BYTES: usize = 256 << 20;
const READ_BYTES: usize = 128 << 10;
const SEND_BYTES: usize = 1 << 20;
const SECTOR: usize = 4096;
const PREWRITTEN_BYTES: usize = 64 << 20;
/// No group is larger.
const FLUSH_BYTES_MAX: usize = 64 << 20;
const GB: f64 = 1e9;

type Measure = fn(&Place) -> Result<Value>;

/// The working directory and how long each loop goes.
struct Place {
    directory: PathBuf,
    time: Duration,
}

fn file_of_bytes(path: &Path, bytes: usize) -> Result<File> {
    let mut file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path)?;
    let piece: Vec<u8> = (0..1_u32 << 20).map(|number| number.to_le_bytes()[1]).collect();
    for _ in 0..bytes / piece.len() {
        file.write_all(&piece)?;
    }
    Ok(file)
}

fn per_second(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / GB
}

/// A connection to a thread that reads and throws away.
fn discarding() -> Result<(TcpStream, thread::JoinHandle<Result<f64>>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let reader = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let mut buffer = vec![0; 256 << 10];
        while stream.read(&mut buffer)? > 0 {}
        cpu::thread_seconds()
    });
    Ok((TcpStream::connect(address)?, reader))
}

/// Sends a file that lies in the page cache, over and over; `send` sends some of it from a position and answers how much.
fn measure_send(
    place: &Place,
    file: &File,
    mut send: impl FnMut(&File, &TcpStream, u64) -> Result<usize>,
) -> Result<Value> {
    let (stream, reader) = discarding()?;
    let (before, begin) = (cpu::thread_seconds()?, Instant::now());
    let (mut bytes, mut at) = (0_u64, 0_u64);
    while begin.elapsed() < place.time {
        let sent = send(file, &stream, at)?;
        ensure!(sent > 0, "nothing was sent");
        bytes += sent as u64;
        at = (at + sent as u64) % FILE_BYTES as u64;
    }
    let (took, cpu) = (begin.elapsed(), cpu::thread_seconds()? - before);
    drop(stream);
    let receiver = reader.join().map_err(|_| anyhow!("the receiver panicked"))??;
    let gigabytes = bytes as f64 / GB;
    Ok(json!({
        "gb_per_second": per_second(bytes, took),
        "cpu_seconds_per_gb": cpu / gigabytes,
        "receiver_cpu_seconds_per_gb": receiver / gigabytes,
    }))
}

fn send(place: &Place) -> Result<Value> {
    let file = file_of_bytes(&place.directory.join("send"), FILE_BYTES)?;
    let mut buffer = vec![0; READ_BYTES];
    let pread = measure_send(place, &file, |file, mut stream, at| {
        let read = file.read_at(&mut buffer, at)?;
        stream.write_all(&buffer[..read])?;
        Ok(read)
    })?;
    let sendfile = measure_send(place, &file, |file, stream, at| {
        let mut offset = at;
        Ok(rustix::fs::sendfile(stream, file, Some(&mut offset), SEND_BYTES)?)
    })?;
    let (from, to) = rustix::pipe::pipe()?;
    rustix::pipe::fcntl_setpipe_size(&to, SEND_BYTES)?;
    let splice = measure_send(place, &file, |file, stream, at| {
        let mut offset = at;
        let taken = rustix::pipe::splice(file, Some(&mut offset), &to, None, SEND_BYTES, SpliceFlags::MOVE)?;
        let mut left = taken;
        while left > 0 {
            left -= rustix::pipe::splice(&from, None, stream.as_fd(), None, left, SpliceFlags::MOVE)?;
        }
        Ok(taken)
    })?;
    Ok(json!({"pread_send_128k": pread, "sendfile_1m": sendfile, "splice_1m": splice}))
}

/// A buffer of whole sectors at a sector's address, as O_DIRECT wants it: the allocation, and where it begins there.
fn aligned(bytes: usize) -> (Vec<u8>, usize) {
    let room = vec![0x5a_u8; bytes + SECTOR];
    let start = room.as_ptr().align_offset(SECTOR);
    (room, start)
}

fn measure_writes(place: &Place, bytes: usize, mut write: impl FnMut(&[u8], u64) -> Result<()>) -> Result<Value> {
    let (room, start) = aligned(bytes);
    let buffer = &room[start..start + bytes];
    let (mut times, begin, mut at) = (Histogram::new(), Instant::now(), 0_u64);
    while begin.elapsed() < place.time {
        let begun = Instant::now();
        write(buffer, at)?;
        times.record(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
        at += bytes as u64;
    }
    let took = begin.elapsed();
    Ok(
        json!({"mb_per_second": per_second(at, took) * 1e3, "per_second": times.total() as f64 / took.as_secs_f64(), "each": times.summary()}),
    )
}

/// One write of `bytes` after another into a file that was written before, each durable before the next begins: what a group
/// commit is at the very least, whichever way it goes.
fn prewritten(place: &Place, bytes: usize) -> Result<Map<String, Value>> {
    let path = place.directory.join("prewritten");
    let length = PREWRITTEN_BYTES.max(bytes.next_multiple_of(1 << 20));
    file_of_bytes(&path, length)?.sync_all()?;
    let slots = (length / bytes) as u64;
    let mut found = Map::new();
    for (name, is_direct, flags) in [
        ("fdatasync", false, ReadWriteFlags::empty()),
        ("dsync", false, ReadWriteFlags::DSYNC),
        ("direct_fdatasync", true, ReadWriteFlags::empty()),
        ("direct_dsync", true, ReadWriteFlags::DSYNC),
    ] {
        let direct = if is_direct { OFlags::DIRECT.bits().cast_signed() } else { 0 };
        // A file system without O_DIRECT has no such limit.
        let file = match OpenOptions::new().write(true).custom_flags(direct).open(&path) {
            Err(_) if is_direct => continue,
            opened => opened?,
        };
        let each = measure_writes(place, bytes, |buffer, at| {
            let position = at / bytes as u64 % slots * bytes as u64;
            let written = rustix::io::pwritev2(&file, &[IoSlice::new(buffer)], position, flags)?;
            ensure!(written == bytes, "{written} of {bytes} bytes are written at once");
            if flags.is_empty() {
                file.sync_data()?;
            }
            Ok(())
        })?;
        found.insert(name.to_owned(), each);
    }
    fs::remove_file(&path)?;
    Ok(found)
}

/// `--flush-bytes N`: as many as a group of the broker's has, in whole sectors.
fn group_commit(place: &Place, bytes: usize) -> Result<Value> {
    let bytes = bytes.next_multiple_of(SECTOR);
    Ok(json!({"bytes": bytes, "ways": prewritten(place, bytes)?}))
}

fn flush(place: &Place) -> Result<Value> {
    let mut found = Map::new();
    for (name, bytes) in [("16k", 16 << 10), ("256k", 256 << 10)] {
        let path = place.directory.join("flush");
        let file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
        let append = measure_writes(place, bytes, |buffer, at| {
            file.write_all_at(buffer, at)?;
            Ok(file.sync_data()?)
        })?;
        found.insert(format!("append_fdatasync_{name}"), append);
        for (way, each) in prewritten(place, bytes)? {
            found.insert(format!("overwrite_{way}_{name}"), each);
        }
    }
    Ok(Value::Object(found))
}

fn write(place: &Place) -> Result<Value> {
    let path = place.directory.join("write");
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    let most = 1_u64 << 30;
    let first = measure_writes(place, 128 << 10, |buffer, at| {
        // Not more than a file of a GiB, so that a fast machine does not fill a small disk.
        Ok(file.write_all_at(buffer, at % most)?)
    })?;
    let again = measure_writes(place, 128 << 10, |buffer, at| Ok(file.write_all_at(buffer, at % (256 << 20))?))?;
    Ok(json!({"page_cache_first": first, "page_cache_again": again}))
}

fn crc(place: &Place) -> Result<Value> {
    let mut found = Map::new();
    for (name, bytes) in [("64k", 64 << 10), ("1m", 1 << 20), ("256m", FILE_BYTES)] {
        let buffer: Vec<u8> = vec![0x3c; bytes];
        let (begin, mut done, mut sum) = (Instant::now(), 0_u64, 0_u32);
        while begin.elapsed() < place.time / 2 {
            sum ^= std::hint::black_box(crc32c::crc32c(std::hint::black_box(&buffer)));
            done += bytes as u64;
        }
        std::hint::black_box(sum);
        found.insert(name.to_owned(), json!({"gb_per_second": per_second(done, begin.elapsed())}));
    }
    Ok(Value::Object(found))
}

fn round_trip(place: &Place) -> Result<Value> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let echo = thread::spawn(move || -> Result<()> {
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let mut buffer = [0; 64];
        loop {
            let read = stream.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            stream.write_all(&buffer[..read])?;
        }
    });
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let (mut times, begin, mut buffer) = (Histogram::new(), Instant::now(), [0; 64]);
    while begin.elapsed() < place.time {
        let begun = Instant::now();
        stream.write_all(&buffer)?;
        stream.read_exact(&mut buffer)?;
        times.record(u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    drop(stream);
    echo.join().map_err(|_| anyhow!("the echo panicked"))??;
    Ok(times.summary())
}

/// Takes frames off a socket, computes their checksums and writes them to a file: what a produce costs at the very least.
fn take_frames(listener: &TcpListener, path: &Path, bytes: usize) -> Result<(u64, f64, Duration)> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
    let mut buffer = vec![0; bytes.max(64 << 10)];
    let (mut have, mut frames, mut at) = (0, 0_u64, 0_u64);
    let (before, begin) = (cpu::thread_seconds()?, Instant::now());
    loop {
        let read = stream.read(&mut buffer[have..])?;
        if read == 0 {
            return Ok((frames, cpu::thread_seconds()? - before, begin.elapsed()));
        }
        have += read;
        let mut answers = Vec::new();
        let mut from = 0;
        while have - from >= bytes {
            let frame = &buffer[from..from + bytes];
            answers.extend_from_slice(&crc32c::crc32c(frame).to_be_bytes());
            file.write_all_at(frame, at % (1 << 30))?;
            at += bytes as u64;
            frames += 1;
            from += bytes;
        }
        buffer.copy_within(from..have, 0);
        have -= from;
        stream.write_all(&answers)?;
    }
}

/// `--frame-bytes N`: five frames in flight on one connection.
fn receive(place: &Place, bytes: usize) -> Result<Value> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let path = place.directory.join("receive");
    let taker = thread::spawn(move || take_frames(&listener, &path, bytes));
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let frame = vec![0x77; bytes];
    let wanted = crc32c::crc32c(&frame).to_be_bytes();
    let (begin, mut in_flight, mut answer) = (Instant::now(), 0, [0; 4]);
    while begin.elapsed() < place.time {
        while in_flight < 5 {
            stream.write_all(&frame)?;
            in_flight += 1;
        }
        stream.read_exact(&mut answer)?;
        ensure!(answer == wanted, "a frame changed on its way");
        in_flight -= 1;
    }
    for _ in 0..in_flight {
        stream.read_exact(&mut answer)?;
    }
    drop(stream);
    let (frames, cpu, took) = taker.join().map_err(|_| anyhow!("the taker panicked"))??;
    ensure!(frames > 0, "no frame arrived");
    let done = frames * bytes as u64;
    Ok(json!({
        "per_second": frames as f64 / took.as_secs_f64(),
        "gb_per_second": per_second(done, took),
        "cpu_us_each": cpu / frames as f64 * 1e6,
        "cpu_seconds_per_gb": cpu / (done as f64 / GB),
    }))
}

pub(crate) fn run(options: &Options) -> Result<Value> {
    let directory: PathBuf = options.needed("directory")?;
    let seconds: f64 = options.or("seconds", 1.0)?;
    let what: String = options.or("what", "all".to_owned())?;
    let frame_bytes: usize = options.or("frame-bytes", 128 << 10)?;
    let flush_bytes: usize = options.or("flush-bytes", 64 << 10)?;
    options.all_asked()?;
    ensure!(frame_bytes > 0, "a frame has a byte");
    ensure!((1..=FLUSH_BYTES_MAX).contains(&flush_bytes), "--flush-bytes goes from 1 to {FLUSH_BYTES_MAX}");
    let place = Place { directory: directory.join("limits"), time: Duration::from_secs_f64(seconds) };
    fs::create_dir_all(&place.directory).with_context(|| place.directory.display().to_string())?;
    let all: [(&str, Measure); 5] =
        [("send", send), ("flush", flush), ("write", write), ("crc", crc), ("round_trip", round_trip)];
    let mut found = Map::new();
    for (name, measure) in all {
        if what == name || what == "all" {
            found.insert(name.to_owned(), measure(&place).with_context(|| format!("measuring {name}"))?);
        }
    }
    if what == "receive" || what == "all" {
        found.insert("receive".to_owned(), receive(&place, frame_bytes)?);
    }
    if what == "group_commit" || what == "all" {
        found.insert("group_commit".to_owned(), group_commit(&place, flush_bytes)?);
    }
    fs::remove_dir_all(&place.directory)?;
    if found.is_empty() {
        bail!("--what {what} is none of send, flush, write, crc, round_trip, receive, group_commit and all");
    }
    Ok(Value::Object(found))
}
