//! Sockets to frames and back.
//!
//! Owns: listeners, connections, their budgets and deadlines. Does not own: what a request means (`request.rs`).
//!
//! ```text
//! accept ─ limits ─ reader: all that has come ▸ size ▸ memory permit ▸ rest ▸ dispatch in arrival order ─┐ bounded queue, in order
//!                   writer: answers of the oldest requests ▸ socket ◄────────────────────────────────────┘
//! ```
//! Requests of one connection are begun one after the other, awaited together and answered in order: those that came with one
//! read with one write, where their answers are made by then. What a peer
//! announces costs nothing before a permit for it is held. Answers that are made and not taken count against a budget of their
//! own; while that is used up, fetches answer less, other large answers wait, and who does not read is closed.

pub(crate) mod connection;
pub(crate) mod decoded;
pub(crate) mod limits;
pub(crate) mod listener;
mod pace;
