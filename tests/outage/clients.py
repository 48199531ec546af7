"""The clients of an outage: producers, one who follows them, one who replays what only the bucket holds, one who asks by hand.

Owns: the clients, their pace, and what they saw. Does not own: what is right (`harness/checker.py`) or when faults happen. All
clients live through all faults, and none of them is ever made anew.
"""

import collections
import random
import socket
import struct
import threading
import time

from confluent_kafka import TopicPartition
from harness.checker import AWAY, Writer, reader, tolerate
from harness.process import expect

KAFKA_STORAGE_ERROR = 56
# Before version 6 the error had to be told as another one.
FETCH, FETCH_VERSION = 1, 6
TICK_SECONDS = 0.05
# What waits in a client beyond this waits outside.
WAITING_MAX = 5000


class Client(threading.Thread):
    """A thread whose failure is told at the ledger's next check."""

    def __init__(self, ledger):
        super().__init__(daemon=True)
        self.ledger = ledger
        self.ending = threading.Event()

    def run(self):
        try:
            self.live()
        except BaseException as failure:
            self.ledger.note(failure)

    def end(self):
        self.ending.set()
        self.join(90)
        expect(not self.is_alive(), f"{type(self).__name__} did not end")


class Load(Client):
    """Writes at an even pace, and knows how long it was left without an acknowledgement."""

    def __init__(self, bootstrap, ledger, partitions, per_second, seed):
        super().__init__(ledger)
        self.writer = Writer(bootstrap, ledger, partitions, "load", seed, compression_type="lz4")
        self.per_second = per_second
        self.silence = 0.0
        self.start()

    def live(self):
        due, last, acknowledged, heard = 0.0, time.monotonic(), 0, time.monotonic()
        while not self.ending.is_set():
            now = time.monotonic()
            due = min(due + (now - last) * self.per_second, self.per_second)
            last = now
            if self.writer.waiting < WAITING_MAX and due >= 1:
                self.writer.produce(int(due))
                due -= int(due)
            self.writer.poll(TICK_SECONDS)
            total = sum(one.acknowledged for one in self.ledger.of_topic("load"))
            if total > acknowledged or not self.writer.waiting:
                heard = time.monotonic()
            acknowledged = total
            self.silence = max(self.silence, time.monotonic() - heard)
        self.writer.flush(60)


class Follower(Client):
    """Reads what is being written. It never needs the bucket, so that it must never notice a fault."""

    def __init__(self, bootstrap, ledger, partitions):
        super().__init__(ledger)
        self.bootstrap, self.partitions = bootstrap, partitions
        self.delays_ms = []
        self.records = 0
        # While the broker itself is away its errors are no failures.
        self.broker_is_away = False
        self.start()

    def live(self):
        client = reader(self.bootstrap)
        client.assign([TopicPartition(topic, partition, 0) for topic, partition in self.partitions])
        positions = dict.fromkeys(self.partitions, 0)
        try:
            while not self.ending.is_set():
                for message in client.consume(500, 0.05):
                    self._take(message, positions)
        finally:
            client.close()

    def _take(self, message, positions):
        key = (message.topic(), message.partition())
        if message.error():
            expect(self.broker_is_away and message.error().code() in AWAY, f"who follows the producers got {message.error().name()} of {key}: {message.error().str()}")
            return
        expect(message.offset() == positions[key], f"who follows the producers was served {key} {message.offset()} instead of {positions[key]}")
        positions[key] += 1
        self.ledger.of(*key).read(message)
        self.records += 1
        self.delays_ms.append(time.time() * 1000 - message.timestamp()[1])

    def take_delays(self):
        """Delays since the last call, sorted."""
        taken, self.delays_ms = self.delays_ms, []
        return sorted(taken)


class Replayer(Client):
    """Reads a partition of the history from its beginning to its end, over and over, as one consumer."""

    def __init__(self, bootstrap, ledger, topic, end):
        super().__init__(ledger)
        self.bootstrap, self.topic, self.end_offset = bootstrap, topic, end
        self.records = self.replays = self.errors = 0
        self.start()

    def live(self):
        client = reader(self.bootstrap, queued_max_messages_kbytes=1024, fetch_message_max_bytes=262144)
        client.assign([TopicPartition(self.topic, 0, 0)])
        position = 0
        try:
            while not self.ending.is_set():
                for message in client.consume(500, 0.1):
                    if message.error():
                        # A failure of the store that became "out of range" would end here: there is no reset.
                        tolerate(message.error(), self.topic, 0)
                        self.errors += 1
                        continue
                    if message.offset() >= self.end_offset:
                        break
                    expect(message.offset() == position, f"a replay was served offset {message.offset()} instead of {position}")
                    self.ledger.of(self.topic, 0).read(message)
                    position += 1
                    self.records += 1
                if position >= self.end_offset:
                    position = 0
                    self.replays += 1
                    client.seek(TopicPartition(self.topic, 0, 0))
        finally:
            client.close()


class Asker(Client):
    """Fetches from the history by hand, at offsets by chance, and counts what it is told: the code of each answer."""

    def __init__(self, bootstrap, ledger, topic, end, seed):
        super().__init__(ledger)
        self.address = bootstrap.rsplit(":", 1)
        self.topic, self.end_offset = topic, end
        self.chance = random.Random(f"{seed}/asker")
        self.answers = collections.Counter()
        self.slowest = 0.0
        self.broker_is_away = False
        self.start()

    def live(self):
        connection = None
        while not self.ending.is_set():
            begin = time.monotonic()
            try:
                connection = connection or socket.create_connection((self.address[0], int(self.address[1])), 60)
                code, count = self._fetch(connection, self.chance.randrange(self.end_offset))
            except OSError as error:
                expect(self.broker_is_away, f"a fetch by hand failed after {time.monotonic() - begin:.0f} s: {error!r}")
                connection = None
                time.sleep(TICK_SECONDS)
                continue
            self.slowest = max(self.slowest, time.monotonic() - begin)
            # After its start a broker may not lead yet.
            expect(code in (0, KAFKA_STORAGE_ERROR) or self.broker_is_away, f"a cold fetch was answered with error {code}")
            self.answers["records" if count else code or "nothing yet"] += 1
            time.sleep(TICK_SECONDS)
        if connection:
            connection.close()

    def _fetch(self, connection, offset):
        """Error code and bytes of records of one partition."""
        name = struct.pack(">h", len(self.topic)) + self.topic.encode()
        body = struct.pack(">iiiib", -1, 500, 1, 65536, 0) + struct.pack(">i", 1) + name + struct.pack(">iiqqi", 1, 0, offset, 0, 65536)
        request = struct.pack(">hhi", FETCH, FETCH_VERSION, 9) + struct.pack(">h", 5) + b"asker" + body
        connection.sendall(struct.pack(">i", len(request)) + request)
        answer = self._exactly(connection, struct.unpack(">i", self._exactly(connection, 4))[0])
        at = 4 + 4 + 4 + len(name) + 4  # correlation, throttle time, topics, name, partitions
        _, code, high, _, _, aborted = struct.unpack_from(">ihqqqi", answer, at)
        expect(code != 0 or high >= self.end_offset, f"a cold fetch tells a high watermark of {high}, below {self.end_offset}")
        count = struct.unpack_from(">i", answer, at + 34 + 16 * max(aborted, 0))[0]
        return code, max(count, 0)

    @staticmethod
    def _exactly(connection, count):
        parts = []
        while count:
            part = connection.recv(min(count, 1 << 20))
            if not part:
                raise ConnectionError("the broker has closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def take(self):
        answers, self.answers = self.answers, collections.Counter()
        slowest, self.slowest = self.slowest, 0.0
        return answers, slowest
