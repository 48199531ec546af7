//! What happens to the partitions of the cluster's own topics, for the coordinators that live in them.
//!
//! Owns: the events, in order. A partition whose last watermark event is unread gets no second one: the unread one tells the
//! newest watermark when it is read. So the queue is bounded by the number of partitions and of changes of leadership.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
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

/// Watermarks of unread events.
type Unread = Arc<Mutex<BTreeMap<TopicIdPartition, Offset>>>;

/// Where partitions tell them.
#[derive(Clone)]
pub(crate) struct InternalTopics {
    sender: mpsc::UnboundedSender<InternalTopicEvent>,
    unread: Unread,
}

/// Where they are read.
pub(crate) struct InternalTopicEvents {
    receiver: mpsc::UnboundedReceiver<InternalTopicEvent>,
    unread: Unread,
}

impl InternalTopics {
    pub(crate) fn new() -> (Self, InternalTopicEvents) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let unread = Unread::default();
        (Self { sender, unread: Arc::clone(&unread) }, InternalTopicEvents { receiver, unread })
    }

    pub(crate) fn tell(&self, event: InternalTopicEvent) {
        if let InternalTopicEvent::Watermark(id, offset) = &event {
            match self.unread.lock().entry(*id) {
                Entry::Occupied(mut unread) => {
                    let newest = (*unread.get()).max(*offset);
                    unread.insert(newest);
                    return;
                }
                Entry::Vacant(none) => none.insert(*offset),
            };
        }
        if self.sender.send(event).is_err() {
            tracing::debug!("the coordinators have stopped");
        }
    }
}

impl InternalTopicEvents {
    /// The next event; `None` once nobody is left to tell one.
    pub(crate) async fn next(&mut self) -> Option<InternalTopicEvent> {
        let event = self.receiver.recv().await?;
        Some(match event {
            InternalTopicEvent::Watermark(id, offset) => {
                // From here on a move is an event of its own.
                let newest = self.unread.lock().remove(&id).unwrap_or(offset);
                InternalTopicEvent::Watermark(id, newest)
            }
            InternalTopicEvent::Led(_) | InternalTopicEvent::Lost(_) => event,
        })
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{PartitionId, TopicId};

    use super::*;

    fn partition(index: i32) -> TopicIdPartition {
        TopicIdPartition { topic_id: TopicId::ZERO, partition: PartitionId(index) }
    }

    /// A short name of each event until nobody tells one.
    async fn read_all(mut events: InternalTopicEvents) -> Vec<(char, i32, i64)> {
        let mut read = Vec::new();
        while let Some(event) = events.next().await {
            read.push(match event {
                InternalTopicEvent::Led(partition) => ('l', partition.id().partition.0, 0),
                InternalTopicEvent::Lost(id) => ('x', id.partition.0, 0),
                InternalTopicEvent::Watermark(id, offset) => ('w', id.partition.0, offset.0),
            });
        }
        read
    }

    #[tokio::test]
    async fn unread_moves_of_a_watermark_are_one_event_with_the_newest() {
        let (topics, events) = InternalTopics::new();
        for offset in [1, 3, 2] {
            topics.tell(InternalTopicEvent::Watermark(partition(0), Offset(offset)));
            topics.tell(InternalTopicEvent::Watermark(partition(1), Offset(10 * offset)));
        }
        topics.tell(InternalTopicEvent::Lost(partition(0)));
        drop(topics);
        assert_eq!(read_all(events).await, [('w', 0, 3), ('w', 1, 30), ('x', 0, 0)]);
    }

    #[tokio::test]
    async fn a_move_after_the_event_was_read_is_told_again() {
        let (topics, mut events) = InternalTopics::new();
        topics.tell(InternalTopicEvent::Watermark(partition(0), Offset(1)));
        assert!(matches!(events.next().await, Some(InternalTopicEvent::Watermark(_, Offset(1)))));
        topics.tell(InternalTopicEvent::Watermark(partition(0), Offset(2)));
        drop(topics);
        assert_eq!(read_all(events).await, [('w', 0, 2)]);
    }
}
