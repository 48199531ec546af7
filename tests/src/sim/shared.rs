//! What all parts of one simulation share: the truth of quorum and bucket, the checkers' ledger, the trace.
//!
//! Owns: that state, behind one lock that is never held across a wait. Does not own: what changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use parking_lot::Mutex;
use strata_compat::ids::Timestamp;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::remote_segments::RemoteImage;
use strata_tiering::clock::Clock as _;
use strata_tiering::object_key::ObjectNames;

use super::clock::SimClock;
use super::random::{SimRandom, mix};
use super::trace::Trace;
use super::weather::{Fault, Weather};
use crate::checker::{Ledger, Violation};

/// Id of the simulated cluster.
pub const CLUSTER: &str = "c";

/// A defect that is built into the simulator, to show that the checkers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planted {
    /// The store overwrites what create-only writes must not.
    StoreOverwrites,
    /// The quorum takes commands of leaders of older epochs.
    StaleEpochAccepted,
    /// The local log lets go of what is not committed remotely.
    LocalDeletionBeforeCommit,
    /// The store loses a committed object.
    StoreLosesObject,
    /// The store answers that an object is deleted, hides it and keeps it.
    StoreKeepsDeleted,
    /// The store changes a byte of what it is given.
    StoreChangesByte,
    /// The local log gives the copier what is not yet on all in-sync replicas.
    CopiesAboveHighWatermark,
    /// The quorum answers that a segment is committed and forgets it.
    QuorumForgetsCommit,
    /// The quorum forgets that a log start was moved, once it has said so.
    QuorumTakesLogStartBack,
    /// The local log raises its log start by more than it is told.
    LogStartAboveQuorum,
    /// A broker that is killed loses an acknowledged batch that is not remote yet.
    RestartLosesAcknowledged,
    /// A broker that is killed loses the end of what is remote.
    RestartLosesWhatIsRemote,
}

/// An object in the bucket.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its bytes.
    pub bytes: Bytes,
    /// When it was put.
    pub modified: Timestamp,
    /// A planted store that keeps what it says is deleted: requests do not see it any more, lists do.
    pub hidden: bool,
}

/// A change of the bucket's list.
#[derive(Clone, Debug)]
pub struct ListEvent {
    /// When.
    pub at: Timestamp,
    /// Which object.
    pub key: Path,
    /// Its size and time; `None`: deleted.
    pub state: Option<(u64, Timestamp)>,
}

/// The state behind the lock.
pub struct State {
    /// What the quorum has committed.
    pub image: Image,
    /// What lies in the bucket.
    pub objects: BTreeMap<Path, Stored>,
    /// Objects whose PUT landed after its client had given up waiting. If another try of the same PUT was committed and
    /// deleted meanwhile, nothing names them any more, and only the sweep finds them.
    pub landed_late: BTreeSet<Path>,
    /// All that the bucket's list has been.
    pub list_events: Vec<ListEvent>,
    /// What the checkers know.
    pub ledger: Ledger,
    /// What did not hold, in order.
    pub violations: Vec<Violation>,
    /// What happened.
    pub trace: Trace,
    /// Which faults strike.
    pub weather: Weather,
    /// What a planted quorum goes back to with the next command.
    pub planted_remote: Option<RemoteImage>,
}

/// Shared by all parts of one simulation.
pub struct Shared {
    /// The state.
    pub state: Mutex<State>,
    /// The time.
    pub clock: SimClock,
    /// Chance of faults and delays.
    pub random: SimRandom,
    /// Identities and jitter of the real parts.
    pub identities: Arc<SimRandom>,
    /// The seed.
    pub seed: u64,
    /// Names of objects.
    pub names: ObjectNames,
    /// Whether tiering reads back all of what it has put.
    pub verifies_whole: bool,
    /// The planted defect.
    pub planted: Option<Planted>,
}

impl Shared {
    /// An empty world of a seed.
    #[must_use]
    pub fn new(seed: u64, keeps_lines: bool, planted: Option<Planted>) -> Arc<Self> {
        let state = State {
            image: Image::default(),
            objects: BTreeMap::new(),
            landed_late: BTreeSet::new(),
            list_events: Vec::new(),
            ledger: Ledger::default(),
            violations: Vec::new(),
            trace: Trace::new(keeps_lines),
            weather: Weather::default(),
            planted_remote: None,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            clock: SimClock::new(),
            random: SimRandom::new(seed),
            identities: Arc::new(SimRandom::new(mix(seed, 1))),
            seed,
            names: ObjectNames::new("p", CLUSTER),
            verifies_whole: planted.is_none() && mix(seed, 7).is_multiple_of(2),
            planted,
        })
    }

    /// Chance of the step with this number begins anew.
    pub fn begin_step(&self, number: u64) {
        self.random.reseed(mix(self.seed, number.wrapping_add(0x5_7e90)));
        self.identities.reseed(mix(self.seed, number.wrapping_add(0x1d_e471)));
    }

    /// Whether the fault strikes now. It is counted and traced if it does.
    pub fn strikes(&self, fault: Fault) -> bool {
        let rate = self.state.lock().weather.rate(fault);
        let strikes = self.random.chance(rate);
        if strikes {
            self.state.lock().trace.count(fault.name());
            self.note(format_args!("fault {}", fault.name()));
        }
        strikes
    }

    /// Whether this defect is built in.
    #[must_use]
    pub fn is_planted(&self, planted: Planted) -> bool {
        self.planted == Some(planted)
    }

    /// Records an event.
    pub fn note(&self, event: std::fmt::Arguments<'_>) {
        let at = self.clock.elapsed_ms();
        self.state.lock().trace.note(at, event);
    }

    /// Counts something.
    pub fn count(&self, what: &'static str) {
        self.state.lock().trace.count(what);
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Records that something does not hold.
    pub fn violate(&self, property: &'static str, detail: String) {
        let violation = Violation { property, detail };
        self.note(format_args!("VIOLATION {violation}"));
        self.state.lock().violations.push(violation);
    }
}
