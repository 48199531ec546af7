//! Short, blocking talk with a broker: what is asked before and after a run, and by the rows that go one request at a time.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::frames;

/// No answer of a broker is longer.
pub(crate) const ANSWER_BYTES_MAX: usize = 256 << 20;
const TIMEOUT: Duration = Duration::from_secs(60);
/// End and start of a partition, in ListOffsets.
pub(crate) const LATEST: i64 = -1;
/// See [`LATEST`].
pub(crate) const EARLIEST: i64 = -2;

/// One connection.
pub(crate) struct Talk {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Talk {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, answer: Vec::new() })
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends a request and reads its answer, without its size.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request).context("sending a request")?;
        self.hear()
    }

    /// The next answer, without its size.
    pub(crate) fn hear(&mut self) -> Result<&[u8]> {
        let mut prefix = [0; 4];
        self.stream.read_exact(&mut prefix).context("waiting for an answer")?;
        self.answer.resize(answer_size(prefix)?, 0);
        self.stream.read_exact(&mut self.answer).context("reading an answer")?;
        Ok(&self.answer)
    }

    /// Offsets of all partitions of a topic at a timestamp, or [`LATEST`] or [`EARLIEST`].
    pub(crate) fn offsets(&mut self, topic: &str, partitions: u32, timestamp: i64) -> Result<Vec<i64>> {
        let places: Result<Vec<(i32, i64)>> = (0..partitions).map(|one| Ok((i32::try_from(one)?, timestamp))).collect();
        let mut found = frames::read_listed(self.ask(&frames::list_offsets(topic, &places?)?)?)?;
        found.sort_unstable();
        let numbers = (0..).take(found.len());
        let is_whole =
            found.len() == partitions as usize && found.iter().zip(numbers).all(|(one, number)| one.0 == number);
        ensure!(is_whole, "{} of {partitions} partitions of {topic} are told", found.len());
        Ok(found.into_iter().map(|(_, offset)| offset).collect())
    }
}

/// The size that an answer begins with, if one may have it.
pub(crate) fn answer_size(prefix: [u8; 4]) -> Result<usize> {
    let size = usize::try_from(i32::from_be_bytes(prefix)).context("an answer of negative size")?;
    ensure!(size <= ANSWER_BYTES_MAX, "an answer of {size} bytes");
    Ok(size)
}
