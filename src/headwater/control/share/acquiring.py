"""How records are given to a member: those that are available first, then new ones.

Consumers that want speed are given whole batches of the log, and so perhaps some records more than they asked for; those
that ask for a strict limit get no more than that (KIP-1206). A record that was delivered often in vain may be what makes its
consumers fail: it comes with ever fewer others, and alone the last time.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from headwater.control.share.records import Acquired, RecordState
from headwater.control.share.runs import Run, Runs

_SUSPECT_FROM = 2
"""So many deliveries in vain are none too many, whatever the limit."""


class ReadBatch(Struct, frozen=True, kw_only=True, gc=False):
    """A batch of the log, as it was read; `aborted` where it is of a transaction that was, and the group reads only others."""

    first: int
    last: int
    aborted: bool = False


class Wish(Struct, frozen=True, kw_only=True):
    """What a member asks for."""

    member: str
    records_max: int
    batch_size: int
    """Acquired records are told in portions of about this size, so that they can be acknowledged in such."""
    strict: bool = False
    """`records_max` is not exceeded, not even to keep a batch whole."""


class Lending(Struct, frozen=True, kw_only=True):
    """How long records are lent, and how often."""

    deadline: int
    delivery_count_limit: int

    @property
    def suspect_from(self) -> int:
        """From so many deliveries in vain on, records are delivered with fewer others."""
        return max(_SUSPECT_FROM, -(-self.delivery_count_limit // 2))


def acquire(runs: Runs, read: Sequence[ReadBatch], wish: Wish, lending: Lending, *, room: int) -> list[Acquired]:
    """Lend what was read, as far as it is available or new. `room` is how many records more may be in flight."""
    given = _acquire_available(runs, read, wish, lending)
    count = sum(run.size for run in given)
    wanted = min(wish.records_max - count, room)
    if wanted > 0 and not any(_is_suspect(run, lending) for run in given) and (new := _new(runs, read, wanted, wish)):
        run = Run(*new, RecordState.ACQUIRED, 1, member=wish.member, deadline=lending.deadline)
        runs.append(run)
        given.append(run)
    kept = _without_aborted(runs, read, [(run.first, run.last, run.delivery_count) for run in given])
    return list(_portions(_joined(kept), read, wish))


def _is_suspect(run: Run, lending: Lending) -> bool:
    """Of a run that was just acquired once more."""
    return run.delivery_count > lending.suspect_from


def _acquire_available(runs: Runs, read: Sequence[ReadBatch], wish: Wish, lending: Lending) -> list[Run]:
    given: list[Run] = []
    left = wish.records_max
    for run in runs.overlapping(max(read[0].first, runs.start), read[-1].last):
        if left <= 0:
            break
        if not run.is_available:
            continue
        first = max(run.first, read[0].first)
        is_suspect = run.delivery_count >= lending.suspect_from
        if is_suspect and given:
            break
        last = _last_of(first, min(run.last, read[-1].last), left, read, wish)
        if is_suspect:
            last = min(last, first + _few(run, lending) - 1)
        for part in (run,) if (first, last) == (run.first, run.last) else runs.within(first, last):
            part.state = RecordState.ACQUIRED
            part.delivery_count += 1
            part.member, part.deadline = wish.member, lending.deadline
            given.append(part)
            left -= part.size
        if is_suspect:
            break
    return given


def _few(run: Run, lending: Lending) -> int:
    """Half of them, then a quarter, and the last time each alone."""
    if run.delivery_count >= lending.delivery_count_limit - 1 > 1:
        return 1
    return max(1, run.size >> (run.delivery_count - lending.suspect_from + 1))


def _last_of(first: int, last: int, wanted: int, read: Sequence[ReadBatch], wish: Wish) -> int:
    """So many from `first` on, but the last batch comes whole unless the member wants it strictly."""
    enough = first + wanted - 1
    if enough >= last:
        return last
    if wish.strict:
        return enough
    return min(last, next((batch.last for batch in read if batch.last >= enough), enough))


def _new(runs: Runs, read: Sequence[ReadBatch], wanted: int, wish: Wish) -> tuple[int, int] | None:
    """The new records to lend. What lies between what is known and the first of them is not there any more."""
    if read[-1].last < runs.end:
        return None
    if read[0].first > runs.end:
        runs.append(Run(runs.end, read[0].first - 1, RecordState.ARCHIVED, 0))
    first = runs.end
    return first, _last_of(first, read[-1].last, wanted, read, wish)


def _without_aborted(
    runs: Runs, read: Iterable[ReadBatch], given: list[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    """Records of aborted transactions are archived at once; nobody is told of them."""
    for batch in read:
        if not batch.aborted:
            continue
        for first, last, _ in given:
            low, high = max(first, batch.first), min(last, batch.last)
            for run in runs.within(low, high) if low <= high else ():
                run.state, run.member, run.deadline = RecordState.ARCHIVED, "", None
        given = [piece for each in given for piece in _around(each, batch)]
    return given


def _around(given: tuple[int, int, int], batch: ReadBatch) -> Iterator[tuple[int, int, int]]:
    first, last, count = given
    if first < batch.first:
        yield first, min(last, batch.first - 1), count
    if last > batch.last:
        yield max(first, batch.last + 1), last, count


def _joined(given: Iterable[tuple[int, int, int]]) -> list[Acquired]:
    joined: list[Acquired] = []
    for first, last, count in given:
        if joined and (joined[-1].last + 1, joined[-1].delivery_count) == (first, count):
            joined[-1] = replace(joined[-1], last=last)
        else:
            joined.append(Acquired(first=first, last=last, delivery_count=count))
    return joined


def _portions(given: Iterable[Acquired], read: Sequence[ReadBatch], wish: Wish) -> Iterator[Acquired]:
    """Cut before a batch of the log as soon as a portion is large enough."""
    for each in given:
        first = each.first
        if not wish.strict and wish.batch_size > 0 and each.last - first >= wish.batch_size:
            for batch in read:
                if first + wish.batch_size <= batch.first <= each.last:
                    yield replace(each, first=first, last=batch.first - 1)
                    first = batch.first
        yield replace(each, first=first)
