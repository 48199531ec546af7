"""What can be wrong with a store for a while, each as a beginning, a middle and an end.

Owns: the store's process and the way to it. Does not own: load and checks (`main.py`).
"""

import os
import signal
import socket
import sys
import time

from harness.process import Child, expect
from harness.world import Minio

WRONG_SECRET = "another-secret-meanwhile"
KILLED_SECONDS, ALIVE_SECONDS = 2.0, 1.0
# Each piece of 64 KiB waits so long, and each direction carries so many bytes a second in all.
SLOW_MS, SLOW_BYTES = 150, 400_000


class Store:
    """MinIO, and the proxy through which the broker comes to it."""

    def __init__(self, directory):
        self.minio = Minio(directory)
        self.directory = directory
        self.proxy = None

    def start(self):
        self.minio.start()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "proxy.py")
        self.proxy = Child("proxy", [sys.executable, script, str(self.minio.port)], os.path.join(self.directory, "proxy.log"))
        _, port, control = self.proxy.wait_line("ready ").split()
        self.endpoint, self._control = f"http://127.0.0.1:{port}", ("127.0.0.1", int(control))
        return self

    def proxy_does(self, *words):
        """Sets what the proxy does; returns its counts."""
        with socket.create_connection(self._control, 10) as control:
            control.sendall((" ".join(map(str, words)) + "\n").encode())
            with control.makefile() as answer:
                counts = answer.readline().split()
        expect(counts, f"the proxy does not answer: {self.proxy.tail()}")
        return {name: int(count) for name, count in (one.split("=") for one in counts)}

    def kill(self):
        self.minio.child.end(signal.SIGKILL)
        self.minio.discard()

    def signal(self, number):
        os.kill(self.minio.child.process.pid, number)

    def discard(self):
        if self.minio.child and self.minio.child.running:
            self.signal(signal.SIGCONT)
        self.minio.discard()
        if self.proxy:
            self.proxy.discard()


class Fault:
    """The default is a store that nobody touches."""

    name = ""
    about = ""
    # Share of the time, in seconds of the default dose.
    seconds = 6.0
    # Whether nothing at all reaches the bucket meanwhile, so that a backlog must grow and cold fetches must be told.
    is_total = True

    def __init__(self, world):
        self.world, self.store = world, world.store

    def begin(self):
        raise NotImplementedError

    def tick(self):
        """Asked again and again until it is over."""

    def end(self):
        raise NotImplementedError

    def told(self):
        return ""


class Killed(Fault):
    name, about, seconds = "killed", "killed and started again, over and over", 9.0
    is_total = False

    def begin(self):
        self.kills = 0
        self.next_at = 0.0
        self.is_up = True

    def tick(self):
        if time.monotonic() < self.next_at:
            return
        if self.is_up:
            self.store.kill()
            self.kills += 1
        else:
            self.store.minio.start()
        self.is_up = not self.is_up
        self.next_at = time.monotonic() + (ALIVE_SECONDS if self.is_up else KILLED_SECONDS)

    def end(self):
        if not self.is_up:
            self.store.minio.start()

    def told(self):
        return f"{self.kills} kills"


class Paused(Fault):
    name, about, seconds = "paused", "accepts connections and never answers", 16.0

    def begin(self):
        self.store.signal(signal.SIGSTOP)

    def end(self):
        self.store.signal(signal.SIGCONT)


class Slow(Fault):
    name, about, seconds = "slow", f"{SLOW_MS} ms for each piece, {SLOW_BYTES // 1000} KB/s in all", 8.0
    is_total = False

    def begin(self):
        self.slowed = self.store.proxy_does("slow", SLOW_MS, SLOW_BYTES)["slowed"]

    def end(self):
        self.slowed = self.store.proxy_does("pass")["slowed"] - self.slowed
        expect(self.slowed > 0, "nothing went through the slow proxy")

    def told(self):
        return f"{self.slowed} pieces"


class Overloaded(Fault):
    name, about = "overloaded", "503 SlowDown to every request"

    def begin(self):
        self.refused = self.store.proxy_does("overloaded")["refused"]

    def end(self):
        self.refused = self.store.proxy_does("pass")["refused"] - self.refused
        expect(self.refused > 0, "nothing was refused")

    def told(self):
        return f"{self.refused} refused"


class Credentials(Fault):
    name, about = "credentials", "takes our credentials for wrong"

    def begin(self):
        self.store.kill()
        self.store.minio.start(WRONG_SECRET)

    def end(self):
        self.store.kill()
        self.store.minio.start()


class Reborn(Fault):
    """The broker itself dies and starts while the bucket is away."""

    name, about, seconds = "reborn", "away, and the broker is killed and starts without it", 5.0

    def begin(self):
        self.store.kill()
        self.world.rebirth()

    def end(self):
        self.store.minio.start()


FAULTS = [Killed, Paused, Slow, Overloaded, Credentials, Reborn]
