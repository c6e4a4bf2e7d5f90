"""Which schema each record of a batch says it was written with, for brokers that check it (Confluent's schema validation).

A producer says it in one of two places: in the first bytes of the key or value, or in a header, which counts where both are there.

    0, id                  4 bytes      before what was serialized
    0, id or 1, GUID       4 or 16      in the header `__key_schema_id` or `__value_schema_id`

Records are looked at one by one, but where one is followed by others of the same shape (as long, with fields as long, naming the same
schema), these are looked at together: a byte that must be the same in all of them is one slice with a stride. So a batch of a
thousand equally long records costs a few slices.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from headwater.wire.batch.header import BatchHeader, Readable
from headwater.wire.batch.records import plain_records
from headwater.wire.batch.varint import read_varint
from headwater.wire.errors import InvalidRecord

ID: Final = 0
GUID: Final = 1
ID_BYTES: Final = 5
GUID_BYTES: Final = 17
"""Of what is said, its first byte included."""
KEY_HEADER: Final = "__key_schema_id"
VALUE_HEADER: Final = "__value_schema_id"
_MARK_BYTES: Final = {ID: ID_BYTES, GUID: GUID_BYTES}
_MARK_BYTES_MAX: Final = max(_MARK_BYTES.values())
_HEADER_NAMES: Final = {True: KEY_HEADER.encode(), False: VALUE_HEADER.encode()}
_FIRST_WINDOW: Final = 16
_WINDOW_GROWTH: Final = 8
_FIXED_MAX: Final = 64
"""A shape with more bytes that must be the same is not worth looking for."""
_MORE: Final = bytes(range(0x80, 0x100))
_LAST: Final = bytes(range(0x80))
"""What a byte of a varint is where others of it follow, and where none does."""
_NO_HEADERS: Final = 0


class Marked(Struct, frozen=True, kw_only=True, gc=False):
    """`count` records from the one at place `first` on that say the same. `mark` is what they say, first byte included;
    empty where they say nothing, None where there is nothing that a schema could be of."""

    first: int
    count: int
    mark: bytes | None


class _Place(NamedTuple):
    """Where the parts of a record begin, as it stands in the batch. Each length stands right before what it is of."""

    start: int
    body: int
    deltas: int
    """Two varints that may differ from record to record."""
    keys_length: int
    key: int
    values_length: int
    value: int
    headers: int
    end: int


def schema_marks(batch: Readable, header: BatchHeader, *, of_keys: bool, decompressed_max: int) -> Iterator[Marked]:
    """What the records say, in order. Raises a BatchError where the bytes are no records."""
    plain = plain_records(batch, header, decompressed_max=decompressed_max)
    place, at, count = 0, 0, header.record_count
    try:
        while place < count:
            record = _read(plain, at)
            mark = _mark(plain, record, of_keys=of_keys)
            body, end = record[1], record[-1]
            alike = 0
            if plain.startswith(plain[at:body], end):  # the next is as long
                alike = _alike(plain, _Place._make(record), count - place - 1, of_keys=of_keys)
            yield Marked(first=place, count=1 + alike, mark=mark)
            place += 1 + alike
            at = end + alike * (end - at)
    except IndexError:
        raise InvalidRecord(
            f"the records of the batch at offset {header.base_offset} end in the middle of one"
        ) from None
    if at != len(plain):
        raise InvalidRecord(f"{len(plain) - at} bytes remain behind the last of {count} records")


def _read(plain: bytes, start: int) -> tuple[int, int, int, int, int, int, int, int, int]:
    """The fields of a `_Place`, which is dearer to make than to read."""
    length, body = read_varint(plain, start)
    end = body + length
    if end > len(plain):
        raise InvalidRecord(f"a record claims {length} bytes, but {len(plain) - body} remain in its batch")
    deltas = at = body + 1
    while plain[at] > 0x7F:
        at += 1
    at += 1
    while plain[at] > 0x7F:
        at += 1
    keys_length = at + 1
    length, key = read_varint(plain, keys_length)
    values_length = key + length if length > 0 else key
    length, value = read_varint(plain, values_length)
    headers = value + length if length > 0 else value
    if headers >= end:
        raise InvalidRecord(f"a field is longer than its record of {end - body} bytes")
    return start, body, deltas, keys_length, key, values_length, value, headers, end


def _mark(plain: bytes, record: tuple[int, ...], *, of_keys: bool) -> bytes | None:
    _, _, _, keys_length, key, values_length, value, headers, end = record
    length_at, at, until = (keys_length, key, values_length) if of_keys else (values_length, value, headers)
    mark = plain[at : at + ID_BYTES]
    if until - at < ID_BYTES or mark[0] != ID:
        mark = b""
    if plain[headers] != _NO_HEADERS:
        mark = _in_headers(plain, headers, end, _HEADER_NAMES[of_keys]) or mark
    return None if at == until and read_varint(plain, length_at)[0] < 0 else mark


def _in_headers(plain: bytes, at: int, end: int, name: bytes) -> bytes | None:
    count, at = read_varint(plain, at)
    found = None
    for _ in range(count):
        length, name_at = read_varint(plain, at)
        at = name_at + length
        header_name = plain[name_at:at]
        length, at = read_varint(plain, at)
        value, at = plain[at : at + min(max(length, 0), _MARK_BYTES_MAX)], at + max(length, 0)
        if at > end or at < name_at:
            raise InvalidRecord("a header is longer than its record, or has no name")
        if header_name == name and value and _MARK_BYTES.get(value[0]) == length:
            found = value
    return found


def _alike(plain: bytes, record: _Place, others: int, *, of_keys: bool) -> int:
    """How many of the records behind this one, of at most `others`, have its shape and its mark."""
    fixed = _fixed(record, of_keys=of_keys)
    if len(fixed) > _FIXED_MAX:
        return 0
    stride = record.end - record.start
    others = min(others, (len(plain) - record.end) // stride)
    found, window = 0, _FIRST_WINDOW
    while found < others:
        wanted = min(window, others - found)
        got = _run(plain, record, fixed, ahead=(found + 1) * stride, wanted=wanted)
        found += got
        if got < wanted:
            break
        window *= _WINDOW_GROWTH
    return found


def _fixed(record: _Place, *, of_keys: bool) -> list[int]:
    """The places of the bytes that must be the same in a record of the same shape: all lengths, the mark, the headers."""
    at, until = (record.key, record.values_length) if of_keys else (record.value, record.headers)
    spans = (
        (record.start, record.body),
        (record.keys_length, record.key),
        (record.values_length, record.value),
        (at, min(at + ID_BYTES, until)),
        (record.headers, record.end),
    )
    return [place for span in spans for place in range(*span)]


def _run(plain: bytes, record: _Place, fixed: list[int], *, ahead: int, wanted: int) -> int:
    """Of the `wanted` records that begin `ahead` bytes behind this one, how many are alike before the first that is not."""
    stride = record.end - record.start
    span = (wanted - 1) * stride + 1
    run = wanted
    for place in fixed:
        column = plain[place + ahead : place + ahead + span : stride]
        run = min(run, len(column) - len(column.lstrip(plain[place : place + 1])))
    for place in range(record.deltas, record.keys_length):
        column = plain[place + ahead : place + ahead + span : stride]
        goes_on = plain[place] > 0x7F
        run = min(run, len(column) - len(column.lstrip(_MORE if goes_on else _LAST)))
    return run
