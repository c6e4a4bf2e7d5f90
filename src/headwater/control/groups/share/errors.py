"""What share groups refuse beside what all groups do.

GroupError
  ShareGroupFull           GROUP_MAX_SIZE_REACHED
  FencedMemberEpoch        FENCED_MEMBER_EPOCH      the member rejoins with epoch 0
  ShareStateNotDeleted     the share coordinator's own code
"""

from headwater.control.groups.errors import GroupError
from headwater.wire.error_codes import ErrorCode


class ShareGroupFull(GroupError, code=ErrorCode.GROUP_MAX_SIZE_REACHED):
    def __init__(self, bound: int) -> None:
        super().__init__(f"The group has {bound} members already (group.share.max.size).")


class FencedMemberEpoch(GroupError, code=ErrorCode.FENCED_MEMBER_EPOCH):
    def __init__(self, epoch: int, known: int) -> None:
        super().__init__(f"The member says that its epoch is {epoch}, which is {known}; join again.")


class ShareStateNotDeleted(GroupError):
    def __init__(self, code: ErrorCode) -> None:
        super().__init__(f"The state of the group's partitions could not be deleted: {code.name}.")
        self.code = code  # type: ignore[misc] # each code is as good as the other
