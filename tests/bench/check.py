"""Ourselves against ourselves, in seconds: the driver, worlds, pairs, ratios, the table, what a kill leaves, what a wrong answer does.

Owns: proofs that the harness works. Its figures mean nothing.
"""

import glob
import os
import subprocess
import sys

import machine
import published
import report
import stats
from harness.process import Failure, expect, expect_equal
from legs import ORDER, Legs, Pair
from machine import bench
from peers import Budget, Durable
from rows import CPU_OUT, CPU_REQUEST, DURABLE_GOALS, Dose, Fetch, Goal, Latency, Produce, Tail, Topic

CHECK = Dose("check", seconds=0.5, warm_seconds=0.0, scale=0.01)
BUDGET = Budget("1g", 4 << 30)
RUN = {"dose": CHECK.name, "ours": "0123456789abcdef", "driver": "", "heap": BUDGET.heap, "memory": "4g"}
# Takes two pieces of memory, the second one beyond what it may have.
GREEDY = "import sys; sys.stdin.readline(); bytearray(8 << 20); print('some', flush=True); bytearray(512 << 20); print('all')"


def check(directory, runner_class):
    stats.self_check()
    memory_has_its_limit()
    expect(machine.touch_memory(most=64 << 20) > 0, "memory can be touched")
    rows = [
        Produce("1", "small requests", [Goal(CPU_REQUEST)], peer="ours again"),
        Produce("3", "large batches", [Goal("MB/s", "more")], peer="ours again", connections=4, record_bytes=1024, batch_records=200, bytes_max=64 << 20),
        Latency("6a", "open loop", [Goal("p50 µs")], peer="ours again"),
        Fetch("10a", "hot data", [Goal("GB/s", "more")], peer="ours again"),
        Tail("10e", "tail", [Goal(CPU_OUT), Goal("e2e p99 µs")], peer="ours again", consumers=3, mb_per_second=5),
        Produce("5a", "durable", DURABLE_GOALS, world=Durable, peer="ours again", record_bytes=1024, batch_records=16, acks=-1),
    ]
    legs = Legs(os.path.join(directory, "legs.jsonl"), RUN)
    probe = machine.probe(directory)
    legs.add(kind="probe", row="", probe=probe)
    runner = runner_class(directory, legs, CHECK, 2, BUDGET)
    try:
        bad = [row.number for row in rows if not runner.run(row)]
        # A batch that was changed on its way is found, and its row would be void.
        broken_answer_is_found(runner.world_of(rows[0]))
    finally:
        runner.close()
    found = report.summarise(rows, legs)
    headings = report.machine_lines(probe, legs.run)
    print(report.table(found, headings))
    expect(report.chart(found).endswith("</svg>"), "the chart has an end")
    expect(not bad, f"void: {bad}")
    for row, one in zip(rows, found):
        expect_equal([figure["figure"] for figure in one["figures"]], [goal.figure for goal in row.goals], f"figures of row {row.number}")
        # The disk's moods may leave out some of a row that waits for it, never all.
        pairs = [((figure["ratio"] or figure["alone"])["pairs"], figure["pairs_left_out"]) for figure in one["figures"]]
        expect(all(used > 0 and used + left_out == 2 for used, left_out in pairs), f"pairs of row {row.number}, used and left out: {pairs}")
        expect(row.world is Durable or one["limit_text"], f"row {row.number} has a limit of the same run")
    again = Legs(legs.path, legs.run)
    expect(all(list(again.blocks(row.number)) == [0] for row in rows), "what was measured is found again")
    kill_is_survived(again)
    builds_stand_side_by_side(again, rows, found)
    later_rows_join_those_published(os.path.join(directory, "published"), found, probe)


def later_rows_join_those_published(directory, found, probe):
    """A row that is published again takes its own place; the others keep what they were measured on."""
    numbers = [one["row"] for one in found]
    published.publish(found, probe, RUN, numbers, directory)
    published.publish(found[1:2], {**probe, "tree": "another"}, RUN, numbers, directory)
    there = published.rows(directory)
    expect_equal([one["row"] for one in there], numbers, "the rows that are published")
    trees = [one["probe"]["tree"] for one in there]
    expect_equal([tree == "another" for tree in trees], [number == numbers[1] for number in numbers], "the row that was published again")
    with open(os.path.join(directory, published.TABLE)) as file:
        text = file.read()
    expect(text.count("tree another") == 1 and all(f"**{number}**" in text for number in numbers), "each row stands in the table, each machine above it")


def memory_has_its_limit():
    """A process that may have 128 MiB gets less, and no more."""
    greedy = subprocess.Popen([sys.executable, "-c", GREEDY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    machine.limit_memory(greedy.pid, machine.bytes_of("128m"))
    said, _ = greedy.communicate("\n", 60)
    expect_equal(said.split(), ["some"], "what a process got that may have 128 MiB")


def builds_stand_side_by_side(legs, rows, found):
    """The same legs as another build's: nothing has changed, and to forget one's rows leaves the other's."""
    other = Legs(legs.path, {**legs.run, "ours": "fedcba9876543210"})
    for line in list(legs.lines):
        other.add(**line)
    both = Legs(legs.path, legs.run)
    expect_equal(list(both.like()), [legs.run["ours"], other.run["ours"]], "the builds")
    later = both.named("fedc")
    changes = [one["change"]["median"] for one in report.compared(found, report.summarise(rows, later)) if one["change"]]
    expect(changes and all(change == 1.0 for change in changes), f"the same legs differ: {changes}")
    text = report.comparison(found, report.summarise(rows, later), [report.machine_lines(one.probe(), one.run) for one in (legs, later)])
    expect(all(f"**{row.number}**" in text for row in rows), "the comparison has every row")
    other.forget(["1"])
    again = Legs(legs.path, legs.run)
    expect(again.of("1") and not again.named("fedc").of("1"), "only the rows of a build are forgotten")


def kill_is_survived(legs):
    """Half a block and half a line, as a kill leaves them, are no pair, and what comes after them is whole."""
    leg = {"kind": "leg", "row": "x", "block": 0, "figures": {"f": 2.0}, "disk_micros": [1, 1], "others_cpu_share": 0.0}
    for position, who in enumerate(ORDER[:3]):
        legs.add(**leg, position=position, who=who)
    with open(legs.path, "a") as file:
        file.write('{"row": "x", ')
    again = Legs(legs.path, legs.run)
    expect(not again.blocks("x"), "half a block is no block")
    for position, who in enumerate(ORDER):
        again.add(**leg, position=position, who=who)
    once_more = Legs(legs.path, legs.run)
    expect_equal(once_more.pairs("x"), [Pair({"f": 2.0}, {"f": 2.0}, {}, True, 0.0)] * 2, "the pairs after a kill")
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
