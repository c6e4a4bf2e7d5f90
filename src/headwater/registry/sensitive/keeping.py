"""Sees to it that there is a keyset, and that it is kept under the secret that holds now."""

from typing import Final

from msgspec import Struct

from headwater.kernel.world import Randomness
from headwater.registry.errors import UnreadableKeyset
from headwater.registry.sensitive.encoders import Encoders, PutKeyset
from headwater.registry.sensitive.keyset import Keyset, new_keyset, unwrapped, wrapped
from headwater.registry.sensitive.sealing import Sealing
from headwater.registry.store.machine import Registry
from headwater.registry.store.port import Store
from headwater.registry.store.records import DEFAULT_TENANT


class Secrets(Struct, frozen=True, kw_only=True):
    """`old` is for a keyset that is still kept under another one; it gets a new key then too."""

    secret: str
    old: str | None = None


class KeysetKeeper:
    def __init__(self, store: Store[Encoders], secrets: Secrets, sealing: Sealing, randomness: Randomness) -> None:
        self._store: Final = store
        self._secrets: Final = secrets
        self._sealing: Final = sealing
        self._randomness: Final = randomness
        self._followed: bytes | None = None

    async def follow(self) -> None:
        """Take the keyset as it is, if there is one. Raises UnreadableKeyset where the secret is not the one."""
        kept = await self._kept()
        if kept is not None:
            self._sealing.keyset, _ = self._unwrapped(kept)

    async def look(self, schemas: Store[Registry]) -> None:
        """Follow where the keyset is another one than before, and open what was read without it."""
        kept = await self._kept()
        if kept != self._followed:
            await self.follow()
            await schemas.read(lambda registry: self._sealing.open_all(registry.state))
            self._followed = kept

    async def keep(self) -> None:
        """As `follow`, on the node that writes: it makes a keyset where there is none, and wraps one anew whose secret has changed."""
        kept = await self._kept()
        if kept is None:
            await self._put(new_keyset(self._randomness), instead_of=None)
            return
        keyset, is_old = self._unwrapped(kept)
        if is_old:
            await self._put(keyset.with_new_key(self._randomness), instead_of=kept)
        else:
            self._sealing.keyset = keyset

    async def _kept(self) -> bytes | None:
        return await self._store.read(lambda encoders: encoders.keysets.get(DEFAULT_TENANT))

    async def _put(self, keyset: Keyset, *, instead_of: bytes | None) -> None:
        kept = wrapped(keyset, self._secrets.secret, self._randomness)
        there = await self._store.submit(PutKeyset(tenant=DEFAULT_TENANT, keyset=kept, instead_of=instead_of))
        self._sealing.keyset, _ = self._unwrapped(there)

    def _unwrapped(self, kept: bytes) -> tuple[Keyset, bool]:
        try:
            return unwrapped(kept, self._secrets.secret), False
        except UnreadableKeyset:
            if self._secrets.old is None:
                raise
        return unwrapped(kept, self._secrets.old), True
