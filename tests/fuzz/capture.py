"""What real clients send: their requests and record batches join the fuzzer's campaign.

Owns: listening on the loopback device while a command runs, putting TCP streams together, choosing what is new, the packs.
Does not own: which clients (`tests/clients`), what is worth committing (`tests/fuzz/run --distil`).

A packet that was missed ends its connection here, never the command: a stream with a hole would be read at wrong places.
"""

import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading

ETHERNET_BYTES = 14
ETH_P_IP = 0x0800
SYN, FIN, RST = 2, 1, 4
API_VERSIONS, PRODUCE = 18, 0
# Inputs above make a fuzzer slow and show nothing new.
INPUT_BYTES_MAX = 8192
FRAME_BYTES_MAX = 64 << 20
RECEIVE_BYTES = 64 << 20
# Of a kind of request by one client, in one size.
ALIKE_MAX = 2
BATCH_KINDS = 6
BATCH_HEAD_BYTES = 61

CASTAGNOLI = []
for index in range(256):
    value = index
    for _ in range(8):
        value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    CASTAGNOLI.append(value)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CASTAGNOLI[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


class Streams:
    """Connections by their ports; each gives its frames in order."""

    def __init__(self, take):
        self.take = take
        # Next sequence number, what came before its turn, bytes of an unfinished frame, how much of a long one is passed over.
        self.open = {}
        self.torn = 0

    def packet(self, packet):
        if packet[ETHERNET_BYTES] >> 4 != 4 or packet[ETHERNET_BYTES + 9] != socket.IPPROTO_TCP:
            return
        head = ETHERNET_BYTES + (packet[ETHERNET_BYTES] & 15) * 4
        total = struct.unpack_from(">H", packet, ETHERNET_BYTES + 2)[0]
        source, target, sequence, _, offset, flags = struct.unpack_from(">HHIIBB", packet, head)
        key = (source, target)
        if flags & SYN:
            self.open[key] = {"next": sequence + 1 & 0xFFFFFFFF, "held": {}, "bytes": b"", "first": True}
            return
        # A packet without a length is larger than the field: the loopback device cuts none.
        end = ETHERNET_BYTES + total if total else len(packet)
        payload = packet[head + (offset >> 4) * 4 : end]
        stream = self.open.get(key)
        if stream and payload:
            stream["held"][sequence] = payload
            if len(stream["held"]) > 256:
                self.torn += 1
                del self.open[key]
                return
            self.advance(key, stream)
        if flags & (FIN | RST):
            self.open.pop(key, None)

    def advance(self, key, stream):
        while (payload := stream["held"].pop(stream["next"], None)) is not None:
            stream["next"] = stream["next"] + len(payload) & 0xFFFFFFFF
            stream["bytes"] += payload
        while len(stream["bytes"]) >= 14:
            size, api, version = struct.unpack_from(">ihh", stream["bytes"])
            # Clients begin by asking for versions: what begins otherwise is no connection to a broker, or an answer.
            if not 8 <= size <= FRAME_BYTES_MAX or (stream["first"] and (api != API_VERSIONS or not 0 <= version <= 10)):
                self.open.pop(key, None)
                return
            if len(stream["bytes"]) < 4 + size:
                return
            frame, stream["bytes"] = stream["bytes"][: 4 + size], stream["bytes"][4 + size :]
            stream["first"] = False
            self.take(frame, api, version)


class Kept:
    """Frames and batches that are worth keeping."""

    def __init__(self):
        self.frames, self.batches, self.alike = set(), set(), {}
        self.seen = 0

    def frame(self, frame, api, version):
        self.seen += 1
        length = struct.unpack_from(">h", frame, 12)[0]
        client = frame[14 : 14 + max(length, 0)].rstrip(b"0123456789-")
        if api == PRODUCE:
            self.batches_of(frame)
        kind = (client, api, version, len(frame).bit_length())
        if len(frame) <= INPUT_BYTES_MAX and self.alike.get(kind, 0) < ALIKE_MAX:
            self.alike[kind] = self.alike.get(kind, 0) + 1
            self.frames.add(frame)

    def batches_of(self, frame):
        """Batches of format 2 whose checksum is right, wherever they lie."""
        at = frame.find(b"\x02", 16)
        while at >= 0:
            begin = at - 16
            length = struct.unpack_from(">i", frame, begin + 8)[0]
            end = begin + 12 + length
            if BATCH_HEAD_BYTES - 12 <= length <= INPUT_BYTES_MAX and end <= len(frame):
                batch = frame[begin:end]
                attributes, = struct.unpack_from(">h", batch, 21)
                producer, = struct.unpack_from(">q", batch, 43)
                kind = ("batch", attributes, producer >= 0, length.bit_length())
                if self.alike.get(kind, 0) < ALIKE_MAX and crc32c(batch[21:]) == struct.unpack_from(">I", batch, 17)[0]:
                    self.alike[kind] = self.alike.get(kind, 0) + 1
                    self.batches.add(batch)
            at = frame.find(b"\x02", at + 1)


def add_to_pack(path, inputs):
    """`length (4, big endian), bytes` repeated; inputs that are there stay."""
    known = path.read_bytes() if path.exists() else b""
    found, at = set(inputs), 0
    while at < len(known):
        size = struct.unpack_from(">I", known, at)[0]
        found.add(known[at + 4 : at + 4 + size])
        at += 4 + size
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(b"".join(struct.pack(">I", len(one)) + one for one in sorted(found)))
    fresh.replace(path)


def main(folder, command):
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
    # Beyond what the system allows to others: only root can listen anyway.
    listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), RECEIVE_BYTES)
    listener.bind(("lo", 0))
    listener.settimeout(0.2)
    kept = Kept()
    streams = Streams(kept.frame)
    ended = threading.Event()

    def listen():
        while True:
            try:
                packet, address = listener.recvfrom(1 << 17)
            except TimeoutError:
                if ended.is_set():
                    return
                continue
            # The loopback device shows each packet twice, on its way out and in.
            if address[2] != socket.PACKET_OUTGOING:
                streams.packet(packet)

    listening = threading.Thread(target=listen)
    listening.start()
    try:
        code = subprocess.run(command, check=False).returncode
    finally:
        ended.set()
        listening.join()
    if not kept.frames or not kept.batches:
        sys.exit(f"tests: {len(kept.frames)} requests and {len(kept.batches)} batches were seen: nothing joins the corpus")
    folder = pathlib.Path(folder)
    add_to_pack(folder / "request.pack", kept.frames)
    add_to_pack(folder / "batch.pack", [struct.pack(">H", kind) + batch for batch in kept.batches for kind in range(BATCH_KINDS)])
    kinds = {struct.unpack_from(">hh", frame, 4) for frame in kept.frames}
    print(f"{kept.seen} requests seen, {len(kept.frames)} of {len(kinds)} kinds and versions and {len(kept.batches)} batches join {folder}; {streams.torn} connections torn")
    sys.exit(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
