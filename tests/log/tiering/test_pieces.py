"""The cache of pieces: bounded, one fetch for all who ask, and no failure is remembered."""

import asyncio
from functools import partial
from random import Random

import pytest
from hypothesis import given, strategies as st
from tests.simulation.world.randomness import SimulatedRandomness

from headwater.kernel.tasks import Ward
from headwater.log.errors import ObjectDamaged, ObjectStoreFailed
from headwater.log.tiering.manifest import PIECE_BYTES, ObjectSums, Summing, pack, sealed_size, unpack
from headwater.log.tiering.pieces import Pieces


def pieces(bytes_max: int = 100, *, children_max: int = 100) -> Pieces[bytes]:
    ward = Ward("tests", children_max=children_max, randomness=SimulatedRandomness(Random(0)))
    return Pieces(ward, bytes_max=lambda: bytes_max, at_once=2, size_of=len)


class Source:
    """Counts what is fetched; `gate` holds fetches back."""

    def __init__(self) -> None:
        self.fetched: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails = False

    async def fetch(self, key: str) -> bytes:
        self.fetched.append(key)
        await self.gate.wait()
        if self.fails:
            raise ObjectStoreFailed("source", "it is down")
        return key.encode() * 40


async def test_what_was_fetched_is_not_fetched_again_while_there_is_room():
    cache, source = pieces(), Source()
    for key in ("a", "b", "a", "c", "a", "b"):
        assert await cache.get(key, partial(source.fetch, key)) == key.encode() * 40
    assert source.fetched == ["a", "b", "c", "b"]
    assert cache.bytes_kept <= 100


async def test_who_asks_for_what_is_on_its_way_waits_for_it():
    cache, source = pieces(), Source()
    source.gate.clear()
    asking = [asyncio.ensure_future(cache.get("a", lambda: source.fetch("a"))) for _ in range(5)]
    await asyncio.sleep(0)
    source.gate.set()
    assert len(set(await asyncio.gather(*asking))) == 1
    assert source.fetched == ["a"]


async def test_whoever_gives_up_leaves_the_fetch_to_the_others():
    cache, source = pieces(), Source()
    source.gate.clear()
    impatient = asyncio.ensure_future(cache.get("a", lambda: source.fetch("a")))
    patient = asyncio.ensure_future(cache.get("a", lambda: source.fetch("a")))
    await asyncio.sleep(0)
    impatient.cancel()
    source.gate.set()
    assert await patient == b"a" * 40
    assert source.fetched == ["a"]


async def test_a_failure_is_told_to_all_who_waited_and_the_next_one_tries_again():
    cache, source = pieces(), Source()
    source.fails = True
    asking = [cache.get("a", lambda: source.fetch("a")) for _ in range(3)]
    assert all(isinstance(each, ObjectStoreFailed) for each in await asyncio.gather(*asking, return_exceptions=True))
    source.fails = False
    assert await cache.get("a", lambda: source.fetch("a"))


async def test_what_is_wanted_is_there_when_it_is_asked_for():
    cache, source = pieces(), Source()
    cache.want("a", lambda: source.fetch("a"))
    cache.want("a", lambda: source.fetch("a"))
    await cache.get("a", lambda: source.fetch("a"))
    assert source.fetched == ["a"]


async def test_more_than_can_wait_is_refused():
    cache, source = pieces(children_max=1), Source()
    source.gate.clear()
    cache.want("a", lambda: source.fetch("a"))
    with pytest.raises(ObjectStoreFailed, match="full"):
        await cache.get("b", lambda: source.fetch("b"))
    source.gate.set()


@given(st.lists(st.integers(0, PIECE_BYTES + 10), max_size=4))
def test_sums_do_not_depend_on_the_portions_in_which_bytes_come(sizes: list[int]):
    data = bytes(sum(sizes))
    whole, portions = Summing(), Summing()
    whole.take(data)
    for size in sizes:
        portions.take(data[:size])
    assert whole.sums() == portions.sums()
    assert whole.sums().size == len(data)


def test_a_manifest_is_believed_only_with_its_seal():
    sums = Summing()
    sums.take(b"abc")
    data, seal = pack({".log": sums.sums()})
    assert sealed_size("m", seal) == len(data)
    manifest = unpack("m", data, seal)
    assert manifest.objects == {".log": ObjectSums(size=3, crc32c=sums.sums().crc32c)}
    manifest.check("log", ".log", 0, b"abc")
    with pytest.raises(ObjectDamaged):
        manifest.check("log", ".log", 0, b"abd")
    with pytest.raises(ObjectDamaged):
        unpack("m", data.replace(b"3", b"4"), seal)
    with pytest.raises(ObjectDamaged):
        sealed_size("m", b"something else")
