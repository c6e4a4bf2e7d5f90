"""How patient the clients of a simulation are: little, so that many of their questions end without an answer."""

from typing import Final

from headwater.client.errors import ClientError, Refused
from headwater.client.options import ClientOptions
from headwater.wire.error_codes import ErrorCode

OPTIONS: Final = ClientOptions(
    client_id="simulated",
    connect_timeout_ms=1_000,
    request_timeout_ms=2_000,
    deadline_ms=10_000,
    backoff_first_ms=20,
    backoff_most_ms=300,
)


def answer_of(failure: ClientError) -> ErrorCode | None:
    """What the broker said, or None if nobody knows."""
    return failure.code if isinstance(failure, Refused) else None
