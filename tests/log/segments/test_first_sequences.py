"""A producer sends its first five batches one behind the other; if the first is not written, the second is not the first."""

import pytest
from tests.contracts.log_store import append, contents, open_log, sequenced
from tests.contracts.simulated_store import SimulatedStore

from headwater.log.errors import AppendFailed, OutOfOrderSequence


async def test_what_a_new_producer_sent_behind_a_batch_that_had_no_room_does_not_come_before_it():
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs)
    store.storage.bytes_max = store.storage.used + 300
    with pytest.raises(AppendFailed):
        await append(log, sequenced("a" * 1000, sequence=0))
    with pytest.raises(OutOfOrderSequence):
        await append(log, sequenced("b", sequence=1))
    store.storage.bytes_max = 2**40
    await append(log, sequenced("a", sequence=0))
    await append(log, sequenced("b", sequence=1))
    assert await contents(log) == ["a", "b"]
    await logs.close()
