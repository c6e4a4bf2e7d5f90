"""What stands between the API and the machine."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from headwater.registry.defaults import STANDARD, Defaults
from headwater.registry.errors import RegistryError
from headwater.registry.store.machine import Registry
from headwater.registry.store.port import Store
from headwater.registry.store.state import State

T = TypeVar("T")


class Service:
    def __init__(self, store: Store[Registry], *, defaults: Defaults = STANDARD) -> None:
        self._store: Final = store
        self.defaults: Final = defaults

    async def read(self, query: Callable[[State], T]) -> T:
        return await self._store.read(lambda registry: query(registry.state))

    async def submit(self, request: object) -> Any:
        """Raises the refusal, where it is one."""
        answer = await self._store.submit(request)
        if isinstance(answer, RegistryError):
            raise answer
        return answer
