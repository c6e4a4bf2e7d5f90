// A Kafka Streams application against a real broker: java -cp CLASSPATH StreamsJob.java HOST:PORT FOLDER
//
// It counts words: a repartition topic (whose records Streams deletes behind itself), a compacted changelog, a group of two
// instances. Then a third with an empty folder restores the counts from the changelog and goes on from what was committed.

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

public class StreamsJob {
    static final int LINES = 500;
    static final int PARTITIONS = 3;
    static final long DEADLINE_NS = 90_000_000_000L;
    static String bootstrap;
    static String folder;

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        folder = arguments[1];
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic("lines", PARTITIONS, (short) 1), new NewTopic("counts", PARTITIONS, (short) 1))).all().get();
            say();
            KafkaStreams first = start("first");
            KafkaStreams second = start("second");
            expect(LINES);
            first.close(Duration.ofSeconds(30));
            say();
            expect(2 * LINES);
            second.close(Duration.ofSeconds(30));
            System.out.println("passed: two instances count together, and one goes on alone");

            Set<String> topics = admin.listTopics().names().get();
            if (!topics.containsAll(Set.of("words-counted-changelog", "words-counted-repartition"))) throw new AssertionError(topics);
            say();
            KafkaStreams third = start("third");
            expect(3 * LINES);
            third.close(Duration.ofSeconds(30));
            System.out.println("passed: an instance with an empty folder restores what was counted");
        }
    }

    static Topology topology() {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("lines", Consumed.with(Serdes.String(), Serdes.String()))
            .flatMapValues(line -> Arrays.asList(line.split(" ")))
            .groupBy((key, word) -> word, Grouped.with("counted", Serdes.String(), Serdes.String()))
            .count(Materialized.as("counted"))
            .toStream()
            .to("counts", Produced.with(Serdes.String(), Serdes.Long()));
        return builder.build();
    }

    static KafkaStreams start(String name) {
        Properties settings = new Properties();
        settings.put("application.id", "words");
        settings.put("bootstrap.servers", bootstrap);
        settings.put("state.dir", folder + "/" + name);
        settings.put("commit.interval.ms", 100);
        settings.put("num.stream.threads", 2);
        settings.put("default.key.serde", Serdes.String().getClass());
        settings.put("default.value.serde", Serdes.String().getClass());
        settings.put("consumer.auto.offset.reset", "earliest");
        // Streams doesn't leave its group when it is closed: the others wait for its session to end.
        settings.put("consumer.session.timeout.ms", 3_000);
        settings.put("consumer.heartbeat.interval.ms", 300);
        KafkaStreams streams = new KafkaStreams(topology(), settings);
        streams.start();
        return streams;
    }

    static void say() {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < LINES; number++)
                producer.send(new ProducerRecord<>("lines", number % PARTITIONS, null, "all word" + number % 10));
        }
    }

    /** The newest count of each word is that of this many lines. */
    static void expect(long lines) {
        Map<String, Long> expected = new HashMap<>(Map.of("all", lines));
        for (int number = 0; number < 10; number++) expected.put("word" + number, lines / 10);
        Map<String, Long> seen = new HashMap<>();
        long deadline = System.nanoTime() + DEADLINE_NS;
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest");
        try (KafkaConsumer<String, Long> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new LongDeserializer())) {
            consumer.assign(List.of(new TopicPartition("counts", 0), new TopicPartition("counts", 1), new TopicPartition("counts", 2)));
            consumer.seekToBeginning(consumer.assignment());
            while (!seen.equals(expected)) {
                consumer.poll(Duration.ofMillis(100)).forEach(each -> seen.put(each.key(), each.value()));
                if (System.nanoTime() > deadline) throw new AssertionError("expected " + expected + ", not " + seen);
            }
        }
    }
}
