"""Offsets that nobody has needed for `offsets.retention.minutes`, and groups that have nothing left.

What a group is subscribed to is kept. Of the rest a group's kind says when the retention began: when it became empty, or
with the commit (KIP-211). A round goes over all groups, some at a time, so that the loop breathes.
"""

from collections.abc import Callable, Iterable, Iterator

from headwater.control.groups.kind import Kind
from headwater.control.groups.offsets import Offsets, is_expired
from headwater.control.groups.records import offset_record
from headwater.control.groups.settings import GroupSettings
from headwater.control.groups.step import Step

_GROUPS_AT_ONCE = 200


class Expiry:
    """The round under way, and when it goes on or the next begins."""

    def __init__(
        self,
        offsets: Offsets,
        *,
        settings: Callable[[], GroupSettings],
        group_ids: Callable[[], Iterable[str]],
        kind_of: Callable[[str], Kind],
    ) -> None:
        self._offsets = offsets
        self._settings = settings
        self._group_ids = group_ids
        self._kind_of = kind_of
        self._round: Iterator[str] | None = None
        self.next_deadline: int | None = None
        """Nothing is due before the first `decide_due` has said when the first round begins."""

    def decide_due(self, step: Step) -> None:
        if self.next_deadline is None:
            self._rest(step)
        elif self.next_deadline <= step.moment.elapsed:
            self._go_on(step)

    def _rest(self, step: Step) -> None:
        self._round = None
        self.next_deadline = step.moment.elapsed + self._settings().retention_check_interval_ms

    def _go_on(self, step: Step) -> None:
        if self._round is None:
            self._round = iter(list(self._group_ids()))
        for _ in range(_GROUPS_AT_ONCE):
            group_id = next(self._round, None)
            if group_id is None:
                self._rest(step)
                return
            self._expire(group_id, step)

    def _expire(self, group_id: str, step: Step) -> None:
        kind = self._kind_of(group_id)
        in_use = kind.offset_rules.topics_in_use(group_id, step)
        retention = self._settings().offsets_retention_ms
        offsets = self._offsets.of(group_id)
        kept = len(offsets)
        for (topic, partition), value in offsets.items():
            if in_use is None or topic in in_use or self._offsets.is_undecided(group_id, (topic, partition)):
                continue
            begin = kind.offset_rules.retention_begin(group_id, value)
            if is_expired(value, base=begin, retention_ms=retention, now=step.moment.wall):
                step.write(offset_record(group_id, topic, partition, None))
                kept -= 1
        if not kept and not self._offsets.has_undecided(group_id) and kind.ends_with_its_offsets:
            kind.release(group_id, step)
