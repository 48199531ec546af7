//! Bytes of files that are sent as they are: the system calls.
//!
//! Owns: whether they lie in the page cache, getting them there, sending them. Does not own: which bytes, and to whom.
//! On a thread that serves others, callers send only what was found to lie in the page cache.

use std::io::{self, IoSliceMut};
use std::os::fd::AsFd;

use rustix::io::{ReadWriteFlags, retry_on_intr};
use strata_compat::wire::FileRange;

/// Distance of the bytes that are asked for. The kernel reads ahead in longer pieces; what lies between two of them and is not
/// there costs the sender a read of the disk.
const PROBE_STEP_BYTES: usize = 256 << 10;
/// Bytes read at once, for the page cache alone.
const LOAD_BYTES: usize = 256 << 10;

/// The first `bytes` of a range.
pub(crate) fn beginning(range: &FileRange, bytes: usize) -> FileRange {
    FileRange { len: range.len.min(bytes), ..range.clone() }
}

/// Whether the range lies in the page cache, as far as can be told without waiting. Where the system cannot tell, it does not.
pub(crate) fn is_resident(range: &FileRange) -> bool {
    let Some(last) = range.len.checked_sub(1) else { return true };
    let probe = |at| read_at_once(&range.file, &mut [0], range.position + at as u64);
    (0..last).step_by(PROBE_STEP_BYTES).chain([last]).all(probe)
}

/// The bytes of a file, if they lie in the page cache.
pub(crate) fn peek(file: impl AsFd, position: u64, len: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; len];
    read_at_once(file, &mut bytes, position).then_some(bytes)
}

fn read_at_once(file: impl AsFd, bytes: &mut [u8], position: u64) -> bool {
    let wanted = bytes.len();
    rustix::io::preadv2(file, &mut [IoSliceMut::new(bytes)], position, ReadWriteFlags::NOWAIT) == Ok(wanted)
}

/// Gets the range into the page cache, and waits for the disk.
///
/// # Errors
/// What the operating system says.
pub(crate) fn load(range: &FileRange) -> io::Result<()> {
    let mut room = vec![0; LOAD_BYTES.min(range.len)];
    let mut left = range.clone();
    while left.len > 0 {
        let wanted = left.len.min(room.len());
        match retry_on_intr(|| rustix::io::pread(&left.file, &mut room[..wanted], left.position))? {
            0 => return Err(too_short()),
            read => left.advance(read),
        }
    }
    Ok(())
}

/// Sends what the socket takes of the range, at least a byte.
///
/// # Errors
/// What the operating system says: `WouldBlock` where the socket takes nothing. `UnexpectedEof` if the file has become shorter.
pub(crate) fn send(socket: impl AsFd, range: &FileRange) -> io::Result<usize> {
    let mut position = range.position;
    match retry_on_intr(|| rustix::fs::sendfile(&socket, &range.file, Some(&mut position), range.len))? {
        0 => Err(too_short()),
        sent => Ok(sent),
    }
}

fn too_short() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than what is to be sent of it")
}

/// The whole of a file, for tests of those that send such.
#[cfg(test)]
pub(crate) fn whole(file: std::fs::File) -> FileRange {
    let len = usize::try_from(file.metadata().unwrap().len()).unwrap();
    FileRange { file: std::sync::Arc::new(file), position: 0, len }
}

/// Takes a file out of the page cache, for tests, where its file system lets one.
#[cfg(test)]
pub(crate) fn evict(file: &std::fs::File) {
    file.sync_all().unwrap();
    rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    use super::*;

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn what_was_just_written_is_resident_and_goes_out_as_it_is() {
        let bytes: Vec<u8> = (0..400_000_u32).map(|at| at.to_le_bytes()[0]).collect();
        let mut range = whole(file_of(&bytes));
        load(&range).unwrap();
        range.advance(5);
        assert!(is_resident(&range));
        assert_eq!(peek(&range.file, 399_990, 10).as_deref(), Some(&bytes[399_990..]));
        assert_eq!(peek(&range.file, 399_990, 11), None);
        let (mut reader, writer) = UnixStream::pair().unwrap();
        let receiving = std::thread::spawn(move || {
            let mut received = Vec::new();
            reader.read_to_end(&mut received).unwrap();
            received
        });
        while range.len > 0 {
            let next = beginning(&range, 100_000);
            range.advance(send(&writer, &next).unwrap());
        }
        drop(writer);
        assert!(receiving.join().unwrap() == bytes[5..]);
    }

    #[test]
    fn what_was_loaded_is_resident() {
        let file = file_of(&[7; 1 << 20]);
        evict(&file);
        let range = whole(file);
        load(&range).unwrap();
        assert!(is_resident(&range));
    }

    #[test]
    fn a_file_that_became_shorter_is_an_error() {
        let file = file_of(&[1; 1000]);
        let range = whole(file.try_clone().unwrap());
        file.set_len(0).unwrap();
        assert!(!is_resident(&range));
        assert_eq!(load(&range).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let (_reader, writer) = UnixStream::pair().unwrap();
        assert_eq!(send(&writer, &range).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
