"""aiokafka, the asyncio client. Its loop runs only while it is asked something, as in a program that is busy elsewhere."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError, for_code
from aiokafka.structs import OffsetAndMetadata
from tests.conformance.clients.port import (
    A_MOMENT_S,
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

T = TypeVar("T")
NEWEST_CODE = 79
"""It stopped counting at MEMBER_ID_REQUIRED."""
ASSIGNORS: Mapping[str, Any] = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
}


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        code = getattr(error, "errno", None)
        if code is None:
            raise
        raise Refused(code, str(error)) from error


class Loop:
    """Runs what is to be awaited, within the deadline."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, what: Awaitable[T]) -> T:
        async def within() -> T:
            async with asyncio.timeout(DEADLINE_S):
                return await what

        with translated():
            return self._runner.run(within())

    def close(self) -> None:
        self._runner.close()


class AioReader:
    """It begins when it is first told what to read, for aiokafka wants to know before."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._loop = Loop()
        quick = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "fetch_max_wait_ms": 20}
        self._loop.run(self._begin({**quick, "retry_backoff_ms": 10, **settings}))

    async def _begin(self, settings: Mapping[str, Any]) -> None:
        self.consumer = AIOKafkaConsumer(**settings)
        await self.consumer.start()

    def assign(self, topic: str, at: Mapping[int, int]) -> None:
        self._do(lambda: self.consumer.assign([TopicPartition(topic, index) for index in at]))
        for index, offset in at.items():
            self.seek(topic, index, offset)

    def subscribe(self, *topics: str) -> None:
        self._do(lambda: self.consumer.subscribe(list(topics)))

    def assignment(self) -> frozenset[tuple[str, int]]:
        return frozenset((each.topic, each.partition) for each in self.consumer.assignment())

    def poll(self) -> Sequence[Record]:
        found = self._loop.run(self.consumer.getmany(timeout_ms=int(A_MOMENT_S * 1_000)))
        return [_record(each) for records in found.values() for each in records]

    def seek(self, topic: str, partition: int, offset: int) -> None:
        place = TopicPartition(topic, partition)
        if offset == EARLIEST:
            self._loop.run(self.consumer.seek_to_beginning(place))
        elif offset == LATEST:
            self._loop.run(self.consumer.seek_to_end(place))
        else:
            self._do(lambda: self.consumer.seek(place, offset))

    def position(self, topic: str, partition: int) -> int:
        return int(self._loop.run(self.consumer.position(TopicPartition(topic, partition))))

    def pause(self, topic: str, partition: int) -> None:
        self._do(lambda: self.consumer.pause(TopicPartition(topic, partition)))

    def resume(self, topic: str, partition: int) -> None:
        self._do(lambda: self.consumer.resume(TopicPartition(topic, partition)))

    def ends(self, topic: str, partition: int) -> tuple[int, int]:
        place = TopicPartition(topic, partition)
        low = self._loop.run(self.consumer.beginning_offsets([place]))[place]
        return low, self._loop.run(self.consumer.end_offsets([place]))[place]

    def offset_since(self, topic: str, partition: int, timestamp: int) -> int | None:
        place = TopicPartition(topic, partition)
        found = self._loop.run(self.consumer.offsets_for_times({place: timestamp}))[place]
        return None if found is None else int(found.offset)

    def commit(self, topic: str, partition: int, committed: Committed) -> None:
        place = (committed.offset, committed.metadata)
        self._loop.run(self.consumer.commit({TopicPartition(topic, partition): place}))

    def commit_position(self) -> None:
        self._loop.run(self.consumer.commit())

    def committed(self, topic: str, partition: int) -> Committed | None:
        return self._loop.run(self._committed(TopicPartition(topic, partition)))

    async def _committed(self, place: TopicPartition) -> Committed | None:
        """`committed` of a consumer gives the offset alone; what stands beside it is asked of its coordinator."""
        found = await self.consumer._coordinator.fetch_committed_offsets([place])
        each: OffsetAndMetadata | None = found.get(place)
        return None if each is None else Committed(offset=each.offset, metadata=each.metadata)

    def close(self) -> None:
        self._loop.run(self.consumer.stop())
        self._loop.close()

    def _do(self, step: Callable[[], Any]) -> None:
        """What needs the loop to be running without waiting for anything."""

        async def do() -> None:
            step()

        self._loop.run(do())


class AioAdmin:
    def __init__(self, bootstrap: str) -> None:
        self._loop = Loop()
        self._loop.run(self._begin(bootstrap))

    async def _begin(self, bootstrap: str) -> None:
        self.client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await self.client.start()

    def create(
        self,
        topic: str,
        *,
        partitions: int = 1,
        replicas: int = 1,
        settings: Mapping[str, str] | None = None,
        validate_only: bool = False,
    ) -> None:
        new = NewTopic(topic, partitions, replicas, topic_configs=dict(settings or {}))
        answer = self._loop.run(self.client.create_topics([new], DEADLINE_MS, validate_only))
        for _, code, *rest in answer.topic_errors:
            _raise(code, rest)

    def delete(self, topic: str) -> None:
        answer = self._loop.run(self.client.delete_topics([topic], DEADLINE_MS))
        for _, code, *rest in answer.topic_error_codes:
            _raise(code, rest)

    def topics(self) -> Mapping[str, int]:
        return {each["topic"]: len(each["partitions"]) for each in self._loop.run(self.client.describe_topics())}

    def grow(self, topic: str, partitions: int, *, validate_only: bool = False) -> None:
        new = {topic: NewPartitions(partitions)}
        self._loop.run(self.client.create_partitions(new, DEADLINE_MS, validate_only))

    def settings(self, topic: str) -> Mapping[str, str | None]:
        (answer,) = self._loop.run(self.client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)]))
        ((code, message, _, _, entries),) = answer.resources
        _raise(code, [message])
        return {name: value for name, value, *_ in entries}

    def change(self, topic: str, settings: Mapping[str, str]) -> None:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, dict(settings))
        (answer,) = self._loop.run(self.client.alter_configs([resource]))
        for code, message, *_ in answer.resources:
            _raise(code, [message])

    def trim(self, topic: str, partition: int, before: int) -> int:
        place = TopicPartition(topic, partition)
        return int(self._loop.run(self.client.delete_records({place: RecordsToDelete(before)}, DEADLINE_MS))[place])

    def groups(self) -> Sequence[str]:
        return [each[0] for each in self._loop.run(self.client.list_consumer_groups())]

    def state_of(self, group: str) -> str:
        (answer,) = self._loop.run(self.client.describe_consumer_groups([group]))
        ((code, _, state, *_),) = answer.groups
        _raise(code, [])
        return str(state)

    def group_offsets(self, group: str) -> Mapping[tuple[str, int], Committed]:
        found = self._loop.run(self.client.list_consumer_group_offsets(group))
        return {
            (place.topic, place.partition): Committed(offset=each.offset, metadata=each.metadata)
            for place, each in found.items()
        }

    def nodes(self) -> Sequence[tuple[str, int]]:
        return [(each["host"], each["port"]) for each in self._loop.run(self.client.describe_cluster())["brokers"]]

    def close(self) -> None:
        self._loop.run(self.client.close())
        self._loop.close()


class Aio:
    name = "aiokafka"
    codecs = frozenset({"none", "gzip", "snappy", "lz4", "zstd"})
    strategies = frozenset(ASSIGNORS)

    null_headers = True

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    def reads(self, code: ErrorCode) -> ErrorCode:
        return ErrorCode.UNKNOWN_SERVER_ERROR if code > NEWEST_CODE else code

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
        loop = Loop()
        settings = {
            "acks": "all" if acks == -1 else acks,
            "compression_type": None if compression == "none" else compression,
            "enable_idempotence": idempotent,
        }
        try:
            return loop.run(self._produce(topic, records, partition, settings))
        finally:
            loop.close()

    async def _produce(
        self, topic: str, records: Sequence[New], partition: int, settings: Mapping[str, Any]
    ) -> Sequence[int]:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.bootstrap, max_request_size=MAX_BYTES, linger_ms=5, retry_backoff_ms=10, **settings
        )
        await producer.start()
        try:
            sent = [
                await producer.send(
                    topic,
                    each.value,
                    each.key,
                    partition=partition,
                    timestamp_ms=each.timestamp,
                    headers=list(each.headers),
                )
                for each in records
            ]
            await producer.flush()
            placed = [await each for each in sent]
            return [each.offset for each in placed if each is not None]
        finally:
            await producer.stop()

    def reader(self, *, group: str | None = None, isolation: str = "read_uncommitted") -> AioReader:
        return AioReader({"bootstrap_servers": self.bootstrap, "group_id": group, "isolation_level": isolation})

    def member(self, joining: Joining) -> AioReader:
        reader = AioReader(
            {
                "bootstrap_servers": self.bootstrap,
                "group_id": joining.group,
                "group_instance_id": joining.instance_id,
                "partition_assignment_strategy": (ASSIGNORS[joining.strategy],),
                "session_timeout_ms": joining.session_timeout_ms,
                "max_poll_interval_ms": joining.max_poll_interval_ms,
                "heartbeat_interval_ms": 100,
                "metadata_max_age_ms": METADATA_AGE_MS,
                "rebalance_timeout_ms": joining.session_timeout_ms,
            }
        )
        reader.subscribe(*joining.topics)
        return reader

    def admin(self) -> AioAdmin:
        return AioAdmin(self.bootstrap)


def _raise(code: int, message: Sequence[Any]) -> None:
    if code:
        raise Refused(code, str(for_code(code)(*message)))


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
