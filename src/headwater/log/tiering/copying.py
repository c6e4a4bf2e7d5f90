"""Copies one closed segment to the object store: every file, then the manifest that vouches for them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from headwater.kernel.tasks import Group
from headwater.kernel.units import MiB
from headwater.kernel.world import Buffer
from headwater.log.errors import LogError
from headwater.log.tiering.local_log import Part, SpanFiles
from headwater.log.tiering.manifest import ObjectSums, Summing, pack
from headwater.log.tiering.names import manifest_name, part_name
from headwater.log.tiering.object_store import ObjectStore
from headwater.log.tiering.segment import RemoteSegment

_READ_BYTES: Final = MiB

Paced = Callable[[int], Awaitable[None]]
"""Waits until so many bytes may be copied."""


async def copy_segment(store: ObjectStore, segment: RemoteSegment, files: SpanFiles, paced: Paced) -> bytes:
    """All of it is safe when this returns; gives the manifest's seal. Raises a LogError.

    The files go side by side. After a failure nothing of this goes on.
    """
    sums = {part.value: _sums(data) for part, data in files.small.items()}
    of_log = Summing()
    try:
        async with Group() as group:
            group.start("copy the log", _put_log(store, segment, files, paced, of_log))
            for part, data in files.small.items():
                group.start(f"copy {part.value}", _put(store, part_name(segment, part), data))
    except* LogError as failed:
        raise failed.exceptions[0] from failed
    manifest, seal = pack({Part.LOG.value: of_log.sums(), **sums})
    await _put(store, manifest_name(segment), manifest)
    return seal


async def _put_log(
    store: ObjectStore, segment: RemoteSegment, files: SpanFiles, paced: Paced, summing: Summing
) -> None:
    await store.put(part_name(segment, Part.LOG), _read(files, paced, summing), size=files.log_bytes)


async def _put(store: ObjectStore, name: str, data: bytes) -> None:
    await store.put(name, _whole(data), size=len(data))


def _sums(data: bytes) -> ObjectSums:
    summing = Summing()
    summing.take(data)
    return summing.sums()


async def _read(files: SpanFiles, paced: Paced, summing: Summing) -> AsyncIterator[Buffer]:
    for position in range(0, files.log_bytes, _READ_BYTES):
        size = min(_READ_BYTES, files.log_bytes - position)
        await paced(size)
        data = await files.read_log(size, position)
        summing.take(data)
        yield data


async def _whole(data: bytes) -> AsyncIterator[Buffer]:
    yield data
