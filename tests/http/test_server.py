"""The server, on an address of this machine."""

import asyncio
import contextlib

import httpx
import pytest
from tests.registry.looped import looped

from headwater.http.connection import Connection
from headwater.http.errors import CannotListen
from headwater.http.server import HttpServer
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.tasks import Ward

HOST = "127.0.0.1"


class App:
    """Answers when it may."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def __call__(self, scope, receive, send) -> None:
        self.asked.set()
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def a_ward() -> Ward:
    return Ward("test", children_max=10, randomness=SystemRandomness())


@looped
async def test_an_address_that_is_taken_is_an_error_and_no_end_of_the_process():
    ward = a_ward()
    first = HttpServer(App(), ward=ward, host=HOST, port=0)
    await first.start()
    with pytest.raises(CannotListen, match="choose another"):
        await HttpServer(App(), ward=ward, host=HOST, port=first.port).start()
    await first.close()
    assert await ward.close(deadline_s=5)


@looped
async def test_a_request_that_is_under_way_is_answered_before_the_server_closes():
    ward, app = a_ward(), App()
    server = HttpServer(app, ward=ward, host=HOST, port=0)
    await server.start()
    async with httpx.AsyncClient() as client:
        asking = asyncio.ensure_future(client.get(f"http://{HOST}:{server.port}/"))
        await app.asked.wait()
        closing = asyncio.ensure_future(server.close())
        app.may_answer.set()
        assert (await asking).text == "ok"
    await closing
    assert await ward.close(deadline_s=5)


@looped
async def test_a_request_that_never_ends_is_given_up_at_the_deadline():
    ward, app = a_ward(), App()
    server = HttpServer(app, ward=ward, host=HOST, port=0, drain_s=0)
    await server.start()
    async with httpx.AsyncClient() as client:
        asking = asyncio.ensure_future(client.get(f"http://{HOST}:{server.port}/"))
        await app.asked.wait()
        await server.close()
        with pytest.raises(httpx.HTTPError):
            (await asking).raise_for_status()
    assert await ward.close(deadline_s=5)


class Reader:
    """Answers when the body is there, with as much as is wanted."""

    def __init__(self, answer: bytes = b"ok") -> None:
        self._answer = answer

    async def __call__(self, scope, receive, send) -> None:
        while (await receive()).get("more_body"):
            pass
        length = str(len(self._answer)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": self._answer})


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"],
    ids=["nothing", "half a head", "half a body"],
)
@looped
async def test_who_does_not_send_a_whole_request_is_cut_off_at_the_deadline(monkeypatch, sent):
    monkeypatch.setattr(Connection, "patience_s", 0.05)
    ward = a_ward()
    server = HttpServer(Reader(), ward=ward, host=HOST, port=0)
    await server.start()
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(sent)
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    await server.close()
    assert await ward.close(deadline_s=5)


@looped
async def test_who_does_not_take_the_answer_is_cut_off_at_the_deadline(monkeypatch):
    monkeypatch.setattr(Connection, "patience_s", 0.05)
    lost = asyncio.Event()
    monkeypatch.setattr(Connection, "connection_lost", _then(Connection.connection_lost, lost.set))
    ward = a_ward()
    server = HttpServer(Reader(bytes(50_000_000)), ward=ward, host=HOST, port=0)
    await server.start()
    _, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await lost.wait()
    writer.close()
    await server.close()
    assert await ward.close(deadline_s=5)


@looped
async def test_a_second_request_has_the_whole_time_again_after_a_first_that_was_slow(monkeypatch):
    monkeypatch.setattr(Connection, "patience_s", 60)
    ward = a_ward()
    server = HttpServer(Reader(), ward=ward, host=HOST, port=0)
    await server.start()
    reader, writer = await asyncio.open_connection(HOST, server.port)
    for _ in range(2):
        for part in (b"GET / HT", b"TP/1.1\r\nHost: x\r\n\r\n"):
            writer.write(part)
            await writer.drain()
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
    writer.close()
    await server.close()
    assert await ward.close(deadline_s=5)


def _then(method, act):
    def both(self, *arguments):
        method(self, *arguments)
        act()

    return both
