// Apache Kafka's newest producer and consumer against a real broker: java -cp CLASSPATH RecordJob.java HOST:PORT
//
// Each check prints its name when it has passed; the first that fails ends the program with its stack trace.

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class RecordJob {
    static final int RECORDS = 2_000;
    static final int PARTITIONS = 3;
    static final Duration POLL = Duration.ofMillis(100);
    static final long DEADLINE_NS = 60_000_000_000L;
    static String bootstrap;

    interface Check {
        void run() throws Exception;
    }

    interface Condition {
        boolean holds();
    }

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd"))
            for (String acks : List.of("all", "1", "0"))
                check("records with " + codec + " and acks " + acks, () -> records(codec, acks));
        check("refused records", RecordJob::refusedRecords);
        check("times of the broker", RecordJob::brokerTimes);
        check("places and times", RecordJob::places);
        check("a place that is gone", RecordJob::lostPlace);
        check("large records through small fetches", RecordJob::largeRecords);
        for (String assignor : List.of("RangeAssignor", "RoundRobinAssignor", "StickyAssignor", "CooperativeStickyAssignor"))
            check("a group that grows and shrinks with " + assignor, () -> group(assignor));
        check("static members", RecordJob::staticMembers);
        check("topics by pattern", RecordJob::pattern);
    }

    static void check(String name, Check check) throws Exception {
        check.run();
        System.out.println("passed: " + name);
    }

    // --- records

    static void records(String codec, String acks) throws Exception {
        String topic = "records-" + codec + "-" + acks;
        create(topic, Map.of());
        Map<String, Object> settings = Map.of("compression.type", codec, "acks", acks, "enable.idempotence", acks.equals("all"));
        try (KafkaProducer<String, String> producer = producer(settings)) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int number = 0; number < RECORDS; number++) {
                RecordHeaders headers = new RecordHeaders();
                headers.add("number", String.valueOf(number).getBytes()).add("number", null);
                String value = number % 10 == 0 ? null : "record " + number;
                sent.add(producer.send(new ProducerRecord<>(topic, number % PARTITIONS, 1_000L + number, "key " + number, value, headers)));
            }
            producer.flush();
            for (int number = 0; number < RECORDS; number++)
                equal(acks.equals("0") ? -1L : number / PARTITIONS, sent.get(number).get().offset());
        }
        for (String isolation : List.of("read_uncommitted", "read_committed")) {
            try (KafkaConsumer<String, String> consumer = consumer(Map.of("isolation.level", isolation))) {
                consumer.assign(partitions(topic));
                consumer.seekToBeginning(partitions(topic));
                List<ConsumerRecord<String, String>> seen = new ArrayList<>();
                await(() -> { consumer.poll(POLL).forEach(seen::add); return seen.size() >= RECORDS; });
                for (ConsumerRecord<String, String> each : seen) judge(each);
                equal(RECORDS, seen.size());
            }
        }
    }

    static void judge(ConsumerRecord<String, String> record) {
        long number = record.offset() * PARTITIONS + record.partition();
        equal("key " + number, record.key());
        equal(Optional.ofNullable(number % 10 == 0 ? null : "record " + number), Optional.ofNullable(record.value()));
        equal(List.of(1_000L + number, TimestampType.CREATE_TIME), List.of(record.timestamp(), record.timestampType()));
        equal(String.valueOf(number), new String(record.headers().headers("number").iterator().next().value()));
        isTrue(record.headers().lastHeader("number").value() == null);
        equal(Optional.of(0), record.leaderEpoch());
    }

    static void refusedRecords() throws Exception {
        create("small", Map.of("max.message.bytes", "1000"));
        create("compacted", Map.of("cleanup.policy", "compact"));
        create("timely", Map.of("message.timestamp.before.max.ms", "1000"));
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            fails(RecordTooLargeException.class, producer.send(new ProducerRecord<>("small", "x".repeat(2_000))));
            fails(InvalidRecordException.class, producer.send(new ProducerRecord<>("compacted", "no key")));
            fails(InvalidTimestampException.class, producer.send(new ProducerRecord<>("timely", 0, 1L, "key", "old")));
            fails(InvalidTopicException.class, producer.send(new ProducerRecord<>("__consumer_offsets", "mine")));
            fails(InvalidTopicException.class, producer.send(new ProducerRecord<>("not/a/name", "lost")));
            // What was refused leaves no gap in the sequence of those that follow.
            equal(0L, producer.send(new ProducerRecord<>("small", 0, "key", "fits")).get().offset());
        }
    }

    static void brokerTimes() throws Exception {
        create("stamped", Map.of("message.timestamp.type", "LogAppendTime"));
        long began = System.currentTimeMillis();
        try (KafkaProducer<String, String> producer = producer(Map.of("compression.type", "zstd"))) {
            isTrue(producer.send(new ProducerRecord<>("stamped", 0, 5L, "key", "value")).get().timestamp() >= began);
        }
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            consumer.assign(partitions("stamped"));
            consumer.seekToBeginning(partitions("stamped"));
            List<ConsumerRecord<String, String>> seen = new ArrayList<>();
            await(() -> { consumer.poll(POLL).forEach(seen::add); return !seen.isEmpty(); });
            equal(TimestampType.LOG_APPEND_TIME, seen.get(0).timestampType());
            isTrue(seen.get(0).timestamp() >= began);
        }
    }

    static void places() throws Exception {
        TopicPartition partition = new TopicPartition("records-zstd-all", 0);
        long last = (RECORDS - 1) / PARTITIONS;
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("max.poll.records", 7))) {
            consumer.assign(List.of(partition));
            // In the middle of a batch that holds hundreds.
            consumer.seek(partition, 101);
            equal(101L, first(consumer).offset());
            consumer.seekToEnd(List.of(partition));
            equal(last + 1, consumer.position(partition));
            equal(Map.of(partition, 0L), consumer.beginningOffsets(List.of(partition)));
            equal(Map.of(partition, last + 1), consumer.endOffsets(List.of(partition)));
            Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(Map.of(partition, 1_000L + 3 * 40 - 1));
            equal(List.of(40L, 1_120L, Optional.of(0)), List.of(found.get(partition).offset(), found.get(partition).timestamp(), found.get(partition).leaderEpoch()));
            isTrue(consumer.offsetsForTimes(Map.of(partition, Long.MAX_VALUE)).get(partition) == null);
            consumer.seek(partition, new OffsetAndMetadata(55, Optional.of(0), ""));
            equal(55L, first(consumer).offset());
            consumer.pause(List.of(partition));
            isTrue(consumer.poll(POLL).isEmpty());
            equal(PARTITIONS, consumer.partitionsFor("records-zstd-all").size());
        }
    }

    static void lostPlace() throws Exception {
        TopicPartition partition = new TopicPartition("records-none-all", 0);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(200))).all().get();
        }
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("auto.offset.reset", "earliest"))) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 10);
            equal(200L, first(consumer).offset());
        }
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("auto.offset.reset", "none"))) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 100_000);
            try {
                await(() -> { consumer.poll(POLL); return false; });
            } catch (org.apache.kafka.clients.consumer.OffsetOutOfRangeException expected) {
                equal(Set.of(partition), expected.partitions());
            }
        }
    }

    static void largeRecords() throws Exception {
        create("large", Map.of("max.message.bytes", "3000000"));
        try (KafkaProducer<String, String> producer = producer(Map.of("max.request.size", 4_000_000, "batch.size", 0))) {
            for (int number = 0; number < 30; number++)
                producer.send(new ProducerRecord<>("large", number % PARTITIONS, "key", "x".repeat(number % 2 == 0 ? 2_000_000 : 10)));
        }
        Map<String, Object> small = Map.of("max.partition.fetch.bytes", 1_000, "fetch.max.bytes", 1_000, "auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer = consumer(small)) {
            consumer.assign(partitions("large"));
            int[] seen = new int[PARTITIONS];
            await(() -> { consumer.poll(POLL).forEach(each -> seen[each.partition()]++); return IntStream.of(seen).sum() == 30; });
            equal(List.of(10, 10, 10), IntStream.of(seen).boxed().toList());
        }
    }

    // --- groups

    /** One member, then three, then one again: what is owned is whole and disjoint each time, and nothing is lost. */
    static void group(String assignor) throws Exception {
        String topic = "group-" + assignor;
        create(topic, Map.of());
        produce(topic, 0, RECORDS);
        Map<String, Object> settings = Map.of("group.id", topic, "partition.assignment.strategy", "org.apache.kafka.clients.consumer." + assignor,
            "auto.offset.reset", "earliest", "enable.auto.commit", false);
        Set<String> seen = new HashSet<>();
        List<KafkaConsumer<String, String>> members = new ArrayList<>();
        try {
            for (int number = 0; number < 3; number++) {
                KafkaConsumer<String, String> member = consumer(settings);
                member.subscribe(List.of(topic));
                members.add(member);
                if (number != 1) await(() -> { pollAll(members, seen); return isShared(members, topic); });
            }
            // Who takes a partition over reads again what was not committed, and shall have read it all before the next change.
            await(() -> { pollAll(members, seen); return isShared(members, topic) && places(members) == RECORDS; });
            equal(RECORDS, seen.size());
            for (KafkaConsumer<String, String> member : members) member.commitSync();
            while (members.size() > 1) members.remove(0).close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
            await(() -> { pollAll(members, seen); return isShared(members, topic); });
            produce(topic, RECORDS, RECORDS + 30);
            Set<String> later = new HashSet<>();
            await(() -> { pollAll(members, later); return later.size() >= 30; });
            equal(30, later.size());
            KafkaConsumer<String, String> last = members.get(0);
            last.commitSync(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(5, Optional.of(0), "remember")));
            equal("remember", last.committed(Set.of(new TopicPartition(topic, 0))).get(new TopicPartition(topic, 0)).metadata());
            last.enforceRebalance("asked for");
            await(() -> { pollAll(members, later); return isShared(members, topic); });
        } finally {
            for (KafkaConsumer<String, String> member : members) member.close();
        }
    }

    static void pollAll(List<KafkaConsumer<String, String>> members, Set<String> seen) {
        for (KafkaConsumer<String, String> member : members)
            member.poll(Duration.ofMillis(20)).forEach(each -> seen.add(each.value()));
    }

    static long places(List<KafkaConsumer<String, String>> members) {
        return members.stream().flatMapToLong(member -> member.assignment().stream().mapToLong(member::position)).sum();
    }

    static boolean isShared(List<KafkaConsumer<String, String>> members, String topic) {
        List<TopicPartition> owned = new ArrayList<>();
        for (KafkaConsumer<String, String> member : members) {
            if (member.assignment().isEmpty()) return false;
            owned.addAll(member.assignment());
        }
        return owned.size() == PARTITIONS && new HashSet<>(owned).equals(new HashSet<>(partitions(topic)));
    }

    static void staticMembers() throws Exception {
        String topic = "static";
        create(topic, Map.of());
        Map<String, Object> settings = Map.of("group.id", topic, "group.instance.id", "one", "auto.offset.reset", "earliest");
        String memberId;
        try (KafkaConsumer<String, String> first = consumer(settings)) {
            first.subscribe(List.of(topic));
            await(() -> { first.poll(POLL); return first.assignment().size() == PARTITIONS; });
            memberId = first.groupMetadata().memberId();
        }
        int generation;
        try (KafkaConsumer<String, String> again = consumer(settings)) {
            again.subscribe(List.of(topic));
            await(() -> { again.poll(POLL); return again.assignment().size() == PARTITIONS; });
            generation = again.groupMetadata().generationId();
            isTrue(!memberId.equals(again.groupMetadata().memberId()));
            equal(1, generation);
            // A second process under the same name takes its place, and the one that had it is told.
            try (KafkaConsumer<String, String> usurper = consumer(settings)) {
                usurper.subscribe(List.of(topic));
                await(() -> { usurper.poll(POLL); return usurper.assignment().size() == PARTITIONS; });
                try {
                    again.commitSync(Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(0)));
                    throw new AssertionError("a member that was replaced could commit");
                } catch (FencedInstanceIdException expected) { }
            }
        }
    }

    static void pattern() throws Exception {
        create("pattern-a", Map.of());
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("group.id", "pattern", "metadata.max.age.ms", 500))) {
            consumer.subscribe(Pattern.compile("pattern-.*"));
            await(() -> { consumer.poll(POLL); return consumer.assignment().size() == PARTITIONS; });
            create("pattern-b", Map.of());
            await(() -> { consumer.poll(POLL); return consumer.assignment().size() == 2 * PARTITIONS; });
        }
    }

    // --- clients

    static KafkaProducer<String, String> producer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "linger.ms", 5));
        all.putAll(settings);
        return new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "group.protocol", "classic", "heartbeat.interval.ms", 200));
        all.putAll(settings);
        return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
    }

    static void create(String topic, Map<String, String> configs) throws Exception {
        Map<String, String> all = new TreeMap<>(Map.of("retention.ms", "-1"));
        all.putAll(configs);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1).configs(all))).all().get();
        }
    }

    static void produce(String topic, int first, int end) {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            for (int number = first; number < end; number++)
                producer.send(new ProducerRecord<>(topic, number % PARTITIONS, "key", "record " + number));
        }
    }

    static List<TopicPartition> partitions(String topic) {
        return IntStream.range(0, PARTITIONS).mapToObj(each -> new TopicPartition(topic, each)).toList();
    }

    static ConsumerRecord<String, String> first(KafkaConsumer<String, String> consumer) {
        List<ConsumerRecord<String, String>> seen = new ArrayList<>();
        await(() -> { consumer.poll(POLL).forEach(seen::add); return !seen.isEmpty(); });
        return seen.get(0);
    }

    // --- judging

    static void await(Condition condition) {
        long deadline = System.nanoTime() + DEADLINE_NS;
        while (!condition.holds())
            if (System.nanoTime() > deadline) throw new AssertionError("did not come in time");
    }

    static void equal(Object expected, Object actual) {
        if (!expected.equals(actual)) throw new AssertionError("expected " + expected + ", not " + actual);
    }

    static void isTrue(boolean holds) {
        if (!holds) throw new AssertionError("does not hold");
    }

    static void fails(Class<? extends Exception> expected, Future<?> future) throws Exception {
        try {
            future.get();
        } catch (ExecutionException failed) {
            if (expected.isInstance(failed.getCause())) return;
            throw new AssertionError("expected " + expected.getSimpleName(), failed.getCause());
        }
        throw new AssertionError("expected " + expected.getSimpleName() + ", but nothing failed");
    }
}
