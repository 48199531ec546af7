"""Damage under the real binary: a stopped broker, one damaged file, a start, everything read.

Owns: a broker's directory made once, copies of it with one damaged file, what must hold of each. Does not own: the thousands of
cases on single loaders (`src/`). Right are: what was acknowledged, byte for byte and without a gap; or an error or a stall of
that partition which the log tells with the file; or, for what says whose data it is, exit code 3 with nothing changed.
"""

import argparse
import collections
import os
import random
import re
import shutil
import sys
import time
import traceback

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from harness.process import Failure, expect, expect_equal, wait_until
from harness.scenarios import say
from harness.world import Broker, workdir

TOPICS = {"plain": 2, "tier": 2}
RECORDS = 240
CHUNK = 40
# A partition that the log tells of is asked for so long; any other has time on a machine that does much else.
STALL_SECONDS, PATIENT_SECONDS = 4.0, 40.0
ROLLS = {"segment.bytes": "1048576", "segment.ms": "150"}
CONFIGS = {
    "plain": {**ROLLS, "retention.ms": "-1"},
    "tier": {**ROLLS, "remote.storage.enable": "true", "local.retention.bytes": "1", "retention.ms": "-1"},
}
FAST = {
    "remote.log.storage.system.enable": "true",
    "auto.create.topics.enable": "false",
    "log.retention.check.interval.ms": "150",
    "log.segment.delete.delay.ms": "100",
    "log.initial.task.delay.ms": "100",
    "strata.metadata.snapshot.entries": "10",
    "strata.log.journal.bytes": "4194304",
    "strata.tier.segment.bytes.max": "65536",
    "strata.tier.upload.max.lag.ms": "80",
    "strata.cache.memory.bytes": "8388608",
    "strata.cache.disk.bytes": "16777216",
}
# Kind: which files, below the directory of the world.
KINDS = {
    "node-meta": r"broker/(log|raft)/meta\.properties",
    "node-raft-log": r"broker/raft/.*\.raftlog",
    "node-vote": r"broker/raft/vote",
    "node-raft-snapshot": r"broker/raft/.*\.snapshot",
    "node-cluster-json": r"bucket/.*cluster\.json",
    "node-log": r"broker/log/(plain|tier)-\d/\d+\.log",
    "node-index": r"broker/log/(plain|tier)-\d/\d+\.(index|timeindex|txnindex|seal|snapshot|window)",
    "node-epochs": r"broker/log/(plain|tier)-\d/(strata-)?leader-epoch-checkpoint",
    "node-partition": r"broker/log/(plain|tier)-\d/partition\.metadata",
    "node-checkpoint": r"broker/log/[^/]*checkpoint",
    "node-journal": r"broker/log/journal/.*",
    "node-cache": r"broker/cache/.*",
    "node-object": r"bucket/.*\.(seg|page)",
}
# What says whose data it is: refused with exit code 3, or not hit at all.
IDENTITY = {"node-meta", "node-raft-log", "node-vote", "node-raft-snapshot", "node-cluster-json"}
# What is made anew must not cost a partition.
DERIVED = {"node-index", "node-epochs", "node-cache"}
HARMS = ("flip", "zero-512", "zero-4096", "truncate", "garbage", "swap", "delete")


def files_of(root):
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, root)] = path
    return found


def contents(root):
    return {name: open(path, "rb").read() for name, path in files_of(root).items()}


class World:
    """The directory that is damaged, and what was acknowledged in it."""

    def __init__(self, directory):
        self.directory = directory
        self.records = collections.defaultdict(list)
        node = self.node(directory)
        try:
            node.start()
            self._fill(node)
            node.stop()
        finally:
            node.discard()

    @staticmethod
    def node(directory):
        return Broker(directory, {**FAST, "strata.tier.url": f"file://{os.path.join(directory, 'bucket')}"})

    def _fill(self, node):
        admin = AdminClient({"bootstrap.servers": node.bootstrap, "log_level": 0})
        topics = [NewTopic(name, count, 1, config=CONFIGS[name]) for name, count in TOPICS.items()]
        for future in admin.create_topics(topics).values():
            future.result(30)
        producer = Producer({"bootstrap.servers": node.bootstrap, "log_level": 0, "enable.idempotence": True, "linger.ms": 2})
        chance = random.Random("records")
        for begin in range(0, RECORDS, CHUNK):
            for number in range(begin, begin + CHUNK):
                for topic, count in TOPICS.items():
                    for partition in range(count):
                        value = b"%d-" % number + chance.randbytes(chance.randrange(50, 400))
                        self._send(producer, topic, partition, b"%d" % number, value)
            expect_equal(producer.flush(60), 0, "records that were not acknowledged")
            time.sleep(0.2)  # The next ones go into another segment: `segment.ms` is shorter.
        wait_until(lambda: all((one["remote_end_offset"] or 0) > 100 for one in node.tiered("tier")), "some is in the bucket", 60)
        self.topic_ids = {topic: self._topic_id(topic) for topic in TOPICS}
        # The cache fills, too.
        for key in list(self.records):
            expect_equal(read(node, key, self.records[key])[0], "right", f"{key} without damage")

    def _topic_id(self, topic):
        with open(os.path.join(self.directory, "broker", "log", f"{topic}-0", "partition.metadata")) as file:
            return re.search(r"^topic_id: (\S+)$", file.read(), re.MULTILINE).group(1)

    def concerns(self, name, key):
        """Whether a damaged file may cost this partition anything."""
        topic, partition = key
        if name.startswith("bucket/"):
            return f"/{self.topic_ids[topic]}/{partition}/" in name
        # The journal holds entries of all partitions, and a checkpoint their offsets.
        return f"/{topic}-{partition}/" in name or "/journal/" in name or "checkpoint" in os.path.basename(name)

    def _send(self, producer, topic, partition, key, value):
        def report(error, message):
            expect(error is None, f"a record was not taken: {error}")
            records = self.records[(topic, partition)]
            expect_equal(message.offset(), len(records), "the offset of the record")
            records.append((key, value))

        producer.produce(topic, key=key, value=value, partition=partition, on_delivery=report)


def read(node, key, records, is_told=lambda: False):
    """("right" or "told", detail) of one partition; a wrong byte or a gap is a failure.

    `is_told` knows whether the log tells of damage that concerns this partition: then nobody waits long for what does not come.
    """
    topic, partition = key
    consumer = Consumer({
        "bootstrap.servers": node.bootstrap,
        "group.id": "none",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "log_level": 0,
        "check.crcs": False,
        "fetch.wait.max.ms": 50,
    })

    def is_over(begin):
        waited = time.monotonic() - begin
        return waited > PATIENT_SECONDS or waited >= STALL_SECONDS and is_told()

    try:
        begin, low = time.monotonic(), None
        while low is None:
            try:
                low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=STALL_SECONDS)
            except KafkaException as error:
                if is_over(begin):
                    return "told", str(error)
                time.sleep(0.05)
        expect_equal(low, 0, f"{topic}-{partition}: log start")
        expect_equal(high, len(records), f"{topic}-{partition}: log end")
        consumer.assign([TopicPartition(topic, partition, 0)])
        wanted, begin = 0, time.monotonic()
        while wanted < len(records):
            message = consumer.poll(0.2)
            if message is None:
                if is_over(begin):
                    return "told", f"a stall at offset {wanted}"
                continue
            if message.error():
                return "told", f"offset {wanted}: {message.error()}"
            expect_equal(message.offset(), wanted, f"{topic}-{partition}: a silent gap, the next offset")
            expect_equal((message.key(), message.value()), records[wanted], f"{topic}-{partition}: the record at {wanted}")
            wanted, begin = wanted + 1, time.monotonic()
        return "right", ""
    finally:
        consumer.close()


def strike(chance, kind, root):
    """Damages one file; answers the harm and the paths that were hit, as they are named below the root."""
    names = sorted(name for name in files_of(root) if re.fullmatch(KINDS[kind], name))
    expect(names, f"no file is of kind {kind}")
    name = chance.choice(names)
    path, harm = os.path.join(root, name), chance.choice(HARMS)
    data = bytearray(open(path, "rb").read())
    others = [other for other in names if open(os.path.join(root, other), "rb").read() != data]
    if harm == "swap" and not others or not data and harm not in ("swap", "delete"):
        harm = "garbage"
    hit = [name]
    if harm == "delete":
        os.remove(path)
        return harm, hit, "deleted"
    if harm == "swap":
        other = chance.choice(others)
        theirs = open(os.path.join(root, other), "rb").read()
        write(os.path.join(root, other), data)
        write(path, theirs)
        return harm, [name, other], f"swapped with {other}"
    done = harm
    if harm == "flip":
        used = len(bytes(data).rstrip(b"\0")) or len(data)
        at, bit = chance.randrange(used), chance.randrange(8)
        data[at] ^= 1 << bit
        done = f"bit {bit} of byte {at}"
    elif harm.startswith("zero"):
        size = int(harm.split("-")[1])
        at = chance.randrange((len(data) + size - 1) // size) * size
        data[at : at + size] = bytes(len(data[at : at + size]))
        done = f"{harm} at {at}"
    elif harm == "truncate":
        keep = chance.randrange(len(data))
        del data[keep:]
        done = f"truncated to {keep}"
    else:
        data += chance.randbytes(chance.randrange(1, 3000))
    write(path, data)
    return harm, hit, done


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def case(world, options, kind, number):
    """One damage; answers harm and outcome."""
    chance = random.Random(f"{options.seed}/{kind}/{number}")
    with workdir(f"damage-{kind}-{number}") as directory:
        for part in ("broker", "bucket"):
            shutil.copytree(os.path.join(world.directory, part), os.path.join(directory, part))
        harm, hit, done = strike(chance, kind, directory)
        if kind == "node-object":
            shutil.rmtree(os.path.join(directory, "broker", "cache"), ignore_errors=True)
        before = contents(directory)
        node = World.node(directory)
        try:
            return harm, judge(world, node, kind, hit, before)
        except Exception as error:
            raise Failure(f"{hit[0]}, {done}: {error}") from error
        finally:
            node.discard()


def judge(world, node, kind, hit, before):
    try:
        node.start(60)
    except Failure as error:
        code = node.child.process.poll()
        # The only log directory there is cannot be used without its journal's state.
        is_refused = kind in IDENTITY or any(name.endswith("journal/state") for name in hit)
        expect(is_refused and code == 3, f"the start ended with {code}: {error}")
        told = node.child.tail()
        expect(any(os.path.basename(name) in told for name in hit) or "raft" in hit[0] and "/raft" in told, f"no file is named: {told}")
        after = contents(node.directory)
        # Log directories are opened when the broker has registered, and an orderly stop counts once.
        may_change = re.compile(r".*\.lock" if kind in IDENTITY else r".*\.lock|broker/raft/.*|broker/log/\.kafka_cleanshutdown")
        changed = sorted(name for name in before if after.get(name) != before[name] and not may_change.fullmatch(name))
        expect(not changed, f"a refused start changed {changed}")
        return "detected"
    outcome = "right"
    for key, records in world.records.items():
        may_suffer = kind not in IDENTITY and kind not in DERIVED and any(world.concerns(name, key) for name in hit)
        found, detail = read(node, key, records, lambda: may_suffer and bool(warnings_of(node, hit)[0]))
        if found == "right":
            continue
        place = f"{key[0]}-{key[1]}"
        expect(may_suffer, f"{place} does not serve everything: {detail}: {node.child.tail()}")
        named, lines = warnings_of(node, hit)
        expect(named, f"{place}: {detail}, and no warning names one of {hit}: {''.join(lines)[-3000:]}")
        outcome = "detected"
    node.stop()
    return outcome


def warnings_of(node, hit):
    """Warnings and errors in the broker's log that name one of the damaged files, and all of them."""
    # The broker's directory is named as it was given, an object as it is in the bucket.
    tell = [name.split("/", 1)[1] for name in hit]
    with open(node.log, errors="replace") as log:
        lines = [line for line in log if "WARN" in line or "ERROR" in line]
    # Of a file that is gone its directory tells, and the offsets that are missing.
    gone = [os.path.dirname(one) for one in tell if not os.path.exists(os.path.join(node.directory, "broker", one))]
    named = [line for line in lines if any(one in line for one in tell)]
    named += [line for line in lines if "are missing before" in line and any(one in line for one in gone)]
    return named, lines


def main():
    parser = argparse.ArgumentParser(prog="tests/run damage")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1, help="cases of each kind")
    parser.add_argument("--cases", type=int, help="cases of the kind that is named")
    parser.add_argument("--kind", choices=sorted(KINDS))
    parser.add_argument("--case", type=int)
    parser.add_argument("--anew", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--messages", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    kinds = [options.kind] if options.kind else list(KINDS)
    numbers = [options.case] if options.case is not None else range(options.cases or options.rounds)
    table, failed = collections.Counter(), []
    begin = time.monotonic()
    with workdir("damage-whole") as directory:
        world = World(directory)
        for number in numbers:
            for kind in kinds:
                again = f"tests/run damage --seed {options.seed} --kind {kind} --case {number}"
                try:
                    harm, outcome = case(world, options, kind, number)
                    table[(kind, harm, outcome)] += 1
                except Exception as error:
                    failed.append(again)
                    say(f"FAILED {kind}: {error}\n  again: {again}")
                    if not isinstance(error, Failure):
                        traceback.print_exc()
    for (kind, harm, outcome), count in sorted(table.items()):
        print(f"{kind:<20} {harm:<10} {outcome:<10} {count:>6}")
    print(f"{sum(table.values())} cases with the real binary held, {len(failed)} failed ({time.monotonic() - begin:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
