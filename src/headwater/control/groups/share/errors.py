"""What share groups refuse beside what all groups do.

GroupError
  ShareStateNotDeleted     the share coordinator's own code
"""

from headwater.control.groups.errors import GroupError
from headwater.wire.error_codes import ErrorCode


class ShareStateNotDeleted(GroupError):
    def __init__(self, code: ErrorCode) -> None:
        super().__init__(f"The state of the group's partitions could not be deleted: {code.name}.")
        self.code = code  # type: ignore[misc] # each code is as good as the other
