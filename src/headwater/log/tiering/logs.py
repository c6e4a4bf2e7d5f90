"""Every log of an engine, each with what it has in remote storage: the `Logs` port over that of the engine."""

import asyncio
from collections.abc import Callable, Sequence

from headwater.log.port import PartitionId, Stored
from headwater.log.settings import LogSettings
from headwater.log.tiering.known import KnownSegments
from headwater.log.tiering.local_log import LocalLogs
from headwater.log.tiering.log import TieredLog
from headwater.log.tiering.reader import RemoteReader
from headwater.log.tiering.settings import Patience
from headwater.log.tiering.waiting import Waiting
from headwater.wire.types import LeaderEpoch, Uuid


class TieredLogs:
    """A log that has nothing in remote storage is wrapped too: its topic may begin to at any time."""

    def __init__(
        self,
        local: LocalLogs,
        known: KnownSegments,
        reader: RemoteReader,
        waiting: Waiting,
        patience: Callable[[], Patience],
    ) -> None:
        self._local = local
        self._known = known
        self._reader = reader
        self._waiting = waiting
        self._patience = patience
        self._logs: dict[tuple[Uuid, int], TieredLog] = {}

    @property
    def clean(self) -> bool:
        return self._local.clean

    @property
    def failed(self) -> asyncio.Future[None]:
        return self._local.failed

    def stored(self) -> Sequence[Stored]:
        return self._local.stored()

    async def open(self, partition: PartitionId, *, epoch: LeaderEpoch, settings: LogSettings) -> TieredLog:
        log = await self._local.open(partition, epoch=epoch, settings=settings)
        key = (partition.topic_id, partition.index)
        if key not in self._logs:
            self._logs[key] = TieredLog(log, self._known, self._reader, self._waiting, self._patience)
        return self._logs[key]

    def get(self, topic_id: Uuid, index: int) -> TieredLog | None:
        return self._logs.get((topic_id, index))

    def all(self) -> list[TieredLog]:
        return list(self._logs.values())

    async def forget(self, partition: PartitionId) -> None:
        self._logs.pop((partition.topic_id, partition.index), None)
        await self._local.forget(partition)

    async def close(self) -> None:
        await self._local.close()
