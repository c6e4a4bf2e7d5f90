"""One end of a TCP connection in memory: asyncio's transport for the program, a sender of bytes for the network.

What is written waits here until the network moves it, in pieces cut and joined at random, into the protocol of the other
end. As with uvloop and the sockets of Python 3.12, written buffers are not copied: who changes one after `write` will see
the change arrive.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from typing import TYPE_CHECKING, Any

from tests.simulation.world.process import Process
from tests.simulation.world.socket import Address, SimulatedServer, SimulatedSocket

if TYPE_CHECKING:
    from tests.simulation.world.network import Network

Bytes = bytes | bytearray | memoryview

WATERMARKS = (16 * 1024, 64 * 1024)
"""The low and the high one that asyncio's own transports begin with."""


class Endpoint(asyncio.Transport):
    """`peer` is set before anything moves; a protocol is there once the program has been told of the connection."""

    peer: "Endpoint"

    def __init__(self, network: "Network", process: Process, context: Context, local: Address, remote: Address) -> None:
        names = {"sockname": local, "peername": remote, "socket": SimulatedSocket(local, remote)}
        super().__init__(extra=names)
        self.process = process
        self.local = local
        self.server: SimulatedServer | None = None
        self.moving = False
        self.stalled_since: float | None = None
        self.ended = False
        """Its protocol has been told, or will never be told anything any more."""
        self.ends_after_sending = False
        self.end_was_sent = False
        self.silent = False
        """Its host lost power: bytes sent to it are not answered, not even with a reset."""
        self._network = network
        self._context = context
        self._protocol: asyncio.BaseProtocol | None = None
        self._unsent: deque[memoryview] = deque()
        self._unsent_bytes = 0
        self._closing = False
        self._paused = False
        self._writing_paused = False
        self._low, self._high = WATERMARKS

    # What the program calls.

    def write(self, data: Bytes) -> None:
        if self.ends_after_sending and not self._closing:
            raise RuntimeError("Cannot call write() after write_eof()")
        view = memoryview(data).cast("B")
        if self._closing or self.ended or not len(view):
            return
        self._unsent.append(view)
        self._unsent_bytes += len(view)
        if self._unsent_bytes > self._high and not self._writing_paused and self._protocol is not None:
            self._writing_paused = True
            self._protocol.pause_writing()
        self._network.flow(self)

    def writelines(self, list_of_data: Iterable[Bytes]) -> None:
        for data in list_of_data:
            self.write(data)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if not (self._closing or self.ended):
            self._finish_sending()

    def close(self) -> None:
        if not (self._closing or self.ended):
            self._closing = True
            self._finish_sending()

    def abort(self) -> None:
        self.break_off(None)

    def is_closing(self) -> bool:
        return self._closing or self.ended

    def is_reading(self) -> bool:
        return not (self._paused or self._closing or self.ended)

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._network.flow(self.peer)

    def get_write_buffer_size(self) -> int:
        return self._unsent_bytes

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._low, self._high

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if high is None:
            high = WATERMARKS[1] if low is None else 4 * low
        low = high // 4 if low is None else low
        if not 0 <= low <= high:
            raise ValueError(f"high ({high!r}) must be >= low ({low!r}) must be >= 0")
        self._low, self._high = low, high

    def get_protocol(self) -> asyncio.BaseProtocol:
        assert self._protocol is not None
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    # What the network calls.

    @property
    def takes_bytes(self) -> bool:
        return self._protocol is not None and not self._paused

    @property
    def unsent(self) -> int:
        return self._unsent_bytes

    def begin(self, protocol: asyncio.BaseProtocol) -> None:
        """Tell the program of the connection, by whose code this is called in its own context."""
        self._protocol = protocol
        self._call(protocol.connection_made, self)
        self._network.flow(self.peer)

    def take(self, size: int) -> bytes:
        """The next bytes on their way to the other end."""
        pieces = []
        self._unsent_bytes -= size
        while size:
            first = self._unsent.popleft()
            if len(first) > size:
                self._unsent.appendleft(first[size:])
                first = first[:size]
            pieces.append(first)
            size -= len(first)
        taken = b"".join(pieces)
        self._let_write()
        return taken

    def receive_from(self, sender: "Endpoint", size: int) -> bytes:
        """Up to `size` bytes into this end's protocol, as many as it has room for; gives what it took."""
        if not isinstance(self._protocol, asyncio.BufferedProtocol):
            taken = sender.take(size)
            if isinstance(self._protocol, asyncio.Protocol) and not self.is_closing():
                self._call(self._protocol.data_received, taken)
            return taken
        room: Any = None if self.is_closing() else self._call(self._protocol.get_buffer, -1)
        if room is None:
            return sender.take(size)
        view = memoryview(room).cast("B")
        assert len(view), "get_buffer() returned an empty buffer"
        taken = sender.take(min(size, len(view)))
        view[: len(taken)] = taken
        self._call(self._protocol.buffer_updated, len(taken))
        return taken

    def sending_has_ended(self) -> None:
        """The last byte is on its way: a closed end has nothing more to hear."""
        self.end_was_sent = True
        if self._closing:
            self.end(None)

    def receive_end(self) -> None:
        if not isinstance(self._protocol, asyncio.Protocol | asyncio.BufferedProtocol) or self.is_closing():
            return
        if not self._call(self._protocol.eof_received):
            self.close()

    def end(self, error: Exception | None) -> None:
        """The connection is over for this end: its program hears so in the loop's next step."""
        if self.ended:
            return
        self._drop_unsent()
        self.ended = True
        if self._protocol is not None:
            self._network.loop.call_soon(self._protocol.connection_lost, error, context=self._context)
        if self.server is not None:
            self._network.loop.call_soon(self.server.detach, context=self._context)
        self._network.forget(self)

    def break_off(self, error: Exception | None) -> None:
        """End without sending the rest. The other side finds an end or a reset, as the kernel likes."""
        if not self.ended:
            self.end(error)
            self._network.end_peer_later(self)

    def orphan(self, *, sends_the_rest: bool) -> None:
        """Its process has died: nothing is told to the program; the kernel may still send what was written."""
        self._protocol = None
        self.ended = True
        if sends_the_rest:
            self._finish_sending()
        else:
            self._drop_unsent()

    def _finish_sending(self) -> None:
        self.ends_after_sending = True
        if self._closing and not self._unsent_bytes:
            self.end(None)
        self._network.flow(self)

    def _let_write(self) -> None:
        if self._writing_paused and self._unsent_bytes <= self._low and self._protocol is not None and not self.ended:
            self._writing_paused = False
            self._call(self._protocol.resume_writing)

    def _drop_unsent(self) -> None:
        self._unsent.clear()
        self._unsent_bytes = 0

    def _call(self, callback: Callable[..., Any], *arguments: object) -> Any:
        """Into the program, in its own context; a protocol that raises loses its connection, as on every loop."""
        try:
            return self._context.run(callback, *arguments)
        except Exception as error:
            message = "Fatal error: a protocol raised"
            self._network.loop.call_exception_handler(
                {"message": message, "exception": error, "transport": self, "protocol": self._protocol}
            )
            self.break_off(error)
            return None
