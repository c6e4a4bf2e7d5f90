"""kafka-python, the oldest client in pure Python, whose third version speaks the newest messages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.errors import BrokerResponseError
from tests.conformance.clients.port import (
    DEADLINE_MS,
    DEADLINE_S,
    EARLIEST,
    LATEST,
    MAX_BYTES,
    METADATA_AGE_MS,
    Committed,
    Joining,
    New,
    Record,
    Refused,
)

from headwater.wire.error_codes import ErrorCode

QUICK: Mapping[str, Any] = {"reconnect_backoff_ms": 10, "retry_backoff_ms": 10}
POLL_MS = 300
"""Longer than a join takes: where a poll ends before that, this version can lose the assignment that is on its way."""
ASSIGNORS: Mapping[str, Any] = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "cooperative-sticky": CooperativeStickyAssignor,
}
ERROR = re.compile(r"\[Error (?P<code>\d+)\]")
"""How the answers of `alter_configs` begin where they are no success."""


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except BrokerResponseError as error:
        if error.errno is None or error.errno <= 0:
            raise
        raise Refused(error.errno, str(error)) from error


class KafkaPythonReader:
    def __init__(self, settings: Mapping[str, Any]) -> None:
        quick = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "fetch_max_wait_ms": 20}
        self.consumer = KafkaConsumer(**{**QUICK, **quick, **settings})

    def assign(self, topic: str, at: Mapping[int, int]) -> None:
        self.consumer.assign([TopicPartition(topic, index) for index in at])
        for index, offset in at.items():
            self.seek(topic, index, offset)

    def subscribe(self, *topics: str) -> None:
        self.consumer.subscribe(topics)

    def assignment(self) -> frozenset[tuple[str, int]]:
        return frozenset((each.topic, each.partition) for each in self.consumer.assignment())

    def poll(self) -> Sequence[Record]:
        with translated():
            found = self.consumer.poll(timeout_ms=POLL_MS)
        return [_record(each) for records in found.values() for each in records]

    def seek(self, topic: str, partition: int, offset: int) -> None:
        place = TopicPartition(topic, partition)
        if offset == EARLIEST:
            self.consumer.seek_to_beginning(place)
        elif offset == LATEST:
            self.consumer.seek_to_end(place)
        else:
            self.consumer.seek(place, offset)

    def position(self, topic: str, partition: int) -> int:
        return int(self.consumer.position(TopicPartition(topic, partition), timeout_ms=DEADLINE_MS))

    def pause(self, topic: str, partition: int) -> None:
        self.consumer.pause(TopicPartition(topic, partition))

    def resume(self, topic: str, partition: int) -> None:
        self.consumer.resume(TopicPartition(topic, partition))

    def ends(self, topic: str, partition: int) -> tuple[int, int]:
        place = TopicPartition(topic, partition)
        with translated():
            low = self.consumer.beginning_offsets([place], timeout_ms=DEADLINE_MS)[place]
            return low, self.consumer.end_offsets([place], timeout_ms=DEADLINE_MS)[place]

    def offset_since(self, topic: str, partition: int, timestamp: int) -> int | None:
        place = TopicPartition(topic, partition)
        with translated():
            found = self.consumer.offsets_for_times({place: timestamp}, timeout_ms=DEADLINE_MS)[place]
        return None if found is None else int(found.offset)

    def commit(self, topic: str, partition: int, committed: Committed) -> None:
        place = OffsetAndMetadata(committed.offset, committed.metadata, -1)
        with translated():
            self.consumer.commit({TopicPartition(topic, partition): place}, timeout_ms=DEADLINE_MS)

    def commit_position(self) -> None:
        self.consumer.commit_async()

    def committed(self, topic: str, partition: int) -> Committed | None:
        with translated():
            found = self.consumer.committed(TopicPartition(topic, partition), metadata=True, timeout_ms=DEADLINE_MS)
        return None if found is None else Committed(offset=found.offset, metadata=found.metadata)

    def close(self) -> None:
        self.consumer.close(autocommit=False, timeout_ms=DEADLINE_MS)


class KafkaPythonAdmin:
    def __init__(self, bootstrap: str) -> None:
        self.client = KafkaAdminClient(bootstrap_servers=bootstrap, **QUICK)

    def create(
        self,
        topic: str,
        *,
        partitions: int = 1,
        replicas: int = 1,
        settings: Mapping[str, str] | None = None,
        validate_only: bool = False,
    ) -> None:
        new = {"num_partitions": partitions, "replication_factor": replicas, "configs": dict(settings or {})}
        with translated():
            self.client.create_topics({topic: new}, validate_only=validate_only)

    def delete(self, topic: str) -> None:
        with translated():
            self.client.delete_topics([topic])

    def topics(self) -> Mapping[str, int]:
        return {each["name"]: len(each["partitions"]) for each in self.client.describe_topics()}

    def grow(self, topic: str, partitions: int, *, validate_only: bool = False) -> None:
        with translated():
            self.client.create_partitions({topic: partitions}, validate_only=validate_only)

    def settings(self, topic: str) -> Mapping[str, str | None]:
        with translated():
            found = self.client.describe_configs([ConfigResource("TOPIC", topic)], config_filter="all")
        return {name: entry["value"] for name, entry in found["topic"][topic].items()}

    def change(self, topic: str, settings: Mapping[str, str]) -> None:
        resource = ConfigResource("TOPIC", topic, dict(settings))
        answer = self.client.alter_configs([resource], raise_on_unknown=False)["topic"][topic]
        if found := ERROR.match(answer):
            raise Refused(int(found["code"]), answer)
        assert answer == "OK"

    def trim(self, topic: str, partition: int, before: int) -> int:
        place = TopicPartition(topic, partition)
        with translated():
            return int(self.client.delete_records({place: before})[place]["low_watermark"])

    def groups(self) -> Sequence[str]:
        return [each["group_id"] for each in self.client.list_groups()]

    def state_of(self, group: str) -> str:
        with translated():
            return str(self.client.describe_groups([group])[group]["group_state"])

    def group_offsets(self, group: str) -> Mapping[tuple[str, int], Committed]:
        with translated():
            found = self.client.list_group_offsets({group: None})[group]
        return {
            (place.topic, place.partition): Committed(offset=each.offset, metadata=each.metadata)
            for place, each in found.items()
        }

    def nodes(self) -> Sequence[tuple[str, int]]:
        return [(each["host"], each["port"]) for each in self.client.describe_cluster()["brokers"]]

    def close(self) -> None:
        self.client.close()


class KafkaPython:
    name = "kafka-python"
    codecs = frozenset({"none", "gzip"})
    """The others need libraries of their own."""
    strategies = frozenset(ASSIGNORS)

    null_headers = False

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
        producer = KafkaProducer(
            bootstrap_servers=self.bootstrap,
            acks=acks,
            compression_type=None if compression == "none" else compression,
            enable_idempotence=idempotent,
            max_request_size=MAX_BYTES,
            linger_ms=5,
            **QUICK,
        )
        try:
            with translated():
                sent = [
                    producer.send(topic, each.value, each.key, list(each.headers), partition, each.timestamp)
                    for each in records
                ]
                return [each.get(DEADLINE_S).offset for each in sent]
        finally:
            producer.close(DEADLINE_S)

    def reader(self, *, group: str | None = None, isolation: str = "read_uncommitted") -> KafkaPythonReader:
        return KafkaPythonReader(
            {
                "bootstrap_servers": self.bootstrap,
                "group_id": group,
                "isolation_level": isolation,
            }
        )

    def member(self, joining: Joining) -> KafkaPythonReader:
        reader = KafkaPythonReader(
            {
                "bootstrap_servers": self.bootstrap,
                "group_id": joining.group,
                "group_instance_id": joining.instance_id,
                "partition_assignment_strategy": (ASSIGNORS[joining.strategy],),
                "session_timeout_ms": joining.session_timeout_ms,
                "max_poll_interval_ms": joining.max_poll_interval_ms,
                "heartbeat_interval_ms": 100,
                "metadata_max_age_ms": METADATA_AGE_MS,
            }
        )
        for topic in joining.topics:  # it can forget to end a join during which it first hears of its topics
            reader.consumer.partitions_for_topic(topic)
        reader.subscribe(*joining.topics)
        return reader

    def admin(self) -> KafkaPythonAdmin:
        return KafkaPythonAdmin(self.bootstrap)


def _record(found: Any) -> Record:
    return Record(
        topic=found.topic,
        partition=found.partition,
        offset=found.offset,
        timestamp=found.timestamp,
        key=found.key,
        value=found.value,
        headers=tuple(found.headers),
    )
