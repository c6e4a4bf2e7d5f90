"""DeleteRecords, against logs in memory."""

from typing import Any

import pytest
from tests.broker.log_rig import LogRig, log_rig, of_one
from tests.contracts.log_store import append, batch
from tests.machine.toy import run

from headwater.broker.handlers import delete_records
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_records_request import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsTopic,
)


async def deleted(rig: LogRig, offset: int, *, topic: str = "orders", version: int = 2) -> Any:
    part = DeleteRecordsPartition(offset=offset)
    request = DeleteRecordsRequest(topics=(DeleteRecordsTopic(name=topic, partitions=(part,)),), timeout_ms=1000)
    return of_one(await rig.ask(delete_records, request, version))


async def three_records(rig: LogRig, *, policy: str = "delete") -> None:
    await rig.create("orders", cleanup_policy=policy)
    await append(rig.log("orders"), batch("a"), batch("b"), batch("c"))


@pytest.mark.parametrize("version", [0, 1, 2])
def test_the_start_moves_up_and_never_down(version):
    async def test() -> None:
        async with log_rig() as rig:
            await three_records(rig)
            marks = [(await deleted(rig, offset, version=version)).low_watermark for offset in (2, 1, -1)]
            assert marks == [2, 2, 3]
            assert rig.log("orders").bounds.start == 3

    run(test)


@pytest.mark.parametrize("offset", [4, -2])
def test_an_offset_that_can_not_be_read_is_out_of_range(offset):
    async def test() -> None:
        async with log_rig() as rig:
            await three_records(rig)
            refused = await deleted(rig, offset)
            assert (refused.error_code, refused.low_watermark) == (ErrorCode.OFFSET_OUT_OF_RANGE, -1)

    run(test)


def test_what_the_broker_needs_or_a_topics_policy_keeps_stays():
    async def test() -> None:
        async with log_rig() as rig:
            await three_records(rig, policy="compact")
            await rig.create("__consumer_offsets")
            assert (await deleted(rig, 1)).error_code == ErrorCode.POLICY_VIOLATION
            internal = await deleted(rig, 0, topic="__consumer_offsets")
            assert internal.error_code == ErrorCode.INVALID_TOPIC_EXCEPTION
            assert (await deleted(rig, 0, topic="nothing")).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION

    run(test)
