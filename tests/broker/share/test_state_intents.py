"""Intents of share groups, however the logs and the share coordinator fail meanwhile."""

from random import Random
from typing import Any

import pytest
from tests.control.groups.rig import Topics
from tests.control.groups.share.rig import beat
from tests.machine.toy import Store, ToyJournal, clock, elapse, run
from tests.simulation.world.randomness import SimulatedRandomness

from headwater.broker.errors import Refused
from headwater.broker.share.state_intents import ShareStateIntents
from headwater.control.groups.consumer.settings import ConsumerGroupSettings
from headwater.control.groups.machine import Groups
from headwater.control.groups.requests import DeleteGroup
from headwater.control.groups.settings import GroupSettings
from headwater.control.groups.share.member import LEAVING
from headwater.control.groups.share.requests import DeleteShareState
from headwater.control.groups.share.settings import ShareGroupSettings
from headwater.control.groups.streams.settings import StreamsSettings
from headwater.control.share.errors import FencedStateEpoch
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.requests import DeleteState, InitializeState
from headwater.kernel.tasks import Ward
from headwater.machine.errors import MachineError
from headwater.machine.runtime import Runtime
from headwater.wire.error_codes import ErrorCode

SEEDS = 12
TRIES = 400


class States:
    """A share coordinator that may do what it is told and say that it did not."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.epochs: dict[SharePartitionKey, int] = {}

    async def ask(self, key: str, request: Any) -> Any:
        await elapse(self._chance.randrange(10))
        if self._chance.random() < 0.3:
            raise Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        match request:
            case InitializeState() if self.epochs.get(request.key, 0) > request.state_epoch:
                return FencedStateEpoch(request.state_epoch, self.epochs[request.key])
            case InitializeState():
                self.epochs[request.key] = request.state_epoch
            case DeleteState():
                self.epochs.pop(request.key, None)
        if self._chance.random() < 0.3:
            raise Refused(ErrorCode.REQUEST_TIMED_OUT)
        return None


class World:
    """A group machine whose log fails now and then, and clients that ask until they are answered."""

    def __init__(self, seed: int) -> None:
        chance = Random(seed)
        self.topics = Topics()
        self.states = States(chance)
        self.ward = Ward("test", children_max=99, randomness=SimulatedRandomness(Random(seed)))
        fates = ["ok"] * 6 + ["lost", "unknown"]
        self.runtime = Runtime(
            "groups",
            lambda: Groups(
                settings=GroupSettings,
                topics=self.topics,
                consumer_settings=lambda _: ConsumerGroupSettings(),
                share_settings=lambda _: ShareGroupSettings(assignment_interval_ms=0),
                streams_settings=lambda _: StreamsSettings(),
            ),
            ToyJournal(Store(), delay=lambda: chance.random() / 100, fate=lambda: chance.choice(fates)),
            clock=clock(),
            ward=self.ward,
        )
        intents = ShareStateIntents(self.runtime, self.states, self.topics, ward=self.ward)
        self.runtime.subscribe(intents.durable, reloaded=intents.reloaded)

    async def ask(self, request: Any) -> Any:
        for _ in range(TRIES):
            try:
                return await self.runtime.ask(request)
            except MachineError:
                await elapse(50)
        raise AssertionError(f"nobody answered {request}")


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_member_reads_in_the_end_and_a_deleted_group_leaves_nothing(seed: int):
    async def test() -> None:
        world = World(seed)
        topic = world.topics.make("t", 3)
        await world.runtime.start()
        tries = 0
        while (await world.ask(beat())).assigned != {topic: (0, 1, 2)}:
            tries += 1
            assert tries < TRIES
        keys = [SharePartitionKey(group_id="g", topic_id=topic, partition=index) for index in range(3)]
        assert sorted(world.states.epochs, key=str) == sorted(keys, key=str)

        await world.ask(beat(epoch=LEAVING, topics=None))
        for _ in range(TRIES):
            if await world.ask(DeleteShareState(group_id="g")) is None:
                break
        await world.ask(DeleteGroup(group_id="g"))
        assert world.states.epochs == {}
        assert "g" not in world.runtime.head.share
        await world.runtime.close(1)
        assert await world.ward.close(deadline_s=1)

    run(test, seed=seed)
