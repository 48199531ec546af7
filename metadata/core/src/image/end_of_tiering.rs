//! Whether a partition's tiering is to be ended, and whether that is safe yet.
//!
//! Owns: the decision, from one image. Does not own: the command's effect (`control/remote_segments.rs`), who sends it and when (each
//! leader). The end raises the log start to where local files begin; what only the bucket has below is given up then, for ever.

use strata_compat::ids::TopicIdPartition;

use super::Image;

/// How the end of a partition's tiering stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndOfTiering {
    /// The topic is tiered, or nothing of the partition is in the bucket or on the way there.
    NotDue,
    /// It is due, but the log start would rise to where the local files of *all* replicas begin, and nobody knows that of the
    /// others: while there are several, the remote copy is still needed.
    OtherReplicas,
    /// The leader, the only replica, may end it at its own local start.
    Due,
}

impl Image {
    /// How the end of this partition's tiering stands.
    #[must_use]
    pub fn end_of_tiering(&self, id: TopicIdPartition) -> EndOfTiering {
        let (Some(topic), Some(partition)) = (self.topic(id.topic_id), self.partition(id)) else {
            // What a deleted topic leaves goes under its tombstone.
            return EndOfTiering::NotDue;
        };
        let holds_anything =
            self.remote_partition(id).is_some_and(|remote| remote.remote_end.is_some() || !remote.owns_nothing());
        if self.configs.is_tiered(&topic.name) || !holds_anything {
            EndOfTiering::NotDue
        } else if partition.replicas.len() > 1 {
            EndOfTiering::OtherReplicas
        } else {
            EndOfTiering::Due
        }
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::Offset;

    use super::*;
    use crate::command::tests::{World, create, on_brokers, partition, set_config};
    use crate::image::configs::ConfigResource;
    use crate::image::remote_segments::RemotePartition;

    const TIERED: [(&str, &str); 2] = [("remote.storage.enable", "true"), ("remote.log.delete.on.disable", "true")];

    #[test]
    fn the_remote_copy_is_needed_while_the_topic_is_tiered_or_other_replicas_may_lead() {
        let used = RemotePartition { remote_end: Some(Offset(9)), ..RemotePartition::default() };
        let never_used = RemotePartition { log_start: Some(Offset(5)), ..RemotePartition::default() };
        let cases: [(&[i32], &str, &RemotePartition, EndOfTiering); 5] = [
            (&[1], "true", &used, EndOfTiering::NotDue),
            (&[1], "false", &never_used, EndOfTiering::NotDue),
            (&[1], "false", &RemotePartition::default(), EndOfTiering::NotDue),
            (&[1], "false", &used, EndOfTiering::Due),
            (&[1, 2], "false", &used, EndOfTiering::OtherReplicas),
        ];
        for (case, (replicas, enable, remote, expected)) in cases.into_iter().enumerate() {
            let mut world = World::new(2, true);
            world.done(&create(1, on_brokers(replicas), &TIERED));
            world.done(&set_config(ConfigResource::topic("topic-1"), "remote.storage.enable", enable));
            world.image.remote.set(partition(1, 0), remote.clone());
            assert_eq!(world.image.end_of_tiering(partition(1, 0)), expected, "case {case}");
            assert_eq!(world.image.end_of_tiering(partition(2, 0)), EndOfTiering::NotDue, "an unknown topic");
        }
    }
}
