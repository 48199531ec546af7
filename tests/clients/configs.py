"""Scenarios with confluent-kafka on what a topic's configs do: the old AlterConfigs, LogAppendTime, compaction."""

import time

from confluent_kafka import (
    TIMESTAMP_LOG_APPEND_TIME,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import ConfigResource, ResourceType
from harness.process import Failure, expect, expect_equal, wait_until
from harness.scenarios import scenario_set
from librdkafka import admin, consumer, create, produce, read_partition

SCENARIOS, scenario = scenario_set()


def own_configs(node, topic):
    """The configs that the topic itself has."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    entries = admin(node).describe_configs([resource])[resource].result(20).values()
    return {one.name: one.value for one in entries if not one.is_default and one.source == 1}


@scenario
def old_alter_configs(node):
    """AlterConfigs replaces the whole set: what is not named has its default again; a bad value changes nothing; validate only too"""
    create(node, "cf-old", retention_ms=1000000, segment_bytes=2097152)

    def alter(configs, **options):
        resource = ConfigResource(ResourceType.TOPIC, "cf-old", set_config=configs)
        admin(node).alter_configs([resource], **options)[resource].result(20)

    before = {"retention.ms": "1000000", "segment.bytes": "2097152"}
    wait_until(lambda: own_configs(node, "cf-old") == before, "the topic's first configs", transient=(KafkaException,))
    alter({"max.message.bytes": "5000"}, validate_only=True)
    for configs in ({"max.message.bytes": "5000", "retention.ms": "never"}, {"no.such.config": "1"}):
        try:
            alter(configs)
            raise Failure(f"{configs} were taken")
        except KafkaException as error:
            expect_equal(error.args[0].code(), KafkaError.INVALID_CONFIG, f"error of {configs}")
    expect_equal(own_configs(node, "cf-old"), before, "configs after what was refused or only tried")
    alter({"max.message.bytes": "5000", "retention.ms": "2000000"})
    wait_until(lambda: own_configs(node, "cf-old") == {"max.message.bytes": "5000", "retention.ms": "2000000"}, "the new set and no more")
    alter({})
    wait_until(lambda: own_configs(node, "cf-old") == {}, "no config of its own")


@scenario
def log_append_time(node):
    """a LogAppendTime topic: the broker's time in reports, records and lookups, whatever the producer says"""
    create(node, "cf-append", message_timestamp_type="LogAppendTime")
    begin = int(time.time() * 1000)
    for codec in ("none", "lz4"):
        produce(node, "cf-append", [(None, f"{codec} {i}".encode(), None, 1000 + i) for i in range(20)], compression_type=codec)
    end = int(time.time() * 1000)
    got = read_partition(node, "cf-append", 40, check_crcs=True)
    kinds = {one.timestamp()[0] for one in got}
    expect_equal(kinds, {TIMESTAMP_LOG_APPEND_TIME}, "timestamp types")
    stamps = [one.timestamp()[1] for one in got]
    expect(all(begin <= stamp <= end for stamp in stamps), f"timestamps {stamps[:3]} are not between {begin} and {end}")
    expect_equal(stamps, sorted(stamps), "timestamps in order")
    reader = consumer(node)
    for stamp, wanted in ((begin, 0), (end + 1, -1)):
        found = reader.offsets_for_times([TopicPartition("cf-append", 0, stamp)], timeout=20)[0].offset
        expect_equal(found, wanted, f"offset by time, for {stamp} of {stamps[0]} to {stamps[-1]}")
    reader.close()


@scenario
def compacted(node):
    """a compacted topic keeps each key's last value at its offset, lets tombstones go, and refuses records without a key"""
    create(node, "cf-compact", cleanup_policy="compact", segment_bytes=1048576, min_cleanable_dirty_ratio=0.01, delete_retention_ms=0)
    try:
        produce(node, "cf-compact", [(None, b"no key")])
        raise Failure("a record without a key was taken")
    except KafkaException as error:
        expect_equal(error.args[0].code(), KafkaError.INVALID_RECORD, "error")
    value = bytes(range(256)) * 4

    def write(turns):
        for turn in turns:
            records = [(f"key {i}".encode(), f"{turn} ".encode() + value) for i in range(100)]
            if turn == 0:
                records[8] = (b"key once", b"stays")
            if turn in (3, 9):
                records[7] = (b"key gone", b"soon" if turn == 3 else None)
            produce(node, "cf-compact", records)

    def seen():
        reader = consumer(node, enable_partition_eof=True)
        reader.assign([TopicPartition("cf-compact", 0, 0)])
        found = []
        deadline = time.monotonic() + 20
        try:
            while time.monotonic() < deadline:
                for message in reader.consume(1000, 0.5):
                    if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                        return found
                    expect(not message.error(), f"{message.error()}")
                    found.append((message.offset(), message.key(), message.value()))
        finally:
            reader.close()
        raise Failure("the end of the partition was not reached")

    def compact(most, gone):
        found = seen()
        return len(found) < most and not (gone and b"key gone" in {key for _, key, _ in found}) and found

    write(range(30))
    found = wait_until(lambda: compact(1500, False), "most is compacted away", 60, 0.5)
    tombstones = [one for one in found if one[1] == b"key gone"]
    expect(tombstones in ([], [(907, b"key gone", None)]), f"of the deleted key there is {tombstones}")
    # The pass after the one that kept the tombstone, which begins when there is more to clean, lets it go.
    write(range(30, 45))
    found = wait_until(lambda: compact(2200, True), "the tombstone is gone too", 60, 0.5)
    total = 4500
    offsets = [offset for offset, _, _ in found]
    expect_equal(offsets, sorted(set(offsets)), "offsets ascend")
    last = {key: (offset, value) for offset, key, value in found}
    for i in range(100):
        if i not in (7, 8):
            expect_equal(last[f"key {i}".encode()] == (4400 + i, b"44 " + value), True, f"the last value of key {i}")
    expect_equal(last[b"key once"], (8, b"stays"), "a key that was written once")
    expect_equal(consumer(node).get_watermark_offsets(TopicPartition("cf-compact", 0), timeout=20), (0, total), "watermarks")
    return f"{len(found)} of {total} records are left"
