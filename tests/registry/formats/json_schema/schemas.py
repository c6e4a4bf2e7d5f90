"""Schemas and data made at random, for properties of the verdict."""

from typing import Any, Final

from hypothesis import strategies as st

Schema = Any
NAMES: Final = ("a", "b", "c")
_small = st.integers(0, 3)
_numbers = st.sampled_from((0, 1, 2, 3, 1.5, 4))


def data() -> st.SearchStrategy[Any]:
    """What such schemas may be about."""
    plain = st.sampled_from((None, True, 0, 1, 2, 3, 4, 1.5, "", "a", "b", "ab", "abcd"))
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
        max_leaves=4,
    )


def strings() -> st.SearchStrategy[Schema]:
    return _said({"minLength": _small, "maxLength": _small, "pattern": st.sampled_from(("a", "^a$", "b"))}, "string")


def numbers() -> st.SearchStrategy[Schema]:
    keywords = {
        "minimum": _numbers,
        "maximum": _numbers,
        "exclusiveMinimum": _numbers,
        "multipleOf": st.sampled_from((1, 2, 1.5)),
    }
    return _said(keywords, "number") | _said(keywords, "integer")


def values() -> st.SearchStrategy[Schema]:
    some = st.lists(st.sampled_from((None, 1, 2, "a", "b")), min_size=1, max_size=3, unique=True)
    return st.builds(lambda each: {"enum": each}, some) | st.builds(
        lambda each: {"const": each}, st.sampled_from((1, "a", None))
    )


def arrays(inner: st.SearchStrategy[Schema], *, is_newer: bool) -> st.SearchStrategy[Schema]:
    counts = {"minItems": _small, "maxItems": _small, "uniqueItems": st.booleans()}
    first, more = ("prefixItems", "items") if is_newer else ("items", "additionalItems")
    tuples = _said({**counts, more: inner | st.booleans()}, "array", **{first: st.lists(inner, min_size=1, max_size=2)})
    return tuples | _said({**counts, "items": inner}, "array")


def objects(inner: st.SearchStrategy[Schema], *, is_newer: bool) -> st.SearchStrategy[Schema]:
    names = st.lists(st.sampled_from(NAMES), max_size=2, unique=True)
    dependent = st.dictionaries(st.sampled_from(NAMES), names, max_size=1)
    keywords = {
        "additionalProperties": inner | st.booleans(),
        "minProperties": _small,
        "maxProperties": _small,
        "dependentRequired" if is_newer else "dependencies": dependent,
    }
    properties = st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    return st.builds(_with_required, _said(keywords, "object", properties=properties), names)


def _with_required(schema: Schema, names: list[str]) -> Schema:
    """Only properties that it names."""
    return {**schema, "required": [each for each in names if each in schema["properties"]]}


def _said(
    keywords: dict[str, st.SearchStrategy[Any]], kind: str, **always: st.SearchStrategy[Any]
) -> st.SearchStrategy[Schema]:
    return st.fixed_dictionaries({"type": st.just(kind), **always}, optional=keywords)


def schemas(*, is_newer: bool) -> st.SearchStrategy[Schema]:
    leaves: st.SearchStrategy[Schema] = (
        st.just({}) | st.sampled_from(({"type": "null"}, {"type": "boolean"})) | strings() | numbers() | values()
    )
    types = st.builds(
        lambda kinds, limits: {**limits, "type": kinds},
        st.lists(st.sampled_from(("string", "null", "boolean")), min_size=1, max_size=2, unique=True),
        strings(),
    )

    def larger(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
        several = st.lists(inner, min_size=1, max_size=3)
        combined = st.builds(lambda word, each: {word: each}, st.sampled_from(("anyOf", "allOf")), several)
        return arrays(inner, is_newer=is_newer) | objects(inner, is_newer=is_newer) | combined

    return st.recursive(leaves | types, larger, max_leaves=6)


def changed(schema: Schema, draw: Any, others: st.SearchStrategy[Schema]) -> Schema:
    """Mostly the same: a part here and there is another, or is left out."""
    if not isinstance(schema, dict) or draw(st.integers(0, 9)) == 0:
        return draw(others)
    return {
        key: _changed_part(key, each, draw, others)
        for key, each in schema.items()
        if key in _KEPT or draw(st.integers(0, 7))
    }


_KEPT: Final = ("type", "properties", "prefixItems", "anyOf", "allOf", "enum", "const")
_ONE: Final = ("items", "additionalItems", "additionalProperties")


def _changed_part(key: str, part: Any, draw: Any, others: st.SearchStrategy[Schema]) -> Any:
    if isinstance(part, dict) and key == "properties":
        more = draw(st.dictionaries(st.sampled_from(NAMES), others, max_size=1))
        return {name: changed(each, draw, others) for name, each in {**more, **part}.items()}
    if isinstance(part, list) and part and isinstance(part[0], dict):
        more = draw(st.lists(others, max_size=1))
        return [changed(each, draw, others) for each in [*part, *more]]
    if isinstance(part, dict) and key in _ONE:
        return changed(part, draw, others)
    if isinstance(part, int) and not isinstance(part, bool) and key != "const":
        return max(part + draw(st.integers(-1, 1)), 1)
    return part
