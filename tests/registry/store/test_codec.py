"""Records of `_schemas`, byte for byte as Confluent's registry writes them."""

from pathlib import Path

import pytest

from headwater.registry.errors import UnreadableRecord
from headwater.registry.store.codec import decode, encode
from headwater.registry.store.records import ConfigKey, RegistryRecord, SchemaKey, SchemaValue

CASES = Path(__file__).with_name("records.cases").read_text(encoding="utf-8")


def cases() -> list[tuple[bytes, bytes | None]]:
    blocks = [[line for line in block.splitlines() if not line.startswith("#")] for block in CASES.split("\n\n")]
    return [
        (key.removeprefix("key: ").encode(), value[0].removeprefix("value: ").encode() if value else None)
        for key, *value in filter(None, blocks)
    ]


@pytest.mark.parametrize(("key", "value"), cases())
def test_what_confluent_wrote_is_read_and_written_the_same(key: bytes, value: bytes | None) -> None:
    assert encode(decode(key, value)) == (key, value)


def test_what_is_unknown_in_a_record_is_passed_over() -> None:
    record = decode(
        b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1,"new":1}',
        b'{"subject":"s","version":1,"id":7,"schema":"\\"int\\"","deleted":false,"offset":5,"ts":77,"new":{}}',
    )
    assert record == RegistryRecord(
        key=SchemaKey(subject="s", version=1), value=SchemaValue(subject="s", version=1, id=7, schema='"int"')
    )


def test_an_explicit_null_is_as_if_nothing_was_said() -> None:
    assert decode(b'{"keytype":"CONFIG","subject":null,"magic":0}', None).key == ConfigKey()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, b"{}"),
        (b"", None),
        (b"[]", None),
        (b'{"keytype":"TABLE","magic":0}', None),
        (b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":2}', None),
        (b'{"keytype":"SCHEMA","subject":"s","magic":1}', None),
        (b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', b'{"subject":"s"}'),
        (b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', b"\xff"),
    ],
)
def test_what_is_no_record_is_told_as_that(key: bytes | None, value: bytes | None) -> None:
    with pytest.raises(UnreadableRecord):
        decode(key, value)
