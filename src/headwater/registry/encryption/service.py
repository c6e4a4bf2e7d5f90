"""What stands between the API and the machine of the DEK registry: whatever a key management service has to do."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import UNSET, Struct
from msgspec.structs import replace

from headwater.kernel.units import Timestamp
from headwater.kernel.world import Randomness
from headwater.registry.encryption.key_material import new_key_material
from headwater.registry.encryption.kms import Kms, kms_key_of
from headwater.registry.encryption.machine import DekRegistry
from headwater.registry.encryption.records import Algorithm, DekName, DekValue, KekValue
from headwater.registry.encryption.requests import Basis, CreateDek, CreateKek, Moved, NewDek, UpdateKek
from headwater.registry.encryption.state import Kept, State
from headwater.registry.errors import (
    DekGenerationDenied,
    DekGenerationFailed,
    InvalidKey,
    KeyNotFound,
    KmsFailed,
    RegistryError,
    SharingFailed,
    TimedOut,
)
from headwater.registry.store.machine import Registry
from headwater.registry.store.modes import Mode, mode_of
from headwater.registry.store.port import Store

T = TypeVar("T")
_ATTEMPTS: Final = 5
"""How often a DEK is made anew because what it was made from has changed meanwhile."""
_TRIED_SUBJECT: Final = "__TEST"


class Dek(Struct, frozen=True, kw_only=True):
    """`key_material` is what is wrapped, in Base64: told where the KEK is shared."""

    value: DekValue
    timestamp: Timestamp
    key_material: str | None = None


class DekRegistryService:
    def __init__(self, keys: Store[DekRegistry], schemas: Store[Registry], *, kms: Kms, randomness: Randomness) -> None:
        self._keys = keys
        self._schemas = schemas
        self._kms = kms
        self._randomness = randomness

    async def read(self, query: Callable[[State], T]) -> T:
        return await self._keys.read(lambda machine: query(machine.state))

    async def submit(self, request: object) -> Any:
        """Raises the refusal."""
        return _unless_refused(await self._keys.submit(request))

    # --- KEKs

    async def kek(self, name: str, *, deleted: bool = False) -> Kept[KekValue]:
        found = await self.read(lambda state: state.kek(name, deleted=deleted))
        if found is None:
            raise KeyNotFound(name)
        return found

    async def create_kek(self, kek: KekValue, *, try_sharing: bool) -> Kept[KekValue]:
        if kek.shared and try_sharing:
            await self._try_for("creating", kek)
        made: Kept[KekValue] = await self.submit(CreateKek(kek=kek))
        return made

    async def update_kek(self, request: UpdateKek, *, try_sharing: bool) -> Kept[KekValue]:
        old = (await self.kek(request.name)).value
        shared = old.shared if request.shared is UNSET else request.shared
        if shared and try_sharing:
            properties = old.kms_props if request.kms_props is UNSET else request.kms_props
            await self._try_for("updating", replace(old, kms_props=properties or {}))
        changed: Kept[KekValue] = await self.submit(request)
        return changed

    async def try_kek(self, name: str) -> Kept[KekValue]:
        """Whether we may wrap with it."""
        found = await self.kek(name)
        if not found.value.shared:
            raise InvalidKey("shared")
        await self._wrapped(found.value, _TRIED_SUBJECT, self._new(Algorithm.AES256_GCM))
        return found

    async def _try_for(self, doing: str, kek: KekValue) -> None:
        try:
            await self._wrapped(kek, _TRIED_SUBJECT, self._new(Algorithm.AES256_GCM))
        except (DekGenerationDenied, DekGenerationFailed) as failure:
            raise SharingFailed(doing, failure) from failure

    # --- DEKs

    async def dek(self, name: DekName, version: int, *, deleted: bool = False) -> Dek:
        kek = await self.kek(name.kek_name, deleted=deleted)
        found = await self.read(lambda state: state.dek(name, version, deleted=deleted))
        if found is None:
            raise KeyNotFound(name.subject)
        material = _base64(await self._unwrapped(kek.value, found.value)) if kek.value.shared else None
        return Dek(value=found.value, timestamp=found.timestamp, key_material=material)

    async def create_dek(self, wanted: NewDek) -> Dek:
        for _ in range(_ATTEMPTS):
            basis = _unless_refused(await self._keys.read(lambda machine: machine.basis_of(wanted)))
            encrypted = await self._encrypted(wanted, basis)
            material = await self._proved(wanted, basis, encrypted)
            request = CreateDek(wanted=wanted, basis=basis, encrypted_key_material=encrypted)
            made = await self.submit(request)
            if not isinstance(made, Moved):
                return Dek(value=made.value, timestamp=made.timestamp, key_material=material)
        raise TimedOut(f"the keys that a DEK of {wanted.name.subject} is made from changed {_ATTEMPTS} times meanwhile")

    async def _encrypted(self, wanted: NewDek, basis: Basis) -> str:
        """What was given; or what is there, or new material, wrapped by the KEK as it is now."""
        if wanted.encrypted_key_material is not None:
            return wanted.encrypted_key_material
        if basis.old is None:
            material = self._new(wanted.name.algorithm)
        else:
            material = await self._unwrapped(basis.kek, basis.old)
        return _base64(await self._wrapped(basis.kek, wanted.name.subject, material))

    async def _proved(self, wanted: NewDek, basis: Basis, encrypted: str) -> str | None:
        """Whatever is stored under a shared KEK can be unwrapped, unless it comes from another registry."""
        if not basis.kek.shared:
            return None
        mode = await self._schemas.read(lambda machine: mode_of(machine.state, wanted.name.subject))
        if mode is Mode.IMPORT:
            return None
        dek = DekValue(
            kek_name=wanted.name.kek_name,
            subject=wanted.name.subject,
            algorithm=wanted.name.algorithm,
            version=wanted.version,
            encrypted_key_material=encrypted,
        )
        return _base64(await self._unwrapped(basis.kek, dek))

    def _new(self, algorithm: Algorithm) -> bytes:
        return new_key_material(algorithm, self._randomness)

    async def _wrapped(self, kek: KekValue, subject: str, material: bytes) -> bytes:
        try:
            return await self._kms.wrap(kms_key_of(kek), material)
        except KmsFailed as failure:
            raise _failed(f"Could not generate encrypted dek for {subject}", failure) from failure

    async def _unwrapped(self, kek: KekValue, dek: DekValue) -> bytes:
        try:
            return await self._kms.unwrap(kms_key_of(kek), b64decode(dek.encrypted_key_material or "", validate=True))
        except NotBase64:
            raise InvalidKey("encryptedKeyMaterial") from None
        except KmsFailed as failure:
            raise _failed(f"Could not generate raw dek for {dek.subject}", failure) from failure


def _unless_refused(answer: T | RegistryError) -> T:
    if isinstance(answer, RegistryError):
        raise answer
    return answer


def _failed(what: str, failure: KmsFailed) -> RegistryError:
    return (DekGenerationDenied if failure.denied else DekGenerationFailed)(f"{what}: {failure}")


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
