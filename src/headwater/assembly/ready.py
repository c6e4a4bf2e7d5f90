"""The line by which a started process tells where it can be reached, on a pipe to whoever started it."""

import os
from dataclasses import dataclass
from typing import Self

import msgspec

Address = tuple[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """What a started broker tells whoever waits for it."""

    kafka: tuple[Address, ...]
    """Advertised host and port of each listener."""
    admin: Address

    @classmethod
    def read(cls, line: bytes) -> Self:
        """What `line` was made from."""
        return msgspec.json.decode(line, type=cls)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServicesReady:
    """What started services tell."""

    registry: tuple[str, ...]
    """The URL of each of its listeners."""

    @classmethod
    def read(cls, line: bytes) -> Self:
        return msgspec.json.decode(line, type=cls)


def tell(ready: Ready | ServicesReady, fd: int) -> None:
    """Write the line, which is shorter than any pipe's buffer, and close the pipe."""
    with os.fdopen(fd, "wb") as pipe:
        pipe.write(msgspec.json.encode(ready) + b"\n")


def shown(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
