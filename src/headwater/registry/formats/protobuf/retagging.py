"""Tags written into a file's text, where Confluent writes them: into the options of a message or a field.

The options of what is tagged come out merged, and in the order of a Java map, as Confluent leaves them.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Entity, EntityType, Tags
from headwater.registry.formats.protobuf import java_order
from headwater.registry.formats.protobuf.elements import (
    Field,
    File,
    Gap,
    Kind,
    Message,
    OneOf,
    Option,
    Options,
    Type,
    Value,
)
from headwater.registry.formats.protobuf.metadata import FIELD_META, MESSAGE_META, TAGS, merged, tags_in
from headwater.registry.formats.tagging import changes

Retag: TypeAlias = Callable[[Options], Options]


def retagged(file: File, *, add: Tags, remove: Tags) -> File:
    """Raises InvalidSchema where it has no such message or field."""
    for entity, added, removed in changes(add, remove):
        file = replace(file, types=_in_types(file.types, entity, entity.path.split("."), added, removed))
    return file


def _in_types(
    types: Sequence[Type], entity: Entity, names: Sequence[str], added: Sequence[str], removed: Sequence[str]
) -> list[Type]:
    name, *below = names
    if entity.type is EntityType.FIELD and not below:
        raise _missing("Field", name)
    place = _place(types, name)
    message = types[place] if place is not None else None
    if place is None or not isinstance(message, Message):
        raise _missing("Message", name)
    return [*types[:place], _in_message(message, entity, below, added, removed), *types[place + 1 :]]


def _in_message(
    message: Message, entity: Entity, below: Sequence[str], added: Sequence[str], removed: Sequence[str]
) -> Message:
    if not below:
        return replace(message, options=_retagged(message.options, MESSAGE_META, added, removed))
    is_last = entity.type is EntityType.FIELD and (
        len(below) == 1 or (len(below) == 2 and _place(message.types, below[0]) is None)
    )
    if not is_last:
        return replace(message, types=_in_types(message.types, entity, below, added, removed))

    def retag(options: Options) -> Options:
        return _retagged(options, FIELD_META, added, removed)

    return _with_field(message, below, retag)


def _with_field(message: Message, path: Sequence[str], retag: Retag) -> Message:
    """By its name, or by its oneof's and its own."""
    *oneof, name = path
    if not oneof and any(field.name == name for field in message.fields):
        return replace(message, fields=_in_fields(message.fields, name, retag))
    for place, each in enumerate(message.oneofs):
        if isinstance(each, OneOf) and oneof in ([], [each.name]) and any(field.name == name for field in each.fields):
            changed = replace(each, fields=_in_fields(each.fields, name, retag))
            oneofs: list[OneOf | Gap] = [*message.oneofs[:place], changed, *message.oneofs[place + 1 :]]
            return replace(message, oneofs=oneofs)
    raise _missing("Field", name)


def _in_fields(fields: Sequence[Field], name: str, retag: Retag) -> list[Field]:
    place = next(place for place, field in enumerate(fields) if field.name == name)
    changed = replace(fields[place], options=retag(fields[place].options))
    return [*fields[:place], changed, *fields[place + 1 :]]


def _place(types: Sequence[Type], name: str) -> int | None:
    return next((at for at, each in enumerate(types) if isinstance(each, Message) and each.name == name), None)


def _retagged(options: Options, name: str, added: Sequence[str], removed: Sequence[str]) -> Options:
    new = [Option(name=name, kind=Kind.MAP, value={TAGS: list(added)}, parenthesized=True)] if added else []
    found = merged([*options, *new])
    meta = found.get(name)
    if removed and meta is not None:
        kept = _without_tags(meta, removed)
        others = {key: option for key, option in found.items() if key != name}
        found = {**others, name: kept} if kept else others
    return [found[each] for each in java_order.of(found)]


def _without_tags(meta: Option, removed: Sequence[str]) -> Option | None:
    """None where nothing is left of it."""
    values: dict[str, Value] = dict(meta.value) if isinstance(meta.value, dict) else {}
    tags: list[Value] = [each for each in tags_in(meta) if each not in removed]
    if TAGS in values and tags:
        values[TAGS] = tags
    else:
        values.pop(TAGS, None)
    return Option(name=meta.name, kind=Kind.MAP, value=values, parenthesized=True) if values else None


def _missing(what: str, name: str) -> InvalidSchema:
    return InvalidSchema(f"No matching {what} with name '{name}' found in the schema")
