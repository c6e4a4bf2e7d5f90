"""Lookups in Kafka's index files as whole bytes; what their entries are, the files of `segments` say."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from struct import Struct as Layout
from typing import Final

from headwater.kernel.units import Timestamp
from headwater.kernel.world import Buffer
from headwater.log.port import AbortedTransaction
from headwater.wire.types import Offset, ProducerId

_OFFSET: Final = Layout(">ii")
_TIME: Final = Layout(">qi")
_TXN: Final = Layout(">hqqqq")


class OffsetIndexBytes:
    """Relative offsets of last records, and positions of their batches."""

    def __init__(self, data: Buffer, base: Offset) -> None:
        self._data = data
        self._base = base
        self._slots = range(len(data) // _OFFSET.size)

    def floor(self, offset: Offset) -> int:
        """The position of a batch that begins at or before the one that holds `offset`."""
        slot = bisect_right(self._slots, offset - self._base, key=lambda each: self._entry(each)[0]) - 1
        return self._entry(slot)[1] if slot >= 0 else 0

    def edge(self, position: int) -> tuple[int, Offset]:
        """The last batch that is known to begin at or before `position`: where, and its last offset."""
        slot = bisect_right(self._slots, position, key=lambda each: self._entry(each)[1]) - 1
        relative, at = self._entry(slot) if slot >= 0 else (0, 0)
        return at, Offset(self._base + relative)

    def _entry(self, slot: int) -> tuple[int, int]:
        return _OFFSET.unpack_from(self._data, slot * _OFFSET.size)


def floor_offset(data: Buffer, base: Offset, timestamp: Timestamp) -> Offset:
    """An offset of the time index up to which every record is older; `base` if nothing is known."""

    def timestamp_of(slot: int) -> Timestamp:
        found: Timestamp = _TIME.unpack_from(data, slot * _TIME.size)[0]
        return found

    slot = bisect_left(range(len(data) // _TIME.size), timestamp, key=timestamp_of) - 1
    return Offset(base + _TIME.unpack_from(data, slot * _TIME.size)[1]) if slot >= 0 else base


def aborted_in(data: Buffer) -> Iterator[AbortedTransaction]:
    """By last offset."""
    for _, producer_id, first, last, last_stable in _TXN.iter_unpack(memoryview(data)):
        yield AbortedTransaction(
            producer_id=ProducerId(producer_id), first=Offset(first), last=Offset(last), last_stable=Offset(last_stable)
        )
