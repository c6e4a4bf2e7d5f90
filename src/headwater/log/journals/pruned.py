"""The journal of a machine whose log is cut off at its beginning instead of compacted.

Some of its records hold all that is known about a key, so of a key only the last of these is needed, and what follows it. What
lies before the oldest of those is trimmed now and then.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.log.journals.codec import RecordCodec
from headwater.log.journals.record_log import RecordLog
from headwater.log.port import Log
from headwater.machine.decision import Record
from headwater.wire.types import Offset


class Whole(Struct, frozen=True, kw_only=True):
    """A record after which nothing before it is needed any more of what is known about the key."""

    key: Hashable
    is_end: bool = False
    """The key is gone: not even this record is needed."""


class PrunedJournal:
    """The `Journal` port over one log. `whole` says of a record what it replaces, if anything."""

    def __init__(
        self,
        log: Log,
        codec: RecordCodec,
        *,
        whole: Callable[[Record], Whole | None],
        interval_ms: Callable[[], int],
    ) -> None:
        self._log = log
        self._records = RecordLog(log, codec, strict=False)
        self._whole = whole
        self._interval_ms = interval_ms
        self._needed: dict[Hashable, Offset] = {}
        """Oldest first: a key moves to the end when it gets a new whole record."""
        self._pruned: Timestamp | None = None

    @property
    def skipped(self) -> int:
        return self._records.skipped

    async def load(self, replay: Callable[[Record], None], *, until: Offset | None = None) -> Offset:
        log, needed = self._log, self._needed
        needed.clear()

        def replay_and_note(record: Record) -> None:
            replay(record)
            self._note(record, self._records.at)

        end, _ = await self._records.replay(
            replay_and_note, first=log.bounds.start, until=lambda: log.bounds.high_watermark if until is None else until
        )
        return end if until is None else until

    async def append(self, decisions: Sequence[Sequence[Record]], *, expected_end: Offset, now: Timestamp) -> Offset:
        end = await self._records.append(decisions, expected_end=expected_end, now=now)
        self._note_all((record for decision in decisions for record in decision), expected_end)
        if self._pruned is None:
            self._pruned = now
        elif now - self._pruned >= self._interval_ms():
            self._pruned = now
            await self._prune(end)
        return end

    def _note_all(self, records: Iterable[Record], first: Offset) -> None:
        for offset, record in enumerate(records, first):
            self._note(record, Offset(offset))

    def _note(self, record: Record, offset: Offset) -> None:
        whole = self._whole(record)
        if whole is None:
            return
        self._needed.pop(whole.key, None)
        if not whole.is_end:
            self._needed[whole.key] = offset

    async def _prune(self, end: Offset) -> None:
        """A tombstone that is trimmed was the last to speak of its key: all that it took back lay before it."""
        oldest = next(iter(self._needed.values()), end)
        if oldest > self._log.bounds.start:
            await self._log.trim(oldest)
