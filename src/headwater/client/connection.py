"""One connection to one broker: requests go out in the order in which they are asked, answers come back in the same.

    ask -> (a free place in flight) -> encode at the newest common version -> write
    bytes -> frames -> the oldest unanswered request -> decode -> whoever asked

Kafka answers the requests of a connection in order, so an answer that is not the oldest one's means that the two sides
have lost each other: the connection ends, and with it everything that waits on it. The same happens when an answer is
overdue. An asker who is cancelled leaves its place to the answer, which is then read and dropped.

A broker from which more was wanted than the client's quota allows says so in its answer, and reads nothing for that long
(KIP-219). What is asked meanwhile waits here, where no deadline of a request runs.

A connection that is retired ends by itself, as soon as those requests are answered that it was asked.

There are no tasks in here: the event loop calls, and futures wait. `connecting.py` makes connections.
"""

import asyncio
import ssl
from collections import deque
from struct import Struct as Layout
from typing import Any, Final, TypeVar, cast

from msgspec import Struct

from headwater.client.address import Address
from headwater.client.errors import ClientError, ConnectionLost, DeadlinePassed, NoCommonVersion, NotTrusted, check
from headwater.client.options import ClientOptions
from headwater.kernel.units import SECOND_MS
from headwater.wire.apis import ApiKey
from headwater.wire.error_codes import ErrorCode
from headwater.wire.errors import WireError
from headwater.wire.frames import correlation_id_of, decode_response, encode_request
from headwater.wire.messages.api_versions_request import ApiVersionsRequest
from headwater.wire.messages.api_versions_response import ApiVersionsResponse
from headwater.wire.schema import Message, Versions

M = TypeVar("M", bound=Message)

SOFTWARE_NAME: Final = "headwater"
SOFTWARE_VERSION: Final = "0.1.0"
_SIZE: Final = Layout(">i")
_ASK_VERSIONS_AT: Final = 3
"""Every broker of the last years knows ApiVersions 3; an older one answers in version 0 with what it has."""
_CORRELATION_IDS: Final = 2**31


class Waiting(Struct, frozen=True, kw_only=True):
    """A request that is on its way: what its answer will be, and who wants it."""

    correlation_id: int
    kind: type[Message]
    version: int
    answer: asyncio.Future[Any]


class Connection(asyncio.Protocol):
    """It is used until it `is_closed` or its `session_ends`, and then thrown away."""

    def __init__(self, address: Address, options: ClientOptions) -> None:
        self.address: Final = address
        self._options = options
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._waiting: deque[Waiting] = deque()
        self._places = asyncio.Semaphore(options.in_flight_max)
        self._offered: dict[int, Versions] = {}
        self._next_correlation_id = 0
        self._end: str | None = None
        self._distrusted: str | None = None
        self._asking = 0
        self._retired = False
        self._silent_until = 0.0
        self.session_ends: float | None = None
        """From this moment of the loop's clock on another connection is to be used: the broker wants to know anew who this is."""
        self._closed = asyncio.get_running_loop().create_future()

    @property
    def is_closed(self) -> bool:
        return self._end is not None

    # For those who ask.

    async def ask(
        self, request: Message, kind: type[M], *, versions: Versions | None = None, timeout_ms: int | None = None
    ) -> M:
        """The answer, at the newest version that both sides have and that lies in `versions`.

        Raises ConnectionLost, NoCommonVersion, DeadlinePassed. What the answer says is for the caller to check.
        """
        version = self.version_for(request, versions)
        return await self._ask_at(version, request, kind, timeout_ms or self._options.request_timeout_ms)

    def version_for(self, request: Message, versions: Versions | None = None) -> int:
        ours = versions or request.VERSIONS
        api = ApiKey(cast("int", request.API_KEY)).name
        theirs = self._offered.get(cast("int", request.API_KEY))
        if theirs is None:
            raise NoCommonVersion(api, str(ours), "none of it")
        newest = min(ours.last, theirs.last)
        if newest < max(ours.first, theirs.first):
            raise NoCommonVersion(api, str(ours), str(theirs))
        return newest

    async def negotiate(self) -> None:
        """Learn what the broker speaks: the first thing on every connection."""
        request = ApiVersionsRequest(client_software_name=SOFTWARE_NAME, client_software_version=SOFTWARE_VERSION)
        timeout_ms = self._options.connect_timeout_ms
        answer = await self._ask_at(_ASK_VERSIONS_AT, request, ApiVersionsResponse, timeout_ms)
        if answer.error_code != ErrorCode.UNSUPPORTED_VERSION:
            check(answer.error_code, subject=f"{self.address}: ApiVersions")
        self._offered = {each.api_key: Versions(each.min_version, each.max_version) for each in answer.api_keys}

    def speaks(self, api: ApiKey) -> bool:
        return api in self._offered

    def retire(self) -> None:
        self._retired = True
        self._end_if_retired()

    async def close(self) -> None:
        """Whatever waits on it is told that the connection is lost."""
        self._finish("it was closed here")
        await self._closed

    async def _ask_at(self, version: int, request: Message, kind: type[M], timeout_ms: int) -> M:
        self._asking += 1
        try:
            return await self._answered(version, request, kind, timeout_ms)
        finally:
            self._asking -= 1
            self._end_if_retired()

    def _end_if_retired(self) -> None:
        if self._retired and not self._asking:
            self._finish("another one has taken its place")

    async def _answered(self, version: int, request: Message, kind: type[M], timeout_ms: int) -> M:
        await self._silence(timeout_ms)
        try:
            async with asyncio.timeout(timeout_ms / SECOND_MS):
                await self._places.acquire()
                answer: M = await self._send(version, request, kind)
                return answer
        except TimeoutError:
            late = DeadlinePassed(f"{type(request).__name__} to {self.address}", timeout_ms)
            self._finish(str(late))
            raise ConnectionLost(str(self.address), str(late)) from None

    async def _silence(self, most_ms: int) -> None:
        """As long as the broker asked for, and not longer than the request itself may take."""
        left_s = self._silent_until - asyncio.get_running_loop().time()
        if left_s > 0:
            await asyncio.sleep(min(left_s, most_ms / SECOND_MS))

    def _send(self, version: int, request: Message, kind: type[Message]) -> asyncio.Future[Any]:
        """Holds a place in flight, which the answer gives back; so does whatever keeps the request from being sent."""
        try:
            if self._end is not None or self._transport is None:
                raise self._failure(self._end or "it is not open yet")
            correlation_id = self._next_correlation_id
            buffers = encode_request(request, version, correlation_id=correlation_id, client_id=self._options.client_id)
        except BaseException:
            self._places.release()
            raise
        self._next_correlation_id = (correlation_id + 1) % _CORRELATION_IDS
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append(Waiting(correlation_id=correlation_id, kind=kind, version=version, answer=answer))
        self._transport.writelines(buffers)
        return answer

    # For the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while self._end is None and (frame := self._next_frame()) is not None:
            self._answer(frame)

    def connection_lost(self, exc: Exception | None) -> None:
        if isinstance(exc, ssl.SSLError):
            self._distrusted = reason_of(exc)
        self._finish(str(exc) if exc else "the broker closed it")
        if not self._closed.done():
            self._closed.set_result(None)

    def _next_frame(self) -> memoryview | None:
        """A frame of its own, because record batches in a response are views on it and live as long as anyone likes."""
        received = self._received
        if len(received) < _SIZE.size:
            return None
        size = _SIZE.unpack_from(received)[0]
        if not _SIZE.size <= size <= self._options.frame_bytes_max:
            self._finish(f"a frame claims {size} bytes, and {self._options.frame_bytes_max} are allowed")
            return None
        end = _SIZE.size + size
        if len(received) < end:
            return None
        frame = memoryview(bytes(memoryview(received)[_SIZE.size : end]))
        del received[:end]
        return frame

    def _answer(self, frame: memoryview) -> None:
        try:
            expected = self._waiting[0] if self._waiting else None
            if expected is None or correlation_id_of(frame) != expected.correlation_id:
                self._finish("an answer came that belongs to no request")
                return
            _, message = decode_response(expected.kind, _answer_version(expected, frame), frame)
        except WireError as problem:
            self._finish(f"an answer can't be read: {problem}")
            return
        self._waiting.popleft()
        self._places.release()
        if throttle_ms := getattr(message, "throttle_time_ms", 0):
            until = asyncio.get_running_loop().time() + throttle_ms / SECOND_MS
            self._silent_until = max(self._silent_until, until)
        if not expected.answer.done():
            expected.answer.set_result(message)

    def _failure(self, reason: str) -> ClientError:
        if self._distrusted is not None:
            return NotTrusted(str(self.address), self._distrusted)
        return ConnectionLost(str(self.address), reason)

    def _finish(self, reason: str) -> None:
        """The first reason counts. Everyone who waits for an answer, or for a place, gets it."""
        if self._end is not None:
            return
        self._end = reason
        self._received.clear()
        while self._waiting:
            waiting = self._waiting.popleft()
            self._places.release()
            if not waiting.answer.done():
                waiting.answer.set_exception(self._failure(reason))
        if self._transport is not None:
            self._transport.abort()


def reason_of(error: ssl.SSLError) -> str:
    """Why two ends did not agree. What the other one says comes as an alert."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not believed: {error.verify_message}"
    return (error.reason or str(error)).lower().replace("_", " ")


def _answer_version(waiting: Waiting, frame: memoryview) -> int:
    """A broker that lacks the asked version of ApiVersions answers UNSUPPORTED_VERSION at version 0."""
    if waiting.kind is not ApiVersionsResponse:
        return waiting.version
    error_code = int.from_bytes(frame[4:6], "big", signed=True)
    return 0 if error_code == ErrorCode.UNSUPPORTED_VERSION else waiting.version
