"""The records of `_dek_registry_keys`: keys and values as Confluent's registry writes them, field by field in its order.

A key encryption key (KEK) only names a key of a key management service. A data encryption key (DEK) is stored wrapped by one.
A key without a value is a tombstone. Keys are compared by their bytes when the topic is compacted.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

from msgspec import Struct, field

from headwater.kernel.units import Timestamp
from headwater.registry.store.records import DEFAULT_TENANT

UNTOLD: Final = Timestamp(0)


class Algorithm(StrEnum):
    """What a DEK encrypts with, in Confluent's order."""

    AES128_GCM = "AES128_GCM"
    AES256_GCM = "AES256_GCM"
    AES256_SIV = "AES256_SIV"
    """Deterministic: the same text gives the same cipher text."""


class KekKey(Struct, frozen=True, kw_only=True, rename="camel"):
    TYPE: ClassVar = "KEK"
    tenant: str = DEFAULT_TENANT
    name: str


class DekKey(Struct, frozen=True, kw_only=True, rename="camel"):
    TYPE: ClassVar = "DEK"
    tenant: str = DEFAULT_TENANT
    kek_name: str
    subject: str
    algorithm: Algorithm
    version: int


class DekName(Struct, frozen=True, kw_only=True):
    """The DEKs of a subject: all versions of one, by algorithm."""

    kek_name: str
    subject: str
    algorithm: Algorithm = Algorithm.AES256_GCM


class KekValue(Struct, frozen=True, kw_only=True, rename="camel"):
    TYPE: ClassVar = "KEK"
    name: str
    kms_type: str
    kms_key_id: str
    kms_props: Mapping[str, str] = field(default_factory=dict)
    doc: str | None = None
    shared: bool = False
    """The registry wraps and unwraps the DEKs of a shared one; those of others only their clients can."""
    deleted: bool = False


class DekValue(Struct, frozen=True, kw_only=True, rename="camel"):
    TYPE: ClassVar = "DEK"
    kek_name: str
    subject: str
    algorithm: Algorithm
    version: int
    encrypted_key_material: str | None = None
    """In Base64."""
    deleted: bool = False


Key: TypeAlias = KekKey | DekKey
Value: TypeAlias = KekValue | DekValue


class EncryptionRecord(Struct, frozen=True, kw_only=True):
    key: Key
    value: Value | None
    timestamp: Timestamp = UNTOLD
    """The record's own, which clients are told: the age of a DEK decides about the next one."""
