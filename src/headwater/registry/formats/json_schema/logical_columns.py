"""The types of columns that JSON Schema's simple types stand for, with what Connect's and Flink's words say of them."""

from collections.abc import Mapping
from typing import Final

from headwater.registry.formats.json_schema.model import Enum, Numeric, Schema, String
from headwater.registry.formats.json_text import Json, write
from headwater.registry.formats.logical import types as logical
from headwater.registry.formats.logical.errors import NotLogical
from headwater.registry.formats.logical.java import a_mapping, a_string, an_integer, parsed_integer
from headwater.registry.formats.logical.types import LENGTH_MAX, Kind, Type

_CONNECT: Final = "org.apache.kafka.connect.data."
_INT: Final = 2**31
_NULL_SYMBOL: Final = 'Cannot invoke "Object.toString()" because the return value of "java.util.List.get(int)" is null'
_NUMBERS: Final = {
    "int8": Kind.TINYINT,
    "int16": Kind.SMALLINT,
    "float32": Kind.FLOAT,
    "float64": Kind.DOUBLE,
}


def enum(schema: Enum, *, nullable: bool) -> Type:
    if None in schema.values:
        raise NotLogical(_NULL_SYMBOL)
    symbols = dict.fromkeys(each if isinstance(each, str) else _java_text(each) for each in schema.values)
    return logical.enum(list(symbols), nullable=nullable)


def _java_text(value: Json) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{key}={_java_text(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_java_text, value)) + "]"
        case str():
            return value
        case _:
            return write(value)


def numeric(schema: Numeric, *, nullable: bool) -> Type:
    said = connect_type(schema)
    if said is None:
        return Type(kind=Kind.BIGINT if schema.is_integer else Kind.DOUBLE, nullable=nullable)
    if said in _NUMBERS:
        return Type(kind=_NUMBERS[said], nullable=nullable)
    match said:
        case "int32":
            return _int32(schema, nullable=nullable)
        case "int64":
            return _int64(schema, nullable=nullable)
        case "bytes":
            return _decimal(schema, nullable=nullable)
        case _:
            raise NotLogical(f"Unsupported type {said}")


def _int32(schema: Numeric, *, nullable: bool) -> Type:
    match schema.title:
        case "org.apache.kafka.connect.data.Time":
            return logical.timed(Kind.TIME, _precision(schema), nullable=nullable)
        case "org.apache.kafka.connect.data.Date":
            return Type(kind=Kind.DATE, nullable=nullable)
        case _:
            return Type(kind=Kind.INT, nullable=nullable)


def _int64(schema: Numeric, *, nullable: bool) -> Type:
    if schema.title == f"{_CONNECT}Timestamp":
        return logical.timed(Kind.TIMESTAMP_LTZ, _precision(schema), nullable=nullable)
    if schema.extra.get("flink.type") == "timestamp":
        return logical.timed(Kind.TIMESTAMP, _precision(schema), nullable=nullable)
    return Type(kind=Kind.BIGINT, nullable=nullable)


def _precision(schema: Numeric) -> int:
    return an_integer(schema.extra.get("flink.precision", 3))


def _decimal(schema: Numeric, *, nullable: bool) -> Type:
    if schema.title != f"{_CONNECT}Decimal":
        raise NotLogical("Expected decimal type")
    said = a_mapping(schema.extra.get("connect.parameters", {}))
    scale, precision = (_parameter(said.get(each)) for each in ("scale", "connect.decimal.precision"))
    return logical.decimal(38 if precision is None else precision, 18 if scale is None else scale, nullable=nullable)


def _parameter(value: Json) -> int | None:
    return None if value is None else parsed_integer(a_string(value))


def text(schema: String, *, nullable: bool) -> Type:
    """Bytes are texts too; their bounds are told in words of their own."""
    is_bytes = connect_type(schema) == "bytes"
    if is_bytes:
        least, most = (_length(schema.extra.get(each)) for each in ("flink.minLength", "flink.maxLength"))
    else:
        least, most = schema.length_min, schema.length_max
    fixed, bounded = (Kind.BINARY, Kind.VARBINARY) if is_bytes else (Kind.CHAR, Kind.VARCHAR)
    if most is not None:
        return logical.sized(fixed if least == most else bounded, most, nullable=nullable)
    return logical.sized(bounded, LENGTH_MAX, nullable=nullable)


def _length(value: Json) -> int | None:
    return None if value is None else an_integer(value)


def map_key(extra: Mapping[str, Json]) -> Type:
    length = extra.get("logical.key.length")
    if isinstance(length, bool) or not isinstance(length, int) or not -_INT <= length < _INT:
        return logical.sized(Kind.VARCHAR, LENGTH_MAX)
    name = extra.get("logical.key.type")
    is_fixed = name is not None and a_string(name) == "CHAR"
    return logical.sized(Kind.CHAR if is_fixed else Kind.VARCHAR, length)


def connect_type(schema: Schema) -> str | None:
    said = schema.extra.get("connect.type")
    return None if said is None else a_string(said)
