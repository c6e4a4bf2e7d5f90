"""What an Avro schema is made of.

A type that is named elsewhere is the same object, so a schema is a graph, and a recursive one has a circle in it. While it is
being parsed, a name that is not known yet is an `Unresolved`; `parse` leaves none behind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from headwater.registry.formats.json_text import Json

PRIMITIVES: Final = ("string", "bytes", "int", "long", "float", "double", "boolean", "null")
TYPES: Final = ("record", "enum", "array", "map", "union", "fixed", *PRIMITIVES)
Props: TypeAlias = Mapping[str, Json]
"""What a schema says beyond Avro's own words, in the order in which it was said."""


@dataclass(frozen=True, slots=True)
class Name:
    """`space` is None where there is no namespace."""

    simple: str
    space: str | None

    @property
    def full(self) -> str:
        return self.simple if self.space is None else f"{self.space}.{self.simple}"

    def seen_from(self, space: str | None) -> str:
        """As short as it can be there; a name that is also a type's needs its namespace."""
        if self.space is not None and self.space == space and self.simple not in TYPES:
            return self.simple
        return self.full


def name_of(text: str, space: str | None) -> Name:
    """A dotted name brings its own namespace; the empty one is none."""
    before, dot, simple = text.rpartition(".")
    return Name(simple, (before if dot else space) or None)


@dataclass(slots=True, eq=False, kw_only=True)
class Primitive:
    type: str
    props: Props


@dataclass(slots=True, eq=False, kw_only=True)
class Array:
    items: "Schema"
    props: Props
    type: Final = "array"


@dataclass(slots=True, eq=False, kw_only=True)
class Map:
    values: "Schema"
    props: Props
    type: Final = "map"


@dataclass(slots=True, eq=False, kw_only=True)
class Union:
    branches: Sequence["Schema"]
    type: Final = "union"


@dataclass(slots=True, eq=False, kw_only=True)
class Named:
    """What records, enums and fixed have in common."""

    name: Name
    doc: str | None
    aliases: Sequence[Name]
    props: Props

    @property
    def alias_names(self) -> tuple[str, ...]:
        """Full names; one without a namespace, of a type that has one, begins with a dot."""
        return tuple(
            f".{each.simple}" if each.space is None and self.name.space is not None else each.full
            for each in self.aliases
        )


@dataclass(slots=True, eq=False, kw_only=True)
class Field:
    name: str
    schema: "Schema"
    doc: str | None
    default: Json
    has_default: bool
    order: str
    aliases: Sequence[str]
    props: Props


@dataclass(slots=True, eq=False, kw_only=True)
class Record(Named):
    is_error: bool
    fields: Sequence[Field]
    type: Final = "record"


@dataclass(slots=True, eq=False, kw_only=True)
class Enum(Named):
    symbols: Sequence[str]
    default: str | None
    type: Final = "enum"


@dataclass(slots=True, eq=False, kw_only=True)
class Fixed(Named):
    size: int
    type: Final = "fixed"


@dataclass(slots=True, eq=False, kw_only=True)
class Unresolved:
    """A type that is used before it is defined."""

    full_name: str
    props: Props = field(default_factory=dict)
    type: Final = "record"


Schema: TypeAlias = Primitive | Array | Map | Union | Record | Enum | Fixed | Unresolved


def full_name(schema: Schema) -> str:
    """By which a union tells its branches apart."""
    match schema:
        case Record() | Enum() | Fixed():
            return schema.name.full
        case Unresolved():
            return schema.full_name
        case _:
            return schema.type
