"""The rows that read from, or write to, an object store.

Owns: records that lie only in the store, an empty cache before each leg, what was asked of the store (nginx's log). Kafka's store is a
directory in its own process, so it stands only in rows without a network's latency; a cell that cannot be had says why.
"""

import os
import threading
import time
from dataclasses import dataclass

from harness.process import expect, expect_equal, wait_until
from harness.world import TIER_BUCKET
from machine import Clock, bench
from peers import SEGMENT_BYTES, Cold, SlowCold, local_starts
from rows import CPU_GB, GB, Goal, Row, Topic

UPLOAD_GB = "upload CPU s/GB"
NO_PLUGIN = "Apache Kafka has no plugin for S3 of its own, and its directory store for tests has no latency"
# What our reader may have in flight: a window of 64 MiB in chunks of 8.
CHUNK_BYTES = 8 << 20
IN_FLIGHT = 8
# A reader that never reads ahead, in the chunks of the best-known plugin for Kafka.
PLUGIN_CHUNK_BYTES = 4 << 20
# Less would be read before anything has found its pace.
BYTES_LEAST = 192 << 20


def offload(world, kind, dose, partitions, bytes_full, name):
    """A topic whose records lie in the store, all but each partition's open segment; the same one for all rows of a world."""
    if (name, kind) in world.kept:
        return world.kept[name, kind]
    node = world.node(kind)
    topic = Topic(node, partitions, {"remote.storage.enable": "true", "segment.bytes": str(SEGMENT_BYTES), "local.retention.ms": "500"})
    # Three segments of each partition at least: two are in the store then.
    wanted = max(int(bytes_full * dose.scale), partitions * SEGMENT_BYTES * 5 // 2, BYTES_LEAST)
    told = bench("produce", bootstrap=node.bootstrap, topic=topic.name, partitions=partitions, connections=min(8, partitions), record_bytes=1024,
                 batch_records=250, in_flight=2, rising_times=True, seconds=1800, bytes_max=wanted)
    share = told["records"] // partitions

    def is_cold():
        return all(start > share // 3 for start in local_starts(node, topic.name, partitions))

    wait_until(is_cold, f"the records of {topic.name} lie in the store ({kind})", 600, 0.5)
    if kind != "kafka":
        settle(node, topic.name)
        topic_id = node.cli("tier", "describe", topic.name)["topic_id"]
        objects = [(path, size) for path, size in world.nginx.fill(world.minio) if topic_id in path]
        expect(objects, "no object is in the store")
        world.kept[name, "objects"] = objects
    world.kept[name, kind] = topic, told
    return topic, told


def settle(node, topic, segment=SEGMENT_BYTES):
    """Until no upload is under way, so that none weighs on what is measured."""

    def is_still():
        return all(one["lag_bytes"] is not None and one["lag_bytes"] <= segment for one in node.tiered(topic))

    wait_until(is_still, f"{topic} is uploaded", 300, 0.3)


def restart_empty(world, kind):
    """A new process with nothing in its cache; the store's files stay in the page cache, for both."""
    node = world.node(kind)
    node.stop()
    if kind != "kafka":
        node.empty_cache()
    node.start()
    if kind == "kafka":
        return node
    wait_until(lambda: node.child.running, "the broker runs")
    return node


def object_list(world, name):
    path = os.path.join(world.directory, "objects")
    with open(path, "w") as file:
        file.writelines(f"{path} {size}\n" for path, size in world.kept[name, "objects"])
    return path


def log_files(directory, topic):
    """Segments of a topic below a directory, of a broker or of Kafka's store."""
    count = 0
    for folder, _, files in os.walk(directory):
        if topic in folder:
            count += sum(name.endswith(".log") for name in files)
    return count


def asked(before, after, method):
    """What was asked of the store between two looks at its log."""
    zero = {"count": 0, "sent": 0, "taken": 0, "refused": 0}
    return {key: after.get(method, zero)[key] - before.get(method, zero)[key] for key in zero}


@dataclass
class Replay(Row):
    """From the first record to the last, once, with an empty cache."""

    partitions: int = 1
    consumers: int = 1
    is_divided: bool = False
    bytes_full: int = 4 << 30
    # GETs at once that the limit is measured with: as many as our readers together may have.
    limit_in_flight: int = IN_FLIGHT

    def kept_name(self):
        return f"cold-{self.partitions}"

    def prepare(self, world, kind, dose):
        if kind == "plain reader":
            offload(world, "ours", dose, self.partitions, self.bytes_full, self.kept_name())
        else:
            offload(world, kind, dose, self.partitions, self.bytes_full, self.kept_name())

    def leg(self, world, kind, dose):
        if kind == "plain reader":
            return self.plain_leg(world, dose)
        topic, told = world.kept[self.kept_name(), kind]
        # Kafka keeps no chunks: a new process would only be a cold JVM.
        node = world.node(kind) if kind == "kafka" else restart_empty(world, kind)
        before = world.nginx.requests() if kind == "ours" else {}
        clock = Clock(node.pid)
        read = bench("fetch", 1800, bootstrap=node.bootstrap, topic=topic.name, partitions=self.partitions, connections=self.consumers,
                     mode="once", divided=self.is_divided, crc_every=16)
        cpu = clock.cpu_used()
        readers = 1 if self.is_divided else self.consumers
        expect_equal(read["records"], told["records"] * readers, "records replayed")
        found = {
            "MB/s": read["bytes"] / read["seconds"] / 1e6,
            CPU_GB: cpu / read["bytes"] * GB,
            "first answer s": read["first_answer_seconds"],
            "consumers' least by most": read["rate_min"] / read["rate_max"],
            "checked batches": read["checked_batches"],
        }
        if kind == "ours":
            # The log is written a moment after the answer.
            time.sleep(0.2)
            gets = asked(before, world.nginx.requests(), "GET")
            stored = sum(size for _, size in world.kept[self.kept_name(), "objects"])
            found |= {"store bytes by unique bytes": gets["sent"] / stored, "GETs": gets["count"]}
        return found

    def plain_leg(self, world, dose):
        """What a reader has that asks for one chunk after another."""
        told = bench("gets", store=f"127.0.0.1:{world.store_port()}", objects=object_list(world, self.kept_name()), connections=1,
                     chunk_bytes=PLUGIN_CHUNK_BYTES, seconds=max(4, dose.seconds))
        return {"MB/s": told["bytes"] / told["seconds"] / 1e6}

    def limit_share(self, figures, limits):
        most = limits.get("parallel range GETs MB/s")
        if self.consumers > 1 and not self.is_divided:
            # What is read once from the store goes out many times.
            return None
        return most and "MB/s" in figures and figures["MB/s"] / most

    def limit_text(self, limits):
        return f"{self.limit_in_flight} range GETs of {CHUNK_BYTES >> 20} MiB at once: {limits['parallel range GETs MB/s']:,.0f} MB/s"

    def limits(self, world, dose):
        if (self.kept_name(), "objects") not in world.kept:
            return {}
        told = bench("gets", store=f"127.0.0.1:{world.store_port()}", objects=object_list(world, self.kept_name()), connections=self.limit_in_flight,
                     chunk_bytes=CHUNK_BYTES, seconds=max(3, min(5, dose.seconds)))
        return {"parallel range GETs MB/s": told["bytes"] / told["seconds"] / 1e6, "refused": told["refused"]}


@dataclass
class Seeks(Replay):
    """Random moments: the offset at a time, then one fetch from there, all of it from the store."""

    def leg(self, world, kind, dose):
        if kind == "plain reader":
            told = bench("gets", store=f"127.0.0.1:{world.store_port()}", objects=object_list(world, self.kept_name()), connections=1,
                         chunk_bytes=64 << 10, seconds=max(4, dose.seconds))
            return {"both p50 ms": told["response"]["p50_us"] / 1e3}
        topic, _ = world.kept[self.kept_name(), kind]
        node = restart_empty(world, kind)
        # The first half of each partition lies in the store alone, whatever is still on the disk.
        told = bench("seek", bootstrap=node.bootstrap, topic=topic.name, partitions=self.partitions, count=10_000,
                     seconds=max(4, dose.seconds), before_per_mille=333)
        return {
            "both p50 ms": told["both"]["p50_us"] / 1e3,
            "both p99 ms": told["both"]["p99_us"] / 1e3,
            "list p50 ms": told["list"]["p50_us"] / 1e3,
            "fetch p50 ms": told["fetch"]["p50_us"] / 1e3,
            "seeks": told["requests"],
        }


@dataclass
class Storm(Replay):
    """Produce latency at a fixed rate, alone and while consumers replay from the store: by how much it grows."""

    def leg(self, world, kind, dose):
        topic, _ = world.kept[self.kept_name(), kind]
        node = world.node(kind) if kind == "kafka" else restart_empty(world, kind)

        def latency(seconds):
            with Topic(node, 1) as hot:
                told = bench("latency", bootstrap=node.bootstrap, topic=hot.name, acks=1, per_second=500, seconds=seconds + 0.5)
                hot.check(told["requests"])
            return told["latency"]

        alone = latency(dose.seconds)
        storm, failures = {"bytes": 0, "rounds": 0}, []
        over = threading.Event()

        def replay():
            try:
                while not over.is_set():
                    told = bench("fetch", bootstrap=node.bootstrap, topic=topic.name, partitions=self.partitions,
                                 connections=self.consumers, divided=True, mode="once", crc_every=64)
                    storm["bytes"] += told["bytes"]
                    storm["rounds"] += 1
            except Exception as error:  # told by the leg
                failures.append(error)

        weather = threading.Thread(target=replay)
        weather.start()
        time.sleep(0.3)
        begin = time.monotonic()
        during = latency(dose.seconds)
        over.set()
        weather.join()
        if failures:
            raise failures[0]
        return {
            "p99 by p99 alone": during["p99_us"] / alone["p99_us"],
            "p50 by p50 alone": during["p50_us"] / alone["p50_us"],
            "p99 µs": during["p99_us"],
            "storm MB/s": storm["bytes"] / (time.monotonic() - begin) / 1e6,
            "storm rounds": storm["rounds"],
        }

    def limits(self, world, dose):
        return {}


@dataclass
class Upload(Row):
    """Paced produce into a tiered topic: how far the store is behind, and what the way up costs beside the same without it."""

    partitions: int = 4
    mb_per_second: int = 100
    seconds_full: int = 60

    def leg(self, world, kind, dose):
        node = world.node(kind)
        segment = SEGMENT_BYTES if dose.scale < 1 else 4 * SEGMENT_BYTES
        configs = {"remote.storage.enable": "true", "segment.bytes": str(segment), "local.retention.ms": "-2"}
        seconds = max(4.0, self.seconds_full * dose.scale)
        with Topic(node, self.partitions, {"segment.bytes": str(segment)}) as topic:
            clock = Clock(node.pid)
            told = self.produce(node, topic, seconds / 2)
            without_upload = clock.cpu_used() / told["bytes"] * GB
            topic.check(told["records"])
        before = world.nginx.requests() if kind == "ours" else {}
        with Topic(node, self.partitions, configs) as topic:
            clock = Clock(node.pid)
            told = self.produce(node, topic, seconds)
            ended = time.monotonic()
            self.wait_uploaded(world, node, kind, topic, segment)
            lag, cpu = time.monotonic() - ended, clock.cpu_used()
            topic.check(told["records"])
            found = {
                UPLOAD_GB: cpu / told["bytes"] * GB - without_upload,
                "lag at the end s": lag,
                CPU_GB: cpu / told["bytes"] * GB,
                "MB/s": told["bytes"] / told["seconds"] / 1e6,
                "response p99 µs": told["response"]["p99_us"],
            }
            if kind == "ours":
                time.sleep(0.2)
                after = world.nginx.requests()
                puts = asked(before, after, "PUT")
                all_of_them = sum(asked(before, after, method)["count"] for method in after)
                segments = sum(1 for key in world.minio.object_paths(TIER_BUCKET) if self.topic_id(node, topic) in key)
                expect(segments > 0, "nothing was uploaded")
                found |= {"PUTs/segment": puts["count"] / segments, "store requests/GB": all_of_them / puts["taken"] * GB}
        return found

    def produce(self, node, topic, seconds):
        return bench("produce", 1800, bootstrap=node.bootstrap, topic=topic.name, partitions=self.partitions, connections=4,
                     record_bytes=1024, batch_records=250, seconds=seconds, bytes_per_second=self.mb_per_second * 1e6)

    @staticmethod
    def topic_id(node, topic):
        return node.cli("tier", "describe", topic.name)["topic_id"]

    def wait_uploaded(self, world, node, kind, topic, segment):
        """Until every closed segment is in the store."""
        if kind != "kafka":
            settle(node, topic.name, segment)
            return
        closed = log_files(node.log_directory(), topic.name) - self.partitions
        expect(closed > 0, "no segment is closed")
        directory = os.path.join(world.directory, "kafka-tier")

        def is_there():
            return log_files(directory, topic.name) >= closed

        wait_until(is_there, "Kafka has uploaded its closed segments", 300, 0.1)


SLOW = "; first byte 30 ms (p99 150), 20 ms per MiB, 1 % refused"
COLD_ROWS = [
    Replay("12", "cold replay: 1 consumer, 1 partition, a store without latency", [Goal("MB/s", "more", 3.0), Goal(CPU_GB)], world=Cold, limit_goal=0.85,
           notes="Kafka reads a directory in its own process, ours a store over HTTP"),
    Replay("13", "cold replay: 1 consumer, 1 partition" + SLOW, [Goal("MB/s", "more", 10.0)], world=SlowCold, peer="plain reader", limit_goal=0.85,
           without_peer=NO_PLUGIN, notes="the peer asks for one chunk of 4 MiB after another"),
    Replay("14", "cold replay: 64 consumers of 64 partitions" + SLOW, [Goal("MB/s", "more", 10.0), Goal("consumers' least by most", "more", ours=0.7)], world=SlowCold, peer="plain reader", limit_goal=0.8,
           without_peer=NO_PLUGIN, partitions=64, consumers=64, is_divided=True, bytes_full=4 << 30,
           limit_in_flight=32),
    Replay("15", "32 consumers replay the same cold data" + SLOW, [Goal("store bytes by unique bytes", "less", ours=1.05), Goal("MB/s", "more")], world=SlowCold, peer="plain reader",
           without_peer=NO_PLUGIN, consumers=32),
    Seeks("16", "random moments of cold partitions" + SLOW, [Goal("both p50 ms", "less", 1.2)], world=SlowCold, peer="plain reader",
          without_peer=NO_PLUGIN, partitions=16, bytes_full=2 << 30, notes="the peer is one GET of 64 KiB"),
    Storm("17", "produce at 500/s while 16 consumers replay from a store without latency", [Goal("p99 by p99 alone", "less", 0.5, ours=1.3), Goal("p99 µs"), Goal("storm MB/s", "more")],
          world=Cold, partitions=16, consumers=16, is_divided=True, bytes_full=2 << 30),
    Upload("18", "100 MB/s into a tiered topic, segments of 64 MiB", [Goal(UPLOAD_GB, "less", ours=0.35), Goal(CPU_GB), Goal("lag at the end s", ours=2), Goal("response p99 µs"), Goal("PUTs/segment", ours=1.1),
            Goal("store requests/GB", ours=17)], world=Cold, notes="the quick dose has segments of 16 MiB, which ask for four times the requests"),
]
