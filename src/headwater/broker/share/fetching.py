"""Lends records of many share partitions to one member, at once or as soon as there are any.

    for each partition, in turn: where is something to lend? -> read the log -> enough in all, or too late? -> acquire
                                                                     otherwise wait: a log grew, a record was released

Nothing is acquired before there is enough, for a lock on a record that is not sent would only expire.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from headwater.broker.fetch.memory import Borrower, FetchMemory
from headwater.broker.share.leader import ShareLeader
from headwater.broker.share.leaders import ShareLeaders
from headwater.broker.share.refusal import Refusal
from headwater.control.share.acquiring import ReadBatch, Wish
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.records import Acquired
from headwater.kernel.units import MiB
from headwater.log.errors import LogError, OffsetOutOfRange
from headwater.log.port import AbortedTransaction, Bounds, Buffer, Isolation, Slice
from headwater.wire.batch.header import BatchHeader
from headwater.wire.batch.stored import is_old, iter_stored_headers
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import Offset

_READ_MAX: Final = 2 * MiB
"""Of one partition at a time: as a rule more than the records that a member asks for."""
_BREATH_S: Final = 0.005


class ShareOrder(Struct, frozen=True, kw_only=True):
    """What a fetch asks for, and its limits."""

    wish: Wish
    isolation: Isolation
    min_bytes: int
    max_bytes: int
    wait_ms: int


class Lent(Struct, frozen=True, kw_only=True):
    """What came of one partition."""

    key: SharePartitionKey
    refusal: Refusal | None = None
    acquired: tuple[Acquired, ...] = ()
    data: tuple[Buffer, ...] = ()

    @property
    def size(self) -> int:
        return sum(map(len, self.data))


class _Read(Struct, frozen=True, kw_only=True):
    leader: ShareLeader
    asked: int
    found: Slice


class _Seen(Struct, frozen=True, kw_only=True):
    """A leader as it was looked at."""

    leader: ShareLeader
    version: int
    bounds: Bounds

    @property
    def has_moved(self) -> bool:
        return self.leader.version != self.version or self.leader.log.bounds is not self.bounds


class ShareFetch:
    """One request's way to its records. `run` gives what was lent or refused; partitions without either are left out."""

    def __init__(
        self,
        keys: Sequence[SharePartitionKey],
        order: ShareOrder,
        *,
        leaders: ShareLeaders,
        memory: FetchMemory,
        borrower: Borrower,
        is_over: Callable[[], bool],
    ) -> None:
        """`is_over` says that the session has ended meanwhile: what was lent then, nobody would give back."""
        self._keys = keys
        self._order = order
        self._leaders = leaders
        self._memory = memory
        self._borrower = borrower
        self._is_over = is_over
        self._met: dict[SharePartitionKey, ShareLeader] = {}
        self._refused: dict[SharePartitionKey, Refusal] = {}

    async def run(self) -> list[Lent]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._order.wait_ms / 1000
        while True:
            seen = self._look()
            lent, size = await self._lend(seen, is_late=loop.time() >= deadline)
            if lent or not seen or self._is_over() or loop.time() >= deadline:
                self._memory.lend(self._borrower, sum(each.size for each in lent))
                return lent + [Lent(key=key, refusal=refusal) for key, refusal in self._refused.items()]
            if size:
                await asyncio.sleep(min(_BREATH_S, max(deadline - loop.time(), 0)))
            if not any(each.has_moved for each in seen):
                await _move([each.leader for each in seen], deadline)

    def _look(self) -> list[_Seen]:
        """The leaders that are asked this time. One that failed to load is not asked again."""
        seen = []
        for key in self._keys:
            met = self._met.get(key)
            if met is not None and met.failure is not None:
                self._refused[key] = met.failure
            if key in self._refused:
                continue
            leader = self._leaders.get(key)
            if isinstance(leader, Refusal):
                self._refused[key] = leader
            else:
                self._met[key] = leader
                seen.append(_Seen(leader=leader, version=leader.version, bounds=leader.log.bounds))
        return seen

    async def _lend(self, seen: Sequence[_Seen], *, is_late: bool) -> tuple[list[Lent], int]:
        """What is lent, and how many bytes there would be."""
        granted = self._memory.grant(self._order.max_bytes)
        try:
            reads = await self._read_all([each.leader for each in seen], granted)
            size = sum(each.found.size for each in reads)
            if self._is_over() or (size < min(self._order.min_bytes, granted) and not is_late):
                return [], size
            return list(self._acquire_all(reads)), 0
        finally:
            self._memory.give_back(granted)

    async def _read_all(self, leaders: Sequence[ShareLeader], granted: int) -> list[_Read]:
        """Each partition has an equal part of what is left, and the first that has anything gives a whole batch."""
        reads: list[_Read] = []
        left = granted
        for place, leader in enumerate(leaders):
            fits = min(left // (len(leaders) - place), _READ_MAX)
            read = await self._read(leader, fits, whole_first=not reads)
            if read is not None:
                reads.append(read)
                left = max(left - read.found.size, 0)
        return reads

    async def _read(self, leader: ShareLeader, bytes_max: int, *, whole_first: bool) -> _Read | None:
        if leader.partition is None or leader.is_closed:
            return None
        leader.follow_log_start()
        asked, bounds = leader.partition.next_fetch_offset(), leader.log.bounds
        end = bounds.last_stable if self._order.isolation is Isolation.READ_COMMITTED else bounds.high_watermark
        if asked is None or asked >= end:
            return None
        try:
            found = await leader.log.read(
                Offset(asked), bytes_max=bytes_max, isolation=self._order.isolation, whole_first=whole_first
            )
        except OffsetOutOfRange:
            return None
        except LogError as error:
            self._refused[leader.key] = Refusal(code=ErrorCode(error.code), message=str(error))
            return None
        return _Read(leader=leader, asked=asked, found=found) if found.size and not leader.is_closed else None

    def _acquire_all(self, reads: Sequence[_Read]) -> Iterator[Lent]:
        wish = self._order.wish
        left = wish.records_max
        for each in reads:
            if left <= 0:
                break
            batches = list(_batches(each))
            acquired = each.leader.acquire(
                [batch for batch, _ in batches],
                Wish(member=wish.member, records_max=left, batch_size=wish.batch_size, strict=wish.strict),
                asked=each.asked,
            )
            if acquired:
                left -= sum(part.last - part.first + 1 for part in acquired)
                data = _overlapping(batches, acquired[0].first, acquired[-1].last)
                yield Lent(key=each.leader.key, acquired=tuple(acquired), data=data)


def _batches(read: _Read) -> Iterator[tuple[ReadBatch, memoryview]]:
    """Of an old message that wraps others only the last offset is known; it may begin right after the one before."""
    following = read.asked
    for part in read.found.data:
        view = memoryview(part)
        for at, header in iter_stored_headers(view):
            first = following if is_old(header) else header.base_offset
            aborted = _is_aborted(header, read.found.aborted)
            yield ReadBatch(first=first, last=header.last_offset, aborted=aborted), view[at : at + header.size]
            following = header.last_offset + 1


def _is_aborted(header: BatchHeader, aborted: Sequence[AbortedTransaction]) -> bool:
    return (
        header.is_transactional
        and not header.is_control
        and any(
            each.producer_id == header.producer_id and each.first <= header.base_offset <= each.last for each in aborted
        )
    )


def _overlapping(batches: Sequence[tuple[ReadBatch, memoryview]], first: int, last: int) -> tuple[Buffer, ...]:
    """Whole batches: the client leaves out what it did not acquire."""
    return tuple(view for batch, view in batches if batch.first <= last and batch.last >= first)


async def _move(leaders: Sequence[ShareLeader], deadline: float) -> None:
    """Until there may be something new, or the deadline."""
    loop = asyncio.get_running_loop()
    moved = loop.create_future()

    def wake() -> None:
        if not moved.done():
            moved.set_result(None)

    timer = loop.call_at(deadline, wake)
    for leader in leaders:
        leader.watch(wake)
        leader.log.watch(wake)
    try:
        await moved
    finally:
        timer.cancel()
        for leader in leaders:
            leader.unwatch(wake)
            leader.log.unwatch(wake)
