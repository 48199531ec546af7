//! Runs the group coordinator of each led partition of `__consumer_offsets`.

pub(crate) mod group_partition;

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::config::GroupConfig;
use crate::internal_topics::InternalTopicEvent;
use crate::server::Broker;

/// The group coordinators of this broker.
pub(crate) struct GroupCoordinators {}

impl GroupCoordinators {
    pub(crate) fn new(_config: &GroupConfig) -> Self {
        Self {}
    }

    pub(crate) fn start(&self, broker: &Arc<Broker>, mut events: mpsc::UnboundedReceiver<InternalTopicEvent>) {
        let _weak = Arc::downgrade(broker);
        tokio::spawn(async move { while events.recv().await.is_some() {} });
    }
}
