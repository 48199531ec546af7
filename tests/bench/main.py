"""Pairs A-B-B-A of ourselves and a peer, row by row; what was measured before is kept and not measured again.

Owns: the order of legs, warm-up, what a run is, where results lie. Does not own: what may be asked for (`asked.py`), that one run at a
time measures (`run`), what a leg does (`rows.py`, `rows_cold.py`), brokers (`peers.py`), the log of legs (`legs.py`), arithmetic
(`stats.py`), tables and chart (`report.py`), what the repository keeps (`published.py`), the proof that all this works (`check.py`).
"""

import contextlib
import glob
import hashlib
import json
import os
import shutil
import signal
import string
import sys
import tempfile
import time

import asked
import machine
import published
import report
import stats
from check import check
from harness.scenarios import say
from harness.world import STRATA
from legs import ORDER, Legs
from machine import BENCH, bench
from peers import Budget
from rows import ROWS, Dose
from rows_cold import COLD_ROWS

PLACE = os.environ.get("STRATA_BENCH", "target/bench")
ALL_ROWS = ROWS + COLD_ROWS
FULL = Dose("full", seconds=10.0, warm_seconds=60.0, scale=1.0)
QUICK = Dose("quick", seconds=2.0, warm_seconds=4.0, scale=0.02)
# What --quick does if no row is named: one of each kind, within five minutes.
QUICK_ROWS = ("1", "3", "5a", "6a", "10a", "12", "13")
# What decides what a figure means, beside the driver.
HOW = [os.path.join(os.path.dirname(__file__), name) for name in ("rows.py", "rows_cold.py", "peers.py", "machine.py")]


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


class Runner:
    def __init__(self, directory, legs, dose, pairs, budget):
        self.directory, self.legs, self.dose, self.budget = directory, legs, dose, budget
        self.blocks = pairs // 2
        self.world = None

    def world_of(self, row):
        if self.world is None or type(self.world) is not row.world:
            self.close()
            self.world = row.world(os.path.join(self.directory, f"world-{time.monotonic_ns()}"), self.budget)
        return self.world

    def close(self):
        if self.world:
            self.world.close()
            self.world = None

    def missing(self, row):
        """The blocks that are not there yet; where the disk's moods leave too few pairs, further ones, but not without end."""
        there = self.legs.blocks(row.number)
        blocks = self.blocks
        if row.world.waits_for_disk and 2 * blocks >= stats.PAIRS_LEAST and len(there) >= blocks:
            steady = sum(pair.is_steady for pair in self.legs.pairs(row.number))
            blocks = min(2 * blocks, len(there) + (steady < stats.PAIRS_LEAST))
        return [block for block in range(blocks) if block not in there]

    def run(self, row):
        """Whether the row has its figures, and no wrong answer."""
        if any(leg["kind"] == "void" for leg in self.legs.of(row.number)):
            # The same binaries gave a wrong answer: that another run does not meet it changes nothing.
            say(f"row {row.number} is void already; --anew {row.number} forgets that")
            return False
        if not self.missing(row):
            say(f"row {row.number} is there already")
            return True
        say(f"row {row.number}: {row.title}")
        try:
            world = self.world_of(row)
            for who in dict.fromkeys(ORDER):
                self.warm(row, world, row.peer if who == "peer" else "ours")
            while missing := self.missing(row):
                self.block(row, world, missing[0])
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
        self.legs.add(kind="limits", row=row.number, block=block, limits=row.limits(world, self.dose))
        for position, who in enumerate(ORDER):
            kind = row.peer if who == "peer" else "ours"
            busy = machine.others_cpu_share(min(0.5, self.dose.seconds / 4))
            before = machine.disk_micros(self.directory)
            begin = time.monotonic()
            figures = row.leg(world, kind, self.dose)
            took = time.monotonic() - begin
            moods = [before, machine.disk_micros(self.directory)]
            self.legs.add(kind="leg", row=row.number, block=block, position=position, who=who, peer=kind, figures=figures, disk_micros=moods,
                          others_cpu_share=busy, took=took)
            shown = ", ".join(f"{goal.figure} {report.number(figures[goal.figure])}" for goal in row.goals if goal.figure in figures)
            say(f"  {row.number} [{block + 1}/{max(self.blocks, block + 1)}] {kind}: {shown}")


def chosen(words, is_quick):
    if not words:
        return [row for row in ALL_ROWS if (row.number in QUICK_ROWS if is_quick else not row.is_named)]
    found = []
    for word in words:
        some = [row for row in ALL_ROWS if row.number == word or (row.number.rstrip(string.ascii_lowercase) == word and not row.is_named)]
        if not some:
            raise SystemExit(f"there is no row '{word}'; the rows are: {' '.join(row.number for row in ALL_ROWS)}")
        found += [row for row in some if row not in found]
    return found


def in_order(rows):
    """Rows of one world together: its brokers are started once and stay warm."""
    worlds = list(dict.fromkeys(row.world for row in ALL_ROWS))
    return sorted(rows, key=lambda row: (worlds.index(row.world), ALL_ROWS.index(row)))


def write(directory, **files):
    os.makedirs(directory, exist_ok=True)
    for name, content in files.items():
        path = os.path.join(directory, name.replace("_", "."))
        with open(path + ".new", "w") as file:
            file.write(content + "\n")
        # A look and a run may both be at it.
        os.replace(path + ".new", path)


def tell(legs, rows, probe):
    """The table of these rows on the screen; table, chart and JSON of all that this build has as files, and once more in a place of
    its own, which the next build leaves alone."""
    headings = report.heading(probe, legs.run)
    print(report.table(report.summarise(rows, legs), headings), flush=True)
    found = report.summarise([row for row in ALL_ROWS if legs.of(row.number)], legs)
    limits = [one["limits"] for one in legs.of("machine")]
    results = json.dumps({"run": legs.run, "probe": probe, "machine": limits[-1] if limits else {}, "rows": found}, indent=1)
    for place in (PLACE, os.path.join(PLACE, "builds", f"{legs.run['ours']}-{legs.run['dose']}")):
        write(place, table_md=report.table(found, headings), table_svg=report.chart(found), results_json=results)


def compare(legs, word, rows):
    """An earlier build and this one, side by side: words before and after a colon name two others."""
    before, _, after = word.partition(":")
    both = [legs.named(before), legs.named(after) if after else legs]
    if both[0].run == both[1].run:
        raise SystemExit(f"'{word}' names one build twice: {both[0].run['ours']}; --builds tells what there is")
    for one, name in zip(both, (before, after or "this binary")):
        if not one.probe():
            raise SystemExit(f"nothing was measured of {name} with this driver, dose, heap and memory")
    text = report.comparison(*(report.summarise(rows, one) for one in both), [report.heading(one.probe(), one.run) for one in both])
    print(text)
    write(PLACE, compare_md=text)


def publish(legs, rows):
    """What was measured of these rows at the full dose, into the repository: the others that are there stay as they are."""
    def is_whole(row):
        return len(legs.pairs(row.number)) >= stats.PAIRS_LEAST and not any(leg["kind"] == "void" for leg in legs.of(row.number))

    whole = [row for row in rows if is_whole(row)]
    if not whole:
        least = f"{stats.PAIRS_LEAST} pairs without a wrong answer"
        raise SystemExit(f"of the build {legs.run['ours']} no row has {least}: nothing is published; --builds tells what there is")
    left_out = [row.number for row in rows if row not in whole]
    if left_out:
        say(f"not published, for they are void or have fewer than {stats.PAIRS_LEAST} pairs: {' '.join(left_out)}")
    found = report.summarise(whole, legs)
    names = published.publish([{**one, "probe": legs.probe(one["row"]), "run": legs.run} for one in found], [row.number for row in ALL_ROWS])
    say(f"{len(found)} rows are in {', '.join(names)}")


def list_builds(legs):
    """What can be compared: builds measured with this driver, dose, heap and memory, the latest last."""
    for binary, one in legs.like().items():
        probe = one.probe() or {}
        counts = {row.number: len(one.pairs(row.number)) for row in ALL_ROWS if one.of(row.number)}
        shown = " ".join(f"{number}:{count}" for number, count in counts.items())
        this = " (this binary)" if binary == legs.run["ours"] else ""
        print(f"{binary}{this}  tree {probe.get('tree', '?')}  {probe.get('at', '?')}  pairs of rows: {shown or 'none'}")
    others = {json.dumps(one["run"], sort_keys=True) for one in legs.all_lines if {**one["run"], "ours": ""} != {**legs.run, "ours": ""}}
    if others:
        print(f"{len(others)} more were measured with another driver, dose, heap or memory, and cannot be compared with these: {PLACE}/builds")


def run_of(options):
    """What makes figures comparable: legs of another run are not mixed with these."""
    dose = QUICK if options.quick else FULL
    budget = Budget(options.heap, machine.bytes_of(options.memory))
    run = {
        "dose": dose.name, "seconds": dose.seconds, "ours": fingerprint(STRATA), "driver": fingerprint(BENCH, *HOW),
        "heap": options.heap, "memory": options.memory,
    }
    return dose, budget, Legs(os.path.join(PLACE, "legs.jsonl"), run)


def measure(options, rows):
    dose, budget, legs = run_of(options)
    begin = time.monotonic()
    if options.anew:
        legs.forget(row.number for row in rows)
    bad = []
    with workdir() as directory:
        probe = machine.probe(directory)
        if os.environ.get("STRATA_NAMED"):
            # What is checked out says nothing of a binary that was named.
            probe["tree"] = "unknown"
        legs.add(kind="probe", row="", probe=probe)
        say(f"{probe['cores']} cores, {probe['processor']}, kernel {probe['kernel']}, 16 KiB flushed in {probe['flush_16k_micros']:.0f} µs. {probe['pinning']}")
        if probe["others_cpu_share"] > stats.OTHERS_MOST:
            say(f"others use {probe['others_cpu_share']:.0%} of the processors: these figures show that it works, not how fast anything is")
        if dose is FULL:
            say(f"{machine.touch_memory() >> 20:,} MiB of memory were touched")
        legs.add(kind="limits", row="machine", limits=bench("limits", directory=directory, seconds=dose.limit_seconds()))
        runner = Runner(directory, legs, dose, options.pairs or (2 if options.quick else 8), budget)
        left = [row.number for row in rows if runner.missing(row)]
        if left and dose is FULL and not options.pairs:
            say(f"to be measured, most in five to ten minutes: {' '.join(left)}; Ctrl-C stops, and the same command goes on")
        try:
            bad = [row.number for row in rows if not runner.run(row)]
        finally:
            runner.close()
            tell(legs, rows, probe)
    minutes, seconds = divmod(int(time.monotonic() - begin), 60)
    say(f"took {minutes} min {seconds:02} s")
    if bad:
        raise SystemExit(f"void: {' '.join(bad)}")


def look(options, rows):
    """What needs no broker: it reads the legs, also while a run adds to them, and shows them."""
    _, _, legs = run_of(options)
    if options.builds:
        list_builds(legs)
    elif options.compare:
        compare(legs, options.compare, rows)
    elif options.publish:
        publish(legs, rows)
    elif not legs.probe():
        raise SystemExit("nothing was measured yet with these binaries, these rows' code, this dose, heap and memory")
    else:
        tell(legs, rows, legs.probe())


def main(words):
    # As for Ctrl-C: brokers end and directories go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = asked.options(words)
    rows = in_order(chosen(options.rows, options.quick))
    mode = asked.mode(options)
    if options.tell_mode:
        print(mode)
    elif mode == asked.LIST:
        for row in ALL_ROWS:
            named = " (when named)" if row.is_named else ""
            print(f"{row.number:4} {row.title}; {row.world.name}; against {row.peer}{named}")
    elif mode == asked.CHECK:
        with workdir() as directory:
            check(directory, Runner)
    elif mode == asked.LOOK:
        look(options, rows)
    else:
        measure(options, rows)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        raise SystemExit("stopped; the same command goes on") from None
