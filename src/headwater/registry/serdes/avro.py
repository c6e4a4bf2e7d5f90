"""Avro data. In its documents bytes are text of one character a byte and logical types are what they are stored as, as in Avro's
own JSON encoding; but a union's value stands as it is, without the name of its branch, where that is clear."""

import io
import json
from collections.abc import Mapping
from typing import Any

import fastavro
import msgspec
from fastavro.schema import SchemaParseException

from headwater.registry.errors import InvalidSchema, UnfitData

_NAMED = frozenset({"record", "error", "enum", "fixed"})


class AvroSerde:
    def __init__(self, text: str, references: Mapping[str, str]) -> None:
        self._named: dict[str, Any] = {}
        try:
            for each in references.values():
                self._parse(each)
            self._schema = self._parse(text)
        except (SchemaParseException, ValueError) as problem:
            raise InvalidSchema(str(problem)) from problem

    def _parse(self, text: str) -> Any:
        return fastavro.parse_schema(_plain(json.loads(text)), named_schemas=self._named)

    def write(self, document: bytes) -> bytes:
        out = io.BytesIO()
        try:
            value = _with_bytes(msgspec.json.decode(document), self._schema, self._named)
            fastavro.schemaless_writer(out, self._schema, value, strict_allow_default=True)
        except (ValueError, TypeError, KeyError, AttributeError, msgspec.DecodeError) as problem:
            raise UnfitData(str(problem) or type(problem).__name__) from problem
        return out.getvalue()

    def read(self, data: bytes) -> bytes:
        source = io.BytesIO(data)
        try:
            value = fastavro.schemaless_reader(source, self._schema, None)
        except (ValueError, TypeError, EOFError, IndexError, KeyError, MemoryError, OverflowError) as problem:
            raise UnfitData(f"it can't be read: {str(problem) or type(problem).__name__}") from problem
        if source.tell() != len(data):
            raise UnfitData(f"{len(data) - source.tell()} bytes remain behind it")
        return msgspec.json.encode(_with_text(value))


def _plain(schema: Any) -> Any:
    """Without logical types."""
    match schema:
        case dict():
            return {name: _plain(each) for name, each in schema.items() if name != "logicalType"}
        case list():
            return [_plain(each) for each in schema]
        case _:
            return schema


def _with_text(value: Any) -> Any:
    match value:
        case bytes():
            return value.decode("latin-1")
        case dict():
            return {name: _with_text(each) for name, each in value.items()}
        case list():
            return [_with_text(each) for each in value]
        case _:
            return value


def _with_bytes(value: Any, schema: Any, named: Mapping[str, Any]) -> Any:
    """What a document has as text where the schema wants bytes."""
    if isinstance(schema, str) and schema in named:
        schema = named[schema]
    if isinstance(schema, list):
        return _of_union(value, schema, named)
    kind = schema["type"] if isinstance(schema, dict) else schema
    match value:
        case str() if kind in {"bytes", "fixed"}:
            return value.encode("latin-1")
        case dict() if kind in {"record", "error"}:
            fields = {each["name"]: each["type"] for each in schema["fields"]}
            return {
                name: _with_bytes(each, fields[name], named) if name in fields else each for name, each in value.items()
            }
        case dict() if kind == "map":
            return {name: _with_bytes(each, schema["values"], named) for name, each in value.items()}
        case list() if kind == "array":
            return [_with_bytes(each, schema["items"], named) for each in value]
        case _ if isinstance(kind, dict | list):
            return _with_bytes(value, kind, named)
        case _:
            return value


def _of_union(value: Any, branches: list[Any], named: Mapping[str, Any]) -> Any:
    """The branch by name, `{"string": "a"}`, as Avro's JSON encoding has it; or the first that the value fits."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, inner),) = value.items()
        for branch in branches:
            if name == _name(branch):
                inner = _with_bytes(inner, branch, named)
                return (name, inner) if name in named else inner
    for branch in branches:
        fitted = _with_bytes(value, branch, named)
        if fastavro.validate(fitted, _whole(branch, named), raise_errors=False):
            return fitted
    return value


def _whole(branch: Any, named: Mapping[str, Any]) -> Any:
    return named.get(branch, branch) if isinstance(branch, str) else branch


def _name(branch: Any) -> str:
    if isinstance(branch, str):
        return branch
    return str(branch["name"] if branch["type"] in _NAMED else branch["type"])
