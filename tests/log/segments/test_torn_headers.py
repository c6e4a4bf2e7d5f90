"""The fields in front of a batch's checksum are not covered by it: what a torn sector left there may look whole."""

from tests.contracts.log_store import append, batch, contents, open_log
from tests.contracts.simulated_store import SimulatedStore

from headwater.kernel.world import Mode
from headwater.log.segments.names import LOG

LOG_FILE = f"/data/orders-0/{0:020d}{LOG}"
EPOCH_AT = 12
GARBAGE = (0x8307).to_bytes(4, "big")


async def test_a_batch_of_an_epoch_that_has_not_begun_is_a_torn_tail():
    store = SimulatedStore()
    logs = await store.open()
    log = await open_log(logs, epoch=1)
    await append(log, batch("a"))
    await append(log, batch("b"))
    file = store.disk.open(LOG_FILE, Mode.WRITE)
    file.pwrite(GARBAGE, len(batch("a")) + EPOCH_AT)
    await file.sync()
    await store.crash(logs)
    log = await open_log(await store.open(), epoch=2)
    assert await contents(log) == ["a"]
    assert log.bounds.epoch == 2
    await append(log, batch("c"))
    assert await contents(log) == ["a", "c"]
