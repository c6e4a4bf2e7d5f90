"""Compaction against a list of everything that was ever written.

Whatever is written, by whomever, in transactions or not, and whenever it is compacted: a reader finds a part of what was
there, at its offset and in its order, and of each key the last value. Compaction without bounds on its table, with a table
that is full at once, and with a loss of power between, all come to the same.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import Phase, given, settings, strategies as st
from tests.contracts.log_store import (
    NOON,
    MemoryStore,
    Store,
    append,
    everything,
    headers,
    marker,
    partition,
    producer_of,
    records,
)
from tests.contracts.simulated_store import SimulatedStore
from tests.log.compaction.rig import COMPACTED, committed, compact, finish_span, keyed

from headwater.kernel.units import Timestamp
from headwater.log.port import Log, Logs, Origin
from headwater.log.settings import LogSettings
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.records import Record
from headwater.wire.types import LeaderEpoch

RETENTION_MS = COMPACTED["delete_retention_ms"]
ABORT, COMMIT = b"\0\0\0\0", b"\0\0\0\1"
KEYS = ("a", "b", "long key, " * 4)

pairs = st.lists(st.tuples(st.sampled_from(KEYS), st.none() | st.sampled_from(("x", "y" * 40))), min_size=1, max_size=3)
codecs = st.sampled_from((Compression.NONE, Compression.LZ4))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), pairs, codecs),
        st.tuples(st.just("write"), pairs, codecs),
        st.tuples(st.just("transact"), st.integers(1, 2), pairs),
        st.tuples(st.just("transact"), st.integers(1, 2), pairs),
        st.tuples(st.just("end"), st.integers(1, 2), st.booleans()),
        st.tuples(st.just("fill")),
        st.tuples(st.just("compact"), st.sampled_from((0, 400, 1200)), st.sampled_from((1, 2, 1000))),
        st.tuples(st.just("compact"), st.sampled_from((0, 400, 1200)), st.just(1000)),
        st.tuples(st.just("crash")),
        st.tuples(st.just("expire")),
    ),
    min_size=12,
    max_size=30,
)


@dataclass
class Story:
    """A log, and all that was written to it."""

    store: Store
    logs: Logs = field(init=False)
    log: Log = field(init=False)
    now: int = NOON
    written: list[Record] = field(default_factory=list)
    """What a reader of committed records would have been given without compaction."""
    open: dict[int, int] = field(default_factory=dict)
    """Sequences of producers with a transaction open."""
    sequences: dict[int, int] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    """When a tombstone first stayed in a compaction."""

    async def begin(self) -> None:
        self.logs = await self.store.open()
        self.log = await self.logs.open(partition(), epoch=LeaderEpoch(0), settings=LogSettings(**COMPACTED))

    async def write(self, new: list[tuple[str, str | None]], codec: Compression) -> None:
        await append(self.log, keyed(*new, compression=codec))

    async def transact(self, producer: int, new: list[tuple[str, str | None]]) -> None:
        sequence = self.sequences.get(producer, 0)
        await append(self.log, keyed(*new, producer=producer_of(producer, 0, sequence), transactional=True))
        self.sequences[producer] = sequence + len(new)
        self.open[producer] = sequence

    async def end(self, producer: int, is_commit: bool) -> None:
        if self.open.pop(producer, None) is not None:
            await append(self.log, marker(producer, committed=is_commit), origin=Origin.COORDINATOR)

    async def expire(self) -> None:
        self.log.expire_producers(idle_since=Timestamp(self.now))
        living = {each.producer_id for each in self.log.producers()}
        self.sequences = {producer: sequence for producer, sequence in self.sequences.items() if producer in living}

    async def fill(self) -> None:
        await finish_span(self.log)

    async def crash(self) -> None:
        before = self.producers()
        await self.store.crash(self.logs)
        await self.begin()
        assert [each for each in self.producers() if each in before] == before, (
            "who was forgotten may be remembered again"
        )
        self.sequences = {producer: sequence + 1 for producer, _, sequence, _ in self.producers()}

    def producers(self) -> list[tuple[int, int, int, int]]:
        return sorted(
            (each.producer_id, each.epoch, each.last_sequence, each.last_offset) for each in self.log.producers()
        )

    async def compact(self, after_ms: int, keys_max: int) -> None:
        self.now += after_ms
        before, producers = await committed(self.log), self.producers()
        self.written = merged(self.written, before)
        done = await compact(self.log, now=self.now, keys_max=keys_max)
        after = await committed(self.log)
        assert self.producers() == producers
        self.check(after, cleaned=done.end if done else self.log.first_dirty or 0)

    def check(self, after: list[Record], *, cleaned: int) -> None:
        original = {each.offset: each for each in self.written}
        assert [original[each.offset] for each in after] == after
        assert sorted(each.offset for each in after) == [each.offset for each in after]
        assert last_values(after) == last_values(self.written)
        below = [each.key for each in after if each.offset < cleaned]
        assert len(below) == len(set(below)), "a key twice in what is clean"
        left = {each.offset for each in after}
        for offset, record in last_of_each_key(self.written).items():
            if record.value is not None:
                assert offset in left
            elif offset in left:
                if offset < cleaned:
                    self.seen.setdefault(offset, self.now)
            else:
                assert self.now >= self.seen[offset] + RETENTION_MS, "a tombstone went too early"


def merged(old: list[Record], now: list[Record]) -> list[Record]:
    by_offset = {each.offset: each for each in (*old, *now)}
    return [by_offset[offset] for offset in sorted(by_offset)]


def last_of_each_key(records: list[Record]) -> dict[int, Record]:
    last = {each.key: each for each in records}
    return {each.offset: each for each in last.values()}


def last_values(records: list[Record]) -> dict[bytes | None, bytes]:
    last = {each.key: each.value for each in records}
    return {key: value for key, value in last.items() if value is not None}


async def tell(story: Story, script: list[tuple[object, ...]]) -> None:
    await story.begin()
    for name, *given_ in script:
        await getattr(story, str(name))(*given_)
    await come_to_rest(story)
    await story.logs.close()


async def come_to_rest(story: Story) -> None:
    """When nothing holds them any more tombstones, void records and markers are gone, and what is written is seen."""
    for producer in list(story.open):
        await story.end(producer, False)
    await story.expire()
    end = story.log.bounds.end
    for _ in range(5):
        await story.fill()
        await story.compact(RETENTION_MS, 1000)
    left = await everything(story.log)
    wrote: dict[int, None] = {}
    for header in headers(left):
        if header.is_control:
            assert header.producer_id in wrote, "a marker without data"
        elif header.is_transactional:
            wrote[header.producer_id] = None
    assert not [each for each in records(left) if each.value is None and each.offset < end]
    assert await committed(story.log) == [each for each in records(left) if each.key not in (ABORT, COMMIT)]
    for producer in (1, 2):
        await story.transact(producer, [("a", "at last")])
        await story.end(producer, True)
    assert (await committed(story.log))[-1].value == b"at last"


@pytest.mark.parametrize("make_store", [MemoryStore, SimulatedStore])
@given(script=steps)
@settings(max_examples=40, deadline=None, phases=[Phase.generate])
def test_a_compacted_log_says_what_the_whole_one_said(
    make_store: Callable[[], Store], script: list[tuple[object, ...]]
):
    asyncio.run(tell(Story(make_store()), script))
