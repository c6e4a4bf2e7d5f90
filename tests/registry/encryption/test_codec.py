"""Records of `_dek_registry_keys`, byte for byte as Confluent's registry writes them."""

from pathlib import Path

import pytest
from tests.registry.encryption.keys import NOON, kek

from headwater.registry.encryption.codec import decode, encode
from headwater.registry.encryption.records import DekValue, EncryptionRecord, KekKey
from headwater.registry.errors import UnreadableRecord

CASES = Path(__file__).with_name("records.cases").read_text(encoding="utf-8")
KEK_KEY = b'{"tenant":"default","name":"kek","type":"KEK"}'


def cases() -> list[tuple[bytes, bytes | None]]:
    blocks = [[line for line in block.splitlines() if not line.startswith("#")] for block in CASES.split("\n\n")]
    return [
        (key.removeprefix("key: ").encode(), value[0].removeprefix("value: ").encode() if value else None)
        for key, *value in filter(None, blocks)
    ]


@pytest.mark.parametrize(("key", "value"), cases())
def test_what_confluent_wrote_is_read_and_written_the_same(key: bytes, value: bytes | None) -> None:
    assert encode(decode(key, value)) == (key, value)


def test_what_is_unknown_in_a_record_is_passed_over_and_its_time_is_the_records() -> None:
    value = b'{"name":"kek","kmsType":"local-kms","kmsKeyId":"key","offset":5,"ts":77,"type":"KEK","new":{}}'
    assert decode(KEK_KEY, value, NOON) == EncryptionRecord(key=KekKey(name="kek"), value=kek(), timestamp=NOON)


def test_what_may_be_missing_is_as_confluent_reads_it() -> None:
    key = b'{"tenant":"default","kekName":"k","subject":"s","algorithm":"AES256_SIV","version":2,"type":"DEK"}'
    value = decode(key, b'{"kekName":"k","subject":"s","algorithm":"AES256_SIV","version":2,"type":"DEK"}').value
    assert isinstance(value, DekValue)
    assert (value.encrypted_key_material, value.deleted) == (None, False)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, b"{}"),
        (b"", None),
        (b"[]", None),
        (b'{"tenant":"default","name":"kek"}', None),
        (b'{"tenant":"default","name":"kek","type":"TABLE"}', None),
        (b'{"tenant":"default","type":"KEK"}', None),
        (b'{"kekName":"k","subject":"s","algorithm":"ROT13","version":2,"type":"DEK"}', None),
        (KEK_KEY, b'{"name":"kek"}'),
        (KEK_KEY, b"\xff"),
    ],
)
def test_what_is_no_record_is_told_as_that(key: bytes | None, value: bytes | None) -> None:
    with pytest.raises(UnreadableRecord):
        decode(key, value)
