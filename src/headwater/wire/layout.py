"""What one version of a structure looks like on the wire: its fields in order, resolved from the rows of the table.

A field is in the body, in the tagged section at its end, or absent. `least` is the number of bytes that no value of a
type goes below, by which the decoder refuses a count that the bytes cannot hold before it makes room for the elements.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from msgspec import NODEFAULT

from headwater.wire.schema import Field, Message, Structure, Wire, versions_of

FIXED: Final[Mapping[str, tuple[str, int]]] = {
    "bool": ("?", 1),
    "int8": ("b", 1),
    "int16": ("h", 2),
    "uint16": ("H", 2),
    "int32": ("i", 4),
    "uint32": ("I", 4),
    "int64": ("q", 8),
    "float64": ("d", 8),
    "uuid": ("16s", 16),
}
"""Types of one size: their letter in a `struct` format, and that size."""


class Slot:
    """A field at one version."""

    def __init__(self, field: Field, default: object, version: int, *, is_flexible: bool) -> None:
        self.name = field.name
        self.type = field.type
        self.tag = field.tag
        self.default = default
        self.is_nullable = version in versions_of(field.nullable)
        self.is_tagged = version in versions_of(field.tagged)
        self.is_compact = is_flexible and field.compact
        self._version = version
        self._is_flexible = is_flexible

    def layout(self, structure: type[Structure]) -> "Layout":
        """Of a structure inside this field."""
        return Layout(structure, self._version, is_flexible=self._is_flexible)

    def least_of(self, wire: Wire) -> int:
        if isinstance(wire, str) and wire in FIXED:
            return FIXED[wire][1]
        if isinstance(wire, type):
            return self.layout(wire).least
        if wire == "string":
            return 1 if self.is_compact else 2
        return 1 if self.is_compact else 4

    @property
    def least(self) -> int:
        if isinstance(self.type, type) and self.is_nullable:
            return 1
        return self.least_of(self.type)


class Layout:
    """A structure at one version."""

    def __init__(self, structure: type[Structure], version: int, *, is_flexible: bool) -> None:
        self.structure = structure
        self.is_flexible = is_flexible
        self.body: list[Slot] = []
        self.tagged: list[Slot] = []
        self.refused: list[Slot] = []
        """Fields that this version lacks and that may not be dropped: they must hold their default."""
        for field, default in zip(structure.FIELDS, defaults_of(structure), strict=True):
            slot = Slot(field, default, version, is_flexible=is_flexible)
            if version not in versions_of(field.versions):
                if not field.ignorable:
                    self.refused.append(slot)
            elif slot.is_tagged:
                self.tagged.append(slot)
            else:
                self.body.append(slot)
        self.tagged.sort(key=lambda slot: slot.tag or 0)

    @cached_property
    def least(self) -> int:
        return sum(slot.least for slot in self.body) + self.is_flexible


def layout_of(message: type[Message], version: int) -> Layout:
    return Layout(message, version, is_flexible=version in message.FLEXIBLE)


def defaults_of(structure: type[Structure]) -> tuple[Any, ...]:
    defaults = structure.__struct_defaults__
    if len(defaults) != len(structure.__struct_fields__) or NODEFAULT in defaults:
        raise TypeError(f"{structure.__name__} has a field without a default")
    return defaults
