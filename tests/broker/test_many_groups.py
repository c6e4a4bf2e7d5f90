"""Thousands of consumer groups, and one of a thousand members: nobody waits 20 ms for any of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.broker.held import measured
from tests.broker.rig import Rig

from headwater.broker.handlers import consumer_group_heartbeat, list_groups
from headwater.kernel.real.callbacks import Held
from headwater.wire.messages.consumer_group_heartbeat_request import ConsumerGroupHeartbeatRequest, TopicPartitions
from headwater.wire.messages.list_groups_request import ListGroupsRequest

MEMBERS = 1_000
GROUPS = 5_000
ROUNDS_MAX = 20
SETTINGS = {
    "group.consumer.assignment.interval.ms": "200",
    "group.consumer.session.timeout.ms": "600000",
    "group.consumer.max.session.timeout.ms": "600000",
}
"""An interval that needs no patience, but has a thousand joins assigned together; sessions that a busy machine won't end."""


class Member:
    """It owns what it is told to own, at once."""

    def __init__(self, broker: Rig, group: str, name: str) -> None:
        self.broker = broker
        self.group = group
        self.name = name
        self.epoch = 0
        self.owned: tuple[TopicPartitions, ...] = ()

    async def join(self) -> None:
        await self._beat(rebalance_timeout_ms=60_000, subscribed_topic_names=("t",))

    async def go_on(self) -> None:
        await self._beat()

    async def leave(self) -> None:
        self.epoch = -1
        await self._beat()

    async def _beat(self, **fields: Any) -> None:
        """In a callback of its own, as requests come."""
        await asyncio.sleep(0)
        request = ConsumerGroupHeartbeatRequest(
            group_id=self.group, member_id=self.name, member_epoch=self.epoch, topic_partitions=self.owned, **fields
        )
        answer = await self.broker.ask(consumer_group_heartbeat, request, 1)
        assert not answer.error_code
        self.epoch = answer.member_epoch
        if answer.assignment is not None:
            told = answer.assignment.topic_partitions
            self.owned = tuple(TopicPartitions(topic_id=each.topic_id, partitions=each.partitions) for each in told)


def held_by(work: Callable[[Rig], Awaitable[None]], *, partitions: int) -> list[Held]:
    """What held the loop, of all that the broker did for a topic of so many partitions."""
    return measured(
        work,
        topics={"t": partitions},
        settings=SETTINGS,
        warm_up=lambda broker: Member(broker, "first", "member").join(),
    )


@pytest.mark.long
def test_a_thousand_members_come_share_and_go_without_a_pause():
    async def work(broker: Rig) -> None:
        members = [Member(broker, "g", f"member-{number:04}-{'x' * 20}") for number in range(MEMBERS)]
        for each in members:
            await each.join()
        for _ in range(ROUNDS_MAX):
            for each in members:
                await each.go_on()
            if all(sum(len(topic.partitions) for topic in each.owned) == 1 for each in members):
                break
        else:
            pytest.fail("the members did not come to rest")
        for each in members[: MEMBERS // 2]:
            await each.leave()
        for each in members[MEMBERS // 2 :]:
            await each.go_on()

    assert held_by(work, partitions=MEMBERS) == []


@pytest.mark.long
def test_five_thousand_groups_are_served_and_listed_without_a_pause():
    async def work(broker: Rig) -> None:
        members = [Member(broker, f"group-{number}", "member") for number in range(GROUPS)]
        for each in members:
            await each.join()
        for each in members:
            await each.go_on()
        listed = await broker.ask(list_groups, ListGroupsRequest(), 5)
        assert len(listed.groups) >= GROUPS

    assert held_by(work, partitions=3) == []
