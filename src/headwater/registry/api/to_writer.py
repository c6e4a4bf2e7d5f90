"""Forwarding by HTTP: the request goes to the writer as it came, and its answer back as it is.

Before a caller gets the answer, this node reads what has been written meanwhile: whoever writes here finds it here. A writer that
can't be connected to may just have died, so the next one is waited for; one that does not answer may have done what it was told.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import Request, Response

from headwater.http.bodies import raw
from headwater.http.endpoints import BYTES_MAX
from headwater.kernel.logging import get
from headwater.registry.election.protocol import Identity
from headwater.registry.errors import ForwardingFailed
from headwater.registry.node import Node

if TYPE_CHECKING:
    import httpx

FORWARDED: Final = "x-forward"
"""A request with it has been forwarded, and is not again: two that each take the other for the writer would never end."""
_PASSED_ON: Final = (
    "content-type", "accept", "confluent-accept-unknown-properties", "authorization", "x-request-id",
)  # fmt: skip
_KINDS: Final = {
    ("config", "PUT"): "update config",
    ("config", "DELETE"): "delete config",
    ("mode", "PUT"): "update mode",
    ("mode", "DELETE"): "delete mode",
    ("subjects", "DELETE"): "delete schema version",
}
_ELSE: Final = "register schema"

_log = get("registry.forwarding")


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardingLimits:
    writer_timeout_s: float = 10.0
    """Until it is known who writes: an election after a death takes a session."""
    catch_up_timeout_s: float = 0.5
    headers: Sequence[str] = ()
    """Passed on besides those that always are."""


class ToWriter:
    """The port `Forwarder`. `client` makes one when it is first needed, for its library takes a while to load."""

    def __init__(self, node: Node, client: Callable[[], "httpx.AsyncClient"], limits: ForwardingLimits) -> None:
        self._node = node
        self._make_client = client
        self._limits = limits
        self._client: httpx.AsyncClient | None = None
        self._passed_on = (*_PASSED_ON, *(each.lower() for each in limits.headers))

    async def forward(self, request: Request) -> Response | None:
        """See the port."""
        if self._node.writes:
            return None
        timeout_s = self._limits.writer_timeout_s
        if FORWARDED in request.headers:
            await self._node.writes_soon(timeout_s=timeout_s)
            return None
        writer = await self._node.writer(timeout_s=timeout_s)
        if self._node.identity.is_same(writer):
            return None
        answer = await self._ask(writer, request)
        if answer is None:
            writer = await self._node.writer(not_at=writer, timeout_s=timeout_s)
            if self._node.identity.is_same(writer):
                return None
            answer = await self._ask(writer, request)
        if answer is None:
            raise ForwardingFailed(_what(request))
        await self._node.catch_up(timeout_s=self._limits.catch_up_timeout_s)
        return answer

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _ask(self, writer: Identity, request: Request) -> Response | None:
        """None where it can't be connected to, and so has heard nothing."""
        import httpx

        if self._client is None:
            self._client = self._make_client()
        headers = {name: value for name in self._passed_on if (value := request.headers.get(name))}
        try:
            answer = await self._client.request(
                request.method,
                _url(writer, request),
                content=await _body(request),
                headers={**headers, FORWARDED: "true"},
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
            _log.warn("the writer can't be connected to", writer=writer.url, reason=repr(problem))
            return None
        except httpx.HTTPError as problem:
            _log.warn("the writer did not answer", writer=writer.url, reason=repr(problem))
            raise ForwardingFailed(_what(request)) from problem
        media_type = answer.headers.get("content-type")
        return Response(
            answer.content, answer.status_code, headers={"content-type": media_type} if media_type else None
        )


async def _body(request: Request) -> bytes:
    """Put back, for it may be asked for again: by the next writer, or by this one's own handler."""
    body = request._body = await raw(request, BYTES_MAX)
    return body


def _url(writer: Identity, request: Request) -> str:
    """With the path as it was written: what is escaped in it stays so."""
    host = f"[{writer.host}]" if ":" in writer.host else writer.host
    path = (request.scope.get("raw_path") or request.scope["path"].encode()).partition(b"?")[0].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    return f"{writer.scheme}://{host}:{writer.port}{path}{'?' if query else ''}{query}"


def _what(request: Request) -> str:
    """In the words of Confluent's refusals."""
    first = request.scope["path"].strip("/").partition("/")[0]
    return _KINDS.get((first, request.method), _ELSE)
