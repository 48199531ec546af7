"""Scenarios in which the broker is killed with SIGKILL under its clients."""

import functools
import threading
import time

from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from harness.process import expect, expect_equal, wait_until
from harness.scenarios import scenario_set
from kafka import KafkaProducer
from librdkafka import Deliveries, consumer, create, produce, read_partition

ALONE, alone = scenario_set()


def survives(function):
    """Has the broker run again whatever happened: the next scenario needs it."""

    @functools.wraps(function)
    def guarded(node):
        try:
            return function(node)
        finally:
            if not node.child.running:
                node.start()

    return guarded


@alone
@survives
def offsets_survive_kill(node):
    """every commit that was answered is there after a SIGKILL, the last one of each partition"""
    create(node, "sv-offsets", 8)
    produce(node, "sv-offsets", [(None, b"x")] * 100, partition=0)
    member = consumer(node, "sv-offsets", log_level=0)
    for number in range(1, 81):
        member.commit(offsets=[TopicPartition("sv-offsets", number % 8, number)], asynchronous=False)
    node.kill()
    node.start()
    after = consumer(node, "sv-offsets", log_level=0)
    # Asked again while the coordinator loads.
    found = wait_until(lambda: after.committed([TopicPartition("sv-offsets", p) for p in range(8)], timeout=10), "an answer of the coordinator", transient=(KafkaException,))
    expect_equal([one.offset for one in found], [80, 73, 74, 75, 76, 77, 78, 79], "committed offsets")
    # The client that lived through it goes on too.
    member.commit(offsets=[TopicPartition("sv-offsets", 0, 88)], asynchronous=False)
    expect_equal(after.committed([TopicPartition("sv-offsets", 0)], timeout=20)[0].offset, 88, "a commit after it")
    member.close()
    after.close()


@alone
@survives
def idempotent_over_kill(node):
    """idempotent producers retry over SIGKILLs while records fly: each record is in the log once, in order, where its report says"""
    create(node, "sv-idem", 3)
    settings = {"enable.idempotence": True, "linger.ms": 2, "batch.num.messages": 50, "reconnect.backoff.max.ms": 200, "message.timeout.ms": 120000, "log_level": 0}
    producer = Producer({"bootstrap.servers": node.bootstrap, **settings})
    reports = Deliveries()
    sent = 0
    kills = 3
    for _ in range(kills):
        before = len(reports.offsets)
        killer = threading.Thread(target=node.kill)
        while not killer.ident or killer.is_alive():
            producer.produce("sv-idem", f"{sent}".encode(), partition=sent % 3, on_delivery=reports)
            sent += 1
            producer.poll(0)
            if sent % 100 == 0:
                time.sleep(0.002)
            if not killer.ident and len(reports.offsets) > before + 500:
                killer.start()
        killer.join()
        # Some in flight when it died: that is what the scenario is about.
        expect(len(producer) > 0, "nothing was in flight at the kill")
        node.start()
        before = len(reports.offsets)
        wait_until(lambda: producer.poll(0.1) is not None and len(reports.offsets) > before, "reports come again", 60)
    expect_equal(producer.flush(120), 0, "undelivered")
    expect(reports.error is None, f"{reports.error}")
    for partition in range(3):
        wanted = [str(number) for number in range(partition, sent, 3)]
        got = read_partition(node, "sv-idem", len(wanted), partition=partition, check_crcs=True)
        expect_equal([one.value().decode() for one in got] == wanted, True, f"partition {partition} holds each record once and in order")
        low, high = consumer(node).get_watermark_offsets(TopicPartition("sv-idem", partition), timeout=20)
        expect_equal((low, high), (0, len(wanted)), "watermarks")
    told = sorted(one for one in reports.offsets if one[1] >= 0)
    expect_equal(len(set(told)), len(told), "offsets that were reported for one record each")
    return f"{sent} records, {kills} kills"


@alone
@survives
def rebalance_over_stop(node):
    """a broker that is told to stop waits for no rebalance, and throws no member out that it cannot hear any more"""
    create(node, "sv-stop")
    settings = {"group_instance_id": "first", "session_timeout_ms": 20000, "log_level": 0}
    first = consumer(node, "sv-stop", **settings)
    first.subscribe(["sv-stop"])
    wait_until(lambda: first.poll(0.2) or first.assignment(), "the first member has the partition", 30)

    def described():
        # A client of its own each time: one that lives through the restart may wait long before it connects again.
        asker = AdminClient({"bootstrap.servers": node.bootstrap, "log_level": 0})
        return asker.describe_consumer_groups(["sv-stop"], request_timeout=5)["sv-stop"].result(10)

    second = consumer(node, "sv-stop", **{**settings, "group_instance_id": "second"})
    second.subscribe(["sv-stop"])
    # The first member, which is not polled, does not join again.
    wait_until(lambda: second.poll(0.1) or described().state.name == "PREPARING_REBALANCING", "the group waits for its first member", 30)
    begin = time.monotonic()
    node.stop()
    seconds = time.monotonic() - begin
    expect(seconds < 9, f"it took {seconds:.1f} s to stop")
    node.start()
    found = wait_until(lambda: described().members, "members after the restart", transient=(KafkaException,))
    expect("first" in {one.group_instance_id for one in found}, f"the first member is gone: {found}")
    wait_until(lambda: (first.poll(0.1), second.poll(0.1)) and len(first.assignment()) + len(second.assignment()) == 1 and described().state.name == "STABLE", "both are members", 40, transient=(KafkaException,))
    first.close()
    second.close()
    return f"stopped in {seconds:.1f} s"


@alone
@survives
def kafka_python_over_kill(node):
    """kafka-python's idempotent producer lives through a SIGKILL: each record once and in order"""
    create(node, "sv-py")
    producer = KafkaProducer(bootstrap_servers=node.bootstrap, enable_idempotence=True, linger_ms=2, batch_size=2000, retry_backoff_ms=50)
    futures = [producer.send("sv-py", value=f"{i}".encode() * 20) for i in range(2000)]
    futures[100].get(timeout=30)
    futures += [producer.send("sv-py", value=f"{i}".encode() * 20) for i in range(2000, 3000)]
    node.kill()
    futures += [producer.send("sv-py", value=f"{i}".encode() * 20) for i in range(3000, 4000)]
    node.start()
    for future in futures:
        future.get(timeout=60)
    producer.close()
    got = [one.value().decode() for one in read_partition(node, "sv-py", 4000)]
    expect_equal(got == [f"{i}" * 20 for i in range(4000)], True, "each record once and in order")
    expect_equal(consumer(node).get_watermark_offsets(TopicPartition("sv-py", 0), timeout=20), (0, 4000), "watermarks")
