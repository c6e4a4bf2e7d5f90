"""A JSON Schema as a logical type.

What a property is not required to be, it may also be null. Properties come in the order of their names, unless Connect has given them
numbers; names of types are those of what `$ref` leads to.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from headwater.registry.formats.json_schema.logical_columns import connect_type, enum, map_key, numeric, text
from headwater.registry.formats.json_schema.logical_defaults import is_value
from headwater.registry.formats.json_schema.model import (
    Anything,
    Array,
    Boolean,
    Combined,
    Criterion,
    Enum,
    Null,
    Numeric,
    Object,
    Reference,
    Schema,
    String,
)
from headwater.registry.formats.json_schema.simplifying import simplified, unsupported
from headwater.registry.formats.json_text import Json, java_order
from headwater.registry.formats.logical import types as logical
from headwater.registry.formats.logical.errors import NotLogical
from headwater.registry.formats.logical.java import a_list, a_mapping, a_string, an_integer
from headwater.registry.formats.logical.types import DEPTH_MAX, TOO_DEEP, Field, Kind, Logical, Type

_LAST: Final = 2**31
_NULL_SCHEMA: Final = 'Cannot invoke "org.everit.json.schema.Schema.getTitle()" because "schema" is null'


def to_logical(schema: Schema) -> Logical:
    """Raises NotLogical."""
    converter = _Converter()
    for name, each in schema.definitions.items():
        converter.define(name, each)
    root = converter.convert(schema, 0)
    return Logical(root=root, named=converter.named)


class _Converter:
    def __init__(self) -> None:
        self.named: dict[str, Type] = {}
        self._names: dict[str, str] = {}
        self._next = 1

    def define(self, name: str, schema: Schema) -> None:
        """What a definition says of itself counts, whatever a reference made of it before."""
        said = schema.extra.get("logical.ref") if isinstance(schema, Reference) else None
        if said is True and isinstance(schema, Reference):
            self._names.setdefault(schema.text, name)
            if schema.target is not None:
                self._name(name, schema.target)
            return
        self.named[name] = self.convert(schema, 0)

    def convert(self, schema: Schema, depth: int, *, nullable: bool = False) -> Type:
        """`depth` counts properties, items and branches."""
        if depth > DEPTH_MAX:
            raise NotLogical(TOO_DEEP)
        match schema:
            case Boolean():
                return Type(kind=Kind.BOOLEAN, nullable=nullable)
            case Numeric():
                return numeric(schema, nullable=nullable)
            case String():
                return text(schema, nullable=nullable)
            case Enum():
                return enum(schema, nullable=nullable)
            case Combined(criterion=Criterion.ALL):
                return self.convert(simplified(schema), depth, nullable=nullable)
            case Combined():
                return self._union(schema, depth, nullable=nullable)
            case Array():
                return self._array(schema, depth, nullable=nullable)
            case Object():
                return self._object(schema, depth, nullable=nullable)
            case Anything():
                return Type(kind=Kind.VARIANT, nullable=nullable)
            case Reference():
                return self._reference(schema, nullable=nullable)
            case _:
                raise NotLogical(f"Unsupported JSON schema type {unsupported(schema)}")

    def _reference(self, schema: Reference, *, nullable: bool) -> Type:
        name = _definition_name(schema.text)
        if name is None:
            name = self._names.get(schema.text) or self._new_name(schema.text)
        if name not in self.named and schema.target is not None:
            self._name(name, schema.target)
        return logical.reference(name, nullable=nullable)

    def _name(self, name: str, target: Schema) -> None:
        self.named[name] = logical.struct(())
        self.named[name] = self.convert(target, 0)

    def _new_name(self, text: str) -> str:
        name = f"Ref{self._next}"
        while name in self.named:
            self._next += 1
            name = f"Ref{self._next}"
        self._next += 1
        self._names[text] = name
        return name

    def _union(self, schema: Combined, depth: int, *, nullable: bool) -> Type:
        members = [each for each in schema.schemas if not isinstance(each, Null)]
        has_null = len(members) < len(schema.schemas)
        if len(members) == 1:
            return self.convert(members[0], depth, nullable=nullable or has_null)
        said = schema.extra.get("confluent:union")
        hints = None if said is None else a_list(said)
        branches = []
        for place, each in enumerate(members):
            names = (_hinted(hints, place), each.title, f"connect_union_field_{place}")
            name = next(said for said in names if said is not None)
            branches.append(Field(name=name, type=self.convert(each, depth + 1, nullable=True), is_branch=True))
        return logical.union(branches, nullable=nullable or has_null)

    def _array(self, schema: Array, depth: int, *, nullable: bool) -> Type:
        items = schema.items
        if items is None and schema.tuple_items:
            raise NotLogical("JSON tuples (i.e. arrays that contain items of different types) are not supported")
        if items is None:
            raise NotLogical("Array schema did not specify the items type")
        if not _is_map(schema) or not isinstance(items, Object):
            return logical.array(self.convert(items, depth + 1), nullable=nullable)
        key, value = (self._entry(items.properties.get(each), depth) for each in ("key", "value"))
        return logical.map_like(key, value, is_multiset=_is_multiset(schema), nullable=nullable)

    def _entry(self, schema: Schema | None, depth: int) -> Type:
        if schema is None:
            raise NotLogical(_NULL_SCHEMA)
        return self.convert(schema, depth + 1)

    def _object(self, schema: Object, depth: int, *, nullable: bool) -> Type:
        if not _is_map(schema):
            return self._struct(schema, depth, nullable=nullable)
        value = self._entry(schema.more_properties, depth)
        key = map_key(schema.extra)
        return logical.map_like(key, value, is_multiset=_is_multiset(schema), nullable=nullable)

    def _struct(self, schema: Object, depth: int, *, nullable: bool) -> Type:
        names = sorted(schema.properties, key=lambda name: _place(name, schema.properties))
        fields = [
            self._field(name, schema.properties[name], depth, nullable=name not in schema.required) for name in names
        ]
        return logical.struct(fields, nullable=nullable)

    def _field(self, name: str, schema: Schema, depth: int, *, nullable: bool) -> Field:
        kind = self.convert(schema, depth + 1, nullable=nullable)
        has_value = is_value(kind, _default(schema))
        return Field(name=name, type=kind, has_default=has_value, has_value=has_value)


def _place(name: str, properties: Mapping[str, Schema]) -> tuple[int, bytes]:
    index = properties[name].extra.get("connect.index")
    is_compared = index is not None and len(properties) > 1
    return (an_integer(index) if is_compared else _LAST, java_order(name))


def _default(schema: Schema) -> Json:
    """A reference's is that of what it leads to, if that is anything."""
    seen: set[int] = set()
    while isinstance(schema, Reference) and schema.target is not None and id(schema) not in seen:
        seen.add(id(schema))
        schema = schema.target
    said = schema.default if schema.has_default else None
    return schema.extra.get("default", said)


def _definition_name(text: str) -> str | None:
    """None where it leads to something that is no definition, or into one."""
    for marker in ("/$defs/", "/definitions/"):
        _, found, name = text.partition(marker)
        if found:
            return None if "/" in name else name
    return None


def _hinted(hints: Sequence[Json] | None, place: int) -> str | None:
    """The name that a branch is to have instead of its title."""
    if hints is None or place >= len(hints) or hints[place] is None:
        return None
    name = a_mapping(hints[place]).get("name")
    return None if name is None else a_string(name)


def _is_map(schema: Schema) -> bool:
    return connect_type(schema) == "map"


def _is_multiset(schema: Schema) -> bool:
    return schema.extra.get("flink.type") == "multiset"
