//! Bytes in several slices, so that records go from the log to the socket without a copy.

use bytes::{Buf as _, Bytes, BytesMut};

/// An encoded message: slices to be written one after the other.
#[derive(Clone, Debug, Default)]
pub struct Rope {
    /// The slices, none of them empty.
    pub segments: Vec<Bytes>,
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
    pub fn push(&mut self, segment: Bytes) {
        if !segment.is_empty() {
            self.len += segment.len();
            self.segments.push(segment);
        }
    }

    /// Appends a slice that others hold, too.
    pub(super) fn lend(&mut self, segment: Bytes) {
        self.lent += segment.len();
        self.push(segment);
    }

    /// The bytes in one piece; copies unless there is one slice only.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        flatten(&self.segments, self.len)
    }
}

fn flatten(segments: &[Bytes], len: usize) -> Bytes {
    match segments {
        [] => Bytes::new(),
        [only] => only.clone(),
        several => {
            let mut bytes = BytesMut::with_capacity(len);
            several.iter().for_each(|segment| bytes.extend_from_slice(segment));
            bytes.freeze()
        }
    }
}

/// Record batches of a response, in as many slices as they were read in.
#[derive(Clone, Debug, Default)]
pub struct Records {
    segments: Vec<Bytes>,
    size_bytes: usize,
}

impl Records {
    /// No records.
    #[must_use]
    pub const fn new() -> Self {
        Self { segments: Vec::new(), size_bytes: 0 }
    }

    /// Appends a slice.
    pub fn push(&mut self, segment: Bytes) {
        if !segment.is_empty() {
            self.size_bytes += segment.len();
            self.segments.push(segment);
        }
    }

    /// The slices in order, none of them empty.
    #[must_use]
    pub fn segments(&self) -> &[Bytes] {
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

    /// The bytes in one piece; copies unless there is one slice only (always so for decoded records).
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        flatten(&self.segments, self.size_bytes)
    }
}

impl From<Bytes> for Records {
    fn from(segment: Bytes) -> Self {
        let mut records = Self::new();
        records.push(segment);
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

/// Equal bytes, wherever the slices begin.
impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        self.size_bytes == other.size_bytes && same_bytes(&self.segments, &other.segments)
    }
}

fn same_bytes(left: &[Bytes], right: &[Bytes]) -> bool {
    let (mut left, mut right) = (left.iter().cloned(), right.iter().cloned());
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
