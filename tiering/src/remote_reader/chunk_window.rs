//! A run of consecutive chunks of one segment, seen as log bytes.
//!
//! Owns: which chunks are at hand, headers and slices over their borders. Does not own: loading them.
//! Invariant: chunks at hand are consecutive; what the chunks' bytes claim is checked against the segment's length.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use strata_cache::Admission;
use strata_compat::record_batch::{BatchHeader, HEADER_BYTES};

use crate::error::{Error, ErrorKind};
use crate::remote_index::OpenSegment;
use crate::remote_reader::chunk_source::{Chunk, ChunkSource, ReadStats};
use crate::segment_format::chunk::{CHUNK_BYTES, ChunkCodec};
use crate::wire::length_u64;

/// Bytes that an answer may hold in memory for each byte of its own.
const HELD_PER_ANSWERED_MAX: usize = 4;

pub(super) struct ChunkWindow<'a> {
    segment: &'a OpenSegment,
    source: &'a ChunkSource,
    admission: Admission,
    first: usize,
    chunks: VecDeque<Chunk>,
}

impl<'a> ChunkWindow<'a> {
    /// What the walk has to download is kept as `admission` says.
    pub(super) fn new(segment: &'a OpenSegment, source: &'a ChunkSource, admission: Admission) -> Self {
        Self { segment, source, admission, first: 0, chunks: VecDeque::new() }
    }

    pub(super) fn log_bytes(&self) -> u64 {
        self.segment.index.chunks().plain_bytes()
    }

    /// Makes sure that `[start, end)` of the log bytes, as far as it exists, is at hand. Chunks before it may go.
    pub(super) async fn load(&mut self, start: u64, end: u64, stats: &mut ReadStats) -> Result<(), Error> {
        let end = end.min(self.log_bytes());
        if start >= end {
            return Ok(());
        }
        let (from, to) = (chunk_of(start), chunk_of(end - 1) + 1);
        let have = self.first + self.chunks.len();
        if self.chunks.is_empty() || from < self.first || from > have {
            self.chunks.clear();
            self.first = from;
        }
        let have = self.first + self.chunks.len();
        if to > have {
            let entries = self.segment.index.chunks().entries();
            let wanted =
                entries.get(have..to).ok_or_else(|| self.corrupt(start, "a batch that lies behind the last chunk"))?;
            let chunks = self.source.fetch(&self.segment.object, (have, wanted), self.admission, stats).await?;
            self.chunks.extend(chunks);
        }
        Ok(())
    }

    /// Whether the header of a batch at `position` is at hand.
    pub(super) fn has_header(&self, position: u64) -> bool {
        let end = (position + length_u64(HEADER_BYTES)).min(self.log_bytes());
        !self.chunks.is_empty()
            && chunk_of(position) >= self.first
            && chunk_of(end - 1) < self.first + self.chunks.len()
    }

    /// Drops chunks that end at or before `position`, so that a long walk holds few of them.
    pub(super) fn forget_before(&mut self, position: u64) {
        while self.first < chunk_of(position) && self.chunks.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// The header of the batch that begins at `position`.
    pub(super) async fn header_at(&mut self, position: u64, stats: &mut ReadStats) -> Result<BatchHeader, Error> {
        self.load(position, position + length_u64(HEADER_BYTES), stats).await?;
        let mut header = [0; HEADER_BYTES];
        let mut filled = 0;
        for slice in self.slices(position, position + length_u64(HEADER_BYTES)) {
            header[filled..filled + slice.len()].copy_from_slice(&slice);
            filled += slice.len();
        }
        BatchHeader::parse(&header[..filled]).map_err(|error| self.corrupt(position, error))
    }

    /// Damage at a position of the log bytes, told by where that lies in the object.
    pub(super) fn corrupt(&self, position: u64, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        let chunks = self.segment.index.chunks();
        let stored =
            chunks.chunk_at(position).and_then(|index| chunks.entries().get(index)).map(|entry| match entry.codec {
                ChunkCodec::None => entry.stored_position + (position - entry.plain_position),
            });
        let context = format!("the batch at {position} of its log bytes");
        let error = Error::with_source(ErrorKind::Corrupt, context, error).in_object(&self.segment.object.key);
        error.at(stored.unwrap_or(self.segment.row.index_position))
    }

    /// Size of the batch at `position`, which must lie inside the segment.
    pub(super) fn batch_bytes(&self, position: u64, header: &BatchHeader) -> Result<u64, Error> {
        let bytes = length_u64(header.size_bytes());
        if bytes < length_u64(HEADER_BYTES) || position.saturating_add(bytes) > self.log_bytes() {
            return Err(self.corrupt(position, format!("it cannot have {bytes} bytes")));
        }
        Ok(bytes)
    }

    /// `[start, end)` of the log bytes, as far as it is at hand, one slice per chunk.
    pub(super) fn slices(&self, start: u64, end: u64) -> Vec<Bytes> {
        self.parts(start, end).map(|(slice, _)| slice).collect()
    }

    /// The same for an answer, counted by where each slice came from. It may wait long for a slow client: what it holds in
    /// memory is at most a small multiple of its bytes.
    pub(super) fn answer(&self, start: u64, end: u64, stats: &mut ReadStats) -> Vec<Bytes> {
        let count = |(slice, chunk): (Bytes, &Chunk)| {
            stats.answered(chunk.origin, slice.len());
            detached(slice, chunk.bytes.len())
        };
        self.parts(start, end).map(count).collect()
    }

    fn parts(&self, start: u64, end: u64) -> impl Iterator<Item = (Bytes, &Chunk)> {
        let mut chunk_start = length_u64(self.first) * CHUNK_BYTES;
        self.chunks.iter().filter_map(move |chunk| {
            let begin = chunk_start;
            chunk_start += length_u64(chunk.bytes.len());
            let (from, to) = (start.max(begin), end.min(chunk_start));
            (from < to).then(|| (chunk.bytes.slice(index(from - begin)..index(to - begin)), chunk))
        })
    }

    /// `[start, end)` of the log bytes as one, copied only if it lies in several chunks.
    pub(super) fn whole(&self, start: u64, end: u64) -> Bytes {
        let slices = self.slices(start, end);
        match slices.as_slice() {
            [only] => only.clone(),
            many => {
                let mut whole = BytesMut::with_capacity(many.iter().map(Bytes::len).sum());
                many.iter().for_each(|slice| whole.extend_from_slice(slice));
                whole.freeze()
            }
        }
    }
}

/// A small part of a chunk in memory of its own; a large one goes on sharing the chunk's.
fn detached(slice: Bytes, chunk_bytes: usize) -> Bytes {
    if slice.len() < chunk_bytes / HELD_PER_ANSWERED_MAX { Bytes::copy_from_slice(&slice) } else { slice }
}

fn chunk_of(position: u64) -> usize {
    index(position / CHUNK_BYTES)
}

/// Positions within one segment fit: they were checked against bytes that exist.
fn index(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_part_of_a_chunk_does_not_keep_the_chunk_in_memory() {
        for (slice_bytes, is_alone) in [(1, true), (249, true), (250, false), (1000, false)] {
            let chunk = Bytes::from(vec![7; 1000]);
            let slice = detached(chunk.slice(..slice_bytes), chunk.len());
            assert_eq!(slice, chunk[..slice_bytes]);
            assert_eq!(slice.is_unique(), is_alone, "{slice_bytes} bytes of {}", chunk.len());
        }
    }
}
