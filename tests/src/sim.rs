//! Tiering's whole life cycle on simulated time and a simulated store, from one seed.
//!
//! Owns: the plan of a seed, the world that runs it, shrinking, campaigns. Does not own: the properties
//! (`crate::checker`), or any decision of tiering: manager, copier, deleter, sweep, page writer, remote reader and the
//! quorum's state machine are the real ones.
//!
//! ```text
//!   seed ─► plan (steps) ─► world: logs ─► tiering (real) ─► store (simulated: faults, late, lost)
//!                                │             └──► quorum: metadata core (real), answers lost and late
//!                                └─ after each step, command, PUT and DELETE: checkers
//! ```
//! Invariants: one thread, one clock (tokio's, paused: it jumps to the next timer when nothing can run), all chance from the
//! seed and the number of the step, so that the same seed gives the same trace and a step keeps its chance when others are
//! left out.

pub mod broker;
pub mod campaign;
pub mod catalog;
pub mod clock;
pub mod cluster;
pub mod log;
pub mod object_store;
pub mod plan;
pub mod random;
pub mod replication;
pub mod runner;
pub mod shared;
pub mod shrink;
pub mod trace;
pub mod weather;
pub mod world;
