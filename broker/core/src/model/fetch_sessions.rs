//! Fetch sessions against clients that know only what answers list, and a cache that keeps every session as a plain list.

use std::collections::BTreeMap;

use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, Timestamp, TopicId, Uuid};

use super::{Random, check, ensure_eq};
use crate::fetch_session::{
    FetchContext, FetchPartition, FetchPartitionKey, FetchSessionCache, FetchSessionConfig, FetchSessionError,
    FetchSessionRequest, NO_SESSION, PartitionAnswer, TopicKey,
};

const CLIENTS: usize = 5;
const PARTITIONS: i32 = 7;
const CONFIG: FetchSessionConfig =
    FetchSessionConfig { slots_max: 3, eviction_ms: 100, partitions_max: 5, partitions_total_max: 9 };

#[derive(Clone, Debug)]
enum Step {
    /// A client begins anew and names these.
    Full {
        client: usize,
        partitions: Vec<i32>,
        wants_session: bool,
        keeps_id: bool,
    },
    /// It goes on, with what is new.
    Next {
        client: usize,
        named: Vec<(i32, i64)>,
        forgotten: Vec<i32>,
        answer_lost: bool,
    },
    /// It goes on with a wrong epoch, an id that is not its own, or names in the place of ids.
    Wrong {
        client: usize,
        id_off: i32,
        epoch_off: i32,
        by_name: bool,
    },
    /// Something happens to a partition at the broker.
    Partition {
        partition: i32,
        watermark: i64,
        log_start: i64,
        trouble: u8,
    },
    Advance {
        ms: i64,
    },
}

fn steps(random: &mut Random) -> Vec<Step> {
    let count = 1 + random.below(100);
    (0..count).map(|_| step(random)).collect()
}

fn some(random: &mut Random, most: usize) -> Vec<i32> {
    (0..random.below(most)).map(|_| random.small(PARTITIONS)).collect()
}

fn step(random: &mut Random) -> Step {
    let client = random.below(CLIENTS);
    match random.below(20) {
        0..=2 => Step::Full {
            client,
            partitions: some(random, 8),
            wants_session: !random.one_in(6),
            keeps_id: random.one_in(2),
        },
        3..=10 => Step::Next {
            client,
            named: if random.one_in(2) { some(random, 3) } else { Vec::new() }
                .into_iter()
                .map(|partition| (partition, random.number(50)))
                .collect(),
            forgotten: if random.one_in(4) { some(random, 3) } else { Vec::new() },
            answer_lost: random.one_in(8),
        },
        11 => Step::Wrong {
            client,
            id_off: random.pick(&[0, 0, 1]),
            epoch_off: random.pick(&[-1, 0, 1]),
            by_name: random.one_in(2),
        },
        12..=17 => Step::Partition {
            partition: random.small(PARTITIONS),
            watermark: random.number(4),
            log_start: random.number(2),
            trouble: u8::try_from(random.below(12)).unwrap(),
        },
        _ => Step::Advance { ms: random.number(90) },
    }
}

fn key(partition: i32) -> FetchPartitionKey {
    FetchPartitionKey { topic: TopicKey::Id(TopicId(Uuid::from_u128(7))), partition: PartitionId(partition) }
}

fn fetch(partition: i32, offset: i64) -> FetchPartition {
    FetchPartition {
        key: key(partition),
        fetch_offset: Offset(offset),
        log_start_offset: Offset::NONE,
        bytes_max: 1 << 20,
        current_leader_epoch: LeaderEpoch(0),
        last_fetched_epoch: LeaderEpoch::NONE,
        known_high_watermark: Offset(i64::MAX),
        durable_end: None,
    }
}

/// What a client believes.
#[derive(Clone, Debug, Default)]
struct Client {
    session: i32,
    epoch: i32,
    /// Partition → fetch offset.
    wanted: BTreeMap<i32, i64>,
    /// Partition → high watermark and log start, as last told without an error.
    told: BTreeMap<i32, (i64, i64)>,
}

/// A session as the broker must have it.
#[derive(Clone, Debug)]
struct Session {
    owner: usize,
    epoch: i32,
    created: i64,
    used: i64,
    /// In the order of service: partition, fetch offset, what was answered last.
    partitions: Vec<(i32, i64, Option<(i64, i64)>)>,
}

struct World {
    cache: FetchSessionCache,
    clients: Vec<Client>,
    sessions: BTreeMap<i32, Session>,
    truth: BTreeMap<i32, PartitionAnswer>,
    evictions: u64,
    now: i64,
}

/// The first client stands for a follower.
const fn is_follower(client: usize) -> bool {
    client == 0
}

fn is_trouble(answer: &PartitionAnswer) -> bool {
    answer.record_bytes > 0 || answer.has_error || answer.is_diverging || answer.has_preferred_replica
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            cache: FetchSessionCache::new(CONFIG, seed),
            clients: vec![Client::default(); CLIENTS],
            sessions: BTreeMap::new(),
            truth: (0..PARTITIONS).map(|partition| (partition, PartitionAnswer::default())).collect(),
            evictions: 0,
            now: 1_000,
        }
    }

    fn total(&self) -> usize {
        self.sessions.values().map(|session| session.partitions.len()).sum()
    }

    fn answers(&self, context: &FetchContext) -> Vec<PartitionAnswer> {
        context.partitions.iter().map(|it| self.truth[&it.key.partition.0]).collect()
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Full { client, partitions, wants_session, keeps_id } => {
                self.full(*client, partitions, *wants_session, *keeps_id)?;
            }
            Step::Next { client, named, forgotten, answer_lost } => {
                self.next(*client, named, forgotten, *answer_lost)?;
            }
            Step::Wrong { client, id_off, epoch_off, by_name } => {
                self.wrong(*client, (*id_off, *epoch_off), *by_name)?
            }
            Step::Partition { partition, watermark, log_start, trouble } => {
                let answer = PartitionAnswer {
                    high_watermark: Offset(*watermark),
                    log_start: Offset(*log_start),
                    record_bytes: usize::from(*trouble == 0),
                    has_error: *trouble == 1,
                    is_diverging: *trouble == 2,
                    has_preferred_replica: *trouble == 3,
                };
                self.truth.insert(*partition, answer);
            }
            Step::Advance { ms } => self.now += ms,
        }
        ensure_eq!(self.cache.len(), self.sessions.len(), "sessions");
        ensure_eq!(self.cache.is_empty(), self.sessions.is_empty(), "whether there are sessions");
        ensure_eq!(self.cache.partition_count(), self.total(), "partitions of all sessions");
        ensure_eq!(self.cache.evictions(), self.evictions, "evictions");
        Ok(())
    }

    fn full(&mut self, client: usize, named: &[i32], wants: bool, keeps_id: bool) -> Result<(), String> {
        let former = if keeps_id { self.clients[client].session } else { NO_SESSION };
        let request = FetchSessionRequest {
            session_id: former,
            epoch: if wants { 0 } else { -1 },
            is_follower: is_follower(client),
            uses_topic_ids: true,
            partitions: named.iter().map(|partition| fetch(*partition, 0)).collect(),
            forgotten: Vec::new(),
        };
        let context = self.cache.begin(request.clone(), Timestamp(self.now)).map_err(|error| error.to_string())?;
        self.sessions.remove(&former);
        ensure_eq!(context.partitions, request.partitions, "partitions of a full fetch");
        let answers = self.answers(&context);
        let seen = self.cache.finish(&context, &answers, Timestamp(self.now)).map_err(|error| error.to_string())?;
        ensure_eq!(seen.listed, vec![true; named.len()], "a full fetch lists all");
        let gets = wants && self.takes_in(client, named);
        ensure_eq!(seen.session_id != NO_SESSION, gets, "whether client {client} gets a session");
        if gets {
            ensure_eq!(self.sessions.contains_key(&seen.session_id), false, "the id is new");
            self.sessions.insert(seen.session_id, self.founded(client, named));
        }
        let told = |partition: &i32| Some((*partition, told(&self.truth[partition])?));
        self.clients[client] = Client {
            session: seen.session_id,
            epoch: 1,
            wanted: named.iter().map(|partition| (*partition, 0)).collect(),
            told: named.iter().filter_map(told).collect(),
        };
        Ok(())
    }

    fn founded(&self, owner: usize, named: &[i32]) -> Session {
        let mut session = Session { owner, epoch: 1, created: self.now, used: self.now, partitions: Vec::new() };
        for partition in named {
            if !session.partitions.iter().any(|it| it.0 == *partition) {
                session.partitions.push((*partition, 0, None));
            }
        }
        // A partition that is named twice is answered twice.
        for partition in named {
            session.answered(*partition, &self.truth[partition]);
        }
        session
    }

    /// Whether there is room for the session; makes it.
    fn takes_in(&mut self, client: usize, named: &[i32]) -> bool {
        let size = self.founded(client, named).partitions.len();
        if size == 0 || size > CONFIG.partitions_max {
            return false;
        }
        // Who goes is chosen first: a newcomer that is refused costs nobody a session.
        let idle = |session: &&Session| self.now - session.used > CONFIG.eviction_ms;
        let mut idle: Vec<(i64, i32)> =
            self.sessions.iter().filter(|it| idle(&it.1)).map(|(id, session)| (session.used, *id)).collect();
        idle.sort_unstable_by(|one, other| other.cmp(one));
        let mut left = self.sessions.clone();
        if left.len() == CONFIG.slots_max {
            let Some(victim) = idle.pop().map(|it| it.1).or_else(|| self.lesser(client, size)) else { return false };
            left.remove(&victim);
        }
        while left.values().map(|session| session.partitions.len()).sum::<usize>() + size > CONFIG.partitions_total_max
        {
            let Some((_, victim)) = idle.pop() else { return false };
            left.remove(&victim);
        }
        self.evictions += u64::try_from(self.sessions.len() - left.len()).unwrap();
        self.sessions = left;
        true
    }

    fn lesser(&self, client: usize, size: usize) -> Option<i32> {
        let value = |session: &Session| (is_follower(session.owner), session.partitions.len());
        let old = |session: &Session| self.now - session.created > CONFIG.eviction_ms;
        let candidates = self
            .sessions
            .iter()
            .filter(|(_, session)| old(session) || (is_follower(client) && !is_follower(session.owner)));
        let (id, session) = candidates.min_by_key(|(id, session)| (value(session), **id))?;
        (value(session) < (is_follower(client), size)).then_some(*id)
    }

    fn next(&mut self, client: usize, named: &[(i32, i64)], forgotten: &[i32], lost: bool) -> Result<(), String> {
        let believes = self.clients[client].clone();
        if believes.session == NO_SESSION {
            return Ok(());
        }
        let request = FetchSessionRequest {
            session_id: believes.session,
            epoch: believes.epoch,
            is_follower: is_follower(client),
            uses_topic_ids: true,
            partitions: named.iter().map(|(partition, offset)| fetch(*partition, *offset)).collect(),
            forgotten: forgotten.iter().map(|partition| key(*partition)).collect(),
        };
        let seen = self.cache.begin(request, Timestamp(self.now));
        let expected = self.next_expected(&believes, named, forgotten);
        let context = match (seen, expected) {
            (Ok(context), Ok(())) => context,
            (seen, expected) => {
                ensure_eq!(seen.map(|_| ()), expected, "going on");
                self.clients[client].session = NO_SESSION;
                return Ok(());
            }
        };
        let Some(session) = self.sessions.get(&believes.session) else {
            // Everything was forgotten.
            ensure_eq!(context.partitions.len(), 0, "partitions of a closed session");
            let end = self.cache.finish(&context, &[], Timestamp(self.now)).map_err(|error| error.to_string())?;
            ensure_eq!(end.session_id, NO_SESSION, "a closed session");
            self.clients[client].session = NO_SESSION;
            return Ok(());
        };
        let served: Vec<(i32, i64)> =
            context.partitions.iter().map(|it| (it.key.partition.0, it.fetch_offset.0)).collect();
        let order: Vec<(i32, i64)> = session.partitions.iter().map(|it| (it.0, it.1)).collect();
        ensure_eq!(served, order, "what is served, in order");
        self.answer(client, &context, lost)
    }

    /// The model's session changes; the error if it does not go on.
    fn next_expected(
        &mut self,
        believes: &Client,
        named: &[(i32, i64)],
        forgotten: &[i32],
    ) -> Result<(), FetchSessionError> {
        let id = believes.session;
        let now = self.now;
        let session = self.sessions.get_mut(&id).ok_or(FetchSessionError::IdNotFound(id))?;
        if session.epoch != believes.epoch {
            return Err(FetchSessionError::InvalidEpoch { given: believes.epoch, expected: session.epoch });
        }
        let before = session.partitions.len();
        for (partition, offset) in named {
            match session.partitions.iter_mut().find(|it| it.0 == *partition) {
                Some(it) => it.1 = *offset,
                None => session.partitions.push((*partition, *offset, None)),
            }
        }
        session.partitions.retain(|it| !forgotten.contains(&it.0));
        session.epoch += 1;
        session.used = now;
        let size = session.partitions.len();
        if size > CONFIG.partitions_max || (size > before && self.total() > CONFIG.partitions_total_max) {
            self.sessions.remove(&id);
            return Err(FetchSessionError::IdNotFound(id));
        }
        if size == 0 {
            self.sessions.remove(&id);
        }
        Ok(())
    }

    /// Reads, answers, and lets the client hear it, unless the answer is lost: then it begins anew or goes on as it was.
    fn answer(&mut self, client: usize, context: &FetchContext, lost: bool) -> Result<(), String> {
        let id = self.clients[client].session;
        let answers = self.answers(context);
        let seen = self.cache.finish(context, &answers, Timestamp(self.now)).map_err(|error| error.to_string())?;
        ensure_eq!(seen.session_id, id, "the session goes on");
        let Some(session) = self.sessions.get_mut(&id) else { return Err("no such session".to_owned()) };
        let listed: Vec<bool> = context
            .partitions
            .iter()
            .zip(&answers)
            .map(|(it, answer)| session.answered(it.key.partition.0, answer))
            .collect();
        ensure_eq!(seen.listed, listed, "what is listed of {answers:?}");
        if lost {
            return Ok(());
        }
        let believes = &mut self.clients[client];
        believes.epoch += 1;
        believes.wanted = context.partitions.iter().map(|it| (it.key.partition.0, it.fetch_offset.0)).collect();
        believes.told.retain(|partition, _| believes.wanted.contains_key(partition));
        for ((it, answer), listed) in context.partitions.iter().zip(&answers).zip(listed) {
            let partition = it.key.partition.0;
            if listed {
                match told(answer) {
                    Some(news) => believes.told.insert(partition, news),
                    None => believes.told.remove(&partition),
                };
            }
            // The heart of it: what the client believes is what the broker would say.
            ensure_eq!(
                believes.told.get(&partition).copied(),
                told(answer),
                "what client {client} believes of {partition}"
            );
        }
        Ok(())
    }

    fn wrong(&mut self, client: usize, (id_off, epoch_off): (i32, i32), by_name: bool) -> Result<(), String> {
        let believes = &self.clients[client];
        if believes.session == NO_SESSION || believes.epoch + epoch_off < 1 {
            return Ok(());
        }
        let (id, epoch) = (believes.session.wrapping_add(id_off), believes.epoch + epoch_off);
        let expected = match self.sessions.get(&id) {
            None => FetchSessionError::IdNotFound(id),
            Some(_) if by_name => FetchSessionError::TopicIdMismatch,
            Some(session) if session.epoch != epoch => {
                FetchSessionError::InvalidEpoch { given: epoch, expected: session.epoch }
            }
            Some(_) => return Ok(()),
        };
        let request = FetchSessionRequest {
            session_id: id,
            epoch,
            is_follower: is_follower(client),
            uses_topic_ids: !by_name,
            partitions: vec![fetch(0, 0)],
            forgotten: Vec::new(),
        };
        ensure_eq!(self.cache.begin(request, Timestamp(self.now)).map(|_| ()), Err(expected), "a wrong request");
        Ok(())
    }
}

impl Session {
    /// Whether the answer is listed; the session remembers it.
    fn answered(&mut self, partition: i32, answer: &PartitionAnswer) -> bool {
        let Some(at) = self.partitions.iter().position(|it| it.0 == partition) else { return true };
        let last = self.partitions[at].2;
        let current = (answer.high_watermark.0, answer.log_start.0);
        self.partitions[at].2 = (!answer.has_error).then_some(current);
        if answer.record_bytes > 0 {
            let served = self.partitions.remove(at);
            self.partitions.push(served);
        }
        is_trouble(answer) || last != Some(current)
    }
}

/// What a client takes from an answer: nothing of an erroneous one.
fn told(answer: &PartitionAnswer) -> Option<(i64, i64)> {
    (!answer.has_error).then_some((answer.high_watermark.0, answer.log_start.0))
}

fn run(seed: u64, steps: &[Step]) -> Result<(), String> {
    let mut world = World::new(seed);
    for step in steps {
        world.step(step).map_err(|difference| format!("{step:?}: {difference}"))?;
    }
    Ok(())
}

#[test]
fn clients_believe_what_the_broker_would_say() {
    check("clients_believe_what_the_broker_would_say", 2_000, steps, run);
}
