"""Leads one share partition: what `SharePartition` decides is remembered, waited for, and undone where it can't be.

fetch  -> acquire                                  at once: a lock is not remembered
acknowledge, release -> change -> share coordinator -> settled, answered, whoever waits for records wakes
a lock's end         -> change -> share coordinator    the records are free at once
"""

from asyncio import Future, get_running_loop
from collections.abc import Callable, Sequence
from typing import Any, Final

from headwater.broker.coordinators import Coordinators, refused as refused_by
from headwater.broker.errors import Refused
from headwater.broker.share.refusal import Refusal
from headwater.control.errors import ControlError
from headwater.control.share.acquiring import ReadBatch, Wish
from headwater.control.share.batches import NO_OFFSET
from headwater.control.share.errors import ShareError
from headwater.control.share.key import SharePartitionKey
from headwater.control.share.machine import ShareStates
from headwater.control.share.partition import Change, SharePartition
from headwater.control.share.records import Acknowledgement, Acquired, DeadLetters
from headwater.control.share.requests import ReadState, WriteState
from headwater.control.share.settings import ShareSettings
from headwater.control.share.state import ShareState
from headwater.kernel.logging import get
from headwater.kernel.units import SECOND_MS, Timestamp
from headwater.kernel.world import Clock
from headwater.log.port import Log
from headwater.machine.alarm import Alarm
from headwater.machine.errors import MachineError
from headwater.wire.error_codes import ErrorCode

Wake = Callable[[], None]
Bury = Callable[["ShareLeader", DeadLetters], None]

log = get("share")

_OF_COORDINATOR: Final = frozenset(
    {ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS}
)
_FENCED: Final = frozenset({ErrorCode.FENCED_LEADER_EPOCH, ErrorCode.FENCED_STATE_EPOCH})
_LOST: Final = _FENCED | {ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.INVALID_REQUEST}
"""The share coordinator knows nothing of this leader any more: what it holds in memory is void."""


class ShareLeader:
    """`partition` is None until it is loaded, `failure` says why it can't be; `version` grows whenever there may be something
    new to fetch."""

    def __init__(
        self,
        key: SharePartitionKey,
        partition_log: Log,
        *,
        states: Coordinators[ShareStates],
        settings: Callable[[], ShareSettings],
        clock: Clock,
        bury: Bury,
        lost: Callable[["ShareLeader"], None],
    ) -> None:
        self.key = key
        self.log = partition_log
        self.settings = settings
        self.partition: SharePartition | None = None
        self.failure: Refusal | None = None
        self.is_closed = False
        self.version = 0
        self._states = states
        self._clock = clock
        self._bury = bury
        self._lost = lost
        self._epoch = partition_log.bounds.epoch
        self._state_epoch = 0
        self._alarm = Alarm(self._ring)
        self._watchers: dict[Wake, None] = {}

    # --- loading

    async def load(self) -> None:
        """What is remembered. Raises ShareError or Refused. Where the group begins is remembered at once, so that it begins once."""
        state = await self._states.ask(str(self.key), ReadState(key=self.key, leader_epoch=self._epoch))
        if isinstance(state, ControlError):
            raise state
        assert isinstance(state, ShareState)
        self._state_epoch = state.state_epoch
        start = state.start_offset if state.start_offset != NO_OFFSET else await self._first_offset()
        partition = SharePartition(settings=self.settings, start=start, batches=state.batches)
        if state.start_offset == NO_OFFSET:
            await self._write_start(partition)
        self.partition = partition
        for letters in partition.dead_letters():
            self._bury(self, letters)
        self.moved()

    async def _write_start(self, partition: SharePartition) -> None:
        try:
            (refusal,) = await self._write(partition, Change())
        except MachineError as error:
            raise refused_by(error) from error
        if refusal is not None:
            raise refusal

    async def _first_offset(self) -> int:
        reset, bounds = self.settings().offset_reset, self.log.bounds
        if reset.earliest:
            return bounds.start
        if reset.back_ms is not None:
            found = await self.log.find_time(Timestamp(self._clock.now() - reset.back_ms))
            if found is not None:
                return found.offset
        return self.log.bounds.high_watermark

    # --- lending

    def acquire(self, read: Sequence[ReadBatch], wish: Wish, *, asked: int) -> list[Acquired]:
        partition = self._loaded()
        acquired = partition.acquire(read, wish, asked=asked, now=_now())
        self._alarm.set(partition.next_deadline())
        return acquired

    def follow_log_start(self) -> None:
        """Records that were deleted are over."""
        self._loaded().move_start(self.log.bounds.start)

    # --- taking back

    def acknowledge(self, member: str, acknowledgements: Sequence[Acknowledgement]) -> "Future[Refusal | None]":
        """Its place is taken in this call; the future ends when it is remembered, or was refused."""
        partition = self._loaded()
        change = partition.acknowledge(member, acknowledgements, now=_now())
        if isinstance(change, ShareError):
            return _done(Refusal(code=change.code, message=str(change)))
        self._alarm.set(partition.next_deadline())
        return self._settled(partition, change)

    def release(self, member: str) -> "Future[Refusal | None]":
        partition = self._loaded()
        return self._settled(partition, partition.release(member))

    def archive(self, letters: DeadLetters) -> None:
        """The copies are there, or can't be. Should this be forgotten, they are made again."""
        partition = self._loaded()
        self._remember(partition, partition.archive(letters))
        self.moved()

    def _settled(self, partition: SharePartition, change: Change) -> "Future[Refusal | None]":
        if not change.batches:
            return _done(None)
        settled: Future[Refusal | None] = get_running_loop().create_future()

        def written(outcome: Refusal | None) -> None:
            partition.settle(change, durable=outcome is None)
            self.moved()
            if not settled.done():
                settled.set_result(outcome)
            if outcome is None:
                self._bury_all(change)

        self._write(partition, change).add_done_callback(lambda future: written(self._outcome(future)))
        return settled

    def _remember(self, partition: SharePartition, change: Change) -> None:
        """Of what stands already. A failure shows at the next change that somebody waits for."""
        if change.batches:
            self._write(partition, change).add_done_callback(lambda future: self._remembered(future, change))

    def _remembered(self, future: "Future[list[Any]]", change: Change) -> None:
        if outcome := self._outcome(future):
            log.warn("a share partition's state is not remembered", partition=self.key, code=outcome.code.name)
        self._bury_all(change)

    def _write(self, partition: SharePartition, change: Change) -> "Future[list[Any]]":
        request = WriteState(
            key=self.key,
            state_epoch=self._state_epoch,
            leader_epoch=self._epoch,
            start_offset=partition.start,
            delivery_complete=partition.delivery_complete,
            batches=tuple(change.batches),
        )
        try:
            return self._states.submit_to(self._states.partition_of(str(self.key)), request)
        except Refused as refused:
            failed: Future[list[Any]] = get_running_loop().create_future()
            failed.set_exception(refused)
            return failed

    def _outcome(self, future: "Future[list[Any]]") -> Refusal | None:
        outcome = _refusal(future)
        if outcome is None:
            return None
        if outcome.code in _LOST:
            self._lost(self)
        return told(outcome)

    def _bury_all(self, change: Change) -> None:
        for letters in change.dead:
            self._bury(self, letters)

    # --- time, and who waits

    def _ring(self, deadline: int) -> None:
        partition = self._loaded()
        change = partition.expire(max(_now(), deadline))
        self._remember(partition, change)
        self._alarm.set(partition.next_deadline())
        if change.batches:
            self.moved()

    def watch(self, wake: Wake) -> None:
        """Call `wake` once, when there may be something new to fetch or this leader is closed."""
        self._watchers[wake] = None

    def unwatch(self, wake: Wake) -> None:
        self._watchers.pop(wake, None)

    def moved(self) -> None:
        self.version += 1
        watchers, self._watchers = self._watchers, {}
        for wake in watchers:
            wake()

    def close(self) -> None:
        """It leads no more; changes that are on their way are still settled."""
        self.is_closed = True
        self._alarm.stop()
        self.moved()

    def _loaded(self) -> SharePartition:
        assert self.partition is not None, "nothing is asked of a leader before it is loaded"
        return self.partition


def _now() -> int:
    return int(get_running_loop().time() * SECOND_MS)


def _done(outcome: Refusal | None) -> "Future[Refusal | None]":
    done: Future[Refusal | None] = get_running_loop().create_future()
    done.set_result(outcome)
    return done


def _refusal(future: "Future[list[Any]]") -> Refusal | None:
    """What the share coordinator answered, or why it could not."""
    if future.cancelled():
        return Refusal(code=ErrorCode.COORDINATOR_NOT_AVAILABLE, message="the share coordinator stops")
    problem = future.exception()
    if isinstance(problem, MachineError):
        problem = refused_by(problem)
    if isinstance(problem, Refused):
        return Refusal(code=problem.code, message=str(problem))
    if problem is not None:
        raise problem
    answer = future.result()[0]
    return Refusal(code=answer.code, message=str(answer)) if isinstance(answer, ControlError) else None


def told(refusal: Refusal) -> Refusal:
    """What members are told where the coordinator refuses their leader."""
    code = refusal.code
    if code in _OF_COORDINATOR:
        code = ErrorCode.COORDINATOR_NOT_AVAILABLE
    elif code in _FENCED:
        code = ErrorCode.NOT_LEADER_OR_FOLLOWER
    elif code is not ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
        code = ErrorCode.UNKNOWN_SERVER_ERROR
    return Refusal(code=code, message=refusal.message)
