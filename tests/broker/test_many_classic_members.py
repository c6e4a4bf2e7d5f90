"""A classic group of a thousand members: nobody waits 20 ms for a rebalance of it."""

import asyncio

import pytest
from tests.broker.held import measured
from tests.broker.rig import Rig

from headwater.broker.handlers import join_group, sync_group
from headwater.wire.messages.join_group_request import JoinGroupRequest, JoinGroupRequestProtocol
from headwater.wire.messages.sync_group_request import SyncGroupRequest, SyncGroupRequestAssignment

MEMBERS = 1_000
JOINS_AT_ONCE = 3
"""A version at which a member without an id is taken in by its first join."""
SETTINGS = {"group.initial.rebalance.delay.ms": "3000"}


class Member:
    def __init__(self, broker: Rig, group: str) -> None:
        self.broker = broker
        self.group = group
        self.name = ""

    async def take_part(self, generation: int) -> None:
        """Join with something new, and learn what is assigned."""
        protocol = JoinGroupRequestProtocol(name="range", metadata=b"%d" % generation)
        join = JoinGroupRequest(
            group_id=self.group,
            member_id=self.name,
            protocol_type="load",
            protocols=(protocol,),
            session_timeout_ms=300_000,
            rebalance_timeout_ms=300_000,
        )
        joined = await self.broker.ask(join_group, join, JOINS_AT_ONCE)
        assert not joined.error_code
        assert joined.generation_id == generation
        self.name = joined.member_id
        sync = SyncGroupRequest(
            group_id=self.group,
            member_id=self.name,
            generation_id=generation,
            assignments=tuple(
                SyncGroupRequestAssignment(member_id=each.member_id, assignment=each.member_id.encode())
                for each in joined.members
            ),
        )
        synced = await self.broker.ask(sync_group, sync, JOINS_AT_ONCE)
        assert synced.assignment == self.name.encode()


@pytest.mark.long
def test_a_thousand_members_rebalance_without_a_pause() -> None:
    async def work(broker: Rig) -> None:
        members = [Member(broker, "g") for _ in range(MEMBERS)]
        for generation in (1, 2):
            await asyncio.gather(*(each.take_part(generation) for each in members))

    held = measured(
        work, topics={"t": 1}, settings=SETTINGS, warm_up=lambda broker: Member(broker, "first").take_part(1)
    )
    assert held == []
