"""The records in flight of a share partition, as runs of neighbours that are alike.

The runs lie edge to edge from `start` to `end`. A run is cut where only a part of it changes, and neighbours that have
become alike are joined again, so there are as many runs as there are differences, whatever the number of records.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from headwater.control.share.records import RecordState


class Run:
    """`last` is included."""

    __slots__ = ("before", "change", "deadline", "delivery_count", "first", "last", "member", "state")

    def __init__(
        self,
        first: int,
        last: int,
        state: RecordState,
        delivery_count: int,
        *,
        member: str = "",
        deadline: int | None = None,
    ) -> None:
        self.first = first
        self.last = last
        self.state = state
        self.delivery_count = delivery_count
        self.member = member
        self.deadline = deadline
        """When the lock ends, in the loop's milliseconds."""
        self.change: object | None = None
        """The change that has put it into this state and is not durable yet."""
        self.before: tuple[str, int | None] | None = None
        """Whose it was, and until when, if that change fails."""

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    @property
    def is_available(self) -> bool:
        return self.state is RecordState.AVAILABLE and self.change is None

    @property
    def is_settled(self) -> bool:
        """Done with, whatever comes."""
        return self.change is None and self.state.is_terminal

    def continues(self, other: "Run") -> bool:
        """A count of deliveries says nothing any more where no further one comes."""
        return (
            self.state is other.state
            and self.change is other.change
            and self.member == other.member
            and self.deadline == other.deadline
            and self.before == other.before
            and (self.delivery_count == other.delivery_count or self.is_settled)
        )

    def cut(self, at: int) -> "Run":
        """Keep what lies before this offset, and give the rest."""
        rest = Run(at, self.last, self.state, self.delivery_count, member=self.member, deadline=self.deadline)
        rest.change, rest.before = self.change, self.before
        self.last = at - 1
        return rest


class Runs:
    """In the order of their offsets."""

    def __init__(self, start: int) -> None:
        self.start = start
        self._runs: list[Run] = []

    def __iter__(self) -> Iterator[Run]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    @property
    def end(self) -> int:
        """One past the last."""
        return self._runs[-1].last + 1 if self._runs else self.start

    @property
    def size(self) -> int:
        return self.end - self.start

    def append(self, run: Run) -> None:
        assert run.first == self.end, "runs lie edge to edge"
        self._runs.append(run)

    def overlapping(self, first: int, last: int) -> list[Run]:
        """The runs that hold any of these offsets, uncut."""
        if last < self.start or first >= self.end:
            return []
        return self._runs[max(self._at(first), 0) : self._at(last) + 1]

    def within(self, first: int, last: int) -> list[Run]:
        """The runs that are these offsets, as far as they are here, cut where they reach beyond."""
        self.cut((first, last + 1))
        return self.overlapping(first, last)

    def cut(self, edges: Sequence[int]) -> None:
        """See to it that at each of these offsets, which ascend, a run begins."""
        low, high = max(self._at(edges[0]), 0), self._at(edges[-1]) + 1
        pieces: list[Run] = []
        inner = iter(edges)
        edge = next(inner, None)
        for whole in self._runs[low:high]:
            run = whole
            while edge is not None and edge <= run.last:
                if edge > run.first:
                    rest = run.cut(edge)
                    pieces.append(run)
                    run = rest
                edge = next(inner, None)
            pieces.append(run)
        self._runs[low:high] = pieces

    def move_start(self, offset: int) -> None:
        """What lies before it is no longer of interest."""
        if offset >= self.end:
            self._runs.clear()
        else:
            self.cut((offset,))
            del self._runs[: self._at(offset)]
        self.start = offset

    def join(self) -> None:
        joined: list[Run] = []
        for run in self._runs:
            if joined and run.continues(joined[-1]):
                joined[-1].last = run.last
            else:
                joined.append(run)
        self._runs = joined

    def _at(self, offset: int) -> int:
        """The place of the run that holds this offset, or of the nearest."""
        return bisect_right(self._runs, offset, key=_first) - 1


def _first(run: Run) -> int:
    return run.first
