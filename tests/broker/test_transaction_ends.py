"""Markers are written in turns, however many transactions end together."""

import asyncio
from asyncio import Future, get_running_loop
from collections import Counter
from typing import Any, cast

from tests.machine.toy import run

from headwater.broker.markers import Markers
from headwater.broker.transaction_ends import TransactionEnds
from headwater.control.transactions.machine import Transactions
from headwater.control.transactions.requests import Complete
from headwater.control.transactions.transaction import State, TopicPartition, Transaction, record_of
from headwater.kernel.units import Timestamp
from headwater.machine.runtime import Runtime
from headwater.machine.transactional import TransactionEnd
from headwater.wire.types import ProducerEpoch, ProducerId, TopicName

STEP_MARKERS_MAX = 40


class Steps:
    """Stands for the logs and for the machine, and counts what each step of the loop asks of them."""

    def __init__(self) -> None:
        self.written: Counter[int] = Counter()
        self.partitions: dict[TopicPartition, None] = {}
        self.completed: list[str] = []
        self._now = 0

    async def until_completed(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.completed) < count:
                self._now += 1
                await asyncio.sleep(0)

    def write(self, partition: TopicPartition, _: TransactionEnd) -> Future[Any]:
        self.written[self._now] += 1
        self.partitions[partition] = None
        return _done()

    def submit(self, requests: tuple[Complete, ...]) -> Future[Any]:
        self.completed += [each.transactional_id for each in requests]
        return _done()


def _done() -> Future[Any]:
    future = get_running_loop().create_future()
    future.set_result(None)
    return future


def ends(steps: Steps) -> TransactionEnds:
    runtime, markers = cast("Runtime[Transactions]", steps), cast("Markers", steps)
    return TransactionEnds(runtime, markers, coordinator_epoch=lambda: 0)


def decided(name: str, *, topic: str, partitions: int) -> Transaction:
    return Transaction(
        transactional_id=name,
        producer_id=ProducerId(1),
        epoch=ProducerEpoch(0),
        timeout_ms=1_000,
        state=State.PREPARE_ABORT,
        updated=Timestamp(0),
        partitions={(TopicName(topic), index): None for index in range(partitions)},
    )


def test_thousands_of_transactions_that_time_out_together_let_the_loop_breathe():
    async def test() -> None:
        steps = Steps()
        ends(steps).durable([record_of(decided(f"t{n}", topic=f"t{n}", partitions=4)) for n in range(1_000)])
        await steps.until_completed(1_000)
        assert len(steps.partitions) == sum(steps.written.values()) == 4_000
        assert max(steps.written.values()) <= STEP_MARKERS_MAX

    run(test)


def test_one_transaction_with_thousands_of_partitions_lets_others_have_their_turn():
    async def test() -> None:
        steps = Steps()
        made = [decided("large", topic="many", partitions=1_000), decided("small", topic="one", partitions=1)]
        ends(steps).durable([record_of(each) for each in made])
        await steps.until_completed(2)
        assert len(steps.partitions) == sum(steps.written.values()) == 1_001
        assert max(steps.written.values()) <= STEP_MARKERS_MAX

    run(test)


def test_a_transaction_that_wrote_nothing_needs_no_marker():
    async def test() -> None:
        steps = Steps()
        ends(steps).durable([record_of(decided("empty", topic="none", partitions=0))])
        await steps.until_completed(1)
        assert not steps.written

    run(test)
