"""Replicas of a machine over one topic: all follow, one writes, and which one may change at any time."""

import asyncio
import json
from typing import Self
from unittest.mock import AsyncMock

import pytest
from tests.machine.toy import Add, Register

from headwater.client.admin.topics import NewTopic, create_topic, delete_topic
from headwater.client.cluster import Cluster
from headwater.client.errors import Unreachable
from headwater.client.journal import TopicJournal
from headwater.client.replica import Patience, Replica
from headwater.kernel.real.clock import SystemClock
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.tasks import Ward
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Record
from headwater.machine.errors import MachineError, NotTheWriter, OutcomeUnknown

TOPIC = "_states"
SOON_S = 10.0


class Codec:
    def encode(self, record: Record) -> tuple[bytes | None, bytes | None]:
        return json.dumps(record[1]).encode(), record[0].encode()

    def decode(self, key: bytes | None, value: bytes | None, timestamp: Timestamp) -> Record | None:
        return None if value is None else (value.decode(), json.loads(key or b""))


class Replicas:
    """Of one topic, made with `another`, closed together."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._ward = Ward("replicas", children_max=100, randomness=SystemRandomness())
        self._all: list[Replica[Register]] = []

    async def __aenter__(self) -> Self:
        await create_topic(self._cluster, NewTopic(name=TOPIC, partitions=1))
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in self._all:
            await each.close()
        await self._ward.close(deadline_s=SOON_S)

    async def another(self) -> Replica[Register]:
        def journal() -> TopicJournal:
            return TopicJournal(
                self._cluster, TOPIC, Codec(), transactional_id="writer", barrier=b"noop", clock=SystemClock()
            )

        replica = Replica(
            Register, journal, clock=SystemClock(), ward=self._ward, patience=Patience(load_timeout_s=SOON_S)
        )
        self._all.append(replica)
        await replica.start()
        return replica


def items(register: Register) -> list[str]:
    return list(register.items)


def test_what_one_writes_the_others_follow(against_a_broker):
    async def test(cluster):
        async with Replicas(cluster) as replicas:
            writer, follower = await replicas.another(), await replicas.another()
            await writer.promote()
            assert [await writer.submit(Add(item=each)) for each in "abc"] == [0, 1, 2]
            await follower.catch_up(timeout_s=SOON_S)
            late = await replicas.another()
            for each in (writer, follower, late):
                assert await each.read(items) == ["a", "b", "c"]

    against_a_broker(test)


def test_who_only_follows_decides_nothing(against_a_broker):
    async def test(cluster):
        async with Replicas(cluster) as replicas:
            follower = await replicas.another()
            with pytest.raises(NotTheWriter):
                await follower.submit(Add(item="a"))

    against_a_broker(test)


def test_a_new_writer_goes_on_where_the_last_one_was_and_the_last_one_writes_nothing_more(against_a_broker):
    async def test(cluster):
        async with Replicas(cluster) as replicas:
            one, two = await replicas.another(), await replicas.another()
            stopped = await one.promote()
            await one.submit(Add(item="a"))
            await two.promote()
            assert await two.submit(Add(item="b")) == 1
            with pytest.raises(OutcomeUnknown):
                await one.submit(Add(item="c"))
            assert stopped.fenced.is_set()
            assert not one.is_writer
            with pytest.raises(NotTheWriter):
                await one.submit(Add(item="c"))
            await one.demote()
            assert await one.read(items) == ["a", "b"]
            await two.submit(Add(item="d"))
            await one.catch_up(timeout_s=SOON_S)
            assert await one.read(items) == ["a", "b", "d"]

    against_a_broker(test)


def test_a_writer_that_steps_back_keeps_its_machine_and_may_write_again(against_a_broker):
    async def test(cluster):
        async with Replicas(cluster) as replicas:
            one, two = await replicas.another(), await replicas.another()
            runtime = await one.promote()
            await one.submit(Add(item="a"))
            machine = runtime.head
            await one.demote()
            await two.promote()
            await two.submit(Add(item="b"))
            await two.demote()
            assert await one.promote() is not runtime
            assert await one.submit(Add(item="c")) == 2
            assert await one.read(lambda register: register is machine)

    against_a_broker(test)


def test_what_is_being_written_when_a_writer_steps_back_is_finished_first(against_a_broker):
    async def test(cluster):
        async with Replicas(cluster) as replicas:
            one = await replicas.another()
            await one.promote()
            asked = [asyncio.ensure_future(one.submit(Add(item=f"{number}"))) for number in range(20)]
            await asyncio.sleep(0)
            await one.demote()
            assert await asyncio.gather(*asked) == list(range(20))
            assert await one.read(items) == [f"{number}" for number in range(20)]

    against_a_broker(test)


def test_while_the_cluster_is_away_nothing_is_decided_and_reads_go_on(against_a_broker, monkeypatch):
    async def test(cluster):
        async with Replicas(cluster) as replicas:
            writer = await replicas.another()
            await writer.promote()
            await writer.submit(Add(item="a"))
            away = AsyncMock(side_effect=Unreachable("broker:9092", "refused"))
            with monkeypatch.context() as patched:
                patched.setattr(cluster, "connected", away)
                with pytest.raises(Unreachable):
                    await writer.submit(Add(item="b"))
                assert await writer.read(items) == ["a"]
            assert await writer.submit(Add(item="c")) == 1

    against_a_broker(test)


def test_a_topic_that_is_made_again_is_read_again(against_a_broker):
    async def test(cluster):
        async with Replicas(cluster) as replicas:
            one, follower = await replicas.another(), await replicas.another()
            await one.promote()
            for each in "abc":
                await one.submit(Add(item=each))
            await one.demote()
            await follower.catch_up(timeout_s=SOON_S)
            await delete_topic(cluster, TOPIC)
            await create_topic(cluster, NewTopic(name=TOPIC, partitions=1))
            while await items_of(follower) != []:  # noqa: ASYNC110 - a read tells it, and nothing else
                await asyncio.sleep(0)

    against_a_broker(test)


async def items_of(replica: Replica[Register]) -> list[str]:
    try:
        return await replica.read(items)
    except MachineError:
        return ["not yet"]
