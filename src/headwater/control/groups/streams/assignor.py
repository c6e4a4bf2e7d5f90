"""The `sticky` assignor: tasks stay where they are or where their state is, as far as the load stays even.

    active     to its present member, else to one that holds a copy of the state, else to the least loaded process
    standby    to where it was active, else to where it was a standby, else to the least loaded process without the task

A member keeps what it has only up to its quota, an even share of all tasks. What is left over goes to processes by load, in
the order of subtopologies, so that a first assignment is by ranges.
"""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from headwater.control.groups.streams.processes import ByLoad, Process
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


def assign(
    members: Mapping[str, MemberSpec], subtopologies: Iterable[SubtopologySpec], *, standby_replicas: int
) -> dict[str, Tasks]:
    """Everything to somebody: each task has one active owner, and as many standbys as there are other processes for."""
    if not members:
        return {}
    assignment = _Assignment(members, list(subtopologies), standby_replicas)
    assignment.assign_active()
    if standby_replicas:
        assignment.assign_standby()
    return assignment.result()


class _Quota:
    """The share of each member; those who fill theirs up leave the rest to be shared by the others."""

    def __init__(self, tasks: int, members: int) -> None:
        self._tasks = tasks
        self._members = members
        self.each = _share(tasks, members)

    def grown_to(self, count: int) -> None:
        if count == self.each:
            self._members -= 1
            self._tasks -= count
            self.each = _share(self._tasks, self._members)


def _share(tasks: int, members: int) -> int:
    return -(-tasks // members) if members else 0


class _Assignment:
    def __init__(
        self, members: Mapping[str, MemberSpec], subtopologies: list[SubtopologySpec], standby_replicas: int
    ) -> None:
        self._replicas = standby_replicas
        self._process_of: dict[str, Process] = {}
        self._processes = self._form_processes(members)
        self._was_active: dict[TaskId, str] = {}
        self._copies: dict[TaskId, list[str]] = {}
        self._remember(members)
        self._stateful = _tasks_of(each for each in subtopologies if each.is_stateful)
        self._tasks = _tasks_of(subtopologies)
        self._active_quota = _Quota(len(self._tasks), len(members))
        self._quota = _Quota(len(self._tasks) + standby_replicas * len(self._stateful), len(members))

    def _form_processes(self, members: Mapping[str, MemberSpec]) -> list[Process]:
        processes: dict[str, Process] = {}
        for member_id in sorted(members):
            process_id = members[member_id].process_id
            process = processes.setdefault(process_id, Process(process_id, len(processes)))
            process.join(member_id)
            self._process_of[member_id] = process
        return list(processes.values())

    def _remember(self, members: Mapping[str, MemberSpec]) -> None:
        """Copies by worth: those that are kept up to date first, and of these the furthest."""
        ranked: dict[TaskId, list[tuple[bool, int, str]]] = {}
        for member_id in sorted(members):
            member = members[member_id]
            self._was_active.update(dict.fromkeys(member.active, member_id))
            for task in member.standby:
                ranked.setdefault(task, []).append((False, -member.offsets.get(task, 0), member_id))
            for task, offset in member.offsets.items():
                if task not in member.standby:
                    ranked.setdefault(task, []).append((True, -offset, member_id))
        self._copies = {task: [member_id for *_, member_id in sorted(ranks)] for task, ranks in ranked.items()}

    # --- active tasks

    def assign_active(self) -> None:
        left = sorted(self._tasks, key=lambda each: (each.partition, each.subtopology_id))
        left = [each for each in left if not self._keep_active(each, self._was_active.get(each))]
        left = [each for each in left if not self._keep_active(each, self._copy_holder(each))]
        by_load = ByLoad(self._processes)
        for task in sorted(left):
            process = by_load.take()
            assert process is not None, "there is a process for each member"
            self._add_active(process, process.least_loaded(), task)
            by_load.give_back(process)

    def _keep_active(self, task: TaskId, member_id: str | None) -> bool:
        if member_id is None or self._process_of[member_id].counts[member_id] >= self._active_quota.each:
            return False
        self._add_active(self._process_of[member_id], member_id, task)
        return True

    def _add_active(self, process: Process, member_id: str, task: TaskId) -> None:
        count = process.add_active(member_id, task)
        self._active_quota.grown_to(count)
        self._quota.grown_to(count)

    # --- standbys

    def assign_standby(self) -> None:
        """Back to front, so that ranges of standbys do not fall together with those of active tasks."""
        left: list[tuple[TaskId, int]] = []
        for task in sorted(self._stateful, key=lambda each: (each.partition, each.subtopology_id), reverse=True):
            kept = 0
            while kept < self._replicas and self._keep_standby(task):
                kept += 1
            if kept < self._replicas:
                left.append((task, self._replicas - kept))
        by_load = ByLoad(self._processes)
        for task, missing in sorted(left, reverse=True):
            for _ in range(missing):
                process = by_load.take_without(task)
                if process is None:
                    break
                self._quota.grown_to(process.add_standby(process.least_loaded(), task))
                by_load.give_back(process)

    def _keep_standby(self, task: TaskId) -> bool:
        for member_id in (self._was_active.get(task), self._copy_holder(task, as_standby=True)):
            if member_id is None:
                continue
            process = self._process_of[member_id]
            if task not in process and process.counts[member_id] < self._quota.each:
                self._quota.grown_to(process.add_standby(member_id, task))
                return True
        return False

    def _copy_holder(self, task: TaskId, *, as_standby: bool = False) -> str | None:
        """Of those who hold the state already, the one with less to do by far; the best copy among equals."""
        best: str | None = None
        for member_id in self._copies.get(task, ()):
            process = self._process_of[member_id]
            if as_standby and task in process:
                continue
            if best is None or (
                process.load < self._process_of[best].load
                and process.counts[member_id] < self._process_of[best].counts[best]
            ):
                best = member_id
        return best

    def result(self) -> dict[str, Tasks]:
        tasks = dict(each for process in self._processes for each in process.tasks())
        return {member_id: tasks[member_id] for member_id in sorted(tasks)}


def _tasks_of(subtopologies: Iterable[SubtopologySpec]) -> list[TaskId]:
    return [TaskId(each.subtopology_id, partition) for each in subtopologies for partition in range(each.tasks)]
