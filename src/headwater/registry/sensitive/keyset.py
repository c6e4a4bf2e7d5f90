"""Keysets as Tink has them, so that Confluent's registry and this one read each other's: keys of AES-GCM, one of which encrypts.

A ciphertext begins with the id of its key (`\\x01`, and four bytes), then come the nonce, what is hidden, and the tag. A keyset is
kept as JSON, in which it is encrypted itself, under a key that is derived from the registry's secret.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from headwater.kernel.world import Randomness
from headwater.registry.errors import UnreadableKeyset
from headwater.registry.sensitive import protobuf

KEY_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_PREFIX: Final = b"\x01"
_PREFIX_BYTES: Final = 5
_AES_GCM: Final = "type.googleapis.com/google.crypto.tink.AesGcmKey"
_SYMMETRIC: Final = 1
_ENABLED: Final = 1
_TINK: Final = 1
_ID_MAX: Final = 2**31


class Key(Struct, frozen=True, kw_only=True):
    id: int
    value: bytes


class Keyset(Struct, frozen=True, kw_only=True):
    """`primary` is the id of the key that encrypts; the others still decrypt."""

    primary: int
    keys: tuple[Key, ...]

    def encrypt(self, plain: bytes, randomness: Randomness) -> bytes:
        key = next(each for each in self.keys if each.id == self.primary)
        return _PREFIX + key.id.to_bytes(4, "big") + _sealed(key.value, plain, randomness)

    def decrypt(self, sealed: bytes) -> bytes:
        """Raises UnreadableKeyset where none of the keys fits."""
        prefix, rest = sealed[:_PREFIX_BYTES], sealed[_PREFIX_BYTES:]
        for each in self.keys:
            if prefix == _PREFIX + each.id.to_bytes(4, "big"):
                return _opened(each.value, rest)
        raise UnreadableKeyset("none of its keys is the one")

    def with_new_key(self, randomness: Randomness) -> "Keyset":
        """One that encrypts with a key of its own from now on."""
        taken = [each.id for each in self.keys]
        new_id = next(each for each in _ids(randomness) if each not in taken)
        key = Key(id=new_id, value=randomness.bytes(KEY_BYTES))
        return Keyset(primary=new_id, keys=(*self.keys, key))


EMPTY: Final = Keyset(primary=0, keys=())


def new_keyset(randomness: Randomness) -> Keyset:
    return EMPTY.with_new_key(randomness)


def wrapped(keyset: Keyset, secret: str, randomness: Randomness) -> bytes:
    """As it is kept."""
    sealed = _sealed(_derived(secret), _message(keyset), randomness)
    info = [
        {"typeUrl": _AES_GCM, "status": "ENABLED", "keyId": each.id, "outputPrefixType": "TINK"} for each in keyset.keys
    ]
    told = {"primaryKeyId": keyset.primary, "keyInfo": info}
    return msgspec.json.encode({"encryptedKeyset": b64encode(sealed).decode(), "keysetInfo": told})


def unwrapped(kept: bytes, secret: str) -> Keyset:
    """Raises UnreadableKeyset, above all where the secret is another."""
    try:
        sealed = b64decode(msgspec.json.decode(kept, type=_Kept).encryptedKeyset)
    except (msgspec.DecodeError, ValueError) as problem:
        raise UnreadableKeyset(str(problem)) from None
    return _keyset(_opened(_derived(secret), sealed))


class _Kept(Struct, frozen=True):
    encryptedKeyset: str  # noqa: N815 - Tink's name


def _derived(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"").derive(secret.encode())


def _sealed(key: bytes, plain: bytes, randomness: Randomness) -> bytes:
    nonce = randomness.bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, b"")


def _opened(key: bytes, sealed: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], b"")
    except (InvalidTag, ValueError):
        raise UnreadableKeyset("the secret is not the one") from None


def _ids(randomness: Randomness) -> Iterator[int]:
    while True:
        yield 1 + randomness.below(_ID_MAX - 1)


def _message(keyset: Keyset) -> bytes:
    keys = b"".join(protobuf.field(2, _key_message(each)) for each in keyset.keys)
    return protobuf.message({1: keyset.primary}) + keys


def _key_message(key: Key) -> bytes:
    data = protobuf.message({1: _AES_GCM.encode(), 2: protobuf.message({3: key.value}), 3: _SYMMETRIC})
    return protobuf.message({1: data, 2: _ENABLED, 3: key.id, 4: _TINK})


def _keyset(data: bytes) -> Keyset:
    told = list(protobuf.fields(data))
    primary = next((value for number, value in told if number == 1), 0)
    keys = tuple(_key(value) for number, value in told if number == 2 and isinstance(value, bytes))
    if not isinstance(primary, int) or primary not in [each.id for each in keys]:
        raise UnreadableKeyset("it has no key that encrypts")
    return Keyset(primary=primary, keys=keys)


def _key(data: bytes) -> Key:
    key = dict(protobuf.fields(data))
    inner: dict[int, Any] = dict(protobuf.fields(_bytes(key.get(1))))
    if inner.get(1) != _AES_GCM.encode() or key.get(4) != _TINK:
        raise UnreadableKeyset("it has a key of a kind that is not known here")
    value = dict(protobuf.fields(_bytes(inner.get(2)))).get(3)
    match key.get(3):
        case int(key_id):
            return Key(id=key_id, value=_bytes(value))
    raise UnreadableKeyset("it has a key without a number")


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise UnreadableKeyset("it is no message")
    return value
