// Apache Kafka's newest Admin client against a real broker: java -cp CLASSPATH AdminJob.java HOST:PORT
//
// Each check prints its name when it has passed; the first that fails ends the program with its stack trace.

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.ClassicGroupState;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class AdminJob {
    static final int RECORDS = 1_000;
    static String bootstrap;
    static Admin admin;

    interface Check {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        try (Admin opened = Admin.create(Map.of(
            "bootstrap.servers", bootstrap, "default.api.timeout.ms", 30_000, "enable.metrics.push", true))) {
            admin = opened;
            check("topics", AdminJob::topics);
            check("topics that are refused", AdminJob::refusedTopics);
            check("paged partitions", AdminJob::pagedPartitions);
            check("configs", AdminJob::configs);
            check("refused configs", AdminJob::refusedConfigs);
            check("resources that have configs", AdminJob::configResources);
            check("offsets and deleted records", AdminJob::offsets);
            check("offsets of a group", AdminJob::groupOffsets);
            check("members of a group", AdminJob::groupMembers);
            check("cluster", AdminJob::cluster);
            check("features", AdminJob::features);
            check("quorum", AdminJob::quorum);
            check("folders", AdminJob::folders);
            check("elections and reassignments", AdminJob::placement);
            check("producers", AdminJob::producers);
            check("quotas", AdminJob::quotas);
            check("refused quotas", AdminJob::refusedQuotas);
            check("a quota of new partitions", AdminJob::mutationQuota);
            check("telemetry", AdminJob::telemetry);
        }
    }

    static void check(String name, Check check) throws Exception {
        check.run();
        System.out.println("passed: " + name);
    }

    // --- topics

    static void topics() throws Exception {
        CreateTopicsResult created = admin.createTopics(List.of(
            new NewTopic("by-count", Optional.of(3), Optional.empty()).configs(Map.of("retention.ms", "5000")),
            new NewTopic("by-assignment", Map.of(0, List.of(1), 1, List.of(1)))));
        equal(3, created.numPartitions("by-count").get());
        equal(1, created.replicationFactor("by-count").get());
        equal("5000", created.config("by-count").get().get("retention.ms").value());
        Uuid id = created.topicId("by-count").get();

        TopicDescription described = admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id);
        equal("by-count", described.name());
        equal(3, described.partitions().size());
        for (TopicPartitionInfo each : described.partitions())
            equal(List.of(1, 1, 1), List.of(each.leader().id(), each.replicas().get(0).id(), each.isr().get(0).id()));

        admin.createPartitions(Map.of("by-count", NewPartitions.increaseTo(5, List.of(List.of(1), List.of(1))))).all().get();
        equal(5, describe("by-count").partitions().size());
        fails(InvalidPartitionsException.class, admin.createPartitions(Map.of("by-count", NewPartitions.increaseTo(4))).all());
        isTrue(admin.listTopics().names().get().containsAll(Set.of("by-count", "by-assignment")));

        admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
        fails(UnknownTopicIdException.class, admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds());
        fails(UnknownTopicOrPartitionException.class, admin.deleteTopics(List.of("by-count")).all());
    }

    static void refusedTopics() throws Exception {
        fails(TopicExistsException.class, create("by-assignment"));
        fails(TopicExistsException.class, admin.createTopics(
            List.of(new NewTopic("by-assignment", 1, (short) 1)), new CreateTopicsOptions().validateOnly(true)).all());
        fails(InvalidTopicException.class, create("not/a/name"));
        fails(InvalidTopicException.class, create("by.assignment-x"), create("by_assignment-x"));
        fails(InvalidReplicationFactorException.class, admin.createTopics(List.of(new NewTopic("wide", 1, (short) 2))).all());
        fails(InvalidPartitionsException.class, admin.createTopics(List.of(new NewTopic("none", 0, (short) 1))).all());
        fails(InvalidConfigurationException.class, admin.createTopics(
            List.of(new NewTopic("odd", 1, (short) 1).configs(Map.of("retention.ms", "soon")))).all());
        fails(InvalidReplicaAssignmentException.class, admin.createTopics(
            List.of(new NewTopic("sparse", Map.of(0, List.of(1), 2, List.of(1))))).all());

        admin.createTopics(List.of(new NewTopic("only-checked", 1, (short) 1)), new CreateTopicsOptions().validateOnly(true)).all().get();
        isTrue(!admin.listTopics().names().get().contains("only-checked"));
    }

    static void pagedPartitions() throws Exception {
        admin.createTopics(List.of(new NewTopic("paged", 25, (short) 1))).all().get();
        DescribeTopicsOptions options = new DescribeTopicsOptions().partitionSizeLimitPerResponse(4);
        TopicDescription paged = admin.describeTopics(List.of("paged"), options).allTopicNames().get().get("paged");
        equal(IntStream.range(0, 25).boxed().toList(), paged.partitions().stream().map(TopicPartitionInfo::partition).toList());
    }

    // --- configs

    static void configs() throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "by-assignment");
        alter(topic, new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND),
            new AlterConfigOp(new ConfigEntry("max.message.bytes", "2048"), AlterConfigOp.OpType.SET));
        DescribeConfigsOptions whole = new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(true);
        Config config = admin.describeConfigs(List.of(topic), whole).all().get().get(topic);
        equal("delete,compact", config.get("cleanup.policy").value());
        ConfigEntry size = config.get("max.message.bytes");
        equal(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, size.source());
        equal(ConfigEntry.ConfigType.INT, size.type());
        equal(List.of("2048", "1048588"), size.synonyms().stream().map(ConfigEntry.ConfigSynonym::value).toList());
        isTrue(!size.documentation().isEmpty() && !size.isReadOnly() && !size.isSensitive() && !size.isDefault());

        alter(topic, new AlterConfigOp(new ConfigEntry("cleanup.policy", "delete"), AlterConfigOp.OpType.SUBTRACT),
            new AlterConfigOp(new ConfigEntry("max.message.bytes", null), AlterConfigOp.OpType.DELETE));
        config = admin.describeConfigs(List.of(topic)).all().get().get(topic);
        equal("compact", config.get("cleanup.policy").value());
        isTrue(config.get("max.message.bytes").isDefault());

        ConfigResource cluster = new ConfigResource(ConfigResource.Type.BROKER, "");
        alter(cluster, new AlterConfigOp(new ConfigEntry("message.max.bytes", "3000000"), AlterConfigOp.OpType.SET));
        equal("3000000", admin.describeConfigs(List.of(topic)).all().get().get(topic).get("max.message.bytes").value());
        alter(cluster, new AlterConfigOp(new ConfigEntry("message.max.bytes", ""), AlterConfigOp.OpType.DELETE));
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        isTrue(admin.describeConfigs(List.of(broker)).all().get().get(broker).get("node.id").isReadOnly());
        ConfigResource logger = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1");
        isTrue(!admin.describeConfigs(List.of(logger)).all().get().get(logger).entries().isEmpty());
    }

    static void refusedConfigs() throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "by-assignment");
        fails(InvalidConfigurationException.class, altered(topic, "no.such.setting", "1"));
        fails(InvalidConfigurationException.class, altered(topic, "segment.bytes", "-1"));
        fails(InvalidRequestException.class, altered(new ConfigResource(ConfigResource.Type.BROKER, "1"), "node.id", "2"));
        ConfigResource nobody = new ConfigResource(ConfigResource.Type.TOPIC, "no-such-topic");
        fails(UnknownTopicOrPartitionException.class, altered(nobody, "retention.ms", "1"));
        fails(UnknownTopicOrPartitionException.class, admin.describeConfigs(List.of(nobody)).all());
    }

    static void configResources() throws Exception {
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "configured");
        ConfigResource metrics = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "subscription");
        alter(group, new AlterConfigOp(new ConfigEntry("consumer.heartbeat.interval.ms", "6000"), AlterConfigOp.OpType.SET));
        alter(metrics, new AlterConfigOp(new ConfigEntry("interval.ms", "60000"), AlterConfigOp.OpType.SET));
        Collection<ConfigResource> all = admin.listConfigResources().all().get();
        isTrue(all.containsAll(Set.of(group, metrics, new ConfigResource(ConfigResource.Type.TOPIC, "by-assignment"))));
        equal("6000", admin.describeConfigs(List.of(group)).all().get().get(group).get("consumer.heartbeat.interval.ms").value());
        alter(metrics, new AlterConfigOp(new ConfigEntry("interval.ms", null), AlterConfigOp.OpType.DELETE));
        Set<ConfigResource.Type> only = Set.of(ConfigResource.Type.CLIENT_METRICS);
        isTrue(admin.listConfigResources(only, new ListConfigResourcesOptions()).all().get().isEmpty());
    }

    // --- offsets and groups

    static void offsets() throws Exception {
        produce("offsets");
        TopicPartition partition = new TopicPartition("offsets", 0);
        equal(0L, offset(partition, OffsetSpec.earliest()).offset());
        equal((long) RECORDS, offset(partition, OffsetSpec.latest()).offset());
        ListOffsetsResult.ListOffsetsResultInfo newest = offset(partition, OffsetSpec.maxTimestamp());
        equal(List.of(RECORDS - 1L, 1_000L * RECORDS), List.of(newest.offset(), newest.timestamp()));
        equal(500L, offset(partition, OffsetSpec.forTimestamp(500_001)).offset());
        equal(-1L, offset(partition, OffsetSpec.forTimestamp(Long.MAX_VALUE)).offset());
        equal(0L, offset(partition, OffsetSpec.earliestLocal()).offset());
        equal(-1L, offset(partition, OffsetSpec.latestTiered()).offset());

        Map<TopicPartition, RecordsToDelete> before = Map.of(partition, RecordsToDelete.beforeOffset(300));
        equal(300L, admin.deleteRecords(before).lowWatermarks().get(partition).get().lowWatermark());
        equal(300L, offset(partition, OffsetSpec.earliest()).offset());
        equal(300L, offset(partition, OffsetSpec.forTimestamp(1)).offset());
        Map<TopicPartition, RecordsToDelete> beyond = Map.of(partition, RecordsToDelete.beforeOffset(RECORDS + 1));
        fails(OffsetOutOfRangeException.class, admin.deleteRecords(beyond).all());
    }

    static void groupOffsets() throws Exception {
        TopicPartition partition = new TopicPartition("offsets", 0);
        OffsetAndMetadata wanted = new OffsetAndMetadata(400, Optional.of(0), "here");
        admin.alterConsumerGroupOffsets("simple", Map.of(partition, wanted)).all().get();
        equal(wanted, admin.listConsumerGroupOffsets("simple").partitionsToOffsetAndMetadata().get().get(partition));
        isTrue(admin.listConsumerGroupOffsets("no-such-group").partitionsToOffsetAndMetadata().get().isEmpty());
        admin.deleteConsumerGroupOffsets("simple", Set.of(partition)).all().get();
        isTrue(admin.listConsumerGroupOffsets("simple").partitionsToOffsetAndMetadata().get().isEmpty());
        admin.alterConsumerGroupOffsets("simple", Map.of(partition, wanted)).all().get();
        admin.deleteConsumerGroups(List.of("simple")).all().get();
        fails(GroupIdNotFoundException.class, admin.deleteConsumerGroups(List.of("simple")).all());
        fails(GroupIdNotFoundException.class, admin.describeClassicGroups(List.of("simple")).all());
    }

    static void groupMembers() throws Exception {
        TopicPartition partition = new TopicPartition("offsets", 0);
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("group.id", "members");
        settings.put("group.instance.id", "first");
        settings.put("group.protocol", "classic");
        settings.put("auto.offset.reset", "earliest");
        settings.put("client.id", "reader");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("offsets"));
            while (consumer.poll(Duration.ofMillis(200)).isEmpty()) { }
            consumer.commitSync();
            ClassicGroupDescription group = admin.describeClassicGroups(List.of("members")).all().get().get("members");
            equal(List.of("consumer", "range"), List.of(group.protocol(), group.protocolData()));
            MemberDescription member = group.members().iterator().next();
            equal(List.of(Optional.of("first"), "reader"), List.of(member.groupInstanceId(), member.clientId()));
            equal(Set.of(partition), member.assignment().topicPartitions());
            equal(1, group.coordinator().id());
            equal(Set.of(partition), admin.describeConsumerGroups(List.of("members")).all().get().get("members")
                .members().iterator().next().assignment().topicPartitions());
            isTrue(admin.listGroups(ListGroupsOptions.forConsumerGroups()).all().get().stream().anyMatch(each -> each.groupId().equals("members")));
            equal(ClassicGroupState.STABLE, group.state());
            fails(GroupSubscribedToTopicException.class, admin.deleteConsumerGroupOffsets("members", Set.of(partition)).all());
            fails(GroupNotEmptyException.class, admin.deleteConsumerGroups(List.of("members")).all());
            fails(UnknownMemberIdException.class, admin.alterConsumerGroupOffsets("members", Map.of(partition, new OffsetAndMetadata(1))).all());
            admin.removeMembersFromConsumerGroup("members", new RemoveMembersFromConsumerGroupOptions(
                Set.of(new MemberToRemove("first")))).all().get();
            ListGroupsOptions empty = new ListGroupsOptions().inGroupStates(Set.of(GroupState.EMPTY));
            isTrue(admin.listGroups(empty).all().get().stream().anyMatch(each -> each.groupId().equals("members")));
        }
    }

    // --- the cluster

    static void cluster() throws Exception {
        DescribeClusterResult cluster = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
        equal(22, cluster.clusterId().get().length());
        Node node = cluster.nodes().get().iterator().next();
        equal(bootstrap, node.host() + ":" + node.port());
        equal(1, cluster.controller().get().id());
        isTrue(!cluster.authorizedOperations().get().isEmpty());
        admin.describeCluster(new DescribeClusterOptions().includeFencedBrokers(true)).nodes().get();
    }

    static void features() throws Exception {
        FeatureMetadata features = admin.describeFeatures().featureMetadata().get();
        equal((short) 33, features.finalizedFeatures().get("metadata.version").maxVersionLevel());
        isTrue(features.finalizedFeaturesEpoch().isPresent());
        Map<String, FeatureUpdate> same = Map.of("metadata.version", new FeatureUpdate((short) 33, FeatureUpdate.UpgradeType.UPGRADE));
        admin.updateFeatures(same, new UpdateFeaturesOptions().validateOnly(true)).all().get();
        Map<String, FeatureUpdate> higher = Map.of("metadata.version", new FeatureUpdate((short) 99, FeatureUpdate.UpgradeType.UPGRADE));
        fails(InvalidUpdateVersionException.class, admin.updateFeatures(higher, new UpdateFeaturesOptions()).all());
        Map<String, FeatureUpdate> unknown = Map.of("no.such.feature", new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.UPGRADE));
        fails(InvalidUpdateVersionException.class, admin.updateFeatures(unknown, new UpdateFeaturesOptions()).all());
    }

    static void quorum() throws Exception {
        QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
        equal(1, quorum.leaderId());
        equal(List.of(1), quorum.voters().stream().map(QuorumInfo.ReplicaState::replicaId).toList());
        isTrue(quorum.highWatermark() > 0 && quorum.leaderEpoch() > 0 && quorum.observers().isEmpty());
    }

    static void folders() throws Exception {
        Map<String, LogDirDescription> folders = admin.describeLogDirs(List.of(1)).allDescriptions().get().get(1);
        equal(1, folders.size());
        LogDirDescription folder = folders.values().iterator().next();
        isTrue(folder.error() == null && folder.totalBytes().getAsLong() > 0 && folder.usableBytes().getAsLong() > 0);
        isTrue(folder.replicaInfos().get(new TopicPartition("offsets", 0)).size() > RECORDS);
        equal(0L, folder.replicaInfos().get(new TopicPartition("offsets", 0)).offsetLag());
    }

    static void placement() throws Exception {
        TopicPartition partition = new TopicPartition("offsets", 0);
        fails(ElectionNotNeededException.class, admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).all());
        TopicPartition missing = new TopicPartition("no-such-topic", 0);
        isTrue(admin.electLeaders(ElectionType.PREFERRED, Set.of(missing)).partitions().get().get(missing).get() instanceof UnknownTopicOrPartitionException);
        isTrue(admin.electLeaders(ElectionType.PREFERRED, null).partitions().get().isEmpty());
        admin.alterPartitionReassignments(Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(1))))).all().get();
        isTrue(admin.listPartitionReassignments().reassignments().get().isEmpty());
        fails(InvalidReplicaAssignmentException.class, admin.alterPartitionReassignments(
            Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(7))))).all());
        fails(NoReassignmentInProgressException.class, admin.alterPartitionReassignments(Map.of(partition, Optional.empty())).all());
    }

    static void producers() throws Exception {
        TopicPartition partition = new TopicPartition("offsets", 0);
        List<ProducerState> active = admin.describeProducers(List.of(partition)).all().get().get(partition).activeProducers();
        equal(1, active.size());
        equal(List.of(RECORDS - 1, OptionalLong.empty()), List.of(active.get(0).lastSequence(), active.get(0).currentTransactionStartOffset()));
    }

    static void telemetry() throws Exception {
        isTrue(!admin.clientInstanceId(Duration.ofSeconds(10)).equals(Uuid.ZERO_UUID));
    }

    // --- quotas

    static void quotas() throws Exception {
        ClientQuotaEntity both = new ClientQuotaEntity(Map.of("user", "ann", "client-id", "app"));
        ClientQuotaEntity everybody = entity("user", null);
        alter(both, Map.of("producer_byte_rate", 1024.0, "request_percentage", 12.5));
        alter(everybody, Map.of("consumer_byte_rate", 2048.0));
        alter(entity("ip", "192.0.2.1"), Map.of("connection_creation_rate", 5.0));

        equal(Map.of(both, Map.of("producer_byte_rate", 1024.0, "request_percentage", 12.5)), described(
            ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofEntity("user", "ann")))));
        equal(Map.of(), described(ClientQuotaFilter.containsOnly(List.of(ClientQuotaFilterComponent.ofEntity("user", "ann")))));
        equal(Set.of(everybody), described(ClientQuotaFilter.contains(
            List.of(ClientQuotaFilterComponent.ofDefaultEntity("user")))).keySet());
        equal(3, described(ClientQuotaFilter.all()).size());

        for (ClientQuotaEntity each : described(ClientQuotaFilter.all()).keySet()) {
            Map<String, Double> gone = new HashMap<>();
            described(ClientQuotaFilter.all()).get(each).keySet().forEach(key -> gone.put(key, null));
            alter(each, gone);
        }
        equal(Map.of(), described(ClientQuotaFilter.all()));
    }

    static void refusedQuotas() throws Exception {
        fails(InvalidRequestException.class, altered(entity("user", "ann"), Map.of("nonsense", 1.0)));
        fails(InvalidRequestException.class, altered(entity("user", "ann"), Map.of("producer_byte_rate", -1.0)));
        fails(InvalidRequestException.class, altered(entity("ip", "not an address"), Map.of("connection_creation_rate", 1.0)));
        ClientQuotaAlteration checked = alteration(entity("user", "ann"), Map.of("producer_byte_rate", 1.0));
        admin.alterClientQuotas(List.of(checked), new AlterClientQuotasOptions().validateOnly(true)).all().get();
        equal(Map.of(), described(ClientQuotaFilter.all()));
    }

    static void mutationQuota() throws Exception {
        alter(entity("client-id", "hasty"), Map.of("controller_mutation_rate", 2.0));
        try (Admin hasty = Admin.create(Map.of("bootstrap.servers", bootstrap, "client.id", "hasty"))) {
            List<NewTopic> topics = List.of(new NewTopic("hasty-1", 23, (short) 1), new NewTopic("hasty-2", 1, (short) 1));
            CreateTopicsOptions atOnce = new CreateTopicsOptions().retryOnQuotaViolation(false);
            Map<String, KafkaFuture<Void>> made = hasty.createTopics(topics, atOnce).values();
            made.get("hasty-1").get();
            fails(ThrottlingQuotaExceededException.class, made.get("hasty-2"));
            hasty.createTopics(topics.subList(1, 2)).all().get();  // asks again when it may
        }
    }

    static ClientQuotaEntity entity(String type, String name) {
        Map<String, String> entries = new HashMap<>();
        entries.put(type, name);
        return new ClientQuotaEntity(entries);
    }

    static ClientQuotaAlteration alteration(ClientQuotaEntity entity, Map<String, Double> values) {
        return new ClientQuotaAlteration(entity, values.entrySet().stream()
            .map(each -> new ClientQuotaAlteration.Op(each.getKey(), each.getValue())).toList());
    }

    static KafkaFuture<Void> altered(ClientQuotaEntity entity, Map<String, Double> values) {
        return admin.alterClientQuotas(List.of(alteration(entity, values))).all();
    }

    static void alter(ClientQuotaEntity entity, Map<String, Double> values) throws Exception {
        altered(entity, values).get();
    }

    static Map<ClientQuotaEntity, Map<String, Double>> described(ClientQuotaFilter filter) throws Exception {
        return admin.describeClientQuotas(filter).entities().get();
    }

    // --- asking

    static TopicDescription describe(String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    }

    static KafkaFuture<Void> create(String topic) {
        return admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all();
    }

    static void alter(ConfigResource resource, AlterConfigOp... changes) throws Exception {
        admin.incrementalAlterConfigs(Map.of(resource, List.of(changes))).all().get();
    }

    static KafkaFuture<Void> altered(ConfigResource resource, String name, String value) {
        AlterConfigOp change = new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
        return admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all();
    }

    static ListOffsetsResult.ListOffsetsResultInfo offset(TopicPartition partition, OffsetSpec wanted) throws Exception {
        return admin.listOffsets(Map.of(partition, wanted)).partitionResult(partition).get();
    }

    /** Record n, counted from 0, has the timestamp of n + 1 seconds. */
    static void produce(String topic) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1).configs(Map.of("retention.ms", "-1")))).all().get();
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "batch.size", 4_000, "linger.ms", 5);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < RECORDS; number++)
                producer.send(new ProducerRecord<>(topic, 0, 1_000L * (number + 1), "key", "record " + number));
        }
    }

    // --- judging

    static void equal(Object expected, Object actual) {
        if (!expected.equals(actual)) throw new AssertionError("expected " + expected + ", not " + actual);
    }

    static void isTrue(boolean holds) {
        if (!holds) throw new AssertionError("does not hold");
    }

    static void fails(Class<? extends Exception> expected, KafkaFuture<?>... futures) throws Exception {
        Exception last = null;
        for (KafkaFuture<?> future : futures) {
            try {
                future.get();
            } catch (ExecutionException failed) {
                last = (Exception) failed.getCause();
            }
        }
        if (last == null) throw new AssertionError("expected " + expected.getSimpleName() + ", but nothing failed");
        if (!expected.isInstance(last)) throw new AssertionError("expected " + expected.getSimpleName(), last);
    }
}
