"""A broker and an object store in a directory of their own.

Owns: MinIO, `strata`, their configuration and their end; Apache Kafka in the broker's place, for trying a scenario out.
Does not own: scenarios. The directory goes with the world, unless something failed: then its path is printed.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
import urllib.request

from .process import Child, Failure, expect, expect_equal, free_low_port, free_port, run, wait_until

TOOLS = os.environ.get("STRATA_TOOLS") or os.path.expanduser("~/.cache/strata-tools")
KAFKA_VERSION = os.environ.get("KAFKA_VERSION", "4.3.1")
STRATA = os.environ.get("STRATA", "target/release/strata")
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "strata-tests",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret-at-all",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Minio:
    """MinIO on a free port."""

    def __init__(self, directory, port=None):
        self.directory = directory
        # Some campaigns kill it and start it again at the same port.
        self.port = port or free_low_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.child = None

    def start(self, secret=CREDENTIALS["AWS_SECRET_ACCESS_KEY"]):
        data = os.path.join(self.directory, "minio")
        os.makedirs(data, exist_ok=True)
        env = {
            "MINIO_ROOT_USER": CREDENTIALS["AWS_ACCESS_KEY_ID"],
            "MINIO_ROOT_PASSWORD": secret,
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
            "MINIO_CI_CD": "1",
            "HOME": self.directory,
        }
        command = [os.path.join(TOOLS, "bin", "minio"), "server", "--quiet", "--address", f"127.0.0.1:{self.port}", data]
        self.child = Child("minio", command, os.path.join(self.directory, "minio.log"), env)
        wait_until(lambda: http(f"{self.endpoint}/minio/health/ready")[0] == 200, "MinIO is ready", 120, transient=(OSError,))
        return self

    def stop(self):
        if self.child:
            self.child.end(signal.SIGTERM)
            self.child.discard()
            self.child = None

    def discard(self):
        if self.child:
            self.child.discard()

    def object_paths(self, bucket):
        """Objects as MinIO keeps them: a directory for each."""
        found = []
        base = os.path.join(self.directory, "minio", bucket)
        for folder, folders, files in os.walk(base):
            if "xl.meta" in files:
                found.append(os.path.relpath(folder, base))
                folders.clear()
        return sorted(found)


def http(url, seconds=5):
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


READY = re.compile(r"^strata ready kafka=(\S+) http=(\S+) node=(\S+) cluster=(\S+) tier=(\S+)$")


class Broker:
    """`strata server` with a configuration that is made here."""

    def __init__(self, directory, properties, name="broker"):
        self.directory = directory
        self.name = name
        self.data = os.path.join(directory, name)
        self.config = os.path.join(directory, f"{name}.properties")
        self.log = os.path.join(directory, f"{name}.log")
        self.properties = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SECOND:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": os.path.join(self.data, "log"),
            "metadata.log.dir": os.path.join(self.data, "raft"),
            "strata.cache.dir": os.path.join(self.data, "cache"),
            "strata.http.listener": "127.0.0.1:0",
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
            "group.initial.rebalance.delay.ms": "0",
            "strata.log.disk.reserve.bytes": "1048576",
            **properties,
        }
        # Variables of its environment, for a fault that the binary knows (`STRATA_CRASH_POINT`).
        self.environment = {}
        self.child = None
        self.bootstrap = self.http = self.cluster = self.tier = None

    def write_config(self):
        with open(self.config, "w") as file:
            for key, value in self.properties.items():
                file.write(f"{key}={value}\n")

    def start(self, seconds=60):
        self.write_config()
        os.makedirs(self.data, exist_ok=True)
        self.child = Child("strata", [STRATA, "server", "--config", self.config], self.log, {**CREDENTIALS, **self.environment})
        line = self.child.wait_line("strata ready ", seconds)
        match = READY.match(line)
        expect(match, f"the ready line has another form: {line}")
        self.bootstrap, self.http, _, self.cluster, self.tier = match.groups()
        # The same ports again after a restart, so that clients go on.
        self.properties["listeners"] = self.properties["listeners"].replace(":0,", f":{self.port},", 1)
        return self

    @property
    def port(self):
        return int(self.bootstrap.rsplit(":", 1)[1])

    def start_refused(self, code, seconds=60):
        """A start that must fail: returns what was said on standard error."""
        self.write_config()
        os.makedirs(self.data, exist_ok=True)
        got, out, err = run([STRATA, "server", "--config", self.config], seconds, CREDENTIALS, check=False)
        expect("strata ready" not in out, f"the broker started: {out}")
        expect_equal(got, code, f"exit code ({err[-600:]})")
        return err

    def stop(self):
        expect_equal(self.child.end(), 0, f"exit code after SIGTERM{self.child.tail()}\n   ")
        self.child.discard()

    def kill(self):
        self.child.end(signal.SIGKILL)
        self.child.discard()

    def restart(self):
        self.stop()
        return self.start()

    def discard(self):
        if self.child:
            self.child.discard()

    def empty_cache(self):
        shutil.rmtree(os.path.join(self.data, "cache"), ignore_errors=True)

    def cli(self, *arguments, check=True, seconds=60):
        """`strata … --json`: its value."""
        command = [STRATA, *arguments, "--json", "--bootstrap-server", self.bootstrap]
        code, out, err = run(command, seconds, CREDENTIALS, check=check)
        return json.loads(out) if code == 0 or out.strip() else {"exit": code, "error": err}

    def metrics(self):
        status, text = http(f"http://{self.http}/metrics")
        expect_equal(status, 200, "status of /metrics")
        found = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                found[name] = float(value)
        return found

    def tiered(self, topic):
        return self.cli("tier", "describe", topic)["partitions"]


FIRST_PORT = re.compile(r"PLAINTEXT://127\.0\.0\.1:(\d+),")


class KafkaOracle(Broker):
    """Apache Kafka itself in the broker's place (no tiering): shows that a scenario is right."""

    def start(self, seconds=60):
        given = FIRST_PORT.match(self.properties["listeners"])
        port = self.port if self.bootstrap else int(given[1]) or free_port()
        kafka = {
            key: value
            for key, value in self.properties.items()
            if not key.startswith(("strata.", "remote.", "log.local.")) and key not in ("strata.http.listener", "metadata.log.dir")
        }
        controller = free_port()
        listeners = self.properties["listeners"].replace("PLAINTEXT://127.0.0.1:0", f"PLAINTEXT://127.0.0.1:{port}")
        kafka["listeners"] = listeners.replace("CONTROLLER://127.0.0.1:0", f"CONTROLLER://127.0.0.1:{controller}")
        kafka["controller.quorum.voters"] = f"1@127.0.0.1:{controller}"
        with open(self.config, "w") as file:
            file.writelines(f"{key}={value}\n" for key, value in kafka.items())
        java = ["java", "-Xmx512m", "-cp", kafka_classpath()]
        if not os.path.exists(os.path.join(self.data, "log", "meta.properties")):
            run([*java, "kafka.tools.StorageTool", "format", "-t", "dHJ5LXRoaXMtb3V0LW5vdw", "-c", self.config])
        self.child = Child("kafka", [*java, "kafka.Kafka", self.config], self.log)
        self.bootstrap = f"127.0.0.1:{port}"
        self.http, self.cluster, self.tier = None, "oracle", "none"
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        wait_until(lambda: AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0}).list_topics(timeout=1), "Kafka answers", seconds, transient=(KafkaException,))
        return self

    def stop(self):
        self.child.end()
        self.child.discard()


def kafka_classpath():
    """Kafka's jars, and our small programs on them."""
    return os.pathsep.join([os.path.join(TOOLS, "java-build", "classes"), os.path.join(TOOLS, f"java-{KAFKA_VERSION}", "*")])


def java(main, *arguments, seconds=120, input=None, check=True):
    """Runs one of Apache Kafka's tools by its main class; returns its standard output."""
    command = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    code, out, err = run([*command, "-cp", kafka_classpath(), main, *arguments], seconds, input=input, check=False)
    if check and code != 0:
        raise Failure(f"{main.rsplit('.', 1)[1]} {' '.join(arguments)} ended with {code}: {err[-1500:]}{out[-1500:]}")
    return (code, out, err) if not check else out


TIER_BUCKET = "strata"


def tier_properties(endpoint, **more):
    return {
        "remote.log.storage.system.enable": "true",
        "strata.tier.url": f"s3://{TIER_BUCKET}/tests",
        "strata.tier.s3.endpoint": endpoint,
        "strata.tier.s3.path-style": "true",
        "strata.tier.s3.region": "us-east-1",
        **{key.replace("_", "."): value for key, value in more.items()},
    }


@contextlib.contextmanager
def workdir(name):
    """A directory that goes at the end, unless the block fails: then it stays and is named."""
    directory = tempfile.mkdtemp(prefix=f"strata-{name}-")
    try:
        yield directory
    except BaseException:
        print(f"logs and data are kept in {directory}", flush=True)
        raise
    shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def minio(directory):
    store = Minio(directory)
    try:
        yield store.start()
    finally:
        store.discard()


@contextlib.contextmanager
def broker(directory, properties, name="broker", oracle=False, init=True):
    """A running broker; with a tier its bucket is made first, as an operator would."""
    node = (KafkaOracle if oracle else Broker)(directory, properties, name)
    try:
        if init and not oracle and "strata.tier.url" in node.properties:
            node.write_config()
            run([STRATA, "tier", "init", "--config", node.config], env=CREDENTIALS)
        yield node.start()
    finally:
        node.discard()
