//! The write order of an object: reserve → PUT → verify → commit.
//!
//! Owns: which step follows which outcome. Does not own: the steps themselves (`copier.rs`).
//! Invariants: a retry keeps its uuid; an unknown outcome of the quorum is resolved by reading it before anything else is
//! asked; "exists already" may be our own lost success; nothing is reserved anew before the last attempt has one outcome.
//! A crash leaves a reservation, maybe an object: the next leader's reserve abandons the one, the deleter removes the other.
//!
//! ```text
//!            ┌── unknown: read the quorum ──┐        ┌─ unknown: put again ─┐           ┌── unknown: read the quorum ──┐
//!            ▼                              │        ▼                      │           ▼                              │
//!   start ► reserve ───────────────────────►┴──────► put ──────► verify ───►┴────────► commit ─────────────────────────┴► committed
//!            │ refused                                │ differs    │                   │ │ rows full: write a page, again
//!            ▼                                        └────────────┴─► abandon ◄───────┘ refused or fenced
//!          given up / fenced ◄───────────────────────────────────────────┘
//! ```

use crate::catalog::UuidState;
use crate::error::ErrorKind;

/// PUTs of one attempt whose object was not there afterwards, at most.
const MISSING_MAX: u32 = 3;

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the quorum for the reservation.
    Reserve,
    /// PUT the object, create-only.
    Put,
    /// Read back what lies in the bucket and compare it.
    Verify,
    /// Ask the quorum to commit.
    Commit,
    /// Write a page first: the quorum holds as many rows as it may.
    WritePage,
    /// Read how the uuid stands, linearizably.
    ReadCatalog,
    /// Give up the reservation.
    Abandon,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The step succeeded.
    Done,
    /// The PUT found an object of this name.
    Exists,
    /// Verify found no object.
    Missing,
    /// Verify found other bytes than ours.
    Differs,
    /// The quorum says how the uuid stands.
    Stands(UuidState),
    /// The step failed. `Unavailable` means that its outcome is unknown.
    Failed(ErrorKind),
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The object is committed.
    Committed,
    /// Another leader, incarnation or tiering epoch took over.
    Fenced,
    /// The attempt was given up; the next one begins anew, with another uuid.
    GivenUp(ErrorKind),
}

/// What the driver does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Run this step now.
    Do(Step),
    /// Wait, then run the step that [`CommitState::step`] names.
    Wait,
    /// The attempt has ended.
    End(Outcome),
}

/// Where one attempt stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitState {
    step: Step,
    /// Whether the commit was asked for, and not only the reservation.
    commit_asked: bool,
    missing: u32,
    /// What an abandon is for.
    ending: Outcome,
}

impl Default for CommitState {
    fn default() -> Self {
        Self::new()
    }
}

impl CommitState {
    /// A new attempt.
    #[must_use]
    pub const fn new() -> Self {
        Self { step: Step::Reserve, commit_asked: false, missing: 0, ending: Outcome::GivenUp(ErrorKind::Internal) }
    }

    /// The step that is under way, or that follows a wait.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// Ends the attempt from outside: the range has to be cut anew.
    pub const fn give_up(&mut self, kind: ErrorKind) -> Next {
        self.abandon(Outcome::GivenUp(kind))
    }

    /// Takes how the current step ended, and says what follows.
    pub fn handle(&mut self, event: Event) -> Next {
        match self.step {
            Step::Reserve => self.reserved(event),
            Step::Put => self.put(event),
            Step::Verify => self.verified(event),
            Step::Commit => self.committed(event),
            Step::WritePage => self.page_written(event),
            Step::ReadCatalog => self.catalog_read(event),
            Step::Abandon => self.abandoned(event),
        }
    }

    const fn go(&mut self, step: Step) -> Next {
        self.step = step;
        Next::Do(step)
    }

    const fn wait_for(&mut self, step: Step) -> Next {
        self.step = step;
        Next::Wait
    }

    const fn abandon(&mut self, ending: Outcome) -> Next {
        self.ending = ending;
        self.go(Step::Abandon)
    }

    const fn reserved(&mut self, event: Event) -> Next {
        match event {
            Event::Done => self.go(Step::Put),
            Event::Failed(ErrorKind::Unavailable) => self.wait_for(Step::ReadCatalog),
            Event::Failed(ErrorKind::Fenced) => Next::End(Outcome::Fenced),
            Event::Failed(kind) => Next::End(Outcome::GivenUp(kind)),
            _ => Next::End(Outcome::GivenUp(ErrorKind::Internal)),
        }
    }

    const fn put(&mut self, event: Event) -> Next {
        match event {
            // What exists is ours or not: verify tells.
            Event::Done | Event::Exists => self.go(Step::Verify),
            Event::Failed(ErrorKind::Unavailable) => self.wait_for(Step::Put),
            Event::Failed(kind) => self.abandon(Outcome::GivenUp(kind)),
            _ => self.abandon(Outcome::GivenUp(ErrorKind::Internal)),
        }
    }

    const fn verified(&mut self, event: Event) -> Next {
        match event {
            Event::Done => self.go(Step::Commit),
            // A store may answer "conflict" while another PUT of this name is under way and leave nothing.
            Event::Missing if self.missing < MISSING_MAX => {
                self.missing += 1;
                self.wait_for(Step::Put)
            }
            Event::Missing | Event::Differs => self.abandon(Outcome::GivenUp(ErrorKind::Corrupt)),
            Event::Failed(ErrorKind::Unavailable) => self.wait_for(Step::Verify),
            Event::Failed(kind) => self.abandon(Outcome::GivenUp(kind)),
            _ => self.abandon(Outcome::GivenUp(ErrorKind::Internal)),
        }
    }

    const fn committed(&mut self, event: Event) -> Next {
        self.commit_asked = true;
        match event {
            Event::Done => Next::End(Outcome::Committed),
            Event::Failed(ErrorKind::RowsFull) => self.go(Step::WritePage),
            Event::Failed(ErrorKind::Unavailable) => self.wait_for(Step::ReadCatalog),
            Event::Failed(ErrorKind::Fenced) => self.abandon(Outcome::Fenced),
            Event::Failed(kind) => self.abandon(Outcome::GivenUp(kind)),
            _ => self.abandon(Outcome::GivenUp(ErrorKind::Internal)),
        }
    }

    const fn page_written(&mut self, event: Event) -> Next {
        match event {
            Event::Done => self.go(Step::Commit),
            Event::Failed(ErrorKind::Fenced) => self.abandon(Outcome::Fenced),
            Event::Failed(_) => self.wait_for(Step::Commit),
            _ => self.abandon(Outcome::GivenUp(ErrorKind::Internal)),
        }
    }

    const fn catalog_read(&mut self, event: Event) -> Next {
        match event {
            Event::Stands(UuidState::Committed) => Next::End(Outcome::Committed),
            Event::Stands(UuidState::Reserved) if self.commit_asked => self.go(Step::Commit),
            Event::Stands(UuidState::Reserved) => self.go(Step::Put),
            Event::Stands(UuidState::Abandoned) => Next::End(Outcome::Fenced),
            // After a commit was asked for, the row may be in a page or gone already: the next plan sees the remote end.
            Event::Stands(UuidState::Unknown) if self.commit_asked => Next::End(Outcome::Fenced),
            Event::Stands(UuidState::Unknown) => self.go(Step::Reserve),
            Event::Failed(ErrorKind::Fenced | ErrorKind::NotFound) => Next::End(Outcome::Fenced),
            _ => self.wait_for(Step::ReadCatalog),
        }
    }

    const fn abandoned(&mut self, event: Event) -> Next {
        match event {
            Event::Stands(UuidState::Committed) => Next::End(Outcome::Committed),
            // The outcome must be known before anything else is reserved.
            Event::Failed(ErrorKind::Unavailable) => self.wait_for(Step::Abandon),
            _ => Next::End(self.ending),
        }
    }
}

#[cfg(test)]
mod tests;
