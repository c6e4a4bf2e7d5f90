"""Which formats there are, by the names that they have in the API. One is loaded when it is first asked for."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from headwater.registry.formats.format import Format


def _avro() -> Format:
    from headwater.registry.formats.avro.format import AvroFormat

    return AvroFormat()


def _json() -> Format:
    from headwater.registry.formats.json_schema.format import JsonSchemaFormat

    return JsonSchemaFormat()


def _protobuf() -> Format:
    from headwater.registry.formats.protobuf.format import ProtobufFormat

    return ProtobufFormat()


_MAKERS: Final[Mapping[str, Callable[[], Format]]] = {"JSON": _json, "PROTOBUF": _protobuf, "AVRO": _avro}

TYPES: Final = tuple(_MAKERS)
"""In the order in which Confluent tells them."""
DEFAULT_TYPE: Final = "AVRO"


@cache
def format_of(name: str) -> Any:
    """What it parses is compared with nothing but what it parsed itself."""
    return _MAKERS[name]()
