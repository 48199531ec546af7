"""One data directory that lives through several deaths.

Owns: a broker with its store, the clients that produce, replay, delete and commit all the while, the checks after each death.
Does not own: which deaths (`plan.py`), what is right (`harness/checker.py`).
"""

import os
import random
import re
import shutil
import signal
import threading
import time

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from harness.checker import (
    Commits,
    Ledger,
    Marks,
    Tail,
    Writer,
    bucket_files,
    check_below_start,
    check_local_starts,
    check_objects,
    check_tier,
    is_away,
    local_starts,
    read_back,
    wait_quiet,
)
from harness.process import Child, Failure, expect, expect_equal, free_low_port, run, wait_until
from harness.world import CREDENTIALS, READY, STRATA, TIER_BUCKET, Broker, tier_properties
from plan import AT_FORMATION, AT_RECOVERY, AT_START, NTH_MAX, kind
from thief import Thief

# What takes hours in a cluster happens here within a second.
FAST = {
    "log.retention.check.interval.ms": "150",
    "log.segment.delete.delay.ms": "100",
    "log.initial.task.delay.ms": "100",
    "log.flush.offset.checkpoint.interval.ms": "150",
    # A producer that asks for a deleted topic must not bring it back.
    "auto.create.topics.enable": "false",
    "strata.metadata.snapshot.entries": "40",
    "strata.log.journal.bytes": "4194304",
    "strata.tier.segment.bytes.max": "65536",
    "strata.tier.upload.max.lag.ms": "80",
    "strata.tier.delete.grace.ms": "200",
    "strata.tier.put.late.ms": "600",
    "strata.tier.sweep.interval.ms": "1000",
    "strata.cache.memory.bytes": "8388608",
    "strata.cache.disk.bytes": "16777216",
}
ROLLS = {"segment.bytes": "1048576", "segment.ms": "120"}
TIERED = {**ROLLS, "remote.storage.enable": "true", "local.retention.bytes": "1", "retention.ms": "-1"}
RETENTION_BYTES = 200_000
RETENTION_MS = 2_500
TOPICS = {
    "plain": (2, {**ROLLS, "retention.ms": "-1"}),
    "tier": (2, TIERED),
    "short": (1, {**TIERED, "retention.bytes": str(RETENTION_BYTES)}),
    "aged": (1, {**ROLLS, "retention.ms": str(RETENTION_MS)}),
}
BUCKET_TOPICS = ["tier", "short"]
GROUP = "crash-group"
# A point that is not reached by then fails the run.
REACH_SECONDS = 60
PRODUCED_PER_TURN = 25
TURN_SECONDS = 0.03
REACHED = re.compile(r"crash point reached: the process ends here.*point=(\S+)")


class Episode:
    def __init__(self, directory, seed, number, store=None):
        self.directory, self.store = directory, store
        self.chance = random.Random(f"{seed}/episode/{number}")
        self.seed = seed
        if store:
            properties = {**tier_properties(store.endpoint), **FAST}
        else:
            self.bucket = os.path.join(directory, "bucket")
            properties = {"remote.log.storage.system.enable": "true", "strata.tier.url": f"file://{self.bucket}", **FAST}
        # The port is fixed, so that clients find every life at the same address.
        listeners = f"PLAINTEXT://127.0.0.1:{free_low_port()},CONTROLLER://127.0.0.1:0"
        self.node = Broker(directory, {**properties, "listeners": listeners})
        self.node.bootstrap = re.search(r"127\.0\.0\.1:\d+", listeners).group()
        self.ledger, self.marks = Ledger(), Marks()
        self.kills = self.refused = 0
        self.reached = []
        self.clients = None

    # Lives and deaths.

    def spawn(self, point=None, hit=1):
        """Starts the broker; the answer says whether it came to serve before it died."""
        node = self.node
        node.environment = {"STRATA_CRASH_POINT": f"{point}:{hit}"} if point else {}
        node.write_config()
        os.makedirs(node.data, exist_ok=True)
        node.child = Child("strata", [STRATA, "server", "--config", node.config], node.log, {**CREDENTIALS, **node.environment})
        if point is None:
            self._ready(node.child.wait_line("strata ready ", 60))
            return True
        wait_until(lambda: node.child.lines or not node.child.running, f"the broker armed with {point} is ready or dead", 60, 0.005)
        if node.child.lines:
            self._ready(node.child.lines[0])
        return bool(node.child.lines)

    def _ready(self, line):
        match = READY.match(line)
        expect(match, f"the ready line has another form: {line}")
        _, self.node.http, _, self.node.cluster, self.node.tier = match.groups()

    def expect_death(self, point):
        """The process must have died by SIGKILL at this very point."""
        child = self.node.child
        code = child.process.wait(10)
        # Others may say something between the point's line and the end; what an earlier life said does not count.
        said = REACHED.findall(child.tail(100).rpartition("--- ")[2])
        expect(code == -signal.SIGKILL and said[-1:] == [point], f"the broker armed with {point} ended with {code} and said {said}: {child.tail(25)}")
        child.discard()
        self.kills += 1
        self.reached.append(point)

    def kill(self):
        self.node.kill()
        self.kills += 1

    def first_start(self, deaths):
        """The very first start with these deaths in it, each on an empty directory, and often others; then topics and clients."""
        self.node.write_config()
        run([STRATA, "tier", "init", "--config", self.node.config], env=CREDENTIALS)
        for point, hit in deaths:
            shutil.rmtree(self.node.data, ignore_errors=True)
            serves = self.spawn(point, hit)
            expect(not serves, f"{point} is not reached {hit} times by the first start of a node")
            self.expect_death(point)
            self.spawn()
            self.kill()
        for _ in range(self.chance.randint(0, 2)):
            point = f"{self.chance.choice(AT_START)}.{self.chance.choice(('before', 'after'))}"
            # Not every first start passes a later hit.
            self.die_at_start(point, 1)
        self.spawn()
        admin = AdminClient({"bootstrap.servers": self.node.bootstrap, "log_level": 0})
        topics = [NewTopic(name, partitions, 1, config=configs) for name, (partitions, configs) in TOPICS.items()]
        for future in admin.create_topics(topics).values():
            future.result(30)
        for name, (partitions, _) in TOPICS.items():
            for partition in range(partitions):
                one = self.ledger.of(name, partition)
                one.retention_bytes = RETENTION_BYTES if name == "short" else None
                one.retention_ms = RETENTION_MS if name == "aged" else None
        self.clients = Clients(self)

    def die_at_start(self, point, hit):
        """Arms a point that a start may pass; what serves in spite of it is killed at a random moment."""
        if self.spawn(point, hit):
            deadline = time.monotonic() + self.chance.random() * 0.5
            while self.node.child.running and time.monotonic() < deadline:
                time.sleep(0.005)
        if self.node.child.running:
            self.kill()
        else:
            self.expect_death(point)

    def die(self, point, hit):
        """Clients go on until the armed point ends the process; then lives begin until one stays."""
        thief = None
        serves = self.spawn(point, hit)
        if kind(point) == "abandon":
            admin = AdminClient({"bootstrap.servers": self.node.bootstrap, "log_level": 0})
            thief = Thief(self.clients, admin, self.bucket, f"stolen-{self.kills}", TIERED)
        if kind(point) == "clean-stop" and serves:
            self.clients.wait_acknowledged(200)
            self.node.child.process.send_signal(signal.SIGTERM)
        self._await_death(point, hit)
        starts = local_starts(self.node.data, BUCKET_TOPICS)
        while self.chance.random() < 0.35:
            second = f"{self.chance.choice(AT_RECOVERY)}.{self.chance.choice(('before', 'after'))}"
            self.die_at_start(second, self.chance.randint(1, NTH_MAX.get(kind(second), 3)))
        self.spawn()
        for topic in BUCKET_TOPICS:
            check_local_starts(self.node, topic, starts)
        if thief:
            thief.end()

    def _await_death(self, point, hit):
        begin = time.monotonic()
        while self.node.child.running:
            self.ledger.check()
            expect(time.monotonic() - begin < REACH_SECONDS, f"{point} is not reached {hit} times within {REACH_SECONDS} s")
            time.sleep(0.005)
        self.expect_death(point)

    # Checks.

    def check(self):
        """Producers go on; then, with nobody writing, everything is read back and the bucket is what the quorum says."""
        self.check_ranges()
        self.clients.wait_acknowledged(100)
        self.clients.pause()
        self.marks.see_high_watermarks(self.node, self.ledger, TOPICS)
        records = read_back(self.node, self.ledger, TOPICS)
        wait_quiet(self.node, BUCKET_TOPICS)
        self.check_ranges()
        self.clients.commits.check()
        for one in (one for topic in TOPICS for one in self.ledger.of_topic(topic)):
            self.refused += check_below_start(self.node, one)
        check_objects(self.node, BUCKET_TOPICS, lambda: self.store.object_paths(TIER_BUCKET) if self.store else bucket_files(self.bucket))
        self.ledger.check()
        return records

    def check_ranges(self):
        for topic in BUCKET_TOPICS:
            check_tier(self.node, topic, self.marks, self.ledger)

    def run(self, deaths, say):
        records = 0
        self.first_start([death for death in deaths if kind(death[0]) in AT_FORMATION])
        try:
            self.check()
            for point, hit in deaths:
                if kind(point) in AT_FORMATION:
                    continue
                begin = time.monotonic()
                if self.chance.random() < 0.3:
                    self.node.stop()
                else:
                    self.kill()
                self.clients.go_on()
                self.die(point, hit)
                died = time.monotonic()
                records += self.check()
                say(f"{point}:{hit} died after {died - begin:.1f} s, checked in {time.monotonic() - died:.1f} s")
            self.clients.end()
            self.node.stop()
        finally:
            self.clients.discard()
        return records

    def discard(self):
        self.node.discard()


class Clients:
    """All that goes on beside: three producers, two consumers, and one who deletes, commits and makes topics come and go."""

    def __init__(self, episode):
        self.episode, self.ledger = episode, episode.ledger
        self.bootstrap = episode.node.bootstrap
        self.chance = random.Random(f"{episode.seed}/clients")
        self.ending, self.paused = threading.Event(), threading.Event()
        self.idle = threading.Semaphore(0)
        self.commits = Commits(self.bootstrap, GROUP)
        self.gone = 0
        tier = [("tier", 0), ("tier", 1)]
        plain = [("plain", 0), ("plain", 1)]
        codec = self.chance.choice(("gzip", "snappy", "lz4", "zstd"))
        self.writers = [
            Writer(self.bootstrap, self.ledger, [*tier, *plain], "mixed", episode.seed, compression_type=codec),
            Writer(self.bootstrap, self.ledger, [*tier, *plain], "bare", episode.seed, linger_ms=0),
            Writer(self.bootstrap, self.ledger, [("short", 0), ("aged", 0)], "short", episode.seed),
        ]
        self.tails = [Tail(self.bootstrap, self.ledger, [*tier, *plain]), Tail(self.bootstrap, self.ledger, [("short", 0), ("aged", 0)])]
        self.threads = [threading.Thread(target=self._live, args=(self._write, writer), daemon=True) for writer in self.writers]
        self.threads.append(threading.Thread(target=self._live, args=(self._manage, AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})), daemon=True))
        for thread in self.threads:
            thread.start()

    def _live(self, turn, with_what):
        try:
            while not self.ending.is_set():
                if self.paused.is_set():
                    self.idle.release()
                    while self.paused.is_set() and not self.ending.is_set():
                        time.sleep(0.01)
                turn(with_what)
        except BaseException as failure:
            self.ledger.note(failure)
            self.idle.release()

    def _write(self, writer):
        # Never far ahead: after a death, what waits must be delivered soon.
        if writer.waiting < 2000:
            writer.produce(PRODUCED_PER_TURN)
        writer.poll(TURN_SECONDS)

    def _manage(self, admin):
        for turn in (self._delete_records, self._come_and_go, self._commit):
            if not self.paused.is_set() and not self.ending.is_set():
                turn(admin)
        self.ending.wait(0.1)

    def _delete_records(self, admin):
        # The other partition of the tiered topic keeps all its rows, so that they fill pages.
        one = self.ledger.of(*self.chance.choice((("plain", 0), ("plain", 1), ("tier", 1), ("tier", 1))))
        span = one.acknowledged_end - one.log_start_floor
        if span < 1500:
            return
        target = one.log_start_floor + self.chance.randrange(1, span // 2)
        one.log_start_asked = max(one.log_start_asked, target)
        partition = TopicPartition(one.topic, one.partition, target)
        known = one.log_start_floor
        try:
            deleted = admin.delete_records([partition], request_timeout=5)[partition].result(30)
        except (KafkaException, TimeoutError) as error:
            expect(is_away(error), f"{one}: DeleteRecords to {target}: {error!r}")
            return  # The broker is dying; the log start has moved or not.
        expect(deleted.low_watermark >= target, f"{one}: DeleteRecords to {target} answered the log start {deleted.low_watermark}")
        one.log_start_told(deleted.low_watermark, known)

    def _come_and_go(self, admin):
        """A tiered topic is made, written to and deleted again."""
        name = f"gone-{self.gone}"
        self.gone += 1
        self._until_done(lambda: admin.create_topics([NewTopic(name, 1, 1, config=TIERED)], request_timeout=5)[name], "TOPIC_ALREADY_EXISTS")
        writer = Writer(self.bootstrap, self.ledger, [(name, 0)], name, self.episode.seed)
        writer.produce(60)
        writer.flush(90)
        self.ending.wait(0.1 + self.chance.random() * 0.2)
        self._until_done(lambda: admin.delete_topics([name], request_timeout=5)[name], "UNKNOWN_TOPIC_OR_PART")
        self.ledger.drop(name)

    def _until_done(self, ask, done):
        """Asks until it is done, over deaths: an answer that was lost shows as `done`."""

        def once():
            try:
                ask().result(30)
                return True
            except (KafkaException, TimeoutError) as error:
                if isinstance(error, KafkaException) and error.args[0].name() == done:
                    return True
                expect(is_away(error), f"a topic is neither made nor deleted: {error!r}")
                return False

        wait_until(lambda: self.ending.is_set() or once(), "the topic is made or deleted", 90, 0.05)

    def _commit(self, _):
        one = self.ledger.of("tier", self.chance.randrange(2))
        before = self.commits.tried.get((one.topic, one.partition), 0)
        if one.acknowledged_end > before:
            self.commits.commit(one.topic, one.partition, one.acknowledged_end)

    def wait_acknowledged(self, count):
        """Until each writer got so many more reports than now, none below: producers go on."""
        before = [(one, one.acknowledged + count) for one in (self.ledger.of(*key) for key in (("plain", 0), ("tier", 1), ("short", 0), ("aged", 0)))]

        def enough():
            self.ledger.check()
            return all(one.acknowledged >= wanted for one, wanted in before)

        wait_until(enough, f"every partition gets {count} more records", 60, 0.01)

    def pause(self):
        """Nobody writes any more and every record is reported."""
        self.paused.set()
        for _ in self.threads:
            expect(self.idle.acquire(timeout=120), "a client does not come to rest")
        self.ledger.check()
        for writer in self.writers:
            writer.flush(60)

    def go_on(self):
        self.paused.clear()

    def end(self):
        """Ends all clients in order; what they have seen is checked."""
        self.ending.set()
        for thread in self.threads:
            thread.join(60)
        for tail in self.tails:
            tail.end()
        self.ledger.check()

    def discard(self):
        self.ending.set()
        for tail in self.tails:
            tail.ending.set()
        for writer in self.writers:
            writer.discard()
