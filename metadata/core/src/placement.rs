//! Where the replicas of new partitions go: leaders in turn over racks and brokers, the replicas of one partition on as
//! many racks as there are. The same seed gives the same placement.
//!
//! Owns: the choice. Does not own: which brokers may take replicas (the caller passes them).

use std::collections::BTreeMap;

use strata_compat::ids::BrokerId;

/// A broker that may take replicas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub broker: BrokerId,
    /// Its rack; brokers without one share a rack of their own.
    pub rack: Option<String>,
}

/// Replicas of `partitions` new partitions; `None` if there are fewer candidates than replicas, or no replicas.
#[must_use]
pub fn place(
    candidates: &[Candidate],
    partitions: u32,
    replication_factor: usize,
    seed: u64,
) -> Option<Vec<Vec<BrokerId>>> {
    if replication_factor == 0 || candidates.len() < replication_factor {
        return None;
    }
    let mut random = SplitMix(seed);
    let mut by_rack: BTreeMap<Option<&str>, Vec<BrokerId>> = BTreeMap::new();
    for candidate in candidates {
        by_rack.entry(candidate.rack.as_deref()).or_default().push(candidate.broker);
    }
    let mut racks: Vec<Vec<BrokerId>> = by_rack.into_values().collect();
    for rack in &mut racks {
        rack.sort_unstable();
        random.shuffle(rack);
    }
    random.shuffle(&mut racks);
    let stripe = stripe(&racks);
    let first = random.below(stripe.len());
    let placed = (0..usize::try_from(partitions).ok()?)
        .map(|partition| replicas_of(&stripe, first.wrapping_add(partition), replication_factor))
        .collect();
    Some(placed)
}

/// All brokers, each with the number of its rack, in an order that changes the rack as often as it can.
fn stripe(racks: &[Vec<BrokerId>]) -> Vec<(usize, BrokerId)> {
    let longest = racks.iter().map(Vec::len).max().unwrap_or(0);
    let row = |index: usize| {
        racks.iter().enumerate().filter_map(move |(number, rack)| rack.get(index).map(|broker| (number, *broker)))
    };
    (0..longest).flat_map(row).collect()
}

/// The leader is the broker at `turn`; the others follow it at a distance that grows with each round, so that the
/// followers of one leader are not always the same. Racks are repeated only when each has a replica.
fn replicas_of(stripe: &[(usize, BrokerId)], turn: usize, replication_factor: usize) -> Vec<BrokerId> {
    let len = stripe.len();
    let leader = turn % len;
    let shift = turn / len;
    let order: Vec<(usize, BrokerId)> = (0..len)
        .map(|step| if step == 0 { leader } else { (leader + 1 + (step - 1 + shift) % (len - 1)) % len })
        .filter_map(|position| stripe.get(position).copied())
        .collect();
    let mut replicas: Vec<BrokerId> = Vec::with_capacity(replication_factor);
    loop {
        let mut racks_in_round = Vec::new();
        let before = replicas.len();
        for (rack, broker) in &order {
            if replicas.len() < replication_factor && !racks_in_round.contains(rack) && !replicas.contains(broker) {
                racks_in_round.push(*rack);
                replicas.push(*broker);
            }
        }
        if replicas.len() == before {
            return replicas;
        }
    }
}

/// A small generator of known sequence, so that each node draws the same.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn candidates(racks: &[Option<&str>]) -> Vec<Candidate> {
        (1..).zip(racks).map(|(id, rack)| Candidate { broker: BrokerId(id), rack: rack.map(str::to_owned) }).collect()
    }

    #[test]
    fn replicas_are_on_as_many_racks_as_there_are() {
        let brokers = candidates(&[Some("a"), Some("a"), Some("b"), Some("b"), Some("c"), Some("c")]);
        let rack = |id: &BrokerId| brokers.iter().find(|broker| broker.broker == *id).unwrap().rack.clone();
        for seed in 0..50 {
            for replicas in place(&brokers, 24, 3, seed).unwrap() {
                assert_eq!(replicas.iter().map(rack).collect::<BTreeSet<_>>().len(), 3, "seed {seed}: {replicas:?}");
            }
            for replicas in place(&brokers, 24, 5, seed).unwrap() {
                assert_eq!(replicas.iter().collect::<BTreeSet<_>>().len(), 5, "seed {seed}: {replicas:?}");
            }
        }
    }

    #[test]
    fn leaders_take_turns() {
        for racks in [vec![None; 5], vec![Some("a"), Some("a"), Some("b"), Some("b"), Some("c")]] {
            let placed = place(&candidates(&racks), 50, 3, 7).unwrap();
            for id in 1..=5 {
                assert_eq!(placed.iter().filter(|replicas| replicas[0] == BrokerId(id)).count(), 10, "broker {id}");
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_placement_and_another_seed_another() {
        let brokers = candidates(&[None; 7]);
        assert_eq!(place(&brokers, 30, 3, 1), place(&brokers, 30, 3, 1));
        assert_ne!(place(&brokers, 30, 3, 1), place(&brokers, 30, 3, 2));
    }

    #[test]
    fn too_few_brokers_place_nothing() {
        for (brokers, replication_factor) in [(0, 1), (2, 3), (3, 0)] {
            assert_eq!(place(&candidates(&vec![None; brokers]), 1, replication_factor, 0), None);
        }
    }

    /// The first numbers that the published generator gives for the seed 1234567.
    #[test]
    fn the_generator_is_the_published_one() {
        let mut random = SplitMix(1_234_567);
        let drawn: Vec<u64> = (0..5).map(|_| random.next()).collect();
        let published = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(drawn, published);
    }

    /// Recorded logs are replayed for ever: what a seed gave once, it gives always.
    #[test]
    fn a_seed_gives_what_it_gave_in_the_first_release() {
        let brokers = candidates(&[Some("a"), Some("a"), Some("a"), Some("b"), Some("b"), Some("c"), None]);
        let placed = place(&brokers, 16, 4, 42).unwrap();
        let text: Vec<String> = placed
            .iter()
            .map(|replicas| replicas.iter().map(|broker| broker.0.to_string()).collect::<Vec<_>>().join(""))
            .collect();
        assert_eq!(text.join(" "), "1746 7436 4367 3567 2567 5176 6743 1467 7356 4267 3567 2674 5736 6437 1567 7256");
    }
}
