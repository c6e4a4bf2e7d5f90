"""JSON documents to data of a schema and back: the port that each format stands behind."""

from collections.abc import Mapping
from typing import Protocol

from headwater.registry.errors import UnknownFormat


class Serde(Protocol):
    """One schema. Both raise UnfitData, which says where and why."""

    def write(self, document: bytes) -> bytes:
        """A JSON document, as data."""
        ...

    def read(self, data: bytes) -> bytes:
        """Data, as a JSON document without a line's end in it."""
        ...


def serde_of(type_: str, text: str, references: Mapping[str, str]) -> Serde:
    """`references` are the texts that the schema refers to, by its names for them, each after those that it needs itself."""
    match type_:
        case "AVRO":
            from headwater.registry.serdes.avro import AvroSerde

            return AvroSerde(text, references)
        case "JSON":
            from headwater.registry.serdes.json_schema import JsonSerde

            return JsonSerde(text, references)
        case "PROTOBUF":
            from headwater.registry.serdes.protobuf import ProtobufSerde

            return ProtobufSerde(text, references)
        case _:
            raise UnknownFormat(type_)
