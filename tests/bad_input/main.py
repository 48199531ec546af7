"""What broken and hostile clients, operators and disks are told, and that nobody else notices.

A good client produces and reads all the while; after each case it must have gone on, and at the end all its records must
be there.
"""

import errno
import gzip
import os
import re
import shutil
import socket
import struct
import sys
import threading
import time

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, ResourceType
from harness.process import Failure, expect, expect_equal, free_port, run, wait_until
from harness.scenarios import refuse_unknown, run_all, say, scenario_set
from harness.world import CREDENTIALS, STRATA, Broker, broker, http, minio, tier_properties, workdir
from librdkafka import admin, create, produce, read_partition
from wire import API_VERSIONS, FETCH, METADATA, PRODUCE, Wire, batch, bomb, header, record, varint

WIRE, wire_case = scenario_set()
START, start_case = scenario_set()

NONE, CORRUPT, UNKNOWN_TOPIC, TOO_LARGE, TIMESTAMP, INVALID_RECORD = 0, 2, 3, 10, 32, 87
ACKS, OUT_OF_ORDER, CODEC, TRANSACTIONAL = 21, 45, 76, 53


class GoodClient:
    """Produces and reads on a connection of its own, so that what others suffer would show."""

    def __init__(self, node):
        self.node = node
        self.count = 0
        self.slowest = 0.0
        self.error = None
        self.stop = threading.Event()
        create(node, "good")
        self.thread = threading.Thread(target=self.live)
        self.thread.start()

    def live(self):
        producer = Producer({"bootstrap.servers": self.node.bootstrap, "enable.idempotence": True, "linger.ms": 0})
        while not self.stop.is_set() and self.error is None:
            begin = time.monotonic()
            producer.produce("good", f"{self.count}".encode(), on_delivery=self.report)
            if producer.flush(15) != 0:
                self.error = "a record was not delivered within 15 s"
            self.slowest = max(self.slowest, time.monotonic() - begin)
            self.stop.wait(0.01)

    def report(self, error, message):
        if error or message.offset() != self.count:
            self.error = error or f"offset {message.offset()} instead of {self.count}"
        self.count += 1

    def goes_on(self):
        """Waits for records that were produced after the call."""
        before = self.count
        wait_until(lambda: self.count > before + 2 or self.error, "the good client goes on", 20, 0.01)
        expect(self.error is None, f"the good client suffered: {self.error}")

    def end(self):
        self.stop.set()
        self.thread.join(30)
        expect(self.error is None, f"the good client suffered: {self.error}")
        values = [int(one.value()) for one in read_partition(self.node, "good", self.count)]
        expect_equal(values, list(range(self.count)), "the good client's records")
        say(f"the good client's {self.count} records are all there; the slowest took {self.slowest * 1000:.0f} ms")


def closed(node, data):
    """Sends raw bytes; the broker must close the connection without an answer."""
    with Wire(node.bootstrap) as wire:
        wire.send(data)
        expect_equal(wire.frame(), None, "the answer")


@wire_case
def malformed_frames(node):
    """frames that are no frames close their own connection: negative, huge and empty sizes, noise, TLS, HTTP"""
    for size in (-1, -(2**31), 2**31 - 1, 200 << 20):
        closed(node, struct.pack(">i", size) + b"x" * 16)
    for body in (b"", b"\0", b"\0\0\0\3", b"\xff" * 40, header(METADATA, 1)[:-4], header(METADATA, 1) + struct.pack(">i", 2**31 - 1)):
        closed(node, struct.pack(">i", len(body)) + body)
    closed(node, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    closed(node, bytes.fromhex("160301020001000 1fc0303".replace(" ", "")) + b"\0" * 40)
    node.good.goes_on()


@wire_case
def counts_reserve_nothing(node):
    """a Produce frame of some bytes that promises 2^31 topics is refused without memory for them"""
    before = memory(node)
    body = header(PRODUCE, 7) + struct.pack(">hhi", -1, 1, 1000) + struct.pack(">i", 2**31 - 1)
    for _ in range(20):
        closed(node, struct.pack(">i", len(body)) + body)
    expect(memory(node) < before + (64 << 20), f"memory grew from {before} to {memory(node)}")
    node.good.goes_on()


def memory(node):
    with open(f"/proc/{node.child.process.pid}/status") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS"))


@wire_case
def unknown_apis_and_versions(node):
    """unknown APIs and versions close the connection; ApiVersions of the future is answered with UNSUPPORTED_VERSION"""
    for api, version in ((999, 0), (-5, 0), (4, 0), (26, 0), (METADATA, 99), (METADATA, -1), (FETCH, 0)):
        body = header(api, version)
        closed(node, struct.pack(">i", len(body)) + body)
    with Wire(node.bootstrap) as wire:
        # Its header has tagged fields, and its body names the client's software.
        wire.send_frame(header(API_VERSIONS, 99, 5) + b"\0" + b"\2x\2y\0")
        answer = wire.frame()
        expect_equal(struct.unpack_from(">ih", answer), (5, 35), "ApiVersions of version 99")
        wire.send_frame(header(API_VERSIONS, 0, 6))
        answer = wire.frame()
        expect_equal(struct.unpack_from(">ih", answer), (6, 0), "ApiVersions of version 0 on the same connection")
        count = struct.unpack_from(">i", answer, 6)[0]
        keys = {struct.unpack_from(">h", answer, 10 + 6 * index)[0] for index in range(count)}
    # ConsumerGroupHeartbeat (68) is there as in Kafka without that protocol: to be refused.
    expect(not keys & {24, 25, 26, 28, 69} and not any(key >= 20000 for key in keys), f"APIs that are not served are advertised: {sorted(keys)}")
    node.good.goes_on()


@wire_case
def slow_and_half_requests(node):
    """connections that send half a request and stay hold nobody up"""
    held = [Wire(node.bootstrap) for _ in range(50)]
    for one in held:
        one.send(struct.pack(">i", 1 << 20) + b"half")
    node.good.goes_on()
    for one in held:
        one.socket.close()
    node.good.goes_on()


@wire_case
def bad_batches(node):
    """each broken batch gets its own error code, in the same connection, and the log holds none of them"""
    create(node, "bad-batches")
    good = batch(record(0, b"good"))
    cut = good[: len(good) - 3]
    cases = [
        ("wrong CRC", batch(record(0, b"x"), crc=12345), {CORRUPT}),
        ("cut short", cut, {CORRUPT, INVALID_RECORD}),
        ("no batch at all", b"\0" * 30, {CORRUPT, INVALID_RECORD}),
        ("gzip in the header, plain body", batch(record(0, b"x"), codec=1), {CORRUPT, INVALID_RECORD}),
        ("zstd in the header, gzip body", batch(gzip.compress(record(0, b"x")), codec=4), {CORRUPT, INVALID_RECORD}),
        ("an unknown codec", batch(record(0, b"x"), codec=6), {CORRUPT, CODEC, INVALID_RECORD}),
        ("more records than there are", batch(record(0, b"x"), count=3), {INVALID_RECORD, CORRUPT}),
        ("fewer records than there are", batch(record(0, b"x") + record(1, b"y"), count=1), {INVALID_RECORD, CORRUPT}),
        ("count and deltas disagree", batch(record(0, b"x"), count=1, last_delta=5), {INVALID_RECORD, CORRUPT}),
        ("a control batch", batch(record(0, b"x"), attributes=0x20), {INVALID_RECORD}),
        ("a record longer than its batch", batch(varint(5000) + b"x" * 10), {INVALID_RECORD, CORRUPT}),
        ("two batches", good + good, {INVALID_RECORD}),
        ("a first sequence that is not 0", batch(record(0, b"x"), producer=(987654, 0, 40)), {NONE, OUT_OF_ORDER}),
    ]
    told = []
    with Wire(node.bootstrap) as wire:
        stored = 0
        for what, records, wanted in cases:
            code, message = wire.produce("bad-batches", records)
            expect(code in wanted, f"{what}: error {code} ({message}) instead of {sorted(wanted)}")
            stored += code == NONE
            told.append(f"{what}: {code}")
        expect_equal(wire.produce("bad-batches", good)[0], NONE, "a good batch on the same connection")
    values = [one.value() for one in read_partition(node, "bad-batches", stored + 1)]
    expect_equal(values[-1], b"good", "what was stored")
    node.good.goes_on()
    return "; ".join(told)


@wire_case
def false_timestamps(node):
    """a false largest timestamp is mended, as Kafka does; one too far in the future is INVALID_TIMESTAMP"""
    create(node, "bad-times")
    liar = batch(record(0, b"x", timestamp=5) + record(1, b"y", timestamp=9), count=2, base_timestamp=1000, max_timestamp=4102444800000)
    far = batch(record(0, b"x"), base_timestamp=4102444800000, max_timestamp=4102444800000)
    with Wire(node.bootstrap) as wire:
        expect_equal(wire.produce("bad-times", liar)[0], NONE, "a false largest timestamp")
        code, message = wire.produce("bad-times", far)
        expect_equal(code, TIMESTAMP, f"a timestamp of 2100 ({message})")
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import OffsetSpec

    partition = TopicPartition("bad-times", 0)
    found = admin(node).list_offsets({partition: OffsetSpec.max_timestamp()})[partition].result(20)
    expect_equal((found.offset, found.timestamp), (1, 1009), "the true largest timestamp")
    expect_equal([one.timestamp()[1] for one in read_partition(node, "bad-times", 2, check_crcs=True)], [1005, 1009], "timestamps, CRC checked")
    node.good.goes_on()
    return message


@wire_case
def compression_bombs(node):
    """a body that unpacks to a gigabyte is refused with bounded memory while others go on"""
    create(node, "bad-bomb")
    body = bomb(1024)
    before = memory(node)
    threads = []
    codes = []

    def throw():
        with Wire(node.bootstrap, 60) as wire:
            codes.append(wire.produce("bad-bomb", batch(body, codec=1)))

    for _ in range(3):
        threads.append(threading.Thread(target=throw))
        threads[-1].start()
    peak = before
    while any(thread.is_alive() for thread in threads):
        peak = max(peak, memory(node))
        time.sleep(0.02)
    expect(all(code not in (NONE, "closed") for code, _ in codes), f"answers: {codes}")
    expect(peak < before + (256 << 20), f"memory rose from {before >> 20} to {peak >> 20} MiB")
    node.good.goes_on()
    return f"{len(body)} bytes that unpack to 1 GiB: {codes[0]}; memory rose by {(peak - before) >> 20} MiB"


@wire_case
def produce_requests_that_make_no_sense(node):
    """illegal acks, unknown topics, oversized batches and transactional batches have their codes"""
    create(node, "bad-produce")
    good = batch(record(0, b"x"))
    with Wire(node.bootstrap) as wire:
        expect_equal(wire.produce("bad-produce", good, acks=2)[0], ACKS, "acks=2")
        expect_equal(wire.produce("no-such-topic-here", good)[0], UNKNOWN_TOPIC, "an unknown topic")
        code, _ = wire.produce("bad-produce", batch(record(0, b"x" * 1100000)))
        expect_equal(code, TOO_LARGE, "a batch above max.message.bytes")
        code, message = wire.produce("bad-produce", batch(record(0, b"x"), attributes=0x10, producer=(1, 0, 0)), transactional="t")
        expect_equal(code, TRANSACTIONAL, f"a transactional batch ({message})")
    node.good.goes_on()
    return message


def refused(future, name):
    """The error of an admin call."""
    try:
        future.result(20)
    except KafkaException as error:
        expect_equal(error.args[0].name(), name, f"error ({error.args[0].str()})")
        return error.args[0].str()
    raise Failure(f"it was taken instead of {name}")


@wire_case
def illegal_names_and_configs(node):
    """topics and configs that cannot be are refused with the name, the value and the reason"""
    control = admin(node)
    create(node, "bad-configs")
    create(node, "bad.collision")

    def new(name, partitions=1, factor=1, **config):
        config = {key.replace("_", "."): value for key, value in config.items()}
        return control.create_topics([NewTopic(name, partitions, factor, config=config)])[name]

    def alter(name, value, kind=ResourceType.TOPIC, of="bad-configs"):
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(kind, of, incremental_configs=[entry])
        return control.incremental_alter_configs([resource])[resource]

    told = [
        refused(new("bad name"), "TOPIC_EXCEPTION"),
        refused(new(".."), "TOPIC_EXCEPTION"),
        refused(new("x" * 250), "TOPIC_EXCEPTION"),
        refused(new("bad_collision"), "TOPIC_EXCEPTION"),
        refused(new("bad-configs"), "TOPIC_ALREADY_EXISTS"),
        refused(new("bad-zero", 0), "INVALID_PARTITIONS"),
        refused(new("bad-factor", 1, 3), "INVALID_REPLICATION_FACTOR"),
        refused(new("bad-config", retention_ms="soon"), "INVALID_CONFIG"),
        refused(new("bad-config", retention_mss="1"), "INVALID_CONFIG"),
        refused(new("bad-config", cleanup_policy="compact", remote_storage_enable="true"), "INVALID_CONFIG"),
        refused(alter("segment.bytes", "10"), "INVALID_CONFIG"),
        refused(alter("no.such.config", "1"), "INVALID_CONFIG"),
        refused(alter("retention.ms", "1", of="no-such-topic"), "UNKNOWN_TOPIC_OR_PART"),
        refused(control.create_partitions([NewPartitions("bad-configs", 1)])["bad-configs"], "INVALID_PARTITIONS"),
        refused(control.delete_topics(["no-such-topic"])["no-such-topic"], "UNKNOWN_TOPIC_OR_PART"),
    ]
    expect(not any(name.startswith("bad-config") and name != "bad-configs" for name in control.list_topics(timeout=10).topics), "a refused topic was created")
    code, _, error = run([STRATA, "topic", "alter", "bad-configs", "--set", "retention.mss=5", "--bootstrap-server", node.bootstrap], check=False)
    expect(code != 0 and "retention.ms" in error, f"the nearest valid name is not told: {error}")
    node.good.goes_on()
    return f"{len(told)} refusals, e.g. {told[7]}"


@wire_case
def many_connections(node):
    """a thousand connections that come and go, half of them in the middle of a frame, leave no trace"""
    host, port = node.bootstrap.rsplit(":", 1)
    for index in range(1000):
        with socket.create_connection((host, int(port)), 10) as one:
            if index % 2:
                one.sendall(b"\0\0\1\0half")
    node.good.goes_on()
    wait_until(lambda: node.metrics()["kafka_server_socketservermetrics_connection_count"] < 60, "the connections are gone", 20)


def names(error, *words):
    """One line that says it all: each word is in it, and nothing of a stack trace."""
    lines = [line for line in error.splitlines() if line.startswith("strata: ")]
    expect_equal(len(lines), 1, f"lines for the user in {error[-800:]}")
    for word in words:
        expect(word in lines[0], f"'{word}' is not in: {lines[0]}")
    return lines[0]


SMALL = {"log.retention.check.interval.ms": "500", "log.segment.delete.delay.ms": "100", "strata.log.journal.bytes": str(16 << 20)}


def other(world, name, **properties):
    return Broker(world.directory, {**SMALL, **{key.replace("_", "."): value for key, value in properties.items()}}, name)


@start_case
def bad_configuration(world):
    """unknown and contradictory keys end with 2 and one line that has the nearest valid name; secrets are not printed"""
    told = [
        names(other(world, "c1", log_segment_byte="1").start_refused(2), "log.segment.byte", "log.segment.bytes"),
        names(other(world, "c2", log_segment_bytes="much").start_refused(2), "log.segment.bytes", "much"),
        names(other(world, "c3", **{"process_roles": "broker,kitchen"}).start_refused(2), "process.roles"),
        names(other(world, "c4", listeners="PLAINTEXT://127.0.0.1:0,PLAINTEXT://127.0.0.1:0").start_refused(2), "listeners"),
    ]
    error = names(other(world, "c5", ssl_keystore_password="hunter2").start_refused(2), "ssl.keystore.password")
    expect("hunter2" not in error, f"a secret is printed: {error}")
    return told[0]


@start_case
def occupied_port(world):
    """a port in use ends with 2 and names the address"""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        return names(other(world, "p1", listeners=f"PLAINTEXT://{address},CONTROLLER://127.0.0.1:0").start_refused(2), address)


@start_case
def foreign_data_directory(world):
    """a data directory of another node or cluster, or one that is not ours, ends with 3 and is not touched"""
    first = other(world, "d1")
    first.start()
    first.stop()
    before = tree(first.data)
    second = other(world, "d1", node_id="2")
    told = [names(second.start_refused(3), "node 1", "nothing was changed")]
    expect_equal(tree(first.data), before, "files after the refusal")
    third = other(world, "d3")
    third.start()
    third.stop()
    shutil.rmtree(os.path.join(third.data, "log"))
    shutil.copytree(os.path.join(first.data, "log"), os.path.join(third.data, "log"))
    told.append(names(third.start_refused(3), "cluster", "nothing was changed"))
    shutil.rmtree(third.data)
    fourth = other(world, "d5")
    fourth.start()
    fourth.cli("topic", "create", "kept", "--partitions", "2")
    fourth.stop()
    raft, saved = os.path.join(fourth.data, "raft"), os.path.join(fourth.data, "saved")
    os.rename(raft, saved)
    before = tree(os.path.join(fourth.data, "log"))
    told.append(names(fourth.start_refused(3), "no Raft log", "partitions (2)", "nothing was changed"))
    expect_equal(tree(os.path.join(fourth.data, "log")), before, "files after the refusal")
    shutil.rmtree(raft, ignore_errors=True)
    os.rename(saved, raft)
    fourth.start()
    expect_equal([topic["name"] for topic in fourth.cli("topic", "list")["topics"]], ["kept"], "topics after the Raft directory is back")
    fourth.stop()
    kitchen = other(world, "d4")
    os.makedirs(os.path.join(kitchen.data, "log", "recipes"))
    told.append(names(kitchen.start_refused(3), "nothing was changed"))
    first.start()
    first.stop()
    return told[0]


def tree(directory):
    return sorted((os.path.relpath(os.path.join(folder, name), directory), os.path.getsize(os.path.join(folder, name))) for folder, _, found in os.walk(directory) for name in found)


@start_case
def foreign_bucket(world):
    """a bucket without our mark, or with another's, ends with 3"""
    first = other(world, "b1", **tier_properties(world.store.endpoint))
    first.write_config()
    run([STRATA, "tier", "init", "--config", first.config], env=CREDENTIALS)
    first.start()
    first.stop()
    first.properties["strata.tier.url"] = "s3://strata/elsewhere"
    told = names(first.start_refused(3), "elsewhere")
    first.properties["strata.tier.url"] = "s3://strata/tests"
    first.start()
    first.stop()
    return told


@start_case
def wrong_credentials(world):
    """wrong credentials, or a store that does not answer, at the first start end with 2 and nothing is formatted"""
    told = []
    for name, endpoint, credentials in (("w1", world.store.endpoint, {**CREDENTIALS, "AWS_SECRET_ACCESS_KEY": "wrong"}), ("w2", f"http://127.0.0.1:{free_port()}", CREDENTIALS)):
        node = other(world, name, **tier_properties(endpoint))
        node.write_config()
        code, out, error = run([STRATA, "server", "--config", node.config], 90, credentials, check=False)
        expect_equal(code, 2, f"exit code ({error[-500:]})")
        told.append(names(error, "strata"))
        expect("not-a-secret-at-all" not in error and "wrong" not in told[-1].split(), "a secret is printed")
        left = [path for path, _ in tree(node.data)] if os.path.exists(node.data) else []
        expect(not any(path.endswith("meta.properties") for path in left), f"something was formatted: {left}")
    return " | ".join(told)


@start_case
def no_credentials(world):
    """without credentials of S3, or with half of them, server and tier init say where they looked and what to set"""
    home = os.path.join(world.directory, "home")
    os.makedirs(home)
    bare = {"HOME": home, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "default"}
    half = {**bare, "AWS_ACCESS_KEY_ID": "half"}
    node = other(world, "n1", **tier_properties(world.store.endpoint))
    node.write_config()
    told = []
    for code, command in ((2, ["server"]), (1, ["tier", "init"])):
        for environment, words in ((bare, []), (half, ["AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"])):
            got, _, error = run([STRATA, *command, "--config", node.config], 90, environment, check=False)
            expect_equal(got, code, f"exit code of {command} ({error[-500:]})")
            told.append(names(error, "no AWS credentials were found", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "set one of them", *words))
    return told[0]


def told_by(command, code, *words):
    """What a command that must fail says, in one line or in clap's form."""
    got, out, error = run([STRATA, *command], 60, CREDENTIALS, check=False)
    expect_equal(got, code, f"exit code of {command} ({out[-300:]}{error[-500:]})")
    for word in words:
        expect(word in error, f"'{word}' is not said by {command}: {error}")
    return error


@start_case
def wrong_arguments(world):
    """ports out of range, directories that cannot be, negative numbers and missing options are each named"""
    free = ["--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    told_by(["dev", "--listen", "host:99999"], 2, "'host:99999'", "the port 99999 is out of range: 0 to 65535")
    told_by(["dev", "--data-dir", "/proc/nope", *free], 2, "strata: --data-dir /proc/nope cannot be made: ")
    told_by(["topic", "create", "t", "--partitions", "-5"], 2, "invalid value '-5' for '--partitions <N>'")
    told_by(["topic", "list", "--timeout", "-5"], 2, "invalid value '-5' for '--timeout <SECONDS>'")
    told_by(["tier", "init"], 2, "--tier <URL>", "--config <FILE>")
    told_by(["tier", "init", "--tier", "s3://b/p"], 1)
    told_by(["server", "--config", os.path.join(world.directory, "missing")], 2, "missing", "cannot be read")
    return told_by(["server", "--config", world.directory], 2, "cannot be read")


@start_case
def unreachable_replication(world):
    """a factor that one broker cannot reach is said at start, to who asks for a group, and once a minute; with 1 groups work"""
    node = other(world, "r1", offsets_topic_replication_factor="3", num_io_threads="16", auto_create_topics_enable="true")

    def lines(word):
        with open(node.log) as log:
            return [line for line in log if word in line]

    try:
        node.start()
        expect_equal(len(lines("offsets.topic.replication.factor=3 but the cluster has 1 broker: consumer groups cannot start until it has 3; set offsets.topic.replication.factor=1 and restart")), 1, "warnings at start")
        expect_equal(len(lines("set without effect: num.io.threads=16: the runtime sizes its own threads")), 1, "warnings of what has no effect")
        create(node, "grouped")
        asked = node.cli("group", "describe", "nobody", check=False)
        expect("set offsets.topic.replication.factor=1" in asked["error"], f"who asks for a group is told: {asked}")
        # Asked some forty times meanwhile.
        expect_equal(len(lines("a topic could not be created on first use")), 1, "lines in the log")
        node.stop()
        node.properties["offsets.topic.replication.factor"] = "1"
        node.start()
        wait_until(lambda: "there is no group 'nobody'" in node.cli("group", "describe", "nobody", check=False)["error"], "groups can be asked for", 30)
        expect_equal(len(lines("but the cluster has 1 broker")), 1, "warnings after the change")
        node.stop()
    finally:
        node.discard()
    return asked["error"].strip()


@start_case
def unknown_configs_are_not_unset(world):
    """unsetting a config that is not there is refused with the nearest one; tiering that is off says how to turn it on"""
    node = other(world, "u1")

    def fails(*command):
        error = node.cli(*command, check=False)["error"]
        return names(error, "has no config")

    try:
        node.start()
        create(node, "unset")
        expect("did you mean 'retention.ms'?" in fails("config", "unset", "topic", "unset", "retention.mss"), "the nearest config of topics")
        expect("did you mean 'retention.ms'?" in fails("topic", "alter", "unset", "--unset", "retention.mss"), "the same by topic alter")
        told = fails("config", "unset", "broker", "1", "log.segment.byte")
        expect("did you mean 'log.segment.bytes'?" in told, f"the nearest config of brokers: {told}")
        expect("did you mean 'log.segment.bytes'?" in fails("config", "unset", "broker", "default", "log.segment.byte"), "the same of all brokers")
        expect_equal(node.cli("config", "unset", "topic", "unset", "retention.ms"), {"done": ["retention.ms was unset for topic 'unset'"]}, "what is there")
        for value in ("0", "many"):
            for key in ("num.io.threads", "background.threads"):
                refused = node.cli("config", "set", "broker", "1", f"{key}={value}", check=False)
                expect("INVALID_CONFIG" in refused["error"], f"{key}={value}: {refused}")
        without = node.cli("config", "set", "broker", "1", "num.io.threads=4")["done"][0]
        expect("it has no effect: the runtime sizes its own threads" in without, f"what has no effect: {without}")
        _, text, _ = run([STRATA, "tier", "ls", "--bootstrap-server", node.bootstrap])
        expect("strata.tier.url" in text, f"how to turn tiering on: {text}")
        node.stop()
    finally:
        node.discard()
    return told


@start_case
def lost_log_directory(world):
    """a log directory that is gone takes its partitions offline, told everywhere; it comes back, or is declared lost: then what the bucket holds is served"""
    node = other(world, "l1", **tier_properties(world.store.endpoint, strata_tier_url="s3://strata/lost", log_retention_check_interval_ms="200"))
    one, two = os.path.join(node.data, "one"), os.path.join(node.data, "two")
    node.properties["log.dirs"] = f"{one},{two}"
    node.write_config()
    run([STRATA, "tier", "init", "--config", node.config], env=CREDENTIALS)
    node.start()
    topics = {"here": {}, "tiered": {"remote_storage_enable": "true", "segment_bytes": 1 << 20}}
    for topic, configs in topics.items():
        create(node, topic, 2, **configs)
        for partition in (0, 1):
            produce(node, topic, [(None, b"%d" % i + bytes(30_000)) for i in range(100)], partition)
    wait_until(lambda: all((state["remote_end_offset"] or 0) > 50 for state in node.tiered("tiered")), "most records are in the bucket", 30)
    ends = {state["partition"]: state["remote_end_offset"] for state in node.tiered("tiered")}
    gone = {topic: next(partition for partition in (0, 1) if os.path.exists(os.path.join(one, f"{topic}-{partition}"))) for topic in topics}
    node.stop()
    os.rename(one, f"{one}.away")
    refused = [names(node.start_refused(3), one, "no log directory was changed", "strata.log.dirs.lost")]
    expect(not os.path.exists(one), "something was formatted")

    node.properties["log.dirs"] = two
    node.start()
    [told] = [line for line in node.child.tail(1000).splitlines() if "is none of log.dirs" in line]
    directory = re.search(r'directory="([^"]+)" partitions=2', told)[1]
    status, text = http(f"http://{node.http}/readyz")
    expect(status == 200 and directory in text and '"ok":false' in text, f"/readyz: {status} {text}")
    expect_equal(node.metrics()["kafka_server_replicamanager_offlinereplicacount"], 2, "offline partitions")
    for topic in topics:
        for partition, state in admin(node).list_topics(topic, timeout=5).topics[topic].partitions.items():
            expect_equal(state.leader, -1 if partition == gone[topic] else 1, f"leader of {topic}-{partition}")
        read_partition(node, topic, 100, 1 - gone[topic])
        expect(not os.path.exists(os.path.join(two, f"{topic}-{gone[topic]}")), f"{topic}-{gone[topic]} began anew")
    node.stop()

    os.rename(f"{one}.away", one)
    node.properties["log.dirs"] = f"{one},{two}"
    node.start()
    for topic in topics:
        expect_equal([len(read_partition(node, topic, 100, partition)) for partition in (0, 1)], [100, 100], f"records of {topic}")
    text = http(f"http://{node.http}/readyz")[1]
    expect('"ok":false' not in text, f"all is well again: {text}")
    node.stop()

    node.properties["strata.log.dirs.lost"] = directory
    refused.append(names(node.start_refused(2), "strata.log.dirs.lost", one))
    shutil.rmtree(one)
    node.start()
    produce(node, "here", [(None, b"anew")], gone["here"])
    expect_equal([got.value() for got in read_partition(node, "here", 1, gone["here"])], [b"anew"], "the partition that was nowhere else")
    end = ends[gone["tiered"]]
    values = [got.value() for got in read_partition(node, "tiered", end, gone["tiered"])]
    expect_equal(values, [b"%d" % i + bytes(30_000) for i in range(end)], "what the bucket holds")
    expect_equal(produce(node, "tiered", [(None, b"goes on")], gone["tiered"]), [(gone["tiered"], end)], "the offset after it")
    expect_equal(len(read_partition(node, "tiered", 100, 1 - gone["tiered"])), 100, "the partition that was not lost")
    del node.properties["strata.log.dirs.lost"]
    node.restart()
    expect_equal(len(read_partition(node, "tiered", end + 1, gone["tiered"])), end + 1, "records once the loss is settled")

    os.rename(one, f"{one}.away")
    wait_until(lambda: f"log directory {one} is offline" in http(f"http://{node.http}/readyz")[1], "it is told", 20)
    # The quorum learns of it next: from then on new partitions all get a place where there is one.
    late = iter(range(20))

    def goes_elsewhere():
        topic = f"late-{next(late)}"
        create(node, topic, 4)
        return all(os.path.exists(os.path.join(two, f"{topic}-{partition}")) for partition in range(4)) and topic

    topic = wait_until(goes_elsewhere, "new partitions lie in the directory that is left", 20, 0.3)
    for partition in range(4):
        expect_equal(produce(node, topic, [(None, b"taken")], partition), [(partition, 0)], f"the record of {topic}-{partition}")
    node.kill()
    os.rename(f"{one}.away", one)
    node.start()
    expect_equal(len(read_partition(node, "tiered", end + 1, gone["tiered"])), end + 1, "records after the directory is back")
    node.stop()
    return f"{told.split('ERROR ')[1][:170]} | {' | '.join(refused)}"


@start_case
def full_disk(world):
    """a full disk refuses produce with a retriable storage error, keeps serving, and heals when there is room"""
    small = os.path.join(world.directory, "small")
    os.makedirs(small)
    code, _, error = run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", small], check=False)
    if code != 0:
        raise Failure(f"a small file system is needed, and only root can mount one: {error}")
    try:
        node = other(world, "f1", log_dirs=os.path.join(small, "log"), strata_log_journal_bytes=str(16 << 20), strata_log_disk_reserve_bytes=str(16 << 20), log_segment_bytes=str(1 << 20))
        try:
            node.start()
            create(node, "full")
            value = os.urandom(60000)
            stored = 0
            error = None
            for _ in range(3000):
                try:
                    stored += len(produce(node, "full", [(None, value)], message_timeout_ms=3000, retries=1))
                except KafkaException as failure:
                    error = failure.args[0]
                    break
            expect(error is not None, f"{stored} records of 60 kB went onto 96 MiB")
            with Wire(node.bootstrap) as wire:
                code, _ = wire.produce("full", batch(record(0, b"x" * 50000)))
            expect_equal(code, 56, "error of a produce on the full disk (KAFKA_STORAGE_ERROR)")
            wait_until(lambda: "the disk is full but for its reserve" in node.child.tail(1000), "the operator is told", 20)
            expect_equal(node.metrics()["strata_log_dirs_short_of_room"], 1, "the figure of full directories")
            got = read_partition(node, "full", stored)
            expect(len(got) >= stored and all(one.value() == value for one in got), "acknowledged records are missing on the full disk")
            control = admin(node)
            from confluent_kafka import TopicPartition

            partition = TopicPartition("full", 0, stored - 20)
            control.delete_records([partition])[partition].result(20)

            def heals():
                with Wire(node.bootstrap) as wire:
                    return wire.produce("full", batch(record(0, b"healed")))[0] == NONE

            node_log = node.log
            wait_until(heals, f"there is room again (see {node_log})", 90, 0.5, transient=(OSError,))
            wait_until(lambda: "there is room on the disk again" in node.child.tail(1000), "the operator is told of that, too", 20)
            expect_equal(node.metrics()["strata_log_dirs_short_of_room"], 0, "the figure of full directories")
            node.stop()
        finally:
            node.discard()
    finally:
        run(["umount", "-l", small], check=False)
    return f"{stored} records fitted; the client saw {error.name()}"


@start_case
def full_raft_directory(world):
    """a disk that others fill holds changes of metadata up, not records, and heals when there is room"""
    small = os.path.join(world.directory, "small-raft")
    os.makedirs(small)
    code, _, error = run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], check=False)
    if code != 0:
        raise Failure(f"a small file system is needed, and only root can mount one: {error}")
    node = other(world, "m1", metadata_log_dir=os.path.join(small, "raft"))
    filler = os.path.join(small, "filler")

    def fill():
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as failure:
                expect_equal(failure.errno, errno.ENOSPC, "how the disk refuses")

    try:
        fill()
        names(node.start_refused(2), os.path.join(small, "raft"), "cannot be formatted", "No space left")
        # What says whose the directory is takes a page, and the log finds none.
        os.truncate(filler, os.path.getsize(filler) - 4096)
        names(node.start_refused(1), "is full", os.path.join(small, "raft"), "make room")
        os.remove(filler)
        node.start()
        create(node, "before")
        fill()
        made = 0
        # What is left of the log's last page takes some commands.
        while made < 60:
            code, _, error = run([STRATA, "topic", "create", f"late-{made}", "--timeout", "4", "--bootstrap-server", node.bootstrap], check=False)
            if code != 0:
                break
            made += 1
        expect(made < 60, "topics are made on a full disk")
        expect("the disk of the Raft directory is full" in node.child.tail(1000), f"the operator is not told: {node.child.tail()}")
        expect_equal(len(produce(node, "before", [(None, b"goes on")])), 1, "records taken meanwhile")
        os.remove(filler)
        wait_until(lambda: "there is room in the Raft directory again" in node.child.tail(1000), "metadata goes on", 30)
        create(node, "after")
        node.restart()
        topics = {topic["name"] for topic in node.cli("topic", "list")["topics"]}
        expect({"before", "after"} | {f"late-{number}" for number in range(made)} <= topics, f"topics are missing: {topics}")
        fill()
        for number in range(60):
            one = f"last-{number}"
            if run([STRATA, "topic", "create", one, "--timeout", "4", "--bootstrap-server", node.bootstrap], check=False)[0] != 0:
                break
        wait_until(lambda: "until there is room" in node.child.tail(1000), "a change waits", 20)
        node.stop()
        os.remove(filler)
        node.start()
        expect("was unfinished" not in node.child.tail(1000), f"a stop while a change waits leaves a part of it: {node.child.tail()}")
        create(node, "after-the-stop")
        node.stop()
    finally:
        node.discard()
        run(["umount", "-l", small], check=False)
    return f"{made} topics fitted into the last page; told: {error.strip()[:150]}"


class World:
    def __init__(self, directory, store):
        self.directory, self.store = directory, store


def main(words):
    refuse_unknown(words, WIRE + START)
    begin = time.monotonic()
    properties = {
        "log.segment.bytes": "1048576",
        "log.retention.ms": "-1",
        "log.retention.check.interval.ms": "500",
        "log.segment.delete.delay.ms": "100",
        "strata.log.journal.bytes": str(32 << 20),
        "auto.create.topics.enable": "false",
    }
    failed = []
    with workdir("bad-input") as directory, minio(directory) as store:
        with broker(directory, properties) as node:
            say(f"broker at {node.bootstrap}")
            node.good = GoodClient(node)
            try:
                failed += run_all(WIRE, node, threads=1, only=words)
            finally:
                node.good.stop.set()
            if not words:
                node.good.end()
            else:
                node.good.thread.join(30)
            node.stop()
        world = World(directory, store)
        failed += run_all(START, world, threads=2, only=words)
        if failed:
            raise SystemExit(f"failed: {', '.join(failed)}")
    say(f"all bad input was refused as it should be, {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
