// A Kafka Streams application in a streams group (KIP-1071): java -cp CLASSPATH StreamsGroupJob.java HOST:PORT FOLDER GUARANTEE INSTANCES
//
// It counts words, from `lines` to `counts`, through a repartition topic and with a changelog. Its instances have a folder each,
// and so a process id each. `running` is told on the standard error when all of them run; each line of the standard input ends
// one instance, which is told as `stopped`, and its end ends all that are left. The standard output is for the log.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

public class StreamsGroupJob {
    static final Duration DEADLINE = Duration.ofSeconds(60);

    public static void main(String[] arguments) throws Exception {
        Deque<KafkaStreams> instances = new ArrayDeque<>();
        for (int number = 0; number < Integer.parseInt(arguments[3]); number++)
            instances.add(start(arguments[0], arguments[1] + "/" + number, arguments[2]));
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!instances.stream().allMatch(each -> each.state() == KafkaStreams.State.RUNNING)) {
            if (System.nanoTime() > deadline) throw new AssertionError("not running: " + instances.stream().map(KafkaStreams::state).toList());
            Thread.sleep(50);
        }
        System.err.println("running");
        BufferedReader told = new BufferedReader(new InputStreamReader(System.in));
        while (told.readLine() != null) {
            instances.remove().close(DEADLINE);
            System.err.println("stopped");
        }
        for (KafkaStreams each : instances) each.close(DEADLINE);
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

    static KafkaStreams start(String bootstrap, String folder, String guarantee) {
        Properties settings = new Properties();
        settings.put("application.id", "words");
        settings.put("bootstrap.servers", bootstrap);
        settings.put("group.protocol", "streams");
        settings.put("processing.guarantee", guarantee);
        settings.put("state.dir", folder);
        settings.put("commit.interval.ms", 100);
        settings.put("num.stream.threads", 2);
        settings.put("default.key.serde", Serdes.String().getClass());
        settings.put("default.value.serde", Serdes.String().getClass());
        settings.put("consumer.auto.offset.reset", "earliest");
        KafkaStreams streams = new KafkaStreams(topology(), settings);
        streams.start();
        return streams;
    }
}
