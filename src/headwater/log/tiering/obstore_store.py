"""The `ObjectStore` port over `obstore`: S3, GCS, Azure, a folder, memory.

`obstore` is Rust: its requests run on threads of its own, and the event loop only awaits them. It tries a failed request again
by itself, for as long as `timeout_ms`; the deadline around that is for what it does not see, such as a store that sends a byte now
and then. Large objects go up in parts of which a few are in memory at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from headwater.kernel.units import SECOND_MS, MiB
from headwater.log.errors import ObjectDamaged, ObjectMissing, ObjectStoreFailed
from headwater.log.tiering.object_store import Buffer, StoredObject

_FOLDER: Final = "file://"
_PART_BYTES: Final = 8 * MiB
_PARTS_AT_ONCE: Final = 2
_SLOWEST: Final = MiB
"""A put that moves fewer bytes a second than this takes too long."""
_RETRIES: Final = 3
_QUERY: Final = "?"
"""What follows it in an address may be a secret."""


class ObstoreStore:
    def __init__(self, url: str, options: Mapping[str, str], *, timeout_ms: int) -> None:
        """`options` are named as `obstore` names its settings of this kind of store. Raises ObjectStoreFailed if they can't be."""
        self._address = url.partition(_QUERY)[0]
        self._timeout_s = timeout_ms / SECOND_MS
        try:
            self._store = _opened(url, options, timeout=timedelta(milliseconds=timeout_ms))
        except (BaseError, ValueError, TypeError) as error:
            raise ObjectStoreFailed(self._address, _told(error)) from error

    @property
    def address(self) -> str:
        return self._address

    async def put(self, name: str, pieces: AsyncIterator[Buffer], *, size: int) -> None:
        async with self._deadline(name, self._timeout_s + size / _SLOWEST):
            if size <= _PART_BYTES:
                whole = b"".join([bytes(piece) async for piece in pieces])
                await obstore.put_async(self._store, name, whole, use_multipart=False)
            else:
                await obstore.put_async(
                    self._store, name, _as_bytes(pieces), chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
                )

    async def get(self, name: str, *, start: int, size: int) -> Buffer:
        if not size:
            return b""
        async with self._deadline(name, self._timeout_s):
            found = memoryview(await obstore.get_range_async(self._store, name, start=start, length=size))
        if len(found) != size:
            raise ObjectDamaged(name, f"it ends {size - len(found)} bytes before it should")
        return found

    async def delete(self, names: Sequence[str]) -> None:
        await asyncio.gather(*(self._delete(name) for name in names))

    async def _delete(self, name: str) -> None:
        try:
            async with self._deadline(name, self._timeout_s):
                await obstore.delete_async(self._store, name)
        except ObjectMissing:
            return

    async def list(self, folder: str) -> list[StoredObject]:
        found: list[StoredObject] = []
        async with self._deadline(folder, self._timeout_s):
            async for some in obstore.list(self._store, prefix=folder or None):
                found += [StoredObject(name=each["path"], size=each["size"]) for each in some]
        return sorted(found, key=lambda each: each.name)

    def _deadline(self, name: str, seconds: float) -> "_Within":
        return _Within(self._address, name, seconds)


class _Within:
    """A deadline around a request, and its errors in our words."""

    def __init__(self, address: str, name: str, seconds: float) -> None:
        self._address = address
        self._name = name
        self._seconds = seconds
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            raise ObjectStoreFailed(self._address, f"no end of {self._name} after {self._seconds:.0f} s") from late
        if isinstance(error, FileNotFoundError):
            raise ObjectMissing(self._name) from error
        if isinstance(error, (BaseError, OSError, ValueError)):
            raise ObjectStoreFailed(self._address, _told(error)) from error


def _opened(url: str, options: Mapping[str, str], *, timeout: timedelta) -> Any:
    if url.startswith(_FOLDER):
        return LocalStore(url.removeprefix(_FOLDER), mkdir=True, **dict[str, Any](options))
    if url.startswith("memory://"):
        return from_url(url)
    config = {name: value for name, value in options.items() if name != "allow_http"}
    client = {"timeout": timeout, "connect_timeout": timeout, "allow_http": options.get("allow_http") == "true"}
    retries: Any = {"max_retries": _RETRIES, "retry_timeout": timeout}
    open_any: Any = from_url  # typed for each kind of store, where this is for whichever is asked for
    return open_any(url, config=config or None, client_options=client, retry_config=retries)


def _told(error: Exception) -> str:
    """The first line: what follows are the innards of the library."""
    return str(error).strip().partition("\n")[0] or repr(error)


async def _as_bytes(pieces: AsyncIterator[Buffer]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield bytes(piece)
