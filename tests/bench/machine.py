"""What a process has used, what the machine is, and what it can do at most.

Owns: reading /proc, the disk's mood, the limits that the driver measures, how much memory a broker may have. Does not own: rows and
ratios.
"""

import json
import mmap
import os
import platform
import resource
import shutil
import subprocess
import time

from harness.process import run

BENCH = os.environ.get("BENCH", "target/release/bench")
TICKS = os.sysconf("SC_CLK_TCK")


def bench(command, at_most=600, **options):
    """Runs the driver: its JSON value. What it finds wrong comes as a failure."""
    words = [BENCH, command]
    for name, value in options.items():
        if value is not None:
            words += [f"--{name.replace('_', '-')}", str(value).lower() if isinstance(value, bool) else str(value)]
    return json.loads(run(words, at_most, {"RUST_BACKTRACE": "0"})[1].splitlines()[-1])


def cpu_seconds(pid):
    """User and system time of a process so far, all of its threads, those that have ended too."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def status(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(line.split(":", 1) for line in file if ":" in line)


def resident_bytes(pid):
    return int(status(pid)["VmRSS"].split()[0]) * 1024


def settled_bytes(pid, seconds=20):
    """Resident memory once three looks half a second apart agree within one part in two hundred, or when time is up."""
    looks, deadline = [], time.monotonic() + seconds
    while time.monotonic() < deadline:
        looks.append(resident_bytes(pid))
        if len(looks) > 2 and max(looks[-3:]) - min(looks[-3:]) <= looks[-1] // 200:
            break
        time.sleep(0.5)
    return looks[-1]


def bytes_of(text):
    """512m, 4g; none is no limit."""
    if text == "none":
        return None
    return int(text[:-1]) << {"k": 10, "m": 20, "g": 30}[text[-1].lower()]


def limit_memory(pid, most):
    """What a process may have of memory that is its own: heap, stacks, compiled code. It ends where it asks for more."""
    if most is not None:
        resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))


def touch_memory(share=0.9, most=None):
    """A host gives its guest memory when it is first touched, and that costs more than to write to it: done before anything is
    measured. What other processes and the page cache have was touched by them."""
    free = int(first_line("/proc/meminfo", "MemFree").split()[0]) * 1024
    size = int(min(free * share, most or free)) // mmap.PAGESIZE * mmap.PAGESIZE
    with mmap.mmap(-1, size) as memory:
        memory[:: mmap.PAGESIZE] = b"\1" * (size // mmap.PAGESIZE)
    return size


class Clock:
    """Processor time and time of a process from here on."""

    def __init__(self, pid):
        self.pid = pid
        self.cpu = cpu_seconds(pid)
        self.begin = time.monotonic()

    def cpu_used(self):
        return cpu_seconds(self.pid) - self.cpu

    def seconds(self):
        return time.monotonic() - self.begin


def disk_micros(directory, count=25):
    """Median of some small appends with a flush: tells in which mood the disk is."""
    path = os.path.join(directory, "mood")
    piece, times = b"\x5a" * 16384, []
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    try:
        for _ in range(count):
            begin = time.perf_counter()
            os.write(file, piece)
            os.fdatasync(file)
            times.append(time.perf_counter() - begin)
    finally:
        os.close(file)
        os.remove(path)
    return sorted(times)[count // 2] * 1e6


def others_cpu_share(seconds=1.0):
    """The part of all processors that is busy while we do nothing: above some hundredths nothing measured is worth much."""

    def look():
        with open("/proc/stat") as stat:
            fields = [int(field) for field in stat.readline().split()[1:9]]
        return sum(fields), fields[3] + fields[4]

    all_before, idle_before = look()
    time.sleep(seconds)
    all_after, idle_after = look()
    return 1 - (idle_after - idle_before) / max(1, all_after - all_before)


def first_line(path, beginning):
    with open(path) as file:
        for line in file:
            if line.startswith(beginning):
                return line.split(":", 1)[1].strip()
    return None


def said_by(*command):
    """The first line that a program says, or that there is none."""
    if not shutil.which(command[0]):
        return "none"
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[0] if done.returncode == 0 else "none"


def pinning():
    """Where this process, and all that it starts, may run."""
    mine, all_of_them = sorted(os.sched_getaffinity(0)), os.cpu_count()
    if len(mine) == all_of_them:
        return f"Nothing is pinned: brokers and clients share all {all_of_them} processors"
    return f"Brokers and clients share processors {', '.join(map(str, mine))} of {all_of_them}"


def probe(directory):
    return {
        "pinning": pinning(),
        "java": said_by("java", "-version"),
        "tree": said_by("git", "describe", "--always", "--dirty"),
        "kernel": platform.release(),
        "processor": first_line("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory": first_line("/proc/meminfo", "MemTotal"),
        "file_system": run(["stat", "-f", "-c", "%T", directory])[1].strip(),
        "flush_16k_micros": disk_micros(directory),
        "others_cpu_share": others_cpu_share(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
