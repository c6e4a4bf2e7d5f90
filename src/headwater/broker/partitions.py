"""The partitions that this broker serves: it acts on durable records of the cluster, and finds logs for handlers. It is also
the group machines' port `Topics`.

A topic's log is opened when the record of its partition is durable, led in a new epoch when that is, and forgotten when the
topic is. Opening waits for the disk, so it is done by one task, in the order of the records; until then a lookup says
NOT_LEADER_OR_FOLLOWER, which clients retry. What happens here is idempotent: after a load of the machine the whole state
is compared with what is open.
"""

from asyncio import Event, Future, get_running_loop, sleep
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from headwater.broker.errors import Refused
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.requests import ResourceType
from headwater.kernel.layers import LiveSettings, Settings
from headwater.log.port import Log, Logs, PartitionId
from headwater.log.settings import LogSettings, log_settings
from headwater.wire.error_codes import ErrorCode
from headwater.wire.records.config_record import ConfigRecord
from headwater.wire.records.partition_change_record import PartitionChangeRecord
from headwater.wire.records.partition_record import PartitionRecord
from headwater.wire.records.remove_topic_record import RemoveTopicRecord
from headwater.wire.records.topic_record import TopicRecord
from headwater.wire.types import LeaderEpoch, TopicName, Uuid

Job = Callable[[], Awaitable[None]]
Opened = Callable[[Log], None]
Forgotten = Callable[[PartitionId], None]


class Known:
    """A topic as far as durable records tell."""

    __slots__ = ("epochs", "missing", "name", "topic_id", "waiters")

    def __init__(self, name: TopicName, topic_id: Uuid) -> None:
        self.name = name
        self.topic_id = topic_id
        self.epochs: dict[int, LeaderEpoch] = {}
        """Leader epochs by partition."""
        self.missing: dict[int, None] = {}
        """Partitions whose logs are still to be opened, in order."""
        self.waiters: list[Future[None]] = []
        """Who waits for the last of them."""


class Partitions:
    """Logs by topic and partition."""

    def __init__(self, *, logs: Logs, settings: LiveSettings) -> None:
        self._logs = logs
        self._settings = settings
        self._by_name: dict[TopicName, Known] = {}
        self._by_id: dict[Uuid, Known] = {}
        self._version = 0
        self._jobs: deque[Job] = deque()
        self._more = Event()
        self._idle = Event()
        self._opened_hooks: list[Opened] = []
        self._forgotten_hooks: list[Forgotten] = []

    # --- looking up

    def find(self, topic: TopicName, index: int) -> Log | ErrorCode:
        known = self._by_name.get(topic)
        if known is None:
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        return self._logs.get(known.topic_id, index) or _missing(known, index)

    def find_by_id(self, topic_id: Uuid, index: int) -> Log | ErrorCode:
        log = self._logs.get(topic_id, index)
        if log is not None:
            return log
        known = self._by_id.get(topic_id)
        return ErrorCode.UNKNOWN_TOPIC_ID if known is None else _missing(known, index)

    @property
    def version(self) -> int:
        """Another one whenever topics come or go, or a topic's partitions become more."""
        return self._version

    def names(self) -> Iterable[TopicName]:
        return self._by_name.keys()

    def name_of(self, topic_id: Uuid) -> TopicName | None:
        known = self._by_id.get(topic_id)
        return known.name if known else None

    def id_of(self, topic: TopicName) -> Uuid | None:
        known = self._by_name.get(topic)
        return known.topic_id if known else None

    def partition_count(self, topic: TopicName) -> int:
        """0 for a topic that isn't there."""
        known = self._by_name.get(topic)
        return len(known.epochs) if known else 0

    def has(self, topic: TopicName, index: int) -> bool:
        known = self._by_name.get(topic)
        return known is not None and index in known.epochs

    def has_id(self, topic_id: Uuid, index: int) -> bool:
        known = self._by_id.get(topic_id)
        return known is not None and index in known.epochs

    def open_logs(self) -> list[Log]:
        """Every log that is open, by topic and partition."""
        found = (self._logs.get(known.topic_id, index) for known in self._by_id.values() for index in known.epochs)
        return [log for log in found if log is not None]

    async def opened(self, topic_id: Uuid, *, timeout_s: float = 30.0) -> None:
        """Until the logs of all partitions that this topic has now are open. Raises Refused after the timeout."""
        known = self._by_id.get(topic_id)
        if known is None or not known.missing:
            return
        loop = get_running_loop()
        waiter: Future[None] = loop.create_future()
        known.waiters.append(waiter)
        timer = loop.call_later(timeout_s, _give_up, waiter, known.name)
        try:
            await waiter
        finally:
            timer.cancel()

    def on_opened(self, hook: Opened) -> None:
        self._opened_hooks.append(hook)

    def on_forgotten(self, hook: Forgotten) -> None:
        self._forgotten_hooks.append(hook)

    # --- acting on durable records

    def reloaded(self, cluster: Cluster) -> None:
        """The whole state anew: what is gone is forgotten, what is there is opened."""
        for topic_id in [each for each in self._by_id if cluster.topics.by_id(each) is None]:
            self._remove(topic_id)
        for topic in cluster.topics:
            known = self._by_id.get(topic.topic_id) or self._add(topic.name, topic.topic_id)
            for partition in topic.partitions:
                self._lead(known, partition.index, partition.leader_epoch)

    def durable(self, records: Sequence[Any]) -> None:
        for record in records:
            kind = type(record)
            if kind is TopicRecord:
                self._add(TopicName(record.name), record.topic_id)
            elif kind is PartitionRecord:
                self._lead(self._by_id[record.topic_id], record.partition_id, LeaderEpoch(record.leader_epoch))
            elif kind is PartitionChangeRecord and record.leader >= 0:
                known = self._by_id[record.topic_id]
                self._lead(known, record.partition_id, LeaderEpoch(known.epochs[record.partition_id] + 1))
            elif kind is RemoveTopicRecord:
                self._remove(record.topic_id)
            elif kind is ConfigRecord:
                self._configure(record)

    def _add(self, name: TopicName, topic_id: Uuid) -> Known:
        known = Known(name, topic_id)
        self._by_name[name] = known
        self._by_id[topic_id] = known
        self._version += 1
        return known

    def _lead(self, known: Known, index: int, epoch: LeaderEpoch) -> None:
        self._version += index not in known.epochs
        known.epochs[index] = epoch
        log = self._logs.get(known.topic_id, index)
        if log is not None:
            log.lead(epoch)
        else:
            known.missing[index] = None
            self._do(lambda: self._open(known, index))

    def _remove(self, topic_id: Uuid) -> None:
        known = self._by_id.pop(topic_id)
        self._version += 1
        if self._by_name.get(known.name) is known:
            del self._by_name[known.name]
        _let_go(known)
        for index in known.epochs:
            partition = _partition(known, index)
            for hook in self._forgotten_hooks:
                hook(partition)
            self._do(lambda partition=partition: self._logs.forget(partition))  # type: ignore[misc] # bound at once

    def _configure(self, record: ConfigRecord) -> None:
        """`LiveSettings` has the change already. A broker's setting may be the default of any topic's."""
        if record.resource_type == ResourceType.TOPIC:
            known = self._by_name.get(TopicName(record.resource_name))
            changed = [known] if known else []
        else:
            changed = list(self._by_id.values()) if record.resource_type == ResourceType.BROKER else []
        for each in changed:
            settings = self._log_settings(each.name)
            for index in each.epochs:
                log = self._logs.get(each.topic_id, index)
                if log is not None and log.settings != settings:
                    log.configure(settings)

    def _log_settings(self, topic: TopicName) -> LogSettings:
        return self._settings.topic(topic).resolved(self._resolve)

    def _resolve(self, view: Settings) -> LogSettings:
        """A topic's view is replaced with the broker's, so what is made of both can be kept with the one."""
        return log_settings(view, self._settings.broker)

    # --- the one task that waits

    async def run(self) -> None:
        """Open and forget logs, in the order of the records. A job may end without having waited, so others have a turn."""
        while True:
            while self._jobs:
                await self._jobs.popleft()()
                await sleep(0)
            self._idle.set()
            self._more.clear()
            await self._more.wait()

    def _do(self, job: Job) -> None:
        self._jobs.append(job)
        self._idle.clear()
        self._more.set()

    async def settled(self) -> None:
        """Until nothing is left to be opened or forgotten. It ends: `run` does the work, or fails the process."""
        await self._idle.wait()

    async def _open(self, known: Known, index: int) -> None:
        if self._by_id.get(known.topic_id) is not known or self._logs.get(known.topic_id, index) is not None:
            return
        settings = self._log_settings(known.name)
        log = await self._logs.open(_partition(known, index), epoch=known.epochs[index], settings=settings)
        log.lead(known.epochs[index])
        for hook in self._opened_hooks:
            hook(log)
        known.missing.pop(index, None)
        if not known.missing:
            _let_go(known)


def _let_go(known: Known) -> None:
    for waiter in known.waiters:
        if not waiter.done():
            waiter.set_result(None)
    known.waiters.clear()


def _give_up(waiter: "Future[None]", name: TopicName) -> None:
    if not waiter.done():
        waiter.set_exception(Refused(ErrorCode.REQUEST_TIMED_OUT, f"the logs of {name} are not open yet"))


def _partition(known: Known, index: int) -> PartitionId:
    return PartitionId(topic=known.name, topic_id=known.topic_id, index=index)


def _missing(known: Known, index: int) -> ErrorCode:
    return ErrorCode.NOT_LEADER_OR_FOLLOWER if index in known.epochs else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
