"""DescribeProducers, against logs in memory."""

from typing import Any

from tests.broker.log_rig import LogRig, log_rig, of_one
from tests.contracts.log_store import NOON, append, sequenced
from tests.machine.toy import run

from headwater.broker.handlers import describe_producers
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.describe_producers_request import DescribeProducersRequest, TopicRequest


async def described(rig: LogRig, topic: str) -> Any:
    request = DescribeProducersRequest(topics=(TopicRequest(name=topic, partition_indexes=(0,)),))
    return of_one(await rig.ask(describe_producers, request, 0))


def test_producers_are_told_with_their_last_batch_and_their_open_transaction():
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders")
            await append(rig.log("orders"), sequenced("a", "b", sequence=0, producer=7, epoch=3))
            await append(rig.log("orders"), sequenced("c", sequence=5, producer=8, transactional=True))
            plain, open_ = (await described(rig, "orders")).active_producers
            assert (plain.producer_id, plain.producer_epoch, plain.last_sequence) == (7, 3, 1)
            assert (plain.last_timestamp, plain.current_txn_start_offset) == (NOON + 1, -1)
            assert (open_.producer_id, open_.current_txn_start_offset) == (8, 2)

    run(test)


def test_names_that_are_unknown_or_can_not_be_are_refused():
    async def test() -> None:
        async with log_rig() as rig:
            assert (await described(rig, "nothing")).error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            invalid = await described(rig, "no/name")
            assert invalid.error_code == ErrorCode.INVALID_TOPIC_EXCEPTION
            assert invalid.error_message

    run(test)
