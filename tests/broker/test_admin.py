"""The admin port answers three questions, and bounds what it takes for that."""

import asyncio
from contextlib import suppress

import pytest
from tests.broker.serving import LOOPS, run

from headwater.broker.admin import CONNECTIONS_MAX, REQUEST_BYTES_MAX, Admin, Probes
from headwater.kernel.counters import Counters
from headwater.kernel.exposition import exposition


class Process:
    """What the probes look at."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.sick: str | None = None
        self.busy: str | None = None

    def probes(self) -> Probes:
        return Probes(metrics=lambda: exposition(self.counters), unhealthy=lambda: self.sick, unready=lambda: self.busy)


async def asked(admin, text):
    """Status and body of the one answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", admin.port)
    writer.write(text)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), body.decode()


def answers(process, *requests, loop="uvloop"):
    async def test():
        admin = Admin(process.probes(), host="127.0.0.1", port=0)
        await admin.open()
        try:
            return [await asked(admin, request) for request in requests]
        finally:
            admin.close()

    return run(test, loop)


def get(path, method="GET"):
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@pytest.mark.parametrize("loop", LOOPS)
def test_metrics_are_given_as_prometheus_reads_them(loop):
    process = Process()
    process.counters.counter("things_total", "Things.").value = 3
    ((status, body),) = answers(process, get("/metrics"), loop=loop)
    assert (status, body.splitlines()[-1]) == (200, "headwater_things_total 3")


def test_health_and_readiness_say_what_is_wrong():
    process = Process()
    process.busy = "the metadata log is being loaded"
    assert answers(process, get("/healthz"), get("/readyz")) == [
        (200, "ok\n"),
        (503, "the metadata log is being loaded\n"),
    ]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/"), 404),
        (get("/healthz?verbose=1"), 200),
        (get("/healthz", "POST"), 405),
        (get("/healthz", "HEAD"), 200),
        (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /" + b"x" * (REQUEST_BYTES_MAX + 1), 431),
    ],
)
def test_each_request_has_its_answer(request_, status):
    ((answered, body),) = answers(Process(), request_)
    assert answered == status
    assert bool(body) == (b"HEAD" not in request_)


def test_a_page_that_fails_is_an_error_and_not_the_end():
    process = Process()
    process.counters.watch("broken", "Fails.", lambda: 1 / 0)
    assert [status for status, _ in answers(process, get("/metrics"), get("/healthz"))] == [500, 200]


def test_there_are_so_many_connections_and_no_more():
    async def test():
        admin = Admin(Process().probes(), host="127.0.0.1", port=0)
        await admin.open()
        links = [await asyncio.open_connection("127.0.0.1", admin.port) for _ in range(CONNECTIONS_MAX)]
        reader, writer = await asyncio.open_connection("127.0.0.1", admin.port)
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        admin.close()
        for each in (*(link[1] for link in links), writer):
            each.close()

    run(test)
