"""What can go wrong with a log.

LogError
  OffsetOutOfRange        OFFSET_OUT_OF_RANGE             the client's fault
  BatchRefused            the batch can't be appended as it is; the client's fault
    CorruptBatchRefused   CORRUPT_MESSAGE                 retriable: the bytes may have been damaged on their way
    InvalidBatch          INVALID_RECORD
    BatchTooLarge         MESSAGE_TOO_LARGE
    TimestampRefused      INVALID_TIMESTAMP
    UnsupportedFormat     UNSUPPORTED_FOR_MESSAGE_FORMAT
    UnsupportedCodec      UNSUPPORTED_COMPRESSION_TYPE
  ProducerRefused         the producer's state forbids the batch; the client's fault
    OutOfOrderSequence    OUT_OF_ORDER_SEQUENCE_NUMBER
    FencedProducer        INVALID_PRODUCER_EPOCH
    DuplicateSequence     DUPLICATE_SEQUENCE_NUMBER       older than the five batches that are remembered
    InvalidTransaction    INVALID_TXN_STATE
    FencedCoordinator     TRANSACTION_COORDINATOR_FENCED  the marker of a coordinator that was replaced
  FencedEpoch             FENCED_LEADER_EPOCH             the client's view is older than ours
  UnknownEpoch            UNKNOWN_LEADER_EPOCH            the client's view is newer than ours
  EndMoved                no code: another writer was faster than a writer that expected an end; it replays and decides anew
  LogClosed               NOT_LEADER_OR_FOLLOWER          retriable: the log was closed or its topic deleted meanwhile
  ReadFailed              KAFKA_STORAGE_ERROR             ours; these bytes can't be read, now or at all; others can
    ObjectStoreFailed     KAFKA_STORAGE_ERROR             the object store's; nobody knows what became of the request
      ObjectMissing       KAFKA_STORAGE_ERROR             an object that should be there is not
      ObjectDamaged       KAFKA_STORAGE_ERROR             an object is not what was put there
  RemoteTooSlow           REQUEST_TIMED_OUT               retriable: the object store did not answer in time
  StorageFailed           KAFKA_STORAGE_ERROR             ours; nothing more is written to this folder
    AppendFailed          KAFKA_STORAGE_ERROR             ours; nothing of the append was written, and the next one may succeed
"""

from typing import ClassVar

from headwater.kernel.errors import HeadwaterError
from headwater.wire.error_codes import ErrorCode
from headwater.wire.types import LeaderEpoch, Offset


class LogError(HeadwaterError):
    """The root of this room; `code` is what a client is told."""

    code: ClassVar[ErrorCode] = ErrorCode.UNKNOWN_SERVER_ERROR

    def __init_subclass__(cls, *, code: ErrorCode | None = None) -> None:
        if code is not None:
            cls.code = code


class OffsetOutOfRange(LogError, code=ErrorCode.OFFSET_OUT_OF_RANGE):
    def __init__(self, offset: Offset, first: Offset, end: Offset) -> None:
        super().__init__(f"offset {offset} is not in this log, which holds {first} up to {end}")
        self.first = first
        self.end = end


class BatchRefused(LogError):
    """The batch itself is wrong. `record_errors` names the records at fault, as ProduceResponse does (KIP-467)."""

    def __init__(self, message: str, *, record_errors: tuple[tuple[int, str], ...] = ()) -> None:
        super().__init__(message)
        self.record_errors = record_errors


class CorruptBatchRefused(BatchRefused, code=ErrorCode.CORRUPT_MESSAGE):
    pass


class InvalidBatch(BatchRefused, code=ErrorCode.INVALID_RECORD):
    pass


class BatchTooLarge(BatchRefused, code=ErrorCode.MESSAGE_TOO_LARGE):
    pass


class TimestampRefused(BatchRefused, code=ErrorCode.INVALID_TIMESTAMP):
    pass


class UnsupportedFormat(BatchRefused, code=ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT):
    pass


class UnsupportedCodec(BatchRefused, code=ErrorCode.UNSUPPORTED_COMPRESSION_TYPE):
    pass


class ProducerRefused(LogError):
    """The producer's epoch, sequence or transaction forbids the batch."""


class OutOfOrderSequence(ProducerRefused, code=ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER):
    pass


class FencedProducer(ProducerRefused, code=ErrorCode.INVALID_PRODUCER_EPOCH):
    pass


class DuplicateSequence(ProducerRefused, code=ErrorCode.DUPLICATE_SEQUENCE_NUMBER):
    pass


class InvalidTransaction(ProducerRefused, code=ErrorCode.INVALID_TXN_STATE):
    pass


class FencedCoordinator(ProducerRefused, code=ErrorCode.TRANSACTION_COORDINATOR_FENCED):
    pass


class FencedEpoch(LogError, code=ErrorCode.FENCED_LEADER_EPOCH):
    def __init__(self, asked: LeaderEpoch, current: LeaderEpoch) -> None:
        super().__init__(f"leader epoch {asked} is over; it is {current} now")


class UnknownEpoch(LogError, code=ErrorCode.UNKNOWN_LEADER_EPOCH):
    def __init__(self, asked: LeaderEpoch, current: LeaderEpoch) -> None:
        super().__init__(f"leader epoch {asked} has not begun here; it is {current} now")


class EndMoved(LogError):
    def __init__(self, expected: Offset, end: Offset) -> None:
        super().__init__(f"the log ends at {end}, and the writer expected {expected}")
        self.expected = expected
        self.end = end


class LogClosed(LogError, code=ErrorCode.NOT_LEADER_OR_FOLLOWER):
    def __init__(self, name: str) -> None:
        super().__init__(f"the log {name} is closed")


class ReadFailed(LogError, code=ErrorCode.KAFKA_STORAGE_ERROR):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the log {name} can't be read: {reason}")


class ObjectStoreFailed(ReadFailed):
    def __init__(self, address: str, reason: str) -> None:
        LogError.__init__(self, f"the object store {address} can't be used: {reason}")


class ObjectMissing(ObjectStoreFailed):
    def __init__(self, name: str) -> None:
        LogError.__init__(self, f"there is no object {name}")


class ObjectDamaged(ObjectStoreFailed):
    def __init__(self, name: str, reason: str) -> None:
        LogError.__init__(self, f"the object {name} is damaged: {reason}")


class RemoteTooSlow(LogError, code=ErrorCode.REQUEST_TIMED_OUT):
    def __init__(self, name: str) -> None:
        super().__init__(f"remote storage did not tell in time what it has of {name}")


class StorageFailed(LogError, code=ErrorCode.KAFKA_STORAGE_ERROR):
    def __init__(self, reason: str) -> None:
        super().__init__(f"the storage failed and takes no more writes: {reason}")
        self.reason = reason


class AppendFailed(StorageFailed):
    def __init__(self, reason: str) -> None:
        LogError.__init__(self, f"nothing was written: {reason}")
        self.reason = reason
