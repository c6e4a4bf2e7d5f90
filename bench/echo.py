"""What a request costs before its handler does anything: `python -m bench.echo`.

A broker whose one handler answers a heartbeat at once runs in a child process. Clients in this process send requests over
loopback, one after another or many at a time. The processor's time of the child over the number of requests is the
overhead of connection, dispatch and codec; the system calls of the sockets are in it.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import selectors
import signal
import socket
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import uvloop

from headwater.broker.api import Api, Handler, between
from headwater.broker.context import Context
from headwater.broker.dispatch import Dispatcher
from headwater.broker.network import Network
from headwater.broker.requests import Requests
from headwater.broker.settings import SETTINGS
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.counters import Counters
from headwater.kernel.layers import LiveSettings
from headwater.security.authorizer import AllowAll
from headwater.security.quotas.client_quotas import ClientQuotas
from headwater.security.quotas.connections import ConnectionRates
from headwater.security.quotas.windows import Windows
from headwater.wire.frames import encode_request
from headwater.wire.messages.heartbeat_request import HeartbeatRequest
from headwater.wire.messages.heartbeat_response import HeartbeatResponse

OK = HeartbeatResponse()


def refuse(request: Any, code: Any) -> HeartbeatResponse:
    return HeartbeatResponse(error_code=code)


async def at_once(context: Context, request: HeartbeatRequest) -> HeartbeatResponse:
    return OK


async def later(context: Context, request: HeartbeatRequest) -> HeartbeatResponse:
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, None)
    await future
    return OK


HANDLES = {"at once": at_once, "after one await": later}


async def serve(handle: str, pipe: Connection) -> None:
    api = Api(HeartbeatRequest, versions=between(0, 4), refuse=refuse)
    handler = cast("Handler", SimpleNamespace(API=api, handle=HANDLES[handle]))
    windows = Windows(count=11, size_ms=1_000)
    quotas = ClientQuotas(windows=windows, mutation_windows=windows, counters=Counters())
    services: Any = SimpleNamespace(authorizer=AllowAll(), quotas=quotas)
    live = LiveSettings(Catalogue(SETTINGS), node_id=1, static={"listeners": "PLAINTEXT://127.0.0.1:0"})
    dispatcher = Dispatcher([handler], services, requests=Requests(Counters(), slow_ms=1_000))
    network = Network(dispatcher, lambda: live.broker, rates=ConnectionRates(windows), hostname="localhost")
    await network.open()
    await network.serve()
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    pipe.send(network.listeners[0].port)
    await stopped.wait()
    await network.stop(deadline_s=1)


def child(handle: str, pipe: Connection) -> None:
    uvloop.run(serve(handle, pipe))


def drive(port: int, *, connections: int, in_flight: int, requests: int) -> None:
    """Keep `in_flight` requests unanswered on each connection until all are answered."""
    frame = b"".join(
        encode_request(HeartbeatRequest(group_id="g", member_id="m"), 4, correlation_id=1, client_id="bench")
    )
    chooser = selectors.DefaultSelector()
    answer_size = 0
    left = requests
    for _ in range(connections):
        link = socket.create_connection(("127.0.0.1", port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.sendall(frame)
        answer_size = len(link.recv(4096))
        link.sendall(frame * in_flight)
        chooser.register(link, selectors.EVENT_READ, [0])
    while left > 0:
        for key, _ in chooser.select():
            pending: list[int] = key.data
            link = cast("socket.socket", key.fileobj)
            pending[0] += len(link.recv(1 << 20))
            whole, pending[0] = divmod(pending[0], answer_size)
            left -= whole
            link.sendall(frame * whole)
    for key in list(chooser.get_map().values()):
        cast("socket.socket", key.fileobj).close()


def measure(handle: str, *, connections: int, in_flight: int, requests: int) -> tuple[float, float, float]:
    """Requests a second, and microseconds of the broker's processor a request: in Python, and in the kernel."""
    ours, theirs = multiprocessing.Pipe()
    broker = multiprocessing.Process(target=child, args=(handle, theirs))
    broker.start()
    port = ours.recv()
    drive(port, connections=connections, in_flight=in_flight, requests=requests // 10)
    before, began = _cpu(broker.pid or 0), time.perf_counter()
    drive(port, connections=connections, in_flight=in_flight, requests=requests)
    lasted, after = time.perf_counter() - began, _cpu(broker.pid or 0)
    broker.terminate()
    broker.join()
    user, system = ((end - start) / requests * 1e6 for start, end in zip(before, after, strict=True))
    return requests / lasted, user, system


def _cpu(pid: int) -> tuple[float, float]:
    """User and system seconds so far."""
    with Path(f"/proc/{pid}/stat").open() as stat:
        fields = stat.read().rpartition(")")[2].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200_000)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(f"{'handler':<18}{'connections':>12}{'in flight':>11}{'requests/s':>12}{'µs python':>11}{'µs kernel':>11}")
    for handle in HANDLES:
        for connections, in_flight in ((1, 1), (8, 1), (8, 16)):
            rate, user, system = measure(handle, connections=connections, in_flight=in_flight, requests=asked.requests)
            print(f"{handle:<18}{connections:>12}{in_flight:>11}{rate:>12,.0f}{user:>11.1f}{system:>11.1f}", flush=True)


if __name__ == "__main__":
    main()
