"""What a compacted partition may leave out.

Owns: which gaps are right and what must be left (`CompactedLedger`), its records (`CompactedWriter`) and its consumer
(`CompactedTail`). Does not own: the bytes of records, and logs without gaps (`harness/checker.py`).

A compacted partition has one idempotent writer, so that the order of its record numbers is the order of its offsets.
"""

import array
import random
import time

from confluent_kafka import OFFSET_BEGINNING, TopicPartition
from harness.checker import PartitionLedger, Tail, Writer, reader, tolerate, watermarks
from harness.process import expect

KEYS = 200


def compacted_content(seed, number):
    """Key, value and headers: few keys, a twentieth of the records tombstones, and no two records alike."""
    chance = random.Random(f"{seed}/compacted/{number}")
    key = f"key-{chance.randrange(KEYS)}".encode()
    value = None if chance.random() < 0.05 else f"{number}|".encode() + chance.randbytes(chance.choice((10, 200, 800)))
    return key, value, [("number", str(number).encode())]


class CompactedWriter(Writer):
    def content(self, number):
        return compacted_content(self.seed, number)


class CompactedLedger(PartitionLedger):
    """Knows which record holds which key, so that it can tell whether one that is missing has a successor."""

    def __init__(self, topic, partition, seed):
        super().__init__(topic, partition)
        self.seed = seed
        self.numbers = {}  # digest -> number, until its offset is known
        self.number_at = array.array("q")  # by offset; -1 unknown
        self.newest = {}  # key -> number of the last record sent with it
        self.superseded = bytearray()  # by offset; 1 for one that may be missing, and for ever: a key's newest number only grows
        self.gaps = 0  # offsets that consumers found missing, and rightly

    def sent(self, digest, writer, number, timestamp, size=None):
        with self.lock:
            super().sent(digest, writer, number, timestamp, size)
            self.numbers[digest] = number
            self.newest[compacted_content(self.seed, number)[0]] = number

    def _place(self, offset, digest, timestamp):
        super()._place(offset, digest, timestamp)
        self.number_at.extend([-1] * (offset + 1 - len(self.number_at)))
        self.number_at[offset] = self.numbers.pop(digest)

    def _number(self, offset):
        """Number of the record at an offset, -1 if it is not known; what was read before its report is known by that."""
        placed = self.number_at[offset] if offset < len(self.number_at) else -1
        return placed if placed >= 0 else self.numbers.get(self.seen.get(offset), -1)

    def check_gap(self, first, end):
        """Offsets that a consumer did not get: each has a later record with its key, or is a tombstone."""
        with self.lock:
            self.superseded.extend(bytes(max(0, end - len(self.superseded))))
            offset = self.superseded.find(0, first, end)
            while offset >= 0:
                self._check_missing(offset)
                offset = self.superseded.find(0, offset + 1, end)
            self.gaps += end - first

    def _check_missing(self, offset):
        number = self._number(offset)
        if number < 0:
            expect(self.in_flight or self.unplaced, f"{self}: offset {offset} is missing, and nothing is in flight that may have stood there")
            return
        key, value, _ = compacted_content(self.seed, number)
        expect(value is None or self.newest[key] > number, f"{self}: offset {offset} is missing, the last record with {key} (number {number})")
        self.superseded[offset] = 1

    def check_left(self, offsets, end):
        """After a full read with nobody writing: the last record of each key is there, or it is a tombstone."""
        with self.lock:
            expect(not self.in_flight, f"{self}: {len(self.in_flight)} records are in flight")
            expect(end >= self.acknowledged_end, f"{self}: the log ends at {end}, below the acknowledged end {self.acknowledged_end}")
            left = {self._number(offset) for offset in offsets}
            for key, number in self.newest.items():
                gone_may_be = compacted_content(self.seed, number)[1] is None
                expect(gone_may_be or number in left, f"{self}: the last record with {key} is gone (number {number})")


class CompactedTail(Tail):
    """Reads from the beginning again and again; offsets ascend, and gaps are those that compaction may leave."""

    def _take(self, message, next_offsets):
        key = (message.topic(), message.partition())
        ledger, offset = self.ledger.of(*key), message.offset()
        wanted = next_offsets.get(key, 0)
        expect(offset >= wanted, f"{ledger}: a consumer was served {offset} after {wanted - 1}")
        ledger.check_gap(wanted, offset)
        next_offsets[key] = offset + 1
        ledger.read(message)
        self.records += 1


def read_compacted(node, ledger, seconds=60):
    """Reads what is left of a compacted partition; returns the offsets read and the log end."""
    client = reader(node.bootstrap)
    offsets = []
    try:
        low, high = watermarks(client, ledger.topic, ledger.partition)
        expect(low == 0, f"{ledger}: compaction has moved the log start to {low}")
        client.assign([TopicPartition(ledger.topic, ledger.partition, OFFSET_BEGINNING)])

        deadline = time.monotonic() + seconds
        # The last record of the log is never compacted away. What is wrong ends the reading: it is not asked again.
        while not offsets or offsets[-1] < high - 1:
            expect(time.monotonic() < deadline, f"{ledger}: read to {offsets[-1] if offsets else 'nothing'} of {high} within {seconds} s")
            for message in client.consume(500, 0.1):
                if message.error():
                    tolerate(message.error(), ledger.topic, ledger.partition)
                    continue
                expect(not offsets or message.offset() > offsets[-1], f"{ledger}: offset {message.offset()} was served after {offsets[-1] if offsets else None}")
                ledger.check_gap(offsets[-1] + 1 if offsets else 0, message.offset())
                ledger.read(message)
                offsets.append(message.offset())
    finally:
        client.close()
    return offsets, high
