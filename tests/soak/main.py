"""A soak: one broker under mixed load, many short lives and then a long one, and a checker that knows every record.

Owns: the broker's lives, the order of things, what must hold at the end. Does not own: the clients (`clients.py`), the gauges
(`gauges.py`), what is right of a record (`harness/checker.py`, `ledgers.py`, `groups.py`).

```text
start ─ topics ─ load ─┬─ restarts: SIGTERM or SIGKILL, the cache kept or emptied ─┬─ one long life, which must be flat ─┬─ end
                       0                                                          2/5                                  1
end: producers flushed ─ groups and tails at the end ─ everything read back ─ tiering quiet, every object read, nothing unaccounted
     ─ clients gone: no connection left ─ topics deleted: no object, no file of theirs left open ─ SIGTERM
```
"""

import argparse
import math
import os
import random
import sys
import time
import traceback

from clients import COMPACTED, RETENTION_BYTES, TIERED_TOPICS, TOPICS, Load, make_ledger, see_watermarks
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from gauges import MIB, Series, sample, told, too_much
from gauges_self_check import self_check
from harness.checker import Marks, check_below_start, check_local_starts, check_objects, check_tier, local_starts, read_back, reader, wait_quiet
from harness.process import expect, expect_equal, free_low_port, wait_until
from harness.scenarios import say
from harness.world import TIER_BUCKET, broker, minio, tier_properties, workdir
from ledgers import read_compacted

DEFAULT_MINUTES = 3.0
DEFAULT_SEED = 1
CACHE_BYTES = 4 * MIB
# What takes hours in a cluster happens here within seconds.
PROPERTIES = {
    "log.retention.check.interval.ms": "500",
    "log.segment.delete.delay.ms": "500",
    "log.initial.task.delay.ms": "500",
    "log.cleaner.backoff.ms": "500",
    "log.cleaner.dedupe.buffer.size": "8388608",
    # What is not below the recovery point is not compacted.
    "log.flush.offset.checkpoint.interval.ms": "1000",
    "auto.create.topics.enable": "false",
    "strata.metadata.snapshot.entries": "500",
    "strata.log.journal.bytes": "8388608",
    # What fills only once would look like growth.
    "strata.log.tail.bytes": "2097152",
    "strata.tier.segment.bytes.max": "262144",
    "strata.tier.upload.max.lag.ms": "500",
    "strata.tier.delete.grace.ms": "500",
    "strata.tier.put.late.ms": "3000",
    "strata.tier.sweep.interval.ms": "2000",
    "strata.cache.index.bytes": "1048576",
    # Far less than the history, so that replays go to the bucket.
    "strata.cache.memory.bytes": str(CACHE_BYTES),
    "strata.cache.disk.bytes": "16777216",
}
LIVES_SHARE = 0.4
FIRST_RESTART_SECONDS = 15
RESTART_EVERY_SECONDS = 60
WARM_SHARE = 0.35
# A full cache lets some go before it takes more.
CACHE_FULL_SHARE = 0.9
# The fit needs so many seconds; until then the load goes on, but no longer than so many times what was asked for.
MEASURED_SECONDS_MIN = 45
LONGEST_SHARE = 3
SAMPLE_SECONDS = 1
TOLD_SECONDS = 10
# How much more than `retention.bytes` may be left: what is not yet rolled, uploaded and looked at, at the pace here.
SIZED_SLACK = 3_000_000
# A store's connections stay for a while; topics of the broker's own have files; and pools of threads breathe.
SOCKETS_SLACK, FILES_SLACK, THREADS_SLACK = 16, 24, 12
# In which clients, and the next object of a deleted topic, must be gone.
SHED_SECONDS = 60


def arguments():
    parser = argparse.ArgumentParser(prog="tests/run soak", description="Mixed load with restarts, checked record by record; memory, files and sockets must be flat.")
    parser.add_argument("--minutes", type=float, default=DEFAULT_MINUTES, help=f"how long the load lasts (default: {DEFAULT_MINUTES:.0f})")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    options = parser.parse_args()
    if options.minutes < 2:
        parser.error("--minutes must be 2 or more: a shorter life shows nothing")
    return options


def command(options):
    return f"tests/run soak --minutes {options.minutes:g} --seed {options.seed}"


def plan(chance, seconds):
    """Restarts as (second, killed, cache emptied); each kind comes at least once."""
    last = seconds * LIVES_SHARE
    count = max(4, math.floor((last - FIRST_RESTART_SECONDS) / RESTART_EVERY_SECONDS))
    kinds = [(killed, emptied) for killed in (True, False) for emptied in (True, False)]
    chance.shuffle(kinds)
    kinds += [chance.choice(kinds) for _ in range(count - len(kinds))]
    first = min(FIRST_RESTART_SECONDS, last / 2)
    return [(first + (last - first) * number / count, *kind) for number, kind in enumerate(kinds)]


def delete_group(admin, name):
    """Whether it is gone; a member that left without a word holds it until its session is over."""
    try:
        admin.delete_consumer_groups([name])[name].result(30)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.NON_EMPTY_GROUP:
            raise
        return False
    return True


class Soak:
    def __init__(self, options, node, store):
        self.options, self.node, self.store = options, node, store
        self.seconds = options.minutes * 60
        self.chance = random.Random(f"{options.seed}/soak")
        self.plan = plan(self.chance, self.seconds)
        self.series, self.marks = Series(), Marks()
        self.ledger = make_ledger(options.seed)
        self.begin = time.monotonic()
        self.downtime = 0.0
        self.gets = 0.0
        self.steady_since = self.seconds
        self.until = 0.0
        self.load = None

    @property
    def now(self):
        return time.monotonic() - self.begin

    def create_topics(self):
        admin = AdminClient({"bootstrap.servers": self.node.bootstrap, "log_level": 0})
        topics = [NewTopic(name, partitions, 1, config=configs) for name, (partitions, configs) in TOPICS.items()]
        for future in admin.create_topics(topics).values():
            future.result(30)

    def run(self):
        self.quiet = sample(self.node)
        self.create_topics()
        self.begin = time.monotonic()
        self.load = Load(self.node.bootstrap, self.ledger, self.options.seed)
        try:
            self._live()
            self._end()
        finally:
            self.load.discard()

    # While the load lasts.

    def _live(self):
        restarts, next_told, next_sample = list(self.plan), TOLD_SECONDS, 0
        while not self._lived():
            self.load.watch()
            expect(self.node.child.running, f"the broker ended by itself with {self.node.child.process.poll()}: {self.node.child.tail(30)}")
            if restarts and self.now >= restarts[0][0]:
                self._restart(*restarts.pop(0)[1:])
                self.steady_since = self.now
            if self.now >= next_sample:
                next_sample = self.now + SAMPLE_SECONDS
                self._sample()
            if self.now >= next_told:
                next_told += TOLD_SECONDS
                self._look()
            time.sleep(0.2)

    def _lived(self):
        """Whether the load may end: it has lasted as long as was asked, and what is bounded was full for a while. A machine that
        is busy with other things may need longer for that."""
        self.until = self.now
        measured = self.now - self.warm >= MEASURED_SECONDS_MIN and self.series.growth(self.warm, self.now) is not None
        return self.now >= self.seconds * LONGEST_SHARE or (self.now >= self.seconds and measured)

    def _sample(self):
        one = sample(self.node)
        expect(one, f"the broker is gone: {self.node.child.tail(30)}")
        self.series.add(self.now, one)

    def _look(self):
        for topic in TIERED_TOPICS:
            check_tier(self.node, topic, self.marks)
        figures = ", ".join(f"{count:,} {name}" for name, count in self.load.figures().items())
        say(f"{self.now:.0f} of {self.seconds:.0f} s: {figures}; {len(self.series.restarts)} restarts; {told(self.series.last)}")

    def _see_high_watermarks(self):
        """What was once told as committed stays so, over all lives."""
        client = reader(self.node.bootstrap)
        try:
            for name, (partitions, _) in TOPICS.items():
                for partition in range(partitions):
                    _, high = see_watermarks(client, self.ledger.of(name, partition))
                    before = self.marks.highest.get((name, partition), 0)
                    expect(high >= before, f"{name}-{partition}: the high watermark went back from {before} to {high}")
                    self.marks.highest[(name, partition)] = high
        finally:
            client.close()

    def _count_gets(self):
        """Counters begin anew with each life."""
        self.gets += self.node.metrics()["strata_remote_read_gets_total"]

    def _restart(self, killed, emptied):
        self._see_high_watermarks()
        self._count_gets()
        self.series.restarts.append(round(self.now, 1))
        begin = time.monotonic()
        if killed:
            self.node.kill()
        else:
            self.node.stop()
        starts = local_starts(self.node.data, TIERED_TOPICS)
        if emptied:
            self.node.empty_cache()
        self.node.start()
        away = time.monotonic() - begin
        self.downtime += away
        for topic in TIERED_TOPICS:
            check_local_starts(self.node, topic, starts)
        self._see_high_watermarks()
        say(f"{self.now:.0f} s: {'SIGKILL' if killed else 'SIGTERM'}{', cache emptied' if emptied else ''}: away for {away:.1f} s")

    # When it is over.

    def _end(self):
        node, ledger, begin = self.node, self.ledger, time.monotonic()
        say("the load ends: groups and tails read to the end, then everything is read back")
        ends = self.load.end(self._ends)
        self._see_high_watermarks()
        read = self._read_all()
        say(f"read back {read:,} records of {ledger.acknowledged:,} acknowledged; {ledger.of(COMPACTED, 0).gaps:,} looks at offsets rightly compacted away")
        report = wait_quiet(node, TIERED_TOPICS, max(120, self.seconds))
        for topic in TIERED_TOPICS:
            check_tier(node, topic, self.marks, ledger)
        objects = check_objects(node, TIERED_TOPICS, lambda: self.store.object_paths(TIER_BUCKET))
        say(f"the bucket is clean: {objects} objects, {report['segments']} segments, {report['pages']} pages, every byte read, {report['unaccounted_bytes']} bytes unaccounted")
        self._count_gets()
        expect(self.gets > 0, "no replay has read from the bucket")
        self._check_shed(ends)
        self._check_flat()
        node.stop()
        say(f"all held; the end took {time.monotonic() - begin:.0f} s")

    def _ends(self):
        client = reader(self.node.bootstrap)
        try:
            return {(one.topic, one.partition): see_watermarks(client, one)[1] for one in self.ledger.partitions.values()}
        finally:
            client.close()

    def _read_all(self):
        ledger, node = self.ledger, self.node
        count = read_back(node, ledger, [name for name in TOPICS if name != COMPACTED], 300)
        offsets, end = read_compacted(node, ledger.of(COMPACTED, 0))
        ledger.of(COMPACTED, 0).check_left(offsets, end)
        expect(len(offsets) < end * 0.8, f"compaction has left {len(offsets)} of {end} records")
        for name in ("aged", "young"):
            expect(ledger.of(name, 0).log_start_floor > 0, f"{name}: the log start never moved")
        expect(self.load.manager.trims > 0 or self.options.minutes < DEFAULT_MINUTES, "nothing was trimmed")
        refused = sum(check_below_start(node, one) for name in TOPICS if name != COMPACTED for one in ledger.of_topic(name))
        expect(refused >= 2, f"what lies below a log start was looked for in {refused} partitions only")
        self._check_sized(ledger.of("sized", 0))
        return count + len(offsets)

    def _check_sized(self, one):
        """Retention by size removes what it must; that it takes no more than it may is checked with every log start."""
        left = sum(one.sizes[one.log_start_floor - one.base :])
        expect(left <= RETENTION_BYTES + SIZED_SLACK, f"{one}: {left} bytes of records are left with retention.bytes={RETENTION_BYTES}")
        # A short run does not fill it.
        if one.acknowledged * 600 > RETENTION_BYTES + SIZED_SLACK:
            expect(one.log_start_floor > 0, f"{one}: retention by size has removed nothing of {one.acknowledged} records")

    def _check_shed(self, ends):
        """Once clients and topics are gone, so is what was held for them."""
        node = self.node
        self.load.close()
        connections = "kafka_server_socketservermetrics_connection_count"
        wait_until(lambda: node.metrics()[connections] == 0, "no connection is left", 60, 0.2)
        admin = AdminClient({"bootstrap.servers": node.bootstrap, "log_level": 0})
        for one in self.load.groups:
            wait_until(lambda: delete_group(admin, one.name), f"group {one.name} is deleted, once its static members' sessions are over", 60, 0.5)
        ids = [node.cli("tier", "describe", topic)["topic_id"] for topic in TIERED_TOPICS]
        for future in admin.delete_topics(list(TOPICS)).values():
            future.result(30)
        del admin
        left = {}
        fewest, since = math.inf, time.monotonic()

        def shed():
            nonlocal fewest, since
            left["objects"] = [key for key in self.store.object_paths(TIER_BUCKET) if any(one in key for one in ids)]
            left["connections"] = node.metrics()[connections]
            left.update(sample(node))
            if len(left["objects"]) < fewest:
                fewest, since = len(left["objects"]), time.monotonic()
            # A long soak leaves many: as long as they grow fewer, nothing is stuck.
            expect(time.monotonic() - since < SHED_SECONDS, f"for {SHED_SECONDS} s no object has gone, and {fewest} are left")
            few = left["sockets"] <= self.quiet["sockets"] + SOCKETS_SLACK and left["files"] <= self.quiet["files"] + FILES_SLACK and left["threads"] <= self.quiet["threads"] + THREADS_SLACK
            return few and not left["objects"] and left["deleted"] == 0 and left["connections"] == 0

        try:
            wait_until(shed, "objects, files, sockets and threads of clients and topics are gone", SHED_SECONDS + self.seconds, 0.5)
        finally:
            left["objects"] = len(left.get("objects", ()))
            say(f"without clients and topics: {left}; at first: {self.quiet}")
        self.series.add(self.now, sample(node))
        report = node.cli("tier", "verify", "--deep", seconds=max(60, self.seconds))
        expect_equal((report["clean"], report["segments"], report["unaccounted_bytes"]), (True, 0, 0), "clean, segments and bytes unaccounted in the empty bucket")

    @property
    def warm(self):
        """When the fit begins: it says nothing while what is bounded is still being filled."""
        since = self.steady_since + (self.seconds - self.steady_since) * WARM_SHARE
        full = (one["seconds"] for one in self.series.samples if one["seconds"] >= self.steady_since and one.get("cached", 0) >= CACHE_BYTES * CACHE_FULL_SHARE)
        return max(since, next(full, self.until))

    def _check_flat(self):
        growth = self.series.growth(self.warm, self.until)
        expect(growth, f"too few samples between {self.warm:.0f} s, when the cache was full, and {self.until:.0f} s")
        window = f"from {self.warm:.0f} to {self.until:.0f} s"
        say(f"growth {window}: " + ", ".join(f"{name} {grown:+.3g} at {level:.4g}" for name, (level, grown) in growth.items()))
        found = too_much(growth)
        expect(not found, f"{window} the broker has grown: {'; '.join(found)}")

    def save(self):
        """The series and its chart, also of a run that failed."""
        path = os.path.join(os.environ.get("STRATA_CAMPAIGNS", "target/campaigns"), f"soak-{self.options.seed}")
        self.series.save(path, self.warm, self.until)
        say(f"the chart is {path}.svg")

    def summary(self):
        load = self.load
        groups = "; ".join(f"group {one.name}: {one.records:,} records, {one.commits} commits, {one.joined} joined, {one.left} left, {one.silent} without a word" for one in load.groups)
        say(
            f"{self.ledger.acknowledged + load.manager.fleeting.read:,} records; {len(self.series.restarts)} restarts, {self.downtime:.1f} s away; {load.replayer.replays} replays and {load.replayer.look_ups} look-ups by time, {self.gets:.0f} GETs; "
            f"{load.manager.topics} topics came and went, {load.manager.trims} DeleteRecords; {groups}"
        )


def main():
    options = arguments()
    self_check()
    say(f"soak: {command(options)}")
    begin = time.monotonic()
    with workdir("soak") as directory, minio(directory) as store:
        port = free_low_port()
        listeners = {"listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:0"}
        with broker(directory, {**tier_properties(store.endpoint), **PROPERTIES, **listeners}) as node:
            soak = Soak(options, node, store)
            try:
                soak.run()
            finally:
                soak.save()
            soak.summary()
    say(f"passed in {time.monotonic() - begin:.0f} s")
    return options


if __name__ == "__main__":
    code = 0
    try:
        main()
    except Exception:
        traceback.print_exc()
        print(f"failed; again: {command(arguments())}", flush=True)
        code = 1
    # Threads of client libraries may take their time; nothing is left to do.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
