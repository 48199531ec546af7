//! The partitions that this broker hosts.
//!
//! Owns: finding them. Does not own: what one does (`partition.rs`), or which there are (`metadata_applier.rs` tells).

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use strata_compat::ids::TopicIdPartition;

use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_manager::LogManager;
use crate::partition::error::PartitionError;
use crate::partition::{Partition, PartitionServices};

/// All partitions hosted here.
pub(crate) struct ReplicaManager {
    pub(crate) logs: Arc<LogManager>,
    pub(crate) services: Arc<PartitionServices>,
    hosted: RwLock<BTreeMap<TopicIdPartition, Arc<Partition>>>,
    /// Partitions that cannot be served, and why, in words for the log and the operator.
    refused: RwLock<BTreeMap<TopicIdPartition, String>>,
}

impl ReplicaManager {
    pub(crate) fn new(logs: Arc<LogManager>, services: Arc<PartitionServices>) -> Self {
        Self { logs, services, hosted: RwLock::default(), refused: RwLock::default() }
    }

    /// A hosted partition.
    pub(crate) fn get(&self, id: TopicIdPartition) -> Option<Arc<Partition>> {
        self.hosted.read().get(&id).cloned()
    }

    /// All hosted partitions.
    pub(crate) fn all(&self) -> Vec<Arc<Partition>> {
        self.hosted.read().values().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.hosted.read().len()
    }

    /// Why a partition of the image is not hosted: it cannot be served, or this broker has not caught up yet.
    pub(crate) fn why_missing(&self, id: TopicIdPartition) -> PartitionError {
        match self.refused.read().get(&id) {
            Some(reason) => LogError::new(LogErrorKind::Unavailable, reason.clone()).into(),
            None => strata_broker_core::error::Error::NotLeader.into(),
        }
    }

    /// Partitions that cannot be served, and why.
    pub(crate) fn refused(&self) -> Vec<(TopicIdPartition, String)> {
        self.refused.read().iter().map(|(id, reason)| (*id, reason.clone())).collect()
    }

    /// What of this node's logs cannot be served, in words for the operator; `None` if all can.
    pub(crate) fn trouble(&self) -> Option<String> {
        let offline = self.logs.offline_directories().into_iter();
        let mut told: Vec<String> = offline
            .map(|(directory, reason)| format!("log directory {} is offline: {reason}", directory.display()))
            .collect();
        let refused = self.refused.read();
        if let Some((id, reason)) = refused.first_key_value() {
            told.push(format!("{} partitions cannot be served; {id}: {reason}", refused.len()));
        }
        (!told.is_empty()).then(|| told.join("; "))
    }

    pub(crate) fn insert(&self, partition: Arc<Partition>) {
        let id = partition.id();
        self.refused.write().remove(&id);
        self.hosted.write().insert(id, partition);
    }

    pub(crate) fn refuse(&self, id: TopicIdPartition, reason: String) {
        self.hosted.write().remove(&id);
        self.refused.write().insert(id, reason);
    }

    pub(crate) fn remove(&self, id: TopicIdPartition) -> Option<Arc<Partition>> {
        self.refused.write().remove(&id);
        self.hosted.write().remove(&id)
    }
}
