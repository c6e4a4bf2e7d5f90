"""Objects: properties, which of them are required, what depends on them, and counts."""

from headwater.registry.formats.json_schema.comparing.content import (
    cover_of,
    is_anything,
    more_differences,
    unevaluated_differences,
)
from headwater.registry.formats.json_schema.comparing.difference import Difference
from headwater.registry.formats.json_schema.comparing.step import Pair, Path, Rule, at, below, limit
from headwater.registry.formats.json_schema.comparing.verdict import Verdict
from headwater.registry.formats.json_schema.hash_order import hash_order
from headwater.registry.formats.json_schema.model import Anything, Nothing, Object, Schema
from headwater.registry.formats.json_schema.patterns import search_for


def object_differences(original: Object, update: Object, verdict: Verdict) -> Rule:
    return [
        *_required(original, update),
        *(yield from _properties(original, update, verdict)),
        *(yield from _dependencies(original, update)),
        *(
            yield from more_differences(
                "ADDITIONAL_PROPERTIES",
                ("additionalProperties",),
                (original.permits_more_properties, update.permits_more_properties),
                Pair(original.more_properties, update.more_properties),
            )
        ),
        *(
            yield from unevaluated_differences(
                "UNEVALUATED_PROPERTIES",
                ("unevaluatedProperties",),
                Pair(original.unevaluated_properties, update.unevaluated_properties),
            )
        ),
        *limit("MAX_PROPERTIES", "maxProperties", original.count_max, update.count_max),
        *limit("MIN_PROPERTIES", "minProperties", original.count_min, update.count_min),
    ]


def _required(original: Object, update: Object) -> list[Difference]:
    """Of the properties that both name."""
    found = []
    before, after = frozenset(original.required), frozenset(update.required)
    for name in hash_order(original.properties):
        if name not in update.properties or (name in before) == (name in after):
            continue
        has_default = update.properties[name].has_default
        change = "REMOVED" if name in before else "WITH_DEFAULT_ADDED" if has_default else "ADDED"
        found.append(Difference(f"REQUIRED_ATTRIBUTE_{change}", ("required", name)))
    return found


def _properties(original: Object, update: Object, verdict: Verdict) -> Rule:
    found: list[Difference] = []
    for name in hash_order([*original.properties, *update.properties]):
        before, after = original.properties.get(name), update.properties.get(name)
        path = ("properties", name)
        if before is not None and after is None:
            found += yield from _removed(name, before, path, update, verdict)
        elif before is None and after is not None:
            found += yield from _added(name, after, path, original, update, verdict)
        else:
            found += yield from at(path, Pair(before, after))
    return found


def _removed(name: str, schema: Schema, path: Path, update: Object, verdict: Verdict) -> Rule:
    if _is_open(update):
        return [Difference("PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL", path)]
    cover = _cover(update, name)
    if cover is not None:
        inner = yield Pair(schema, cover)
        covered = "IS_COVERED" if verdict.is_compatible(inner) else "NOT_COVERED"
        return [*below(path, inner), Difference(f"PROPERTY_REMOVED_{covered}_BY_PARTIALLY_OPEN_CONTENT_MODEL", path)]
    kind = "PROPERTY_WITH_FALSE_REMOVED" if isinstance(schema, Nothing) else "PROPERTY_REMOVED"
    return [Difference(f"{kind}_FROM_CLOSED_CONTENT_MODEL", path)]


def _added(name: str, schema: Schema, path: Path, original: Object, update: Object, verdict: Verdict) -> Rule:
    if _is_open(original):
        if isinstance(schema, Anything):
            return [Difference("PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL", path)]
        return [Difference(f"{_manner(name, schema, update)}_ADDED_TO_OPEN_CONTENT_MODEL", path)]
    found: list[Difference] = []
    cover = _cover(original, name)
    if cover is not None:
        inner = yield Pair(cover, schema)
        covered = "IS_COVERED" if verdict.is_compatible(inner) else "NOT_COVERED"
        kind = f"PROPERTY_ADDED_{covered}_BY_PARTIALLY_OPEN_CONTENT_MODEL"
        found = [*below(path, inner), Difference(kind, path)]
    return [*found, Difference(f"{_manner(name, schema, update)}_ADDED_TO_UNOPEN_CONTENT_MODEL", path)]


def _manner(name: str, schema: Schema, update: Object) -> str:
    if name not in update.required:
        return "OPTIONAL_PROPERTY"
    return "REQUIRED_PROPERTY_WITH_DEFAULT" if schema.has_default else "REQUIRED_PROPERTY"


def _is_open(schema: Object) -> bool:
    permits_all = schema.permits_more_properties and schema.more_properties is None
    return permits_all and not schema.pattern_properties and is_anything(schema.unevaluated_properties)


def _cover(schema: Object, name: str) -> Schema | None:
    for pattern, each in schema.pattern_properties.items():
        if search_for(pattern)(name):
            return each
    return cover_of(schema.permits_more_properties, schema.more_properties, schema.unevaluated_properties)


def _dependencies(original: Object, update: Object) -> Rule:
    found: list[Difference] = []
    for name in hash_order([*original.required_by, *update.required_by]):
        change = _change(original.required_by.get(name), update.required_by.get(name))
        if change is not None:
            found.append(Difference(f"DEPENDENCY_ARRAY_{change}", ("dependencies", name)))
    for name in hash_order([*original.schemas_by, *update.schemas_by]):
        before, after = original.schemas_by.get(name), update.schemas_by.get(name)
        path = ("dependencies", name)
        if before is None or after is None:
            change = "REMOVED" if after is None else "ADDED"
            found.append(Difference(f"DEPENDENCY_SCHEMA_{change}", path))
        else:
            found += yield from at(path, Pair(before, after))
    return found


def _change(before: frozenset[str] | None, after: frozenset[str] | None) -> str | None:
    if after is None:
        return "REMOVED"
    if before is None:
        return "ADDED"
    if before == after:
        return None
    return "EXTENDED" if after > before else "NARROWED" if before > after else "CHANGED"
