"""A text's options put into a descriptor: those that protobuf knows by itself, and Confluent's own."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message as Descriptor

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.protobuf.descriptor_options import KNOWN
from headwater.registry.formats.protobuf.elements import Option, Options, Primitive, Value
from headwater.registry.formats.protobuf.meta_message import META_NAMES, set_meta
from headwater.registry.formats.protobuf.metadata import merged


def fill(made: Any, options: Options, *, always: bool = False) -> None:
    """Sets `made.options` where there are any that are known, or `always`. Raises InvalidSchema for a value that can't be."""
    if always:
        made.options.SetInParent()
    if not options:
        return
    filled = type(made.options)()
    found = merged(options)
    for name in KNOWN[filled.DESCRIPTOR.name]:
        field = filled.DESCRIPTOR.fields_by_name[name]
        if field.is_repeated:
            for each in options:
                if each.name == name:
                    _add(filled, field, each.value)
        elif name in found:
            _set(filled, field, found[name].value)
    meta = META_NAMES.get(filled.DESCRIPTOR.name)
    if meta in found:
        set_meta(filled, found[meta].value)
    if filled.ByteSize():
        made.options.MergeFrom(filled)


def _set(made: Descriptor, field: FieldDescriptor, value: Value) -> None:
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        _fill_message(getattr(made, field.name), value)
        getattr(made, field.name).SetInParent()
    else:
        setattr(made, field.name, _scalar(field, value))


def _add(made: Descriptor, field: FieldDescriptor, value: Value) -> None:
    values = getattr(made, field.name)
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        _fill_message(values.add(), value)
    else:
        values.append(_scalar(field, value))


def _fill_message(made: Descriptor, value: Value) -> None:
    if not isinstance(value, Mapping):
        raise InvalidSchema("Expected option of kind MAP")
    for name in KNOWN[made.DESCRIPTOR.name]:
        if name in value:
            field = made.DESCRIPTOR.fields_by_name[name]
            _set(made, field, value[name])


def _scalar(field: FieldDescriptor, value: Value) -> Any:
    text = value.text if isinstance(value, Primitive) else value
    if not isinstance(text, str) or isinstance(value, Option):
        raise InvalidSchema(f"'{field.name}' must be a single value")
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_BOOL:
            return text.lower() == "true"
        case FieldDescriptor.CPPTYPE_ENUM:
            return _constant(field, text)
        case FieldDescriptor.CPPTYPE_INT32:
            return _integer(field, text)
        case _:
            return text


def _constant(field: FieldDescriptor, text: str) -> int:
    """What the options of editions do not know is said to be unknown; elsewhere it is wrong."""
    known = field.enum_type.values_by_name.get(text)
    if known is not None:
        return int(known.number)
    if field.containing_type.name in KNOWN and field.name not in (
        "ctype",
        "jstype",
        "optimize_for",
        "idempotency_level",
    ):
        return 0
    raise InvalidSchema(f"No enum constant {field.enum_type.full_name}.{text}")


def _integer(field: FieldDescriptor, text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise InvalidSchema(f"'{field.name}' must be a number") from None
