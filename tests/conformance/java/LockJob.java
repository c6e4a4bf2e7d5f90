// What Apache Kafka's newest share consumer says of single records, and which of them it is lent (KIP-932, KIP-1206, KIP-1222):
// java -cp CLASSPATH LockJob.java HOST:PORT
//
// Each check prints its name when it has passed; the first that fails ends the program with its stack trace.

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class LockJob {
    static final int RECORDS = 200;
    static final int PARTITIONS = 2;
    static final Duration POLL = Duration.ofMillis(100);
    static final long DEADLINE_NS = 60_000_000_000L;
    static String bootstrap;

    interface Check {
        void run() throws Exception;
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        check("a lock is renewed", LockJob::renewed);
        check("a strict limit", LockJob::limited);
        check("only committed records", LockJob::committed);
        check("records that were deleted", LockJob::deleted);
    }

    static void check(String name, Check check) throws Exception {
        try {
            check.run();
        } catch (ApiException refused) {
            throw new AssertionError(name, refused);  // it has no stack trace of its own, which the launcher stumbles over
        }
        System.out.println("passed: " + name);
    }

    static void renewed() throws Exception {
        group("renewed", Map.of());
        produce("renewed", 0, 1);
        try (KafkaShareConsumer<String, String> consumer = consumer("renewed", Map.of("share.acknowledgement.mode", "explicit"))) {
            ConsumerRecord<String, String> record = some(consumer).get(0);
            consumer.acknowledge(record, AcknowledgeType.RENEW);
            succeeded(consumer.commitSync());
            List<ConsumerRecord<String, String>> again = some(consumer);
            equal(record.offset(), again.get(0).offset());
            equal(Optional.of((short) 1), again.get(0).deliveryCount());
            equal(Optional.of(30_000), consumer.acquisitionLockTimeoutMs());
            consumer.acknowledge(again.get(0), AcknowledgeType.ACCEPT);
            succeeded(consumer.commitSync());
        }
    }

    static void limited() throws Exception {
        group("limited", Map.of());
        produce("limited", 0, RECORDS);
        Map<String, Object> strict = Map.of("share.acquire.mode", "record_limit", "max.poll.records", 7);
        try (KafkaShareConsumer<String, String> consumer = consumer("limited", strict)) {
            Set<String> seen = new TreeSet<>();
            await(() -> {
                ConsumerRecords<String, String> found = consumer.poll(POLL);
                isTrue(found.count() <= 7);
                found.forEach(each -> isTrue(seen.add(each.value())));
                return seen.size() == RECORDS;
            });
        }
    }

    static void committed() throws Exception {
        group("committed", Map.of("share.isolation.level", "read_committed"));
        try (KafkaProducer<String, String> producer = producer(Map.of("transactional.id", "committed"))) {
            producer.initTransactions();
            for (int transaction = 0; transaction < 4; transaction++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("committed", 0, "key", "transaction " + transaction));
                if (transaction % 2 == 0) producer.abortTransaction();
                else producer.commitTransaction();
            }
        }
        try (KafkaShareConsumer<String, String> consumer = consumer("committed", Map.of())) {
            Set<String> seen = new TreeSet<>();
            await(() -> { consumer.poll(POLL).forEach(each -> seen.add(each.value())); return seen.size() >= 2; });
            equal(Set.of("transaction 1", "transaction 3"), seen);
        }
    }

    static void deleted() throws Exception {
        group("trimmed", Map.of());
        produce("trimmed", 0, 20);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            TopicPartition partition = new TopicPartition("trimmed", 0);
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(5))).all().get();
        }
        try (KafkaShareConsumer<String, String> consumer = consumer("trimmed", Map.of())) {
            Set<String> seen = new TreeSet<>();
            await(() -> { consumer.poll(POLL).forEach(each -> seen.add(each.value())); return seen.size() >= 15; });
            equal(15, seen.size());
        }
    }

    // --- clients

    static KafkaProducer<String, String> producer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "linger.ms", 5));
        all.putAll(settings);
        return new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
    }

    static void produce(String topic, int first, int end) {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            for (int number = first; number < end; number++)
                producer.send(new ProducerRecord<>(topic, number % PARTITIONS, "key", "record " + number));
        }
    }

    static KafkaShareConsumer<String, String> consumer(String group, Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "group.id", group));
        all.putAll(settings);
        KafkaShareConsumer<String, String> consumer = new KafkaShareConsumer<>(all, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(List.of(group));
        return consumer;
    }

    /** A topic and a share group of this name, which begins with the first record. */
    static void group(String name, Map<String, String> settings) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of("share.auto.offset.reset", "earliest"));
        all.putAll(settings);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic(name, PARTITIONS, (short) 1))).all().get();
            List<AlterConfigOp> changes = all.entrySet().stream()
                .map(each -> new AlterConfigOp(new ConfigEntry(each.getKey(), each.getValue()), AlterConfigOp.OpType.SET)).toList();
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, name), List.copyOf(changes))).all().get();
        }
    }

    /** The records of the first poll that finds any. */
    static List<ConsumerRecord<String, String>> some(KafkaShareConsumer<String, String> consumer) throws Exception {
        List<ConsumerRecord<String, String>> found = new ArrayList<>();
        await(() -> { consumer.poll(POLL).forEach(found::add); return !found.isEmpty(); });
        return found;
    }

    static void succeeded(Map<TopicIdPartition, Optional<KafkaException>> committed) {
        committed.forEach((partition, problem) -> problem.ifPresent(each -> { throw new AssertionError(partition.toString(), each); }));
    }

    // --- claims

    static void await(Condition condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE_NS;
        while (!condition.holds()) isTrue(System.nanoTime() < deadline);
    }

    static void isTrue(boolean claim) {
        if (!claim) throw new AssertionError("it does not hold");
    }

    static void equal(Object expected, Object found) {
        if (!expected.equals(found)) throw new AssertionError("expected " + expected + ", found " + found);
    }
}
