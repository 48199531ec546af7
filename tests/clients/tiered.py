"""Scenarios on what only the bucket holds."""

import hashlib
import os
import signal
import time

from confluent_kafka import KafkaError, TopicPartition
from harness.process import expect, expect_equal, run, wait_until
from harness.scenarios import scenario_set
from harness.world import CREDENTIALS, STRATA
from librdkafka import CODECS, admin, consumer, create, produce, read_partition

ALONE, alone = scenario_set()
OFFLOADED = {"remote_storage_enable": "true", "local_retention_ms": "1", "retention_ms": "-1", "segment_bytes": "1048576"}


def wait_offloaded(node, topic, seconds=60):
    """Until all but the active segment is only in the bucket; the partitions as `strata tier describe` tells them."""

    def check():
        partitions = node.tiered(topic)
        local = all((one["local_start_offset"] or 0) > 0 for one in partitions)
        return local and all(one["lag_bytes"] is not None and one["remote_end_offset"] >= one["local_start_offset"] for one in partitions) and partitions

    return wait_until(check, f"{topic} is offloaded", seconds, 0.2)


def digest(messages):
    total = hashlib.sha256()
    for one in messages:
        total.update(repr((one.offset(), one.timestamp(), one.key(), one.value(), one.headers())).encode())
    return total.hexdigest()


@alone
def tiered_replay(node):
    """offloaded, restarted with an empty cache, replayed: every byte is the same, in every codec"""
    seen = {}
    for codec in CODECS:
        topic = f"tier-{codec}"
        create(node, topic, **OFFLOADED)
        records = [(f"k{i}".encode(), hashlib.sha512(f"{codec}{i}".encode()).digest() * 30, [("n", str(i).encode())], 1357034400000 + i * 1000) for i in range(2600)]
        produce(node, topic, records, compression_type=codec, enable_idempotence=True)
        got = read_partition(node, topic, len(records))
        expect_equal([(one.key(), one.value(), one.headers(), one.timestamp()[1]) for one in got] == records, True, f"{codec} before the offload")
        seen[topic] = (digest(got), len(records))
    offloaded = {topic: wait_offloaded(node, topic)[0] for topic in seen}
    node.stop()
    node.empty_cache()
    node.start()
    before = node.metrics()
    for topic, (wanted, count) in seen.items():
        expect_equal(digest(read_partition(node, topic, count, check_crcs=True)), wanted, f"replay of {topic}")
        expect_equal(read_partition(node, topic, 1)[0].offset(), 0, "first offset")
    after = node.metrics()
    gets = after["strata_remote_read_gets_total"] - before["strata_remote_read_gets_total"]
    expect(gets > 0, "nothing came from the bucket")
    expect(len(node.store.object_paths("strata")) > 5, "there are no objects in the bucket")
    return f"{sum(one['segments'] for one in offloaded.values())} remote segments, {gets:.0f} GETs"


@alone
def tiered_lookup(node):
    """offsets by timestamp over remote data, DeleteRecords inside it, and verify finds nothing unaccounted"""
    reader = consumer(node)
    for index in (0, 1, 700, 1500):
        got = reader.offsets_for_times([TopicPartition("tier-none", 0, 1357034400000 + index * 1000 - 10)], timeout=30)[0].offset
        expect_equal(got, index, "offset by time")
    reader.close()
    partition = TopicPartition("tier-none", 0, 300)
    admin(node).delete_records([partition])[partition].result(30)
    expect_equal(read_partition(node, "tier-none", 1)[0].offset(), 300, "first offset after DeleteRecords")
    wait_until(lambda: verified(node), "nothing in the bucket is unaccounted", 60, 0.5)


def verified(node):
    report = node.cli("tier", "verify", "--deep", check=False)
    return report.get("unaccounted_bytes") == 0


@alone
def tiered_outage(node):
    """while the bucket is away produce and hot fetch go on, a cold fetch waits, and the backlog drains after"""
    create(node, "tier-outage", **OFFLOADED)
    value = bytes(range(256)) * 16
    produce(node, "tier-outage", [(None, value)] * 600)
    wait_offloaded(node, "tier-outage")
    node.store.stop()
    offsets = produce(node, "tier-outage", [(None, value)] * 600)
    expect_equal(len(offsets), 600, "produced while the bucket is away")
    expect_equal(read_partition(node, "tier-outage", 100, offset=1100)[0].offset(), 1100, "hot fetch")
    node.store.start()
    expect_equal(len(read_partition(node, "tier-outage", 1200)), 1200, "all records once it is back")
    wait_until(lambda: node.tiered("tier-outage")[0]["remote_end_offset"] >= 1000, "the backlog drains", 60, 0.3)


@alone
def tiered_hanging_bucket(node):
    """a bucket that accepts and never answers: cold fetches are told so with a retriable error, and go on once it speaks"""
    node.stop()
    node.empty_cache()
    node.start()
    reader = consumer(node, enable_partition_eof=False)
    os.kill(node.store.child.process.pid, signal.SIGSTOP)
    try:
        expect_equal(len(produce(node, "tier-outage", [(None, b"hot")] * 20)), 20, "produced while the bucket hangs")
        expect_equal(read_partition(node, "tier-outage", 20, offset=1200)[0].offset(), 1200, "hot fetch")
        begin = time.monotonic()
        reader.assign([TopicPartition("tier-outage", 0, 0)])
        # The client keeps asking on the error, as on every retriable one, so that the broker's own count tells of it.
        before = node.metrics()["kafka_server_brokertopicmetrics_failedfetchrequests_total"]

        def told():
            message = reader.poll(0.1)
            expect(message is None or message.error() and message.error().code() == KafkaError.KAFKA_STORAGE_ERROR, f"a cold fetch gave {message and (message.error() or message.offset())}")
            return node.metrics()["kafka_server_brokertopicmetrics_failedfetchrequests_total"] > before

        wait_until(told, "cold fetches are told of the hanging bucket", 40, 0)
        seconds = time.monotonic() - begin
    finally:
        os.kill(node.store.child.process.pid, signal.SIGCONT)
    first = wait_until(lambda: reader.poll(1), "a record, once the bucket speaks again", 60, 0)
    expect(not first.error() or first.error().code() == KafkaError.KAFKA_STORAGE_ERROR, f"{first.error()}")
    reader.close()
    expect_equal(len(read_partition(node, "tier-outage", 1220)), 1220, "all records once it speaks again")
    return f"an error after {seconds:.0f} s"


@alone
def tiered_hanging_bucket_leaves_memory(node):
    """cold fetches that wait for a hanging bucket leave memory for answers to those who read the local log"""
    create(node, "tier-memory", **OFFLOADED)
    produce(node, "tier-memory", [(None, bytes(4096))] * 800)
    wait_offloaded(node, "tier-memory")
    create(node, "hot-memory")
    # A batch each, and read from files: the tail in memory is empty after a restart. Where cold fetches hold all of the memory,
    # each batch waits for some to come free, twelve seconds in all.
    produce(node, "hot-memory", [(None, bytes(50_000))] * 100, batch_num_messages=1)
    node.stop()
    node.empty_cache()
    node.properties["strata.queued.max.response.bytes"] = "1048576"
    node.start()
    readers = [consumer(node, enable_partition_eof=False) for _ in range(32)]
    os.kill(node.store.child.process.pid, signal.SIGSTOP)
    try:
        for reader in readers:
            reader.assign([TopicPartition("tier-memory", 0, 0)])
            reader.poll(0)
        wait_until(lambda: node.metrics()["strata_answer_memory_bytes"] >= 1 << 18, "cold fetches wait for the bucket", 30, 0.1)
        begin = time.monotonic()
        expect_equal(len(read_partition(node, "hot-memory", 100)), 100, "records of the local log")
        seconds = time.monotonic() - begin
    finally:
        os.kill(node.store.child.process.pid, signal.SIGCONT)
        for reader in readers:
            reader.close()
        node.stop()
        del node.properties["strata.queued.max.response.bytes"]
        node.start()
    expect(seconds < 6, f"100 batches of the local log took {seconds:.0f} s while cold fetches held the memory")
    return f"100 batches in {seconds:.1f} s"


@alone
def tier_init_makes_and_judges_a_bucket(node):
    """`strata tier init` makes the bucket, finds it again, and warns of what loses records or costs"""
    endpoint = ["--endpoint", node.store.endpoint, "--path-style", "--region", "us-east-1"]

    def init(bucket, *options, check=True):
        import json

        code, out, err = run([STRATA, "tier", "init", "--tier", f"s3://{bucket}/prefix", *endpoint, *options, "--json"], 60, CREDENTIALS, check=False)
        expect(code == 0 or not check, f"tier init of {bucket} ended with {code}: {err}")
        return json.loads(out) if code == 0 else (code, err)

    code, error = init("init-fresh", "--check", check=False)
    expect_equal((code, "no bucket init-fresh" in error), (1, True), f"--check of a missing bucket ({error})")
    expect(not os.path.isdir(os.path.join(node.store.directory, "minio", "init-fresh")), "--check has made the bucket")
    report = init("init-fresh")
    expect_equal([report[key] for key in ("bucket", "created", "versioning", "expiring_rules", "warnings")], ["init-fresh", True, False, [], []], "the report of a new bucket")
    expect(os.path.isdir(os.path.join(node.store.directory, "minio", "init-fresh")), "the bucket is not there")
    expect_equal(init("init-fresh")["created"], False, "whether the second run makes the bucket again")
    s3 = S3(node.store.endpoint)
    expect_equal(s3.ask("PUT", "init-fresh", "versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"), 200, "versioning")
    rule = "<Rule><ID>drop-old</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter><Expiration><Days>30</Days></Expiration></Rule>"
    expect_equal(s3.ask("PUT", "init-fresh", "lifecycle", f"<LifecycleConfiguration>{rule}</LifecycleConfiguration>"), 200, "lifecycle")
    expect_equal(s3.ask("POST", "init-fresh/prefix/left-over", "uploads"), 200, "begin of a multipart upload")
    report = init("init-fresh", "--check")
    expect_equal([report["versioning"], report["expiring_rules"]], [True, ["drop-old"]], "versioning and lifecycle")
    for word in ("versioning", "drop-old"):
        expect(any(word in warning for warning in report["warnings"]), f"no warning of {word}: {report['warnings']}")
    expect_equal(s3.ask("PUT", "init-locked", headers={"x-amz-bucket-object-lock-enabled": "true"}), 200, "a bucket with object lock")
    locked = init("init-locked", "--check")
    expect(locked["object_lock"] and any("object lock" in warning for warning in locked["warnings"]), f"object lock is not warned of: {locked}")
    code, error = init("Not_A_Bucket", check=False)
    expect(code != 0 and error, "an illegal name is refused")
    return f"{len(report['warnings'])} warnings"


class S3:
    """Signed requests to S3 (signature version 4), of what the clients here have no tool for."""

    def __init__(self, endpoint):
        self.host = endpoint.removeprefix("http://")

    def ask(self, method, path, query="", body="", headers=None):
        import base64
        import datetime
        import hmac
        import http.client

        body = body.encode()
        stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
        hashed = hashlib.sha256(body).hexdigest()
        signed = {"host": self.host, "x-amz-content-sha256": hashed, "x-amz-date": stamp, **(headers or {})}
        if body:
            signed["content-md5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = f"{method}\n/{path}\n{query + '=' if query else ''}\n{lines}\n{names}\n{hashed}"
        key = f"AWS4{CREDENTIALS['AWS_SECRET_ACCESS_KEY']}".encode()
        for part in (stamp[:8], "us-east-1", "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        credential = f"{CREDENTIALS['AWS_ACCESS_KEY_ID']}/{scope}"
        signed["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request(method, f"/{path}" + (f"?{query}=" if query else ""), body, {name: value for name, value in signed.items() if name != "host"})
        answer = connection.getresponse()
        answer.read()
        return answer.status


@alone
def tiered_deletion(node):
    """a deleted topic leaves no object behind"""
    topics = [*(f"tier-{codec}" for codec in CODECS), "tier-outage"]
    ids = {name: node.cli("tier", "describe", name)["topic_id"] for name in topics}
    for topic, future in admin(node).delete_topics(topics).items():
        future.result(30)
    wait_until(lambda: verified(node), "nothing in the bucket is unaccounted", 60, 0.5)
    left = [path for path in node.store.object_paths("strata") for topic_id in ids.values() if topic_id in path]
    wait_until(lambda: not [path for path in node.store.object_paths("strata") for topic_id in ids.values() if topic_id in path], f"the objects are gone ({len(left)} left)", 60, 0.5)
