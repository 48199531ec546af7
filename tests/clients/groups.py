"""Scenarios with confluent-kafka on groups: self-assigned consumers, static members, cooperative rebalances under load."""

import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from harness.process import Failure, expect, expect_equal, wait_until
from harness.scenarios import scenario_set
from librdkafka import admin, consumer, create, produce, read

SCENARIOS, scenario = scenario_set()


@scenario
def manual_assignment(node):
    """a self-assigned consumer commits to a group without members; once the group has members its commit is refused"""
    create(node, "gr-manual", 2)
    produce(node, "gr-manual", [(None, f"{i}".encode()) for i in range(40)], partition=0)
    loner = consumer(node, "gr-manual")
    loner.assign([TopicPartition("gr-manual", 0, 10)])
    expect_equal([int(one.value()) for one in read(loner, 20)], list(range(10, 30)), "records")
    loner.commit(asynchronous=False)
    described = admin(node).describe_consumer_groups(["gr-manual"])["gr-manual"].result(20)
    expect_equal((described.state.name, len(described.members)), ("EMPTY", 0), "a group that only commits")
    member = consumer(node, "gr-manual")
    member.subscribe(["gr-manual"])
    expect_equal([int(one.value()) for one in read(member, 10)], list(range(30, 40)), "records after the loner's commit")
    try:
        loner.commit(offsets=[TopicPartition("gr-manual", 0, 3)], asynchronous=False)
        raise Failure("a commit without membership was taken by a group with members")
    except KafkaException as error:
        expect_equal(error.args[0].code(), KafkaError.UNKNOWN_MEMBER_ID, "error")
    expect_equal(loner.committed([TopicPartition("gr-manual", 0)], timeout=20)[0].offset, 30, "the offset stays")
    member.commit(asynchronous=False)
    member.close()
    expect_equal(loner.committed([TopicPartition("gr-manual", 0)], timeout=20)[0].offset, 40, "the member's offset")
    loner.commit(offsets=[TopicPartition("gr-manual", 0, 3)], asynchronous=False)
    expect_equal(loner.committed([TopicPartition("gr-manual", 0)], timeout=20)[0].offset, 3, "the loner's once the members left")
    loner.close()


class Member:
    """A consumer in a thread of its own that keeps what it saw, and commits what it read before it gives a partition away."""

    def __init__(self, node, topic, group, **settings):
        self.client = consumer(node, group, **settings)
        self.cooperative = "cooperative" in settings["partition_assignment_strategy"]
        self.owned = set()
        self.events = []
        self.records = []
        self.error = None
        self.leaving = threading.Event()
        self.client.subscribe([topic], on_assign=self._assigned, on_revoke=self._revoked)
        self.thread = threading.Thread(target=self._live)
        self.thread.start()

    def _assigned(self, client, partitions):
        self.events.append(("assign", sorted(one.partition for one in partitions)))
        self.owned |= {one.partition for one in partitions}
        if self.cooperative:
            client.incremental_assign(partitions)

    def _revoked(self, client, partitions):
        self.events.append(("revoke", sorted(one.partition for one in partitions)))
        self._commit(partitions)
        self.owned -= {one.partition for one in partitions}
        if self.cooperative:
            client.incremental_unassign(partitions)

    def _commit(self, partitions):
        read_so_far = [one for one in self.client.position(partitions) if one.offset >= 0]
        if read_so_far:
            for one in self.client.commit(offsets=read_so_far, asynchronous=False):
                expect(one.error is None, f"commit: {one.error}")

    def _live(self):
        try:
            while not self.leaving.is_set():
                message = self.client.poll(0.1)
                if message is None:
                    continue
                if message.error():
                    raise KafkaException(message.error())
                self.records.append((message.partition(), message.offset()))
        except Exception as error:
            self.error = error
        finally:
            self.client.close()

    def leave(self):
        self.leaving.set()
        self.thread.join(40)
        expect(not self.thread.is_alive(), "a member did not end")
        if self.error:
            raise self.error


@scenario
def static_restart(node):
    """a static member goes and comes back; nobody is rebalanced, neither it nor the other"""
    create(node, "gr-static", 4)
    settings = {"session_timeout_ms": 30000, "partition_assignment_strategy": "range"}
    members = [Member(node, "gr-static", "gr-static", group_instance_id=name, **settings) for name in ("one", "two")]
    try:
        wait_until(lambda: [len(one.owned) for one in members] == [2, 2], "both own two", 40)
        events, owned = list(members[1].events), set(members[0].owned)
        members[0].leave()
        members[0] = Member(node, "gr-static", "gr-static", group_instance_id="one", **settings)
        wait_until(lambda: len(members[0].owned) == 2, "it owns two again", 20)
        expect_equal(members[0].owned, owned, "partitions after the restart")
        produce(node, "gr-static", [(None, b"x")] * 10, partition=min(owned))
        produce(node, "gr-static", [(None, b"x")] * 10, partition=min(members[1].owned))
        wait_until(lambda: [len(one.records) for one in members] == [10, 10], "both read theirs", 20)
        expect_equal(members[1].events, events, "rebalances of the other member")
        described = admin(node).describe_consumer_groups(["gr-static"])["gr-static"].result(20)
        expect_equal(sorted(one.group_instance_id for one in described.members), ["one", "two"], "members")
    finally:
        for one in members:
            one.leave()


class Flow:
    """Records at a steady pace until told to end."""

    def __init__(self, node, topic, partitions):
        self.producer = Producer({"bootstrap.servers": node.bootstrap, "enable.idempotence": True, "linger.ms": 5})
        self.topic, self.partitions = topic, partitions
        self.acknowledged = []
        self.error = None
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _report(self, error, message):
        if error:
            self.error = self.error or error
        else:
            self.acknowledged.append((message.partition(), message.offset()))

    def _run(self):
        number = 0
        while not self.ending.is_set():
            for _ in range(20):
                self.producer.produce(self.topic, f"{number}".encode(), partition=number % self.partitions, on_delivery=self._report)
                number += 1
            self.producer.poll(0.02)

    def end(self):
        self.ending.set()
        self.thread.join()
        expect_equal(self.producer.flush(60), 0, "undelivered")
        expect(self.error is None, f"{self.error}")
        return sorted(self.acknowledged)


@scenario
def cooperative_three(node):
    """three cooperative members come and one goes while records flow: each record is read once, and nobody gives up all"""
    create(node, "gr-three", 6)
    members = []
    flow = Flow(node, "gr-three", 6)
    try:
        for count in (1, 2, 3):
            members.append(Member(node, "gr-three", "gr-three", partition_assignment_strategy="cooperative-sticky"))
            wait_until(lambda: [len(one.owned) for one in members] == [6 // count] * count, f"{count} members share six partitions", 40)
            wait_until(lambda: all(len(one.records) > 100 for one in members), "all of them read", 30)
        kept = set(members[1].owned)
        members[2].leave()
        wait_until(lambda: [len(one.owned) for one in members[:2]] == [3, 3], "two share again", 40)
        expect(kept <= members[1].owned, f"the second gave away what it had: {kept} and {members[1].owned}")
        sent = flow.end()
        wait_until(lambda: sum(len(one.records) for one in members) >= len(sent), "all is read", 40)
        time.sleep(0.5)  # What is read twice would come now.
        expect_equal(sorted(record for one in members for record in one.records) == sent, True, "each record was read once")
        for one in members[:2]:
            expect(not any(what == "revoke" and len(which) == 6 for what, which in one.events), f"all was revoked: {one.events}")
        return f"{len(sent)} records"
    finally:
        if flow.thread.is_alive():
            flow.end()
        for one in members:
            one.leave()


@scenario
def consumer_protocol(node):
    """group.protocol=consumer (KIP-848), which is not served, ends in an error that names the heartbeat, and not in a wait"""
    create(node, "gr-kip848")
    client = Consumer({"bootstrap.servers": node.bootstrap, "group.id": "gr-kip848", "group.protocol": "consumer", "log_level": 0})
    client.subscribe(["gr-kip848"])

    def fatal():
        message = client.poll(0.2)
        return message is not None and message.error()

    error = wait_until(fatal, "an error", 20)
    expect_equal((error.code(), "ConsumerGroupHeartbeat" in error.str(), "API version not supported" in error.str()), (KafkaError._FATAL, True, True), f"error {error.str()}")
    client.close()
    return error.str()
