"""Records in bulk, by confluent-kafka: the client that users themselves use, and the fastest there is for Python.

The only module that knows the library, imported where it is needed. It runs threads of its own, so it is for programs that
move many records from one place to another, and never inside a simulation. Configuration names are librdkafka's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn, cast

from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from headwater.client.errors import ClientError, DeadlinePassed, Refused, Unreachable
from headwater.kernel.units import SECOND_MS, Timestamp
from headwater.wire.batch.builder import NewRecord
from headwater.wire.batch.header import NO_TIMESTAMP
from headwater.wire.batch.records import Record
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import Offset

_FULL_QUEUE_WAIT_S: Final = 0.1
_BATCH_RECORDS_MAX: Final = 10_000
_ANY_PARTITION: Final = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A record, and where it came from."""

    topic: str
    partition: int
    record: Record


class BulkProducer:
    """Idempotent, acks=all. What the broker refuses is raised by the next call; `delivered` counts what it took."""

    def __init__(self, bootstrap: str, *, client_id: str, settings: Mapping[str, str] | None = None) -> None:
        self.delivered = 0
        self._failure: KafkaError | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "client.id": client_id,
                "enable.idempotence": True,
                "linger.ms": 20,
                "error_cb": self._on_error,
                "log_level": 0,
                **(settings or {}),
            }
        )

    def send(self, topic: str, record: NewRecord, *, partition: int | None = None) -> None:
        """Waits only while the library's queue is full."""
        while True:
            try:
                self._producer.produce(
                    topic,
                    value=record.value,
                    key=record.key,
                    headers=list(record.headers),
                    partition=_ANY_PARTITION if partition is None else partition,
                    timestamp=max(record.timestamp, 0),
                    on_delivery=self._on_delivery,
                )
            except BufferError:
                self._serve(_FULL_QUEUE_WAIT_S)
            else:
                break
        self._serve(0)

    def flush(self, deadline_ms: int) -> None:
        """Everything is taken when this returns. Raises DeadlinePassed with the number of records that are not."""
        left = self._producer.flush(deadline_ms / SECOND_MS)
        self._raise_failure()
        if left:
            raise DeadlinePassed(f"sending the last {left} records", deadline_ms)

    def _serve(self, wait_s: float) -> None:
        self._producer.poll(wait_s)
        self._raise_failure()

    def _on_delivery(self, error: KafkaError | None, _: Message) -> None:
        if error is None:
            self.delivered += 1
        else:
            self._failure = self._failure or error

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._failure = self._failure or error

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise_as_ours(self._failure)


BEGINNING: Final = -2
END: Final = -1
"""As positions: wherever the log begins or ends."""


class BulkConsumer:
    """Reads assigned partitions, or as a member of a group the topics that it subscribes to."""

    def __init__(
        self,
        bootstrap: str,
        *,
        client_id: str,
        group: str | None = None,
        reset: str = "earliest",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._failure: KafkaError | None = None
        self._ends: dict[tuple[str, int], None] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "client.id": client_id,
                "group.id": group or client_id,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": reset,
                "enable.partition.eof": True,
                "error_cb": self._on_error,
                "log_level": 0,
                **(settings or {}),
            }
        )

    def assign(self, positions: Mapping[tuple[str, int], int]) -> None:
        self._consumer.assign([TopicPartition(topic, index, offset) for (topic, index), offset in positions.items()])

    def subscribe(self, topics: Sequence[str]) -> None:
        self._consumer.subscribe(list(topics))

    def read(self, wait_ms: int) -> list[Received]:
        """What came, at most some thousands of records; nothing if the wait ended first.

        It waits for the first only: `consume` alone would wait for all that it may give.
        """
        first = self._consumer.poll(wait_ms / SECOND_MS)
        messages = [] if first is None else [first, *self._consumer.consume(_BATCH_RECORDS_MAX, 0)]
        if self._failure is not None:
            raise_as_ours(self._failure)
        return [received for message in messages if (received := self._take(message)) is not None]

    @property
    def is_at_end(self) -> bool:
        """Whether the end of every partition that it has now was reached, at least for the moment."""
        held = [(each.topic, each.partition) for each in self._consumer.assignment()]
        return bool(held) and all(each in self._ends for each in held)

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """What the group has read, on the broker when this returns."""
        if not offsets:
            return
        partitions = [TopicPartition(topic, index, offset) for (topic, index), offset in offsets.items()]
        try:
            self._consumer.commit(offsets=partitions, asynchronous=False)
        except KafkaException as failure:
            raise_as_ours(cast("KafkaError", failure.args[0]))

    def close(self) -> None:
        """Leaves the group."""
        self._consumer.close()

    def _take(self, message: Message) -> Received | None:
        """An end comes as a message too, with an error that is none."""
        place = (message.topic(), message.partition())
        error = message.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:
                raise_as_ours(error)
            self._ends[place] = None
            return None
        self._ends.pop(place, None)
        return _received(message)

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._failure = self._failure or error


def raise_as_ours(error: KafkaError) -> NoReturn:
    """Codes below -1 are librdkafka's own, and have no place in Kafka's protocol."""
    code = error.code()
    if code in {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE}:
        raise Unreachable("the cluster", error.str())
    if code == KafkaError._MSG_TIMED_OUT:
        raise Unreachable("the cluster", "a record could not be delivered in time")
    try:
        raise Refused(ErrorCode(code), message=error.str())
    except ValueError:
        raise ClientError(error.str()) from None


def _received(message: Message) -> Received:
    kind, timestamp = message.timestamp()
    record = Record(
        Offset(message.offset()),
        NO_TIMESTAMP if kind == TIMESTAMP_NOT_AVAILABLE else Timestamp(timestamp),
        message.key(),
        message.value(),
        tuple(message.headers() or ()),
    )
    return Received(topic=message.topic(), partition=message.partition(), record=record)
