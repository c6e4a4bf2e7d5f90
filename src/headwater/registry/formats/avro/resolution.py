"""Puts the types in the places where only their names stood."""

from collections.abc import Callable
from typing import Any

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.avro.model import (
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Primitive,
    Record,
    Schema,
    Union,
    Unresolved,
    full_name,
)


class Definitions:
    """Named types by their full name, in the order in which they were defined."""

    def __init__(self) -> None:
        self._by_name: dict[str, Record | Enum | Fixed] = {}

    def find(self, name: str) -> Schema | None:
        return self._by_name.get(name)

    def add(self, schema: Record | Enum | Fixed) -> None:
        """The same definition twice is once. Raises InvalidSchema for another one of that name."""
        known = self._by_name.setdefault(schema.name.full, schema)
        if known is not schema and shape(known, {}) != shape(schema, {}):
            raise InvalidSchema(f"Can't redefine: {schema.name.full}")


def resolve(schema: Schema, definitions: Definitions, *, check: Callable[[Field], None]) -> Schema:
    """`schema` with nothing unresolved in it; fields whose type became known are checked again. Raises InvalidSchema."""
    resolver = _Resolver(definitions, check)
    return resolver.resolved(schema)


class _Resolver:
    def __init__(self, definitions: Definitions, check: Callable[[Field], None]) -> None:
        self._definitions = definitions
        self._check = check
        self._seen: dict[int, None] = {}

    def resolved(self, schema: Schema) -> Schema:
        if isinstance(schema, Unresolved):
            found = self._definitions.find(schema.full_name)
            if found is None:
                raise InvalidSchema(f"Undefined schema: {schema.full_name}")
            schema = found
        if id(schema) not in self._seen:
            self._seen[id(schema)] = None
            self._enter(schema)
        return schema

    def _enter(self, schema: Schema) -> None:
        match schema:
            case Record():
                for field in schema.fields:
                    field.schema = self.resolved(field.schema)
                    self._check(field)
            case Array():
                schema.items = self.resolved(schema.items)
            case Map():
                schema.values = self.resolved(schema.values)
            case Union():
                schema.branches = [self.resolved(each) for each in schema.branches]
                check_branches(schema)
            case _:
                pass


def check_branches(union: Union) -> None:
    """Raises InvalidSchema where two could not be told apart."""
    seen: dict[str, None] = {}
    for each in union.branches:
        if isinstance(each, Union):
            raise InvalidSchema("Nested union")
        name = full_name(each)
        if name in seen:
            raise InvalidSchema(f"Duplicate in union:{name}")
        seen[name] = None


def shape(schema: Schema, seen: dict[str, None]) -> Any:
    """What makes two definitions one: everything but docs and aliases."""
    match schema:
        case Primitive():
            return (schema.type, schema.props)
        case Array():
            return ("array", shape(schema.items, seen), schema.props)
        case Map():
            return ("map", shape(schema.values, seen), schema.props)
        case Union():
            return ("union", [shape(each, seen) for each in schema.branches])
        case Enum():
            return ("enum", schema.name, schema.symbols, schema.props)
        case Fixed():
            return ("fixed", schema.name, schema.size, schema.props)
        case Unresolved():
            return schema.full_name
        case Record():
            if schema.name.full in seen:
                return schema.name.full
            seen[schema.name.full] = None
            return ("record", schema.name, schema.props, [_field_shape(each, seen) for each in schema.fields])


def _field_shape(field: Field, seen: dict[str, None]) -> Any:
    return (field.name, shape(field.schema, seen), field.has_default, field.default, field.order, field.props)
