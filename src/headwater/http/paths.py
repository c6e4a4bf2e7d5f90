"""Paths as they came: cleaned before they are routed.

A name in a path may hold a slash, which comes escaped. Servers unescape the whole path before it is routed, and then the
slash parts it. So a path is unescaped here again from its bytes, but for slashes inside of a name (`parameters.unescaped`
is the other half). A slash at the end counts for nothing.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from headwater.http.errors import ApiError
from headwater.http.refusals import Refusals


class Target(NamedTuple):
    """What a request asks for. `segments` are escaped in slashes and percent signs only."""

    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]

    def with_parameter(self, name: str, *values: str) -> "Target":
        """Instead of those of this name that there are."""
        kept = tuple(each for each in self.query if each[0] != name)
        return self._replace(query=(*kept, *((name, value) for value in values)))

    def parameters(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]


Rewrite = Callable[[str, Target], Awaitable[Target]]
"""A method and a target to the target that is meant. May raise ApiError."""


class Paths:
    """The outermost part of an app."""

    def __init__(self, app: ASGIApp, *, rewrites: tuple[Rewrite, ...], refusals: Refusals) -> None:
        self._app = app
        self._rewrites = rewrites
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        target = _target(scope)
        try:
            for rewrite in self._rewrites:
                target = await rewrite(scope["method"], target)
        except ApiError as error:
            accept = Headers(scope=scope).get("accept")
            return await self._refusals.of_error(error, accept)(scope, receive, send)
        meant = {
            **scope,
            "method": "GET" if scope["method"] == "HEAD" else scope["method"],
            "path": "/" + "/".join(target.segments),
            "query_string": urlencode(target.query).encode(),
        }
        return await self._app(meant, receive, send)


def _target(scope: Scope) -> Target:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = raw.partition(b"?")[0].decode("latin-1")
    segments = tuple(_unescaped(each) for each in path.split("/") if each)
    return Target(segments, tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)))


def _unescaped(segment: str) -> str:
    return unquote(segment.replace("%25", "%2525").replace("%2F", "%252F").replace("%2f", "%252F"))
