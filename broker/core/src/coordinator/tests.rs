//! Scenarios of the group coordinator, on a log that takes every record at once.

mod edges;
mod harness;

mod admin;
mod joining;
mod membership;
mod model;
mod offsets;
mod random;
mod reload;
mod syncing;
