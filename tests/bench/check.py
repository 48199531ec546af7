"""Ourselves against ourselves, in seconds: words, the driver, worlds, pairs, ratios, tables, what a kill leaves, what a wrong answer does.

Owns: proofs that the harness works. Its figures mean nothing.
"""

import contextlib
import glob
import io
import os
import subprocess
import sys

import asked
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
    words_are_checked_first()
    another_run_is_refused()
    memory_has_its_limit()
    verdicts_are_counted_and_drawn()
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
    headings = report.heading(probe, legs.run)
    print(report.table(found, headings))
    expect(report.chart(found).endswith("</svg>"), "the chart has an end")
    expect(not bad, f"void: {bad}")
    for row, one in zip(rows, found):
        # What a request's client feels is shown wherever it was measured.
        named = [goal.figure for goal in row.goals]
        more = ["response p99 µs"] if isinstance(row, Produce) and "response p99 µs" not in named else []
        expect_equal([figure["figure"] for figure in one["figures"]], named + more, f"figures of row {row.number}")
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
    published.publish([{**one, "probe": probe, "run": RUN} for one in found], numbers, directory)
    published.publish([{**found[1], "probe": {**probe, "tree": "another"}, "run": RUN}], numbers, directory)
    published.publish([{**found[2], "probe": {**probe, "cores": 99}, "run": RUN}], numbers, directory)
    there = published.rows(directory)
    expect_equal([one["row"] for one in there], numbers, "the rows that are published")
    trees = [one["probe"]["tree"] for one in there]
    expect_equal([tree == "another" for tree in trees], [number == numbers[1] for number in numbers], "the row that was published again")
    with open(os.path.join(directory, published.TABLE)) as file:
        text = file.read()
    expect(all(f"**{number}**" in text for number in numbers), "each row stands in the table")
    expect_equal((text.count("tree another"), text.count("99 cores"), text.count("Dose: ")), (1, 1, 2), "each machine and each build stands above it once")


WRONG_WORDS = (
    ("--pairs 3", "come in twos"),
    ("--pairs 0", "come in twos"),
    ("--table --pairs 2", "nothing would be"),
    ("--compare=", "names no build"),
    ("--compare a:", "names no build"),
    ("--heap 1.5g", "is no size"),
    ("--memory 0g", "is no size"),
    ("--heap 3g", "is too little"),
    ("--publish --quick", "at the full dose"),
    ("--table --builds", "not allowed with"),
    ("--list 1", "takes no rows"),
    ("--tab", "unrecognized"),
)


def words_are_checked_first():
    """What cannot be done is refused with what is wrong; what measures is told from what only looks."""
    for wrong, named in WRONG_WORDS:
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                asked.options(wrong.split())
        except SystemExit as refused:
            expect_equal(refused.code, 2, f"the code of '{wrong}'")
            expect(named in said.getvalue(), f"'{wrong}' was refused with: {said.getvalue()}")
            continue
        raise Failure(f"'{wrong}' was taken")
    for words, mode in (("", asked.MEASURE), ("1 --quick --pairs 4", asked.MEASURE), ("--anew 1", asked.MEASURE), ("--table 1", asked.LOOK),
                        ("--compare a:b", asked.LOOK), ("--publish", asked.LOOK), ("--builds", asked.LOOK), ("--check", asked.CHECK), ("--list", asked.LIST)):
        expect_equal(asked.mode(asked.options(words.split())), mode, f"what '{words}' is")


def another_run_is_refused():
    """This one has begun, so a second one ends before it builds or measures."""
    second = subprocess.run(["tests/bench/run", "--check"], capture_output=True, text=True, timeout=60)
    expect(second.returncode != 0 and "another run" in second.stderr, f"a second run: {second.returncode}, {second.stderr}")


def verdicts_are_counted_and_drawn():
    """From pairs that are as good as can be: one goal met, one missed by who is better, one that is lost, and pairs left out."""
    fast, slow = {"a": 1.0, "b": 4.0, "c": 2.0}, {"a": 4.0, "b": 2.0, "c": 1.0}
    pairs = [Pair(fast, slow, {}, True, 0.0)] * 8 + [Pair(slow, fast, {}, False, 0.0)] * 2
    judge = report.Judge("full", 0.0)
    goals = (Goal("a", bound=0.5), Goal("b", "more", 3.0), Goal("c", bound=0.5), Goal("a"))
    figures = [report.figure(goal, pairs, True, judge) for goal in goals]
    expect_equal([report.colour_of(one) for one in figures], [report.MET, report.MISSED, report.WORSE, report.NOT_JUDGED], "colours")
    expect_equal([report.pairs_text(one) for one in figures], ["8 of 10"] * 4, "pairs that are used")
    row = {"row": "1", "figures": figures, "limit_share": None, "limit_goal": None, "void": None}
    void = {"row": "2", "figures": [], "limit_share": None, "limit_goal": None, "void": "why"}
    expect_equal(report.score([row, void])[0], "Goals: 3; met: 1, missed: 2, not judged: 0. Void, and not counted: 2.", "the score")


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
    text = report.comparison(found, report.summarise(rows, later), [report.heading(one.probe(), one.run) for one in (legs, later)])
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
    size = os.path.getsize(legs.path)
    again = Legs(legs.path, legs.run)
    expect(not again.blocks("x"), "half a block is no block")
    expect_equal(os.path.getsize(legs.path), size, "bytes of the legs after a look at them, to which another may be adding")
    expect(again.probe("1") == legs.probe("1") and again.probe("1"), "the machine of a row's last block")
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
