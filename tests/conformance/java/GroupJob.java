// Apache Kafka's newest consumer with group.protocol=consumer (KIP-848) against a real broker whose heartbeats come quickly:
// java -cp CLASSPATH GroupJob.java HOST:PORT
//
// Each check prints its name when it has passed; the first that fails ends the program with its stack trace.

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class GroupJob {
    static final int RECORDS = 1_000;
    static final int PARTITIONS = 6;
    static final Duration POLL = Duration.ofMillis(100);
    static final long DEADLINE_NS = 60_000_000_000L;
    static String bootstrap;
    static Admin admin;

    interface Check {
        void run() throws Exception;
    }

    interface Condition {
        boolean holds();
    }

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
        for (String assignor : List.of("uniform", "range"))
            check("a group that grows and shrinks with " + assignor, () -> group(assignor));
        check("an assignor that is not there", GroupJob::noSuchAssignor);
        check("topics by expression", GroupJob::expression);
        check("an expression that is none", GroupJob::noExpression);
        check("static members", GroupJob::staticMembers);
        check("an upgrade and a downgrade, member by member", GroupJob::migration);
        check("a group as the Admin sees it", GroupJob::described);
        check("settings of a group", GroupJob::settings);
        admin.close();
    }

    static void check(String name, Check check) throws Exception {
        check.run();
        System.out.println("passed: " + name);
    }

    // --- groups

    /** One member, then three, then one again: what is owned is whole and disjoint each time, and nothing is lost. */
    static void group(String assignor) throws Exception {
        String topic = "group-" + assignor;
        create(topic);
        produce(topic, 0, RECORDS);
        Map<String, Object> settings = Map.of("group.id", topic, "group.remote.assignor", assignor);
        Set<String> seen = new HashSet<>();
        List<KafkaConsumer<String, String>> members = new ArrayList<>();
        try {
            for (int number = 0; number < 3; number++) {
                members.add(member(topic, settings));
                await(() -> { pollAll(members, seen); return isShared(members, topic); });
            }
            await(() -> { pollAll(members, seen); return isShared(members, topic) && places(members) == RECORDS; });
            equal(RECORDS, seen.size());
            for (KafkaConsumer<String, String> member : members) member.commitSync();
            while (members.size() > 1) members.remove(0).close();
            await(() -> { pollAll(members, seen); return isShared(members, topic); });
            produce(topic, RECORDS, RECORDS + 30);
            Set<String> later = new HashSet<>();
            await(() -> { pollAll(members, later); return later.size() >= 30; });
            equal(30, later.size());
        } finally {
            for (KafkaConsumer<String, String> member : members) member.close();
        }
    }

    static void noSuchAssignor() throws Exception {
        create("assignor");
        try (KafkaConsumer<String, String> member = member("assignor", Map.of("group.id", "assignor", "group.remote.assignor", "mine"))) {
            fails(UnsupportedAssignorException.class, member);
        }
    }

    static void expression() throws Exception {
        create("expression-a");
        create("expression-b");
        create("no-expression");
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("group.id", "expression"))) {
            consumer.subscribe(new SubscriptionPattern("expression-.*"));
            await(() -> { consumer.poll(POLL); return consumer.assignment().size() == 2 * PARTITIONS; });
            create("expression-c");
            await(() -> { consumer.poll(POLL); return consumer.assignment().size() == 3 * PARTITIONS; });
        }
    }

    static void noExpression() throws Exception {
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("group.id", "no-expression"))) {
            consumer.subscribe(new SubscriptionPattern("a(?=b)"));
            fails(InvalidRegularExpression.class, consumer);
        }
    }

    static void staticMembers() throws Exception {
        create("static");
        Map<String, Object> one = Map.of("group.id", "static", "group.instance.id", "one");
        Map<String, Object> two = Map.of("group.id", "static", "group.instance.id", "two");
        List<KafkaConsumer<String, String>> members = new ArrayList<>(List.of(member("static", one), member("static", two)));
        try {
            await(() -> { pollAll(members, new HashSet<>()); return isShared(members, "static"); });
            Set<TopicPartition> before = members.get(0).assignment();
            try (KafkaConsumer<String, String> usurper = member("static", one)) {
                fails(UnreleasedInstanceIdException.class, usurper);
            }
            members.remove(0).close();
            members.add(member("static", one));
            await(() -> { pollAll(members, new HashSet<>()); return isShared(members, "static"); });
            equal(before, members.get(1).assignment());
        } finally {
            for (KafkaConsumer<String, String> member : members) member.close();
        }
    }

    static void migration() throws Exception {
        String topic = "migration";
        create(topic);
        produce(topic, 0, RECORDS);
        Map<String, Object> consumer = Map.of("group.id", topic);
        Map<String, Object> classic = Map.of("group.id", topic, "group.protocol", "classic", "heartbeat.interval.ms", 100, "session.timeout.ms", 6_000);
        Set<String> seen = new HashSet<>();
        List<KafkaConsumer<String, String>> members = new ArrayList<>(List.of(member(topic, classic), member(topic, classic)));
        try {
            await(() -> { pollAll(members, seen); return isShared(members, topic); });
            equal(GroupType.CLASSIC, type(topic));
            for (Map<String, Object> protocol : List.of(consumer, classic)) {
                for (int number = 0; number < 2; number++) {
                    members.add(member(topic, protocol));
                    await(() -> { pollAll(members, seen); return isShared(members, topic); });
                    equal(GroupType.CONSUMER, type(topic));
                    members.remove(0).close(CloseOptions.groupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
                    await(() -> { pollAll(members, seen); return isShared(members, topic); });
                }
            }
            equal(GroupType.CLASSIC, type(topic));
            await(() -> { pollAll(members, seen); return seen.size() == RECORDS; });
        } finally {
            for (KafkaConsumer<String, String> member : members) member.close();
        }
    }

    static void described() throws Exception {
        create("described");
        try (KafkaConsumer<String, String> member = member("described", Map.of("group.id", "described", "client.id", "me"))) {
            await(() -> { member.poll(POLL); return member.assignment().size() == PARTITIONS; });
            ConsumerGroupDescription group = admin.describeConsumerGroups(List.of("described")).all().get().get("described");
            equal(List.of(GroupType.CONSUMER, GroupState.STABLE, "uniform"), List.of(group.type(), group.groupState(), group.partitionAssignor()));
            equal(List.of(2, 2), List.of(group.groupEpoch().get(), group.targetAssignmentEpoch().get()));
            MemberDescription only = group.members().iterator().next();
            equal(List.of("me", true, 2), List.of(only.clientId(), only.upgraded().get(), only.memberEpoch().get()));
            equal(only.assignment().topicPartitions(), only.targetAssignment().get().topicPartitions());
            equal(new HashSet<>(partitions("described")), only.assignment().topicPartitions());
            fails(GroupNotEmptyException.class, admin.deleteConsumerGroups(List.of("described")).all());
            member.commitSync(Map.of(new TopicPartition("described", 0), new OffsetAndMetadata(0)));
            fails(GroupSubscribedToTopicException.class, admin.deleteConsumerGroupOffsets("described", Set.of(new TopicPartition("described", 0))).all());
            fails(GroupIdNotFoundException.class, admin.describeClassicGroups(List.of("described")).all());
        }
        admin.deleteConsumerGroups(List.of("described")).all().get();
        isTrue(admin.listGroups().all().get().stream().noneMatch(each -> each.groupId().equals("described")));
    }

    static void settings() throws Exception {
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "settings");
        set(group, "consumer.session.timeout.ms", "20000").get();
        fails(InvalidConfigurationException.class, set(group, "consumer.session.timeout.ms", "99999999"));
        fails(InvalidConfigurationException.class, set(group, "consumer.heartbeat.interval.ms", "1"));
        equal("20000", admin.describeConfigs(List.of(group)).all().get().get(group).get("consumer.session.timeout.ms").value());
    }

    static Future<Void> set(ConfigResource resource, String name, String value) {
        return admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)))).all();
    }

    static GroupType type(String group) throws Exception {
        return admin.listGroups().all().get().stream().filter(each -> each.groupId().equals(group)).findFirst().get().type().get();
    }

    // --- clients

    static KafkaConsumer<String, String> member(String topic, Map<String, Object> settings) {
        KafkaConsumer<String, String> made = consumer(settings);
        made.subscribe(List.of(topic));
        return made;
    }

    static KafkaConsumer<String, String> consumer(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "group.protocol", "consumer", "auto.offset.reset", "earliest", "enable.auto.commit", false));
        all.putAll(settings);
        return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
    }

    static void create(String topic) {
        try {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
        } catch (Exception failed) {
            throw new AssertionError(failed);
        }
    }

    static void produce(String topic, int first, int end) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer())) {
            for (int number = first; number < end; number++)
                producer.send(new ProducerRecord<>(topic, number % PARTITIONS, "key", "record " + number));
        }
    }

    static List<TopicPartition> partitions(String topic) {
        return IntStream.range(0, PARTITIONS).mapToObj(each -> new TopicPartition(topic, each)).toList();
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

    static void fails(Class<? extends Exception> expected, KafkaConsumer<String, String> consumer) {
        try {
            await(() -> { consumer.poll(POLL); return false; });
        } catch (RuntimeException failed) {
            if (!expected.isInstance(failed)) throw new AssertionError("expected " + expected.getSimpleName(), failed);
        }
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
