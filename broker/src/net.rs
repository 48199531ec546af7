//! Sockets to frames and back.
//!
//! Owns: listeners, connections, their budgets and deadlines. Does not own: what a request means (`request.rs`).
//!
//! ```text
//! accept ─ limits ─ reader: size ▸ memory permit ▸ body ▸ dispatch in arrival order ─┐ bounded queue, in order
//!                   writer: answer of the oldest request ▸ socket ◄──────────────────┘
//! ```
//! Requests of one connection are begun one after the other, awaited together and answered in order. What a peer
//! announces costs nothing before a permit for it is held.

pub(crate) mod connection;
pub(crate) mod limits;
pub(crate) mod listener;
