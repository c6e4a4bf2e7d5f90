"""Drafts 2019-09 and 2020-12, as the json-sKema library reads them in Confluent's registry and as that translates them.

Each keyword is an assertion of its own (`keywords`), joined with the others (`joining`). What the library does not know, it keeps as it
is; `items` with a list, which 2019-09 still has, it refuses.
"""

from collections.abc import Iterable, Mapping
from functools import reduce

from headwater.registry.formats.json_schema.hash_order import hash_order
from headwater.registry.formats.json_schema.joining import branches, joined, nothing_yet
from headwater.registry.formats.json_schema.loading import values
from headwater.registry.formats.json_schema.loading.keywords import KEYWORDS, KNOWN
from headwater.registry.formats.json_schema.loading.newer_references import Place, References
from headwater.registry.formats.json_schema.model import (
    Anything,
    Array,
    Combined,
    Criterion,
    Nothing,
    Object,
    Reference,
    Schema,
)
from headwater.registry.formats.json_schema.patterns import search_for
from headwater.registry.formats.json_text import Json


def load_newer(root: Json, documents: Mapping[str, Json]) -> Schema:
    """`documents` are what it may refer to, by their names. Raises InvalidSchema."""
    references = References(root, documents)
    loader = _Loader(references)
    reference = references.refer("#", references.root)
    while waiting := references.next_to_load():
        waiting.resolve(loader.schema(waiting.node, waiting.place))
    assert reference.target is not None
    return reference.target


class _Loader:
    def __init__(self, references: References) -> None:
        self._references = references

    def schema(self, node: Json, place: Place) -> Schema:
        match node:
            case True:
                return Anything(is_word=True)
            case False:
                return Nothing()
            case dict():
                return self._object(node, place.into(node))
            case _:
                raise values.refuse("a schema", node, "an object or a boolean")

    def _object(self, node: dict[str, Json], place: Place) -> Schema:
        keys = _order(node, place)
        assertions = [self._assertion(key, node, place) for key in keys]
        found = [each for each in assertions if each is not None]
        schema = reduce(joined, [reduce(joined, found) if found else nothing_yet(), *self._properties(node, place)])
        schema = _alone(self._with_reference_that_moves(schema, node, place))
        self._annotate(schema, node, place)
        return schema

    def _assertion(self, key: str, node: dict[str, Json], place: Place) -> Schema | None:
        match key:
            case "$ref":
                text = values.text(node, key)
                assert text is not None
                return self._references.refer(text, place)
            case "allOf" | "anyOf" | "oneOf":
                return branches(Criterion(key), [self.schema(each, place) for each in values.items(node, key)])
            case _ if key in KEYWORDS:
                return KEYWORDS[key](node, key, lambda child: self.schema(child, place))
            case _:
                return None

    def _properties(self, node: dict[str, Json], place: Place) -> Iterable[Schema]:
        """These come after all other assertions."""
        properties = values.mapping(node, "properties")
        if properties:
            schemas = {key: self.schema(properties[key], place) for key in _order(properties, place)}
            yield Object(properties=schemas)
        patterns = values.mapping(node, "patternProperties")
        for pattern in patterns:
            search_for(pattern)
        if patterns:
            schemas = {key: self.schema(each, place) for key, each in patterns.items()}
            yield Object(pattern_properties=schemas)
        if "unevaluatedItems" in node:
            yield Array(unevaluated_items=self.schema(node["unevaluatedItems"], place))
        if "unevaluatedProperties" in node:
            yield Object(unevaluated_properties=self.schema(node["unevaluatedProperties"], place))

    def _with_reference_that_moves(self, schema: Schema, node: dict[str, Json], place: Place) -> Schema:
        """A `$dynamicRef` stands beside all else."""
        text = values.text(node, "$dynamicRef")
        return schema if text is None else joined(self._references.refer(text, place), _alone(schema))

    def _annotate(self, schema: Schema, node: dict[str, Json], place: Place) -> None:
        """What the library doesn't know takes the place of what Confluent keeps beside it: counts of `contains`, and what is
        unevaluated."""
        schema.title = values.text(node, "title") or schema.title
        schema.description = values.text(node, "description") or schema.description
        values.flag(node, "deprecated")
        if "default" in node and node["default"] is not None and not isinstance(schema, Reference):
            schema.default = node["default"]
        schema.definitions = {key: self.schema(each, place) for key, each in values.mapping(node, "$defs").items()}
        schema.extra = {key: each for key, each in node.items() if key not in KNOWN}
        if schema.definitions:
            schema.extra["$defs"] = node["$defs"]
        if schema.extra:
            _forget(schema)


def _order(keys: Iterable[str], place: Place) -> list[str]:
    """The root has passed through one of Java's hash tables, and what it refers to has not."""
    return hash_order(keys) if place.is_in_root else list(keys)


def _alone(schema: Schema) -> Schema:
    """One assertion needs no list around it."""
    if not isinstance(schema, Combined) or not schema.is_generated or schema.criterion is not Criterion.ALL:
        return schema
    match schema.schemas:
        case []:
            return Anything()
        case [only]:
            return only
        case _:
            return schema


def _forget(schema: Schema) -> None:
    match schema:
        case Array():
            schema.unevaluated_items = schema.contains_min = schema.contains_max = None
        case Object():
            schema.unevaluated_properties = None
        case _:
            pass
