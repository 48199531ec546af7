"""The rows that need no store: what is asked of both brokers, which figures come of it, and the goals.

Owns: one entry for each row (`ROWS`); a new one is a few lines here. Does not own: pairs, warm-up, tables. A leg that finds a wrong
count, offset or checksum fails, and its row is void.
"""

import itertools
import os
import re
import shutil
import time
from dataclasses import dataclass

from confluent_kafka import Consumer, Producer
from harness.process import expect, expect_equal, run, wait_until
from harness.world import KAFKA_VERSION, STRATA, TOOLS
from machine import Clock, bench, resident_bytes, settled_bytes
from peers import STARTING, Alone, Durable, Kafka, Ours, PageCache, create_topic, delete_topic, ends

GB = 1e9
# Before anything counts in an open loop.
SKIPPED_SECONDS = 0.5
_topics = itertools.count(1)


@dataclass(frozen=True)
class Dose:
    """How much of a row is done: its name, seconds of a leg, seconds of warm-up of a JVM, and a scale of sizes (1: full)."""

    name: str
    seconds: float
    warm_seconds: float
    scale: float

    def sized(self, full, least):
        return max(least, int(full * self.scale))

    def limit_seconds(self):
        """Of each loop that measures a limit."""
        return min(1.0, self.seconds / 4)


@dataclass(frozen=True)
class Goal:
    """`figure`, ours by the peer's: at most (`less`) or at least (`more`) `bound`; ours alone: at most or at least `ours`. Without
    either it is shown and not judged."""

    figure: str
    better: str = "less"
    bound: float | None = None
    ours: float | None = None


@dataclass
class Row:
    """What all rows have."""

    number: str
    title: str
    goals: list
    world: type = PageCache
    peer: str = "kafka"
    # Why a peer cannot stand here, if so.
    without_peer: str = ""
    # Run only when named.
    is_named: bool = False
    notes: str = ""
    # The part of the limit that is the goal, where there is one.
    limit_goal: float | None = None

    def prepare(self, world, kind, dose):
        """Before a peer's first leg."""

    def leg(self, world, kind, dose):
        raise NotImplementedError

    def limits(self, world, dose):
        """Figures of the machine, measured in the same run: none for a row whose limit is of another kind."""
        return {}

    def limit_share(self, figures, limits):
        """What of the limit our figures are; none where that says nothing."""
        return None

    def limit_text(self, limits):
        """The limits as the table shows them."""
        return ""


def new_topic():
    return f"bench{os.getpid()}x{next(_topics):05}"


class Topic:
    """A topic for one leg, with what was acknowledged checked at its end."""

    def __init__(self, node, partitions, configs=None):
        self.node, self.partitions, self.name = node, partitions, new_topic()
        create_topic(node, self.name, partitions, configs)

    def check(self, records, bytes_max=256 << 20):
        return bench("check", bootstrap=self.node.bootstrap, topic=self.name, partitions=self.partitions, records=records, bytes_max=bytes_max)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            delete_topic(self.node, self.name)


@dataclass
class Produce(Row):
    """Closed loop: as fast as answers come."""

    partitions: int = 16
    connections: int = 8
    record_bytes: int = 100
    batch_records: int = 1
    in_flight: int = 5
    acks: int = 1
    spread: bool = False
    per_request: int = 1
    bytes_max: int = 6 << 30

    def driven(self, node, topic, **how_much):
        return bench(
            "produce", bootstrap=node.bootstrap, topic=topic.name, partitions=self.partitions, connections=self.connections,
            record_bytes=self.record_bytes, batch_records=self.batch_records, in_flight=self.in_flight, acks=self.acks,
            spread=self.spread, per_request=self.per_request, bytes_max=self.bytes_max, **how_much,
        )

    def leg(self, world, kind, dose):
        node = world.node(kind)
        has_journal = self.world is Durable and kind != "kafka"
        with Topic(node, self.partitions) as topic:
            # The first append to a partition makes files: every one has had it before anything is counted.
            first = self.driven(node, topic, requests_max=2 * self.partitions // self.per_request, seconds=300)
            journal = node.journal() if has_journal else None
            clock = Clock(node.pid)
            told = self.driven(node, topic, seconds=dose.seconds)
            cpu, resident = clock.cpu_used(), resident_bytes(node.pid)
            flushed = [now - before for now, before in zip(node.journal(), journal)] if journal else None
            checked = topic.check(first["records"] + told["records"])
        return {
            **(group_commit(world, dose, told, *flushed) if flushed else {}),
            "broker CPU µs/request": cpu / told["requests"] * 1e6,
            "broker CPU s/GB": cpu / told["bytes"] * GB,
            "requests/s": told["requests"] / told["seconds"],
            "records/s": told["records"] / told["seconds"],
            "MB/s": told["bytes"] / told["seconds"] / 1e6,
            "response p50 µs": told["response"]["p50_us"],
            "response p99 µs": told["response"]["p99_us"],
            "resident MiB": resident / (1 << 20),
            "driver CPU by broker CPU": told["driver_cpu_seconds"] / max(cpu, 0.01),
            "checked batches": checked["checked_batches"],
        }

    def limits(self, world, dose):
        if self.world is Durable:
            # Its limit is the disk's at the bytes of each flush, which only the leg tells.
            return {}
        size = self.batch_records * (self.record_bytes + 10) + 61 + 60
        return bench("limits", directory=world.limit_place(), seconds=dose.limit_seconds(), what="receive", frame_bytes=size)

    def limit_share(self, figures, limits):
        return "receive" in limits and figures["requests/s"] / limits["receive"]["per_second"]

    def limit_text(self, limits):
        found = limits["receive"]
        return (f"a loop that takes the same frames, sums and writes them: {found['per_second']:,.0f} requests/s, "
                f"{found['gb_per_second']:.2f} GB/s, {found['cpu_us_each']:.1f} µs of CPU each")


def group_commit(world, dose, told, groups, group_bytes):
    """What the disk gives at the bytes that each flush of this leg had, right after it, and what the leg had of that."""
    expect(groups > 0, "nothing was flushed")
    flush_bytes = int(group_bytes / groups)
    limits = bench("limits", directory=world.limit_place(), seconds=dose.limit_seconds(), what="group_commit", flush_bytes=flush_bytes)
    ways = limits["group_commit"]["ways"]
    best = max(ways.values(), key=lambda way: way["mb_per_second"])
    return {
        "KiB/flush": flush_bytes / 1024,
        "flushes/s": groups / told["seconds"],
        "of raw group commit": told["bytes"] / told["seconds"] / 1e6 / best["mb_per_second"],
        "p99 by two raw flushes and 1 ms": told["response"]["p99_us"] / (2 * best["each"]["p99_us"] + 1000),
        "raw p50 µs": best["each"]["p50_us"],
        "raw p99 µs": best["each"]["p99_us"],
        **{f"raw {name} MB/s": way["mb_per_second"] for name, way in ways.items()},
    }


def send_limit(world, dose):
    return bench("limits", directory=world.limit_place(), seconds=dose.limit_seconds(), what="send")


def best_send(limits):
    """GB/s of the best way to send a file that lies in the page cache."""
    return max(way["gb_per_second"] for way in limits["send"].values())


def send_text(limits):
    ways = (f"{name.replace('_', ' ')} {way['gb_per_second']:.2f} GB/s at {way['cpu_seconds_per_gb']:.2f} s/GB" for name, way in limits["send"].items())
    return "one sender, one receiver: " + ", ".join(ways)


@dataclass
class Fetch(Row):
    """Consumers that read over and over what lies in the page cache, or in the broker's own memory."""

    consumers: int = 1
    partitions: int = 16
    # What is read: small enough to stay in memory, and to be read many times.
    bytes_full: int = 1 << 30

    def prepare(self, world, kind, dose):
        if ("hot", kind) in world.kept:
            return
        node = world.node(kind)
        topic = Topic(node, self.partitions)
        told = bench(
            "produce", bootstrap=node.bootstrap, topic=topic.name, partitions=self.partitions, connections=4, record_bytes=1024,
            batch_records=1000, seconds=120, bytes_max=dose.sized(self.bytes_full, 64 << 20),
        )
        topic.check(told["records"])
        world.kept["hot", kind] = topic

    def leg(self, world, kind, dose):
        node, topic = world.node(kind), world.kept["hot", kind]
        clock = Clock(node.pid)
        told = bench("fetch", bootstrap=node.bootstrap, topic=topic.name, partitions=self.partitions, connections=self.consumers, seconds=dose.seconds)
        cpu = clock.cpu_used()
        expect(told["checked_batches"] > 0, "no checksum was computed")
        return {
            "broker CPU s/GB": cpu / told["bytes"] * GB,
            "broker CPU µs/request": cpu / told["requests"] * 1e6,
            "GB/s": told["bytes"] / told["seconds"] / GB,
            "consumers' least by most": told["rate_min"] / told["rate_max"],
            "driver CPU by broker CPU": told["driver_cpu_seconds"] / max(cpu, 0.01),
            "checked batches": told["checked_batches"],
        }

    def limits(self, world, dose):
        return send_limit(world, dose)

    def limit_share(self, figures, limits):
        return figures["GB/s"] / best_send(limits)

    def limit_text(self, limits):
        return send_text(limits)


@dataclass
class Tail(Row):
    """One paced producer, and consumers that all read everything as it comes."""

    consumers: int = 1
    partitions: int = 16
    mb_per_second: int = 50
    # 16 KiB in a request, as Kafka's producer has it.
    batch_records: int = 16

    def leg(self, world, kind, dose):
        node = world.node(kind)
        with Topic(node, self.partitions) as topic:
            # Every partition has its files before anything is counted.
            first = bench("produce", bootstrap=node.bootstrap, topic=topic.name, partitions=self.partitions, requests_max=2 * self.partitions,
                          seconds=300, record_bytes=1024, batch_records=self.batch_records)
            clock = Clock(node.pid)
            # Beside the seconds, what consumers that were too slow have to catch up with.
            told = bench("tail", 900, bootstrap=node.bootstrap, topic=topic.name, partitions=self.partitions, consumers=self.consumers,
                         record_bytes=1024, batch_records=self.batch_records, bytes_per_second=self.mb_per_second * 1e6,
                         seconds=dose.seconds + SKIPPED_SECONDS, skip_seconds=SKIPPED_SECONDS)
            cpu, resident = clock.cpu_used(), resident_bytes(node.pid)
            checked = topic.check(first["records"] + told["records"])
        return {
            CPU_OUT: cpu / told["bytes"] * GB,
            "GB/s out": told["bytes_at_end"] / told["produce_seconds"] / GB,
            "e2e p50 µs": told["latency"]["p50_us"],
            "e2e p99 µs": told["latency"]["p99_us"],
            "consumers' least by most": told["share_min"] / max(1, told["share_max"]),
            "MB/s in": told["produce_bytes"] / told["produce_seconds"] / 1e6,
            "broker CPU µs/fetch": cpu / told["fetch_requests"] * 1e6,
            "s until all had all": told["seconds"],
            "resident MiB": resident / (1 << 20),
            "driver CPU by broker CPU": told["driver_cpu_seconds"] / max(cpu, 0.01),
            "samples": told["latency"]["samples"],
            "checked batches": told["checked_batches"] + checked["checked_batches"],
        }

    def limits(self, world, dose):
        return send_limit(world, dose)

    def limit_share(self, figures, limits):
        # No more than what is asked for can go out.
        return figures["GB/s out"] / min(best_send(limits), self.consumers * self.mb_per_second / 1e3)

    def limit_text(self, limits):
        return f"{self.consumers * self.mb_per_second / 1e3:g} GB/s are asked for; {send_text(limits)}"


@dataclass
class Latency(Row):
    """Open loop, from the moment at which a request was meant to be sent."""

    acks: int = 1
    per_second: int = 1000
    record_bytes: int = 1024

    def leg(self, world, kind, dose):
        node = world.node(kind)
        with Topic(node, 1) as topic:
            clock = Clock(node.pid)
            told = bench(
                "latency", bootstrap=node.bootstrap, topic=topic.name, acks=self.acks, per_second=self.per_second,
                record_bytes=self.record_bytes, seconds=dose.seconds + SKIPPED_SECONDS, skip_seconds=SKIPPED_SECONDS,
            )
            cpu = clock.cpu_used()
            topic.check(told["requests"])
        found = {f"{name} µs": told["latency"][f"{name.replace('.', '')}_us"] for name in ("p50", "p99", "p99.9")}
        return {**found, "broker CPU µs/request": cpu / told["requests"] * 1e6, "samples": told["latency"]["samples"]}

    def limits(self, world, dose):
        found = bench("limits", directory=world.limit_place(), seconds=dose.limit_seconds(), what="round_trip")
        if self.world is Durable:
            found |= bench("limits", directory=world.limit_place(), seconds=dose.limit_seconds(), what="group_commit", flush_bytes=self.record_bytes)
        return found

    def limit_text(self, limits):
        found = limits["round_trip"]
        text = f"64 B there and back over loopback: p50 {found['p50_us']:.0f}, p99 {found['p99_us']:.0f}, p99.9 {found['p999_us']:.0f} µs"
        if "group_commit" in limits:
            best = min((way["each"] for way in limits["group_commit"]["ways"].values()), key=lambda each: each["p50_us"])
            text += f"; 4 KiB flushed: p50 {best['p50_us']:.0f}, p99 {best['p99_us']:.0f} µs"
        return text


def idle_share(pid, seconds):
    clock = Clock(pid)
    time.sleep(seconds)
    return clock.cpu_used() / clock.seconds()


def own_node(world, kind, name):
    """A broker of a row of its own world, not started."""
    if kind == "kafka":
        # Its memory is what it takes, not what it is given at once.
        return Kafka(world.directory, {}, world.budget, name, is_heap_fixed=False)
    return Ours(world.directory, {}, name, world.budget.memory_bytes)


def binary_bytes(kind, directory):
    """What has to be there to run it: our stripped binary; Kafka's jars, without a JVM."""
    if kind != "kafka":
        copy = os.path.join(directory, "stripped")
        run(["strip", "-o", copy, STRATA])
        size = os.path.getsize(copy)
        os.remove(copy)
        return size
    jars = os.path.join(TOOLS, f"java-{KAFKA_VERSION}")
    return sum(entry.stat().st_size for entry in os.scandir(jars) if entry.name.endswith(".jar"))


def make_partitions(node, partitions, per_topic=100):
    names = {new_topic(): min(per_topic, partitions - first) for first in range(0, partitions, per_topic)}
    for name, count in names.items():
        create_topic(node, name, count)
    return names


@dataclass
class Footprint(Row):
    """Idle, and with idle partitions: a broker of its own for each leg."""

    partitions_full: int = 10_000

    def leg(self, world, kind, dose):
        node = own_node(world, kind, f"{kind}-{next(_topics)}".replace(" ", "-")).format()
        begin = time.monotonic()
        try:
            node.start()
            started = time.monotonic() - begin
            create_topic(node, new_topic(), 1)
            idle = settled_bytes(node.pid, max(5, dose.seconds))
            share = idle_share(node.pid, max(2, dose.seconds))
            partitions = dose.sized(self.partitions_full, 200)
            names = make_partitions(node, partitions)
            full = settled_bytes(node.pid, max(5, dose.seconds))
            for name, count in names.items():
                expect_equal(ends(node, name, count), [0] * count, f"ends of {name}")
            return {
                "first ready s": started,
                "idle MiB": idle / (1 << 20),
                "idle CPU %": share * 100,
                "KiB/partition": (full - idle) / partitions / 1024,
                "binary MB": binary_bytes(kind, world.directory) / 1e6,
                "partitions": partitions,
            }
        finally:
            node.discard()
            shutil.rmtree(node.data, ignore_errors=True)


@dataclass
class Restart(Row):
    """kill -9 with many partitions, each with records; until every partition answers again, with what it had acknowledged."""

    partitions_full: int = 10_000
    records: int = 20

    def ready(self, node, names, begin, wanted):
        def all_there():
            return all(ends(node, name, count) == wanted[name] for name, count in names.items())

        node.launch()
        wait_until(all_there, "every partition answers with its end", 600, 0.02, STARTING)
        return time.monotonic() - begin

    def leg(self, world, kind, dose):
        node = own_node(world, kind, f"{kind}-{next(_topics)}".replace(" ", "-"))
        try:
            node.start()
            partitions = dose.sized(self.partitions_full, 200)
            names = make_partitions(node, partitions)
            for name, count in names.items():
                told = bench("produce", bootstrap=node.bootstrap, topic=name, partitions=count, connections=4, acks=-1,
                             requests_max=count * self.records, seconds=600, record_bytes=1024)
                expect(told["records"] >= count, "each partition has records")
            wanted = {name: ends(node, name, count) for name, count in names.items()}
            node.kill()
            killed = self.ready(node, names, time.monotonic(), wanted)
            for name, count in itertools.islice(names.items(), 2):
                bench("check", bootstrap=node.bootstrap, topic=name, partitions=count, records=sum(wanted[name]))
            node.stop()
            clean = self.ready(node, names, time.monotonic(), wanted)
            return {
                "ready after kill -9 s": killed,
                "ready after a stop s": clean,
                "partitions": partitions,
            }
        finally:
            node.discard()
            shutil.rmtree(node.data, ignore_errors=True)


@dataclass
class Ordinary(Row):
    """Kafka's own perf tools or librdkafka in the raw driver's place: what a client sees; the client is half of the cost."""

    tool: str = "librdkafka"
    partitions: int = 16
    record_bytes: int = 1024
    records_full: int = 2_000_000

    def leg(self, world, kind, dose):
        node, records = world.node(kind), dose.sized(self.records_full, 50_000)
        with Topic(node, self.partitions) as topic:
            clock = Clock(node.pid)
            begin = time.monotonic()
            (perf_tool if self.tool == "perf tools" else librdkafka)(node, topic.name, records, self.record_bytes)
            took, cpu = time.monotonic() - begin, clock.cpu_used()
            topic.check(records)
            clock, begin = Clock(node.pid), time.monotonic()
            if self.tool == "librdkafka":
                consume(node, topic.name, records)
                fetch_cpu, fetch_took = clock.cpu_used(), time.monotonic() - begin
        payload = records * self.record_bytes
        found = {"produce: broker CPU s/GB": cpu / payload * GB, "produce: records/s": records / took}
        if self.tool == "librdkafka":
            found |= {"consume: broker CPU s/GB": fetch_cpu / payload * GB, "consume: records/s": records / fetch_took}
        return found


def perf_tool(node, topic, records, size):
    jars = os.path.join(TOOLS, f"java-{KAFKA_VERSION}", "*")
    java = ["java", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", jars, "org.apache.kafka.tools.ProducerPerformance"]
    properties = [f"bootstrap.servers={node.bootstrap}", "acks=1", "batch.size=16384", "linger.ms=0", "enable.idempotence=false"]
    words = ["--topic", topic, "--num-records", records, "--record-size", size, "--throughput", -1, "--producer-props", *properties]
    out = run([*java, *words], 600)[1]
    expect(re.search(rf"^{records} records sent", out, re.MULTILINE), f"the perf tool says: {out[-400:]}")


def librdkafka(node, topic, records, size):
    failed = []
    producer = Producer({"bootstrap.servers": node.bootstrap, "acks": 1, "linger.ms": 5, "batch.size": 1 << 20, "queue.buffering.max.messages": 500_000, "log_level": 0})
    value = os.urandom(size)
    for _ in range(records):
        while True:
            try:
                producer.produce(topic, value, on_delivery=lambda error, _: failed.append(error) if error else None)
                break
            except BufferError:
                producer.poll(0.05)
        producer.poll(0)
    expect_equal(producer.flush(120), 0, "records without an answer")
    expect_equal(failed[:3], [], "failed records")


def consume(node, topic, records):
    consumer = Consumer({"bootstrap.servers": node.bootstrap, "group.id": topic, "auto.offset.reset": "earliest", "enable.auto.commit": False, "log_level": 0})
    try:
        consumer.subscribe([topic])
        found, deadline = 0, time.monotonic() + 300
        while found < records and time.monotonic() < deadline:
            for message in consumer.consume(10_000, 1.0):
                expect(not message.error(), f"{message.error()}")
                found += 1
        expect_equal(found, records, "records consumed")
    finally:
        consumer.close()


CPU_REQUEST, CPU_GB, CPU_OUT = "broker CPU µs/request", "broker CPU s/GB", "broker CPU s/GB out"
TAIL_GOALS = [Goal(CPU_OUT, "less", 0.5), Goal("GB/s out", "more"), Goal("e2e p50 µs"), Goal("e2e p99 µs"), Goal("consumers' least by most", "more")]
DURABLE_GOALS = [Goal(CPU_GB), Goal("response p99 µs"), Goal("of raw group commit", "more", ours=0.8), Goal("p99 by two raw flushes and 1 ms", ours=1.0), Goal("KiB/flush", "more")]
RAW = "raw group commit writes as many bytes for each flush into a file that was written before, right after the leg, the best of four ways"

ROWS = [
    Produce("1", "small requests: one record of 100 B, 16 partitions, 8 connections, acks=1",
            [Goal(CPU_REQUEST, "less", 0.25), Goal("requests/s", "more", 3.0), Goal("response p99 µs")], limit_goal=0.6),
    Produce("2", "one record each over 100 connections and 100 partitions, every connection to all, acks=1",
            [Goal(CPU_REQUEST, "less", 0.25), Goal("requests/s", "more", 4.0)], partitions=100, connections=100, spread=True),
    Produce("3", "large batches: 1,000 records of 1 KiB, 16 partitions, 4 connections, acks=1",
            [Goal(CPU_GB, "less", 0.5, ours=0.45), Goal("MB/s", "more")], limit_goal=0.7, connections=4, record_bytes=1024, batch_records=1000, in_flight=2),
    Produce("5a", "durable: 16 records of 1 KiB, 16 partitions, acks=all, flushed before the answer",
            [Goal("MB/s", "more", 5.0), *DURABLE_GOALS], world=Durable, connections=16, record_bytes=1024,
            batch_records=16, acks=-1, notes=RAW),
    Produce("5b", "durable: 16 records of 1 KiB, 1,000 partitions, ten of them in a request, acks=all, flushed before the answer",
            [Goal("MB/s", "more", 20.0), *DURABLE_GOALS], world=Durable, partitions=1000, connections=16,
            record_bytes=1024, batch_records=16, acks=-1, per_request=10, notes=RAW),
    Produce("5c", "durable: 16 records of 1 KiB, one partition, acks=all, flushed before the answer",
            [Goal("MB/s", "more"), *DURABLE_GOALS], world=Durable, partitions=1, connections=16, record_bytes=1024,
            batch_records=16, acks=-1, notes=RAW, is_named=True),
    Produce("5d", "durable: 16 records of 1 KiB, 10,000 partitions, ten of them in a request, acks=all, flushed before the answer (Kafka needs vm.max_map_count above 65,530)",
            [Goal("MB/s", "more"), *DURABLE_GOALS], world=Durable, partitions=10_000, connections=16,
            record_bytes=1024, batch_records=16, acks=-1, per_request=10, notes=RAW, is_named=True),
    Latency("6a", "1,000 requests/s of 1 KiB, open loop, acks=1", [Goal("p50 µs"), Goal("p99 µs", "less", 1 / 3), Goal("p99.9 µs", "less", 0.1)],
            notes="a leg has 1,000 samples for each second: what lies above p99.9 are few"),
    Latency("6b", "1,000 requests/s of 1 KiB, open loop, acks=all, flushed before the answer",
            [Goal("p50 µs"), Goal("p99 µs", "less", 1 / 3), Goal("p99.9 µs")], world=Durable, acks=-1),
    Produce("8a", "1,000 partitions: one record of 1 KiB, 100 connections, acks=1",
            [Goal(CPU_REQUEST, "less", 0.25), Goal("requests/s", "more", 4.0)], partitions=1000, connections=100, record_bytes=1024),
    Produce("8b", "10,000 partitions: one record of 1 KiB, 100 connections, acks=1 (Kafka needs vm.max_map_count above 65,530)",
            [Goal(CPU_REQUEST, "less", 0.25), Goal("requests/s", "more", 5.0)], partitions=10_000, connections=100, record_bytes=1024,
            is_named=True),
    Fetch("10a", "one consumer reads hot data, 16 partitions", [Goal(CPU_GB, "less", 1.0), Goal("GB/s", "more")], limit_goal=0.85),
    Fetch("10b", "10 consumers read the same hot data", [Goal(CPU_GB, "less", 1.0), Goal("GB/s", "more")], limit_goal=0.85, consumers=10),
    Fetch("10c", "50 consumers read the same hot data", [Goal(CPU_GB, "less", 1.0), Goal("GB/s", "more")], limit_goal=0.85, consumers=50),
    Tail("10d", "tail: 50 MB/s of 1 KiB records over 16 partitions, one consumer", TAIL_GOALS, limit_goal=0.85),
    Tail("10e", "tail: 50 MB/s of 1 KiB records over 16 partitions, 10 consumers of all", TAIL_GOALS, limit_goal=0.85, consumers=10),
    Tail("10f", "tail: 50 MB/s of 1 KiB records over 16 partitions, 50 consumers of all", TAIL_GOALS, limit_goal=0.85, consumers=50),
    Restart("23", "restart with records in every partition, until each answers with its end", [Goal("ready after kill -9 s", "less", 1 / 20, ours=2), Goal("ready after a stop s", "less", 1 / 20, ours=1)], world=Alone),
    Footprint("26", "idle, and with idle partitions", [Goal("idle MiB", "less", 1 / 20, ours=12), Goal("KiB/partition", ours=4), Goal("idle CPU %"), Goal("first ready s"), Goal("binary MB", ours=20)], world=Alone),
    Ordinary("d1", "Kafka's ProducerPerformance: 1 KiB, batch.size 16 KiB, linger 0, 16 partitions", [Goal("produce: broker CPU s/GB"), Goal("produce: records/s", "more")], tool="perf tools"),
    Ordinary("d2", "librdkafka from Python: 1 KiB, batches up to 1 MiB, 16 partitions, then all consumed by a group", [Goal("produce: broker CPU s/GB"), Goal("produce: records/s", "more"), Goal("consume: broker CPU s/GB"), Goal("consume: records/s", "more")]),
]
