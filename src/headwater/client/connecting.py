"""Opening a connection: TLS, then what the broker speaks, then who this client is (KIP-152).

A broker may want to know again after a while (KIP-368). Then another connection is opened in good time, and what was asked on the old
one is answered there: so no request ever stands between the steps of a proof.
"""

import asyncio
import ssl
from typing import Final

from headwater.client.address import Address
from headwater.client.connection import Connection, reason_of
from headwater.client.errors import (
    ConnectionLost,
    NotAuthenticated,
    NotTrusted,
    Unreachable,
)
from headwater.client.options import DEFAULTS, ClientOptions
from headwater.kernel.units import SECOND_MS
from headwater.security.errors import ExchangeFailed
from headwater.security.sasl.exchange import Exchange
from headwater.wire.apis import ApiKey
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.sasl_authenticate_request import SaslAuthenticateRequest
from headwater.wire.messages.sasl_authenticate_response import SaslAuthenticateResponse
from headwater.wire.messages.sasl_handshake_request import SaslHandshakeRequest
from headwater.wire.messages.sasl_handshake_response import SaslHandshakeResponse
from headwater.wire.schema import Versions

_BY_MESSAGES: Final = Versions(1, 1)
"""From 1 on the proof travels in SaslAuthenticate; before, as bare bytes."""
_STEPS_MAX: Final = 8
_OF_LIFETIME: Final = 0.85
"""As Kafka's clients, which begin anew between 85 and 95 hundredths of a session."""


async def connect(address: Address, options: ClientOptions = DEFAULTS) -> Connection:
    """An open connection that knows what its broker speaks, and is known there. Raises `Unreachable`, NotTrusted, NotAuthenticated."""
    connection = await _opened(address, options)
    try:
        await connection.negotiate()
        if options.login is not None:
            await _authenticate(connection, options.login(), options.connect_timeout_ms)
    except ConnectionLost as lost:
        or_else = ", or it wants a certificate of this client" if options.tls is not None else ""
        raise Unreachable(str(address), f"it does not answer as a Kafka broker does{or_else} ({lost})") from lost
    except BaseException:
        await connection.close()
        raise
    return connection


async def _opened(address: Address, options: ClientOptions) -> Connection:
    loop, timeout_s = asyncio.get_running_loop(), options.connect_timeout_ms / SECOND_MS
    name = address.host if options.tls is not None else None
    try:
        async with asyncio.timeout(timeout_s):
            _, connection = await loop.create_connection(
                lambda: Connection(address, options), address.host, address.port, ssl=options.tls, server_hostname=name
            )
    except TimeoutError:
        raise Unreachable(str(address), f"no answer within {options.connect_timeout_ms} ms") from None
    except ssl.SSLError as problem:
        raise NotTrusted(str(address), reason_of(problem)) from problem
    except OSError as problem:
        raise Unreachable(str(address), problem.strerror or str(problem)) from problem
    return connection


async def _authenticate(connection: Connection, exchange: Exchange, timeout_ms: int) -> None:
    """Raises NotAuthenticated."""
    where = str(connection.address)
    if not connection.speaks(ApiKey.SASL_AUTHENTICATE):
        raise NotAuthenticated(where, "it asks nobody who they are")
    request = SaslHandshakeRequest(mechanism=exchange.mechanism)
    agreed = await connection.ask(request, SaslHandshakeResponse, versions=_BY_MESSAGES, timeout_ms=timeout_ms)
    if agreed.error_code == ErrorCode.ILLEGAL_SASL_STATE:
        raise NotAuthenticated(where, "it asks nobody who they are on this listener")
    if agreed.error_code != ErrorCode.NONE:
        known = ", ".join(agreed.mechanisms) or "none"
        raise NotAuthenticated(where, f"it does not know {exchange.mechanism}: it has {known}")
    said: bytes | None = exchange.begin()
    for _ in range(_STEPS_MAX):
        if said is None:
            return
        answer = await _told(connection, said, timeout_ms)
        said = _next(exchange, answer.auth_bytes, where)
        _end_session(connection, answer.session_lifetime_ms)
    raise NotAuthenticated(where, "its questions do not end")


async def _told(connection: Connection, said: bytes, timeout_ms: int) -> SaslAuthenticateResponse:
    request = SaslAuthenticateRequest(auth_bytes=said)
    answer = await connection.ask(request, SaslAuthenticateResponse, timeout_ms=timeout_ms)
    if answer.error_code != ErrorCode.NONE:
        raise NotAuthenticated(str(connection.address), answer.error_message or f"error code {answer.error_code}")
    return answer


def _next(exchange: Exchange, challenge: bytes, where: str) -> bytes | None:
    try:
        return exchange.answer(challenge)
    except ExchangeFailed as failure:
        raise NotAuthenticated(where, str(failure)) from failure


def _end_session(connection: Connection, lifetime_ms: int) -> None:
    if lifetime_ms > 0:
        now = asyncio.get_running_loop().time()
        connection.session_ends = now + lifetime_ms * _OF_LIFETIME / SECOND_MS
