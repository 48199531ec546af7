//! Seeded numbers, and what is done to the bytes of an input.
//!
//! Owns: the generator, the mutations. Does not own: which input is taken, what repairs checksums afterwards (`repair.rs`).
//! Invariants: the same seed and the same inputs give the same bytes on every machine; no result is longer than
//! [`INPUT_BYTES_MAX`].

/// The longest input.
pub(crate) const INPUT_BYTES_MAX: usize = 96 * 1024;

/// Values that sit at the edges of fields.
const EDGES: [i64; 22] = [
    0,
    1,
    -1,
    2,
    -2,
    127,
    128,
    255,
    256,
    -128,
    32_767,
    32_768,
    65_535,
    65_536,
    16_777_216,
    2_147_483_647,
    2_147_483_648,
    -2_147_483_648,
    4_294_967_295,
    i64::MAX,
    i64::MIN,
    1_000_000,
];

/// A small generator of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The generator of one target.
    pub(crate) fn new(seed: u64, target: &str) -> Self {
        let mut chance = Self(seed ^ u64::from(crc32c::crc32c(target.as_bytes())).rotate_left(32));
        // The first numbers of neighbouring seeds are alike.
        chance.next();
        chance.next();
        chance
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 where there is none.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// A place in `bytes`: often near the begin, where headers and counts are.
    fn place(&mut self, bytes: &[u8]) -> usize {
        if self.below(3) == 0 { self.below(bytes.len().min(80)) } else { self.below(bytes.len()) }
    }

    fn range(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let begin = self.place(bytes);
        let rest = bytes.len() - begin.min(bytes.len());
        let longest = if self.below(4) == 0 { rest } else { rest.min(32) };
        begin..begin + self.below(longest + 1)
    }

    fn edge(&mut self) -> [u8; 8] {
        EDGES[self.below(EDGES.len())].to_be_bytes()
    }

    /// Changes `bytes` a little, mostly in one to four places; `other` is another input whose parts may be taken over.
    pub(crate) fn mutate(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let changes = 1 + self.below(4) * self.below(2) + self.below(40) / 39 * 12;
        for _ in 0..changes {
            self.change(bytes, other);
        }
        bytes.truncate(INPUT_BYTES_MAX);
    }

    fn change(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        if bytes.is_empty() {
            bytes.push(self.byte());
            return;
        }
        let at = self.place(bytes);
        match self.below(13) {
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = self.byte(),
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes[at] = bytes[at].wrapping_sub(1),
            4 => self.put_edge(bytes, at),
            5 => bytes.insert(at, self.byte()),
            6 => drop(bytes.drain(self.range(bytes))),
            7 => self.double(bytes),
            8 => bytes.truncate(at),
            9 => self.splice(bytes, other),
            10 => self.put_varint(bytes, at),
            11 => self.swap(bytes),
            _ => self.put_digits(bytes, at),
        }
    }

    /// A fixed-width number at the edge of its range, big or little endian.
    fn put_edge(&mut self, bytes: &mut [u8], at: usize) {
        let width = [1, 2, 4, 8][self.below(4)].min(bytes.len() - at);
        let mut value = self.edge();
        let field = &mut value[8 - width..];
        if self.below(3) == 0 {
            field.reverse();
        }
        bytes[at..at + width].copy_from_slice(field);
    }

    /// Repeats a part, up to a thousand times: many of what is allowed once.
    fn double(&mut self, bytes: &mut Vec<u8>) {
        let part = bytes[self.range(bytes)].to_vec();
        let times = if self.below(8) == 0 { self.below(1_000) } else { self.below(4) };
        let room = INPUT_BYTES_MAX.saturating_sub(bytes.len());
        let at = self.place(bytes);
        let copies: Vec<u8> = part.iter().copied().cycle().take((part.len() * times).min(room)).collect();
        bytes.splice(at..at, copies);
    }

    fn splice(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        if other.is_empty() {
            return;
        }
        let part = other[self.range(other)].to_vec();
        let hole = if self.below(2) == 0 { self.range(bytes) } else { self.place(bytes)..0 };
        let hole = hole.start..hole.end.max(hole.start);
        bytes.splice(hole, part);
    }

    fn put_varint(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let mut value = u64::from_be_bytes(self.edge());
        let mut coded = Vec::with_capacity(10);
        while value >= 0x80 {
            coded.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        coded.push(value.to_le_bytes()[0]);
        bytes.splice(at..at + 1, coded);
    }

    fn swap(&mut self, bytes: &mut [u8]) {
        let (one, two) = (self.place(bytes), self.place(bytes));
        bytes.swap(one, two);
    }

    fn put_digits(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let text = EDGES[self.below(EDGES.len())].to_string();
        let end = if bytes[at].is_ascii_digit() { at + 1 } else { at };
        bytes.splice(at..end, text.into_bytes());
    }
}
