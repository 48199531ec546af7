"""Starts a broker and MinIO and runs every client's scenarios against them."""

import sys
import time

import configs
import console_tools
import groups
import java_client
import kafka_python_client
import librdkafka
import listeners
import survival
import tiered
from harness.scenarios import refuse_unknown, run_all, say
from harness.world import broker, minio, tier_properties, workdir

# Small pieces and short intervals: what takes hours in a cluster happens here within seconds.
FAST = {
    "log.segment.bytes": "1048576",
    "log.retention.check.interval.ms": "500",
    "log.segment.delete.delay.ms": "200",
    "log.initial.task.delay.ms": "200",
    "log.cleaner.backoff.ms": "200",
    # What is not below the recovery point is not compacted.
    "log.flush.offset.checkpoint.interval.ms": "500",
    # What is served; it makes the same of Kafka with --oracle.
    "group.coordinator.rebalance.protocols": "classic",
    # Records with timestamps of long ago stay.
    "log.retention.ms": "-1",
}
TIER = {
    "strata.tier.segment.bytes.max": "262144",
    "strata.tier.upload.max.lag.ms": "500",
    "strata.tier.delete.grace.ms": "500",
    "strata.tier.put.late.ms": "500",
    "strata.cache.memory.bytes": "16777216",
    "strata.cache.disk.bytes": "67108864",
    "strata.log.journal.bytes": "33554432",
}


def main(words):
    oracle = "--oracle" in words
    words = [word for word in words if word != "--oracle"]
    together = [console_tools, librdkafka, groups, configs, kafka_python_client, java_client]
    scenarios = [one for module in together for one in module.SCENARIOS]
    # These restart the broker, so they have it for themselves.
    alone = librdkafka.ALONE + survival.ALONE + listeners.ALONE + ([] if oracle else tiered.ALONE)
    refuse_unknown(words, scenarios + alone)
    properties = dict(FAST)
    begin = time.monotonic()
    with workdir("clients") as directory, minio(directory) as store:
        properties.update(tier_properties(store.endpoint))
        properties.update(TIER)
        with broker(directory, properties, oracle=oracle) as node:
            say(f"broker at {node.bootstrap}, cluster {node.cluster}, tier {node.tier}")
            node.store = store
            failed = run_all(scenarios, node, threads=4, only=words)
            failed += run_all(alone, node, threads=1, only=words)
            node.stop()
        if failed:
            raise SystemExit(f"failed: {', '.join(failed)}")
    say(f"all clients passed in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
