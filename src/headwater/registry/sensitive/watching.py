"""Notices when the keyset that seals sensitive metadata has come or changed."""

import asyncio
from typing import Final

from headwater.registry.sensitive.keeping import KeysetKeeper
from headwater.registry.store.machine import Registry
from headwater.registry.store.port import Store

_LOOKS_AGAIN_S: Final = 1.0


class KeysetWatch:
    def __init__(self, keeper: KeysetKeeper, schemas: Store[Registry]) -> None:
        self._keeper = keeper
        self._schemas = schemas

    async def run(self) -> None:
        """Raises UnreadableKeyset where the secret is not the one."""
        while True:
            await self._keeper.look(self._schemas)
            await asyncio.sleep(_LOOKS_AGAIN_S)
