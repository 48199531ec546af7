//! Finalized feature levels.
//!
//! Owns: the levels and their epoch. Does not own: what a node supports (`image/brokers.rs`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The feature that gates commands and record formats.
pub const METADATA_VERSION: &str = "metadata.version";
/// The feature that keeps eligible leader replicas.
pub const ELIGIBLE_LEADER_REPLICAS_VERSION: &str = "eligible.leader.replicas.version";

/// Finalized feature levels; a feature that is not here has level 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeaturesImage {
    /// Levels by name, all above 0.
    pub finalized: BTreeMap<String, i16>,
    /// Index of the last command that changed them; −1 if none did.
    pub epoch: i64,
}

impl Default for FeaturesImage {
    fn default() -> Self {
        Self { finalized: BTreeMap::new(), epoch: -1 }
    }
}

impl FeaturesImage {
    /// The finalized level of a feature, 0 if none is.
    #[must_use]
    pub fn level(&self, name: &str) -> i16 {
        self.finalized.get(name).copied().unwrap_or(0)
    }

    /// The finalized `metadata.version`, 0 before the cluster is formatted.
    #[must_use]
    pub fn metadata_version(&self) -> i16 {
        self.level(METADATA_VERSION)
    }

    /// Whether eligible leader replicas are kept.
    #[must_use]
    pub fn keeps_elr(&self) -> bool {
        self.level(ELIGIBLE_LEADER_REPLICAS_VERSION) >= 1
    }
}
