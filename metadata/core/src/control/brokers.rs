//! Registrations, and what they do to the partitions of a broker.

use strata_compat::ids::{BrokerEpoch, BrokerId, Uuid};

use crate::command::brokers::{BrokerChange, ChangeBroker, RegisterBroker, RegisterController, UnregisterBroker};
use crate::control::cluster::FEATURES_MAX;
use crate::control::partitions::{Ask, elect_where_leaderless, ids_where, update};
use crate::control::{Change, at_most, current_registration};
use crate::image::brokers::{Broker, Controller, Endpoint, FeatureRange};
use crate::image::features::METADATA_VERSION;
use crate::image::partitions::{DIRECTORY_RESERVED_BELOW, Partition};
use crate::response::{Refusal, Reply, Response};

const ENDPOINTS_MAX: usize = 32;
const LOG_DIRS_MAX: usize = 256;
const TEXT_BYTES_MAX: usize = 255;

pub(crate) fn register(change: &mut Change, command: &RegisterBroker) -> Response {
    check_registration(change, command)?;
    let stored = change.image.broker(command.broker).map(|broker| broker.epoch);
    let is_clean = command.durable || stored.is_none_or(|epoch| epoch == command.previous_epoch);
    // The epoch must be one that a client's signed number can hold; an index never comes near its end.
    let epoch = BrokerEpoch(i64::try_from(change.index).unwrap_or(i64::MAX));
    let mut broker = Broker {
        broker: command.broker,
        epoch,
        incarnation_id: command.incarnation_id,
        endpoints: command.endpoints.clone(),
        rack: command.rack.clone(),
        features: command.features.clone(),
        log_dirs: command.log_dirs.clone(),
        offline_dirs: Vec::new(),
        cordoned_dirs: command.cordoned_dirs.clone(),
        fenced: true,
        in_controlled_shutdown: false,
    };
    change.delta.brokers.insert(command.broker);
    let is_unclean = !is_clean && change.image.features.keeps_elr();
    if command.fenced || is_unclean {
        change.image.brokers.set(broker.clone());
        leave_isr(change, command.broker, is_unclean, |_| true)?;
    }
    if !command.fenced {
        broker.fenced = false;
        change.image.brokers.set(broker);
        // What it held in a directory that is gone, it holds no longer.
        let log_dirs = command.log_dirs.clone();
        leave_isr(change, command.broker, false, |partition| {
            partition.directory_of(command.broker).is_some_and(|directory| {
                directory.as_u128() >= DIRECTORY_RESERVED_BELOW && !log_dirs.contains(&directory)
            })
        })?;
        // The process that led before is gone: what it had under way must not count as this one's.
        for id in ids_where(change, |partition| partition.leader == command.broker) {
            update(change, id, Ask { bumps_leader_epoch: true, ..Ask::ONLINE }, |_| {})?;
        }
        lead_where_leaderless(change, command.broker)?;
    }
    Ok(Reply::Registered { broker_epoch: epoch })
}

fn check_registration(change: &Change, command: &RegisterBroker) -> Result<(), Refusal> {
    let image = &change.image;
    let invalid = |reason: String| Err(Refusal::InvalidRegistration { reason });
    if let Some(expected) = image.cluster.cluster_id.as_ref().filter(|id| **id != command.cluster_id) {
        return Err(Refusal::InconsistentClusterId { expected: expected.clone(), given: command.cluster_id.clone() });
    }
    if command.broker.0 < 0 {
        return invalid(format!("broker id {} is negative", command.broker));
    }
    check_node(&command.endpoints, &command.features)?;
    if command.rack.as_ref().is_some_and(|rack| rack.len() > TEXT_BYTES_MAX) {
        return invalid("the rack's name is too long".to_owned());
    }
    if command.features.iter().all(|range| range.name != METADATA_VERSION) {
        return invalid(format!("{METADATA_VERSION} is not among the features"));
    }
    check_features(change, &command.features, &format!("broker {}", command.broker))?;
    at_most("cordoned log directories", command.cordoned_dirs.len(), LOG_DIRS_MAX)?;
    check_log_dirs(change, command.broker, &command.log_dirs)
}

fn check_node(endpoints: &[Endpoint], features: &[FeatureRange]) -> Result<(), Refusal> {
    at_most("endpoints", endpoints.len(), ENDPOINTS_MAX)?;
    at_most("features", features.len(), FEATURES_MAX)?;
    for endpoint in endpoints {
        at_most("bytes of an endpoint's name", endpoint.name.len(), TEXT_BYTES_MAX)?;
        at_most("bytes of an endpoint's host", endpoint.host.len(), TEXT_BYTES_MAX)?;
    }
    features.iter().try_for_each(|range| at_most("bytes of a feature's name", range.name.len(), TEXT_BYTES_MAX))
}

fn check_features(change: &Change, features: &[FeatureRange], node: &str) -> Result<(), Refusal> {
    for (feature, level) in &change.image.features.finalized {
        if !FeatureRange::supports(features, feature, *level) {
            return Err(Refusal::UnsupportedFeature { feature: feature.clone(), level: *level, node: node.to_owned() });
        }
    }
    Ok(())
}

fn check_log_dirs(change: &Change, broker: BrokerId, log_dirs: &[Uuid]) -> Result<(), Refusal> {
    let invalid = |reason: String| Err(Refusal::InvalidRegistration { reason });
    at_most("log directories", log_dirs.len(), LOG_DIRS_MAX)?;
    if log_dirs.is_empty() {
        return invalid("no log directory is online".to_owned());
    }
    for (position, dir) in log_dirs.iter().enumerate() {
        if dir.as_u128() < DIRECTORY_RESERVED_BELOW {
            return invalid(format!("log directory id {dir} is reserved"));
        }
        if log_dirs.iter().take(position).any(|other| other == dir) {
            return invalid(format!("log directory id {dir} is named twice"));
        }
        let mut others = change.image.brokers.iter().filter(|other| other.broker != broker);
        if let Some(owner) = others.find(|other| other.log_dirs.contains(dir)) {
            return invalid(format!("log directory id {dir} belongs to broker {}", owner.broker));
        }
    }
    Ok(())
}

pub(crate) fn register_controller(change: &mut Change, command: &RegisterController) -> Response {
    check_node(&command.endpoints, &command.features)?;
    check_features(change, &command.features, &format!("controller {}", command.controller))?;
    change.image.brokers.set_controller(Controller {
        controller: command.controller,
        incarnation_id: command.incarnation_id,
        endpoints: command.endpoints.clone(),
        features: command.features.clone(),
    });
    change.delta.controllers.insert(command.controller);
    Ok(Reply::Registered { broker_epoch: BrokerEpoch(i64::try_from(change.index).unwrap_or(i64::MAX)) })
}

pub(crate) fn unregister(change: &mut Change, command: &UnregisterBroker) -> Response {
    if change.image.broker(command.broker).is_none() {
        return Err(Refusal::UnknownBroker(command.broker));
    }
    change.image.brokers.remove(command.broker);
    change.delta.brokers.insert(command.broker);
    leave_isr(change, command.broker, false, |_| true)?;
    Ok(Reply::Done)
}

pub(crate) fn change(change: &mut Change, command: &ChangeBroker) -> Response {
    let id = command.broker;
    current_registration(&change.image, id, command.broker_epoch)?;
    let Some(before) = change.image.broker(id).cloned() else {
        return Err(Refusal::UnknownBroker(id));
    };
    let mut broker = before.as_ref().clone();
    match &command.change {
        BrokerChange::Fence => broker.fenced = true,
        BrokerChange::Unfence => broker.fenced = false,
        BrokerChange::BeginControlledShutdown => broker.in_controlled_shutdown = true,
        BrokerChange::DirectoriesOffline(dirs) => {
            at_most("log directories", dirs.len(), LOG_DIRS_MAX)?;
            for dir in dirs {
                if broker.log_dirs.contains(dir) {
                    broker.log_dirs.retain(|online| online != dir);
                    broker.offline_dirs.push(*dir);
                }
            }
        }
        BrokerChange::DirectoriesCordoned(dirs) => {
            at_most("log directories", dirs.len(), LOG_DIRS_MAX)?;
            broker.cordoned_dirs.clone_from(dirs);
        }
    }
    if broker == *before {
        return Ok(Reply::Done);
    }
    let offline = broker.offline_dirs.clone();
    change.image.brokers.set(broker);
    change.delta.brokers.insert(id);
    match &command.change {
        BrokerChange::Fence | BrokerChange::BeginControlledShutdown => leave_isr(change, id, false, |_| true)?,
        BrokerChange::DirectoriesOffline(_) => leave_isr(change, id, false, |partition| {
            partition.directory_of(id).is_some_and(|directory| offline.contains(&directory))
        })?,
        BrokerChange::Unfence => lead_where_leaderless(change, id)?,
        BrokerChange::DirectoriesCordoned(_) => {}
    }
    Ok(Reply::Done)
}

/// The broker leaves the ISR of its partitions, and what it led goes to another.
fn leave_isr(
    change: &mut Change,
    broker: BrokerId,
    is_unclean: bool,
    wanted: impl Fn(&Partition) -> bool,
) -> Result<(), Refusal> {
    let ask = Ask { unclean_shutdown: is_unclean.then_some(broker), ..Ask::ONLINE };
    // A leader is in sync. What the broker does not hold stays as it is, also an ELR from when that was kept.
    let holds =
        |partition: &Partition| partition.isr.contains(&broker) || (is_unclean && partition.elr.contains(&broker));
    for id in ids_where(change, |partition| holds(partition) && wanted(partition)) {
        update(change, id, ask, |partition| partition.isr.retain(|member| *member != broker))?;
    }
    Ok(())
}

/// A broker that came back may be what leaderless partitions have waited for.
fn lead_where_leaderless(change: &mut Change, broker: BrokerId) -> Result<(), Refusal> {
    let ids = ids_where(change, |partition| partition.is_replica(broker));
    elect_where_leaderless(change, &ids)
}

#[cfg(test)]
mod tests;
