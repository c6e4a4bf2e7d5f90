"""Tiered logs whose closed segments are gone to an object store before anything is read: the contract of a `Log` on them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from msgspec.structs import replace
from tests.contracts.log_store import SetClock
from tests.contracts.segment_store import SegmentStore

from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.tasks import Ward
from headwater.kernel.units import MiB, Timestamp
from headwater.log.errors import ObjectDamaged, ObjectMissing, ObjectStoreFailed
from headwater.log.port import Found, Logs, PartitionId, Slice
from headwater.log.settings import LogSettings
from headwater.log.tiering.copying import copy_segment
from headwater.log.tiering.known import KnownSegments
from headwater.log.tiering.local_log import Part
from headwater.log.tiering.log import TieredLog
from headwater.log.tiering.logs import TieredLogs
from headwater.log.tiering.object_store import Buffer, StoredObject
from headwater.log.tiering.policy import first_here, to_copy
from headwater.log.tiering.reader import RemoteReader
from headwater.log.tiering.remote_files import RemoteFiles
from headwater.log.tiering.segment import RemoteSegment
from headwater.log.tiering.settings import FetchLimits, Patience
from headwater.log.tiering.waiting import Waiting
from headwater.wire.types import LeaderEpoch, Offset, Uuid

_ids = count(1)


class DictStore:
    """Objects in a dict. `down` fails everything; `gets` counts what was asked for."""

    address = "memory"

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.down = False
        self.gets: list[tuple[str, int, int]] = []

    async def put(self, name: str, pieces: AsyncIterator[Buffer], *, size: int) -> None:
        data = b"".join([bytes(piece) async for piece in pieces])
        self._check()
        assert len(data) == size
        self.objects[name] = data

    async def get(self, name: str, *, start: int, size: int) -> Buffer:
        self._check()
        self.gets.append((name, start, size))
        if name not in self.objects:
            raise ObjectMissing(name)
        data = self.objects[name][start : start + size]
        if len(data) < size:
            raise ObjectDamaged(name, "it is too short")
        return data

    async def delete(self, names: Sequence[str]) -> None:
        self._check()
        for name in names:
            self.objects.pop(name, None)

    async def list(self, folder: str) -> list[StoredObject]:
        prefix = f"{folder}/" if folder else ""
        names = sorted(each for each in self.objects if each.startswith(prefix))
        return [StoredObject(name=each, size=len(self.objects[each])) for each in names]

    def _check(self) -> None:
        if self.down:
            raise ObjectStoreFailed(self.address, "it is down")


async def _at_once(size: int) -> None:
    pass


async def move(log: TieredLog, store: DictStore, now: Timestamp) -> None:
    """What a round of tiering does for one log."""
    local = log.local
    for span in list(to_copy(local.spans(), log.bounds, log.remote, log.settings, now=now)):
        files = local.files(span.base)
        segment = RemoteSegment(
            id=Uuid(next(_ids).to_bytes(16, "big")),
            partition=log.partition,
            base=span.base,
            end=span.end,
            size=files.log_bytes,
            largest_timestamp=span.largest_timestamp,
            copied=now,
            epochs=tuple(files.epochs),
            has_aborted=Part.TXN_INDEX in files.small,
        )
        seal = await copy_segment(store, segment, files, _at_once)
        files.close()
        log.remote.add(replace(segment, manifest=seal))
    await local.release(first_here(local.spans(), log.bounds, log.remote, log.settings, now=now))


class EagerLog(TieredLog):
    """Everything that can move has moved before it is looked at."""

    store: "TieredStore"

    async def read(self, offset: Offset, **options: Any) -> Slice:
        await self.store.move(self)
        return await super().read(offset, **options)

    async def find_time(self, timestamp: Timestamp) -> Found | None:
        await self.store.move(self)
        return await super().find_time(timestamp)


class EagerLogs(TieredLogs):
    store: "TieredStore"

    async def open(self, partition: PartitionId, *, epoch: LeaderEpoch, settings: LogSettings) -> TieredLog:
        local = await self._local.open(partition, epoch=epoch, settings=self.store.tiered(settings))
        key = (partition.topic_id, partition.index)
        if key not in self._logs:
            log = self._logs[key] = EagerLog(local, self._known, self._reader, self._waiting, self._patience)
            log.store = self.store
        return self._logs[key]


@dataclass
class TieredStore:
    """A folder, and an object store beside it that outlives every process."""

    below: SegmentStore
    objects: DictStore = field(default_factory=DictStore)
    known: KnownSegments = field(default_factory=lambda: KnownSegments(lambda _: 0))
    eager: bool = True
    cache_bytes: int = MiB
    patience: Patience = field(default_factory=lambda: Patience(fetch_ms=5_000, search_ms=5_000))

    def __post_init__(self) -> None:
        self.known.loaded(0)
        self.last: TieredLogs

    @property
    def clock(self) -> SetClock:
        return self.below.clock

    @clock.setter
    def clock(self, clock: SetClock) -> None:
        self.below.clock = clock

    async def open(self) -> TieredLogs:
        local = await self.below.open()
        limits = FetchLimits(cache_bytes=self.cache_bytes, read_ahead_bytes=2 * MiB, bytes_per_second=2**62)
        ward = Ward("remote", children_max=2_000, randomness=SystemRandomness())
        self.files = RemoteFiles(self.objects, ward, lambda: limits)
        logs = EagerLogs(local, self.known, RemoteReader(self.files), Waiting(ward), lambda: self.patience)
        logs.store = self
        self.last = logs
        return logs

    async def crash(self, logs: Logs) -> None:
        assert isinstance(logs, TieredLogs)
        await self.below.crash(logs._local)

    def tiered(self, settings: LogSettings) -> LogSettings:
        return replace(
            settings,
            remote_storage=True,
            segment_bytes=min(settings.segment_bytes, 700),
            index_interval_bytes=1,
            local_retention_bytes=0,
        )

    async def move(self, log: TieredLog) -> None:
        if self.eager:
            await move(log, self.objects, self.clock.now())
