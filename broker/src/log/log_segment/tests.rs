//! Tests of `log_segment.rs`.

use strata_compat::ids::LeaderEpoch;

use super::*;
use crate::log::test_support::{NOW, batch};
use crate::log::types::{Access, Lending, ReadRequest};

fn cut_at(segment: &LogSegment, offset: Offset) -> Result<u64, LogError> {
    match segment.locate(offset)? {
        Some(located) => segment.truncate_to_position(located.position),
        None => Ok(0),
    }
}

fn setup(directory: &Path) -> (SegmentPlace, SegmentContext) {
    let log_dir = LogDir::open(directory, 0).unwrap();
    let context = SegmentContext { log_dir, handles: Arc::new(FileHandles::new(8)), index_interval_bytes: 100 };
    (SegmentPlace { directory: directory.into(), base: Offset(50), suffix: "" }, context)
}

fn append(segment: &LogSegment, offset: i64, timestamp: i64) {
    let mut bytes = batch(&[("k", Some("v"))], timestamp, strata_compat::records::ProducerStamp::NONE).to_vec();
    strata_compat::record_batch::assign_offset_and_epoch(&mut bytes, Offset(offset), LeaderEpoch(0));
    let header = BatchHeader::parse(&bytes).unwrap();
    segment.append(&bytes, &[header], NOW, |_| Ok(())).unwrap();
}

#[test]
fn offsets_in_gaps_are_answered_by_the_next_batch() {
    let directory = tempfile::tempdir().unwrap();
    let (place, context) = setup(directory.path());
    let segment = LogSegment::create(place, &context).unwrap();
    for offset in [50, 60, 61, 70] {
        append(&segment, offset, NOW.0 + offset);
    }
    for (wanted, found) in [(50, Some(50)), (51, Some(60)), (61, Some(61)), (62, Some(70)), (71, None)] {
        let located = segment.locate(Offset(wanted)).unwrap();
        assert_eq!(located.map(|located| located.header.base_offset.0), found, "{wanted}");
    }
    assert_eq!(cut_at(&segment, Offset(62)).unwrap(), cut_at(&segment, Offset(99)).unwrap() + 70);
    assert_eq!(segment.end_offset(), Offset(62));
}

#[test]
fn a_batch_that_replaced_another_during_a_flush_is_not_taken_for_flushed() {
    let directory = tempfile::tempdir().unwrap();
    let (place, context) = setup(directory.path());
    let segment = LogSegment::create(place, &context).unwrap();
    append(&segment, 50, NOW.0);
    let size = segment.size();
    let flush = segment.begin_flush().unwrap();
    flush.dirty.as_ref().unwrap().file.sync_data().unwrap();
    assert_eq!(flush.end_offset, Offset(51));
    cut_at(&segment, Offset(50)).unwrap();
    segment.activate();
    append(&segment, 50, NOW.0 + 1);
    assert_eq!(segment.size(), size);
    segment.end_flush(&flush, false).unwrap();
    assert!(segment.is_dirty());
    segment.flush().unwrap();
    assert!(!segment.is_dirty());
}

#[test]
fn rolls_by_size_time_and_offset() {
    let directory = tempfile::tempdir().unwrap();
    let (place, context) = setup(directory.path());
    let segment = LogSegment::create(place, &context).unwrap();
    let config = LogConfig { segment_bytes: 200, segment_ms: 1000, ..LogConfig::default() };
    let next = |bytes, last_offset, after_ms| NextAppend {
        bytes,
        last_offset: Offset(last_offset),
        max_timestamp: NOW.plus_ms(after_ms),
        now: NOW,
        jitter_ms: 0,
    };
    assert!(!segment.should_roll(&config, &next(1000, 50, 5000)), "an empty segment is never rolled");
    append(&segment, 50, NOW.0);
    let size = segment.size();
    let table = [
        (200 - size, 51, 0, false, "fits"),
        (201 - size, 51, 0, true, "too large"),
        (10, 51, 1000, false, "young"),
        (10, 51, 1001, true, "old"),
        (10, 50 + i64::from(i32::MAX), 0, false, "largest relative offset"),
        (10, 51 + i64::from(i32::MAX), 0, true, "relative offset overflows"),
    ];
    for (bytes, last, after, rolls, what) in table {
        assert_eq!(segment.should_roll(&config, &next(bytes, last, after)), rolls, "{what}");
    }
}

#[test]
fn a_segment_that_begins_where_another_was_takes_over_no_seal() {
    let directory = tempfile::tempdir().unwrap();
    let (place, context) = setup(directory.path());
    let former = LogSegment::create(place.clone(), &context).unwrap();
    append(&former, 50, NOW.0);
    former.deactivate(None).unwrap();
    former.flush().unwrap();
    drop(former);
    assert!(place.file(SEAL_SUFFIX).exists());
    drop(LogSegment::create(place.clone(), &context).unwrap());
    let (opened, rebuilt) = LogSegment::open(place, &context, false).unwrap();
    assert_eq!((opened.size(), opened.end_offset(), rebuilt), (0, Offset(50), false));
}

#[test]
fn a_refused_journal_entry_leaves_no_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let (place, context) = setup(directory.path());
    let path = place.file(LOG_SUFFIX);
    let segment = LogSegment::create(place, &context).unwrap();
    let bytes = batch(&[("k", Some("v"))], NOW.0, strata_compat::records::ProducerStamp::NONE);
    let header = BatchHeader::parse(&bytes).unwrap();
    segment
        .append(&bytes, &[header], NOW, |_| Err::<(), _>(LogError::new(LogErrorKind::Unavailable, "full")))
        .unwrap_err();
    assert_eq!((segment.size(), std::fs::metadata(path).unwrap().len()), (0, 0));
}

#[test]
fn a_flush_writes_nothing_of_a_segment_that_was_deleted_meanwhile() {
    for closed in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let (place, context) = setup(directory.path());
        let segment = LogSegment::create(place, &context).unwrap();
        for offset in [50, 60, 61, 70] {
            append(&segment, offset, NOW.0 + offset);
        }
        if closed {
            segment.deactivate(None).unwrap();
        }
        let flush = segment.begin_flush().unwrap();
        segment.delete().unwrap();
        flush.dirty.as_ref().unwrap().file.sync_data().unwrap();
        assert!(!segment.end_flush(&flush, false).unwrap());
        segment.flush().unwrap();
        assert!(!segment.is_dirty());
        let left: Vec<_> =
            std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == ".lock"), "closed {closed}: {left:?}");
        assert_eq!(segment.locate(Offset(60)).unwrap_err().kind(), LogErrorKind::NotFound);
        segment.collect_aborted(Offset(50), Offset(99), &mut Vec::new()).unwrap_err();
    }
}

/// No CRC covers the base offset and the length of a batch.
#[test]
fn a_read_answers_what_comes_before_a_flipped_base_offset_and_tells_of_a_flipped_length() {
    for (what, at, told) in
        [("base offset", 1, "is damaged at position 140: "), ("length", 9, "longer than the file; restore")]
    {
        let directory = tempfile::tempdir().unwrap();
        let (place, context) = setup(directory.path());
        let path = place.file(LOG_SUFFIX);
        let segment = LogSegment::create(place, &context).unwrap();
        for offset in [50, 51, 52] {
            append(&segment, offset, NOW.0 + offset);
        }
        let mut damaged = fs::read(&path).unwrap();
        let third = damaged.len() / 3 * 2;
        assert_eq!(third, 140);
        damaged[third + at] ^= 1;
        fs::write(&path, damaged).unwrap();
        let read = segment.read(Offset(50), 1 << 20, Offset(i64::MAX), true).unwrap().unwrap();
        assert_eq!((read.bytes.len(), read.end_offset), (third, Offset(52)), "{what}");
        let error = segment.read(Offset(52), 1 << 20, Offset(i64::MAX), true).unwrap_err();
        assert!(error.to_string().contains(told) && error.to_string().contains(ADVICE), "{what}: {error}");
    }
}

#[test]
fn nothing_is_lent_at_once_while_somebody_else_has_the_segment() {
    let directory = tempfile::tempdir().unwrap();
    let (place, context) = setup(directory.path());
    let segment = LogSegment::create(place, &context).unwrap();
    for offset in 50..1100 {
        append(&segment, offset, NOW.0 + offset);
    }
    let wish = ReadRequest { offset: Offset(50), bytes_max: 1 << 20, upper_bound: Offset(i64::MAX), min_one: true };
    assert!(matches!(segment.lend(&wish, Access::AtOnce), Ok(Lending::Lent(_))));
    let other = segment.state.lock();
    segment.lend(&wish, Access::AtOnce).unwrap_err();
    drop(other);
    assert!(matches!(segment.lend(&wish, Access::AtOnce), Ok(Lending::Lent(_))));
}
