"""The types of columns that protobuf's fields stand for by themselves, with what Confluent's options say of them."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from google.protobuf.descriptor import FieldDescriptor

from headwater.registry.formats.logical import types as logical
from headwater.registry.formats.logical.errors import NotLogical
from headwater.registry.formats.logical.java import parsed_integer
from headwater.registry.formats.logical.types import LENGTH_MAX, Kind, Type
from headwater.registry.formats.protobuf.meta_message import meta_option

Params: TypeAlias = Mapping[str, str]

_WRAPPED: Final = {
    "google.protobuf.DoubleValue": Kind.DOUBLE,
    "google.protobuf.FloatValue": Kind.FLOAT,
    "google.protobuf.Int64Value": Kind.BIGINT,
    "google.protobuf.UInt64Value": Kind.BIGINT,
    "google.protobuf.UInt32Value": Kind.BIGINT,
    "google.protobuf.Int32Value": Kind.INT,
    "google.protobuf.BoolValue": Kind.BOOLEAN,
    "google.protobuf.StringValue": Kind.VARCHAR,
    "google.protobuf.BytesValue": Kind.VARBINARY,
    "confluent.type.Variant": Kind.VARIANT,
}
_PLAIN: Final = {
    FieldDescriptor.TYPE_UINT32: Kind.BIGINT,
    FieldDescriptor.TYPE_FIXED32: Kind.BIGINT,
    FieldDescriptor.TYPE_INT64: Kind.BIGINT,
    FieldDescriptor.TYPE_UINT64: Kind.BIGINT,
    FieldDescriptor.TYPE_SINT64: Kind.BIGINT,
    FieldDescriptor.TYPE_FIXED64: Kind.BIGINT,
    FieldDescriptor.TYPE_SFIXED64: Kind.BIGINT,
    FieldDescriptor.TYPE_FLOAT: Kind.FLOAT,
    FieldDescriptor.TYPE_DOUBLE: Kind.DOUBLE,
    FieldDescriptor.TYPE_BOOL: Kind.BOOLEAN,
}
_INTS: Final = (FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_SINT32, FieldDescriptor.TYPE_SFIXED32)
_SMALL: Final = {"int8": Kind.TINYINT, "int16": Kind.SMALLINT}
_NANOS: Final = 9


def params_of(name: str, descriptor: Any) -> Params:
    """Of a descriptor's Confluent option of this name."""
    option = meta_option(name, descriptor.GetOptions())
    value = option.value if option is not None else {}
    params = value.get("params", []) if isinstance(value, Mapping) else []
    assert isinstance(params, list)
    return {each["key"]: each["value"] for each in params}


def is_true(text: str) -> bool:
    return text.lower() == "true"


def wrapped(full_name: str) -> Type | None:
    """What a message is that only holds a value which may be missing."""
    kind = _WRAPPED.get(full_name)
    return None if kind is None else Type(kind=kind, length=LENGTH_MAX, nullable=True)


def scalar(field: FieldDescriptor, params: Params, *, nullable: bool) -> Type:
    if field.type in _INTS:
        return Type(kind=_SMALL.get(params.get("connect.type", ""), Kind.INT), nullable=nullable)
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return _bounded(Kind.CHAR, Kind.VARCHAR, params, nullable=nullable)
        case FieldDescriptor.TYPE_BYTES:
            return _bounded(Kind.BINARY, Kind.VARBINARY, params, nullable=nullable)
        case plain if plain in _PLAIN:
            return Type(kind=_PLAIN[plain], nullable=nullable)
        case _:
            raise NotLogical("Unknown Protobuf schema type GROUP")


def _bounded(fixed: Kind, variable: Kind, params: Params, *, nullable: bool) -> Type:
    least = parsed_integer(params.get("flink.minLength", "-1"))
    most = parsed_integer(params.get("flink.maxLength", str(LENGTH_MAX)))
    return logical.sized(fixed if 0 < least == most else variable, most, nullable=nullable)


def known_message(full_name: str, params: Params, *, nullable: bool) -> Type | None:
    """What a message is that has a column type of its own; None for all others."""
    match full_name:
        case "confluent.type.Decimal":
            precision, scale = _parameter(params, "precision", 10), _parameter(params, "scale", 0)
            return logical.decimal(precision, scale, nullable=nullable)
        case "google.type.Date":
            return Type(kind=Kind.DATE, nullable=nullable)
        case "google.type.TimeOfDay":
            return logical.timed(Kind.TIME, _precision(params), nullable=nullable)
        case "google.protobuf.Timestamp":
            kind = Kind.TIMESTAMP if params.get("flink.type") == "timestamp" else Kind.TIMESTAMP_LTZ
            return logical.timed(kind, _precision(params), nullable=nullable)
        case "confluent.type.Variant":
            return Type(kind=Kind.VARIANT, nullable=nullable)
        case _:
            return wrapped(full_name)


def _precision(params: Params) -> int:
    return parsed_integer(params.get("flink.precision", str(_NANOS)))


def _parameter(params: Params, name: str, default: int) -> int:
    """One that is no number is not there."""
    try:
        return parsed_integer(params.get(name, str(default)))
    except NotLogical:
        return default
