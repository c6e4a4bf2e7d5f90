"""A log that is cut off where a load has no need of it any more."""

from collections.abc import Sequence

from tests.control.share.rig import KEY, Rig, initialize, write
from tests.control.share.test_batches import batch
from tests.machine.toy import clock, run

from headwater.control.share.codec import ShareCodec
from headwater.control.share.pruning import whole_of
from headwater.control.share.requests import DeleteState
from headwater.control.share.state import ShareRecord
from headwater.kernel.units import Timestamp
from headwater.log.journals.pruned import PrunedJournal
from headwater.log.memory.logs import MemoryLogs
from headwater.log.memory.storage import MemoryStorage
from headwater.log.port import Log, PartitionId
from headwater.log.settings import LogSettings
from headwater.wire.types import LeaderEpoch, Offset, TopicName, Uuid

PARTITION = PartitionId(topic=TopicName("__share_group_state"), topic_id=Uuid(bytes([9]) * 16), index=0)


def journal_over(log: Log) -> PrunedJournal:
    return PrunedJournal(log, ShareCodec(), whole=whole_of, interval_ms=lambda: 1_000)


async def append(journal: PrunedJournal, records: Sequence[ShareRecord], *, end: Offset, now: int) -> Offset:
    return await journal.append([records], expected_end=end, now=Timestamp(now))


def test_what_lies_before_the_oldest_last_snapshot_goes() -> None:
    async def test() -> None:
        log = await MemoryLogs(MemoryStorage(), clock=clock()).open(
            PARTITION, epoch=LeaderEpoch(0), settings=LogSettings()
        )
        rig = Rig(updates_per_snapshot=2)
        rig.ask(initialize())
        for offset in range(3):
            rig.ask(write(batch(offset, offset, 2)))
        journal = journal_over(log)
        assert await journal.load(lambda _: None) == 0
        end = await append(journal, rig.log, end=Offset(0), now=0)
        assert log.bounds.start == 0
        rig.ask(write(batch(3, 3, 2)))
        end = await append(journal, rig.log[-1:], end=end, now=1_000)
        assert log.bounds.start == 3, "where the second snapshot stands"
        loaded = Rig()
        again = journal_over(log)
        assert await again.load(loaded.machine.replay) == end
        assert loaded.machine.get(KEY) == rig.machine.get(KEY)
        rig.ask(DeleteState(key=KEY))
        end = await append(again, rig.log[-1:], end=end, now=2_000)
        end = await append(again, [], end=end, now=3_000)
        assert log.bounds.start == end == 6, "nothing is known any more"

    run(test)
