"""What was measured: a line for each leg, in a file that outlives runs and binaries.

Owns: the file's lines, which legs make a block and which two a pair, the builds that lines are of. Does not own: what a leg is. A kill
leaves half a line or half a block, and neither is ever taken for a whole one.
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

    def __init__(self, path, run):
        self.path, self.run = path, run
        # Legs of a block that was broken off are of another session and make no pair with later ones.
        self.session = time.time_ns()
        self.all_lines = []
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.exists(path):
            # A run that was killed may have left half a line, to which nothing must be added.
            self.rewrite(lambda line: True)
            with open(path) as file:
                self.all_lines = list(map(json.loads, file))
        self.lines = [one for one in self.all_lines if one["run"] == run]

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
        self.all_lines.append(leg)

    def forget(self, numbers):
        """Takes the lines of some rows out of the file, those of this run only."""
        numbers = set(numbers)

        def keep(line):
            return line["run"] != self.run or line["row"] not in numbers

        if os.path.exists(self.path):
            self.rewrite(keep)
        self.lines, self.all_lines = list(filter(keep, self.lines)), list(filter(keep, self.all_lines))

    def of(self, number):
        return [one for one in self.lines if one["row"] == number]

    def probe(self):
        """What the machine was like when the last of this run began; none where nothing was measured."""
        probes = [one["probe"] for one in self.lines if one["kind"] == "probe"]
        return probes[-1] if probes else None

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
        """The lines of another run in the same file, to be read."""
        other = object.__new__(Legs)
        other.path, other.run, other.session, other.all_lines = self.path, run, self.session, self.all_lines
        other.lines = [one for one in self.all_lines if one["run"] == run]
        return other

    def named(self, word):
        """The legs of a build: by the beginning of its binary's fingerprint, or of the commit that was checked out."""
        found = [legs for binary, legs in self.like().items() if binary.startswith(word) or ((legs.probe() or {}).get("tree", "")).startswith(word)]
        if len(found) != 1:
            raise SystemExit(f"{len(found)} builds of this dose, driver, heap and memory are called '{word}'; --builds names them")
        return found[0]
