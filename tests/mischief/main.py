"""The campaign of mischief: one broker with small budgets, one good client, one case after the other, measured before and after."""

import argparse
import asyncio
import random
import sys
import time
import traceback

import budget
from calls import FIND_COORDINATOR, CREATE_TOPICS, coordinator_error, create_body, create_errors, header
from cases import CASES, TOPICS_MOST
from gauge import GoodClient, Peak, figures, gauges, mib
from harness.campaigns import Kept
from harness.process import Failure, expect, expect_equal, wait_until
from harness.scenarios import say
from harness.world import broker, workdir
from wire import Wire, string

DEFAULT_SEED = 1
QUIET_SECONDS = 2.0
# Everything but memory is back by then: the idle deadline, and the shortest sessions of groups.
BACK_SECONDS = 45.0
# Gross bounds, and wider on a machine that does much else: by as much as the good client is slower than this while all is quiet.
QUIET_P99_SECONDS, PATIENCE_MAX = 0.02, 20.0
P99_SECONDS = 3.0
SLOWEST_SECONDS = 15.0


def arguments():
    parser = argparse.ArgumentParser(prog="tests/run mischief", description="Does mischief over sockets; memory, latency of others and leaks are measured.")
    parser.add_argument("--rounds", type=int, help="rounds of all cases in shuffled order (default: one round in order); progress is kept and taken up again")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--round", type=int, help="this round only")
    parser.add_argument("--case", action="append", choices=sorted(CASES), help="this case only; may be repeated")
    parser.add_argument("--topics", type=int, help=f"topics created and deleted (default and most: {TOPICS_MOST})")
    parser.add_argument("--anew", action="store_true", help="forget the progress that was kept")
    options = parser.parse_args()
    options.topics = min(options.topics or TOPICS_MOST, TOPICS_MOST)
    return options


class World:
    """What a case is given."""

    def __init__(self, node, good, topic_count):
        self.node, self.good, self.topic_count = node, good, topic_count
        self.random = None
        self.topics = []
        self.patience = 1.0

    @property
    def pid(self):
        return self.node.child.process.pid


def again(options, number, name):
    return f"tests/run mischief --seed {options.seed} --round {number} --topics {options.topics} --case {name}"


def prepare(node):
    """The good client's topic, and the group coordinators."""
    with Wire(node.bootstrap) as wire:
        wire.send_frame(header(CREATE_TOPICS, 2) + create_body(["good"]))
        expect_equal(create_errors(wire.frame()), [0], "creating a topic")

        def found():
            wire.send_frame(header(FIND_COORDINATOR, 0) + string("mischief"))
            return coordinator_error(wire.frame()) == 0

        wait_until(found, "the group coordinator answers", 30)


def settled(world, before, topics):
    """Waits until sockets, files, threads and the figures of /metrics are back; says which are not."""
    # A topic that is there has a file open.
    created = max(0, len(world.topics) - topics)
    most = {"sockets": before[0].sockets + 4, "files": before[0].files + 40 + created, "threads": before[0].threads + 16}
    seconds = BACK_SECONDS * world.patience
    deadline = time.monotonic() + seconds
    while True:
        world.good.check()
        now, metrics = figures(world.pid), gauges(world.node)
        late = [f"{name} {getattr(now, name)} of {limit}" for name, limit in most.items() if getattr(now, name) > limit]
        late += [f"{name} {value:.0f} of {limit(name, before[1]):.0f}" for name, value in metrics.items() if value > limit(name, before[1])]
        if not late:
            return now
        expect(time.monotonic() < deadline, f"after {seconds:.0f} s not back: {', '.join(late)}")
        # Each look at /metrics needs a thread itself.
        time.sleep(0.5)


def limit(name, before):
    """What a figure of /metrics may be after a case; the good client is always there."""
    slack = 64 * 1024 if "bytes" in name else 4
    return before.get(name, 0) + slack


def one(world, name, number, options, quiet):
    """Runs a case; returns its row of the table."""
    case = CASES[name]
    world.random = random.Random(f"{options.seed}/{number}/{name}")
    if case.setup:
        asyncio.run(case.setup(world))
        world.good.goes_on()
    before, topics = (figures(world.pid), gauges(world.node)), len(world.topics)
    begin = time.monotonic()
    with Peak(world.pid) as peak:
        detail = asyncio.run(case.function(world))
        end = time.monotonic()
        world.good.goes_on()
    under = world.good.latency(begin, time.monotonic())
    bound = max(quiet.rss, before[0].rss) + budget.BASE + case.extra + case.connections * budget.CONNECTION
    expect(world.node.child.running, f"the broker died: {world.node.child.tail()}")
    after = settled(world, before, topics)
    back = time.monotonic() - end
    row = {
        "case": name,
        "round": number,
        "seconds": round(end - begin, 1),
        "rss_before": before[0].rss,
        "rss_peak": peak.rss,
        "rss_bound": bound,
        "rss_after": after.rss,
        "p99": under.p99,
        "slowest": under.slowest,
        "trips": under.count,
        "sockets": (before[0].sockets, after.sockets),
        "files": (before[0].files, after.files),
        "threads": (before[0].threads, after.threads),
        "back": round(back, 1),
    }
    say(
        f"{name}: {detail}; {row['seconds']} s, RSS {mib(before[0].rss)} > {mib(peak.rss)} > {mib(after.rss)} MiB (bound {mib(bound)}), "
        f"p99 {under.p99 * 1000:.0f} ms, slowest {under.slowest * 1000:.0f} ms of {under.count}, sockets {before[0].sockets} > {after.sockets}, back in {back:.1f} s"
    )
    expect(peak.rss <= bound, f"memory rose to {mib(peak.rss)} MiB, above its bound of {mib(bound)} MiB")
    expect(under.p99 <= P99_SECONDS * world.patience, f"the good client's p99 was {under.p99:.1f} s")
    expect(under.slowest <= SLOWEST_SECONDS * world.patience, f"the good client waited {under.slowest:.1f} s")
    return row


def table(rows, calm):
    """The figures of all cases."""
    lines = [f"{'case':26} {'RSS before/peak/bound/after MiB':>32} {'p99 ms (quiet ' + format(calm.p99 * 1000, '.1f') + ')':>20} {'slowest':>8} {'sockets':>9} {'files':>9} {'threads':>8} {'back s':>7}"]
    for row in rows:
        memory = "/".join(mib(row[key]) for key in ("rss_before", "rss_peak", "rss_bound", "rss_after"))
        pairs = ["/".join(map(str, row[key])) for key in ("sockets", "files", "threads")]
        lines.append(f"{row['case']:26} {memory:>32} {row['p99'] * 1000:>20.1f} {row['slowest'] * 1000:>8.0f} {pairs[0]:>9} {pairs[1]:>9} {pairs[2]:>8} {row['back']:>7}")
    return "\n".join(lines)


def plan(options, number):
    """The cases of a round; the first runs them as they stand in the list, later ones shuffled."""
    names = [name for name in CASES if not options.case or name in options.case]
    if number > 1:
        random.Random(f"{options.seed}/{number}").shuffle(names)
    return names


def run_round(options, number):
    """All cases of a round against a fresh broker; returns (rows, the quiet latency, names that failed)."""
    rows, failed = [], []
    properties = {key: str(value) for key, value in budget.PROPERTIES.items()}
    with workdir("mischief") as directory, broker(directory, properties) as node:
        prepare(node)
        good = GoodClient(node)
        try:
            world = World(node, good, options.topics)
            good.goes_on(20)
            begin = time.monotonic()
            time.sleep(QUIET_SECONDS)
            calm, quiet = good.latency(begin), figures(world.pid)
            world.patience = min(max(calm.p99 / QUIET_P99_SECONDS, 1.0), PATIENCE_MAX)
            say(f"quiet: RSS {mib(quiet.rss)} MiB, p99 {calm.p99 * 1000:.1f} ms of {calm.count} round trips, {quiet.sockets} sockets, {quiet.files} files, {quiet.threads} threads")
            for name in plan(options, number):
                try:
                    rows.append(one(world, name, number, options, quiet))
                except Exception as error:
                    failed.append(name)
                    say(f"FAILED {name}: {error}")
                    if not isinstance(error, Failure):
                        traceback.print_exc(limit=6, file=sys.stdout)
                    say(f"again: {again(options, number, name)}")
                    if not node.child.running or not good.child.running:
                        break
            if good.child.running and node.child.running:
                good.goes_on()
        finally:
            good.discard()
        if not failed:
            node.stop()
        if failed:
            print(table(rows, calm), flush=True)
            raise SystemExit(f"failed: {', '.join(failed)}; logs and data are kept in {directory}")
    return rows, calm


def main():
    options = arguments()
    begin = time.monotonic()
    kept = Kept(f"mischief-{options.seed}", {"seed": options.seed, "topics": options.topics}, options.anew) if options.rounds and not options.case else None
    if kept:
        say(kept.told())
    numbers = [options.round] if options.round else [number for number in range(1, (options.rounds or 1) + 1) if not kept or str(number) not in kept.done]
    for number in numbers:
        rows, calm = run_round(options, number)
        print(table(rows, calm), flush=True)
        if kept:
            kept.add(number, rows)
    say(f"{len(numbers)} rounds of mischief: memory bounded, others went on, nothing leaked; {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
