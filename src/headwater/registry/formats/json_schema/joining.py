"""How the newer drafts' keywords become one schema, each of which says something of its own.

Confluent turns every keyword into a small schema and joins them in the order in which its hash table gives them. Assertions of
one kind become one; a list of types takes in what is asserted of one of them; what can't be joined stands side by side.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, Final, TypeGuard, TypeVar

from headwater.registry.formats.json_schema.model import (
    Array,
    Combined,
    Criterion,
    Missing,
    Numeric,
    Object,
    Schema,
    String,
)

S = TypeVar("S", bound=Schema)

_MERGED: Final = (Array, Numeric, Object, String)


def nothing_yet() -> Combined:
    """The outcome of no assertions; also what an annotation such as `format` is among assertions."""
    return side_by_side([])


def side_by_side(schemas: Sequence[Schema]) -> Combined:
    return Combined(criterion=Criterion.ALL, schemas=schemas, is_generated=True)


def any_of(schemas: Sequence[Schema]) -> Combined:
    """A list of types."""
    return Combined(criterion=Criterion.ANY, schemas=schemas, is_generated=True)


def joined(first: Schema, second: Schema) -> Schema:
    if type(first) is type(second) and isinstance(first, _MERGED):
        return merged(first, second)
    for types, other in ((first, second), (second, first)):
        if _is_generated(types, Criterion.ANY) and any(type(each) is type(other) for each in types.schemas):
            return any_of(_accumulated(types.schemas, [other]))
    return side_by_side(_accumulated((), [*flattened(first), *flattened(second)]))


def branches(criterion: Criterion, schemas: Iterable[Schema]) -> Combined:
    """Of `allOf` and its like. One that stands for several assertions counts as several."""
    return Combined(criterion=criterion, schemas=[part for each in schemas for part in flattened(each)])


def flattened(schema: Schema) -> Sequence[Schema]:
    return schema.schemas if _is_generated(schema, Criterion.ALL) else [schema]


def merged(first: S, second: Schema) -> S:
    """Both assertions in one; of two about the same the second counts."""
    assert type(first) is type(second)
    names = (each.name for each in fields(first))
    return type(first)(**{name: _merged(name, getattr(first, name), getattr(second, name)) for name in names})


def _merged(name: str, first: Any, second: Any) -> Any:
    match second:
        case bool():
            return first and second if name.startswith("permits") else first or second
        case dict():
            return {**first, **{key: _united(first.get(key), value) for key, value in second.items()}}
        case list() | tuple():
            return [*first, *second]
        case None | Missing():
            return first
        case _:
            return second


def _united(first: Any, second: Any) -> Any:
    return first | second if isinstance(first, frozenset) else second


def _is_generated(schema: Schema, criterion: Criterion) -> TypeGuard[Combined]:
    return isinstance(schema, Combined) and schema.is_generated and schema.criterion is criterion


def _accumulated(schemas: Iterable[Schema], more: Iterable[Schema]) -> list[Schema]:
    """Each joins the first of its kind, if that is a kind that can be merged."""
    found = list(schemas)
    for schema in more:
        same = (place for place, each in enumerate(found) if type(each) is type(schema) and isinstance(each, _MERGED))
        place = next(same, None)
        if place is None:
            found.append(schema)
        else:
            found[place] = merged(found[place], schema)
    return found
