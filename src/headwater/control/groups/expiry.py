"""Offsets that nobody has needed for `offsets.retention.minutes`, and groups that have nothing left.

A group's retention begins when it becomes empty; that of a simple consumer, and of a topic that a living group is no longer
subscribed to, with the commit (KIP-211). A round goes over all groups, some at a time, so that the loop breathes.
"""

from collections.abc import Iterator

from headwater.control.groups.group import CONSUMER, Group, State
from headwater.control.groups.offsets import Offsets, is_expired
from headwater.control.groups.records import group_record, offset_record
from headwater.control.groups.step import Step
from headwater.control.groups.subscriptions import subscribed_topics
from headwater.control.groups.table import RETENTION, Table
from headwater.machine.machine import Moment
from headwater.wire.records.group_metadata_value import GroupMetadataValue
from headwater.wire.records.offset_commit_value import OffsetCommitValue

_GROUPS_AT_ONCE = 200
_KEY = (RETENTION, "", "")


class Expiry:
    """The round under way, and when the next begins."""

    def __init__(self, table: Table, offsets: Offsets) -> None:
        self._table = table
        self._offsets = offsets
        self._round: Iterator[str] = iter(())

    def begin(self, moment: Moment) -> None:
        self._table.deadlines.set(_KEY, moment.elapsed + self._table.settings.retention_check_interval_ms)

    def go_on(self, step: Step) -> None:
        """Look at the next groups. A round that has ended begins again after the check interval."""
        group_id = next(self._round, None)
        if group_id is None:
            self._round = iter(dict.fromkeys([*self._offsets.groups(), *self._table.stored]))
            group_id = next(self._round, None)
        for _ in range(_GROUPS_AT_ONCE):
            if group_id is None:
                self.begin(step.moment)
                return
            self._expire(group_id, step)
            group_id = next(self._round, None)
        self._table.deadlines.set(_KEY, step.moment.elapsed)

    def _expire(self, group_id: str, step: Step) -> None:
        live, stored = self._table.live.get(group_id), self._table.stored.get(group_id)
        offsets = self._offsets.of(group_id)
        kept = len(offsets)
        for (topic, partition), value in offsets.items():
            base = _retention_base(live, stored, topic, value)
            retention = self._table.settings.offsets_retention_ms
            if base is None or self._offsets.is_undecided(group_id, (topic, partition)):
                continue
            if is_expired(value, base=base, retention_ms=retention, now=step.moment.wall):
                step.write(offset_record(group_id, topic, partition, None))
                kept -= 1
        if not kept and live is None and stored is not None and not stored.members:
            step.write(group_record(group_id, None))


def _retention_base(
    live: Group | None, stored: GroupMetadataValue | None, topic: str, value: OffsetCommitValue
) -> int | None:
    """When this offset's retention began; None while it is in use."""
    if live is not None and live.state is not State.EMPTY:
        topics = subscribed_topics(live) if live.protocol_type == CONSUMER else None
        return None if topics is None or topic in topics else value.commit_timestamp
    if stored is None or stored.current_state_timestamp < 0:
        return value.commit_timestamp
    return None if stored.members else stored.current_state_timestamp
