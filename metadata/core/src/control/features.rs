//! Finalized features: each node must support a level before it is finalized.

use crate::command::{FeatureUpgrade, METADATA_VERSION_FIRST, UpdateFeatures};
use crate::control::cluster::FEATURES_MAX;
use crate::control::{Change, at_most};
use crate::image::Image;
use crate::image::brokers::FeatureRange;
use crate::image::features::METADATA_VERSION;
use crate::response::{Refusal, Reply, Response};

pub(crate) fn update(change: &mut Change, command: &UpdateFeatures) -> Response {
    at_most("features", command.updates.len(), FEATURES_MAX)?;
    let before = change.image.features.finalized.clone();
    for (feature, level, upgrade) in &command.updates {
        check(&change.image, feature, *level, *upgrade)?;
        if *level == 0 {
            change.image.features.finalized.remove(feature);
        } else {
            change.image.features.finalized.insert(feature.clone(), *level);
        }
    }
    if change.image.features.finalized != before {
        change.image.features.epoch = i64::try_from(change.index).unwrap_or(i64::MAX);
        change.delta.features = true;
    }
    Ok(Reply::Done)
}

fn check(image: &Image, feature: &str, level: i16, upgrade: FeatureUpgrade) -> Result<(), Refusal> {
    let invalid = |reason: String| Err(Refusal::InvalidFeature { feature: feature.to_owned(), reason });
    let current = image.features.level(feature);
    if level < 0 {
        return invalid(format!("level {level} is negative"));
    }
    if feature == METADATA_VERSION && level < METADATA_VERSION_FIRST {
        return invalid(format!("level {level} is below {METADATA_VERSION_FIRST}, the first of this system"));
    }
    match upgrade {
        FeatureUpgrade::Upgrade if level < current => {
            return invalid(format!("level {level} is below the finalized level {current}"));
        }
        // What a lower metadata.version could not express would be lost.
        FeatureUpgrade::SafeDowngrade if feature == METADATA_VERSION && level < current => {
            return invalid(format!("no safe downgrade from level {current} to {level} is known"));
        }
        FeatureUpgrade::Upgrade | FeatureUpgrade::SafeDowngrade | FeatureUpgrade::UnsafeDowngrade => {}
    }
    let lacking = |node: String| Err(Refusal::UnsupportedFeature { feature: feature.to_owned(), level, node });
    if let Some(broker) = image.brokers.iter().find(|broker| !FeatureRange::supports(&broker.features, feature, level))
    {
        return lacking(format!("broker {}", broker.broker));
    }
    let mut controllers = image.brokers.controllers();
    if let Some(node) = controllers.find(|node| !FeatureRange::supports(&node.features, feature, level)) {
        return lacking(format!("controller {}", node.controller));
    }
    Ok(())
}
