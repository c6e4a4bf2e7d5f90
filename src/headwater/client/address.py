"""Where a broker listens, as people write it: `host:port`, several with commas between them."""

import re
from dataclasses import dataclass
from typing import Final

from headwater.client.errors import InvalidAddress

_ADDRESS: Final = re.compile(r"(?:\[(?P<ipv6>[0-9a-fA-F:.%]+)\]|(?P<host>[^\[\]:/,\s]+)):(?P<port>\d{1,5})")
_PORTS: Final = range(1, 65_536)


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def addresses_of(text: str) -> tuple[Address, ...]:
    """Reads a bootstrap list; anything else is `InvalidAddress`."""
    return tuple(_address(each.strip()) for each in text.split(","))


def _address(text: str) -> Address:
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match["port"]) not in _PORTS:
        raise InvalidAddress(text)
    return Address(match["ipv6"] or match["host"], int(match["port"]))
