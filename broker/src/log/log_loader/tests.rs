//! Tests of `log_loader.rs`.

mod damage;
mod holes;

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::log::error::LogErrorReason;
use crate::log::log_dir::faulty::FaultyIo;
use crate::log::test_support::{
    NOW, append, batch, context, everything, fill, journaled_context, open, request, stamp,
};

fn small() -> LogConfig {
    LogConfig { segment_bytes: 1000, index_interval_bytes: 200, ..LogConfig::default() }
}

fn unclean(context: &LogContext, recovery_point: i64) -> Result<(Arc<UnifiedLog>, LoadReport), LogError> {
    let request =
        LoadRequest { clean: false, recovery_point: Some(Offset(recovery_point)), ..request(context, &small()) };
    load_log(&request, context)
}

fn active_path(log: &UnifiedLog) -> PathBuf {
    log.directory().join(format!("{:020}.log", log.active_segment_base().0))
}

#[test]
fn a_closed_log_is_opened_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 2);
    let (bytes, segments) = (everything(&log), log.segments().len());
    log.close().unwrap();
    drop(log);
    let (log, report) = open(&context, &small());
    assert_eq!(report, LoadReport::default());
    assert_eq!((everything(&log), log.segments().len()), (bytes, segments));
    assert_eq!(log.leader_epochs(), [(LeaderEpoch(2), Offset(0))]);
    fill(&log, 1, 2);
    assert_eq!(log.log_end_offset(), Offset(42));
}

#[test]
fn missing_and_damaged_indexes_are_rebuilt_byte_for_byte() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let config = LogConfig { index_interval_bytes: 200, ..LogConfig::default() };
    let (log, _) = open(&context, &config);
    fill(&log, 20, 0);
    let bytes = everything(&log);
    log.close().unwrap();
    let path = |kind: &str| log.directory().join(format!("{:020}{kind}", 0));
    let before = (fs::read(path(".index")).unwrap(), fs::read(path(".timeindex")).unwrap());
    assert!(before.0.len() > 8);
    for damage in ["missing", "torn", "foreign"] {
        match damage {
            "missing" => fs::remove_file(path(".index")).unwrap(),
            "torn" => fs::write(path(".timeindex"), &before.1[..5]).unwrap(),
            _ => fs::write(path(".index"), [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 7]).unwrap(),
        }
        let (again, _) = open(&context, &config);
        assert_eq!(everything(&again), bytes, "{damage}");
        let young = again.offset_for_timestamp(Timestamp(i64::MAX), Offset(i64::MAX)).unwrap();
        let found = again.offset_for_timestamp(NOW, Offset(i64::MAX)).unwrap();
        assert_eq!((young, found.map(|found| found.offset)), (None, Some(Offset(0))), "{damage}");
        again.close().unwrap();
        assert_eq!((fs::read(path(".index")).unwrap(), fs::read(path(".timeindex")).unwrap()), before, "{damage}");
    }
}

#[test]
fn a_torn_tail_is_cut_kept_aside_and_reported() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 0);
    let bytes = everything(&log);
    let path = active_path(&log);
    drop(log);
    let whole = fs::read(&path).unwrap();
    let torn = [&whole[..], b"torn bytes"].concat();
    fs::write(&path, torn).unwrap();
    let (log, report) = unclean(&context, 10).unwrap();
    assert_eq!(everything(&log), bytes);
    let [cut] = report.cuts.as_slice() else { panic!("one cut, not {:?}", report.cuts) };
    assert_eq!((cut.end_offset, cut.bytes), (Offset(40), 10));
    assert_eq!(fs::read(&cut.kept_in).unwrap(), b"torn bytes");
    assert_eq!(fs::read(&path).unwrap(), whole);
}

#[test]
fn damage_below_the_recovery_point_is_never_cut() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 0);
    let path = active_path(&log);
    drop(log);
    let mut damaged = fs::read(&path).unwrap();
    let at = damaged.len() - 20;
    damaged[at] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let error = unclean(&context, 40).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    assert_eq!(fs::read(&path).unwrap(), damaged, "untouched");
}

#[test]
fn segments_after_a_cut_are_set_aside() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 0);
    let second = log.segments()[1].base_offset;
    let path = log.directory().join(format!("{:020}.log", second.0));
    let later = log.segments().len() - 2;
    drop(log);
    let mut damaged = fs::read(&path).unwrap();
    damaged[80] ^= 1;
    fs::write(&path, damaged).unwrap();
    let (log, report) = unclean(&context, 0).unwrap();
    assert_eq!(log.log_end_offset(), second);
    assert_eq!(report.cuts.len(), later + 1);
    assert!(report.cuts.iter().all(|cut| cut.kept_in.exists()));
    fill(&log, 2, 1);
    assert_eq!(log.log_end_offset(), second.plus(4));
}

/// A log of several segments whose second last lost its last batch, and its segments' base offsets; the gap ends at the last.
fn with_a_gap(context: &LogContext) -> (PathBuf, Vec<Offset>, Offset) {
    let (log, _) = open(context, &small());
    fill(&log, 20, 0);
    let bases: Vec<Offset> = log.segments().iter().map(|segment| segment.base_offset).collect();
    let directory = log.directory().to_owned();
    drop(log);
    let path = directory.join(format!("{:020}.log", bases[bases.len() - 2].0));
    let bytes = fs::read(&path).unwrap();
    let (last, _) = strata_compat::record_batch::split_batches(&bytes.clone().into()).last().unwrap().unwrap();
    fs::write(&path, &bytes[..bytes.len() - last.size_bytes()]).unwrap();
    (directory, bases, last.base_offset)
}

#[test]
fn segments_behind_a_gap_are_set_aside() {
    for is_empty in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let context = context(directory.path(), 0);
        let (log_directory, bases, end) = with_a_gap(&context);
        let active = *bases.last().unwrap();
        let path = log_directory.join(format!("{:020}.log", active.0));
        if is_empty {
            fs::write(&path, b"").unwrap();
        }
        let (log, report) = unclean(&context, 2).unwrap();
        assert_eq!(log.log_end_offset(), end);
        assert_eq!(report.cuts.len(), 1, "{:?}", report.cuts);
        assert!(!path.exists() && report.cuts[0].kept_in.exists());
        fill(&log, 2, 1);
        assert_eq!(log.log_end_offset(), end.plus(4));
    }
}

#[test]
fn a_gap_below_the_recovery_point_is_never_cut() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log_directory, bases, end) = with_a_gap(&context);
    let error = unclean(&context, end.0 + 1).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
    assert!(log_directory.join(format!("{:020}.log", bases.last().unwrap().0)).exists());
}

#[test]
fn leftovers_of_deletion_and_cleaning_go_and_swaps_are_finished() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 0);
    let bases: Vec<Offset> = log.segments().iter().map(|segment| segment.base_offset).collect();
    let bytes = everything(&log);
    log.close().unwrap();
    let path = |base: Offset, kind: &str| log.directory().join(format!("{:020}{kind}", base.0));
    // The first two segments as one, about to take their place.
    let both = [fs::read(path(bases[0], ".log")).unwrap(), fs::read(path(bases[1], ".log")).unwrap()].concat();
    fs::write(path(bases[0], ".log.swap"), both).unwrap();
    fs::write(path(bases[2], ".log.cleaned"), b"half").unwrap();
    fs::write(path(Offset(9999), ".index.deleted"), b"x").unwrap();
    let (log, _) = open(&context, &small());
    assert_eq!(log.segments().len(), bases.len() - 1);
    assert_eq!(everything(&log), bytes);
    for gone in [path(bases[2], ".log.cleaned"), path(Offset(9999), ".index.deleted"), path(bases[1], ".log")] {
        assert!(!gone.exists(), "{}", gone.display());
    }
    assert_eq!(log.offsets().log_end, Offset(40));
}

#[test]
fn segments_below_one_whose_deletion_had_begun_go_too() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 30, 0);
    let bases: Vec<Offset> = log.segments().iter().map(|segment| segment.base_offset).collect();
    log.close().unwrap();
    let path = |base: Offset, kind: &str| log.directory().join(format!("{:020}{kind}", base.0));
    // Two renames were on their way; the later one reached the disk.
    fs::rename(path(bases[1], ".log"), path(bases[1], ".log.deleted")).unwrap();
    let (log, _) = unclean(&context, log.log_end_offset().0).unwrap();
    let expected = (bases[2], log.log_end_offset());
    assert_eq!((log.log_start_offset(), log.segments().len()), (expected.0, bases.len() - 2));
    assert!(!path(bases[0], ".log").exists() && !path(bases[1], ".log.deleted").exists());
}

/// What tells that a deletion was torn stays until the deletion is done, also where opening the log does not come to its end.
#[test]
fn a_torn_deletion_is_ended_by_the_next_start_if_this_one_fails() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 30, 0);
    let bases: Vec<Offset> = log.segments().iter().map(|segment| segment.base_offset).collect();
    log.close().unwrap();
    let path = |base: Offset, kind: &str| log.directory().join(format!("{:020}{kind}", base.0));
    fs::rename(path(bases[1], ".log"), path(bases[1], ".log.deleted")).unwrap();
    let whole = fs::read(path(bases[0], ".log")).unwrap();
    fs::write(path(bases[0], ".log"), &whole[..10]).unwrap();
    unclean(&context, log.log_end_offset().0).unwrap_err();
    assert!(path(bases[1], ".log.deleted").exists());
    fs::write(path(bases[0], ".log"), whole).unwrap();
    let (log, _) = unclean(&context, log.log_end_offset().0).unwrap();
    assert_eq!((log.log_start_offset(), log.segments().len()), (bases[2], bases.len() - 2));
    assert!(!path(bases[0], ".log").exists() && !path(bases[1], ".log.deleted").exists());
}

/// It is all that is left of producers once the segments below it go.
#[test]
fn a_snapshot_that_a_roll_left_unflushed_is_durable_after_the_flush_of_the_next_start() {
    for seed in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let io = FaultyIo::new();
        let context = journaled_context(directory.path(), &io);
        let (log, _) = open(&context, &LogConfig::default());
        let batch = batch(&[("key", Some("value"))], NOW.0, stamp(7, 0));
        append(&log, batch, 1).unwrap();
        let point = log.flush().unwrap();
        log.roll().unwrap();
        let snapshot = active_path(&log).with_extension("snapshot");
        let expected = fs::read(&snapshot).unwrap();
        // Killed: what was written is still there to be read.
        drop(log);
        let request = LoadRequest {
            clean: false,
            recovery_point: Some(point.offset),
            ..request(&context, &LogConfig::default())
        };
        let (log, _) = load_log(&request, &context).unwrap();
        log.flush().unwrap();
        io.cut_power(seed);
        drop(log);
        assert_eq!(fs::read(&snapshot).ok(), Some(expected), "seed {seed}");
    }
}

#[test]
fn a_lost_segment_takes_the_partition_offline_unless_the_cleaner_may_have_taken_it() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 1);
    let end = log.log_end_offset();
    log.close().unwrap();
    let bases: Vec<i64> = log.segments().iter().map(|segment| segment.base_offset.0).collect();
    let path = |base: i64| log.directory().join(format!("{base:020}.log"));
    fs::remove_file(path(bases[2])).unwrap();
    for clean in [true, false] {
        let request = LoadRequest { clean, recovery_point: Some(end), ..request(&context, &small()) };
        let error = load_log(&request, &context).unwrap_err();
        assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
        assert!(
            error.to_string().contains(&format!("offsets {} to {} are missing", bases[2], bases[3] - 1)),
            "{error}"
        );
        // The seal of the segment before tells what followed it.
        load_log(&LoadRequest { was_cleaned: true, ..request }, &context).unwrap_err();
    }
    fs::remove_file(path(bases[1]).with_extension("seal")).unwrap();
    let request = LoadRequest { recovery_point: Some(end), ..request(&context, &small()) };
    load_log(&request, &context).unwrap_err();
    load_log(&LoadRequest { was_cleaned: true, ..request }, &context).unwrap();
}

#[test]
fn a_log_that_ends_below_its_recovery_point_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 1);
    let (end, active) = (log.log_end_offset(), active_path(&log));
    log.close().unwrap();
    drop(log);
    fs::remove_file(active).unwrap();
    let request = LoadRequest { recovery_point: Some(end), ..request(&context, &small()) };
    let error = load_log(&request, &context).unwrap_err();
    assert!(error.to_string().contains("below its recovery point 40"), "{error}");
}

#[test]
fn a_flipped_bit_in_a_closed_segment_is_told_and_not_served() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 1);
    let path = log.directory().join(format!("{:020}.log", 0));
    let mut bytes = fs::read(&path).unwrap();
    let header = strata_compat::record_batch::BatchHeader::parse(&bytes).unwrap();
    let second = header.size_bytes();
    bytes[second + 150] ^= 1;
    fs::write(&path, bytes).unwrap();
    let read = |offset| {
        let upper_bound = Offset(i64::MAX);
        log.read(&super::super::unified_log::types::ReadRequest {
            offset,
            bytes_max: 10_000,
            upper_bound,
            min_one: true,
        })
    };
    assert_eq!(read(Offset(0)).unwrap().next_offset, Offset(2), "what comes before the damage is answered");
    let error = read(Offset(2)).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
    assert!(
        error.to_string().contains(&format!("{} is damaged at position {second}, at offset 2", path.display())),
        "{error}"
    );
}

#[test]
fn an_idle_log_is_listed_once_and_nothing_is_fsynced_when_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let io = FaultyIo::new();
    let context = journaled_context(directory.path(), &io);
    let (log, _) = open(&context, &small());
    let empty = log.flush().unwrap();
    fill(&log, 20, 1);
    let (bytes, point) = (everything(&log), log.flush().unwrap());
    drop(log);
    for (what, recovery_point, lists) in [("filled", point.offset, 1), ("empty", empty.offset, 1)] {
        if what == "empty" {
            fs::remove_dir_all(context.log_dir.path().join("topic-0")).unwrap();
            drop(open(&context, &small()));
        }
        let before = (io.syncs(), io.lists());
        let request = LoadRequest { clean: false, recovery_point: Some(recovery_point), ..request(&context, &small()) };
        let (log, _) = load_log(&request, &context).unwrap();
        log.flush().unwrap();
        assert_eq!((io.syncs() - before.0, io.lists() - before.1), (0, lists), "{what}");
        if what == "filled" {
            assert_eq!(everything(&log), bytes);
        }
    }
}

#[test]
fn a_first_append_after_an_idle_start_is_durable_with_its_name() {
    for seed in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let io = FaultyIo::new();
        let context = journaled_context(directory.path(), &io);
        context.log_dir.create_dir(&directory.path().join("topic-0")).unwrap();
        drop(open(&context, &small()));
        let (log, _) = open(&context, &small());
        log.flush().unwrap();
        fill(&log, 20, 1);
        let (bytes, point) = (everything(&log), log.flush().unwrap());
        io.cut_power(seed);
        drop(log);
        drop(context);
        let context = journaled_context(directory.path(), &FaultyIo::new());
        let request = LoadRequest { clean: false, recovery_point: Some(point.offset), ..request(&context, &small()) };
        let (log, _) = load_log(&request, &context).unwrap();
        assert_eq!(everything(&log), bytes, "seed {seed}");
    }
}

#[test]
fn of_what_was_cut_the_newest_files_stay_and_all_of_one_start() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    let home = log.directory().to_owned();
    drop(log);
    let cuts = || {
        let names = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut cuts: Vec<String> = names.filter(|name| name.ends_with(".cut")).collect();
        cuts.sort();
        cuts
    };
    // What earlier starts have left, the youngest first by name.
    let old = |index: u64| format!("{:020}.log.{index:03}.cut", 0);
    for index in 0..20 {
        fs::write(home.join(old(index)), b"cut").unwrap();
        let age = std::time::Duration::from_secs(1000 + index);
        let file = fs::File::options().write(true).open(home.join(old(index))).unwrap();
        file.set_modified(std::time::SystemTime::now() - age).unwrap();
    }
    let (log, _) = open(&context, &small());
    fill(&log, 20, 0);
    let path = active_path(&log);
    drop(log);
    assert_eq!(cuts().len(), 20, "a start that cuts nothing removes nothing");
    let mut torn = fs::read(&path).unwrap();
    torn.extend_from_slice(b"torn bytes");
    fs::write(&path, torn).unwrap();
    let (log, report) = unclean(&context, 10).unwrap();
    let newest = report.cuts[0].kept_in.file_name().unwrap().to_str().unwrap().to_owned();
    let mut expected: Vec<String> = (0..15).map(old).chain([newest]).collect();
    expected.sort();
    assert_eq!(cuts(), expected);
    // One start that takes out more than that keeps all of it.
    fill(&log, 100, 0);
    let second = log.segments()[1].base_offset;
    let later = log.segments().len() - 1;
    assert!(later > 16, "{later}");
    let path = log.directory().join(format!("{:020}.log", second.0));
    drop(log);
    let mut damaged = fs::read(&path).unwrap();
    damaged[80] ^= 1;
    fs::write(&path, damaged).unwrap();
    let (_, report) = unclean(&context, 0).unwrap();
    assert_eq!((report.cuts.len(), cuts().len()), (later, later));
    assert!(report.cuts.iter().all(|cut| cut.kept_in.exists()));
}

#[test]
fn indexes_of_a_closed_segment_that_were_built_anew_survive_a_power_cut() {
    for seed in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let io = FaultyIo::new();
        let context = journaled_context(directory.path(), &io);
        let (log, _) = open(&context, &small());
        fill(&log, 20, 1);
        let point = log.close().unwrap();
        let first = log.directory().join(format!("{:020}.index", log.segments()[0].base_offset.0));
        drop(log);
        fs::remove_file(&first).unwrap();
        fs::remove_file(first.with_extension("seal")).unwrap();
        let request = LoadRequest { recovery_point: Some(point.offset), ..request(&context, &small()) };
        let (log, report) = load_log(&request, &context).unwrap();
        assert_eq!(report.rebuilt.len(), 1, "{report:?}");
        log.flush().unwrap();
        io.cut_power(seed);
        drop(log);
        assert!(first.exists() && first.with_extension("seal").exists(), "seed {seed}");
    }
}
