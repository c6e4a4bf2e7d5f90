"""What a JSON Schema means, as Confluent's comparison sees it.

A schema says many things at once, so one with several kinds of assertions is a `Combined` of parts, each of one kind. Both
generations of drafts are read into this model. A `Reference` has its target only after everything is loaded, so the whole is a
graph which may have circles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from headwater.registry.formats.json_text import Json


class Missing:
    """No value at all, where null is one."""


MISSING: Final = Missing()
Number: TypeAlias = Json
"""An int or a Decimal."""


class Criterion(StrEnum):
    ALL = "allOf"
    ANY = "anyOf"
    ONE = "oneOf"


@dataclass(slots=True, eq=False, kw_only=True)
class Schema:
    """What all kinds have in common. `extra` is what it says beyond the words that were understood."""

    id: str | None = None
    title: str | None = None
    description: str | None = None
    default: Json | Missing = MISSING
    extra: Mapping[str, Json] = field(default_factory=dict)
    definitions: Mapping[str, "Schema"] = field(default_factory=dict)

    @property
    def has_default(self) -> bool:
        return not isinstance(self.default, Missing)


@dataclass(slots=True, eq=False, kw_only=True)
class Anything(Schema):
    """`is_word` where it is written as `true`, not as a schema that asserts nothing."""

    is_word: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Nothing(Schema):
    """The schema `false`."""


@dataclass(slots=True, eq=False, kw_only=True)
class Null(Schema):
    pass


@dataclass(slots=True, eq=False, kw_only=True)
class Boolean(Schema):
    pass


@dataclass(slots=True, eq=False, kw_only=True)
class String(Schema):
    """`is_required`, here and elsewhere: nothing but a string fits; otherwise the rest is asserted of strings only."""

    is_required: bool = False
    length_min: int | None = None
    length_max: int | None = None
    pattern: str | None = None
    format: str | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Numeric(Schema):
    """The limits of draft 4 are `minimum` and `maximum` with a flag; later an exclusive limit is a number of its own."""

    is_required: bool = False
    is_integer: bool = False
    minimum: Number | None = None
    maximum: Number | None = None
    excludes_minimum: bool = False
    excludes_maximum: bool = False
    exclusive_minimum: Number | None = None
    exclusive_maximum: Number | None = None
    multiple_of: Number | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Const(Schema):
    value: Json


@dataclass(slots=True, eq=False, kw_only=True)
class Enum(Schema):
    values: Sequence[Json]


@dataclass(slots=True, eq=False, kw_only=True)
class Not(Schema):
    schema: "Schema"


@dataclass(slots=True, eq=False, kw_only=True)
class Conditional(Schema):
    condition: "Schema | None" = None
    then: "Schema | None" = None
    otherwise: "Schema | None" = None


@dataclass(slots=True, eq=False, kw_only=True)
class Combined(Schema):
    """`is_generated` where the author wrote no such word: kinds of assertions side by side, or a list of types."""

    criterion: Criterion
    schemas: Sequence["Schema"]
    is_generated: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Array(Schema):
    """`items` is for each item, `tuple_items` for those at the first places."""

    is_required: bool = False
    count_min: int | None = None
    count_max: int | None = None
    has_unique_items: bool = False
    items: "Schema | None" = None
    tuple_items: Sequence["Schema"] = ()
    permits_more_items: bool = True
    more_items: "Schema | None" = None
    unevaluated_items: "Schema | None" = None
    contains: "Schema | None" = None
    contains_min: Number | None = None
    contains_max: Number | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Object(Schema):
    is_required: bool = False
    count_min: int | None = None
    count_max: int | None = None
    properties: Mapping[str, "Schema"] = field(default_factory=dict)
    required: Sequence[str] = ()
    permits_more_properties: bool = True
    more_properties: "Schema | None" = None
    unevaluated_properties: "Schema | None" = None
    pattern_properties: Mapping[str, "Schema"] = field(default_factory=dict)
    property_names: "Schema | None" = None
    required_by: Mapping[str, frozenset[str]] = field(default_factory=dict)
    schemas_by: Mapping[str, "Schema"] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class Reference(Schema):
    """`text` is what stands after `$ref`."""

    text: str
    target: "Schema | None" = None
