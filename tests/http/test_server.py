"""The server, on an address of this machine."""

import asyncio

import httpx
import pytest
from tests.registry.looped import looped

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
