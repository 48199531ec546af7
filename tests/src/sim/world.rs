//! What each step of a plan does to the simulated cluster, and the end in which everything comes to rest.
//!
//! Owns: the steps' effects, which checkers look when. Does not own: the plan, the parts that it drives.

use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use strata_cache::HybridCache;
use strata_cache::config::CacheConfig;
use strata_cache::metrics::CacheMetrics;
use strata_compat::ids::{BrokerId, Offset, TopicIdPartition};
use strata_metadata_core::command::brokers::BrokerChange;
use strata_metadata_core::image::partitions::Partition;
use strata_tiering::catalog::{Fence, SegmentCatalog as _};
use strata_tiering::config::TopicTiering;
use strata_tiering::error::ErrorKind;
use strata_tiering::random::Random as _;
use strata_tiering::remote_log_manager::RemoteLogManager;
use strata_tiering::remote_reader::metrics::ReadMetrics;
use strata_tiering::remote_reader::{ReadRequest, ReaderParts, RemoteReader, RemoteReaderConfig};
use strata_tiering::scrub::VerifyDepth;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::broker::SimBroker;
use super::catalog::SimCatalog;
use super::clock::wait_ms;
use super::cluster::{Cluster, TOPIC};
use super::log::SimLog;
use super::object_store::SimStore;
use super::plan::{Numbered, Step};
use super::replication::replicate;
use super::shared::{ListEvent, Shared, Stored};
use crate::checker;

/// A broker that does not answer for so long is fenced.
const SESSION_MS: u64 = 9_000;
/// Rounds of half an hour in which everything must come to rest.
const REST_ROUNDS: u64 = 12;
const REST_ROUND_MS: u64 = 30 * 60 * 1000;
/// Numbers of the steps of the end, which no plan has.
const END_NUMBER: u64 = u64::MAX - 100;

/// The simulated cluster with a reader.
pub struct World {
    shared: Arc<Shared>,
    cluster: Arc<Cluster>,
    reader: RemoteReader,
    topic: TopicTiering,
}

impl World {
    /// Two brokers, a tiered topic, an empty bucket with its `cluster.json`.
    pub fn new(shared: &Arc<Shared>) -> Result<Self, String> {
        let cluster = Cluster::new(shared);
        let cache = CacheConfig { memory_bytes: 4 << 20, disk_bytes: 0, directory: std::path::PathBuf::new() };
        let cache = HybridCache::new(cache, Handle::current(), CacheMetrics::default());
        let reader = RemoteReader::new(
            ReaderParts {
                store: Arc::new(SimStore::new(Arc::clone(shared))) as Arc<dyn ObjectStore>,
                names: shared.names.clone(),
                cache: cache.map_err(|error| error.to_string())?,
                runtime: Handle::current(),
                metrics: ReadMetrics::default(),
            },
            RemoteReaderConfig::default(),
        );
        let (key, modified) = (shared.names.cluster_file(), shared.now());
        let stored = Stored { bytes: bytes::Bytes::from_static(b"{}"), modified, hidden: false };
        {
            let mut state = shared.state.lock();
            state.list_events.push(ListEvent { at: modified, key: key.clone(), state: Some((2, modified)) });
            state.objects.insert(key, stored);
        }
        let topic = TopicTiering { segment_bytes: 1_500, ..TopicTiering::default() };
        let world = Self { shared: Arc::clone(shared), cluster, reader, topic };
        for broker in &world.cluster.brokers {
            broker.set_topic(topic);
            broker.start(&world.cluster).map_err(|error| error.to_string())?;
        }
        world.cluster.create_topic(shared.identities.uuid());
        Ok(world)
    }

    /// Partitions of the topic, with their state in the quorum.
    fn partitions(&self) -> Vec<(TopicIdPartition, Arc<Partition>)> {
        let truth = self.cluster.truth();
        truth.topics.partitions().map(|(id, partition)| (*id, Arc::clone(partition))).collect()
    }

    /// The broker that leads by the quorum, if it is up.
    fn leader(&self, partition: &Partition) -> Option<&Arc<SimBroker>> {
        self.cluster.broker(partition.leader).filter(|broker| broker.manager().is_some())
    }

    fn broker(&self, number: u64) -> Option<&Arc<SimBroker>> {
        self.cluster.broker(BrokerId(i32::try_from(number).unwrap_or(0)))
    }

    /// Does one step, then has the checkers look.
    pub async fn step(&mut self, numbered: Numbered) {
        self.shared.begin_step(numbered.number);
        self.shared.note(format_args!("step {} {}", numbered.number, numbered.step));
        self.shared.count(numbered.step.name());
        Box::pin(self.run(numbered.step)).await;
        wait_ms(20).await;
        replicate(&self.cluster);
        self.nudge();
        self.look();
    }

    async fn run(&mut self, step: Step) {
        match step {
            Step::Append(count) => self.append(count),
            Step::Roll => self.each_leading_log(|log| log.state.lock().roll()),
            Step::Wait(ms) => wait_ms(ms).await,
            Step::Weather(fault, rate) => self.shared.state.lock().weather.set(fault, rate),
            Step::Calm => self.shared.state.lock().weather.calm(),
            Step::StoreAway(ms) => {
                let until = self.shared.clock.elapsed_ms() + ms.cast_signed();
                self.shared.state.lock().weather.store_away_until_ms = until;
            }
            Step::Lag(broker, ms) => {
                if let Some(broker) = self.broker(broker) {
                    broker.set_lag_ms(Some(ms));
                }
            }
            Step::Elect => self.elect(),
            Step::Restart(broker, ms) => self.restart(broker, ms).await,
            Step::LogStart(per_mille) => self.delete_records(per_mille).await,
            Step::Retention(retention_ms, retention_bytes) => {
                self.set_topic(TopicTiering { retention_ms, retention_bytes, ..self.topic });
            }
            Step::Copy(on) => self.set_topic(TopicTiering { copy_disabled: !on, ..self.topic }),
            Step::Tier(on) => self.tier(on),
            Step::DeleteTopic => self.cluster.delete_topic(),
            Step::CreateTopic => self.cluster.create_topic(self.shared.identities.uuid()),
            Step::LocalRetention(broker) => {
                if let Some(broker) = self.broker(broker) {
                    broker.run_retention();
                }
            }
            Step::Sweep(broker) => self.sweep(broker).await,
            Step::Read(per_mille) => self.read(per_mille).await,
        }
    }

    /// Every log whose broker believes that it leads.
    fn each_leading_log(&self, act: impl Fn(&Arc<SimLog>)) {
        for (id, _) in self.partitions() {
            let logs = self.cluster.brokers.iter().filter_map(|broker| broker.log(id));
            logs.filter(|log| log.state.lock().leads.is_some()).for_each(|log| act(&log));
        }
    }

    fn append(&self, count: u64) {
        let random = &self.shared.random;
        for _ in 0..count {
            let records = i32::try_from(random.between(1, 10)).unwrap_or(1);
            let (fill, length) = (random.draw().to_be_bytes(), random.between(20, 360));
            let body: Vec<u8> = fill.into_iter().cycle().take(usize::try_from(length).unwrap_or(20)).collect();
            let is_durable = random.chance(950);
            self.each_leading_log(|log| {
                if log.append(records, &body, is_durable).is_some() {
                    self.shared.count("batch-appended");
                }
            });
            if random.chance(100) {
                self.each_leading_log(|log| log.state.lock().roll());
            }
        }
        // Now and then what is on the leader stays there alone for a while.
        if random.chance(800) {
            replicate(&self.cluster);
        }
        self.nudge();
    }

    /// Tells tiering that logs have changed.
    fn nudge(&self) {
        for (id, _) in self.partitions() {
            self.cluster.brokers.iter().filter_map(|broker| broker.manager()).for_each(|manager| manager.appended(id));
        }
    }

    fn elect(&self) {
        let led = self.partitions().into_iter().map(|(_, partition)| partition);
        if let Some(partition) = led.into_iter().find(|partition| partition.isr.len() > 1) {
            self.cluster.fence(partition.leader, BrokerChange::Fence);
        }
    }

    async fn restart(&self, broker: u64, down_ms: u64) {
        let Some(broker) = self.broker(broker) else { return };
        if let Err(error) = broker.stop().await {
            self.shared.violate("tiering stops", error.to_string());
        }
        wait_ms(down_ms.min(SESSION_MS)).await;
        if down_ms > SESSION_MS {
            self.cluster.fence(broker.id, BrokerChange::Fence);
            wait_ms(down_ms - SESSION_MS).await;
        }
        broker.set_lag_ms(None);
        if let Err(error) = broker.start(&self.cluster) {
            self.shared.violate("tiering starts", error.to_string());
        }
    }

    fn set_topic(&mut self, topic: TopicTiering) {
        self.topic = topic;
        self.cluster.brokers.iter().for_each(|broker| broker.set_topic(topic));
    }

    /// `remote.storage.enable`. It ends only where all replicas begin at the same offset: another could not lead afterwards.
    fn tier(&self, on: bool) {
        for (id, _) in self.partitions() {
            let logs = || self.cluster.brokers.iter().filter_map(|broker| broker.log(id));
            if !on {
                logs().for_each(|log| log.run_retention());
                let starts: std::collections::BTreeSet<i64> = logs().map(|log| log.state.lock().local_start).collect();
                if starts.len() > 1 {
                    return;
                }
            }
        }
        self.cluster.set_tiered(on);
    }

    /// DeleteRecords, as the broker's handler does it.
    async fn delete_records(&self, per_mille: u64) {
        for (id, partition) in self.partitions() {
            let Some(leader) = self.leader(&partition) else { continue };
            let Some(log) = leader.log(id) else { continue };
            let (leads, log_start, high_watermark) = {
                let state = log.state.lock();
                (state.leads, state.log_start, state.high_watermark)
            };
            let Some(leader_epoch) = leads else { continue };
            let range = u64::try_from(high_watermark - log_start).unwrap_or(0);
            let target = log_start + (range * per_mille / 1_000).cast_signed();
            let image = leader.image();
            let remote = image.remote_partition(id).cloned().unwrap_or_default();
            if remote.log_start.is_none() {
                log.state.lock().move_log_start(target);
                self.shared.state.lock().ledger.moved_untiered(id, target);
            }
            if leader.image().remote_partition(id).is_some_and(|remote| remote.log_start.is_some()) {
                let fence = Fence {
                    leader_epoch,
                    broker_epoch: image.brokers.epoch_of(leader.id),
                    tiering_epoch: remote.tiering_epoch,
                };
                let catalog = SimCatalog::new(Arc::clone(&self.cluster), Arc::clone(leader));
                let moved = catalog.move_log_start(id, fence, Offset(target)).await;
                self.shared.note(format_args!("records below {target} deleted: {}", moved.is_ok()));
            }
        }
    }

    async fn sweep(&self, broker: u64) {
        let Some(manager) = self.broker(broker).and_then(|broker| broker.manager()) else { return };
        match manager.sweep(true).await {
            Ok(report) => {
                self.shared.count("swept");
                self.shared.note(format_args!("{report:?}"));
            }
            Err(error) => self.shared.note(format_args!("the sweep failed: {error}")),
        }
    }

    async fn read(&self, per_mille: u64) {
        for (id, partition) in self.partitions() {
            let Some(leader) = self.leader(&partition) else { continue };
            let Some(remote) = leader.image().remote_partition(id).cloned() else { continue };
            let (Some(log_start), Some(end)) = (remote.log_start, remote.remote_end) else { continue };
            let range = u64::try_from(end.0 - log_start.0).unwrap_or(0);
            if range > 0 {
                let offset = log_start.0 + (range * per_mille / 1_000).min(range - 1).cast_signed();
                self.read_at(id, offset, &leader.image(), false).await;
            }
        }
    }

    /// Reads once and compares; answers where to go on.
    async fn read_at(
        &self,
        id: TopicIdPartition,
        offset: i64,
        image: &strata_metadata_core::image::Image,
        must_succeed: bool,
    ) -> Option<i64> {
        let remote = image.remote_partition(id).cloned()?;
        let request = ReadRequest {
            partition: id,
            offset: Offset(offset),
            bytes_max: 4_000,
            min_one: true,
            read_committed: false,
            cursor: None,
            deadline: Instant::now() + Duration::from_secs(30),
        };
        match self.reader.read(request, remote).await {
            Ok(read) => {
                self.shared.count("read-answered");
                let first = read.first_offset.map_or(offset, |first| first.0);
                let found = {
                    let state = self.shared.state.lock();
                    let acked = state.ledger.acked.get(&id).cloned().unwrap_or_default();
                    let range = (first, read.next_offset.0);
                    checker::reads::is_what_was_acknowledged(id, &acked, &read.slices, range)
                };
                self.shared.note(format_args!("read {offset} to {}", read.next_offset));
                if let Some(violation) = found {
                    self.shared.violate(violation.property, violation.detail);
                }
                if read.next_offset.0 <= offset {
                    let detail = format!("{id} at {offset}: an empty answer inside the remote range");
                    self.shared.violate("(6) readers get what was acknowledged", detail);
                    return None;
                }
                Some(read.next_offset.0)
            }
            Err(error) => {
                self.shared.count("read-refused");
                self.shared.note(format_args!("read {offset} refused: {error}"));
                let is_storage = matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Corrupt);
                if must_succeed || !is_storage {
                    self.shared.violate("(6) readers get what was acknowledged", format!("{id} at {offset}: {error}"));
                }
                None
            }
        }
    }

    /// Has the checkers look at everything.
    fn look(&self) {
        let mut found = {
            let state = self.shared.state.lock();
            checker::after_step(&state, &self.shared.names)
        };
        for (id, partition) in self.partitions() {
            let Some(log) = self.leader(&partition).and_then(|leader| leader.log(id)) else { continue };
            let local = log.state.lock().clone();
            if local.leads == Some(partition.leader_epoch) {
                let state = self.shared.state.lock();
                found.extend(checker::served::no_hole(&state, id, &local));
            }
        }
        for violation in found {
            self.shared.violate(violation.property, violation.detail);
        }
    }

    fn is_broken(&self) -> bool {
        !self.shared.state.lock().violations.is_empty()
    }

    /// Ends all faults, lets everything come to rest, and checks what must hold then.
    pub async fn rest(&mut self) {
        self.shared.begin_step(END_NUMBER);
        self.shared.note(format_args!("rest"));
        self.shared.state.lock().weather.calm();
        self.cluster.brokers.iter().for_each(|broker| broker.set_lag_ms(None));
        self.set_topic(TopicTiering { copy_disabled: false, retention_ms: -1, retention_bytes: -1, ..self.topic });
        wait_ms(REST_ROUND_MS / 2).await;
        replicate(&self.cluster);
        // First nothing new comes: what an earlier leader had reserved must meet its end in an idle partition, too.
        self.come_to_rest(0).await;
        if self.is_broken() {
            return;
        }
        self.check_drained(true);
        // Then everything is closed, so that nothing may stay behind.
        self.append(2);
        self.each_leading_log(|log| {
            let mut state = log.state.lock();
            state.durable_end = state.log_end;
            state.roll();
        });
        replicate(&self.cluster);
        replicate(&self.cluster);
        self.nudge();
        self.come_to_rest(REST_ROUNDS).await;
        if !self.is_broken() {
            // What a repeated PUT left after its object was deleted is found by the sweep alone.
            self.sweep(1).await;
            self.check_rest().await;
        }
    }

    /// Lets time go by until nothing is left to be done, or long enough that something would have been.
    async fn come_to_rest(&self, first_round: u64) {
        for round in first_round..first_round + REST_ROUNDS {
            self.shared.begin_step(END_NUMBER + 1 + round);
            wait_ms(REST_ROUND_MS).await;
            self.look();
            if self.is_broken() || self.is_at_rest() {
                break;
            }
        }
        self.shared.note(format_args!("at rest: {}", self.is_at_rest()));
    }

    /// Nothing is left to be done.
    fn is_at_rest(&self) -> bool {
        let truth = self.cluster.truth();
        truth.remote.tombstones().next().is_none()
            && truth.remote.iter().all(|(_, remote)| {
                remote.unsettled_uuids() == 0
                    && remote.delete_pending_pages.is_empty()
                    && remote.log_start.is_none_or(|start| {
                        remote.pages.iter().all(|page| page.end_offset > start)
                            && remote.rows.iter().all(|row| row.end_offset > start)
                    })
            })
    }

    async fn check_rest(&self) {
        let found = {
            let state = self.shared.state.lock();
            checker::accounting::only_live_is_left(&state, &self.shared.names)
        };
        for violation in found {
            self.shared.violate(violation.property, violation.detail);
        }
        self.check_drained(false);
        if !self.is_broken() {
            self.read_all().await;
            self.verify().await;
        }
    }

    /// Each partition has its leader, nothing unsettled, and all that is closed is remote: in an idle partition at least that,
    /// since its active segment is copied too once it is old.
    fn check_drained(&self, is_idle: bool) {
        let mut found = Vec::new();
        let truth = self.cluster.truth();
        let is_tiered = truth.configs.is_tiered(TOPIC);
        for (id, partition) in self.partitions() {
            let Some(log) = self.leader(&partition).and_then(|leader| leader.log(id)) else {
                found.extend(checker::hold(false, "a leader is there at rest", || format!("{partition:?}")));
                continue;
            };
            let (leads, closed_end, high_watermark) = {
                let state = log.state.lock();
                (state.leads, state.active_base().min(state.high_watermark), state.high_watermark)
            };
            found.extend(checker::hold(leads.is_some(), "a leader is there at rest", || format!("{partition:?}")));
            let remote = truth.remote_partition(id).cloned().unwrap_or_default();
            let (end, next) = (remote.remote_end.map(|end| end.0), remote.next_base_offset().map(|next| next.0));
            let drained = match (is_tiered, is_idle) {
                (true, false) => end == Some(closed_end) || next == Some(closed_end),
                (true, true) => next.is_some_and(|next| (closed_end..=high_watermark.max(closed_end)).contains(&next)),
                (false, _) => end.is_none(),
            };
            found.extend(checker::hold(drained, "the backlog is drained at rest", || {
                format!("{id}: remote end {end:?}, closed to {closed_end} of {high_watermark}, {remote:?}")
            }));
            let settled = remote.unsettled_uuids() == 0;
            found.extend(checker::hold(settled, "what was reserved meets its end at rest", || {
                format!("{id}: {remote:?}")
            }));
        }
        for violation in found {
            self.shared.violate(violation.property, violation.detail);
        }
    }

    /// All that is remote can be read and is what was acknowledged.
    async fn read_all(&self) {
        let truth = self.cluster.truth();
        for (id, remote) in truth.remote.iter() {
            let (Some(log_start), Some(end)) = (remote.log_start, remote.remote_end) else { continue };
            let mut offset = log_start.0;
            while offset < end.0 {
                match self.read_at(*id, offset, &truth, true).await {
                    Some(next) => offset = next,
                    None => return,
                }
            }
        }
    }

    /// The operator's own check finds nothing.
    async fn verify(&self) {
        let Some(manager) = self.cluster.brokers.iter().find_map(|broker| broker.manager()) else { return };
        let report = RemoteLogManager::verify(&manager, VerifyDepth::Whole).await;
        let is_clean = report.as_ref().is_ok_and(|report| report.is_clean() && report.unsettled == 0);
        if !is_clean {
            self.shared.violate("verify finds nothing at rest", format!("{report:?}"));
        }
    }

    /// Stops all brokers.
    pub async fn stop(&self) {
        for broker in &self.cluster.brokers {
            if let Err(error) = broker.stop().await {
                self.shared.violate("tiering stops", error.to_string());
            }
            broker.forget();
        }
    }
}
