"""The `sticky` assignor: tasks stay where they are or where their state is, as far as the load stays even.

    active     to its present member, else to one that holds a copy of the state, else to the least loaded process
    standby    to where it was active, else to where it was a standby, else to the least loaded process without the task

A member keeps what it has only up to its quota, an even share of all tasks. What is left over goes to processes by load, in
the order of subtopologies, so that a first assignment is by ranges.

Thousands of tasks take longer than others should wait. So it is a generator, which yields wherever others may go first.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Final, TypeAlias

from msgspec import Struct

from headwater.control.groups.streams.processes import ByLoad, Process, Worker
from headwater.control.groups.streams.tasks import TaskId, Tasks


class MemberSpec(Struct, frozen=True, kw_only=True):
    """What the assignor knows of a member."""

    process_id: str
    active: Iterable[TaskId] = ()
    standby: frozenset[TaskId] = frozenset()
    """Its copies of tasks' states, warm-ups included."""
    offsets: Mapping[TaskId, int] = {}
    """How far it has restored the states in its folder, even those of tasks that it does not have now."""


class SubtopologySpec(Struct, frozen=True, kw_only=True):
    subtopology_id: str
    tasks: int
    is_stateful: bool


Slices: TypeAlias = Generator[None, None, dict[str, Tasks]]
_SLICE: Final = 1_000
"""Tasks that are given away in one: some milliseconds."""


def assign(
    members: Mapping[str, MemberSpec], subtopologies: Iterable[SubtopologySpec], *, standby_replicas: int
) -> dict[str, Tasks]:
    """Everything to somebody: each task has one active owner, and as many standbys as there are other processes for."""
    return at_once(assign_in_slices(members, subtopologies, standby_replicas=standby_replicas))


def at_once(slices: Slices) -> dict[str, Tasks]:
    while True:
        try:
            next(slices)
        except StopIteration as end:
            assigned: dict[str, Tasks] = end.value
            return assigned


def assign_in_slices(
    members: Mapping[str, MemberSpec], subtopologies: Iterable[SubtopologySpec], *, standby_replicas: int
) -> Slices:
    """The same, by and by. None of what is given may change meanwhile."""
    yield
    if not members:
        return {}
    assignment = _Assignment(members, list(subtopologies), standby_replicas)
    yield
    assignment.remember(members)
    yield
    yield from assignment.assign_active()
    yield
    if standby_replicas:
        yield from assignment.assign_standby()
        yield
    assigned = assignment.result()
    yield
    return assigned


class _Quota:
    """The share of each member; those who fill theirs up leave the rest to be shared by the others."""

    __slots__ = ("_members", "_tasks", "each")

    def __init__(self, tasks: int, members: int) -> None:
        self._tasks = tasks
        self._members = members
        self.each = _share(tasks, members)

    def filled(self) -> None:
        """By one member."""
        self._members -= 1
        self._tasks -= self.each
        self.each = _share(self._tasks, self._members)


def _share(tasks: int, members: int) -> int:
    return -(-tasks // members) if members else 0


class _Assignment:
    """Tasks by number, in the order of their ids."""

    def __init__(
        self, members: Mapping[str, MemberSpec], subtopologies: list[SubtopologySpec], standby_replicas: int
    ) -> None:
        self._replicas = standby_replicas
        self._ids = sorted(
            TaskId(each.subtopology_id, partition) for each in subtopologies for partition in range(each.tasks)
        )
        self._in_turn = sorted(range(len(self._ids)), key=[each.partition for each in self._ids].__getitem__)
        """By partition, and each partition's by subtopology."""
        stateful = frozenset(each.subtopology_id for each in subtopologies if each.is_stateful)
        self._stateful = [each for each in self._in_turn if self._ids[each].subtopology_id in stateful]
        self._workers = _workers(members)
        self._teams: dict[Process, list[Worker]] = {}
        for each in self._workers:
            self._teams.setdefault(each.process, []).append(each)
        self._was_active: dict[int, Worker] = {}
        self._copies: dict[int, list[Worker]] = {}
        self._active_quota = _Quota(len(self._ids), len(members))
        self._quota = _Quota(len(self._ids) + standby_replicas * len(self._stateful), len(members))

    def remember(self, members: Mapping[str, MemberSpec]) -> None:
        """Copies by worth: those that are kept up to date first, and of these the furthest."""
        numbers = {task: number for number, task in enumerate(self._ids)}
        ranked: dict[TaskId, list[tuple[bool, int, int]]] = {}
        for place, worker in enumerate(self._workers):
            member = members[worker.member_id]
            for task in member.active:
                if task in numbers:
                    self._was_active[numbers[task]] = worker
            for task in member.standby:
                ranked.setdefault(task, []).append((False, -member.offsets.get(task, 0), place))
            for task, offset in member.offsets.items():
                if task not in member.standby:
                    ranked.setdefault(task, []).append((True, -offset, place))
        for task, ranks in ranked.items():
            if task in numbers:
                self._copies[numbers[task]] = [self._workers[place] for *_, place in sorted(ranks)]

    # --- active tasks

    def assign_active(self) -> Iterator[None]:
        left = [each for each in self._in_turn if not self._keep_active(each, self._was_active.get(each))]
        yield
        left = [each for each in left if not self._keep_active(each, self._copy_holder(each))]
        yield
        by_load = ByLoad(self._teams)
        for given, task in enumerate(sorted(left), 1):
            self._add_active(self._least_loaded(by_load.least()), task)
            by_load.least_has_changed()
            if given % _SLICE == 0:
                yield

    def _least_loaded(self, process: Process) -> Worker:
        team = self._teams[process]
        return team[0] if len(team) == 1 else min(team, key=_COUNT)

    def _keep_active(self, task: int, worker: Worker | None) -> bool:
        if worker is None or worker.count >= self._active_quota.each:
            return False
        self._add_active(worker, task)
        return True

    def _add_active(self, worker: Worker, task: int) -> None:
        worker.active.append(task)
        worker.process.tasks.add(task)
        worker.count += 1
        if worker.count == self._active_quota.each:
            self._active_quota.filled()
        if worker.count == self._quota.each:
            self._quota.filled()

    # --- standbys

    def assign_standby(self) -> Iterator[None]:
        """Back to front, so that ranges of standbys do not fall together with those of active tasks."""
        left: list[tuple[int, int]] = []
        for seen, task in enumerate(reversed(self._stateful), 1):
            if seen % _SLICE == 0:
                yield
            kept = 0
            while kept < self._replicas and self._keep_standby(task):
                kept += 1
            if kept < self._replicas:
                left.append((task, self._replicas - kept))
        yield
        by_load = ByLoad(self._teams)
        for given, (task, missing) in enumerate(sorted(left, reverse=True), 1):
            if given % _SLICE == 0:
                yield
            for _ in range(missing):
                process = by_load.take_without(task)
                if process is None:
                    break
                self._add_standby(self._least_loaded(process), task)
                by_load.give_back(process)

    def _keep_standby(self, task: int) -> bool:
        for worker in (self._was_active.get(task), self._copy_holder(task, as_standby=True)):
            if worker is not None and task not in worker.process.tasks and worker.count < self._quota.each:
                self._add_standby(worker, task)
                return True
        return False

    def _add_standby(self, worker: Worker, task: int) -> None:
        worker.standby.append(task)
        worker.process.tasks.add(task)
        worker.count += 1
        if worker.count == self._quota.each:
            self._quota.filled()

    def _copy_holder(self, task: int, *, as_standby: bool = False) -> Worker | None:
        """Of those who hold the state already, the one with less to do by far; the best copy among equals."""
        best: Worker | None = None
        for worker in self._copies.get(task, ()):
            if as_standby and task in worker.process.tasks:
                continue
            if best is None or (worker.process.load < best.process.load and worker.count < best.count):
                best = worker
        return best

    def result(self) -> dict[str, Tasks]:
        name = self._ids.__getitem__
        return {
            each.member_id: Tasks(active=frozenset(map(name, each.active)), standby=frozenset(map(name, each.standby)))
            for each in self._workers
        }


_COUNT = attrgetter("count")


def _workers(members: Mapping[str, MemberSpec]) -> list[Worker]:
    """In the order of their ids; processes in the order of their first members."""
    processes: dict[str, Process] = {}
    workers: list[Worker] = []
    for member_id in sorted(members):
        process_id = members[member_id].process_id
        process = processes.get(process_id)
        if process is None:
            process = processes[process_id] = Process(len(processes))
        workers.append(Worker(member_id, process))
    return workers
