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

A batch error carries the number of its Kafka error code, which the broker answers as it stands.
"""

from typing import ClassVar

from headwater.kernel.errors import HeadwaterError


class WireError(HeadwaterError):
    """Bytes from outside that can't be read as what they claim to be."""


class MalformedMessage(WireError):
    """A frame whose lengths, counts or tags contradict its bytes."""

    code: ClassVar[int] = 42


class UnsupportedVersion(WireError):
    code: ClassVar[int] = 35

    def __init__(self, name: str, version: int) -> None:
        super().__init__(f"{name} has no version {version}")
        self.name = name
        self.version = version


class UnknownType(WireError):
    code: ClassVar[int] = 42

    def __init__(self, what: str, number: int) -> None:
        super().__init__(f"there is no {what} of number {number}")
        self.number = number


class Unencodable(WireError):
    """A message that was made wrongly here: a field holds what its type, or this version, can't."""

    code: ClassVar[int] = -1


class BatchError(WireError):
    code: ClassVar[int]
    is_retriable: ClassVar[bool] = False


class CorruptBatch(BatchError):
    code = 2
    is_retriable = True


class InvalidRecord(BatchError):
    code = 87


class InvalidTimestamp(BatchError):
    code = 32


class BatchTooLarge(BatchError):
    code = 10


class UnsupportedCompression(BatchError):
    code = 76
