"""What "works" means for an object store: one suite for every kind."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
from tests.contracts.seaweed import Seaweed, seaweed

from headwater.kernel.units import MiB
from headwater.log.errors import ObjectDamaged, ObjectMissing, ObjectStoreFailed
from headwater.log.tiering.object_store import Buffer, ObjectStore, StoredObject
from headwater.log.tiering.obstore_store import ObstoreStore

TIMEOUT_MS = 10_000
LARGE = 9 * MiB
_folders = count()


async def pieces(*data: bytes) -> AsyncIterator[Buffer]:
    for each in data:
        yield each


async def put(store: ObjectStore, name: str, *data: bytes) -> None:
    await store.put(name, pieces(*data), size=sum(map(len, data)))


async def get(store: ObjectStore, name: str, start: int, size: int) -> bytes:
    return bytes(await store.get(name, start=start, size=size))


class ObjectStoreContract:
    """Subclasses give the fixture `store`, which is empty."""

    async def test_what_was_put_is_got_back_in_ranges(self, store: ObjectStore):
        await put(store, "a/b/one", b"abc", b"defg")
        assert await get(store, "a/b/one", 0, 7) == b"abcdefg"
        assert await get(store, "a/b/one", 2, 3) == b"cde"
        assert await get(store, "a/b/one", 6, 1) == b"g"

    async def test_an_empty_object_is_an_object(self, store: ObjectStore):
        await put(store, "empty")
        assert await get(store, "empty", 0, 0) == b""
        assert await store.list("") == [StoredObject(name="empty", size=0)]

    async def test_a_large_object_is_whole(self, store: ObjectStore):
        data = bytes(range(256)) * (LARGE // 256)
        await put(store, "large", *(data[at : at + MiB] for at in range(0, len(data), MiB)))
        assert await get(store, "large", 5 * MiB - 3, MiB) == data[5 * MiB - 3 : 6 * MiB - 3]
        assert await store.list("") == [StoredObject(name="large", size=len(data))]

    async def test_a_later_put_replaces_an_earlier_one(self, store: ObjectStore):
        await put(store, "one", b"first")
        await put(store, "one", b"second")
        assert await get(store, "one", 0, 6) == b"second"

    async def test_a_missing_object_is_told(self, store: ObjectStore):
        with pytest.raises(ObjectMissing):
            await store.get("nowhere", start=0, size=1)

    async def test_an_object_that_ends_too_early_is_told(self, store: ObjectStore):
        await put(store, "short", b"abc")
        with pytest.raises((ObjectDamaged, ObjectStoreFailed)):
            await store.get("short", start=1, size=5)

    async def test_what_is_deleted_is_gone_and_may_be_deleted_again(self, store: ObjectStore):
        await put(store, "a/one", b"1")
        await put(store, "a/two", b"2")
        await store.delete(["a/one", "a/never"])
        await store.delete(["a/one"])
        assert [each.name for each in await store.list("")] == ["a/two"]

    async def test_a_list_is_of_a_folder_and_not_of_names_that_begin_alike(self, store: ObjectStore):
        for name in ("a/1", "a/b/2", "ab/3"):
            await put(store, name, name.encode())
        assert [each.name for each in await store.list("a")] == ["a/1", "a/b/2"]
        assert await store.list("nothing") == []

    @pytest.mark.parametrize("size", [100, LARGE])
    async def test_pieces_that_fail_leave_no_object(self, store: ObjectStore, size: int):
        async def failing() -> AsyncIterator[Buffer]:
            yield b"x" * (size // 2)
            raise ObjectStoreFailed("the source", "it broke")

        with pytest.raises(ObjectStoreFailed):
            await store.put("half", failing(), size=size)
        assert await store.list("") == []

    async def test_many_at_once(self, store: ObjectStore):
        await asyncio.gather(*(put(store, f"n/{number}", bytes([number]) * 1000) for number in range(20)))
        got = await asyncio.gather(*(get(store, f"n/{number}", 500, 10) for number in range(20)))
        assert got == [bytes([number]) * 10 for number in range(20)]


class TestFolder(ObjectStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return ObstoreStore(f"file://{tmp_path}/objects", {}, timeout_ms=TIMEOUT_MS)


class TestMemory(ObjectStoreContract):
    @pytest.fixture
    def store(self) -> ObjectStore:
        return ObstoreStore("memory:///", {}, timeout_ms=TIMEOUT_MS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with seaweed(tmp_path_factory.mktemp("seaweed")) as running:
        yield running


class TestS3(ObjectStoreContract):
    @pytest.fixture
    def store(self, server: Seaweed) -> ObjectStore:
        return ObstoreStore(f"{server.url}/{next(_folders)}", server.options, timeout_ms=TIMEOUT_MS)


async def test_a_store_that_is_down_fails_within_its_deadline():
    options = {"endpoint": "http://127.0.0.1:1", "region": "none", "skip_signature": "true", "allow_http": "true"}
    store = ObstoreStore("s3://nobody", options, timeout_ms=300)
    with pytest.raises(ObjectStoreFailed):
        await store.get("a", start=0, size=1)
    with pytest.raises(ObjectStoreFailed):
        await put(store, "a", b"1")


def test_options_that_a_store_does_not_know_are_refused():
    with pytest.raises(ObjectStoreFailed):
        ObstoreStore("s3://bucket", {"no_such_option": "1"}, timeout_ms=300)
