"""A broker under load whose bucket fails in every way that a bucket does for a while.

One broker, MinIO, and a proxy between them that can be slow or refuse; load that never stops: producers with acks=all, a
consumer that follows them, a consumer that replays what only the bucket holds, and fetches by hand. Faults follow each other;
after each the backlog must drain before the next begins. Checked during each fault: no producer fails and none waits long; who
follows the producers notices nothing; cold fetches are answered with records or with KAFKA_STORAGE_ERROR, which clients try
again; memory stays within a gross bound; no local byte goes that the bucket does not have. In the end every acknowledged record
is read back, once as it stands and once after a restart with an empty cache, and the bucket is what the quorum says.
"""

import argparse
import os
import random
import sys
import time
import traceback

from clients import Asker, Follower, Load, Replayer
from confluent_kafka.admin import AdminClient, NewTopic
from faults import FAULTS, Store
from harness.checker import Ledger, Marks, Writer, check_local_starts, check_objects, check_tier, local_starts, read_back, wait_quiet
from harness.process import Failure, expect, expect_equal, free_low_port, wait_until
from harness.scenarios import say
from harness.world import TIER_BUCKET, broker, tier_properties, workdir

MIB = 1024 * 1024
TOPICS = {
    # name: (partitions, configs)
    "history": (1, {"segment.bytes": "1048576", "local.retention.ms": "1"}),
    # Local bytes would go after some seconds, were they not waiting for the bucket.
    "load": (3, {"segment.bytes": "1048576", "segment.ms": "2000", "local.retention.ms": "5000"}),
}
TIERED = {"remote.storage.enable": "true", "retention.ms": "-1"}
PROPERTIES = {
    "log.retention.check.interval.ms": "500",
    "log.segment.delete.delay.ms": "500",
    "log.initial.task.delay.ms": "500",
    "auto.create.topics.enable": "false",
    "strata.log.journal.bytes": "8388608",
    "strata.tier.segment.bytes.max": "1048576",
    "strata.tier.upload.max.lag.ms": "500",
    "strata.tier.delete.grace.ms": "500",
    "strata.tier.put.late.ms": "3000",
    "strata.tier.sweep.interval.ms": "2000",
    # Far less than the history, so that replays go to the bucket.
    "strata.cache.memory.bytes": str(4 * MIB),
    "strata.cache.disk.bytes": "0",
}
HISTORY_RECORDS = 16_000
LOAD_PER_SECOND = 300
QUIET_SECONDS = 4
SAMPLE_SECONDS = 0.5
# Gross bounds, for a machine that does much else: a produce or a hot fetch that waits for the bucket waits for the whole fault.
SILENCE_SECONDS_MAX = 8.0
FOLLOWER_MS_MAX = 8000
COLD_ANSWER_SECONDS_MAX = 40
RSS_GROWTH_MAX = 256 * MIB
# A fault that lasts so long is told to who waits for it.
TOLD_SECONDS = 15
# A backlog of minutes may take as long as the fault has lasted.
DRAIN_SECONDS = 90
READ_SECONDS, READ_PER_SECOND_MIN = 120, 500


def arguments():
    parser = argparse.ArgumentParser(prog="tests/run outage", description="A bucket that is killed, paused, slow, overloaded or takes the credentials for wrong, under load.")
    parser.add_argument("--minutes", type=float, help="how long the faults last in all (default: about one)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=[one.name for one in FAULTS], help="this one only")
    options = parser.parse_args()
    if options.minutes is not None and options.minutes <= 0:
        parser.error("--minutes must be above 0")
    return options


def command(options):
    minutes = "" if options.minutes is None else f" --minutes {options.minutes:g}"
    return f"tests/run outage{minutes} --seed {options.seed}" + (f" --fault {options.fault}" if options.fault else "")


def rss_of(pid):
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["VmRSS"].split()[0]) * 1024


def share(sorted_values, part):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * part))] if sorted_values else 0.0


class World:
    def __init__(self, options, store, node):
        self.options, self.store, self.node = options, store, node
        self.ledger, self.marks = Ledger(), Marks()
        self.clients = []
        self.rss = 0

    # Before the faults.

    def prepare(self):
        admin = AdminClient({"bootstrap.servers": self.node.bootstrap, "log_level": 0})
        topics = [NewTopic(name, partitions, 1, config={**TIERED, **configs}) for name, (partitions, configs) in TOPICS.items()]
        for future in admin.create_topics(topics).values():
            future.result(30)
        writer = Writer(self.node.bootstrap, self.ledger, [("history", 0)], "history", self.options.seed, compression_type="none")
        writer.produce(HISTORY_RECORDS)
        writer.flush(90)
        wait_until(self._history_is_cold, "the history is only in the bucket", 90, 0.2)
        end = self.node.tiered("history")[0]["local_start_offset"]
        partitions = [("load", index) for index in range(TOPICS["load"][0])]
        bootstrap, ledger, seed = self.node.bootstrap, self.ledger, self.options.seed
        self.follower = Follower(bootstrap, ledger, partitions)
        self.replayer = Replayer(bootstrap, ledger, "history", end)
        self.asker = Asker(bootstrap, ledger, "history", end, seed)
        self.load = Load(bootstrap, ledger, partitions, LOAD_PER_SECOND, seed)
        self.clients = [self.follower, self.replayer, self.asker, self.load]
        wait_until(lambda: self.replayer.records > 1000 and self.follower.records > 100, "clients are under way", 30)
        self.follower.take_delays()
        self.asker.take()
        self.load.silence = 0.0
        begin = time.monotonic()
        while time.monotonic() - begin < QUIET_SECONDS:
            self.look()
            time.sleep(SAMPLE_SECONDS)
        delays, (answers, slowest) = self.follower.take_delays(), self.asker.take()
        # A fetch that waits half a second for the bucket may come back empty on a machine that does much else; with an error never.
        expect(set(answers) <= {"records", "nothing yet"} and answers["records"] > 0, f"cold fetches of a bucket that is well: {dict(answers)}")
        self.quiet_rss = self.rss
        say(f"quiet: follower p50 {share(delays, 0.5):.0f} p99 {share(delays, 0.99):.0f} ms; {sum(answers.values())} cold fetches, the slowest {slowest:.1f} s; {self.quiet_rss // MIB} MiB; {end} records are only in the bucket")

    def _history_is_cold(self):
        one = self.node.tiered("history")[0]
        return (one["local_start_offset"] or 0) > HISTORY_RECORDS * 0.9 and one["remote_end_offset"] >= one["local_start_offset"]

    # At every look.

    def look(self):
        """What must hold at any time; returns how many records wait for the bucket."""
        self.ledger.check()
        expect(self.node.child.running, f"the broker ended by itself: {self.node.child.tail(30)}")
        self.rss = max(self.rss, rss_of(self.node.child.process.pid))
        starts = local_starts(self.node.data, list(TOPICS))
        backlog = 0
        for topic in TOPICS:
            # Asked after the look at the disk, so that the bucket can only have more.
            check_local_starts(self.node, topic, starts)
            for one in self.node.tiered(topic):
                expect(one["error"] is None and not one["hole"], f"{topic}-{one['partition']}: error {one['error']}, hole {one['hole']}")
                self.marks.see(topic, one)
                covered = max(one["log_start_offset"] or 0, one["remote_end_offset"] or 0)
                expect((one["local_start_offset"] or 0) <= covered or self._is_covered_now(topic, one), f"{topic}-{one['partition']}: local bytes begin at {one['local_start_offset']}, above what is in the bucket ({covered})")
                backlog += max(0, (one["log_end_offset"] or 0) - covered)
        return backlog

    def _is_covered_now(self, topic, before):
        """The two sides of one answer are looked at one after the other."""
        one = self.node.tiered(topic)[before["partition"]]
        return before["local_start_offset"] <= max(one["log_start_offset"] or 0, one["remote_end_offset"] or 0)

    # One fault.

    def suffer(self, kind, seconds):
        fault, load = kind(self), self.load
        sent, records, replayed = self.ledger.acknowledged, self.follower.records, self.replayer.records
        backlog_before, backlog = self.look(), 0
        self.rss = 0
        begin = time.monotonic()
        fault.begin()
        failed = self.failed_fetches()
        while time.monotonic() - begin < seconds:
            fault.tick()
            backlog = max(backlog, self.look())
            time.sleep(SAMPLE_SECONDS)
        # Whatever was sent so far is acknowledged without the bucket.
        number = load.writer.number
        wait_until(lambda: self._settled(number), f"{fault.name}: what was sent is acknowledged while the bucket is away", 20)
        ends = {one["partition"]: one["log_end_offset"] for one in self.node.tiered("load")}
        failed = self.failed_fetches() - failed
        fault.end()
        self._after(fault, ends)
        drained = time.monotonic()
        # What a look finds wrong ends the run: it is not asked again, as `wait_until` would.
        while not self._drained(ends):
            expect(time.monotonic() < drained + max(DRAIN_SECONDS, seconds), f"{fault.name}: the backlog does not drain")
            time.sleep(0.2)
        drained = time.monotonic() - drained
        position = self.replayer.records
        wait_until(lambda: self.replayer.records > position + 2000 or self.ledger.failures, f"{fault.name}: the replay goes on", 60)
        answers, slowest = self.asker.take()
        delays = self.follower.take_delays()
        silence, load.silence = load.silence, 0.0
        self._judge(fault, answers, slowest, delays, silence, backlog - backlog_before)
        # A store that is away is told at once; one that does not answer, when its time is up.
        expect(failed > 0 or not fault.is_total or seconds < TOLD_SECONDS, f"{fault.name}: no fetch was answered with an error within {seconds:.0f} s")
        say(
            f"{fault.name} ({fault.about}) for {seconds:.0f} s {fault.told()}: {self.ledger.acknowledged - sent:,} acknowledged, at most {silence:.1f} s without; "
            f"{self.follower.records - records:,} followed, p50 {share(delays, 0.5):.0f} p99 {share(delays, 0.99):.0f} most {delays[-1]:.0f} ms; "
            f"cold fetches {dict(answers)}, the slowest {slowest:.1f} s, {failed:.0f} fetches failed; {self.replayer.records - replayed:,} replayed; "
            f"{self.rss // MIB} MiB at most; backlog {backlog:,} records, drained {drained:.1f} s after"
        )

    def failed_fetches(self):
        return self.node.metrics()["kafka_server_brokertopicmetrics_failedfetchrequests_total"]

    def _settled(self, number):
        self.ledger.check()
        waiting = [record for one in self.ledger.of_topic("load") for _, record, _ in list(one.in_flight.values())]
        return not any(record < number for record in waiting)

    def _drained(self, ends):
        self.look()
        return all(one["remote_end_offset"] >= ends[one["partition"]] for one in self.node.tiered("load"))

    def _after(self, fault, ends):
        """What was retained meanwhile is local still: nothing was taken for uploaded."""
        for one in self.node.tiered("load"):
            expect(one["log_end_offset"] >= ends[one["partition"]], f"{fault.name}: the log end went back")

    def _judge(self, fault, answers, slowest, delays, silence, backlog):
        expect_equal(self.load.writer.failed, 0, f"{fault.name}: records that could not be produced")
        expect(delays, f"{fault.name}: who follows the producers has read nothing")
        if fault.name != "reborn":
            expect(silence < SILENCE_SECONDS_MAX, f"{fault.name}: producers had no acknowledgement for {silence:.1f} s")
            expect(delays[-1] < FOLLOWER_MS_MAX, f"{fault.name}: a hot record took {delays[-1]:.0f} ms")
        expect(slowest < COLD_ANSWER_SECONDS_MAX, f"{fault.name}: a cold fetch took {slowest:.0f} s")
        expect(self.rss < self.quiet_rss + RSS_GROWTH_MAX, f"{fault.name}: {self.rss // MIB} MiB, and {self.quiet_rss // MIB} MiB before")
        expect(answers["records"] > 0, f"{fault.name}: no cold fetch was answered with records again: {dict(answers)}")
        if fault.is_total:
            expect(backlog > 0, f"{fault.name}: no backlog has grown, so nothing was shown")
            expect(sum(answers.values()) > answers["records"], f"{fault.name}: no cold fetch was told: {dict(answers)}")

    def rebirth(self):
        """Kills the broker and starts it again while the bucket is away."""
        self.asker.broker_is_away = self.follower.broker_is_away = True
        begin = time.monotonic()
        self.node.kill()
        starts = local_starts(self.node.data, list(TOPICS))
        self.node.start()
        for topic in TOPICS:
            check_local_starts(self.node, topic, starts)
        acknowledged = self.ledger.acknowledged
        wait_until(lambda: self.ledger.acknowledged > acknowledged, "the broker takes records without its bucket", 30)
        self.marks.see_high_watermarks(self.node, self.ledger, ["load"])
        self.asker.broker_is_away = self.follower.broker_is_away = False
        say(f"the broker is back after {time.monotonic() - begin:.1f} s, without its bucket")

    # After the faults.

    def conclude(self):
        node, ledger = self.node, self.ledger
        for one in self.clients:
            one.end()
        ledger.check()
        limit = max(READ_SECONDS, ledger.acknowledged / READ_PER_SECOND_MIN)
        read = read_back(node, ledger, seconds=limit)
        report = wait_quiet(node, list(TOPICS), 90)
        for topic in TOPICS:
            check_tier(node, topic, self.marks, ledger)
        objects = check_objects(node, list(TOPICS), lambda: self.store.minio.object_paths(TIER_BUCKET))
        expect_equal((report["clean"], report["unaccounted_bytes"]), (True, 0), "clean, and bytes unaccounted")
        say(f"read back {read:,} records of {ledger.acknowledged:,} acknowledged; verify --deep: clean, {objects} objects, {report['segments']} segments, 0 bytes unaccounted")
        node.stop()
        node.empty_cache()
        node.start()
        again = read_back(node, ledger, seconds=limit)
        expect_equal(again, read, "records after a restart with an empty cache")
        say(f"the same {again:,} records after a restart; {self.replayer.replays} replays of the history by one consumer, {self.replayer.errors} errors told to it")


def plan(options):
    """Faults and their seconds."""
    chosen = [one for one in FAULTS if options.fault in (None, one.name)]
    random.Random(f"{options.seed}/order").shuffle(chosen)
    total = sum(one.seconds for one in chosen)
    factor = 1.0 if options.minutes is None else options.minutes * 60 / total
    return [(one, one.seconds * factor) for one in chosen]


def main(options):
    say(f"outage: {command(options)}")
    begin = time.monotonic()
    with workdir("outage") as directory:
        store = Store(directory)
        try:
            store.start()
            listeners = {"listeners": f"PLAINTEXT://127.0.0.1:{free_low_port()},CONTROLLER://127.0.0.1:0"}
            with broker(directory, {**tier_properties(store.endpoint), **PROPERTIES, **listeners}) as node:
                world = World(options, store, node)
                world.prepare()
                for number, (kind, seconds) in enumerate(chosen := plan(options), 1):
                    say(f"[{number}/{len(chosen)}] {kind.name} for {seconds:.0f} s")
                    world.suffer(kind, seconds)
                world.conclude()
                node.stop()
        finally:
            store.discard()
    say(f"passed in {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    options, code = arguments(), 0
    try:
        main(options)
    except (Failure, Exception):
        traceback.print_exc()
        print(f"failed; again: {command(options)}", flush=True)
        code = 1
    # Threads of client libraries may take their time; nothing is left to do.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
