"""Options in their normal form: names in full, those of one option together, sorted, and nested values likewise.

`(opt).a = 1, (opt).b = 2` says the same as `(opt) = {a: 1, b: 2}`. What may be there once only is merged into the latter; a field
of it that comes twice counts as last said, or is a list where the field is repeated.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

from headwater.registry.formats.protobuf.elements import (
    Field,
    Kind,
    Message,
    OneOf,
    Option,
    Options,
    Primitive,
    Value,
)
from headwater.registry.formats.protobuf.java_numbers import normalized_number
from headwater.registry.formats.protobuf.type_table import Scope, Types, is_repeated


class OptionNormalizer:
    def __init__(self, types: Types) -> None:
        self._types: Final = types

    def normalized(self, options: Options, scope: Scope) -> tuple[Option, ...]:
        named = sorted((self._named(each, scope) for each in options), key=lambda each: each.name)
        groups: dict[str, list[Option]] = {}
        for each in named:
            groups.setdefault(each.name, []).append(each)
        merged = (each for name, group in groups.items() for each in self._merged(name, group, scope))
        return tuple(self._valued(each, scope) for each in merged)

    def _named(self, option: Option, scope: Scope) -> Option:
        full_name = self._types.extension_name(option.name, scope) if option.parenthesized else None
        return option if full_name is None else as_map(_renamed(option, full_name))

    def _merged(self, name: str, group: list[Option], scope: Scope) -> list[Option]:
        field = self._types.extension(name)
        if field is None or is_repeated(field):
            return group
        merged = group[0]
        for each in group[1:]:
            merged = self._merge(field, merged, as_map(each), scope)
        return [merged]

    def _merge(self, field: Field, before: Option, after: Option, scope: Scope) -> Option:
        """What is no message is as it was said last."""
        if isinstance(before.value, Mapping) and isinstance(after.value, Mapping):
            value = self._merge_maps(field, before.value, after.value, scope)
            return Option(name=after.name, kind=Kind.MAP, value=value, parenthesized=after.parenthesized)
        return after

    def _merge_maps(
        self, field: Field, before: Mapping[str, Value], after: Mapping[str, Value], scope: Scope
    ) -> dict[str, Value]:
        message = self._message_of(field, scope)
        merged = dict(before)
        for key, value in after.items():
            inner = _field_of(message, key) if message else None
            merged[key] = self._merge_values(inner, merged[key], value, scope) if key in merged else value
        return merged

    def _merge_values(self, field: Field | None, before: Value, after: Value, scope: Scope) -> Value:
        if field is None or is_repeated(field):
            return joined(before, after)
        if isinstance(before, Mapping) and isinstance(after, Mapping) and self._message_of(field, scope):
            return self._merge_maps(field, before, after, scope)
        return after

    def _message_of(self, field: Field, scope: Scope) -> Message | None:
        known = self._types.type(field.type, scope)
        return known.element if known is not None and isinstance(known.element, Message) else None

    def _valued(self, option: Option, scope: Scope) -> Option:
        value: Value
        match option.kind, option.value:
            case Kind.NUMBER, str(text):
                value = normalized_number(text)
            case Kind.OPTION, Option() as below:
                value = self._valued(below, scope)
            case Kind.MAP, Mapping() as values:
                value = self._map(values, scope)
            case Kind.LIST, list(values):
                value = [self._value(each, scope) for each in values]
            case _:
                return option
        return Option(name=option.name, kind=option.kind, value=value, parenthesized=option.parenthesized)

    def _map(self, values: Mapping[str, Value], scope: Scope) -> dict[str, Value]:
        """Sorted by its keys, without empty lists; those of extensions in full."""
        filled = ((key, value) for key, value in values.items() if not (isinstance(value, list) and not value))
        named: dict[str, Value] = {}
        for key, value in filled:
            named.setdefault(self._key(key, scope), value)
        return {key: self._value(named[key], scope) for key in sorted(named)}

    def _key(self, key: str, scope: Scope) -> str:
        if not (key.startswith("[") and key.endswith("]")):
            return key
        full_name = self._types.extension_name(key[1:-1], scope)
        return key if full_name is None else f"[{full_name}]"

    def _value(self, value: Value, scope: Scope) -> Value:
        match value:
            case Primitive():
                return Primitive(value.kind, normalized_number(value.text)) if value.kind is Kind.NUMBER else value
            case Mapping():
                return self._map(value, scope)
            case Option():
                return self._valued(value, scope)
            case list():
                return self._value(value[0], scope) if len(value) == 1 else [self._value(each, scope) for each in value]
            case _:
                return value


def as_map(option: Option) -> Option:
    """`(a).b.c = 1` as `(a) = {b: {c: 1}}`."""
    if not isinstance(option.value, Option):
        return option
    return Option(name=option.name, kind=Kind.MAP, value=_below(option.value), parenthesized=option.parenthesized)


def _below(option: Option) -> dict[str, Value]:
    match option.kind, option.value:
        case (Kind.BOOLEAN | Kind.ENUM | Kind.NUMBER) as kind, str(text):
            return {option.name: Primitive(kind, text)}
        case _, Option() as below:
            return {option.name: _below(below)}
        case _, value:
            return {option.name: value}


def _renamed(option: Option, name: str) -> Option:
    return Option(name=name, kind=option.kind, value=option.value, parenthesized=option.parenthesized)


def joined(before: Value, after: Value) -> list[Value]:
    """A list of both, each value once."""
    values: dict[Hashable, Value] = {}
    for each in (*_several(before), *_several(after)):
        values.setdefault(_identity(each), each)
    return [*values.values()]


def _identity(value: Value) -> Hashable:
    """Equal for equal values; the order of a map says nothing."""
    match value:
        case Mapping():
            return frozenset((key, _identity(each)) for key, each in value.items())
        case list():
            return tuple(_identity(each) for each in value)
        case _:
            return value


def _several(value: Value) -> Sequence[Value]:
    return value if isinstance(value, list) else [value]


def _field_of(message: Message, name: str) -> Field | None:
    return next((field for field in fields_of(message) if field.name == name), None)


def fields_of(message: Message) -> Iterable[Field]:
    """Its own, then those of its oneofs."""
    yield from message.fields
    for oneof in message.oneofs:
        if isinstance(oneof, OneOf):
            yield from oneof.fields
