"""Avro behind the port of formats."""

from collections.abc import Callable
from typing import Final, TypeVar

from headwater.registry.errors import AmbiguousField, InvalidSchema
from headwater.registry.formats.avro.compatibility import differences
from headwater.registry.formats.avro.losses import losses
from headwater.registry.formats.avro.model import Record, Schema, full_name
from headwater.registry.formats.avro.normalization import normalized_text
from headwater.registry.formats.avro.parse import parse_all
from headwater.registry.formats.avro.printing import print_schema
from headwater.registry.formats.avro.tags import retagged, tags_of
from headwater.registry.formats.avro.to_logical import to_logical
from headwater.registry.formats.format import Source, Tags
from headwater.registry.formats.logical.types import Logical

T = TypeVar("T")

RESOLVED: Final = "resolved"


class AvroSchema:
    """`known` are the full names of the types that its references are about: they are named in its text, not repeated."""

    def __init__(self, schema: Schema, source: Source, *, known: tuple[str, ...], strict: bool) -> None:
        self._schema = schema
        self._source = source
        self._known = known
        self._strict = strict
        self.text: Final = _bounded(lambda: print_schema(schema, known=known))

    @property
    def name(self) -> str | None:
        return self._schema.name.full if isinstance(self._schema, Record) else None

    @property
    def meaning(self) -> str:
        return _bounded(lambda: print_schema(self._schema))

    def check(self) -> None:
        """What was read is one."""

    def check_fields(self) -> None:
        """Avro's own rules are all there are."""

    def formatted(self, form: str) -> str:
        """`resolved`: with what it refers to in its places."""
        return print_schema(self._schema) if form == RESOLVED else self.text

    def normalized(self) -> "AvroSchema":
        text = _bounded(lambda: normalized_text(self._schema, known=self._known))
        source = Source(text=text, references=self._source.references)
        return AvroFormat().parse(source, strict=self._strict)

    def has_field(self, name: str) -> bool:
        return isinstance(self._schema, Record) and any(each.name == name for each in self._schema.fields)

    def tags(self) -> Tags:
        return _bounded(lambda: tags_of(self._schema))

    def tagged(self, *, add: Tags, remove: Tags) -> "AvroSchema":
        source = Source(text=retagged(self.text, add=add, remove=remove), references=self._source.references)
        return AvroFormat().parse(source, strict=self._strict)

    def differences_from(self, writer: "AvroSchema", *, lenient: bool = False) -> list[str]:
        del lenient
        try:
            return _bounded(lambda: [str(each) for each in differences(self._schema, writer._schema)])
        except AmbiguousField as problem:
            return [f"Unexpected exception during compatibility check: {problem}"]

    def logical(self) -> Logical:
        return _bounded(lambda: to_logical(self._schema))

    def losses_from(self, writer: "AvroSchema") -> list[str]:
        return _bounded(lambda: losses(self._schema, writer._schema))


class AvroFormat:
    type: Final = "AVRO"

    def parse(self, source: Source, *, strict: bool) -> AvroSchema:
        *references, schema = _bounded(lambda: parse_all((*source.references.values(), source.text), strict=strict))
        known = tuple(full_name(each) for each in references)
        return AvroSchema(schema, source, known=known, strict=strict)


def _bounded(work: Callable[[], T]) -> T:
    """Types that nest through their definitions are as deep as the text is long."""
    try:
        return work()
    except RecursionError:
        raise InvalidSchema("its types are nested too deeply") from None
