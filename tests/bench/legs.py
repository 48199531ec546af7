"""What was measured: a line for each leg, in a file that outlives runs and binaries.

Owns: the file's lines, which legs make a block and which two a pair, the builds that lines are of. Does not own: what a leg is. A kill
leaves half a line or half a block, and neither is ever taken for a whole one. To look changes nothing, so it may be done while a run adds;
only one run at a time adds (`run` sees to it).
"""

import json
import os
import time
from dataclasses import dataclass

import stats

# The first of a pair is not always the same: what drifts meets both.
ORDER = ("peer", "ours", "ours", "peer")


@dataclass(frozen=True)
class Pair:
    """Figures of two legs that followed one another, and of the machine at that time."""

    ours: dict
    peers: dict
    limits: dict
    is_steady: bool
    others_cpu_share: float


class Legs:
    """The lines of one run: dose, binary, driver, heap and memory. Lines of another one are others' and stay."""

    def __init__(self, path, run, all_lines=None):
        self.path, self.run = path, run
        # Legs of a block that was broken off are of another session and make no pair with later ones.
        self.session = time.time_ns()
        self.all_lines = self.read() if all_lines is None else all_lines
        self.lines = [one for one in self.all_lines if one["run"] == run]
        self.has_added = False

    def read(self):
        """Whole lines only: what a killed run left half, or another is about to write, is none."""
        if not os.path.exists(self.path):
            return []
        with open(self.path) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def rewrite(self, lines):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path + ".new", "w") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        os.replace(self.path + ".new", self.path)

    def add(self, **leg):
        leg |= {"run": self.run, "session": self.session}
        if not self.has_added:
            # A run that was killed may have left half a line, to which nothing must be added.
            self.rewrite(self.read())
            self.has_added = True
        with open(self.path, "a") as file:
            file.write(json.dumps(leg) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.lines.append(leg)
        self.all_lines.append(leg)

    def forget(self, numbers):
        """Takes the lines of some rows out of the file, those of this run only."""
        numbers = set(numbers)

        def keep(line):
            return line["run"] != self.run or line["row"] not in numbers

        self.rewrite(filter(keep, self.read()))
        self.lines, self.all_lines = list(filter(keep, self.lines)), list(filter(keep, self.all_lines))

    def of(self, number):
        return [one for one in self.lines if one["row"] == number]

    def probes(self):
        """What the machine was like each time that legs of this run began to be measured."""
        return {one["session"]: one["probe"] for one in self.lines if one["kind"] == "probe"}

    def probe(self, number=None):
        """The last of them, or the one that a row's last block had; none where nothing was measured."""
        probes = self.probes()
        sessions = [legs[0]["session"] for legs in self.blocks(number).values()] if number else list(probes)
        return probes[max(sessions)] if sessions else None

    def blocks(self, number):
        """Whole blocks: the four legs of each, in their order."""
        found = {}
        for leg in self.of(number):
            if leg["kind"] == "leg":
                found.setdefault((leg["block"], leg["session"]), []).append(leg)
        whole = {block: legs for (block, _), legs in sorted(found.items()) if [leg["position"] for leg in legs] == list(range(len(ORDER)))}
        return whole

    def limits(self, number, block, session):
        """What the machine could do when a block began."""
        for one in self.of(number):
            if one["kind"] == "limits" and (one["block"], one["session"]) == (block, session):
                return one["limits"]
        return {}

    def pairs(self, number):
        """Two of each whole block."""
        found = []
        for block, four in self.blocks(number).items():
            limits = self.limits(number, block, four[0]["session"])
            for two in (four[:2], four[2:]):
                ours, theirs = sorted(two, key=lambda leg: leg["who"] != "ours")
                moods = [mood for leg in two for mood in leg["disk_micros"]]
                busy = max(leg["others_cpu_share"] for leg in two)
                found.append(Pair(ours["figures"], theirs["figures"], limits, stats.steady(moods), busy))
        return found

    def like(self):
        """The runs that differ from this one by nothing but our binary, the latest last: {binary: its own legs}."""
        found = {}
        for line in self.all_lines:
            if {**line["run"], "ours": ""} == {**self.run, "ours": ""}:
                found.pop(line["run"]["ours"], None)
                found[line["run"]["ours"]] = None
        return {binary: self.other({**self.run, "ours": binary}) for binary in found}

    def other(self, run):
        """The lines of another run in the same file."""
        return Legs(self.path, run, self.all_lines)

    def named(self, word):
        """The legs of a build: by the beginning of its binary's fingerprint, or of the commit that was checked out."""
        def is_called(binary, legs):
            return binary.startswith(word) or any(probe["tree"].startswith(word) for probe in legs.probes().values())

        like = self.like()
        found = [legs for binary, legs in like.items() if is_called(binary, legs)]
        if len(found) != 1:
            there = " ".join(like) or "none"
            raise SystemExit(f"{len(found) or 'no'} builds of this dose, driver, heap and memory are called '{word}'; there are: {there}")
        return found[0]
