"""kio as an oracle: what we write it reads as the same values, and what it writes we read as the same message.

kio is made from the same definitions by another hand, one class a version. Its native reader ends the process on hostile
lengths, so it is given honest bytes alone.
"""

from dataclasses import fields
from io import BytesIO
from pkgutil import resolve_name
from random import Random
from typing import Any

import pytest
from kio.schema.index import schema_name_map
from kio.serial import entity_reader, entity_writer
from kio.static.constants import EntityType
from tests.wire.made import made
from tests.wire.sameness import assert_same

from headwater.wire.apis import APIS
from headwater.wire.codec import decode, encode_bytes
from headwater.wire.registry import Api

KNOWN = [api for api in APIS.values() if api.module in schema_name_map]


@pytest.mark.parametrize("api", KNOWN, ids=lambda api: api.name)
@pytest.mark.parametrize("direction", [EntityType.request, EntityType.response], ids=lambda each: each.name)
def test_kio_and_we_read_each_other(api: Api, direction: Any) -> None:
    kind = api.request if direction is EntityType.request else api.response
    random = Random(kind.__name__)
    for version in sorted(set(kind.VERSIONS) & set(schema_name_map[api.module])):
        theirs = resolve_name(schema_name_map[api.module][version][direction])
        read, write = entity_reader(theirs), entity_writer(theirs)
        for _ in range(3):
            message = made(kind, version, random)
            frame = encode_bytes(message, version)
            entity, end = read(frame, 0)
            assert end == len(frame)
            assert_same(message, entity, version, lambda each: [field.name for field in fields(each)])
            written = BytesIO()
            write(written, entity)
            assert decode(kind, version, written.getvalue()) == message
