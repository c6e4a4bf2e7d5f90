"""Where Confluent calls two schemas compatible although documents that were valid are no longer: words that it does not compare.

The two documents are walked side by side, as they are written. Each of what is found is a sentence for people.
"""

from collections.abc import Iterator
from typing import Final

from headwater.registry.formats.json_text import Json

_NOT_COMPARED: Final = (
    "contains", "minContains", "maxContains", "propertyNames", "patternProperties", "if", "then", "else",
    "unevaluatedProperties", "unevaluatedItems", "format", "contentEncoding", "contentMediaType",
)  # fmt: skip
_BY_NAME: Final = ("properties", "$defs", "definitions")
_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_BYTES: Final = "connect.type"


def losses(reader: Json, writer: Json) -> list[str]:
    return list(_between(reader, writer, "#"))


def _between(reader: Json, writer: Json, path: str) -> Iterator[str]:
    if not isinstance(reader, dict) or not isinstance(writer, dict) or reader == writer:
        return
    for word in _NOT_COMPARED:
        if word in reader and reader[word] != writer.get(word):
            yield f"{path}: {word} has changed, which is not compared"
    yield from _required(reader, writer, path)
    yield from _types(reader, writer, path)
    yield from _limits(reader, writer, path)
    yield from _behind_references(reader, writer, path)
    for word in _BY_NAME:
        was, now = writer.get(word), reader.get(word)
        if isinstance(was, dict) and isinstance(now, dict):
            for name in (each for each in now if each in was):
                yield from _between(now[name], was[name], f"{path}/{word}/{name}")
    for word in _LISTS:
        was, now = writer.get(word), reader.get(word)
        if isinstance(was, list) and isinstance(now, list):
            for place, pair in enumerate(zip(now, was, strict=False)):
                yield from _between(*pair, f"{path}/{word}/{place}")
    for word in ("items", "additionalProperties", "additionalItems", "not"):
        yield from _between(reader.get(word), writer.get(word), f"{path}/{word}")


def _required(reader: dict[str, Json], writer: dict[str, Json], path: str) -> Iterator[str]:
    properties = reader.get("properties")
    named = properties if isinstance(properties, dict) else {}
    was, now = writer.get("required"), reader.get("required")
    for name in now if isinstance(now, list) else ():
        if isinstance(was, list) and name in was:
            continue
        if name not in named:
            yield f"{path}: {name} has become required and is not among the properties, so it is not looked at"
        elif isinstance(named[name], dict) and "default" in named[name]:
            yield f"{path}: {name} has become required; its default stands for it, but validators don't fill it in"


def _types(reader: dict[str, Json], writer: dict[str, Json], path: str) -> Iterator[str]:
    was, now = writer.get("type"), reader.get("type")
    if was != now and writer.get(_BYTES) == reader.get(_BYTES) == "bytes":
        yield f"{path}: was {was} and is {now}, and both are bytes to Connect, so it is not compared"
    if was is None and now is not None and not _refers(writer):
        yield f"{path}: is {now} alone, where any type was valid"
    branches, before = reader.get("oneOf"), writer.get("oneOf")
    if isinstance(branches, list) and isinstance(before, list) and len(branches) > len(before):
        yield f"{path}: oneOf has more branches, and what fits two of them is not valid any more"


def _refers(schema: dict[str, Json]) -> bool:
    return any(word in schema for word in ("$ref", "allOf", "anyOf", "oneOf", "enum", "const"))


def _limits(reader: dict[str, Json], writer: dict[str, Json], path: str) -> Iterator[str]:
    """Where both are said before and after, Confluent looks at one of them."""
    for inclusive, exclusive in (("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum")):
        both = all(word in side for word in (inclusive, exclusive) for side in (reader, writer))
        if both and reader[exclusive] != writer[exclusive]:
            yield f"{path}: of {exclusive} and {inclusive} only one is compared, and the other is narrower now"


def _behind_references(reader: dict[str, Json], writer: dict[str, Json], path: str) -> Iterator[str]:
    """A definition that only refers to another one."""
    for word in ("$defs", "definitions"):
        was, now = writer.get(word), reader.get(word)
        if not isinstance(was, dict) or not isinstance(now, dict):
            continue
        prefix = f"{path}/{word}/"
        named = [each["$ref"] for each in now.values() if isinstance(each, dict) and isinstance(each.get("$ref"), str)]
        for name in dict.fromkeys(each.removeprefix(prefix) for each in named if each.startswith(prefix)):
            if was.get(name, now.get(name)) != now.get(name):
                yield f"{prefix}{name}: has changed, and what is behind two references is not compared"
