"""The checker itself: each kind of wrong answer is shown to it once, and it must refuse each.

Campaigns run this first: a checker that lets everything pass would make them worthless.
"""

import os
import tempfile
import time

from confluent_kafka import KafkaError, KafkaException

from .campaigns import Kept
from .checker import Ledger, Marks, Tail, _check_ranges, check_keys, digest_of, is_away
from .process import Failure, expect, expect_equal, wait_until


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

    def topic(self):
        return "t"

    def partition(self):
        return 0

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
    without_offset()
    one = three(2)
    one.reported(Record(0, 4).digest, 3)
    refused("acknowledgements out of order", one.reported, Record(0, 3).digest, 4)


def without_offset():
    """Acknowledged, and the client never learned where."""
    one = three(1)
    one.reported(Record(0, 3).digest, -1)
    refused("an acknowledged record without an offset that is nowhere", one.check_whole, 0, 3)
    one.log_start_asked = 3
    one.log_start_told(3)
    refused("one that is nowhere, and was written behind what the log start passed", one.check_whole, 3, 3)
    one = three(2)
    one.reported(Record(0, 3).digest, -1)
    one.reported(Record(0, 4).digest, 4)
    refused("one that is nowhere above a log start in the middle", one.check_whole, 1, 5)
    one.check_whole(4, 5)
    one.forget_below(4)
    one.check_whole(4, 5)
    # The one unknown offset below the log start can have held it; a second record has no place there.
    one.sent(Record(0, 5).digest, "another", 0, 1000)
    one.reported(Record(0, 5).digest, -1)
    refused("more of them than there are unknown offsets below the log start", one.check_whole, 4, 5)
    one = three(1)
    one.read(Record(3, 3))
    one.reported(Record(0, 3).digest, -1)
    refused("one that was read, and then another in its place", one.read, Record(3, 4))


def log_starts():
    one = three()
    one.log_start_asked = 2
    one.log_start_told(2)
    refused("a log start that goes back", one.log_start_told, 1)
    # Asked for when 1 was known, and answered after somebody else had learned of 2.
    one.log_start_told(1, 1)
    expect_equal(one.log_start_floor, 2, "the log start after an older answer")
    refused("a log start below what was known when it was asked for", one.log_start_told, 0, 1)
    refused("a log start that nobody asked for", one.log_start_told, 3)
    one = Ledger().of("t", 0)
    one.retention_ms = 60000
    record = Record(0, 0, timestamp=int(time.time() * 1000))
    one.sent(record.digest, "w", 0, record.timestamp()[1])
    one.reported(record.digest, 0)
    refused("a record that retention took too early", one.log_start_told, 1)
    refused("a record without an offset that retention took too early", young(-1).log_start_told, 1)
    refused("a record in flight that retention took too early", young(None).log_start_told, 1)
    one = young(0)
    one.retention_bytes = 10_000
    refused("a log start for which neither retention was due", one.log_start_told, 1)
    one = three()
    one.retention_ms = 60000
    one.log_start_told(2)
    sizes()


def young(offset):
    """A partition with retention by time whose only record is of this moment."""
    one = Ledger().of("t", 0)
    one.retention_ms = 60000
    now = int(time.time() * 1000)
    one.sent(Record(0, 0, timestamp=now).digest, "w", 0, now)
    if offset is not None:
        one.reported(Record(0, 0, timestamp=now).digest, offset)
    return one


def sizes():
    def sized(count, size):
        one = Ledger().of("t", 0)
        one.retention_bytes = 2000
        for number in range(count):
            one.sent(Record(0, number).digest, "w", number, 1000, size)
        return one

    one = sized(6, 600)
    for number in range(6):
        one.reported(Record(0, number).digest, number)
    one.log_start_told(2)
    refused("more than retention by size may take", one.log_start_told, 4)
    one = sized(6, 600)
    for number in range(6):
        if number != 4:
            one.reported(Record(0, number).digest, number)
    # What is in flight is taken for stored, and no more than that.
    one.log_start_told(2)
    refused("more than retention by size may take, with a report under way", one.log_start_told, 4)
    one = Ledger().of("t", 0)
    one.retention_bytes = 2000
    refused("a writer without sizes where retention by size is checked", one.sent, Record(0, 0).digest, "w", 0, 1000)


class StillTail(Tail):
    """A consumer that nobody runs, and a broker whose log start is as given."""

    def __init__(self, ledger, start):
        self.start_offset = start
        super().__init__("nowhere:1", ledger, [("t", 0)])

    def start(self):
        self.asked = 0

    def _log_start(self, ledger):
        self.asked += 1
        return self.start_offset


def jumps():
    def tail(start, retention_ms=None, asked=0):
        ledger = Ledger()
        one = ledger.of("t", 0)
        one.retention_ms, one.log_start_asked = retention_ms, asked
        for number in range(6):
            one.sent(Record(0, number).digest, "w", number, 1000)
            one.reported(Record(0, number).digest, number)
        return StillTail(ledger, start)

    good = tail(3, retention_ms=1000)
    following = {}
    for offset in (3, 4, 5):
        good._take(Record(offset, offset), following)
    expect_equal((good.asked, good.jumps), (1, 1), "looks at the log start, and jumps")
    table = [
        ("a gap where nothing may be removed", tail(5), {("t", 0): 1}, 3),
        ("a beginning above 0 where nothing may be removed", tail(5), {}, 3),
        ("a gap above the log start, with retention", tail(2, retention_ms=1000), {("t", 0): 1}, 3),
        ("a beginning above the log start, with retention", tail(2, retention_ms=1000), {}, 3),
        ("a gap above the log start, with DeleteRecords", tail(2, asked=3), {("t", 0): 1}, 3),
        ("a log start beyond what DeleteRecords asked for", tail(5, asked=3), {("t", 0): 1}, 4),
        ("a step back", tail(3, retention_ms=1000), {("t", 0): 5}, 4),
    ]
    for what, one, following, offset in table:
        refused(what, one._take, Record(offset, offset), following)


def keys():
    """What the bucket may hold: named uuids have the letter of their object."""
    uuid = "{}" + "0" * 21

    def key(letter, base, kind="seg", topic="id"):
        return f"c/00/{topic}/0/{base:020}-0-{uuid.format(letter)}.{kind}"

    def described(mark, *objects):
        rows = [{"kind": kind, "uuid": uuid.format(letter), "base_offset": base, "end_offset": end, "segments": count} for letter, kind, base, end, count in objects]
        return {"t": {"topic_id": "id", "partitions": [{"partition": 0, "deleted_to_offset": mark, "objects": rows}]}}

    page, row = ("p", "page", 0, 30, 3), ("r", "segment", 30, 40, 1)
    of_page = [key("a", 0), key("b", 10), key("c", 20)]
    rest = [key("p", 0, "page"), key("r", 30), "c/cluster.json", "c/meta/1"]
    expect_equal(check_keys(described(0, page, row), [*of_page, *rest]), 5, "objects")
    expect_equal(check_keys(described(10, page, row), [*of_page[1:], *rest]), 4, "objects behind a deletion mark")
    expect_equal(check_keys(described(40, page, row), []), 0, "objects where all are gone")
    whole = [*of_page, *rest]
    table = [
        ("a segment of a page that is missing", 0, [*of_page[:2], *rest]),
        ("the first segment of a page that is missing", 0, [*of_page[1:], *rest]),
        ("an orphan in the range of a page", 0, [*whole, key("d", 25)]),
        ("an orphan in place of a page's segment", 0, [of_page[0], key("d", 10), of_page[1], *rest]),
        ("an orphan above the pages", 0, [*whole, key("d", 30)]),
        ("a row without its object", 0, [*of_page, rest[0]]),
        ("a page without its object", 0, [*of_page, rest[1]]),
        ("an object that should be deleted", 10, whole),
        ("a page's segment at its deletion mark that is missing", 10, [of_page[2], *rest]),
        ("an object of another topic", 0, [*whole, key("d", 0, topic="other")]),
        ("a page that nobody names", 0, [*whole, key("q", 0, "page")]),
    ]
    for what, mark, found in table:
        refused(what, check_keys, described(mark, page, row), found)


def waits():
    """A wait hides nothing but the errors that it was given."""
    asked = []

    def raises(*errors):
        left = list(errors)

        def check():
            asked.append(1)
            if left:
                raise left.pop(0)
            return True

        return check

    def ends(error, **how):
        del asked[:]
        try:
            wait_until(raises(error, error), "nothing", 1, 0, **how)
        except type(error):
            expect_equal(len(asked), 1, f"asked again after {error!r}")
            return
        raise Failure(f"a wait lets pass: {error!r}")

    ends(Failure("wrong"))
    ends(Failure("wrong"), transient=(Exception,))
    ends(Failure("wrong"), transient=lambda _: True)
    ends(KeyError("strange"))
    ends(KeyError("strange"), transient=(OSError,))
    ends(KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)), transient=is_away)
    away = KafkaException(KafkaError(KafkaError._TRANSPORT))
    expect(wait_until(raises(away, away), "an answer", 10, 0, transient=is_away), "an error that passes ends a wait")
    refused("what never comes", wait_until, lambda: False, "nothing", 0.01, 0)


def campaigns():
    """Figures of one build are never taken for those of another."""
    before = os.environ.get("STRATA_CAMPAIGNS")
    with tempfile.TemporaryDirectory() as directory:
        os.environ["STRATA_CAMPAIGNS"] = directory
        try:
            mine, other = ({"version": "strata 1", "sha256": letter * 64} for letter in "ab")
            Kept("c", {"seed": 1}, binary=mine).add(0, {"cuts": 1})
            expect_equal(Kept("c", {"seed": 1}, binary=mine).done, {"0": {"cuts": 1}}, "what is taken up again")
            for what, plan, binary in (("another build", {"seed": 1}, other), ("another plan", {"seed": 2}, mine)):
                try:
                    Kept("c", plan, binary=binary)
                except SystemExit as refusal:
                    expect("--anew" in str(refusal), f"the refusal does not say what to do: {refusal}")
                    continue
                raise Failure(f"a campaign is taken up again with {what}")
            expect_equal(Kept("c", {"seed": 1}, anew=True, binary=other).done, {}, "what is begun anew")
        finally:
            del os.environ["STRATA_CAMPAIGNS"]
            if before is not None:
                os.environ["STRATA_CAMPAIGNS"] = before


def losses():
    """An admin's or a producer's refusal is no answer that was lost."""
    for code in (KafkaError.POLICY_VIOLATION, KafkaError.INVALID_CONFIG, KafkaError.UNKNOWN, KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG):
        expect(not is_away(KafkaException(KafkaError(code))), f"error {code} is taken for a broker that is away")


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
    for part in (records, log_starts, jumps, ranges, keys, waits, losses, campaigns):
        part()
    expect(Ledger().of("t", 0).acknowledged == 0, "ledgers share their records")
