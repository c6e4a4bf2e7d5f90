"""What asyncio's transports do to a protocol: one suite for the operating system's network and for the simulated one."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from tests.simulation.simulate import simulate

Run = Callable[[Coroutine[Any, Any, None]], None]


class Recorder(asyncio.Protocol):
    """Keeps what it is told. `half_open` is its answer to the end of the other side."""

    def __init__(self, *, half_open: bool = False) -> None:
        self.events: list[str] = []
        self.received = bytearray()
        self.error: Exception | None = None
        self.made = asyncio.Event()
        self.ended = asyncio.Event()
        self.lost = asyncio.Event()
        self._half_open = half_open

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport
        self.events.append("made")
        self.made.set()

    def data_received(self, data: bytes) -> None:
        assert isinstance(data, bytes)
        self.received += data

    def eof_received(self) -> bool:
        self.events.append("eof")
        self.ended.set()
        return self._half_open

    def pause_writing(self) -> None:
        self.events.append("pause")

    def resume_writing(self) -> None:
        self.events.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.events.append("lost")
        self.error = exc
        self.lost.set()


class Raiser(Recorder):
    def data_received(self, data: bytes) -> None:
        raise ValueError(data)


async def until(event: asyncio.Event) -> None:
    await asyncio.wait_for(event.wait(), 20)


async def serve(end: Recorder) -> tuple[asyncio.Server, str, int]:
    server = await asyncio.get_running_loop().create_server(lambda: end, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    return server, host, port


async def connect(server_end: Recorder, client_end: Recorder) -> None:
    server, host, port = await serve(server_end)
    await asyncio.get_running_loop().create_connection(lambda: client_end, host, port)
    await until(server_end.made)
    server.close()


class TransportContract:
    """Subclasses give a fixture `run`, which runs a coroutine."""

    def test_closing_sends_what_was_written_and_then_the_end(self, run: Run):
        async def close() -> None:
            one, other = Recorder(), Recorder()
            await connect(one, other)
            other.transport.writelines([b"a" * 300_000, bytearray(b"b" * 300_000)])
            other.transport.close()
            other.transport.close()
            other.transport.write(b"too late")
            assert other.transport.is_closing()
            assert "lost" not in other.events, "not within the call"
            await until(one.lost)
            await until(other.lost)
            assert bytes(one.received) == b"a" * 300_000 + b"b" * 300_000
            assert one.events == ["made", "eof", "lost"]
            assert one.error is None
            assert other.error is None

        run(close())

    def test_one_side_may_end_and_still_listen(self, run: Run):
        async def end_early() -> None:
            one, other = Recorder(half_open=True), Recorder()
            await connect(one, other)
            other.transport.write(b"question")
            other.transport.write_eof()
            with pytest.raises(RuntimeError):
                other.transport.write(b"more")
            await until(one.ended)
            assert not one.transport.is_closing()
            one.transport.write(b"answer")
            one.transport.close()
            await until(other.lost)
            assert [bytes(one.received), bytes(other.received)] == [b"question", b"answer"]

        run(end_early())

    def test_a_paused_reader_is_told_nothing_until_it_resumes(self, run: Run):
        async def pause() -> None:
            one, other = Recorder(), Recorder()
            await connect(one, other)
            one.transport.pause_reading()
            one.transport.pause_reading()
            assert not one.transport.is_reading()
            other.transport.write(b"hello")
            other.transport.close()
            await asyncio.sleep(0.05)
            assert not one.received
            one.transport.resume_reading()
            await until(one.lost)
            assert one.received == b"hello"

        run(pause())

    def test_a_writer_is_paused_above_the_high_mark_and_resumed_at_the_low_one(self, run: Run):
        async def fill() -> None:
            one, other = Recorder(), Recorder()
            await connect(one, other)
            one.transport.pause_reading()
            other.transport.set_write_buffer_limits(high=1000, low=100)
            other.transport.write(bytes(20_000_000))
            assert other.events == ["made", "pause"]
            assert other.transport.get_write_buffer_size() > 1000
            one.transport.resume_reading()
            other.transport.close()
            await until(one.lost)
            assert len(one.received) == 20_000_000
            assert other.events == ["made", "pause", "resume", "lost"]

        run(fill())

    def test_aborting_drops_what_was_not_sent_and_ends_both_sides_once(self, run: Run):
        async def abort() -> None:
            one, other = Recorder(), Recorder()
            await connect(one, other)
            other.transport.abort()
            other.transport.abort()
            await until(other.lost)
            await until(one.lost)
            assert other.error is None
            assert isinstance(one.error, ConnectionError | None)
            assert one.events.count("lost") == other.events.count("lost") == 1

        run(abort())

    def test_writing_to_a_side_that_is_gone_ends_in_an_error_of_the_connection(self, run: Run):
        async def write_on() -> None:
            one, other = Recorder(half_open=True), Recorder()
            await connect(one, other)
            other.transport.close()
            await until(one.ended)
            while not one.transport.is_closing():
                one.transport.write(b"anyone?")
                await asyncio.sleep(0.01)
            await until(one.lost)
            assert isinstance(one.error, ConnectionError)

        run(write_on())

    def test_a_protocol_that_raises_loses_its_connection(self, run: Run):
        async def raise_in_it() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)
            one, other = Raiser(), Recorder()
            await connect(one, other)
            other.transport.write(b"x")
            await until(one.lost)
            await until(other.lost)
            assert isinstance(one.error, ValueError)

        run(raise_in_it())

    def test_a_closed_server_takes_no_connections_and_keeps_those_it_has(self, run: Run):
        async def close_server() -> None:
            one, other = Recorder(), Recorder()
            server, host, port = await serve(one)
            await asyncio.get_running_loop().create_connection(lambda: other, host, port)
            await until(one.made)
            server.close()
            assert not server.is_serving()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.get_running_loop().create_connection(Recorder, host, port)
            other.transport.write(b"still here")
            other.transport.close()
            await until(one.lost)
            await server.wait_closed()
            assert one.received == b"still here"

        run(close_server())

    def test_both_sides_know_the_names_of_both(self, run: Run):
        async def ask() -> None:
            one, other = Recorder(), Recorder()
            await connect(one, other)
            ask_one, ask_other = one.transport.get_extra_info, other.transport.get_extra_info
            assert ask_one("sockname") == ask_other("peername") == ask_one("socket").getsockname()
            assert ask_one("peername") == ask_other("sockname") == ask_other("socket").getsockname()
            assert ask_one("sslcontext") is None
            other.transport.close()
            await until(one.lost)

        run(ask())


class TestOperatingSystem(TransportContract):
    @pytest.fixture
    def run(self) -> Run:
        return asyncio.run


class TestSimulated(TransportContract):
    @pytest.fixture(params=range(5))
    def run(self, request: pytest.FixtureRequest) -> Run:
        def run(main: Coroutine[Any, Any, None]) -> None:
            with simulate(request.param) as simulation:
                simulation.run(main)

        return run
