"""The `Journal` port over a topic of one partition, on any Kafka cluster: for the machines of services.

    load     take the transactional id, which fences the writer before; write a barrier; replay everything up to it
    append   one transaction a call; an offset other than the expected one shows that somebody else has written

The barrier is a record that says nothing, where the topic knows such a one. What stands before it is all that others could
write; what a fenced writer still sends is refused, also hours later. One that uses no transactions, as Confluent's registry, can't
be fenced, but is noticed.

A transaction ends with a marker, which takes an offset too.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from headwater.client.cluster import Cluster
from headwater.client.errors import ProducerFenced
from headwater.client.topic_reader import PARTITION, TopicCodec, TopicReader
from headwater.client.transactional import TransactionalProducer
from headwater.kernel.units import SECOND_MS, KiB, Timestamp
from headwater.kernel.world import Clock
from headwater.machine.decision import Record
from headwater.machine.errors import Conflict, Fenced
from headwater.wire.batch.builder import NewRecord
from headwater.wire.types import Offset

_BATCH_BYTES: Final = 64 * KiB
_MARKER: Final = 1
"""Offsets that the end of a transaction takes."""


class TopicJournal:
    """`barrier` is the key of such a record, which has no value."""

    def __init__(
        self,
        cluster: Cluster,
        topic: str,
        codec: TopicCodec,
        *,
        transactional_id: str,
        barrier: bytes | None,
        clock: Clock,
    ) -> None:
        self.topic: Final = topic
        self._cluster = cluster
        self._codec = codec
        self._barrier = barrier
        self._clock = clock
        self._producer = TransactionalProducer(cluster, transactional_id)

    def reader(self) -> TopicReader:
        """For whoever only follows."""
        return TopicReader(self._cluster, self.topic, self._codec)

    async def connected(self, *, timeout_s: float) -> None:
        """Comes back at once while the cluster is there. Raises ClientError where it can't be connected to in time."""
        await self._producer.connected(self.topic, PARTITION, deadline_ms=int(timeout_s * SECOND_MS))

    async def take_over(self) -> Offset:
        """From now on only this writer's records count. Gives the end of what there is, its barrier included."""
        try:
            await self._producer.begin()
            if self._barrier is None:
                return await self.reader().end()
            record = NewRecord(key=self._barrier, timestamp=self._clock.now())
            written = await self._producer.send(self.topic, PARTITION, [record])
            await self._producer.commit()
        except ProducerFenced as fenced:
            raise Fenced(self.topic) from fenced
        return Offset(written.base_offset + 1 + _MARKER)

    async def load(self, replay: Callable[[Record], None], *, until: Offset | None = None) -> Offset:
        """See the port `Journal`."""
        reader = self.reader()
        end = await self.take_over() if until is None else until
        await reader.rewind()
        await reader.replay(replay, until=end)
        return reader.position

    async def append(self, decisions: Sequence[Sequence[Record]], *, expected_end: Offset, now: Timestamp) -> Offset:
        """See the port `Journal`."""
        end = expected_end
        try:
            await self._producer.begin()
            for records in self._batches(decisions, now):
                written = await self._producer.send(self.topic, PARTITION, records)
                if written.base_offset != end:
                    await self._producer.abort()
                    raise Conflict(expected_end, Offset(written.base_offset))
                end = Offset(end + len(records))
            await self._producer.commit()
        except ProducerFenced as fenced:
            raise Fenced(self.topic) from fenced
        return end if end == expected_end else Offset(end + _MARKER)

    def _batches(self, decisions: Sequence[Sequence[Record]], now: Timestamp) -> Iterator[list[NewRecord]]:
        """Decisions are not split, so a batch may be larger than it should be."""
        batch: list[NewRecord] = []
        size = 0
        for decision in decisions:
            for record in decision:
                key, value = self._codec.encode(record)
                batch.append(NewRecord(key=key, value=value, timestamp=now))
                size += len(key or b"") + len(value or b"")
            if size >= _BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch
