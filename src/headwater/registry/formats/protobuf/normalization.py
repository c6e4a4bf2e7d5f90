"""One text for all files that differ only in what has no meaning, as Confluent's `normalize` makes it.

Types and extensions are called by their full names; imports, options, fields, constants and reserved values are sorted; entries of
maps that were written out as messages are maps again. The order of messages stays, for clients count them.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.protobuf.elements import (
    Constant,
    Enum,
    Extend,
    Extensions,
    Field,
    File,
    Gap,
    Group,
    Message,
    OneOf,
    Range,
    Reserved,
    Rpc,
    Service,
    Type,
    Word,
)
from headwater.registry.formats.protobuf.field_types import is_scalar, map_parts
from headwater.registry.formats.protobuf.option_values import OptionNormalizer
from headwater.registry.formats.protobuf.printing import special_options
from headwater.registry.formats.protobuf.type_table import Scope, Types

T = TypeVar("T")
_LAST: Final = 2**31 - 1
"""Reserved names come after all numbers."""


def normalized_file(file: File, types: Types) -> File:
    """Raises InvalidSchema where a type is not known."""
    return _Normalizer(types).file(file)


class _Normalizer:
    def __init__(self, types: Types) -> None:
        self._types: Final = types
        self._options: Final = OptionNormalizer(types)

    def file(self, file: File) -> File:
        return File(
            syntax=None if file.syntax == "proto2" else file.syntax,
            edition=file.edition,
            package=file.package,
            imports=sorted(dict.fromkeys(file.imports)),
            public_imports=sorted(dict.fromkeys(file.public_imports)),
            options=self._options.normalized(file.options, ()),
            types=self._all_types(file.types, ()),
            extends=self._extends(file.extends, ()),
            services=[self._service(each) for each in file.services],
        )

    def _all_types(self, types: Sequence[Type], scope: Scope) -> list[Type]:
        """Without the entries of maps."""
        kept = [each for each in types if not (isinstance(each, Message) and self._is_map_entry(each.name, scope))]
        return [
            self._message(each, (*scope, each.name))
            if isinstance(each, Message)
            else self._enum(each, (*scope, each.name))
            for each in kept
        ]

    def _is_map_entry(self, name: str, scope: Scope) -> bool:
        known = self._types.type(name, scope)
        return known is not None and known.map_type is not None

    def _message(self, message: Message, scope: Scope) -> Message:
        return Message(
            name=message.name,
            reserved=_reserved(message.reserved),
            options=self._options.normalized(message.options, scope),
            fields=self._fields(message.fields, scope),
            oneofs=self._oneofs(message.oneofs, scope),
            groups=self._groups(message.groups, scope),
            extensions=self._extensions(message.extensions, scope),
            extends=self._extends(message.extends, scope),
            types=self._all_types(message.types, scope),
        )

    def _enum(self, enum: Enum, scope: Scope) -> Enum:
        return Enum(
            name=enum.name,
            reserved=_reserved(enum.reserved),
            options=self._options.normalized([each for each in enum.options if not isinstance(each, Gap)], scope),
            constants=[
                Constant(name=each.name, tag=each.tag, options=self._options.normalized(each.options, scope))
                for each in sorted(enum.constants, key=lambda each: (each.tag, each.name))
            ],
        )

    def _fields(self, fields: Iterable[Field], scope: Scope) -> list[Field]:
        return [self._field(each, scope) for each in sorted(fields, key=lambda each: each.tag)]

    def _field(self, field: Field, scope: Scope) -> Field:
        name, is_map = self._type_name(field.type, scope)
        plain = Field(
            name=field.name,
            type=name,
            tag=field.tag,
            label=None if is_map else field.label,
            default=field.default,
            json_name=field.json_name,
        )
        options = self._options.normalized([*field.options, *special_options(plain)], scope)
        return Field(name=field.name, type=name, tag=field.tag, label=plain.label, options=options)

    def _type_name(self, name: str, scope: Scope) -> tuple[str, bool]:
        """In full, and whether it is a map."""
        parts = map_parts(name)
        if parts is None:
            if is_scalar(name):
                return name, False
            full_name = self._full_name(name, scope)
            known = self._types.type(full_name)
            map_type = known.map_type if known else None
            if map_type is None:
                return full_name, False
            parts = map_parts(map_type)
        key, value = parts or ("", "")
        full_value = self._types.full_name(value, scope)
        return f"map<{key}, {value if full_value is None else f'.{full_value}'}>", True

    def _full_name(self, name: str, scope: Scope) -> str:
        full_name = self._types.full_name(name, scope)
        if full_name is None:
            raise InvalidSchema(f"Could not resolve type: {name}")
        return f".{full_name}"

    def _oneofs(self, oneofs: Sequence[OneOf | Gap], scope: Scope) -> list[OneOf | Gap]:
        """Sorted by their first fields; those without any are gone."""
        kept = [self._oneof(each, scope) for each in oneofs if isinstance(each, OneOf) and each.fields]
        kept.sort(key=lambda each: each.fields[0].tag)
        return _or_gap(oneofs, kept)

    def _oneof(self, oneof: OneOf, scope: Scope) -> OneOf:
        return OneOf(
            name=oneof.name,
            options=self._options.normalized(oneof.options, scope),
            fields=self._fields(oneof.fields, scope),
            groups=self._groups(oneof.groups, scope),
        )

    def _groups(self, groups: Sequence[Group], scope: Scope) -> list[Group]:
        return [
            Group(name=each.name, tag=each.tag, label=each.label, fields=self._fields(each.fields, scope))
            for each in sorted(groups, key=lambda each: each.tag)
        ]

    def _extensions(self, extensions: Sequence[Extensions], scope: Scope) -> list[Extensions]:
        single = [
            Extensions(values=[_plain(value)], options=self._options.normalized(each.options, scope))
            for each in extensions
            for value in each.values
        ]
        return sorted(single, key=lambda each: _first(each.values[0]))

    def _extends(self, extends: Sequence[Extend | Gap], scope: Scope) -> list[Extend | Gap]:
        """All fields that extend one message stand together."""
        fields: dict[str, list[Field]] = {}
        for each in extends:
            if isinstance(each, Extend) and each.fields:
                fields.setdefault(self._full_name(each.name, scope), []).extend(each.fields)
        grouped = [Extend(name=name, fields=self._fields(each, scope)) for name, each in fields.items()]
        return _or_gap(extends, grouped)

    def _service(self, service: Service) -> Service:
        return Service(
            name=service.name,
            options=self._options.normalized(service.options, ()),
            rpcs=[self._rpc(each) for each in service.rpcs],
        )

    def _rpc(self, rpc: Rpc) -> Rpc:
        return Rpc(
            name=rpc.name,
            request=self._full_name(rpc.request, ()),
            response=self._full_name(rpc.response, ()),
            request_streams=rpc.request_streams,
            response_streams=rpc.response_streams,
            options=self._options.normalized(rpc.options, ()),
        )


def _or_gap(before: Sequence[object], after: Sequence[T]) -> list[T | Gap]:
    return [Gap()] if before and not after else [*after]


def _reserved(reserved: Sequence[Reserved]) -> list[Reserved]:
    """Each value for itself: numbers first, then names."""
    single = [Reserved(values=[_plain(value)]) for each in reserved for value in each.values]
    return sorted(single, key=lambda each: (_first(each.values[0]), _shown(each.values[0])))


def _plain(value: T | Range) -> T | Range | int:
    """A range of one number is that number."""
    return value.first if isinstance(value, Range) and value.first == value.last else value


def _first(value: str | Word | int | Range) -> int:
    match value:
        case int():
            return value
        case Range():
            return value.first
        case _:
            return _LAST


def _shown(value: str | Word | int | Range) -> str:
    match value:
        case Range():
            return f"{value.first}..{value.last}"
        case Word():
            return value.text
        case _:
            return str(value)
