"""A schema's text as `Schema.toString` of Avro's Java library writes it: the one that is stored, hashed and compared."""

from collections.abc import Iterable

from headwater.registry.formats.avro.model import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Name,
    Named,
    Primitive,
    Record,
    Schema,
    Union,
    Unresolved,
)
from headwater.registry.formats.json_text import Json, write


def print_schema(schema: Schema, *, known: Iterable[str] = ()) -> str:
    """Types of these full names, and those printed before, are named only."""
    return write(_Printer(known).schema(schema, None))


class _Printer:
    def __init__(self, known: Iterable[str]) -> None:
        self._known = dict.fromkeys(known)

    def schema(self, schema: Schema, space: str | None) -> Json:
        match schema:
            case Primitive():
                return {"type": schema.type, **schema.props} if schema.props else schema.type
            case Array():
                return {"type": "array", "items": self.schema(schema.items, space), **schema.props}
            case Map():
                return {"type": "map", "values": self.schema(schema.values, space), **schema.props}
            case Union():
                return [self.schema(each, space) for each in schema.branches]
            case Unresolved():
                return schema.full_name
            case _:
                return self._named(schema, space)

    def _named(self, schema: Record | Enum | Fixed, space: str | None) -> Json:
        if schema.name.full in self._known:
            return schema.name.seen_from(space)
        self._known[schema.name.full] = None
        return {
            "type": "error" if isinstance(schema, Record) and schema.is_error else schema.type,
            **_name(schema.name, space),
            **({} if schema.doc is None else {"doc": schema.doc}),
            **self._body(schema),
            **schema.props,
            **_aliases(schema),
        }

    def _body(self, schema: Record | Enum | Fixed) -> dict[str, Json]:
        match schema:
            case Record():
                return {"fields": [self._field(each, schema.name.space) for each in schema.fields]}
            case Enum():
                default = {} if schema.default is None else {"default": schema.default}
                return {"symbols": schema.symbols, **default}
            case Fixed():
                return {"size": schema.size}

    def _field(self, field: Field, space: str | None) -> Json:
        return {
            "name": field.name,
            "type": self.schema(field.schema, space),
            **({} if field.doc is None else {"doc": field.doc}),
            **({"default": field.default} if field.has_default else {}),
            **({} if field.order == "ascending" else {"order": field.order}),
            **({"aliases": field.aliases} if field.aliases else {}),
            **field.props,
        }


def _name(name: Name, space: str | None) -> dict[str, Json]:
    """The namespace only where it is not the one around; an empty one says that there is none."""
    if name.space is None:
        return {"name": name.simple} if space is None else {"name": name.simple, "namespace": ""}
    return {"name": name.simple} if name.space == space else {"name": name.simple, "namespace": name.space}


def _aliases(schema: Named) -> dict[str, Json]:
    return {"aliases": [each.seen_from(schema.name.space) for each in schema.aliases]} if schema.aliases else {}
