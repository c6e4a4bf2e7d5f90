"""Whether a message of ours and one of another library say the same, field by field, in the order of their definitions."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import UUID

from headwater.wire.schema import Structure, versions_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FieldsOf = Callable[[Any], Iterable[str]]


def assert_same(ours: Structure, theirs: Any, version: int, fields_of: FieldsOf) -> None:
    """`fields_of` gives the names that the other library uses at this version: they may differ in spelling."""
    names = [field.name for field in ours.FIELDS if version in versions_of(field.versions)]
    for name, field in zip(names, fields_of(theirs), strict=True):
        assert_equal(getattr(ours, name), getattr(theirs, field), version, fields_of)


def assert_equal(ours: Any, theirs: Any, version: int, fields_of: FieldsOf) -> None:
    if isinstance(ours, Structure) and theirs is None:
        # A tagged field that was left out.
        assert ours == type(ours)()
    elif isinstance(ours, Structure):
        assert_same(ours, theirs, version, fields_of)
    elif isinstance(ours, tuple):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            assert_equal(our, their, version, fields_of)
    else:
        assert plain(ours) == plain(theirs), (ours, theirs)


def plain(value: Any) -> Any:
    """The value on the wire: libraries have types of their own for times, durations and ids."""
    match value:
        case timedelta():
            return value // timedelta(milliseconds=1)
        case datetime():
            return (value - EPOCH) // timedelta(milliseconds=1)
        case UUID(int=0):
            return None
        case UUID():
            return value.bytes
        case bytes() if value == bytes(16):
            return None
        case memoryview():
            return bytes(value)
        case set():
            return sum(1 << bit for bit in value)
        case IntEnum():
            return int(value)
        case _:
            return value
