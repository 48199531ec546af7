//! Records and values of the family `streams_group_topology_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, WireError, Writer, check_version};

/// StreamsGroupTopologyKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupTopologyKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for StreamsGroupTopologyKey {
    const NAME: &'static str = "StreamsGroupTopologyKey";
    const API_KEY: Option<i16> = Some(23);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(false)?;
        Ok(Self { group_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, false)?;
        Ok(())
    }
}

/// StreamsGroupTopologyValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupTopologyValue {
    /// Field `epoch`, all versions.
    pub epoch: i32,
    /// Field `subtopologies`, all versions.
    pub subtopologies: Vec<Subtopology>,
}

impl Message for StreamsGroupTopologyValue {
    const NAME: &'static str = "StreamsGroupTopologyValue";
    const API_KEY: Option<i16> = Some(23);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let epoch = reader.i32()?;
        let subtopologies = reader.array(true, 8, |reader| Subtopology::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { epoch, subtopologies })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.epoch);
        writer.array(&self.subtopologies, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupTopologyValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicConfig {
    /// Field `key`, all versions.
    pub key: KString,
    /// Field `value`, all versions.
    pub value: KString,
}

impl TopicConfig {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let key = reader.string(true)?;
        let value = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { key, value })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.key, true)?;
        writer.string(&self.value, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupTopologyValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicInfo {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: i32,
    /// Field `replication_factor`, all versions.
    pub replication_factor: i16,
    /// Field `topic_configs`, all versions.
    pub topic_configs: Vec<TopicConfig>,
}

impl TopicInfo {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.i32()?;
        let replication_factor = reader.i16()?;
        let topic_configs = reader.array(true, 3, |reader| TopicConfig::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { name, partitions, replication_factor, topic_configs })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.i32(self.partitions);
        writer.i16(self.replication_factor);
        writer.array(&self.topic_configs, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupTopologyValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subtopology {
    /// Field `subtopology_id`, all versions.
    pub subtopology_id: KString,
    /// Field `source_topics`, all versions.
    pub source_topics: Vec<KString>,
    /// Field `source_topic_regex`, all versions.
    pub source_topic_regex: Vec<KString>,
    /// Field `state_changelog_topics`, all versions.
    pub state_changelog_topics: Vec<TopicInfo>,
    /// Field `repartition_sink_topics`, all versions.
    pub repartition_sink_topics: Vec<KString>,
    /// Field `repartition_source_topics`, all versions.
    pub repartition_source_topics: Vec<TopicInfo>,
    /// Field `copartition_groups`, all versions.
    pub copartition_groups: Vec<CopartitionGroup>,
}

impl Subtopology {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let subtopology_id = reader.string(true)?;
        let source_topics = reader.array(true, 1, |reader| reader.string(true))?;
        let source_topic_regex = reader.array(true, 1, |reader| reader.string(true))?;
        let state_changelog_topics = reader.array(true, 9, |reader| TopicInfo::decode(reader, version))?;
        let repartition_sink_topics = reader.array(true, 1, |reader| reader.string(true))?;
        let repartition_source_topics = reader.array(true, 9, |reader| TopicInfo::decode(reader, version))?;
        let copartition_groups = reader.array(true, 4, |reader| CopartitionGroup::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self {
            subtopology_id,
            source_topics,
            source_topic_regex,
            state_changelog_topics,
            repartition_sink_topics,
            repartition_source_topics,
            copartition_groups,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.subtopology_id, true)?;
        writer.array(&self.source_topics, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.source_topic_regex, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.state_changelog_topics, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.repartition_sink_topics, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.repartition_source_topics, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.copartition_groups, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupTopologyValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopartitionGroup {
    /// Field `source_topics`, all versions.
    pub source_topics: Vec<i16>,
    /// Field `source_topic_regex`, all versions.
    pub source_topic_regex: Vec<i16>,
    /// Field `repartition_source_topics`, all versions.
    pub repartition_source_topics: Vec<i16>,
}

impl CopartitionGroup {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let source_topics = reader.array(true, 2, Reader::i16)?;
        let source_topic_regex = reader.array(true, 2, Reader::i16)?;
        let repartition_source_topics = reader.array(true, 2, Reader::i16)?;
        reader.skip_tags(true)?;
        Ok(Self { source_topics, source_topic_regex, repartition_source_topics })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.array(&self.source_topics, true, |writer, item| {
            writer.i16(*item);
            Ok(())
        })?;
        writer.array(&self.source_topic_regex, true, |writer, item| {
            writer.i16(*item);
            Ok(())
        })?;
        writer.array(&self.repartition_source_topics, true, |writer, item| {
            writer.i16(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}
