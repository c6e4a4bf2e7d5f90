"""From a frame to its handler.

    header -> handler -> version -> body -> exchange: allowed? -> handle -> refused items -> encode -> quota -> count

All of it but the handler is synchronous, and the handler's own first step runs in the call that starts it, so requests
are begun in the order in which they came.
"""

import asyncio
from collections.abc import Sequence

from headwater.broker.api import Api, Handler
from headwater.broker.calls import Call
from headwater.broker.context import Context, ListedApi, Services, Session
from headwater.broker.errors import UnknownApi, UnsupportedApiVersion
from headwater.broker.exchange import Exchange, Reply, Surroundings
from headwater.broker.requests import Requests
from headwater.wire.apis import ApiKey
from headwater.wire.codec import decode_from
from headwater.wire.error_codes import ErrorCode
from headwater.wire.errors import UnknownType
from headwater.wire.frames import open_request
from headwater.wire.messages.request_header import RequestHeader
from headwater.wire.schema import Message

_OLDEST = 0
"""The version at which every client understands an answer of ApiVersions."""


def listed(handlers: Sequence[Handler]) -> tuple[ListedApi, ...]:
    """What ApiVersions answers, by API key."""
    apis = sorted((each.API for each in handlers), key=lambda api: api.key)
    return tuple(ListedApi(key=api.key, first=api.listed.first, last=api.listed.last) for api in apis)


class Dispatcher:
    def __init__(self, handlers: Sequence[Handler], services: Services, *, requests: Requests) -> None:
        self._handlers = {int(each.API.key): each for each in handlers}
        self._services = services
        self._shared = Surroundings(loop=asyncio.get_running_loop(), quotas=services.quotas, requests=requests)
        self._number = 0

    def start(self, session: Session, frame: memoryview, reply: Reply) -> Call | None:
        """Begin to answer a request. `reply` may be called at once; if not, the call that goes on is given.

        Raises MalformedMessage or ConnectionRefused where the connection is beyond answering.
        """
        try:
            header, _, body = open_request(frame)
        except UnknownType as problem:
            raise UnknownApi(int.from_bytes(frame[:2], "big", signed=True)) from problem
        handler = self._handlers.get(header.request_api_key)
        if handler is None:
            raise UnknownApi(header.request_api_key)
        version = header.request_api_version
        if version not in handler.API.versions:
            self._refuse_version(handler.API, session, header, reply, bytes_in=len(frame))
            return None
        request, _ = decode_from(handler.API.request, version, frame, body)  # what follows is passed over, as in Kafka
        context = self._context(session, header, version)
        return Exchange(self._shared, handler.API, context, request, reply, bytes_in=len(frame)).run(handler)

    def _refuse_version(
        self, api: Api, session: Session, header: RequestHeader, reply: Reply, *, bytes_in: int
    ) -> None:
        """As Kafka does: only ApiVersions has an answer to this, for only it is asked before versions are known."""
        if api.key is not ApiKey.API_VERSIONS:
            raise UnsupportedApiVersion(api.key.name, header.request_api_version, str(api.versions))
        request: Message = api.request()
        context = self._context(session, header, _OLDEST)
        Exchange(self._shared, api, context, request, reply, bytes_in=bytes_in).refuse(ErrorCode.UNSUPPORTED_VERSION)

    def _context(self, session: Session, header: RequestHeader, version: int) -> Context:
        self._number += 1
        return Context(
            services=self._services,
            session=session,
            request_id=self._number,
            api_key=header.request_api_key,
            api_version=version,
            correlation_id=header.correlation_id,
            client_id=header.client_id or "",
        )
