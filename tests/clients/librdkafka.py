"""Scenarios with confluent-kafka, that is librdkafka."""

import threading
import time

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)
from harness.process import Failure, expect, expect_equal, wait_until
from harness.scenarios import scenario_set

SCENARIOS, scenario = scenario_set()
ALONE, alone = scenario_set()
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


_admins = {}


def admin(node):
    """One client for each address: it must live as long as its futures."""
    return _admins.setdefault(node.bootstrap, AdminClient({"bootstrap.servers": node.bootstrap, "log_level": 0}))


def create(node, topic, partitions=1, **configs):
    names = {key.replace("_", "."): str(value) for key, value in configs.items()}
    new = NewTopic(topic, num_partitions=partitions, replication_factor=1, config=names)
    admin(node).create_topics([new], request_timeout=15)[topic].result(20)
    wait_until(lambda: len(admin(node).list_topics(topic, timeout=5).topics[topic].partitions) == partitions, f"{topic} is in the metadata", transient=(KafkaException, KeyError))


class Deliveries:
    """Counts delivery reports and keeps the first error."""

    def __init__(self):
        self.offsets = []
        self.error = None

    def __call__(self, error, message):
        if error:
            self.error = self.error or error
        else:
            self.offsets.append((message.partition(), message.offset()))


def produce(node, topic, records, partition=None, **settings):
    """Produces (key, value[, headers[, timestamp]]) and waits for all reports; returns the offsets."""
    producer = Producer({"bootstrap.servers": node.bootstrap, "linger.ms": 5, **{key.replace("_", "."): value for key, value in settings.items()}})
    reports = Deliveries()
    for record in records:
        key, value, headers, timestamp = (*record, None, None)[:4]
        options = {"on_delivery": reports}
        if partition is not None:
            options["partition"] = partition
        if headers is not None:
            options["headers"] = headers
        if timestamp is not None:
            options["timestamp"] = timestamp
        while True:
            try:
                producer.produce(topic, value, key, **options)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    left = producer.flush(60)
    expect_equal(left, 0, "records that were not delivered")
    if reports.error:
        raise KafkaException(reports.error)
    return reports.offsets


def consumer(node, group="none", **settings):
    return Consumer(
        {
            "bootstrap.servers": node.bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": 10000,
            "heartbeat.interval.ms": 500,
            # The one property with an underscore.
            **{key if key == "log_level" else key.replace("_", "."): value for key, value in settings.items()},
        }
    )


def read(reader, count, seconds=40):
    """Exactly `count` messages, or a failure."""
    found = []
    deadline = time.monotonic() + seconds
    while len(found) < count:
        expect(time.monotonic() < deadline, f"only {len(found)} of {count} records came within {seconds} s")
        for message in reader.consume(min(500, count - len(found)), 0.5):
            if message.error():
                raise KafkaException(message.error())
            found.append(message)
    return found


def read_partition(node, topic, count, partition=0, offset=OFFSET_BEGINNING, **settings):
    reader = consumer(node, **settings)
    reader.assign([TopicPartition(topic, partition, offset)])
    try:
        return read(reader, count)
    finally:
        reader.close()


@scenario
def librdkafka_codecs(node):
    """each codec, produced and read back byte for byte, also idempotently"""
    for codec in CODECS:
        topic = f"rd-codec-{codec}"
        create(node, topic)
        records = [(f"k{i}".encode(), f"{codec} {i} ".encode() * (i % 40)) for i in range(400)]
        produce(node, topic, records, compression_type=codec, enable_idempotence=True)
        got = [(message.key(), message.value()) for message in read_partition(node, topic, len(records), check_crcs=True)]
        expect_equal(got, records, f"records of {codec}")


@scenario
def librdkafka_acks(node):
    """acks 0, 1 and all; acks=0 is answered by no frame and still stored"""
    create(node, "rd-acks")
    for acks in ("0", "1", "all"):
        produce(node, "rd-acks", [(None, f"acks {acks} {i}".encode()) for i in range(50)], acks=acks)
    values = [message.value().decode() for message in read_partition(node, "rd-acks", 150)]
    for acks in ("0", "1", "all"):
        expect_equal([value for value in values if value.startswith(f"acks {acks} ")], [f"acks {acks} {i}" for i in range(50)], f"acks {acks}")


@scenario
def librdkafka_odd_records(node):
    """headers in order with duplicates and nulls, null keys and values, empty ones, timestamps, a big record"""
    create(node, "rd-odd", max_message_bytes=4000000, segment_bytes=8000000)
    big = bytes(range(256)) * 12000
    headers = [("a", b"1"), ("b", None), ("a", b"2"), ("a", b""), ("é", b"\xff\x00")]
    records = [(None, None, None, 1357034400000), (b"", b"", headers, 1), (b"k", None, [], 1357034400001), (None, big, None, 1357034400002)]
    produce(node, "rd-odd", records, message_max_bytes=4000000)
    got = read_partition(node, "rd-odd", 4, fetch_message_max_bytes=100000)
    expect_equal([(m.key(), m.value()) for m in got[:3]], [(None, None), (b"", b""), (b"k", None)], "keys and values")
    expect(got[3].value() == big, "the big record differs")
    expect_equal(got[1].headers(), headers, "headers")
    expect_equal([m.timestamp()[1] for m in got], [1357034400000, 1, 1357034400001, 1357034400002], "timestamps")
    expect_equal([m.offset() for m in got], [0, 1, 2, 3], "offsets")


@scenario
def librdkafka_too_large(node):
    """a record above max.message.bytes is refused with MSG_SIZE_TOO_LARGE and the topic goes on"""
    create(node, "rd-large", max_message_bytes=2000)
    try:
        produce(node, "rd-large", [(None, b"x" * 5000)], message_max_bytes=10000)
        raise Failure("the record was taken")
    except KafkaException as error:
        expect_equal(error.args[0].code(), KafkaError.MSG_SIZE_TOO_LARGE, "error")
    expect_equal(produce(node, "rd-large", [(None, b"x" * 1000)]), [(0, 0)], "the next record")


@scenario
def librdkafka_group(node):
    """a group commits, ends, comes back and resumes where it stopped"""
    create(node, "rd-group", 3)
    produce(node, "rd-group", [(f"{i % 7}".encode(), f"{i}".encode()) for i in range(600)])
    seen = []
    for part in range(3):
        member = consumer(node, "rd-group-1")
        member.subscribe(["rd-group"])
        batch = read(member, 200)
        member.commit(asynchronous=False)
        member.close()
        seen += [(message.partition(), message.offset()) for message in batch]
    expect_equal(len(set(seen)), 600, "different records over three lives of the group")
    committed = consumer(node, "rd-group-1").committed([TopicPartition("rd-group", p) for p in range(3)], timeout=20)
    expect_equal(sum(max(0, one.offset) for one in committed), 600, "sum of the committed offsets")


def rebalance(node, topic, group, strategy, **settings):
    """Two members share four partitions; one leaves, the other gets all."""
    create(node, topic, 4)
    events = {0: [], 1: []}
    owned = {0: set(), 1: set()}
    stop = {0: threading.Event(), 1: threading.Event()}
    errors = []

    def changed(index, what):
        def callback(member, partitions):
            numbers = {one.partition for one in partitions}
            events[index].append((what, sorted(numbers)))
            if what == "assign":
                owned[index] = (owned[index] if "cooperative" in strategy else set()) | numbers
                if "cooperative" in strategy:
                    member.incremental_assign(partitions)
            else:
                owned[index] = owned[index] - numbers
                if "cooperative" in strategy:
                    member.incremental_unassign(partitions)

        return callback

    def live(index):
        member = consumer(node, group, partition_assignment_strategy=strategy, **({"group_instance_id": f"member-{index}"} if settings.get("static") else {}))
        try:
            member.subscribe([topic], on_assign=changed(index, "assign"), on_revoke=changed(index, "revoke"))
            while not stop[index].is_set():
                member.poll(0.1)
        except Exception as error:
            errors.append(error)
        finally:
            member.close()

    threads = [threading.Thread(target=live, args=(index,)) for index in (0, 1)]
    try:
        threads[0].start()
        wait_until(lambda: len(owned[0]) == 4, f"the first member owns all ({events})", 30)
        threads[1].start()
        wait_until(lambda: len(owned[0]) == len(owned[1]) == 2 and not owned[0] & owned[1], f"both own two ({events})", 30)
        described = admin(node).describe_consumer_groups([group])[group].result(20)
        expect_equal(len(described.members), 2, "members described")
        expect_equal(described.state.name, "STABLE", "state")
        if not settings.get("static"):
            stop[1].set()
            wait_until(lambda: len(owned[0]) == 4, f"the first member owns all again ({events})", 30)
    finally:
        for index in (0, 1):
            stop[index].set()
        for thread in threads:
            if thread.is_alive():
                thread.join(30)
    expect(not errors, f"a member failed: {errors}")
    return events


@scenario
def librdkafka_eager_rebalance(node):
    """two members with the eager protocol share partitions, one leaves, the other takes over"""
    rebalance(node, "rd-eager", "rd-eager", "range")


@scenario
def librdkafka_cooperative_rebalance(node):
    """two members with cooperative-sticky: the first keeps half without giving all up"""
    events = rebalance(node, "rd-coop", "rd-coop", "cooperative-sticky")
    expect(not any(what == "revoke" and len(which) == 4 for what, which in events[0][:-1]), f"all was revoked in between: {events[0]}")


@scenario
def librdkafka_static_member(node):
    """a static member that comes back within its session gets its partitions without a new generation"""
    create(node, "rd-static", 2)

    def join():
        member = consumer(node, "rd-static", group_instance_id="one", session_timeout_ms=30000, partition_assignment_strategy="range")
        member.subscribe(["rd-static"])
        wait_until(lambda: member.poll(0.1) is None and len(member.assignment()) == 2, "the static member owns both", 30)
        return member

    member = join()
    produce(node, "rd-static", [(None, b"x")] * 10, partition=0)
    read(member, 10)
    before = member.consumer_group_metadata()
    member.close()  # A static member sends no LeaveGroup.
    described = admin(node).describe_consumer_groups(["rd-static"])["rd-static"].result(20)
    expect_equal([one.group_instance_id for one in described.members], ["one"], "members while it is away")
    member = join()
    expect(before is not None, "metadata of the group")
    member.close()


@scenario
def librdkafka_offsets_for_times(node):
    """offsets by timestamp, with timestamps that jump back; earliest, latest, largest timestamp"""
    create(node, "rd-times")
    stamps = [1000, 5000, 2000, 9000, 3000, 9000, 4000]
    for stamp in stamps:
        produce(node, "rd-times", [(None, b"v", None, stamp)])
    reader = consumer(node)
    for wanted in (0, 1000, 1001, 5000, 5001, 9000, 9001):
        scan = next((offset for offset, stamp in enumerate(stamps) if stamp >= wanted), -1)
        got = reader.offsets_for_times([TopicPartition("rd-times", 0, wanted)], timeout=20)[0].offset
        expect_equal(got, scan, f"offset for {wanted}")
    low_high = reader.get_watermark_offsets(TopicPartition("rd-times", 0), timeout=20)
    expect_equal(low_high, (0, 7), "watermarks")
    reader.close()
    partition = TopicPartition("rd-times", 0)
    listed = admin(node).list_offsets({partition: OffsetSpec.max_timestamp()})[partition].result(20)
    expect_equal((listed.offset, listed.timestamp), (3, 9000), "largest timestamp")


@scenario
def librdkafka_admin(node):
    """create, describe, alter configs, add partitions, delete records, list and delete groups, delete a topic"""
    control = admin(node)
    create(node, "rd-admin", 2, retention_ms=123456, segment_bytes=2097152)
    topic = ConfigResource(ResourceType.TOPIC, "rd-admin")

    def configs():
        return {name: entry.value for name, entry in control.describe_configs([topic])[topic].result(20).items()}

    expect_equal((configs()["retention.ms"], configs()["segment.bytes"]), ("123456", "2097152"), "configs")
    change = ConfigResource(
        ResourceType.TOPIC,
        "rd-admin",
        incremental_configs=[ConfigEntry("retention.ms", "654321", incremental_operation=AlterConfigOpType.SET), ConfigEntry("segment.bytes", None, incremental_operation=AlterConfigOpType.DELETE)],
    )
    control.incremental_alter_configs([change])[change].result(20)
    wait_until(lambda: configs()["retention.ms"] == "654321", "the altered config is described")
    control.create_partitions([NewPartitions("rd-admin", 5)])["rd-admin"].result(20)
    wait_until(lambda: len(control.list_topics("rd-admin", timeout=10).topics["rd-admin"].partitions) == 5, "five partitions")
    produce(node, "rd-admin", [(None, f"{i}".encode()) for i in range(100)], partition=4)
    partition = TopicPartition("rd-admin", 4, 60)
    deleted = control.delete_records([partition])[partition].result(20)
    expect_equal(deleted.low_watermark, 60, "low watermark after DeleteRecords")
    expect_equal(read_partition(node, "rd-admin", 1, partition=4)[0].offset(), 60, "first offset that is read")
    member = consumer(node, "rd-admin-group")
    member.commit(offsets=[TopicPartition("rd-admin", 4, 77)], asynchronous=False)
    member.close()
    expect("rd-admin-group" in [group.group_id for group in control.list_consumer_groups().result(20).valid], "the group is listed")
    request = ConsumerGroupTopicPartitions("rd-admin-group", [TopicPartition("rd-admin", 4)])
    offsets = control.list_consumer_group_offsets([request])["rd-admin-group"].result(20)
    expect_equal([one.offset for one in offsets.topic_partitions], [77], "committed offset")
    control.delete_consumer_groups(["rd-admin-group"])["rd-admin-group"].result(20)
    expect("rd-admin-group" not in [group.group_id for group in control.list_consumer_groups().result(20).valid], "the group is gone")
    control.delete_topics(["rd-admin"])["rd-admin"].result(20)
    wait_until(lambda: "rd-admin" not in control.list_topics(timeout=10).topics, "the topic is gone")


@scenario
def librdkafka_transactions_refused(node):
    """a transactional producer ends at once with TRANSACTIONAL_ID_AUTHORIZATION_FAILED"""
    if node.tier == "none":
        return "not against Apache Kafka"
    producer = Producer({"bootstrap.servers": node.bootstrap, "transactional.id": "t"})
    begin = time.monotonic()
    try:
        producer.init_transactions(20)
        raise Failure("a transaction began")
    except KafkaException as error:
        expect_equal(error.args[0].code(), KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, "error")
    expect(time.monotonic() - begin < 15, "the client asked for ever")


@alone
def librdkafka_restart(node):
    """records, committed offsets and configs are there after a restart, and an idempotent producer goes on"""
    create(node, "rd-restart", 2, retention_ms=777777777)
    reports = Deliveries()
    producer = Producer({"bootstrap.servers": node.bootstrap, "enable.idempotence": True})
    for i in range(200):
        producer.produce("rd-restart", f"{i}".encode(), partition=i % 2, on_delivery=reports)
    expect_equal(producer.flush(30), 0, "undelivered")
    member = consumer(node, "rd-restart")
    member.subscribe(["rd-restart"])
    read(member, 150)
    member.commit(asynchronous=False)
    member.close()
    node.restart()
    for i in range(200, 300):
        producer.produce("rd-restart", f"{i}".encode(), partition=i % 2, on_delivery=reports)
    expect_equal(producer.flush(60), 0, "undelivered after the restart")
    expect(reports.error is None, f"{reports.error}")
    for partition in (0, 1):
        got = [int(message.value()) for message in read_partition(node, "rd-restart", 150, partition=partition)]
        expect_equal(got, list(range(partition, 300, 2)), f"partition {partition}")
    member = consumer(node, "rd-restart")
    member.subscribe(["rd-restart"])
    expect_equal(len(read(member, 150)), 150, "records after the committed offsets")
    expect(not member.consume(1, 1.0), "no more records follow")
    member.close()
