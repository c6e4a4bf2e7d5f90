"""Which logical types count: those that Avro and Confluent define, on a type that can carry them. Others are mere properties."""

from collections.abc import Callable, Mapping
from typing import Final

from headwater.registry.formats.avro.model import Array, Fixed, Primitive, Record, Schema
from headwater.registry.formats.json_text import Json

LOGICAL_TYPE: Final = "logicalType"
DECIMAL: Final = "decimal"
_UUID_BYTES: Final = 16
_DURATION_BYTES: Final = 12


def logical_type(schema: Schema) -> str | None:
    """Its name, or None where it has none or a wrong one."""
    name = None if not hasattr(schema, "props") else schema.props.get(LOGICAL_TYPE)
    holds = _HOLDS.get(name) if isinstance(name, str) else None
    return name if holds is not None and holds(schema) else None


def decimal_of(schema: Schema) -> tuple[Json, Json]:
    """Precision and scale, as the schema states them."""
    props: Mapping[str, Json] = getattr(schema, "props", {})
    return props.get("precision"), props.get("scale", 0)


def _on(*types: str) -> Callable[[Schema], bool]:
    return lambda schema: isinstance(schema, Primitive) and schema.type in types


def _is_fixed(schema: Schema, size: int) -> bool:
    return isinstance(schema, Fixed) and schema.size == size


def _holds_decimal(schema: Schema) -> bool:
    precision, scale = decimal_of(schema)
    if not isinstance(precision, int) or not isinstance(scale, int):
        return False
    if isinstance(schema, Fixed):
        most = len(str(2 ** (8 * schema.size - 1) - 1)) - 1 if schema.size else 0
    elif isinstance(schema, Primitive) and schema.type == "bytes":
        most = precision
    else:
        return False
    return 0 < precision <= most and 0 <= scale <= precision


def _holds_map(schema: Schema) -> bool:
    """Confluent's: an array of keys and values."""
    return (
        isinstance(schema, Array)
        and isinstance(schema.items, Record)
        and [each.name for each in schema.items.fields] == ["key", "value"]
    )


def _holds_variant(schema: Schema) -> bool:
    """Confluent's: two fields of bytes."""
    if not isinstance(schema, Record) or len(schema.fields) != len(_VARIANT_FIELDS):
        return False
    return all(each.name in _VARIANT_FIELDS and each.schema.type == "bytes" for each in schema.fields)


_VARIANT_FIELDS: Final = ("metadata", "value")
_HOLDS: Final[Mapping[str, Callable[[Schema], bool]]] = {
    DECIMAL: _holds_decimal,
    "big-decimal": _on("bytes"),
    "uuid": lambda schema: _on("string")(schema) or _is_fixed(schema, _UUID_BYTES),
    "duration": lambda schema: _is_fixed(schema, _DURATION_BYTES),
    "date": _on("int"),
    "time-millis": _on("int"),
    "time-micros": _on("long"),
    "timestamp-millis": _on("long"),
    "timestamp-micros": _on("long"),
    "timestamp-nanos": _on("long"),
    "local-timestamp-millis": _on("long"),
    "local-timestamp-micros": _on("long"),
    "local-timestamp-nanos": _on("long"),
    "map": _holds_map,
    "variant": _holds_variant,
}
