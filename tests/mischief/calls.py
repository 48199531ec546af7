"""Bodies of the requests that mischief is made of, and what is read of their answers."""

import struct

from wire import string

FIND_COORDINATOR, JOIN_GROUP, CREATE_TOPICS, DELETE_TOPICS, INIT_PRODUCER_ID, METADATA, FETCH, PRODUCE = 10, 11, 19, 20, 22, 3, 1, 0
MOST = 2**31 - 1


def header(api, version, correlation=7, client="mischief"):
    return struct.pack(">hhi", api, version, correlation) + string(client)


def framed(body):
    return struct.pack(">i", len(body)) + body


def fetch_body(partitions, max_wait_ms=0, min_bytes=0, max_bytes=MOST, session=(0, -1)):
    """Fetch 11; `partitions` are (topic, partition, offset, most bytes), those of a topic together."""
    topics = []
    for topic, index, offset, most in partitions:
        if not topics or topics[-1][0] != topic:
            topics.append((topic, []))
        topics[-1][1].append(struct.pack(">iiqqi", index, -1, offset, -1, most))
    body = struct.pack(">iiiibii", -1, max_wait_ms, min_bytes, max_bytes, 0, *session) + struct.pack(">i", len(topics))
    for topic, rows in topics:
        body += string(topic) + struct.pack(">i", len(rows)) + b"".join(rows)
    return body + struct.pack(">i", 0) + string("")


def produced(answer):
    """Error and records of the first partition of an answer to Fetch 11."""
    _, _, error, _, topics = struct.unpack_from(">iihii", answer)
    if error or topics < 1:
        return error, b""
    at = 18
    at += 2 + struct.unpack_from(">h", answer, at)[0] + 4
    _, error, _, _, _, aborted = struct.unpack_from(">ihqqqi", answer, at)
    at += 34 + max(0, aborted) * 16 + 4
    size = struct.unpack_from(">i", answer, at)[0]
    return error, answer[at + 4 : at + 4 + max(0, size)]


def session_of(answer):
    """Session id of an answer to Fetch 11."""
    return struct.unpack_from(">i", answer, 10)[0]


def metadata_body(names=None):
    """Metadata 4, of all topics or of some, which it does not create."""
    if names is None:
        return struct.pack(">i", -1) + b"\0"
    return struct.pack(">i", len(names)) + b"".join(map(string, names)) + b"\0"


def create_body(names, partitions=1):
    topics = b"".join(string(name) + struct.pack(">ihii", partitions, 1, 0, 0) for name in names)
    return struct.pack(">i", len(names)) + topics + struct.pack(">ib", 60000, 0)


def create_errors(answer):
    """Errors of an answer to CreateTopics 2."""
    count = struct.unpack_from(">i", answer, 8)[0]
    at, errors = 12, []
    for _ in range(count):
        at += 2 + struct.unpack_from(">h", answer, at)[0]
        error, length = struct.unpack_from(">hh", answer, at)
        at += 4 + max(0, length)
        errors.append(error)
    return errors


def delete_body(names):
    return struct.pack(">i", len(names)) + b"".join(map(string, names)) + struct.pack(">i", 60000)


def delete_errors(answer):
    """Errors of an answer to DeleteTopics 1."""
    count = struct.unpack_from(">i", answer, 8)[0]
    at, errors = 12, []
    for _ in range(count):
        at += 2 + struct.unpack_from(">h", answer, at)[0]
        errors.append(struct.unpack_from(">h", answer, at)[0])
        at += 2
    return errors


def join_body(group, metadata, member="", session_ms=6000, rebalance_ms=3000):
    """JoinGroup 3: a new member needs no second request."""
    body = string(group) + struct.pack(">ii", session_ms, rebalance_ms) + string(member) + string("consumer")
    return body + struct.pack(">i", 1) + string("range") + struct.pack(">i", len(metadata)) + metadata


def join_error(answer):
    return struct.unpack_from(">iih", answer)[2]


def init_body():
    """InitProducerId 1 of a producer without transactions."""
    return struct.pack(">hi", -1, 60000)


def init_answer(answer):
    """Error and producer id."""
    return struct.unpack_from(">hq", answer, 8)


def coordinator_error(answer):
    """Error of an answer to FindCoordinator 0."""
    return struct.unpack_from(">h", answer, 4)[0]
