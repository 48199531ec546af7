//! Blocks of producer ids.

use strata_compat::ids::ProducerId;

use crate::command::AllocateProducerIds;
use crate::control::{Change, current_registration};
use crate::image::producer_ids::{PRODUCER_ID_BLOCK, ProducerIdsImage};
use crate::response::{Refusal, Reply, Response};

pub(crate) fn allocate(change: &mut Change, command: &AllocateProducerIds) -> Response {
    current_registration(&change.image, command.broker, command.broker_epoch)?;
    let first = change.image.producer_ids.next;
    let next = first.0.checked_add(i64::from(PRODUCER_ID_BLOCK)).ok_or(Refusal::ProducerIdsExhausted)?;
    let last_owner = Some((command.broker, command.broker_epoch));
    change.image.producer_ids = ProducerIdsImage { next: ProducerId(next), last_owner };
    change.delta.producer_ids = true;
    Ok(Reply::ProducerIds { first, count: PRODUCER_ID_BLOCK })
}
