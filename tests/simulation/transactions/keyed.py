"""A compacted topic and those who use it as a table: they write values under few keys, and read all that is left of them.

Some keys are deleted now and then. What a reader finds of these in the middle of things depends on how long deletions are kept
by a wall clock that jumps, so in between only the others are looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.simulation.broker.history import History, Moment
from tests.simulation.transactions.readers import read_all

from headwater.client.cluster import Cluster
from headwater.client.errors import ClientError
from headwater.client.producer import Producer
from headwater.kernel.units import Timestamp
from headwater.kernel.world import Clock
from headwater.wire.batch.builder import NewRecord

TABLE: Final = ("table", 0)
LASTING: Final = (b"a", b"b", b"c")
DELETED: Final = (b"x", b"y")


@dataclass(kw_only=True, slots=True)
class Write:
    """`number` is None for a deletion, `told` for what was never acknowledged."""

    number: int | None
    told: Moment | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What a reader that began at this moment found under each key."""

    asked: Moment
    values: Mapping[bytes, int]


@dataclass(kw_only=True, slots=True)
class Table:
    """Everything written, in order and by key, and everything read."""

    writes: dict[bytes, list[Write]] = field(default_factory=lambda: {key: [] for key in (*LASTING, *DELETED)})
    views: list[View] = field(default_factory=list)


class TableWriter:
    """The only one."""

    def __init__(self, cluster: Cluster, history: History, random: Random, table: Table, clock: Clock) -> None:
        self._producer = Producer(cluster)
        self._history = history
        self._random = random
        self._table = table
        self._clock = clock
        self._next = 0

    async def step(self) -> None:
        """A few writes in one batch."""
        keys = self._random.choices((*LASTING, *DELETED), k=self._random.randint(1, 4))
        written = [self._write(key) for key in keys]
        now = Timestamp(self._clock.now())
        batch = [
            NewRecord(key=key, value=None if each.number is None else b"%d" % each.number, timestamp=now)
            for key, each in zip(keys, written, strict=True)
        ]
        self._history.ask()
        try:
            await self._producer.send(*TABLE, batch)
        except ClientError:
            return
        told = self._history.tick()
        for each in written:
            each.told = told

    def _write(self, key: bytes) -> Write:
        self._next += 1
        deletes = key in DELETED and self._random.random() < 0.3
        write = Write(number=None if deletes else self._next)
        self._table.writes[key].append(write)
        return write


class TableReader:
    """Reads all of it now and then."""

    def __init__(self, cluster: Cluster, history: History, random: Random, table: Table) -> None:
        self._cluster = cluster
        self._history = history
        self._random = random
        self._table = table

    async def step(self) -> None:
        if self._random.random() < 0.7:
            return
        try:
            self._table.views.append(await view(self._cluster, self._history, self._random))
        except ClientError:
            return


async def view(cluster: Cluster, history: History, random: Random) -> View:
    """Raises ClientError."""
    asked = history.ask()
    values: dict[bytes, int] = {}
    for each in await read_all(cluster, history, random, TABLE):
        if each.value is None:
            values.pop(each.key, None)
        else:
            values[each.key] = int(each.value)
    return View(asked=asked, values=values)


def assert_last_values_survive(table: Table, last: View) -> None:
    for each in table.views:
        for key in LASTING:
            _assert_fits(table.writes[key], each, key)
    for key in (*LASTING, *DELETED):
        _assert_fits(table.writes[key], last, key)


def _assert_fits(writes: list[Write], seen: View, key: bytes) -> None:
    """The last write of which the reader must know, or one behind that, is what it found."""
    known = [number for number, each in enumerate(writes) if each.told is not None and each.told < seen.asked]
    possible = [each.number for each in writes[known[-1] :]] if known else [None, *(each.number for each in writes)]
    found = seen.values.get(key)
    assert found in possible, f"{key!r} is {found}, and may be one of {possible}"
