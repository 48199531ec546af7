"""Everything that goes on beside in a soak: producers, tails, replays, and one who makes, deletes and trims.

Owns: the topics, the clients and their pace. Does not own: what is right (`harness/checker.py`, `ledgers.py`, `groups.py`), the
broker's lives (`main.py`). All clients live across them.
"""

import collections
import random
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from groups import CooperativeMember, Group, PyMember, RdkMember
from harness.checker import AWAY, Ledger, Tail, Writer, content_of, digest_of, read_back, reader, tolerate, watermarks
from harness.process import Failure, expect, expect_equal, wait_until
from kafka import KafkaProducer
from kafka.errors import KafkaError as PyKafkaError
from ledgers import CompactedLedger, CompactedTail, CompactedWriter

ROLLS = {"segment.bytes": "1048576", "segment.ms": "2000"}
# Where segments stay for long, so that they are few.
ROLLS_SLOWLY = {"segment.bytes": "1048576", "segment.ms": "10000"}
TIERED = {**ROLLS, "remote.storage.enable": "true", "local.retention.ms": "1000", "retention.ms": "-1"}
RETENTION_BYTES = 3_000_000
RETENTION_MS = 20_000
TOPICS = {
    # name: (partitions, configs)
    "history": (2, TIERED),  # all of it stays, nearly all in the bucket
    "cut": (2, TIERED),  # trimmed by DeleteRecords
    "plain": (2, {**ROLLS_SLOWLY, "retention.ms": "-1"}),  # trimmed too
    "sized": (1, {**TIERED, "retention.bytes": str(RETENTION_BYTES)}),
    "aged": (1, {**TIERED, "retention.ms": str(RETENTION_MS)}),
    "young": (1, {**ROLLS, "retention.ms": str(RETENTION_MS)}),
    "grouped": (4, {**ROLLS_SLOWLY, "retention.ms": "-1"}),  # trimmed behind all groups
    "compacted": (1, {**ROLLS, "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.3", "delete.retention.ms": "5000"}),
}
TIERED_TOPICS = [name for name, (_, configs) in TOPICS.items() if "remote.storage.enable" in configs]
COMPACTED = "compacted"
TICK_SECONDS = 0.05
# What waits in a client beyond this waits outside: after a death it must be delivered soon.
WAITING_MAX = 2000
# DeleteRecords leaves at least half of this, and begins above it.
SPAN = 1000
REPLAYED_PER_SECOND = 4000
# Partitions of a group are trimmed only below what was committed so many turns ago: a member that was thrown out may read on.
TRIM_TURNS = 8
# A connection that ended while its answer was waited for; a partition without a leader yet; a leader known from before a death.
LOST = {KafkaError._DESTROY_BROKER, KafkaError._NOENT, KafkaError.FENCED_LEADER_EPOCH, *AWAY}
# Counts of which one stands still for so long are a failure; deaths and rebalances take less.
STALL_SECONDS = 75


def make_ledger(seed):
    """The ledger of all lasting topics, with what each may lose."""
    ledger = Ledger()
    ledger.partitions[(COMPACTED, 0)] = CompactedLedger(COMPACTED, 0, seed)
    for name, (partitions, _) in TOPICS.items():
        for partition in range(partitions):
            one = ledger.of(name, partition)
            one.retention_ms = RETENTION_MS if name in ("aged", "young") else None
            one.retention_bytes = RETENTION_BYTES if name == "sized" else None
    return ledger


def partitions_of(*topics):
    return [(name, partition) for name in topics for partition in range(TOPICS[name][0])]


def see_watermarks(client, one):
    """Log start and high watermark as they are told; others may learn of a higher log start while the answer is on its way."""
    floor = one.log_start_floor
    low, high = watermarks(client, one.topic, one.partition)
    expect(low >= floor, f"{one}: the log start went back from {floor} to {low}")
    with one.lock:
        if low >= one.log_start_floor:
            one.log_start_told(low)
    return low, high


class PyWriter:
    """An idempotent producer of kafka-python, with the face of the checker's `Writer`."""

    def __init__(self, bootstrap, ledger, partitions, name, seed, **settings):
        self.ledger, self.partitions, self.name, self.seed = ledger, partitions, name, seed
        self.number = self.failed = self.reported = 0
        self.lock = threading.Lock()
        self.producer = KafkaProducer(
            bootstrap_servers=bootstrap, enable_idempotence=True, linger_ms=5, retry_backoff_ms=50, reconnect_backoff_max_ms=500, request_timeout_ms=20000, delivery_timeout_ms=300000, **settings
        )

    def content(self, number):
        key, value, headers = content_of(self.name, self.seed, number)
        # The library knows no null in a header.
        return key, value, [(name, content or b"") for name, content in headers or ()]

    def produce(self, count=1):
        for _ in range(count):
            topic, partition = self.partitions[self.number % len(self.partitions)]
            self._send(self.ledger.of(topic, partition))

    def _send(self, ledger):
        number, timestamp = self.number, int(time.time() * 1000)
        self.number += 1
        key, value, headers = self.content(number)
        digest = digest_of(key, value, headers, timestamp)
        ledger.sent(digest, self.name, number, timestamp)

        def told(metadata):
            try:
                ledger.reported(digest, metadata.offset)
            except BaseException as failure:
                self.ledger.note(failure)
            with self.lock:
                self.reported += 1

        def refused(error):
            with self.lock:
                self.failed += 1
                self.reported += 1
            self.ledger.note(Failure(f"{self.name}: record {number} to {ledger} was refused: {error!r}"))

        future = self.producer.send(ledger.topic, value, key, headers, ledger.partition, timestamp)
        future.add_callback(told)
        future.add_errback(refused)

    @property
    def waiting(self):
        with self.lock:
            return self.number - self.reported

    def poll(self, seconds=0.0):
        time.sleep(seconds)

    def flush(self, seconds=60):
        try:
            self.producer.flush(timeout=seconds)
        except PyKafkaError as error:
            raise Failure(f"{self.name}: records not delivered within {seconds} s: {error!r}") from None
        wait_until(lambda: self.waiting == 0, f"{self.name} has all reports", 10)
        self.ledger.check()

    def discard(self):
        self.producer.close(timeout=0)


class Flow(threading.Thread):
    """One producer at a steady pace."""

    def __init__(self, writer, per_second):
        super().__init__(daemon=True)
        self.writer, self.per_second = writer, per_second
        self.ending = threading.Event()
        self.start()

    def run(self):
        owed, last = 0.0, time.monotonic()
        try:
            while not self.ending.is_set():
                now = time.monotonic()
                # What could not be sent while the broker was away is not made up for.
                owed, last = min(owed + (now - last) * self.per_second, self.per_second * 4 * TICK_SECONDS), now
                if self.writer.waiting < WAITING_MAX:
                    self.writer.produce(int(owed))
                    owed -= int(owed)
                self.writer.poll(TICK_SECONDS)
        except BaseException as failure:
            self.writer.ledger.note(failure)

    def end(self):
        """No more records; all are acknowledged."""
        self.ending.set()
        self.join(60)
        expect(not self.is_alive(), f"{self.writer.name} does not end")
        self.writer.flush(90)


class Follower(Tail):
    """Reads everything once, from the beginning, and then what comes; tells where it stands."""

    def __init__(self, bootstrap, ledger, topics, **settings):
        self.stands = {}
        super().__init__(bootstrap, ledger, partitions_of(*topics), restart_after=float("inf"), **settings)

    def _take(self, message, next_offsets):
        super()._take(message, next_offsets)
        self.stands[(message.topic(), message.partition())] = message.offset() + 1

    def reached(self, ends):
        return all(self.stands.get(key, 0) >= ends[key] for key in self.partitions)


class Replayer(Tail):
    """Reads one partition after the other from the log start to where it ended at first, and finds offsets by timestamp."""

    def __init__(self, bootstrap, ledger, topics, seed, **settings):
        self.chance = random.Random(f"{seed}/replay")
        self.look_ups = 0
        super().__init__(bootstrap, ledger, partitions_of(*topics), **settings)

    def _replay(self):
        topic, partition = self.chance.choice(self.partitions)
        client = reader(self.bootstrap, auto_offset_reset="earliest", **self.settings)
        try:
            self._read_once(client, topic, partition)
            if topic == "history":
                self._look_up(client, self.ledger.of(topic, partition))
        except KafkaException as error:
            # The broker is away; another pass begins.
            expect(error.args[0].code() in LOST, f"a replay of {topic}-{partition}: {error}")
            self.ending.wait(0.2)
        finally:
            client.close()

    def _read_once(self, client, topic, partition):
        low, high = see_watermarks(client, self.ledger.of(topic, partition))
        client.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
        next_offsets, count, begin = {}, 0, time.monotonic()
        while next_offsets.get((topic, partition), low) < high and not self.ending.is_set():
            for message in client.consume(200, 0.1):
                if message.error():
                    tolerate(message.error(), topic, partition)
                    continue
                self._take(message, next_offsets)
                count += 1
            # Retention may take what is left of this pass.
            if count == 0 and watermarks(client, topic, partition)[0] >= high:
                return
            self.ending.wait(max(0.0, begin + count / REPLAYED_PER_SECOND - time.monotonic()))

    def _look_up(self, client, one):
        """The first offset whose timestamp is not below the one asked for; nothing of this topic is ever removed."""
        end = one.acknowledged_end
        if end == 0:
            return
        offset = self.chance.randrange(end)
        timestamp = one.timestamps[offset]
        if timestamp == 0:
            return  # Its report is still on the way.
        found = client.offsets_for_times([TopicPartition(one.topic, one.partition, timestamp)], timeout=20)[0].offset
        before = max(one.timestamps[:found], default=0) if found >= 0 else None
        right = 0 <= found <= offset and before < timestamp <= (one.timestamps[found] or timestamp)
        expect(right, f"{one}: the first offset with a timestamp from {timestamp} is told as {found}; {offset} has it, and the highest before is {before}")
        self.look_ups += 1


class Manager(threading.Thread):
    """Trims logs with DeleteRecords, and makes, fills, reads and deletes topics, some under a name that was there before."""

    def __init__(self, load):
        super().__init__(daemon=True)
        self.load, self.ledger, self.bootstrap = load, load.ledger, load.bootstrap
        self.chance = random.Random(f"{load.seed}/manager")
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200})
        self.ending = threading.Event()
        self.trims = self.topics = self.records = 0
        # Of topics that come and go, apart, so that the lasting ones can be looked at as a whole.
        self.fleeting = Ledger()
        self.commits = collections.deque(maxlen=TRIM_TURNS)
        self.start()

    def run(self):
        try:
            while not self.ending.is_set():
                self._trim()
                self._trim_behind_groups()
                self._come_and_go()
                self.fleeting.check()
                self.ending.wait(0.5 + self.chance.random())
        except BaseException as failure:
            self.ledger.note(failure)

    def _trim(self):
        one = self.ledger.of(*self.chance.choice(partitions_of("cut", "plain")))
        span = one.acknowledged_end - one.log_start_floor
        if span > SPAN:
            self._delete_records(one, one.log_start_floor + span - SPAN + self.chance.randrange(SPAN // 2))

    def _trim_behind_groups(self):
        groups = self.load.groups
        self.commits.append([min(group.committed[partition] for group in groups) for partition in range(groups[0].partitions)])
        if len(self.commits) < TRIM_TURNS:
            return
        partition = self.chance.randrange(groups[0].partitions)
        one, target = self.ledger.of("grouped", partition), self.commits[0][partition]
        if target - one.log_start_floor > SPAN // 2:
            self._delete_records(one, target)

    def _delete_records(self, one, target):
        one.log_start_asked = max(one.log_start_asked, target)
        partition = TopicPartition(one.topic, one.partition, target)
        try:
            deleted = self.admin.delete_records([partition], request_timeout=5)[partition].result(30)
        except KafkaException as error:
            expect(error.args[0].code() in LOST, f"{one}: DeleteRecords to {target}: {error}")
            return  # The log start has moved or not.
        expect(deleted.low_watermark >= target, f"{one}: DeleteRecords to {target} answered the log start {deleted.low_watermark}")
        with one.lock:
            # A replay may have learned it first.
            one.log_start_told(max(deleted.low_watermark, one.log_start_floor))
            one.forget_below(one.log_start_floor)
        self.trims += 1

    def _come_and_go(self):
        name = f"fleeting-{self.topics % 3}"
        configs = self.chance.choice((TIERED, ROLLS))
        self._until_done(lambda: self.admin.create_topics([NewTopic(name, 2, 1, config=configs)], request_timeout=5)[name], "TOPIC_ALREADY_EXISTS")
        writer = Writer(self.bootstrap, self.fleeting, [(name, 0), (name, 1)], f"{name}-{self.topics}", self.load.seed, compression_type=self.chance.choice(("none", "lz4", "zstd")))
        writer.produce(120)
        writer.flush(90)
        # Its connections go with the last reference to the client.
        writer.producer = None
        self._over_deaths(lambda: self._read(name))
        # Some are deleted in the middle of an upload.
        self.ending.wait(self.chance.choice((0, 1, 3)))
        self._until_done(lambda: self.admin.delete_topics([name], request_timeout=5)[name], "UNKNOWN_TOPIC_OR_PART")
        self.fleeting.drop(name)
        self.topics += 1

    def _read(self, name):
        self.records += read_back(self.load, self.fleeting, [name], 90)
        return True

    def _over_deaths(self, ask):
        """Asks until there is an answer; an error that is not of a broker that is away is a failure at once."""

        def once():
            try:
                return ask()
            except KafkaException as error:
                expect(error.args[0].code() in LOST, f"{error}")
                return None

        deadline = time.monotonic() + 120
        while not once():
            expect(time.monotonic() < deadline, "no answer for 120 s")
            time.sleep(0.1)

    def _until_done(self, ask, done):
        """Asks until it is done, over deaths: an answer that was lost shows as `done`."""

        def once():
            try:
                ask().result(30)
            except KafkaException as error:
                if error.args[0].name() != done:
                    raise
            return True

        self._over_deaths(once)

    def end(self):
        self.ending.set()
        self.join(120)
        expect(not self.is_alive(), "the manager does not end")
        self.fleeting.check()


class Load:
    """All clients."""

    def __init__(self, bootstrap, ledger, seed):
        self.bootstrap, self.ledger, self.seed = bootstrap, ledger, seed
        self.counts = {}
        self.flows = [
            self._flow(Writer, "zstd", 100, ["history", "cut"], compression_type="zstd"),
            self._flow(Writer, "lz4", 100, ["cut", "plain", "grouped"], compression_type="lz4"),
            # Uncompressed, so that the bytes that retention counts are known; some of its batches hold one record.
            self._flow(Writer, "bare", 80, ["sized"], linger_ms=1),
            self._flow(Writer, "gzip", 60, ["aged", "young", "history"], compression_type="gzip"),
            self._flow(PyWriter, "python", 80, ["grouped", "plain"], compression_type="snappy"),
            self._flow(CompactedWriter, "compacted", 80, [COMPACTED], compression_type="snappy"),
        ]
        self.followers = [
            Follower(bootstrap, ledger, ["history", "cut", "plain", "grouped"]),
            Follower(bootstrap, ledger, ["sized", "aged", "young"], fetch_min_bytes=4096),
        ]
        self.compacted = CompactedTail(bootstrap, ledger, [(COMPACTED, 0)], restart_after=3000)
        self.replayer = Replayer(bootstrap, ledger, ["history", "history", "cut", "sized", "aged"], seed)
        self.groups = [
            Group("cooperative", "grouped", 4, ledger, bootstrap, [CooperativeMember], seed),
            Group("mixed", "grouped", 4, ledger, bootstrap, [RdkMember, PyMember, PyMember], seed),
        ]
        self.manager = Manager(self)

    def _flow(self, kind, name, per_second, topics, **settings):
        return Flow(kind(self.bootstrap, self.ledger, partitions_of(*topics), name, self.seed, **settings), per_second)

    def figures(self):
        return {
            "acknowledged": self.ledger.acknowledged,
            "followed": sum(one.records for one in self.followers),
            "replayed": self.replayer.records,
            "compacted": self.compacted.records,
            "grouped": sum(one.records for one in self.groups),
            "topics": self.manager.topics,
        }

    def watch(self):
        """Fails with what a client has found, and if one of the counts stands still."""
        self.ledger.check()
        now = time.monotonic()
        counts = {**self.figures(), **{f"group {one.name}": one.records for one in self.groups}, **{f"producer {one.writer.name}": one.writer.number for one in self.flows}}
        for name, count in counts.items():
            if self.counts.get(name, (None, 0))[0] != count:
                self.counts[name] = (count, now)
            expect(now - self.counts[name][1] < STALL_SECONDS, f"{name} stands still at {count} for {STALL_SECONDS} s")

    def end(self, ends_of):
        """Ends all clients in order: producers have every report, consumers and groups have read all there is."""
        self.manager.end()
        for flow in self.flows:
            flow.end()
        ends = ends_of()
        for group in self.groups:
            group.finish([ends[("grouped", partition)] for partition in range(group.partitions)])
        for one in self.followers:
            wait_until(lambda: self.ledger.check() or one.reached(ends), f"the tail of {one.partitions} reaches {ends}", 90, 0.1)
        for one in (*self.followers, self.compacted, self.replayer):
            one.end()
        self.ledger.check()
        expect_equal(sum(len(one.in_flight) for one in self.ledger.partitions.values()), 0, "records in flight")
        return ends

    def close(self):
        """Lets go of every connection."""
        for flow in self.flows:
            flow.writer.discard()
            flow.writer.producer = None
        self.manager.admin = None

    def discard(self):
        """After a failure: every thread is told to end."""
        for one in (*self.followers, self.compacted, self.replayer, *self.flows, self.manager):
            one.ending.set()
        for group in self.groups:
            group.discard()
