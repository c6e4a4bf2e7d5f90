"""What Confluent's options say of an element, `(confluent.field_meta)` and its kin: here, the tags that are written in the text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Entity, EntityType, Tags
from headwater.registry.formats.protobuf.elements import File, Kind, Message, OneOf, Option, Options, Primitive, Value
from headwater.registry.formats.protobuf.option_values import as_map, joined

MESSAGE_META: Final = "confluent.message_meta"
FIELD_META: Final = "confluent.field_meta"
TAGS: Final = "tags"


def tags_of(file: File) -> Tags:
    """Messages and fields by their names without the package, oneofs' fields before the others."""
    return {entity: tags for each in file.types if isinstance(each, Message) for entity, tags in _tags(each, "")}


def _tags(message: Message, around: str) -> Iterator[tuple[Entity, tuple[str, ...]]]:
    name = f"{around}{message.name}"
    if tags := _written(MESSAGE_META, message.options):
        yield Entity(path=name, type=EntityType.RECORD), tags
    in_oneofs = (field for oneof in message.oneofs if isinstance(oneof, OneOf) for field in oneof.fields)
    for field in (*in_oneofs, *message.fields):
        if tags := _written(FIELD_META, field.options):
            yield Entity(path=f"{name}.{field.name}", type=EntityType.FIELD), tags
    for each in message.types:
        if isinstance(each, Message):
            yield from _tags(each, f"{name}.")


def _written(name: str, options: Options) -> tuple[str, ...]:
    meta = merged(options).get(name)
    return () if meta is None else tags_in(meta)


def tags_in(meta: Option) -> tuple[str, ...]:
    """Each once. Raises InvalidSchema where it is no message at all."""
    if not isinstance(meta.value, Mapping):
        raise InvalidSchema(f"Unexpected custom option kind {meta.kind.upper()}")
    tags = meta.value.get(TAGS, [])
    return tuple(dict.fromkeys(_text(each) for each in (tags if isinstance(tags, list) else [tags])))


def merged(options: Sequence[Option]) -> dict[str, Option]:
    """One for each name: maps are joined, of what is no map the last counts."""
    found: dict[str, Option] = {}
    for each in options:
        option, name = as_map(each), each.name.removeprefix(".")
        before = found.get(name)
        if before and isinstance(before.value, Mapping) and isinstance(option.value, Mapping):
            value = _joined_maps(before.value, option.value)
            option = Option(name=option.name, kind=Kind.MAP, value=value, parenthesized=option.parenthesized)
        found[name] = option
    return found


def _joined_maps(before: Mapping[str, Value], after: Mapping[str, Value]) -> dict[str, Value]:
    both = dict(before)
    for key, value in after.items():
        both[key] = joined(both[key], value) if key in both else value
    return both


def _text(value: Value) -> str:
    return value.text if isinstance(value, Primitive) else str(value)
