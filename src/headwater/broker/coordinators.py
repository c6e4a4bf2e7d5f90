"""The coordinators of one kind: a machine for each partition of an internal topic that this broker serves.

Groups live in `__consumer_offsets` and transactional ids in `__transaction_state`. A machine is loaded when its partition's
log is opened and stops when that is forgotten. Until it is loaded its clients are told COORDINATOR_LOAD_IN_PROGRESS.
"""

from asyncio import Event, Future, gather
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeVar

from headwater.broker.errors import Refused
from headwater.control.partitioner import coordinator_partition
from headwater.kernel.tasks import Ward
from headwater.log.port import Log, PartitionId
from headwater.machine.errors import MachineError, Reloading, TooManyWaiting
from headwater.machine.machine import Machine
from headwater.machine.runtime import Runtime
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import TopicName

M = TypeVar("M", bound=Machine)
T = TypeVar("T")

CLOSE_DEADLINE_S: Final = 5.0


class Coordinators(Generic[M]):
    """Finds the machine of a group or a transactional id; the partition count is that of the topic as it really is."""

    def __init__(
        self,
        topic: TopicName,
        *,
        make: Callable[[Log], Runtime[M]],
        partition_count: Callable[[TopicName], int],
        ward: Ward,
    ) -> None:
        self.topic = topic
        self._make = make
        self._partition_count = partition_count
        self._ward = ward
        self._runtimes: dict[int, Runtime[M]] = {}
        self._loading: dict[int, None] = {}
        self._loaded_hooks: list[Callable[[Runtime[M]], Awaitable[None]]] = []
        self._idle = Event()
        self._idle.set()

    def partition_of(self, key: str) -> int:
        """Where this key belongs. Raises Refused before the topic is there."""
        count = self._partition_count(self.topic)
        if not count:
            raise Refused(ErrorCode.NOT_COORDINATOR)
        return coordinator_partition(key, count)

    async def ask(self, key: str, request: Any) -> Any:
        """The machine's answer. Raises Refused with a code that tells a client what to do."""
        try:
            return await self._of(key).ask(request)
        except MachineError as error:
            raise refused(error) from error

    async def read(self, key: str, query: Callable[[M], T]) -> T:
        """What the query finds in the key's machine, once that is durable. Raises Refused."""
        try:
            return await self._of(key).read(query)
        except MachineError as error:
            raise refused(error) from error

    async def read_all(self, query: Callable[[M], T]) -> list[T]:
        """What the query finds in every machine. Raises Refused while one is being loaded."""
        if self._loading:
            raise Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        try:
            return [await runtime.read(query) for runtime in self.all()]
        except MachineError as error:
            raise refused(error) from error

    def submit_to(self, index: int, request: Any) -> Future[list[Any]]:
        """Have the machine of this partition decide in this very call. Raises Refused; the future fails with a MachineError."""
        try:
            return self._at(index).submit((request,))
        except MachineError as error:
            raise refused(error) from error

    def head(self, key: str) -> M:
        """The live state of the key's machine, for looks that only narrow what is done next. Raises Refused."""
        try:
            return self._of(key).head
        except MachineError as error:
            raise refused(error) from error

    def head_at(self, index: int) -> M:
        """The same, of the machine of this partition."""
        try:
            return self._at(index).head
        except MachineError as error:
            raise refused(error) from error

    def count(self) -> int:
        """How many partitions the topic has; 0 before there is one."""
        return self._partition_count(self.topic)

    def _of(self, key: str) -> Runtime[M]:
        return self._at(self.partition_of(key))

    def _at(self, index: int) -> Runtime[M]:
        runtime = self._runtimes.get(index)
        if runtime is None:
            raise Refused(
                ErrorCode.COORDINATOR_LOAD_IN_PROGRESS if index in self._loading else ErrorCode.NOT_COORDINATOR
            )
        return runtime

    def all(self) -> list[Runtime[M]]:
        """Those that are loaded, by partition."""
        return [self._runtimes[index] for index in sorted(self._runtimes)]

    # --- what happens to partitions

    def on_loaded(self, hook: Callable[[Runtime[M]], Awaitable[None]]) -> None:
        """What is to be done with a machine between its load and its first client."""
        self._loaded_hooks.append(hook)

    def log_opened(self, log: Log) -> None:
        index = log.partition.index
        if log.partition.topic == self.topic and index not in self._runtimes and index not in self._loading:
            self._loading[index] = None
            self._idle.clear()
            self._ward.start(f"load {log.partition}", lambda: self._load(log))

    def log_forgotten(self, partition: PartitionId) -> None:
        runtime = self._runtimes.pop(partition.index, None) if partition.topic == self.topic else None
        if runtime is not None:
            self._ward.start(f"stop {runtime.name}", lambda: runtime.close(CLOSE_DEADLINE_S))

    async def _load(self, log: Log) -> None:
        index = log.partition.index
        runtime = self._make(log)
        try:
            await runtime.start()
            for hook in self._loaded_hooks:
                await hook(runtime)
            self._runtimes[index] = runtime
        finally:
            del self._loading[index]
            if not self._loading:
                self._idle.set()

    async def settled(self) -> None:
        """Until no machine is being loaded."""
        await self._idle.wait()

    async def close(self, deadline_s: float = CLOSE_DEADLINE_S) -> None:
        """Append what is queued everywhere, side by side: there is one deadline for all of them."""
        await gather(*(runtime.close(deadline_s) for runtime in self.all()))


def refused(error: MachineError) -> Refused:
    """Clients that can't know what became of a request look for their coordinator again."""
    if isinstance(error, Reloading):
        return Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
    return Refused(
        ErrorCode.COORDINATOR_NOT_AVAILABLE if isinstance(error, TooManyWaiting) else ErrorCode.NOT_COORDINATOR
    )
