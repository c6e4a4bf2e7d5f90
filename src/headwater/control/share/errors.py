"""What the share coordinator and share partitions refuse. Like every `ControlError`, a refusal is a value.

ShareError
  InvalidShareRequest       INVALID_REQUEST               the client's fault
  FencedStateEpoch          FENCED_STATE_EPOCH            someone has set the group's offsets meanwhile
  FencedShareLeader         FENCED_LEADER_EPOCH           another leader has loaded the share partition
  UnknownSharePartition     UNKNOWN_TOPIC_OR_PARTITION    its topic is gone, or has no such partition
  InvalidRecordState        INVALID_RECORD_STATE          who acknowledges does not have the record
"""

from headwater.control.errors import ControlError
from headwater.control.share.key import SharePartitionKey
from headwater.wire.error_codes import ErrorCode


class ShareError(ControlError):
    """The root of what share groups are refused."""


class InvalidShareRequest(ShareError, code=ErrorCode.INVALID_REQUEST):
    pass


class FencedStateEpoch(ShareError, code=ErrorCode.FENCED_STATE_EPOCH):
    def __init__(self, asked: int, current: int) -> None:
        super().__init__(f"State epoch {asked} is over: it is {current} now.")


class FencedShareLeader(ShareError, code=ErrorCode.FENCED_LEADER_EPOCH):
    def __init__(self, asked: int, current: int) -> None:
        super().__init__(f"Leader epoch {asked} is over: it is {current} now.")


class UnknownSharePartition(ShareError, code=ErrorCode.UNKNOWN_TOPIC_OR_PARTITION):
    def __init__(self, key: SharePartitionKey) -> None:
        super().__init__(f"The partition of {key} does not exist.")


class InvalidRecordState(ShareError, code=ErrorCode.INVALID_RECORD_STATE):
    pass
