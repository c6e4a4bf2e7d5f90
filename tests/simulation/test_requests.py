"""Requests over a network that cuts, stalls and resets: what is answered is answered in order, and nothing is kept for ever."""

import asyncio
from contextlib import suppress

import pytest
from tests.broker.serving import Client, beat, beats, serving
from tests.simulation.simulate import simulate
from tests.simulation.world.faults import cut_network, reset_connections, slow_network

from headwater.kernel.world import World
from headwater.wire.messages.heartbeat_response import HeartbeatResponse

PORT = 9092
REQUESTS = 200
CLIENTS = 3
PADDING = "x" * 2_000
"""Enough for the network to cut requests, and for a pause to find some on their way."""


class Books:
    """What the broker saw, and what is left in it."""

    def __init__(self) -> None:
        self.started: dict[str, list[int]] = {}
        self.left: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()


async def run_broker(world: World, books: Books, stop: asyncio.Event) -> None:
    async def handle(context, request):
        books.started.setdefault(request.member_id, []).append(request.generation_id)
        if world.randomness.below(2):
            await asyncio.sleep(world.randomness.below(20) / 1000)
        return HeartbeatResponse()

    async with serving(beats(handle), settings={"listeners": f"PLAINTEXT://:{PORT}"}) as broker:
        await stop.wait()
        await broker.network.stop(deadline_s=60)
        books.left.set_result((broker.network.queued.bytes_held, broker.network.pool.bytes_taken))


async def connected() -> Client:
    while True:
        try:
            return Client(*await asyncio.open_connection("broker", PORT))
        except OSError:
            await asyncio.sleep(0.05)


async def converse(name: str) -> int:
    """Send all requests without waiting, and give how many were answered before the connection ended."""
    client, answered = await connected(), 0
    client.send(*(beat(number, group=PADDING, member=name) for number in range(REQUESTS)))
    with suppress(OSError, asyncio.IncompleteReadError):
        while answered < REQUESTS:
            assert (await client.answer(HeartbeatResponse, 4))[0] == answered
            answered += 1
    client.close()
    return answered


@pytest.mark.parametrize("seed", range(20))
def test_answers_come_in_order_and_a_broker_that_stopped_holds_nothing(seed: int):
    async def clients() -> None:
        books, stop = Books(), asyncio.Event()
        simulation.host("broker").start(lambda world: run_broker(world, books, stop))
        answered = await asyncio.gather(*(converse(f"client-{number}") for number in range(CLIENTS)))
        simulation.calm()
        stop.set()
        assert await books.left == (0, 0)
        for number, count in enumerate(answered):
            started = books.started.get(f"client-{number}", [])
            assert started == list(range(len(started)))
            assert len(started) >= count

    with simulate(seed, faults=[cut_network, slow_network, reset_connections], pace=0.03) as simulation:
        simulation.run(clients())
