"""The network: who listens where, who can reach whom, and the moving of bytes from one end of a connection to the other.

It replaces the loop's `create_server` and `create_connection`, so asyncio's streams work on it as well. Bytes keep their
order and arrive in other pieces than they were written; between hosts that are cut off they are tried again and again, and
a connection that stalls too long ends with ETIMEDOUT, all as TCP does it.
"""

import asyncio
import errno
import socket
import zlib
from collections.abc import Callable
from contextvars import Context, copy_context
from random import Random
from typing import Any

from tests.simulation.world.connection import Endpoint
from tests.simulation.world.loop import SimulatedLoop
from tests.simulation.world.process import CURRENT, Death, Process
from tests.simulation.world.socket import Address, SimulatedServer
from tests.simulation.world.trace import Trace

PIECE_MAX = 256 * 1024
RETRY_S = 0.2
STALL_MAX_S = 60.0
ANY = (None, "", "0.0.0.0", "::")  # what a program may bind to
SELF = ("localhost", "127.0.0.1", "::1")

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


class Network:
    """`latency_s` is the span one piece takes from end to end, drawn anew for each."""

    def __init__(self, loop: SimulatedLoop, random: Random, trace: Trace) -> None:
        self.loop = loop
        self.latency_s = (0.000_05, 0.001)
        self.listeners: dict[Address, SimulatedServer] = {}
        self.names: dict[str, str] = {}
        self.powered_off: set[str] = set()
        self._cut: set[tuple[str, str]] = set()
        self._endpoints: dict[Endpoint, None] = {}
        self._random = random
        self._trace = trace
        self._neutral = Context()
        self._next_port = 32_768
        loop.create_server = self._create_server  # type: ignore[method-assign,assignment]
        loop.create_connection = self._create_connection  # type: ignore[method-assign,assignment]

    # Faults.

    def cut(self, one: str, other: str) -> None:
        """Between two addresses nothing moves, either way, until `heal`."""
        self._trace.note(f"network cut between {one} and {other}")
        self._cut |= {(one, other), (other, one)}

    def heal(self) -> None:
        if self._cut:
            self._trace.note("network healed")
        self._cut.clear()

    def connections(self) -> list[Endpoint]:
        return list(self._endpoints)

    def reset(self, endpoint: Endpoint) -> None:
        """Both ends find their connection reset."""
        self._trace.note(f"connection {endpoint.local} reset")
        for each in (endpoint, endpoint.peer):
            each.end(_reset())

    def drop(self, process: Process, death: Death) -> None:
        """Everything that a process had open, when it dies."""
        for address in [each for each, server in self.listeners.items() if server.process is process]:
            del self.listeners[address]
        for endpoint in [each for each in self._endpoints if each.process is process]:
            endpoint.silent = death is Death.POWER
            kernel_flushes = not endpoint.silent and self._random.random() < 0.5
            endpoint.orphan(sends_the_rest=kernel_flushes)
            self.forget(endpoint)
            if not (endpoint.silent or kernel_flushes):
                self.reset_later(endpoint.peer)

    # Moving bytes.

    def flow(self, sender: Endpoint) -> None:
        """See to it that what `sender` has to send moves on, after a while."""
        has_something = sender.unsent or (sender.ends_after_sending and not sender.end_was_sent)
        if has_something and not sender.moving:
            sender.moving = True
            self._later(self._delay(), self._move, sender)

    def reset_later(self, endpoint: Endpoint) -> None:
        self._later(self._delay(), endpoint.end, _reset())

    def end_peer_later(self, endpoint: Endpoint) -> None:
        if self._random.random() < 0.5:
            self.reset_later(endpoint.peer)
        else:
            endpoint.ends_after_sending = True
            self.flow(endpoint)

    def forget(self, endpoint: Endpoint) -> None:
        self._endpoints.pop(endpoint, None)

    def accepted_by(self, server: SimulatedServer) -> list[Endpoint]:
        return [each for each in self._endpoints if each.server is server]

    def _move(self, sender: Endpoint) -> None:
        sender.moving = False
        receiver = sender.peer
        if not self._reaches(sender.local[0], receiver.local[0]):
            self._stall(sender)
            return
        sender.stalled_since = None
        if receiver.ended:
            if sender.unsent or receiver.silent:
                sender.end(_reset())
            else:
                sender.sending_has_ended()
        elif receiver.takes_bytes:
            self._pass_on(sender, receiver)
            self.flow(sender)

    def _pass_on(self, sender: Endpoint, receiver: Endpoint) -> None:
        if sender.unsent:
            taken = receiver.receive_from(sender, self._piece(sender.unsent))
            self._trace.note(f"{sender.local} -> {receiver.local} {len(taken)} bytes {zlib.crc32(taken):08x}")
        elif sender.ends_after_sending and not sender.end_was_sent:
            sender.sending_has_ended()
            receiver.receive_end()

    def _piece(self, available: int) -> int:
        whole = min(available, PIECE_MAX)
        return whole if self._random.random() < 0.6 else self._random.randint(1, whole)

    def _stall(self, sender: Endpoint) -> None:
        if sender.stalled_since is None:
            sender.stalled_since = self.loop.now
        if self.loop.now - sender.stalled_since > STALL_MAX_S:
            sender.end(TimeoutError(errno.ETIMEDOUT, "Connection timed out"))
        else:
            sender.moving = True
            self._later(RETRY_S, self._move, sender)

    def _reaches(self, one: str, other: str) -> bool:
        return (one, other) not in self._cut and other not in self.powered_off

    def _delay(self) -> float:
        return self._random.uniform(*self.latency_s)

    def _later(self, delay: float, callback: Callable[..., object], *arguments: object) -> None:
        """In no process's context, so that the death of a process leaves packets alone."""
        self.loop.call_later(delay, callback, *arguments, context=self._neutral)

    # What asyncio calls.

    async def _create_server(
        self, protocol_factory: ProtocolFactory, host: str | None = None, port: int = 0, **options: Any
    ) -> SimulatedServer:
        _refuse(options)
        process = CURRENT.get()
        address = (process.address if host in ANY else self._resolve(host, process), port or self._free_port())
        if address in self.listeners:
            raise OSError(
                errno.EADDRINUSE, f"error while attempting to bind on address {address}: address already in use"
            )
        server = SimulatedServer(self, process, copy_context(), protocol_factory, address)
        if options.get("start_serving", True):
            server.listen()
        self._trace.note(f"{process.name} listens on {address}")
        return server

    async def _create_connection(
        self, protocol_factory: ProtocolFactory, host: str | None = None, port: int = 0, **options: Any
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        _refuse(options)
        process = CURRENT.get()
        target = (self._resolve(host, process), port)
        await self._travel(process.address, target)
        client = self._accept(process, target)
        try:
            await asyncio.sleep(self._delay())
            if client.ended:
                raise _reset()
            protocol = protocol_factory()
        except BaseException:
            client.abort()
            raise
        client.begin(protocol)
        return client, protocol

    async def _travel(self, source: str, target: Address) -> None:
        """A SYN on its way, sent again while nothing answers."""
        began = self.loop.now
        await asyncio.sleep(self._delay())
        while not self._reaches(source, target[0]):
            if self.loop.now - began > STALL_MAX_S:
                raise TimeoutError(errno.ETIMEDOUT, f"Connect call failed {target}")
            await asyncio.sleep(RETRY_S)
        if target not in self.listeners:
            await asyncio.sleep(self._delay())
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed {target}")

    def _accept(self, process: Process, target: Address) -> Endpoint:
        """Both ends of a new connection; the server's program is told now, the client's when the answer is back."""
        listener = self.listeners[target]
        local = (process.address, self._free_port())
        client = Endpoint(self, process, copy_context(), local, target)
        server = Endpoint(self, listener.process, listener.context.copy(), target, local)
        client.peer, server.peer = server, client
        self._endpoints |= {client: None, server: None}
        self._trace.note(f"{process.name} {local} connects to {target}")
        server.server = listener
        listener.attach()
        self._later(0, self._begin_server, server, listener)
        return client

    def _begin_server(self, server: Endpoint, listener: SimulatedServer) -> None:
        if not server.ended:
            server.begin(listener.context.copy().run(listener.factory))

    def _resolve(self, host: str | None, process: Process) -> str:
        if host in SELF:
            return process.address
        if host in self.names:
            return self.names[host]
        if host in self.names.values():
            return str(host)
        raise socket.gaierror(socket.EAI_NONAME, f"{host}: Name or service not known")

    def _free_port(self) -> int:
        self._next_port += 1
        return self._next_port


def _reset() -> ConnectionResetError:
    return ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


def _refuse(options: dict[str, Any]) -> None:
    if options.get("ssl") or options.get("sock"):
        raise NotImplementedError("the simulated network has neither TLS nor sockets of others")
