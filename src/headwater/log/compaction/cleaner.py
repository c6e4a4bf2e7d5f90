"""One round of compaction over one log.

    index      the keys of the dirty part are learned, as far as the table holds
    replace    every span that begins before the end of that is read again and written anew, some spans at a time
    keep       where the next round begins is written down; without it that round does this one's work again

Records of aborted transactions are found by reading only what is committed: such a read names them.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from msgspec import Struct

from headwater.kernel.units import KiB, Timestamp
from headwater.kernel.world import Workers
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.compaction.dirty import Dirty, groups
from headwater.log.compaction.keys import KeyMap
from headwater.log.compaction.pace import Pace
from headwater.log.compaction.rules import Fate, Round, Rules
from headwater.log.compaction.transactions import Transactions
from headwater.log.port import AbortedTransaction, Buffer, Isolation, Log
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.header import BatchHeader
from headwater.wire.batch.legacy_thinning import keyed_messages, thinned_wrapper
from headwater.wire.batch.records import plain_records
from headwater.wire.batch.stored import is_old, iter_stored_headers
from headwater.wire.batch.thinning import KeyedRecord, Thinned, emptied, iter_keyed
from headwater.wire.types import Offset

T = TypeVar("T")

_SLICE: Final = 1_000
"""Records of one batch that are handled before the loop may do something else."""
_WRITTEN_TOGETHER: Final = 256 * KiB
_PACKED_ON_THE_LOOP: Final = 32 * KiB
"""A codec's work on more than this is done by a worker."""


class Cleaned(Struct, frozen=True, kw_only=True):
    """What a round did."""

    end: Offset
    """Where the next one begins."""
    bytes_read: int
    bytes_written: int
    keys: int


class Found(Struct, frozen=True, kw_only=True, gc=False):
    """A batch as it stands in the log, and the aborted transactions around it."""

    batch: memoryview
    header: BatchHeader
    aborted: Sequence[AbortedTransaction]


class Cleaner:
    def __init__(
        self, log: Log, dirty: Dirty, keys: KeyMap, *, now: Timestamp, pace: Pace, workers: Workers, read_bytes: int
    ) -> None:
        self._log = log
        self._dirty = dirty
        self._keys = keys
        self._pace = pace
        self._workers = workers
        self._read_bytes = read_bytes
        self._bytes_read = self._bytes_written = 0
        settings = log.settings
        known = Round(keys=keys, end=dirty.end, now=now, delete_retention_ms=settings.delete_retention_ms)
        self._round = known

    async def clean(self) -> Cleaned:
        """Raises a LogError where the log is trimmed, closed or failing meanwhile, and a BatchError on damaged records."""
        log = self._log
        await self._index()
        end = Offset(self._keys.latest + 1)
        self._rules = Rules(self._round, log.producers())
        for first, edge in list(groups(log.spans(), end=end, bytes_max=log.settings.segment_bytes)):
            async with aclosing(self._left(first, edge)) as left:
                await log.replace(first, edge, left)
        await log.keep_first_dirty(end)
        return Cleaned(end=end, bytes_read=self._bytes_read, bytes_written=self._bytes_written, keys=len(self._keys))

    async def _index(self) -> None:
        dirty, keys, transactions = self._dirty, self._keys, Transactions()
        async with aclosing(self._batches(dirty.first, dirty.end)) as batches:
            async for found in batches:
                header = found.header
                if header.is_control or transactions.is_void(header, found.aborted):
                    await self._pace.batch()
                    continue
                _, records = await self._opened(found)
                while some := list(islice(records, _SLICE)):
                    if not keys.take(_from(some, header, dirty.first), header.base_offset):
                        return
                    await self._pace.records(len(some))
                await self._pace.batch()
        keys.latest = Offset(dirty.end - 1)

    async def _batches(self, first: Offset, end: Offset) -> AsyncGenerator[Found, None]:
        offset = max(first, self._log.bounds.start)
        while offset < end:
            found = await self._log.read(offset, bytes_max=self._read_bytes, isolation=Isolation.READ_COMMITTED)
            if not found.size:
                return
            self._bytes_read += found.size
            await self._pace.read(found.size)
            for part in found.data:
                view = memoryview(part)
                for at, header in iter_stored_headers(view):
                    if header.base_offset >= end:
                        return
                    yield Found(batch=view[at : at + header.size], header=header, aborted=found.aborted)
                    offset = Offset(header.last_offset + 1)

    async def _left(self, first: Offset, end: Offset) -> AsyncGenerator[Sequence[Buffer], None]:
        """What stays of the batches between the two."""
        held: list[Buffer] = []
        size = 0
        async with aclosing(self._batches(first, end)) as batches:
            async for found in batches:
                left = await self._left_of(found)
                if left is not None:
                    held.append(left)
                    size += len(left)
                if size >= _WRITTEN_TOGETHER:
                    self._bytes_written += size
                    await self._pace.read(size)
                    yield held
                    held, size = [], 0
                await self._pace.batch()
        self._bytes_written += size
        yield held

    async def _left_of(self, found: Found) -> Buffer | None:
        header = found.header
        fate = self._rules.fate(header, found.aborted)
        if fate is Fate.STAYS:
            return found.batch
        if fate is Fate.GETS_HORIZON:
            plain, records = await self._opened(found)
            return await self._thinned(header, plain, list(records), needs_horizon=True)
        if fate is Fate.IS_THINNED:
            plain, records = await self._opened(found)
            left, gone = await self._records_left(records, header)
            needs_horizon = self._rules.needs_horizon(left, header)
            if not gone and not needs_horizon:
                return found.batch
            if left and is_old(header):
                return await self._codec(header, len(plain), partial(thinned_wrapper, found.batch, plain, left))
            if left:
                return await self._thinned(header, plain, left, needs_horizon=needs_horizon)
        if not self._rules.must_leave_a_trace(header):
            return None
        return found.batch if is_old(header) else emptied(header)

    async def _records_left(self, records: Iterator[KeyedRecord], header: BatchHeader) -> tuple[list[KeyedRecord], int]:
        """Those that stay, and how many go."""
        left: list[KeyedRecord] = []
        gone = 0
        while some := list(islice(records, _SLICE)):
            stay = self._rules.left_of(some, header)
            left += stay
            gone += len(some) - len(stay)
            await self._pace.records(len(some))
        return left, gone

    async def _thinned(
        self, header: BatchHeader, plain: bytes, left: Sequence[KeyedRecord], *, needs_horizon: bool
    ) -> Buffer:
        thinned = Thinned(header, plain, delete_horizon=self._round.delete_horizon if needs_horizon else None)
        for start in range(0, len(left), _SLICE):
            some = left[start : start + _SLICE]
            thinned.take(some)
            await self._pace.records(len(some))
        return await self._codec(header, thinned.plain_size, thinned.sealed)

    async def _opened(self, found: Found) -> tuple[bytes, Iterator[KeyedRecord]]:
        """The batch's plain bytes, and the records in them."""
        batch, header = found.batch, found.header
        if is_old(header):
            messages = partial(keyed_messages, batch, decompressed_max=DECOMPRESSED_MAX)
            plain, keyed = await self._codec(header, header.size, messages)
            return plain, iter(keyed)
        work = partial(plain_records, batch, header, decompressed_max=DECOMPRESSED_MAX)
        plain = await self._codec(header, header.size, work)
        return plain, iter_keyed(plain, header)

    async def _codec(self, header: BatchHeader, size: int, work: Callable[[], T]) -> T:
        if header.compression is Compression.NONE or size <= _PACKED_ON_THE_LOOP:
            return work()
        return await self._workers.run(work)


def _from(records: Sequence[KeyedRecord], header: BatchHeader, first: Offset) -> Sequence[KeyedRecord]:
    """Without those that an earlier round has seen: it may have ended in the middle of a batch."""
    if header.base_offset >= first:
        return records
    return [each for each in records if header.base_offset + each[3] >= first]
