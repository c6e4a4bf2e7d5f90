"""What each keyword of the newer drafts asserts, as a schema of its own."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from headwater.registry.formats.json_schema.joining import any_of, nothing_yet
from headwater.registry.formats.json_schema.loading import values
from headwater.registry.formats.json_schema.model import (
    Anything,
    Array,
    Boolean,
    Conditional,
    Const,
    Enum,
    Not,
    Nothing,
    Null,
    Numeric,
    Object,
    Schema,
    String,
)
from headwater.registry.formats.json_schema.patterns import search_for
from headwater.registry.formats.json_text import Json

Load = Callable[[Json], Schema]
Assert = Callable[[dict[str, Json], str, Load], Schema | None]


def _limit(name: str) -> Assert:
    def load(node: dict[str, Json], key: str, _: Load) -> Schema:
        return Numeric(**{name: values.number(node, key)})

    return load


def _count(kind: Callable[..., Schema], name: str) -> Assert:
    """A fraction is cut off."""

    def load(node: dict[str, Json], key: str, _: Load) -> Schema:
        count = values.number(node, key)
        return kind(**{name: _cut_off(count)})

    return load


def _cut_off(count: Json) -> int:
    if isinstance(count, Decimal) and abs(count.adjusted()) > _EXPONENT_MAX:
        return 0
    return (int(count) + 2**31) % 2**32 - 2**31


def _note(node: dict[str, Json], key: str, _: Load) -> Schema | None:
    """Asserts nothing, but has a place among what does."""
    return nothing_yet() if values.flag(node, key) else None


def _format(_node: dict[str, Json], _key: str, _: Load) -> Schema:
    values.text(_node, _key)
    return nothing_yet()


def _type(node: dict[str, Json], key: str, _: Load) -> Schema:
    kinds = node[key]
    return any_of([_of_type(each) for each in kinds]) if isinstance(kinds, list) else _of_type(kinds)


def _of_type(kind: Json) -> Schema:
    match kind:
        case "string":
            return String(is_required=True)
        case "integer" | "number":
            return Numeric(is_required=True, is_integer=kind == "integer")
        case "boolean":
            return Boolean()
        case "null":
            return Null()
        case "array":
            return Array(is_required=True)
        case "object":
            return Object(is_required=True)
        case _:
            raise values.refuse("type", kind, "one that is known")


def _pattern(node: dict[str, Json], key: str, _: Load) -> Schema:
    pattern = values.text(node, key)
    assert pattern is not None
    search_for(pattern)
    return String(pattern=pattern)


def _unique(node: dict[str, Json], key: str, _: Load) -> Schema:
    return Array(has_unique_items=bool(values.flag(node, key)))


def _items(node: dict[str, Json], key: str, load: Load) -> Schema:
    """For all items, or for those after the first ones."""
    schema = load(node[key])
    first = node.get("prefixItems")
    match schema:
        case Nothing():
            return Array(permits_more_items=False)
        case Anything(is_word=True):
            return Array()
        case _ if isinstance(first, list) and first:
            return Array(more_items=schema)
        case _:
            return Array(items=schema)


def _first_items(node: dict[str, Json], key: str, load: Load) -> Schema:
    return Array(tuple_items=[load(each) for each in values.items(node, key)])


def _contains(node: dict[str, Json], key: str, load: Load) -> Schema:
    least, most = node.get("minContains"), node.get("maxContains")
    return Array(
        contains=load(node[key]),
        contains_min=least if values.is_number(least) else 1,
        contains_max=most if values.is_number(most) else None,
    )


def _more_properties(node: dict[str, Json], key: str, load: Load) -> Schema:
    values.mapping(node, "properties")
    values.mapping(node, "patternProperties")
    schema = load(node[key])
    match schema:
        case Nothing():
            return Object(permits_more_properties=False)
        case Anything(is_word=True):
            return Object()
        case _:
            return Object(more_properties=schema)


def _required(node: dict[str, Json], key: str, _: Load) -> Schema:
    return Object(required=values.texts(node, key))


def _property_names(node: dict[str, Json], key: str, load: Load) -> Schema:
    return Object(property_names=load(node[key]))


def _required_by(node: dict[str, Json], key: str, _: Load) -> Schema:
    names = values.mapping(node, key)
    return Object(required_by={name: frozenset(values.texts(names, name)) for name in names if names[name] != []})


def _schemas_by(node: dict[str, Json], key: str, load: Load) -> Schema:
    return Object(schemas_by={name: load(each) for name, each in values.mapping(node, key).items()})


def _conditional(node: dict[str, Json], key: str, load: Load) -> Schema:
    def maybe(word: str) -> Schema | None:
        return load(node[word]) if word in node else None

    return Conditional(condition=load(node[key]), then=maybe("then"), otherwise=maybe("else"))


_EXPONENT_MAX: Final = 1_000
KEYWORDS: Final[dict[str, Assert]] = {
    "additionalProperties": _more_properties,
    "const": lambda node, key, _: Const(value=node[key]),
    "contains": _contains,
    "dependentRequired": _required_by,
    "dependentSchemas": _schemas_by,
    "enum": lambda node, key, _: Enum(values=values.items(node, key)),
    "exclusiveMaximum": _limit("exclusive_maximum"),
    "exclusiveMinimum": _limit("exclusive_minimum"),
    "format": _format,
    "if": _conditional,
    "items": _items,
    "maxItems": _count(Array, "count_max"),
    "maxLength": _count(String, "length_max"),
    "maxProperties": _count(Object, "count_max"),
    "maximum": _limit("maximum"),
    "minItems": _count(Array, "count_min"),
    "minLength": _count(String, "length_min"),
    "minProperties": _count(Object, "count_min"),
    "minimum": _limit("minimum"),
    "multipleOf": _limit("multiple_of"),
    "not": lambda node, key, load: Not(schema=load(node[key])),
    "pattern": _pattern,
    "prefixItems": _first_items,
    "propertyNames": _property_names,
    "readOnly": _note,
    "required": _required,
    "type": _type,
    "uniqueItems": _unique,
    "writeOnly": _note,
}
KNOWN: Final = frozenset(KEYWORDS) | {
    *("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$ref", "$defs", "$schema", "$vocabulary"),
    *("allOf", "anyOf", "oneOf", "properties", "patternProperties", "title", "description", "deprecated", "default"),
    *("false", "true", "minContains", "maxContains", "then", "else", "unevaluatedItems", "unevaluatedProperties"),
}
"""All that the library has a name for; nothing else is looked into."""
