"""A schema as JSON again, for one purpose: branches of a combined schema that would be written alike count as one."""

from collections.abc import Mapping

from headwater.registry.formats.json_schema.model import (
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
    Reference,
    Schema,
    String,
)
from headwater.registry.formats.json_text import Json, write


def shown(schema: Schema) -> str:
    return write(_sorted(_json(schema)))


def _sorted(value: Json) -> Json:
    match value:
        case dict():
            return {key: _sorted(value[key]) for key in sorted(value)}
        case list() | tuple():
            return [_sorted(each) for each in value]
        case _:
            return value


def _json(schema: Schema) -> Json:
    match schema:
        case Anything(is_word=True):
            return True
        case Nothing():
            return False
        case Combined(is_generated=True, criterion=Criterion.ALL):
            return _side_by_side(schema)
        case _:
            return {**_common(schema), **_particular(schema)}


def _common(schema: Schema) -> dict[str, Json]:
    said = {"title": schema.title, "description": schema.description, "$id": schema.id}
    default = {"default": schema.default} if schema.has_default else {}
    return {**_present(said), **default, **schema.extra}


def _side_by_side(schema: Combined) -> Json:
    """The keywords of all, as one; branches of branches stay apart."""
    together = _common(schema)
    for place, each in enumerate(schema.schemas):
        part = _json(each)
        alone = part if isinstance(part, dict) and not together.keys() & part.keys() else {f"allOf {place}": part}
        together.update(alone)
    return together


def _particular(schema: Schema) -> dict[str, Json]:
    match schema:
        case Null() | Boolean():
            return {"type": type(schema).__name__.lower()}
        case String():
            return _string(schema)
        case Numeric():
            return _numeric(schema)
        case Const():
            return {"const": schema.value}
        case Enum():
            return {"enum": sorted(map(write, schema.values))}
        case Not():
            return {"not": _json(schema.schema)}
        case Conditional():
            return _schemas({"if": schema.condition, "then": schema.then, "else": schema.otherwise})
        case Combined():
            return {schema.criterion: [_json(each) for each in schema.schemas]}
        case Array():
            return _array(schema)
        case Object():
            return _object(schema)
        case Reference():
            return {"$ref": schema.text}
        case _:
            return {}


def _string(schema: String) -> dict[str, Json]:
    return _present(
        {
            "type": "string" if schema.is_required else None,
            "minLength": schema.length_min,
            "maxLength": schema.length_max,
            "pattern": schema.pattern,
            "format": schema.format,
        }
    )


def _numeric(schema: Numeric) -> dict[str, Json]:
    kind = "integer" if schema.is_integer else "number" if schema.is_required else None
    return _present(
        {
            "type": kind,
            "minimum": schema.minimum,
            "maximum": schema.maximum,
            "multipleOf": schema.multiple_of,
            "exclusiveMinimum": schema.excludes_minimum or schema.exclusive_minimum,
            "exclusiveMaximum": schema.excludes_maximum or schema.exclusive_maximum,
        }
    )


def _array(schema: Array) -> dict[str, Json]:
    said = {
        "type": "array" if schema.is_required else None,
        "uniqueItems": schema.has_unique_items or None,
        "minItems": schema.count_min,
        "maxItems": schema.count_max,
        "additionalItems": None if schema.permits_more_items else False,
        "minContains": schema.contains_min,
        "maxContains": schema.contains_max,
    }
    schemas = {
        "items": schema.items,
        "additionalItems": schema.more_items,
        "contains": schema.contains,
        "unevaluatedItems": schema.unevaluated_items,
    }
    first = {"items": [_json(each) for each in schema.tuple_items]} if schema.tuple_items else {}
    return {**_present(said), **first, **_schemas(schemas)}


def _object(schema: Object) -> dict[str, Json]:
    said = {
        "type": "object" if schema.is_required else None,
        "minProperties": schema.count_min,
        "maxProperties": schema.count_max,
        "required": schema.required or None,
        "additionalProperties": None if schema.permits_more_properties else False,
        "requiredBy": {name: sorted(each) for name, each in schema.required_by.items()} or None,
        "properties": _all(schema.properties),
        "patternProperties": _all(schema.pattern_properties),
        "schemasBy": _all(schema.schemas_by),
    }
    schemas = {
        "additionalProperties": schema.more_properties,
        "propertyNames": schema.property_names,
        "unevaluatedProperties": schema.unevaluated_properties,
    }
    return {**_present(said), **_schemas(schemas)}


def _all(schemas: Mapping[str, Schema]) -> Json:
    return {name: _json(each) for name, each in schemas.items()} or None


def _schemas(schemas: Mapping[str, Schema | None]) -> dict[str, Json]:
    return {name: _json(each) for name, each in schemas.items() if each is not None}


def _present(said: dict[str, Json]) -> dict[str, Json]:
    return {key: each for key, each in said.items() if each is not None}
