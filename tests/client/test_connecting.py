"""How a connection begins: TLS, and proving who one is, to a broker that asks for it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest
import uvloop
from tests.security.authority import Authority
from tests.security.sasl.server import ScramServer

from headwater.client.address import Address
from headwater.client.cluster import Cluster
from headwater.client.connecting import connect
from headwater.client.errors import NotAuthenticated, NotTrusted, Unreachable
from headwater.client.options import ClientOptions
from headwater.client.pool import Pool
from headwater.kernel.kinds import Secret
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.real.tls import client_context, server_context
from headwater.kernel.tls import Identity, Peers, TlsEnd
from headwater.security.sasl.exchange import Credentials
from headwater.security.sasl.login import login_of
from headwater.wire.apis import ApiKey
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import decode_request, encode_response
from headwater.wire.messages.api_versions_response import ApiVersion, ApiVersionsResponse
from headwater.wire.messages.heartbeat_request import HeartbeatRequest
from headwater.wire.messages.heartbeat_response import HeartbeatResponse
from headwater.wire.messages.sasl_authenticate_response import SaslAuthenticateResponse
from headwater.wire.messages.sasl_handshake_response import SaslHandshakeResponse
from headwater.wire.schema import Message

DEADLINE_S = 10.0
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
SASL_APIS = (ApiKey.SASL_HANDSHAKE, ApiKey.SASL_AUTHENTICATE)
AUTHORITY = Authority()
SERVER = AUTHORITY.issue()
ADA = AUTHORITY.issue("ada")
TRUSTED = AUTHORITY.pem.encode()


def identity(holder: Any) -> Identity:
    return Identity(chain=holder.chain_pem.encode(), key=holder.key_pem().encode())


class Broker:
    """Lets in who knows that ada's password is `lovelace`."""

    def __init__(self, *, asks: bool = True, lifetime_ms: int = 0) -> None:
        self.asks = asks
        self.lifetime_ms = lifetime_ms
        self.connections = 0
        self.logins = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        asked = Asked(self)
        try:
            while size := await reader.read(4):
                header, request = decode_request(await reader.readexactly(int.from_bytes(size, "big")))
                answer = asked.answer_to(request)
                sent = encode_response(answer, header.request_api_version, correlation_id=header.correlation_id)
                writer.write(b"".join(sent))
        except ConnectionError:
            pass
        finally:
            writer.close()


class Asked:
    """One connection of it."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._mechanism = ""
        self._scram: ScramServer | None = None

    def answer_to(self, request: Any) -> Message:
        match request.API_KEY:
            case ApiKey.API_VERSIONS:
                apis = (ApiKey.HEARTBEAT, *(SASL_APIS if self._broker.asks else ()))
                offered = tuple(ApiVersion(api_key=each, min_version=0, max_version=1) for each in apis)
                return ApiVersionsResponse(api_keys=offered)
            case ApiKey.SASL_HANDSHAKE:
                self._mechanism = request.mechanism
                known = request.mechanism in MECHANISMS
                code = ErrorCode.NONE if known else ErrorCode.UNSUPPORTED_SASL_MECHANISM
                return SaslHandshakeResponse(error_code=code, mechanisms=MECHANISMS)
            case ApiKey.SASL_AUTHENTICATE:
                return self._authenticated(request.auth_bytes)
        return HeartbeatResponse()

    def _authenticated(self, said: bytes) -> SaslAuthenticateResponse:
        if self._mechanism == "PLAIN":
            return self._verdict(said == b"\0ada\0lovelace", b"")
        if self._scram is None:
            self._scram = ScramServer(self._mechanism, "lovelace")
            return SaslAuthenticateResponse(auth_bytes=self._scram.first(said))
        return self._verdict(self._scram.proves(said), self._scram.final())

    def _verdict(self, right: bool, last: bytes) -> SaslAuthenticateResponse:
        if not right:
            code = ErrorCode.SASL_AUTHENTICATION_FAILED
            return SaslAuthenticateResponse(error_code=code, error_message="Authentication failed: invalid credentials")
        self._broker.logins += 1
        return SaslAuthenticateResponse(auth_bytes=last, session_lifetime_ms=self._broker.lifetime_ms)


@asynccontextmanager
async def running(broker: Broker, *, tls: TlsEnd | None = None) -> AsyncIterator[Address]:
    context = server_context(tls) if tls is not None else None
    serving = await asyncio.start_server(broker.serve, "127.0.0.1", 0, ssl=context)
    try:
        yield Address("localhost", serving.sockets[0].getsockname()[1])
    finally:
        serving.close()


def options(mechanism: str | None = None, *, password: str = "lovelace", tls: TlsEnd | None = None) -> ClientOptions:
    login = None
    if mechanism is not None:
        login = login_of(mechanism, Credentials(user="ada", password=Secret(password)), SystemRandomness())
    return ClientOptions(tls=client_context(tls) if tls is not None else None, login=login, deadline_ms=5_000)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(DEADLINE_S):
            await test()

    for loop in (asyncio.new_event_loop, uvloop.new_event_loop):
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(within())


async def asked(address: Address, with_: ClientOptions) -> None:
    connection = await connect(address, with_)
    await connection.ask(HeartbeatRequest(group_id="g", member_id="m"), HeartbeatResponse)
    await connection.close()


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_who_knows_the_password_is_let_in_and_who_does_not_is_told_so_at_once(mechanism):
    async def test() -> None:
        broker = Broker()
        async with running(broker) as address:
            await asked(address, options(mechanism))
            with pytest.raises(NotAuthenticated, match="invalid credentials"):
                await connect(address, options(mechanism, password="byron"))
            wrong = options(mechanism, password="byron")
            async with Cluster((address,), randomness=SystemRandomness(), options=wrong) as cluster:
                with pytest.raises(NotAuthenticated):
                    await cluster.metadata()
            assert (broker.connections, broker.logins) == (3, 1)

    run(test)


def test_a_mechanism_that_the_broker_lacks_is_named_with_those_that_it_has(monkeypatch):
    monkeypatch.setitem(globals(), "MECHANISMS", ("PLAIN",))

    async def test() -> None:
        async with running(Broker()) as address:
            with pytest.raises(NotAuthenticated, match="does not know SCRAM-SHA-256: it has PLAIN"):
                await connect(address, options("SCRAM-SHA-256"))

    run(test)


def test_a_broker_that_asks_nobody_is_not_told_a_password():
    async def test() -> None:
        async with running(Broker(asks=False)) as address:
            with pytest.raises(NotAuthenticated, match="asks nobody"):
                await connect(address, options("PLAIN"))

    run(test)


def test_another_connection_takes_the_place_of_one_whose_session_ends():
    async def test() -> None:
        broker = Broker(lifetime_ms=1)
        async with running(broker) as address:
            pool = Pool(options("PLAIN"))
            first = await pool.to(address)
            first.session_ends = asyncio.get_running_loop().time() + 60
            assert await pool.to(address) is first
            first.session_ends = asyncio.get_running_loop().time()
            second = await pool.to(address)
            assert second is not first
            assert first.is_closed
            assert broker.logins == 2
            await pool.close()

    run(test)


def test_what_was_asked_on_a_retired_connection_is_answered_there():
    async def test() -> None:
        async with running(Broker()) as address:
            connection = await connect(address, options("PLAIN"))
            asking = asyncio.ensure_future(
                connection.ask(HeartbeatRequest(group_id="g", member_id="m"), HeartbeatResponse)
            )
            await asyncio.sleep(0)
            connection.retire()
            assert not connection.is_closed
            await asking
            assert connection.is_closed

    run(test)


def test_tls_with_a_password_inside_it():
    async def test() -> None:
        async with running(Broker(), tls=TlsEnd(identity=identity(SERVER))) as address:
            await asked(address, options("SCRAM-SHA-512", tls=TlsEnd(trusted=TRUSTED)))

    run(test)


def test_a_broker_that_is_not_trusted_is_told_at_once_and_not_tried_again():
    async def test() -> None:
        broker = Broker()
        async with running(broker, tls=TlsEnd(identity=identity(SERVER))) as address:
            stranger = options(tls=TlsEnd(trusted=Authority("another").pem.encode()))
            async with Cluster((address,), randomness=SystemRandomness(), options=stranger) as cluster:
                with pytest.raises(NotTrusted, match="not believed"):
                    await cluster.metadata()
            elsewhere = AUTHORITY.issue("elsewhere", ("elsewhere",))
        async with running(broker, tls=TlsEnd(identity=identity(elsewhere))) as address:
            with pytest.raises(NotTrusted, match="Hostname mismatch"):
                await connect(address, options(tls=TlsEnd(trusted=TRUSTED)))
            await asked(address, options(tls=TlsEnd(trusted=TRUSTED, checks_host=False)))

    run(test)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_broker_that_wants_a_certificate_lets_in_who_has_one(version):
    wants = TlsEnd(identity=identity(SERVER), trusted=TRUSTED, peers=Peers.REQUIRED, versions=(version,))

    async def test() -> None:
        async with running(Broker(), tls=wants) as address:
            await asked(address, options(tls=TlsEnd(identity=identity(ADA), trusted=TRUSTED)))
        with refusing(wants) as address, pytest.raises(NotTrusted):
            await connect(address, options(tls=TlsEnd(trusted=TRUSTED)))

    run(test)


@contextmanager
def refusing(end: TlsEnd) -> Iterator[Address]:
    """A handshake in a thread: unlike asyncio's, it says why it ends."""
    context = server_context(end)

    def shake(listening: socket.socket) -> None:
        accepted, _ = listening.accept()
        raw = accepted.dup()
        with (
            raw,
            suppress(ssl.SSLError),
            context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False) as secured,
        ):
            with suppress(ssl.SSLError):
                secured.do_handshake()
            while raw.recv(4_096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as threads:
        listening.settimeout(DEADLINE_S)
        threads.submit(shake, listening)
        yield Address("localhost", listening.getsockname()[1])


def test_a_plain_connection_to_a_secured_broker_is_no_connection():
    async def test() -> None:
        async with running(Broker(), tls=TlsEnd(identity=identity(SERVER))) as address:
            with pytest.raises(Unreachable):
                await connect(address, options())

    run(test)
