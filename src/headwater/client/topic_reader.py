"""Replays a topic of one partition: what is committed, in order, each record once.

Everything of one batch is replayed in one step of the loop, so whoever looks at the machine never sees half of a decision: the
records of one share a batch.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from headwater.client.admin.offsets import At, find_offset
from headwater.client.cluster import Cluster
from headwater.client.consumer import Consumer, Fetched, FetchOptions, Isolation, batches_with_records
from headwater.kernel.logging import get
from headwater.kernel.units import SECOND_MS, MiB, Timestamp
from headwater.machine.decision import Record
from headwater.machine.errors import UnreadableRecord
from headwater.wire.batch.records import Record as StoredRecord
from headwater.wire.batch.stored import iter_stored_headers, verify_stored_crc
from headwater.wire.errors import WireError
from headwater.wire.types import Offset

PARTITION: Final = 0
"""The only one."""
_SLICE: Final = 200
"""Records that are replayed before the loop may do something else: some milliseconds."""
_MARKERS_S: Final = 0.005
_BYTES_MAX: Final = MiB

_log = get("client.topic")

Replay = Callable[[Record], None]


class TopicCodec(Protocol):
    """How a machine's records become records of its topic. Pure, both ways; the machine's room fills it."""

    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]: ...

    def decode(self, key: bytes | None, value: bytes | None, timestamp: Timestamp) -> Record | None:
        """None for what nobody here knows, which is passed over."""
        ...


class TopicReader:
    """`position` is where the next record comes from. Records of unknown types are passed over, and counted in `skipped`."""

    def __init__(self, cluster: Cluster, topic: str, codec: TopicCodec) -> None:
        self.skipped = 0
        self._cluster = cluster
        self._topic = topic
        self._codec = codec
        options = FetchOptions(
            isolation=Isolation.READ_COMMITTED, partition_bytes_max=_BYTES_MAX, lane=f"fetch {topic}"
        )
        self._consumer = Consumer(cluster, options=options)
        self._position = Offset(0)

    @property
    def position(self) -> Offset:
        return self._position

    async def rewind(self) -> None:
        """To where the topic begins."""
        self.seek(Offset((await find_offset(self._cluster, self._topic, PARTITION, At.EARLIEST)).offset))

    def seek(self, position: Offset) -> None:
        self._position = position

    async def grown(self, end: Offset) -> None:
        """Wait until the log is that long: a transaction's marker is written when its end has been answered already."""
        while await self.end() < end:  # noqa: ASYNC110 - only the cluster knows when
            await asyncio.sleep(_MARKERS_S)

    async def is_within(self) -> bool:
        """Whether the log still holds the position."""
        first = await find_offset(self._cluster, self._topic, PARTITION, At.EARLIEST)
        return first.offset <= self._position <= await self.end()

    async def end(self) -> Offset:
        """Behind the last record, whether it is committed yet or not."""
        return Offset((await find_offset(self._cluster, self._topic, PARTITION, At.LATEST)).offset)

    async def replay(self, replay: Replay, *, until: Offset, moved: Callable[[], None] | None = None) -> None:
        while self._position < until:
            await self.poll(replay, until=until, moved=moved)

    async def poll(
        self,
        replay: Replay,
        *,
        until: Offset | None = None,
        wait_ms: int = SECOND_MS // 2,
        moved: Callable[[], None] | None = None,
    ) -> None:
        """Replay what is new, if anything comes within the wait, at most up to the batch that begins at `until`. `moved` is
        called after each batch."""
        self._consumer.assign({(self._topic, PARTITION): self._position})
        for fetched in await self._consumer.poll(wait_ms=wait_ms):
            self._verify(fetched)
            replayed = 0
            for header, records in batches_with_records(fetched):
                if until is not None and header.base_offset >= until:
                    self._position = max(self._position, until)
                    return
                replayed += self._replay_batch(replay, records)
                self._position = Offset(header.last_offset + 1)
                if moved is not None:
                    moved()
                if replayed >= _SLICE:
                    replayed = 0
                    await asyncio.sleep(0)

    def _verify(self, fetched: Fetched) -> None:
        """What a machine believes it acts upon."""
        for at, header in iter_stored_headers(fetched.batches):
            try:
                verify_stored_crc(fetched.batches, header, at)
            except WireError as error:
                raise UnreadableRecord(self._topic, header.base_offset, str(error)) from error

    def _replay_batch(self, replay: Replay, records: Iterator[StoredRecord]) -> int:
        count = 0
        for stored in records:
            count += 1
            record = self._codec.decode(stored.key, stored.value, stored.timestamp)
            if record is None:
                self.skipped += 1
                _log.warn("a record of an unknown type is passed over", topic=self._topic, offset=stored.offset)
            else:
                replay(record)
        return count
