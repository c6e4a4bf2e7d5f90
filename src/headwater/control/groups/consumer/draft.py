"""A decision under way: the group as it will be, and the records that make it so.

Nothing of it counts before it is kept: a refusal half way leaves no record behind.
"""

from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.replaying import APPLIERS
from headwater.control.groups.records import GroupRecord
from headwater.control.groups.step import Step
from headwater.machine.machine import Moment


class Draft:
    """`group` may be read at any time; it is copied before the first record changes it."""

    def __init__(self, group: Group, moment: Moment) -> None:
        self.group = group
        self.moment = moment
        self._records: list[GroupRecord] = []
        self._is_copied = False

    def write(self, *records: GroupRecord) -> None:
        """Records of this group, or of another kind that it comes from or turns into."""
        if not self._is_copied:
            self.group = self.group.copied()
            self._is_copied = True
        for record in records:
            applier = APPLIERS.get(type(record.key))
            if applier is not None:
                applier(self.group, record.key, record.value)
        self._records.extend(records)

    def keep(self, step: Step) -> None:
        step.write(*self._records)
        self._records.clear()
