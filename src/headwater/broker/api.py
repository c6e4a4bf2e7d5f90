"""How a handler module says what it serves: the declaration is the documentation."""

from collections.abc import Callable, Coroutine
from dataclasses import KW_ONLY, dataclass
from typing import Any, Protocol

from headwater.broker.context import Context
from headwater.broker.needs import Need
from headwater.wire.apis import ApiKey
from headwater.wire.error_codes import ErrorCode
from headwater.wire.schema import Message, Versions


def between(first: int, last: int) -> Versions:
    """Both included."""
    return Versions(first, last)


@dataclass(frozen=True, slots=True)
class Api:
    """One API as this broker serves it."""

    request: type[Message]
    _: KW_ONLY
    versions: Versions
    """What is served; each is one that the wire has."""
    refuse: Callable[[Any, ErrorCode], Message | None]
    """The response that tells a client that nothing of its request was done, and why. None where the request wants no
    answer: then the connection is closed."""
    needs: tuple[Need, ...] = ()
    """Empty only where everybody may ask (ApiVersions)."""
    lists: Versions | None = None
    """What ApiVersions says of it where that is not the truth (Produce, for librdkafka's sake)."""
    waits: bool = False
    """It may wait on purpose, for data or for members: its time says nothing about the broker's health, and it is
    cancelled when its client is gone."""

    @property
    def key(self) -> ApiKey:
        assert self.request.API_KEY is not None, "a request has an API key"
        return ApiKey(self.request.API_KEY)

    @property
    def listed(self) -> Versions:
        return self.lists or self.versions


class Handler(Protocol):
    """A module of `handlers/`."""

    API: Api

    def handle(self, context: Context, request: Any, /) -> Coroutine[Any, Any, Message | None]:
        """Answers a request; None sends nothing. What must be done in order is done before the first `await`."""
        ...
