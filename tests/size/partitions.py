"""Very many partitions on one node: memory of an idle one, and the start after a kill.

Only correctness and gross bounds end it with a failure; the goals are printed beside the figures.
"""

import os
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from harness.process import expect, expect_equal, wait_until
from harness.world import broker, workdir

PARTITIONS_PER_TOPIC = 100
TOPICS_PER_REQUEST = 10
# Partitions that get records, and from which they are read again after the kill.
PRODUCED = 20
RECORDS = 50
GOAL_BYTES = 4 * 1024
GOAL_SECONDS = 2.0
# No machine and no mood of it excuses more.
BYTES_MAX = 256 * 1024
SECONDS_MAX = 120.0


def resident_bytes(pid):
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["VmRSS"].split()[0]) * 1024


def settled_bytes(pid):
    """Resident memory once it has stopped growing: three looks, half a second apart, within one part in two hundred."""
    looks = []

    def is_settled():
        looks.append(resident_bytes(pid))
        return len(looks) > 2 and max(looks[-3:]) - min(looks[-3:]) <= looks[-1] // 200

    wait_until(is_settled, "resident memory is settled", 60, pause=0.5)
    return looks[-1]


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def create(admin, counts):
    names = list(counts)
    for first in range(0, len(names), TOPICS_PER_REQUEST):
        batch = [NewTopic(name, counts[name], 1) for name in names[first : first + TOPICS_PER_REQUEST]]
        for future in admin.create_topics(batch, operation_timeout=120, request_timeout=120).values():
            future.result(120)


def value(topic, partition, number):
    return f"{topic}/{partition}/{number}".encode()


def produce(node, places):
    failures = []
    producer = Producer({"bootstrap.servers": node.bootstrap, "acks": "all", "linger.ms": 5, "log_level": 0})
    for topic, partition in places:
        for number in range(RECORDS):
            told = lambda error, _: failures.append(error) if error else None
            producer.produce(topic, value(topic, partition, number), partition=partition, on_delivery=told)
            producer.poll(0)
    expect_equal(producer.flush(60), 0, "records without an answer")
    expect_equal(failures, [], "failed records")


def check_records(node, places):
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": "size", "enable.auto.commit": False, "log_level": 0})
    try:
        consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in places])
        found = {place: [] for place in places}
        wanted = len(places) * RECORDS
        deadline = time.monotonic() + 60
        while sum(map(len, found.values())) < wanted and time.monotonic() < deadline:
            for message in consumer.consume(500, 1):
                expect(not message.error(), f"{message.error()}")
                found[message.topic(), message.partition()].append(message.value())
    finally:
        consumer.close()
    for (topic, partition), values in found.items():
        expect_equal(values, [value(topic, partition, number) for number in range(RECORDS)], f"{topic}-{partition}")


def check_partitions(admin, counts):
    """Every partition is there, and led."""
    found = admin.list_topics(timeout=60).topics
    for name, count in counts.items():
        expect(name in found, f"topic {name} is gone")
        expect_equal(len(found[name].partitions), count, f"partitions of {name}")
        leaderless = [number for number, state in found[name].partitions.items() if state.leader < 0]
        expect_equal(leaderless, [], f"partitions of {name} without a leader")


def run(directory, partitions):
    counts = {
        f"idle-{first // PARTITIONS_PER_TOPIC:03}": min(PARTITIONS_PER_TOPIC, partitions - first)
        for first in range(0, partitions, PARTITIONS_PER_TOPIC)
    }
    properties = {"auto.create.topics.enable": "false", "offsets.topic.num.partitions": "1"}
    with broker(directory, properties) as node:
        admin = AdminClient({"bootstrap.servers": node.bootstrap, "log_level": 0})
        create(admin, {"warm-up": 1})
        check_partitions(admin, {"warm-up": 1})
        before, files = settled_bytes(node.child.process.pid), open_files(node.child.process.pid)
        begin = time.monotonic()
        create(admin, counts)
        created = time.monotonic() - begin
        check_partitions(admin, counts)
        pid = node.child.process.pid
        each = (settled_bytes(pid) - before) / partitions
        files = (open_files(pid) - files) / partitions
        print(f"{partitions} partitions of {len(counts)} topics on one node", flush=True)
        print(f"  created in          {created:.1f} s", flush=True)
        print(f"  idle partition      {each / 1024:.1f} KiB resident (goal: {GOAL_BYTES // 1024}), {files:.2f} open files", flush=True)
        names = list(counts)
        places = [(names[number % len(names)], number // len(names)) for number in range(min(PRODUCED, partitions))]
        produce(node, places)
        node.kill()
        begin = time.monotonic()
        node.start(SECONDS_MAX)
        ready = time.monotonic() - begin
        started = (settled_bytes(node.child.process.pid) - before) / partitions
        print(f"  ready after kill -9 {ready:.2f} s (goal: {GOAL_SECONDS:.0f})", flush=True)
        print(f"  idle partition then {started / 1024:.1f} KiB resident, in the new process", flush=True)
        check_partitions(AdminClient({"bootstrap.servers": node.bootstrap, "log_level": 0}), counts)
        check_records(node, places)
        expect(each <= BYTES_MAX and started <= BYTES_MAX, f"an idle partition takes more than {BYTES_MAX} bytes")
        begin = time.monotonic()
        expect_equal(node.child.end(seconds=SECONDS_MAX), 0, "exit code after SIGTERM")
        print(f"  stopped in          {time.monotonic() - begin:.2f} s", flush=True)


if __name__ == "__main__":
    with workdir("size") as directory:
        run(directory, int(sys.argv[1]))
