"""What callers send and get, with Confluent's names and in its order."""

from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType

from headwater.kernel.units import Timestamp
from headwater.registry.encryption.records import Algorithm, KekValue
from headwater.registry.encryption.service import Dek as MadeDek
from headwater.registry.encryption.state import Kept
from headwater.registry.formats.json_text import java_order


class CreateKekRequest(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str | None = None
    kms_type: str | None = None
    kms_key_id: str | None = None
    kms_props: dict[str, str] | None = None
    doc: str | None = None
    shared: bool | None = False
    deleted: bool | None = False


class UpdateKekRequest(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is absent stays, and what is null is said no more."""

    kms_props: dict[str, str] | UnsetType | None = UNSET
    doc: str | UnsetType | None = UNSET
    shared: bool | UnsetType | None = UNSET


class CreateDekRequest(Struct, frozen=True, kw_only=True, rename="camel"):
    subject: str | None = None
    version: int | None = None
    algorithm: Algorithm | None = None
    encrypted_key_material: str | None = None
    deleted: bool | None = False


class Kek(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    name: str
    kms_type: str
    kms_key_id: str
    kms_props: Mapping[str, str]
    doc: str | None = None
    shared: bool
    ts: Timestamp
    deleted: bool | None = None


class TriedKek(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """As it is stored, and not as it is elsewhere: so Confluent's server answers."""

    name: str
    kms_type: str
    kms_key_id: str
    kms_props: Mapping[str, str]
    doc: str | None = None
    shared: bool
    deleted: bool
    type: str
    ts: Timestamp


class Dek(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    kek_name: str
    subject: str
    version: int
    algorithm: Algorithm
    encrypted_key_material: str | None = None
    key_material: str | None = None
    ts: Timestamp
    deleted: bool | None = None


def kek_of(kept: Kept[KekValue]) -> Kek:
    value = kept.value
    return Kek(
        name=value.name,
        kms_type=value.kms_type,
        kms_key_id=value.kms_key_id,
        kms_props=_sorted(value.kms_props),
        doc=value.doc,
        shared=value.shared,
        ts=kept.timestamp,
        deleted=value.deleted or None,
    )


def tried_kek_of(kept: Kept[KekValue]) -> TriedKek:
    value = kept.value
    return TriedKek(
        name=value.name,
        kms_type=value.kms_type,
        kms_key_id=value.kms_key_id,
        kms_props=_sorted(value.kms_props),
        doc=value.doc,
        shared=value.shared,
        deleted=value.deleted,
        type=value.TYPE,
        ts=kept.timestamp,
    )


def dek_of(dek: MadeDek) -> Dek:
    value = dek.value
    return Dek(
        kek_name=value.kek_name,
        subject=value.subject,
        version=value.version,
        algorithm=value.algorithm,
        encrypted_key_material=value.encrypted_key_material,
        key_material=dek.key_material,
        ts=dek.timestamp,
        deleted=value.deleted or None,
    )


def _sorted(properties: Mapping[str, str]) -> Mapping[str, str]:
    return {name: properties[name] for name in sorted(properties, key=java_order)}
