"""Whether data of one schema can be read with another, as Avro's Java library judges it, in Confluent's words.

All differences are found, not only the first. A pair of types that is met again while it is being compared counts as
compatible there: it is incompatible only if something else about it is.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from headwater.registry.errors import AmbiguousField
from headwater.registry.formats.avro.model import Array, Enum, Field, Fixed, Map, Named, Record, Schema, Union
from headwater.registry.formats.avro.printing import print_schema

DIFFERENCES_MAX: Final = 1_000
"""Types that are used many times in types that are used many times differ in more places than anyone reads."""

_PROMOTED_FROM: Final = {
    "long": ("int",),
    "float": ("int", "long"),
    "double": ("int", "long", "float"),
    "bytes": ("string",),
    "string": ("bytes",),
}
_DESCRIPTIONS: Final = {
    "FIXED_SIZE_MISMATCH": "The size of FIXED type field at path '{path}' in the %s schema does not match with the %s schema",
    "TYPE_MISMATCH": "The type (path '{path}') of a field in the %s schema does not match with the %s schema",
    "NAME_MISMATCH": "The name of the schema has changed (path '{path}')",
    "MISSING_ENUM_SYMBOLS": "The %s schema is missing enum symbols '{detail}' at path '{path}' in the %s schema",
    "MISSING_UNION_BRANCH": "The %s schema is missing a type inside a union field at path '{path}' in the %s schema",
    "READER_FIELD_MISSING_DEFAULT_VALUE": (
        "The field '{detail}' at path '{path}' in the %s schema has no default value and is missing in the %s schema"
    ),
}


class Difference(NamedTuple):
    """`path` points into the reader's schema, as a JSON pointer."""

    kind: str
    path: str
    detail: str

    def __str__(self) -> str:
        """With two places left for which schema is which: the new one or the old one."""
        description = _DESCRIPTIONS[self.kind].format(path=self.path, detail=self.detail)
        return f"{{errorType:'{self.kind}', description:'{description}', additionalInfo:'{self.detail}'}}"


Path = tuple[str, ...]


def differences(reader: Schema, writer: Schema) -> list[Difference]:
    """Why data of `writer` can't be read with `reader`; nothing where it can. Raises AmbiguousField."""
    return _Comparison().compare(reader, writer, ())


class _Comparison:
    def __init__(self) -> None:
        self._found: dict[tuple[int, int], list[Difference]] = {}

    def compare(self, reader: Schema, writer: Schema, path: Path) -> list[Difference]:
        pair = (id(reader), id(writer))
        if pair not in self._found:
            self._found[pair] = []
            self._found[pair] = list(islice(self._differences(reader, writer, path), DIFFERENCES_MAX))
        return self._found[pair]

    def _differences(self, reader: Schema, writer: Schema, path: Path) -> Iterator[Difference]:
        match reader, writer:
            case Array(), Array():
                yield from self.compare(reader.items, writer.items, (*path, "items"))
            case Map(), Map():
                yield from self.compare(reader.values, writer.values, (*path, "values"))
            case Fixed(), Fixed():
                yield from _name_difference(reader, writer, path)
                if reader.size != writer.size:
                    detail = f"expected: {writer.size}, found: {reader.size}"
                    yield _difference("FIXED_SIZE_MISMATCH", (*path, "size"), detail)
            case Enum(), Enum():
                yield from _name_difference(reader, writer, path)
                yield from _missing_symbols(reader, writer, path)
            case Record(), Record():
                yield from _name_difference(reader, writer, path)
                for place, field in enumerate(reader.fields):
                    yield from self._field(field, place, writer, (*path, "fields", str(place)))
            case Union(), Union():
                for place, branch in enumerate(writer.branches):
                    if self._separately(reader, branch):
                        yield _lacking(branch, (*path, str(place)))
            case _, Union():
                for place, branch in enumerate(writer.branches):
                    yield from self.compare(reader, branch, (*path, str(place)))
            case Union(), _:
                if all(self._separately(branch, writer) for branch in reader.branches):
                    yield _lacking(writer, path)
            case _:
                if reader.type != writer.type and writer.type not in _PROMOTED_FROM.get(reader.type, ()):
                    detail = f"reader type: {_shown(reader)} not compatible with writer type: {_shown(writer)}"
                    yield _difference("TYPE_MISMATCH", path, detail)

    def _separately(self, reader: Schema, writer: Schema) -> list[Difference]:
        """Whether there are any: their paths begin anew, and what is found is remembered so."""
        return self.compare(reader, writer, ())

    def _field(self, field: Field, place: int, writer: Record, path: Path) -> Iterator[Difference]:
        written = _written_field(writer, field, place)
        if written is not None:
            yield from self.compare(field.schema, written.schema, (*path, "type"))
        elif isinstance(field.schema, Enum) and field.schema.default is not None and not field.has_default:
            yield from self.compare(field.schema, writer, (*path, "type"))
        elif not field.has_default:
            yield _difference("READER_FIELD_MISSING_DEFAULT_VALUE", path, field.name)


def _written_field(writer: Record, field: Field, place: int) -> Field | None:
    """By its name or one of its aliases. Raises AmbiguousField where several fit."""
    by_name = {each.name: each for each in writer.fields}
    found = [by_name[name] for name in (field.name, *field.aliases) if name in by_name]
    if len(found) > 1:
        raise AmbiguousField(
            f"Reader record field {field.name} type:{_shown(field.schema)} pos:{place} "
            f"matches multiple fields in writer record schema {print_schema(writer)}"
        )
    return found[0] if found else None


def _name_difference(reader: Named, writer: Named, path: Path) -> Iterator[Difference]:
    """Namespaces don't count, but for aliases."""
    if reader.name.simple != writer.name.simple and writer.name.full not in reader.alias_names:
        yield _difference("NAME_MISMATCH", (*path, "name"), f"expected: {writer.name.full}")


def _missing_symbols(reader: Enum, writer: Enum, path: Path) -> Iterator[Difference]:
    missing = sorted(each for each in writer.symbols if each not in reader.symbols)
    if missing and reader.default is None:
        yield _difference("MISSING_ENUM_SYMBOLS", (*path, "symbols"), f"[{', '.join(missing)}]")


def _lacking(writer: Schema, path: Path) -> Difference:
    return _difference("MISSING_UNION_BRANCH", path, f"reader union lacking writer type: {_shown(writer)}")


def _difference(kind: str, path: Path, detail: str) -> Difference:
    return Difference(kind, f"/{'/'.join(path)}", detail)


def _shown(schema: Schema) -> str:
    return schema.type.upper()
