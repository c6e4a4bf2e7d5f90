"""The journal of a coordinator: a partition of `__consumer_offsets` or another compacted internal topic.

There is no snapshot beside the log: the log itself is compacted, by the one compaction that there is. A load may run while
it is: of each key it meets the last value in any case, and a deletion stays for `delete.retention.ms`.
"""

from collections.abc import Callable, Sequence

from headwater.kernel.units import Timestamp
from headwater.log.journals.codec import RecordCodec
from headwater.log.journals.record_log import RecordLog
from headwater.log.port import Log
from headwater.machine.decision import Record
from headwater.wire.types import Offset


class CoordinatorJournal:
    """The `Journal` port over one log. Records of unknown types are skipped, and counted in `skipped`."""

    def __init__(self, log: Log, codec: RecordCodec) -> None:
        self._log = log
        self._records = RecordLog(log, codec, strict=False)

    @property
    def skipped(self) -> int:
        return self._records.skipped

    async def load(self, replay: Callable[[Record], None], *, until: Offset | None = None) -> Offset:
        log = self._log
        end, _ = await self._records.replay(
            replay, first=log.bounds.start, until=lambda: log.bounds.high_watermark if until is None else until
        )
        return end if until is None else until

    async def append(self, decisions: Sequence[Sequence[Record]], *, expected_end: Offset, now: Timestamp) -> Offset:
        return await self._records.append(decisions, expected_end=expected_end, now=now)
