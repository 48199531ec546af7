//! Bytes in several slices, so that records go from the log to the socket without a copy.

use std::fmt;
use std::os::fd::AsFd;
use std::sync::Arc;

use bytes::{Buf as _, Bytes, BytesMut};

/// Bytes that lie in a file and are sent out of it. Nothing here reads them.
#[derive(Clone)]
pub struct FileRange {
    /// The open file.
    pub file: Arc<dyn AsFd + Send + Sync>,
    /// Where in the file they begin.
    pub position: u64,
    /// How many they are.
    pub len: usize,
}

impl FileRange {
    /// Lets go of the next `sent` bytes.
    pub fn advance(&mut self, sent: usize) {
        let sent = sent.min(self.len);
        self.len -= sent;
        self.position = self.position.saturating_add(sent as u64);
    }
}

impl fmt::Debug for FileRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes of a file from {}", self.len, self.position)
    }
}

/// The same bytes of the same open file.
impl PartialEq for FileRange {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file) && (self.position, self.len) == (other.position, other.len)
    }
}

/// Some of the bytes of a message.
#[derive(Clone, Debug)]
pub enum Segment {
    /// In memory.
    Bytes(Bytes),
    /// In a file.
    File(FileRange),
}

impl Segment {
    /// How many bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::File(range) => range.len,
        }
    }

    /// Whether there is no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, if they are in memory.
    #[must_use]
    pub const fn in_memory(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::File(_) => None,
        }
    }

    const fn in_file(&self) -> Option<&FileRange> {
        match self {
            Self::Bytes(_) => None,
            Self::File(range) => Some(range),
        }
    }
}

impl From<Bytes> for Segment {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<FileRange> for Segment {
    fn from(range: FileRange) -> Self {
        Self::File(range)
    }
}

/// An encoded message: slices to be written one after the other.
#[derive(Clone, Debug, Default)]
pub struct Rope {
    /// The slices, none of them empty.
    pub segments: Vec<Segment>,
    /// Length of all slices together.
    pub len: usize,
    /// Bytes of those slices that are kept as they were given; the others hold what was copied together.
    pub lent: usize,
}

impl Rope {
    /// Whether there is no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends a slice.
    pub fn push(&mut self, segment: impl Into<Segment>) {
        let segment = segment.into();
        if !segment.is_empty() {
            self.len += segment.len();
            self.segments.push(segment);
        }
    }

    /// Appends a slice that others hold, too.
    pub(super) fn lend(&mut self, segment: Segment) {
        self.lent += segment.len();
        self.push(segment);
    }

    /// The bytes in one piece, without those of files; copies unless there is one slice only.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        flatten(&self.segments)
    }
}

fn flatten(segments: &[Segment]) -> Bytes {
    match segments {
        [] => Bytes::new(),
        [Segment::Bytes(only)] => only.clone(),
        several => {
            let slices = || several.iter().filter_map(Segment::in_memory);
            let mut bytes = BytesMut::with_capacity(slices().map(Bytes::len).sum());
            slices().for_each(|slice| bytes.extend_from_slice(slice));
            bytes.freeze()
        }
    }
}

/// Record batches of a response, in as many slices as they were read in.
#[derive(Clone, Debug, Default)]
pub struct Records {
    segments: Vec<Segment>,
    size_bytes: usize,
}

impl Records {
    /// No records.
    #[must_use]
    pub const fn new() -> Self {
        Self { segments: Vec::new(), size_bytes: 0 }
    }

    /// Appends a slice.
    pub fn push(&mut self, segment: impl Into<Segment>) {
        let segment = segment.into();
        if !segment.is_empty() {
            self.size_bytes += segment.len();
            self.segments.push(segment);
        }
    }

    /// The slices in order, none of them empty.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Length of all slices together.
    #[must_use]
    pub const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Whether there is no byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.size_bytes == 0
    }

    /// The bytes in one piece, without those of files; copies unless there is one slice only (always so for decoded records).
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        flatten(&self.segments)
    }
}

impl From<Bytes> for Records {
    fn from(segment: Bytes) -> Self {
        let mut records = Self::new();
        records.push(segment);
        records
    }
}

impl From<FileRange> for Records {
    fn from(range: FileRange) -> Self {
        let mut records = Self::new();
        records.push(range);
        records
    }
}

impl FromIterator<Bytes> for Records {
    fn from_iter<I: IntoIterator<Item = Bytes>>(segments: I) -> Self {
        let mut records = Self::new();
        segments.into_iter().for_each(|segment| records.push(segment));
        records
    }
}

/// Equal bytes in memory, wherever the slices begin, and the same ranges of files.
impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (&self.segments, &other.segments);
        self.size_bytes == other.size_bytes
            && left.iter().filter_map(Segment::in_file).eq(right.iter().filter_map(Segment::in_file))
            && same_bytes(left, right)
    }
}

fn same_bytes(left: &[Segment], right: &[Segment]) -> bool {
    let mut left = left.iter().filter_map(Segment::in_memory).cloned();
    let mut right = right.iter().filter_map(Segment::in_memory).cloned();
    let (mut a, mut b) = (Bytes::new(), Bytes::new());
    loop {
        if a.is_empty() {
            a = left.next().unwrap_or_default();
        }
        if b.is_empty() {
            b = right.next().unwrap_or_default();
        }
        let common = a.len().min(b.len());
        if common == 0 {
            return a.len() == b.len();
        }
        if a[..common] != b[..common] {
            return false;
        }
        a.advance(common);
        b.advance(common);
    }
}
