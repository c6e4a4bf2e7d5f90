"""What can be wrong with bytes that claim to be Kafka's.

    WireError
      MalformedMessage           INVALID_REQUEST               a frame that is no message of its API and version
      UnsupportedVersion         UNSUPPORTED_VERSION           a version that the message does not have
      UnknownType                INVALID_REQUEST               the number of no API or record type
      Unencodable                UNKNOWN_SERVER_ERROR          ours: a value that the version has no place for
      BatchError                 a record batch that can't be taken
        CorruptBatch             CORRUPT_MESSAGE               damaged on its way, retriable
        InvalidRecord            INVALID_RECORD                whole, but against the rules: the client's fault
        InvalidTimestamp         INVALID_TIMESTAMP             the client's fault
        BatchTooLarge            MESSAGE_TOO_LARGE             the client's fault
        UnsupportedCompression   UNSUPPORTED_COMPRESSION_TYPE  the client's fault

Each carries the error code that a client is told, which also says whether it may try again.
"""

from typing import ClassVar

from headwater.kernel.errors import HeadwaterError
from headwater.wire.error_codes import ErrorCode


class WireError(HeadwaterError):
    """Bytes from outside that can't be read as what they claim to be, or a message that can't be written."""

    code: ClassVar[ErrorCode] = ErrorCode.UNKNOWN_SERVER_ERROR

    def __init_subclass__(cls, *, code: ErrorCode | None = None) -> None:
        if code is not None:
            cls.code = code


class MalformedMessage(WireError, code=ErrorCode.INVALID_REQUEST):
    """A frame whose lengths, counts or tags contradict its bytes."""


class UnsupportedVersion(WireError, code=ErrorCode.UNSUPPORTED_VERSION):
    def __init__(self, name: str, version: int) -> None:
        super().__init__(f"{name} has no version {version}")
        self.name = name
        self.version = version


class UnknownType(WireError, code=ErrorCode.INVALID_REQUEST):
    def __init__(self, what: str, number: int) -> None:
        super().__init__(f"there is no {what} of number {number}")
        self.number = number


class Unencodable(WireError):
    """A message that was made wrongly here: a field holds what its type, or this version, can't."""


class BatchError(WireError):
    """A record batch that can't be taken."""


class CorruptBatch(BatchError, code=ErrorCode.CORRUPT_MESSAGE):
    pass


class InvalidRecord(BatchError, code=ErrorCode.INVALID_RECORD):
    pass


class InvalidTimestamp(BatchError, code=ErrorCode.INVALID_TIMESTAMP):
    pass


class BatchTooLarge(BatchError, code=ErrorCode.MESSAGE_TOO_LARGE):
    pass


class UnsupportedCompression(BatchError, code=ErrorCode.UNSUPPORTED_COMPRESSION_TYPE):
    pass
