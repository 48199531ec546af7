//! The cluster's identity.

use crate::command::{FormatCluster, METADATA_VERSION_FIRST, SetStoreId};
use crate::control::{Change, at_most};
use crate::image::features::METADATA_VERSION;
use crate::response::{Refusal, Reply, Response};

/// Features in one command, at most.
pub(crate) const FEATURES_MAX: usize = 64;

pub(crate) fn format(change: &mut Change, command: &FormatCluster) -> Response {
    if let Some(expected) = &change.image.cluster.cluster_id {
        if *expected == command.cluster_id {
            return Ok(Reply::Done);
        }
        return Err(Refusal::InconsistentClusterId { expected: expected.clone(), given: command.cluster_id.clone() });
    }
    at_most("features", command.features.len(), FEATURES_MAX)?;
    let finalized: std::collections::BTreeMap<String, i16> =
        command.features.iter().filter(|(_, level)| *level > 0).cloned().collect();
    if finalized.get(METADATA_VERSION).is_none_or(|level| *level < METADATA_VERSION_FIRST) {
        let reason = format!("a level of at least {METADATA_VERSION_FIRST} is needed");
        return Err(Refusal::InvalidFeature { feature: METADATA_VERSION.to_owned(), reason });
    }
    change.image.cluster.cluster_id = Some(command.cluster_id.clone());
    change.image.features.finalized = finalized;
    change.image.features.epoch = i64::try_from(change.index).unwrap_or(i64::MAX);
    change.delta.cluster = true;
    change.delta.features = true;
    Ok(Reply::Done)
}

pub(crate) fn set_store_id(change: &mut Change, command: &SetStoreId) -> Response {
    match change.image.cluster.store_id {
        Some(current) if current == command.store_id => {}
        Some(current) => return Err(Refusal::StoreIdDiffers { current }),
        None => {
            change.image.cluster.store_id = Some(command.store_id);
            change.delta.cluster = true;
        }
    }
    Ok(Reply::Done)
}
