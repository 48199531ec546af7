//! Bytes by opaque key, memory in front of disk: a thin, strict use of foyer. See the crate's README.md.

pub mod config;
pub mod error;
mod foyer_metrics;
pub mod geometry;
pub mod hybrid_cache;
pub mod metrics;
pub mod permits;
pub mod single_flight;

pub use config::CacheConfig;
pub use error::{Error, ErrorKind};
pub use hybrid_cache::{Admission, CacheHit, ChunkKey, HitSource, HybridCache};
pub use metrics::CacheMetrics;
pub use permits::{BytePermit, BytePermits};
pub use single_flight::{Claim, FlightError, SingleFlight, Ticket, Waiter};
