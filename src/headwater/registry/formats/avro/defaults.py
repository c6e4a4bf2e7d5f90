"""Whether a field's default is a value of its type, as Avro's Java library judges it."""

from headwater.registry.formats.avro.model import Array, Enum, Fixed, Map, Primitive, Record, Schema, Union, Unresolved
from headwater.registry.formats.json_text import DEPTH_MAX, Json

_INT, _LONG = 2**31, 2**63


def is_valid(schema: Schema, value: Json) -> bool:
    """A union's default may be of any branch, and a record's may leave out fields that have one."""
    return _is_valid(schema, value, 0)


def _is_valid(schema: Schema, value: Json, depth: int) -> bool:
    """A record whose default needs itself has none."""
    if depth > DEPTH_MAX:
        return False
    match schema:
        case Primitive():
            return _is_primitive(schema.type, value)
        case Enum() | Fixed():
            return isinstance(value, str)
        case Array():
            return isinstance(value, list) and all(_is_valid(schema.items, each, depth + 1) for each in value)
        case Map():
            return isinstance(value, dict) and all(_is_valid(schema.values, each, depth + 1) for each in value.values())
        case Union():
            return any(_is_valid(each, value, depth + 1) for each in schema.branches)
        case Record():
            return isinstance(value, dict) and _has_fields(schema, value, depth + 1)
        case Unresolved():
            return isinstance(value, dict)


def _has_fields(record: Record, value: dict[str, Json], depth: int) -> bool:
    return all(
        (each.name in value or each.has_default) and _is_valid(each.schema, value.get(each.name, each.default), depth)
        for each in record.fields
    )


def _is_primitive(kind: str, value: Json) -> bool:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    match kind:
        case "string" | "bytes":
            return isinstance(value, str)
        case "int":
            return is_integer and -_INT <= value < _INT
        case "long":
            return is_integer and -_LONG <= value < _LONG
        case "float" | "double":
            return is_integer or isinstance(value, float)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return value is None
