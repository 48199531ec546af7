//! Named points at which a test may end the process, as a power cut or `kill -9` would.
//!
//! Owns: the list of points, which one is armed, and the end itself. Does not own: the environment variable that arms
//! one (`main` reads it), nor what recovery must find afterwards.
//!
//! The points are always compiled in. Unarmed, a point costs one relaxed load. Armed, the process dies by `SIGKILL`:
//! no destructor runs, no buffer is written, only what has reached the kernel stays.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

macro_rules! crash_points {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// One named point.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u32)]
        pub enum CrashPoint {
            $($(#[$doc])* $variant,)+
        }

        impl CrashPoint {
            /// All points, in the order of a record's way.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name by which a point is armed.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

crash_points! {
    /// The journal has a group ready and has not written it.
    JournalWriteBefore = "journal.write.before",
    /// The journal's group is durable and nobody has been told.
    JournalWriteAfter = "journal.write.after",
    /// The journal is about to make another extent its active one.
    ExtentBefore = "extent.before",
    /// The extent is the active one; nothing is written to it.
    ExtentAfter = "extent.after",
    /// A log segment is about to be rolled.
    SealBefore = "seal.before",
    /// The producer state of a rolled segment is written; the next segment's files do not stand.
    SegmentCreateBefore = "segment-create.before",
    /// The next segment's files stand; the log does not know of them.
    SegmentCreateAfter = "segment-create.after",
    /// A log segment was rolled and the next one stands.
    SealAfter = "seal.after",
    /// Recovery points are about to be written.
    CheckpointBefore = "checkpoint.before",
    /// Recovery points are durable.
    CheckpointAfter = "checkpoint.after",
    /// High watermarks are about to be written.
    HighWatermarkBefore = "high-watermark.before",
    /// High watermarks are written.
    HighWatermarkAfter = "high-watermark.after",
    /// All is closed in order; the mark that says so is about to be written.
    CleanStopBefore = "clean-stop.before",
    /// The mark of an orderly stop is written.
    CleanStopAfter = "clean-stop.after",
    /// At start the journal is replayed and logs are open; their recovery points are about to be written.
    RecoveryBefore = "recovery.before",
    /// Recovery points of the start are written; what was deleted is about to be removed.
    RecoveryAfter = "recovery.after",
    /// The quorum is about to be told where a log starts whose tiering begins.
    BeginBefore = "begin.before",
    /// The quorum leads the log start.
    BeginAfter = "begin.after",
    /// The quorum is about to be asked for a reservation.
    ReserveBefore = "reserve.before",
    /// The quorum has reserved.
    ReserveAfter = "reserve.after",
    /// A remote segment is about to be put.
    PutBefore = "put.before",
    /// The store has taken a remote segment.
    PutAfter = "put.after",
    /// What was put is about to be verified.
    VerifyBefore = "verify.before",
    /// What was put is verified.
    VerifyAfter = "verify.after",
    /// The quorum is about to be asked to commit.
    CommitBefore = "commit.before",
    /// The quorum has committed.
    CommitAfter = "commit.after",
    /// The quorum is about to be asked to give a reservation up.
    AbandonBefore = "abandon.before",
    /// The quorum has given a reservation up; its object, if there is one, waits for the deleter.
    AbandonAfter = "abandon.after",
    /// A page is about to be put.
    PagePutBefore = "page-put.before",
    /// The store has taken a page.
    PagePutAfter = "page-put.after",
    /// A page that is put and verified is about to replace its rows.
    PageWriteBefore = "page-write.before",
    /// A page has replaced its rows in the quorum.
    PageWriteAfter = "page-write.after",
    /// Local segment files are about to be deleted.
    LocalDeleteBefore = "local-delete.before",
    /// Local segment files are deleted.
    LocalDeleteAfter = "local-delete.after",
    /// Files of segments that left the log are about to be removed.
    FileRemoveBefore = "file-remove.before",
    /// Files of one segment that left the log are removed.
    FileRemoveAfter = "file-remove.after",
    /// The journal says that a partition is deleted; its directory has its name yet.
    DirectoryDeleteBefore = "directory-delete.before",
    /// A deleted partition's directory has its other name.
    DirectoryDeleteAfter = "directory-delete.after",
    /// A deleted partition's directory is about to be removed.
    DirectoryRemoveBefore = "directory-remove.before",
    /// A deleted partition's directory is removed.
    DirectoryRemoveAfter = "directory-remove.after",
    /// A log start is about to enter the journal.
    LogStartBefore = "log-start.before",
    /// A log start is in the journal's queue and holds for readers.
    LogStartAfter = "log-start.after",
    /// Rows are about to be put under a tombstone (log start moves, a topic goes).
    TombstoneBefore = "tombstone.before",
    /// Rows are under a tombstone.
    TombstoneAfter = "tombstone.after",
    /// An object is about to be deleted from the bucket.
    ObjectDeleteBefore = "object-delete.before",
    /// An object is deleted from the bucket and the quorum does not know.
    ObjectDeleteAfter = "object-delete.after",
    /// Objects are gone; the deletion mark is about to move in the quorum.
    MarkBefore = "mark.before",
    /// The deletion mark has moved.
    MarkAfter = "mark.after",
    /// Replaced pages or abandoned objects are gone; the quorum is about to forget them.
    ForgetBefore = "forget.before",
    /// The quorum has forgotten objects that are gone.
    ForgetAfter = "forget.after",
    /// Entries of the Raft log are about to be written.
    RaftAppendBefore = "raft-append.before",
    /// Entries of the Raft log are durable and nobody has been told.
    RaftAppendAfter = "raft-append.after",
    /// Entries of the Raft log below a snapshot are about to be dropped.
    RaftPurgeBefore = "raft-purge.before",
    /// The Raft log begins above a snapshot; files below may be there yet.
    RaftPurgeAfter = "raft-purge.after",
    /// A snapshot of the metadata is about to be written.
    SnapshotBefore = "snapshot.before",
    /// A snapshot of the metadata is durable.
    SnapshotAfter = "snapshot.after",
    /// A vote is about to be written.
    VoteBefore = "vote.before",
    /// A vote is durable and not yet answered.
    VoteAfter = "vote.after",
}

impl CrashPoint {
    /// The point of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|point| point.name() == name)
    }
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A text that arms no point, with the reason.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArmError {
    /// No point has this name.
    #[error("no crash point is named {0:?}; there are: {names}", names = CrashPoint::ALL.iter().map(|point| point.name()).collect::<Vec<_>>().join(" "))]
    UnknownPoint(String),
    /// What follows the colon is not a count from 1.
    #[error("{0:?} is not a count of hits from 1 up")]
    InvalidCount(String),
}

/// Which point is armed, and how many hits are left until it strikes.
#[derive(Debug)]
struct Arming {
    /// Position in [`CrashPoint::ALL`] plus one; zero for none.
    point: AtomicU32,
    hits_left: AtomicU64,
}

impl Arming {
    const fn new() -> Self {
        Self { point: AtomicU32::new(0), hits_left: AtomicU64::new(0) }
    }

    fn arm_from(&self, value: &str) -> Result<(CrashPoint, u64), ArmError> {
        let (name, nth) = match value.split_once(':') {
            Some((name, count)) => {
                let nth = count.parse::<u64>().ok().filter(|nth| *nth > 0);
                (name, nth.ok_or_else(|| ArmError::InvalidCount(count.to_owned()))?)
            }
            None => (value, 1),
        };
        let point = CrashPoint::from_name(name).ok_or_else(|| ArmError::UnknownPoint(name.to_owned()))?;
        self.hits_left.store(nth, Ordering::Relaxed);
        self.point.store(point as u32 + 1, Ordering::Release);
        Ok((point, nth))
    }

    fn armed(&self) -> Option<CrashPoint> {
        let position = self.point.load(Ordering::Relaxed).checked_sub(1)?;
        CrashPoint::ALL.get(usize::try_from(position).ok()?).copied()
    }

    /// Counts a hit; true if this is the one that strikes.
    fn strikes(&self, point: CrashPoint) -> bool {
        if self.point.load(Ordering::Acquire) != point as u32 + 1 {
            return false;
        }
        let before = self.hits_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        before == Ok(1)
    }
}

static ARMING: Arming = Arming::new();

/// Arms the point that `value` names, as `name` or `name:nth`; answers the point and the hit at which it strikes.
///
/// # Errors
/// If no point has that name or the count is not one.
pub fn arm_from(value: &str) -> Result<(CrashPoint, u64), ArmError> {
    ARMING.arm_from(value)
}

/// The armed point, to be announced at start.
#[must_use]
pub fn armed() -> Option<CrashPoint> {
    ARMING.armed()
}

/// Marks that the process has come to `point`; it ends here if that point is armed and this is its hit.
#[inline]
pub fn hit(point: CrashPoint) {
    if ARMING.point.load(Ordering::Relaxed) != 0 && ARMING.strikes(point) {
        end_process(point);
    }
}

#[cold]
fn end_process(point: CrashPoint) -> ! {
    tracing::error!(%point, "crash point reached: the process ends here");
    if rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).is_ok() {
        // The signal is pending for the whole process; nothing of ours may run on meanwhile.
        loop {
            std::thread::park();
        }
    }
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_is_found_by_its_name_and_names_are_unique() {
        for (index, point) in CrashPoint::ALL.iter().enumerate() {
            assert_eq!(CrashPoint::from_name(point.name()), Some(*point));
            assert_eq!(*point as usize, index);
            assert!(point.name().ends_with(".before") || point.name().ends_with(".after"), "{point}");
        }
        let names: std::collections::BTreeSet<_> = CrashPoint::ALL.iter().map(|point| point.name()).collect();
        assert_eq!(names.len(), CrashPoint::ALL.len());
    }

    #[test]
    fn only_the_nth_hit_of_the_armed_point_strikes() {
        let arming = Arming::new();
        assert_eq!(arming.armed(), None);
        assert!(!arming.strikes(CrashPoint::PutBefore));
        assert_eq!(arming.arm_from("put.before:3"), Ok((CrashPoint::PutBefore, 3)));
        assert_eq!(arming.armed(), Some(CrashPoint::PutBefore));
        let table = [
            (CrashPoint::PutBefore, false),
            (CrashPoint::PutAfter, false),
            (CrashPoint::PutBefore, false),
            (CrashPoint::PutBefore, true),
            (CrashPoint::PutBefore, false),
        ];
        for (step, (point, expected)) in table.into_iter().enumerate() {
            assert_eq!(arming.strikes(point), expected, "step {step}");
        }
    }

    #[test]
    fn a_wrong_name_or_count_arms_nothing() {
        let arming = Arming::new();
        assert_eq!(arming.arm_from("put"), Err(ArmError::UnknownPoint("put".to_owned())));
        assert_eq!(arming.arm_from("put.before:0"), Err(ArmError::InvalidCount("0".to_owned())));
        assert_eq!(arming.arm_from("put.before:x"), Err(ArmError::InvalidCount("x".to_owned())));
        assert_eq!(arming.armed(), None);
    }
}
