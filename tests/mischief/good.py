"""A well-behaved client in a process of its own: produces a record with acks=all, reads it back, and says how long that took.

It runs beside the mischief and shares no interpreter with it. Each line of its output is one round trip: when it began (the
clock is the machine's), how long producing, reading and connecting took, in seconds. It ends with an error at the first
record that is refused, lost or other than what was written, and when the broker closes its connection.
"""

import os
import struct
import sys
import time

from calls import fetch_body, header, produced
from wire import FETCH, Wire, batch, record

TOPIC = "good"
# A new connection now and then: whoever keeps the broker busy must not keep others out either.
RECONNECT_EVERY = 20
PAUSE_SECONDS = 0.01
# Longer than any stall deadline of the broker: what takes longer is taken for lost.
DEADLINE_SECONDS = 45


class Good:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.wire = None
        self.count = 0

    def connect(self):
        if self.wire:
            self.wire.socket.close()
        self.wire = Wire(self.bootstrap, DEADLINE_SECONDS)

    def produce(self, value):
        code, message = self.wire.produce(TOPIC, batch(record(0, value)))
        if code != 0:
            raise SystemExit(f"a record was not taken: {code} {message}")

    def read(self, offset, value):
        self.wire.send_frame(header(FETCH, 11) + fetch_body([(TOPIC, 0, offset, 1 << 16)], max_wait_ms=20000, min_bytes=1))
        answer = self.wire.frame()
        if answer is None:
            raise SystemExit("the connection was closed while a record was read")
        code, records = produced(answer)
        if code != 0 or value not in records:
            raise SystemExit(f"offset {offset}: error {code}, {len(records)} bytes without the record written")

    def live(self):
        while True:
            begin = time.monotonic()
            if self.count % RECONNECT_EVERY == 0:
                self.connect()
            connected = time.monotonic()
            value = struct.pack(">qd", self.count, begin) + os.urandom(84)
            self.produce(value)
            written = time.monotonic()
            self.read(self.count, value)
            self.count += 1
            print(f"{begin} {written - connected} {time.monotonic() - written} {connected - begin}", flush=True)
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    Good(sys.argv[1]).live()
