//! One file of the Raft log.
//!
//! Owns: the bytes of a file and the scan that reads them. Does not own: which files there are (`log_store.rs`).
//!
//! ```text
//! file    = "STRARAFT", version u32, record*
//! record  = magic u32, payload length u32, CRC-32C of the payload u32, payload
//! payload = index of the first entry u64, (entry length u32, entry)*
//! ```
//! A record is one durable write: the next one begins only after its fsync. So a bad record with a valid one behind it
//! was once whole and is damage; a bad one with nothing behind it may be a write that a crash cut short.

use std::ops::Range;

/// First bytes of every file.
pub(super) const FILE_HEADER: [u8; 12] = *b"STRARAFT\x01\0\0\0";
const RECORD_MAGIC: u32 = 0x5352_4543;
const RECORD_HEADER_BYTES: usize = 12;
const PAYLOAD_HEADER_BYTES: usize = 8;
/// No record is larger: the writer splits what is queued.
pub(super) const RECORD_BYTES_MAX: usize = 8 << 20;

/// Where one entry lies in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntryPlace {
    pub(super) index: u64,
    pub(super) bytes: Range<u64>,
}

/// What the scan of one file found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// Every entry of every valid record, in file order.
    pub(super) entries: Vec<EntryPlace>,
    /// End of the last valid record, in bytes.
    pub(super) valid_end: u64,
    /// Begin of the first record of each valid write, with the index of its first entry.
    pub(super) records: Vec<(u64, u64)>,
    /// What follows the valid records.
    pub(super) tail: Tail,
}

/// How a file ends behind its valid records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tail {
    /// Nothing follows.
    #[default]
    Clean,
    /// Bytes follow that are no valid record, and no valid record behind them.
    Torn,
    /// A bad record stands before a valid one: damage.
    Damaged,
    /// The file does not begin as one of ours.
    Foreign,
}

/// Appends a record of these entries to `out`; answers each entry's place relative to the begin of the record.
pub(super) fn encode_record(first_index: u64, entries: &[bytes::Bytes], out: &mut Vec<u8>) -> Vec<Range<u64>> {
    let begin = out.len();
    out.extend_from_slice(&RECORD_MAGIC.to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&first_index.to_le_bytes());
    let mut places = Vec::with_capacity(entries.len());
    for entry in entries {
        let length = u32::try_from(entry.len()).expect("the writer refuses entries above ENTRY_BYTES_MAX");
        out.extend_from_slice(&length.to_le_bytes());
        let at = (out.len() - begin) as u64;
        out.extend_from_slice(entry);
        places.push(at..at + entry.len() as u64);
    }
    let payload = begin + RECORD_HEADER_BYTES;
    let length = u32::try_from(out.len() - payload).expect("the writer splits what is above GROUP_BYTES_MAX");
    let crc = crc32c::crc32c(&out[payload..]);
    out[begin + 4..begin + 8].copy_from_slice(&length.to_le_bytes());
    out[begin + 8..begin + 12].copy_from_slice(&crc.to_le_bytes());
    places
}

/// Reads a whole file's bytes.
pub(super) fn scan(bytes: &[u8]) -> Scan {
    let mut scan = Scan::default();
    if bytes.len() < FILE_HEADER.len() {
        // The header and the first record are one write: a shorter file never held anything durable.
        scan.tail = if bytes.is_empty() { Tail::Clean } else { Tail::Torn };
        return scan;
    }
    if !bytes.starts_with(&FILE_HEADER) {
        // The size may be on the disk without the bytes: ext4 reads zeros then. A second write would have come behind the first.
        let is_unwritten = bytes.starts_with(&[0; FILE_HEADER.len()]) && !holds_valid_record(bytes);
        scan.tail = if is_unwritten { Tail::Torn } else { Tail::Foreign };
        return scan;
    }
    let mut at = FILE_HEADER.len();
    while let Some((first_index, entries, end)) = read_record(bytes, at) {
        scan.records.push((at as u64, first_index));
        scan.entries.extend(entries);
        at = end;
    }
    scan.valid_end = at as u64;
    scan.tail = match bytes.get(at..) {
        None | Some([]) => Tail::Clean,
        Some(rest) if holds_valid_record(rest) => Tail::Damaged,
        Some(_) => Tail::Torn,
    };
    scan
}

fn holds_valid_record(rest: &[u8]) -> bool {
    let magic = RECORD_MAGIC.to_le_bytes();
    (1..rest.len().saturating_sub(RECORD_HEADER_BYTES))
        .any(|at| rest[at..].starts_with(&magic) && read_record(rest, at).is_some())
}

/// The record at `at`: index of its first entry, its entries' places, and its end; `None` if none is there or it is bad.
fn read_record(bytes: &[u8], at: usize) -> Option<(u64, Vec<EntryPlace>, usize)> {
    let head = bytes.get(at..at.checked_add(RECORD_HEADER_BYTES)?)?;
    let length = usize::try_from(read_u32(head, 4)?).ok()?;
    if read_u32(head, 0)? != RECORD_MAGIC || !(PAYLOAD_HEADER_BYTES..=RECORD_BYTES_MAX).contains(&length) {
        return None;
    }
    let begin = at + RECORD_HEADER_BYTES;
    let payload = bytes.get(begin..begin.checked_add(length)?)?;
    if crc32c::crc32c(payload) != read_u32(head, 8)? {
        return None;
    }
    let first_index = u64::from_le_bytes(payload.get(..PAYLOAD_HEADER_BYTES)?.try_into().ok()?);
    let mut entries = Vec::new();
    let mut position = PAYLOAD_HEADER_BYTES;
    let mut index = first_index;
    while position < payload.len() {
        let length = usize::try_from(read_u32(payload, position)?).ok()?;
        position += 4;
        let end = position.checked_add(length).filter(|end| *end <= payload.len())?;
        entries.push(EntryPlace { index, bytes: (begin + position) as u64..(begin + end) as u64 });
        index = index.checked_add(1)?;
        position = end;
    }
    Some((first_index, entries, begin + payload.len()))
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn file_of(records: &[(u64, &[&'static str])]) -> Vec<u8> {
        let mut bytes = FILE_HEADER.to_vec();
        for (first_index, entries) in records {
            let entries: Vec<Bytes> = entries.iter().map(|entry| Bytes::from_static(entry.as_bytes())).collect();
            encode_record(*first_index, &entries, &mut bytes);
        }
        bytes
    }

    #[test]
    fn entries_are_found_where_they_were_written() {
        let bytes = file_of(&[(1, &["one", "two"]), (3, &["three"])]);
        let scan = scan(&bytes);
        let found: Vec<(u64, &[u8])> = scan
            .entries
            .iter()
            .map(|place| {
                (
                    place.index,
                    &bytes[usize::try_from(place.bytes.start).unwrap()..usize::try_from(place.bytes.end).unwrap()],
                )
            })
            .collect();
        assert_eq!(found, [(1, &b"one"[..]), (2, b"two"), (3, b"three")]);
        assert_eq!(scan.tail, Tail::Clean);
        assert_eq!(scan.valid_end, bytes.len() as u64);
    }

    #[test]
    fn a_cut_last_record_is_torn_at_every_length() {
        let whole = file_of(&[(1, &["one", "two"])]);
        let longer = file_of(&[(1, &["one", "two"]), (3, &["three"])]);
        for length in whole.len() + 1..longer.len() {
            let scan = scan(&longer[..length]);
            assert_eq!((scan.tail, scan.valid_end, scan.entries.len()), (Tail::Torn, whole.len() as u64, 2));
        }
    }

    #[test]
    fn a_bad_record_before_a_valid_one_is_damage() {
        let whole = file_of(&[(1, &["one"]), (2, &["two"]), (3, &["three"])]);
        let first_end = file_of(&[(1, &["one"])]).len();
        let second_end = file_of(&[(1, &["one"]), (2, &["two"])]).len();
        for byte in first_end..second_end {
            let mut damaged = whole.clone();
            damaged[byte] ^= 0x10;
            let scan = scan(&damaged);
            assert_eq!((scan.tail, scan.entries.len()), (Tail::Damaged, 1), "byte {byte}");
        }
    }

    #[test]
    fn a_file_that_begins_otherwise_is_foreign() {
        assert_eq!(scan(b"something else entirely").tail, Tail::Foreign);
    }

    #[test]
    fn a_first_write_whose_size_is_on_the_disk_without_its_bytes_is_torn() {
        for length in [1, FILE_HEADER.len(), 158, 9000] {
            let scan = scan(&vec![0; length]);
            assert_eq!((scan.tail, scan.valid_end, scan.entries.len()), (Tail::Torn, 0, 0), "{length} bytes");
        }
        let mut lost = file_of(&[(1, &["one"]), (2, &["two"])]);
        lost[..file_of(&[(1, &["one"])]).len()].fill(0);
        assert_eq!(scan(&lost).tail, Tail::Foreign, "a second write came behind it");
        let mut flipped = vec![0; 158];
        flipped[7] = 1;
        assert_eq!(scan(&flipped).tail, Tail::Foreign);
    }
}
