"""Pairs A-B-B-A of ourselves and a peer, row by row; what was measured before is kept and not measured again.

Owns: the order of legs, warm-up, the log of legs (`legs.jsonl`), which pairs count. Does not own: what a leg does (`rows.py`,
`rows_cold.py`), brokers (`peers.py`), arithmetic (`stats.py`), the table and its chart (`report.py`).
"""

import argparse
import contextlib
import glob
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import machine
import report
import stats
from harness.process import Failure, expect
from harness.scenarios import say
from harness.world import STRATA
from machine import BENCH, bench
from rows import CPU_REQUEST, ROWS, Dose, Fetch, Goal, Latency, Produce, Topic
from rows_cold import COLD_ROWS

PLACE = os.environ.get("STRATA_BENCH", "target/bench")
ALL_ROWS = ROWS + COLD_ROWS
FULL = Dose("full", seconds=15.0, warm_seconds=60.0, scale=1.0)
QUICK = Dose("quick", seconds=2.0, warm_seconds=4.0, scale=0.02)
# What --quick does if no row is named: one of each kind, within five minutes.
QUICK_ROWS = ("1", "3", "5a", "6a", "10a", "12", "13", "26")
CHECK = Dose("check", seconds=0.5, warm_seconds=0.0, scale=0.01)
# What decides what a figure means, beside the driver.
HOW = [os.path.join(os.path.dirname(__file__), name) for name in ("rows.py", "rows_cold.py", "peers.py", "machine.py")]
# The first of a pair is not always the same: what drifts meets both.
ORDER = ("peer", "ours", "ours", "peer")


@contextlib.contextmanager
def workdir():
    """Gigabytes that go at the end, whatever the end is."""
    with tempfile.TemporaryDirectory(prefix="strata-bench-", ignore_cleanup_errors=True) as directory:
        yield directory


def fingerprint(*paths):
    sum_ = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            sum_.update(hashlib.file_digest(file, "sha256").digest())
    return sum_.hexdigest()[:16]


class Legs:
    """What was measured: a line for each leg. Lines of another binary, dose or heap are others' and stay."""

    def __init__(self, path, run):
        self.path, self.run = path, run
        # Legs of a block that was broken off are of another session and make no pair with later ones.
        self.session = time.time_ns()
        self.lines = []
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.exists(path):
            # A run that was killed may have left half a line, to which nothing must be added.
            self.rewrite(lambda line: True)
            with open(path) as file:
                self.lines = [one for one in map(json.loads, file) if one["run"] == run]

    def rewrite(self, keep):
        with open(self.path) as file:
            kept = [line for line in file if line.endswith("\n") and keep(json.loads(line))]
        with open(self.path + ".new", "w") as file:
            file.writelines(kept)
        os.replace(self.path + ".new", self.path)

    def add(self, **leg):
        leg |= {"run": self.run, "session": self.session}
        with open(self.path, "a") as file:
            file.write(json.dumps(leg) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.lines.append(leg)

    def forget(self, numbers):
        """Takes the lines of some rows out of the file."""
        numbers = set(numbers)
        if os.path.exists(self.path):
            self.rewrite(lambda leg: leg["row"] not in numbers)
        self.lines = [one for one in self.lines if one["row"] not in numbers]

    def of(self, number):
        return [one for one in self.lines if one["row"] == number]

    def blocks(self, number):
        """Whole blocks: the four legs of each, in their order."""
        found = {}
        for leg in self.of(number):
            if leg["kind"] == "leg":
                found.setdefault((leg["block"], leg["session"]), []).append(leg)
        whole = {block: legs for (block, _), legs in sorted(found.items()) if [leg["position"] for leg in legs] == list(range(len(ORDER)))}
        return whole

    def pairs(self, number):
        """(ours, peer's, steady) of whole blocks, two of each."""
        found = []
        for four in self.blocks(number).values():
            for two in (four[:2], four[2:]):
                ours, theirs = sorted(two, key=lambda leg: leg["who"] != "ours")
                moods = [mood for leg in two for mood in leg["disk_micros"]]
                found.append((ours["figures"], theirs["figures"], stats.steady(moods)))
        return found


class Runner:
    def __init__(self, directory, legs, dose, pairs, heap):
        self.directory, self.legs, self.dose, self.heap = directory, legs, dose, heap
        self.blocks = max(1, (pairs + 1) // 2)
        self.world = None

    def world_of(self, row):
        if self.world is None or type(self.world) is not row.world:
            self.close()
            self.world = row.world(os.path.join(self.directory, f"world-{time.monotonic_ns()}"), self.heap)
        return self.world

    def close(self):
        if self.world:
            self.world.close()
            self.world = None

    def run(self, row):
        """Whether the row has its figures, and no wrong answer."""
        if any(leg["kind"] == "void" for leg in self.legs.of(row.number)):
            # The same binaries gave a wrong answer: that another run does not meet it changes nothing.
            say(f"row {row.number} is void already; --anew {row.number} forgets that")
            return False
        missing = [block for block in range(self.blocks) if block not in self.legs.blocks(row.number)]
        if not missing:
            say(f"row {row.number} is there already")
            return True
        say(f"row {row.number}: {row.title}")
        try:
            world = self.world_of(row)
            for who in dict.fromkeys(ORDER):
                self.warm(row, world, row.peer if who == "peer" else "ours")
            self.legs.add(kind="limits", row=row.number, limits=row.limits(world, self.dose))
            for block in missing:
                self.block(row, world, block)
        except Exception as failure:  # also a client's, or a time that is up: told, kept, and the command fails
            # Nothing of a row with a wrong answer is believed, whatever came before it.
            self.legs.add(kind="void", row=row.number, reason=(str(failure) or repr(failure))[:2000])
            say(f"row {row.number} is VOID: {failure!r}")
            say(f"logs are kept in {self.keep_logs(row)}")
            self.close()
            return False
        return True

    def keep_logs(self, row):
        """What brokers and stores said, for who looks for the reason; their data goes."""
        place = os.path.join(PLACE, f"logs-{row.number}")
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place)
        for path in glob.glob(os.path.join(self.world.directory, "*.log")) if self.world else []:
            shutil.copy(path, place)
        return place

    def warm(self, row, world, kind):
        row.prepare(world, kind, self.dose)
        if kind == "plain reader" or (row.number, kind) in world.is_warm or not self.dose.warm_seconds:
            return
        world.is_warm.add((row.number, kind))
        if row.world.__name__ == "Alone":
            return
        # A JVM compiles what it runs often; ours only fills its memory.
        deadline = time.monotonic() + (self.dose.warm_seconds if kind == "kafka" else min(2.0, self.dose.warm_seconds))
        while time.monotonic() < deadline:
            row.leg(world, kind, self.dose)

    def block(self, row, world, block):
        for position, who in enumerate(ORDER):
            kind = row.peer if who == "peer" else "ours"
            before = machine.disk_micros(self.directory)
            begin = time.monotonic()
            figures = row.leg(world, kind, self.dose)
            took = time.monotonic() - begin
            moods = [before, machine.disk_micros(self.directory)]
            self.legs.add(kind="leg", row=row.number, block=block, position=position, who=who, peer=kind, figures=figures, disk_micros=moods, took=took)
            shown = ", ".join(f"{goal.figure} {report.number(figures[goal.figure])}" for goal in row.goals if goal.figure in figures)
            say(f"  {row.number} [{block + 1}/{self.blocks}] {kind}: {shown}")


def chosen(words, is_quick):
    if not words:
        return [row for row in ALL_ROWS if (row.number in QUICK_ROWS if is_quick else not row.is_named)]
    found = []
    for word in words:
        some = [row for row in ALL_ROWS if row.number == word or (row.number.rstrip("abc") == word and not row.is_named)]
        if not some:
            raise SystemExit(f"there is no row '{word}'; the rows are: {' '.join(row.number for row in ALL_ROWS)}")
        found += [row for row in some if row not in found]
    return found


def in_order(rows):
    """Rows of one world together: its brokers are started once and stay warm."""
    worlds = list(dict.fromkeys(row.world for row in ALL_ROWS))
    return sorted(rows, key=lambda row: (worlds.index(row.world), ALL_ROWS.index(row)))


def tell(legs, rows, probe):
    """The table on the screen; table, chart and JSON as files."""
    found = report.summarise(rows, legs)
    text = report.table(found, probe, legs.run)
    print(text, flush=True)
    for name, content in (("table.md", text), ("table.svg", report.chart(found)), ("results.json", json.dumps({"run": legs.run, "probe": probe, "rows": found}, indent=1))):
        with open(os.path.join(PLACE, name), "w") as file:
            file.write(content + "\n")


def version(command):
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip().splitlines()[0] if done.returncode == 0 else "none"


def measure(options):
    dose = QUICK if options.quick else FULL
    pairs = options.pairs or (2 if options.quick else 8)
    run = {"dose": dose.name, "ours": fingerprint(STRATA), "driver": fingerprint(BENCH, *HOW), "heap": options.heap}
    legs = Legs(os.path.join(PLACE, "legs.jsonl"), run)
    rows = in_order(chosen(options.rows, options.quick))
    if options.anew:
        legs.forget(row.number for row in rows)
    if options.table:
        probes = [one for one in legs.lines if one["kind"] == "probe"]
        if not probes:
            raise SystemExit("nothing was measured yet with these binaries, these rows' code, this dose and this heap")
        return tell(legs, rows, probes[-1]["probe"])
    bad = []
    with workdir() as directory:
        probe = machine.probe(directory)
        probe["java"] = version(["java", "-version"])
        legs.add(kind="probe", row="", probe=probe)
        say(f"{probe['cores']} cores, {probe['processor']}, kernel {probe['kernel']}, 16 KiB flushed in {probe['flush_16k_micros']:.0f} µs")
        if probe["others_cpu_share"] > 0.1:
            say(f"others use {probe['others_cpu_share']:.0%} of the processors: these figures show that it works, not how fast anything is")
        legs.add(kind="limits", row="machine", limits=bench("limits", directory=directory, seconds=min(1.0, dose.seconds / 4)))
        runner = Runner(directory, legs, dose, pairs, options.heap)
        try:
            bad = [row.number for row in rows if not runner.run(row)]
        finally:
            runner.close()
            tell(legs, rows, probe)
    if bad:
        raise SystemExit(f"void: {' '.join(bad)}")


def check():
    """Ourselves against ourselves: the driver, a world, pairs, ratios and the table, in seconds."""
    stats.self_check()
    rows = [
        Produce("1", "small requests", [Goal(CPU_REQUEST)], peer="ours again"),
        Produce("3", "large batches", [Goal("MB/s", "more")], peer="ours again", connections=4, record_bytes=1024, batch_records=200, bytes_max=64 << 20),
        Latency("6a", "open loop", [Goal("p50 µs")], peer="ours again"),
        Fetch("10a", "hot data", [Goal("GB/s", "more")], peer="ours again"),
    ]
    with workdir() as directory:
        legs = Legs(os.path.join(directory, "legs.jsonl"), {"dose": CHECK.name})
        runner = Runner(directory, legs, CHECK, 2, "1g")
        try:
            bad = [row.number for row in rows if not runner.run(row)]
            # A batch that was changed on its way is found, and its row would be void.
            broken_answer_is_found(runner.world_of(rows[0]))
        finally:
            runner.close()
        found = report.summarise(rows, legs)
        print(report.table(found, machine.probe(directory), legs.run))
        expect(report.chart(found).endswith("</svg>"), "the chart has an end")
        expect(not bad, f"void: {bad}")
        expect(all(one["figures"] and all(figure["ratio"]["pairs"] == 2 for figure in one["figures"]) for one in found), "each row has two pairs")
        again = Legs(legs.path, legs.run)
        expect(all(list(again.blocks(row.number)) == [0] for row in rows), "what was measured is found again")
        kill_is_survived(again)


def kill_is_survived(legs):
    """Half a block and half a line, as a kill leaves them, are no pair, and what comes after them is whole."""
    leg = {"kind": "leg", "row": "x", "block": 0, "figures": {"f": 2.0}, "disk_micros": [1, 1]}
    for position, who in enumerate(ORDER[:3]):
        legs.add(**leg, position=position, who=who)
    with open(legs.path, "a") as file:
        file.write('{"row": "x", ')
    again = Legs(legs.path, legs.run)
    expect(not again.blocks("x"), "half a block is no block")
    for position, who in enumerate(ORDER):
        again.add(**leg, position=position, who=who)
    once_more = Legs(legs.path, legs.run)
    expect(once_more.pairs("x") == [({"f": 2.0}, {"f": 2.0}, True)] * 2, "a block after a kill is whole")
    once_more.forget(["x"])
    expect(not Legs(legs.path, legs.run).of("x") and once_more.of("1"), "only what is named is forgotten")


def broken_answer_is_found(world):
    """The broker's file is changed under it; the driver must not take it for right."""
    node = world.node("ours")
    topic = Topic(node, 1)
    bench("produce", bootstrap=node.bootstrap, topic=topic.name, requests_max=50, seconds=20, record_bytes=1024, batch_records=500)
    topic.check(25_000)
    node.restart()
    topic.check(25_000)
    [log] = glob.glob(os.path.join(node.log_directory(), f"{topic.name}-0", "*.log"))
    with open(log, "r+b") as file:
        file.seek(os.path.getsize(log) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    for records in (25_000, 24_999):
        try:
            topic.check(records)
        except Failure:
            continue
        raise Failure(f"a changed byte, or {records} records, went unseen")


def main(words):
    # As for Ctrl-C: brokers end and directories go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="tests/bench/run")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    for name in ("quick", "anew", "table", "list", "check"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--heap", default="1g")
    options = parser.parse_args(words)
    if options.list:
        for row in ALL_ROWS:
            named = " (when named)" if row.is_named else ""
            print(f"{row.number:4} {row.title}; {row.world.name}; against {row.peer}{named}")
    elif options.check:
        check()
    else:
        measure(options)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit("stopped; the same command goes on") from None
