"""Who opens logs in memory, and carries their appends to the storage: one commit at a time, for all logs together.

A commit travels there, is written, and its answer travels back, each as long as the faults say. It may be lost on either way.
"""

import asyncio
from asyncio import Event, Future, TimerHandle, get_running_loop
from collections.abc import Sequence

from headwater.kernel.world import Clock
from headwater.log.errors import LogClosed, LogError, StorageFailed
from headwater.log.memory.faults import Fate, Faults, NoFaults
from headwater.log.memory.log import MemoryLog
from headwater.log.memory.storage import MemoryStorage, Write
from headwater.log.port import Appended, PartitionId, Stored
from headwater.log.settings import LogSettings
from headwater.wire.types import LeaderEpoch, Uuid

Sent = tuple[MemoryLog, Write, Future[Appended]]
Answer = tuple[Future[Appended], Appended | Exception]


class MemoryLogs:
    """The `Logs` port over a storage that others may share."""

    def __init__(self, storage: MemoryStorage, *, clock: Clock, faults: Faults | None = None) -> None:
        self._storage = storage
        self._clock = clock
        self._faults = faults or NoFaults()
        self._clean = not storage.crashed
        storage.crashed = False
        self._failed: Future[None] = get_running_loop().create_future()
        self._logs: dict[tuple[bytes, int], MemoryLog] = {}
        self._queue: list[Sent] = []
        self._travelling: list[Sent] = []
        self._timer: TimerHandle | asyncio.Handle | None = None
        self._quiet = Event()
        self._quiet.set()
        self._closed = False

    @property
    def clean(self) -> bool:
        return self._clean

    @property
    def failed(self) -> Future[None]:
        return self._failed

    def stored(self) -> Sequence[Stored]:
        return [Stored(partition=log.partition, start=log.start, end=log.end) for log in self._storage.logs.values()]

    async def open(self, partition: PartitionId, *, epoch: LeaderEpoch, settings: LogSettings) -> MemoryLog:
        await asyncio.sleep(self._faults.delay_s())
        if self._closed:
            raise LogClosed(str(partition))
        key = (partition.topic_id, partition.index)
        log = self._logs.get(key)
        if log is None or log.stored.deleted:
            stored = self._storage.get_or_make(partition)
            log = MemoryLog(
                stored, epoch=epoch, settings=settings, send=self._send, clock=self._clock, faults=self._faults
            )
            self._logs[key] = log
        else:
            log.lead(epoch)
            log.configure(settings)
        return log

    def get(self, topic_id: Uuid, index: int) -> MemoryLog | None:
        log = self._logs.get((topic_id, index))
        return None if log is None or log.stored.deleted else log

    async def forget(self, partition: PartitionId) -> None:
        log = self._logs.pop((partition.topic_id, partition.index), None)
        self._storage.delete(partition)
        if log is not None:
            log.close()
            for sender, _, answer in (*self._queue, *self._travelling):
                if sender is log and not answer.done():
                    answer.set_exception(LogClosed(str(partition)))

    async def close(self) -> None:
        self._closed = True
        await self._quiet.wait()
        for log in self._logs.values():
            log.close()

    def crash(self) -> None:
        """The process is gone: what has not arrived at the storage never will, and nobody hears an answer."""
        self._closed = True
        self._storage.crashed = True
        if self._timer is not None:
            self._timer.cancel()
        for _, _, answer in (*self._queue, *self._travelling):
            answer.cancel()
        for log in self._logs.values():
            log.close()

    def _send(self, log: MemoryLog, write: Write) -> Future[Appended]:
        if self._closed:
            raise LogClosed(str(log.partition))
        answer: Future[Appended] = get_running_loop().create_future()
        self._queue.append((log, write, answer))
        if self._quiet.is_set():
            self._quiet.clear()
            self._timer = get_running_loop().call_soon(self._depart)
        return answer

    def _depart(self) -> None:
        self._travelling, self._queue = self._queue, []
        self._timer = get_running_loop().call_later(self._faults.delay_s(), self._arrive)

    def _arrive(self) -> None:
        fate = self._faults.fate()
        lost = StorageFailed("the commit got no answer")
        answers: list[Answer] = []
        for log, write, answer in self._travelling:
            log.arrived(write)
            result = lost if fate is Fate.LOST else _commit(log, write)
            answers.append((answer, lost if fate is Fate.UNANSWERED else result))
        self._timer = get_running_loop().call_later(self._faults.delay_s(), self._answer, answers)

    def _answer(self, answers: list[Answer]) -> None:
        for answer, result in answers:
            if answer.done():
                continue
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)
        self._travelling = []
        if self._queue:
            self._depart()
        else:
            self._quiet.set()


def _commit(log: MemoryLog, write: Write) -> Appended | Exception:
    try:
        return log.stored.commit(write)
    except LogError as refusal:
        return refusal
