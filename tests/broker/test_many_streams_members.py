"""A Kafka Streams application of a thousand instances and three thousand tasks: nobody waits 20 ms for any of it."""

import asyncio
from typing import Any

import pytest
from tests.broker.held import measured
from tests.broker.rig import Rig

from headwater.broker.handlers import streams_group_heartbeat
from headwater.wire.messages.streams_group_heartbeat_request import (
    StreamsGroupHeartbeatRequest,
    Subtopology,
    TaskIds,
    TopicInfo,
    Topology,
)

MEMBERS = 1_000
ROUNDS_MIN, ROUNDS_MAX = 3, 100
PARTITIONS = 1_000
TASKS = 3 * PARTITIONS
TOPICS = {"lines": PARTITIONS, "words": PARTITIONS, "pairs": PARTITIONS, "counted": PARTITIONS, "joined": PARTITIONS}
TOPOLOGY = Topology(
    subtopologies=(
        Subtopology(subtopology_id="0", source_topics=("lines",)),
        Subtopology(subtopology_id="1", source_topics=("words",), state_changelog_topics=(TopicInfo(name="counted"),)),
        Subtopology(subtopology_id="2", source_topics=("pairs",), state_changelog_topics=(TopicInfo(name="joined"),)),
    )
)
SETTINGS = {
    "group.streams.assignment.interval.ms": "0",
    "group.streams.initial.rebalance.delay.ms": "3000",
    "group.streams.session.timeout.ms": "600000",
    "group.streams.max.session.timeout.ms": "600000",
}


class Member:
    """It takes and gives up what it is told to, at once."""

    def __init__(self, broker: Rig, group: str, number: int) -> None:
        self.broker = broker
        self.group = group
        self.name = f"member-{number:04}-{'x' * 20}"
        self.process = f"process-{number:04}"
        self.epoch = 0
        self.tasks: dict[str, Any] = {"active_tasks": (), "standby_tasks": (), "warmup_tasks": ()}

    @property
    def active(self) -> int:
        return sum(len(each.partitions) for each in self.tasks["active_tasks"])

    async def join(self) -> None:
        await self._beat(rebalance_timeout_ms=60_000, topology=TOPOLOGY, process_id=self.process, client_tags=())

    async def go_on(self) -> None:
        await self._beat()

    async def leave(self) -> None:
        self.epoch = -1
        await self._beat()

    async def _beat(self, **fields: Any) -> None:
        """In a callback of its own, as requests come."""
        await asyncio.sleep(0)
        request = StreamsGroupHeartbeatRequest(
            group_id=self.group, member_id=self.name, member_epoch=self.epoch, **self.tasks, **fields
        )
        answer = await self.broker.ask(streams_group_heartbeat, request, 1)
        assert not answer.error_code, answer.error_message
        self.epoch = answer.member_epoch
        if answer.active_tasks is not None:
            self.tasks = {
                role: tuple(
                    TaskIds(subtopology_id=each.subtopology_id, partitions=each.partitions)
                    for each in getattr(answer, role)
                )
                for role in self.tasks
            }


@pytest.mark.long
@pytest.mark.parametrize("standbys", [0, 1])
def test_a_thousand_instances_come_share_tasks_and_go_without_a_pause(standbys: int) -> None:
    async def settle(members: list[Member]) -> None:
        for number in range(ROUNDS_MAX):
            for each in members:
                await each.go_on()
            if sum(each.active for each in members) == TASKS and number >= ROUNDS_MIN:
                return
        pytest.fail("the members did not come to rest")

    async def work(broker: Rig) -> None:
        members = [Member(broker, "g", number) for number in range(MEMBERS)]
        first, second = members[: MEMBERS // 2], members[MEMBERS // 2 :]
        for each in first:
            await each.join()
        await settle(first)
        for each in second:
            await each.join()
        await settle(members)
        for each in first:
            await each.leave()
        await settle(second)

    settings = {**SETTINGS, "group.streams.num.standby.replicas": str(standbys)}
    held = measured(work, topics=TOPICS, settings=settings, warm_up=lambda broker: Member(broker, "first", 0).join())
    assert held == []
