"""Control batches: transaction markers as every consumer reads them, and KRaft's records."""

import pytest
from aiokafka.record.control_record import ABORT_MARKER, COMMIT_MARKER, ControlRecord
from aiokafka.record.default_records import DefaultRecordBatch as AiokafkaBatch
from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.control import (
    ControlType,
    EndOfTransaction,
    build_control_batch,
    build_end_of_transaction,
    control_key,
    control_type,
    read_end_of_transaction,
)
from headwater.wire.batch.header import NO_SEQUENCE, read_header, verify_crc
from headwater.wire.batch.records import Record, iter_records
from headwater.wire.errors import InvalidRecord
from headwater.wire.types import LeaderEpoch, Offset, ProducerEpoch, ProducerId

NOON = Timestamp(1_700_000_000_000)


def marker(*, committed: bool = True) -> bytearray:
    return build_end_of_transaction(
        EndOfTransaction(committed=committed, coordinator_epoch=7),
        producer_id=ProducerId(5),
        producer_epoch=ProducerEpoch(3),
        timestamp=NOON,
    )


def records_of(batch: bytearray) -> list[Record]:
    return list(iter_records(batch, read_header(batch), decompressed_max=1000))


@pytest.mark.parametrize("committed", [True, False])
def test_a_marker_is_read_back_and_belongs_to_its_producer(committed):
    batch = marker(committed=committed)
    header = read_header(batch)
    verify_crc(batch, header)
    assert (header.is_control, header.is_transactional) == (True, True)
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (5, 3, NO_SEQUENCE)
    (record,) = records_of(batch)
    assert read_end_of_transaction(record) == EndOfTransaction(committed=committed, coordinator_epoch=7)


@pytest.mark.parametrize(("committed", "theirs"), [(True, COMMIT_MARKER), (False, ABORT_MARKER)])
def test_aiokafka_recognises_our_markers(committed, theirs):
    batch = AiokafkaBatch(marker(committed=committed))
    assert batch.is_control_batch
    assert ControlRecord.parse(next(batch).key) == theirs


def test_the_control_records_of_a_snapshot_stand_in_one_batch():
    controls = [(ControlType.SNAPSHOT_HEADER, b"header"), (ControlType.KRAFT_VERSION, b"version")]
    batch = build_control_batch(controls, timestamp=NOON, base_offset=Offset(9), leader_epoch=LeaderEpoch(2))
    header = read_header(batch)
    assert (header.is_control, header.is_transactional, header.has_producer) == (True, False, False)
    assert (header.base_offset, header.partition_leader_epoch) == (9, 2)
    assert [(control_type(each), each.value) for each in records_of(batch)] == controls
    assert [read_end_of_transaction(each) for each in records_of(batch)] == [None, None]


def test_a_type_that_a_later_kafka_added_is_skipped():
    (record,) = records_of(build_batch([NewRecord(key=b"\x00\x00\x00\x63")], control=True))
    assert control_type(record) is None
    assert read_end_of_transaction(record) is None


@pytest.mark.parametrize("key", [None, b"", b"\x00\x00\x00", b"\xff\xff\x00\x01"])
def test_a_control_record_without_a_type_is_refused(key):
    with pytest.raises(InvalidRecord):
        control_type(Record(Offset(0), NOON, key, b""))


@pytest.mark.parametrize("value", [None, b"", b"\x00\x00\x00\x00\x00", b"\xff\xff\x00\x00\x00\x01"])
def test_a_marker_whose_value_is_cut_off_is_refused(value):
    whole = Record(Offset(0), NOON, control_key(ControlType.COMMIT), b"")
    with pytest.raises(InvalidRecord):
        read_end_of_transaction(replace(whole, value=value))
