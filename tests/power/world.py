"""One world: a file system, a broker on it, clients, and several power cuts one after the other.

Owns: what the broker and its topics look like, the load, when the power goes, and the checks behind it. Does not own: the cut
itself (`disk.py`), what may be lost (`losing.py`, `harness.checker`), which worlds are run (`main.py`).

```text
life:  start ─ ready ─ check all that was ever acknowledged ─ load ─ cut
       start ─ cut                                    (while it recovers)
       start, armed with a crash point ─ load ─ the process dies there ─ cut
       start ─ ready ─ check ─ load ─ SIGTERM ─ cut   (while it stops, or behind that)
```
What happens in a world follows from seed, file system and number; the moment within the process does not.
"""

import functools
import os
import random
import re
import signal
import threading
import time

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType
from harness.checker import Commits, Marks, Tail, Writer, bucket_files, check_below_start, check_objects, check_tier, is_away, read_back, reader, wait_quiet, watermarks
from harness.process import Child, Failure, expect, expect_equal, free_low_port, run, wait_until
from harness.world import CREDENTIALS, READY, STRATA, Broker

import bucket
import disk
from losing import LooseWriter, LosingLedger

# Small pieces and short intervals: every step of a record's life happens many times between two cuts.
PROPERTIES = {
    "log.retention.ms": "-1",
    "log.retention.check.interval.ms": "150",
    "log.segment.delete.delay.ms": "100",
    "log.initial.task.delay.ms": "100",
    "log.flush.offset.checkpoint.interval.ms": "300",
    "offsets.topic.num.partitions": "2",
    "auto.create.topics.enable": "false",
    "remote.log.storage.system.enable": "true",
    "strata.tier.segment.bytes.max": "65536",
    "strata.tier.upload.max.lag.ms": "200",
    "strata.tier.delete.grace.ms": "300",
    "strata.tier.put.late.ms": "1500",
    "strata.tier.sweep.interval.ms": "1000",
    "strata.cache.memory.bytes": "8388608",
    "strata.cache.disk.bytes": "16777216",
    "strata.metadata.snapshot.entries": "40",
}
JOURNAL_BYTES = [1 << 20, 2 << 20, 8 << 20, 32 << 20]
TIERED = {"remote.storage.enable": "true", "retention.ms": "-1", "segment.ms": "400", "segment.bytes": "1048576"}
TOPICS = {
    # name: (partitions, configs)
    "gone": (3, {**TIERED, "local.retention.ms": "1"}),
    "both": (2, {**TIERED, "local.retention.ms": "-1"}),
    "short": (1, {**TIERED, "retention.bytes": "600000", "local.retention.bytes": "200000"}),
    "local": (2, {"retention.ms": "-1", "segment.bytes": "1048576"}),
}
TIERED_TOPICS = ["gone", "both", "short"]
# More logs than are flushed one by one, in two worlds of four; in one of the two with durability=os.
WITH_MANY = (0, 1)
MANY = {"many": (80, {"retention.ms": "-1", "segment.bytes": "1048576"})}
# Steps that are passed many times a second: which pass it is is drawn from a wider range.
OFTEN = {"journal.write": 400, "raft-append": 100, "extent": 12, "checkpoint": 12}
CLUSTER_FILE = re.compile(r"[^/]+/cluster\.json(#\d+)?")
KINDS = ["load"] * 9 + ["point"] * 6 + ["recovery"] * 5 + ["stop"] * 2
ARMED_SECONDS = 4.0
READY_SECONDS = 60
# So many records are acknowledged and not yet flushed before a cut that is to lose some.
LOST_RECORDS_MIN = 20


class Node(Broker):
    """A broker whose data, bucket included, lies on the disk, and its configuration and messages beside it."""

    def __init__(self, directory, data, port, **properties):
        self.bucket = os.path.join(data, "bucket")
        places = {
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:0",
            "log.dirs": os.path.join(data, "log"),
            "metadata.log.dir": os.path.join(data, "raft"),
            "strata.cache.dir": os.path.join(data, "cache"),
            "strata.tier.url": f"file://{self.bucket}",
        }
        super().__init__(directory, {**PROPERTIES, **places, **{key.replace("_", "."): value for key, value in properties.items()}})
        self.data = data
        self.bootstrap = f"127.0.0.1:{port}"

    def init(self):
        self.write_config()
        return run([STRATA, "tier", "init", "--config", self.config], env=CREDENTIALS, check=False)

    def launch(self, point=None):
        self.write_config()
        # What it said before was said beside a disk that failed.
        self.log_begin = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        env = {**CREDENTIALS, "STRATA_CRASH_POINT": point} if point else CREDENTIALS
        self.child = Child("strata", [STRATA, "server", "--config", self.config], self.log, env)

    def wait_ready(self):
        match = READY.match(self.child.wait_line("strata ready ", READY_SECONDS))
        expect(match, f"the ready line has another form: {self.child.lines}")
        _, self.http, _, self.cluster, self.tier = match.groups()

    def said_last(self):
        """The end of its messages, for who is told of a failure; empty if it never ran."""
        return self.child.tail(30) if self.child else ""

    @property
    def is_ready(self):
        return any(line.startswith("strata ready ") for line in self.child.lines)


class Committer(threading.Thread):
    """A group that commits ever larger offsets; it stands still while it is checked."""

    def __init__(self, bootstrap):
        super().__init__(daemon=True)
        self.commits = Commits(bootstrap, "power")
        self.turn = threading.Lock()
        self.ending = False
        self.count = 0
        self.failure = None
        self.start()

    def run(self):
        offset = 0
        try:
            while not self.ending:
                with self.turn:
                    offset += 1
                    self.count += self.commits.commit("local", offset % 2, offset)
                time.sleep(0.01)
        except BaseException as failure:
            self.failure = failure

    def check(self):
        with self.turn:
            expect(self.failure is None, f"the group's client failed: {self.failure!r}")
            self.commits.check()


class PowerMarks(Marks):
    # The end of the log is not among them: what acks=1 wrote behind the high watermark may go.
    NAMES = ("log_start_offset", "remote_end_offset", "deleted_to_offset")


class Quorum:
    """Topics that are created and deleted and a config that is changed: what was answered with success stays so."""

    CONFIG = "max.message.bytes"

    def __init__(self, world):
        self.world = world
        self.client = AdminClient({"bootstrap.servers": world.node.bootstrap, "log_level": 0, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100})
        # A new topic is fresh until all that was sent to it is checked.
        self.fresh, self.there, self.unknown, self.gone = [], [], [], []
        # What the config may be: the last value that was answered with success, and those that were sent after it.
        self.values = [1048588]
        self.made = 0
        self.pending = []
        self.config_future = None

    def create_topics(self):
        for name, (partitions, configs) in self.world.topics.items():
            self.client.create_topics([NewTopic(name, partitions, 1, config=configs)])[name].result(30)

    def act(self, chance):
        """Sends one request and does not wait for its answer."""
        what = chance.choice(["create", "create", "delete", "config"] + ([] if self.world.os_mode else ["records"]))
        if what == "config" and self.config_is_under_way:
            # Of two that are under way at once the client may send either first.
            return
        if what == "delete" and self.there:
            name = self.there.pop(chance.randrange(len(self.there)))
            self.unknown.append(name)
            self._later(self.client.delete_topics([name])[name], lambda: self._settle(name, self.gone), "UNKNOWN_TOPIC_OR_PART")
        elif what == "config":
            value = 1048588 + chance.randrange(100000)
            self.values.append(value)
            entry = ConfigEntry(self.CONFIG, str(value), incremental_operation=AlterConfigOpType.SET)
            resource = ConfigResource(ResourceType.TOPIC, "both", incremental_configs=[entry])
            self._later(self.client.incremental_alter_configs([resource])[resource], lambda: self._config_told(value))
            self.config_future = self.pending[-1][0]
        elif what == "records":
            self._delete_records(chance)
        else:
            name = f"made-{self.made}"
            self.made += 1
            self.unknown.append(name)
            new = NewTopic(name, 1, 1, config={**TIERED, "local.retention.ms": "1"})
            self._later(self.client.create_topics([new])[name], lambda: self._settle(name, self.fresh), "TOPIC_ALREADY_EXISTS")

    @property
    def config_is_under_way(self):
        return any(future is self.config_future for future, _, _ in self.pending)

    def _config_told(self, value):
        del self.values[: self.values.index(value) if value in self.values else 0]

    def _delete_records(self, chance):
        ledger = self.world.ledger.of("local", chance.randrange(2))
        if ledger.high_watermark:
            ledger.log_start_asked = max(ledger.log_start_asked, chance.randrange(ledger.high_watermark + 1) // 2)
            partition = TopicPartition("local", ledger.partition, ledger.log_start_asked)

            def told():
                ledger.log_start_floor = max(ledger.log_start_floor, partition.offset)

            self._later(self.client.delete_records([partition])[partition], told)

    def _settle(self, name, to):
        self.unknown.remove(name)
        to.append(name)
        if to is self.gone:
            self.world.ledger.drop(name)
        if to is self.fresh and self.world.writers:
            self.world.writers[0].produce(chance_count(name), (name, 0))

    def _later(self, future, done, again=None):
        """`again` is the error that says that the request was sent twice: its first answer was lost, and it is done."""
        self.pending.append((future, done, again))

    def take_answers(self):
        """Enters what was answered. Any refusal is a failure, but for those that leave open what has happened.

        So do a broker that dies, and a quorum that has stopped because its disk has failed.
        """
        left = []
        for one in self.pending:
            future, done, again = one
            if not future.done():
                left.append(one)
                continue
            error = future.exception()
            if error is None:
                done()
            else:
                expected = is_away(error) or error.args[0].code() == KafkaError.NOT_CONTROLLER or error.args[0].name() == again
                expect(expected, f"a request to the quorum was refused: {error!r}")
        self.pending = left

    def end_life(self):
        """The answers that were under way come or never will."""
        wait_until(lambda: self.take_answers() or not self.pending, "the admin client has given up", 90, 0.01)

    def _asked(self, what, ask):
        """The answer to a question that changes nothing; it is asked again only where it did not come to a broker."""
        return wait_until(ask, what, 60, transient=is_unreached)

    def check(self):
        """`end_life` has been called, and what was sent since then to fresh topics is acknowledged."""
        expect(not self.pending, "the checker looks at topics while it waits for answers about them")
        names = set(self._asked("the topics are listed", lambda: self.client.list_topics(timeout=30).topics))
        missing = [name for name in [*self.world.topics, *self.fresh, *self.there] if name not in names]
        expect(not missing, f"topics that were created are gone: {missing}")
        expect(not names.intersection(self.gone), f"topics that were deleted are there: {names.intersection(self.gone)}")
        for name in list(self.unknown):
            # Created or deleted without an answer: from now on it stays as it is.
            self._found(name, name in names)
        resource = ConfigResource(ResourceType.TOPIC, "both")
        self.there += self.fresh
        self.fresh = []
        configs = self._asked("the config is described", lambda: self.client.describe_configs([resource])[resource].result(30))
        value = int(configs[self.CONFIG].value)
        expect(value in self.values, f"{self.CONFIG} is {value} and not one of {self.values}")
        self.values = [value]

    def _found(self, name, is_there):
        self._settle(name, self.there if is_there else self.gone)

    @property
    def tiered(self):
        return TIERED_TOPICS + self.there


def is_unreached(error):
    """Whether a question was lost on its way: the client still held the connection to the life before, or has just let it go."""
    lost = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._DESTROY_BROKER)
    return isinstance(error, TimeoutError) or isinstance(error, KafkaException) and error.args[0].code() in lost


@functools.cache
def crash_points():
    """All names, as the binary lists them when it is given an unknown one."""
    _, _, error = run([STRATA, "server", "--config", "none"], env={"STRATA_CRASH_POINT": "?"}, check=False)
    _, found, names = error.partition("; there are: ")
    expect(found, f"the binary does not list its crash points: {error}")
    return names.splitlines()[0].split()


def chance_count(name):
    return random.Random(name).randrange(1, 30)


class World:
    """A world in a directory of its own. `run` gives its figures or raises."""

    def __init__(self, directory, seed, fs, number, cuts, os_mode):
        self.chance = random.Random(f"{seed}/{fs}/{number}/{'os' if os_mode else 'fsync'}")
        self.os_mode, self.cuts = os_mode, cuts
        self.topics = {**TOPICS, **MANY} if number % 4 in WITH_MANY else TOPICS
        self.disk = disk.Disk(directory, fs, self.chance.choice(disk.MOUNTS[fs]))
        self.port = free_low_port()
        more = {"strata.log.journal.bytes": str(self.chance.choice(JOURNAL_BYTES)), "strata.log.durability": "os" if os_mode else "fsync"}
        self.node = Node(directory, os.path.join(self.disk.mountpoint, "data"), self.port, **more)
        self.ledger = LosingLedger()
        self.ledger.of("short", 0).retention_bytes = 600000
        self.marks = PowerMarks()
        self.writers, self.loose = [], []
        self.tail = self.committer = self.quorum = None
        self.life = 0
        self.figures = {"cuts": 0, "kinds": {}, "read": 0, "lost": 0, "compared": 0, "refused": 0, "commits": 0, "acknowledged": 0}
        self.start_seconds = 0.5

    # The life of the world.

    def run(self):
        begin = time.monotonic()
        try:
            self.disk.format()
            self.disk.mount()
            self.first_start()
            while self.figures["cuts"] < self.cuts:
                self.live(self.chance.choice(KINDS))
            self.finish()
        finally:
            self.node.discard()
            self.disk.discard()
        self.figures["seconds"] = round(time.monotonic() - begin, 1)
        return self.figures

    def first_start(self):
        """The directory is formatted and the topics made; in some worlds the power goes while that happens."""
        code, _, error = self.node.init()
        expect_equal(code, 0, f"exit code of tier init ({error})")
        while self.chance.random() < 0.3:
            self.node.launch()
            self.wait(self.chance.uniform(0, 1.3 * self.start_seconds))
            self.cut("format")
        self.node.launch()
        self.node.wait_ready()
        self.make_clients()
        self.quorum.create_topics()
        self.check_created()
        self.load(0.3)
        self.cut("load")

    def check_created(self):
        for writer in self.loose:
            writer.open(self.node.bootstrap, self.life)

    def make_clients(self):
        bootstrap, seed = self.node.bootstrap, self.chance.randrange(1 << 30)
        places = {name: [(name, index) for index in range(count)] for name, (count, _) in self.topics.items()}
        many = places.get("many")
        self.quorum = Quorum(self)
        if self.os_mode:
            self.loose.append(LooseWriter(self.ledger, places["gone"] + places["both"], "os-1", seed, acks="all"))
            self.loose.append(LooseWriter(self.ledger, places["short"] + places["local"], "os-2", seed, acks="all", compression_type="lz4"))
            if many:
                self.loose.append(LooseWriter(self.ledger, many, "os-many", seed, acks="all"))
            return
        self.writers.append(Writer(bootstrap, self.ledger, places["gone"] + places["local"], "zstd", seed, compression_type="zstd", acks="all"))
        self.writers.append(Writer(bootstrap, self.ledger, places["both"] + places["short"], "plain", seed, acks="all", linger_ms="1"))
        if many:
            self.writers.append(Writer(bootstrap, self.ledger, many, "many", seed, acks="all"))
        self.loose.append(LooseWriter(self.ledger, places["both"] + [("local", 1)], "acks-1", seed, acks="1"))
        self.committer = Committer(bootstrap)
        self.tail = Tail(bootstrap, self.ledger, places["both"] + places["gone"])

    def live(self, kind):
        if self.os_mode and kind == "point":
            kind = "load"
        {"load": self.live_load, "stop": self.live_stop, "point": self.live_point, "recovery": self.live_recovery}[kind]()

    def live_load(self):
        self.start_checked()
        told = sum(writer.told for writer in self.loose)
        self.load(self.chance.choice([0.05, 0.3, 0.6, 1.2]) * self.chance.uniform(0.3, 1.5))
        if self.os_mode:
            # Where losing is to be shown there must be something to lose, also on a machine that is slow to connect.
            self.load_until(lambda: sum(writer.told for writer in self.loose) >= told + LOST_RECORDS_MIN)
        self.cut("load")

    def load_until(self, enough):
        def loaded():
            self.load(0.05)
            expect(self.node.child.running, f"the broker ended by itself: {self.node.child.tail()}")
            return enough()

        wait_until(loaded, "clients get acknowledgements", READY_SECONDS, 0)

    def live_recovery(self):
        """The power goes while the broker starts, before anything is checked."""
        self.produce(20)
        self.node.launch()
        self.wait(self.chance.uniform(0, 1.2 * self.start_seconds))
        self.cut("recovery")

    def live_stop(self):
        self.start_checked()
        self.load(self.chance.uniform(0.1, 0.6))
        self.node.child.process.send_signal(signal.SIGTERM)
        if self.chance.random() < 0.4:
            deadline = time.monotonic() + READY_SECONDS
            while self.node.child.running:
                expect(time.monotonic() < deadline, f"not stopped after {READY_SECONDS} s: {self.node.child.tail(30)}")
                self.wait(0.01)
        else:
            self.wait(self.chance.uniform(0, 0.3))
        self.cut("stop")

    def live_point(self):
        """The process dies at a named step, and the power with it."""
        point = self.chance.choice(crash_points())
        self.node.launch(f"{point}:{self.chance.randrange(1, OFTEN.get(point.rpartition('.')[0], 5))}")
        deadline = time.monotonic() + READY_SECONDS
        while self.node.child.running and not self.node.is_ready:
            expect(time.monotonic() < deadline, f"not ready after {READY_SECONDS} s: {self.node.child.tail()}")
            self.wait(0.01)
        if self.node.child.running:
            self.load(ARMED_SECONDS)
        code = self.node.child.process.poll()
        expect(code in (None, -signal.SIGKILL), f"the process ended with {code} instead of {point}: {self.node.child.tail()}")
        self.cut(point if code is not None else "load")

    def start_checked(self):
        begin = time.monotonic()
        self.node.launch()
        self.node.wait_ready()
        self.start_seconds = time.monotonic() - begin
        self.check()
        self.check_created()

    def finish(self):
        """Everything once more, then quiet: the bucket holds what the quorum names, and an orderly stop is one."""
        self.start_checked()
        for writer in self.loose:
            writer.flush(30)
        self.end_life()
        self.check()
        topics = self.quorum.tiered
        wait_quiet(self.node, topics, 90)
        wait_until(lambda: not any("#" in key for key in self.bucket_keys()), "half-written files in the bucket are gone", 30)
        check_objects(self.node, topics, self.bucket_keys)
        # What was still on its way to the bucket at the check before is there by now.
        self.figures["compared"] += bucket.compare(self.node, os.path.join(self.node.data, "log"), self.node.bucket, topics)[0]
        if self.tail:
            wait_until(lambda: self.tail.records or self.ledger.failures, "the tail has read anything", 60)
            self.tail.end()
        if self.committer:
            wait_until(lambda: self.committer.count or self.committer.failure, "a commit is acknowledged", 60)
            self.committer.check()
            self.committer.ending = True
            self.committer.join(30)
            self.figures["commits"] = self.committer.count
        self.ledger.check()
        # Nor may it panic beside a disk that fails.
        with open(self.node.log, errors="replace") as log:
            panics = [line for line in log if "panicked" in line]
        expect(not panics, f"the broker says: {panics[:3]}")
        expect(self.figures["compared"] > 0, "no batch in the bucket was compared with the local log")
        self.node.stop()
        for writer in self.writers:
            writer.discard()
        self.disk.unmount()
        self.figures["acknowledged"] = sum(writer.number for writer in self.writers) + sum(writer.told for writer in self.loose)

    def bucket_keys(self):
        """Keys of the cluster that serves.

        A first start that the power cut short is made again as another cluster, which touches nothing of a cluster that is not
        itself: the file that tells of the first one stays, or what was half written of it.
        """
        keys = bucket_files(self.node.bucket)
        others = [key for key in keys if not key.startswith(f"{self.node.cluster}/")]
        strange = [key for key in others if not CLUSTER_FILE.fullmatch(key)]
        expect(not strange, f"the bucket holds what no first start leaves behind: {strange[:5]}")
        clusters, cuts = {key.split("/")[0] for key in others}, self.figures["kinds"].get("format", 0)
        expect(len(clusters) <= cuts, f"the bucket knows of {len(clusters)} other clusters after {cuts} first starts that were cut short: {clusters}")
        return [key for key in keys if key.startswith(f"{self.node.cluster}/")]

    # Load.

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.poll()
            time.sleep(0.002)

    def poll(self):
        for writer in [*self.writers, *self.loose]:
            writer.poll()

    def produce(self, count):
        for writer in [*self.writers, *self.loose]:
            if writer.waiting < 400:
                writer.produce(self.chance.randrange(count + 1))

    def load(self, seconds):
        """Clients write until the time is over or the process has died."""
        end = time.monotonic() + seconds
        next_act = time.monotonic() + self.chance.uniform(0, seconds)
        while time.monotonic() < end and self.node.child.running:
            self.produce(15)
            if self.quorum and time.monotonic() >= next_act:
                self.quorum.act(self.chance)
                next_act = time.monotonic() + self.chance.uniform(0, 0.5)
            if self.quorum:
                self.quorum.take_answers()
            time.sleep(0.004)

    # The cut.

    def cut(self, kind):
        chance = self.chance
        if chance.random() < 0.5:
            self.disk.write_some_back(chance)
        how = disk.FLUSH_LOG if chance.random() < 0.15 else disk.DROP_LOG
        if chance.random() < 0.7:
            self.disk.shut_down(how)
            # The broker lives on for a moment with a disk that fails: it must not acknowledge anything.
            self.wait(chance.choice([0, 0.005, 0.05]))
            self.kill()
        else:
            self.kill()
            self.disk.shut_down(how)
        self.end_life()
        self.disk.unmount()
        self.disk.mount()
        self.figures["cuts"] += 1
        self.figures["kinds"][kind] = self.figures["kinds"].get(kind, 0) + 1

    def kill(self):
        self.node.child.process.kill()
        self.node.child.process.wait()
        self.node.child.discard()

    def end_life(self):
        """What was answered is taken; what must be there afterwards is fixed."""
        self.poll()
        for writer in self.loose:
            writer.close()
        for one in self.ledger.all():
            one.end_life(self.life)
        self.life += 1

    # The checks.

    def check(self):
        # What it learns of topics that were made is written to them before all reports are waited for.
        self.quorum.end_life()
        for writer in self.writers:
            writer.flush(READY_SECONDS)
        self.quorum.check()
        if self.os_mode:
            self.check_lost()
        self.figures["read"] += read_back(self.node, self.ledger)
        names = {writer.name for writer in self.loose}
        for one in self.ledger.all():
            self.figures["lost"] += one.settle(names, end=self.ends.get(str(one)) if self.os_mode else None)
        if not self.os_mode:
            self.marks.see_high_watermarks(self.node, self.ledger)
            self.note_high_watermarks()
            self.committer.check()
        for topic in self.quorum.tiered:
            check_tier(self.node, topic, self.marks, self.ledger)
        compared, _ = bucket.compare(self.node, os.path.join(self.node.data, "log"), self.node.bucket, self.quorum.tiered)
        self.figures["compared"] += compared
        for one in self.ledger.all():
            self.figures["refused"] += check_below_start(self.node, one)
        self.check_messages()

    def note_high_watermarks(self):
        for (topic, partition, what), value in self.marks.highest.items():
            if what == "high watermark" and (topic, partition) in self.ledger.partitions:
                self.ledger.of(topic, partition).high_watermark = value

    def check_lost(self):
        """With page-cache durability a log may come back shorter, but not below what was in the bucket."""
        self.ends = {}
        client = reader(self.node.bootstrap)
        try:
            for one in self.ledger.all():
                _, end = wait_until(lambda: watermarks(client, one.topic, one.partition), f"the end of {one}", 30, transient=is_away)
                remote_end = self.marks.highest.get((one.topic, one.partition, "remote_end_offset"), 0)
                expect(end >= remote_end, f"{one}: the log ends at {end}, and the bucket held [0, {remote_end})")
                self.figures["lost"] += one.lose_above(end)
                self.ends[str(one)] = end
        finally:
            client.close()

    def check_messages(self):
        """A power cut is no rot: the broker must neither say so nor panic."""
        with open(self.node.log, "rb") as log:
            log.seek(self.node.log_begin)
            lines = log.read().decode(errors="replace").splitlines()
        bad = [line for line in lines if "has lost durable entries" in line or "panicked" in line or "stays offline" in line]
        expect(not bad, f"the broker says: {bad[:3]}")
