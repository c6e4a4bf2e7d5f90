"""Messages made from a seed: any message, at any version, every field that the version has filled with something.

A field that the version lacks keeps its default, so what is encoded and decoded again must come back equal.
"""

from random import Random
from typing import Any, TypeVar

from headwater.wire.layout import Layout, Slot, layout_of
from headwater.wire.schema import ArrayOf, Message, Structure, Wire

M = TypeVar("M", bound=Message)

INTEGERS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
TEXTS = ("", "orders", "a", "größe", "話題", "x" * 130)


def made(kind: type[M], version: int, random: Random) -> M:
    message: M = _structure(layout_of(kind, version), random)
    return message


def _structure(layout: Layout, random: Random) -> Any:
    given: dict[str, Any] = {slot.name: _value(slot, random) for slot in layout.body}
    given |= {slot.name: _value(slot, random) for slot in layout.tagged if random.random() < 0.6}
    return layout.structure(**given)


def _value(slot: Slot, random: Random) -> Any:
    if slot.is_nullable and random.random() < 0.2:
        return None
    if isinstance(slot.type, ArrayOf):
        count = random.choice((0, 1, 1, 2, 3, 17 if isinstance(slot.type.element, str) else 4))
        return tuple(_one(slot, slot.type.element, random) for _ in range(count))
    return _one(slot, slot.type, random)


def _one(slot: Slot, wire: Wire, random: Random) -> Any:
    if isinstance(wire, type) and issubclass(wire, Structure):
        return _structure(slot.layout(wire), random)
    if "error_code" in slot.name:
        # An oracle may know no code but Kafka's.
        return random.randrange(-1, 100)
    if wire == "int32" and slot.name.endswith("authorized_operations"):
        # An oracle may read the bits as a set, which knows no others.
        return random.randrange(2**8) << 3
    if wire == "int64" and slot.name.endswith(("_ms", "timestamp")):
        # An oracle that makes dates of them knows no year after 9999.
        return random.randrange(2**41)
    if wire in INTEGERS:
        bits = INTEGERS[str(wire)]
        return random.choice((0, 1, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), random.randrange(2 ** (bits - 1))))
    match wire:
        case "bool":
            return random.random() < 0.5
        case "uint16":
            return random.randrange(2**16)
        case "uint32":
            return random.randrange(2**32)
        case "float64":
            return random.choice((0.0, -1.5, random.random()))
        case "uuid":
            return random.choice((bytes(16), random.randbytes(16)))
        case "string":
            return random.choice(TEXTS)
        case "records":
            return memoryview(random.randbytes(random.choice((0, 1, 70, 400))))
        case _:
            return random.randbytes(random.choice((0, 1, 40, 200)))
