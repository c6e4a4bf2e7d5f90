"""An Avro schema as a logical type.

Records and enums are named types, but for those that say of themselves that they have no name of their own. An Avro map is one with
texts as keys; any other map is an array of records with a key and a value.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from headwater.registry.formats.avro.defaults import is_valid
from headwater.registry.formats.avro.logical_columns import fixed, map_key, primitive, text_of
from headwater.registry.formats.avro.logical_types import logical_type
from headwater.registry.formats.avro.model import (
    Array,
    Enum,
    Field as AvroField,
    Fixed,
    Map,
    Primitive,
    Props,
    Record,
    Schema,
    Union,
    full_name,
)
from headwater.registry.formats.json_text import Json
from headwater.registry.formats.logical import types as logical
from headwater.registry.formats.logical.errors import NotLogical
from headwater.registry.formats.logical.java import a_list, a_mapping, a_string, is_number
from headwater.registry.formats.logical.types import DEPTH_MAX, TOO_DEEP, Field, Kind, Logical, Type

_MAP_ENTRY: Final = "MapEntry"
_DAY_NANOS: Final = 86_400 * 10**9


def to_logical(schema: Schema) -> Logical:
    """Raises NotLogical."""
    converter = _Converter()
    root = converter.convert(schema, 0)
    return Logical(root=root, named=converter.named)


class _Converter:
    def __init__(self) -> None:
        self.named: dict[str, Type] = {}
        self._around: set[int] = set()
        self._path: list[str] = []
        self._branch_names: Json = None

    def convert(self, schema: Schema, depth: int, *, nullable: bool = False) -> Type:
        """`depth` counts fields, elements and branches, but not the null that a branch stands beside."""
        if depth > DEPTH_MAX:
            raise NotLogical(TOO_DEEP)
        match schema:
            case Primitive():
                return primitive(schema, nullable=nullable)
            case Fixed():
                return fixed(schema, nullable=nullable)
            case Enum():
                return self._enum(schema, nullable=nullable)
            case Array():
                return self._array(schema, depth, nullable=nullable)
            case Map():
                return self._map(schema, depth, nullable=nullable)
            case Record():
                return self._record(schema, depth, nullable=nullable)
            case Union():
                with self._within(schema):
                    return self._union(schema, depth)
            case _:
                raise NotLogical(f"Couldn't translate unsupported Avro schema type {schema.type}.")

    @contextmanager
    def _within(self, schema: Schema) -> Iterator[None]:
        """What has a name is not followed into itself; all else would have no end."""
        if id(schema) in self._around:
            path = ".".join(self._path)
            raise NotLogical(f"Cyclic schemas are not supported.\nFound a cycle in the field: {path}")
        self._around.add(id(schema))
        yield
        self._around.remove(id(schema))

    def _enum(self, schema: Enum, *, nullable: bool) -> Type:
        if _is_anonymous(schema.props):
            return _symbols(schema, nullable=nullable)
        name = schema.name.full
        if name not in self.named:
            self.named[name] = _symbols(schema)
        return logical.reference(name, nullable=nullable)

    def _array(self, schema: Array, depth: int, *, nullable: bool) -> Type:
        if not _is_map(schema):
            return logical.array(self.convert(schema.items, depth + 1), nullable=nullable)
        fields = {each.name: each for each in schema.items.fields} if isinstance(schema.items, Record) else {}
        if sorted(fields) != ["key", "value"]:
            raise NotLogical(
                "Found map encoded as array of key-value pairs, but array elements do not match the expected format."
            )
        key, value = (self.convert(fields[each].schema, depth + 1) for each in ("key", "value"))
        return logical.map_like(key, value, is_multiset=_is_multiset(schema.props), nullable=nullable)

    def _map(self, schema: Map, depth: int, *, nullable: bool) -> Type:
        key = map_key(schema.props)
        value = self.convert(schema.values, depth + 1)
        return logical.map_like(key, value, is_multiset=_is_multiset(schema.props), nullable=nullable)

    def _record(self, schema: Record, depth: int, *, nullable: bool) -> Type:
        name = schema.name.full
        is_anonymous = _is_anonymous(schema.props)
        if not is_anonymous and name in self.named:
            return logical.reference(name, nullable=nullable)
        if _is_variant(schema):
            return Type(kind=Kind.VARIANT, nullable=nullable)
        with self._within(schema):
            if is_anonymous:
                return logical.struct(self._fields(schema, depth), nullable=nullable)
            self.named[name] = logical.struct(())
            self.named[name] = logical.struct(self._fields(schema, depth))
            return logical.reference(name, nullable=nullable)

    def _fields(self, schema: Record, depth: int) -> list[Field]:
        return [self._field(each, depth) for each in schema.fields]

    def _field(self, field: AvroField, depth: int) -> Field:
        self._path.append(field.name)
        outer, self._branch_names = self._branch_names, field.props.get("confluent:union")
        kind = self.convert(field.schema, depth + 1)
        self._branch_names = outer
        self._path.pop()
        default = _default(field)
        if default is not None:
            _check_default(kind, field.schema, default)
        has_null = field.has_default and field.default is None
        has_value = default is not None
        return Field(name=field.name, type=kind, has_default=has_value or has_null, has_value=has_value)

    def _union(self, schema: Union, depth: int) -> Type:
        members = [each for each in schema.branches if each.type != "null"]
        has_null = len(members) < len(schema.branches)
        if len(members) == 1:
            return self.convert(members[0], depth, nullable=has_null)
        types = [self.convert(each, depth + 1) for each in members]
        hints = None if self._branch_names is None else a_list(self._branch_names)
        simple = [_simple_name(each) for each in members]
        branches = []
        for place, (member, kind) in enumerate(zip(members, types, strict=True)):
            own = simple[place] if simple.count(simple[place]) == 1 else full_name(member).replace(".", "_")
            hinted = _hinted(hints, place)
            branches.append(Field(name=own if hinted is None else hinted, type=kind, is_branch=True))
        return logical.union(branches, nullable=has_null)


def _hinted(hints: Sequence[Json] | None, place: int) -> str | None:
    """The name that a branch is to have instead of its type's."""
    if hints is None or place >= len(hints) or hints[place] is None:
        return None
    hint = a_mapping(hints[place])
    name = hint.get("name")
    return None if name is None else a_string(name)


def _simple_name(schema: Schema) -> str:
    return schema.name.simple if isinstance(schema, Record | Enum | Fixed) else schema.type


def _symbols(schema: Enum, *, nullable: bool = False) -> Type:
    hints = schema.props.get("confluent:enum")
    for each in a_list(hints)[: len(schema.symbols)] if hints is not None else ():
        hint = a_mapping(each)
        if hint.get("doc") is not None:
            a_string(hint["doc"])
        if hint.get("params") is not None:
            a_mapping(hint["params"])
    return logical.enum(schema.symbols, nullable=nullable)


def _default(field: AvroField) -> Json:
    """Of a union it is its first branch's, or none."""
    schema = field.schema.branches[0] if isinstance(field.schema, Union) and field.schema.branches else field.schema
    return field.default if field.has_default and is_valid(schema, field.default) else None


def _check_default(kind: Type, schema: Schema, default: Json) -> None:
    """Whether Java's types could hold it; most can."""
    if kind.kind is Kind.UNION and isinstance(schema, Union):
        _check_default(kind.fields[0].type, schema.branches[0], default)
    elif kind.kind is Kind.DECIMAL and default == "":
        raise NotLogical("Zero length BigInteger")
    elif kind.kind is Kind.TIME and is_number(default):
        is_int = "int" in (schema.type, *(each.type for each in (schema.branches if isinstance(schema, Union) else ())))
        nanos = default * (10**6 if is_int else 10**3)
        if not 0 <= nanos < _DAY_NANOS:
            raise NotLogical(f"Invalid value for NanoOfDay (valid values 0 - {_DAY_NANOS - 1}): {nanos}")


def _is_variant(schema: Record) -> bool:
    if logical_type(schema) == "variant":
        return True
    types = {each.name: each.schema.type for each in schema.fields}
    return schema.name.full == "confluent.type.Variant" and types == {"metadata": "bytes", "value": "bytes"}


def _is_map(schema: Array) -> bool:
    if logical_type(schema) == "map":
        return True
    entry = schema.items
    if not isinstance(entry, Record):
        return False
    is_known = entry.name.full == f"io.confluent.connect.avro.{_MAP_ENTRY}"
    return is_known or text_of(entry.props, "connect.internal.type") == _MAP_ENTRY


def _is_multiset(props: Props) -> bool:
    return text_of(props, "flink.type") == "multiset"


def _is_anonymous(props: Props) -> bool:
    return props.get("logical.anonymous") == "true"
