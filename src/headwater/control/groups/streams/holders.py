"""Which processes hold which task, kept beside the members so that a step asks for one task only."""

from collections.abc import Iterable, Sequence

from headwater.control.groups.streams.tasks import HeldTasks, TaskId

_Table = dict[TaskId, list[str]]


class TaskHolders:
    """A process stands there once for each of its members that has the task; while roles change that may be two."""

    def __init__(self) -> None:
        self._active: _Table = {}
        self._standby: _Table = {}
        self._warmup: _Table = {}

    def active(self, task: TaskId) -> Sequence[str]:
        return self._active.get(task, ())

    def standby(self, task: TaskId) -> Sequence[str]:
        return self._standby.get(task, ())

    def warmup(self, task: TaskId) -> Sequence[str]:
        return self._warmup.get(task, ())

    def add(self, process_id: str, held: HeldTasks) -> None:
        for table, tasks in self._roles(held):
            for task in tasks:
                table.setdefault(task, []).append(process_id)

    def remove(self, process_id: str, held: HeldTasks) -> None:
        for table, tasks in self._roles(held):
            for task in tasks:
                holders = table[task]
                holders.remove(process_id)
                if not holders:
                    del table[task]

    def _roles(self, held: HeldTasks) -> tuple[tuple[_Table, Iterable[TaskId]], ...]:
        return (
            (self._active, held.active),
            (self._standby, sorted(held.standby)),
            (self._warmup, sorted(held.warmup)),
        )
