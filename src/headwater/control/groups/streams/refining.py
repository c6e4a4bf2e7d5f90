"""Warm-ups: a task with state moves when its state is there already, not before.

The assignor says where tasks should be in the end. Where that would take a task with state from a member that processes it
to one that has to restore it first, the task is *staged*: its holder keeps it, and the member that is to have it restores it
as a warm-up meanwhile, a few at a time. When the copy has come near enough, the next epoch of the group lets the task go.

Nothing is staged that could not gain by it: a task whose holder itself still restores it; one that moves within a process,
which must not hold it twice; and one that goes to a client which never tells how far it has come (before Kafka 4.4).
"""

from collections.abc import Container, Iterator, Mapping

from msgspec import Struct

from headwater.control.groups.streams.group import Member, Offsets
from headwater.control.groups.streams.tasks import TaskId, Tasks

_UNTOLD = Offsets()


class Known(Struct, frozen=True, kw_only=True):
    """What refining looks at beside the target."""

    members: Mapping[str, Member]
    offsets: Mapping[str, Offsets]
    silent: Container[str]
    """Members whose clients never tell offsets."""
    stateful: Container[str]
    """The subtopologies whose tasks have state."""
    warmups_max: int
    acceptable_lag: int


class _Move(Struct, frozen=True, kw_only=True):
    """A task that is to go from one member to another, in another process."""

    task: TaskId
    holder: Member
    owner: Member
    copy: Member | None
    """The member of the owner's process that has a copy already."""

    @property
    def warms_up(self) -> bool:
        return self.copy is not None and self.task in self.copy.standing.held.warmup


def refine(targets: Mapping[str, Tasks], known: Known) -> Mapping[str, Tasks]:
    """What members should have in this step; the very targets where nothing is staged. Copies that are under way go on
    before others begin."""
    staged = sorted(_staged(targets, known), key=lambda each: (each.copy is None, each.task))
    if not staged:
        return targets
    draft = _Draft(targets, known.members)
    warmups = sum(each.warms_up for each in staged)
    for move in staged:
        draft.keep_with_holder(move)
        if move.copy is not None:
            draft.keep_copy(move, move.copy)
        elif warmups < known.warmups_max:
            warmups += 1
            draft.warm_up(move)
    return draft.result()


def _staged(targets: Mapping[str, Tasks], known: Known) -> Iterator[_Move]:
    holders = {task: member for member in known.members.values() for task in member.standing.held.active}
    copies = _copies(known)
    for member_id, tasks in targets.items():
        owner = known.members.get(member_id)
        for task in sorted(tasks.active) if owner is not None else ():
            holder = holders.get(task)
            if owner is None or holder is None or holder.member_id == member_id:
                continue
            copy = copies.get((owner.metadata.process_id, task))
            move = _Move(task=task, holder=holder, owner=owner, copy=copy)
            if _gains(move, known):
                yield move


def _copies(known: Known) -> dict[tuple[str, TaskId], Member]:
    return {
        (member.metadata.process_id, task): member
        for member in known.members.values()
        for task in sorted(member.standing.held.standby | member.standing.held.warmup)
    }


def _gains(move: _Move, known: Known) -> bool:
    """Whether there is something to wait for."""
    return not (
        move.task.subtopology_id not in known.stateful
        or move.owner.member_id in known.silent
        or move.holder.metadata.process_id == move.owner.metadata.process_id
        or _restores(move.holder, move.task, known)
        or (move.copy is not None and _is_near(move.copy, move.task, known))
    )


def _restores(holder: Member, task: TaskId, known: Known) -> bool:
    """Members tell offsets of tasks for as long as they restore them."""
    return task in (known.offsets.get(holder.member_id, _UNTOLD).offsets or {})


def _is_near(member: Member, task: TaskId, known: Known) -> bool:
    told = known.offsets.get(member.member_id, _UNTOLD)
    offset, end = (told.offsets or {}).get(task), (told.end_offsets or {}).get(task)
    return offset is not None and end is not None and end - offset <= known.acceptable_lag


class _Draft:
    """Targets while tasks are moved back. No process gets a task twice."""

    def __init__(self, targets: Mapping[str, Tasks], members: Mapping[str, Member]) -> None:
        self._by_process: dict[str, list[str]] = {}
        for member_id, member in members.items():
            self._by_process.setdefault(member.metadata.process_id, []).append(member_id)
        self._active = {each: set(tasks.active) for each, tasks in targets.items()}
        self._standby = {each: set(tasks.standby) for each, tasks in targets.items()}
        self._warmup = {each: set(tasks.warmup) for each, tasks in targets.items()}

    def keep_with_holder(self, move: _Move) -> None:
        """A standby in the holder's process has to wait until the task has gone from there."""
        self._active[move.owner.member_id].discard(move.task)
        self._active.setdefault(move.holder.member_id, set()).add(move.task)
        for member_id in self._by_process[move.holder.metadata.process_id]:
            self._standby.get(member_id, set()).discard(move.task)

    def keep_copy(self, move: _Move, copy: Member) -> None:
        role = self._warmup if move.warms_up else self._standby
        role.setdefault(copy.member_id, set()).add(move.task)

    def warm_up(self, move: _Move) -> None:
        self._warmup[move.owner.member_id].add(move.task)

    def result(self) -> dict[str, Tasks]:
        members = dict.fromkeys([*self._active, *self._standby, *self._warmup])
        return {
            each: Tasks(
                active=frozenset(self._active.get(each, ())),
                standby=frozenset(self._standby.get(each, ())),
                warmup=frozenset(self._warmup.get(each, ())),
            )
            for each in members
        }
