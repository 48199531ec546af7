"""Scenarios with small programs on Apache Kafka's own Java classes (`tests/java`)."""

import re

from confluent_kafka import TopicPartition
from harness.process import expect, expect_equal
from harness.scenarios import scenario_set
from harness.world import java
from librdkafka import consumer, create, produce

SCENARIOS, scenario = scenario_set()


def program(*arguments):
    """Runs one of `Clients`; returns what it printed, and the versions of each request that it sent."""
    code, out, err = java("io.strata.tests.Clients", *map(str, arguments), check=False)
    expect_equal(code, 0, f"exit code of {arguments[0]} ({err[-1500:]}{out[-500:]})")
    sent = [(name, int(version)) for name, version in re.findall(r"Sending (\w+) request with header .*?apiVersion=(\d+)", err)]
    return out.splitlines(), sent


@scenario
def java_offsets_by_topic_id(node):
    """OffsetCommit and OffsetFetch in version 10 name topics by id; an unknown id is UNKNOWN_TOPIC_ID, and the rest goes on"""
    create(node, "jv-ids", 2)
    # By name, by another client, which also waits until the group has its coordinator.
    other = consumer(node, "jv-ids")
    other.commit(offsets=[TopicPartition("jv-ids", 1, 5)], asynchronous=False)
    other.close()
    lines, _ = program("offsets-by-id", node.bootstrap, "jv-ids", "jv-ids")
    wanted = {
        "commit topic 0 NONE",
        "commit nobody 0 UNKNOWN_TOPIC_ID",
        "commit topic 99 UNKNOWN_TOPIC_OR_PARTITION",
        "by-id group NONE",
        "by-id topic 0 42 'a note' NONE",
        "by-id topic 1 5 '' NONE",
        "by-id nobody 0 -1 '' UNKNOWN_TOPIC_ID",
        "all-by-id group NONE",
        "all-by-id topic 0 42 'a note' NONE",
        "all-by-id topic 1 5 '' NONE",
        "by-name topic 0 42",
    }
    expect_equal(sorted(lines), sorted(wanted), "answers")


@scenario
def java_manual_commit(node):
    """Kafka's newer consumer, self-assigned, reads and commits by topic id without membership"""
    create(node, "jv-manual")
    produce(node, "jv-manual", [(None, f"{i}".encode()) for i in range(50)])
    lines, sent = program("manual-commit", node.bootstrap, "jv-manual", "jv-manual", 50)
    expect_equal(lines, ["read 50", "committed 50 'by hand'"], "what it saw")
    expect(("OFFSET_COMMIT", 10) in sent and ("OFFSET_FETCH", 10) in sent, f"not by topic id: {sorted(set(sent))}")
    expect(not any("HEARTBEAT" in name or "JOIN" in name for name, _ in sent), f"it joined: {sorted(set(sent))}")


@scenario
def java_describe_pages(node):
    """DescribeTopicPartitions gives topics of 100 and of 13 partitions in pages of seven, each partition once and in order"""
    create(node, "jv-pages", 100)
    create(node, "jv-pages-small", 13)
    lines, sent = program("describe-pages", node.bootstrap, 7, "jv-pages", "jv-pages-small")
    expect_equal(lines, ["jv-pages 100 in order", "jv-pages-small 13 in order"], "topics")
    pages = sum(1 for name, _ in sent if name == "DESCRIBE_TOPIC_PARTITIONS")
    expect(pages >= 17, f"only {pages} pages of seven partitions for 113")
    return f"{pages} pages"
