"""The port to key management services: they wrap a DEK with a key that never leaves them."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from headwater.registry.encryption.records import KekValue


class KmsKey(Struct, frozen=True, kw_only=True):
    """Which service has it, how it is called there, and what its driver is told, credentials included."""

    type: str
    id: str
    properties: Mapping[str, str]


def kms_key_of(kek: KekValue) -> KmsKey:
    return KmsKey(type=kek.kms_type, id=kek.kms_key_id, properties=kek.kms_props)


class Kms(Protocol):
    """Both raise `KmsFailed`, and take a bounded time."""

    async def wrap(self, key: KmsKey, plain: bytes) -> bytes: ...

    async def unwrap(self, key: KmsKey, wrapped: bytes) -> bytes: ...
