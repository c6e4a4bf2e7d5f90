"""The simulated network does to programs what TCP does, and to their bytes nothing else."""

import asyncio
import contextlib
from typing import Any

import pytest
from tests.simulation.simulate import Simulation, simulate
from tests.simulation.world.faults import cut_network, reset_connections, slow_network

from headwater.kernel.world import World

SEEDS = pytest.mark.parametrize("seed", range(10))
PORT = 9092


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(100_000):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve_echo(_: World) -> None:
    server = await asyncio.start_server(echo, "0.0.0.0", PORT)
    await server.serve_forever()


def with_echo(simulation: Simulation) -> None:
    simulation.host("server").start(serve_echo)


async def connected() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("server", PORT)
        except (ConnectionError, TimeoutError):
            await asyncio.sleep(0.05)


@SEEDS
def test_bytes_arrive_in_order_however_they_are_cut(seed: int):
    sent = bytes(range(256)) * 2000

    async def exchange() -> bytes:
        reader, writer = await connected()
        for at in range(0, len(sent), 7001):
            writer.write(sent[at : at + 7001])
        writer.write_eof()
        received = await reader.read()
        writer.close()
        await writer.wait_closed()
        return received

    with simulate(seed, faults=[cut_network, slow_network]) as simulation:
        with_echo(simulation)
        assert simulation.run(exchange()) == sent


class Slab(asyncio.BufferedProtocol):
    """Receives into a small buffer of its own, and pauses after each piece for a while."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.ended = asyncio.get_running_loop().create_future()
        self._slab = bytearray(1000)

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._slab

    def buffer_updated(self, nbytes: int) -> None:
        self.received += self._slab[:nbytes]
        self._transport.pause_reading()
        asyncio.get_running_loop().call_later(0.01, self._transport.resume_reading)

    def eof_received(self) -> None:
        self.ended.set_result(bytes(self.received))


def test_a_buffered_protocol_gets_bytes_in_its_own_buffer_and_no_faster_than_it_reads():
    sent = bytes(range(256)) * 100

    async def exchange() -> bytes:
        loop = asyncio.get_running_loop()
        slabs: list[Slab] = []

        def made() -> Slab:
            slabs.append(Slab())
            return slabs[-1]

        await loop.create_server(made, "outside", PORT)
        _, writer = await asyncio.open_connection("outside", PORT)
        writer.write(sent)
        writer.close()
        received: bytes = await slabs[0].ended
        assert loop.time() > len(sent) / 1000 * 0.01
        return received

    with simulate(1) as simulation:
        assert simulation.run(exchange()) == sent


def test_a_writer_is_held_back_while_nobody_reads():
    async def fill() -> None:
        reading = asyncio.Event()

        async def read_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reading.wait()
            assert len(await reader.read(-1)) == 1_000_000
            writer.close()

        server = await asyncio.start_server(read_late, "outside", PORT, limit=1000)
        _, writer = await asyncio.open_connection("outside", PORT)
        writer.write(bytes(1_000_000))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.drain(), 10)
        reading.set()
        await writer.drain()
        writer.close()
        server.close()
        await server.wait_closed()

    with simulate(1) as simulation:
        simulation.run(fill())


def test_nobody_listens_on_a_closed_port():
    async def connect() -> None:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("server", PORT + 1)
        with pytest.raises(OSError, match="known"):
            await asyncio.open_connection("nowhere", PORT)

    with simulate(1) as simulation:
        with_echo(simulation)
        simulation.run(connect())


def test_port_0_is_a_free_one_and_a_taken_one_is_refused():
    async def listen() -> None:
        server = await asyncio.start_server(echo, "", 0)
        name, port = server.sockets[0].getsockname()
        assert port > 0
        with pytest.raises(OSError, match="in use"):
            await asyncio.start_server(echo, name, port)
        server.close()
        (await asyncio.start_server(echo, name, port)).close()

    with simulate(1) as simulation:
        simulation.run(listen())


@SEEDS
def test_a_killed_server_resets_or_ends_its_connections(seed: int):
    async def lose_it(simulation: Simulation) -> None:
        reader, writer = await connected()
        simulation.host("server").kill()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("server", PORT)

    with simulate(seed) as simulation:
        with_echo(simulation)
        simulation.run(lose_it(simulation))


def test_a_machine_without_power_answers_nothing_until_it_is_back_and_then_resets():
    async def lose_it(simulation: Simulation) -> None:
        reader, writer = await connected()
        simulation.host("server").crash()
        writer.write(b"anyone?")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), 10)
        simulation.host("server").start_again()
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(writer.wait_closed(), 10)

    with simulate(1) as simulation:
        with_echo(simulation)
        simulation.run(lose_it(simulation))


def test_a_connection_across_a_cut_stalls_and_then_times_out():
    async def stall(simulation: Simulation) -> None:
        reader, writer = await connected()
        simulation.network.cut(simulation.host("server").address, "10.0.1.1")
        writer.write(b"anyone?")
        with pytest.raises(TimeoutError):
            await reader.read()

    with simulate(1) as simulation:
        with_echo(simulation)
        simulation.run(stall(simulation))


@SEEDS
def test_a_client_that_tries_again_gets_through_all_faults(seed: int):
    async def ask(number: int) -> None:
        while True:
            reader, writer = await connected()
            try:
                async with asyncio.timeout(5):
                    writer.write(b"%d\n" % number)
                    assert await reader.readline() == b"%d\n" % number
                    return
            except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

    async def ask_all() -> None:
        await asyncio.gather(*(ask(number) for number in range(30)))

    with simulate(seed, faults=[cut_network, reset_connections, slow_network]) as simulation:
        with_echo(simulation)
        simulation.run(ask_all())
