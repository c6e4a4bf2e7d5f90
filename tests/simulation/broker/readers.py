"""Who reads: all partitions of a topic at once, from their beginning on, and remembers everything that is shown.

A reader says of each partition which leader epoch it knows and in which epoch it read last (KIP-320). So a broker that had
lost what it showed would be found out at the next fetch: by a diverging epoch, or by an epoch that it never heard of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.simulation.broker.history import Edge, EpochEnd, History, Moment, Stored, TopicPartition
from tests.simulation.broker.patience import OPTIONS

from headwater.client.admin.offsets import At, find_offset
from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError
from headwater.client.roles import Leader, Node
from headwater.wire.batch.header import iter_headers, verify_crc
from headwater.wire.batch.records import iter_records
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic
from headwater.wire.messages.fetch_response import FetchResponse, PartitionData
from headwater.wire.messages.offset_for_leader_epoch_request import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from headwater.wire.messages.offset_for_leader_epoch_response import OffsetForLeaderEpochResponse
from headwater.wire.schema import Versions
from headwater.wire.types import ZERO_UUID, Uuid

NODE: Final = 1
WAIT_MS: Final = 300
FETCH_BY_NAME: Final = Versions(12, 12)
FETCH_BY_ID: Final = Versions(13, 18)
NO_EPOCH: Final = -1
_DECOMPRESSED_MAX: Final = 2**20
_BASE_OFFSET_END: Final = 8
_EPOCH: Final = slice(12, 16)


@dataclass(kw_only=True, slots=True)
class Position:
    """`leader_epoch` is what was heard last, `read_epoch` that of the batch before `offset`."""

    offset: int = 0
    leader_epoch: int = NO_EPOCH
    read_epoch: int = NO_EPOCH


class Reader:
    """`by_id` names topics as Kafka's newest consumers do."""

    def __init__(
        self,
        cluster: Cluster,
        history: History,
        random: Random,
        places: Sequence[TopicPartition],
        *,
        by_id: bool = False,
    ) -> None:
        self.positions = {place: Position() for place in places}
        self.seen: dict[TopicPartition, list[Stored]] = {place: [] for place in places}
        """What was read, from the first offset on; a divergence cuts it."""
        self._cluster = cluster
        self._history = history
        self._random = random
        self._by_id = by_id
        self._names: dict[Uuid, str] = {}

    async def step(self) -> None:
        """Mostly a fetch. What can't be answered now is forgotten."""
        chance = self._random.random()
        try:
            if chance < 0.15:
                await self._ask_for_edge(self._random.choice(tuple(self.positions)))
            elif chance < 0.3:
                await self._ask_for_epoch(self._random.choice(tuple(self.positions)))
            else:
                await self.fetch(WAIT_MS)
        except ClientError:
            return

    async def catch_up(self, cluster: Cluster) -> None:
        """Read on, over another cluster's connections, to the present end of every partition."""
        self._cluster = cluster
        for place, position in self.positions.items():
            await self.fetch(0)
            end = (await find_offset(cluster, *place, At.LATEST)).offset
            while position.offset < end:
                await self.fetch(0)

    async def fetch(self, wait_ms: int) -> None:
        if self._by_id and not self._names:
            await self._learn_ids()
        asked = self._history.ask()
        answer = await self._cluster.ask_once(
            Node(NODE, "fetch"),
            self._request(wait_ms),
            FetchResponse,
            versions=FETCH_BY_ID if self._by_id else FETCH_BY_NAME,
            timeout_ms=wait_ms + OPTIONS.request_timeout_ms,
        )
        assert answer.error_code == ErrorCode.NONE, answer
        for topic in answer.responses:
            name = self._names[topic.topic_id] if self._by_id else topic.topic
            for data in topic.partitions:
                self._take((name, data.partition_index), data, asked)

    async def _learn_ids(self) -> None:
        wanted = list(dict.fromkeys(topic for topic, _ in self.positions))
        known = (await self._cluster.metadata(wanted)).topics
        self._names = {known[name].id: name for name in wanted}

    def _request(self, wait_ms: int) -> FetchRequest:
        topics: dict[str, list[FetchPartition]] = {}
        for (topic, partition), position in self.positions.items():
            asked = FetchPartition(
                partition=partition,
                fetch_offset=position.offset,
                current_leader_epoch=position.leader_epoch,
                last_fetched_epoch=position.read_epoch,
                partition_max_bytes=self._random.choice((1, 1_000, 20_000)),
            )
            topics.setdefault(topic, []).append(asked)
        ids = {name: topic_id for topic_id, name in self._names.items()}
        return FetchRequest(
            max_wait_ms=wait_ms,
            min_bytes=1,
            max_bytes=2**20,
            topics=tuple(
                FetchTopic(topic=name, topic_id=ids.get(name, ZERO_UUID), partitions=tuple(asked))
                for name, asked in topics.items()
            ),
        )

    def _take(self, place: TopicPartition, data: PartitionData, asked: Moment) -> None:
        position = self.positions[place]
        code = ErrorCode(data.error_code)
        if code is ErrorCode.FENCED_LEADER_EPOCH:
            position.leader_epoch = NO_EPOCH
            return
        if code is not ErrorCode.NONE:
            heard_of_what_is_gone = code is ErrorCode.UNKNOWN_LEADER_EPOCH
            assert code.retriable, f"{place} at {position}: {code.name}"
            assert not heard_of_what_is_gone, f"{place} at {position}: its leader epoch was lost"
            return
        self._history.edges.append(
            Edge(place=place, high_watermark=data.high_watermark, epoch=None, asked=asked, told=self._history.tick())
        )
        if data.diverging_epoch.end_offset >= 0:
            self._diverge(place, data.diverging_epoch.epoch, data.diverging_epoch.end_offset)
            return
        for stored in stored_in(place, data.records, self._history):
            assert stored.last_offset >= position.offset, f"{place}: {stored.base_offset} is given for {position}"
            assert stored.last_offset < data.high_watermark, f"{place}: {stored.last_offset} is shown before it is sure"
            self.seen[place].append(stored)
            position.offset, position.read_epoch = stored.last_offset + 1, stored.epoch

    def _diverge(self, place: TopicPartition, epoch: int, end: int) -> None:
        """What was read from `end` on, or in a later epoch, is no longer there."""
        seen, position = self.seen[place], self.positions[place]
        while seen and (seen[-1].last_offset >= end or seen[-1].epoch > epoch):
            seen.pop()
        offset = seen[-1].last_offset + 1 if seen else 0
        assert offset < position.offset, f"{place} diverges at {end} in epoch {epoch}, but {position} is before"
        self._history.divergences += 1
        position.offset = offset
        position.read_epoch = seen[-1].epoch if seen else NO_EPOCH

    async def _ask_for_edge(self, place: TopicPartition) -> None:
        asked = self._history.ask()
        found = await find_offset(self._cluster, *place, At.LATEST)
        told = self._history.tick()
        self._history.edges.append(
            Edge(place=place, high_watermark=found.offset, epoch=found.leader_epoch, asked=asked, told=told)
        )
        self.positions[place].leader_epoch = found.leader_epoch

    async def _ask_for_epoch(self, place: TopicPartition) -> None:
        """About one that is over."""
        topic, partition = place
        known = self.positions[place].leader_epoch
        if known <= 0:
            return
        asked_for = self._random.randrange(known)
        self._history.ask()
        about = OffsetForLeaderPartition(partition=partition, current_leader_epoch=known, leader_epoch=asked_for)
        request = OffsetForLeaderEpochRequest(topics=(OffsetForLeaderTopic(topic=topic, partitions=(about,)),))
        answer = await self._cluster.ask_once(Leader(*place), request, OffsetForLeaderEpochResponse)
        result = answer.topics[0].partitions[0]
        if result.error_code == ErrorCode.NONE:
            self._history.epoch_ends.append(
                EpochEnd(place=place, asked_for=asked_for, epoch=result.leader_epoch, end=result.end_offset)
            )


def stored_in(place: TopicPartition, data: object, history: History) -> list[Stored]:
    """Each batch in the records of an answer, its checksum looked at; the history keeps it."""
    found: list[Stored] = []
    if not isinstance(data, memoryview):
        return found
    for at, header in iter_headers(data):
        verify_crc(data, header, at)
        batch = bytes(data[at : at + header.size])
        first = next(iter_records(batch, header, decompressed_max=_DECOMPRESSED_MAX))
        stored = Stored(
            place=place,
            base_offset=header.base_offset,
            last_offset=header.last_offset,
            epoch=header.partition_leader_epoch,
            label=first.value or b"",
            body=batch[_BASE_OFFSET_END : _EPOCH.start] + batch[_EPOCH.stop :],
        )
        history.shown[stored] = None
        found.append(stored)
    return found
