"""Members and their processes while tasks are being assigned: each process runs some members, and is loaded by the tasks of
all of them together.

Tasks are numbers here, which are quicker to hash and to compare than their names are: a group may have thousands.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush, heapreplace


class Process:
    """Members of one process share its memory and its state folder, so it must not hold a task twice."""

    __slots__ = ("members", "place", "tasks")

    def __init__(self, place: int) -> None:
        self.place = place
        self.members = 0
        self.tasks: set[int] = set()

    @property
    def load(self) -> float:
        """Tasks for each member."""
        return len(self.tasks) / self.members


class Worker:
    """A member, and what it has been given so far."""

    __slots__ = ("active", "count", "member_id", "process", "standby")

    def __init__(self, member_id: str, process: Process) -> None:
        self.member_id = member_id
        self.process = process
        self.active: list[int] = []
        self.standby: list[int] = []
        self.count = 0
        process.members += 1


class ByLoad:
    """Processes, the least loaded first."""

    def __init__(self, processes: Iterable[Process]) -> None:
        self._heap = [(each.load, each.place, each) for each in processes]
        heapify(self._heap)

    def least(self) -> Process:
        return self._heap[0][-1]

    def least_has_changed(self) -> None:
        process = self.least()
        heapreplace(self._heap, (process.load, process.place, process))

    def take_without(self, task: int) -> Process | None:
        """The least loaded that does not hold the task; to be given back when it has changed."""
        passed = []
        while self._heap and task in self.least().tasks:
            passed.append(heappop(self._heap))
        found = heappop(self._heap)[-1] if self._heap else None
        for each in passed:
            heappush(self._heap, each)
        return found

    def give_back(self, process: Process) -> None:
        heappush(self._heap, (process.load, process.place, process))
