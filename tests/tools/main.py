"""Makes a broker write log files of every kind, then has Apache Kafka's dump-log tool judge them.

What is written: rolled segments in each codec, idempotent producers, timestamps that jump back, a compacted topic and
`__consumer_offsets` after compaction, a log start inside a segment, a killed broker's recovered tail.
"""

import glob
import os
import re
import sys
import time

from harness.process import expect, expect_equal, wait_until
from harness.scenarios import say
from harness.world import broker, java, workdir
from librdkafka import CODECS, admin, consumer, create, produce, read_partition

DUMP = "org.apache.kafka.tools.DumpLogSegments"
FAST = {
    "log.segment.bytes": "1048576",
    "log.retention.ms": "-1",
    "log.retention.check.interval.ms": "500",
    "log.segment.delete.delay.ms": "100",
    "log.initial.task.delay.ms": "100",
    "log.cleaner.backoff.ms": "200",
    "log.index.interval.bytes": "2048",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.segment.bytes": "1048576",
    "strata.log.journal.bytes": "33554432",
}
# What the tool says when something is wrong; it ends with 0 all the same.
TROUBLE = re.compile(
    r"Mismatches in|Index position|non-?monotonic|out of order|out-of-order|isValid: false|corrupt|CRC|"
    r"Found timestamp mismatch|Found duplicate|Exception|ERROR|Could not|truncated|Following indices are",
    re.IGNORECASE,
)
FINE = re.compile(r"isvalid: true|crc: \d+", re.IGNORECASE)


def fill(node):
    for codec in CODECS:
        create(node, f"dump-{codec}")
        records = [(f"k{i}".encode(), os.urandom(900), [("h", b"v")], 1357034400000 + (i * 7919) % 100000) for i in range(2500)]
        produce(node, f"dump-{codec}", records, compression_type=codec, enable_idempotence=True)
    create(node, "dump-compacted", cleanup_policy="compact", segment_bytes=1048576, min_cleanable_dirty_ratio="0.01", delete_retention_ms=100)
    for life in range(6):
        records = [(f"k{i % 50}".encode(), None if life == 4 and i % 50 == 7 else os.urandom(800)) for i in range(600)]
        produce(node, "dump-compacted", records, enable_idempotence=True)
    create(node, "dump-offsets", 4)
    produce(node, "dump-offsets", [(None, b"x")] * 400, partition=0)
    committed = 0

    def commit_much():
        nonlocal committed
        from confluent_kafka import TopicPartition

        for life in range(3):
            member = consumer(node, f"dump-group-{life}")
            for _ in range(300):
                member.commit(offsets=[TopicPartition("dump-offsets", partition, 1, metadata="m" * 3000) for partition in range(4)], asynchronous=False)
                committed += 1
            member.close()

    commit_much()
    create(node, "dump-started")
    produce(node, "dump-started", [(None, os.urandom(500))] * 100)
    from confluent_kafka import TopicPartition

    partition = TopicPartition("dump-started", 0, 42)
    admin(node).delete_records([partition])[partition].result(20)


def log_of(node, partition):
    return sorted(glob.glob(os.path.join(node.data, "log", partition, "*.log")))


def wait_compacted(node, partition, before):
    """Until the cleaner has rewritten: few bytes are left in the closed segments."""

    def check():
        return sum(os.path.getsize(path) for path in log_of(node, partition)) < before / 2

    wait_until(check, f"{partition} is compacted ({before} bytes written)", 60, 0.2, transient=(FileNotFoundError,))


def files_of(node):
    kinds = {}
    for kind in ("log", "index", "timeindex", "snapshot", "txnindex"):
        kinds[kind] = sorted(glob.glob(os.path.join(node.data, "log", "*-*", f"*.{kind}")))
    return kinds


def judge(kind, paths):
    """Runs the tool on files of a kind, many at a time; returns complaints."""
    complaints = []
    options = {"log": ["--deep-iteration"], "index": ["--verify-index-only"], "timeindex": ["--verify-index-only"]}.get(kind, [])
    for first in range(0, len(paths), 40):
        some = paths[first : first + 40]
        code, out, err = java(DUMP, *options, "--files", ",".join(some), check=False, seconds=200)
        lines = [*out.splitlines(), *err.splitlines()]
        if code != 0:
            complaints.append(f"the tool ended with {code}: {err[-800:]}")
        complaints += [line for line in lines if TROUBLE.search(FINE.sub("", line))]
        complaints += gaps(lines)
        seen = sum(line.startswith("Dumping ") for line in lines)
        expect_equal(seen, len(some), f"files the tool says it dumped of {kind}: {out[:300]}")
        if kind == "log":
            expect(all("isvalid: true" in line for line in lines if line.startswith("baseOffset:")), "a batch is not valid")
            expect(any(line.startswith("baseOffset:") for line in lines), "no batch was dumped")
    return complaints


def gaps(lines):
    """Offsets that do not follow each other, where nothing was compacted away.

    The tool says "-1 is followed by N" of every file that does not begin at offset 0, whoever wrote it.
    """
    found, path = [], ""
    for line in lines:
        if line.startswith("Non-consecutive offsets in "):
            path = line.rsplit(" ", 1)[1]
        elif " is followed by " in line and not line.strip().startswith("-1 "):
            if not any(compacted in path for compacted in ("dump-compacted", "__consumer_offsets")):
                found.append(f"{path}: {line.strip()}")
    return found


def sane_indexes(paths):
    """Each index entry points upwards: whole entries, growing, none before the base offset's."""
    for path in paths:
        width = 8 if path.endswith(".index") else 12
        with open(path, "rb") as file:
            data = file.read()
        expect_equal(len(data) % width, 0, f"length of {path}")
        entries = [(int.from_bytes(data[at : at + width - 4], "big"), int.from_bytes(data[at + width - 4 : at + width], "big")) for at in range(0, len(data), width)]
        expect(all(a[0] < b[0] and a[1] <= b[1] for a, b in zip(entries, entries[1:])), f"{path} does not grow: {entries[:5]}")


def main(oracle):
    begin = time.monotonic()
    with workdir("tools") as directory, broker(directory, FAST, oracle=oracle) as node:
        say(f"broker at {node.bootstrap}")
        fill(node)
        wait_compacted(node, "dump-compacted-0", 6 * 600 * 800)
        wait_compacted(node, "__consumer_offsets-0", 900 * 4 * 3000)
        node.stop()
        found = files_of(node)
        # What a kill leaves is judged as well, once the broker has recovered it.
        node.start()
        produce(node, "dump-zstd", [(None, os.urandom(700)) for _ in range(300)], compression_type="zstd")
        node.kill()
        node.start()
        expect_equal(len(read_partition(node, "dump-zstd", 2800)), 2800, "records after the kill")
        node.stop()
        found = files_of(node)
        sane_indexes([path for path in found["index"] + found["timeindex"] if os.path.getsize(path) % 8 == 0 or path.endswith("timeindex")])
        complaints = []
        for kind, paths in found.items():
            if paths:
                complaints += judge(kind, paths)
                say(f"{len(paths)} .{kind} files judged by Apache Kafka's dump-log tool")
        expect(found["log"] and found["index"] and found["timeindex"] and found["snapshot"], f"a kind of file is missing: { {kind: len(paths) for kind, paths in found.items()} }")
        expect(len(found["log"]) > 20, "too few segments were rolled")
        expect(not complaints, "the tool complains:\n    " + "\n    ".join(complaints[:20]))
        total = sum(map(len, found.values()))
    say(f"nothing is wrong with {total} files, {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--oracle"]):
        raise SystemExit(f"usage: tests/run tools [--oracle], not '{' '.join(sys.argv[1:])}'")
    main("--oracle" in sys.argv[1:])
