"""One proof of who a client is: bytes in, bytes out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from headwater.kernel.kinds import Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    user: str
    password: Secret


class Exchange(Protocol):
    """A client's side; for one connection, once."""

    @property
    def mechanism(self) -> str: ...

    def begin(self) -> bytes:
        """What the client says first."""
        ...

    def answer(self, challenge: bytes) -> bytes | None:
        """What it says to that; None where the server has proved all that it must. Raises ExchangeFailed."""
        ...


Login = Callable[[], Exchange]
"""A new exchange for each connection."""
