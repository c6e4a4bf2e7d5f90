"""Fetches from partitions that it was given, batch by batch or record by record.

Each `poll` asks every leader once, all at the same time, and comes back when the first has something or the wait is over.
What it gives are the batches as they lie in the log; `records` opens them. Positions move when they are handed over.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from headwater.client.admin.offsets import At, find_offset
from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import Node
from headwater.kernel.tasks import Group
from headwater.kernel.units import SECOND_MS, MiB
from headwater.wire.batch.header import BatchHeader
from headwater.wire.batch.records import Record, iter_records
from headwater.wire.batch.stored import iter_stored_headers, iter_stored_records
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic
from headwater.wire.messages.fetch_response import AbortedTransaction, FetchResponse, PartitionData
from headwater.wire.schema import Versions

TopicPartition = tuple[str, int]

FETCH_VERSIONS: Final = Versions(4, 12)
"""Before topics are named by ids alone."""
DECOMPRESSED_MAX: Final = 256 * MiB
_CONTROL_KEY_BYTES: Final = 4
_ABORT: Final = 0


class Isolation(Enum):
    READ_UNCOMMITTED = 0
    READ_COMMITTED = 1


class OutOfRange(Enum):
    """What to do where the log no longer, or not yet, holds the position: go to an end of it, or fail."""

    EARLIEST = At.EARLIEST
    LATEST = At.LATEST
    FAIL = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchOptions:
    isolation: Isolation = Isolation.READ_UNCOMMITTED
    out_of_range: OutOfRange = OutOfRange.FAIL
    bytes_max: int = 32 * MiB
    partition_bytes_max: int = MiB
    bytes_min: int = 1
    lane: str = "fetch"
    """Fetches of one lane wait for each other, for a broker answers in order: who must not wait has a lane of its own."""


DEFAULTS: Final = FetchOptions()


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """Batches of one partition, from the one that holds `position` on: the first may begin before it."""

    topic: str
    partition: int
    position: int
    batches: memoryview
    high_watermark: int
    last_stable_offset: int
    aborted: tuple[AbortedTransaction, ...] = ()


class Consumer:
    """Not a member of a group: who reads what is decided by `assign`."""

    def __init__(self, cluster: Cluster, *, options: FetchOptions = DEFAULTS) -> None:
        self._cluster = cluster
        self._options = options
        self._positions: dict[TopicPartition, int] = {}

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """The next offset of each partition."""
        return dict(self._positions)

    def assign(self, positions: Mapping[TopicPartition, int]) -> None:
        """Exactly these, from these offsets."""
        self._positions = dict(positions)

    async def poll(self, *, wait_ms: int = SECOND_MS // 2) -> tuple[Fetched, ...]:
        """What is new, or nothing if the wait ends before anything comes."""
        fetched = await self._cluster.retried("Fetch", lambda: self._poll_once(wait_ms))
        for each in fetched:
            if (each.topic, each.partition) in self._positions:
                self._positions[each.topic, each.partition] = _position_after(each)
        return fetched

    async def _poll_once(self, wait_ms: int) -> tuple[Fetched, ...]:
        if not self._positions:
            await asyncio.sleep(wait_ms / SECOND_MS)
            return ()
        leaders: dict[int, list[TopicPartition]] = {}
        for topic, partition in self._positions:
            leader = await self._cluster.leader_of(topic, partition)
            leaders.setdefault(leader, []).append((topic, partition))
        if len(leaders) == 1:
            ((leader, partitions),) = leaders.items()
            return await self._fetch(leader, partitions, wait_ms)
        try:
            async with Group() as group:
                asked = [
                    group.start(f"fetch from {leader}", self._fetch(leader, partitions, wait_ms))
                    for leader, partitions in leaders.items()
                ]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        return tuple(each for task in asked for each in task.result())

    async def _fetch(self, leader: int, partitions: Sequence[TopicPartition], wait_ms: int) -> tuple[Fetched, ...]:
        timeout_ms = wait_ms + self._cluster.options.request_timeout_ms
        answer = await self._cluster.ask_once(
            Node(leader, self._options.lane),
            self._request(partitions, wait_ms),
            FetchResponse,
            versions=FETCH_VERSIONS,
            timeout_ms=timeout_ms,
        )
        check(answer.error_code, subject="fetch")
        fetched: list[Fetched] = []
        for topic in answer.responses:
            for data in topic.partitions:
                if data.error_code == ErrorCode.OFFSET_OUT_OF_RANGE:
                    await self._reset(topic.topic, data.partition_index)
                    continue
                check(data.error_code, subject=f"partition {data.partition_index} of topic {topic.topic}")
                if data.records:
                    fetched.append(self._fetched(topic.topic, data))
        return tuple(fetched)

    def _request(self, partitions: Sequence[TopicPartition], wait_ms: int) -> FetchRequest:
        options = self._options
        topics: dict[str, list[FetchPartition]] = {}
        for topic, partition in partitions:
            asked = FetchPartition(
                partition=partition,
                fetch_offset=self._positions[topic, partition],
                partition_max_bytes=options.partition_bytes_max,
            )
            topics.setdefault(topic, []).append(asked)
        return FetchRequest(
            max_wait_ms=wait_ms,
            min_bytes=options.bytes_min,
            max_bytes=options.bytes_max,
            isolation_level=options.isolation.value,
            topics=tuple(FetchTopic(topic=name, partitions=tuple(asked)) for name, asked in topics.items()),
        )

    def _fetched(self, topic: str, data: PartitionData) -> Fetched:
        assert isinstance(data.records, memoryview)  # as every decoded message has them
        return Fetched(
            topic=topic,
            partition=data.partition_index,
            position=self._positions[topic, data.partition_index],
            batches=data.records,
            high_watermark=data.high_watermark,
            last_stable_offset=data.last_stable_offset,
            aborted=data.aborted_transactions or (),
        )

    async def _reset(self, topic: str, partition: int) -> None:
        policy = self._options.out_of_range
        if policy.value is None:
            position = self._positions[topic, partition]
            check(ErrorCode.OFFSET_OUT_OF_RANGE, subject=f"offset {position} of partition {partition} of topic {topic}")
            return
        found = await find_offset(self._cluster, topic, partition, policy.value)
        self._positions[topic, partition] = found.offset


def records(fetched: Fetched, *, decompressed_max: int = DECOMPRESSED_MAX) -> Iterator[Record]:
    """The records from the position on, without control records and without what a transaction took back."""
    for _, batch in batches_with_records(fetched, decompressed_max=decompressed_max):
        yield from batch


def batches_with_records(
    fetched: Fetched, *, decompressed_max: int = DECOMPRESSED_MAX
) -> Iterator[tuple[BatchHeader, Iterator[Record]]]:
    """Each batch with those of its `records` that count: none of a control batch, or of one that was taken back."""
    aborted = sorted(fetched.aborted, key=lambda each: each.first_offset)
    taking_back: dict[int, None] = {}
    for at, header in iter_stored_headers(fetched.batches):
        batch = fetched.batches[at : at + header.size]
        while aborted and aborted[0].first_offset <= header.last_offset:
            taking_back[aborted.pop(0).producer_id] = None
        if header.is_control:
            if _is_abort(batch, header):
                taking_back.pop(header.producer_id, None)
            yield header, iter(())
        elif header.is_transactional and header.producer_id in taking_back:
            yield header, iter(())
        else:
            opened = iter_stored_records(batch, header, decompressed_max=decompressed_max)
            yield header, (each for each in opened if each.offset >= fetched.position)


def _is_abort(batch: memoryview, header: BatchHeader) -> bool:
    """A transaction's marker says in its key, after a version, how it ended. Compaction empties those that nobody needs."""
    marker = next(iter_records(batch, header, decompressed_max=DECOMPRESSED_MAX), None)
    key = (marker.key if marker else None) or b""
    return len(key) >= _CONTROL_KEY_BYTES and int.from_bytes(key[2:4], "big") == _ABORT


def _position_after(fetched: Fetched) -> int:
    last = fetched.position - 1
    for _, header in iter_stored_headers(fetched.batches):
        last = header.last_offset
    return max(fetched.position, last + 1)
