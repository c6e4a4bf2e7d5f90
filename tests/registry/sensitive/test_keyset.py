"""Keysets, as Tink reads and writes them."""

import os
from contextlib import suppress

import pytest
import tink
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, strategies as st
from tink import aead, json_proto_keyset_format

from headwater.kernel.real.randomness import SystemRandomness
from headwater.registry.errors import UnreadableKeyset
from headwater.registry.sensitive.keyset import Key, Keyset, _keyset, _message, new_keyset, unwrapped, wrapped

SECRET = "a secret that is long enough"
RANDOMNESS = SystemRandomness()

aead.register()


class Secret(aead.Aead):  # type: ignore[misc]
    """What Confluent makes of a secret, by Tink's own measure: a key without a prefix."""

    def __init__(self, secret: str) -> None:
        self._key = AESGCM(HKDF(algorithm=SHA256(), length=16, salt=None, info=b"").derive(secret.encode()))

    def encrypt(self, plaintext: bytes, associated_data: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._key.encrypt(nonce, plaintext, associated_data)

    def decrypt(self, ciphertext: bytes, associated_data: bytes) -> bytes:
        return self._key.decrypt(ciphertext[:12], ciphertext[12:], associated_data)


def read_by_tink(kept: bytes) -> aead.Aead:
    handle = json_proto_keyset_format.parse_encrypted(kept.decode(), Secret(SECRET), b"")
    return handle.primitive(aead.Aead)


def written_by_tink() -> tuple[bytes, aead.Aead]:
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES128_GCM)
    kept = json_proto_keyset_format.serialize_encrypted(handle, Secret(SECRET), b"")
    return kept.encode(), handle.primitive(aead.Aead)


def test_tink_reads_ours_and_what_it_encrypts():
    keyset = new_keyset(RANDOMNESS).with_new_key(RANDOMNESS)
    theirs = read_by_tink(wrapped(keyset, SECRET, RANDOMNESS))
    assert theirs.decrypt(keyset.encrypt(b"secret", RANDOMNESS), b"") == b"secret"
    assert keyset.decrypt(theirs.encrypt(b"secret", b"")) == b"secret"


def test_we_read_tinks_and_what_it_encrypts():
    kept, theirs = written_by_tink()
    keyset = unwrapped(kept, SECRET)
    assert keyset.decrypt(theirs.encrypt(b"secret", b"")) == b"secret"
    assert theirs.decrypt(keyset.encrypt(b"secret", RANDOMNESS), b"") == b"secret"


def test_it_is_told_around_the_secret_part_as_tink_tells_it():
    keyset = new_keyset(RANDOMNESS)
    text = wrapped(keyset, SECRET, RANDOMNESS).decode()
    info = '{"primaryKeyId":%d,"keyInfo":[{"typeUrl":"type.googleapis.com/google.crypto.tink.AesGcmKey",'
    info += '"status":"ENABLED","keyId":%d,"outputPrefixType":"TINK"}]}}'
    assert text.startswith('{"encryptedKeyset":"')
    assert text.endswith(',"keysetInfo":' + info % (keyset.primary, keyset.primary))


def test_another_secret_does_not_open_it():
    kept = wrapped(new_keyset(RANDOMNESS), SECRET, RANDOMNESS)
    with pytest.raises(UnreadableKeyset, match="the secret is not the one"):
        unwrapped(kept, "another")


def test_what_an_older_key_has_encrypted_stays_readable():
    old = new_keyset(RANDOMNESS)
    sealed = old.encrypt(b"secret", RANDOMNESS)
    assert old.with_new_key(RANDOMNESS).decrypt(sealed) == b"secret"
    with pytest.raises(UnreadableKeyset, match="none of its keys"):
        new_keyset(RANDOMNESS).decrypt(sealed)


@given(st.binary(max_size=40))
def test_whatever_is_none_is_told_as_that(data: bytes) -> None:
    with pytest.raises(UnreadableKeyset):
        unwrapped(data, SECRET)
    with pytest.raises(UnreadableKeyset):
        Keyset(primary=1, keys=new_keyset(RANDOMNESS).keys).decrypt(data)


WHOLE = _message(Keyset(primary=77, keys=(Key(id=77, value=bytes(range(16))),)))


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_a_keyset_that_is_damaged_inside_is_told_as_that(place: int, change: int) -> None:
    damaged = WHOLE[:place] + bytes([WHOLE[place] ^ change]) + WHOLE[place + 1 :]
    with suppress(UnreadableKeyset):
        assert _keyset(damaged).keys
