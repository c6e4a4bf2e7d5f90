"""Batches that lose records: what stays is what it was."""

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from headwater.kernel.units import MiB, Timestamp
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.builder import NewRecord, Producer, build_batch
from headwater.wire.batch.header import BatchHeader, read_header, verify_crc
from headwater.wire.batch.records import Record, iter_keys, iter_records, plain_records
from headwater.wire.batch.thinning import IS_TOMBSTONE, KEY, OFFSET_DELTA, Thinned, emptied, iter_keyed
from headwater.wire.errors import InvalidRecord
from headwater.wire.types import LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence

NOON = 1_767_268_800_000
HORIZON = Timestamp(NOON + 86_400_000)

records = st.lists(
    st.builds(
        NewRecord,
        key=st.none() | st.binary(max_size=200),
        value=st.none() | st.binary(max_size=200),
        headers=st.just(()) | st.just((("name", b"value"),)),
        timestamp=st.integers(NOON - 100_000, NOON + 100_000).map(Timestamp),
    ),
    min_size=1,
    max_size=8,
)
codecs = st.sampled_from(Compression)


def made(new: list[NewRecord], codec: Compression = Compression.NONE, **options: object) -> bytearray:
    producer = Producer(id=ProducerId(7), epoch=ProducerEpoch(1), base_sequence=Sequence(40))
    return build_batch(
        new,
        base_offset=Offset(100),
        leader_epoch=LeaderEpoch(3),
        producer=producer,
        compression=codec,
        **options,  # type: ignore[arg-type]
    )


def opened(batch: bytearray) -> tuple[BatchHeader, bytes, list[Record]]:
    header = read_header(batch)
    verify_crc(batch, header)
    found = list(iter_records(batch, header, decompressed_max=MiB))
    return header, plain_records(batch, header, decompressed_max=MiB), found


@given(records)
def test_records_are_seen_as_by_the_slower_reader(new: list[NewRecord]):
    batch = made(new)
    header, plain, _ = opened(batch)
    keyed = [
        (header.base_offset + each[OFFSET_DELTA], each[KEY], each[IS_TOMBSTONE]) for each in iter_keyed(plain, header)
    ]
    assert keyed == [
        (each.offset, each.key, each.is_tombstone) for each in iter_keys(batch, header, decompressed_max=MiB)
    ]


@given(records, codecs, st.sets(st.integers(0, 7)), st.sampled_from((None, HORIZON)), st.sampled_from((None, NOON + 5)))
def test_what_stays_is_what_it_was(
    new: list[NewRecord], codec: Compression, wanted: set[int], horizon: Timestamp | None, stamped: Timestamp | None
):
    header, plain, before = opened(made(new, codec, log_append_time=stamped))
    thinned = Thinned(header, plain, delete_horizon=horizon)
    for record in iter_keyed(plain, header):
        if record[OFFSET_DELTA] in wanted:
            thinned.take([record])
    after, _, left = opened(thinned.sealed())
    assert left == [record for place, record in enumerate(before) if place in wanted]
    assert (after.base_offset, after.last_offset, after.last_sequence) == (
        100,
        header.last_offset,
        header.last_sequence,
    )
    assert (after.producer_id, after.producer_epoch, after.partition_leader_epoch) == (7, 1, 3)
    assert after.compression is codec
    assert after.has_delete_horizon is (horizon is not None)
    assert after.base_timestamp == (header.base_timestamp if horizon is None else horizon)
    assert after.max_timestamp == max((record.timestamp for record in left), default=header.max_timestamp)


@given(records, codecs)
def test_an_emptied_batch_keeps_its_place_and_its_producer(new: list[NewRecord], codec: Compression):
    header = read_header(made(new, codec, transactional=True))
    after, _, left = opened(emptied(header))
    assert left == []
    assert (after.base_offset, after.last_offset, after.last_sequence) == (
        100,
        header.last_offset,
        header.last_sequence,
    )
    assert (after.producer_id, after.producer_epoch, after.max_timestamp) == (7, 1, header.max_timestamp)
    assert after.is_transactional
    assert after.size == 61


def test_a_horizon_that_is_there_stays_when_more_records_go():
    header, plain, before = opened(made([NewRecord(key=b"a", timestamp=Timestamp(NOON)), NewRecord(key=b"b")]))
    with_horizon = Thinned(header, plain, delete_horizon=HORIZON)
    with_horizon.take(list(iter_keyed(plain, header)))
    header, plain, again = opened(with_horizon.sealed())
    assert again == before
    fewer = Thinned(header, plain)
    fewer.take(list(iter_keyed(plain, header))[1:])
    header, _, left = opened(fewer.sealed())
    assert (header.base_timestamp, header.has_delete_horizon, left) == (HORIZON, True, before[1:])


@given(st.data())
def test_bytes_that_make_no_sense_are_refused(data: st.DataObject):
    header, plain, _ = opened(made([NewRecord(key=b"key", value=b"value" * 30) for _ in range(3)]))
    broken = bytearray(plain)
    cut = data.draw(st.integers(0, len(plain) - 1))
    with pytest.raises(InvalidRecord):
        list(iter_keyed(plain[:cut], header))
    broken[cut] ^= data.draw(st.integers(1, 255))
    with suppress(InvalidRecord):
        list(iter_keyed(bytes(broken), header))
