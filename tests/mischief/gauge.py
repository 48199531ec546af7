"""What the broker's process takes, and what its well-behaved client feels.

Owns: memory, sockets, files and threads of a process, sampled; the good client's process and its latencies; the wait until
everything is back where it was. Does not own: what is done to the broker.
"""

import dataclasses
import math
import os
import sys
import threading
import time

from harness.process import Child, Failure, expect
from harness.world import http

SAMPLE_SECONDS = 0.02


def mib(count):
    return f"{count / (1 << 20):.0f}"


@dataclasses.dataclass
class Figures:
    """One look at the process."""

    rss: int
    sockets: int
    files: int
    threads: int


def figures(pid):
    with open(f"/proc/{pid}/status") as status:
        rows = dict(line.split(":", 1) for line in status if ":" in line)
    sockets = files = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:"):
            sockets += 1
        else:
            files += 1
    return Figures(int(rows["VmRSS"].split()[0]) << 10, sockets, files, int(rows["Threads"]))


def memory(pid):
    """Resident memory; `statm` costs the process less than `status`."""
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Peak:
    """The largest resident memory while the block runs."""

    def __init__(self, pid):
        self.pid, self.rss = pid, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self._stop.is_set():
            try:
                self.rss = max(self.rss, memory(self.pid))
            except (FileNotFoundError, ProcessLookupError, ValueError):
                return
            self._stop.wait(SAMPLE_SECONDS)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


@dataclasses.dataclass
class Latency:
    """Round trips (connecting included) that began in a span of time."""

    count: int
    p50: float
    p99: float
    slowest: float


class GoodClient:
    """The process of `good.py`."""

    def __init__(self, node):
        here = os.path.dirname(os.path.abspath(__file__))
        self.child = Child("the good client", [sys.executable, os.path.join(here, "good.py"), node.bootstrap], os.path.join(node.directory, "good.log"))

    def check(self):
        if not self.child.running:
            raise Failure(f"the good client suffered: {self.child.tail(6)}")

    def goes_on(self, trips=3, seconds=60.0):
        """Waits for round trips that begin after the call."""
        begin, deadline = time.monotonic(), time.monotonic() + seconds
        while True:
            self.check()
            if self.latency(begin).count >= trips:
                return
            expect(time.monotonic() < deadline, f"the good client made no {trips} round trips within {seconds:.0f} s")
            time.sleep(0.02)

    def latency(self, begin, end=math.inf):
        trips = []
        for line in list(self.child.lines):
            at, *parts = map(float, line.split())
            if begin <= at < end:
                trips.append(sum(parts))
        if not trips:
            return Latency(0, math.inf, math.inf, math.inf)
        return Latency(len(trips), percentile(trips, 0.5), percentile(trips, 0.99), max(trips))

    def discard(self):
        self.child.discard()


# What must come back to nothing, or to what the good client needs.
PASSING = (
    "kafka_server_socketservermetrics_connection_count",
    "strata_request_memory_bytes",
    "strata_answer_memory_bytes",
    "strata_requests_in_flight",
    "kafka_coordinator_group_groupmetadatamanager_num",
)


def gauges(node):
    """The passing figures of /metrics."""
    status, text = http(f"http://{node.http}/metrics", 30)
    expect(status == 200, f"status of /metrics: {status}")
    rows = (line.rpartition(" ") for line in text.splitlines() if line.startswith(PASSING))
    return {name: float(value) for name, _, value in rows}
