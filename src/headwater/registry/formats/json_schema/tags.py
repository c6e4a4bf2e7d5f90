"""Tags of a JSON Schema's objects and properties: read from its model, and written into its text.

A schema has no names, so Confluent addresses its parts by the way to them: `object.lines.array.object.id` is the property `id` of the
items of `lines`. Branches are counted in an order that does not depend on how they are written (`ranking`).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import TypeAlias

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Entity, EntityType, Tags
from headwater.registry.formats.json_schema.drafts import Draft, draft_of
from headwater.registry.formats.json_schema.hash_order import hash_order
from headwater.registry.formats.json_schema.loading.older import load_older
from headwater.registry.formats.json_schema.model import Array, Combined, Conditional, Not, Object, Schema
from headwater.registry.formats.json_schema.ranking import ranked
from headwater.registry.formats.json_text import Json
from headwater.registry.formats.tagging import changes, retag, tags_in

_Tagged: TypeAlias = Iterator[tuple[Entity, tuple[str, ...]]]


def tags_of(schema: Schema) -> dict[Entity, tuple[str, ...]]:
    return {entity: tags for entity, tags in _tagged(schema, "", is_property=False) if tags}


def _tagged(schema: Schema | None, scope: str, *, is_property: bool) -> _Tagged:
    """What a reference leads to is tagged where it is defined."""
    match schema:
        case Combined():
            for place, each in enumerate(ranked(schema.schemas)):
                yield from _tagged(each, f"{scope}{schema.criterion.lower()}.{place}.", is_property=False)
        case Array():
            yield from _tagged(schema.items, f"{scope}array.", is_property=False)
        case Object():
            yield from _of_object(schema, f"{scope}object", is_property=is_property)
        case Conditional():
            branches = {"if": schema.condition, "then": schema.then, "else": schema.otherwise}
            for word, branch in branches.items():
                yield from _tagged(branch, f"{scope}conditional.{word}.", is_property=False)
        case Not():
            yield from _tagged(schema.schema, f"{scope}not.", is_property=False)
        case _:
            pass


def _of_object(schema: Object, path: str, *, is_property: bool) -> _Tagged:
    if not is_property:
        yield Entity(path=path, type=EntityType.RECORD), tags_in(schema.extra)
    for name in hash_order(schema.properties):
        each = schema.properties[name]
        yield Entity(path=f"{path}.{name}", type=EntityType.FIELD), tags_in(each.extra)
        yield from _tagged(each, f"{path}.{name}.", is_property=True)
    for name, each in _definitions(schema.extra).items():
        yield from _tagged(each, f"{path}.definitions.{name}.", is_property=False)
    for name, each in schema.definitions.items():
        yield from _tagged(each, f"{path}.$defs.{name}.", is_property=False)


def _definitions(extra: Mapping[str, Json]) -> dict[str, Schema]:
    definitions = extra.get("definitions")
    if not isinstance(definitions, dict):
        return {}
    raw = {name: _without_references(each) for name, each in definitions.items() if isinstance(each, dict)}
    return {name: load_older(each, _older(draft_of(each)), {}) for name, each in raw.items()}


def _older(draft: Draft) -> Draft:
    return Draft.DRAFT_7 if draft.is_newer else draft


def _without_references(node: Json) -> Json:
    """Those lead nowhere from here, and nobody follows them."""
    match node:
        case dict():
            return {key: "#" if key == "$ref" else _without_references(each) for key, each in node.items()}
        case list():
            return [_without_references(each) for each in node]
        case _:
            return node


def retagged(root: Json, *, add: Tags, remove: Tags) -> Json:
    """Another root. Raises InvalidSchema where it has no such entity."""
    copy = deepcopy(root)
    for entity, added, removed in changes(add, remove):
        found = _found(copy, entity.type, deque(entity.path.split(".")))
        if not isinstance(found, dict):
            raise InvalidSchema(f"No matching path '{entity.path}' found in the schema")
        retag(found, add=added, remove=removed)
    return copy


def _found(node: Json, kind: EntityType, path: deque[str]) -> Json:
    """None where there is nothing of this path."""
    if not path or not isinstance(node, dict):
        return None
    match path.popleft():
        case "object":
            return _in_object(node, kind, path)
        case "array":
            return _found(node.get("items"), kind, path)
        case "not":
            return _found(node.get("not"), kind, path)
        case "oneof":
            return _branch(node, "oneOf", kind, path)
        case "anyof" if "anyOf" in node:
            return _branch(node, "anyOf", kind, path)
        case "allof" if "allOf" in node:
            return _branch(node, "allOf", kind, path)
        case "anyof" | "allof":
            return _beside(node, kind, path)
        case _:
            return None


def _in_object(node: dict[str, Json], kind: EntityType, path: deque[str]) -> Json:
    if not path:
        return node if kind is EntityType.RECORD else None
    keyword = path.popleft() if path[0] in ("definitions", "$defs") else "properties"
    found = _named(node.get(keyword), path)
    return _found(found, kind, path) if path else found


def _named(nodes: Json, path: deque[str]) -> Json:
    """A name may have dots in it."""
    name = path.popleft() if path else None
    while isinstance(nodes, dict) and name is not None and name not in nodes and path:
        name = f"{name}.{path.popleft()}"
    return nodes.get(name) if isinstance(nodes, dict) else None


def _beside(node: dict[str, Json], kind: EntityType, path: deque[str]) -> Json:
    """A list of types, or several kinds of assertions, are branches that nobody has written."""
    if path:
        path.popleft()
    if path and path[0] == "conditional":
        path.popleft()
        return _found(node.get(path.popleft()) if path else None, kind, path)
    return _found(node, kind, path)


def _branch(node: dict[str, Json], keyword: str, kind: EntityType, path: deque[str]) -> Json:
    branches, place = node.get(keyword), path.popleft() if path else ""
    if not isinstance(branches, list) or not place.isdecimal() or not int(place[:9]) < len(branches):
        return None
    schemas = [load_older(_without_references(each), Draft.DRAFT_4, {}) for each in branches]
    wanted = ranked(schemas)[int(place)]
    return _found(branches[next(at for at, each in enumerate(schemas) if each is wanted)], kind, path)
