"""Readers of all three libraries find what is there, wherever they begin."""

from collections.abc import Iterable
from itertools import count

import pytest
from tests.conformance.clients.port import EARLIEST, LATEST, Admin, Committed, Library, New, Reader, Record
from tests.conformance.clients.reading import closing, grows, read, read_from, until

HOUR_MS = 3_600_000
NOON = 1_700_000_000_000


def numbered(many: int, begin: int = 0) -> list[New]:
    return [New(value=b"%d" % number, timestamp=NOON + number) for number in range(begin, begin + many)]


def numbers(records: Iterable[Record]) -> list[int]:
    return [int(each.value or b"") for each in records]


@pytest.fixture
def filled(library: Library, topic: str) -> str:
    """A topic with the numbers 0 to 99, in a few batches."""
    for begin in (0, 40, 90):
        library.produce(topic, numbered({0: 40, 40: 50, 90: 10}[begin], begin))
    return topic


def test_a_reader_begins_at_the_first_record(filled: str, reader: Reader):
    records = read_from(reader, filled, 100)
    assert numbers(records) == list(range(100))
    assert [each.offset for each in records] == list(range(100))


@pytest.mark.parametrize("offset", [1, 39, 40, 63, 99])
def test_a_reader_may_begin_in_the_middle_of_a_batch(filled: str, reader: Reader, offset: int):
    assert numbers(read_from(reader, filled, 100 - offset, {0: offset})) == list(range(offset, 100))


def test_compressed_batches_may_be_read_from_the_middle_too(library: Library, topic: str, reader: Reader):
    library.produce(topic, numbered(50), compression="gzip")
    assert numbers(read_from(reader, topic, 13, {0: 37})) == list(range(37, 50))


def test_a_reader_at_the_end_sees_only_what_comes(library: Library, filled: str, reader: Reader):
    """Its end is where it looks for it, which may be after the first that comes."""
    reader.assign(filled, {0: LATEST})
    found: list[Record] = []
    coming = count(100)
    until(
        lambda: library.produce(filled, numbered(1, next(coming))) and grows(found, reader.poll()),
        lambda: "nothing is seen",
    )
    assert numbers(found)[0] >= 100


def test_a_reader_goes_back_and_forth(filled: str, reader: Reader):
    read_from(reader, filled, 100)
    reader.seek(filled, 0, 50)
    assert numbers(read(reader, 50)) == list(range(50, 100))
    reader.seek(filled, 0, 0)
    assert numbers(read(reader, 100)) == list(range(100))
    assert reader.position(filled, 0) == 100


def test_offsets_are_found_by_time(filled: str, reader: Reader):
    assert reader.offset_since(filled, 0, NOON - HOUR_MS) == 0
    assert reader.offset_since(filled, 0, NOON + 57) == 57
    assert reader.offset_since(filled, 0, NOON + 99) == 99


def test_no_offset_is_found_for_a_time_that_has_not_come(library: Library, filled: str, reader: Reader):
    assert reader.offset_since(filled, 0, NOON + HOUR_MS) in {None, 100}, (
        "librdkafka says the end where Kafka says none"
    )


def test_the_ends_of_a_log_are_told(library: Library, admin: Admin, filled: str, reader: Reader):
    assert reader.ends(filled, 0) == (0, 100)
    assert admin.trim(filled, 0, 60) == 60
    assert reader.ends(filled, 0) == (60, 100)
    assert numbers(read_from(reader, filled, 40)) == list(range(60, 100))


def test_a_reader_of_deleted_records_goes_on_with_the_first_that_are_left(admin: Admin, filled: str, reader: Reader):
    admin.trim(filled, 0, 95)
    assert numbers(read_from(reader, filled, 5, {0: 10})) == list(range(95, 100))


def test_a_paused_partition_gives_nothing_and_goes_on_where_it_was(
    library: Library, admin: Admin, name, reader: Reader
):
    topic = name()
    admin.create(topic, partitions=2)
    reader.assign(topic, {0: EARLIEST, 1: EARLIEST})
    reader.pause(topic, 0)
    library.produce(topic, numbered(10), partition=0)
    library.produce(topic, numbered(10), partition=1)
    assert {each.partition for each in read(reader, 10)} == {1}
    reader.resume(topic, 0)
    assert numbers(each for each in read(reader, 10) if each.partition == 0) == list(range(10))


def test_many_partitions_are_read_together(library: Library, admin: Admin, name, reader: Reader):
    topic = name()
    admin.create(topic, partitions=12)
    for partition in range(12):
        library.produce(topic, numbered(5), partition=partition)
    records = read_from(reader, topic, 60, dict.fromkeys(range(12), EARLIEST))
    for partition in range(12):
        assert numbers(each for each in records if each.partition == partition) == list(range(5))


def test_readers_of_committed_records_see_what_no_transaction_holds_back(library: Library, filled: str):
    with closing(library.reader(isolation="read_committed")) as reader:
        assert numbers(read_from(reader, filled, 100)) == list(range(100))


def test_committed_offsets_and_their_metadata_are_kept(library: Library, filled: str, name):
    group = name()
    with closing(library.reader(group=group)) as reader:
        assert reader.committed(filled, 0) is None
        reader.assign(filled, {0: EARLIEST})
        reader.commit(filled, 0, Committed(offset=42, metadata="by hand: ü"))
        assert reader.committed(filled, 0) == Committed(offset=42, metadata="by hand: ü")
    with closing(library.reader(group=group)) as another:
        assert another.committed(filled, 0) == Committed(offset=42, metadata="by hand: ü")


def test_a_position_is_committed_without_waiting(library: Library, filled: str, name):
    with closing(library.reader(group=name())) as reader:
        read_from(reader, filled, 100)
        reader.commit_position()
        until(lambda: reader.committed(filled, 0) is not None, lambda: "nothing is committed")
        found = reader.committed(filled, 0)
        assert found is not None
        assert found.offset == 100
