"""The brokers that are compared, and the stores behind them.

Owns: Apache Kafka as it is meant to be run, nginx before MinIO, the slow store; topics; what memory each may have.
Does not own: what is done with them. Everything lies in one directory that goes at the end.
"""

import glob
import hashlib
import hmac
import os
import shutil
import socket
import struct
import time
import urllib.request
from dataclasses import dataclass

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from harness.process import Child, Failure, expect, free_port, run, wait_until
from harness.world import CREDENTIALS, KAFKA_VERSION, STRATA, TIER_BUCKET, TOOLS, Broker, Minio, tier_properties
from machine import BENCH, limit_memory

# As kafka-server-start gives them.
JVM = ["-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent"]
# The same for both: what is deleted after a leg goes at once, topics come when they are asked for.
COMMON = {
    "auto.create.topics.enable": "false",
    "log.segment.delete.delay.ms": "500",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "num.partitions": "1",
}
OURS_ONLY = {"strata.log.disk.reserve.bytes": str(256 << 20)}
# What a client meets while a broker or a store starts, or a topic is made: asked again.
STARTING = (KafkaException, OSError)
# Thousands of partitions are made and removed with a flush each, on a disk that may be slow: nothing is wrong before this.
TOPIC_SECONDS = 600


@dataclass(frozen=True)
class Budget:
    """What each broker may have: the heap of Kafka's JVM, and memory of its own in all, the same for both (none: no limit)."""

    heap: str
    memory_bytes: int | None


class Ours(Broker):
    """The broker of this repository."""

    kind = "ours"

    def __init__(self, directory, properties, name="ours", memory_bytes=None):
        super().__init__(directory, {**COMMON, **OURS_ONLY, **properties}, name)
        self.memory_bytes = memory_bytes

    def start(self, seconds=60):
        super().start(seconds)
        limit_memory(self.pid, self.memory_bytes)
        return self

    def journal(self):
        """(groups that were flushed, their bytes) so far; none if it does not tell."""
        figures = self.metrics()
        names = ("strata_journal_groups_total", "strata_journal_bytes_total")
        return [figures[name] for name in names] if all(name in figures for name in names) else None

    @property
    def pid(self):
        return self.child.process.pid

    def log_directory(self):
        return os.path.join(self.data, "log")

    def format(self):
        """Nothing: the first start does it."""
        return self

    def launch(self):
        """Its start ends with its ready line."""
        self.start()

    def start_tiered(self):
        self.write_config()
        run([STRATA, "tier", "init", "--config", self.config], env=CREDENTIALS)
        return self.start()


class Kafka:
    """Apache Kafka in KRaft mode, one node, with its own defaults but for what `COMMON` and the row say."""

    kind = "kafka"

    def __init__(self, directory, properties, budget, name="kafka", is_heap_fixed=True):
        self.budget = budget
        self.data = os.path.join(directory, name)
        self.config = os.path.join(directory, f"{name}.properties")
        self.log = os.path.join(directory, f"{name}.log")
        port, controller = free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        self.properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "log.dirs": os.path.join(self.data, "log"),
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            **COMMON,
            **properties,
        }
        jars = [os.path.join(TOOLS, f"java-{KAFKA_VERSION}{more}", "*") for more in ("", "-tiered")]
        # Without its log of every topic, which would only make it slower.
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        heap = [f"-Xmx{budget.heap}", *([f"-Xms{budget.heap}"] if is_heap_fixed else [])]
        self.java = ["java", *heap, *JVM, quiet, "-cp", os.pathsep.join(jars)]
        self.child = None

    @property
    def pid(self):
        return self.child.process.pid

    def log_directory(self):
        return os.path.join(self.data, "log")

    def format(self):
        """What an operator does before the first start."""
        os.makedirs(self.data, exist_ok=True)
        with open(self.config, "w") as file:
            file.writelines(f"{key}={value}\n" for key, value in self.properties.items())
        if not os.path.exists(os.path.join(self.log_directory(), "meta.properties")):
            run([*self.java, "kafka.tools.StorageTool", "format", "-t", "YmVuY2gtYmVuY2gtYmVuYw", "-c", self.config], cwd=self.data)
        return self

    def launch(self):
        """Starts it and waits for nothing."""
        # Its tiered storage of tests writes a log of its own below the working directory.
        self.child = Child("kafka", [*self.java, "kafka.Kafka", self.config], self.log, cwd=self.data)
        limit_memory(self.pid, self.budget.memory_bytes)

    def start(self, seconds=300):
        self.format().launch()
        wait_until(self._answers, "Kafka answers", seconds, 0.05, STARTING)
        return self

    def _answers(self):
        expect(self.child.running, f"Kafka has ended: {self.child.tail()}")
        return admin(self).list_topics(timeout=2).brokers

    def stop(self):
        self.child.end(seconds=60)
        self.child.discard()

    def kill(self):
        self.child.end(9)
        self.child.discard()

    def discard(self):
        if self.child:
            self.child.discard()


def admin(node):
    return AdminClient({"bootstrap.servers": node.bootstrap, "log_level": 0})


def create_topic(node, name, partitions, configs=None):
    client = admin(node)
    # More than some thousand at once is more than either takes within its time.
    topic = NewTopic(name, partitions, 1, config=configs or {})
    client.create_topics([topic], operation_timeout=TOPIC_SECONDS, request_timeout=TOPIC_SECONDS)[name].result(TOPIC_SECONDS)

    def led():
        found = client.list_topics(name, timeout=10).topics[name]
        return found.error is None and len(found.partitions) == partitions and all(one.leader >= 0 for one in found.partitions.values())

    wait_until(led, f"{name} has its leaders", TOPIC_SECONDS, 0.1, STARTING)
    wait_until(lambda: ends(node, name, partitions) is not None, f"{name} answers", TOPIC_SECONDS, 0.1, STARTING)


def delete_topic(node, name):
    """Deletes a topic and waits until its files are gone: they shall not weigh on the next leg."""
    client = admin(node)
    client.delete_topics([name], operation_timeout=TOPIC_SECONDS, request_timeout=TOPIC_SECONDS)[name].result(TOPIC_SECONDS)
    pattern = os.path.join(node.log_directory(), f"{name}-*")
    wait_until(lambda: not glob.glob(pattern), f"the files of {name} are gone", TOPIC_SECONDS, 0.1)


def ends(node, topic, partitions, seconds=20):
    """The end offsets of all partitions, asked without a client library; none if a partition does not answer."""
    name = topic.encode()
    body = struct.pack(">hhih5s", 2, 5, 7, 5, b"bench") + struct.pack(">ibi", -1, 0, 1)
    body += struct.pack(">h", len(name)) + name + struct.pack(">i", partitions)
    body += b"".join(struct.pack(">iiq", partition, -1, -1) for partition in range(partitions))
    host, port = node.bootstrap.rsplit(":", 1)
    with socket.create_connection((host, int(port)), seconds) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        with connection.makefile("rb") as answers:
            answer = answers.read(struct.unpack(">i", answers.read(4))[0])
    at, found = 14 + struct.unpack_from(">h", answer, 12)[0], {}
    count = struct.unpack_from(">i", answer, at)[0]
    at += 4
    for _ in range(count):
        partition, error, _, offset, _ = struct.unpack_from(">ihqqi", answer, at)
        at += 26
        if error:
            return None
        found[partition] = offset
    return [found[partition] for partition in range(partitions)] if len(found) == partitions else None


def local_starts(node, topic, partitions):
    """Where each partition's files begin: both brokers name them after their first offset."""
    found = []
    for partition in range(partitions):
        names = glob.glob(os.path.join(node.log_directory(), f"{topic}-{partition}", "*.log"))
        found.append(min((int(os.path.basename(name)[:-4]) for name in names), default=0))
    return found


class Nginx:
    """nginx: static files where there are any, MinIO for everything else. What was asked for stands in its log."""

    def __init__(self, directory, upstream_port):
        self.directory = os.path.join(directory, "nginx")
        self.mirror = os.path.join(self.directory, "mirror")
        self.access = os.path.join(self.directory, "access.log")
        self.port = free_port()
        self.upstream = upstream_port
        self.child = None

    def start(self):
        os.makedirs(self.mirror, exist_ok=True)
        config = os.path.join(self.directory, "nginx.conf")
        base = self.directory
        with open(config, "w") as file:
            file.write(f"""daemon off; worker_processes 1; pid {base}/pid; error_log {base}/error.log;
{'user root;' if os.geteuid() == 0 else ''}
events {{ worker_connections 2048; }}
http {{
    sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000; keepalive_timeout 600s;
    log_format short '$request_method $status $body_bytes_sent $request_length $uri';
    access_log {self.access} short;
    client_max_body_size 0; proxy_request_buffering off; proxy_buffering off; proxy_http_version 1.1;
    client_body_temp_path {base}/body; proxy_temp_path {base}/proxy; fastcgi_temp_path {base}/f; uwsgi_temp_path {base}/u; scgi_temp_path {base}/s;
    upstream minio {{ server 127.0.0.1:{self.upstream}; keepalive 32; }}
    server {{
        listen 127.0.0.1:{self.port};
        location / {{
            error_page 418 = @minio;
            if ($request_method != GET) {{ return 418; }}
            root {self.mirror};
            try_files $uri @minio;
        }}
        location @minio {{
            proxy_set_header Host $http_host; proxy_set_header Connection "";
            proxy_pass http://minio;
        }}
    }}
}}
""")
        self.child = Child("nginx", ["nginx", "-p", base, "-e", f"{base}/error.log", "-c", config], os.path.join(base, "out.log"))
        ready = f"http://127.0.0.1:{self.port}/minio/health/ready"
        wait_until(lambda: urllib.request.urlopen(ready, timeout=2).status == 200, "nginx answers", 20, 0.05, STARTING)
        return self

    def requests(self):
        """Counts and body bytes by method so far."""
        found = {}
        with open(self.access) as log:
            for line in log:
                method, state, sent, taken, path = line.split(" ", 4)
                if path.startswith("/minio/"):
                    continue
                counts = found.setdefault(method, {"count": 0, "sent": 0, "taken": 0, "refused": 0})
                counts["count"] += 1
                counts["sent"] += int(sent)
                counts["taken"] += int(taken)
                counts["refused"] += state.startswith("5")
        return found

    def fill(self, minio):
        """Puts every object where nginx finds it as a file; answers (path, size) of each."""
        found = []
        for key in minio.object_paths(TIER_BUCKET):
            path = f"/{TIER_BUCKET}/{key}"
            body = signed_get(minio.port, path)
            place = self.mirror + path
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place + ".part", "wb") as file:
                file.write(body)
            os.replace(place + ".part", place)
            found.append((path, len(body)))
        return found

    def discard(self):
        if self.child:
            # Its worker is not our child: it goes only with its master.
            try:
                self.child.end(seconds=10)
            except Failure:
                pass
            self.child.discard()


def signed_get(port, path):
    """A GET of an object from MinIO itself (AWS signature, version 4)."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    host, region = f"127.0.0.1:{port}", CREDENTIALS["AWS_REGION"]
    headers = {"host": host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": stamp}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"GET\n{path}\n\n{lines}\n{names}\nUNSIGNED-PAYLOAD"
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    key = ("AWS4" + CREDENTIALS["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (stamp[:8], region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{CREDENTIALS['AWS_ACCESS_KEY_ID']}/{scope}"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    with urllib.request.urlopen(urllib.request.Request(f"http://{host}{path}", headers=headers), timeout=60) as answer:
        return answer.read()


class SlowStore:
    """The latency shim before a store: first byte lognormal around 30 ms with 150 ms at p99, 20 ms per MiB, 1 % refused."""

    def __init__(self, directory, upstream_port):
        self.log = os.path.join(directory, "shim.log")
        self.upstream = upstream_port
        self.child = self.port = None

    def start(self):
        self.child = Child("shim", [BENCH, "shim", "--upstream", f"127.0.0.1:{self.upstream}"], self.log)
        self.port = int(self.child.wait_line("listening ", 20).rsplit(":", 1)[1])
        return self

    def discard(self):
        if self.child:
            self.child.discard()


class World:
    """The brokers of one column, started when they are first asked for."""

    # Whether its figures follow the disk's mood, so that a pair in two moods is no pair.
    waits_for_disk = False

    def __init__(self, directory, budget):
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        self.budget = budget
        self.nodes = {}
        self.is_warm = set()
        # What a row keeps between its legs.
        self.kept = {}

    def node(self, kind):
        if kind not in self.nodes:
            self.nodes[kind] = self.start(kind)
        return self.nodes[kind]

    def start(self, kind):
        raise NotImplementedError

    def limit_place(self):
        return self.directory

    def close(self):
        for node in self.nodes.values():
            node.discard()
        shutil.rmtree(self.directory, ignore_errors=True)


class PageCache(World):
    """Neither waits for the disk: Kafka as it comes, ours with durability `os`."""

    name = "page cache"

    def start(self, kind):
        if kind == "kafka":
            return Kafka(self.directory, {}, self.budget).start()
        return Ours(self.directory, {"strata.log.durability": "os"}, kind, self.budget.memory_bytes).start()


class Durable(World):
    """Both answer when the disk has it: Kafka with a flush for each batch, ours as it comes."""

    name = "fsync"
    waits_for_disk = True

    def start(self, kind):
        if kind == "kafka":
            return Kafka(self.directory, {"log.flush.interval.messages": "1"}, self.budget).start()
        return Ours(self.directory, {"strata.log.durability": "fsync"}, kind, self.budget.memory_bytes).start()


# Small enough that every topic of a cold row has many closed segments.
SEGMENT_BYTES = 16 << 20
TIERED = {"log.segment.bytes": str(SEGMENT_BYTES), "log.retention.check.interval.ms": "500", "log.local.retention.ms": "500"}
KAFKA_TIER = {
    "remote.log.storage.system.enable": "true",
    "remote.log.storage.manager.class.name": "org.apache.kafka.server.log.remote.storage.LocalTieredStorage",
    "remote.log.metadata.manager.listener.name": "PLAINTEXT",
    "rlmm.config.remote.log.metadata.topic.replication.factor": "1",
    "rlmm.config.remote.log.metadata.topic.num.partitions": "1",
    "remote.log.manager.task.interval.ms": "500",
    "log.initial.task.delay.ms": "500",
}


class Cold(World):
    """Tiered. Ours: MinIO, read through nginx as files. Kafka: the directory store of its tests, in its own process."""

    name = "tiered"
    is_slow = False

    def __init__(self, directory, budget):
        super().__init__(directory, budget)
        self.minio = self.nginx = self.shim = None

    def store_port(self):
        if not self.minio:
            self.minio = Minio(self.directory)
            self.minio.start()
            self.nginx = Nginx(self.directory, self.minio.port)
            self.nginx.start()
            if self.is_slow:
                self.shim = SlowStore(self.directory, self.nginx.port).start()
        return self.shim.port if self.shim else self.nginx.port

    def start(self, kind):
        if kind == "kafka":
            tier = {**KAFKA_TIER, "rsm.config.dir": os.path.join(self.directory, "kafka-tier")}
            return Kafka(self.directory, {**TIERED, **tier}, self.budget).start()
        tier = tier_properties(f"http://127.0.0.1:{self.store_port()}")
        cache = {"strata.cache.memory.bytes": str(256 << 20), "strata.cache.disk.bytes": str(1 << 30)}
        properties = {**TIERED, **tier, **cache, "strata.log.durability": "os"}
        return Ours(self.directory, properties, kind, self.budget.memory_bytes).start_tiered()

    def close(self):
        super().close()
        for one in (self.shim, self.nginx, self.minio):
            if one:
                one.discard()
        shutil.rmtree(self.directory, ignore_errors=True)


class SlowCold(Cold):
    """As `Cold`, with the store behind the shim."""

    name = "tiered, S3-like latency"
    is_slow = True


class Alone(World):
    """A row that starts its own brokers, one for each leg."""

    name = "own process"

    def start(self, kind):
        raise Failure("a row of its own world starts its brokers itself")
