//! Telling clients who leads instead (KIP-951): shared by Produce and Fetch.
//!
//! Owns: which leaders an answer names, and their endpoints. Does not own: which errors tell of a leader.

use std::collections::BTreeSet;

use strata_compat::ids::{BrokerId, TopicIdPartition};
use strata_compat::wire::KString;

use crate::metadata_cache::{MetadataCache, Node};

/// A leader and its epoch, as answers carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CurrentLeader {
    pub(crate) id: i32,
    pub(crate) epoch: i32,
}

/// The leaders that one answer names.
pub(crate) struct Leaders<'answer> {
    metadata: &'answer MetadataCache,
    named: BTreeSet<BrokerId>,
}

impl<'answer> Leaders<'answer> {
    pub(crate) const fn new(metadata: &'answer MetadataCache) -> Self {
        Self { metadata, named: BTreeSet::new() }
    }

    /// Who leads the partition now, if anybody knows it. A partition without a leader has the id −1.
    pub(crate) fn name(&mut self, id: TopicIdPartition) -> Option<CurrentLeader> {
        let state = self.metadata.partition(id)?;
        if state.has_leader() {
            self.named.insert(state.leader);
        }
        Some(CurrentLeader { id: state.leader.0, epoch: state.leader_epoch.0 })
    }

    /// Where the named leaders are for clients of a listener. `build` makes the message's own node of id, host, port, rack.
    pub(crate) fn endpoints<N>(
        &self,
        listener: &str,
        build: impl Fn(i32, KString, i32, Option<KString>) -> N,
    ) -> Vec<N> {
        if self.named.is_empty() {
            return Vec::new();
        }
        chosen(self.metadata.endpoints(listener), &self.named, build)
    }
}

fn chosen<N>(
    nodes: Vec<Node>,
    named: &BTreeSet<BrokerId>,
    build: impl Fn(i32, KString, i32, Option<KString>) -> N,
) -> Vec<N> {
    nodes
        .into_iter()
        .filter(|node| named.contains(&node.id))
        .map(|node| build(node.id.0, node.host.into(), i32::from(node.port), node.rack.map(KString::from)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_leaders_are_told() {
        let node = |id: i32| Node { id: BrokerId(id), host: format!("host-{id}"), port: 9092, rack: None };
        let named = BTreeSet::from([BrokerId(2), BrokerId(7)]);
        let told = chosen(vec![node(1), node(2), node(3)], &named, |id, host, port, rack| (id, host, port, rack));
        assert_eq!(told, [(2, "host-2".into(), 9092, None)]);
    }
}
