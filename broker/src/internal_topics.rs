//! What happens to the partitions of the cluster's own topics, for the coordinators that live in them.
//!
//! Owns: the events, in order. Each partition has at most one unread watermark event, so the queue is bounded by the number
//! of partitions and of changes of leadership.

use std::sync::Arc;

use strata_compat::ids::{Offset, TopicIdPartition};
use tokio::sync::mpsc;

use crate::partition::Partition;

/// One event.
pub(crate) enum InternalTopicEvent {
    /// This broker leads the partition from now on, perhaps in a newer epoch.
    Led(Arc<Partition>),
    /// It does not lead it any more.
    Lost(TopicIdPartition),
    /// The high watermark has moved here or further.
    Watermark(TopicIdPartition, Offset),
}

/// Where partitions tell them.
#[derive(Clone)]
pub(crate) struct InternalTopics(mpsc::UnboundedSender<InternalTopicEvent>);

impl InternalTopics {
    pub(crate) fn new() -> (Self, mpsc::UnboundedReceiver<InternalTopicEvent>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    pub(crate) fn tell(&self, event: InternalTopicEvent) {
        if self.0.send(event).is_err() {
            tracing::debug!("the coordinators have stopped");
        }
    }
}
