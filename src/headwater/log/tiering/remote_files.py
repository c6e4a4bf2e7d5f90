"""The objects of remote segments as files that can be read anywhere, where nothing is believed unchecked.

range   -> pieces      the cache, or the store: whole pieces, each with its checksum
piece   -> manifest    the cache, or the store: known by the seal in the segment's record
"""

from collections.abc import Callable
from typing import Final

from headwater.kernel.tasks import Ward
from headwater.kernel.units import MiB
from headwater.kernel.world import Buffer
from headwater.log.errors import ObjectDamaged
from headwater.log.tiering.local_log import Part
from headwater.log.tiering.manifest import Manifest, sealed_size, unpack
from headwater.log.tiering.names import manifest_name, part_name
from headwater.log.tiering.object_store import ObjectStore
from headwater.log.tiering.pieces import Pieces
from headwater.log.tiering.segment import RemoteSegment
from headwater.log.tiering.settings import FetchLimits
from headwater.log.tiering.throttle import Throttle

_AT_ONCE: Final = 16
"""Requests to the store."""
_MANIFESTS_BYTES: Final = 8 * MiB
_SUM_BYTES: Final = 36
"""What a checksum takes in memory, about."""


class RemoteFiles:
    def __init__(self, store: ObjectStore, ward: Ward, limits: Callable[[], FetchLimits]) -> None:
        self._store = store
        self._limits = limits
        self._throttle = Throttle(lambda: limits().bytes_per_second)
        self._manifests = Pieces[Manifest](
            ward, bytes_max=lambda: _MANIFESTS_BYTES, at_once=_AT_ONCE, size_of=_memory_of
        )
        self._pieces = Pieces[Buffer](ward, bytes_max=lambda: limits().cache_bytes, at_once=_AT_ONCE, size_of=len)
        self.bytes_fetched = 0

    @property
    def bytes_cached(self) -> int:
        return self._pieces.bytes_kept

    @property
    def hits(self) -> int:
        return self._pieces.hits

    @property
    def misses(self) -> int:
        return self._pieces.misses

    async def read(self, segment: RemoteSegment, part: Part, start: int, size: int) -> Buffer:
        """Exactly these bytes. Raises an ObjectStoreFailed; whether to try again is the caller's business."""
        manifest = await self._manifest(segment)
        self._check_range(segment, part, manifest, start + size)
        numbers = range(start // manifest.piece_bytes, -(-(start + size) // manifest.piece_bytes))
        for number in numbers[1:]:
            self._want(segment, part, manifest, number)
        found = [await self._piece(segment, part, manifest, number) for number in numbers]
        data = found[0] if len(found) == 1 else b"".join(found)
        begin = start - numbers.start * manifest.piece_bytes
        return memoryview(data)[begin : begin + size]

    async def whole(self, segment: RemoteSegment, part: Part) -> Buffer:
        """A small object; empty if the segment has none of this part."""
        sums = (await self._manifest(segment)).objects.get(part.value)
        return await self.read(segment, part, 0, sums.size) if sums is not None and sums.size else b""

    async def want_after(self, segment: RemoteSegment, position: int) -> None:
        """Someone reads the log on from here."""
        manifest = await self._manifest(segment)
        end = min(position + self._limits().read_ahead_bytes, segment.size)
        for number in range(position // manifest.piece_bytes, -(-end // manifest.piece_bytes)):
            self._want(segment, Part.LOG, manifest, number)

    def _check_range(self, segment: RemoteSegment, part: Part, manifest: Manifest, end: int) -> None:
        sums = manifest.objects.get(part.value)
        if sums is None or end > sums.size:
            raise ObjectDamaged(part_name(segment, part), f"its manifest does not know byte {end}")

    async def _manifest(self, segment: RemoteSegment) -> Manifest:
        return await self._manifests.get(segment.id, lambda: self._fetch_manifest(segment))

    async def _fetch_manifest(self, segment: RemoteSegment) -> Manifest:
        name = manifest_name(segment)
        data = await self._store.get(name, start=0, size=sealed_size(name, segment.manifest))
        return unpack(name, data, segment.manifest)

    async def _piece(self, segment: RemoteSegment, part: Part, manifest: Manifest, number: int) -> Buffer:
        key = (segment.id, part, number)
        return await self._pieces.get(key, lambda: self._fetch(segment, part, manifest, number))

    def _want(self, segment: RemoteSegment, part: Part, manifest: Manifest, number: int) -> None:
        self._pieces.want((segment.id, part, number), lambda: self._fetch(segment, part, manifest, number))

    async def _fetch(self, segment: RemoteSegment, part: Part, manifest: Manifest, number: int) -> Buffer:
        start, size = manifest.range_of(part.value, number)
        await self._throttle.take(size)
        name = part_name(segment, part)
        data = await self._store.get(name, start=start, size=size)
        manifest.check(name, part.value, number, data)
        self.bytes_fetched += size
        return data


def _memory_of(manifest: Manifest) -> int:
    return sum(len(each.crc32c) for each in manifest.objects.values()) * _SUM_BYTES + 1_000
