"""Arrays: items, what follows the first ones, and counts."""

from headwater.registry.formats.json_schema.comparing.content import (
    cover_of,
    is_anything,
    more_differences,
    unevaluated_differences,
)
from headwater.registry.formats.json_schema.comparing.difference import Difference
from headwater.registry.formats.json_schema.comparing.numbers import as_double
from headwater.registry.formats.json_schema.comparing.step import Pair, Path, Rule, at, below, limit
from headwater.registry.formats.json_schema.comparing.verdict import Verdict
from headwater.registry.formats.json_schema.model import Anything, Array, Nothing, Schema


def array_differences(original: Array, update: Array, verdict: Verdict) -> Rule:
    return [
        *(yield from at(("items",), Pair(original.items, update.items))),
        *(yield from _first_items(original, update, verdict)),
        *(
            yield from more_differences(
                "ADDITIONAL_ITEMS",
                ("additionalItems",),
                (original.permits_more_items, update.permits_more_items),
                Pair(original.more_items, update.more_items),
            )
        ),
        *(
            yield from unevaluated_differences(
                "UNEVALUATED_ITEMS", ("unevaluatedItems",), Pair(original.unevaluated_items, update.unevaluated_items)
            )
        ),
        *_counts(original, update),
    ]


def _first_items(original: Array, update: Array, verdict: Verdict) -> Rule:
    found: list[Difference] = []
    before, after = original.tuple_items, update.tuple_items
    for place in range(max(len(before), len(after))):
        path = (f"items/{place}",)
        if place >= len(after):
            found += yield from _removed(before[place], path, update, verdict)
        elif place >= len(before):
            found += yield from _added(after[place], path, original, verdict)
        else:
            found += yield from at(path, Pair(before[place], after[place]))
    return found


def _removed(item: Schema, path: Path, update: Array, verdict: Verdict) -> Rule:
    if _is_open(update):
        return [Difference("ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL", path)]
    cover = cover_of(update.permits_more_items, update.more_items, update.unevaluated_items)
    if cover is not None:
        inner = yield Pair(item, cover)
        covered = "IS_COVERED" if verdict.is_compatible(inner) else "NOT_COVERED"
        return [*below(path, inner), Difference(f"ITEM_REMOVED_{covered}_BY_PARTIALLY_OPEN_CONTENT_MODEL", path)]
    kind = "ITEM_WITH_FALSE_REMOVED" if isinstance(item, Nothing) else "ITEM_REMOVED"
    return [Difference(f"{kind}_FROM_CLOSED_CONTENT_MODEL", path)]


def _added(item: Schema, path: Path, original: Array, verdict: Verdict) -> Rule:
    if _is_open(original):
        kind = "ITEM_WITH_EMPTY_SCHEMA_ADDED" if isinstance(item, Anything) else "ITEM_ADDED"
        return [Difference(f"{kind}_TO_OPEN_CONTENT_MODEL", path)]
    cover = cover_of(original.permits_more_items, original.more_items, original.unevaluated_items)
    if cover is not None:
        inner = yield Pair(cover, item)
        covered = "IS_COVERED" if verdict.is_compatible(inner) else "NOT_COVERED"
        return [*below(path, inner), Difference(f"ITEM_ADDED_{covered}_BY_PARTIALLY_OPEN_CONTENT_MODEL", path)]
    return [Difference("ITEM_ADDED_TO_CLOSED_CONTENT_MODEL", path)]


def _is_open(array: Array) -> bool:
    return array.permits_more_items and array.more_items is None and is_anything(array.unevaluated_items)


def _counts(original: Array, update: Array) -> list[Difference]:
    unique = []
    if original.has_unique_items != update.has_unique_items:
        change = "REMOVED" if original.has_unique_items else "ADDED"
        unique = [Difference(f"UNIQUE_ITEMS_{change}", ("uniqueItems",))]
    return [
        *limit("MAX_ITEMS", "maxItems", original.count_max, update.count_max),
        *limit("MIN_ITEMS", "minItems", original.count_min, update.count_min),
        *unique,
        *limit("MAX_CONTAINS", "maxContains", as_double(original.contains_max), as_double(update.contains_max)),
        *limit("MIN_CONTAINS", "minContains", as_double(original.contains_min), as_double(update.contains_min)),
    ]
