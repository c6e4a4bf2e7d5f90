"""Strings: their length and pattern. A format is no assertion to Confluent's comparison."""

from headwater.registry.formats.json_schema.comparing.difference import Difference
from headwater.registry.formats.json_schema.comparing.step import limit
from headwater.registry.formats.json_schema.model import String


def string_differences(original: String, update: String) -> list[Difference]:
    return [
        *limit("MAX_LENGTH", "maxLength", original.length_max, update.length_max),
        *limit("MIN_LENGTH", "minLength", original.length_min, update.length_min),
        *_pattern(original.pattern, update.pattern),
    ]


def _pattern(original: str | None, update: str | None) -> list[Difference]:
    if original == update:
        return []
    change = "ADDED" if original is None else "REMOVED" if update is None else "CHANGED"
    return [Difference(f"PATTERN_{change}", ("pattern",))]
