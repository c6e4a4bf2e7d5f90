"""How pipes come to the sources that they read: by a name that they share, or as members of a group of either protocol."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Final, Protocol

from tests.simulation.broker.history import TopicPartition
from tests.simulation.broker.members import by_turns, places_of
from tests.simulation.transactions.ledger import Flow

from headwater.client.admin.offsets import NO_MEMBER, CommitsAs, Generation
from headwater.client.cluster import Cluster
from headwater.client.errors import Refused, check
from headwater.client.group import Member, Membership
from headwater.client.roles import Coordinator
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest, TopicPartitions
from headwater.wire.messages.consumer_group_heartbeat_response import ConsumerGroupHeartbeatResponse
from headwater.wire.types import Uuid

SESSION_MS: Final = 1_000
_PAUSE_S: Final = 0.1
_THROWN_OUT: Final = (ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.FENCED_MEMBER_EPOCH)


class Ownership(Protocol):
    """How a pipe comes to its sources."""

    transactional_id: str

    async def claim(self) -> Sequence[TopicPartition]: ...

    async def holds(self) -> bool:
        """Whether they are still its own, as far as anyone says."""
        ...

    @property
    def commits_as(self) -> CommitsAs: ...


class OwnsByName:
    """Several share a transactional id, and each that begins fences the one before. So it rests before it claims again."""

    commits_as = NO_MEMBER

    def __init__(self, source: TopicPartition, random: Random, *, rest_s: float) -> None:
        topic, index = source
        self.transactional_id = f"{topic}-{index}"
        self._source = source
        self._random = random
        self._rest_s = rest_s

    async def claim(self) -> Sequence[TopicPartition]:
        await asyncio.sleep(self._rest_s * self._random.random())
        return (self._source,)

    async def holds(self) -> bool:
        return True


class OwnsByMembership:
    """A member of a group, whose offsets in transactions are fenced by its generation."""

    def __init__(self, name: str, cluster: Cluster, flow: Flow, sources: Sequence[TopicPartition]) -> None:
        membership = Membership(
            group=flow.group,
            protocol_type="simulated",
            protocols={"turns": b""},
            session_timeout_ms=SESSION_MS,
            rebalance_timeout_ms=SESSION_MS,
        )
        self.transactional_id = name
        self._member = Member(cluster, membership, by_turns(sources))

    @property
    def commits_as(self) -> CommitsAs:
        return self._member.commits_as

    async def claim(self) -> Sequence[TopicPartition]:
        return places_of((await self._member.join()).assignment)

    async def holds(self) -> bool:
        return await self._member.beat()


class OwnsByAssignment:
    """A member of a group whose coordinator assigns (KIP-848): its offsets in transactions are fenced by its epoch. At times
    it dies, and another one comes in its place."""

    def __init__(
        self, name: str, cluster: Cluster, flow: Flow, sources: Sequence[TopicPartition], random: Random
    ) -> None:
        self.transactional_id = name
        self._name = name
        self._cluster = cluster
        self._group = flow.group
        self._topics = tuple(dict.fromkeys(topic for topic, _ in sources))
        self._random = random
        self._lives = 0
        self._epoch = 0
        self._owned: tuple[TopicPartitions, ...] = ()

    @property
    def commits_as(self) -> CommitsAs:
        return CommitsAs(member_id=self._member_id, generation=Generation(self._epoch))

    async def claim(self) -> Sequence[TopicPartition]:
        """Until the coordinator has heard that the member has what it was given."""
        if self._random.random() < 0.1:
            self._lives += 1
            self._begin_anew()
        names = await self._cluster.retried("names", self._names)
        while True:
            if not await self._changes():
                break
            await asyncio.sleep(_PAUSE_S)
        return [(names[each.topic_id], index) for each in self._owned for index in each.partitions]

    async def holds(self) -> bool:
        return not await self._changes()

    async def _names(self) -> dict[Uuid, str]:
        """By id. A broker that is too busy to say may have listed the topics without."""
        topics = (await self._cluster.metadata(self._topics)).topics.values()
        for each in topics:
            check(each.error_code)
        return {each.id: each.name for each in topics}

    @property
    def _member_id(self) -> str:
        return f"{self._name}-{self._lives}"

    def _begin_anew(self) -> None:
        self._epoch, self._owned = 0, ()

    async def _changes(self) -> bool:
        """A heartbeat, and whether its answer changes what is owned."""
        request = ConsumerGroupHeartbeatRequest(
            group_id=self._group,
            member_id=self._member_id,
            member_epoch=self._epoch,
            rebalance_timeout_ms=SESSION_MS,
            subscribed_topic_names=self._topics,
            topic_partitions=self._owned,
        )
        try:
            answer = await self._cluster.ask(
                Coordinator(self._group),
                request,
                ConsumerGroupHeartbeatResponse,
                accept=lambda each: check(each.error_code),
            )
        except Refused as refused:
            if refused.code not in _THROWN_OUT:
                raise
            self._begin_anew()
            return True
        before, self._epoch = self._owned, answer.member_epoch
        if answer.assignment is not None:
            given = answer.assignment.topic_partitions
            self._owned = tuple(TopicPartitions(topic_id=each.topic_id, partitions=each.partitions) for each in given)
        return self._owned != before
