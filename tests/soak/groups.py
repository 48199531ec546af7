"""Consumer groups whose members join and leave all the while, of librdkafka and of kafka-python.

Owns: members, and what must hold of a group as a whole: it skips no record, takes a partition up no earlier than where it was
last committed, and its commits survive the broker's deaths. Does not own: the records (`harness/checker.py`).

Most members leave in order; some are static members, which leave without a word, so that their session times out.
"""

import random
import threading
import time

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from harness.checker import is_away, reader, tolerate
from harness.process import Failure, expect, wait_until
from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka import TopicPartition as PyTopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import CommitFailedError, KafkaError as PyKafkaError
from kafka.structs import OffsetAndMetadata

MEMBERS_MAX = 3
SESSION_MS = 6000
# After a session that timed out on its side only, librdkafka commits without its member id and is fenced for good; so a static
# member outlives every death of the broker.
STATIC_SESSION_MS = 15000
COMMIT_SECONDS = 0.5
# Refusals that a rebalance or a broker that is away may cause.
COMMIT_REFUSALS = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError._ASSIGNMENT_LOST,
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._WAIT_COORD,
    KafkaError._DESTROY,
    KafkaError._DESTROY_BROKER,
}


class Group:
    """What all members of a group have read and committed."""

    def __init__(self, name, topic, partitions, ledger, bootstrap, kinds, seed):
        self.name, self.topic, self.partitions = name, topic, partitions
        self.ledger, self.bootstrap, self.kinds = ledger, bootstrap, kinds
        self.chance = random.Random(f"{seed}/{name}")
        self.lock = threading.Lock()
        self.covered = [0] * partitions  # first offset that no member has read
        self.committed = [0] * partitions  # highest offset whose commit was acknowledged
        self.tried = [0] * partitions
        self.records = self.joined = self.left = self.silent = self.commits = 0
        self.members = []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self._churn, daemon=True)
        self.thread.start()

    # Membership.

    def _churn(self):
        try:
            while not self.ending.is_set():
                if not self.members or (len(self.members) < MEMBERS_MAX and self.chance.random() < 0.6):
                    self._join()
                else:
                    self._leave(self.members.pop(self.chance.randrange(len(self.members))))
                self.ending.wait(2 + self.chance.random() * 6)
        except BaseException as failure:
            self.ledger.note(failure)

    def _join(self):
        kind = self.chance.choice(self.kinds)
        instance = f"{self.name}-{self.joined}" if self.chance.random() < 0.2 else None
        self.joined += 1
        self.members.append(kind(self, instance))

    def _leave(self, member):
        member.leave()
        self.left += 1
        self.silent += member.instance is not None

    def finish(self, ends, seconds=90):
        """Nobody writes any more: the group reads all there is, commits it, and dissolves."""
        self.ending.set()
        self.thread.join(60)
        expect(not self.thread.is_alive(), f"group {self.name}: a member does not leave")
        if not self.members:
            self._join()

        def done():
            self.ledger.check()
            return self.covered == ends

        try:
            wait_until(done, f"group {self.name} has read all up to {ends}", seconds, 0.1)
        except Failure as failure:
            raise Failure(f"{failure}; {self.standing()}") from None
        while self.members:
            self._leave(self.members.pop())
        self.check_committed()
        expect(min(self.committed) > 0, f"group {self.name} has no commits in some partition: {self.committed}")

    def standing(self):
        """What the members know of themselves, and what the broker knows of them."""
        with self.lock:
            told = [f"read up to {self.covered}, committed {self.committed}"]
            told += [f"{type(one).__name__} {one.instance or ''} stands at {one.positions} of {sorted(one.floors)}" for one in self.members]
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        try:
            known = admin.describe_consumer_groups([self.name], request_timeout=10)[self.name].result(30)
        except (KafkaException, TimeoutError) as error:
            return "; ".join([*told, f"the broker does not say: {error}"])
        held = [f"{one.member_id} has {[part.partition for part in one.assignment.topic_partitions]}" for one in known.members]
        return "; ".join([*told, f"the broker has it {known.state.name}: {held}"])

    def check_committed(self):
        client = reader(self.bootstrap, group_id=self.name)
        try:
            found = wait_until(lambda: client.committed([TopicPartition(self.topic, one) for one in range(self.partitions)], timeout=10), "committed offsets", transient=is_away)
        finally:
            client.close()
        for one in found:
            low, high = self.committed[one.partition], self.tried[one.partition]
            expect(one.error is None and low <= one.offset <= high, f"group {self.name}: partition {one.partition} is committed at {one.offset} ({one.error}), not between {low} and {high}")

    def discard(self):
        self.ending.set()
        for member in list(self.members):
            member.leaving.set()

    # What members tell.

    def taken(self, partition, offset, position, floor):
        """A member got a record; `position` is where it stood, None for the first record of an assignment."""
        what = f"group {self.name}: partition {partition}"
        with self.lock:
            if position is None:
                expect(offset >= floor, f"{what} was taken up at {offset}, and {floor} was committed before")
                expect(offset <= self.covered[partition], f"{what} was taken up at {offset}, and nobody has read {self.covered[partition]}")
            else:
                expect(offset == position, f"{what}: a member was served {offset} after {position - 1}")
            self.covered[partition] = max(self.covered[partition], offset + 1)
            self.records += 1

    def commit_acknowledged(self, partition, offset):
        with self.lock:
            self.committed[partition] = max(self.committed[partition], offset)
            self.commits += 1

    def commit_tried(self, positions):
        with self.lock:
            for partition, offset in positions.items():
                self.tried[partition] = max(self.tried[partition], offset)


class Member(threading.Thread):
    """A consumer in a thread of its own; what differs between the libraries is below."""

    def __init__(self, group, instance):
        super().__init__(daemon=True)
        self.group, self.instance = group, instance
        self.leaving = threading.Event()
        self.positions = {}  # partition -> next offset, once a record has come
        self.floors = {}  # partition -> committed when it was assigned
        self.start()

    def run(self):
        try:
            self.live()
        except BaseException as failure:
            self.group.ledger.note(failure)

    def leave(self):
        self.leaving.set()
        self.join(60)
        expect(not self.is_alive(), f"group {self.group.name}: a member did not end")

    def assigned(self, partitions):
        with self.group.lock:
            for one in partitions:
                self.floors[one] = self.floor_of(one)
                self.positions.pop(one, None)

    def floor_of(self, partition):
        """Where an assignment begins at the earliest: what is acknowledged as committed by now."""
        return self.group.committed[partition]

    def dropped(self, partitions):
        for one in partitions:
            self.positions.pop(one, None)
            self.floors.pop(one, None)

    def take(self, message):
        partition, offset = message.partition(), message.offset()
        expect(partition in self.floors, f"group {self.group.name}: a record of partition {partition}, which is not assigned")
        self.group.taken(partition, offset, self.positions.get(partition), self.floors[partition])
        self.group.ledger.of(self.group.topic, partition).read(message)
        self.positions[partition] = offset + 1


class RdkMember(Member):
    """A member of librdkafka."""

    strategy = "range"

    def live(self):
        static = {"group_instance_id": self.instance} if self.instance else {}
        self.client = reader(
            self.group.bootstrap,
            group_id=self.group.name,
            auto_offset_reset="earliest",
            session_timeout_ms=STATIC_SESSION_MS if self.instance else SESSION_MS,
            heartbeat_interval_ms=1000,
            partition_assignment_strategy=self.strategy,
            **static,
        )
        self.client.subscribe([self.group.topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost)
        due = time.monotonic() + COMMIT_SECONDS
        try:
            while not self.leaving.is_set():
                message = self.client.poll(0.1)
                if time.monotonic() >= due:
                    self._commit(self.positions)
                    due = time.monotonic() + COMMIT_SECONDS
                if message is None:
                    continue
                if message.error():
                    if message.error().code() not in COMMIT_REFUSALS:
                        tolerate(message.error(), self.group.topic, message.partition())
                    continue
                # A commit in between may have served a rebalance.
                if message.partition() in self.floors:
                    self.take(message)
            if self.instance:
                self._commit(self.positions)
        finally:
            self._close()

    def _close(self):
        """Unsubscribes first: a close that overtakes an assignment ends the whole process in librdkafka (its issue 4792)."""
        self.client.unsubscribe()
        deadline = time.monotonic() + 5
        while self.client.assignment() and time.monotonic() < deadline:
            # What still comes is not committed: the next owner reads it.
            self.client.poll(0.05)
        self.client.close()

    def _on_assign(self, client, partitions):
        self.assigned([one.partition for one in partitions])

    def _on_revoke(self, client, partitions):
        gone = [one.partition for one in partitions]
        self._commit({one: self.positions[one] for one in gone if one in self.positions})
        self.dropped(gone)

    def _on_lost(self, client, partitions):
        self.dropped([one.partition for one in partitions])

    def _commit(self, positions):
        if not positions:
            return
        positions = dict(positions)
        self.group.commit_tried(positions)
        try:
            answers = self.client.commit(offsets=[TopicPartition(self.group.topic, one, offset) for one, offset in positions.items()], asynchronous=False)
        except KafkaException as error:
            expect(error.args[0].code() in COMMIT_REFUSALS, f"group {self.group.name}: a commit was refused: {error}")
            return
        for one in answers:
            if one.error is None:
                self.group.commit_acknowledged(one.partition, one.offset)
            else:
                expect(one.error.code() in COMMIT_REFUSALS, f"group {self.group.name}: a commit was refused: {one.error}")


class CooperativeMember(RdkMember):
    strategy = "cooperative-sticky"


class PyMessage:
    """A record of kafka-python, as the checker knows them from librdkafka."""

    def __init__(self, record):
        self.record = record

    def topic(self):
        return self.record.topic

    def partition(self):
        return self.record.partition

    def offset(self):
        return self.record.offset

    def key(self):
        return self.record.key

    def value(self):
        return self.record.value

    def headers(self):
        return self.record.headers

    def timestamp(self):
        return self.record.timestamp_type, self.record.timestamp


class PyMember(Member):
    """A member of kafka-python.

    The library keeps the answer to an OffsetFetch that a poll did not wait for, and takes it for that to the next one of the
    same partitions, in whichever generation: an assignment begins no earlier than what was committed when the client began.
    And a leader that joins again because it has learned of partitions, by a join that a poll did not wait for, forgets that join
    once it has assigned them: it neither reads nor sends heartbeats ever after, unless it is told to join (`_join_if_forgotten`).
    """

    def floor_of(self, partition):
        return self.committed_before[partition]

    def take(self, message):
        is_first = message.partition() not in self.positions
        super().take(message)
        if is_first:
            # It commits from there, and so do those after it.
            with self.group.lock:
                self.group.committed[message.partition()] = min(self.group.committed[message.partition()], message.offset())

    def live(self):
        self.client = None
        try:
            while self.client is None and not self.leaving.is_set():
                self._connect()
            due = time.monotonic() + COMMIT_SECONDS
            while not self.leaving.is_set():
                for records in self._poll().values():
                    for record in records:
                        self.take(PyMessage(record))
                if time.monotonic() >= due:
                    self._commit(self.positions)
                    due = time.monotonic() + COMMIT_SECONDS
            self._commit(self.positions)
        finally:
            if self.client is not None:
                self.client.close(autocommit=False, timeout_ms=5000)

    def _connect(self):
        try:
            client = KafkaConsumer(
                bootstrap_servers=self.group.bootstrap,
                group_id=self.group.name,
                group_instance_id=self.instance,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                session_timeout_ms=STATIC_SESSION_MS if self.instance else SESSION_MS,
                heartbeat_interval_ms=1000,
                request_timeout_ms=20000,
                reconnect_backoff_max_ms=500,
                fetch_max_wait_ms=100,
                max_poll_records=200,
                partition_assignment_strategy=[RangePartitionAssignor],
            )
        except PyKafkaError as error:
            expect(error.retriable or "NoBrokers" in type(error).__name__, f"group {self.group.name}: kafka-python cannot connect: {error!r}")
            self.leaving.wait(0.2)
            return
        with self.group.lock:
            self.committed_before = list(self.group.committed)
        client.subscribe([self.group.topic], listener=PyListener(self))
        self.client = client

    def _join_if_forgotten(self):
        coordinator = self.client._coordinator
        task = coordinator._join_task
        if task is not None and task.is_done and not coordinator.need_rejoin():
            coordinator.request_rejoin()

    def _poll(self):
        try:
            self._join_if_forgotten()
            return self.client.poll(timeout_ms=200)
        except PyKafkaError as error:
            expect(error.retriable or isinstance(error, CommitFailedError), f"group {self.group.name}: kafka-python's poll: {error!r}")
            return {}

    def _commit(self, positions):
        if not positions:
            return
        positions = dict(positions)
        self.group.commit_tried(positions)
        try:
            self.client.commit({PyTopicPartition(self.group.topic, one): OffsetAndMetadata(offset, "", -1) for one, offset in positions.items()}, timeout_ms=10000)
        except PyKafkaError as error:
            known = error.retriable or isinstance(error, CommitFailedError) or getattr(error, "errno", None) in COMMIT_REFUSALS
            expect(known, f"group {self.group.name}: a commit of kafka-python was refused: {error!r}")
            return
        for partition, offset in positions.items():
            self.group.commit_acknowledged(partition, offset)


class PyListener(ConsumerRebalanceListener):
    """Runs on the library's I/O loop, where a commit cannot be waited for: what is revoked is read again by the next owner."""

    def __init__(self, member):
        self.member = member

    def on_partitions_revoked(self, revoked):
        self.member.dropped([one.partition for one in revoked])

    def on_partitions_lost(self, lost):
        self.member.dropped([one.partition for one in lost])

    def on_partitions_assigned(self, assigned):
        self.member.assigned([one.partition for one in assigned])
