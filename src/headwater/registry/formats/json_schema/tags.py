"""Tags of a JSON Schema's objects and properties: read from its model, and written into its text.

A schema has no names, so Confluent addresses its parts by the way to them: `object.lines.array.object.id` is the property `id` of the
items of `lines`. Branches are counted in an order that does not depend on how they are written (`ranking`).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Final, TypeAlias

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Entity, EntityType, Tags
from headwater.registry.formats.json_schema.drafts import Draft, draft_of
from headwater.registry.formats.json_schema.hash_order import hash_order
from headwater.registry.formats.json_schema.loading.newer import load_newer
from headwater.registry.formats.json_schema.loading.older import load_older
from headwater.registry.formats.json_schema.model import Anything, Array, Combined, Conditional, Not, Object, Schema
from headwater.registry.formats.json_schema.ranking import ranked
from headwater.registry.formats.json_text import Json
from headwater.registry.formats.tagging import changes, retag, tags_in

_DIGITS_MAX: Final = 9
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
    """Each is read for itself, as an older draft would."""
    definitions = extra.get("definitions")
    if not isinstance(definitions, dict):
        return {}
    return {name: _alone(each, Draft.DRAFT_7) for name, each in definitions.items() if isinstance(each, dict)}


def _alone(node: Json, draft: Draft) -> Schema:
    """What can't be understood has no tags."""
    without = _without_references(node)
    try:
        return load_newer(without, {}) if draft.is_newer else load_older(without, draft, {})
    except InvalidSchema:
        return Anything()


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
        way = _Way(kind=entity.type, path=deque(entity.path.split(".")), draft=draft_of(root))
        found = way.from_schema(copy)
        if not isinstance(found, dict):
            raise InvalidSchema(f"No matching path '{entity.path}' found in the schema")
        retag(found, add=added, remove=removed)
    return copy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """To an entity; what is left of it is in `path`. None is what it finds where there is nothing."""

    kind: EntityType
    path: deque[str]
    draft: Draft

    def from_schema(self, node: Json) -> Json:
        match self._next():
            case _ if not isinstance(node, dict):
                return None
            case "object":
                return self._from_object(node)
            case "array":
                return self.from_schema(node.get("items"))
            case "not":
                return self.from_schema(node.get("not"))
            case "oneof":
                return self._from_branch(node.get("oneOf"))
            case "anyof" if "anyOf" in node:
                return self._from_branch(node["anyOf"])
            case "allof" if "allOf" in node:
                return self._from_branch(node["allOf"])
            case "anyof" | "allof":
                return self._from_unwritten_branch(node)
            case _:
                return None

    def _next(self) -> str | None:
        return self.path.popleft() if self.path else None

    def _from_object(self, node: dict[str, Json]) -> Json:
        if not self.path:
            return node if self.kind is EntityType.RECORD else None
        keyword = self.path.popleft() if self.path[0] in ("definitions", "$defs") else "properties"
        found = self._named(node.get(keyword))
        return self.from_schema(found) if self.path else found

    def _named(self, nodes: Json) -> Json:
        """A name may have dots in it."""
        name = self._next()
        while isinstance(nodes, dict) and name not in nodes and self.path:
            name = f"{name}.{self.path.popleft()}"
        return nodes.get(name) if isinstance(nodes, dict) else None

    def _from_unwritten_branch(self, node: dict[str, Json]) -> Json:
        """A list of types, or several kinds of assertions, are branches that nobody has written."""
        self._next()
        if self.path and self.path[0] == "conditional":
            self.path.popleft()
            return self.from_schema(node.get(self._next() or ""))
        return self.from_schema(node)

    def _from_branch(self, branches: Json) -> Json:
        place = self._next() or ""
        if not isinstance(branches, list) or not place.isdecimal() or not int(place[:_DIGITS_MAX]) < len(branches):
            return None
        schemas = [_alone(each, self.draft) for each in branches]
        wanted = ranked(schemas)[int(place)]
        return self.from_schema(next(each for each, schema in zip(branches, schemas, strict=True) if schema is wanted))
