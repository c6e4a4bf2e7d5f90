"""Carries out what share groups have decided about the state of their partitions: it is initialized, or it is deleted.

A group's record says what is open. It is acted upon when it is durable, and again after a load, for nobody knows how far a
process came before it ended: to initialize or to delete twice does no harm. A group has one task as long as anything
of it is open, so that a deletion and an initialization of the same partition can't overtake each other.
"""

from asyncio import gather, sleep
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, Protocol, TypeVar

from headwater.broker.errors import Refused
from headwater.control.errors import ControlError
from headwater.control.groups.machine import Groups
from headwater.control.groups.ports import Topics
from headwater.control.groups.records import GroupRecord
from headwater.control.groups.share.partitions import SharePartition, by_topic
from headwater.control.groups.share.requests import StateDeleted, StateInitialized
from headwater.control.groups.share.state_partitions import StatePartitions, state_of
from headwater.control.share.batches import NO_OFFSET
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.requests import DeleteState, InitializeState
from headwater.kernel.logging import get
from headwater.kernel.tasks import Backoff, Ward
from headwater.machine.errors import MachineError, Stopped
from headwater.machine.runtime import Runtime
from headwater.wire.error_codes import ErrorCode
from headwater.wire.records.share_group_metadata_key import ShareGroupMetadataKey
from headwater.wire.records.share_group_metadata_value import ShareGroupMetadataValue
from headwater.wire.records.share_group_state_partition_metadata_key import ShareGroupStatePartitionMetadataKey
from headwater.wire.records.share_group_state_partition_metadata_value import ShareGroupStatePartitionMetadataValue
from headwater.wire.types import Offset, Uuid

log = get("broker.share")

K = TypeVar("K")
_AT_ONCE: Final = 100
_PAUSE_MIN_S: Final = 0.02
_PAUSE_MAX_S: Final = 5.0
_FIRST_RECORD: Final = Offset(0)
_FOR_GOOD: Final = frozenset(
    {
        ErrorCode.NONE,
        ErrorCode.FENCED_STATE_EPOCH,
        ErrorCode.INVALID_REQUEST,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }
)
"""What is asked again gets the same answer. Anything else is tried until it works."""


class States(Protocol):
    """The machines that remember share partitions."""

    async def ask(self, key: str, request: Any) -> Any:
        """Raises Refused."""
        ...


class ShareStateIntents:
    """A subscriber of one group machine."""

    def __init__(self, runtime: Runtime[Groups], states: States, topics: Topics, *, ward: Ward) -> None:
        self._runtime = runtime
        self._states = states
        self._topics = topics
        self._ward = ward
        self._open: dict[str, StatePartitions] = {}
        self._epochs: dict[str, int] = {}
        self._under_way: dict[str, None] = {}

    # --- what is open

    def durable(self, records: Sequence[Any]) -> None:
        for record in records:
            if not isinstance(record, GroupRecord):
                continue
            key, value = record.key, record.value
            if isinstance(key, ShareGroupMetadataKey):
                self._epochs.pop(key.group_id, None)
                if isinstance(value, ShareGroupMetadataValue):
                    self._epochs[key.group_id] = value.epoch
            elif isinstance(key, ShareGroupStatePartitionMetadataKey):
                assert value is None or isinstance(value, ShareGroupStatePartitionMetadataValue)
                self._note(key.group_id, StatePartitions() if value is None else state_of(value))

    def reloaded(self, machine: Groups) -> None:
        self._open = {}
        self._epochs = {group.group_id: group.epoch for group in machine.share.all()}
        for group in machine.share.all():
            self._note(group.group_id, group.shares)

    def _note(self, group_id: str, state: StatePartitions) -> None:
        if not state.initializing and not state.deleting:
            self._open.pop(group_id, None)
            return
        self._open[group_id] = state
        if group_id not in self._under_way:
            work = partial(self._carry_out, group_id)
            self._ward.start(f"share state of {group_id}", work, restart=Backoff())
            self._under_way[group_id] = None

    # --- doing it

    async def _carry_out(self, group_id: str) -> None:
        """What is reported closes the intents before the report is answered, so that what is left is really left."""
        pause_s = _PAUSE_MIN_S
        while (state := self._open.get(group_id)) is not None:
            try:
                report: StateDeleted | StateInitialized
                if state.deleting:
                    report = await self._delete(group_id, state)
                else:
                    report = await self._initialize(group_id, state)
                if report.done or report.failed:
                    await self._runtime.ask(report)
                    pause_s = _PAUSE_MIN_S
                    continue
            except Stopped:
                break  # whoever runs the machine next finds the intents
            except MachineError as error:
                log.info("what became of share state could not be reported yet", error=error, group=group_id)
            if pause_s >= _PAUSE_MAX_S:
                log.warn("the share coordinator does not take what a group wants of it yet", group=group_id)
            await sleep(pause_s)
            pause_s = min(2 * pause_s, _PAUSE_MAX_S)
        del self._under_way[group_id]

    async def _initialize(self, group_id: str, state: StatePartitions) -> StateInitialized:
        asked, done = self._starts(group_id, state)
        epoch = self._epochs.get(group_id, 0)
        requests = {
            (topic_id, index): InitializeState(
                key=SharePartitionKey(group_id=group_id, topic_id=topic_id, partition=index),
                state_epoch=epoch,
                start_offset=start,
            )
            for (topic_id, index), start in asked.items()
        }
        outcomes = await self._outcomes(requests)
        done += [each for each, code in outcomes.items() if code is ErrorCode.NONE]
        return StateInitialized(group_id=group_id, done=by_topic(done), failed=_failed(outcomes))

    def _starts(
        self, group_id: str, state: StatePartitions
    ) -> tuple[dict[SharePartition, Offset], list[SharePartition]]:
        """Where each partition is to begin, and those that stay as they are: their new start was lost with a load.

        A partition that a topic got later begins with its first record, for nothing that was written to it may be missed.
        """
        wanted = self._runtime.head.share.starts(group_id)
        asked: dict[SharePartition, Offset] = {}
        stay: list[SharePartition] = []
        for topic_id, shares in state.initializing.items():
            before = state.initialized.get(topic_id)
            for index in shares.partitions:
                start = wanted.get((topic_id, index))
                if start is None and before is not None and index in before.partitions:
                    stay.append((topic_id, index))
                elif start is None:
                    asked[topic_id, index] = Offset(NO_OFFSET) if before is None else _FIRST_RECORD
                else:
                    asked[topic_id, index] = start
        return asked, stay

    async def _delete(self, group_id: str, state: StatePartitions) -> StateDeleted:
        """Of every partition that the topic has: nobody remembers which of them had state."""
        requests = {
            (topic_id, index): DeleteState(key=SharePartitionKey(group_id=group_id, topic_id=topic_id, partition=index))
            for topic_id, name in state.deleting.items()
            for index in range(self._topics.partition_count(name))
            if self._topics.id_of(name) == topic_id
        }
        outcomes = await self._outcomes(requests)
        codes: dict[Uuid, ErrorCode] = dict.fromkeys(state.deleting, ErrorCode.NONE)
        for (topic_id, _), code in outcomes.items():
            if code not in (ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
                codes[topic_id] = code
        done = tuple(topic_id for topic_id, code in codes.items() if code is ErrorCode.NONE)
        return StateDeleted(group_id=group_id, done=done, failed=_failed(codes))

    async def _outcomes(self, requests: Mapping[K, Any]) -> dict[K, ErrorCode]:
        outcomes: dict[K, ErrorCode] = {}
        for some in _slices(requests):
            codes = await gather(*(self._outcome(requests[each]) for each in some))
            outcomes.update(zip(some, codes, strict=True))
        return outcomes

    async def _outcome(self, request: Any) -> ErrorCode:
        try:
            answer = await self._states.ask(str(request.key), request)
        except Refused as refused:
            return refused.code
        return answer.code if isinstance(answer, ControlError) else ErrorCode.NONE


def _failed(outcomes: Mapping[K, ErrorCode]) -> dict[K, ErrorCode]:
    return {each: code for each, code in outcomes.items() if code in _FOR_GOOD and code is not ErrorCode.NONE}


def _slices(requests: Mapping[K, Any]) -> Iterator[list[K]]:
    keys = iter(requests)
    while some := list(islice(keys, _AT_ONCE)):
        yield some
