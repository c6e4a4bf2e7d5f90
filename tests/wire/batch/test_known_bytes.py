"""Batches byte by byte: each file in `known/` is one that Kafka's own Java classes write."""

from pathlib import Path

import pytest

from headwater.kernel.units import Timestamp
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.control import EndOfTransaction, build_end_of_transaction
from headwater.wire.batch.header import BatchHeader, read_header, verify_crc
from headwater.wire.types import ProducerEpoch, ProducerId

NOON = Timestamp(1_700_000_000_000)

OURS = {
    "one_record": build_batch([NewRecord(key=b"ab", value=b"cde", timestamp=NOON)]),
    "commit_marker": build_end_of_transaction(
        EndOfTransaction(committed=True, coordinator_epoch=7),
        producer_id=ProducerId(5),
        producer_epoch=ProducerEpoch(3),
        timestamp=NOON,
    ),
}


def known(name: str) -> bytes:
    lines = (Path(__file__).parent / "known" / f"{name}.batch").read_text().splitlines()
    return bytes.fromhex("".join(line.split("#")[0] for line in lines))


@pytest.mark.parametrize("name", OURS)
def test_a_batch_is_written_byte_for_byte_as_kafka_writes_it(name):
    assert OURS[name] == known(name)


def test_a_known_header_is_read_field_by_field():
    batch = known("one_record")
    header = read_header(batch)
    verify_crc(batch, header)
    assert header == BatchHeader(
        batch_length=61, crc=0x8DA096A3, base_timestamp=NOON, max_timestamp=NOON, record_count=1
    )
    assert header.size == len(batch)
    flags = (header.is_control, header.is_transactional, header.has_delete_horizon, header.has_producer)
    assert not any(flags)
