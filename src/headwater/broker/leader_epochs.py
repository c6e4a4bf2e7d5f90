"""Whether a client sees the same leader as we do (KIP-320).

A client that knows a partition's leader epoch sends it along. An older one means that it has missed a change, a newer one that
we have; either way its question is not answered by a log that it does not mean.
"""

from headwater.log.port import Bounds
from headwater.wire.error_codes import ErrorCode


def epoch_refusal(asked: int, bounds: Bounds) -> ErrorCode:
    """NONE where the epochs agree, or where the client has none."""
    if asked < 0 or asked == bounds.epoch:
        return ErrorCode.NONE
    return ErrorCode.FENCED_LEADER_EPOCH if asked < bounds.epoch else ErrorCode.UNKNOWN_LEADER_EPOCH
