"""Where Confluent calls two schemas compatible, as Avro's Java library does, although some data does not survive it.

Each is a sentence for people: where in the reader's schema, and what is lost.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from headwater.registry.formats.avro.model import Array, Map, Record, Schema, Union, full_name

LOSSES: Final[Mapping[tuple[str, str], str]] = {
    ("bytes", "string"): "bytes that are no UTF-8 can't be read as text",
    ("int", "float"): "whole numbers beyond 2^24 lose digits",
    ("long", "float"): "whole numbers beyond 2^24 lose digits",
    ("long", "double"): "whole numbers beyond 2^53 lose digits",
}
"""By the types of writer and reader."""
_MEANINGS: Final = ("logicalType", "scale")
"""What the same bytes mean, which is not compared."""


def losses(reader: Schema, writer: Schema) -> list[str]:
    return list(dict.fromkeys(_Walk().between(reader, writer, "")))


class _Walk:
    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], None] = {}

    def between(self, reader: Schema, writer: Schema, path: str) -> Iterator[str]:
        pair = (id(reader), id(writer))
        if pair in self._seen:
            return
        self._seen[pair] = None
        yield from _here(reader, writer, path)
        match reader, writer:
            case Array(), Array():
                yield from self.between(reader.items, writer.items, f"{path}/items")
            case Map(), Map():
                yield from self.between(reader.values, writer.values, f"{path}/values")
            case Record(), Record():
                yield from self._fields(reader, writer, path)
            case _, Union():
                for branch in writer.branches:
                    yield from self.between(reader, branch, path)
            case Union(), _:
                yield from self.between(_branch_for(reader, writer), writer, path)

    def _fields(self, reader: Record, writer: Record, path: str) -> Iterator[str]:
        written = {each.name: each for each in writer.fields}
        for field in reader.fields:
            found = next((written[name] for name in (field.name, *field.aliases) if name in written), None)
            if found is not None:
                yield from self.between(field.schema, found.schema, f"{path}/{field.name}")


def _branch_for(reader: Union, writer: Schema) -> Schema:
    """The one that its data is read with: of the same type, or else the first that it can become."""
    same = (each for each in reader.branches if full_name(each) == full_name(writer))
    other = (each for each in reader.branches if (writer.type, each.type) in LOSSES)
    return next(same, None) or next(other, None) or writer


def _here(reader: Schema, writer: Schema, path: str) -> Iterator[str]:
    where = path or "/"
    if loss := LOSSES.get((writer.type, reader.type)):
        yield f"{where}: was {writer.type} and is {reader.type}: {loss}"
    if reader.type != writer.type or isinstance(reader, Union) or isinstance(writer, Union):
        return
    for name in _MEANINGS:
        was, now = writer.props.get(name), reader.props.get(name)
        if was != now:
            yield f"{where}: {name} was {_shown(was)} and is {_shown(now)}: readers may take the same data for something else"


def _shown(value: object) -> str:
    return "not said" if value is None else str(value)
