"""Protobuf behind the port of formats."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Source, Tags
from headwater.registry.formats.logical.types import Logical, reference
from headwater.registry.formats.protobuf.compatibility import Side, breaking
from headwater.registry.formats.protobuf.elements import File, Message
from headwater.registry.formats.protobuf.from_descriptor import read_descriptor
from headwater.registry.formats.protobuf.known_files import PATHS, known_file
from headwater.registry.formats.protobuf.linking import link
from headwater.registry.formats.protobuf.losses import losses
from headwater.registry.formats.protobuf.metadata import tags_of
from headwater.registry.formats.protobuf.normalization import normalized_file
from headwater.registry.formats.protobuf.plain_form import plain_file
from headwater.registry.formats.protobuf.printing import print_file
from headwater.registry.formats.protobuf.reader import read_file
from headwater.registry.formats.protobuf.retagging import retagged
from headwater.registry.formats.protobuf.to_descriptor import descriptor_of
from headwater.registry.formats.protobuf.to_logical import to_logical
from headwater.registry.formats.protobuf.type_table import Types

T = TypeVar("T")


class ProtobufSchema:
    """`references` are the files that it refers to, by the names that it imports them by."""

    def __init__(self, file: File, references: Mapping[str, File], *, text: str | None = None) -> None:
        self._file = file
        self._references = references
        self._types = Types(file, references)
        self.text: Final = print_file(file) if text is None else text

    def resolve(self) -> None:
        """Raises InvalidSchema where a name means nothing, or where what Confluent would normalise it to is no schema."""
        read_file(print_file(normalized_file(self._file, self._types)))

    @property
    def name(self) -> str | None:
        """Of its first message; of its first enum where it has no message."""
        file = self._shown_file()
        first = next((each for each in file.types if isinstance(each, Message)), None) or next(iter(file.types), None)
        if first is None:
            return None
        return f"{file.package}.{first.name}" if file.package else first.name

    @property
    def meaning(self) -> str:
        return self.text

    def check(self) -> None:
        """What was read is one."""

    def check_fields(self) -> None:
        """Whether protobuf itself takes it: no number twice, no enum without zero where there has to be one."""
        link(self._file, self._references)

    def formatted(self, form: str) -> str:
        match form.lower():
            case "ignore_extensions":
                return print_file(plain_file(self._file))
            case "serialized":
                return b64encode(self._described()).decode()
            case _:
                return self.text

    def _described(self) -> bytes:
        known = (*PATHS, *self._references)
        data: bytes = descriptor_of(self._file, self._types, known).SerializeToString(deterministic=True)
        return data

    def has_field(self, name: str) -> bool:
        """In any of its messages, but not in a oneof."""
        messages = (each for each in self._shown_file().types if isinstance(each, Message))
        return any(field.name == name for message in messages for field in message.fields)

    def tags(self) -> Tags:
        return tags_of(self._file)

    def tagged(self, *, add: Tags, remove: Tags) -> "ProtobufSchema":
        text = print_file(retagged(self._file, add=add, remove=remove))
        return ProtobufSchema(read_file(text), self._references)

    def _shown_file(self) -> File:
        """The one that it imports publicly, where it does nothing else."""
        file = self._file
        if file.types or file.imports or file.services or file.extends or len(file.public_imports) != 1:
            return file
        path = file.public_imports[0]
        shown = self._references.get(path) or (known_file(path) if path in PATHS else None)
        return shown if shown and shown.types else file

    def differences_from(self, writer: "ProtobufSchema", *, lenient: bool = False) -> list[str]:
        del lenient
        return [str(each) for each in _bounded(lambda: breaking(writer._side, self._side))]

    def losses_from(self, writer: "ProtobufSchema") -> list[str]:
        return _bounded(lambda: losses(writer._side, self._side))

    @property
    def _side(self) -> Side:
        return Side(self._file, self._types)

    def logical(self) -> Logical:
        if not self._file.types and self._file.public_imports:
            return Logical(root=reference(self.name or ""))
        return _bounded(lambda: to_logical(link(self._file, self._references), list(self._references)))

    def normalized(self) -> "ProtobufSchema":
        text = print_file(normalized_file(self._file, self._types))
        return ProtobufSchema(read_file(text), self._references, text=text)


class ProtobufFormat:
    type: Final = "PROTOBUF"

    def parse(self, source: Source, *, strict: bool) -> ProtobufSchema:
        return _bounded(lambda: _parse(source, strict=strict))


def _parse(source: Source, *, strict: bool) -> ProtobufSchema:
    schema = ProtobufSchema(_read(source.text), {name: _read(text) for name, text in source.references.items()})
    if strict:
        schema.resolve()
    return schema


def _read(text: str) -> File:
    """A text, or a descriptor as base64. What is neither is called a bad text."""
    try:
        return read_file(text)
    except InvalidSchema as problem:
        try:
            return read_descriptor(text)
        except InvalidSchema:
            raise problem from None


def _bounded(work: Callable[[], T]) -> T:
    try:
        return work()
    except RecursionError:
        raise InvalidSchema("it is nested too deeply") from None
