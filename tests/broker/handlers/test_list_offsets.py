"""ListOffsets, against logs in memory."""

import asyncio
from typing import Any

import pytest
from tests.broker.log_rig import LogRig, log_rig, of_one
from tests.contracts.log_store import NOON, append, batch, sequenced
from tests.machine.toy import run

from headwater.broker import turns
from headwater.broker.handlers import list_offsets
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.list_offsets_request import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from headwater.wire.types import Offset

LATEST = 11


def asking(timestamp: int, *, topic: str = "orders", epoch: int = -1, committed: bool = False) -> ListOffsetsRequest:
    part = ListOffsetsPartition(timestamp=timestamp, current_leader_epoch=epoch)
    return ListOffsetsRequest(
        isolation_level=int(committed), topics=(ListOffsetsTopic(name=topic, partitions=(part,)),)
    )


async def listed(rig: LogRig, timestamp: int, version: int = LATEST, **more: Any) -> Any:
    return of_one(await rig.ask(list_offsets, asking(timestamp, **more), version))


async def four_records(rig: LogRig) -> None:
    """At offsets 0 to 3, of noon and the three milliseconds after it; the log starts at 1."""
    await rig.create("orders")
    log = rig.log("orders")
    await append(log, batch("a"))
    await append(log, batch("b", "c", at=NOON + 1))
    await append(log, batch("d", at=NOON + 3))
    await log.trim(Offset(1))


@pytest.mark.parametrize("version", range(1, 12))
def test_the_edges_are_answered_at_every_version(version):
    async def test() -> None:
        async with log_rig() as rig:
            await four_records(rig)
            latest, earliest = await listed(rig, -1, version), await listed(rig, -2, version)
            assert (latest.offset, latest.timestamp, latest.error_code) == (4, -1, 0)
            assert (earliest.offset, earliest.timestamp, earliest.error_code) == (1, -1, 0)
            assert latest.leader_epoch == (0 if version >= 4 else -1)

    run(test)


@pytest.mark.parametrize(("after_ms", "offset"), [(-9, 1), (1, 1), (2, 2), (3, 3), (4, -1)])
def test_the_first_record_not_before_a_time_is_found(after_ms, offset):
    async def test() -> None:
        async with log_rig() as rig:
            await four_records(rig)
            found = await listed(rig, NOON + after_ms)
            assert (found.offset, found.error_code) == (offset, 0)
            assert found.timestamp == (NOON + offset if offset >= 0 else -1)

    run(test)


def test_others_have_their_turns_while_many_partitions_are_looked_at(monkeypatch):
    monkeypatch.setattr(turns, "TURN_MAX_S", -1)  # every step takes too long

    async def test() -> None:
        many = tuple(ListOffsetsPartition(partition_index=index, timestamp=NOON) for index in range(100))
        async with log_rig() as rig:
            await rig.create("orders")
            request = ListOffsetsRequest(topics=(ListOffsetsTopic(name="orders", partitions=many),))
            asked = asyncio.ensure_future(rig.ask(list_offsets, request, LATEST))
            taken = 0
            while not asked.done():
                taken += 1
                await asyncio.sleep(0)
            assert len(asked.result().topics[0].partitions) == len(many)
        assert taken >= len(many)

    run(test)


def test_the_largest_timestamp_is_found_and_what_is_tiered_is_not():
    async def test() -> None:
        async with log_rig() as rig:
            await four_records(rig)
            assert [(await listed(rig, special)).offset for special in (-3, -4, -5, -6)] == [3, 1, -1, -1]

    run(test)


def test_an_empty_log_has_no_record_of_any_time():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            assert [(await listed(rig, special)).offset for special in (-1, -2, -3, NOON)] == [0, 0, -1, -1]

    run(test)


@pytest.mark.parametrize(("special", "version"), [(-3, 6), (-4, 7), (-5, 8), (-6, 10), (-7, 11)])
def test_special_timestamps_are_refused_where_a_version_does_not_know_them(special, version):
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            assert (await listed(rig, special, version)).error_code == ErrorCode.UNSUPPORTED_VERSION

    run(test)


def test_a_committed_view_ends_at_the_last_stable_offset():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            await append(rig.log("orders"), batch("a"))
            await append(rig.log("orders"), sequenced("open", sequence=0, transactional=True, at=NOON + 9))
            assert (await listed(rig, -1, committed=True)).offset == 1
            assert (await listed(rig, -1)).offset == 2
            assert (await listed(rig, NOON + 9, committed=True)).offset == -1
            assert (await listed(rig, NOON + 9)).offset == 1

    run(test)


def test_leader_epochs_are_compared():
    async def test() -> None:
        async with log_rig() as rig:
            topic_id = await rig.create("orders")
            rig.lead(topic_id)
            codes = [(await listed(rig, -1, epoch=epoch)).error_code for epoch in (0, 1, 2)]
            assert codes == [ErrorCode.FENCED_LEADER_EPOCH, 0, ErrorCode.UNKNOWN_LEADER_EPOCH]

    run(test)


def test_what_is_not_there_and_what_is_named_twice_is_refused():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            unknown = await listed(rig, -1, topic="nothing")
            assert (unknown.error_code, unknown.offset) == (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1)
            twice = ListOffsetsRequest(topics=asking(-1).topics * 2)
            response = await rig.ask(list_offsets, twice, LATEST)
            assert [each.partitions[0].error_code for each in response.topics] == [ErrorCode.INVALID_REQUEST] * 2

    run(test)
