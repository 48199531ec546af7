"""Compares the bucket with the local log, offset by offset, from the files themselves.

Owns: reading batches out of Kafka's segment files and out of remote segments in a `file://` bucket, and comparing them. Does not
own: which objects should be there. Every segment that lies in the bucket is compared, named by the quorum or not: what was put
was durable before, so it is what the log holds at these offsets for ever.
"""

import os
import struct

import crc32c
from harness.process import expect, wait_until

MAGIC = b"strataS1"
# Footer bytes, position of the index section, checksum of the footer, magic.
TRAILER = struct.Struct(">IQI8s")
# Base offset, bytes that follow, leader epoch, magic, CRC, attributes, last offset delta.
BATCH = struct.Struct(">qiibIhi")
LENGTH_END = 12
CRC_END = 21
UUID_CHARS = 22


def batches(data, what, end=None):
    """(base offset, end offset, bytes) of each whole batch; with `end` all bytes up to it must be batches with a right CRC."""
    position, most = 0, len(data) if end is None else end
    while position + BATCH.size <= most:
        base, length, _, magic, crc, _, delta = BATCH.unpack_from(data, position)
        after = position + LENGTH_END + length
        if magic != 2 or length < BATCH.size or after > most:
            break
        if end is not None:
            expect(crc32c.crc32c(data[position + CRC_END : after]) == crc, f"{what}: the CRC of the batch at offset {base} is wrong")
        yield base, base + delta + 1, data[position:after]
        position = after
    expect(end is None or position == end, f"{what}: no batch at byte {position} of {end}")


def _content(path):
    """The file's bytes; None if it has been deleted meanwhile."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def local_batches(log_directory, topic, partition):
    """Batches of the local log by base offset, and the first and last offset that its files hold without a gap."""
    folder = os.path.join(log_directory, f"{topic}-{partition}")
    found, spans = {}, []
    # A topic that was made a moment ago is there before its log is.
    wait_until(lambda: os.path.isdir(folder), f"{folder} is there", 30)
    names = sorted(name for name in os.listdir(folder) if name.endswith(".log"))
    for name in names:
        data = _content(os.path.join(folder, name))
        if data is None:
            continue
        begin = end = int(name[:20])
        for base, after, content in batches(data, os.path.join(folder, name)):
            expect(base == end or base == begin, f"{folder}/{name}: a batch begins at {base} and not at {end}")
            found[base] = content
            end = after
        spans.append((begin, end))
    return found, spans


def remote_segments(bucket):
    """Segments in the bucket: (topic id, partition) -> paths."""
    found = {}
    for folder, _, names in os.walk(bucket):
        for name in sorted(names):
            if name.endswith(".seg"):
                parts = os.path.join(folder, name).split(os.sep)
                found.setdefault((parts[-3], int(parts[-2])), []).append(os.path.join(folder, name))
    return found


def compare(node, log_directory, bucket, topics):
    """All remote segments of the topics with the local files; returns (batches compared, remote segments read)."""
    segments = remote_segments(bucket)
    compared = read = 0
    for topic in topics:
        described = node.cli("tier", "describe", topic)
        for one in described["partitions"]:
            local, spans = local_batches(log_directory, topic, one["partition"])
            for path in segments.get((described["topic_id"], one["partition"]), []):
                data = _content(path)
                if data is None:
                    continue
                compared += _compare_segment(path, data, local, spans)
                read += 1
    return compared, read


def _compare_segment(path, data, local, spans):
    what = os.sep.join(path.split(os.sep)[-3:])
    expect(len(data) > TRAILER.size, f"{what} has {len(data)} bytes")
    _, index_position, _, magic = TRAILER.unpack_from(data, len(data) - TRAILER.size)
    expect(magic == MAGIC and index_position <= len(data), f"{what} has no trailer of ours")
    compared, expected = 0, None
    for base, end, content in batches(data, what, index_position):
        expect(expected in (None, base), f"{what}: a batch begins at {base} and not at {expected}")
        expected = end
        if any(first <= base and end <= after for first, after in spans):
            expect(base in local, f"{what}: the local log has no batch that begins at {base}")
            expect(local[base] == content, f"{what}: the local log has other bytes at offset {base}")
            compared += 1
    return compared
