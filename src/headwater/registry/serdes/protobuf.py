"""Protobuf data, by the descriptors of the schema and of all that it imports. Documents are protobuf's own JSON."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError

from headwater.registry.errors import InvalidSchema, UnfitData
from headwater.registry.formats.format import Source
from headwater.registry.formats.protobuf.format import ProtobufFormat
from headwater.registry.formats.protobuf.known_files import known_text
from headwater.registry.serdes.framing import FIRST_MESSAGE, split_indexes, with_indexes

_FILE: Final = "schema.proto"


class ProtobufSerde:
    """What is written is the first message of the file."""

    def __init__(self, text: str, references: Mapping[str, str]) -> None:
        self._references = references
        self._pool = descriptor_pool.DescriptorPool()
        self._added: dict[str, None] = {}
        try:
            self._add(_FILE, text)
            self._file = self._pool.FindFileByName(_FILE)
        except (TypeError, KeyError) as problem:
            raise InvalidSchema(str(problem)) from problem

    def _add(self, name: str, text: str) -> None:
        """After all that it imports; an import that nobody has is left out of its descriptor."""
        self._added[name] = None
        parsed = ProtobufFormat().parse(Source(text=text, references=self._references), strict=False)
        described = descriptor_pb2.FileDescriptorProto.FromString(b64decode(parsed.formatted("serialized")))
        described.name = name
        for each in described.dependency:
            if each not in self._added:
                self._add(each, self._references[each] if each in self._references else known_text(each))
        self._pool.Add(described)

    def write(self, document: bytes) -> bytes:
        message = self._message(FIRST_MESSAGE)
        try:
            json_format.Parse(document, message)
        except json_format.ParseError as problem:
            raise UnfitData(str(problem)) from problem
        return with_indexes(FIRST_MESSAGE, message.SerializeToString())

    def read(self, data: bytes) -> bytes:
        indexes, plain = split_indexes(data)
        message = self._message(indexes)
        try:
            message.ParseFromString(plain)
            return str(json_format.MessageToJson(message, indent=None, preserving_proto_field_name=True)).encode()
        except (DecodeError, json_format.SerializeToJsonError, ValueError) as problem:
            raise UnfitData(f"it can't be read: {problem}") from problem

    def _message(self, indexes: tuple[int, ...]) -> Any:
        types: list[Descriptor] = list(self._file.message_types_by_name.values())
        try:
            found = types[indexes[0]]
            for index in indexes[1:]:
                found = found.nested_types[index]
        except IndexError:
            raise UnfitData(f"there is no message at {list(indexes)} in its schema") from None
        return message_factory.GetMessageClass(found)()
