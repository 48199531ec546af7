//! Incremental fetch sessions (KIP-227): a client names its partitions once, and then only what changes.
//!
//! Owns: the sessions of one broker, which partitions a fetch means, which of them its answer lists, eviction. Does not own:
//! reading, resolving topic ids (an id that cannot be resolved stays in the session and is answered UNKNOWN_TOPIC_ID by
//! the shell each time, until it can be).
//!
//! ```text
//!   (id, epoch) of the request   meaning
//!   (0, 0)                       all partitions are named; a session is wanted: the answer carries its id, or 0
//!   (0, −1)                      all partitions are named; no session
//!   (id, 0)                      close this session, and open another
//!   (id, −1)                     close this session; answer without one
//!   (id, n)                      the session's partitions, changed by what is named; n grows by one, and 1 follows the largest
//! ```
//! A session comes into being with the *answer* of the full fetch. Use: [`FetchSessionCache::begin`], read the partitions of
//! the context in their order, [`FetchSessionCache::finish`], send what it lists.
//! Invariants: at most `slots_max` sessions of at most `partitions_max` partitions each and `partitions_total_max` together, where
//! one with a long topic name counts as several; a session uses topic ids or names, never both. A crash leaves nothing: clients get FETCH_SESSION_ID_NOT_FOUND and begin anew.

mod session;

use std::collections::BTreeMap;

use strata_compat::ids::Timestamp;

use self::session::Session;
pub use self::session::{FetchPartition, FetchPartitionKey, PartitionAnswer, TopicKey};

/// Epoch of a fetch that wants a session.
pub const INITIAL_EPOCH: i32 = 0;
/// Epoch of a fetch that wants none.
pub const FINAL_EPOCH: i32 = -1;
/// The session id that stands for none.
pub const NO_SESSION: i32 = 0;

/// Limits of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchSessionConfig {
    /// `max.incremental.fetch.session.cache.slots`.
    pub slots_max: usize,
    /// Time after which an idle session may be evicted by any other, and for which a new one is safe from its equals.
    pub eviction_ms: i64,
    /// Partitions of one session, at most.
    pub partitions_max: usize,
    /// Partitions of all sessions, at most; each takes less than half a kilobyte, and counts once more for each further quarter of
    /// its topic's name.
    pub partitions_total_max: usize,
}

impl Default for FetchSessionConfig {
    fn default() -> Self {
        Self { slots_max: 1000, eviction_ms: 120_000, partitions_max: 100_000, partitions_total_max: 500_000 }
    }
}

/// Top-level errors of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchSessionError {
    /// FETCH_SESSION_ID_NOT_FOUND (70).
    #[error("no fetch session {0}")]
    IdNotFound(i32),
    /// INVALID_FETCH_SESSION_EPOCH (71).
    #[error("fetch session epoch {given}, expected {expected}")]
    InvalidEpoch {
        /// Of the request.
        given: i32,
        /// Of the session.
        expected: i32,
    },
    /// FETCH_SESSION_TOPIC_ID_ERROR (106).
    #[error("the session began with topic ids and goes on with names, or the other way round")]
    TopicIdMismatch,
}

/// What a fetch says of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchSessionRequest {
    /// Session id; 0 for none.
    pub session_id: i32,
    /// Session epoch.
    pub epoch: i32,
    /// Whether it comes from a follower.
    pub is_follower: bool,
    /// Whether it names topics by id (version 13 and later).
    pub uses_topic_ids: bool,
    /// Partitions named, in order.
    pub partitions: Vec<FetchPartition>,
    /// Partitions to be left out from now on.
    pub forgotten: Vec<FetchPartitionKey>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ContextKind {
    Sessionless,
    Full { is_follower: bool, uses_topic_ids: bool },
    Incremental { session_id: i32, epoch: i32 },
}

/// What one fetch reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchContext {
    kind: ContextKind,
    /// Partitions to read, in order.
    pub partitions: Vec<FetchPartition>,
}

/// The session that a fetch opens, if it wants one.
#[derive(Clone, Debug)]
pub struct NewSession(Option<Session>);

impl FetchContext {
    /// The session that this fetch opens with these answers.
    #[must_use]
    pub fn new_session(&self, answers: &[PartitionAnswer], now: Timestamp) -> NewSession {
        let ContextKind::Full { is_follower, uses_topic_ids } = self.kind else {
            return NewSession(None);
        };
        let mut session = Session::new(is_follower, uses_topic_ids, now);
        session.update(self.partitions.clone(), &[], now);
        session.record(&self.partitions, answers);
        session.pack();
        NewSession(Some(session))
    }
}

/// What the answer carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchSessionAnswer {
    /// Session id of the answer; 0 for none.
    pub session_id: i32,
    /// For each partition of the context, whether the answer lists it.
    pub listed: Vec<bool>,
}

/// The sessions of one broker.
#[derive(Clone, Debug)]
pub struct FetchSessionCache {
    config: FetchSessionConfig,
    sessions: BTreeMap<i32, Session>,
    /// Partitions over all sessions, those with long names several times.
    partition_count: usize,
    id_state: u64,
    evictions: u64,
}

impl FetchSessionCache {
    /// An empty cache. Session ids follow from `seed`; it should be unknown to clients.
    #[must_use]
    pub const fn new(config: FetchSessionConfig, seed: u64) -> Self {
        Self { config, sessions: BTreeMap::new(), partition_count: 0, id_state: seed, evictions: 0 }
    }

    /// Which partitions the fetch means. Changes its session, if it has one.
    pub fn begin(&mut self, request: FetchSessionRequest, now: Timestamp) -> Result<FetchContext, FetchSessionError> {
        let id = request.session_id;
        if request.epoch == INITIAL_EPOCH || request.epoch == FINAL_EPOCH {
            self.remove(id);
            let FetchSessionRequest { is_follower, uses_topic_ids, partitions, .. } = request;
            let kind = if request.epoch == INITIAL_EPOCH {
                ContextKind::Full { is_follower, uses_topic_ids }
            } else {
                ContextKind::Sessionless
            };
            return Ok(FetchContext { kind, partitions });
        }
        let session = self.sessions.get_mut(&id).ok_or(FetchSessionError::IdNotFound(id))?;
        if session.uses_topic_ids() != request.uses_topic_ids {
            return Err(FetchSessionError::TopicIdMismatch);
        }
        if session.epoch() != request.epoch {
            return Err(FetchSessionError::InvalidEpoch { given: request.epoch, expected: session.epoch() });
        }
        let before = session.places();
        session.update(request.partitions, &request.forgotten, now);
        let (size, places) = (session.len(), session.places());
        self.partition_count = self.partition_count - before + places;
        if size > self.config.partitions_max || self.partition_count > self.config.partitions_total_max {
            // The client begins anew, with a fetch that names all; it then gets no session.
            self.remove(id);
            return Err(FetchSessionError::IdNotFound(id));
        }
        if size == 0 {
            self.remove(id);
            return Ok(FetchContext { kind: ContextKind::Sessionless, partitions: Vec::new() });
        }
        let session = self.sessions.get(&id).ok_or(FetchSessionError::IdNotFound(id))?;
        let kind = ContextKind::Incremental { session_id: id, epoch: session.epoch() };
        Ok(FetchContext { kind, partitions: session.partitions() })
    }

    /// What the answer lists. `answers` stand for the partitions of the context, one by one.
    pub fn finish(
        &mut self,
        context: &FetchContext,
        answers: &[PartitionAnswer],
        now: Timestamp,
    ) -> Result<FetchSessionAnswer, FetchSessionError> {
        let new = context.new_session(answers, now);
        self.finish_with(context, answers, new, now)
    }

    /// As [`Self::finish`], with the session that the fetch may open made before: that takes as long as the fetch is large, and
    /// needs nothing of the cache.
    pub fn finish_with(
        &mut self,
        context: &FetchContext,
        answers: &[PartitionAnswer],
        new: NewSession,
        now: Timestamp,
    ) -> Result<FetchSessionAnswer, FetchSessionError> {
        let all = vec![true; context.partitions.len()];
        match context.kind {
            ContextKind::Sessionless => Ok(FetchSessionAnswer { session_id: NO_SESSION, listed: all }),
            ContextKind::Full { .. } => {
                let session_id = new.0.map_or(NO_SESSION, |session| self.insert(session, now));
                Ok(FetchSessionAnswer { session_id, listed: all })
            }
            ContextKind::Incremental { session_id, epoch } => {
                let session = self.sessions.get_mut(&session_id).ok_or(FetchSessionError::IdNotFound(session_id))?;
                if session.epoch() != epoch {
                    // Another fetch of the session has come meanwhile.
                    return Err(FetchSessionError::InvalidEpoch { given: epoch, expected: session.epoch() });
                }
                Ok(FetchSessionAnswer { session_id, listed: session.record(&context.partitions, answers) })
            }
        }
    }

    /// Partitions of a session; none if there is no such session.
    #[must_use]
    pub fn partitions_of(&self, id: i32) -> usize {
        self.sessions.get(&id).map_or(0, Session::len)
    }

    /// Number of sessions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Partitions over all sessions, those with long names several times.
    #[must_use]
    pub const fn partition_count(&self) -> usize {
        self.partition_count
    }

    /// Sessions evicted so far.
    #[must_use]
    pub const fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Takes the session in if there is a slot for it; returns its id, or 0.
    fn insert(&mut self, session: Session, now: Timestamp) -> i32 {
        if session.len() > self.config.partitions_max || session.len() == 0 {
            return NO_SESSION;
        }
        // Who makes room is chosen before anybody goes: a newcomer that is refused costs nobody a session.
        let Some(victims) = self.victims_for(&session, now) else {
            return NO_SESSION;
        };
        victims.into_iter().for_each(|victim| self.evict(victim));
        let id = self.unused_id();
        self.partition_count += session.places();
        self.sessions.insert(id, session);
        id
    }

    fn remove(&mut self, id: i32) {
        if let Some(session) = self.sessions.remove(&id) {
            self.partition_count -= session.places();
        }
    }

    fn evict(&mut self, id: i32) {
        self.remove(id);
        self.evictions += 1;
    }

    /// Which sessions go so that the newcomer has a slot and room for its partitions; `None` if there is no room for it.
    fn victims_for(&self, newcomer: &Session, now: Timestamp) -> Option<Vec<i32>> {
        let mut partitions = self.partition_count + newcomer.places();
        // Most newcomers find room; only for others all sessions are looked through.
        let mut idle = None;
        let mut next_idle = || idle.get_or_insert_with(|| self.idle_sessions(now)).next();
        let mut victims = Vec::new();
        if self.sessions.len() >= self.config.slots_max {
            let victim = next_idle().or_else(|| self.least_valuable(newcomer, now))?;
            partitions -= self.sessions.get(&victim).map_or(0, Session::places);
            victims.push(victim);
        }
        // Room for partitions comes from idle sessions only: one large newcomer is not worth many that are in use.
        while partitions > self.config.partitions_total_max {
            let victim = next_idle()?;
            partitions -= self.sessions.get(&victim).map_or(0, Session::places);
            victims.push(victim);
        }
        Some(victims)
    }

    /// The sessions that are idle for long enough to make room for any other, the one idle longest first.
    fn idle_sessions(&self, now: Timestamp) -> impl Iterator<Item = i32> + use<> {
        let is_idle = |session: &Session| now.ms_since(session.used_at()) > self.config.eviction_ms;
        let idle = self.sessions.iter().filter(|(_, session)| is_idle(session));
        let mut idle: Vec<(Timestamp, i32)> = idle.map(|(id, session)| (session.used_at(), *id)).collect();
        idle.sort_unstable();
        idle.into_iter().map(|(_, id)| id)
    }

    /// The least valuable session that is worth less than the newcomer and not protected by its youth (followers need not
    /// heed the youth of clients).
    fn least_valuable(&self, newcomer: &Session, now: Timestamp) -> Option<i32> {
        let may_go = |session: &Session| {
            now.ms_since(session.created_at()) > self.config.eviction_ms
                || (newcomer.is_follower() && !session.is_follower())
        };
        let candidates = self.sessions.iter().filter(|(_, session)| may_go(session));
        let (id, least) = candidates.min_by_key(|(id, session)| (session.value(), **id))?;
        (least.value() < newcomer.value()).then_some(*id)
    }

    fn unused_id(&mut self) -> i32 {
        loop {
            // SplitMix64: one addition and three mixing steps, of which the last changes only bits that are dropped here.
            self.id_state = self.id_state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.id_state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let id = i32::try_from(mixed >> 33).expect("31 bits fit");
            if id != NO_SESSION && !self.sessions.contains_key(&id) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests;
