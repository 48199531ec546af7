"""Scenarios with a broker that has several client listeners, each advertised under an address of its own."""

from confluent_kafka import TopicPartition
from harness.process import expect_equal, free_port, run
from harness.scenarios import scenario_set
from harness.world import broker
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka import TopicPartition as PyTopicPartition
from librdkafka import admin, consumer, create, produce, read

ALONE, alone = scenario_set()


class At:
    """A node as clients of one of its listeners see it."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap


def endpoints(node):
    """Where the broker is, by Metadata, DescribeCluster, and FindCoordinator (as the coordinator of a group)."""
    metadata = [f"{one.host}:{one.port}" for one in admin(node).list_topics(timeout=10).brokers.values()]
    cluster = admin(node).describe_cluster(request_timeout=10).result(20)
    described = [f"{one.host}:{one.port}" for one in cluster.nodes]
    controller = f"{cluster.controller.host}:{cluster.controller.port}"
    group = admin(node).describe_consumer_groups(["listeners-group"])["listeners-group"].result(20)
    return metadata, described, controller, f"{group.coordinator.host}:{group.coordinator.port}"


def serve(at, topic, group):
    """Produces and reads through a group, with two client libraries, wholly on the addresses that the listener tells."""
    produce(at, topic, [(None, f"{at.bootstrap} {i}".encode()) for i in range(50)], enable_idempotence=True)
    member = consumer(at, group)
    member.subscribe([topic])
    got = [message.value().decode() for message in read(member, 50)]
    member.commit(asynchronous=False)
    expect_equal(member.committed([TopicPartition(topic, 0)], timeout=20)[0].offset, 50, "committed offset")
    member.close()
    expect_equal(got, [f"{at.bootstrap} {i}" for i in range(50)], f"records by {at.bootstrap}")
    producer = KafkaProducer(bootstrap_servers=at.bootstrap)
    expect_equal(producer.send(topic, value=b"py").get(timeout=30).offset, 50, "offset of kafka-python's record")
    producer.close()
    reader = KafkaConsumer(bootstrap_servers=at.bootstrap, group_id=group, enable_auto_commit=False)
    expect_equal(reader.committed(PyTopicPartition(topic, 0)), 50, "the group's offset by kafka-python")
    reader.close()


@alone
def several_listeners(node):
    """each listener's clients are told its own advertised endpoint in Metadata, FindCoordinator and DescribeCluster, and work there"""
    first, second = free_port(), free_port()
    listeners = f"PLAINTEXT://127.0.0.1:{first},SECOND://0.0.0.0:{second},CONTROLLER://127.0.0.1:0"
    advertised = {"PLAINTEXT": f"127.0.0.1:{first}", "SECOND": f"127.0.0.2:{second}"}
    properties = {
        "listeners": listeners,
        "advertised.listeners": ",".join(f"{name}://{address}" for name, address in advertised.items()),
    }
    with broker(node.directory, properties, name="listeners", oracle=node.tier == "none") as two:
        for index, address in enumerate(advertised.values()):
            # The second is asked by the address that it is bound to, and answers with the one that it advertises.
            at = At(address if index == 0 else f"127.0.0.1:{second}")
            topic = f"listeners-{index}"
            create(at, topic)
            serve(at, topic, "listeners-group")
            expect_equal(endpoints(at), ([address], [address], address, address), f"endpoints by {at.bootstrap}")
            control = KafkaAdminClient(bootstrap_servers=at.bootstrap)
            told = [f"{one['host']}:{one['port']}" for one in control.describe_cluster()["brokers"]]
            control.close()
            expect_equal(told, [address], "endpoints by kafka-python")
            _, out, _ = run(["kcat", "-q", "-b", at.bootstrap, "-C", "-t", topic, "-e"])
            expect_equal(len(out.splitlines()), 51, "records by kcat")
        two.stop()
