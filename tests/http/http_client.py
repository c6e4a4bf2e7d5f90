"""Asks an app in process, without a socket, and reads like the request that it is."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from msgspec import Struct
from starlette.types import ASGIApp

CONTENT = "content-type"


class Answer(Struct, frozen=True):
    status: int
    body: Any
    """JSON, or the text that it is where it is none."""
    headers: dict[str, str]

    @property
    def refusal(self) -> tuple[int, str]:
        return self.body["error_code"], self.body["message"]

    @property
    def media_type(self) -> str:
        return self.headers[CONTENT]


class Client:
    def __init__(self, app: ASGIApp, runner: asyncio.Runner) -> None:
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry")
        self._runner = runner

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """`body` is sent as JSON, unless it is bytes."""
        content = body if isinstance(body, bytes) else None
        sent = self._http.request(method, path, content=content, headers=headers, json=None if content else body)
        response = self._runner.run(sent)
        try:
            answer = response.json()
        except ValueError:
            answer = response.text
        return Answer(response.status_code, answer, dict(response.headers))

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.ask("POST", path, body, headers)

    def put(self, path: str, body: Any = None) -> Answer:
        return self.ask("PUT", path, body)

    def delete(self, path: str) -> Answer:
        return self.ask("DELETE", path)

    def run(self, work: Any) -> Any:
        return self._runner.run(work)


@contextmanager
def client_of(app: ASGIApp) -> Iterator[Client]:
    with asyncio.Runner() as runner:
        yield Client(app, runner)
