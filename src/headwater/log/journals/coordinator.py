"""The journal of a coordinator: a partition of `__consumer_offsets` or another compacted internal topic.

There is no snapshot beside the log: the log itself is compacted. A snapshot is written into the place of all closed spans, as
one step, so that what is read is the state as it was where the active span begins, and what came since. The offsets that
it does not need become gaps; it lies at the end of the room that it has, where a trimmed start can't hide it.
"""

from collections.abc import Callable, Iterable, Sequence

from headwater.kernel.units import Timestamp
from headwater.log.epochs import Epochs
from headwater.log.journals.batches import place, record_count, snapshot_batches
from headwater.log.journals.codec import RecordCodec
from headwater.log.journals.record_log import RecordLog
from headwater.log.port import Log
from headwater.machine.decision import Record
from headwater.machine.journal import Reducible
from headwater.wire.types import NO_EPOCH, Offset


class CoordinatorJournal:
    """The `Journal` port over one log. Records of unknown types are skipped, and counted in `skipped`."""

    def __init__(self, log: Log, codec: RecordCodec) -> None:
        self._log = log
        self._records = RecordLog(log, codec, strict=False)
        self._counted_to = Offset(0)
        """Up to here, where the active span began when they were counted, the log holds `_closed` records."""
        self._closed = 0

    @property
    def skipped(self) -> int:
        return self._records.skipped

    async def load(self, replay: Callable[[Record], None], *, until: Offset | None = None) -> Offset:
        start, closed_end = self._log.bounds.start, self._closed_end()
        if until is not None:
            await self._records.replay(replay, first=start, until=lambda: until)
            return until
        _, closed = await self._records.replay(replay, first=start, until=lambda: closed_end)
        first = max(start, closed_end)
        end, _ = await self._records.replay(replay, first=first, until=lambda: self._log.bounds.high_watermark)
        self._counted_to, self._closed = closed_end, closed
        return end

    async def append(self, decisions: Sequence[Sequence[Record]], *, expected_end: Offset, now: Timestamp) -> Offset:
        return await self._records.append(decisions, expected_end=expected_end, now=now)

    def reducible(self) -> Reducible:
        """What came after the last count came without gaps: only closed spans are rewritten."""
        end = self._closed_end()
        return Reducible(end=end, records=self._closed + end - self._counted_to)

    async def write_snapshot(self, records: Iterable[Record], *, end: Offset, now: Timestamp) -> None:
        spans = self._log.spans()
        first = spans[0].base if spans else end
        batches = await snapshot_batches(records, self._records.codec, now=now)
        count = record_count(batches)
        if first == end or count > end - max(first, self._log.bounds.start):
            return
        epoch = Epochs(self._log.bounds.epochs).at(Offset(end - 1))
        place(batches, first=Offset(end - count), epoch=NO_EPOCH if epoch is None else epoch)
        await self._log.replace(first, end, batches)
        self._counted_to, self._closed = end, count

    def _closed_end(self) -> Offset:
        spans = self._log.spans()
        return spans[-1].base if spans else self._log.bounds.end
