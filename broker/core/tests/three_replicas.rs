//! Three replicas, a controller and a network in one process, all driven by one seed.
//!
//! Messages are lost, doubled and overtaken; brokers crash and lose what was not durable; leaders change among the ISR while
//! the former one goes on; flushes lag behind appends. After each step the named invariants are checked; at the end the
//! network heals and everything must become committed.

#![expect(clippy::unwrap_used, reason = "a simulation stops at the first surprise")]

use std::collections::BTreeMap;

use strata_broker_core::invariants;
use strata_broker_core::leader_epoch::LeaderEpochCache;
use strata_broker_core::replication::{
    AlterPartitionError, AlterPartitionRequest, AlterPartitionResponse, Effect, FetchCheck, FetchPosition,
    FollowerFetch, FollowerPosition, LeaderAnswer, LogPositions, OperationId, PartitionState, PartitionUpdate,
    RecoveryState, ReplicaBroker, Replication, ReplicationConfig,
};
use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionEpoch, Timestamp};

const LAG_MS: i64 = 100;
const MIN_ISR: usize = 2;

type Record = (LeaderEpoch, u64);

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit.max(1) as u64).unwrap()
    }
}

#[derive(Clone, Debug)]
enum Message {
    Fetch { from: usize, to: usize, broker_epoch: BrokerEpoch, position: FollowerPosition },
    Answer { to: usize, answer: LeaderAnswer, records: Vec<Record> },
    OutOfRange { to: usize, position: FollowerPosition, end: Offset },
    Alter { from: usize, request: AlterPartitionRequest },
    Altered { to: usize, response: AlterPartitionResponse },
    Update { to: usize, update: PartitionUpdate },
}

struct Node {
    core: Replication,
    log: Vec<Record>,
    durable: usize,
    epochs: LeaderEpochCache,
    broker_epoch: BrokerEpoch,
    is_up: bool,
    high_watermark_seen: Offset,
}

struct World {
    random: Random,
    now: Timestamp,
    nodes: Vec<Node>,
    network: Vec<Message>,
    state: PartitionState,
    brokers: BTreeMap<BrokerId, ReplicaBroker>,
    leaders: BTreeMap<LeaderEpoch, BrokerId>,
    waiting: BTreeMap<OperationId, (usize, Record)>,
    acked: Vec<(usize, Record)>,
    next_value: u64,
    next_broker_epoch: i64,
    trace: u64,
}

fn id_of(node: usize) -> BrokerId {
    BrokerId(i32::try_from(node).unwrap())
}

fn node_of(broker: BrokerId) -> usize {
    usize::try_from(broker.0).unwrap()
}

fn offset(position: usize) -> Offset {
    Offset(i64::try_from(position).unwrap())
}

fn position(offset: Offset) -> usize {
    usize::try_from(offset.0).unwrap()
}

fn core(node: usize, log_end: usize, high_watermark: Offset) -> Replication {
    let config = ReplicationConfig { local: id_of(node), min_isr: MIN_ISR, lag_time_max_ms: LAG_MS };
    let end = offset(log_end);
    let positions = LogPositions { high_watermark, durable_end: end, log_end: end, ..LogPositions::default() };
    Replication::new(config, positions)
}

impl World {
    fn new(seed: u64) -> Self {
        let replicas: Vec<BrokerId> = (0..3).map(id_of).collect();
        let nodes = (0..3).map(|node| Node {
            core: core(node, 0, Offset(0)),
            log: Vec::new(),
            durable: 0,
            epochs: LeaderEpochCache::new(),
            broker_epoch: BrokerEpoch(1),
            is_up: true,
            high_watermark_seen: Offset(0),
        });
        let mut world = Self {
            random: Random(seed),
            now: Timestamp(1000),
            nodes: nodes.collect(),
            network: Vec::new(),
            state: PartitionState {
                leader: Some(BrokerId(0)),
                leader_epoch: LeaderEpoch(0),
                partition_epoch: PartitionEpoch(0),
                replicas: replicas.clone(),
                isr: replicas.clone(),
                recovery_state: RecoveryState::Recovered,
            },
            brokers: replicas.iter().map(|it| (*it, ReplicaBroker { epoch: BrokerEpoch(1), fenced: false })).collect(),
            leaders: BTreeMap::new(),
            waiting: BTreeMap::new(),
            acked: Vec::new(),
            next_value: 0,
            next_broker_epoch: 2,
            trace: 0,
        };
        world.publish();
        world
    }

    fn publish(&mut self) {
        for to in 0..3 {
            let broker_epoch = self.brokers[&id_of(to)].epoch;
            let update = PartitionUpdate { state: self.state.clone(), brokers: self.brokers.clone(), broker_epoch };
            self.network.push(Message::Update { to, update });
        }
    }

    fn run(&mut self, node: usize, effects: Vec<Effect>, records: &[Record]) {
        for effect in effects {
            match effect {
                Effect::Append { base_offset, .. } => {
                    assert_eq!(position(base_offset), self.nodes[node].log.len());
                    self.append(node, records);
                }
                Effect::TruncateTo(to) => self.truncate(node, position(to)),
                Effect::RestartAt(at) => panic!("node {node} restarts at {at}"),
                Effect::ReportLostRecords { from, to } => panic!("node {node} loses {from}..{to}"),
                Effect::AdvanceHighWatermark(to) => {
                    assert_eq!(to, self.nodes[node].core.high_watermark())
                }
                Effect::AdvanceLogStart(_) => {}
                Effect::Reply { operation, result } => {
                    let (at, record) = self.waiting.remove(&operation).expect("answered once");
                    if result.is_ok() {
                        self.acked.push((at, record));
                    }
                }
                Effect::AlterPartition(request) => self.network.push(Message::Alter { from: node, request }),
            }
        }
    }

    fn append(&mut self, node: usize, records: &[Record]) {
        let now = self.now;
        let it = &mut self.nodes[node];
        for record in records {
            it.epochs.assign(record.0, offset(it.log.len()));
            it.log.push(*record);
        }
        let mut effects = Vec::new();
        it.core.handle_appended(offset(it.log.len()), now, &mut effects);
        self.run(node, effects, &[]);
    }

    fn truncate(&mut self, node: usize, to: usize) {
        let it = &mut self.nodes[node];
        it.log.truncate(to);
        it.durable = it.durable.min(to);
        it.epochs.truncate_from_end(offset(to));
        it.core.handle_truncated(offset(to));
    }

    fn produce(&mut self, node: usize) {
        let Ok(epoch) = self.nodes[node].core.check_append(true) else {
            return;
        };
        let count = 1 + self.random.below(3);
        let records: Vec<Record> = (0..count as u64).map(|index| (epoch, self.next_value + index)).collect();
        self.next_value += count as u64;
        self.append(node, &records);
        let end = self.nodes[node].log.len();
        let operation = OperationId(self.next_value);
        self.waiting.insert(operation, (end - 1, records[count - 1]));
        let mut effects = Vec::new();
        let deadline = self.now.plus_ms(300);
        self.nodes[node].core.await_commit(operation, offset(end), deadline, &mut effects).unwrap();
        self.run(node, effects, &[]);
    }

    fn flush(&mut self, node: usize) {
        let open = self.nodes[node].log.len() - self.nodes[node].durable;
        let durable = self.nodes[node].durable + self.random.below(open + 1);
        self.nodes[node].durable = durable;
        let mut effects = Vec::new();
        self.nodes[node].core.handle_flushed(offset(durable), self.now, &mut effects);
        self.run(node, effects, &[]);
    }

    fn fetch(&mut self, node: usize) {
        let it = &self.nodes[node];
        let Ok(position) = it.core.fetch_position(&it.epochs) else {
            return;
        };
        let Some(leader) = it.core.state().and_then(|state| state.leader) else {
            return;
        };
        let broker_epoch = it.broker_epoch;
        self.network.push(Message::Fetch { from: node, to: node_of(leader), broker_epoch, position });
    }

    fn serve_fetch(&mut self, from: usize, to: usize, broker_epoch: BrokerEpoch, position_asked: FollowerPosition) {
        let it = &mut self.nodes[to];
        let asked = FetchPosition {
            leader_epoch: position_asked.leader_epoch,
            offset: position_asked.offset,
            last_fetched_epoch: position_asked.last_fetched_epoch,
            leader_only: true,
        };
        let mut answer = LeaderAnswer {
            leader_epoch: asked.leader_epoch,
            fetch_offset: asked.offset,
            last_fetched_epoch: asked.last_fetched_epoch,
            diverging: None,
            high_watermark: it.core.high_watermark(),
            log_start: Offset(0),
            records_from: None,
        };
        let mut records = Vec::new();
        let mut effects = Vec::new();
        match it.core.check_fetch(&asked, &it.epochs) {
            Ok(FetchCheck::Diverging(diverging)) => answer.diverging = Some(diverging),
            Ok(FetchCheck::Read(position_checked)) => {
                let durable_end = Some(position_asked.durable_end);
                let fetch =
                    FollowerFetch { replica: id_of(from), broker_epoch, position: position_checked, durable_end };
                if it.core.handle_fetch(&fetch, self.now, &mut effects).is_err() {
                    return;
                }
                answer.high_watermark = it.core.high_watermark();
                records = it.log[position(asked.offset)..].iter().take(4).copied().collect();
                answer.records_from = (!records.is_empty()).then_some(asked.offset);
            }
            Err(strata_broker_core::error::Error::OffsetOutOfRange { log_end, .. }) => {
                self.network.push(Message::OutOfRange { to: from, position: position_asked, end: log_end });
                return;
            }
            Err(_) => return,
        }
        self.run(to, effects, &[]);
        self.network.push(Message::Answer { to: from, answer, records });
    }

    fn alter(&mut self, from: usize, request: &AlterPartitionRequest) {
        let state = &self.state;
        let is_eligible = |(broker, epoch): &(BrokerId, BrokerEpoch)| {
            let registered = self.brokers[broker];
            !registered.fenced && registered.epoch == *epoch
        };
        let result = if request.broker_epoch != self.brokers[&id_of(from)].epoch {
            Err(AlterPartitionError::StaleBrokerEpoch)
        } else if request.leader_epoch != state.leader_epoch || state.leader != Some(id_of(from)) {
            Err(AlterPartitionError::FencedLeaderEpoch)
        } else if request.partition_epoch != state.partition_epoch {
            Err(AlterPartitionError::InvalidUpdateVersion)
        } else if !request.isr.iter().all(is_eligible) {
            Err(AlterPartitionError::IneligibleReplica)
        } else {
            self.state.isr = request.isr.iter().map(|(broker, _)| *broker).collect();
            self.state.partition_epoch = self.state.partition_epoch.next();
            self.publish();
            Ok(self.state.clone())
        };
        let response = AlterPartitionResponse { request_id: request.request_id, result };
        self.network.push(Message::Altered { to: from, response });
    }

    fn deliver(&mut self, message: Message) {
        let mut effects = Vec::new();
        let now = self.now;
        match message {
            Message::Fetch { from, to, broker_epoch, position } if self.nodes[to].is_up => {
                self.serve_fetch(from, to, broker_epoch, position);
            }
            Message::Answer { to, answer, records } if self.nodes[to].is_up => {
                let it = &mut self.nodes[to];
                if it.core.handle_leader_answer(&answer, &it.epochs, &mut effects).is_ok() {
                    self.run(to, effects, &records);
                }
            }
            Message::OutOfRange { to, position, end } if self.nodes[to].is_up => {
                let it = &mut self.nodes[to];
                if it.core.fetch_position(&it.epochs).is_ok_and(|mine| mine == position) {
                    it.core.handle_out_of_range(Offset(0), end, &mut effects).unwrap();
                    self.run(to, effects, &[]);
                }
            }
            Message::Alter { from, request } => self.alter(from, &request),
            Message::Altered { to, response } if self.nodes[to].is_up => {
                self.nodes[to].core.handle_alter_partition_response(&response, now, &mut effects);
                self.run(to, effects, &[]);
            }
            // An image that is older than the broker's own registration is not acted on.
            Message::Update { to, update }
                if self.nodes[to].is_up && update.broker_epoch == self.nodes[to].broker_epoch =>
            {
                self.update(to, update);
            }
            _ => {}
        }
    }

    fn update(&mut self, to: usize, update: PartitionUpdate) {
        let mut effects = Vec::new();
        let leads = update.state.leader == Some(id_of(to));
        let epoch = update.state.leader_epoch;
        let accepted = if leads {
            self.nodes[to].core.become_leader(update, self.now, &mut effects)
        } else {
            self.nodes[to].core.become_follower(update.state, &mut effects)
        };
        if leads && accepted.is_ok() {
            assert!(invariants::one_leader_per_epoch(&mut self.leaders, epoch, id_of(to)));
        }
        self.run(to, effects, &[]);
    }

    fn crash(&mut self, node: usize) {
        if !self.nodes[node].is_up || self.nodes.iter().filter(|it| it.is_up).count() < 2 {
            return;
        }
        let open = self.nodes[node].log.len() - self.nodes[node].durable;
        let kept = self.nodes[node].durable + self.random.below(open + 1);
        let it = &mut self.nodes[node];
        it.is_up = false;
        it.log.truncate(kept);
        // What recovery keeps, it makes durable before the log opens.
        it.durable = kept;
        it.epochs.truncate_from_end(offset(kept));
    }

    fn restart(&mut self, node: usize) {
        if self.nodes[node].is_up {
            return;
        }
        // Its connections have died with it; what others still have to read from them has not.
        self.network.retain(|message| match message {
            Message::Altered { to, .. } | Message::Answer { to, .. } | Message::OutOfRange { to, .. } => *to != node,
            Message::Fetch { .. } | Message::Alter { .. } | Message::Update { .. } => true,
        });
        let epoch = BrokerEpoch(self.next_broker_epoch);
        self.next_broker_epoch += 1;
        self.brokers.insert(id_of(node), ReplicaBroker { epoch, fenced: false });
        let it = &mut self.nodes[node];
        it.is_up = true;
        it.broker_epoch = epoch;
        it.core = core(node, it.log.len(), Offset(0));
        it.high_watermark_seen = Offset(0);
        if self.state.leader == Some(id_of(node)) {
            self.state.leader_epoch = self.state.leader_epoch.next();
        }
        self.state.partition_epoch = self.state.partition_epoch.next();
        self.publish();
    }

    /// The controller notices a dead broker, or moves the leadership for reasons of its own.
    fn elect(&mut self) {
        for node in 0..3 {
            let fenced = !self.nodes[node].is_up;
            self.brokers.get_mut(&id_of(node)).unwrap().fenced = fenced;
            if fenced && self.state.isr.len() > 1 {
                self.state.isr.retain(|broker| *broker != id_of(node));
            }
        }
        let candidates: Vec<BrokerId> =
            self.state.isr.iter().copied().filter(|broker| self.nodes[node_of(*broker)].is_up).collect();
        if !candidates.is_empty() {
            self.state.leader = Some(candidates[self.random.below(candidates.len())]);
            self.state.leader_epoch = self.state.leader_epoch.next();
        }
        self.state.partition_epoch = self.state.partition_epoch.next();
        self.publish();
    }

    fn tick(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        for node in 0..3 {
            let mut effects = Vec::new();
            if self.nodes[node].is_up && self.nodes[node].core.next_timeout().is_some_and(|at| at <= self.now) {
                self.nodes[node].core.handle_timeout(self.now, &mut effects);
                self.run(node, effects, &[]);
            }
        }
    }

    /// One message arrives, mostly one of the oldest; it may be lost, or arrive again later.
    fn deliver_some(&mut self) {
        let reach = if self.random.below(4) == 0 { self.network.len() } else { self.network.len().min(3) };
        let index = self.random.below(reach);
        let fate = self.random.below(20);
        let message = if fate == 0 { self.network[index].clone() } else { self.network.remove(index) };
        if fate != 1 {
            self.deliver(message);
        } else if let Message::Alter { from, request } = message {
            // The shell gives up waiting.
            let result = Err(AlterPartitionError::Unavailable);
            let response = AlterPartitionResponse { request_id: request.request_id, result };
            self.network.push(Message::Altered { to: from, response });
        }
    }

    fn step(&mut self) {
        let node = self.random.below(3);
        let action = self.random.below(1000);
        match action {
            0..=99 if self.nodes[node].is_up => self.produce(node),
            100..=279 if self.nodes[node].is_up => self.flush(node),
            280..=429 if self.nodes[node].is_up => self.fetch(node),
            430..=929 if !self.network.is_empty() => self.deliver_some(),
            930..=979 => {
                let ms = i64::try_from(self.random.below(20)).unwrap();
                self.tick(ms);
            }
            980..=983 => self.crash(node),
            984..=989 => self.restart(node),
            990..=993 => self.elect(),
            994..=999 => self.publish(),
            _ => {}
        }
        self.check();
    }

    fn check(&mut self) {
        for node in 0..3 {
            let it = &self.nodes[node];
            let positions = it.core.positions();
            if it.is_up {
                assert!(invariants::positions_are_ordered(positions));
                assert_eq!(position(positions.log_end), it.log.len());
                assert!(invariants::high_watermark_never_goes_back(it.high_watermark_seen, positions.high_watermark));
                assert!(invariants::epochs_grow(it.epochs.entries()));
            }
            if it.is_up && it.core.is_leader() {
                let isr = it.core.state().unwrap().isr.clone();
                let ends = isr.into_iter().map(|broker| offset(self.nodes[node_of(broker)].durable));
                assert!(invariants::high_watermark_is_durable(positions.high_watermark, ends));
            }
            for other in self.nodes.iter().filter(|other| other.is_up && it.is_up) {
                let end = positions.high_watermark.min(other.core.high_watermark());
                assert!(invariants::logs_agree_below(&it.log, &other.log, position(end)));
            }
            let mark = positions.high_watermark.0.unsigned_abs();
            self.trace = self.trace.wrapping_mul(31).wrapping_add(mark);
        }
        for node in &mut self.nodes {
            node.high_watermark_seen = node.core.high_watermark();
        }
        for (at, record) in &self.acked {
            for broker in &self.state.isr {
                let member = &self.nodes[node_of(*broker)];
                assert_eq!(member.log.get(*at), Some(record), "acked offset {at} on broker {broker}");
                assert!(member.durable > *at);
            }
        }
    }

    /// No more faults: everything that the leader has becomes committed on all three.
    fn heal(&mut self) {
        for node in 0..3 {
            self.restart(node);
        }
        self.network.clear();
        self.elect();
        for _ in 0..300 {
            while let Some(message) = (!self.network.is_empty()).then(|| self.network.remove(0)) {
                self.deliver(message);
                self.check();
            }
            for node in 0..3 {
                self.nodes[node].durable = self.nodes[node].log.len();
                let mut effects = Vec::new();
                let end = offset(self.nodes[node].durable);
                self.nodes[node].core.handle_flushed(end, self.now, &mut effects);
                self.run(node, effects, &[]);
                self.fetch(node);
            }
            self.tick(20);
        }
        assert_eq!(self.state.isr.len(), 3);
        let end = offset(self.nodes[node_of(self.state.leader.unwrap())].log.len());
        for node in &self.nodes {
            assert_eq!(node.core.high_watermark(), end);
            assert_eq!(node.log, self.nodes[0].log);
        }
    }
}

fn run_seed(seed: u64, steps: usize) -> (u64, usize) {
    let mut world = World::new(seed);
    for _ in 0..steps {
        world.step();
    }
    world.heal();
    (world.trace, world.acked.len())
}

/// `STRATA_MODEL_SEEDS=N` runs another dose than the usual one.
#[expect(clippy::disallowed_methods, reason = "the dose of a test comes from outside")]
fn seeds() -> u64 {
    std::env::var("STRATA_MODEL_SEEDS").map_or(300, |text| text.parse().expect("the variable holds a number"))
}

#[test]
fn committed_records_survive_faults_and_logs_agree() {
    let (mut acked, seeds) = (0, seeds());
    for seed in 0..seeds {
        let outcome = std::panic::catch_unwind(|| run_seed(seed, 1500));
        acked += outcome.unwrap_or_else(|_| panic!("seed {seed} failed")).1;
    }
    let enough = usize::try_from(10 * seeds).unwrap();
    assert!(acked > enough, "only {acked} records were acknowledged: the simulation does too little");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    assert_eq!(run_seed(7, 2000), run_seed(7, 2000));
    assert_ne!(run_seed(7, 2000).0, run_seed(8, 2000).0);
}
