"""Values that are listed. 1 and 1.0 are two of them, as they are in Java."""

from headwater.registry.formats.json_schema.comparing.difference import Difference
from headwater.registry.formats.json_schema.model import Const, Enum
from headwater.registry.formats.json_text import Json, write


def const_differences(original: Const, update: Const) -> list[Difference]:
    return [] if _key(original.value) == _key(update.value) else [Difference("ENUM_ARRAY_CHANGED", ("const",))]


def enum_differences(original: Enum, update: Enum) -> list[Difference]:
    before, after = ({_key(each) for each in schema.values} for schema in (original, update))
    if before == after:
        return []
    change = "EXTENDED" if after >= before else "NARROWED" if before >= after else "CHANGED"
    return [Difference(f"ENUM_ARRAY_{change}", ("enum",))]


def _key(value: Json) -> str:
    """Objects are equal whatever the order of their keys."""
    return write(_sorted(value))


def _sorted(value: Json) -> Json:
    match value:
        case dict():
            return {key: _sorted(value[key]) for key in sorted(value)}
        case list():
            return [_sorted(each) for each in value]
        case _:
            return value
