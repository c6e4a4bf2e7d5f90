"""What may become of the DEKs of a subject."""

from collections.abc import Sequence

from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.registry.encryption.keks import Decided
from headwater.registry.encryption.records import DekKey, DekName, DekValue, EncryptionRecord
from headwater.registry.encryption.requests import (
    LATEST,
    Basis,
    CreateDek,
    DeleteDeks,
    Moved,
    NewDek,
    UndeleteDeks,
)
from headwater.registry.encryption.state import Kept, State
from headwater.registry.errors import (
    InvalidKey,
    KeyExists,
    KeyNotFound,
    KeyNotSoftDeleted,
    KeySoftDeleted,
    RegistryError,
    TooManyKeys,
)


def basis_of(state: State, wanted: NewDek, keys_max: int) -> Basis | RegistryError:
    """What the new DEK is to be made from, or why there is none. Asked before it is made, and once more when it is written."""
    kek_name, subject = wanted.name.kek_name, wanted.name.subject
    kek = state.kek(kek_name, deleted=wanted.deleted)
    if kek is None:
        return KeyNotFound(kek_name)
    if state.dek_count > keys_max:
        return TooManyKeys(keys_max)
    kept = state.dek(wanted.name, wanted.version, deleted=True)
    old = None if kept is None else kept.value
    if old is not None and not wanted.rewrap and not _brings_back(wanted, old):
        return KeyExists(subject)
    if wanted.encrypted_key_material is not None and kek.value.shared and old is not None:
        return KeyExists(subject)
    if wanted.encrypted_key_material is None and not kek.value.shared:
        return InvalidKey("encryptedKeyMaterial")
    return Basis(kek=kek.value, old=old)


def _brings_back(wanted: NewDek, old: DekValue) -> bool:
    return wanted.deleted != old.deleted and wanted.encrypted_key_material == old.encrypted_key_material


def create(state: State, request: CreateDek, now: Timestamp, keys_max: int) -> Decided:
    wanted, basis = request.wanted, basis_of(state, request.wanted, keys_max)
    if isinstance(basis, RegistryError):
        return basis, ()
    if basis != request.basis:
        return Moved(), ()
    value = DekValue(
        kek_name=wanted.name.kek_name,
        subject=wanted.name.subject,
        algorithm=wanted.name.algorithm,
        version=wanted.version,
        encrypted_key_material=request.encrypted_key_material,
        deleted=wanted.deleted,
    )
    return Kept(value=value, timestamp=now), (_record(value, now),)


def delete(state: State, request: DeleteDeks, now: Timestamp) -> Decided:
    """Permanently all of them have to be soft-deleted; softly those that are not yet are."""
    found = _found(state, request.name, request.version)
    if isinstance(found, RegistryError):
        return found, ()
    if not request.permanent:
        return None, tuple(_record(replace(each, deleted=True), now) for each in found if not each.deleted)
    if not all(each.deleted for each in found):
        return KeyNotSoftDeleted(request.name.subject), ()
    return None, tuple(EncryptionRecord(key=_key(each), value=None, timestamp=now) for each in found)


def undelete(state: State, request: UndeleteDeks, now: Timestamp) -> Decided:
    found = _found(state, request.name, request.version)
    if isinstance(found, RegistryError):
        return found, ()
    kek_name = request.name.kek_name
    if state.kek(kek_name) is None:
        return KeySoftDeleted(kek_name), ()
    return None, tuple(_record(replace(each, deleted=False), now) for each in found if each.deleted)


def _found(state: State, name: DekName, version: int | None) -> Sequence[DekValue] | RegistryError:
    """As in Confluent's registry, the latest version is looked for by that name, but none is found to change."""
    if state.kek(name.kek_name, deleted=True) is None:
        return KeyNotFound(name.kek_name)
    found = state.dek(name, LATEST if version is None else version, deleted=True)
    if found is None:
        return KeyNotFound(name.subject)
    if version == LATEST:
        return ()
    return [each.value for each in state.versions(name, deleted=True)] if version is None else [found.value]


def _record(value: DekValue, now: Timestamp) -> EncryptionRecord:
    return EncryptionRecord(key=_key(value), value=value, timestamp=now)


def _key(value: DekValue) -> DekKey:
    return DekKey(kek_name=value.kek_name, subject=value.subject, algorithm=value.algorithm, version=value.version)
