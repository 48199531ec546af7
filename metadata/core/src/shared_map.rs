//! An ordered map whose clones share all that is alike: cloning costs one reference, changing one entry copies the
//! path to it and nothing else. The images are made of it.
//!
//! Owns: the balanced tree (AVL) and its iteration. Does not own: what is in it.
//! Invariants: keys ascend from left to right; heights of two siblings differ by at most one.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

type Link<K, V> = Option<Arc<Node<K, V>>>;

struct Node<K, V> {
    key: K,
    value: Arc<V>,
    height: u8,
    left: Link<K, V>,
    right: Link<K, V>,
}

impl<K: Clone, V> Clone for Node<K, V> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            value: Arc::clone(&self.value),
            height: self.height,
            left: self.left.clone(),
            right: self.right.clone(),
        }
    }
}

/// An ordered map with cheap clones; values are shared.
pub struct SharedMap<K, V> {
    root: Link<K, V>,
    len: usize,
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self { root: None, len: 0 }
    }
}

impl<K, V> Clone for SharedMap<K, V> {
    fn clone(&self) -> Self {
        Self { root: self.root.clone(), len: self.len }
    }
}

impl<K, V> SharedMap<K, V> {
    /// Number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All entries, in the order of their keys.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter { stack: Vec::new() };
        iter.descend(self.root.as_deref());
        iter
    }

    /// All values, in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &Arc<V>> {
        self.iter().map(|(_, value)| value)
    }

    /// Whether both are the very same tree, so that nothing can differ.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (None, None) => true,
            (Some(mine), Some(theirs)) => Arc::ptr_eq(mine, theirs),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

impl<K: Ord, V> SharedMap<K, V> {
    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&Arc<V>>
    where
        K: Borrow<Q>,
    {
        let mut link = &self.root;
        while let Some(node) = link {
            link = match key.cmp(node.key.borrow()) {
                Ordering::Less => &node.left,
                Ordering::Greater => &node.right,
                Ordering::Equal => return Some(&node.value),
            };
        }
        None
    }

    /// Whether the key has a value.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The entries from the first key at or above `from`, in the order of their keys.
    pub fn range_from<Q: Ord + ?Sized>(&self, from: &Q) -> Iter<'_, K, V>
    where
        K: Borrow<Q>,
    {
        let mut iter = Iter { stack: Vec::new() };
        let mut link = self.root.as_deref();
        while let Some(node) = link {
            if node.key.borrow() < from {
                link = node.right.as_deref();
            } else {
                iter.stack.push(node);
                link = node.left.as_deref();
            }
        }
        iter
    }
}

impl<K: Ord + Clone, V> SharedMap<K, V> {
    /// Sets the value of a key and returns the one before.
    pub fn insert(&mut self, key: K, value: V) -> Option<Arc<V>> {
        let before = insert_at(&mut self.root, key, Arc::new(value));
        if before.is_none() {
            self.len += 1;
        }
        before
    }

    /// Removes a key and returns its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<Arc<V>>
    where
        K: Borrow<Q>,
    {
        if !self.contains_key(key) {
            return None;
        }
        let removed = remove_at(&mut self.root, key);
        if removed.is_some() {
            self.len -= 1;
        }
        removed
    }
}

fn height<K, V>(link: &Link<K, V>) -> u8 {
    link.as_ref().map_or(0, |node| node.height)
}

fn update_height<K, V>(node: &mut Node<K, V>) {
    node.height = height(&node.left).max(height(&node.right)).saturating_add(1);
}

fn insert_at<K: Ord + Clone, V>(link: &mut Link<K, V>, key: K, value: Arc<V>) -> Option<Arc<V>> {
    let Some(shared) = link else {
        *link = Some(Arc::new(Node { key, value, height: 1, left: None, right: None }));
        return None;
    };
    let node = Arc::make_mut(shared);
    let before = match key.cmp(&node.key) {
        Ordering::Less => insert_at(&mut node.left, key, value),
        Ordering::Greater => insert_at(&mut node.right, key, value),
        Ordering::Equal => Some(mem::replace(&mut node.value, value)),
    };
    if before.is_none() {
        rebalance(link);
    }
    before
}

fn remove_at<K: Ord + Clone + Borrow<Q>, V, Q: Ord + ?Sized>(link: &mut Link<K, V>, key: &Q) -> Option<Arc<V>> {
    let node = Arc::make_mut(link.as_mut()?);
    let removed = match key.cmp(node.key.borrow()) {
        Ordering::Less => remove_at(&mut node.left, key),
        Ordering::Greater => remove_at(&mut node.right, key),
        Ordering::Equal => {
            let value = Arc::clone(&node.value);
            match (node.left.take(), node.right.take()) {
                (None, other) | (other, None) => *link = other,
                (left, right) => {
                    node.left = left;
                    node.right = right;
                    if let Some((next_key, next_value)) = remove_first(&mut node.right) {
                        node.key = next_key;
                        node.value = next_value;
                    }
                }
            }
            Some(value)
        }
    };
    rebalance(link);
    removed
}

fn remove_first<K: Ord + Clone, V>(link: &mut Link<K, V>) -> Option<(K, Arc<V>)> {
    let node = Arc::make_mut(link.as_mut()?);
    let first = if node.left.is_some() {
        remove_first(&mut node.left)
    } else {
        let entry = (node.key.clone(), Arc::clone(&node.value));
        *link = node.right.take();
        Some(entry)
    };
    rebalance(link);
    first
}

fn rebalance<K: Clone, V>(link: &mut Link<K, V>) {
    let Some(shared) = link else { return };
    let node = Arc::make_mut(shared);
    update_height(node);
    let (left, right) = (height(&node.left), height(&node.right));
    if left > right + 1 {
        if node.left.as_ref().is_some_and(|child| height(&child.right) > height(&child.left)) {
            rotate_left(&mut node.left);
        }
        rotate_right(link);
    } else if right > left + 1 {
        if node.right.as_ref().is_some_and(|child| height(&child.left) > height(&child.right)) {
            rotate_right(&mut node.right);
        }
        rotate_left(link);
    }
}

/// The right child takes the place of the node.
fn rotate_left<K: Clone, V>(link: &mut Link<K, V>) {
    let Some(mut old) = link.take() else { return };
    let node = Arc::make_mut(&mut old);
    let Some(mut new) = node.right.take() else {
        *link = Some(old);
        return;
    };
    let child = Arc::make_mut(&mut new);
    node.right = child.left.take();
    update_height(node);
    child.left = Some(old);
    update_height(child);
    *link = Some(new);
}

/// The left child takes the place of the node.
fn rotate_right<K: Clone, V>(link: &mut Link<K, V>) {
    let Some(mut old) = link.take() else { return };
    let node = Arc::make_mut(&mut old);
    let Some(mut new) = node.left.take() else {
        *link = Some(old);
        return;
    };
    let child = Arc::make_mut(&mut new);
    node.left = child.right.take();
    update_height(node);
    child.right = Some(old);
    update_height(child);
    *link = Some(new);
}

/// Entries of a [`SharedMap`], in the order of their keys.
pub struct Iter<'a, K, V> {
    stack: Vec<&'a Node<K, V>>,
}

impl<'a, K, V> Iter<'a, K, V> {
    fn descend(&mut self, mut link: Option<&'a Node<K, V>>) {
        while let Some(node) = link {
            self.stack.push(node);
            link = node.left.as_deref();
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a Arc<V>);

    fn next(&mut self) -> Option<Self::Item> {
        let node = self.stack.pop()?;
        self.descend(node.right.as_deref());
        Some((&node.key, &node.value))
    }
}

impl<'a, K, V> IntoIterator for &'a SharedMap<K, V> {
    type Item = (&'a K, &'a Arc<V>);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Ord + Clone, V> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(entries: T) -> Self {
        let mut map = Self::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || (self.len == other.len && self.iter().eq(other.iter()))
    }
}

impl<K: Eq, V: Eq> Eq for SharedMap<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Serialize, V: Serialize> Serialize for SharedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries = serializer.serialize_seq(Some(self.len))?;
        for (key, value) in self {
            entries.serialize_element(&(key, value.as_ref()))?;
        }
        entries.end()
    }
}

impl<'de, K: Ord + Clone + Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for SharedMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<K, V>(PhantomData<(K, V)>);

        impl<'de, K: Ord + Clone + Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
            type Value = SharedMap<K, V>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("entries of a map")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut map = SharedMap::default();
                while let Some((key, value)) = entries.next_element::<(K, V)>()? {
                    map.insert(key, value);
                }
                Ok(map)
            }
        }

        deserializer.deserialize_seq(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests;
