"""Kafka's wire by hand: just enough to say what no client library would say."""

import gzip
import socket
import struct

import crc32c

PRODUCE, FETCH, METADATA, API_VERSIONS, CREATE_TOPICS, DESCRIBE_CONFIGS = 0, 1, 3, 18, 19, 32


def string(text):
    data = text.encode()
    return struct.pack(">h", len(data)) + data


def header(api, version, correlation=7, client="bad-input"):
    return struct.pack(">hhi", api, version, correlation) + string(client)


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def record(offset, value, timestamp=0, key=None):
    key_bytes = varint(-1) if key is None else varint(len(key)) + key
    body = b"\0" + varint(timestamp) + varint(offset) + key_bytes + varint(len(value)) + value + varint(0)
    return varint(len(body)) + body


def batch(records, count=None, codec=0, attributes=None, base_timestamp=1000, max_timestamp=1000, crc=None, producer=(-1, -1, -1), last_delta=None):
    """A whole batch; `records` are the bytes after the header as they stand, compressed or not."""
    count = 1 if count is None else count
    attributes = codec if attributes is None else attributes
    last_delta = count - 1 if last_delta is None else last_delta
    checked = struct.pack(">hiqqqhii", attributes, last_delta, base_timestamp, max_timestamp, *producer, count) + records
    sum_ = crc32c.crc32c(checked) if crc is None else crc
    tail = struct.pack(">ibI", -1, 2, sum_) + checked
    return struct.pack(">qi", 0, len(tail)) + tail


def produce_request(topic, records, acks=-1, transactional=None, correlation=7, version=7):
    name = struct.pack(">h", -1) if transactional is None else string(transactional)
    body = name + struct.pack(">hi", acks, 20000)
    body += struct.pack(">i", 1) + string(topic) + struct.pack(">ii", 1, 0) + struct.pack(">i", len(records)) + records
    return header(PRODUCE, version, correlation) + body


class Wire:
    """One raw connection."""

    def __init__(self, bootstrap, seconds=20):
        host, port = bootstrap.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send_frame(self, body):
        self.socket.sendall(struct.pack(">i", len(body)) + body)

    def send(self, data):
        self.socket.sendall(data)

    def read_exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                return None
            data += more
        return data

    def frame(self):
        """The next response without its size, or None if the broker has closed the connection."""
        try:
            size = self.read_exactly(4)
            return size and self.read_exactly(struct.unpack(">i", size)[0])
        except ConnectionError:
            return None

    def produce(self, topic, records, **more):
        """Error code (and the message of version 8 on) of one partition."""
        version = 8
        self.send_frame(produce_request(topic, records, version=version, **more))
        answer = self.frame()
        if answer is None:
            return "closed", None
        at = 4 + 4
        length = struct.unpack_from(">h", answer, at)[0]
        at += 2 + length + 4
        _, code, base, _, _ = struct.unpack_from(">ihqqq", answer, at)
        at += 30
        errors = struct.unpack_from(">i", answer, at)[0]
        at += 4
        for _ in range(errors):
            length = struct.unpack_from(">ih", answer, at)[1]
            at += 6 + max(0, length)
        length = struct.unpack_from(">h", answer, at)[0]
        message = answer[at + 2 : at + 2 + length].decode() if length >= 0 else None
        return code, message


def bomb(megabytes):
    """A gzip body that unpacks to many megabytes of zeros, as one record."""
    size = megabytes << 20
    body_length = 1 + 1 + 1 + 1 + len(varint(size)) + size + 1
    head = varint(body_length) + b"\0" + varint(0) + varint(0) + varint(-1) + varint(size)
    return gzip.compress(head + bytes(size) + varint(0), 9)
