"""From a schema's JSON to its model, with the rules of Avro 1.12's Java parser.

The `avro` package of Python is another reading of the specification: it knows no type that is used before it is defined,
and it forgets the order of properties and how numbers were written. The text that is stored must be Java's, so the rules are too.

Registered text is parsed again for as long as it is stored, so what was once taken must stay readable: only a new schema
(`strict`) has its names and its defaults checked as the specification says.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats import json_text
from headwater.registry.formats.avro.defaults import is_valid
from headwater.registry.formats.avro.model import (
    PRIMITIVES,
    Array,
    Enum,
    Field,
    Fixed,
    Map,
    Name,
    Named,
    Primitive,
    Props,
    Record,
    Schema,
    Union,
    Unresolved,
    name_of,
)
from headwater.registry.formats.avro.names import check_full, check_loosely, check_nothing, check_strictly
from headwater.registry.formats.avro.printing import print_schema
from headwater.registry.formats.avro.resolution import Definitions, resolve
from headwater.registry.formats.json_text import Json

_RESERVED: Final = frozenset(
    ("doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases")
)
_ENUM_RESERVED: Final = _RESERVED | {"default"}
_FIELD_RESERVED: Final = frozenset(("default", "doc", "name", "order", "type", "aliases"))
_ORDERS: Final = ("ascending", "descending", "ignore")
_SIZE_MAX: Final = 2**31 - 1


def parse_all(texts: Sequence[str], *, strict: bool = True) -> list[Schema]:
    """The schemas in these texts, each of which may use the types that those before it define. Raises InvalidSchema."""
    parser = _Parser(strict=strict)
    return [parser.parse(each) for each in texts]


class _Parser:
    """Each text may use the types of those before it."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._check_name = check_strictly if strict else check_loosely
        self._check_space = check_strictly if strict else check_nothing
        self._definitions = Definitions()

    def parse(self, text: str) -> Schema:
        schema = self._schema(json_text.read(text), None)
        if isinstance(schema, Named):
            schema = self._definitions.find(schema.name.full) or schema
        return resolve(schema, self._definitions, check=self._check_field)

    def _schema(self, node: Json, space: str | None) -> Schema:
        match node:
            case str():
                return self._found(node, space)
            case dict():
                return self._defined(node, space)
            case list():
                return Union(branches=[self._schema(each, space) for each in node])
            case None:
                raise InvalidSchema("Cannot parse <null> schema")
            case _:
                raise InvalidSchema(f"Schema not yet supported: {json_text.write(node)}")

    def _found(self, name: str, space: str | None) -> Schema:
        if name in PRIMITIVES:
            return Primitive(type=name, props={})
        full = f"{space}.{name}" if space is not None and "." not in name else name
        return self._definitions.find(full) or self._definitions.find(name) or Unresolved(full_name=full)

    def _defined(self, node: dict[str, Json], space: str | None) -> Schema:
        match _required(node, "type", "No type"):
            case kind if kind in PRIMITIVES:
                return Primitive(type=kind, props=_props(node, _RESERVED))
            case "record" | "error":
                return self._record(node, space)
            case "enum":
                return self._enum(node, space)
            case "array":
                items = self._schema(_part(node, "items", "Array has no items type"), space)
                return Array(items=items, props=_props(node, _RESERVED))
            case "map":
                values = self._schema(_part(node, "values", "Map has no values type"), space)
                return Map(values=values, props=_props(node, _RESERVED))
            case "fixed":
                return self._fixed(node, space)
            case kind:
                return self._found(kind, space)

    def _record(self, node: dict[str, Json], space: str | None) -> Schema:
        name = self._name(node, space)
        fields = _part(node, "fields", "Record has no fields", kind=list)
        record = Record(
            name=name,
            doc=_text(node, "doc"),
            is_error=node["type"] == "error",
            fields=[self._field(each, name.space) for each in fields],
            props=_props(node, _RESERVED),
            aliases=self._aliases(node, name),
        )
        _check_once([each.name for each in record.fields], f"Duplicate field {{}} in record {name.full}")
        return self._define(record)

    def _field(self, node: Json, space: str | None) -> Field:
        if not isinstance(node, dict):
            raise InvalidSchema(f"No field name: {json_text.write(node)}")
        name = _required(node, "name", "No field name")
        self._check_name(name)
        schema = self._schema(_part(node, "type", "No field type"), space)
        field = Field(
            name=name,
            schema=schema,
            doc=_text(node, "doc"),
            default=_default(node, schema),
            has_default="default" in node,
            order=_order(node),
            aliases=_aliases(node),
            props=_props(node, _FIELD_RESERVED),
        )
        self._check_field(field)
        return field

    def _check_field(self, field: Field) -> None:
        """Called again when its type is known, if it was not at first."""
        if self._strict and field.has_default and not is_valid(field.schema, field.default):
            shown = print_schema(field.schema)
            raise InvalidSchema(
                f"Invalid default for field {field.name}: {json_text.write(field.default)} not a {shown}"
            )

    def _enum(self, node: dict[str, Json], space: str | None) -> Schema:
        name = self._name(node, space)
        symbols = _part(node, "symbols", "Enum has no symbols", kind=list)
        for each in symbols:
            if not isinstance(each, str):
                raise InvalidSchema("Null name")
            self._check_name(each)
        _check_once(symbols, "Duplicate enum symbol: {}")
        default = _text(node, "default")
        if default is not None and default not in symbols:
            raise InvalidSchema(f"The Enum Default: {default} is not in the enum symbol set: [{', '.join(symbols)}]")
        return self._define(
            Enum(
                name=name,
                doc=_text(node, "doc"),
                symbols=symbols,
                default=default,
                props=_props(node, _ENUM_RESERVED),
                aliases=self._aliases(node, name),
            )
        )

    def _fixed(self, node: dict[str, Json], space: str | None) -> Schema:
        name = self._name(node, space)
        size = node.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= _SIZE_MAX:
            raise InvalidSchema(f"Invalid or no size: {json_text.write(node)}")
        return self._define(
            Fixed(
                name=name,
                doc=_text(node, "doc"),
                size=size,
                props=_props(node, _RESERVED),
                aliases=self._aliases(node, name),
            )
        )

    def _name(self, node: dict[str, Json], space: str | None) -> Name:
        stated = _text(node, "namespace")
        name = name_of(_required(node, "name", "No name in schema"), space if stated is None else stated)
        self._check_name(name.simple)
        if name.full in PRIMITIVES:
            raise InvalidSchema(f"Schemas may not be named after primitives: {name.full}")
        return name

    def _aliases(self, node: dict[str, Json], name: Name) -> list[Name]:
        """A bare alias is of the type's own namespace."""
        names = [name_of(each, name.space) for each in _aliases(node)]
        for each in names:
            self._check_name(each.simple)
        return list(dict.fromkeys(names))

    def _define(self, schema: Record | Enum | Fixed) -> Schema:
        check_full(schema.name, self._check_space)
        self._definitions.add(schema)
        return schema


def _check_once(names: Sequence[str], complaint: str) -> None:
    seen: dict[str, None] = {}
    for each in names:
        if each in seen:
            raise InvalidSchema(complaint.format(each))
        seen[each] = None


def _default(node: dict[str, Json], schema: Schema) -> Json:
    """A number that JSON has no word for, such as NaN, may be a string."""
    value = node.get("default")
    if isinstance(value, str) and schema.type in ("float", "double"):
        try:
            return float(value)
        except ValueError:
            raise InvalidSchema(f'For input string: "{value}"') from None
    return value


def _order(node: dict[str, Json]) -> str:
    if "order" not in node:
        return _ORDERS[0]
    order = node["order"].lower() if isinstance(node["order"], str) else None
    if order not in _ORDERS:
        raise InvalidSchema(f"a field's order is one of {', '.join(_ORDERS)}, not {json_text.write(node['order'])}")
    return order


def _aliases(node: dict[str, Json]) -> list[str]:
    if "aliases" not in node:
        return []
    aliases = node["aliases"]
    if not isinstance(aliases, list):
        raise InvalidSchema(f"aliases not an array: {json_text.write(node)}")
    for each in aliases:
        if not isinstance(each, str):
            raise InvalidSchema(f"alias not a string: {json_text.write(each)}")
    return list(dict.fromkeys(aliases))


def _props(node: Mapping[str, Json], reserved: frozenset[str]) -> Props:
    return {key: value for key, value in node.items() if key not in reserved}


def _text(node: Mapping[str, Json], key: str) -> str | None:
    value = node.get(key)
    return value if isinstance(value, str) else None


def _required(node: dict[str, Json], key: str, complaint: str) -> str:
    text = _text(node, key)
    if text is None:
        raise InvalidSchema(f"{complaint}: {json_text.write(node)}")
    return text


def _part(node: dict[str, Json], key: str, complaint: str, *, kind: type | None = None) -> Json:
    if key not in node or (kind is not None and not isinstance(node[key], kind)):
        raise InvalidSchema(f"{complaint}: {json_text.write(node)}")
    return node[key]
