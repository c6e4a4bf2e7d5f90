// A producer that an administrator watches: java -cp CLASSPATH MetricsJob.java HOST:PORT
//
// It lives until its input ends: what it pushed is looked at where the broker shows it.

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringSerializer;

public class MetricsJob {
    public static void main(String[] arguments) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[0]))) {
            ConfigResource subscription = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "watched");
            admin.incrementalAlterConfigs(Map.of(subscription, List.of(
                set("metrics", "org.apache.kafka.producer."), set("interval.ms", "100"), set("match", "client_id=watched")
            ))).all().get();
        }
        System.out.println("passed: subscription");
        Map<String, Object> settings = Map.of("bootstrap.servers", arguments[0], "client.id", "watched");
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>("watched", "key", "value")).get();
            producer.clientInstanceId(Duration.ofSeconds(10));
            System.in.readAllBytes();
        }
        System.out.println("passed: ended");
    }

    static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }
}
