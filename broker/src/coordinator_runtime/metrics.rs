//! Figures of groups, read from the shards at each scrape.
//!
//! Owns: their names, which are Kafka's. Does not own: the numbers. Nothing is kept between scrapes.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Weak;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use strata_broker_core::coordinator::GroupState;

use super::Shards;

const FAMILY: &str = "kafka_coordinator_group_groupmetadatamanager";

pub(super) fn register(registry: &mut Registry, shards: Weak<Shards>, unwritten: Counter) {
    registry.register(
        "strata_group_records_unwritten",
        "Records of groups without members that were too large for their log",
        unwritten,
    );
    registry.register_collector(Box::new(GroupCollector { shards }));
}

struct GroupCollector {
    shards: Weak<Shards>,
}

impl fmt::Debug for GroupCollector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("GroupCollector")
    }
}

impl Collector for GroupCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(shards) = self.shards.upgrade() else {
            return Ok(());
        };
        let mut groups: BTreeMap<GroupState, usize> = BTreeMap::new();
        let (mut offsets, mut active, mut inactive) = (0, 0, 0);
        for shard in shards.all() {
            let figures = shard.figures();
            offsets += figures.offsets;
            if figures.is_active {
                active += 1
            } else {
                inactive += 1
            }
            for (state, count) in figures.groups {
                *groups.entry(state).or_default() += count;
            }
        }
        let count = |state| groups.get(&state).copied().unwrap_or(0);
        let named = [
            ("numgroups", "Groups", groups.values().sum()),
            ("numgroupsempty", "Groups without members", count(GroupState::Empty)),
            ("numgroupspreparingrebalance", "Groups whose members join", count(GroupState::PreparingRebalance)),
            (
                "numgroupscompletingrebalance",
                "Groups that wait for an assignment",
                count(GroupState::CompletingRebalance),
            ),
            ("numgroupsstable", "Groups whose members have their assignments", count(GroupState::Stable)),
            ("numoffsets", "Committed offsets", offsets),
        ];
        for (name, help, value) in named {
            gauge(&mut encoder, &format!("{FAMILY}_{name}"), help, value)?;
        }
        gauge(&mut encoder, "strata_group_coordinators_active", "Loaded partitions of __consumer_offsets", active)?;
        gauge(
            &mut encoder,
            "strata_group_coordinators_inactive",
            "Led partitions of __consumer_offsets that are not loaded",
            inactive,
        )
    }
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: usize) -> fmt::Result {
    let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}
