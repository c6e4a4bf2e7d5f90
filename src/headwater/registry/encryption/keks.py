"""What may become of a KEK."""

from msgspec import UNSET
from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.registry.encryption.records import EncryptionRecord, KekKey, KekValue
from headwater.registry.encryption.requests import CreateKek, DeleteKek, UndeleteKek, UpdateKek
from headwater.registry.encryption.state import Kept, State
from headwater.registry.errors import (
    KeyExists,
    KeyNotFound,
    KeyNotSoftDeleted,
    KeyReferenceExists,
    RegistryError,
    TooManyKeys,
)

Decided = tuple[object, tuple[EncryptionRecord, ...]]
"""The answer, and what is written."""


def create(state: State, request: CreateKek, now: Timestamp, keys_max: int) -> Decided:
    if len(state.keks) > keys_max:
        return TooManyKeys(keys_max), ()
    new, old = request.kek, state.kek(request.kek.name, deleted=True)
    if old is not None and (new.deleted == old.value.deleted or new != replace(old.value, deleted=new.deleted)):
        return KeyExists(new.name), ()
    return _put(new, now)


def update(state: State, request: UpdateKek, now: Timestamp) -> Decided:
    old = state.kek(request.name)
    if old is None:
        return KeyNotFound(request.name), ()
    value = old.value
    new = replace(
        value,
        kms_props=value.kms_props if request.kms_props is UNSET else request.kms_props or {},
        doc=value.doc if request.doc is UNSET else request.doc,
        shared=value.shared if request.shared is UNSET else request.shared,
    )
    return (old, ()) if new == value else _put(new, now)


def delete(state: State, request: DeleteKek, now: Timestamp) -> Decided:
    found = state.kek(request.name, deleted=True)
    if found is None:
        return KeyNotFound(request.name), ()
    if refusal := _check_delete(state, found.value, permanent=request.permanent):
        return refusal, ()
    if request.permanent:
        return None, (EncryptionRecord(key=KekKey(name=request.name), value=None, timestamp=now),)
    return None, () if found.value.deleted else _put(replace(found.value, deleted=True), now)[1]


def _check_delete(state: State, kek: KekValue, *, permanent: bool) -> RegistryError | None:
    if state.wraps_any(kek.name, deleted=permanent):
        return KeyReferenceExists(kek.name)
    return KeyNotSoftDeleted(kek.name) if permanent and not kek.deleted else None


def undelete(state: State, request: UndeleteKek, now: Timestamp) -> Decided:
    found = state.kek(request.name, deleted=True)
    if found is None:
        return KeyNotFound(request.name), ()
    return None, _put(replace(found.value, deleted=False), now)[1] if found.value.deleted else ()


def _put(value: KekValue, now: Timestamp) -> Decided:
    record = EncryptionRecord(key=KekKey(name=value.name), value=value, timestamp=now)
    return Kept(value=value, timestamp=now), (record,)
