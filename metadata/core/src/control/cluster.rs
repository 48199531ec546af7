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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::image::Image;

    fn format(features: Vec<(String, i16)>) -> (Response, Image) {
        let mut image = Image::default();
        let command = Command::FormatCluster(FormatCluster { cluster_id: "cluster".to_owned(), features });
        (image.apply(1, &command).0, image)
    }

    #[test]
    fn cluster_begins_at_a_metadata_version_of_this_system() {
        for (level, begins) in [(0, false), (29, false), (30, true), (31, true)] {
            let (response, image) = format(vec![(METADATA_VERSION.to_owned(), level), ("unused".to_owned(), 0)]);
            assert_eq!(response.is_ok(), begins, "level {level}: {response:?}");
            assert_eq!(image.cluster.cluster_id.is_some(), begins, "level {level}");
            assert_eq!(image.features.finalized.len(), usize::from(begins), "level 0 is not kept");
        }
        let (response, _) = format(Vec::new());
        assert!(matches!(response, Err(Refusal::InvalidFeature { .. })), "{response:?}");
    }

    #[test]
    fn cluster_has_at_most_as_many_features_as_a_command_holds() {
        let features = |count: usize| {
            let others = (1..count).map(|number| (format!("feature-{number}"), 1));
            others.chain([(METADATA_VERSION.to_owned(), 30)]).collect()
        };
        assert_eq!(format(features(FEATURES_MAX)).0, Ok(Reply::Done));
        let refused = Refusal::TooMany { what: "features".to_owned(), max: FEATURES_MAX };
        assert_eq!(format(features(FEATURES_MAX + 1)).0, Err(refused));
    }
}
