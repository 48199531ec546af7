//! Tests of `fetch_session.rs`.

use std::collections::BTreeMap;

use proptest::prelude::*;
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, TopicId, Uuid};

use super::*;

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

fn request(session_id: i32, epoch: i32, partitions: Vec<FetchPartition>) -> FetchSessionRequest {
    FetchSessionRequest { session_id, epoch, is_follower: false, uses_topic_ids: true, partitions, forgotten: vec![] }
}

fn quiet(high_watermark: i64) -> PartitionAnswer {
    PartitionAnswer { high_watermark: Offset(high_watermark), ..PartitionAnswer::default() }
}

fn cache(slots_max: usize) -> FetchSessionCache {
    FetchSessionCache::new(FetchSessionConfig { slots_max, ..FetchSessionConfig::default() }, 1)
}

/// Opens a session over partitions `0..count`, all at high watermark 10; returns its id.
fn open(cache: &mut FetchSessionCache, count: i32, is_follower: bool, now: i64) -> i32 {
    let partitions = (0..count).map(|it| fetch(it, 0)).collect();
    let request = FetchSessionRequest { is_follower, ..request(0, 0, partitions) };
    let context = cache.begin(request, Timestamp(now)).unwrap();
    let answers = vec![quiet(10); context.partitions.len()];
    cache.finish(&context, &answers, Timestamp(now)).unwrap().session_id
}

fn numbers(context: &FetchContext) -> Vec<i32> {
    context.partitions.iter().map(|it| it.key.partition.0).collect()
}

#[test]
fn incremental_fetch_lists_only_what_is_news() {
    let mut cache = cache(10);
    let id = open(&mut cache, 7, false, 0);
    let context = cache.begin(request(id, 1, vec![]), Timestamp(1)).unwrap();
    assert_eq!(numbers(&context), [0, 1, 2, 3, 4, 5, 6]);
    let answers = [
        quiet(10),
        quiet(11),
        PartitionAnswer { log_start: Offset(3), ..quiet(10) },
        PartitionAnswer { record_bytes: 5, ..quiet(10) },
        PartitionAnswer { has_error: true, ..quiet(10) },
        PartitionAnswer { is_diverging: true, ..quiet(10) },
        PartitionAnswer { has_preferred_replica: true, ..quiet(10) },
    ];
    let answer = cache.finish(&context, &answers, Timestamp(1)).unwrap();
    assert_eq!(answer, FetchSessionAnswer { session_id: id, listed: vec![false, true, true, true, true, true, true] });
    // Partition 3 brought records and is served last; partition 4 is listed again after its error.
    let context = cache.begin(request(id, 2, vec![]), Timestamp(2)).unwrap();
    assert_eq!(numbers(&context), [0, 1, 2, 4, 5, 6, 3]);
    let same = [quiet(10), quiet(11), answers[2], quiet(10), quiet(10), quiet(10), quiet(10)];
    let answer = cache.finish(&context, &same, Timestamp(2)).unwrap();
    assert_eq!(answer.listed, [false, false, false, true, false, false, false]);
}

#[test]
fn partitions_are_added_changed_and_forgotten() {
    let mut cache = cache(10);
    let id = open(&mut cache, 3, false, 0);
    let mut changed = request(id, 1, vec![fetch(1, 50), fetch(9, 0)]);
    changed.forgotten = vec![key(0), key(77)];
    let context = cache.begin(changed, Timestamp(1)).unwrap();
    assert_eq!(numbers(&context), [1, 2, 9]);
    assert_eq!(context.partitions[0].fetch_offset, Offset(50));
    let listed = cache.finish(&context, &[quiet(10), quiet(10), quiet(10)], Timestamp(1)).unwrap().listed;
    assert_eq!(listed, [false, false, true]);
}

#[test]
fn errors_name_what_is_wrong_with_the_session() {
    let mut cache = cache(10);
    let id = open(&mut cache, 1, false, 0);
    let error = |cache: &mut FetchSessionCache, request| cache.begin(request, Timestamp(1)).unwrap_err();
    assert_eq!(error(&mut cache, request(id ^ 1, 1, vec![])), FetchSessionError::IdNotFound(id ^ 1));
    assert_eq!(error(&mut cache, request(id, 2, vec![])), FetchSessionError::InvalidEpoch { given: 2, expected: 1 });
    let by_name = FetchSessionRequest { uses_topic_ids: false, ..request(id, 1, vec![]) };
    assert_eq!(error(&mut cache, by_name), FetchSessionError::TopicIdMismatch);
    // None of them has harmed the session.
    assert!(cache.begin(request(id, 1, vec![]), Timestamp(1)).is_ok());
}

#[test]
fn an_answer_of_an_overtaken_fetch_is_refused() {
    let mut cache = cache(10);
    let id = open(&mut cache, 1, false, 0);
    let first = cache.begin(request(id, 1, vec![]), Timestamp(1)).unwrap();
    let second = cache.begin(request(id, 2, vec![]), Timestamp(1)).unwrap();
    let overtaken = cache.finish(&first, &[quiet(10)], Timestamp(1));
    assert_eq!(overtaken, Err(FetchSessionError::InvalidEpoch { given: 2, expected: 3 }));
    assert!(cache.finish(&second, &[quiet(10)], Timestamp(1)).is_ok());
}

#[test]
fn epoch_one_follows_the_largest() {
    let mut cache = cache(10);
    let id = open(&mut cache, 1, false, 0);
    cache.sessions.get_mut(&id).unwrap().set_epoch(i32::MAX);
    assert!(cache.begin(request(id, i32::MAX, vec![]), Timestamp(1)).is_ok());
    assert!(cache.begin(request(id, 1, vec![]), Timestamp(1)).is_ok());
}

#[test]
fn sessions_are_closed_and_replaced() {
    let mut cache = cache(10);
    let id = open(&mut cache, 1, false, 0);
    let context = cache.begin(request(id, FINAL_EPOCH, vec![fetch(0, 0)]), Timestamp(1)).unwrap();
    let answer = cache.finish(&context, &[quiet(1)], Timestamp(1)).unwrap();
    assert_eq!(answer, FetchSessionAnswer { session_id: NO_SESSION, listed: vec![true] });
    assert!(cache.is_empty());
    let id = open(&mut cache, 1, false, 2);
    let context = cache.begin(request(id, INITIAL_EPOCH, vec![fetch(0, 0)]), Timestamp(3)).unwrap();
    let other = cache.finish(&context, &[quiet(1)], Timestamp(3)).unwrap().session_id;
    assert!(other != id && other != NO_SESSION);
    assert_eq!(cache.len(), 1);
    // Forgetting the last partition closes the session.
    let last = FetchSessionRequest { forgotten: vec![key(0)], ..request(other, 1, vec![]) };
    let context = cache.begin(last, Timestamp(4)).unwrap();
    assert_eq!(cache.finish(&context, &[], Timestamp(4)).unwrap().session_id, NO_SESSION);
    assert!(cache.is_empty());
}

#[test]
fn a_full_cache_evicts_idle_sessions_then_lesser_ones() {
    const MINUTE: i64 = 60_000;
    // (age of the sessions there, their partitions, followers?) against (partitions, follower?) → gets a slot?
    let table: &[((i64, i32, bool), (i32, bool), bool)] = &[
        ((MINUTE, 2, false), (9, false), false),
        ((3 * MINUTE, 2, false), (1, false), true),
        ((MINUTE, 9, false), (1, true), true),
        ((MINUTE, 2, true), (9, true), false),
        ((MINUTE, 2, true), (9, false), false),
    ];
    for (held, newcomer, expected) in table {
        let mut cache = cache(2);
        open(&mut cache, held.1, held.2, 0);
        open(&mut cache, held.1, held.2, 0);
        let id = open(&mut cache, newcomer.0, newcomer.1, held.0);
        assert_eq!(id != NO_SESSION, *expected, "{held:?} against {newcomer:?}");
        assert_eq!(cache.len(), 2);
        assert_eq!(cache.evictions(), u64::from(*expected));
    }
}

#[test]
fn a_busy_session_past_its_youth_gives_way_only_to_a_more_valuable_one() {
    for (newcomer, now, expected) in [(2, 122_000, false), (3, 122_000, true), (3, 120_001, true), (3, 120_000, false)]
    {
        let mut cache = cache(1);
        let id = open(&mut cache, 2, false, 0);
        cache.begin(request(id, 1, vec![]), Timestamp(119_000)).unwrap();
        let other = open(&mut cache, newcomer, false, now);
        assert_eq!(other != NO_SESSION, expected, "{newcomer} at {now}");
    }
}

#[test]
fn a_session_beyond_its_size_is_given_up() {
    let config = FetchSessionConfig { partitions_max: 2, ..FetchSessionConfig::default() };
    let mut cache = FetchSessionCache::new(config, 3);
    assert_eq!(open(&mut cache, 3, false, 0), NO_SESSION);
    let id = open(&mut cache, 2, false, 0);
    let grown = cache.begin(request(id, 1, vec![fetch(5, 0)]), Timestamp(1));
    assert_eq!(grown, Err(FetchSessionError::IdNotFound(id)));
    assert!(cache.is_empty());
}

proptest! {
    /// A client that only hears what is listed knows after each answer what the broker knows.
    #[test]
    fn client_and_broker_agree_after_each_answer(
        steps in prop::collection::vec((0i32..6, 0u8..5, 0i64..20), 1..120)
    ) {
        let mut cache = cache(4);
        let id = open(&mut cache, 2, false, 0);
        let mut wanted: BTreeMap<i32, i64> = [(0, 0), (1, 0)].into();
        let mut truth: BTreeMap<i32, i64> = (0..6).map(|it| (it, 10)).collect();
        let mut known: BTreeMap<i32, i64> = [(0, 10), (1, 10)].into();
        for (epoch, (partition, step, value)) in (1..).zip(steps) {
            let mut request = request(id, epoch, vec![]);
            match step {
                0 => {
                    wanted.insert(partition, value);
                    request.partitions.push(fetch(partition, value));
                }
                1 if wanted.len() > 1 => {
                    wanted.remove(&partition);
                    known.remove(&partition);
                    request.forgotten.push(key(partition));
                }
                _ => { truth.insert(partition, value); }
            }
            let context = cache.begin(request, Timestamp(0)).unwrap();
            let served: BTreeMap<i32, i64> =
                context.partitions.iter().map(|it| (it.key.partition.0, it.fetch_offset.0)).collect();
            prop_assert_eq!(&served, &wanted);
            prop_assert_eq!(served.len(), context.partitions.len());
            let answers: Vec<PartitionAnswer> = context.partitions.iter().map(|it| {
                let number = it.key.partition.0;
                PartitionAnswer { record_bytes: usize::from(number == partition && step == 3), ..quiet(truth[&number]) }
            }).collect();
            let answer = cache.finish(&context, &answers, Timestamp(0)).unwrap();
            for (it, listed) in context.partitions.iter().zip(answer.listed) {
                let number = it.key.partition.0;
                if listed { known.insert(number, truth[&number]); }
                prop_assert_eq!(known.get(&number), truth.get(&number));
            }
        }
    }
}

#[test]
fn sessions_share_a_bound_on_their_partitions() {
    let config = FetchSessionConfig { partitions_total_max: 10, eviction_ms: 100, ..FetchSessionConfig::default() };
    let mut cache = FetchSessionCache::new(config, 1);
    let first = open(&mut cache, 6, false, 0);
    let second = open(&mut cache, 4, false, 0);
    assert!(first != NO_SESSION && second != NO_SESSION);
    assert_eq!(open(&mut cache, 1, false, 50), NO_SESSION, "there is no room, and nobody is idle");
    let more = vec![fetch(20, 0)];
    let grown = cache.begin(request(second, 1, more), Timestamp(60));
    assert_eq!(grown, Err(FetchSessionError::IdNotFound(second)), "a session does not grow beyond the bound either");
    assert_eq!((cache.len(), cache.partition_count()), (1, 6));
    let third = open(&mut cache, 4, false, 70);
    assert_eq!((cache.len(), cache.partition_count()), (2, 10));
    let fourth = open(&mut cache, 5, false, 150);
    assert!(fourth != NO_SESSION, "the first is idle for long enough");
    assert_eq!((cache.len(), cache.partition_count(), cache.evictions()), (2, 9, 1));
    for id in [third, fourth] {
        cache.begin(request(id, -1, vec![]), Timestamp(151)).unwrap();
    }
    assert_eq!((cache.len(), cache.partition_count()), (0, 0));
}

#[test]
fn a_newcomer_that_finds_no_room_costs_nobody_a_session() {
    let config = FetchSessionConfig { slots_max: 2, partitions_total_max: 10, eviction_ms: 100, ..Default::default() };
    let mut cache = FetchSessionCache::new(config, 1);
    let idle = open(&mut cache, 2, false, 0);
    let used = open(&mut cache, 8, false, 150);
    assert!(idle != NO_SESSION && used != NO_SESSION);
    assert_eq!(open(&mut cache, 3, false, 160), NO_SESSION, "the idle one alone makes too little room");
    assert_eq!((cache.len(), cache.partition_count(), cache.evictions()), (2, 10, 0));
    assert!(open(&mut cache, 2, false, 160) != NO_SESSION);
    assert_eq!((cache.len(), cache.partition_count(), cache.evictions()), (2, 10, 1));
    assert_eq!(cache.begin(request(idle, 1, vec![]), Timestamp(161)), Err(FetchSessionError::IdNotFound(idle)));
    cache.begin(request(used, 1, vec![]), Timestamp(161)).unwrap();
}

#[test]
fn room_is_made_by_as_many_idle_sessions_as_it_takes() {
    let config = FetchSessionConfig { partitions_total_max: 10, eviction_ms: 100, ..FetchSessionConfig::default() };
    // (time, partitions of the newcomer) → sessions that went
    for (now, newcomer, evictions) in [(100, 1, None), (101, 1, Some(1)), (101, 4, Some(2)), (101, 5, None)] {
        let mut cache = FetchSessionCache::new(config, 1);
        let idle = [open(&mut cache, 2, false, 0), open(&mut cache, 2, false, 0)];
        open(&mut cache, 6, false, 50);
        let id = open(&mut cache, newcomer, false, now);
        assert_eq!((id != NO_SESSION).then(|| cache.evictions()), evictions, "{newcomer} at {now}");
        let left = idle.iter().filter(|id| cache.partitions_of(**id) > 0).count();
        assert_eq!(left, 2 - usize::try_from(cache.evictions()).unwrap(), "the idle ones went");
        assert!(cache.partition_count() <= 10);
    }
}

#[test]
fn a_session_as_large_as_any_may_be_goes_on() {
    let config = FetchSessionConfig { partitions_max: 3, partitions_total_max: 3, ..FetchSessionConfig::default() };
    let mut cache = FetchSessionCache::new(config, 1);
    let id = open(&mut cache, 2, false, 0);
    assert!(!cache.is_empty());
    let context = cache.begin(request(id, 1, vec![fetch(2, 0)]), Timestamp(1)).unwrap();
    assert_eq!(numbers(&context), [0, 1, 2]);
    assert_eq!(numbers(&cache.begin(request(id, 2, vec![]), Timestamp(2)).unwrap()), [0, 1, 2]);
}

#[test]
fn a_name_that_no_topic_can_have_takes_the_room_of_many_partitions() {
    let config = FetchSessionConfig { partitions_total_max: 100, ..FetchSessionConfig::default() };
    let mut cache = FetchSessionCache::new(config, 1);
    let named = |bytes: usize| {
        let topic = TopicKey::Name("n".repeat(bytes).into());
        FetchPartition { key: FetchPartitionKey { topic, partition: PartitionId(0) }, ..fetch(0, 0) }
    };
    let open_named = |partitions: Vec<FetchPartition>, cache: &mut FetchSessionCache| {
        let wish = FetchSessionRequest { uses_topic_ids: false, ..request(0, INITIAL_EPOCH, partitions) };
        let context = cache.begin(wish, Timestamp(0)).unwrap();
        let answers = vec![quiet(10); context.partitions.len()];
        cache.finish(&context, &answers, Timestamp(0)).unwrap().session_id
    };
    assert_eq!(open_named(vec![named(32_000)], &mut cache), NO_SESSION, "it takes more than all");
    let id = open_named(vec![named(249), named(20_000)], &mut cache);
    assert!(id != NO_SESSION);
    assert_eq!((cache.partitions_of(id), cache.partition_count()), (2, 80));
    let forget =
        FetchSessionRequest { uses_topic_ids: false, forgotten: vec![named(20_000).key], ..request(id, 1, vec![]) };
    cache.begin(forget, Timestamp(1)).unwrap();
    assert_eq!((cache.partitions_of(id), cache.partition_count()), (1, 1));
    assert_eq!(cache.partitions_of(id + 1), 0);
}

/// Nobody guesses the id of another's session: ids are the upper 31 bits of what SplitMix64 draws from a secret seed.
#[test]
fn ids_are_drawn_by_the_published_generator() {
    let mut cache = FetchSessionCache::new(FetchSessionConfig::default(), 1_234_567);
    let ids: Vec<i32> = (0..5).map(|_| open(&mut cache, 1, false, 0)).collect();
    assert_eq!(ids, [751_790_091, 372_897_858, 1_142_906_482, 534_739_872, 1_910_250_035]);
}

#[test]
fn id_that_stands_for_none_or_is_in_use_is_not_given() {
    // From this seed the generator draws 0 first, and then what it draws first from the seed 0.
    let before_zero = 0u64.wrapping_sub(0x9e37_79b9_7f4a_7c15);
    let first = open(&mut FetchSessionCache::new(FetchSessionConfig::default(), before_zero), 1, false, 0);
    let of_seed_zero = |count: usize| {
        let mut cache = FetchSessionCache::new(FetchSessionConfig::default(), 0);
        (0..count).map(|_| open(&mut cache, 1, false, 0)).collect::<Vec<i32>>()
    };
    assert_eq!([first], of_seed_zero(1)[..]);
    let mut cache = FetchSessionCache::new(FetchSessionConfig::default(), 0);
    let taken = open(&mut cache, 1, false, 0);
    cache.id_state = 0;
    assert_eq!([taken, open(&mut cache, 2, false, 0)], of_seed_zero(2)[..]);
    assert_eq!((cache.len(), cache.partitions_of(taken)), (2, 1));
}
