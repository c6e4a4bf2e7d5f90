"""Serves an app with uvicorn on the loop that runs already: uvicorn's protocol and its graceful end, but neither its signals, nor
its logs' set-up, nor its exit where an address is taken."""

import asyncio
from ssl import SSLContext
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from headwater.http.connection import Connection
from headwater.http.errors import CannotListen
from headwater.kernel.tasks import Ward

_KEEP_ALIVE_S: Final = 30
_BACKLOG: Final = 1_024
_CONNECTIONS_MAX: Final = 2_000
_HANDSHAKE_S: Final = 10.0


class HttpServer:
    """One listening address."""

    def __init__(
        self, app: ASGIApp, *, ward: Ward, host: str, port: int, tls: SSLContext | None = None, drain_s: float = 10
    ) -> None:
        self.host: Final = host
        self._wanted_port = port
        self._tls = tls
        self._ward = ward
        self._config = uvicorn.Config(
            app,
            http=Connection,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=drain_s,  # type: ignore[arg-type]
            limit_concurrency=_CONNECTIONS_MAX,
        )
        self._server = uvicorn.Server(self._config)
        self._listening: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The one that the system chose where 0 was wanted."""
        assert self._listening is not None, "it has not been started"
        return int(self._listening.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Raises CannotListen."""
        self._config.load()
        self._server.lifespan = self._config.lifespan_class(self._config)
        try:
            self._listening = await asyncio.get_running_loop().create_server(
                self._connection,
                self.host,
                self._wanted_port,
                ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else _HANDSHAKE_S,
                backlog=_BACKLOG,
            )
        except OSError as problem:
            raise CannotListen(self.host, self._wanted_port, problem.strerror or str(problem)) from None
        self._server.servers = [self._listening]
        self._server.started = True
        self._ward.start("http ticks", self._server.main_loop)

    def _connection(self) -> asyncio.Protocol:
        make = self._config.http_protocol_class
        return make(config=self._config, server_state=self._server.server_state, app_state={})  # type: ignore[call-arg]

    async def close(self) -> None:
        """No connection more, and `drain_s` for the requests that are under way; then they are cancelled."""
        if self._listening is not None:
            self._server.should_exit = True
            await self._server.shutdown()
