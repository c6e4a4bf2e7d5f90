"""Basic authentication (RFC 7617): before anything else is done, whoever asks says who it is.

It stands around an app, so that what is asked for is not even looked at. A browser asks its user again after a 401, never after a 403.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from headwater.http.errors import Forbidden, Unauthorized
from headwater.http.refusals import Refusals
from headwater.kernel.counters import Counters
from headwater.security.users import Users

_ALL: Final = "*"
_BELOW: Final = "/*"


class BasicAuthentication:
    """`roles` may ask, and with `*` every user. Nobody is asked for a path of `skip`, or for one below it where that ends with `/*`."""

    def __init__(
        self,
        app: ASGIApp,
        users: Users,
        *,
        realm: str,
        refusals: Refusals,
        counters: Counters,
        roles: Sequence[str] = (_ALL,),
        skip: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._users = users
        self._challenge = f'Basic realm="{realm}", charset="UTF-8"'
        self._refusals = refusals
        self._roles = frozenset(roles)
        self._skip = tuple(skip)
        self._refused = counters.counters(
            "http_unauthenticated_total",
            "Requests that were refused for who asked, by the status of the answer.",
            "status",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        self._refused.of(str(refusal.status)).value += 1
        answer = self._refusals.of_error(refusal, Headers(scope=scope).get("accept"))
        if isinstance(refusal, Unauthorized):
            answer.headers["www-authenticate"] = self._challenge
        await answer(scope, receive, send)

    def _refusal(self, scope: Scope) -> Unauthorized | Forbidden | None:
        if any(_covers(each, scope["path"]) for each in self._skip):
            return None
        given = _credentials(Headers(scope=scope).get("authorization", ""))
        user = self._users.who(*given) if given is not None else None
        if user is None:
            return Unauthorized()
        return None if _ALL in self._roles or self._roles & user.roles else Forbidden()


def _covers(skipped: str, path: str) -> bool:
    if skipped.endswith(_BELOW):
        return path.startswith(skipped.removesuffix("*"))
    return path == skipped


def _credentials(header: str) -> tuple[str, str] | None:
    """A user may have no colon in its name, a password may."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (NotBase64, ValueError):
        return None
    return (name, password) if colon else None
