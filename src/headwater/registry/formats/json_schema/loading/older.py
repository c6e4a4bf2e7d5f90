"""Drafts 4, 6 and 7, as the Everit library reads them in Confluent's registry.

It wants each keyword to have a value of the right type, and every `$ref` to lead somewhere; it does not ask the meta schema. What
stands beside a `$ref` means nothing. Keywords of one type without a `type` are assertions about values of that type only.
"""

from collections.abc import Iterator, Mapping

from headwater.registry.formats.json_schema.drafts import (
    CONDITIONAL_KEYWORDS,
    NUMBER_KEYWORDS,
    STRING_KEYWORDS,
    Draft,
)
from headwater.registry.formats.json_schema.loading import values
from headwater.registry.formats.json_schema.loading.older_references import Place, References
from headwater.registry.formats.json_schema.model import (
    MISSING,
    Anything,
    Array,
    Boolean,
    Combined,
    Conditional,
    Const,
    Criterion,
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

_FORMATS_OF_4 = ("date-time", "uri", "email", "ipv4", "ipv6", "hostname")
_FORMATS_OF_6 = (*_FORMATS_OF_4, "json-pointer", "uri-reference", "uri-template")
_FORMATS_OF_7 = (*_FORMATS_OF_6, "date", "time", "regex", "relative-json-pointer")
_FORMATS = {Draft.DRAFT_4: _FORMATS_OF_4, Draft.DRAFT_6: _FORMATS_OF_6, Draft.DRAFT_7: _FORMATS_OF_7}


def load_older(root: Json, draft: Draft, documents: Mapping[str, Json]) -> Schema:
    """`documents` are what it may refer to, by their names. Raises InvalidSchema."""
    references = References(root, draft, documents)
    schema = _Loader(references).schema(root, references.root)
    while waiting := references.next_to_load():
        waiting.resolve(_Loader(references).schema(waiting.node, waiting.place))
    return schema


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
                return self._object(node, place)
            case _:
                raise values.refuse("a schema", node, "an object or a boolean")

    def _child(self, node: Json, place: Place) -> Schema:
        return self.schema(node, place.into(node))

    def _object(self, node: dict[str, Json], place: Place) -> Schema:
        """What was understood is taken out of `rest`."""
        rest = dict(node)
        if "$ref" in rest:
            text = values.text(rest, "$ref")
            assert text is not None
            schema: Schema = self._references.refer(text, place)
            del rest["$ref"]
        else:
            schema = _together(list(self._parts(node, rest, place)))
            if "default" in rest:
                schema.default = rest["default"]
        _annotate(schema, rest, place.draft)
        return schema

    def _parts(self, node: dict[str, Json], rest: dict[str, Json], place: Place) -> Iterator[Schema]:
        if "enum" in rest:
            yield Enum(values=values.items(node, "enum"))
            _take(rest, "enum")
        for criterion in Criterion:
            if criterion in rest:
                parts = [self._child(each, place) for each in values.items(node, criterion)]
                yield Combined(criterion=criterion, schemas=parts)
                _take(rest, criterion)
        if "not" in rest:
            yield Not(schema=self._child(rest.pop("not"), place))
        if "const" in rest and place.draft is not Draft.DRAFT_4:
            yield Const(value=rest.pop("const"))
        if "type" in rest:
            yield self._typed(rest.pop("type"), node, rest, place)
        yield from self._untyped(node, rest, place)

    def _typed(self, kind: Json, node: dict[str, Json], rest: dict[str, Json], place: Place) -> Schema:
        if isinstance(kind, list):
            parts = [self._of_type(each, node, rest, place) for each in kind]
            return Combined(criterion=Criterion.ANY, schemas=parts)
        return self._of_type(kind, node, rest, place)

    def _of_type(self, kind: Json, node: dict[str, Json], rest: dict[str, Json], place: Place) -> Schema:
        schema: Schema
        match kind:
            case "string":
                _take(rest, *STRING_KEYWORDS)
                schema = self._string(node, place, is_required=True)
            case "integer" | "number":
                _take(rest, *NUMBER_KEYWORDS)
                schema = self._numeric(node, place, is_required=True)
                schema.is_integer = kind == "integer"
            case "boolean":
                schema = Boolean()
            case "null":
                schema = Null()
            case "array":
                _take(rest, *place.draft.array_keywords)
                schema = self._array(node, place, is_required=True)
            case "object":
                _take(rest, *place.draft.object_keywords)
                schema = self._of_properties(node, place, is_required=True)
            case _:
                raise values.refuse("type", kind, "one that is known")
        return schema

    def _untyped(self, node: dict[str, Json], rest: dict[str, Json], place: Place) -> Iterator[Schema]:
        if _take(rest, *place.draft.array_keywords):
            yield self._array(node, place, is_required=False)
        if _take(rest, *place.draft.object_keywords):
            yield self._of_properties(node, place, is_required=False)
        if _take(rest, *NUMBER_KEYWORDS):
            yield self._numeric(node, place, is_required=False)
        if _take(rest, *STRING_KEYWORDS):
            yield self._string(node, place, is_required=False)
        if place.draft is Draft.DRAFT_7 and _take(rest, *CONDITIONAL_KEYWORDS):
            condition, then, otherwise = (self._maybe(node, each, place) for each in CONDITIONAL_KEYWORDS)
            yield Conditional(condition=condition, then=then, otherwise=otherwise)

    def _maybe(self, node: dict[str, Json], keyword: str, place: Place) -> Schema | None:
        return self._child(node[keyword], place) if keyword in node else None

    def _string(self, node: dict[str, Json], place: Place, *, is_required: bool) -> String:
        pattern = values.text(node, "pattern")
        if pattern is not None:
            search_for(pattern)
        form = values.text(node, "format")
        return String(
            is_required=is_required,
            length_min=values.count(node, "minLength"),
            length_max=values.count(node, "maxLength"),
            pattern=pattern,
            format=form if form in _FORMATS[place.draft] else None,
        )

    def _numeric(self, node: dict[str, Json], place: Place, *, is_required: bool) -> Numeric:
        divisor = values.number(node, "multipleOf")
        if divisor == 0:
            raise values.refuse("multipleOf", divisor, "more than nothing")
        schema = Numeric(
            is_required=is_required,
            minimum=values.number(node, "minimum"),
            maximum=values.number(node, "maximum"),
            multiple_of=divisor,
        )
        if place.draft is Draft.DRAFT_4:
            schema.excludes_minimum = bool(values.flag(node, "exclusiveMinimum"))
            schema.excludes_maximum = bool(values.flag(node, "exclusiveMaximum"))
        else:
            schema.exclusive_minimum = values.number(node, "exclusiveMinimum")
            schema.exclusive_maximum = values.number(node, "exclusiveMaximum")
        return schema

    def _array(self, node: dict[str, Json], place: Place, *, is_required: bool) -> Array:
        schema = Array(
            is_required=is_required,
            count_min=values.count(node, "minItems"),
            count_max=values.count(node, "maxItems"),
            has_unique_items=bool(values.flag(node, "uniqueItems")),
        )
        permits, schema.more_items = self._permission(node, "additionalItems", place)
        match node.get("items"):
            case list(parts):
                schema.tuple_items = [self._child(each, place) for each in parts]
            case bool() if place.draft is Draft.DRAFT_4:
                raise values.refuse("items", node["items"], "an object or an array")
            case _:
                schema.items = self._maybe(node, "items", place)
        schema.permits_more_items = permits or schema.items is not None
        if place.draft is not Draft.DRAFT_4:
            schema.contains = self._maybe(node, "contains", place)
        return schema

    def _of_properties(self, node: dict[str, Json], place: Place, *, is_required: bool) -> Object:
        patterns = values.mapping(node, "patternProperties")
        for pattern in patterns:
            search_for(pattern)
        schema = Object(
            is_required=is_required,
            count_min=values.count(node, "minProperties"),
            count_max=values.count(node, "maxProperties"),
            properties={
                name: self._child(each, place)
                for name, each in values.mapping(node, "properties").items()
                if name != place.draft.id_keyword or isinstance(each, dict)
            },
            required=values.texts(node, "required"),
            pattern_properties={pattern: self._child(each, place) for pattern, each in patterns.items()},
        )
        schema.permits_more_properties, schema.more_properties = self._permission(node, "additionalProperties", place)
        dependencies = values.mapping(node, "dependencies")
        schema.required_by = {
            name: frozenset(values.texts(dependencies, name))
            for name, each in dependencies.items()
            if each and isinstance(each, list)
        }
        schema.schemas_by = {
            name: self._dependent(each, place) for name, each in dependencies.items() if not isinstance(each, list)
        }
        if place.draft is not Draft.DRAFT_4:
            schema.property_names = self._maybe(node, "propertyNames", place)
        return schema

    def _dependent(self, node: Json, place: Place) -> Schema:
        if isinstance(node, bool) and place.draft is Draft.DRAFT_4:
            raise values.refuse("dependencies", node, "an object or an array")
        return self._child(node, place)

    def _permission(self, node: dict[str, Json], keyword: str, place: Place) -> tuple[bool, Schema | None]:
        """Whether there may be more, and what fits it."""
        match node.get(keyword, True):
            case bool(permits):
                return permits, None
            case dict(schema):
                return True, self._child(schema, place)
            case other:
                raise values.refuse(keyword, other, "an object or a boolean")


def _together(parts: list[Schema]) -> Schema:
    match parts:
        case []:
            return Anything()
        case [alone]:
            return alone
        case _:
            return Combined(criterion=Criterion.ALL, schemas=parts, is_generated=True)


def _annotate(schema: Schema, rest: dict[str, Json], draft: Draft) -> None:
    schema.id = values.text(rest, draft.id_keyword)
    schema.title = values.text(rest, "title")
    schema.description = values.text(rest, "description")
    _take(rest, draft.id_keyword, "title", "description", "default")
    if draft is Draft.DRAFT_7:
        values.flag(rest, "readOnly")
        values.flag(rest, "writeOnly")
    schema.extra = rest
    if isinstance(schema, Array):
        schema.contains_min, schema.contains_max = (_number_of(rest, each) for each in ("minContains", "maxContains"))


def _number_of(rest: dict[str, Json], keyword: str) -> Json:
    value = rest.get(keyword)
    return value if values.is_number(value) else None


def _take(rest: dict[str, Json], *keywords: str) -> bool:
    """Whether there were any."""
    taken = [rest.pop(each, MISSING) for each in keywords]
    return any(each is not MISSING for each in taken)
