"""The drafts of the specification: which one a schema follows, and what differs between the older ones."""

from enum import IntEnum
from typing import Final

from headwater.registry.formats.json_text import Json


class Draft(IntEnum):
    DRAFT_4 = 4
    DRAFT_6 = 6
    DRAFT_7 = 7
    DRAFT_2019_09 = 2019
    DRAFT_2020_12 = 2020

    @property
    def is_newer(self) -> bool:
        return self >= Draft.DRAFT_2019_09

    @property
    def id_keyword(self) -> str:
        return "id" if self is Draft.DRAFT_4 else "$id"

    @property
    def array_keywords(self) -> tuple[str, ...]:
        return _ARRAY if self is Draft.DRAFT_4 else (*_ARRAY, "contains")

    @property
    def object_keywords(self) -> tuple[str, ...]:
        return _OBJECT if self is Draft.DRAFT_4 else (*_OBJECT, "propertyNames")


NUMBER_KEYWORDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
STRING_KEYWORDS: Final = ("minLength", "maxLength", "pattern", "format")
CONDITIONAL_KEYWORDS: Final = ("if", "then", "else")
_ARRAY: Final = ("items", "additionalItems", "minItems", "maxItems", "uniqueItems")
_OBJECT: Final = (
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "dependencies",
    "patternProperties",
    "additionalProperties",
)
_PATHS: Final = {
    "draft-04/schema": Draft.DRAFT_4,
    "schema": Draft.DRAFT_4,
    "draft-06/schema": Draft.DRAFT_6,
    "draft-07/schema": Draft.DRAFT_7,
    "draft/2019-09/schema": Draft.DRAFT_2019_09,
    "draft/2020-12/schema": Draft.DRAFT_2020_12,
}
_URLS: Final = {
    f"{scheme}://json-schema.org/{path}": draft for scheme in ("http", "https") for path, draft in _PATHS.items()
}


def draft_of(schema: Json) -> Draft:
    """By its `$schema`; draft 7 where it doesn't say, or says what nobody knows."""
    url = schema.get("$schema") if isinstance(schema, dict) else None
    return _URLS.get(url.removesuffix("#"), Draft.DRAFT_7) if isinstance(url, str) else Draft.DRAFT_7


def older_draft_of(schema: Json, otherwise: Draft) -> Draft:
    """Of a document that an older schema refers to. Confluent looks at how the URL begins."""
    url = schema.get("$schema") if isinstance(schema, dict) else None
    if not isinstance(url, str):
        return otherwise
    return next((draft for known, draft in _URLS.items() if url.startswith(known) and not draft.is_newer), otherwise)
