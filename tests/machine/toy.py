"""A toy machine, and a journal in memory whose appends take time and fail as a test asks."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from tests.simulation.world.clock import SimulatedClock
from tests.simulation.world.loop import SimulatedLoop
from tests.simulation.world.randomness import SimulatedRandomness
from tests.simulation.world.trace import Trace

from headwater.kernel.tasks import Ward
from headwater.kernel.units import Timestamp
from headwater.machine.decision import Decision, Record, Ticket, answer
from headwater.machine.errors import Conflict
from headwater.machine.journal import Reducible
from headwater.machine.machine import Moment
from headwater.wire.types import Offset

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Add:
    """Answered with the place in the list."""

    item: str


@dataclass(frozen=True, kw_only=True)
class AddLater:
    """Parked until the time has come."""

    item: str
    after_ms: int


@dataclass(frozen=True, kw_only=True)
class Remove:
    """Refused if it is not there."""

    item: str


@dataclass(frozen=True, kw_only=True)
class Refused:
    item: str


class Register:
    """Items and the places at which they arrived. Records are `("+", item)`, `("-", item)` and `("next", place)`."""

    def __init__(self) -> None:
        self.items: dict[str, int] = {}
        self.arrived = 0
        self._parked: list[tuple[int, Ticket, str]] = []

    def decide(self, request: Any, *, ticket: Ticket, moment: Moment) -> Decision:
        match request:
            case Add(item=item) if item in self.items:
                return answer(ticket, Refused(item=item))
            case Add(item=item):
                return Decision(records=(("+", item),), answers=((ticket, self.arrived),))
            case Remove(item=item) if item in self.items:
                return Decision(records=(("-", item),), answers=((ticket, None),))
            case Remove(item=item):
                return answer(ticket, Refused(item=item))
            case AddLater(item=item, after_ms=after_ms):
                self._parked.append((moment.elapsed + after_ms, ticket, item))
                return Decision()
        raise AssertionError(request)

    def replay(self, record: Record) -> None:
        match record:
            case ("+", item):
                self.items[item] = self.arrived
                self.arrived += 1
            case ("-", item):
                del self.items[item]
            case ("next", place):
                self.arrived = place

    def snapshot(self) -> Iterator[Record]:
        for item, place in self.items.items():
            yield ("next", place)
            yield ("+", item)
        yield ("next", self.arrived)

    def next_deadline(self) -> int | None:
        return min((deadline for deadline, _, _ in self._parked), default=None)

    def decide_due(self, moment: Moment) -> Decision:
        due = [each for each in self._parked if each[0] <= moment.elapsed]
        self._parked = [each for each in self._parked if each[0] > moment.elapsed]
        return Decision(
            records=tuple(("+", item) for _, _, item in due),
            answers=tuple((ticket, self.arrived + place) for place, (_, ticket, _) in enumerate(due)),
        )


@dataclass
class Store:
    """What survives: the records of all writers, and a snapshot of those before `first`."""

    records: list[Record] = field(default_factory=list)
    snapshot: list[Record] = field(default_factory=list)
    first: int = 0
    batches: list[list[Record]] = field(default_factory=list)

    @property
    def end(self) -> int:
        return self.first + len(self.records)


class ToyJournal:
    """A `Journal` whose appends take `delay`, and fail by `fate`: "ok", "lost" (not written) or "unknown" (written)."""

    def __init__(
        self, store: Store, *, delay: Callable[[], float] = lambda: 0.005, fate: Callable[[], str] = lambda: "ok"
    ) -> None:
        self.store = store
        self._delay = delay
        self._fate = fate

    async def load(self, replay: Callable[[Record], None], *, until: Offset | None = None) -> Offset:
        await asyncio.sleep(self._delay())
        end = Offset(self.store.end if until is None else until)
        for place, record in enumerate([*self.store.snapshot, *self.store.records[: end - self.store.first]], 1):
            replay(record)
            if place % 100 == 0:
                await asyncio.sleep(0)
        return end

    async def append(self, decisions: Sequence[Sequence[Record]], *, expected_end: Offset, now: Timestamp) -> Offset:
        await asyncio.sleep(self._delay())
        fate = self._fate()
        if fate == "lost":
            raise OSError("the request did not arrive")
        if expected_end != self.store.end:
            raise Conflict(expected_end, Offset(self.store.end))
        for decision in decisions:
            self.store.records.extend(decision)
            self.store.batches.append(list(decision))
        end = Offset(self.store.end)
        await asyncio.sleep(self._delay())
        if fate == "unknown":
            raise OSError("the answer did not arrive")
        return end

    def reducible(self) -> Reducible:
        return Reducible(end=Offset(self.store.end), records=len(self.store.records))

    async def write_snapshot(self, records: Iterable[Record], *, end: Offset, now: Timestamp) -> None:
        self.store.snapshot = list(records)
        del self.store.records[: end - self.store.first]
        self.store.first = end


def run(main: Callable[[], Coroutine[Any, Any, T]], *, seed: int = 0) -> T:
    """Run `main` on a loop whose time is a number."""
    loop = SimulatedLoop(Trace(seed))
    try:
        return loop.run_until_complete(main())
    finally:
        loop.close()


def clock() -> SimulatedClock:
    return SimulatedClock(asyncio.get_running_loop().time)


async def elapse(ms: int) -> None:
    """Simulated time is free to pass."""
    await asyncio.sleep(ms / 1000)


def ward() -> Ward:
    return Ward("machines", children_max=9, randomness=SimulatedRandomness(Random(0)))


def chances(random: Random, **weights: float) -> Callable[[], str]:
    return lambda: random.choices(list(weights), list(weights.values()))[0]


async def outcome(waiting: Awaitable[T]) -> T | Exception:
    try:
        return await waiting
    except Exception as error:
        return error
