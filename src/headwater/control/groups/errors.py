"""What the group coordinator refuses. Like every `ControlError`, a refusal is a value.

GroupError
  InvalidGroupId               INVALID_GROUP_ID
  GroupNotFound                GROUP_ID_NOT_FOUND
  GroupNotEmpty                NON_EMPTY_GROUP
  GroupFull                    GROUP_MAX_SIZE_REACHED
  CoordinatorFull              COORDINATOR_NOT_AVAILABLE    retriable: some will have gone by then
  UnknownMember                UNKNOWN_MEMBER_ID            the member rejoins with a new id
  MemberIdRequired             MEMBER_ID_REQUIRED           the member rejoins with the id that this carries (KIP-394)
  FencedInstance               FENCED_INSTANCE_ID           another process has the same group.instance.id (KIP-345)
  IllegalGeneration            ILLEGAL_GENERATION
  InconsistentProtocol         INCONSISTENT_GROUP_PROTOCOL
  InvalidSessionTimeout        INVALID_SESSION_TIMEOUT
  RebalanceInProgress          REBALANCE_IN_PROGRESS        retriable: the member rejoins
  OffsetMetadataTooLarge       OFFSET_METADATA_TOO_LARGE
  SubscribedToTopic            GROUP_SUBSCRIBED_TO_TOPIC
"""

from headwater.control.errors import ControlError
from headwater.wire.error_codes import ErrorCode


class GroupError(ControlError):
    """The root of the coordinator's refusals."""


class InvalidGroupId(GroupError, code=ErrorCode.INVALID_GROUP_ID):
    def __init__(self) -> None:
        super().__init__("A group needs an id.")


class GroupNotFound(GroupError, code=ErrorCode.GROUP_ID_NOT_FOUND):
    def __init__(self, group_id: str) -> None:
        super().__init__(f"Group {group_id} not found.")


class GroupNotEmpty(GroupError, code=ErrorCode.NON_EMPTY_GROUP):
    def __init__(self, group_id: str) -> None:
        super().__init__(f"Group {group_id} has members; stop them first.")


class GroupFull(GroupError, code=ErrorCode.GROUP_MAX_SIZE_REACHED):
    def __init__(self, bound: int) -> None:
        super().__init__(f"The group has {bound} members already (group.max.size).")


class CoordinatorFull(GroupError, code=ErrorCode.COORDINATOR_NOT_AVAILABLE):
    def __init__(self, bound: int) -> None:
        super().__init__(f"The groups of this coordinator have {bound} members together; try again later.")


class UnknownMember(GroupError, code=ErrorCode.UNKNOWN_MEMBER_ID):
    def __init__(self, member_id: str) -> None:
        super().__init__(f"The group has no member {member_id!r}.")


class MemberIdRequired(GroupError, code=ErrorCode.MEMBER_ID_REQUIRED):
    def __init__(self, member_id: str) -> None:
        super().__init__(f"Join again as {member_id}.")
        self.member_id = member_id


class FencedInstance(GroupError, code=ErrorCode.FENCED_INSTANCE_ID):
    def __init__(self, instance_id: str) -> None:
        super().__init__(f"Another member has taken over as group instance {instance_id!r}.")


class IllegalGeneration(GroupError, code=ErrorCode.ILLEGAL_GENERATION):
    def __init__(self, asked: int, current: int) -> None:
        super().__init__(f"Generation {asked} is not the group's, which is {current}.")


class InconsistentProtocol(GroupError, code=ErrorCode.INCONSISTENT_GROUP_PROTOCOL):
    def __init__(self) -> None:
        super().__init__("No assignment protocol is supported by every member of the group.")


class InvalidSessionTimeout(GroupError, code=ErrorCode.INVALID_SESSION_TIMEOUT):
    def __init__(self, asked: int, low: int, high: int) -> None:
        super().__init__(f"A session timeout of {asked} ms can't be: choose {low} to {high} ms.")


class RebalanceInProgress(GroupError, code=ErrorCode.REBALANCE_IN_PROGRESS):
    def __init__(self) -> None:
        super().__init__("The group is rebalancing; join again.")


class OffsetMetadataTooLarge(GroupError, code=ErrorCode.OFFSET_METADATA_TOO_LARGE):
    def __init__(self, size: int, bound: int) -> None:
        super().__init__(f"An offset's metadata has at most {bound} bytes; this has {size}.")


class SubscribedToTopic(GroupError, code=ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC):
    def __init__(self, topic: str) -> None:
        super().__init__(f"The group is subscribed to {topic}; stop its members first.")
