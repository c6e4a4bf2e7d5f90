"""kafka-python as an oracle: what we write it reads as the same values, and what it writes we read as the same message."""

from importlib import import_module
from itertools import chain
from pkgutil import walk_packages
from random import Random
from typing import Any

import pytest
from kafka.protocol.api_message import ApiMessage
from tests.wire.made import made
from tests.wire.sameness import assert_same

from headwater.wire.apis import APIS
from headwater.wire.codec import decode, encode_bytes
from headwater.wire.schema import Message


def known_to_kafka_python() -> dict[str, Any]:
    rooms = ("admin", "consumer", "metadata", "producer", "sasl")
    modules = [import_module(f"kafka.protocol.{room}") for room in rooms]
    inner = chain.from_iterable(
        walk_packages(module.__path__, f"{module.__name__}.") for module in modules if hasattr(module, "__path__")
    )
    modules += [import_module(each.name) for each in inner]
    return {name: each for module in modules for name, each in vars(module).items() if is_message(each)}


def is_message(each: object) -> bool:
    return isinstance(each, type) and issubclass(each, ApiMessage) and each is not ApiMessage


# Any ApiVersions response with an error it takes for version 0.
NOT_ASKED = "ApiVersionsResponse"

THEIRS = known_to_kafka_python()
KNOWN = [
    kind
    for api in APIS.values()
    for kind in (api.request, api.response)
    if kind.__name__ in THEIRS.keys() - {NOT_ASKED}
]


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.__name__)
def test_kafka_python_and_we_read_each_other(kind: type[Message]) -> None:
    theirs = THEIRS[kind.__name__]
    random = Random(kind.__name__)
    for version in range(kind.VERSIONS.first, min(kind.VERSIONS.last, theirs.valid_versions[1]) + 1):

        def fields_of(each: Any, version: int = version) -> list[str]:
            return [field.name for field in each._struct.fields.values() if field.for_version_q(version)]

        for _ in range(3):
            message = made(kind, version, random)
            entity = theirs.decode(encode_bytes(message, version), version=version)
            assert_same(message, entity, version, fields_of)
            entity._header = None  # a decoded request has none, and one of them asks for it
            assert decode(kind, version, bytes(entity.encode())) == message
