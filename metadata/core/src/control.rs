//! What each command does, one family in each file. All functions change a copy of the image; a refusal drops the copy.

pub(crate) mod brokers;
pub(crate) mod cluster;
pub(crate) mod configs;
pub(crate) mod features;
pub(crate) mod isr;
pub(crate) mod partitions;
pub(crate) mod producer_ids;
pub(crate) mod remote_segments;
pub(crate) mod topics;

use strata_compat::ids::{BrokerEpoch, BrokerId};

use crate::delta::Delta;
use crate::image::Image;
use crate::response::Refusal;

/// A state that is being changed by one command.
pub(crate) struct Change {
    /// Index of the command.
    pub(crate) index: u64,
    /// The state, as far as it is changed.
    pub(crate) image: Image,
    /// What was touched.
    pub(crate) delta: Delta,
}

/// Refuses more than `max` of something.
fn at_most(what: &str, count: usize, max: usize) -> Result<(), Refusal> {
    if count > max { Err(Refusal::TooMany { what: what.to_owned(), max }) } else { Ok(()) }
}

/// Refuses a broker whose registration is not the current one.
fn current_registration(image: &Image, broker: BrokerId, epoch: BrokerEpoch) -> Result<(), Refusal> {
    let registered = image.broker(broker).ok_or(Refusal::UnknownBroker(broker))?;
    if registered.epoch == epoch { Ok(()) } else { Err(Refusal::StaleBrokerEpoch { current: registered.epoch }) }
}
