"""What the broker's process holds: memory, files, sockets, threads, files on disk; whether that grows.

Owns: samples, the line fit, the chart. Does not own: when samples are taken, or what else must hold.
The bounds are gross: they find what leaks, not what breathes.
"""

import json
import os
import statistics

MIB = 1024 * 1024
# name: (unit, divisor, growth that a window may always show, share of the level that it may show)
GAUGES = {
    # What malloc has handed out: a leak shows here first.
    "heap": ("MiB handed out", MIB, 8 * MIB, 0.15),
    # Memory of its own: what malloc keeps between what it has handed out grows for minutes, up to three times as much. Pages of
    # the binary beside it come as code is first run, and go as the kernel likes.
    "anon": ("MiB of its own", MIB, 24 * MIB, 0.4),
    "rss": ("MiB resident", MIB, 36 * MIB, 0.4),
    "files": ("open files", 1, 40, 0.25),
    "sockets": ("sockets", 1, 20, 0.25),
    "threads": ("threads", 1, 10, 0.25),
    # Segments are as many as retention and the clients' pace leave; what is beside them must not pile up.
    "beside": ("files on disk beside segments", 1, 40, 0.3),
}
SAMPLES_MIN = 15
WIDTH, PANEL, MARGIN = 720, 90, 60


def sample(node):
    """One look at the process, its directory and its own figures; None if it ends meanwhile."""
    pid = node.child.process.pid
    try:
        with open(f"/proc/{pid}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        links = _links(pid)
    except OSError:
        return None
    metrics = node.metrics()
    return {
        "heap": metrics["strata_heap_used_bytes"],
        "cached": metrics["strata_cache_memory_bytes"],
        "anon": int(fields["RssAnon"].split()[0]) * 1024,
        "rss": int(fields["VmRSS"].split()[0]) * 1024,
        "files": sum(link.startswith("/") for link in links),
        "deleted": sum(link.endswith(" (deleted)") for link in links),
        "sockets": sum(link.startswith("socket:") for link in links),
        "threads": int(fields["Threads"]),
        **_on_disk(node.data),
    }


def _on_disk(data):
    """Log segments, and the files that belong to none: checkpoints, snapshots left behind, caches, the journal, whatever."""
    segments = beside = 0
    for _, _, files in os.walk(data):
        bases = {name.removesuffix(".log") for name in files if name.endswith(".log")}
        segments += len(bases)
        beside += sum(name.partition(".")[0] not in bases for name in files)
    return {"segments": segments, "beside": beside}


def _links(pid):
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            continue  # Closed between the two calls.
    return found


def told(one):
    return ", ".join(f"{one[name] / divisor:.0f} {unit}" for name, (unit, divisor, _, _) in GAUGES.items())


class Series:
    """Samples over all lives of the broker; seconds count from the beginning of the run."""

    def __init__(self):
        self.samples = []
        self.restarts = []

    def add(self, seconds, one):
        self.samples.append({"seconds": round(seconds, 1), **one})

    @property
    def last(self):
        return self.samples[-1]

    def growth(self, since, until):
        """By gauge: (mean level, growth over the window by a line of least squares); None with too few samples."""
        window = [one for one in self.samples if since <= one["seconds"] <= until]
        if len(window) < SAMPLES_MIN:
            return None
        at = [one["seconds"] for one in window]
        found = {}
        for name in GAUGES:
            values = [one[name] for one in window]
            slope = statistics.linear_regression(at, values).slope
            found[name] = (statistics.fmean(values), slope * (at[-1] - at[0]))
        return found

    def save(self, path, warm, until):
        """The series as JSON, and a chart beside it."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(f"{path}.json", "w") as file:
            json.dump({"restarts": self.restarts, "window": [warm, until], "samples": self.samples}, file)
        with open(f"{path}.svg", "w") as file:
            file.write(self._chart(warm, until))

    def _chart(self, warm, until):
        end = max(1.0, self.samples[-1]["seconds"]) if self.samples else 1.0
        across = lambda seconds: MARGIN + seconds / end * (WIDTH - MARGIN - 10)
        height = PANEL * len(GAUGES) + 30
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="10"><rect width="100%" height="100%" fill="white"/>']
        if until > warm:
            parts.append(f'<rect x="{across(warm):.1f}" y="0" width="{across(until) - across(warm):.1f}" height="{PANEL * len(GAUGES)}" fill="#eef6ee"/>')
        for panel, (name, (unit, divisor, _, _)) in enumerate(GAUGES.items()):
            top, bottom = panel * PANEL + 16, (panel + 1) * PANEL - 6
            most = max([one[name] for one in self.samples] or [1]) or 1
            points = " ".join(f"{across(one['seconds']):.1f},{bottom - one[name] / most * (bottom - top):.1f}" for one in self.samples)
            parts.append(f'<text x="4" y="{top - 4}">{unit} (0 to {most / divisor:.0f})</text>')
            parts.append(f'<line x1="{MARGIN}" y1="{bottom}" x2="{WIDTH - 10}" y2="{bottom}" stroke="#999"/><polyline points="{points}" fill="none" stroke="#1a4f8a"/>')
        for seconds in self.restarts:
            parts.append(f'<line x1="{across(seconds):.1f}" y1="0" x2="{across(seconds):.1f}" y2="{PANEL * len(GAUGES)}" stroke="#c33" stroke-dasharray="3,3"/>')
        label = f"0 to {end:.0f} s; dashed: restarts; shaded: where it must be flat"
        parts.append(f'<text x="{MARGIN}" y="{height - 8}">{label}</text></svg>')
        return "\n".join(parts) + "\n"


def too_much(growth):
    """What of a window's growth no breathing excuses."""
    found = []
    for name, (level, grown) in growth.items():
        unit, divisor, always, share = GAUGES[name]
        if grown > max(always, share * level):
            found.append(f"{grown / divisor:+.1f} {unit} at a level of {level / divisor:.1f}")
    return found
