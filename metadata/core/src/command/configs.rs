//! The command on dynamic configs.

use serde::{Deserialize, Serialize};

use super::topics::ConfigDefaults;
use crate::image::configs::ConfigResource;

/// Changes the dynamic configs of one resource, all or none. The operations are done here, so that concurrent changes
/// of one list compose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlterConfigs {
    /// Whose configs.
    pub resource: ConfigResource,
    /// Whether all that is not named is removed (Kafka's old `AlterConfigs`).
    pub replace_all: bool,
    /// The operations, in order, each value validated.
    pub operations: Vec<ConfigOperation>,
    /// What holds where a topic has no config of its own.
    pub defaults: ConfigDefaults,
}

/// One change of one config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConfigOperation {
    /// Sets a value.
    Set {
        /// The config.
        key: String,
        /// Its value.
        value: String,
    },
    /// Removes a value; without effect if there is none.
    Delete {
        /// The config.
        key: String,
    },
    /// Adds items to a comma-separated list, those that are not in it.
    Append {
        /// The config.
        key: String,
        /// The items.
        items: String,
        /// The list that holds where the resource has none.
        inherited: String,
    },
    /// Removes items from a comma-separated list.
    Subtract {
        /// The config.
        key: String,
        /// The items.
        items: String,
        /// The list that holds where the resource has none.
        inherited: String,
    },
}
