"""Logical types: what a schema of any format says, in the words of SQL.

A type that is named in its schema stands under its name beside the root, and is referred to; so one that is recursive has no circle
of objects in it, but one of names.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.formats.logical.errors import NotLogical

DEPTH_MAX: Final = 256
"""What is nested deeper is none."""
TOO_DEEP: Final = f"Schema type nesting depth exceeds the maximum of {DEPTH_MAX}"
LENGTH_MAX: Final = 2**31 - 1
"""Of what has no bound."""
UNSAID: Final = -1
_PRECISION_MAX: Final = 9


class Kind(StrEnum):
    STRUCT = "STRUCT"
    ENUM = "ENUM"
    UNION = "UNION"
    MAP = "MAP"
    ARRAY = "ARRAY"
    MULTISET = "MULTISET"
    BOOLEAN = "BOOLEAN"
    TINYINT = "TINYINT"
    SMALLINT = "SMALLINT"
    INT = "INT"
    BIGINT = "BIGINT"
    FLOAT = "FLOAT"
    DOUBLE = "DOUBLE"
    DECIMAL = "DECIMAL"
    VARCHAR = "VARCHAR"
    CHAR = "CHAR"
    BINARY = "BINARY"
    VARBINARY = "VARBINARY"
    DATE = "DATE"
    TIME = "TIME"
    TIMESTAMP = "TIMESTAMP"
    TIMESTAMP_LTZ = "TIMESTAMP_LTZ"
    VARIANT = "VARIANT"
    REF = "NAMED_TYPE_REF"


class Type(Struct, frozen=True, kw_only=True, eq=False):
    """One of a kind. `fields` are a struct's, or a union's branches; `element` is an array's or multiset's; `name` is a
    reference's."""

    kind: Kind
    nullable: bool = False
    precision: int = 0
    scale: int = 0
    length: int = 0
    fields: Sequence["Field"] = ()
    key: "Type | None" = None
    element: "Type | None" = None
    name: str = ""


class Field(Struct, frozen=True, kw_only=True, eq=False):
    """`has_default` also where that is null; `has_value` only where it is not. A branch is null wherever another is set."""

    name: str
    type: Type
    has_default: bool = False
    has_value: bool = False
    is_branch: bool = False

    @property
    def nullable(self) -> bool:
        return self.is_branch or self.type.nullable


class Logical(Struct, frozen=True, kw_only=True):
    """A whole schema."""

    root: Type
    named: Mapping[str, Type] = {}

    def resolved(self, schema: Type) -> Type:
        """What a reference leads to; itself where that is nothing."""
        seen: set[str] = set()
        while schema.kind is Kind.REF and schema.name not in seen and schema.name in self.named:
            seen.add(schema.name)
            schema = self.named[schema.name]
        return schema


def struct(fields: Sequence[Field], *, nullable: bool = False) -> Type:
    _check_names(fields, "Field", "field")
    return Type(kind=Kind.STRUCT, fields=tuple(fields), nullable=nullable)


def union(branches: Sequence[Field], *, nullable: bool) -> Type:
    _check_names(branches, "Union branch", "union branch")
    return Type(kind=Kind.UNION, fields=tuple(branches), nullable=nullable)


def enum(symbols: Sequence[str], *, nullable: bool = False) -> Type:
    """Its symbols are no part of what a table sees."""
    for each in symbols:
        _check_name(each, "Enum symbol")
    _check_distinct(symbols, "enum symbol")
    return Type(kind=Kind.ENUM, nullable=nullable)


def reference(name: str, *, nullable: bool = False) -> Type:
    return Type(kind=Kind.REF, name=name, nullable=nullable)


def decimal(precision: int, scale: int, *, nullable: bool) -> Type:
    return Type(kind=Kind.DECIMAL, precision=10 if precision == UNSAID else precision, scale=scale, nullable=nullable)


def sized(kind: Kind, length: int, *, nullable: bool = False) -> Type:
    return Type(kind=kind, length=1 if length == UNSAID else length, nullable=nullable)


def timed(kind: Kind, precision: int, *, nullable: bool) -> Type:
    """A TIME or one of the TIMESTAMPs."""
    if precision == UNSAID:
        precision = 0 if kind is Kind.TIME else 6
    if not 0 <= precision <= _PRECISION_MAX:
        raise NotLogical(f"{kind} precision must be in [0, 9], got {precision}")
    return Type(kind=kind, precision=precision, nullable=nullable)


def made_nullable(schema: Type) -> Type:
    return replace(schema, nullable=True)


def array(element: Type, *, nullable: bool) -> Type:
    return Type(kind=Kind.ARRAY, element=element, nullable=nullable)


def map_like(key: Type, value: Type, *, is_multiset: bool, nullable: bool) -> Type:
    """A multiset counts its elements, which are a map's keys."""
    if not is_multiset:
        return Type(kind=Kind.MAP, key=key, element=value, nullable=nullable)
    if value.kind is not Kind.INT:
        raise NotLogical(f"Unexpected value type for a MULTISET type: {written(value)}")
    return Type(kind=Kind.MULTISET, element=key, nullable=nullable)


def written(schema: Type) -> str:
    """As SQL would declare it."""
    return _words(schema) + ("" if schema.nullable else " NOT NULL")


def _words(schema: Type) -> str:
    match schema.kind:
        case Kind.STRUCT | Kind.UNION:
            return f"{schema.kind}({', '.join(f'{each.name} {written(each.type)}' for each in schema.fields)})"
        case Kind.ARRAY | Kind.MULTISET:
            return f"{schema.kind}<{_inner(schema.element)}>"
        case Kind.MAP:
            return f"MAP<{_inner(schema.key)}, {_inner(schema.element)}>"
        case Kind.DECIMAL:
            scale = "" if schema.scale == UNSAID else f", {schema.scale}"
            return f"DECIMAL({schema.precision}{scale})"
        case Kind.VARCHAR | Kind.VARBINARY if schema.length == LENGTH_MAX:
            return "STRING" if schema.kind is Kind.VARCHAR else "BYTES"
        case Kind.CHAR | Kind.VARCHAR | Kind.BINARY | Kind.VARBINARY:
            return f"{schema.kind}({schema.length})"
        case Kind.TIME | Kind.TIMESTAMP | Kind.TIMESTAMP_LTZ:
            return f"{schema.kind}({schema.precision})"
        case Kind.REF:
            return schema.name
        case _:
            return schema.kind


def _inner(schema: Type | None) -> str:
    assert schema is not None
    return written(schema)


def _check_names(fields: Sequence[Field], role: str, kind: str) -> None:
    for each in fields:
        _check_name(each.name, role)
    _check_distinct([each.name for each in fields], kind)


def _check_name(name: str, role: str) -> None:
    if not name:
        raise NotLogical(f"{role} name must not be empty")
    if any(map(_is_blank, name)):
        raise NotLogical(f"{role} name must not contain whitespace or control characters; got: '{name}'")


def _is_blank(character: str) -> bool:
    """As Java sees it, to which a space that doesn't break is none."""
    is_space = character.isspace() and character not in "\u00a0\u2007\u202f\x85"
    return is_space or "\x00" <= character <= "\x1f" or "\x7f" <= character <= "\x9f"


def _check_distinct(names: Sequence[str], kind: str) -> None:
    seen: set[str] = set()
    for each in names:
        if each in seen:
            raise NotLogical(f"Duplicate {kind}: {each}")
        seen.add(each)
