"""How patient a client is, and how much it holds at once."""

from dataclasses import dataclass
from ssl import SSLContext
from typing import Final

from headwater.kernel.units import MINUTE_MS, SECOND_MS, MiB
from headwater.security.sasl.exchange import Login


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientOptions:
    client_id: str = "headwater"
    connect_timeout_ms: int = 10 * SECOND_MS
    request_timeout_ms: int = 30 * SECOND_MS
    """For one request. A connection on which an answer is overdue is closed, as the answers behind it would be late too."""
    deadline_ms: int = MINUTE_MS
    """For one operation with all its retries."""
    backoff_first_ms: int = 50
    backoff_most_ms: int = SECOND_MS
    in_flight_max: int = 5
    """Requests on one connection that are not answered yet; more wait their turn."""
    frame_bytes_max: int = 128 * MiB
    metadata_max_age_ms: int = 5 * MINUTE_MS
    tls: SSLContext | None = None
    """With it connections are secured: by whom it trusts, and as whom it shows itself."""
    login: Login | None = None
    """With it each connection begins by proving who this is."""


DEFAULTS: Final = ClientOptions()
