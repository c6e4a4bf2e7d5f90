"""Members of a consumer group (KIP-848): each owns what its heartbeats tell it, commits ever higher offsets of that, begins
where the last owner ended, and at times leaves, vanishes, subscribes another way, or is cut off and comes back with what it
no longer owns."""

import asyncio
from random import Random
from typing import Final

from tests.simulation.broker.history import Commit, History, Holding, TopicPartition
from tests.simulation.broker.members import STANDSTILL_S, find_committed

from headwater.client.admin.offsets import CommitsAs, CommittedOffset, Generation, commit_offsets
from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError, DeadlinePassed, Refused, check
from headwater.client.roles import Coordinator
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest, TopicPartitions
from headwater.wire.messages.consumer_group_heartbeat_response import ConsumerGroupHeartbeatResponse
from headwater.wire.schema import Versions
from headwater.wire.types import Uuid

GROUP: Final = "consumers"
EXPRESSION: Final = "ord.*"
SETTINGS: Final = {
    "group.consumer.min.heartbeat.interval.ms": "100",
    "group.consumer.heartbeat.interval.ms": "100",
    "group.consumer.min.session.timeout.ms": "2000",
    "group.consumer.session.timeout.ms": "2000",
    "group.consumer.assignment.interval.ms": "300",
}
_VERSIONS: Final = Versions(1, 1)
_JOINING, _LEAVING = 0, -1
_THROWN_OUT: Final = (ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID)
_NOT_MINE: Final = (*_THROWN_OUT, ErrorCode.STALE_MEMBER_EPOCH)


class ConsumerMember:
    """One process after another under one name; each has an id of its own."""

    def __init__(self, name: str, cluster: Cluster, history: History, random: Random, topic: str) -> None:
        self._name = name
        self._cluster = cluster
        self._history = history
        self._random = random
        self._topic = topic
        self._processes = 0
        self._begin()

    def _begin(self) -> None:
        self._processes += 1
        self._member_id = f"{self._name}/{self._processes}"
        self._epoch = _JOINING
        self._owned: dict[Uuid, tuple[int, ...]] = {}
        self._offsets: dict[TopicPartition, int] = {}

    @property
    def _places(self) -> tuple[TopicPartition, ...]:
        """There is one topic only that members subscribe to."""
        return tuple((self._topic, index) for indexes in self._owned.values() for index in indexes)

    async def step(self) -> None:
        """Join, or do a little of what a member does. Whoever doesn't know what became of a heartbeat sends it again."""
        chance = self._random.random()
        try:
            if self._epoch == _JOINING or chance < 0.5 or not self._offsets:
                await self._beat(resubscribes=chance < 0.05)
            elif chance < 0.51:
                self._begin()
            elif chance < 0.53:
                await self._leave()
            else:
                if chance < 0.58:
                    await asyncio.sleep(self._random.uniform(*STANDSTILL_S))
                await self._commit(self._random.choice(list(self._offsets)))
        except ClientError:
            return

    async def _beat(self, *, resubscribes: bool) -> None:
        joins = self._epoch == _JOINING
        by_expression = self._random.random() < 0.3
        asked = self._history.ask()
        try:
            answer = await self._ask(
                ConsumerGroupHeartbeatRequest(
                    group_id=GROUP,
                    member_id=self._member_id,
                    member_epoch=self._epoch,
                    rebalance_timeout_ms=2_000 if joins else -1,
                    subscribed_topic_names=(() if by_expression else (self._topic,)) if joins or resubscribes else None,
                    subscribed_topic_regex=(EXPRESSION if by_expression else "") if joins or resubscribes else None,
                    topic_partitions=self._as_told(),
                )
            )
        except Refused as refused:
            if refused.code in _THROWN_OUT:
                self._epoch, self._owned, self._offsets = _JOINING, {}, {}
            raise
        self._epoch = answer.member_epoch
        if answer.assignment is not None:
            told = answer.assignment.topic_partitions
            self._owned = {each.topic_id: tuple(each.partitions) for each in told}
        self._history.holdings.append(
            Holding(
                member=self._member_id, epoch=self._epoch, places=self._places, asked=asked, told=self._history.tick()
            )
        )
        await self._take_over()

    async def _take_over(self) -> None:
        """What is new begins where its last owner has committed; what is gone is given up at once."""
        kept = {place: offset for place, offset in self._offsets.items() if place in self._places}
        self._offsets = kept
        new = [place for place in self._places if place not in kept]
        if new:
            found = await find_committed(self._cluster, GROUP, new, self._history)
            self._offsets = kept | dict.fromkeys(new, 0) | found

    async def _leave(self) -> None:
        request = ConsumerGroupHeartbeatRequest(group_id=GROUP, member_id=self._member_id, member_epoch=_LEAVING)
        self._begin()
        self._history.ask()
        await self._ask(request)

    async def _commit(self, place: TopicPartition) -> None:
        offset = self._offsets[place] = self._offsets.get(place, 0) + self._random.randint(1, 3)
        me = CommitsAs(member_id=self._member_id, generation=Generation(self._epoch))
        asked = self._history.ask()
        try:
            await commit_offsets(self._cluster, GROUP, {place: CommittedOffset(offset=offset)}, commits_as=me)
        except DeadlinePassed:
            return
        except Refused as refused:
            if refused.code not in _NOT_MINE:
                raise AssertionError(f"a commit of {offset} was refused") from refused
            return
        told = self._history.tick()
        self._history.committed.append(Commit(group=GROUP, place=place, offset=offset, asked=asked, told=told))

    def _as_told(self) -> tuple[TopicPartitions, ...]:
        if self._epoch == _JOINING:
            return ()
        return tuple(TopicPartitions(topic_id=topic, partitions=indexes) for topic, indexes in self._owned.items())

    async def _ask(self, request: ConsumerGroupHeartbeatRequest) -> ConsumerGroupHeartbeatResponse:
        def accept(answer: ConsumerGroupHeartbeatResponse) -> None:
            check(answer.error_code, subject=f"group {GROUP}", message=answer.error_message)

        return await self._cluster.ask(
            Coordinator(GROUP), request, ConsumerGroupHeartbeatResponse, versions=_VERSIONS, accept=accept
        )
