"""Thousands of transactions that time out in one moment, as those of a fleet that died: nobody waits 20 ms for it."""

import asyncio

import pytest
from tests.broker.held import rare_collections
from tests.broker.rig import Rig, rig
from tests.broker.transacting import FEW, log_of, make_topics
from tests.machine.toy import elapse

from headwater.control.transactions.requests import AddPartitions, InitProducer, ProducerIdentity
from headwater.control.transactions.transaction import TopicPartition
from headwater.kernel.real.callbacks import Held, measured_callbacks
from headwater.wire.types import ProducerId, TopicName

TRANSACTIONS = 3_000
AT_ONCE = 100
TIMEOUT_MS = 1_000
INTERVAL_MS = 10_000
"""All of them are begun in it, even on a busy machine, and looked for at its end."""
PLACES: tuple[TopicPartition, ...] = tuple(
    (TopicName(name), index) for name in ("orders", "sales") for index in range(2)
)
DEADLINE_S = 60


@pytest.mark.long
def test_thousands_of_transactions_time_out_without_a_pause():
    async def test() -> list[Held]:
        interval = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": str(INTERVAL_MS)}
        async with rig(settings={**FEW, **interval}) as broker:
            await make_topics(broker)
            for first in range(0, TRANSACTIONS, AT_ONCE):
                await asyncio.gather(*(begin(broker, number) for number in range(first, first + AT_ONCE)))
            machines = broker.services.transactions.all()
            with measured_callbacks() as held:
                async with asyncio.timeout(DEADLINE_S):
                    while any(not each.state.is_over for runtime in machines for each in runtime.head.all()):
                        await elapse(100)
                assert all(log_of(broker, *place).bounds.end == TRANSACTIONS for place in PLACES)
                return [*held]

    with rare_collections():
        assert asyncio.run(test()) == []


async def begin(broker: Rig, number: int) -> None:
    """A transaction that has four partitions, and wrote nothing in them."""
    name, producer_id = f"copier-{number}", ProducerId(number)
    new = InitProducer(transactional_id=name, timeout_ms=TIMEOUT_MS, new_producer_id=producer_id)
    producer = await broker.services.transactions.ask(name, new)
    assert isinstance(producer, ProducerIdentity)
    adding = AddPartitions(transactional_id=name, producer=producer, partitions=PLACES)
    assert await broker.services.transactions.ask(name, adding) is None
