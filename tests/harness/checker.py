"""Knows every acknowledged record and says what a broker serves wrongly.

Owns: what was sent and acknowledged (`Ledger`), clients that keep it while they live (`Writer`, `Tail`), reading back byte for
byte, marks that may never go back (`Marks`), and what must hold of the bucket (`check_tier`, `wait_quiet`, `check_objects`).
Does not own: faults, or when they happen. All campaigns use it.

A record's content follows from its number, so the ledger keeps 16 bytes a record: a digest of key, value, headers and timestamp,
and the timestamp. A record is in flight from `produce` until its report; in flight it may be found in the log once or not at
all; acknowledged it must be found, at the offset that was told, until the log start passes it.

    ledger = Ledger()
    writer = Writer(node.bootstrap, ledger, [("t", 0), ("t", 1)], "w1", seed=7, compression_type="zstd")
    writer.produce(100)            # any number of times, also while the broker is away
    writer.flush(60)               # Failure if something is not delivered
    read_back(node, ledger)        # all partitions, from log start to log end
"""

import array
import hashlib
import os
import random
import threading
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition

from .process import Failure, expect, expect_equal, short, wait_until

DIGEST_BYTES = 8
UNKNOWN = bytes(DIGEST_BYTES)
# A uuid at the end of an object's key.
UUID_CHARS = 22
# A batch's header and a record's frame, rounded up.
RECORD_OVERHEAD_BYTES = 100


def digest_of(key, value, headers, timestamp):
    """What stands for a record in the ledger; never all zeros."""
    total = hashlib.blake2b(digest_size=DIGEST_BYTES)
    parts = [key, value]
    for name, content in headers or ():
        parts += [name.encode(), content]
    for part in parts:
        total.update(b"\0" if part is None else b"\1" + len(part).to_bytes(4, "big") + part)
    total.update(timestamp.to_bytes(8, "big", signed=True))
    found = total.digest()
    return found if found != UNKNOWN else b"\1" * DIGEST_BYTES


class PartitionLedger:
    """One partition: digests and timestamps by offset, and what is in flight."""

    def __init__(self, topic, partition):
        self.topic, self.partition = topic, partition
        self.lock = threading.RLock()
        self.base = 0  # offset of the first entry that is kept
        self.digests = bytearray()
        self.timestamps = array.array("q")
        self.sizes = array.array("I")
        self.sizes_in_flight = {}  # digest -> bytes, told beside `sent` where retention by size is checked
        self.in_flight = {}  # digest -> (writer, number, timestamp); sent, and no report yet or a failed one
        self.unplaced = {}  # acknowledged without an offset: must be found somewhere
        self.seen = {}  # offset -> digest of records found in the log before their report
        self.acknowledged = 0
        self.acknowledged_end = 0  # behind the highest acknowledged offset
        self.last_offsets = {}  # writer -> (number, offset) of the last report
        self.log_start_floor = 0  # highest log start that was ever told
        self.log_start_asked = 0  # highest that somebody has asked for (DeleteRecords)
        self.retention_bytes = None  # set by whoever created the topic with such a config
        self.retention_ms = None

    def __str__(self):
        return f"{self.topic}-{self.partition}"

    # Writing.

    def sent(self, digest, writer, number, timestamp):
        with self.lock:
            expect(digest not in self.in_flight, f"{self}: the checker made the same record twice")
            self.in_flight[digest] = (writer, number, timestamp)

    def reported(self, digest, offset):
        """A positive report. The offset is -1 where the client learned only that the record is there."""
        with self.lock:
            writer, number, timestamp = self.in_flight.pop(digest)
            self.acknowledged += 1
            if offset < 0:
                if digest not in self.seen.values():
                    self.unplaced[digest] = (writer, number, timestamp)
                return
            last = self.last_offsets.get(writer)
            expect(last is None or (number > last[0] and offset > last[1]), f"{self}: {writer} was told offset {offset} for its record {number} after {last}")
            self.last_offsets[writer] = (number, offset)
            expect(offset >= self.log_start_floor, f"{self}: a record was acknowledged at {offset}, below the log start {self.log_start_floor}")
            found = self.seen.pop(offset, None)
            expect(found in (None, digest), f"{self}: offset {offset} was read with another record than the one acknowledged there (record {number} of {writer})")
            expect(found is not None or digest not in self.seen.values(), f"{self}: record {number} of {writer} was read at another offset than the acknowledged {offset}")
            self._place(offset, digest, timestamp)

    def _place(self, offset, digest, timestamp):
        size = self.sizes_in_flight.pop(digest, 0)
        if offset < self.base:
            return
        index = offset - self.base
        missing = index + 1 - len(self.timestamps)
        if missing > 0:
            self.digests.extend(bytes(DIGEST_BYTES * missing))
            self.timestamps.extend([0] * missing)
            self.sizes.extend([0] * missing)
        before = self._digest(offset)
        expect(before in (UNKNOWN, digest), f"{self}: offset {offset} was acknowledged for two different records")
        self.digests[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES] = digest
        self.timestamps[index], self.sizes[index] = timestamp, size
        self.acknowledged_end = max(self.acknowledged_end, offset + 1)

    def _digest(self, offset):
        index = offset - self.base
        if index < 0 or index >= len(self.timestamps):
            return UNKNOWN
        return bytes(self.digests[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES])

    # Reading.

    def read(self, message):
        """A record as a consumer got it: it must be the acknowledged one, or one that is in flight and nowhere else."""
        offset = message.offset()
        digest = digest_of(message.key(), message.value(), message.headers(), message.timestamp()[1])
        with self.lock:
            wanted = self._digest(offset)
            if wanted == digest:
                return
            what = f"key {short(message.key(), 60)}, value {short(message.value(), 60)}, headers {short(message.headers(), 90)}, timestamp {message.timestamp()}"
            expect(wanted == UNKNOWN, f"{self}: offset {offset} is served with other bytes than were acknowledged: {what}")
            if offset < self.base:
                return
            expect(self.seen.get(offset, digest) == digest, f"{self}: offset {offset} was read twice with different records: {what}")
            if offset in self.seen:
                return
            known = self.in_flight.get(digest) or self.unplaced.get(digest)
            expect(known, f"{self}: offset {offset} is served with a record that nobody sent or that stands elsewhere: {what}")
            expect(digest not in self.seen.values(), f"{self}: offset {offset} repeats a record in flight: {what}")
            if self.unplaced.pop(digest, None):
                self._place(offset, digest, known[2])
            else:
                self.seen[offset] = digest

    def log_start_told(self, offset):
        """A log start as the broker tells it: it never goes back and never passes what was allowed."""
        with self.lock:
            expect(offset >= self.log_start_floor, f"{self}: the log start went back from {self.log_start_floor} to {offset}")
            self.log_start_floor = offset
            if offset > self.log_start_asked:
                self._check_retention(offset)

    def _check_retention(self, offset):
        allowed = self.retention_bytes is not None or self.retention_ms is not None
        expect(allowed, f"{self}: the log start is {offset}, and nobody asked for more than {self.log_start_asked}")
        if self.retention_bytes is not None and self.retention_ms is None:
            # Only what is surely too little: a batch of its own for each record, and what is in flight taken for stored.
            left = self.sizes[max(0, offset - self.base) :]
            most = sum(left) + sum(self.sizes_in_flight.values()) + (len(left) + len(self.in_flight)) * RECORD_OVERHEAD_BYTES
            # Where a writer told no sizes, nothing can be said.
            expect(0 in left or most >= self.retention_bytes, f"{self}: the log start is {offset}, and what follows has {most} bytes with retention.bytes={self.retention_bytes}")
        if self.retention_ms is not None and self.retention_bytes is None:
            index = offset - 1 - self.base
            if 0 <= index < len(self.timestamps) and self.timestamps[index]:
                age = time.time() * 1000 - self.timestamps[index]
                expect(age >= self.retention_ms, f"{self}: offset {offset - 1} is gone at an age of {age:.0f} ms with retention.ms={self.retention_ms}")

    def forget_below(self, offset):
        """Frees what is kept of offsets that are gone."""
        with self.lock:
            count = min(max(0, offset - self.base), len(self.timestamps))
            del self.digests[: count * DIGEST_BYTES]
            del self.timestamps[:count]
            del self.sizes[:count]
            self.base += count
            self.seen = {at: digest for at, digest in self.seen.items() if at >= offset}

    def check_whole(self, start, end):
        """After a full read of [start, end): nothing acknowledged lies outside, nothing without an offset is missing."""
        with self.lock:
            expect(end >= self.acknowledged_end, f"{self}: the log ends at {end}, below the acknowledged end {self.acknowledged_end}")
            if start == 0:
                expect(not self.unplaced, f"{self}: {len(self.unplaced)} acknowledged records are nowhere: {short(list(self.unplaced.values())[:5])}")


class Ledger:
    """All partitions that a campaign writes to."""

    def __init__(self):
        self.lock = threading.Lock()
        self.partitions = {}
        self.failures = []
        self.read = 0

    def of(self, topic, partition):
        with self.lock:
            key = (topic, partition)
            if key not in self.partitions:
                self.partitions[key] = PartitionLedger(topic, partition)
            return self.partitions[key]

    def drop(self, topic):
        """The topic is deleted: nothing of it is expected any more."""
        with self.lock:
            for key in [key for key in self.partitions if key[0] == topic]:
                del self.partitions[key]

    def topics(self):
        with self.lock:
            return sorted({topic for topic, _ in self.partitions})

    def of_topic(self, topic):
        with self.lock:
            return [one for (name, _), one in sorted(self.partitions.items()) if name == topic]

    @property
    def acknowledged(self):
        with self.lock:
            return sum(one.acknowledged for one in self.partitions.values())

    def note(self, error):
        """A failure seen in a client's thread; told at the next `check`."""
        self.failures.append(error)

    def check(self):
        if self.failures:
            raise self.failures[0]


def content_of(writer, seed, number):
    """Key, value and headers of a writer's record: sizes, nulls and headers vary, and every record is unique."""
    chance = random.Random(f"{seed}/{writer}/{number}")
    name = f"{writer}/{number}".encode()
    key = None if chance.random() < 0.1 else name[: chance.randrange(1, 40)]
    size = chance.choice((0, 10, 100, 400, 1000, 1000, 3000))
    # Half of it compresses well.
    value = name + b"|" + chance.randbytes(size // 2) + b"abcdefgh" * (size // 16)
    headers = [(f"h{i}", None if chance.random() < 0.2 else chance.randbytes(chance.randrange(12))) for i in range(chance.choice((0, 0, 0, 1, 3)))]
    return key, value, headers or None


class Writer:
    """An idempotent producer with acks=all that writes numbered records and enters every report in the ledger.

    It lives across the broker's deaths. Not for several threads at once.
    """

    def __init__(self, bootstrap, ledger, partitions, name, seed=0, **settings):
        self.ledger, self.partitions, self.name, self.seed = ledger, partitions, name, seed
        self.number = 0
        self.failed = 0
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.timeout.ms": 300000,
                "socket.timeout.ms": 20000,
                "reconnect.backoff.ms": 20,
                "reconnect.backoff.max.ms": 200,
                "retry.backoff.ms": 20,
                "retry.backoff.max.ms": 200,
                "log_level": 0,
                "error_cb": self._fatal,
                **{key.replace("_", "."): value for key, value in settings.items()},
            }
        )

    def _fatal(self, error):
        if error.fatal():
            self.ledger.note(Failure(f"{self.name}: the producer has a fatal error: {error}"))

    def produce(self, count=1, partition=None):
        """Sends the next records, round and round over the partitions or to the one given, as fast as the queue takes them."""
        for _ in range(count):
            topic, index = partition or self.partitions[self.number % len(self.partitions)]
            self._send(self.ledger.of(topic, index))
        self.producer.poll(0)

    def content(self, number):
        return content_of(self.name, self.seed, number)

    def _send(self, ledger):
        number, timestamp = self.number, int(time.time() * 1000)
        self.number += 1
        key, value, headers = self.content(number)
        digest = digest_of(key, value, headers, timestamp)
        size = len(key or b"") + len(value or b"") + sum(len(name) + len(content or b"") for name, content in headers or ())
        ledger.sent(digest, self.name, number, timestamp)
        if ledger.retention_bytes is not None:
            with ledger.lock:
                ledger.sizes_in_flight[digest] = size

        def report(error, message):
            try:
                if error is None:
                    ledger.reported(digest, message.offset() if message.offset() is not None else -1)
                else:
                    # What is out of time may still be in the log: it stays in flight.
                    self.failed += 1
                    if error.code() != KafkaError._MSG_TIMED_OUT and error.code() != KafkaError._PURGE_QUEUE:
                        self.ledger.note(Failure(f"{self.name}: record {number} to {ledger} was refused: {error}"))
            except BaseException as failure:
                self.ledger.note(failure)

        options = {"on_delivery": report, "partition": ledger.partition, "timestamp": timestamp}
        if headers is not None:
            options["headers"] = headers
        while True:
            try:
                self.producer.produce(ledger.topic, value, key, **options)
                return
            except BufferError:
                self.producer.poll(0.05)

    @property
    def waiting(self):
        return len(self.producer)

    def poll(self, seconds=0.0):
        self.producer.poll(seconds)

    def flush(self, seconds=60):
        """Waits for every report; what is not delivered by then is a failure."""
        left = self.producer.flush(seconds)
        self.ledger.check()
        expect_equal(left, 0, f"{self.name}: records not delivered within {seconds} s")
        expect_equal(self.failed, 0, f"{self.name}: records that were not delivered")

    def discard(self):
        """Forgets what waits; the client's threads end."""
        self.producer.purge()
        self.producer.poll(0.1)


def reader(bootstrap, **settings):
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "checker",
            "enable.auto.commit": False,
            "enable.partition.eof": False,
            "auto.offset.reset": "error",
            "check.crcs": True,
            "fetch.wait.max.ms": 100,
            "fetch.error.backoff.ms": 50,
            "socket.timeout.ms": 20000,
            "reconnect.backoff.ms": 20,
            "reconnect.backoff.max.ms": 200,
            "log_level": 0,
            **{key.replace("_", "."): value for key, value in settings.items()},
        }
    )


class Tail(threading.Thread):
    """Replays partitions from the log start and follows them, over and over, and checks each record that comes.

    It lives across the broker's deaths. Errors of a broker that is away are not failures; a wrong record, a gap, or an offset
    out of range above the log start is.
    """

    def __init__(self, bootstrap, ledger, partitions, restart_after=20000, **settings):
        super().__init__(daemon=True)
        self.bootstrap, self.ledger, self.partitions = bootstrap, ledger, partitions
        self.restart_after = restart_after
        self.settings = settings
        self.records = 0
        self.replays = 0
        self.ending = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.ending.is_set():
                self._replay()
                self.replays += 1
        except BaseException as failure:
            self.ledger.note(failure)

    def _replay(self):
        client = reader(self.bootstrap, auto_offset_reset="earliest", **self.settings)
        client.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for topic, partition in self.partitions])
        next_offsets = {}
        count = 0
        try:
            while count < self.restart_after and not self.ending.is_set():
                for message in client.consume(500, 0.1):
                    if message.error():
                        tolerate(message.error(), message.topic(), message.partition())
                        continue
                    self._take(message, next_offsets)
                    count += 1
        finally:
            client.close()

    def _take(self, message, next_offsets):
        key = (message.topic(), message.partition())
        ledger = self.ledger.of(*key)
        wanted, offset = next_offsets.get(key), message.offset()
        # A jump is right only to a log start that has passed the position meanwhile.
        if wanted is not None and offset != wanted:
            gap_may_be = ledger.log_start_asked > wanted or ledger.retention_bytes is not None or ledger.retention_ms is not None
            expect(offset > wanted and gap_may_be, f"{ledger}: a consumer was served {offset} after {wanted - 1}")
        next_offsets[key] = offset + 1
        ledger.read(message)
        self.records += 1

    def end(self):
        self.ending.set()
        self.join(30)
        expect(not self.is_alive(), "a consumer did not end")


AWAY = {
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TIMED_OUT,
    KafkaError._RESOLVE,
    KafkaError._PARTITION_EOF,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._UNKNOWN_TOPIC,
}


def tolerate(error, topic=None, partition=None):
    """Lets errors pass that a broker that dies and comes back may cause; anything else is a failure."""
    if error.code() not in AWAY:
        raise Failure(f"a consumer of {topic}-{partition} got {error.name()}: {error.str()}")


def watermarks(client, topic, partition, seconds=20):
    return client.get_watermark_offsets(TopicPartition(topic, partition), timeout=seconds)


def read_back(node, ledger, topics=None, seconds=120, settled=True, **settings):
    """Reads every partition from its log start to its end and compares byte for byte. Returns the number of records.

    With `settled`, nobody writes meanwhile: then the log end is checked against what was acknowledged. Records that were
    acknowledged are there once, in order, with the same bytes; offsets have no gaps; nothing else is served than what is
    acknowledged or in flight.
    """
    ledger.check()
    client = reader(node.bootstrap, **settings)
    try:
        wanted = {}
        for (topic, partition), one in sorted(ledger.partitions.items()):
            if topics is None or topic in topics:
                low, high = watermarks(client, topic, partition)
                one.log_start_told(low)
                wanted[(topic, partition)] = [low, low, high]  # log start, next, end
        count = _read_all(client, ledger, wanted, seconds)
        for (topic, partition), (low, _, high) in wanted.items():
            one = ledger.of(topic, partition)
            if settled:
                one.check_whole(low, high)
            one.forget_below(low)
    finally:
        client.close()
    ledger.read += count
    ledger.check()
    return count


def _read_all(client, ledger, wanted, seconds):
    count = 0
    left = {key for key, (low, _, high) in wanted.items() if low < high}

    def assign():
        client.assign([TopicPartition(topic, partition, wanted[(topic, partition)][1]) for topic, partition in left])

    assign()
    deadline = time.monotonic() + seconds
    while left:
        expect(time.monotonic() < deadline, f"after {seconds} s still unread: { {f'{topic}-{partition}': wanted[(topic, partition)][1:] for topic, partition in left} }")
        for message in client.consume(1000, 0.2):
            key = (message.topic(), message.partition())
            if message.error():
                if message.error().code() == KafkaError._AUTO_OFFSET_RESET:
                    _moved(client, ledger.of(*key), wanted[key], message)
                    if wanted[key][1] >= wanted[key][2]:
                        left.discard(key)
                    # The client has given that partition up; what it fetched of the others comes again from here.
                    assign()
                    break
                tolerate(message.error(), *key)
                continue
            if key not in left:
                continue
            span = wanted[key]
            expect_equal(message.offset(), span[1], f"{key[0]}-{key[1]}: the offset after {span[1] - 1} (log start {span[0]}, end {span[2]})")
            ledger.of(*key).read(message)
            span[1] += 1
            count += 1
            if span[1] >= span[2]:
                left.discard(key)
    return count


def _moved(client, ledger, span, message):
    """An offset is out of range: right only if the log start has passed it."""
    low, _ = watermarks(client, ledger.topic, ledger.partition)
    expect(low > span[1], f"{ledger}: offset {span[1]} is out of range, and the log start is {low}: {message.error().str()}")
    ledger.log_start_told(low)
    span[0] = span[1] = min(low, span[2])


def check_below_start(node, one):
    """What lies below the log start is refused as out of range, not served."""
    client = reader(node.bootstrap)
    try:
        low, _ = watermarks(client, one.topic, one.partition)
        one.log_start_told(low)
        if low == 0:
            return
        client.assign([TopicPartition(one.topic, one.partition, low - 1)])
        deadline = time.monotonic() + 20
        while True:
            expect(time.monotonic() < deadline, f"{one}: a fetch below the log start {low} was not refused")
            message = client.poll(0.2)
            if message is None:
                continue
            expect(message.error() is not None, f"{one}: offset {message.offset()} is served below the log start {low}")
            if message.error().code() == KafkaError._AUTO_OFFSET_RESET:
                return
            tolerate(message.error(), one.topic, one.partition)
    finally:
        client.close()


class Marks:
    """Offsets that only grow, over all lives of a broker."""

    NAMES = ("log_start_offset", "remote_end_offset", "log_end_offset", "deleted_to_offset")

    def __init__(self):
        self.highest = {}

    def see(self, topic, partition):
        """One partition as `strata tier describe` tells it."""
        for name in self.NAMES:
            value = partition[name]
            if value is None:
                continue
            key = (topic, partition["partition"], name)
            before = self.highest.get(key, value)
            expect(value >= before, f"{topic}-{partition['partition']}: {name} went back from {before} to {value}")
            self.highest[key] = value

    def see_high_watermarks(self, node, ledger, topics=None):
        """High watermarks and log starts as ListOffsets tells them."""
        client = reader(node.bootstrap)
        try:
            for (topic, partition), one in sorted(ledger.partitions.items()):
                if topics is not None and topic not in topics:
                    continue
                low, high = watermarks(client, topic, partition)
                one.log_start_told(low)
                key = (topic, partition, "high watermark")
                before = self.highest.get(key, high)
                expect(high >= before, f"{topic}-{partition}: the high watermark went back from {before} to {high}")
                self.highest[key] = high
        finally:
            client.close()

    def drop(self, topic):
        self.highest = {key: value for key, value in self.highest.items() if key[0] != topic}


def check_tier(node, topic, marks=None, ledger=None):
    """Invariants of one tiered topic's remote ranges, from `strata tier describe --objects`; returns its partitions."""
    described = node.cli("tier", "describe", topic, "--objects")
    later = None
    for one in described["partitions"]:
        what = f"{topic}-{one['partition']}"
        expect(one["error"] is None and not one["hole"], f"{what}: error {one['error']}, hole {one['hole']}")
        if marks is not None:
            marks.see(topic, one)
        if ledger is not None and one["log_start_offset"] is not None:
            ledger.of(topic, one["partition"]).log_start_told(one["log_start_offset"])
        if one["remote_end_offset"] is None:
            continue
        _check_ranges(what, one)
        start, remote_end = one["log_start_offset"] or 0, one["remote_end_offset"]
        if (one["local_start_offset"] or 0) > max(start, remote_end):
            # The two sides are looked at one after the other: what was local at first is in the bucket by the second look.
            later = later or {other["partition"]: other for other in node.tiered(topic)}
            again = later[one["partition"]]
            start, remote_end = again["log_start_offset"] or 0, again["remote_end_offset"] or 0
            expect(one["local_start_offset"] <= max(start, remote_end), f"{what}: local bytes begin at {one['local_start_offset']}, above log start {start} and remote end {remote_end}")
        if one["log_end_offset"] is not None:
            expect(one["log_end_offset"] >= one["remote_end_offset"], f"{what}: the local log ends at {one['log_end_offset']}, below the remote end {one['remote_end_offset']}")
    return described["partitions"]


def _check_ranges(what, one):
    """Pages and then rows are contiguous and disjoint from the deletion mark or log start to the remote end; epochs never fall."""
    objects = one["objects"]
    expect_equal(sum(other["segments"] for other in objects), one["segments"], f"{what}: segments in the objects listed")
    end, epoch = None, -1
    for other in objects:
        name = f"{other['kind']} {other['uuid']} [{other['base_offset']}, {other['end_offset']})"
        expect(other["base_offset"] < other["end_offset"], f"{what}: {name} is empty")
        expect(end is None or other["base_offset"] == end, f"{what}: {name} does not begin at {end}")
        end = other["end_offset"]
        if other["kind"] == "page":
            # Its epoch is that of the leader that wrote the page, which may be newer than the rows behind it.
            continue
        expect(other["leader_epoch"] >= epoch, f"{what}: {name} has epoch {other['leader_epoch']} after {epoch}")
        epoch = other["leader_epoch"]
    start = one["log_start_offset"] or 0
    expect(one["deleted_to_offset"] <= start, f"{what}: objects were deleted up to {one['deleted_to_offset']}, above log start {start}")
    if objects:
        expect_equal(end, one["remote_end_offset"], f"{what}: end of the last object")
        expect(objects[0]["base_offset"] <= start, f"{what}: the first object begins at {objects[0]['base_offset']}, above log start {start}")
    else:
        expect(one["remote_end_offset"] <= start, f"{what}: nothing covers [{start}, {one['remote_end_offset']})")


def wait_quiet(node, topics, seconds=60):
    """Until nothing is left to upload or to delete and the bucket is what the quorum says, every byte read; the report."""
    last = {}

    def check():
        for topic in topics:
            for one in node.tiered(topic):
                last["partition"] = {name: value for name, value in one.items() if name != "objects"}
                if one["reserved"] or one["abandoned"] or one["delete_pending_pages"] or (one["lag_bytes"] or 0) > 0:
                    return None
        report = node.cli("tier", "verify", "--deep", check=False, seconds=seconds)
        last["verify"] = report
        return report if report.get("clean") and report.get("unsettled") == 0 and report.get("unaccounted_bytes") == 0 else None

    try:
        return wait_until(check, "tiering is quiet and the bucket is clean", seconds, 0.1)
    except Failure as failure:
        raise Failure(f"{failure}; last seen: {short(last, 2000)}") from None


def bucket_files(directory):
    """Keys in a directory that serves as the bucket (`file://`)."""
    found = []
    for folder, _, files in os.walk(directory):
        found += [os.path.relpath(os.path.join(folder, name), directory) for name in files]
    return sorted(found)


def check_objects(node, topics, keys):
    """After quiescence: the segments and pages in the bucket are the live ones of the quorum, page by page and row by row.

    `keys` come from the store itself, not from the broker. Rows inside pages are counted, for the quorum does not list them.
    """
    named, dead, rows_in_pages, ids = {}, set(), 0, []
    for topic in topics:
        described = node.cli("tier", "describe", topic, "--objects")
        ids.append(f"/{described['topic_id']}/")
        for one in described["partitions"]:
            for other in one["objects"]:
                named[other["uuid"]] = f"{topic}-{one['partition']} {other['kind']} [{other['base_offset']}, {other['end_offset']})"
                rows_in_pages += other["segments"] if other["kind"] == "page" else 0
                # Below the deletion mark an object is gone; its row waits for the next page.
                if other["end_offset"] <= one["deleted_to_offset"]:
                    dead.add(other["uuid"])
    strange = [key for key in keys if not key.endswith("/cluster.json") and "/meta/" not in key and not any(id in key for id in ids)]
    expect(not strange, f"the bucket holds what nobody named: {strange[:5]}")
    found = {os.path.splitext(key)[0][-UUID_CHARS:]: key for key in keys if key.endswith((".seg", ".page"))}
    missing = sorted(named[uuid] for uuid in named.keys() - found.keys() - dead)
    expect(not missing, f"objects that the quorum names are not in the bucket: {missing[:3]}")
    extra = sorted(found[uuid] for uuid in found.keys() - named.keys())
    expect(len(extra) <= rows_in_pages, f"{len(extra)} objects are in the bucket that neither rows nor the {rows_in_pages} rows of pages name: {extra[:3]}")
    return len(found)


def local_starts(data, topics):
    """First offset in the local segment files of each partition, read from the disk while nobody runs."""
    found = {}
    for folder in os.listdir(os.path.join(data, "log")):
        topic, _, partition = folder.rpartition("-")
        if topic not in topics or not partition.isdigit():
            continue
        bases = [int(name[:20]) for name in os.listdir(os.path.join(data, "log", folder)) if name.endswith(".log")]
        if bases:
            found[(topic, int(partition))] = min(bases)
    return found


def check_local_starts(node, topic, starts):
    """Local files that were gone when the broker died lay below the log start or were in the bucket."""
    for one in node.tiered(topic):
        start = starts.get((topic, one["partition"]))
        covered = max(one["log_start_offset"] or 0, one["remote_end_offset"] or 0)
        expect(start is None or start <= covered, f"{topic}-{one['partition']}: the disk began at {start}, above log start and remote end ({covered})")


class Commits:
    """Offsets that a group has committed: what was acknowledged is there, or what was committed after it."""

    # So many commits in a row are not all refused because the broker is dying.
    TRIES_MAX = 20

    def __init__(self, bootstrap, group):
        self.bootstrap, self.group = bootstrap, group
        self.tries = 0
        self.acknowledged = {}
        self.tried = {}

    def commit(self, topic, partition, offset, seconds=10):
        """Commits as a lone client would; True if the broker has acknowledged it."""
        client = reader(self.bootstrap, group_id=self.group)
        self.tries += 1
        self.tried[(topic, partition)] = max(offset, self.tried.get((topic, partition), offset))
        try:
            client.commit(offsets=[TopicPartition(topic, partition, offset)], asynchronous=False)
            self.acknowledged[(topic, partition)] = offset
            return True
        except KafkaException:
            return False  # The broker is dying: the commit may be there or not.
        finally:
            client.close()

    def check(self, seconds=30):
        if not self.tried:
            return
        expect(self.acknowledged or self.tries < self.TRIES_MAX, f"group {self.group}: none of {self.tries} commits was acknowledged")
        client = reader(self.bootstrap, group_id=self.group)
        try:
            found = client.committed([TopicPartition(topic, partition) for topic, partition in self.tried], timeout=seconds)
        finally:
            client.close()
        for one in found:
            key = (one.topic, one.partition)
            low, high = self.acknowledged.get(key, -1001), self.tried[key]
            expect(one.error is None, f"group {self.group}: {one.error}")
            expect(low <= one.offset <= high, f"group {self.group}: the committed offset of {key[0]}-{key[1]} is {one.offset}, not between {low} and {high}")
