"""Copies one closed segment to the object store: every file, then the manifest that vouches for them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from headwater.kernel.units import MiB
from headwater.kernel.world import Buffer
from headwater.log.tiering.local_log import Part, SpanFiles
from headwater.log.tiering.manifest import Summing, pack
from headwater.log.tiering.names import manifest_name, part_name
from headwater.log.tiering.object_store import ObjectStore
from headwater.log.tiering.segment import RemoteSegment

_READ_BYTES: Final = MiB

Paced = Callable[[int], Awaitable[None]]
"""Waits until so many bytes may be copied."""


async def copy_segment(store: ObjectStore, segment: RemoteSegment, files: SpanFiles, paced: Paced) -> bytes:
    """All of it is safe when this returns; gives the manifest's seal. Raises a LogError."""
    sums = {}
    summing = Summing()
    await store.put(part_name(segment, Part.LOG), _read(files, paced, summing), size=files.log_bytes)
    sums[Part.LOG.value] = summing.sums()
    for part, data in files.small.items():
        summing = Summing()
        summing.take(data)
        sums[part.value] = summing.sums()
        await store.put(part_name(segment, part), _whole(data), size=len(data))
    manifest, seal = pack(sums)
    await store.put(manifest_name(segment), _whole(manifest), size=len(manifest))
    return seal


async def _read(files: SpanFiles, paced: Paced, summing: Summing) -> AsyncIterator[Buffer]:
    for position in range(0, files.log_bytes, _READ_BYTES):
        size = min(_READ_BYTES, files.log_bytes - position)
        await paced(size)
        data = await files.read_log(size, position)
        summing.take(data)
        yield data


async def _whole(data: bytes) -> AsyncIterator[Buffer]:
    yield data
