//! Commands on registrations.

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerEpoch, BrokerId, Uuid};

use crate::image::brokers::{Endpoint, FeatureRange};

/// Registers a broker; its epoch becomes the command's index. The leader epoch of each partition that it leads grows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterBroker {
    /// Its node id.
    pub broker: BrokerId,
    /// The cluster that it believes to be of.
    pub cluster_id: String,
    /// Identity of the running process.
    pub incarnation_id: Uuid,
    /// Epoch of the registration that it shut down cleanly; [`BrokerEpoch::NONE`] after a crash or at the first start.
    pub previous_epoch: BrokerEpoch,
    /// Whether what it acknowledged survives any stop of it (durability `fsync`), so that a crash costs it no ISR.
    pub durable: bool,
    /// Whether it begins fenced, as brokers of a larger cluster do, until it asks to be unfenced.
    pub fenced: bool,
    /// Where its listeners are reached.
    pub endpoints: Vec<Endpoint>,
    /// Its rack.
    pub rack: Option<String>,
    /// What it supports.
    pub features: Vec<FeatureRange>,
    /// Ids of its log directories that are online.
    pub log_dirs: Vec<Uuid>,
    /// Those that take no new replicas.
    pub cordoned_dirs: Vec<Uuid>,
}

/// Registers a controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterController {
    /// Its node id.
    pub controller: BrokerId,
    /// Identity of the running process.
    pub incarnation_id: Uuid,
    /// Where its listeners are reached.
    pub endpoints: Vec<Endpoint>,
    /// What it supports.
    pub features: Vec<FeatureRange>,
}

/// Removes a broker, as an operator does with one that will not return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnregisterBroker {
    /// The broker.
    pub broker: BrokerId,
}

/// Changes one registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeBroker {
    /// The broker.
    pub broker: BrokerId,
    /// Its registration.
    pub broker_epoch: BrokerEpoch,
    /// What changes.
    pub change: BrokerChange,
}

/// What changes of a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BrokerChange {
    /// Its session ended: it leads nothing and leaves each ISR.
    Fence,
    /// It is there: it may lead again.
    Unfence,
    /// It asked to shut down: its leaderships move, it leaves each ISR and joins none.
    BeginControlledShutdown,
    /// These of its directories are offline until it registers again; their replicas count as fenced.
    DirectoriesOffline(Vec<Uuid>),
    /// These, and only these, take no new replicas.
    DirectoriesCordoned(Vec<Uuid>),
}
