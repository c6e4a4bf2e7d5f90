// Share groups of Apache Kafka's newest consumer and Admin (KIP-932) against a real broker: java -cp CLASSPATH ShareJob.java HOST:PORT
//
// Each check prints its name when it has passed; the first that fails ends the program with its stack trace.

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class ShareJob {
    static final int RECORDS = 200;
    static final int PARTITIONS = 2;
    static final Duration POLL = Duration.ofMillis(200);
    static final long DEADLINE_NS = 60_000_000_000L;
    static String bootstrap;
    static Admin admin;

    interface Check {
        void run() throws Exception;
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        try (Admin made = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin = made;
            check("one member takes everything", ShareJob::implicit);
            check("released records come again, rejected ones don't", ShareJob::explicit);
            check("several members share the work", ShareJob::several);
            check("what an administrator sees and may do", ShareJob::administrator);
            check("a member goes on where the last one stopped", ShareJob::goesOn);
            check("a group survives its topic", ShareJob::deletedTopic);
        }
    }

    static void check(String name, Check check) throws Exception {
        try {
            check.run();
        } catch (ApiException refused) {
            throw new AssertionError(name, refused);  // it has no stack trace of its own, which the launcher stumbles over
        }
        System.out.println("passed: " + name);
    }

    static void implicit() throws Exception {
        Set<String> sent = produced("implicit", "implicit-group");
        try (KafkaShareConsumer<String, String> consumer = member("implicit-group", "implicit", "implicit")) {
            equal(sent, new TreeSet<>(read(consumer, RECORDS)));
        }
        eventually(() -> lag("implicit-group") == 0);
        try (KafkaShareConsumer<String, String> consumer = member("implicit-group", "implicit", "implicit")) {
            equal(0, consumer.poll(Duration.ofSeconds(1)).count());
        }
    }

    static void explicit() throws Exception {
        produced("explicit", "explicit-group");
        Set<String> again = new TreeSet<>();
        Set<String> second = new TreeSet<>();
        Set<String> done = new TreeSet<>();
        try (KafkaShareConsumer<String, String> consumer = member("explicit-group", "explicit", "explicit")) {
            long end = System.nanoTime() + DEADLINE_NS;
            while (done.size() < RECORDS && System.nanoTime() < end) {
                for (ConsumerRecord<String, String> each : consumer.poll(POLL)) {
                    int number = Integer.parseInt(each.value());
                    short delivered = each.deliveryCount().orElseThrow();
                    if (number % 3 == 0 && delivered == 1) {
                        again.add(each.value());
                        consumer.acknowledge(each, AcknowledgeType.RELEASE);
                    } else {
                        if (delivered > 1) second.add(each.value());
                        if (!done.add(each.value())) throw new AssertionError("twice: " + each.value());
                        consumer.acknowledge(each, number % 5 == 0 ? AcknowledgeType.REJECT : AcknowledgeType.ACCEPT);
                    }
                }
                consumer.commitSync().values().forEach(problem -> equal(false, problem.isPresent()));
            }
        }
        equal(RECORDS, done.size());
        equal(again, second);
        eventually(() -> lag("explicit-group") == 0);
    }

    static void several() throws Exception {
        String group = "several-group";
        beginEarliest(group);
        create("several");
        List<KafkaShareConsumer<String, String>> members = new ArrayList<>();
        for (int number = 0; number < 3; number++) members.add(member(group, "implicit", "several"));
        try {
            for (KafkaShareConsumer<String, String> each : members) each.poll(POLL);
            eventually(() -> described(group).members().stream().allMatch(each -> assigned(each) > 0) && polled(members).isEmpty());
            equal(3, described(group).members().size());
            Set<String> sent = send("several");
            List<String> received = new ArrayList<>();
            long end = System.nanoTime() + DEADLINE_NS;
            while (received.size() < RECORDS && System.nanoTime() < end) received.addAll(polled(members));
            equal(RECORDS, received.size());
            equal(sent, new TreeSet<>(received));
        } finally {
            for (KafkaShareConsumer<String, String> each : members) each.close();
        }
        eventually(() -> described(group).groupState() == GroupState.EMPTY);
    }

    static void administrator() throws Exception {
        String group = "seen-group";
        produced("seen", group);
        TopicPartition first = new TopicPartition("seen", 0);
        try (KafkaShareConsumer<String, String> consumer = member(group, "implicit", "seen")) {
            read(consumer, RECORDS);
            ShareGroupDescription seen = described(group);
            equal(GroupState.STABLE, seen.groupState());
            equal(true, seen.groupEpoch() > 0 && seen.groupEpoch() == seen.targetAssignmentEpoch());
            ShareMemberDescription only = seen.members().iterator().next();
            equal("job", only.clientId());
            equal(PARTITIONS, assigned(only));
            equal(true, listed().contains(group + " " + GroupType.SHARE));
            fails(GroupNotEmptyException.class, admin.alterShareGroupOffsets(group, Map.of(first, 0L)).all());
            fails(GroupNotEmptyException.class, admin.deleteShareGroupOffsets(group, Set.of("seen")).all());
            fails(GroupNotEmptyException.class, admin.deleteShareGroups(List.of(group)).all());
        }
        admin.alterShareGroupOffsets(group, Map.of(first, 0L)).all().get();
        equal(0L, offsets(group).get(first).startOffset());
        try (KafkaShareConsumer<String, String> consumer = member(group, "implicit", "seen")) {
            int inFirst = (int) admin.listOffsets(Map.of(first, OffsetSpec.latest())).all().get().get(first).offset();
            equal(inFirst, read(consumer, inFirst).size());
        }
        admin.deleteShareGroupOffsets(group, Set.of("seen")).all().get();
        equal(Map.of(), offsets(group));
        fails(UnknownTopicOrPartitionException.class, admin.deleteShareGroupOffsets(group, Set.of("nowhere")).all());
        admin.deleteShareGroups(List.of(group)).all().get();
        fails(GroupIdNotFoundException.class, admin.describeShareGroups(List.of(group)).all());
        fails(GroupIdNotFoundException.class, admin.describeShareGroups(List.of("nobody")).all());
    }

    static void goesOn() throws Exception {
        Set<String> sent = produced("on", "on-group");
        List<String> received = new ArrayList<>();
        try (KafkaShareConsumer<String, String> consumer = member("on-group", "explicit", "on")) {
            long end = System.nanoTime() + DEADLINE_NS;
            while (received.isEmpty() && System.nanoTime() < end) {
                int taken = 0;
                for (ConsumerRecord<String, String> each : consumer.poll(POLL)) {
                    boolean mine = taken++ < RECORDS / 4;
                    if (mine) received.add(each.value());
                    consumer.acknowledge(each, mine ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE);
                }
                consumer.commitSync();
            }
        }
        int before = received.size();
        try (KafkaShareConsumer<String, String> consumer = member("on-group", "implicit", "on")) {
            received.addAll(read(consumer, RECORDS - before));
        }
        equal(RECORDS, received.size());
        equal(sent, new TreeSet<>(received));
    }

    static void deletedTopic() throws Exception {
        String group = "left-group";
        produced("left", group);
        produced("kept", group);
        try (KafkaShareConsumer<String, String> consumer = member(group, "implicit", "left", "kept")) {
            read(consumer, 2 * RECORDS);
            admin.deleteTopics(List.of("left")).all().get();
            eventually(() -> {
                consumer.poll(POLL);
                return offsets(group).keySet().stream().allMatch(each -> each.topic().equals("kept"))
                    && described(group).members().stream().allMatch(each -> assigned(each) == PARTITIONS);
            });
            Set<String> sent = send("kept");
            equal(sent, new TreeSet<>(read(consumer, RECORDS)));
        }
    }

    // --- what the checks are made of

    static Set<String> produced(String topic, String group) throws Exception {
        beginEarliest(group);
        create(topic);
        return send(topic);
    }

    static void create(String topic) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
    }

    static Set<String> send(String topic) {
        Set<String> sent = new TreeSet<>();
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", bootstrap, "key.serializer", StringSerializer.class, "value.serializer", StringSerializer.class);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
            for (int number = 0; number < RECORDS; number++) {
                sent.add(Integer.toString(number));
                producer.send(new ProducerRecord<>(topic, number % PARTITIONS, "key", Integer.toString(number)));
            }
        }
        return sent;
    }

    static void beginEarliest(String group) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
        ConfigEntry earliest = new ConfigEntry("share.auto.offset.reset", "earliest");
        admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(earliest, AlterConfigOp.OpType.SET)))).all().get();
    }

    static KafkaShareConsumer<String, String> member(String group, String mode, String... topics) {
        Map<String, Object> settings = new HashMap<>(Map.of(
            "bootstrap.servers", bootstrap,
            "group.id", group,
            "client.id", "job",
            "share.acknowledgement.mode", mode,
            "key.deserializer", StringDeserializer.class,
            "value.deserializer", StringDeserializer.class));
        KafkaShareConsumer<String, String> consumer = new KafkaShareConsumer<>(settings);
        consumer.subscribe(List.of(topics));
        return consumer;
    }

    static List<String> read(KafkaShareConsumer<String, String> consumer, int count) {
        List<String> values = new ArrayList<>();
        long end = System.nanoTime() + DEADLINE_NS;
        while (values.size() < count && System.nanoTime() < end)
            for (ConsumerRecord<String, String> each : consumer.poll(POLL)) values.add(each.value());
        consumer.commitSync();
        return values;
    }

    static List<String> polled(Collection<KafkaShareConsumer<String, String>> members) {
        List<String> values = new ArrayList<>();
        for (KafkaShareConsumer<String, String> member : members)
            for (ConsumerRecord<String, String> each : member.poll(Duration.ofMillis(50))) values.add(each.value());
        return values;
    }

    static ShareGroupDescription described(String group) throws Exception {
        return admin.describeShareGroups(List.of(group)).all().get().get(group);
    }

    static int assigned(ShareMemberDescription member) {
        return member.assignment().topicPartitions().size();
    }

    static Set<String> listed() throws Exception {
        Set<String> groups = new TreeSet<>();
        for (GroupListing each : admin.listGroups(ListGroupsOptions.forShareGroups()).all().get())
            groups.add(each.groupId() + " " + each.type().orElseThrow());
        return groups;
    }

    static Map<TopicPartition, SharePartitionOffsetInfo> offsets(String group) throws Exception {
        return admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec())).partitionsToOffsetInfo(group).get();
    }

    static long lag(String group) throws Exception {
        return offsets(group).values().stream().mapToLong(each -> each.lag().orElse(Long.MAX_VALUE / 8)).sum();
    }

    static void eventually(Condition condition) throws Exception {
        long end = System.nanoTime() + DEADLINE_NS;
        while (!condition.holds()) {
            if (System.nanoTime() > end) throw new AssertionError("it did not come to be");
            Thread.sleep(50);
        }
    }

    static void equal(Object wanted, Object found) {
        if (!wanted.equals(found)) throw new AssertionError("wanted " + wanted + ", found " + found);
    }

    static void fails(Class<? extends Exception> kind, KafkaFuture<?> future) throws Exception {
        try {
            future.get();
        } catch (ExecutionException failed) {
            if (kind.isInstance(failed.getCause())) return;
            throw failed;
        }
        throw new AssertionError("wanted " + kind.getSimpleName());
    }
}
