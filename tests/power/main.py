"""Runs worlds of power cuts, side by side on both file systems, and keeps what a campaign has done.

Owns: the options, the order of worlds, the campaign's file, the figures. Does not own: what happens in a world (`world.py`).
"""

import argparse
import faulthandler
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback

import disk
from harness.campaigns import Kept, build, told as told_build
from harness.process import Failure, die_with_parent
from harness.scenarios import say
from harness.world import workdir
from world import World

FILE_SYSTEMS = ["ext4", "xfs"]
CUTS_OF_A_WORLD = 10
# One world of four runs with the page cache's durability: it shows that the cuts lose data, and checks what must hold even then.
OS_WORLD, OS_EVERY = 1, 4
DEFAULT_SEED, DEFAULT_CUTS = 1, 60
FAILURES_MAX = 5


def arguments():
    parser = argparse.ArgumentParser(prog="tests/run power", description="Power cuts under a broker whose clients write.")
    parser.add_argument("--cuts", type=int, help="cuts in all; the campaign is kept and goes on where it was left off")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--fs", choices=FILE_SYSTEMS, help="only this file system")
    parser.add_argument("--world", type=int, help="only the world of this number")
    parser.add_argument("--anew", action="store_true", help="begin the campaign from the start")
    parser.add_argument("--jobs", type=int, default=2, help="worlds at a time")
    return parser.parse_args()


def is_os(number):
    return number % OS_EVERY == OS_WORLD


class Campaign:
    """Worlds that are done, in a file if the campaign is to be taken up again."""

    def __init__(self, options):
        self.options = options
        self.systems = [options.fs] if options.fs else FILE_SYSTEMS
        self.kept = None
        self.worlds = {}
        self.failed, self.reasons = [], []
        if options.cuts and options.world is None:
            self.kept = Kept(f"power-{options.seed}", {"seed": options.seed, "cuts of a world": CUTS_OF_A_WORLD}, options.anew)
            say(self.kept.told())
            self.worlds = dict(self.kept.done)

    @property
    def cuts(self):
        return sum(one["cuts"] for name, one in self.worlds.items() if name.split("/")[0] in self.systems)

    def todo(self):
        """Names of the worlds that are not done, file systems in turn."""
        if self.options.world is not None:
            yield from ((fs, self.options.world) for fs in self.systems)
            return
        number = 0
        while True:
            for fs in self.systems:
                if f"{fs}/{number}" not in self.worlds:
                    yield fs, number
            number += 1

    def wanted(self, running):
        """Whether another world should begin."""
        if self.options.world is not None:
            return True
        return self.cuts + CUTS_OF_A_WORLD * running < (self.options.cuts or DEFAULT_CUTS) and len(self.failed) < FAILURES_MAX

    def done(self, fs, number, figures):
        self.worlds[f"{fs}/{number}"] = figures
        if self.kept:
            self.kept.add(f"{fs}/{number}", figures)


def live(seed, fs, number, answer):
    """A world in a process of its own; its figures, or its failure, go through the pipe."""
    die_with_parent()
    # A client library that ends the process says where.
    faulthandler.enable()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with workdir(f"power-{fs}-{number}") as directory:
            world = World(directory, seed, fs, number, CUTS_OF_A_WORLD, is_os(number))
            try:
                answer.send((world.run(), None))
            except BaseException as failure:
                told = "".join(traceback.format_exception(failure, limit=-6))
                answer.send((world.figures, f"{told}the broker said last:{world.node.said_last()}"))
                raise
    except BaseException:
        # Told through the pipe.
        os._exit(1)
    # The clients' threads are not waited for.
    os._exit(0)


def run_worlds(campaign, options):
    """Some worlds at a time until the dose is done."""
    todo, running = campaign.todo(), []
    try:
        while True:
            while len(running) < options.jobs and campaign.wanted(len(running)) and (next_one := next(todo, None)):
                mine, theirs = multiprocessing.Pipe(duplex=False)
                process = multiprocessing.Process(target=live, args=(options.seed, *next_one, theirs))
                process.start()
                theirs.close()
                running.append((process, mine, next_one))
            if not running:
                return
            ready = multiprocessing.connection.wait([pipe for _, pipe, _ in running])
            for one in [one for one in running if one[1] in ready]:
                running.remove(one)
                take(campaign, options, *one)
    finally:
        for process, _, _ in running:
            process.terminate()
        for process, _, _ in running:
            process.join(30)


def take(campaign, options, process, pipe, name):
    fs, number = name
    try:
        figures, failure = pipe.recv()
    except EOFError:
        process.join(60)
        figures, failure = {"cuts": 0}, f"its process ended with {process.exitcode} and did not say why (a client library's end stands above)"
    process.join(60)
    what = f"{fs} world {number}{' (durability=os)' if is_os(number) else ''}"
    if failure is None:
        campaign.done(fs, number, figures)
        say(f"ok {what}: {told(figures)} [{campaign.cuts} cuts in all]")
        return
    campaign.failed.append(name)
    campaign.reasons.append(f"{what}: {failure.partition('the broker said last:')[0].strip().splitlines()[-1]}")
    say(f"FAILED {what} after {figures['cuts']} cuts: {failure}")
    say(f"again: tests/run power --seed {options.seed} --fs {fs} --world {number}")


def told(figures):
    return f"{figures['cuts']} cuts in {figures['seconds']} s, {figures['acknowledged']} records acknowledged, {figures['read']} read back, {figures['lost']} not promised and lost, {figures['compared']} batches compared with the bucket"


def summary(campaign):
    for fs in campaign.systems:
        for os_mode in (False, True):
            worlds = [one for name, one in campaign.worlds.items() if name.startswith(f"{fs}/") and is_os(int(name.split("/")[1])) == os_mode]
            if not worlds:
                continue
            total = {key: sum(one[key] for one in worlds) for key in ("cuts", "acknowledged", "read", "lost", "compared", "commits")}
            total["seconds"] = round(sum(one["seconds"] for one in worlds))
            kinds = {}
            for one in worlds:
                for kind, count in one["kinds"].items():
                    kinds[kind] = kinds.get(kind, 0) + count
            say(f"{fs}, durability={'os' if os_mode else 'fsync'}: {told(total)}, {total['commits']} group commits; {kinds}")
            if total["compared"] == 0:
                raise SystemExit(f"no batch of the bucket was compared with the log on {fs}")
            if os_mode and total["lost"] == 0:
                raise SystemExit(f"the harness loses nothing on {fs} with durability=os: its cuts prove nothing")


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    begin = time.monotonic()
    say(f"the binary is {told_build(build())}")
    campaign = Campaign(options)
    for fs in campaign.systems:
        with tempfile.TemporaryDirectory() as directory:
            try:
                disk.can_lose(directory, fs)
            except (Failure, OSError) as failure:
                raise SystemExit(f"power cuts need loop devices and {fs} in the kernel: {failure}") from None
    run_worlds(campaign, options)
    summary(campaign)
    if campaign.failed:
        again = " and ".join(f"tests/run power --seed {options.seed} --fs {fs} --world {number}" for fs, number in campaign.failed)
        reasons = "\n  ".join(campaign.reasons)
        raise SystemExit(f"{len(campaign.failed)} worlds failed; again: {again}\n  {reasons}")
    say(f"nothing promised was lost in {campaign.cuts} cuts, {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
