"""Counts requests, by the path that their endpoint is declared with: what is between its braces would be too many names."""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from headwater.kernel.counters import Counters

_NOWHERE: Final = "none"


class Measures:
    def __init__(self, app: ASGIApp, *, counters: Counters) -> None:
        self._app = app
        self._requests = counters.counters(
            "http_requests_total",
            "Requests, by their endpoint and the status of the answer.",
            "method",
            "path",
            "status",
        )
        self._latencies = counters.histograms(
            "http_request_seconds", "From a request's head to the head of its answer.", "method", "path"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        clock = asyncio.get_running_loop().time
        began = clock()

        async def measured(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                route = scope.get("route")
                path = _NOWHERE if route is None else route.path
                self._requests.of(scope["method"], path, str(message["status"])).value += 1
                self._latencies.of(scope["method"], path).observe(clock() - began)
            await send(message)

        return await self._app(scope, receive, measured)
