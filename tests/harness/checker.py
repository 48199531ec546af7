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
# An offset at the beginning of its name.
OFFSET_DIGITS = 20
# A batch's header and a record's frame, rounded up.
RECORD_OVERHEAD_BYTES = 100


def size_of(key, value, headers):
    """What retention by size surely counts of a record that is not compressed."""
    return len(key or b"") + len(value or b"") + sum(len(name) + len(content or b"") for name, content in headers or ())


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
        self.sizes_in_flight = {}  # digest -> bytes of what is not placed, where retention by size is checked
        self.in_flight = {}  # digest -> (writer, number, timestamp); sent, and no report yet or a failed one
        self.unplaced = {}  # acknowledged without an offset, must be found somewhere: digest -> (writer, number, timestamp, least offset)
        self.unknown_gone = 0  # offsets below the first that is kept of which nobody knows what they held
        self.bytes_lost = 0  # of records that were there once and rightly are no more, since the log start was last told
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

    def sent(self, digest, writer, number, timestamp, size=None):
        with self.lock:
            expect(digest not in self.in_flight, f"{self}: the checker made the same record twice")
            self.in_flight[digest] = (writer, number, timestamp)
            if self.retention_bytes is not None:
                expect(size, f"{self}: {writer} tells no sizes, and retention by size is to be checked")
                self.sizes_in_flight[digest] = size

    def forget_in_flight(self, digest):
        """It never was in the log, or is no more, and that is right."""
        with self.lock:
            self.in_flight.pop(digest, None)
            self.sizes_in_flight.pop(digest, None)

    def reported(self, digest, offset):
        """A positive report. The offset is -1 where the client learned only that the record is there."""
        with self.lock:
            writer, number, timestamp = self.in_flight.pop(digest)
            self.acknowledged += 1
            if offset < 0:
                found = next((at for at, other in self.seen.items() if other == digest), None)
                if found is not None:
                    del self.seen[found]
                    self._place(found, digest, timestamp)
                    return
                least = self.last_offsets.get(writer, (0, -1))[1] + 1
                self.unplaced[digest] = (writer, number, timestamp, least)
                return
            last = self.last_offsets.get(writer)
            expect(last is None or (number > last[0] and offset > last[1]), f"{self}: {writer} was told offset {offset} for its record {number} after {last}")
            self.last_offsets[writer] = (number, offset)
            # Retention may take what was stored and whose first answer was lost, and only then comes the second.
            late_may_be = self.retention_bytes is not None or self.retention_ms is not None
            expect(offset >= self.log_start_floor or late_may_be, f"{self}: a record was acknowledged at {offset}, below the log start {self.log_start_floor}")
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

    def log_start_told(self, offset, known=None):
        """A log start as the broker tells it: it never goes back and never passes what was allowed.

        `known` is the floor when it was asked for: others may have learned of a higher one while the answer was on its way.
        """
        with self.lock:
            before = self.log_start_floor
            known = before if known is None else known
            expect(offset >= known, f"{self}: the log start went back from {known} to {offset}")
            if offset < before:
                return
            self.log_start_floor = offset
            if offset > max(before, self.log_start_asked):
                self._check_retention(max(before, self.log_start_asked), offset)
            self.bytes_lost = 0

    @property
    def may_shrink(self):
        """Whether the log start may move: somebody has asked for it, or retention was set."""
        return self.log_start_asked > 0 or self.retention_bytes is not None or self.retention_ms is not None

    def _check_retention(self, before, offset):
        """Retention has moved the log start: by one of the two at least it must have been due."""
        wrong = []
        if self.retention_bytes is not None:
            wrong.append(self._too_much_gone(offset))
        if self.retention_ms is not None:
            wrong.append(self._too_young(before, offset))
        expect(wrong, f"{self}: the log start is {offset}, and nobody asked for more than {self.log_start_asked}")
        expect(None in wrong, f"{self}: the log start is {offset}: {'; '.join(map(str, wrong))}")

    def _too_much_gone(self, offset):
        """What surely is too little: a batch of its own for each record, and whatever is not placed taken for stored."""
        left = self.sizes[max(0, offset - self.base) :]
        records = len(left) + len(self.in_flight) + len(self.unplaced)
        most = sum(left) + sum(self.sizes_in_flight.values()) + records * RECORD_OVERHEAD_BYTES + self.bytes_lost
        return None if most >= self.retention_bytes else f"what follows has {most} bytes with retention.bytes={self.retention_bytes}"

    def _too_young(self, before, offset):
        """Every record that is gone was old enough. Where it is not known which one stood there, some old one must be left for it."""
        now = time.time() * 1000
        young = now - self.retention_ms
        unknown = 0
        for at in range(max(before, self.base), offset):
            index = at - self.base
            timestamp = self.timestamps[index] if index < len(self.timestamps) else 0
            if not timestamp and at in self.seen:
                timestamp = self.in_flight.get(self.seen[at], (None, None, 0))[2]
            if not timestamp:
                unknown += 1
            elif timestamp > young:
                return f"offset {at} is gone at an age of {now - timestamp:.0f} ms with retention.ms={self.retention_ms}"
        there = set(self.seen.values())
        old = sum(1 for digest, known in [*self.in_flight.items(), *self.unplaced.items()] if known[2] <= young and digest not in there)
        return None if unknown <= old else f"{unknown} unknown records are gone, and only {old} that have no offset are old enough with retention.ms={self.retention_ms}"

    def forget_below(self, offset):
        """Frees what is kept of offsets that are gone."""
        with self.lock:
            count = min(max(0, offset - self.base), len(self.timestamps))
            self.unknown_gone += self._unknown_below(self.base + count)
            del self.digests[: count * DIGEST_BYTES]
            del self.timestamps[:count]
            del self.sizes[:count]
            self.base += count
            # Their reports may come without an offset.
            self.unknown_gone += sum(1 for at in self.seen if at < offset)
            self.seen = {at: digest for at, digest in self.seen.items() if at >= offset}

    def _unknown_below(self, offset):
        """Offsets that are kept, below the one given, of which nobody knows what they held."""
        return sum(1 for at in range(self.base, offset) if self._digest(at) == UNKNOWN and at not in self.seen)

    def check_whole(self, start, end):
        """After a full read of [start, end): nothing acknowledged lies outside, nothing without an offset is missing.

        What has no offset was found, or lies below the log start: not if its writer had an offset above that before it, and
        never more of them than there are offsets below that nobody knows.
        """
        with self.lock:
            expect(end >= self.acknowledged_end, f"{self}: the log ends at {end}, below the acknowledged end {self.acknowledged_end}")
            nowhere = [known for known in self.unplaced.values() if known[3] >= start]
            expect(not nowhere, f"{self}: {len(nowhere)} acknowledged records are nowhere: {short(nowhere[:5])}")
            room = self.unknown_gone + self._unknown_below(start)
            expect(len(self.unplaced) <= room, f"{self}: {len(self.unplaced)} acknowledged records are nowhere, and only {room} offsets below the log start {start} can have held them: {short(list(self.unplaced.values())[:5])}")


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
        ledger.sent(digest, self.name, number, timestamp, size_of(key, value, headers))

        def report(error, message):
            try:
                if error is None:
                    ledger.reported(digest, message.offset() if message.offset() is not None else -1)
                else:
                    # What is out of time may still be in the log: it stays in flight.
                    self.failed += 1
                    if error.code() not in (KafkaError._MSG_TIMED_OUT, KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT):
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
        self.jumps = 0  # to a log start that had passed the position
        self.asker = None
        self.ending = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.ending.is_set():
                self._replay()
                self.replays += 1
        except BaseException as failure:
            self.ledger.note(failure)
        finally:
            if self.asker:
                self.asker.close()

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
        # Who begins begins at the log start, which is 0 until it moves.
        wanted, offset = next_offsets.get(key, 0), message.offset()
        if offset != wanted:
            self.check_jump(ledger, wanted, offset)
        next_offsets[key] = offset + 1
        ledger.read(message)
        self.records += 1

    def check_jump(self, ledger, wanted, offset):
        """A jump is right only forward, and only over offsets that are all below the log start, which is asked after it."""
        expect(offset > wanted and ledger.may_shrink, f"{ledger}: a consumer was served {offset} after {wanted - 1}")
        if offset > ledger.log_start_floor:
            known = ledger.log_start_floor
            start = self._log_start(ledger)
            if start is None:
                return  # Everything ends, and the broker is away.
            ledger.log_start_told(start, known)
            expect(offset <= start, f"{ledger}: a consumer was served {offset} after {wanted - 1}, and the log start is {start}")
        self.jumps += 1

    def _log_start(self, ledger):
        """The log start now, asked until there is an answer."""
        self.asker = self.asker or reader(self.bootstrap)
        deadline = time.monotonic() + 120
        while True:
            try:
                return watermarks(self.asker, ledger.topic, ledger.partition)[0]
            except KafkaException as error:
                expect(is_away(error), f"{ledger}: its log start cannot be asked for: {error}")
                if self.ending.is_set():
                    return None
                expect(time.monotonic() < deadline, f"{ledger}: its log start was not told for 120 s: {error}")
                self.ending.wait(0.05)

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


# What a client tells besides, whose broker goes while it is asked: its own thread for that broker has ended, or there is no leader.
GONE = {KafkaError._DESTROY_BROKER, KafkaError._NOENT}


def is_away(error):
    """Whether an exception is one that a broker which dies and comes back may cause."""
    return isinstance(error, TimeoutError) or isinstance(error, KafkaException) and error.args[0].code() in AWAY | GONE


def tolerate(error, topic=None, partition=None):
    """Lets errors pass that a broker that dies and comes back may cause; anything else is a failure."""
    if error.code() not in AWAY:
        raise Failure(f"a consumer of {topic}-{partition} got {error.name()}: {error.str()}")


def watermarks(client, topic, partition, seconds=20):
    return client.get_watermark_offsets(TopicPartition(topic, partition), timeout=seconds)


def see_watermarks(client, one):
    """Log start and high watermark of a ledger's partition; the log start is checked and entered."""
    known = one.log_start_floor
    low, high = watermarks(client, one.topic, one.partition)
    one.log_start_told(low, known)
    return low, high


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
                low, high = see_watermarks(client, one)
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
    low, _ = see_watermarks(client, ledger)
    expect(low > span[1], f"{ledger}: offset {span[1]} is out of range, and the log start is {low}: {message.error().str()}")
    span[0] = span[1] = min(low, span[2])


def check_below_start(node, one):
    """What lies below the log start is refused as out of range, not served; whether there was anything to refuse."""
    client = reader(node.bootstrap)
    try:
        low, _ = see_watermarks(client, one)
        if low == 0:
            return False
        client.assign([TopicPartition(one.topic, one.partition, low - 1)])
        deadline = time.monotonic() + 20
        while True:
            expect(time.monotonic() < deadline, f"{one}: a fetch below the log start {low} was not refused")
            message = client.poll(0.2)
            if message is None:
                continue
            expect(message.error() is not None, f"{one}: offset {message.offset()} is served below the log start {low}")
            if message.error().code() == KafkaError._AUTO_OFFSET_RESET:
                return True
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
                _, high = see_watermarks(client, one)
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
    known = {} if ledger is None else {one.partition: one.log_start_floor for one in ledger.of_topic(topic)}
    described = node.cli("tier", "describe", topic, "--objects")
    later = None
    for one in described["partitions"]:
        what = f"{topic}-{one['partition']}"
        expect(one["error"] is None and not one["hole"], f"{what}: error {one['error']}, hole {one['hole']}")
        if marks is not None:
            marks.see(topic, one)
        if ledger is not None and one["log_start_offset"] is not None:
            ledger.of(topic, one["partition"]).log_start_told(one["log_start_offset"], known.get(one["partition"], 0))
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


def check_objects(node, topics, list_keys, seconds=60):
    """After quiescence: the segments and pages in the bucket are the live ones of the quorum, page by page and row by row.

    The keys come from the store itself, not from the broker, and are compared with what the broker says of a moment at which
    nothing changed: retention goes on.
    """

    def describe():
        return {topic: node.cli("tier", "describe", topic, "--objects") for topic in topics}

    deadline = time.monotonic() + seconds
    before = describe()
    while True:
        keys = list_keys()
        after = describe()
        if before == after:
            return check_keys(after, keys)
        expect(time.monotonic() < deadline, f"the bucket was not still for one look within {seconds} s")
        before = after


def check_keys(described, keys):
    """As above; `described` is by topic what `strata tier describe --objects` tells."""
    ids = [f"/{one['topic_id']}/" for one in described.values()]
    strange = [key for key in keys if not key.endswith("/cluster.json") and "/meta/" not in key and not any(id in key for id in ids)]
    expect(not strange, f"the bucket holds what nobody named: {strange[:5]}")
    objects = {}
    for key in keys:
        if key.endswith((".seg", ".page")):
            folder, name = os.path.split(key)
            topic_id, partition = folder.split("/")[-2:]
            objects.setdefault((topic_id, int(partition)), {})[os.path.splitext(name)[0][-UUID_CHARS:]] = key
    count = sum(map(len, objects.values()))
    for topic, one in described.items():
        for partition in one["partitions"]:
            found = objects.pop((one["topic_id"], partition["partition"]), {})
            _check_keys_of(f"{topic}-{partition['partition']}", partition, found)
    expect(not objects, f"the bucket holds objects of partitions that there are not: {[list(some.values())[0] for some in objects.values()][:3]}")
    return count


def _check_keys_of(what, one, found):
    """One partition: `found` are its objects by uuid.

    The quorum does not list the rows inside pages, only how many there are. A segment's key tells its base offset, so that those
    of a page lie in its range, no two at one offset, and are as many as it has rows. Below the deletion mark all are gone.
    """
    mark, left = one["deleted_to_offset"], dict(found)
    for other in one["objects"]:
        name = f"{what} {other['kind']} [{other['base_offset']}, {other['end_offset']})"
        is_there = left.pop(other["uuid"], None) is not None
        # Below the deletion mark an object is gone; its row waits for the next page.
        expect(is_there or other["end_offset"] <= mark, f"objects that the quorum names are not in the bucket: {name}")
    bases = {}
    for key in left.values():
        bases.setdefault(int(os.path.basename(key)[:OFFSET_DIGITS]), []).append(key)
    for other in one["objects"]:
        if other["kind"] != "page" or other["end_offset"] <= mark:
            continue
        base, end = other["base_offset"], other["end_offset"]
        of_page = [at for at in bases if max(base, mark) <= at < end]
        doubled = [bases[at] for at in of_page if len(bases[at]) > 1]
        expect(not doubled, f"{what}: several segments in the bucket begin at one offset: {doubled[:1]}")
        expect(max(base, mark) in of_page, f"{what}: no segment in the bucket begins at {max(base, mark)}, where the page [{base}, {end}) does or its deleted part ends")
        right = len(of_page) == other["segments"] if mark <= base else len(of_page) < other["segments"]
        expect(right, f"{what}: {len(of_page)} segments in the bucket are of the page [{base}, {end}), which has {other['segments']} rows (deleted up to {mark})")
        for at in of_page:
            del bases[at]
    extra = sorted(key for some in bases.values() for key in some)
    expect(not extra, f"{what}: objects are in the bucket that neither rows nor rows of pages name: {extra[:3]}")


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


# What a commit is told while its coordinator loads or goes.
COORDINATOR_AWAY = {
    KafkaError._WAIT_COORD,
    KafkaError._NO_OFFSET,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
}


def coordinator_is_away(error):
    return is_away(error) or isinstance(error, KafkaException) and error.args[0].code() in COORDINATOR_AWAY


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
        except KafkaException as error:
            expect(coordinator_is_away(error), f"group {self.group}: a commit was refused: {error}")
            return False  # The broker is dying: the commit may be there or not.
        finally:
            client.close()

    def check(self, seconds=60):
        if not self.tried:
            return
        expect(self.acknowledged or self.tries < self.TRIES_MAX, f"group {self.group}: none of {self.tries} commits was acknowledged")
        client = reader(self.bootstrap, group_id=self.group)
        try:
            # Asked again while the coordinator loads or the client finds it.
            places = [TopicPartition(topic, partition) for topic, partition in self.tried]
            found = wait_until(lambda: client.committed(places, timeout=10), f"the offsets of group {self.group}", seconds, transient=coordinator_is_away)
        finally:
            client.close()
        for one in found:
            key = (one.topic, one.partition)
            low, high = self.acknowledged.get(key, -1001), self.tried[key]
            expect(one.error is None, f"group {self.group}: {one.error}")
            expect(low <= one.offset <= high, f"group {self.group}: the committed offset of {key[0]}-{key[1]} is {one.offset}, not between {low} and {high}")
