"""Which code of Kafka's a client is told for an error of ours.

A handler uses it for the items of a request; the dispatcher uses it for what escapes from a handler.
"""

from headwater.broker.errors import Refused
from headwater.kernel.errors import HeadwaterError, TooBusy
from headwater.machine.errors import OutcomeUnknown, Reloading, Stopped, TooManyWaiting
from headwater.wire.error_codes import ErrorCode

_BY_TYPE: dict[type[HeadwaterError], ErrorCode] = {
    Reloading: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    Stopped: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    OutcomeUnknown: ErrorCode.REQUEST_TIMED_OUT,
    TooManyWaiting: ErrorCode.REQUEST_TIMED_OUT,
    TooBusy: ErrorCode.REQUEST_TIMED_OUT,
}


def code_of(problem: BaseException) -> ErrorCode:
    """UNKNOWN_SERVER_ERROR for whatever was not foreseen, as in Kafka."""
    if isinstance(problem, Refused):
        return problem.code
    own = getattr(problem, "code", None)
    if isinstance(problem, HeadwaterError) and isinstance(own, int):
        return ErrorCode(own)
    return next((code for kind, code in _BY_TYPE.items() if isinstance(problem, kind)), ErrorCode.UNKNOWN_SERVER_ERROR)
