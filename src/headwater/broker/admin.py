"""The admin port: `/metrics` for Prometheus, `/healthz` and `/readyz` for whoever runs the process.

Three GETs do not need a framework: h11 reads and writes HTTP, and each connection is for one request. It has a deadline,
a bound on its size and on how many there are at a time, for this port is often open to more people than it should be.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import h11

from headwater.broker.errors import CannotListen
from headwater.kernel.exposition import CONTENT_TYPE
from headwater.kernel.logging import get

log = get("broker.admin")

DEADLINE_S: Final = 5.0
CONNECTIONS_MAX: Final = 64
REQUEST_BYTES_MAX: Final = 8_192
_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    status: int
    text: str
    type: str = _TEXT


@dataclass(frozen=True, kw_only=True, slots=True)
class Probes:
    """What the pages say. The two questions are answered by what is wrong, or None."""

    metrics: Callable[[], str]
    unhealthy: Callable[[], str | None]
    """Whether the process should be restarted."""
    unready: Callable[[], str | None]
    """Whether clients should be sent elsewhere: while it starts, and once it stops."""


class Admin:
    def __init__(self, probes: Probes, *, host: str, port: int) -> None:
        self._pages: dict[bytes, Callable[[], Page]] = {
            b"/metrics": lambda: Page(status=200, text=probes.metrics(), type=CONTENT_TYPE),
            b"/healthz": lambda: _verdict(probes.unhealthy()),
            b"/readyz": lambda: _verdict(probes.unready()),
        }
        self._host = host
        self._server: asyncio.Server | None = None
        self._open: dict[_Exchange, None] = {}
        self.port = port

    async def open(self) -> None:
        """Raises CannotListen where the port can't be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Exchange(self), self._host, self.port)
        except OSError as problem:
            raise CannotListen(self._host, self.port, problem) from problem
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for exchange in tuple(self._open):
            exchange.abort()

    def enter(self, exchange: "_Exchange") -> bool:
        """Whether there is a place left."""
        if len(self._open) >= CONNECTIONS_MAX:
            return False
        self._open[exchange] = None
        return True

    def leave(self, exchange: "_Exchange") -> None:
        self._open.pop(exchange, None)

    def page(self, request: h11.Request) -> Page:
        make = self._pages.get(request.target.partition(b"?")[0])
        if make is None:
            return Page(status=404, text="here are /metrics, /healthz and /readyz\n")
        if request.method not in (b"GET", b"HEAD"):
            return Page(status=405, text="only GET and HEAD\n")
        return make()


def _verdict(problem: str | None) -> Page:
    return Page(status=200, text="ok\n") if problem is None else Page(status=503, text=f"{problem}\n")


class _Exchange(asyncio.Protocol):
    """One connection: one request, one page."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=REQUEST_BYTES_MAX)
        self._transport: asyncio.Transport
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not self._admin.enter(self):
            self.abort()
            return
        self._deadline = asyncio.get_running_loop().call_later(DEADLINE_S, self.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._admin.leave(self)
        if self._deadline is not None:
            self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        try:
            self._http.receive_data(data)
            event = self._http.next_event()
        except h11.RemoteProtocolError as problem:
            self._answer(Page(status=problem.error_status_hint, text=f"{problem}\n"), with_body=True)
            return
        if isinstance(event, h11.Request):
            self._answer(self._made(event), with_body=event.method != b"HEAD")

    def abort(self) -> None:
        self._transport.abort()

    def _made(self, request: h11.Request) -> Page:
        try:
            return self._admin.page(request)
        except Exception as problem:
            log.error("an admin page could not be made", error=problem, target=request.target.decode("latin-1"))
            return Page(status=500, text="the log has the reason\n")

    def _answer(self, page: Page, *, with_body: bool) -> None:
        body = page.text.encode()
        headers = [("Content-Type", page.type), ("Content-Length", str(len(body))), ("Connection", "close")]
        parts = [self._http.send(h11.Response(status_code=page.status, headers=headers))]
        if with_body:
            parts.append(self._http.send(h11.Data(data=body)))
        self._transport.write(b"".join(part or b"" for part in parts))
        self._transport.close()
