"""The types of columns that Avro's primitives and fixed stand for, with what their properties say of them."""

from collections.abc import Mapping
from typing import Final

from headwater.registry.formats.avro.model import Fixed, Primitive, Props
from headwater.registry.formats.json_text import Json
from headwater.registry.formats.logical import types as logical
from headwater.registry.formats.logical.errors import NotLogical
from headwater.registry.formats.logical.java import a_string, an_integer, is_number, whole
from headwater.registry.formats.logical.types import LENGTH_MAX, Kind, Type

_PLAIN: Final = {"boolean": Kind.BOOLEAN, "double": Kind.DOUBLE, "float": Kind.FLOAT}
_TIMESTAMPS: Final = {
    "timestamp-millis": (Kind.TIMESTAMP_LTZ, 3),
    "timestamp-micros": (Kind.TIMESTAMP_LTZ, 6),
    "timestamp-nanos": (Kind.TIMESTAMP_LTZ, 9),
    "local-timestamp-millis": (Kind.TIMESTAMP, 3),
    "local-timestamp-micros": (Kind.TIMESTAMP, 6),
    "local-timestamp-nanos": (Kind.TIMESTAMP, 9),
    "time-micros": (Kind.TIME, 6),
}
_WIDEST: Final = ("timestamp-nanos", "local-timestamp-nanos", "time-micros")
"""What says that it is more precise than these are, is believed: there is nothing wider to say it with."""


def primitive(schema: Primitive, *, nullable: bool) -> Type:
    props = schema.props
    match schema.type:
        case "int":
            return _int(props, nullable=nullable)
        case "long":
            return _long(props, nullable=nullable)
        case "string":
            return _string(props, nullable=nullable)
        case "bytes" if _named(props) == "decimal":
            return _decimal(props, nullable=nullable)
        case "bytes":
            return logical.sized(Kind.VARBINARY, _length_max(props), nullable=nullable)
        case "null":
            raise NotLogical("Standalone NULL type is not supported")
        case plain:
            return Type(kind=_PLAIN[plain], nullable=nullable)


def fixed(schema: Fixed, *, nullable: bool) -> Type:
    if _named(schema.props) == "decimal":
        return _decimal(schema.props, nullable=nullable)
    return logical.sized(Kind.BINARY, schema.size, nullable=nullable)


def _int(props: Props, *, nullable: bool) -> Type:
    match _named(props), text_of(props, "connect.type").lower():
        case "date", _:
            return Type(kind=Kind.DATE, nullable=nullable)
        case "time-millis" as name, _:
            return logical.timed(Kind.TIME, _precision(props, name, 3), nullable=nullable)
        case "", "int8":
            return Type(kind=Kind.TINYINT, nullable=nullable)
        case "", "int16":
            return Type(kind=Kind.SMALLINT, nullable=nullable)
        case "", _ if isinstance(props.get("connect.type"), str) and not isinstance(props.get("logicalType"), str):
            raise NotLogical("Connect type annotation for Avro int field is null")
        case _:
            return Type(kind=Kind.INT, nullable=nullable)


def _long(props: Props, *, nullable: bool) -> Type:
    name = _named(props)
    if name not in _TIMESTAMPS:
        return Type(kind=Kind.BIGINT, nullable=nullable)
    kind, precision = _TIMESTAMPS[name]
    return logical.timed(kind, _precision(props, name, precision), nullable=nullable)


def _precision(props: Props, name: str, most: int) -> int:
    """It may be less than what it is written with can hold."""
    said = props.get("flink.precision")
    if not is_number(said):
        return most
    precision = whole(said)
    if precision > most and name not in _WIDEST:
        told = text_of(props, "logicalType") if name in _TIMESTAMPS else name
        raise NotLogical(
            f"flink.precision {precision} exceeds the precision carried by Avro logical type '{told}' ({most})"
        )
    return precision


def _string(props: Props, *, nullable: bool) -> Type:
    most = _length_max(props)
    if "flink.minLength" in props and an_integer(props["flink.minLength"]) == most:
        return logical.sized(Kind.CHAR, most, nullable=nullable)
    return logical.sized(Kind.VARCHAR, most, nullable=nullable)


def _length_max(props: Props) -> int:
    return an_integer(props["flink.maxLength"]) if "flink.maxLength" in props else LENGTH_MAX


def _decimal(props: Props, *, nullable: bool) -> Type:
    precision, scale = props.get("precision", 10), props.get("scale")
    if not is_number(precision):
        raise NotLogical("precision property must be a JSON Integer.")
    return logical.decimal(whole(precision), whole(scale) if is_number(scale) else 0, nullable=nullable)


def map_key(props: Mapping[str, Json]) -> Type:
    """Of a map whose keys are texts."""
    length = props.get("logical.key.length")
    if isinstance(length, bool) or not isinstance(length, int) or whole(length) != length:
        return logical.sized(Kind.VARCHAR, LENGTH_MAX)
    name = props.get("logical.key.type")
    is_fixed = name is not None and a_string(name) == "CHAR"
    return logical.sized(Kind.CHAR if is_fixed else Kind.VARCHAR, length)


def _named(props: Props) -> str:
    return text_of(props, "logicalType").lower()


def text_of(props: Props, key: str) -> str:
    """What is no text counts as nothing."""
    value = props.get(key)
    return value if isinstance(value, str) else ""
