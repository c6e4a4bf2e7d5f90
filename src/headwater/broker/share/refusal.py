"""Why something of a request could not be done, as its client is told: the answer of one partition."""

from msgspec import Struct

from headwater.wire.error_codes import ErrorCode


class Refusal(Struct, frozen=True, kw_only=True):
    code: ErrorCode
    message: str
