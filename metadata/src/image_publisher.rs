//! Hands each new metadata image to whoever follows it.
//!
//! Owns: the current image and its deltas, in apply order. Does not own: what subscribers do with them; a slow subscriber
//! misses deltas (it is told how many) and never an image.

use std::sync::Arc;

use strata_metadata_core::delta::Delta;
use strata_metadata_core::image::Image;
use tokio::sync::{broadcast, watch};

/// Deltas kept for a subscriber that is behind; one further behind reads the whole image instead.
const DELTAS_MAX: usize = 1024;

/// An image as of one index of the Raft log, and what the last batch of commands changed.
#[derive(Clone, Debug)]
pub struct Published {
    /// Index of the last applied entry; 0 before the first.
    pub index: u64,
    /// The image at that index.
    pub image: Arc<Image>,
}

/// One step from one image to the next.
#[derive(Clone, Debug)]
pub struct PublishedDelta {
    /// The image after the step.
    pub published: Published,
    /// What changed, one delta for each command, in order.
    pub deltas: Arc<[Delta]>,
}

/// The current image of this node.
pub struct ImagePublisher {
    current: watch::Sender<Published>,
    deltas: broadcast::Sender<PublishedDelta>,
}

impl ImagePublisher {
    /// Begins with this image.
    #[must_use]
    pub fn new(index: u64, image: Arc<Image>) -> Self {
        Self { current: watch::Sender::new(Published { index, image }), deltas: broadcast::Sender::new(DELTAS_MAX) }
    }

    /// The newest image.
    #[must_use]
    pub fn current(&self) -> Published {
        self.current.borrow().clone()
    }

    /// Follows the newest image; images in between may be skipped.
    #[must_use]
    pub fn images(&self) -> watch::Receiver<Published> {
        self.current.subscribe()
    }

    /// Follows every step; a subscriber more than a thousand steps behind is told that it lagged.
    #[must_use]
    pub fn deltas(&self) -> broadcast::Receiver<PublishedDelta> {
        self.deltas.subscribe()
    }

    pub(crate) fn publish(&self, index: u64, image: Arc<Image>, deltas: Vec<Delta>) {
        let published = Published { index, image };
        self.current.send_replace(published.clone());
        if self.deltas.receiver_count() > 0
            && self.deltas.send(PublishedDelta { published, deltas: deltas.into() }).is_err()
        {
            tracing::trace!("the last follower of metadata deltas has just gone");
        }
    }
}
