package io.strata.tests;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What no command of Kafka's does: small clients on Kafka's own classes. Each prints what it saw, a line for each fact; the
 * requests that the network client sent are told on standard error.
 *
 * <p>`offsets-by-id BOOTSTRAP GROUP TOPIC`, `manual-commit BOOTSTRAP GROUP TOPIC COUNT`, `describe-pages BOOTSTRAP LIMIT TOPIC...`
 */
public final class Clients {
    private static final short BY_ID = 10;
    private static final short BY_NAME = 9;
    private static final Uuid NOBODY = new Uuid(0x1234L, 0x5678L);

    public static void main(String[] arguments) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.log.org.apache.kafka.clients.NetworkClient", "debug");
        switch (arguments[0]) {
            case "offsets-by-id" -> offsetsById(arguments[1], arguments[2], arguments[3]);
            case "manual-commit" -> manualCommit(arguments[1], arguments[2], arguments[3], Integer.parseInt(arguments[4]));
            case "describe-pages" -> describePages(
                    arguments[1], Integer.parseInt(arguments[2]), List.of(arguments).subList(3, arguments.length));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /** OffsetCommit and OffsetFetch with topic ids, each also with an id that no topic has and a partition that is not there. */
    private static void offsetsById(String bootstrap, String group, String topic) throws Exception {
        Uuid id;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            id = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId();
        }
        String[] address = bootstrap.split(":");
        try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
            socket.setSoTimeout(20_000);
            var commit = new OffsetCommitRequestData().setGroupId(group);
            commit.topics().add(committing(id, 0, 42L));
            commit.topics().add(committing(NOBODY, 0, 43L));
            commit.topics().add(committing(id, 99, 44L));
            var committed = (OffsetCommitResponse) call(
                    socket, ApiKeys.OFFSET_COMMIT, OffsetCommitRequest.Builder.forTopicIdsOrNames(commit).build(BY_ID));
            for (var one : committed.data().topics()) {
                for (var partition : one.partitions()) {
                    System.out.printf("commit %s %d %s%n", name(one.topicId(), id), partition.partitionIndex(), Errors.forCode(partition.errorCode()));
                }
            }
            fetchById(socket, group, id);
            fetchByName(socket, group, topic);
        }
    }

    private static OffsetCommitRequestData.OffsetCommitRequestTopic committing(Uuid id, int partition, long offset) {
        var data = new OffsetCommitRequestData.OffsetCommitRequestPartition()
                .setPartitionIndex(partition)
                .setCommittedOffset(offset)
                .setCommittedLeaderEpoch(0)
                .setCommittedMetadata("a note");
        return new OffsetCommitRequestData.OffsetCommitRequestTopic().setTopicId(id).setPartitions(List.of(data));
    }

    private static void fetchById(Socket socket, String group, Uuid id) throws Exception {
        var topics = new ArrayList<OffsetFetchRequestData.OffsetFetchRequestTopics>();
        topics.add(new OffsetFetchRequestData.OffsetFetchRequestTopics().setTopicId(id).setPartitionIndexes(List.of(0, 1)));
        topics.add(new OffsetFetchRequestData.OffsetFetchRequestTopics().setTopicId(NOBODY).setPartitionIndexes(List.of(0)));
        print(fetch(socket, group, topics, BY_ID), "by-id", id);
        // Null asks for all that the group has.
        print(fetch(socket, group, null, BY_ID), "all-by-id", id);
    }

    private static void fetchByName(Socket socket, String group, String topic) throws Exception {
        var topics = List.of(new OffsetFetchRequestData.OffsetFetchRequestTopics().setName(topic).setPartitionIndexes(List.of(0)));
        for (var found : fetch(socket, group, topics, BY_NAME).data().groups()) {
            for (var one : found.topics()) {
                for (var partition : one.partitions()) {
                    System.out.printf("by-name %s %d %d%n", one.name().equals(topic) ? "topic" : one.name(), partition.partitionIndex(), partition.committedOffset());
                }
            }
        }
    }

    private static OffsetFetchResponse fetch(
            Socket socket, String group, List<OffsetFetchRequestData.OffsetFetchRequestTopics> topics, short version)
            throws Exception {
        var data = new OffsetFetchRequestData();
        data.groups().add(new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId(group).setTopics(topics));
        return (OffsetFetchResponse) call(
                socket, ApiKeys.OFFSET_FETCH, OffsetFetchRequest.Builder.forTopicIdsOrNames(data, false).build(version));
    }

    private static void print(OffsetFetchResponse response, String what, Uuid id) {
        for (var group : response.data().groups()) {
            System.out.printf("%s group %s%n", what, Errors.forCode(group.errorCode()));
            for (var one : group.topics()) {
                for (var partition : one.partitions()) {
                    System.out.printf("%s %s %d %d '%s' %s%n", what, name(one.topicId(), id), partition.partitionIndex(),
                            partition.committedOffset(), partition.metadata(), Errors.forCode(partition.errorCode()));
                }
            }
        }
    }

    private static String name(Uuid found, Uuid topic) {
        return found.equals(topic) ? "topic" : found.equals(NOBODY) ? "nobody" : found.toString();
    }

    private static AbstractResponse call(Socket socket, ApiKeys key, AbstractRequest request) throws Exception {
        var header = new RequestHeader(key, request.version(), "clients", 7);
        ByteBuffer bytes = request.serializeWithHeader(header);
        var out = new DataOutputStream(socket.getOutputStream());
        out.writeInt(bytes.remaining());
        out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        out.flush();
        var in = new DataInputStream(socket.getInputStream());
        byte[] answer = new byte[in.readInt()];
        in.readFully(answer);
        return AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header);
    }

    /** Kafka's newer consumer without membership: it assigns itself, reads, commits by topic id, and asks for what is committed. */
    private static void manualCommit(String bootstrap, String group, String topic, int count) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap, "group.id", group, "group.protocol", "consumer",
                "enable.auto.commit", "false", "auto.offset.reset", "earliest", "max.poll.records", count);
        var bytes = new ByteArrayDeserializer();
        var partition = new TopicPartition(topic, 0);
        try (var consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            consumer.assign(List.of(partition));
            int read = 0;
            long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (read < count && System.nanoTime() < deadline) {
                read += consumer.poll(Duration.ofMillis(200)).count();
            }
            System.out.printf("read %d%n", read);
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(consumer.position(partition), "by hand")), Duration.ofSeconds(20));
            var committed = consumer.committed(java.util.Set.of(partition), Duration.ofSeconds(20)).get(partition);
            System.out.printf("committed %d '%s'%n", committed.offset(), committed.metadata());
        }
    }

    /** DescribeTopicPartitions in pages of so many partitions. */
    private static void describePages(String bootstrap, int limit, List<String> topics) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            var options = new DescribeTopicsOptions().partitionSizeLimitPerResponse(limit);
            Map<String, TopicDescription> found = new TreeMap<>(
                    admin.describeTopics(TopicCollection.ofTopicNames(topics), options).allTopicNames().get());
            for (TopicDescription one : found.values()) {
                boolean ordered = true;
                for (int i = 0; i < one.partitions().size(); i++) {
                    ordered &= one.partitions().get(i).partition() == i && one.partitions().get(i).leader().id() == 1;
                }
                System.out.printf("%s %d %s%n", one.name(), one.partitions().size(), ordered ? "in order" : "out of order");
            }
        }
    }
}
