"""Control batches: what coordinators and the metadata quorum write between the records of others.

Consumers skip them. A record's key names its type, its value is a message of that type. Transaction markers are read
and written here whole, since every consumer of a transactional topic depends on those six bytes; the values of KRaft's
control records are messages like others, so they come and go as bytes.
"""

from collections.abc import Sequence as Many
from enum import IntEnum
from struct import Struct as Layout
from typing import Final

from msgspec import Struct

from headwater.kernel.units import Timestamp
from headwater.wire.batch.builder import NOBODY, NewRecord, Producer, build_batch
from headwater.wire.batch.header import FIRST_OFFSET
from headwater.wire.batch.records import Record
from headwater.wire.errors import InvalidRecord
from headwater.wire.types import NO_EPOCH, LeaderEpoch, Offset, ProducerEpoch, ProducerId

_KEY: Final = Layout(">hh")
_END_OF_TRANSACTION: Final = Layout(">hi")
_KEY_VERSION: Final = 0
_END_OF_TRANSACTION_VERSION: Final = 0


class ControlType(IntEnum):
    """What a control record says."""

    ABORT = 0
    COMMIT = 1
    LEADER_CHANGE = 2
    SNAPSHOT_HEADER = 3
    SNAPSHOT_FOOTER = 4
    KRAFT_VERSION = 5
    KRAFT_VOTERS = 6


class EndOfTransaction(Struct, frozen=True, kw_only=True, gc=False):
    """A transaction marker's content."""

    committed: bool
    coordinator_epoch: int


_TYPES: Final = {int(each): each for each in ControlType}


def build_control_batch(
    controls: Many[tuple[ControlType, bytes]],
    *,
    timestamp: Timestamp,
    base_offset: Offset = FIRST_OFFSET,
    leader_epoch: LeaderEpoch = NO_EPOCH,
) -> bytearray:
    """A batch of KRaft's control records: each a type and its encoded message, version first."""
    return build_batch(
        [NewRecord(key=control_key(kind), value=value, timestamp=timestamp) for kind, value in controls],
        base_offset=base_offset,
        leader_epoch=leader_epoch,
        control=True,
    )


def build_end_of_transaction(
    end: EndOfTransaction,
    *,
    producer_id: ProducerId,
    producer_epoch: ProducerEpoch,
    timestamp: Timestamp,
    base_offset: Offset = FIRST_OFFSET,
    leader_epoch: LeaderEpoch = NO_EPOCH,
) -> bytearray:
    """The marker that ends a producer's transaction on one partition. Markers have no sequence number."""
    kind = ControlType.COMMIT if end.committed else ControlType.ABORT
    value = _END_OF_TRANSACTION.pack(_END_OF_TRANSACTION_VERSION, end.coordinator_epoch)
    return build_batch(
        [NewRecord(key=control_key(kind), value=value, timestamp=timestamp)],
        base_offset=base_offset,
        leader_epoch=leader_epoch,
        producer=Producer(id=producer_id, epoch=producer_epoch, base_sequence=NOBODY.base_sequence),
        transactional=True,
        control=True,
    )


def control_key(kind: ControlType) -> bytes:
    return _KEY.pack(_KEY_VERSION, kind)


def control_type(record: Record) -> ControlType | None:
    """The record's type; None for one that a later Kafka added, which readers skip."""
    if record.key is None or len(record.key) < _KEY.size:
        raise InvalidRecord(f"the control record at offset {record.offset} has no key of {_KEY.size} bytes")
    version, number = _KEY.unpack_from(record.key)
    if version < _KEY_VERSION:
        raise InvalidRecord(f"the control record at offset {record.offset} has key version {version}")
    return _TYPES.get(number)


def read_end_of_transaction(record: Record) -> EndOfTransaction | None:
    """The marker's content; None when the control record is no transaction marker."""
    kind = control_type(record)
    if kind not in (ControlType.COMMIT, ControlType.ABORT):
        return None
    if record.value is None or len(record.value) < _END_OF_TRANSACTION.size:
        raise InvalidRecord(f"the transaction marker at offset {record.offset} is cut off")
    version, coordinator_epoch = _END_OF_TRANSACTION.unpack_from(record.value)
    if version < _END_OF_TRANSACTION_VERSION:
        raise InvalidRecord(f"the transaction marker at offset {record.offset} has version {version}")
    return EndOfTransaction(committed=kind is ControlType.COMMIT, coordinator_epoch=coordinator_epoch)
