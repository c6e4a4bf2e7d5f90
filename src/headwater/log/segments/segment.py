"""One segment: a log file, its two indexes and its aborted transactions, all named by the first offset.

Nothing of it is open or in memory until it is used, and an index entry is made as Kafka makes it: for a batch before which
more than `index.interval.bytes` were written since the last entry.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from headwater.kernel.errors import DiskError
from headwater.kernel.units import Timestamp
from headwater.kernel.world import Buffer, File
from headwater.log.errors import StorageFailed
from headwater.log.port import Span
from headwater.log.segments.file_cache import FileCache
from headwater.log.segments.names import LOG, OFFSET_INDEX, SEGMENT_SUFFIXES, TIME_INDEX, TXN_INDEX, stem
from headwater.log.segments.offset_index import ENTRY_BYTES as OFFSET_ENTRY_BYTES, OffsetIndex
from headwater.log.segments.scan import walk_headers
from headwater.log.segments.time_index import ENTRY_BYTES as TIME_ENTRY_BYTES, TimeIndex
from headwater.log.segments.txn_index import TxnIndex
from headwater.wire.batch.header import HEADER_BYTES, NO_TIMESTAMP, BatchHeader
from headwater.wire.batch.stored import read_stored_header
from headwater.wire.types import Offset

_RELATIVE_MAX = 2**31 - 1


def reaches(base: Offset, offset: Offset) -> bool:
    """The indexes of a segment keep offsets as int32 from its base."""
    return offset - base <= _RELATIVE_MAX


class Placed(Struct, frozen=True, gc=False):
    """A batch that has got its offsets, as the indexes see it."""

    last_offset: Offset
    max_timestamp: Timestamp
    size: int


def placed_as(header: BatchHeader) -> Placed:
    """A batch that stands where its header says. One that compaction has emptied has no record to be found by its time."""
    latest = header.max_timestamp if header.record_count else NO_TIMESTAMP
    return Placed(header.last_offset, latest, header.size)


class Segment:
    __slots__ = (
        "_files",
        "_first_timestamp",
        "_largest",
        "_offsets",
        "_since_index",
        "_stem",
        "_times",
        "_txns",
        "base",
        "created",
        "ending",
        "roll_jitter_ms",
        "size",
    )

    def __init__(
        self,
        files: FileCache,
        folder: str,
        base: Offset,
        *,
        size: int,
        created: Timestamp,
        roll_jitter_ms: int = 0,
        ending: str = "",
    ) -> None:
        self._files = files
        self._stem = f"{folder}/{stem(base)}"
        self.ending = ending
        """Follows every file's suffix while the segment is being made to replace others."""
        self._offsets: OffsetIndex | None = None
        self._times: TimeIndex | None = None
        self._txns: TxnIndex | None = None
        self._largest: tuple[Timestamp, Offset] | None = None
        self._first_timestamp: Timestamp | None = None
        self._since_index = 0
        self.base = base
        self.size = size
        self.created = created
        self.roll_jitter_ms = roll_jitter_ms
        """How much earlier than `segment.ms` this one is closed, so that many do not roll at once."""

    @property
    def log(self) -> File:
        return self._files.get(self.path(LOG))

    @property
    def offsets(self) -> OffsetIndex:
        if self._offsets is None:
            path = self.path(OFFSET_INDEX)
            self._offsets = OffsetIndex(self._files, path, self.base, size=self._size_of(path))
        return self._offsets

    @property
    def times(self) -> TimeIndex:
        if self._times is None:
            path = self.path(TIME_INDEX)
            self._times = TimeIndex(self._files, path, self.base, size=self._size_of(path))
        return self._times

    @property
    def txns(self) -> TxnIndex:
        if self._txns is None:
            path = self.path(TXN_INDEX)
            self._txns = TxnIndex(self._files, path, exists=self._files.disk.exists(path))
        return self._txns

    @property
    def largest(self) -> tuple[Timestamp, Offset]:
        """The largest timestamp, and the last offset of the first batch that has it."""
        if self._largest is None:
            self._largest = self.times.last
        return self._largest

    @property
    def first_timestamp(self) -> Timestamp:
        """Of the first batch; `segment.ms` is counted from it."""
        if self._first_timestamp is None:
            self._first_timestamp = self.header_at(0).max_timestamp
        return self._first_timestamp

    def path(self, suffix: str) -> str:
        return self._stem + suffix + self.ending

    def can_hold(self, last_offset: Offset) -> bool:
        return last_offset - self.base <= _RELATIVE_MAX

    def is_index_full(self, bytes_max: int) -> bool:
        """As in Kafka, the time index keeps one place for the entry that it gets when the segment is closed."""
        return (
            len(self.offsets) >= bytes_max // OFFSET_ENTRY_BYTES or len(self.times) >= bytes_max // TIME_ENTRY_BYTES - 1
        )

    def write(self, buffers: Sequence[Buffer]) -> None:
        """Whole batches at the end of the file, which count once they are indexed.

        A failure leaves the file as it was; where even that fails it is a StorageFailed, and nothing more may be written.
        """
        log = self.log
        try:
            log.append(buffers)
        except DiskError as error:
            self._restore(log, error)
            raise

    def index(self, batches: Sequence[Placed], *, index_interval: int) -> None:
        """Count batches that stand in the file behind what is counted already."""
        largest, size, since = self.largest, self.size, self._since_index
        for batch in batches:
            if batch.max_timestamp > largest[0]:
                largest = (batch.max_timestamp, batch.last_offset)
            if since > index_interval:
                self.offsets.append(batch.last_offset, size)
                self.times.append(*largest)
                since = 0
            size += batch.size
            since += batch.size
        self._largest, self.size, self._since_index = largest, size, since

    def seal(self) -> None:
        """Write out the indexes; the last time entry tells the largest timestamp to whoever opens the segment next."""
        self.times.append(*self.largest)
        self.times.flush()
        self.offsets.flush()

    def remake_indexes(self, *, index_interval: int) -> None:
        """From a log file that can be trusted."""
        size = self.size
        self._clear_lookups()
        self.index([placed_as(header) for _, header in walk_headers(self.log, 0, size)], index_interval=index_interval)

    def clear_indexes(self) -> None:
        """Forget every entry, to make them anew from the log file, of which nothing counts until then."""
        self.txns.clear()
        self._clear_lookups()

    def _clear_lookups(self) -> None:
        self.offsets.clear()
        self.times.clear()
        self._largest = (NO_TIMESTAMP, self.base)
        self._since_index = 0
        self.size = 0

    def headers_from(self, offset: Offset) -> Iterator[tuple[int, BatchHeader]]:
        """Batches from the one that holds `offset`, or the next one after it."""
        for position, header in walk_headers(self.log, self.offsets.floor(offset), self.size):
            if header.last_offset >= offset:
                yield position, header

    def locate(self, offset: Offset) -> int:
        """Where the batch stands that holds `offset`, or the next one after it; the segment's end if there is none."""
        return next((position for position, _ in self.headers_from(offset)), self.size)

    def header_at(self, position: int) -> BatchHeader:
        return read_stored_header(self.log.pread(HEADER_BYTES, position))

    def end_offset(self) -> Offset:
        """What follows the last batch."""
        last = self.base
        for _, header in walk_headers(self.log, self.offsets.floor(Offset(self.base + _RELATIVE_MAX)), self.size):
            last = Offset(header.last_offset + 1)
        return last

    def synced_paths(self) -> list[str]:
        """What must be synced before the segment counts as kept whole."""
        return [self.path(LOG), self.path(OFFSET_INDEX), self.path(TIME_INDEX)] + (
            [self.path(TXN_INDEX)] if self.txns.exists else []
        )

    def span(self, end: Offset, *, active: bool) -> Span:
        return Span(
            base=self.base,
            end=end,
            size=self.size,
            largest_timestamp=self.largest[0],
            created=self.created,
            active=active,
        )

    def paths(self) -> list[str]:
        """Those of its files that are there."""
        return [path for suffix in SEGMENT_SUFFIXES if self._files.disk.exists(path := self.path(suffix))]

    def remove(self) -> None:
        """For a segment that nobody has seen."""
        for path in self.paths():
            self._files.forget(path)
            self._files.disk.remove(path)

    def _restore(self, log: File, cause: DiskError) -> None:
        try:
            log.truncate(self.size)
        except DiskError as error:
            raise StorageFailed(f"a half-written batch can't be taken back ({error})") from cause

    def _size_of(self, path: str) -> int:
        disk = self._files.disk
        return disk.size(path) if disk.exists(path) else 0
