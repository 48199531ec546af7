//! Which faults strike how often, for the time being.
//!
//! Owns: the names of the faults and their rates. Does not own: what a fault does (`object_store.rs`, `catalog.rs`).

use std::collections::BTreeMap;

macro_rules! faults {
    ($($variant:ident = $name:literal,)+) => {
        /// One kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the name that stands beside each says what it is")]
        pub enum Fault {
            $($variant,)+
        }

        impl Fault {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in plans and reports.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

faults! {
    InternalError = "store-500",
    SlowDown = "store-503",
    Conflict = "store-409-nothing-there",
    OwnRetry = "store-412-own-retry",
    LostAnswer = "store-lost-answer",
    TimedOutDone = "store-timed-out-done",
    TimedOutNotDone = "store-timed-out-not-done",
    DoneLate = "store-done-late",
    CutBody = "store-cut-body",
    FlippedBit = "store-flipped-bit",
    StoredRot = "store-stored-rot",
    ListsLate = "store-lists-late",
    OldList = "store-old-list",
    LostRequest = "quorum-lost-request",
    LostReply = "quorum-lost-answer",
    AppliedLate = "quorum-applied-late",
    AppliedTwice = "quorum-applied-twice",
    ReadFails = "quorum-read-fails",
}

impl Fault {
    /// The fault of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name)
    }
}

/// Rates of faults, in thousandths of the requests that they can strike.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    rates: BTreeMap<Fault, u64>,
    /// Until this simulated time, in milliseconds from the beginning, no request reaches the store.
    pub store_away_until_ms: i64,
}

impl Weather {
    /// Sets one rate.
    pub fn set(&mut self, fault: Fault, per_mille: u64) {
        self.rates.insert(fault, per_mille);
    }

    /// Ends all faults.
    pub fn calm(&mut self) {
        *self = Self::default();
    }

    /// Chance of a fault.
    #[must_use]
    pub fn rate(&self, fault: Fault) -> u64 {
        self.rates.get(&fault).copied().unwrap_or(0)
    }
}
