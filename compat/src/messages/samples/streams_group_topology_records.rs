//! Samples of the module `streams_group_topology_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::streams_group_topology_records::{
    CopartitionGroup, StreamsGroupTopologyKey, StreamsGroupTopologyValue, Subtopology, TopicConfig, TopicInfo,
};
use crate::wire::Sample;

impl StreamsGroupTopologyKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string() }
    }
}

impl StreamsGroupTopologyValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { epoch: sample.i32(), subtopologies: sample.array(|sample| Subtopology::sample(sample, version)) }
    }
}

impl TopicConfig {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { key: sample.string(), value: sample.string() }
    }
}

impl TopicInfo {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: sample.string(),
            partitions: sample.i32(),
            replication_factor: sample.i16(),
            topic_configs: sample.array(|sample| TopicConfig::sample(sample, version)),
        }
    }
}

impl Subtopology {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            subtopology_id: sample.string(),
            source_topics: sample.array(Sample::string),
            source_topic_regex: sample.array(Sample::string),
            state_changelog_topics: sample.array(|sample| TopicInfo::sample(sample, version)),
            repartition_sink_topics: sample.array(Sample::string),
            repartition_source_topics: sample.array(|sample| TopicInfo::sample(sample, version)),
            copartition_groups: sample.array(|sample| CopartitionGroup::sample(sample, version)),
        }
    }
}

impl CopartitionGroup {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            source_topics: sample.array(Sample::i16),
            source_topic_regex: sample.array(Sample::i16),
            repartition_source_topics: sample.array(Sample::i16),
        }
    }
}
