//! Tests of what is lent out of files.

use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;

use strata_compat::record_batch::split_batches;

use super::*;

const SEGMENT_BYTES: u32 = 400_000;
const BATCHES: i64 = 3000;

fn config() -> LogConfig {
    LogConfig { segment_bytes: SEGMENT_BYTES, index_interval_bytes: 1000, ..LogConfig::default() }
}

fn bytes_of(loan: &LogLoan) -> Vec<u8> {
    let mut bytes = vec![0; loan.range.len];
    assert_eq!(rustix::io::pread(loan.range.file.as_fd(), &mut bytes, loan.range.position), Ok(loan.range.len));
    bytes
}

/// What is lent; at once, it is the same or nothing. Where nothing may be answered, a read answers nothing either.
fn lend(log: &UnifiedLog, request: &ReadRequest) -> Option<LogLoan> {
    let reads_nothing = || assert_eq!(log.read(request).unwrap().bytes, 0, "{request:?}");
    let loan = match log.lend(request, Access::Waits) {
        Lending::Lent(loan) => Some(loan),
        Lending::Nothing => {
            reads_nothing();
            None
        }
        Lending::Unknown => None,
    };
    match log.lend(request, Access::AtOnce) {
        Lending::Lent(at_once) => {
            let lent = loan.as_ref().expect("what is lent at once is lent");
            assert_eq!((&at_once.range, at_once.offsets_below), (&lent.range, lent.offsets_below));
        }
        Lending::Nothing => reads_nothing(),
        Lending::Unknown => {}
    }
    loan
}

#[test]
fn what_is_lent_is_what_a_read_gives() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&context(directory.path(), 0), &config());
    fill(&log, BATCHES, 0);
    let one = usize::try_from(log.size_bytes() / u64::try_from(BATCHES).unwrap()).unwrap();
    let mut lent = 0;
    for offset in (0..2 * BATCHES).step_by(37) {
        for (bytes_max, upper_bound) in
            [(100_000, i64::MAX), (1 << 20, i64::MAX), (1 << 20, offset + 500), (200_000, 5000)]
        {
            let request = ReadRequest { bytes_max, upper_bound: Offset(upper_bound), ..request(offset) };
            let read = log.read(&request).unwrap();
            let Some(loan) = lend(&log, &request) else {
                assert!(read.bytes < (64 << 10) + 1000 + 2 * one, "{request:?} is worth a loan");
                continue;
            };
            lent += 1;
            let (bytes, read_bytes) = (bytes_of(&loan), read.batches.concat());
            assert!(read_bytes.starts_with(&bytes), "{request:?}");
            assert!(read_bytes.len() - bytes.len() <= 1000 + 2 * one, "{request:?}");
            let batches: Vec<_> = split_batches(&bytes.into()).map(Result::unwrap).collect();
            let end = batches.last().unwrap().0.end_offset();
            assert!(end <= loan.offsets_below && loan.offsets_below.0 <= upper_bound, "{request:?}: {end}");
        }
    }
    assert!(lent > 300, "{lent}");
}

#[test]
fn nothing_is_lent_for_offsets_that_a_read_refuses_or_has_nothing_for() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&context(directory.path(), 0), &config());
    fill(&log, BATCHES, 0);
    let end = 2 * BATCHES;
    for (offset, bytes_max, upper_bound) in [
        (-1, 1 << 20, i64::MAX),
        (end, 1 << 20, i64::MAX),
        (end + 1, 1 << 20, i64::MAX),
        (0, 60_000, i64::MAX),
        (10, 1 << 20, 10),
    ] {
        let request = ReadRequest { bytes_max, upper_bound: Offset(upper_bound), ..request(offset) };
        assert!(lend(&log, &request).is_none(), "{request:?}");
    }
}

#[test]
fn a_batch_that_may_not_be_answered_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&context(directory.path(), 0), &config());
    fill(&log, BATCHES, 0);
    let active = log.segments().last().unwrap().base_offset;
    let wish = ReadRequest { bytes_max: 10, min_one: false, ..request(active.0) };
    for (request, is_told) in [
        (wish, true),
        (ReadRequest { min_one: true, ..wish }, false),
        (ReadRequest { bytes_max: 1 << 20, upper_bound: active, ..wish }, true),
        (ReadRequest { bytes_max: 1 << 20, ..wish }, false),
    ] {
        assert_eq!(matches!(log.lend(&request, Access::AtOnce), Lending::Nothing), is_told, "{request:?}");
        lend(&log, &request);
    }
}

#[test]
fn what_lay_there_before_the_start_is_lent_once_it_was_read() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &config());
    fill(&log, BATCHES, 0);
    log.close().unwrap();
    drop(log);
    let (log, _) = open(&context, &config());
    let wish = ReadRequest { bytes_max: 1 << 20, ..request(0) };
    assert!(lend(&log, &wish).is_none(), "nobody has summed it yet");
    let read = log.read(&ReadRequest { bytes_max: 150_000, ..wish }).unwrap();
    let loan = lend(&log, &wish).expect("it was summed");
    assert_eq!(loan.range.len, read.bytes, "and nothing behind it");
    fill(&log, BATCHES, 0);
    let appended = log.segments().into_iter().filter(|segment| segment.base_offset >= Offset(2 * BATCHES));
    let long: Vec<_> = appended.filter(|segment| segment.bytes > 100_000).collect();
    assert!(!long.is_empty());
    for segment in long {
        let wish = ReadRequest { offset: segment.base_offset, ..wish };
        assert!(lend(&log, &wish).is_some(), "what is appended was summed then");
        assert_eq!(matches!(log.lend(&wish, Access::AtOnce), Lending::Lent(_)), segment.active, "{segment:?}");
    }
}

#[test]
fn damage_is_never_lent() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &config());
    fill(&log, BATCHES, 0);
    log.close().unwrap();
    drop(log);
    let path = directory.path().join("topic-0").join(format!("{:020}.log", 0));
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[200_150] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (log, _) = open(&context, &config());
    let wish = ReadRequest { bytes_max: 1 << 20, ..request(0) };
    let read = log.read(&wish).unwrap();
    assert!(read.bytes <= 200_150);
    assert_eq!(lend(&log, &wish).expect("what is sound").range.len, read.bytes);
    let beyond = ReadRequest { offset: read.next_offset, ..wish };
    log.read(&beyond).unwrap_err();
    assert!(lend(&log, &beyond).is_none());
}

#[test]
fn what_was_cut_is_not_lent_and_what_replaces_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&context(directory.path(), 0), &config());
    fill(&log, 600, 0);
    log.truncate_to(Offset(700), NOW).unwrap();
    let wish = ReadRequest { bytes_max: 1 << 20, ..request(100) };
    let loan = lend(&log, &wish).unwrap();
    assert_eq!((loan.offsets_below, bytes_of(&loan)), (Offset(700), log.read(&wish).unwrap().batches.concat()));
    fill(&log, 100, 1);
    let loan = lend(&log, &wish).unwrap();
    assert_eq!((loan.offsets_below, bytes_of(&loan)), (Offset(900), log.read(&wish).unwrap().batches.concat()));
}

#[test]
fn damage_under_a_running_log_is_found_by_the_read_of_what_has_left_the_page_cache_and_not_lent_after() {
    let directory = tempfile::tempdir().unwrap();
    let (log, _) = open(&context(directory.path(), 0), &config());
    fill(&log, BATCHES, 0);
    let wish = ReadRequest { bytes_max: 1 << 20, ..request(0) };
    let before = lend(&log, &wish).expect("it was appended").range.len;
    let path = directory.path().join("topic-0").join(format!("{:020}.log", 0));
    let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    file.write_all_at(b"!", 200_150).unwrap();
    let read = log.read(&wish).unwrap();
    assert!(read.bytes <= 200_150 && read.bytes < before);
    assert_eq!(lend(&log, &wish).expect("what is sound").range.len, read.bytes);
    let beyond = ReadRequest { offset: read.next_offset, ..wish };
    assert!(lend(&log, &beyond).is_none());
    log.read(&beyond).unwrap_err();
    assert!(lend(&log, &beyond).is_none());
    assert!(lend(&log, &wish).is_some(), "what comes before stays");
}

#[test]
fn nothing_is_lent_over_damage_that_somebody_has_found() {
    type Finds = fn(&UnifiedLog, &ReadRequest);
    let read: Finds = |log, damaged| drop(log.read(damaged).unwrap_err());
    let look_up_by_time: Finds = |log, damaged| {
        // A batch of two records every ten milliseconds.
        let written = Timestamp(NOW.0 + damaged.offset.0 / 2 * 10);
        log.offset_for_timestamp(written, damaged.upper_bound).unwrap_err();
    };
    let loan: Finds = |log, damaged| {
        let lent = log.lend(damaged, Access::Waits);
        assert!(matches!(lent, Lending::Unknown), "{lent:?}");
    };
    const MAGIC: u64 = 16;
    const FIRST_LENGTH: u64 = 61;
    for (what, at, find) in [
        ("a read of a header", MAGIC, read),
        ("a look-up by time in a header", MAGIC, look_up_by_time),
        ("a look-up by time in a record", FIRST_LENGTH, look_up_by_time),
        ("a loan that begins there", MAGIC, loan),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let (log, _) = open(&context(directory.path(), 0), &config());
        fill(&log, BATCHES, 0);
        let wish = ReadRequest { bytes_max: 1 << 20, ..request(0) };
        let before = lend(&log, &wish).expect("it was appended").range.len;
        let sound = log.read(&ReadRequest { bytes_max: 150_000, ..wish }).unwrap();
        assert!(sound.bytes < before, "the damage will lie within what is lent");
        let path = directory.path().join("topic-0").join(format!("{:020}.log", 0));
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        // No magic, and no length of a record.
        file.write_all_at(&[0xff], sound.bytes as u64 + at).unwrap();
        find(&log, &ReadRequest { offset: sound.next_offset, ..wish });
        assert!(lend(&log, &wish).is_none_or(|loan| loan.range.len <= sound.bytes), "{what}");
        let read = log.read(&wish).unwrap();
        assert_eq!(read.bytes, sound.bytes, "{what}: what comes before the damage");
        assert_eq!(lend(&log, &wish).expect("what is sound").range.len, read.bytes, "{what}");
    }
}
