"""Instructions that the broker executes for a request or a gigabyte, counted by callgrind: free of the noise of a busy machine.

Owns: what is counted and how; the comparison of two binaries. Does not own: building them (`instructions`), the driver. Each
figure is a slope: the same load once and three times, so that what is done once (first appends, connections) falls out.
Counts are of user space only: what the kernel does for a system call is not in them.
"""

import argparse
import json
import os
import re
import sys
import tempfile

import peers
from harness import world
from harness.process import Failure, expect, run
from harness.scenarios import say
from machine import bench
from rows import Topic

GB = 1e9
# A count that rises by more is a loss.
LOSS = 1.02
SHOWN_FUNCTIONS = 12
# Valgrind runs one thread at a time, some fifty times slower.
SECONDS_MAX = 900
TOTAL = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)


class Counted(peers.Ours):
    """The broker inside callgrind, which counts nothing until it is told to."""

    def __init__(self, directory, binary):
        self.binary = binary
        self.place = directory
        super().__init__(directory, {"strata.log.durability": "os"})

    def start(self, seconds=300):
        # The binary's place is taken by a script, so that the harness starts it as any other.
        script = os.path.join(self.place, "strata-counted")
        out = os.path.join(self.place, "callgrind.out")
        with open(script, "w") as file:
            options = f"--tool=callgrind --instr-atstart=no --callgrind-out-file={out} --fair-sched=yes --quiet"
            file.write(f'#!/bin/sh\nexec valgrind {options} {self.binary} "$@"\n')
        os.chmod(script, 0o755)
        kept, world.STRATA = world.STRATA, script
        try:
            return super().start(seconds)
        finally:
            world.STRATA = kept

    def control(self, *words):
        return run(["callgrind_control", *words, str(self.pid)], SECONDS_MAX)[1]

    def counted(self, act):
        """What `act` gives, and the instructions meanwhile."""
        self.control("--zero")
        self.control("--instr=on")
        told = act()
        self.control("--instr=off")
        before = set(os.listdir(self.place))
        self.control("--dump")
        fresh = [name for name in set(os.listdir(self.place)) - before if name.startswith("callgrind.out")]
        expect(len(fresh) == 1, f"callgrind has written {fresh} and not one file")
        dump = os.path.join(self.place, fresh[0])
        with open(dump) as file:
            totals = TOTAL.findall(file.read())
        expect(totals, f"{dump} holds no total")
        return told, int(totals[-1]), dump


class Produced:
    def __init__(self, requests, unit, **load):
        self.requests, self.unit, self.load = requests, unit, load

    def drive(self, node, topic, times):
        return bench(
            "produce", at_most=SECONDS_MAX, bootstrap=node.bootstrap, topic=topic.name, partitions=topic.partitions, seconds=SECONDS_MAX,
            requests_max=self.requests * times, **self.load,
        )

    def prepare(self, node):
        topic = Topic(node, 16)
        self.written = self.drive(node, topic, 1)["records"]
        return topic

    def act(self, node, topic, times):
        told = self.drive(node, topic, times)
        self.written += told["records"]
        return told["requests"] if self.unit == "request" else told["bytes"] / GB

    def check(self, node, topic):
        topic.check(self.written)


class Fetched:
    """The hot topic from its begin to its end, once or several times."""

    unit = "GB"

    def prepare(self, node):
        topic = Topic(node, 16)
        self.written = bench(
            "produce", at_most=SECONDS_MAX, bootstrap=node.bootstrap, topic=topic.name, partitions=16, connections=2, record_bytes=1024,
            batch_records=1000, seconds=SECONDS_MAX, requests_max=64,
        )["records"]
        return topic

    def act(self, node, topic, times):
        read = 0
        for _ in range(times):
            told = bench("fetch", at_most=SECONDS_MAX, bootstrap=node.bootstrap, topic=topic.name, partitions=16, connections=1, mode="once")
            expect(told["records"] == self.written, f"{told['records']} records were read of {self.written}")
            read += told["bytes"]
        return read / GB

    def check(self, node, topic):
        topic.check(self.written)


PATHS = {
    "1": ("one record of 100 B a request", Produced(1500, "request", connections=8, record_bytes=100, batch_records=1, in_flight=5, acks=1)),
    "3": ("1,000 records of 1 KiB a request", Produced(48, "GB", connections=4, record_bytes=1024, batch_records=1000, in_flight=2, acks=1)),
    "10": ("hot fetch, one consumer", Fetched()),
}


def measured(binary, names, annotate):
    """Instructions of one unit of each path."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="strata-instructions-", ignore_cleanup_errors=True) as directory:
        node = Counted(directory, binary)
        try:
            node.start()
            for name in names:
                title, path = PATHS[name]
                topic = path.prepare(node)
                once, few, _ = node.counted(lambda: path.act(node, topic, 1))
                thrice, many, dump = node.counted(lambda: path.act(node, topic, 3))
                path.check(node, topic)
                expect(thrice > once and many > few, f"{title}: {few} instructions for {once:.3f} and {many} for {thrice:.3f}")
                found[name] = (many - few) / (thrice - once)
                say(f"{title}: {found[name]:,.0f} instructions a {path.unit}")
                if annotate:
                    print(run(["callgrind_annotate", "--auto=no", dump], 300)[1][:annotate])
            node.stop()
        finally:
            node.discard()
    return found


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/instructions")
    parser.add_argument("--path", action="append", choices=PATHS)
    parser.add_argument("--functions", action="store_true", help="which functions they are in")
    parser.add_argument("binaries", nargs="+", help="name=path, one or two")
    options = parser.parse_args()
    names = options.path or list(PATHS)
    tables = {}
    for word in options.binaries:
        name, _, path = word.partition("=")
        say(f"counting {name}")
        tables[name] = measured(os.path.abspath(path), names, 6000 if options.functions else 0)
    os.makedirs(os.environ["STRATA_BENCH"], exist_ok=True)
    with open(os.path.join(os.environ["STRATA_BENCH"], "instructions.json"), "w") as file:
        json.dump(tables, file, indent=1)
    first, *others = tables
    lost = []
    print(f"{'path':40}{'unit':>9}" + "".join(f"{name[:16]:>18}" for name in tables) + (f"{'ratio':>9}" if others else ""))
    for name in names:
        title, path = PATHS[name]
        line = f"{title:40}{path.unit:>9}" + "".join(f"{table[name]:>18,.0f}" for table in tables.values())
        for other in others:
            ratio = tables[other][name] / tables[first][name]
            line += f"{ratio:>9.3f}"
            if ratio > LOSS:
                lost.append(f"{title}: {ratio:.3f}")
        print(line)
    if lost:
        sys.exit(f"more instructions than {LOSS} times as many: {'; '.join(lost)}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"tests: {failure}")
