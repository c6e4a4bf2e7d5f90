"""One client's connection: bytes in, frames to the dispatcher, answers out in the order of the requests.

    get_buffer -> Receiver -> Frame -> Slot -> Dispatcher ... -> Slot.answered -> the head of the line leaves

Requests are started in the order in which they came, several at a time, and end in any order. Each has a slot in the
line, and an answer leaves when all before it have left.

A connection reads only while nothing holds it. Each reason to hold is a bit, and reading goes on when the last is gone:
too many requests unanswered, too many bytes of requests in the broker, a client that does not read its answers, a
throttle, or a burst so long that others must have their turn.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol, cast

from headwater.broker.backpressure import QueuedBytes
from headwater.broker.calls import Call
from headwater.broker.context import Session
from headwater.broker.dispatch import Dispatcher
from headwater.broker.errors import BrokerStops, ConnectionRefused, HandlerFailed, SlowReader, TooManyNewConnections
from headwater.broker.receiver import Frame, Receiver
from headwater.kernel.logging import get
from headwater.kernel.units import KiB, MiB
from headwater.wire.errors import MalformedMessage
from headwater.wire.schema import Buffer

log = get("broker.connection")

Problem = ConnectionRefused | MalformedMessage

IN_FLIGHT_MAX: Final = 64
BURST_MAX: Final = 128
"""How many requests of one connection are started in one go."""
BURST_MAX_S: Final = 0.005
"""For how long they are: some take as long as a thousand others, such as Metadata of all topics."""
WRITE_PAUSE_BYTES: Final = 256 * KiB
WRITE_BYTES_MAX: Final = 256 * MiB
"""Answers that a client asked for and does not read; the largest single one is far below."""

# Why a connection does not read. Plain integers: an IntFlag costs a microsecond each time it is touched.
_IN_FLIGHT: Final = 1
_QUEUED_BYTES: Final = 2
_SLOW_READER: Final = 4
_THROTTLE: Final = 8
_BURST: Final = 16
_ENDING: Final = 32
_CLOSED: Final = 64


class Connected(Protocol):
    """Who keeps count of connections, and lets each one in or not."""

    def opened(self, connection: "Connection", host: str) -> Session:
        """Raises TooManyConnections or TooManyNewConnections."""
        ...

    def closed(self, connection: "Connection") -> None:
        """Its client is gone; requests of it may still go on."""
        ...

    def ended(self, connection: "Connection") -> None:
        """The last of these is over."""
        ...


class Slot:
    """A request's place in the line."""

    __slots__ = ("_connection", "buffers", "call", "frame", "is_done", "problem")

    def __init__(self, connection: "Connection", frame: Frame) -> None:
        self._connection = connection
        self.frame = frame
        self.call: Call | None = None
        self.buffers: Sequence[Buffer] = ()
        self.problem: Problem | None = None
        self.is_done = False

    def answered(self, buffers: Sequence[Buffer], *, mute_ms: int) -> None:
        self.buffers = buffers
        self._connection.slot_done(self, mute_ms)

    def failed(self, problem: Problem) -> None:
        """The connection ends when the answers before this slot have left."""
        self.problem = problem
        self._connection.slot_done(self, 0)


class Connection(asyncio.BufferedProtocol):
    """`last_active` is the loop's time when bytes last came."""

    def __init__(
        self, *, connected: Connected, dispatcher: Dispatcher, queued: QueuedBytes, receiver: Receiver
    ) -> None:
        self._connected = connected
        self._dispatcher = dispatcher
        self._queued = queued
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        self._line: deque[Slot] = deque()
        self._held = 0
        self._is_reading = True
        self._is_starting = False
        self._muted: asyncio.TimerHandle | None = None
        self._outbox: list[Buffer] = []
        self._session: Session
        self._transport: asyncio.Transport
        self.host = "unknown"
        self.last_active = self._loop.time()

    @property
    def in_flight(self) -> int:
        return len(self._line)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=WRITE_PAUSE_BYTES)
        port = 0
        if peer := transport.get_extra_info("peername"):
            self.host, port = peer[0], peer[1]
        try:
            self._session = self._connected.opened(self, self.host)
            self._session.port = port
            self._session.unsent_bytes = self._unsent_bytes
        except TooManyNewConnections as problem:
            self._hold(_ENDING)
            self._loop.call_later(problem.close_after_ms / 1000, self._end, problem)
        except ConnectionRefused as problem:
            self._end(problem)

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._receiver.room()

    def buffer_updated(self, nbytes: int) -> None:
        self.last_active = self._loop.time()
        self._receiver.received(nbytes)
        self._start_requests()

    def eof_received(self) -> None:
        """Room was made for bytes that did not come. Where many clients go at once, none may keep it until it is closed."""
        self._receiver.settle()

    def pause_writing(self) -> None:
        self._hold(_SLOW_READER)

    def resume_writing(self) -> None:
        self._unhold(_SLOW_READER)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._held |= _CLOSED
        self._connected.closed(self)
        self._receiver.close()
        self._outbox.clear()
        if self._muted is not None:
            self._muted.cancel()
        for slot in tuple(self._line):
            if slot.call is not None:
                slot.call.client_left()

    # Requests.

    def _start_requests(self) -> None:
        """Start what is whole, and write in one go what was answered at once."""
        self._is_starting = True
        started, ends = 0, self._loop.time() + BURST_MAX_S
        while not self._held and (frame := self._next_frame()) is not None:
            self._start(frame)
            started += 1
            if started == BURST_MAX or self._loop.time() > ends:
                self._held |= _BURST
                self._loop.call_soon(self._unhold, _BURST)
        self._is_starting = False
        if self._outbox:
            self._write()
        self._receiver.settle()
        self._adjust_reading()

    def _next_frame(self) -> Frame | None:
        try:
            return self._receiver.next_frame()
        except ConnectionRefused as problem:
            self._end(problem)
            return None

    def _start(self, frame: Frame) -> None:
        slot = Slot(self, frame)
        self._line.append(slot)
        self._queued.add(frame.size)
        try:
            call = self._dispatcher.start(self._session, frame.view, slot)
            if not slot.is_done:
                slot.call = call
        except (ConnectionRefused, MalformedMessage) as problem:
            slot.failed(problem)
        except Exception as problem:
            log.error("a request could not be started", error=problem, client=self.host)
            slot.failed(HandlerFailed("a request"))
        if not slot.is_done:
            self._hold_where_full()

    def _hold_where_full(self) -> None:
        if len(self._line) >= IN_FLIGHT_MAX:
            self._held |= _IN_FLIGHT
        if self._queued.is_full:
            self._held |= _QUEUED_BYTES
            self._queued.wait(lambda: self._loop.call_soon(self._unhold, _QUEUED_BYTES))

    # Answers.

    def slot_done(self, slot: Slot, mute_ms: int) -> None:
        slot.is_done = True
        slot.call = None  # it holds the slot: without this, only a collection would free the two
        self._queued.remove(slot.frame.size)
        self._receiver.release(slot.frame)
        if slot.problem is not None:
            self._hold(_ENDING)
        if mute_ms:
            self.mute(mute_ms)
        if slot is self._line[0]:
            self._let_leave()

    def _let_leave(self) -> None:
        line = self._line
        while line and line[0].is_done:
            slot = line.popleft()
            if slot.problem is not None:
                self._end(slot.problem)
            self._outbox.extend(slot.buffers)
        if self._outbox and not self._is_starting:
            self._write()
        if self._held & _IN_FLIGHT and len(line) < IN_FLIGHT_MAX:
            self._unhold(_IN_FLIGHT)
        if self._held & (_ENDING | _CLOSED) and not line:
            self._end(BrokerStops())
            self._connected.ended(self)

    def _write(self) -> None:
        buffers, self._outbox = self._outbox, []
        if self._held & _CLOSED or self._transport.is_closing():  # uvloop raises where asyncio would only drop it
            return
        if len(buffers) == 1:
            self._transport.write(buffers[0])
        else:
            self._transport.writelines(buffers)
        if self._held & _SLOW_READER and self._transport.get_write_buffer_size() > WRITE_BYTES_MAX:
            self.abort(SlowReader(self.host, self._transport.get_write_buffer_size()))

    def _unsent_bytes(self) -> int:
        if self._held & _CLOSED:
            return 0
        waiting = sum(len(each) for slot in self._line for each in slot.buffers)
        return waiting + self._transport.get_write_buffer_size()

    # Holding and ending.

    def mute(self, for_ms: int) -> None:
        """Take nothing more for so long. Several requests may have been too much: the longest time counts."""
        until = self._loop.time() + for_ms / 1000
        if self._muted is not None:
            if self._muted.when() >= until:
                return
            self._muted.cancel()
        self._muted = self._loop.call_at(until, self._unmute)
        self._hold(_THROTTLE)

    def _unmute(self) -> None:
        self._muted = None
        self._unhold(_THROTTLE)

    def _hold(self, reason: int) -> None:
        self._held |= reason
        self._adjust_reading()

    def _unhold(self, reason: int) -> None:
        self._held &= ~reason
        if not self._held and not self._is_starting:
            self._start_requests()

    def _adjust_reading(self) -> None:
        if self._is_reading is not bool(self._held) or self._transport.is_closing():
            return
        self._is_reading = not self._held
        if self._is_reading:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def stop(self) -> None:
        """Take no more requests, and close when those that were taken are answered. Who only waits is sent away."""
        self._hold(_ENDING)
        for slot in tuple(self._line):
            if slot.call is not None:
                slot.call.client_left()
        if not self._line:
            self._end(BrokerStops())

    def abort(self, problem: Problem) -> None:
        """Close without a look at what is still to be written, and cancel what is not answered."""
        log.info("connection aborted", client=self.host, error=problem)
        self._held |= _CLOSED
        self._transport.abort()
        for slot in tuple(self._line):
            if slot.call is not None:
                slot.call.cancel()

    def _end(self, problem: Problem) -> None:
        """Close after what was answered has been written. What follows is not."""
        if self._held & _CLOSED:
            return
        if self._outbox:
            self._write()
        log.info("connection closed", client=self.host, error=problem)
        self._held |= _CLOSED
        self._transport.close()
