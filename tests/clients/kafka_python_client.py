"""Scenarios with kafka-python."""

from harness.process import expect, expect_equal, wait_until
from harness.scenarios import scenario_set
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.structs import OffsetAndMetadata

SCENARIOS, scenario = scenario_set()


def create(node, topic, partitions=1):
    control = KafkaAdminClient(bootstrap_servers=node.bootstrap)
    try:
        control.create_topics([NewTopic(name=topic, num_partitions=partitions, replication_factor=1)])
    finally:
        control.close()


def read(reader, count, seconds=30):
    found = []

    def enough():
        for records in reader.poll(timeout_ms=500, max_records=count - len(found)).values():
            found.extend(records)
        return len(found) >= count

    wait_until(enough, f"{count} records", seconds)
    return found


@scenario
def kafka_python_codecs(node):
    """each codec through the pure Python client, with headers and null keys"""
    for codec in (None, "gzip", "snappy", "lz4", "zstd"):
        topic = f"py-codec-{codec}"
        create(node, topic)
        producer = KafkaProducer(bootstrap_servers=node.bootstrap, compression_type=codec, acks="all", linger_ms=5)
        sent = [producer.send(topic, value=f"{codec} {i}".encode() * 10, key=None if i % 3 == 0 else b"k", headers=[("h", b"1"), ("h", b"2")]) for i in range(200)]
        offsets = [one.get(timeout=30).offset for one in sent]
        producer.close()
        expect_equal(offsets, list(range(200)), "offsets")
        reader = KafkaConsumer(bootstrap_servers=node.bootstrap, enable_auto_commit=False, auto_offset_reset="earliest", check_crcs=True)
        reader.assign([TopicPartition(topic, 0)])
        reader.seek_to_beginning()
        got = read(reader, 200)
        reader.close()
        expect_equal([one.value for one in got], [f"{codec} {i}".encode() * 10 for i in range(200)], f"values of {codec}")
        expect_equal(list(got[0].headers), [("h", b"1"), ("h", b"2")], "headers")


@scenario
def kafka_python_group(node):
    """a group of the pure Python client commits, resumes, and finds offsets by time"""
    create(node, "py-group", 2)
    producer = KafkaProducer(bootstrap_servers=node.bootstrap, enable_idempotence=True)
    for i in range(100):
        producer.send("py-group", value=f"{i}".encode(), partition=i % 2, timestamp_ms=1000 + i)
    producer.flush(30)
    producer.close()

    def member():
        return KafkaConsumer("py-group", bootstrap_servers=node.bootstrap, group_id="py-group", enable_auto_commit=False, auto_offset_reset="earliest", max_poll_records=40)

    first = member()
    got = read(first, 40)
    first.commit()
    first.close()
    second = member()
    rest = read(second, 100 - len(got))
    values = sorted(int(one.value) for one in got + rest)
    expect_equal(values, list(range(100)), "values over two lives of the group")
    partition = TopicPartition("py-group", 0)
    found = second.offsets_for_times({partition: 1050})[partition]
    expect_equal((found.offset, found.timestamp), (25, 1050), "offset by time")
    second.commit({partition: OffsetAndMetadata(7, "note", -1)})
    expect_equal(second.committed(partition), 7, "committed offset")
    expect_equal(second.end_offsets([partition])[partition], 50, "end offset")
    second.close()


@scenario
def kafka_python_admin(node):
    """lists and describes topics, cluster and groups"""
    create(node, "py-admin", 3)
    control = KafkaAdminClient(bootstrap_servers=node.bootstrap)
    wait_until(lambda: "py-admin" in control.list_topics(), "the topic is listed")
    described = control.describe_topics(["py-admin"])
    expect_equal(len(described[0]["partitions"]), 3, "partitions")
    expect(control.describe_cluster()["brokers"], "brokers")
    control.delete_topics(["py-admin"])
    wait_until(lambda: "py-admin" not in control.list_topics(), "the topic is gone")
    control.close()
