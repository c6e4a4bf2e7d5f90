"""One text for all schemas that differ only in what has no meaning, as Confluent's `normalize` makes it.

Properties and aliases are sorted, a logical type stands before them, defaults are written as values of their type, empty docs
and the distinction of errors are dropped. The outcome is JSON that, parsed and printed, gives the normalised text.
"""

import struct
from collections.abc import Iterable
from typing import Any

from headwater.registry.formats.avro.logical_types import DECIMAL, LOGICAL_TYPE, decimal_of, logical_type
from headwater.registry.formats.avro.model import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Primitive,
    Props,
    Record,
    Schema,
    Union,
    Unresolved,
)
from headwater.registry.formats.json_text import Json, write

_FLOAT_DIGITS = range(1, 10)


def normalized_text(schema: Schema, *, known: Iterable[str] = ()) -> str:
    """To be parsed again; the types of these full names are named only."""
    return write(_Normalizer(known).schema(schema))


class _Normalizer:
    def __init__(self, known: Iterable[str]) -> None:
        self._known = dict.fromkeys(known)

    def schema(self, schema: Schema) -> Json:
        match schema:
            case Primitive():
                return {"type": schema.type, **_props(schema, schema.props)} if schema.props else schema.type
            case Array():
                return {"type": "array", "items": self.schema(schema.items), **_props(schema, schema.props)}
            case Map():
                return {"type": "map", "values": self.schema(schema.values), **_props(schema, schema.props)}
            case Union():
                return [self.schema(each) for each in schema.branches]
            case Unresolved():
                return schema.full_name
            case _:
                return self._named(schema)

    def _named(self, schema: Record | Enum | Fixed) -> Json:
        name = schema.name.full
        if name in self._known:
            return name
        self._known[name] = None
        return {
            "name": name,
            "type": schema.type,
            **self._body(schema),
            **_logical(schema),
            **({"doc": schema.doc} if schema.doc else {}),
            **({"aliases": sorted(schema.alias_names)} if schema.aliases else {}),
            **({"default": schema.default} if isinstance(schema, Enum) and schema.default is not None else {}),
            **_sorted(dict(schema.props)),
        }

    def _body(self, schema: Record | Enum | Fixed) -> dict[str, Json]:
        match schema:
            case Record():
                return {"fields": [self._field(each) for each in schema.fields]}
            case Enum():
                return {"symbols": schema.symbols}
            case Fixed():
                return {"size": schema.size}

    def _field(self, field: Field) -> Json:
        return {
            "name": field.name,
            "type": self.schema(field.schema),
            "order": field.order,
            **({} if field.doc is None else {"doc": field.doc}),
            **({"aliases": sorted(field.aliases)} if field.aliases else {}),
            **_default(field),
            **_sorted(dict(field.props)),
        }


def _props(schema: Schema, props: Props) -> dict[str, Json]:
    return {**_logical(schema), **_sorted(dict(props))}


def _logical(schema: Schema) -> dict[str, Json]:
    name = logical_type(schema)
    if name is None:
        return {}
    if name != DECIMAL:
        return {LOGICAL_TYPE: name}
    precision, scale = decimal_of(schema)
    return {LOGICAL_TYPE: name, "precision": precision, **({"scale": scale} if scale else {})}


def _sorted(value: Json) -> Any:
    match value:
        case dict():
            return {key: _sorted(value[key]) for key in sorted(value)}
        case list():
            return [_sorted(each) for each in value]
        case _:
            return value


def _default(field: Field) -> dict[str, Json]:
    """One that is no value of its type at all is dropped."""
    if not field.has_default:
        return {}
    if field.default is None:
        return {"default": None}
    value = _valued(field.default, field.schema)
    return {} if value is None else {"default": _sorted(value)}


def _valued(value: Json, schema: Schema) -> Json:
    """As the type has it: 1 is 1.0 where it is a double. None where it can't be one."""
    match value, schema:
        case None, _:
            return None
        case _, Union():
            return _valued(value, schema.branches[0]) if schema.branches else None
        case bool(), _:
            return value
        case ((int() | float()), _):
            return _number(value, schema.type)
        case str(), _:
            return value if schema.type in ("string", "enum", "bytes", "fixed") else None
        case list(), Array():
            return [_valued(each, schema.items) for each in value]
        case dict(), Map():
            return {key: _valued(each, schema.values) for key, each in value.items()}
        case dict(), Record():
            fields = {each.name: each.schema for each in schema.fields}
            return {key: _valued(each, fields[key]) if key in fields else each for key, each in value.items()}
        case _:
            return value


def _number(value: float, kind: str) -> Json:
    match kind:
        case "double":
            return float(value)
        case "float":
            return _float32(float(value))
        case "int" | "long":
            return value if isinstance(value, int) else None
        case _:
            return None


def _float32(value: float) -> float:
    """The nearest float, as the double that its shortest text means."""
    packed = struct.pack(">f", value)
    nearest = struct.unpack(">f", packed)[0]
    texts = (f"{nearest:.{digits}g}" for digits in _FLOAT_DIGITS)
    return next((float(text) for text in texts if struct.pack(">f", float(text)) == packed), value)
