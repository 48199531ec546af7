//! One simulated broker: its image, its logs, and the real remote log manager.
//!
//! Owns: what a broker does with the quorum's news, as the real one does: roles of its logs, which partitions are tiered,
//! the command that ends a tiering. Does not own: the news (`cluster.rs`), records between brokers (`replication.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use object_store::ObjectStore;
use parking_lot::Mutex;
use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, TopicIdPartition};
use strata_metadata_core::command::Command;
use strata_metadata_core::command::brokers::BrokerChange;
use strata_metadata_core::command::remote_segments::{DisableTiering, RemoteFence};
use strata_metadata_core::image::Image;
use strata_tiering::config::{TieringConfig, TopicTiering, VerifyLevel};
use strata_tiering::error::{Error, ErrorKind};
use strata_tiering::metrics::TieringMetrics;
use strata_tiering::remote_log_manager::{RemoteLogManager, RemoteLogManagerParts};
use strata_tiering::source::SegmentSource;
use tokio::runtime::Handle;

use super::catalog::SimCatalog;
use super::clock::wait_ms;
use super::cluster::{Cluster, TOPIC};
use super::log::SimLog;
use super::object_store::SimStore;
use super::shared::Shared;
use crate::checker;

/// A broker hears of the quorum's changes so much later, unless it is slow.
const LAG_MS: u64 = 3;
/// Between two tries of a command of the broker's own.
const RETRY_MS: u64 = 1_000;

/// One broker.
pub struct SimBroker {
    /// Its id.
    pub id: BrokerId,
    shared: Arc<Shared>,
    image: Mutex<Image>,
    lag_ms: AtomicU64,
    epoch: Mutex<BrokerEpoch>,
    logs: Mutex<BTreeMap<TopicIdPartition, Arc<SimLog>>>,
    manager: Mutex<Option<Arc<RemoteLogManager>>>,
    followed: Mutex<BTreeSet<TopicIdPartition>>,
    topic: Mutex<TopicTiering>,
    disabling: Mutex<BTreeSet<TopicIdPartition>>,
}

/// Options with small objects; graces and limits are the defaults.
fn config_of(shared: &Shared) -> TieringConfig {
    TieringConfig {
        segment_bytes_max: 1_500,
        verify: if shared.verifies_whole { VerifyLevel::Whole } else { VerifyLevel::Index },
        ..TieringConfig::default()
    }
}

impl SimBroker {
    /// A broker that is down.
    #[must_use]
    pub fn new(id: BrokerId, shared: Arc<Shared>) -> Self {
        Self {
            id,
            shared,
            image: Mutex::default(),
            lag_ms: AtomicU64::new(LAG_MS),
            epoch: Mutex::new(BrokerEpoch::NONE),
            logs: Mutex::default(),
            manager: Mutex::default(),
            followed: Mutex::default(),
            topic: Mutex::default(),
            disabling: Mutex::default(),
        }
    }

    /// How much later it hears of changes.
    pub fn lag_ms(&self) -> u64 {
        self.lag_ms.load(Ordering::Relaxed)
    }

    /// Makes it slow, or as quick as it is.
    pub fn set_lag_ms(&self, lag_ms: Option<u64>) {
        self.lag_ms.store(lag_ms.unwrap_or(LAG_MS), Ordering::Relaxed);
    }

    /// What it has heard of the quorum.
    #[must_use]
    pub fn image(&self) -> Image {
        self.image.lock().clone()
    }

    /// Its tiering, if it is up.
    #[must_use]
    pub fn manager(&self) -> Option<Arc<RemoteLogManager>> {
        self.manager.lock().clone()
    }

    /// Its log of a partition.
    #[must_use]
    pub fn log(&self, partition: TopicIdPartition) -> Option<Arc<SimLog>> {
        self.logs.lock().get(&partition).cloned()
    }

    /// Registers, reads the image, opens the logs, starts tiering.
    pub fn start(self: &Arc<Self>, cluster: &Arc<Cluster>) -> Result<(), Error> {
        let incarnation = strata_tiering::random::Random::uuid(self.shared.identities.as_ref());
        cluster.register(self.id, incarnation);
        let image = cluster.truth();
        *self.epoch.lock() = image.brokers.epoch_of(self.id);
        let parts = RemoteLogManagerParts {
            store: Arc::new(SimStore::new(Arc::clone(&self.shared))) as Arc<dyn ObjectStore>,
            names: self.shared.names.clone(),
            catalog: Arc::new(SimCatalog::new(Arc::clone(cluster), Arc::clone(self))),
            config: config_of(&self.shared),
            metrics: TieringMetrics::default(),
            clock: Arc::new(self.shared.clock),
            random: Arc::clone(&self.shared.identities) as Arc<dyn strata_tiering::random::Random>,
        };
        let manager = RemoteLogManager::start(&Handle::current(), parts)?;
        *self.manager.lock() = Some(manager);
        self.image.lock().applied_index = 0;
        self.hear(cluster, image);
        Ok(())
    }

    /// Ends all of it at once, as a kill does: what was sent is on its way.
    pub async fn stop(&self) -> Result<(), Error> {
        *self.epoch.lock() = BrokerEpoch::NONE;
        self.followed.lock().clear();
        self.disabling.lock().clear();
        for log in self.logs.lock().values() {
            log.kill();
        }
        let manager = self.manager.lock().take();
        match manager {
            Some(manager) => manager.shutdown().await,
            None => Ok(()),
        }
    }

    /// Breaks the ring of references after the end.
    pub fn forget(&self) {
        self.logs.lock().clear();
        *self.image.lock() = Image::default();
    }

    /// Sets the topic's options for tiering.
    pub fn set_topic(&self, topic: TopicTiering) {
        *self.topic.lock() = topic;
        if let Some(manager) = self.manager() {
            for partition in self.followed.lock().iter() {
                manager.update_config(*partition, topic);
            }
        }
    }

    /// The quorum's news have arrived. Older ones than it has are passed over.
    pub fn hear(self: &Arc<Self>, cluster: &Arc<Cluster>, image: Image) {
        let Some(manager) = self.manager() else { return };
        {
            let mut current = self.image.lock();
            if image.applied_index <= current.applied_index {
                return;
            }
            *current = image.clone();
        }
        self.host(&image);
        self.follow(&image, &manager);
        manager.image_changed();
        self.rejoin(cluster, &image);
        self.end_tiering(cluster, &image);
    }

    /// Opens, closes and assigns roles to logs.
    fn host(&self, image: &Image) {
        let hosted: BTreeSet<TopicIdPartition> = image.partitions_on(self.id).map(|(id, _)| *id).collect();
        let mut logs = self.logs.lock();
        logs.retain(|id, _| hosted.contains(id));
        let is_registered = image.brokers.epoch_of(self.id) == *self.epoch.lock();
        for id in hosted {
            let new = || Arc::new(SimLog::new(id, self.id.0, Arc::clone(&self.shared)));
            let log = Arc::clone(logs.entry(id).or_insert_with(new));
            let tiered = image.topic(id.topic_id).is_some_and(|topic| image.configs.is_tiered(&topic.name));
            log.remote_changed(image.remote_partition(id).cloned(), tiered);
            let Some(partition) = image.partition(id) else { continue };
            let leads = (partition.leader == self.id && is_registered).then_some(partition.leader_epoch);
            self.assign(&log, leads);
        }
    }

    fn assign(&self, log: &SimLog, leads: Option<LeaderEpoch>) {
        let mut state = log.state.lock();
        if state.leads == leads {
            return;
        }
        state.leads = leads;
        let Some(epoch) = leads else { return };
        let log_end = state.log_end;
        state.epochs.push((epoch, Offset(log_end)));
        let remote_end = state.remote.as_ref().and_then(|remote| remote.remote_end);
        let remote_end = if state.tiered { remote_end } else { None };
        if let Some(end) = remote_end {
            state.high_watermark = state.high_watermark.max(end.0.min(log_end));
        }
        drop(state);
        self.shared.note(format_args!("broker {} leads in epoch {epoch} from {log_end}", self.id));
        if let Some(violation) = checker::local_log::leader_opens(log.id(), log_end, remote_end) {
            self.shared.violate(violation.property, violation.detail);
        }
    }

    /// Tells tiering which partitions it has.
    fn follow(&self, image: &Image, manager: &Arc<RemoteLogManager>) {
        let is_tiered =
            |id: &TopicIdPartition| image.topic(id.topic_id).is_some_and(|topic| image.configs.is_tiered(&topic.name));
        let wanted: BTreeSet<TopicIdPartition> = self.logs.lock().keys().filter(|id| is_tiered(id)).copied().collect();
        let mut followed = self.followed.lock();
        for gone in followed.difference(&wanted) {
            manager.remove_partition(*gone);
        }
        for new in wanted.difference(&followed) {
            if let Some(log) = self.log(*new) {
                manager.add_partition(log as Arc<dyn SegmentSource>, *self.topic.lock());
            }
        }
        *followed = wanted;
    }

    /// A broker that hears that it was fenced asks to be unfenced.
    fn rejoin(self: &Arc<Self>, cluster: &Arc<Cluster>, image: &Image) {
        let epoch = *self.epoch.lock();
        let is_fenced = image.broker(self.id).is_some_and(|broker| broker.fenced && broker.epoch == epoch);
        if is_fenced {
            let (broker, cluster) = (Arc::clone(self), Arc::clone(cluster));
            tokio::spawn(async move {
                wait_ms(RETRY_MS).await;
                let truth = cluster.truth();
                if truth.broker(broker.id).is_some_and(|found| found.fenced && found.epoch == *broker.epoch.lock()) {
                    cluster.fence(broker.id, BrokerChange::Unfence);
                }
            });
        }
    }

    /// A leader whose topic is tiered no longer ends the tiering, until the quorum has done so.
    fn end_tiering(self: &Arc<Self>, cluster: &Arc<Cluster>, image: &Image) {
        for (id, log) in self.logs.lock().iter() {
            if disable_of(self, image, log).is_none() || !self.disabling.lock().insert(*id) {
                continue;
            }
            let (broker, cluster, log) = (Arc::clone(self), Arc::clone(cluster), Arc::clone(log));
            tokio::spawn(async move { disable(&broker, &cluster, &log).await });
        }
    }

    /// Looks for local files to let go of.
    pub fn run_retention(&self) {
        let logs: Vec<Arc<SimLog>> = self.logs.lock().values().cloned().collect();
        for log in logs {
            log.run_retention();
        }
    }
}

/// Asks for the end of the tiering until it is decided.
async fn disable(broker: &Arc<SimBroker>, cluster: &Arc<Cluster>, log: &SimLog) {
    let catalog = SimCatalog::new(Arc::clone(cluster), Arc::clone(broker));
    while let Some(command) = disable_of(broker, &broker.image(), log) {
        let answer = catalog.ask(command).await;
        let again = |error: &Error| matches!(error.kind(), ErrorKind::Fenced | ErrorKind::Unavailable);
        if !answer.as_ref().is_err_and(again) {
            break;
        }
        wait_ms(RETRY_MS).await;
    }
    broker.disabling.lock().remove(&log.id());
}

/// The command that ends the tiering of this log's partition, if this broker has to send it.
fn disable_of(broker: &SimBroker, image: &Image, log: &SimLog) -> Option<Command> {
    let id = log.id();
    let remote = image.remote_partition(id)?;
    let holds_anything = remote.remote_end.is_some() || !remote.owns_nothing();
    let state = log.state.lock();
    let leader_epoch = state.leads?;
    if image.configs.is_tiered(TOPIC) || !holds_anything || broker.manager.lock().is_none() {
        return None;
    }
    Some(Command::DisableTiering(DisableTiering {
        partition: id,
        fence: RemoteFence {
            broker: broker.id,
            broker_epoch: image.brokers.epoch_of(broker.id),
            leader_epoch,
            tiering_epoch: remote.tiering_epoch,
        },
        local_start: Offset(state.local_start),
        now: broker.shared.now(),
    }))
}
