"""Tags of an Avro schema's records and fields: read from its model, and written into its text.

The text is searched as Confluent searches it: breadth first, and not inside a record whose name fits but which lacks the field.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats import json_text
from headwater.registry.formats.avro.model import Array, Map, Record, Schema, Union
from headwater.registry.formats.format import Entity, EntityType, Tags
from headwater.registry.formats.json_text import Json
from headwater.registry.formats.tagging import changes, retag, tags_in


def tags_of(schema: Schema) -> dict[Entity, tuple[str, ...]]:
    return {entity: tags for entity, tags in _tagged(schema, {}) if tags}


def _tagged(schema: Schema, seen: dict[str, None]) -> Iterator[tuple[Entity, tuple[str, ...]]]:
    match schema:
        case Union():
            for each in schema.branches:
                yield from _tagged(each, seen)
        case Array():
            yield from _tagged(schema.items, seen)
        case Map():
            yield from _tagged(schema.values, seen)
        case Record() if schema.name.full not in seen:
            seen[schema.name.full] = None
            yield Entity(path=schema.name.full, type=EntityType.RECORD), tags_in(schema.props)
            for field in schema.fields:
                yield Entity(path=f"{schema.name.full}.{field.name}", type=EntityType.FIELD), tags_in(field.props)
                yield from _tagged(field.schema, seen)


def retagged(text: str, *, add: Tags, remove: Tags) -> str:
    """Raises InvalidSchema where it has no such entity."""
    root = json_text.read(text)
    for entity, added, removed in changes(add, remove):
        retag(_found(root, entity), add=added, remove=removed)
    return json_text.write(root)


class _Wanted(NamedTuple):
    space: str
    record: str
    field: str | None


def _wanted(entity: Entity) -> _Wanted | None:
    """None where it is too short to be any's."""
    *space, record = entity.path.split(".")
    if entity.type is EntityType.RECORD:
        return _Wanted(".".join(space), record, None)
    return _Wanted(".".join(space[:-1]), space[-1], record) if space else None


def _found(root: Json, entity: Entity) -> dict[str, Json]:
    wanted = _wanted(entity)
    waiting: deque[tuple[Json, str | None]] = deque([(root, None)])
    while wanted is not None and waiting:
        node, space = waiting.popleft()
        match node:
            case list():
                waiting.extend((each, space) for each in node)
            case dict():
                space = node.get("namespace", space)
                if node.get("type") == "record" and node["name"] == wanted.record and wanted.space in ("", space):
                    if (found := _within(node, wanted)) is not None:
                        return found
                else:
                    waiting.extend((each, space) for each in _parts(node))
    raise InvalidSchema(f"No matching path '{entity.path}' found in the schema")


def _within(record: dict[str, Json], wanted: _Wanted) -> dict[str, Json] | None:
    if wanted.field is None:
        return record
    return next((each for each in record["fields"] if each["name"] == wanted.field), None)


def _parts(node: dict[str, Json]) -> list[Json]:
    match node.get("type"):
        case "record":
            return list(node["fields"])
        case "array":
            return [node["items"]]
        case "map":
            return [node["values"]]
        case inner:
            return [inner]
