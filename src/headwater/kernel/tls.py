"""What one end of a secured connection is made of: values, from which `kernel/real/tls.py` makes what the event loop takes."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from headwater.kernel.kinds import Secret

VERSIONS: Final = ("TLSv1.2", "TLSv1.3")
"""Those that are still safe, by their names in Kafka's settings, the oldest first."""


class Peers(Enum):
    """Whether those who connect show a certificate, in the words of `ssl.client.authentication`."""

    NONE = "NONE"
    REQUESTED = "REQUESTED"
    REQUIRED = "REQUIRED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """As whom an end shows itself. Both are PEM; the chain begins with its own certificate."""

    chain: bytes
    key: bytes = field(repr=False)
    password: Secret | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsEnd:
    """`trusted` is PEM: whom it believes, or None for whomever the machine believes."""

    identity: Identity | None = None
    trusted: bytes | None = None
    peers: Peers = Peers.NONE
    checks_host: bool = True
    versions: tuple[str, ...] = VERSIONS
