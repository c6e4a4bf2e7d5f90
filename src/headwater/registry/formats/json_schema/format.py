"""JSON Schema behind the port of formats."""

from functools import cached_property
from typing import Final

from headwater.registry.errors import InvalidSchema, RemoteReference
from headwater.registry.formats import json_text
from headwater.registry.formats.format import Source, Tags
from headwater.registry.formats.json_schema.comparing.comparison import differences
from headwater.registry.formats.json_schema.comparing.difference import LENIENTLY_COMPATIBLE, STRICTLY_COMPATIBLE
from headwater.registry.formats.json_schema.loading.load import load
from headwater.registry.formats.json_schema.losses import losses
from headwater.registry.formats.json_schema.model import Object, Schema
from headwater.registry.formats.json_schema.normalization import normalized
from headwater.registry.formats.json_schema.tags import retagged, tags_of
from headwater.registry.formats.json_schema.to_logical import to_logical
from headwater.registry.formats.json_text import Json, write
from headwater.registry.formats.logical.errors import NotLogical
from headwater.registry.formats.logical.types import TOO_DEEP, Logical

_RESERVED: Final = "$$"
_REFERS_ELSEWHERE: Final = "A previous schema version contains an unsupported external reference"


class JsonSchema:
    """What is stored already is only loaded when it is compared, so that it stays readable."""

    def __init__(self, json: Json, source: Source) -> None:
        self._json = json
        self._source = source
        self.text: Final = write(json)

    @property
    def name(self) -> str | None:
        """Its title."""
        if not isinstance(self._json, dict) or "title" not in self._json:
            return None
        title = self._json["title"]
        match title:
            case str():
                return title
            case dict() | list():
                return ""
            case _:
                return write(title)

    @property
    def meaning(self) -> str:
        """Its text: another order of keys is another schema to a look-up."""
        return self.text

    def check(self) -> None:
        _ = self.schema

    def check_fields(self) -> None:
        schema = self.schema
        reserved = (
            [each for each in schema.properties if each.startswith(_RESERVED)] if isinstance(schema, Object) else []
        )
        if reserved:
            raise InvalidSchema(f"#: Field names cannot start with {_RESERVED} prefix: {reserved[0]}")

    def formatted(self, form: str) -> str:
        """There is only one."""
        del form
        return self.text

    def normalized(self) -> "JsonSchema":
        return JsonSchema(normalized(self._json), self._source)

    def has_field(self, name: str) -> bool:
        properties = self._json.get("properties") if isinstance(self._json, dict) else None
        return isinstance(properties, dict) and name in properties

    def tags(self) -> Tags:
        return tags_of(self.schema)

    def tagged(self, *, add: Tags, remove: Tags) -> "JsonSchema":
        return JsonSchema(retagged(self._json, add=add, remove=remove), self._source)

    def differences_from(self, writer: "JsonSchema", *, lenient: bool = False) -> list[str]:
        """Raises InvalidSchema where one of the two was stored without having been understood."""
        compatible = LENIENTLY_COMPATIBLE if lenient else STRICTLY_COMPATIBLE
        try:
            found = differences(writer.schema, self.schema, compatible)
        except RemoteReference:
            return [_REFERS_ELSEWHERE]
        return [str(each) for each in found if each.kind not in compatible]

    def losses_from(self, writer: "JsonSchema") -> list[str]:
        try:
            return losses(self._json, writer._json)
        except RecursionError:
            raise InvalidSchema("Invalid JSON: it is nested too deeply") from None

    def logical(self) -> Logical:
        try:
            return to_logical(self.schema)
        except RecursionError:
            raise NotLogical(TOO_DEEP) from None

    @cached_property
    def schema(self) -> Schema:
        """Raises InvalidSchema."""
        try:
            return load(self._json, self._source.references)
        except RecursionError:
            raise InvalidSchema("Invalid JSON: it is nested too deeply") from None


class JsonSchemaFormat:
    type: Final = "JSON"

    def parse(self, source: Source, *, strict: bool) -> JsonSchema:
        """The same for new ones, which are told apart by being checked."""
        del strict
        if not source.text.isprintable() and _has_lone_surrogate(source.text):
            raise InvalidSchema("Invalid JSON schema: half a character")
        return JsonSchema(json_text.read_exactly(source.text), source)


def _has_lone_surrogate(text: str) -> bool:
    return any("\ud800" <= each <= "\udfff" for each in text)
