"""A ledger whose records may be lost where nobody was promised more than the page cache.

Owns: records that were acknowledged before they were durable (acks=1, or any acks with `strata.log.durability=os`): what became
of them after a cut, and how many are gone. Does not own: what was promised; that is the checker's ledger, which is entered as soon
as such a record was seen behind a cut.

Invariants that are checked: what is lost is the end of a life's records and never a piece before what that life had acknowledged
durably, told as high watermark or served to a consumer; what was once lost does not come back.
"""

import time

from confluent_kafka import KafkaError, Producer
from harness.checker import AWAY, DIGEST_BYTES, RECORD_OVERHEAD_BYTES, Ledger, PartitionLedger, content_of, digest_of, size_of
from harness.process import Failure, expect

# What a producer that never sends again is told of records whose fate is open: the broker is away or its disk has failed, or the
# client was told to forget them.
UNTOLD = AWAY | {KafkaError._MSG_TIMED_OUT, KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT}
LET_GO_SECONDS = 60


class LosingPartition(PartitionLedger):
    def __init__(self, topic, partition):
        super().__init__(topic, partition)
        self.loose = []  # (life, offset, digest): acknowledged, perhaps not durable; in flight for the base class
        self.floors = {}  # life -> offset below which its loose records must be there
        self.read_end = 0
        self.high_watermark = 0

    def read(self, message):
        super().read(message)
        self.read_end = max(self.read_end, message.offset() + 1)

    def told_loosely(self, life, offset, digest):
        with self.lock:
            self.loose.append((life, offset, digest))

    def end_life(self, life):
        """At a cut: what must be there afterwards whatever it was acknowledged with."""
        with self.lock:
            self.floors[life] = max(self.acknowledged_end, self.read_end, self.high_watermark)

    def settle(self, writers, end=None):
        """After a full read behind a cut and before new loose records are sent: enters those that are there; the number lost.

        With `end` the log has come back with that end and all below it must be there; otherwise each life's floor counts.
        """
        with self.lock:
            lost = {}
            for life, offset, digest in sorted(self.loose):
                if self.seen.get(offset) == digest:
                    expect(life not in lost, f"{self}: offset {offset} of life {life} is there, and {lost.get(life)} before it is lost")
                    self.reported(digest, offset)
                    continue
                self.forget_in_flight(digest)
                if offset >= self.log_start_floor:
                    floor = self.floors[life] if end is None else end
                    expect(offset >= floor, f"{self}: offset {offset}, acknowledged in life {life}, is lost, though {floor} was durable or served")
                    lost.setdefault(life, []).append(offset)
            self.loose, self.floors = [], {}
            self._forget_unanswered(writers)
            return sum(map(len, lost.values()))

    def _forget_unanswered(self, writers):
        """What got no answer and is not in the log died with the broker's process: it must not turn up later."""
        there = set(self.seen.values())
        for digest, (writer, _, _) in list(self.in_flight.items()):
            if writer in writers and digest not in there:
                self.forget_in_flight(digest)

    def lose_above(self, end):
        """The log has come back shorter, as it may with page-cache durability: the number of known records that are gone."""
        with self.lock:
            kept = max(0, end - self.base)
            tail = bytes(self.digests[kept * DIGEST_BYTES :])
            gone = sum(1 for at in range(0, len(tail), DIGEST_BYTES) if tail[at : at + DIGEST_BYTES] != bytes(DIGEST_BYTES))
            # Retention may have counted these before they went.
            self.bytes_lost += sum(self.sizes[kept:]) + RECORD_OVERHEAD_BYTES * gone
            del self.digests[kept * DIGEST_BYTES :]
            del self.timestamps[kept:]
            del self.sizes[kept:]
            for offset in [offset for offset in self.seen if offset >= end]:
                digest = self.seen.pop(offset)
                self.bytes_lost += self.sizes_in_flight.get(digest, 0) + RECORD_OVERHEAD_BYTES
                self.forget_in_flight(digest)
            self.acknowledged_end = min(self.acknowledged_end, end)
            self.read_end = min(self.read_end, end)
            self.last_offsets = {writer: (number, min(offset, end - 1)) for writer, (number, offset) in self.last_offsets.items()}
            return gone


class LosingLedger(Ledger):
    def of(self, topic, partition):
        with self.lock:
            key = (topic, partition)
            if key not in self.partitions:
                self.partitions[key] = LosingPartition(topic, partition)
            return self.partitions[key]

    def all(self):
        with self.lock:
            return [one for _, one in sorted(self.partitions.items())]


class LooseWriter:
    """A producer that never sends again, opened anew in each life; its records may be lost with the page cache."""

    def __init__(self, ledger, partitions, name, seed, **settings):
        self.ledger, self.partitions, self.name, self.seed = ledger, partitions, name, seed
        self.settings = {key.replace("_", "."): value for key, value in settings.items()}
        self.number = 0
        self.told = 0
        self.life = None
        self.producer = None

    def open(self, bootstrap, life):
        self.life = life
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "retries": 0,
                "linger.ms": 2,
                "queue.buffering.max.messages": 2000,
                "reconnect.backoff.ms": 20,
                "reconnect.backoff.max.ms": 100,
                "log_level": 0,
                **self.settings,
            }
        )

    def produce(self, count):
        for _ in range(count if self.producer else 0):
            self._send(self.ledger.of(*self.partitions[self.number % len(self.partitions)]))
        self.poll()

    def _send(self, ledger):
        number, timestamp, life = self.number, int(time.time() * 1000), self.life
        self.number += 1
        key, value, headers = content_of(self.name, self.seed, number)
        digest = digest_of(key, value, headers, timestamp)
        ledger.sent(digest, self.name, number, timestamp, size_of(key, value, headers))

        def report(error, message):
            if error is None:
                self.told += 1
                ledger.told_loosely(life, message.offset(), digest)
            elif error.code() not in UNTOLD:
                self.ledger.note(Failure(f"{self.name}: record {number} to {ledger} was refused: {error.name()}: {error}"))

        try:
            self.producer.produce(ledger.topic, value, key, partition=ledger.partition, timestamp=timestamp, on_delivery=report, **({"headers": headers} if headers else {}))
        except BufferError:
            # Nobody has seen it.
            ledger.forget_in_flight(digest)

    @property
    def waiting(self):
        return len(self.producer) if self.producer else 0

    def poll(self, seconds=0.0):
        if self.producer:
            self.producer.poll(seconds)

    def flush(self, seconds):
        if self.producer:
            self.producer.flush(seconds)

    def close(self):
        """The broker is gone: what it answered is taken, the rest is forgotten."""
        if self.producer is None:
            return
        self.producer.poll(0.02)
        deadline = time.monotonic() + LET_GO_SECONDS
        while True:
            # It passes over what is in a partition that is just handed from one of the client's threads to another.
            self.producer.purge()
            self.producer.flush(1)
            if len(self.producer) == 0:
                break
            expect(time.monotonic() < deadline, f"{self.name}: the client does not let go of {len(self.producer)} records within {LET_GO_SECONDS} s")
        self.producer = None
