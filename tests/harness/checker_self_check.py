"""The checker itself: each kind of wrong answer is shown to it once, and it must refuse each.

Campaigns run this first: a checker that lets everything pass would make them worthless.
"""

import time

from .checker import Ledger, Marks, _check_ranges, digest_of
from .process import Failure, expect


class Record:
    """A record as a consumer would hand it over."""

    def __init__(self, offset, number, value=None, timestamp=1000, headers=None):
        self._offset, self._key = offset, f"k{number}".encode()
        self._value = f"v{number}".encode() if value is None else value
        self._timestamp, self._headers = timestamp, headers

    def offset(self):
        return self._offset

    def key(self):
        return self._key

    def value(self):
        return self._value

    def headers(self):
        return self._headers

    def timestamp(self):
        return (1, self._timestamp)

    @property
    def digest(self):
        return digest_of(self._key, self._value, self._headers, self._timestamp)


def three(in_flight=0):
    """A partition with records 0, 1 and 2 acknowledged at 0, 1 and 2, and some more in flight."""
    one = Ledger().of("t", 0)
    for number in range(3 + in_flight):
        one.sent(Record(0, number).digest, "w", number, 1000)
    for number in range(3):
        one.reported(Record(0, number).digest, number)
    return one


def refused(what, act, *arguments):
    try:
        act(*arguments)
    except Failure:
        return
    raise Failure(f"the checker lets pass: {what}")


def records():
    good = three(1)
    for offset in (0, 1, 2, 3, 3, 2):
        good.read(Record(offset, offset))
    good.reported(Record(0, 3).digest, 3)
    good.check_whole(0, 4)
    table = [
        ("another value", Record(1, 1, b"x")),
        ("another timestamp", Record(1, 1, timestamp=1001)),
        ("another header", Record(1, 1, headers=[("h", None)])),
        ("an acknowledged record at the next offset again", Record(3, 2)),
        ("a record that nobody sent", Record(3, 77)),
        ("two records changed places", Record(0, 1)),
    ]
    for what, record in table:
        refused(what, three().read, record)
    one = three(1)
    one.read(Record(3, 3))
    refused("a record in flight twice", one.read, Record(4, 3))
    refused("an acknowledgement at another offset than the record has", one.reported, Record(0, 3).digest, 4)
    refused("an acknowledgement at an offset that is taken", three(1).reported, Record(0, 3).digest, 2)
    refused("a log that ends below an acknowledged record", three().check_whole, 0, 2)
    one = three(1)
    one.reported(Record(0, 3).digest, -1)
    refused("an acknowledged record without an offset that is nowhere", one.check_whole, 0, 3)
    one = three(2)
    one.reported(Record(0, 4).digest, 3)
    refused("acknowledgements out of order", one.reported, Record(0, 3).digest, 4)


def log_starts():
    one = three()
    one.log_start_asked = 2
    one.log_start_told(2)
    refused("a log start that goes back", one.log_start_told, 1)
    refused("a log start that nobody asked for", one.log_start_told, 3)
    one = Ledger().of("t", 0)
    one.retention_ms = 60000
    record = Record(0, 0, timestamp=int(time.time() * 1000))
    one.sent(record.digest, "w", 0, record.timestamp()[1])
    one.reported(record.digest, 0)
    refused("a record that retention took too early", one.log_start_told, 1)
    one = three()
    one.retention_bytes = 400
    for index in range(3):
        one.sizes[index] = 50
    refused("more than retention by size may take", one.log_start_told, 1)


def ranges():
    def described(*spans, **other):
        objects = [{"kind": "segment", "uuid": "u", "base_offset": base, "end_offset": end, "leader_epoch": epoch, "segments": 1} for base, end, epoch in spans]
        return {"objects": objects, "segments": len(objects), "log_start_offset": 0, "deleted_to_offset": 0, "remote_end_offset": spans[-1][1] if spans else 0, **other}

    _check_ranges("t-0", described((0, 5, 0), (5, 9, 1)))
    _check_ranges("t-0", described(log_start_offset=7, remote_end_offset=7))
    table = [
        ("a hole between remote segments", described((0, 5, 0), (6, 9, 0))),
        ("remote segments that overlap", described((0, 5, 0), (4, 9, 0))),
        ("an epoch that falls", described((0, 5, 2), (5, 9, 1))),
        ("an empty remote segment", described((0, 5, 0), (5, 5, 0))),
        ("a remote end that no segment reaches", described((0, 5, 0), remote_end_offset=9)),
        ("a log start that nothing covers", described((3, 5, 0))),
        ("objects deleted above the log start", described((5, 9, 0), deleted_to_offset=5)),
        ("a remote range without a segment", described(remote_end_offset=9)),
    ]
    for what, partition in table:
        refused(what, _check_ranges, "t-0", partition)
    marks = Marks()
    partition = {"partition": 0, "log_start_offset": 5, "remote_end_offset": 9, "log_end_offset": 9, "deleted_to_offset": 3}
    marks.see("t", partition)
    for name in Marks.NAMES:
        refused(f"{name} that goes back", marks.see, "t", {**partition, name: partition[name] - 1})


def run():
    """All of it; some milliseconds."""
    for part in (records, log_starts, ranges):
        part()
    expect(Ledger().of("t", 0).acknowledged == 0, "ledgers share their records")
