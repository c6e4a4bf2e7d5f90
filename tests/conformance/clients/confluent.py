"""confluent-kafka, which is librdkafka: the client of most languages but Java and Go."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)
from tests.conformance.clients.port import (
    A_MOMENT_S,
    DEADLINE_S,
    MAX_BYTES,
    METADATA_AGE_MS,
    Committed,
    Joining,
    New,
    Record,
    Refused,
)

from headwater.wire.error_codes import ErrorCode

QUIET: Mapping[str, Any] = {
    "log_level": 0,
    "reconnect.backoff.ms": 10,
    "retry.backoff.ms": 10,
    "error_cb": lambda _: None,
}
NO_OFFSET = -1001
MANY = 1_000


@contextmanager
def translated() -> Iterator[None]:
    """Codes below zero are the library's own, and stay its errors."""
    try:
        yield
    except KafkaException as error:
        reason = error.args[0]
        if reason.code() > 0:
            raise Refused(reason.code(), reason.str()) from error
        raise


class ConfluentReader:
    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.consumer = Consumer({**QUIET, "enable.auto.commit": False, "fetch.wait.max.ms": 20, **settings})

    def assign(self, topic: str, at: Mapping[int, int]) -> None:
        self.consumer.assign([TopicPartition(topic, index, offset) for index, offset in at.items()])

    def subscribe(self, *topics: str) -> None:
        self.consumer.subscribe(list(topics))

    def assignment(self) -> frozenset[tuple[str, int]]:
        return frozenset((each.topic, each.partition) for each in self.consumer.assignment())

    def poll(self) -> Sequence[Record]:
        messages = [each for each in [self.consumer.poll(A_MOMENT_S)] if each is not None]
        messages += self.consumer.consume(MANY, timeout=0) if messages else []
        for each in messages:
            if each.error() is not None and each.error().code() > 0:
                raise Refused(each.error().code(), each.error().str())
        return [_record(each) for each in messages if each.error() is None]

    def seek(self, topic: str, partition: int, offset: int) -> None:
        self.consumer.seek(TopicPartition(topic, partition, offset))

    def position(self, topic: str, partition: int) -> int:
        (place,) = self.consumer.position([TopicPartition(topic, partition)])
        return int(place.offset)

    def pause(self, topic: str, partition: int) -> None:
        self.consumer.pause([TopicPartition(topic, partition)])

    def resume(self, topic: str, partition: int) -> None:
        self.consumer.resume([TopicPartition(topic, partition)])

    def ends(self, topic: str, partition: int) -> tuple[int, int]:
        with translated():
            low, high = self.consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=DEADLINE_S)
        return low, high

    def offset_since(self, topic: str, partition: int, timestamp: int) -> int | None:
        with translated():
            (found,) = self.consumer.offsets_for_times(
                [TopicPartition(topic, partition, timestamp)], timeout=DEADLINE_S
            )
        return found.offset if found.offset >= 0 else None

    def commit(self, topic: str, partition: int, committed: Committed) -> None:
        place = TopicPartition(topic, partition, committed.offset, metadata=committed.metadata)
        with translated():
            (answer,) = self.consumer.commit(offsets=[place], asynchronous=False)
            if answer.error is not None:
                raise KafkaException(answer.error)

    def commit_position(self) -> None:
        self.consumer.commit(asynchronous=True)

    def committed(self, topic: str, partition: int) -> Committed | None:
        with translated():
            (found,) = self.consumer.committed([TopicPartition(topic, partition)], timeout=DEADLINE_S)
        return Committed(offset=found.offset, metadata=found.metadata or "") if found.offset != NO_OFFSET else None

    def close(self) -> None:
        self.consumer.close()


class ConfluentAdmin:
    def __init__(self, bootstrap: str) -> None:
        self.client = AdminClient({**QUIET, "bootstrap.servers": bootstrap})

    def create(
        self,
        topic: str,
        *,
        partitions: int = 1,
        replicas: int = 1,
        settings: Mapping[str, str] | None = None,
        validate_only: bool = False,
    ) -> None:
        new = NewTopic(topic, partitions, replicas, config=dict(settings or {}))
        self.only(self.client.create_topics([new], validate_only=validate_only))

    def delete(self, topic: str) -> None:
        self.only(self.client.delete_topics([topic]))

    def topics(self) -> Mapping[str, int]:
        listed = self.client.list_topics(timeout=DEADLINE_S).topics
        return {name: len(each.partitions) for name, each in listed.items()}

    def grow(self, topic: str, partitions: int, *, validate_only: bool = False) -> None:
        self.only(self.client.create_partitions([NewPartitions(topic, partitions)], validate_only=validate_only))

    def settings(self, topic: str) -> Mapping[str, str | None]:
        entries = self.only(self.client.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]))
        return {name: entry.value for name, entry in entries.items()}

    def change(self, topic: str, settings: Mapping[str, str]) -> None:
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in settings.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        self.only(self.client.incremental_alter_configs([resource]))

    def trim(self, topic: str, partition: int, before: int) -> int:
        return int(self.only(self.client.delete_records([TopicPartition(topic, partition, before)])).low_watermark)

    def groups(self) -> Sequence[str]:
        return [each.group_id for each in self.client.list_consumer_groups().result(DEADLINE_S).valid]

    def state_of(self, group: str) -> str:
        return str(self.only(self.client.describe_consumer_groups([group])).state.name.title())

    def group_offsets(self, group: str) -> Mapping[tuple[str, int], Committed]:
        found = self.only(self.client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]))
        return {
            (each.topic, each.partition): Committed(offset=each.offset, metadata=each.metadata or "")
            for each in found.topic_partitions
        }

    def nodes(self) -> Sequence[tuple[str, int]]:
        return [(each.host, each.port) for each in self.client.describe_cluster().result(DEADLINE_S).nodes]

    def close(self) -> None:
        """It ends when nobody holds it."""

    @staticmethod
    def only(futures: Mapping[Any, Any]) -> Any:
        """The result of what was asked about one thing."""
        (future,) = futures.values()
        with translated():
            return future.result(DEADLINE_S)


class Confluent:
    name = "confluent-kafka"
    codecs = frozenset({"none", "gzip", "snappy", "lz4", "zstd"})
    strategies = frozenset({"range", "roundrobin", "cooperative-sticky"})

    null_headers = True

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def reads(self, code: ErrorCode) -> ErrorCode:
        return code

    def produce(
        self,
        topic: str,
        records: Sequence[New],
        *,
        partition: int = 0,
        acks: int = -1,
        compression: str = "none",
        idempotent: bool = False,
    ) -> Sequence[int]:
        producer = Producer(
            {
                **QUIET,
                "bootstrap.servers": self.bootstrap,
                "acks": acks,
                "compression.type": compression,
                "enable.idempotence": idempotent,
                "message.max.bytes": MAX_BYTES,
                "linger.ms": 5,
                "message.timeout.ms": int(DEADLINE_S * 1_000),
            }
        )
        offsets: list[int] = []
        errors: list[KafkaError] = []

        def delivered(error: KafkaError | None, message: Any) -> None:
            if error is not None:
                errors.append(error)
            else:
                offsets.append(message.offset())

        for each in records:
            place = {} if each.timestamp is None else {"timestamp": each.timestamp}
            producer.produce(
                topic, each.value, each.key, partition, headers=list(each.headers), on_delivery=delivered, **place
            )
        left = producer.flush(DEADLINE_S)
        with translated():
            if errors:
                raise KafkaException(errors[0])
        assert not left, f"{left} records were not written in {DEADLINE_S} s"
        return offsets

    def reader(self, *, group: str | None = None, isolation: str = "read_uncommitted") -> ConfluentReader:
        return ConfluentReader(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": group or "nobody",
                "isolation.level": isolation,
                "auto.offset.reset": "earliest",
                "session.timeout.ms": 6_000,
            }
        )

    def member(self, joining: Joining) -> ConfluentReader:
        static = {} if joining.instance_id is None else {"group.instance.id": joining.instance_id}
        reader = ConfluentReader(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": joining.group,
                "auto.offset.reset": "earliest",
                "partition.assignment.strategy": joining.strategy,
                "session.timeout.ms": joining.session_timeout_ms,
                "max.poll.interval.ms": joining.max_poll_interval_ms,
                "heartbeat.interval.ms": 100,
                "topic.metadata.refresh.interval.ms": METADATA_AGE_MS,
                **static,
            }
        )
        reader.subscribe(*joining.topics)
        return reader

    def admin(self) -> ConfluentAdmin:
        return ConfluentAdmin(self.bootstrap)


def _record(message: Any) -> Record:
    return Record(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        timestamp=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=tuple(message.headers() or ()),
    )
