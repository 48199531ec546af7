"""Scenarios with Apache Kafka's own tools (their main classes, from the jars) and with kcat."""

import json
import re
import tempfile

from confluent_kafka import TopicPartition
from harness.process import expect, expect_equal, run, wait_until
from harness.scenarios import scenario_set
from harness.world import STRATA, java
from librdkafka import consumer, create, produce, read_partition

SCENARIOS, scenario = scenario_set()
TOOLS = "org.apache.kafka.tools."


def server(node):
    return ["--bootstrap-server", node.bootstrap]


@scenario
def kafka_topics(node):
    """kafka-topics creates, describes, alters, lists and deletes"""
    tool = TOOLS + "TopicCommand"
    java(tool, *server(node), "--create", "--topic", "jt-topics", "--partitions", "2", "--config", "retention.ms=99999")
    java(tool, *server(node), "--alter", "--topic", "jt-topics", "--partitions", "3")
    text = wait_until(lambda: (out := java(tool, *server(node), "--describe", "--topic", "jt-topics")) and "PartitionCount: 3" in out and out, "three partitions are described")
    expect("retention.ms=99999" in text and "Leader: 1" in text, f"description: {text}")
    expect("jt-topics" in java(tool, *server(node), "--list").split(), "the topic is listed")
    java(tool, *server(node), "--delete", "--topic", "jt-topics")
    wait_until(lambda: "jt-topics" not in java(tool, *server(node), "--list").split(), "the topic is gone", 20)


@scenario
def kafka_configs(node):
    """kafka-configs alters and describes a topic's and describes a broker's configs"""
    tool = "kafka.admin.ConfigCommand"
    create(node, "jt-configs")
    entity = ["--entity-type", "topics", "--entity-name", "jt-configs"]
    java(tool, *server(node), "--alter", *entity, "--add-config", "retention.ms=4242,max.message.bytes=5000")
    java(tool, *server(node), "--alter", *entity, "--delete-config", "max.message.bytes")
    text = java(tool, *server(node), "--describe", *entity)
    expect("retention.ms=4242" in text and "max.message.bytes" not in text, f"configs: {text}")
    text = java(tool, *server(node), "--describe", "--entity-type", "brokers", "--entity-name", "1", "--all")
    expect("log.segment.bytes=1048576" in text, f"broker configs: {text[:500]}")
    code, _, err = java(tool, *server(node), "--alter", *entity, "--add-config", "retention.ms=never", check=False)
    expect(code != 0 and "Invalid value never" in err or "InvalidConfiguration" in err, f"a bad value: {code} {err[-500:]}")


@scenario
def kafka_consumer_protocol(node):
    """a Java consumer with group.protocol=consumer (KIP-848) ends and says to set group.protocol=classic"""
    create(node, "jt-kip848")
    asking = ["--command-property", "group.protocol=consumer", "--group", "jt-kip848", "--timeout-ms", "30000"]
    code, _, err = java(TOOLS + "consumer.ConsoleConsumer", *server(node), "--topic", "jt-kip848", *asking, check=False)
    expect("Set group.protocol=classic" in err, f"what it says: {code} {err[-800:]}")


@scenario
def kafka_console(node):
    """kafka-console-producer and -consumer carry lines with keys and headers through a group"""
    create(node, "jt-console")
    lines = "".join(f"h:{i}\tk{i}\tline {i}\n" for i in range(200))
    properties = ["--reader-property", "parse.key=true", "--reader-property", "parse.headers=true"]
    java(TOOLS + "ConsoleProducer", *server(node), "--topic", "jt-console", *properties, "--compression-codec", "zstd", input=lines)
    printing = ["--formatter-property", "print.key=true", "--formatter-property", "print.headers=true"]
    text = java(TOOLS + "consumer.ConsoleConsumer", *server(node), "--topic", "jt-console", "--from-beginning", "--group", "jt-console", "--max-messages", "200", "--timeout-ms", "30000", *printing)
    expect_equal(text, lines, "what the consumer printed")


@scenario
def kafka_groups(node):
    """kafka-consumer-groups lists, describes, resets and deletes"""
    tool = TOOLS + "consumer.group.ConsumerGroupCommand"
    create(node, "jt-groups", 2)
    produce(node, "jt-groups", [(None, b"x")] * 60, partition=1)
    member = consumer(node, "jt-groups")
    member.subscribe(["jt-groups"])
    for _ in range(60):
        wait_until(lambda: member.poll(0.2), "a record", 30)
    member.commit(asynchronous=False)
    member.close()
    expect("jt-groups" in java(tool, *server(node), "--list").split(), "the group is listed")
    text = java(tool, *server(node), "--describe", "--group", "jt-groups")
    row = next(line.split() for line in text.splitlines() if line.split()[1:3] == ["jt-groups", "1"])
    expect_equal(row[3:6], ["60", "60", "0"], f"committed, end and lag in {text}")
    java(tool, *server(node), "--reset-offsets", "--group", "jt-groups", "--topic", "jt-groups:1", "--to-offset", "20", "--execute")
    text = java(tool, *server(node), "--describe", "--group", "jt-groups")
    expect(any(line.split()[1:6] == ["jt-groups", "1", "20", "60", "40"] for line in text.splitlines()) or any(line.split()[3:6] == ["20", "60", "40"] for line in text.splitlines() if len(line.split()) > 5), f"after the reset: {text}")
    java(tool, *server(node), "--delete", "--group", "jt-groups")
    expect("jt-groups" not in java(tool, *server(node), "--list").split(), "the group is gone")


@scenario
def kafka_offsets_and_records(node):
    """kafka-get-offsets, kafka-delete-records, kafka-log-dirs and kafka-broker-api-versions"""
    create(node, "jt-offsets")
    produce(node, "jt-offsets", [(None, b"x" * 100, None, 1000 + i) for i in range(50)])
    tool = TOOLS + "GetOffsetShell"
    for time, wanted in (("earliest", "0"), ("latest", "50"), ("max-timestamp", "49"), ("1020", "20")):
        expect_equal(java(tool, *server(node), "--topic", "jt-offsets", "--time", time).strip(), f"jt-offsets:0:{wanted}", f"offset at {time}")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as plan:
        json.dump({"version": 1, "partitions": [{"topic": "jt-offsets", "partition": 0, "offset": 30}]}, plan)
        plan.flush()
        text = java(TOOLS + "DeleteRecordsCommand", *server(node), "--offset-json-file", plan.name)
    expect("low_watermark: 30" in text, text)
    expect_equal(read_partition(node, "jt-offsets", 1)[0].offset(), 30, "first offset")
    text = java(TOOLS + "LogDirsCommand", *server(node), "--describe", "--topic-list", "jt-offsets")
    value = json.loads(next(line for line in text.splitlines() if line.startswith("{")))
    sizes = [one["size"] for directory in value["brokers"][0]["logDirs"] for one in directory["partitions"]]
    expect(len(sizes) == 1 and sizes[0] > 0, f"log directories: {value}")
    text = java(TOOLS + "BrokerApiVersionsCommand", *server(node))
    expect("Produce(0)" in text and "Fetch(1)" in text and "JoinGroup(11)" in text, text)
    if node.tier != "none":
        expect("EndTxn(26): UNSUPPORTED" in text, f"EndTxn is advertised: {text}")


@scenario
def kafka_performance_and_verifiable(node):
    """kafka-producer-perf-test, the verifiable producer and the verifiable consumer"""
    create(node, "jt-perf", 2)
    settings = ["--bootstrap-server", node.bootstrap, "--command-property", "acks=all"]
    text = java(TOOLS + "ProducerPerformance", "--topic", "jt-perf", "--num-records", "20000", "--record-size", "200", "--throughput", "-1", *settings)
    expect("20000 records sent" in text, text)
    text = java(TOOLS + "VerifiableProducer", *server(node), "--topic", "jt-perf", "--max-messages", "500", "--acks", "-1")
    result = json.loads(next(line for line in reversed(text.splitlines()) if '"tool_data"' in line))
    expect_equal((result["sent"], result["acked"]), (500, 500), "verifiable producer")
    text = java(TOOLS + "VerifiableConsumer", *server(node), "--topic", "jt-perf", "--group-id", "jt-verifiable", "--max-messages", "20500", "--reset-policy", "earliest")
    counted = sum(json.loads(line)["count"] for line in text.splitlines() if '"records_consumed"' in line)
    expect_equal(counted, 20500, "records the verifiable consumer counted")
    return text.count("offsets_committed") and "its commits succeeded"


@scenario
def kcat_client(node):
    """kcat lists, produces and consumes"""
    create(node, "kc", 1)
    lines = "".join(f"k{i}:value {i}\n" for i in range(100))
    for codec in ("none", "gzip", "snappy", "lz4"):
        run(["kcat", "-q", "-b", node.bootstrap, "-P", "-t", "kc", "-K:", "-z", codec], input=lines)
    _, out, _ = run(["kcat", "-q", "-b", node.bootstrap, "-C", "-t", "kc", "-K:", "-o", "beginning", "-e"])
    expect_equal(out, lines * 4, "what kcat read")
    _, out, _ = run(["kcat", "-q", "-b", node.bootstrap, "-L", "-J", "-t", "kc"])
    expect_equal(json.loads(out)["topics"][0]["topic"], "kc", "metadata")
    _, out, _ = run(["kcat", "-q", "-b", node.bootstrap, "-Q", "-t", "kc:0:-1"])
    expect("offset 400" in out, out)


@scenario
def strata_commands(node):
    """strata topic, group, config, cluster: tables for people, JSON for programs"""
    if node.tier == "none":
        return "not against Apache Kafka"
    node.cli("topic", "create", "cli", "--partitions", "2", "--config", "retention.ms=5000000")
    produce(node, "cli", [(None, b"x")] * 10)
    member = consumer(node, "cli-group")
    member.subscribe(["cli"])
    for _ in range(10):
        wait_until(lambda: member.poll(0.2), "a record", 30)
    member.commit(asynchronous=False)
    member.close()
    expect("cli" in json.dumps(node.cli("topic", "list")), "the topic is listed")
    expect("5000000" in json.dumps(node.cli("topic", "describe", "cli")), "its config is described")
    node.cli("topic", "alter", "cli", "--partitions", "3", "--set", "retention.ms=6000000")
    expect("6000000" in json.dumps(node.cli("config", "get", "topic", "cli", "retention.ms")), "the altered config")
    expect("cli-group" in json.dumps(node.cli("group", "list")), "the group is listed")
    expect("cli" in json.dumps(node.cli("group", "describe", "cli-group")), "the group is described")
    node.cli("group", "reset-offsets", "cli-group", "--topic", "cli", "--to-earliest", "--execute")
    node.cli("group", "delete", "cli-group")
    node.cli("cluster", "describe")
    node.cli("topic", "delete", "cli")
    wait_until(lambda: '"cli"' not in json.dumps(node.cli("topic", "list")), "the topic is gone")


def leaf_commands(*words):
    """The commands under these words that have no commands under them, as their help lists them."""
    _, out, _ = run([STRATA, *words, "--help"])
    listed = re.search(r"^Commands:\n((?:  .*\n)+)", out, re.MULTILINE)
    if not listed:
        return {" ".join(words)}
    names = [line.split()[0] for line in listed[1].splitlines() if re.match(r"  \w", line)]
    return set().union(*(leaf_commands(*words, name) for name in names if name != "help"))


@scenario
def strata_json(node):
    """every command that asks a broker prints one JSON value with --json; what fails prints none and says why"""
    if node.tier == "none":
        return "not against Apache Kafka"
    asked = set()

    def cli(*arguments):
        asked.update(one for one in leaves if arguments[: len(one.split())] == tuple(one.split()))
        return node.cli(*arguments)

    # These run a broker or print a script.
    leaves = leaf_commands() - {"dev", "server", "completion"}
    made = cli("topic", "create", "js", "--partitions", "2", "--config", "remote.storage.enable=true")
    expect_equal(made, {"done": ["topic 'js' was created with 2 partitions, replication factor 1"]}, "topic create")
    produce(node, "js", [(None, b"x")] * 10, partition=0)
    consumer(node, "js").commit(offsets=[TopicPartition("js", 0, 4)], asynchronous=False)
    topic = next(one for one in cli("topic", "list")["topics"] if one["name"] == "js")
    expect_equal((topic["partitions"], topic["replication_factor"], topic["internal"]), (2, 1, False), "topic list")
    cli("topic", "alter", "js", "--partitions", "3", "--set", "retention.ms=123456")
    cli("config", "set", "topic", "js", "segment.bytes=2097152")
    described = cli("topic", "describe", "js")["topics"][0]
    expect_equal(described["configs"], {"remote.storage.enable": "true", "retention.ms": "123456", "segment.bytes": "2097152"}, "topic describe")
    cli("config", "unset", "topic", "js", "segment.bytes")
    entry = cli("config", "get", "topic", "js", "segment.bytes")["configs"][0]
    expect_equal((entry["value"], entry["source"] != "topic"), ("1048576", True), "config get")
    expect("js" in [one["group"] for one in cli("group", "list")["groups"]], "group list")
    group = cli("group", "describe", "js")["groups"][0]
    expect_equal((group["state"], group["lag"], group["members"]), ("Empty", 6, []), "group describe")
    plan = cli("group", "reset-offsets", "js", "--topic", "js:0", "--shift-by", "2")
    moved = [(one["partition"], one["old_offset"], one["new_offset"]) for one in plan["partitions"]]
    expect_equal((plan["executed"], moved), (False, [(0, 4, 6)]), "group reset-offsets")
    expect_equal([one["id"] for one in cli("cluster", "describe")["brokers"]], [1], "cluster describe")
    expect("js" in [one["topic"] for one in cli("tier", "ls")["topics"]], "tier ls")
    tiered = cli("tier", "describe", "js", "--objects")
    expect_equal((tiered["tiered"], [one["partition"] for one in tiered["partitions"]]), (True, [0, 1, 2]), "tier describe")
    expect_equal(cli("tier", "verify", "--deep")["missing"], 0, "tier verify")
    expect(isinstance(cli("tier", "init", "--config", node.config), dict), "tier init")
    cli("group", "delete", "js")
    cli("topic", "delete", "js")
    wait_until(lambda: "js" not in [one["name"] for one in node.cli("topic", "list")["topics"]], "the topic is gone")
    expect_equal(leaves - asked, set(), "commands that were not asked")
    failures = (["topic", "delete", "js"], ["topic", "describe", "js"], ["config", "get", "topic", "js"], ["tier", "describe", "js"], ["group", "describe", "js"], ["group", "delete", "js"])
    for arguments in failures:
        code, out, err = run([STRATA, *arguments, "--json", "--bootstrap-server", node.bootstrap], check=False)
        expect_equal((code, out), (1, ""), f"exit code and output of {arguments}")
        expect("js" in err and len(err.splitlines()) == 1, f"what {arguments} said: {err}")
    return f"{len(leaves)} commands"
