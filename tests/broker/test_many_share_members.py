"""A share group of a thousand members over a thousand partitions: nobody waits 20 ms for any of it."""

import asyncio
from typing import Any

import pytest
from tests.broker.held import measured
from tests.broker.rig import Rig

from headwater.broker.handlers import share_group_heartbeat
from headwater.wire.messages.share_group_heartbeat_request import ShareGroupHeartbeatRequest

MEMBERS = 1_000
PARTITIONS = 1_000
ROUNDS_MAX = 30
SETTINGS = {
    "group.share.max.size": str(MEMBERS),
    "group.share.assignment.interval.ms": "0",
    "group.share.session.timeout.ms": "600000",
    "group.share.max.session.timeout.ms": "600000",
    "share.coordinator.state.topic.num.partitions": "2",
}
"""Without an interval the whole group is assigned anew with each member."""


class Member:
    def __init__(self, broker: Rig, group: str, number: int) -> None:
        self.broker = broker
        self.group = group
        self.name = f"member-{number:04}-{'x' * 20}"
        self.epoch = 0
        self.partitions = 0

    async def join(self) -> None:
        await self._beat(subscribed_topic_names=("t",))

    async def go_on(self) -> None:
        await self._beat()

    async def leave(self) -> None:
        self.epoch = -1
        await self._beat()

    async def _beat(self, **fields: Any) -> None:
        """In a callback of its own, as requests come."""
        await asyncio.sleep(0)
        request = ShareGroupHeartbeatRequest(
            group_id=self.group, member_id=self.name, member_epoch=self.epoch, **fields
        )
        answer = await self.broker.ask(share_group_heartbeat, request, 1)
        assert not answer.error_code, answer.error_message
        self.epoch = answer.member_epoch
        if answer.assignment is not None:
            self.partitions = sum(len(each.partitions) for each in answer.assignment.topic_partitions)


@pytest.mark.long
def test_a_thousand_members_come_share_and_go_without_a_pause() -> None:
    async def settle(members: list[Member]) -> None:
        for _ in range(ROUNDS_MAX):
            for each in members:
                await each.go_on()
            if sum(each.partitions for each in members) == PARTITIONS:
                return
        pytest.fail("the members did not come to rest")

    async def work(broker: Rig) -> None:
        members = [Member(broker, "g", number) for number in range(MEMBERS)]
        for each in members:
            await each.join()
        await settle(members)
        for each in members[: MEMBERS // 2]:
            await each.leave()
        await settle(members[MEMBERS // 2 :])

    held = measured(
        work,
        topics={"t": PARTITIONS},
        settings=SETTINGS,
        warm_up=lambda broker: Member(broker, "first", 0).join(),
    )
    assert held == []
