"""OffsetForLeaderEpoch, against logs in memory."""

from typing import Any

import pytest
from tests.broker.log_rig import LogRig, log_rig, of_one
from tests.contracts.log_store import append, batch
from tests.machine.toy import run

from headwater.broker.handlers import offset_for_leader_epoch
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.offset_for_leader_epoch_request import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)


async def ended(rig: LogRig, epoch: int, *, current: int = -1, topic: str = "orders", version: int = 4) -> Any:
    part = OffsetForLeaderPartition(leader_epoch=epoch, current_leader_epoch=current)
    request = OffsetForLeaderEpochRequest(topics=(OffsetForLeaderTopic(topic=topic, partitions=(part,)),))
    return of_one(await rig.ask(offset_for_leader_epoch, request, version))


async def two_epochs(rig: LogRig) -> None:
    """Epoch 0 has two records, epoch 1 has one."""
    topic_id = await rig.create("orders")
    await append(rig.log("orders"), batch("a", "b"))
    rig.lead(topic_id)
    await append(rig.log("orders"), batch("c"))


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize(("epoch", "found"), [(0, (0, 2)), (1, (1, 3)), (2, (-1, -1))])
def test_an_epoch_ends_where_the_next_begins(version, epoch, found):
    async def test() -> None:
        async with log_rig() as rig:
            await two_epochs(rig)
            answer = await ended(rig, epoch, version=version)
            assert (answer.error_code, answer.leader_epoch, answer.end_offset) == (0, *found)

    run(test)


def test_who_has_missed_a_change_of_leader_is_told_so():
    async def test() -> None:
        async with log_rig() as rig:
            await two_epochs(rig)
            codes = [(await ended(rig, 0, current=current)).error_code for current in (0, 1, 2)]
            assert codes == [ErrorCode.FENCED_LEADER_EPOCH, 0, ErrorCode.UNKNOWN_LEADER_EPOCH]

    run(test)


def test_an_unknown_topic_is_refused():
    async def test() -> None:
        async with log_rig() as rig:
            assert (await ended(rig, 0, topic="nothing")).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    run(test)
