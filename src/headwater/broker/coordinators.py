"""The group coordinators of this broker: one machine for each partition of `__consumer_offsets` that it serves.

A machine is loaded when its partition's log is opened and stops when that is forgotten. Until it is loaded its groups are
told COORDINATOR_LOAD_IN_PROGRESS. Topics that are deleted are told to every machine, so that their offsets go too; a machine
that was not there to hear of it is compared with the cluster's topics when it is loaded.
"""

from asyncio import Event, gather
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from headwater.broker.errors import Refused
from headwater.control.cluster.machine import Cluster
from headwater.control.cluster.names import GROUP_OFFSETS
from headwater.control.groups.machine import Groups
from headwater.control.groups.requests import ForgetTopics, TopicLife
from headwater.control.partitioner import coordinator_partition
from headwater.kernel.tasks import Ward
from headwater.log.port import Log, PartitionId
from headwater.machine.errors import MachineError, Reloading, TooManyWaiting
from headwater.machine.runtime import Runtime
from headwater.wire.error_codes import ErrorCode
from headwater.wire.records.remove_topic_record import RemoveTopicRecord
from headwater.wire.records.topic_record import TopicRecord
from headwater.wire.types import ZERO_UUID, TopicName, Uuid

T = TypeVar("T")

CLOSE_DEADLINE_S: Final = 5.0
MakeRuntime = Callable[[Log], Runtime[Groups]]


class Coordinators:
    """Finds the machine of a group; the partition count is that of the topic as it really is."""

    def __init__(
        self,
        *,
        make: MakeRuntime,
        partition_count: Callable[[TopicName], int],
        topic_id: Callable[[TopicName], Uuid | None],
        ward: Ward,
    ) -> None:
        self._make = make
        self._partition_count = partition_count
        self._topic_id = topic_id
        self._ward = ward
        self._runtimes: dict[int, Runtime[Groups]] = {}
        self._loading: dict[int, None] = {}
        self._names: dict[Uuid, TopicName] = {}
        self._idle = Event()
        self._idle.set()

    async def ask(self, group_id: str, request: Any) -> Any:
        """The machine's answer. Raises Refused with a code that tells a client what to do."""
        try:
            return await self._of(group_id).ask(request)
        except MachineError as error:
            raise _refused(error) from error

    async def read(self, group_id: str, query: Callable[[Groups], T]) -> T:
        """What the query finds in the group's machine, once that is durable. Raises Refused."""
        try:
            return await self._of(group_id).read(query)
        except MachineError as error:
            raise _refused(error) from error

    async def read_all(self, query: Callable[[Groups], T]) -> list[T]:
        """What the query finds in every machine. Raises Refused while one is being loaded."""
        if self._loading:
            raise Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        try:
            return [await runtime.read(query) for runtime in self.all()]
        except MachineError as error:
            raise _refused(error) from error

    def _of(self, group_id: str) -> Runtime[Groups]:
        count = self._partition_count(GROUP_OFFSETS)
        if not count:
            raise Refused(ErrorCode.NOT_COORDINATOR)
        index = coordinator_partition(group_id, count)
        runtime = self._runtimes.get(index)
        if runtime is None:
            raise Refused(
                ErrorCode.COORDINATOR_LOAD_IN_PROGRESS if index in self._loading else ErrorCode.NOT_COORDINATOR
            )
        return runtime

    def all(self) -> list[Runtime[Groups]]:
        """Those that are loaded, by partition."""
        return [self._runtimes[index] for index in sorted(self._runtimes)]

    # --- what happens to partitions and topics

    def log_opened(self, log: Log) -> None:
        index = log.partition.index
        if log.partition.topic == GROUP_OFFSETS and index not in self._runtimes and index not in self._loading:
            self._loading[index] = None
            self._idle.clear()
            self._ward.start(f"load groups {index}", lambda: self._load(log))

    def log_forgotten(self, partition: PartitionId) -> None:
        runtime = self._runtimes.pop(partition.index, None) if partition.topic == GROUP_OFFSETS else None
        if runtime is not None:
            self._ward.start(f"stop {runtime.name}", lambda: runtime.close(CLOSE_DEADLINE_S))

    def reloaded(self, cluster: Cluster) -> None:
        """Part of the cluster's subscription: names by id, for records that remove topics name only the id."""
        self._names = {topic.topic_id: topic.name for topic in cluster.topics}

    def durable(self, records: Sequence[Any]) -> None:
        gone: list[TopicLife] = []
        for record in records:
            if isinstance(record, TopicRecord):
                self._names[record.topic_id] = TopicName(record.name)
            elif isinstance(record, RemoveTopicRecord):
                name = self._names.pop(record.topic_id)
                gone += [(name, record.topic_id), (name, ZERO_UUID)]
        if gone:
            for runtime in self.all():
                self._ward.start(f"forget topics in {runtime.name}", partial(_forget, runtime, gone))

    async def _load(self, log: Log) -> None:
        index = log.partition.index
        runtime = self._make(log)
        try:
            await runtime.start()
            committed = await runtime.read(lambda machine: machine.offsets.topics())
            if gone := [life for life in committed if not self._lives(life)]:
                await _forget(runtime, gone)
            self._runtimes[index] = runtime
        finally:
            del self._loading[index]
            if not self._loading:
                self._idle.set()

    def _lives(self, life: TopicLife) -> bool:
        name, topic_id = life
        living = self._topic_id(name)
        return living is not None and topic_id in (living, ZERO_UUID)

    async def settled(self) -> None:
        """Until no machine is being loaded."""
        await self._idle.wait()

    async def close(self, deadline_s: float = CLOSE_DEADLINE_S) -> None:
        """Append what is queued everywhere, side by side: there is one deadline for all of them."""
        await gather(*(runtime.close(deadline_s) for runtime in self.all()))


async def _forget(runtime: Runtime[Groups], topics: Sequence[TopicLife]) -> None:
    await runtime.ask(ForgetTopics(topics=frozenset(topics)))


def _refused(error: MachineError) -> Refused:
    """Members that can't know what became of a request look for their coordinator again."""
    if isinstance(error, Reloading):
        return Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    return Refused(
        ErrorCode.COORDINATOR_NOT_AVAILABLE if isinstance(error, TooManyWaiting) else ErrorCode.NOT_COORDINATOR
    )
