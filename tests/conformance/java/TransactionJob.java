// The transactions of Apache Kafka's newest producer (KIP-890) against a real broker: java -cp CLASSPATH TransactionJob.java HOST:PORT
//
// Each check prints its name when it has passed; the first that fails ends the program with its stack trace.

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class TransactionJob {
    static final int RECORDS = 300;
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
        check("commits and aborts", TransactionJob::commitsAndAborts);
        check("a fenced producer", TransactionJob::fenced);
        check("reading, transforming and writing", TransactionJob::exactlyOnce);
        check("what an administrator sees", TransactionJob::administrator);
        check("a transaction that hangs", TransactionJob::hanging);
    }

    static void check(String name, Check check) throws Exception {
        try {
            check.run();
        } catch (ApiException refused) {
            throw new AssertionError(name, refused);  // it has no stack trace of its own, which the launcher stumbles over
        }
        System.out.println("passed: " + name);
    }

    static void commitsAndAborts() throws Exception {
        create("ends", Map.of());
        Set<String> kept = new TreeSet<>();
        try (KafkaProducer<String, String> producer = transactional("ends")) {
            for (int transaction = 0; transaction < 20; transaction++) {
                producer.beginTransaction();
                for (int number = 0; number < 10; number++) {
                    String value = transaction + "/" + number;
                    producer.send(new ProducerRecord<>("ends", number % PARTITIONS, "key", value));
                    if (transaction % 3 != 0) kept.add(value);
                }
                if (transaction % 3 == 0) producer.abortTransaction();
                else producer.commitTransaction();
            }
            producer.beginTransaction();
            producer.abortTransaction();
        }
        equal(kept, new TreeSet<>(committed("ends", kept.size())));
    }

    static void fenced() throws Exception {
        create("fenced", Map.of());
        try (KafkaProducer<String, String> old = transactional("fenced")) {
            old.beginTransaction();
            old.send(new ProducerRecord<>("fenced", 0, "key", "void")).get();
            try (KafkaProducer<String, String> successor = transactional("fenced")) {
                try {
                    old.commitTransaction();
                    throw new AssertionError("a fenced producer committed");
                } catch (ProducerFencedException | InvalidProducerEpochException expected) { }
                successor.beginTransaction();
                successor.send(new ProducerRecord<>("fenced", 0, "key", "kept"));
                successor.commitTransaction();
            }
        }
        equal(List.of("kept"), committed("fenced", 1));
    }

    static void exactlyOnce() throws Exception {
        create("source", Map.of());
        create("target", Map.of());
        produce("source", 0, RECORDS);
        int copied = 0;
        for (int life = 0; copied < RECORDS; life++) {
            Map<String, Object> settings = Map.of("group.id", "copier", "enable.auto.commit", false, "auto.offset.reset", "earliest",
                "isolation.level", "read_committed", "max.poll.records", 20);
            try (KafkaProducer<String, String> producer = transactional("copier"); KafkaConsumer<String, String> consumer = consumer(settings)) {
                consumer.subscribe(List.of("source"));
                for (int transaction = 0; transaction < 5 && copied < RECORDS; transaction++) {
                    List<ConsumerRecord<String, String>> seen = new ArrayList<>();
                    await(() -> { consumer.poll(POLL).forEach(seen::add); return !seen.isEmpty(); });
                    producer.beginTransaction();
                    for (ConsumerRecord<String, String> each : seen)
                        producer.send(new ProducerRecord<>("target", each.partition(), each.key(), each.value()));
                    Map<TopicPartition, OffsetAndMetadata> places = new HashMap<>();
                    for (TopicPartition each : consumer.assignment()) places.put(each, new OffsetAndMetadata(consumer.position(each)));
                    producer.sendOffsetsToTransaction(places, consumer.groupMetadata());
                    // Each life ends with a transaction that never was: what it read is read again.
                    if (transaction == 4) producer.abortTransaction();
                    else { producer.commitTransaction(); copied += seen.size(); }
                }
            }
        }
        Set<String> all = new TreeSet<>();
        for (int number = 0; number < RECORDS; number++) all.add("record " + number);
        List<String> found = committed("target", RECORDS);
        equal(RECORDS, found.size());
        equal(all, new TreeSet<>(found));
    }

    static void administrator() throws Exception {
        create("watched", Map.of());
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap)); KafkaProducer<String, String> producer = transactional("watched")) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("watched", 1, "key", "open")).get();
            TransactionDescription open = admin.describeTransactions(List.of("watched")).description("watched").get();
            equal(TransactionState.ONGOING, open.state());
            equal(Set.of(new TopicPartition("watched", 1)), open.topicPartitions());
            isTrue(admin.listTransactions(new ListTransactionsOptions().filterStates(List.of(TransactionState.ONGOING))).all().get()
                .stream().anyMatch(each -> each.transactionalId().equals("watched")));
            fails(TransactionalIdNotFoundException.class, admin.describeTransactions(List.of("nobody")).description("nobody"));
            admin.fenceProducers(List.of("watched")).all().get();
            try {
                producer.commitTransaction();
                throw new AssertionError("a fenced producer committed");
            } catch (ProducerFencedException | InvalidProducerEpochException expected) { }
        }
    }

    static void hanging() throws Exception {
        create("hangs", Map.of());
        TopicPartition partition = new TopicPartition("hangs", 0);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap)); KafkaProducer<String, String> producer = transactional("hangs")) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("hangs", 0, "key", "void")).get();
            ProducerState state = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().get(0);
            isTrue(state.currentTransactionStartOffset().isPresent());
            admin.abortTransaction(new AbortTransactionSpec(partition, state.producerId(), (short) state.producerEpoch(),
                state.coordinatorEpoch().orElse(0))).all().get();
            state = admin.describeProducers(List.of(partition)).partitionResult(partition).get().activeProducers().get(0);
            isTrue(state.currentTransactionStartOffset().isEmpty());
        }
    }

    static KafkaProducer<String, String> transactional(String name) {
        KafkaProducer<String, String> producer = producer(Map.of("transactional.id", name));
        producer.initTransactions();
        return producer;
    }

    /** What a reader of committed records finds, and after so many nothing more. */
    static List<String> committed(String topic, int count) {
        List<String> seen = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("isolation.level", "read_committed"))) {
            consumer.assign(partitions(topic));
            consumer.seekToBeginning(partitions(topic));
            await(() -> { consumer.poll(POLL).forEach(each -> seen.add(each.value())); return seen.size() >= count; });
            for (int more = 0; more < 3; more++) consumer.poll(POLL).forEach(each -> seen.add(each.value()));
        }
        return seen;
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
