"""One request between its start and its answer: what surrounds every handler.

Whatever goes wrong ends in one of two ways. The API's `refuse` makes a response that carries the error's code; or, where
Kafka's protocol has no answer (a Produce that wants none, a frame that is no message), the connection is closed.
"""

from asyncio import AbstractEventLoop, CancelledError
from collections.abc import Sequence
from typing import Any, Protocol

from msgspec.structs import replace

from headwater.broker.api import Api, Handler
from headwater.broker.calls import Call
from headwater.broker.context import Context
from headwater.broker.errors import BrokerStops, ConnectionRefused, HandlerFailed, NotAnswered
from headwater.broker.held_time import Timed
from headwater.broker.needs import Allowed
from headwater.broker.refusals import code_of
from headwater.broker.requests import Requests
from headwater.kernel.errors import HeadwaterError
from headwater.kernel.logging import get
from headwater.kernel.units import SECOND_MS
from headwater.security.access import Operation, Resource
from headwater.security.quotas.client_quotas import ClientQuotas
from headwater.wire.apis import ApiKey
from headwater.wire.error_codes import ErrorCode
from headwater.wire.errors import MalformedMessage
from headwater.wire.frames import encode_response
from headwater.wire.schema import Buffer, Message

log = get("broker.requests")
audit = get("broker.audit")


class Reply(Protocol):
    """Where an answer goes; one of the two is called, once."""

    def answered(self, buffers: Sequence[Buffer], *, mute_ms: int) -> None:
        """No buffers for a request that wants no answer."""
        ...

    def failed(self, problem: ConnectionRefused | MalformedMessage) -> None:
        """There is no answer, and nothing more to be said on this connection."""
        ...


class Surroundings:
    """What all exchanges share."""

    __slots__ = ("loop", "quotas", "requests")

    def __init__(self, *, loop: AbstractEventLoop, quotas: ClientQuotas, requests: Requests) -> None:
        self.loop = loop
        self.quotas = quotas
        self.requests = requests


class Exchange:
    __slots__ = ("_allowed", "_api", "_began", "_bytes_in", "_context", "_reply", "_request", "_shared", "_timed")

    def __init__(
        self, shared: Surroundings, api: Api, context: Context, request: Message, reply: Reply, *, bytes_in: int
    ) -> None:
        self._shared = shared
        self._api = api
        self._context = context
        self._request = request
        self._reply = reply
        self._bytes_in = bytes_in
        self._began = shared.loop.time()
        self._allowed: Allowed | None = None
        self._timed: Timed | None = None

    def run(self, handler: Handler) -> Call | None:
        """Ask whether it may be done, and begin to do it. Gives the call, unless it was refused."""
        if self._api.needs:
            allowed = self._narrowed()
            if allowed.refusal is not None:
                self.refuse(allowed.refusal)
                return None
            self._allowed = allowed
            self._request = allowed.request
        coroutine = handler.handle(self._context, self._request)
        if self._shared.quotas.wants_time:
            coroutine = self._timed = Timed(coroutine, self._shared.loop)
        call = Call(coroutine, self._finished, is_for_client=self._api.waits)
        call.start()
        return call

    def refuse(self, code: ErrorCode) -> None:
        """Answer the whole request with an error."""
        self._shared.requests.refused(self._context.api_key, code)
        try:
            response = self._api.refuse(self._request, code)
        except Exception as problem:
            self._fail_for(problem)
            return
        if response is None:
            self._fail(NotAnswered(code))
        else:
            self._send(response)

    def _narrowed(self) -> Allowed:
        allowed = Allowed(request=self._request)
        for need in self._api.needs:
            allowed = need.narrow(self._ask, allowed)
            if allowed.refusal is not None:
                break
        return allowed

    def _ask(self, operation: Operation, resource: Resource) -> bool:
        context = self._context
        if context.allows(operation, resource):
            return True
        audit.info(
            "access denied",
            principal=context.principal,
            host=context.host,
            operation=operation.name,
            resource=resource,
            api=self._api.key.name,
            request_id=context.request_id,
        )
        return False

    def _finished(self, response: Message | None, problem: BaseException | None) -> None:
        if problem is not None:
            self._refuse_for(problem)
        elif response is None:
            self._answer((), mute_ms=self._charged(is_answered=False) if self._shared.quotas.charges else 0)
        else:
            self._send(response)

    def _refuse_for(self, problem: BaseException) -> None:
        if isinstance(problem, CancelledError):
            self._fail(BrokerStops())
        elif isinstance(problem, ConnectionRefused | MalformedMessage):
            self._fail(problem)
        else:
            if not isinstance(problem, HeadwaterError):
                log.error("a handler failed", error=problem, **self._names())
            self.refuse(code_of(problem))

    def _send(self, response: Message) -> None:
        try:
            buffers, mute_ms = self._encoded(response if self._allowed is None else self._allowed.complete(response))
        except Exception as problem:
            self._fail_for(problem)
        else:
            self._answer(buffers, mute_ms=mute_ms)

    def _encoded(self, response: Message) -> tuple[Sequence[Buffer], int]:
        """The answer's bytes, and for how long its client is to be silent: what the handler says in it, or what all of the
        request has cost, which is then said instead."""
        context, shared = self._context, self._shared
        began = shared.loop.time() if self._timed else 0.0
        buffers = encode_response(response, context.api_version, correlation_id=context.correlation_id)
        told_ms = getattr(response, "throttle_time_ms", None)
        if not shared.quotas.charges:
            return buffers, told_ms or 0
        if self._timed:
            self._timed.held_s += shared.loop.time() - began
        mute_ms = self._charged()
        if mute_ms <= (told_ms or 0):
            return buffers, told_ms or 0
        if told_ms is not None:
            throttled = replace(response, throttle_time_ms=mute_ms)
            buffers = encode_response(throttled, context.api_version, correlation_id=context.correlation_id)
        return buffers, mute_ms

    def _charged(self, *, is_answered: bool = True) -> int:
        """What the request has cost its client, as a time of silence. Kafka takes no time for what it need not answer."""
        context = self._context
        return self._shared.quotas.charge(
            context.principal,
            context.client_id,
            produced=self._bytes_in if context.api_key == ApiKey.PRODUCE else 0,
            held_ms=self._timed.held_ms if self._timed and is_answered else None,
            now=self._shared.loop.time() * SECOND_MS,
        )

    def _answer(self, buffers: Sequence[Buffer], *, mute_ms: int = 0) -> None:
        self._count(bytes_out=_size(buffers))
        self._reply.answered(buffers, mute_ms=mute_ms)

    def _fail_for(self, problem: Exception) -> None:
        """A bug of ours in what makes the answer: there is none."""
        log.error("a response could not be made", error=problem, **self._names())
        self._fail(HandlerFailed(self._api.key.name))

    def _fail(self, problem: ConnectionRefused | MalformedMessage) -> None:
        self._count(bytes_out=0)
        self._reply.failed(problem)

    def _count(self, *, bytes_out: int) -> None:
        shared = self._shared
        lasted_s = shared.loop.time() - self._began
        shared.requests.ended(self._context.api_key, lasted_s, bytes_in=self._bytes_in, bytes_out=bytes_out)
        if lasted_s * SECOND_MS >= shared.requests.slow_ms and not self._api.waits:
            log.warn("slow request", lasted_ms=round(lasted_s * SECOND_MS), **self._names())

    def _names(self) -> dict[str, Any]:
        context = self._context
        return {
            "api": self._api.key.name,
            "version": context.api_version,
            "request_id": context.request_id,
            "correlation_id": context.correlation_id,
            "connection": context.session.connection_id,
            "client": context.host,
            "client_id": context.client_id,
        }


def _size(buffers: Sequence[Buffer]) -> int:
    return len(buffers[0]) if len(buffers) == 1 else sum(map(len, buffers))
