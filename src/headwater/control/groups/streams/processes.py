"""Processes while tasks are being assigned: each runs some members, and is loaded by their tasks together."""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from headwater.control.groups.streams.tasks import TaskId, Tasks


class Process:
    """Members of one process share its memory and its state folder, so it must not hold a task twice."""

    def __init__(self, process_id: str, place: int) -> None:
        self.process_id = process_id
        self.place = place
        self.counts: dict[str, int] = {}
        self._active: dict[str, list[TaskId]] = {}
        self._standby: dict[str, list[TaskId]] = {}
        self._tasks: set[TaskId] = set()

    def join(self, member_id: str) -> None:
        self.counts[member_id] = 0
        self._active[member_id] = []
        self._standby[member_id] = []

    def __contains__(self, task: object) -> bool:
        return task in self._tasks

    @property
    def load(self) -> float:
        """Tasks for each member."""
        return len(self._tasks) / len(self.counts)

    def least_loaded(self) -> str:
        return min(self.counts, key=lambda each: self.counts[each])

    def add_active(self, member_id: str, task: TaskId) -> int:
        self._active[member_id].append(task)
        return self._count(member_id, task)

    def add_standby(self, member_id: str, task: TaskId) -> int:
        self._standby[member_id].append(task)
        return self._count(member_id, task)

    def _count(self, member_id: str, task: TaskId) -> int:
        """How many tasks the member has now."""
        self._tasks.add(task)
        self.counts[member_id] += 1
        return self.counts[member_id]

    def tasks(self) -> Iterator[tuple[str, Tasks]]:
        for member_id in self.counts:
            yield (
                member_id,
                Tasks(active=frozenset(self._active[member_id]), standby=frozenset(self._standby[member_id])),
            )


class ByLoad:
    """Processes, the least loaded first. Whoever takes one gives it back when it has changed."""

    def __init__(self, processes: list[Process]) -> None:
        self._heap = [(each.load, each.place, each) for each in processes]
        heapify(self._heap)

    def take(self) -> Process | None:
        return heappop(self._heap)[-1] if self._heap else None

    def take_without(self, task: TaskId) -> Process | None:
        """The least loaded that does not hold the task."""
        passed: list[Process] = []
        found = self.take()
        while found is not None and task in found:
            passed.append(found)
            found = self.take()
        for each in passed:
            self.give_back(each)
        return found

    def give_back(self, process: Process) -> None:
        heappush(self._heap, (process.load, process.place, process))
