"""JSON data: the document itself, if the schema takes it."""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import msgspec

from headwater.registry.errors import InvalidSchema, UnfitData

_DEFAULT_DRAFT = jsonschema_rs.Draft7Validator


class JsonSerde:
    def __init__(self, text: str, references: Mapping[str, str]) -> None:
        try:
            resources = {name: json.loads(each) for name, each in references.items()}
            self._validator = _validator(json.loads(text), resources)
        except (ValueError, jsonschema_rs.ReferencingError) as problem:
            raise InvalidSchema(str(problem)) from problem

    def write(self, document: bytes) -> bytes:
        self._check(document)
        return document

    def read(self, data: bytes) -> bytes:
        """What was written is shown, whether it fits or not: it can't be made to."""
        try:
            return msgspec.json.encode(msgspec.json.decode(data))
        except msgspec.DecodeError as problem:
            raise UnfitData(f"it can't be read: {problem}") from problem

    def _check(self, document: bytes) -> None:
        try:
            self._validator.validate(msgspec.json.decode(document))
        except (jsonschema_rs.ValidationError, msgspec.DecodeError) as problem:
            raise UnfitData(str(problem).splitlines()[0]) from problem


def _validator(schema: Any, resources: dict[str, Any]) -> Any:
    """A schema that names no draft is one of draft 7, as Confluent's serializers have it."""
    registry = jsonschema_rs.Registry(list(resources.items())) if resources else None
    if isinstance(schema, dict) and "$schema" not in schema:
        return _DEFAULT_DRAFT(schema, registry=registry)
    return jsonschema_rs.validator_for(schema, registry=registry)
