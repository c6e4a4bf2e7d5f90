"""Confluent's own options as bytes: `confluent.Meta`, which extends the options of descriptors under one number everywhere."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError, Message as Descriptor
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.unknown_fields import UnknownFieldSet

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.protobuf.descriptors import own
from headwater.registry.formats.protobuf.elements import Kind, Option, Value

META_NAMES: Final = {
    "FileOptions": "confluent.file_meta",
    "MessageOptions": "confluent.message_meta",
    "FieldOptions": "confluent.field_meta",
    "EnumOptions": "confluent.enum_meta",
    "EnumValueOptions": "confluent.enum_value_meta",
}
_NUMBER: Final = 1088
_VALUE_FIRST: Final = ("precision", "scale")
_RULE: Final = ("name", "doc", "expr", "sql")
_STRING: Final = FieldDescriptorProto.TYPE_STRING
_DELIMITED: Final = 2


@cache
def _meta_class() -> Any:
    """Parameters as plain messages, whose order is kept; a map's is not."""
    file = FileDescriptorProto(name="confluent/meta.proto", package="confluent", syntax="proto3")
    meta = file.message_type.add(name="Meta")
    for name, names in (("Param", ("key", "value")), ("Rule", _RULE)):
        _add_strings(file.message_type.add(name=name), names)
    meta.field.add(name="doc", number=1, type=_STRING)
    _add_repeated(meta, "params", 2, ".confluent.Param")
    meta.field.add(name="tags", number=3, type=_STRING, label=FieldDescriptorProto.LABEL_REPEATED)
    _add_repeated(meta, "rules", 4, ".confluent.Rule")
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("confluent.Meta"))


def _add_strings(message: DescriptorProto, names: Sequence[str]) -> None:
    for number, name in enumerate(names, start=1):
        message.field.add(name=name, number=number, type=_STRING)


def _add_repeated(message: DescriptorProto, name: str, number: int, type_name: str) -> None:
    message.field.add(
        name=name,
        number=number,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=type_name,
        label=FieldDescriptorProto.LABEL_REPEATED,
    )


def meta_option(name: str, options: Descriptor) -> Option | None:
    """None where there is none, or nothing in it. Raises InvalidSchema."""
    meta = _meta_class()()
    kind: Any = type(options)
    plain = own(kind).FromString(options.SerializeToString())
    found = [each.data for each in UnknownFieldSet(plain) if each.field_number == _NUMBER]
    try:
        for data in found:
            meta.MergeFromString(data)
    except (DecodeError, TypeError):
        raise InvalidSchema(f"{name} can't be read") from None
    value = _told(meta)
    return Option(name=name, kind=Kind.MAP, value=value, parenthesized=True) if value else None


def _told(meta: Any) -> dict[str, Value]:
    rules = [{name: getattr(rule, name) for name in _RULE if getattr(rule, name)} for rule in meta.rules]
    parameters = {each.key: each.value for each in meta.params}
    parts: dict[str, Value] = {
        "doc": meta.doc,
        "params": [_parameter(key, value) for key, value in parameters.items()],
        "tags": [*meta.tags],
        "rules": [rule for rule in rules if rule],
    }
    return {name: part for name, part in parts.items() if part}


def _parameter(key: str, value: str) -> dict[str, Value]:
    """Confluent writes some with the value in front, as it once did."""
    return {"value": value, "key": key} if key in _VALUE_FIRST else {"key": key, "value": value}


def set_meta(options: Descriptor, value: Value) -> None:
    """Into a descriptor's options, from how a text says it; nothing where nothing is said."""
    if not isinstance(value, Mapping):
        raise InvalidSchema("Unexpected custom option kind")
    meta = _meta_class()(doc=_text(value.get("doc")), tags=[_text(each) for each in _several(value.get("tags"))])
    parameters = {_text(each.get("key")): _text(each.get("value")) for each in _maps(value.get("params"))}
    for key, each in parameters.items():
        meta.params.add(key=key, value=each)
    for rule in _maps(value.get("rules")):
        texts = {name: _text(rule.get(name)) for name in _RULE}
        if any(texts.values()):
            meta.rules.add(**texts)
    data = meta.SerializeToString(deterministic=True)
    options.MergeFromString(_varint(_NUMBER << 3 | _DELIMITED) + _varint(len(data)) + data)


def _maps(value: Value | None) -> Iterable[Mapping[str, Value]]:
    return (each for each in _several(value) if isinstance(each, Mapping))


def _several(value: Value | None) -> Sequence[Value]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""


def _varint(value: int) -> bytes:
    head = bytearray()
    while value > 0x7F:
        head.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*head, value])
