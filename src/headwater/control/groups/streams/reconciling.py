"""How a member comes from the tasks that it has to those that it should have, one heartbeat at a time.

    Stable            the member has what its epoch's target says
    UnrevokedTasks    it must give tasks up first, and shows that it has by no longer naming them as its own
    UnreleasedTasks   it waits for tasks that others, or other members of its process, have not given up yet

A process must not hold one task twice, for its state lies in one folder. So a task is free for a member only when no other
member of its process holds it in any role. Where the member itself changes roles, it is told so in one step: a standby
becomes active in place, and keeps restoring until then.
"""

from collections.abc import Callable, Collection
from enum import IntEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from headwater.control.groups.streams.tasks import NOTHING_HELD, HeldTasks, TaskId, Tasks


class State(IntEnum):
    """By the numbers of Kafka's records; any other number is from a later version."""

    STABLE = 1
    UNREVOKED_TASKS = 2
    UNRELEASED_TASKS = 3
    UNKNOWN = 127


class Standing(Struct, frozen=True, kw_only=True):
    """How far one member has come."""

    epoch: int = 0
    previous_epoch: int = 0
    state: State = State.STABLE
    held: HeldTasks = NOTHING_HELD
    revoking: HeldTasks = NOTHING_HELD
    """What it was told to give up, and has not shown to have given up."""

    def is_reconciled_to(self, epoch: int) -> bool:
        return self.state is State.STABLE and self.epoch == epoch


class Holders(Protocol):
    """The processes whose members hold a task, those that are giving it up included."""

    def active(self, task: TaskId) -> Collection[str]: ...
    def standby(self, task: TaskId) -> Collection[str]: ...
    def warmup(self, task: TaskId) -> Collection[str]: ...


class Goal(Struct, frozen=True, kw_only=True):
    """The group's target for one member, and what the member itself says."""

    epoch: int
    tasks: Tasks
    process_id: str
    owned: Tasks | None
    """None where the heartbeat names no tasks: then nothing can be taken as given up."""


def reconcile(standing: Standing, goal: Goal, holders: Holders) -> Standing:
    """The next step; the same standing where there is none to take."""
    if standing.is_reconciled_to(goal.epoch):
        return standing
    epoch = standing.epoch
    if standing.state is State.UNREVOKED_TASKS:
        if not _has_released(standing.revoking, goal):
            return standing
        epoch += 1
    elif standing.state is State.UNKNOWN:
        epoch = goal.epoch
    return _Step(standing, goal, holders).taken(epoch)


class _Role:
    """One role's part of the step: what stays, what goes, and what comes as far as it is free."""

    def __init__(self, held: Collection[TaskId], target: frozenset[TaskId], taken: Callable[[TaskId], bool]) -> None:
        here = frozenset(held)
        wanted = sorted(target - here)
        self.held = here
        self.kept = here & target
        self.revoked = here - target
        self.granted = frozenset(each for each in wanted if not taken(each))
        self.waits = len(self.granted) < len(wanted)

    def take_over(self, tasks: frozenset[TaskId]) -> None:
        """The member has these in another role, so nobody needs to be waited for, not even itself."""
        self.granted -= tasks
        self.kept |= tasks


class _Step:
    def __init__(self, standing: Standing, goal: Goal, holders: Holders) -> None:
        self._standing = standing
        self._goal = goal
        self._holders = holders
        held, target = standing.held, goal.tasks
        self._active = _Role(held.active, target.active, self._is_active_taken)
        self._standby = _Role(held.standby, target.standby, self._is_standby_taken)
        self._warmup = _Role(held.warmup, target.warmup, self._is_warmup_taken)

    def taken(self, epoch: int) -> Standing:
        self._change_roles()
        revoking = HeldTasks(
            active={each: self._standing.held.active[each] for each in sorted(self._active.revoked)},
            standby=self._standby.revoked,
            warmup=self._warmup.revoked,
        )
        if not _has_released(revoking, self._goal):
            self._keep_promoted(granted=frozenset())
            return self._stands(State.UNREVOKED_TASKS, epoch, self._kept(), revoking)
        self._keep_promoted(granted=self._active.granted)
        waits = self._active.waits or self._standby.waits or self._warmup.waits
        state = State.UNRELEASED_TASKS if waits else State.STABLE
        return self._stands(state, self._goal.epoch, self._kept_and_granted(), NOTHING_HELD)

    def _change_roles(self) -> None:
        """An active task that becomes a standby is still revoked: the group must see its end before another begins."""
        self._standby.take_over(self._standby.granted & self._active.held)
        to_warmup = self._warmup.granted & self._standby.held
        to_standby = self._standby.granted & self._warmup.held
        self._warmup.take_over(to_warmup)
        self._standby.revoked -= to_warmup
        self._standby.take_over(to_standby)
        self._warmup.revoked -= to_standby
        for role in (self._standby, self._warmup):
            role.revoked -= self._goal.tasks.active

    def _keep_promoted(self, granted: frozenset[TaskId]) -> None:
        """A copy that is to become active keeps restoring until the active task is granted."""
        for role in (self._standby, self._warmup):
            role.kept |= (role.held & self._goal.tasks.active) - granted

    def _kept(self) -> HeldTasks:
        active = self._standing.held.active
        return HeldTasks(
            active={each: active[each] for each in sorted(self._active.kept)},
            standby=self._standby.kept,
            warmup=self._warmup.kept,
        )

    def _kept_and_granted(self) -> HeldTasks:
        kept = self._kept()
        return HeldTasks(
            active={**kept.active, **dict.fromkeys(sorted(self._active.granted), self._goal.epoch)},
            standby=kept.standby | self._standby.granted,
            warmup=kept.warmup | self._warmup.granted,
        )

    def _stands(self, state: State, epoch: int, held: HeldTasks, revoking: HeldTasks) -> Standing:
        previous = self._standing.epoch
        return replace(self._standing, state=state, epoch=epoch, previous_epoch=previous, held=held, revoking=revoking)

    # --- what others hold

    def _is_active_taken(self, task: TaskId) -> bool:
        held = self._standing.held
        return (
            bool(self._holders.active(task))
            or self._is_with_another(task, self._holders.standby, held.standby)
            or self._is_with_another(task, self._holders.warmup, held.warmup)
        )

    def _is_standby_taken(self, task: TaskId) -> bool:
        held = self._standing.held
        return (
            self._is_with_another(task, self._holders.active, held.active)
            or self._goal.process_id in self._holders.standby(task)
            or self._is_with_another(task, self._holders.warmup, held.warmup)
        )

    def _is_warmup_taken(self, task: TaskId) -> bool:
        return (
            self._goal.process_id in self._holders.active(task)
            or self._is_with_another(task, self._holders.standby, self._standing.held.standby)
            or self._goal.process_id in self._holders.warmup(task)
        )

    def _is_with_another(
        self, task: TaskId, holders: Callable[[TaskId], Collection[str]], held: Collection[TaskId]
    ) -> bool:
        """Whether another member of this process has it."""
        return self._goal.process_id in holders(task) and task not in held


def _has_released(tasks: HeldTasks, goal: Goal) -> bool:
    return not tasks or (goal.owned is not None and not tasks.overlaps(goal.owned))
