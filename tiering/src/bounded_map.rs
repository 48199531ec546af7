//! A small map with a bound on the weight of what it holds; the least recently used goes first.
//!
//! Owns: recency. Does not own: locking. Invariant: the weight is at most the bound, except for a single entry above it.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

#[derive(Debug)]
struct Slot<V> {
    value: V,
    weight: u64,
    used: u64,
}

#[derive(Debug)]
pub(crate) struct BoundedMap<K, V> {
    slots: HashMap<K, Slot<V>>,
    by_use: BTreeMap<u64, K>,
    clock: u64,
    weight: u64,
    weight_max: u64,
}

impl<K: Clone + Eq + Hash, V> BoundedMap<K, V> {
    pub(crate) fn new(weight_max: u64) -> Self {
        Self { slots: HashMap::new(), by_use: BTreeMap::new(), clock: 0, weight: 0, weight_max }
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let slot = self.slots.get_mut(key)?;
        self.clock += 1;
        self.by_use.remove(&slot.used);
        slot.used = self.clock;
        self.by_use.insert(self.clock, key.clone());
        Some(&mut slot.value)
    }

    pub(crate) fn insert(&mut self, key: K, value: V, weight: u64) {
        self.remove(&key);
        self.clock += 1;
        self.weight = self.weight.saturating_add(weight);
        self.by_use.insert(self.clock, key.clone());
        self.slots.insert(key, Slot { value, weight, used: self.clock });
        while self.weight > self.weight_max && self.slots.len() > 1 {
            let Some(oldest) = self.by_use.first_key_value().map(|(_, key)| key.clone()) else {
                break;
            };
            self.remove(&oldest);
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.slots.remove(key)?;
        self.by_use.remove(&slot.used);
        self.weight = self.weight.saturating_sub(slot.weight);
        Some(slot.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first_and_the_newest_stays() {
        let mut map = BoundedMap::new(3);
        for key in 0..3 {
            map.insert(key, key, 1);
        }
        assert_eq!(map.get_mut(&0), Some(&mut 0));
        map.insert(3, 3, 1);
        assert_eq!(map.get_mut(&1), None);
        assert_eq!(map.get_mut(&0), Some(&mut 0));
        map.insert(4, 4, 100);
        assert_eq!(map.get_mut(&4), Some(&mut 4));
        assert_eq!(map.get_mut(&0), None);
        assert_eq!((map.slots.len(), map.by_use.len(), map.weight), (1, 1, 100));
    }
}
