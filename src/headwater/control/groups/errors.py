"""What the group coordinator refuses. Like every `ControlError`, a refusal is a value.

GroupError
  InvalidGroupId               INVALID_GROUP_ID
  GroupNotFound                GROUP_ID_NOT_FOUND
    OtherKind                  GROUP_ID_NOT_FOUND           the id belongs to a group of another kind
    CantUpgrade                GROUP_ID_NOT_FOUND           the id belongs to a classic group that can't become a consumer group
  GroupNotEmpty                NON_EMPTY_GROUP
  GroupFull                    GROUP_MAX_SIZE_REACHED
  CoordinatorFull              COORDINATOR_NOT_AVAILABLE    retriable: some will have gone by then
  UnknownMember                UNKNOWN_MEMBER_ID            the member rejoins with a new id
  MemberIdRequired             MEMBER_ID_REQUIRED           the member rejoins with the id that this carries (KIP-394)
  FencedInstance               FENCED_INSTANCE_ID           another process has the same group.instance.id (KIP-345)
  UnreleasedInstance           UNRELEASED_INSTANCE_ID       the group.instance.id is in use; retriable, it may be released
  IllegalGeneration            ILLEGAL_GENERATION
  FencedMemberEpoch            FENCED_MEMBER_EPOCH          the member gives up its partitions and rejoins
  StaleMemberEpoch             STALE_MEMBER_EPOCH           retriable: with the epoch of the next heartbeat
  UnsupportedAssignor          UNSUPPORTED_ASSIGNOR
  TooOldForEpochs              UNSUPPORTED_VERSION
  InvalidHeartbeat             INVALID_REQUEST
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


class OtherKind(GroupNotFound):
    def __init__(self, group_id: str, kind: str) -> None:
        GroupError.__init__(self, f"Group {group_id} is not a {kind} group.")


class CantUpgrade(GroupNotFound):
    def __init__(self, group_id: str, reason: str) -> None:
        GroupError.__init__(self, f"Classic group {group_id} can't become a consumer group: {reason}.")


class GroupNotEmpty(GroupError, code=ErrorCode.NON_EMPTY_GROUP):
    def __init__(self, group_id: str) -> None:
        super().__init__(f"Group {group_id} has members; stop them first.")


class GroupFull(GroupError, code=ErrorCode.GROUP_MAX_SIZE_REACHED):
    def __init__(self, bound: int, setting: str = "group.max.size") -> None:
        super().__init__(f"The group has {bound} members already ({setting}).")


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


class UnreleasedInstance(GroupError, code=ErrorCode.UNRELEASED_INSTANCE_ID):
    def __init__(self, instance_id: str, holder: str) -> None:
        super().__init__(f"Group instance {instance_id!r} is in use by member {holder}; it has to leave first.")


class IllegalGeneration(GroupError, code=ErrorCode.ILLEGAL_GENERATION):
    def __init__(self, asked: int, current: int) -> None:
        super().__init__(f"Generation {asked} is not the group's, which is {current}.")


class FencedMemberEpoch(GroupError, code=ErrorCode.FENCED_MEMBER_EPOCH):
    def __init__(self, asked: int, current: int) -> None:
        super().__init__(
            f"Member epoch {asked} is not the member's, which is {current}; give up all partitions and rejoin."
        )


class StaleMemberEpoch(GroupError, code=ErrorCode.STALE_MEMBER_EPOCH):
    def __init__(self, asked: int, current: int) -> None:
        super().__init__(f"Member epoch {asked} is not the one that counts here, which is {current}.")


class UnsupportedAssignor(GroupError, code=ErrorCode.UNSUPPORTED_ASSIGNOR):
    def __init__(self, assignor: str, supported: tuple[str, ...]) -> None:
        super().__init__(f"There is no assignor {assignor!r}; there are {', '.join(supported)}.")


class TooOldForEpochs(GroupError, code=ErrorCode.UNSUPPORTED_VERSION):
    def __init__(self) -> None:
        super().__init__("Members of the consumer protocol commit with OffsetCommit version 9 or above.")


class InvalidHeartbeat(GroupError, code=ErrorCode.INVALID_REQUEST):
    """The message says what a heartbeat must be instead."""


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
