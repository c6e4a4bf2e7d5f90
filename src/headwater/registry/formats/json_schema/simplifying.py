"""What is left of assertions that all have to hold, for a table: the one that says what a column is."""

from collections.abc import Sequence

from headwater.registry.formats.json_schema.model import (
    Array,
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
from headwater.registry.formats.json_schema.printing import shown
from headwater.registry.formats.logical.errors import NotLogical

_CLASSES = {Null: "Null", Const: "Const", Nothing: "False", Not: "Not", Conditional: "Conditional"}


def unsupported(schema: Schema) -> str:
    """What Confluent's library calls a kind that no column has."""
    return f"org.everit.json.schema.{_CLASSES.get(type(schema), type(schema).__name__)}Schema"


def simplified(schema: Combined) -> Schema:
    """Of an `allOf`. Raises NotLogical."""
    if any(isinstance(each, Conditional | Not) for each in schema.schemas):
        raise NotLogical(
            "JSON Schema if/then/else and `not` are not supported: a property declared only under a condition has no "
            "column to be read into, so its values would be silently dropped"
        )
    together = _together(schema)
    chosen = together if together.properties else _chosen(schema.schemas)
    if chosen is None:
        raise NotLogical(f"Unsupported criterion {schema.criterion} for {shown(schema)}")
    return chosen


def _together(schema: Combined) -> Object:
    """The properties of all its objects. Where several have one, the last says what it is and whether it is required."""
    properties: dict[str, Schema] = {}
    required: dict[str, bool] = {}
    seen: set[int] = set()

    def collect(part: Schema) -> None:
        if id(part) in seen:
            return
        seen.add(id(part))
        match part:
            case Combined(criterion=Criterion.ALL):
                for each in part.schemas:
                    collect(each)
            case Object():
                properties.update(part.properties)
                required.update({name: name in part.required for name in part.properties})
            case Reference() if part.target is not None:
                collect(part.target)

    for each in schema.schemas:
        seen.clear()
        collect(each)
    return Object(properties=properties, required=[name for name, is_required in required.items() if is_required])


def _chosen(schemas: Sequence[Schema]) -> Schema | None:
    """The last of each kind counts."""
    last: dict[type[Schema], Schema] = {type(each): each for each in schemas}
    if Combined in last:
        return last[Combined]
    text, number = last.get(String), last.get(Numeric)
    if Const in last or Enum in last:
        return text or number or _beside_an_object(schemas)
    if text is not None and number is not None:
        return number
    return _beside_an_object(schemas)


def _beside_an_object(schemas: Sequence[Schema]) -> Schema | None:
    """Of two: an object that asks for nothing says nothing about the other."""
    objects = [each for each in schemas if isinstance(each, Object)]
    others = [each for each in schemas if not isinstance(each, Object)]
    if len(schemas) != 2 or len(objects) != 1:
        return None
    [one], [other] = objects, others
    is_idle = not one.is_required or (not one.required and isinstance(other, Array))
    return other if is_idle else None
