"""A file without extensions: the ranges for them, what extends messages, and options of anybody's but protobuf's and Confluent's own.

It is Confluent's `format=ignore_extensions`.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec.structs import replace

from headwater.registry.formats.protobuf.elements import (
    Enum,
    Field,
    File,
    Gap,
    Message,
    OneOf,
    Option,
    Service,
    Type,
)

_KEPT: Final = "confluent."


def plain_file(file: File) -> File:
    return replace(
        file,
        options=_options(file.options),
        types=_types(file.types),
        extends=(),
        services=[_service(each) for each in file.services],
    )


def _options(options: Iterable[Option | Gap]) -> list[Option]:
    plain = (each for each in options if isinstance(each, Option))
    return [each for each in plain if not each.parenthesized or each.name.startswith(_KEPT)]


def _types(types: Sequence[Type]) -> list[Type]:
    return [_message(each) if isinstance(each, Message) else _enum(each) for each in types]


def _message(message: Message) -> Message:
    return replace(
        message,
        options=_options(message.options),
        fields=_fields(message.fields),
        oneofs=[_oneof(each) if isinstance(each, OneOf) else each for each in message.oneofs],
        groups=[replace(each, fields=_fields(each.fields)) for each in message.groups],
        extensions=(),
        extends=(),
        types=_types(message.types),
    )


def _fields(fields: Iterable[Field]) -> list[Field]:
    return [replace(each, options=_options(each.options)) for each in fields]


def _oneof(oneof: OneOf) -> OneOf:
    groups = [replace(each, fields=_fields(each.fields)) for each in oneof.groups]
    return replace(oneof, options=_options(oneof.options), fields=_fields(oneof.fields), groups=groups)


def _enum(enum: Enum) -> Enum:
    constants = [replace(each, options=_options(each.options)) for each in enum.constants]
    return replace(enum, options=_options(enum.options) or [Gap() for _ in enum.options[:1]], constants=constants)


def _service(service: Service) -> Service:
    rpcs = [replace(each, options=_options(each.options)) for each in service.rpcs]
    return replace(service, options=_options(service.options), rpcs=rpcs)
