"""Fields that a contract reserves."""

from headwater.registry.contracts import Metadata
from headwater.registry.reserved import RESERVED, reserved_differences, reserved_fields


def reserving(fields: str) -> Metadata:
    return Metadata(properties={RESERVED: fields})


def test_they_are_told_one_after_the_other() -> None:
    assert reserved_fields(reserving(" a ,b,, a")) == ["a", "b"]
    assert reserved_fields(Metadata()) == reserved_fields(None) == []


def test_a_reserved_field_can_not_be_used_and_stays_reserved() -> None:
    assert reserved_differences([], reserving("b"), None) == []
    assert reserved_differences(["a"], reserving("a"), reserving("b,a")) == [
        "The new schema has reserved field b removed from its metadata which is present in the old schema's metadata.",
        "The new schema has field that conflicts with the reserved field a.",
    ]
