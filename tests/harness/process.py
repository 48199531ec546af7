"""Child processes that never outlive their test.

Owns: starting, ending and reading processes; free ports; waiting with a deadline. A killed test leaves nothing running:
each child asks the kernel to be killed with its parent.
"""

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
# Of its own: a campaign's seed must not lead two of its processes to the same port.
_chance = random.SystemRandom()


class Failure(AssertionError):
    """What a scenario expected and did not see."""


def expect(condition, message):
    if not condition:
        raise Failure(message)


def expect_equal(got, wanted, what):
    if got != wanted:
        raise Failure(f"{what}: {short(got)} instead of {short(wanted)}")


def short(value, most=400):
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def wait_until(check, what, seconds=30.0, pause=0.05, transient=()):
    """The first true value of `check`, which is asked again until the deadline.

    What `check` raises ends the wait, for it may be what the test is there to find. Only the errors that `transient` names are
    asked again: classes, or a function that knows them. A `Failure` never is.
    """
    deadline = time.monotonic() + seconds
    error = None
    while time.monotonic() < deadline:
        try:
            value = check()
            if value:
                return value
            error = None
        except Exception as caught:
            is_transient = transient(caught) if not isinstance(transient, tuple) else isinstance(caught, transient)
            if isinstance(caught, Failure) or not is_transient:
                raise
            error = caught
        time.sleep(pause)
    raise Failure(f"after {seconds:.0f} s still not: {what}" + (f" ({error!r})" if error else ""))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def free_low_port():
    """A port that no client's end of a connection takes while its server is away: not one of those that the kernel gives out."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        low, high = map(int, file.read().split())
    below, above = range(min(20000, max(1024, low - 12000)), min(32000, low)), range(high + 1, 65536)
    ports = max(below, above, key=len)
    expect(len(ports) >= 1000, f"the kernel gives out nearly all ports to clients ({low} to {high}): net.ipv4.ip_local_port_range")
    while True:
        port = _chance.choice(ports)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def die_with_parent():
    """For a process of this interpreter."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def dying_with_parent(command):
    """The command, killed once the thread that starts it is gone. Python's own way runs its code in a child of many threads, which may hang."""
    if shutil.which(str(command[0])) is None:
        raise FileNotFoundError(f"there is no command {command[0]}")
    return ["setpriv", "--pdeathsig", "KILL", *map(str, command)]


class Child:
    """A process whose standard error goes to a file and whose standard output is kept line by line."""

    def __init__(self, name, command, log, env=None, cwd=None):
        self.name = name
        self.log = log
        self.lines = []
        self._log = open(log, "ab")
        self._log.write(f"--- {' '.join(map(str, command))}\n".encode())
        self._log.flush()
        self.process = subprocess.Popen(
            dying_with_parent(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    @property
    def running(self):
        return self.process.poll() is None

    def wait_line(self, beginning, seconds=60.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if line.startswith(beginning):
                    return line
            if not self.running:
                self._reader.join(2)
                if not any(line.startswith(beginning) for line in self.lines):
                    raise Failure(f"{self.name} ended with {self.process.returncode} before it said '{beginning}': {self.tail()}")
                continue
            time.sleep(0.02)
        raise Failure(f"{self.name} did not say '{beginning}' within {seconds:.0f} s: {self.tail()}")

    def tail(self, lines=12):
        with open(self.log, "rb") as log:
            text = log.read()[-8000:].decode(errors="replace")
        return "\n    ".join(["", *text.splitlines()[-lines:]])

    def end(self, how=signal.SIGTERM, seconds=30.0):
        """Ends the process and returns its exit code."""
        if self.running:
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f"{self.name} did not end within {seconds:.0f} s of signal {int(how)}: {self.tail()}") from None
        finally:
            self._reader.join(2)

    def discard(self):
        if self.running:
            self.process.kill()
            self.process.wait()
        self._log.close()


def run(command, seconds=90, env=None, input=None, check=True, cwd=None):
    """Runs a command to its end; returns (exit code, standard output, standard error)."""
    try:
        done = subprocess.run(
            dying_with_parent(command),
            input=input.encode() if isinstance(input, str) else input,
            stdin=None if input is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
    except subprocess.TimeoutExpired as late:
        said = b"".join(filter(None, (late.stderr, late.stdout))).decode(errors="replace")
        raise Failure(f"{' '.join(map(str, command[-8:]))} did not end within {seconds:.0f} s: {said[-1500:]}") from None
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    if check and done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command[-8:]))} ended with {done.returncode}: {err[-1500:]}{out[-1500:]}")
    return done.returncode, out, err
