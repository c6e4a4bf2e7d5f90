"""The port between a replayed topic and whoever serves it: where the machine is, and who writes, is not known above it."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from headwater.machine.decision import Answer
from headwater.machine.machine import Machine

M_co = TypeVar("M_co", bound=Machine, covariant=True)
T = TypeVar("T")


class Store(Protocol[M_co]):
    """One topic's machine: decided upon where this node writes, followed elsewhere."""

    async def read(self, query: Callable[[M_co], T]) -> T:
        """What `query` finds, given out when all that it rests on is durable. Never asks the network. The answer must not be a part
        of the machine that changes: it is looked at later."""
        ...

    async def submit(self, request: object) -> Answer:
        """Decide. A refusal is an answer too, a `RegistryError` that is not raised. Raises `NotTheWriter` where another node writes."""
        ...
