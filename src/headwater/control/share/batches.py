"""State batches: which records have been delivered how often, and what became of them.

A write names what has changed, and may overlap what is known. Of two that speak about the same record the later one counts,
which is that with more deliveries, or with the higher state where these are equal: a state only ever goes up, until the
record is delivered once more.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

NO_OFFSET: Final = -1
"""Kafka's start offset of a share partition that has not begun."""


class StateBatch(Struct, frozen=True, kw_only=True, gc=False):
    """Both offsets are included."""

    first: int
    last: int
    state: int
    delivery_count: int


def combined(known: Sequence[StateBatch], news: Sequence[StateBatch], *, start: int) -> tuple[StateBatch, ...]:
    """`known`, which is in order and free of overlaps, with what is new. What lies before `start` goes."""
    if not news:
        return _from(start, known)
    low = bisect_left(known, min(each.first for each in news), key=_last)
    high = bisect_right(known, max(each.last for each in news), key=_first)
    touched = known[low:high]
    middle = _swept([*touched, *news]) if touched or not _is_ordered(news) else news
    return _from(start, _joined([*known[:low], *middle, *known[high:]]))


def _is_ordered(batches: Sequence[StateBatch]) -> bool:
    """And free of overlaps, as a leader of ours writes them."""
    return all(before.last < after.first for before, after in pairwise(batches))


def _swept(batches: list[StateBatch]) -> list[StateBatch]:
    """Cut at every edge; each piece has the strongest of the batches that cover it."""
    batches.sort(key=_first)
    edges = sorted([each.first for each in batches] + [each.last + 1 for each in batches])
    covering: list[tuple[int, int, int]] = []
    pieces: list[StateBatch] = []
    begun = 0
    for edge, following in pairwise(edges):
        while begun < len(batches) and batches[begun].first <= edge:
            each = batches[begun]
            heappush(covering, (-each.delivery_count, -each.state, each.last))
            begun += 1
        while covering and covering[0][2] < edge:
            heappop(covering)
        if covering and following > edge:
            count, state, _ = covering[0]
            pieces.append(StateBatch(first=edge, last=following - 1, state=-state, delivery_count=-count))
    return pieces


def _joined(batches: Iterable[StateBatch]) -> list[StateBatch]:
    joined: list[StateBatch] = []
    for each in batches:
        if joined and _continues(joined[-1], each):
            joined[-1] = replace(joined[-1], last=each.last)
        else:
            joined.append(each)
    return joined


def _continues(before: StateBatch, after: StateBatch) -> bool:
    return (before.last + 1, before.state, before.delivery_count) == (after.first, after.state, after.delivery_count)


def _from(start: int, batches: Sequence[StateBatch]) -> tuple[StateBatch, ...]:
    kept = tuple(batches[bisect_left(batches, start, key=_last) :])
    if kept and kept[0].first < start:
        return (replace(kept[0], first=start), *kept[1:])
    return kept


def _first(batch: StateBatch) -> int:
    return batch.first


def _last(batch: StateBatch) -> int:
    return batch.last
