//! What can happen to the bytes of a file, and the seeded chance that chooses it.
//!
//! Owns: damage as plain functions on bytes, the generator of numbers. Does not own: which file is hit, what must follow.

/// A small generator of numbers: the same seed gives the same case on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The generator of one case of one kind.
    pub(crate) fn of_case(seed: u64, kind: &str, case: u64) -> Self {
        let kind = u64::from(crc32c::crc32c(kind.as_bytes()));
        let mut chance = Self(seed ^ kind.rotate_left(32) ^ case.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // The first numbers of neighbouring seeds are alike.
        chance.next();
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which must not be 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        if among.is_empty() { None } else { among.get(self.below(among.len())) }
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }
}

/// One way to damage a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Harm {
    FlipBit,
    ZeroSector,
    ZeroBlock,
    Truncate,
    Garbage,
    Swap,
    OldCopy,
    Delete,
}

impl Harm {
    pub(crate) const ALL: [Self; 8] = [
        Self::FlipBit,
        Self::ZeroSector,
        Self::ZeroBlock,
        Self::Truncate,
        Self::Garbage,
        Self::Swap,
        Self::OldCopy,
        Self::Delete,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FlipBit => "flip",
            Self::ZeroSector => "zero-512",
            Self::ZeroBlock => "zero-4096",
            Self::Truncate => "truncate",
            Self::Garbage => "garbage",
            Self::Swap => "swap",
            Self::OldCopy => "old-copy",
            Self::Delete => "delete",
        }
    }

    /// Damages bytes where they are; for the harms that need no other file. Answers what was done, for people.
    pub(crate) fn strike(self, bytes: &mut Vec<u8>, chance: &mut Chance) -> String {
        match self {
            Self::ZeroSector => zero(bytes, 512, chance),
            Self::ZeroBlock => zero(bytes, 4096, chance),
            Self::Truncate => {
                let keep = chance.below(bytes.len());
                bytes.truncate(keep);
                format!("truncated to {keep} bytes")
            }
            Self::Garbage => {
                let more = 1 + chance.below(3000);
                bytes.extend((0..more).map(|_| chance.byte()));
                format!("{more} bytes of garbage at its end")
            }
            Self::FlipBit | Self::Swap | Self::OldCopy | Self::Delete => flip(bytes, chance),
        }
    }
}

/// Most flips hit bytes that mean something: the space that was only reserved is left alone nine times of ten.
fn flip(bytes: &mut [u8], chance: &mut Chance) -> String {
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(bytes.len(), |last| last + 1);
    let bound = if chance.below(10) == 0 { bytes.len() } else { used };
    let (at, bit) = (chance.below(bound), chance.below(8));
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
    format!("bit {bit} of byte {at} flipped")
}

fn zero(bytes: &mut [u8], sector: usize, chance: &mut Chance) -> String {
    let begin = chance.below(bytes.len().div_ceil(sector)) * sector;
    let end = (begin + sector).min(bytes.len());
    bytes[begin..end].fill(0);
    format!("bytes {begin} to {end} zeroed")
}
