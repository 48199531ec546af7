//! Tests of `shared_map.rs`.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Nodes of `new` that `old` does not share: what the changes between them have cost.
fn unshared_nodes<K: Ord, V>(old: &SharedMap<K, V>, new: &SharedMap<K, V>) -> usize {
    fn addresses<K, V>(link: &Link<K, V>, into: &mut Vec<usize>) {
        if let Some(node) = link {
            into.push(Arc::as_ptr(node).addr());
            addresses(&node.left, into);
            addresses(&node.right, into);
        }
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    addresses(&old.root, &mut before);
    addresses(&new.root, &mut after);
    before.sort_unstable();
    after.iter().filter(|address| before.binary_search(address).is_err()).count()
}

fn balanced<K: Ord, V>(link: &Link<K, V>) -> bool {
    link.as_ref().is_none_or(|node| {
        let (left, right) = (height(&node.left), height(&node.right));
        left.abs_diff(right) <= 1
            && node.height == left.max(right) + 1
            && node.left.as_ref().is_none_or(|child| child.key < node.key)
            && node.right.as_ref().is_none_or(|child| child.key > node.key)
            && balanced(&node.left)
            && balanced(&node.right)
    })
}

#[test]
fn a_change_copies_only_the_path_to_its_entry() {
    let map: SharedMap<u32, u32> = (0..100_000).map(|key| (key, key)).collect();
    for key in [0, 1, 49_999, 65_535, 99_999, 100_000] {
        let mut changed = map.clone();
        changed.insert(key, 7);
        assert!(unshared_nodes(&map, &changed) <= 24, "insert of {key}");
        changed.remove(&key);
        assert!(unshared_nodes(&map, &changed) <= 60, "removal of {key}");
    }
    assert_eq!(map.len(), 100_000);
}

#[test]
fn range_begins_at_the_first_key_at_or_above() {
    let map: SharedMap<u32, ()> = [2, 4, 6, 8].into_iter().map(|key| (key, ())).collect();
    for (from, expected) in [(0, vec![2, 4, 6, 8]), (4, vec![4, 6, 8]), (5, vec![6, 8]), (9, vec![])] {
        assert_eq!(map.range_from(&from).map(|(key, _)| *key).collect::<Vec<_>>(), expected, "from {from}");
    }
}

proptest! {
    #[test]
    fn behaves_as_an_ordered_map(operations in prop::collection::vec((any::<bool>(), 0u8..64, any::<u16>()), 0..300)) {
        let mut model = BTreeMap::new();
        let mut map = SharedMap::default();
        let mut kept = Vec::new();
        for (is_insert, key, value) in operations {
            if is_insert {
                prop_assert_eq!(map.insert(key, value).map(|before| *before), model.insert(key, value));
            } else {
                prop_assert_eq!(map.remove(&key).map(|before| *before), model.remove(&key));
            }
            prop_assert!(balanced(&map.root));
            prop_assert_eq!(map.len(), model.len());
            kept.push((map.clone(), model.clone()));
        }
        for (map, model) in kept {
            prop_assert!(map.iter().map(|(key, value)| (*key, **value)).eq(model.into_iter()));
        }
    }
}

#[test]
fn maps_are_equal_by_what_is_in_them_and_the_same_only_as_clones() {
    let map = |entries: &[(u32, u32)]| entries.iter().copied().collect::<SharedMap<u32, u32>>();
    let one = map(&[(1, 10), (2, 20)]);
    for (other, is_equal) in [
        (map(&[(2, 20), (1, 10)]), true),
        (map(&[(1, 10), (2, 21)]), false),
        (map(&[(1, 10), (3, 20)]), false),
        (map(&[(1, 10)]), false),
        (map(&[]), false),
    ] {
        assert_eq!(one == other, is_equal, "{other:?}");
        assert!(!one.is_same(&other), "{other:?}");
    }
    assert!(one.is_same(&one.clone()));
    assert!(map(&[]).is_same(&map(&[])) && map(&[]) == map(&[]));
}

#[test]
fn map_tells_how_many_entries_it_has_and_shows_them() {
    let mut map: SharedMap<u32, &str> = SharedMap::default();
    assert!(map.is_empty());
    for (count, key) in [(1, 5), (2, 3), (3, 4)] {
        map.insert(key, "x");
        map.insert(key, "y");
        assert_eq!((map.len(), map.is_empty()), (count, false));
    }
    assert_eq!(format!("{map:?}"), r#"{3: "y", 4: "y", 5: "y"}"#);
    assert_eq!(map.values().map(|value| **value).collect::<Vec<_>>(), ["y"; 3]);
}

#[test]
fn what_is_no_map_is_refused_by_what_was_expected() {
    use serde::de::value::{Error, U32Deserializer};
    let refused = SharedMap::<u32, u32>::deserialize(U32Deserializer::<Error>::new(5)).unwrap_err();
    assert_eq!(refused.to_string(), "invalid type: integer `5`, expected entries of a map");
}
