// An old Java client, which sends old versions of every request, against a real broker: java -cp CLASSPATH OldClientJob.java HOST:PORT
//
// Only what kafka-clients 2.1 has, the oldest that Apache Kafka 4 serves.

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.AppInfoParser;

public class OldClientJob {
    static final int RECORDS = 1_000;
    static final int PARTITIONS = 3;
    static final long DEADLINE_NS = 60_000_000_000L;
    static final String TOPIC = "old-" + AppInfoParser.getVersion();
    static String bootstrap;

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        try (AdminClient admin = AdminClient.create(settings())) {
            topics(admin);
            for (String codec : Arrays.asList("none", "gzip", "snappy", "lz4")) produce(codec);
            group(admin);
            records(admin);
            transactions(admin);
        }
    }

    @SuppressWarnings("deprecation")
    static void topics(AdminClient admin) throws Exception {
        admin.createTopics(Collections.singleton(new NewTopic(TOPIC, 1, (short) 1))).all().get();
        admin.createPartitions(Collections.singletonMap(TOPIC, NewPartitions.increaseTo(PARTITIONS))).all().get();
        equal(PARTITIONS, admin.describeTopics(Collections.singleton(TOPIC)).values().get(TOPIC).get().partitions().size());
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
        Config wanted = new Config(Collections.singleton(new ConfigEntry("retention.ms", "-1")));
        admin.alterConfigs(Collections.singletonMap(resource, wanted)).all().get();
        equal("-1", admin.describeConfigs(Collections.singleton(resource)).all().get().get(resource).get("retention.ms").value());
        equal(1, admin.describeCluster().controller().get().id());
        equal(1, admin.describeLogDirs(Collections.singleton(1)).values().size());
        System.out.println("passed: topics");
    }

    static void produce(String codec) throws Exception {
        Map<String, Object> settings = settings();
        settings.put("compression.type", codec);
        settings.put("enable.idempotence", true);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < RECORDS; number++)
                producer.send(new ProducerRecord<>(TOPIC, number % PARTITIONS, 1_000L + number, "key", codec + " " + number));
            producer.flush();
        }
        System.out.println("passed: produced with " + codec);
    }

    /** Two members share, one leaves, and the other goes on from what was committed. */
    static void group(AdminClient admin) throws Exception {
        Set<String> seen = new HashSet<>();
        List<KafkaConsumer<String, String>> members = new ArrayList<>(Arrays.asList(consumer(), consumer()));
        for (KafkaConsumer<String, String> member : members) member.subscribe(Collections.singleton(TOPIC));
        long deadline = System.nanoTime() + DEADLINE_NS;
        while (seen.size() < 4 * RECORDS || owned(members) != PARTITIONS || members.get(0).assignment().isEmpty() || members.get(1).assignment().isEmpty()) {
            poll(members, seen);
            if (System.nanoTime() > deadline) throw new AssertionError(seen.size() + " records, " + owned(members) + " partitions");
        }
        for (KafkaConsumer<String, String> member : members) member.commitSync();
        equal(2, admin.describeConsumerGroups(Collections.singleton(TOPIC)).all().get().get(TOPIC).members().size());
        members.remove(0).close();
        while (owned(members) != PARTITIONS) {
            poll(members, new HashSet<>());
            if (System.nanoTime() > deadline) throw new AssertionError("the partitions of who left were not taken over");
        }
        members.get(0).close();
        equal(PARTITIONS, admin.listConsumerGroupOffsets(TOPIC).partitionsToOffsetAndMetadata().get().size());
        admin.deleteConsumerGroups(Collections.singleton(TOPIC)).all().get();
        System.out.println("passed: a group of two");
    }

    static void poll(List<KafkaConsumer<String, String>> members, Set<String> seen) {
        for (KafkaConsumer<String, String> member : members)
            for (ConsumerRecord<String, String> each : member.poll(Duration.ofMillis(50))) seen.add(each.value());
    }

    static int owned(List<KafkaConsumer<String, String>> members) {
        Set<TopicPartition> all = new HashSet<>();
        for (KafkaConsumer<String, String> member : members) all.addAll(member.assignment());
        return all.size();
    }

    static void records(AdminClient admin) throws Exception {
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        try (KafkaConsumer<String, String> consumer = consumer()) {
            equal(30L, consumer.offsetsForTimes(Collections.singletonMap(partition, 1_000L + 3 * 30)).get(partition).offset());
            admin.deleteRecords(Collections.singletonMap(partition, RecordsToDelete.beforeOffset(50))).all().get();
            equal(50L, consumer.beginningOffsets(Collections.singleton(partition)).get(partition));
        }
        admin.deleteTopics(Collections.singleton(TOPIC)).all().get();
        System.out.println("passed: times and deleted records");
    }

    /** Read, transform and write exactly once. Every third transaction is fenced, and what it read is read again. */
    static void transactions(AdminClient admin) throws Exception {
        String source = TOPIC + "-source", target = TOPIC + "-target", group = TOPIC + "-copier";
        for (String topic : Arrays.asList(source, target))
            admin.createTopics(Collections.singleton(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings(), new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < RECORDS; number++)
                producer.send(new ProducerRecord<>(source, number % PARTITIONS, "key", "record " + number));
        }
        int copied = 0;
        for (int life = 0; copied < RECORDS; life++) copied += copy(source, target, group);
        List<String> found = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(group + "-check", 500)) {
            consumer.subscribe(Collections.singleton(target));
            long deadline = System.nanoTime() + DEADLINE_NS;
            while (found.size() < RECORDS && System.nanoTime() < deadline)
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(50))) found.add(each.value());
            for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(200))) found.add(each.value());
        }
        equal(RECORDS, found.size());
        equal(RECORDS, new HashSet<>(found).size());
        System.out.println("passed: transactions");
    }

    /** What one life of the copier commits; its successor fences it. */
    @SuppressWarnings("deprecation")
    static int copy(String source, String target, String group) {
        int copied = 0;
        try (KafkaProducer<String, String> producer = transactional(group); KafkaConsumer<String, String> consumer = consumer(group, 50)) {
            consumer.subscribe(Collections.singleton(source));
            for (int transaction = 1; transaction <= 3; transaction++) {
                producer.beginTransaction();
                int seen = 0;
                long deadline = System.nanoTime() + DEADLINE_NS;
                while (seen == 0 && System.nanoTime() < deadline)
                    for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(50))) {
                        producer.send(new ProducerRecord<>(target, each.partition(), each.key(), each.value()));
                        seen++;
                    }
                Map<TopicPartition, OffsetAndMetadata> places = new HashMap<>();
                for (TopicPartition each : consumer.assignment()) places.put(each, new OffsetAndMetadata(consumer.position(each)));
                producer.sendOffsetsToTransaction(places, group);
                if (transaction == 3) break;
                producer.commitTransaction();
                copied += seen;
                if (copied == RECORDS) return copied;
            }
            try (KafkaProducer<String, String> successor = transactional(group)) {
                producer.commitTransaction();
                throw new AssertionError("a fenced producer committed");
            } catch (ProducerFencedException expected) { }
        }
        return copied;
    }

    static KafkaProducer<String, String> transactional(String name) {
        Map<String, Object> settings = settings();
        settings.put("transactional.id", name);
        KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        return producer;
    }

    static KafkaConsumer<String, String> consumer() {
        return consumer(TOPIC, 500);
    }

    static KafkaConsumer<String, String> consumer(String group, int most) {
        Map<String, Object> settings = settings();
        settings.put("group.id", group);
        settings.put("max.poll.records", most);
        settings.put("auto.offset.reset", "earliest");
        settings.put("heartbeat.interval.ms", 200);
        settings.put("enable.auto.commit", false);
        settings.put("isolation.level", "read_committed");
        return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
    }

    static Map<String, Object> settings() {
        return new HashMap<>(Collections.singletonMap("bootstrap.servers", bootstrap));
    }

    static void equal(Object expected, Object actual) {
        if (!expected.equals(actual)) throw new AssertionError("expected " + expected + ", not " + actual);
    }
}
