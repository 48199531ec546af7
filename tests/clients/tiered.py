"""Scenarios on what only the bucket holds."""

import hashlib

from confluent_kafka import TopicPartition
from harness.process import expect, expect_equal, wait_until
from harness.scenarios import scenario_set
from librdkafka import CODECS, admin, consumer, create, produce, read_partition

ALONE, alone = scenario_set()
OFFLOADED = {"remote_storage_enable": "true", "local_retention_ms": "1", "retention_ms": "-1", "segment_bytes": "1048576"}


def wait_offloaded(node, topic, seconds=60):
    """Until all but the active segment is only in the bucket; the partitions as `strata tier describe` tells them."""

    def check():
        partitions = node.tiered(topic)
        local = all((one["local_start_offset"] or 0) > 0 for one in partitions)
        return local and all(one["lag_bytes"] is not None and one["remote_end_offset"] >= one["local_start_offset"] for one in partitions) and partitions

    return wait_until(check, f"{topic} is offloaded", seconds, 0.2)


def digest(messages):
    total = hashlib.sha256()
    for one in messages:
        total.update(repr((one.offset(), one.timestamp(), one.key(), one.value(), one.headers())).encode())
    return total.hexdigest()


@alone
def tiered_replay(node):
    """offloaded, restarted with an empty cache, replayed: every byte is the same, in every codec"""
    seen = {}
    for codec in CODECS:
        topic = f"tier-{codec}"
        create(node, topic, **OFFLOADED)
        records = [(f"k{i}".encode(), hashlib.sha512(f"{codec}{i}".encode()).digest() * 30, [("n", str(i).encode())], 1357034400000 + i * 1000) for i in range(2600)]
        produce(node, topic, records, compression_type=codec, enable_idempotence=True)
        got = read_partition(node, topic, len(records))
        expect_equal([(one.key(), one.value(), one.headers(), one.timestamp()[1]) for one in got] == records, True, f"{codec} before the offload")
        seen[topic] = (digest(got), len(records))
    offloaded = {topic: wait_offloaded(node, topic)[0] for topic in seen}
    node.stop()
    node.empty_cache()
    node.start()
    before = node.metrics()
    for topic, (wanted, count) in seen.items():
        expect_equal(digest(read_partition(node, topic, count, check_crcs=True)), wanted, f"replay of {topic}")
        expect_equal(read_partition(node, topic, 1)[0].offset(), 0, "first offset")
    after = node.metrics()
    gets = after["strata_remote_read_gets_total"] - before["strata_remote_read_gets_total"]
    expect(gets > 0, "nothing came from the bucket")
    expect(len(node.store.object_paths("strata")) > 5, "there are no objects in the bucket")
    return f"{sum(one['segments'] for one in offloaded.values())} remote segments, {gets:.0f} GETs"


@alone
def tiered_lookup(node):
    """offsets by timestamp over remote data, DeleteRecords inside it, and verify finds nothing unaccounted"""
    reader = consumer(node)
    for index in (0, 1, 700, 1500):
        got = reader.offsets_for_times([TopicPartition("tier-none", 0, 1357034400000 + index * 1000 - 10)], timeout=30)[0].offset
        expect_equal(got, index, "offset by time")
    reader.close()
    partition = TopicPartition("tier-none", 0, 300)
    admin(node).delete_records([partition])[partition].result(30)
    expect_equal(read_partition(node, "tier-none", 1)[0].offset(), 300, "first offset after DeleteRecords")
    wait_until(lambda: verified(node), "nothing in the bucket is unaccounted", 60, 0.5)


def verified(node):
    report = node.cli("tier", "verify", "--deep", check=False)
    return report.get("unaccounted_bytes") == 0


@alone
def tiered_outage(node):
    """while the bucket is away produce and hot fetch go on, a cold fetch waits, and the backlog drains after"""
    create(node, "tier-outage", **OFFLOADED)
    value = bytes(range(256)) * 16
    produce(node, "tier-outage", [(None, value)] * 600)
    wait_offloaded(node, "tier-outage")
    node.store.stop()
    offsets = produce(node, "tier-outage", [(None, value)] * 600)
    expect_equal(len(offsets), 600, "produced while the bucket is away")
    expect_equal(read_partition(node, "tier-outage", 100, offset=1100)[0].offset(), 1100, "hot fetch")
    node.store.start()
    expect_equal(len(read_partition(node, "tier-outage", 1200)), 1200, "all records once it is back")
    wait_until(lambda: node.tiered("tier-outage")[0]["remote_end_offset"] >= 1000, "the backlog drains", 60, 0.3)


@alone
def tiered_deletion(node):
    """a deleted topic leaves no object behind"""
    topics = [*(f"tier-{codec}" for codec in CODECS), "tier-outage"]
    ids = {name: node.cli("tier", "describe", name)["topic_id"] for name in topics}
    for topic, future in admin(node).delete_topics(topics).items():
        future.result(30)
    wait_until(lambda: verified(node), "nothing in the bucket is unaccounted", 60, 0.5)
    left = [path for path in node.store.object_paths("strata") for topic_id in ids.values() if topic_id in path]
    wait_until(lambda: not [path for path in node.store.object_paths("strata") for topic_id in ids.values() if topic_id in path], f"the objects are gone ({len(left)} left)", 60, 0.5)
