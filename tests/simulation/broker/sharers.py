"""Members of a share group: each fetches what it is lent, accepts most of it, releases some, and at times just vanishes.

What counts is what a member was told. An acceptance that was confirmed must stand whatever fails; one whose answer was lost
may have been done or not. Every record must have come to somebody when all is over.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any, Final

from tests.simulation.broker.history import Accepted, History, Lent, TopicPartition
from tests.simulation.broker.patience import OPTIONS

from headwater.client.admin.share_offsets import alter_share_offsets
from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError
from headwater.client.roles import Node
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages import share_acknowledge_request as acknowledging, share_fetch_request as fetching
from headwater.wire.messages.share_acknowledge_response import ShareAcknowledgeResponse
from headwater.wire.messages.share_fetch_response import ShareFetchResponse
from headwater.wire.schema import Message, Versions
from headwater.wire.types import Uuid

GROUP: Final = "sharers"
SETTINGS: Final[Mapping[str, str]] = {
    "share.coordinator.state.topic.num.partitions": "2",
    "share.coordinator.snapshot.update.records.per.snapshot": "5",
    "group.share.record.lock.duration.ms": "2000",
    "group.share.min.record.lock.duration.ms": "1000",
    "group.share.delivery.count.limit": "10",
}
"""Locks end soon, so that what a member took along is lent again; few updates lie between two snapshots."""
NODE: Final = 1
WAIT_MS: Final = 300
VERSIONS: Final = Versions(2, 2)
ACCEPT, RELEASE = 1, 2
_QUIET_S: Final = 4.0
"""Longer than a lock: who is lent nothing for so long has had everything."""


class Sharer:
    def __init__(
        self, cluster: Cluster, history: History, random: Random, places: Sequence[TopicPartition], name: str
    ) -> None:
        self._cluster = cluster
        self._history = history
        self._random = random
        self._places = places
        self._name = name
        self._lives = 0
        self._epoch = 0
        self._held: dict[TopicPartition, list[int]] = {}
        self._ids: dict[Uuid, str] = {}

    async def step(self) -> None:
        chance = self._random.random()
        try:
            if chance < 0.03:
                self._vanish()
            elif self._held and self._epoch and chance < 0.6:
                await self._acknowledge(self._random.choice(list(self._held)))
            else:
                await self._fetch()
        except ClientError:
            self._vanish()

    async def drain(self, cluster: Cluster) -> None:
        """Take and accept whatever is left, by somebody new."""
        self._cluster = cluster
        self._vanish()
        loop = asyncio.get_running_loop()
        quiet_since = loop.time()
        while loop.time() - quiet_since < _QUIET_S:
            try:
                await self._fetch()
                while self._held:
                    await self._acknowledge(next(iter(self._held)), all_of_it=True)
                    quiet_since = loop.time()
            except ClientError:
                self._vanish()
                quiet_since = loop.time()

    def _vanish(self) -> None:
        """As a process that was killed, and another one in its place."""
        self._lives += 1
        self._epoch = 0
        self._held.clear()

    async def _fetch(self) -> None:
        if not self._ids:
            known = (await self._cluster.metadata([topic for topic, _ in self._places])).topics
            self._ids = {known[name].id: name for name, _ in self._places}
        asked = self._history.ask()
        answer = await self._ask(self._fetch_request(), ShareFetchResponse)
        if answer.error_code:
            self._vanish()
            return
        self._epoch += 1
        told = self._history.tick()
        for topic in answer.responses:
            for part in topic.partitions:
                place = (self._ids[topic.topic_id], part.partition_index)
                for each in part.acquired_records:
                    offsets = range(each.first_offset, each.last_offset + 1)
                    self._held.setdefault(place, []).extend(offsets)
                    self._history.lent += [
                        Lent(place=place, offset=offset, asked=asked, told=told) for offset in offsets
                    ]

    def _fetch_request(self) -> Message:
        names = {name: topic_id for topic_id, name in self._ids.items()}
        topics = [] if self._epoch else self._places
        return fetching.ShareFetchRequest(
            group_id=GROUP,
            member_id=self._member,
            share_session_epoch=self._epoch,
            max_wait_ms=WAIT_MS,
            min_bytes=1,
            max_bytes=2**20,
            max_records=self._random.choice((1, 5, 100)),
            batch_size=100,
            share_acquire_mode=self._random.choice((0, 1)),
            topics=tuple(
                fetching.FetchTopic(topic_id=names[name], partitions=(fetching.FetchPartition(partition_index=index),))
                for name, index in topics
            ),
        )

    async def _acknowledge(self, place: TopicPartition, *, all_of_it: bool = False) -> None:
        held = self._held.pop(place)
        count = len(held) if all_of_it else self._random.randint(1, len(held))
        offsets, rest = held[:count], held[count:]
        kind = ACCEPT if all_of_it or self._random.random() < 0.7 else RELEASE
        asked = self._history.ask()
        answer = await self._ask(self._acknowledge_request(place, offsets, kind), ShareAcknowledgeResponse)
        if answer.error_code:
            self._vanish()
            return
        self._epoch += 1
        code = next((each.error_code for topic in answer.responses for each in topic.partitions), 0)
        if code == ErrorCode.NONE and kind == ACCEPT:
            told = self._history.tick()
            self._history.accepted += [Accepted(place=place, offset=each, asked=asked, told=told) for each in offsets]
        if rest:
            self._held[place] = rest

    def _acknowledge_request(self, place: TopicPartition, offsets: Iterable[int], kind: int) -> Message:
        topic, index = place
        ids = {name: topic_id for topic_id, name in self._ids.items()}
        batches = tuple(
            acknowledging.AcknowledgementBatch(first_offset=each, last_offset=each, acknowledge_types=(kind,))
            for each in sorted(offsets)
        )
        part = acknowledging.AcknowledgePartition(partition_index=index, acknowledgement_batches=batches)
        return acknowledging.ShareAcknowledgeRequest(
            group_id=GROUP,
            member_id=self._member,
            share_session_epoch=self._epoch,
            topics=(acknowledging.AcknowledgeTopic(topic_id=ids[topic], partitions=(part,)),),
        )

    @property
    def _member(self) -> str:
        """In the form of librdkafka's, which is no UUID."""
        return f"{self._name}+/{self._lives}=="

    async def _ask(self, request: Message, kind: type[Any]) -> Any:
        timeout_ms = WAIT_MS + OPTIONS.request_timeout_ms
        return await self._cluster.ask_once(
            Node(NODE, "share"), request, kind, versions=VERSIONS, timeout_ms=timeout_ms
        )


async def found_group(cluster: Cluster, places: Sequence[TopicPartition]) -> None:
    """A group that begins with the first records; again, until that was answered."""
    while True:
        try:
            await alter_share_offsets(cluster, GROUP, dict.fromkeys(places, 0))
        except ClientError:
            await asyncio.sleep(0.1)
        else:
            return
