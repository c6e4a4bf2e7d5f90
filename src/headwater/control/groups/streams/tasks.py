"""Tasks: a subtopology's share of one partition, in one of three roles.

An *active* task processes records. A *standby* keeps a copy of its state on another process, so that another member can
take over without restoring. A *warm-up* is a standby for a while: it restores where the active task is to go next.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from msgspec import Struct


class TaskId(NamedTuple):
    subtopology_id: str
    partition: int


class TaskIds(Protocol):
    """How messages and records spell the tasks of one subtopology."""

    @property
    def subtopology_id(self) -> str: ...
    @property
    def partitions(self) -> tuple[int, ...]: ...


class Tasks(Struct, frozen=True, kw_only=True):
    """What a member should have, or says that it has."""

    active: frozenset[TaskId] = frozenset()
    standby: frozenset[TaskId] = frozenset()
    warmup: frozenset[TaskId] = frozenset()


class HeldTasks(Struct, frozen=True, kw_only=True):
    """What a member was given: its active tasks with the epochs since which it has them."""

    active: Mapping[TaskId, int] = {}
    standby: frozenset[TaskId] = frozenset()
    warmup: frozenset[TaskId] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.active or self.standby or self.warmup)

    def tasks(self) -> Tasks:
        return Tasks(active=frozenset(self.active), standby=self.standby, warmup=self.warmup)

    def overlaps(self, other: Tasks) -> bool:
        """Whether any of these is among the others, in the same role."""
        return not (
            other.active.isdisjoint(self.active)
            and other.standby.isdisjoint(self.standby)
            and other.warmup.isdisjoint(self.warmup)
        )


NOTHING = Tasks()
NOTHING_HELD = HeldTasks()


def ungrouped(groups: Iterable[TaskIds]) -> frozenset[TaskId]:
    return frozenset(TaskId(each.subtopology_id, partition) for each in groups for partition in each.partitions)


def grouped(tasks: Iterable[TaskId]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """By subtopology, all in order."""
    found: dict[str, list[int]] = {}
    for subtopology_id, partition in sorted(tasks):
        found.setdefault(subtopology_id, []).append(partition)
    for subtopology_id, partitions in found.items():
        yield subtopology_id, tuple(partitions)
