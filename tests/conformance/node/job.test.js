// kafkajs against a real broker: its admin client, its producer in both codecs that it has, and two consumers in one group.
//
//   BOOTSTRAP=127.0.0.1:9092 node --test

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const { CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = require("kafkajs");

const kafka = new Kafka({ brokers: [process.env.BOOTSTRAP], logLevel: logLevel.ERROR });
const admin = kafka.admin();
const RECORDS = 2_000;
const DEADLINE_MS = 60_000;

before(() => admin.connect());
after(() => admin.disconnect());

test("the cluster is described", async () => {
  const cluster = await admin.describeCluster();
  assert.deepEqual([cluster.brokers.length, cluster.controller], [1, 1]);
  assert.match(cluster.clusterId, /^[\w-]{22}$/);
});

test("topics are created, configured, extended, listed and deleted", async () => {
  const topic = "kafkajs-life";
  const configEntries = [{ name: "retention.ms", value: "60000" }];
  assert.equal(await admin.createTopics({ topics: [{ topic, numPartitions: 2, configEntries }] }), true);
  assert.equal(await admin.createTopics({ topics: [{ topic }] }), false);
  await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  assert.equal(topics[0].partitions.length, 4);

  const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
  await admin.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: "max.message.bytes", value: "5000" }] }] });
  const { resources } = await admin.describeConfigs({ resources: [resource] });
  const values = Object.fromEntries(resources[0].configEntries.map((each) => [each.configName, each.configValue]));
  assert.deepEqual([values["max.message.bytes"], values["retention.ms"]], ["5000", "604800000"]);

  await admin.deleteTopics({ topics: [topic] });
  assert.ok(!(await admin.listTopics()).includes(topic));
  await assert.rejects(admin.fetchTopicMetadata({ topics: [topic] }), { type: "UNKNOWN_TOPIC_OR_PARTITION" });
});

for (const codec of ["None", "GZIP"]) {
  test(`a group of two reads once what an idempotent producer sent with ${codec}`, { timeout: DEADLINE_MS }, async () => {
    const topic = `kafkajs-${codec}`;
    await admin.createTopics({ topics: [{ topic, numPartitions: 4 }] });
    await produce(topic, CompressionTypes[codec]);

    const seen = await consume(topic, `${topic}-readers`);
    const expected = Array.from({ length: RECORDS }, (_, number) => `${number % 100}=record ${number} (${number})`);
    assert.deepEqual(seen.toSorted(), expected.toSorted());

    const [{ partitions }] = await admin.fetchOffsets({ groupId: `${topic}-readers`, topics: [topic] });
    assert.equal(partitions.reduce((sum, each) => sum + Number(each.offset), 0), RECORDS);
    const { groups } = await admin.describeGroups([`${topic}-readers`]);
    assert.equal(groups[0].state, "Empty");
    await admin.deleteGroups([`${topic}-readers`]);
  });
}

test("offsets are found, set and moved by deleting records", async () => {
  const topic = "kafkajs-offsets";
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
  await produce(topic, CompressionTypes.None);
  assert.deepEqual(await admin.fetchTopicOffsets(topic), [{ partition: 0, offset: "2000", high: "2000", low: "0" }]);
  assert.deepEqual(await admin.fetchTopicOffsetsByTimestamp(topic, 1_000), [{ partition: 0, offset: "0" }]);

  await admin.setOffsets({ groupId: "kafkajs-set", topic, partitions: [{ partition: 0, offset: "7" }] });
  const [{ partitions }] = await admin.fetchOffsets({ groupId: "kafkajs-set", topics: [topic] });
  assert.equal(partitions[0].offset, "7");

  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "1500" }] });
  assert.equal((await admin.fetchTopicOffsets(topic))[0].low, "1500");
});

async function produce(topic, compression) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const messages = Array.from({ length: RECORDS }, (_, number) => ({
    key: `${number % 100}`,
    value: `record ${number}`,
    headers: { number: `${number}` },
  }));
  for (let start = 0; start < RECORDS; start += 250) {
    const sent = await producer.send({ topic, acks: -1, compression, messages: messages.slice(start, start + 250) });
    assert.ok(sent.every((each) => each.errorCode === 0));
  }
  await producer.disconnect();
}

async function consume(topic, groupId) {
  const seen = [];
  const consumers = [kafka.consumer({ groupId }), kafka.consumer({ groupId })];
  await new Promise((resolve, reject) => {
    const eachMessage = async ({ message: { key, value, headers } }) => {
      seen.push(`${key}=${value} (${headers.number})`);
      if (seen.length === RECORDS) resolve();
    };
    Promise.all(consumers.map((each) => join(each, topic, eachMessage))).catch(reject);
  });
  await Promise.all(consumers.map((each) => each.disconnect()));
  return seen;
}

async function join(consumer, topic, eachMessage) {
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage });
}
