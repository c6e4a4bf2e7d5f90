"""Puts batches at the end of a log: checked, given their offsets, written.

    admit       what `Origin` asks of the batch itself: header, checksum, size, timestamps
    producers   whether it is in sequence, or a duplicate, which is answered with the first one's offsets
    place       base offset and leader epoch are patched into the buffer, outside its checksum
    write       one `writev` into the page cache; the indexes follow
    replay      producers and epochs learn of it, as they would after a restart

All of it happens in the caller's step of the loop, so the order of calls is the order in the log. Up to the write nothing
has changed, and any failure is a refusal; after it, the log and what is known of it must agree, so a failure ends the store.
"""

from collections.abc import Sequence

from msgspec import Struct

from headwater.kernel.errors import DiskError
from headwater.kernel.units import Timestamp
from headwater.kernel.world import Buffer
from headwater.log.admission import Admitted, admit, check_continues
from headwater.log.errors import AppendFailed, InvalidBatch, StorageFailed
from headwater.log.port import Appended, Origin
from headwater.log.producer import Remembered
from headwater.log.producers import marker_of
from headwater.log.segments.contents import Contents
from headwater.log.segments.rolling import must_roll
from headwater.log.segments.segment import Placed, placed_as, reaches
from headwater.log.segments.store import Store
from headwater.log.settings import LogSettings
from headwater.wire.batch.attributes import CONTROL_BIT
from headwater.wire.batch.control import EndOfTransaction
from headwater.wire.batch.header import BatchHeader, patch
from headwater.wire.types import LeaderEpoch, Offset


class _Entering(Struct, frozen=True, gc=False):
    """A batch between the checks and the log."""

    buffer: Buffer
    header: BatchHeader
    marker: EndOfTransaction | None
    base: Offset
    epoch: LeaderEpoch
    placed: Placed


class Appender:
    __slots__ = ("_contents", "_store", "epoch")

    def __init__(self, store: Store, contents: Contents, *, epoch: LeaderEpoch) -> None:
        self._store = store
        self._contents = contents
        self.epoch = epoch
        """What appends are stamped with."""

    def append(self, batches: Sequence[memoryview], *, origin: Origin, settings: LogSettings) -> Appended:
        contents, keeps_place = self._contents, origin is Origin.LINK
        now = self._store.world.clock.now()
        end, append_time = contents.end, None
        entering: list[_Entering] = []
        for batch in batches:
            admitted = admit(batch, settings, origin=origin, now=now)
            header, append_time = admitted.header, admitted.append_time
            marker = marker_of(admitted.batch, header) if header.attributes & CONTROL_BIT else None
            if first := contents.producers.check(header, origin=origin, marker=marker):
                return self._duplicate(first, append_time)
            if entering and origin is Origin.CLIENT and header.has_producer:
                raise InvalidBatch("an idempotent producer appends one batch at a time")
            each = self._copied(admitted, marker, entering) if keeps_place else self._placed(admitted, marker, end)
            entering.append(each)
            end = Offset(each.placed.last_offset + 1)
        self._write(entering, settings, now, may_fill=origin is not Origin.CLIENT)
        self._count(entering, settings)
        return Appended(
            base_offset=entering[0].base, last_offset=Offset(end - 1), append_time=append_time, start=contents.start
        )

    def _duplicate(self, first: Remembered, append_time: Timestamp | None) -> Appended:
        return Appended(
            base_offset=first.base_offset,
            last_offset=first.last_offset,
            append_time=None if append_time is None else first.timestamp,
            start=self._contents.start,
            duplicate=True,
        )

    def _placed(self, admitted: Admitted, marker: EndOfTransaction | None, base: Offset) -> _Entering:
        """A batch that is given its offsets."""
        batch, header, epoch = admitted.batch, admitted.header, self.epoch
        if batch.readonly:
            batch = memoryview(bytearray(batch))
        patch(batch, base_offset=base, leader_epoch=epoch)
        placed = Placed(Offset(base + header.last_offset_delta), header.max_timestamp, len(batch))
        return _Entering(batch, header, marker, base, epoch, placed)

    def _copied(self, admitted: Admitted, marker: EndOfTransaction | None, entering: Sequence[_Entering]) -> _Entering:
        """A batch that has its offsets, which must continue the log, and fit into one segment with those before it."""
        header, contents = admitted.header, self._contents
        end, epoch = contents.end, contents.epochs.latest
        if entering:
            end, epoch = Offset(entering[-1].placed.last_offset + 1), entering[-1].epoch
            if not reaches(entering[0].base, header.last_offset):
                raise InvalidBatch(f"offset {header.last_offset} is too far from {entering[0].base} for one append")
        check_continues(header, end=end, epoch=epoch)
        epoch = header.partition_leader_epoch
        return _Entering(admitted.batch, header, marker, header.base_offset, epoch, placed_as(header))

    def _write(self, entering: Sequence[_Entering], settings: LogSettings, now: Timestamp, *, may_fill: bool) -> None:
        """As one step: after a failure none of it is there. If the file can't be brought back to that, the store ends."""
        contents, together = self._contents, _together(entering)
        try:
            if not may_fill:
                self._store.room.take(together.size)
            if must_roll(contents.segments.active, together, settings, now):
                contents.roll(_base_for(entering, contents.end), now, jitter_ms=self._jitter_ms(settings))
            contents.write([each.buffer for each in entering])
        except DiskError as error:
            for each in entering:
                contents.producers.await_first(each.header)
            raise AppendFailed(str(error)) from error
        except StorageFailed as error:
            raise self._store.committer.fail(error.reason) from error

    def _jitter_ms(self, settings: LogSettings) -> int:
        jitter_max_ms = min(settings.segment_jitter_ms, settings.segment_ms)
        return self._store.world.randomness.below(jitter_max_ms) if jitter_max_ms > 0 else 0

    def _count(self, entering: Sequence[_Entering], settings: LogSettings) -> None:
        """The batches are in the log: what is known of it must say so too."""
        contents = self._contents
        try:
            contents.segments.active.index(
                [each.placed for each in entering], index_interval=settings.index_interval_bytes
            )
            for each in entering:
                contents.take(each.header, each.base, each.epoch, each.marker)
        except DiskError as error:
            raise self._store.committer.fail(str(error)) from error


def _together(entering: Sequence[_Entering]) -> Placed:
    """All of them, as if they were one batch."""
    if len(entering) == 1:
        return entering[0].placed
    return Placed(
        last_offset=entering[-1].placed.last_offset,
        max_timestamp=max(each.placed.max_timestamp for each in entering),
        size=sum(each.placed.size for each in entering),
    )


def _base_for(entering: Sequence[_Entering], end: Offset) -> Offset:
    """A segment begins where the log ended, so that recovery knows a gap for a loss, or where its indexes reach its batches."""
    return end if reaches(end, entering[-1].placed.last_offset) else entering[0].base
