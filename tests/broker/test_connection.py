"""One connection over a real socket, on both event loops: cuts, order, bounds, and how it ends."""

import asyncio

import pytest
from tests.broker.serving import LOOPS, beat, beats, correlation_ids, run, serving

from headwater.broker.connection import BURST_MAX, IN_FLIGHT_MAX, WRITE_BYTES_MAX
from headwater.broker.errors import Refused
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import encode_response
from headwater.wire.messages.heartbeat_response import HeartbeatResponse

OK = HeartbeatResponse()


def answer_of(correlation_id):
    return b"".join(encode_response(OK, 4, correlation_id=correlation_id))


async def answer_at_once(context, request):
    return OK


class Held:
    """A handler whose answers leave when the test says so."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.waiting: dict[int, asyncio.Future[None]] = {}
        self.more = asyncio.Event()

    async def handle(self, context, request):
        self.started.append(request.generation_id)
        self.more.set()
        future = self.waiting[request.generation_id] = asyncio.get_running_loop().create_future()
        await future
        return OK

    async def until_started(self, count: int) -> None:
        while len(self.started) < count:
            self.more.clear()
            await self.more.wait()

    async def until_answered(self, connection) -> None:
        while connection.in_flight:  # noqa: ASYNC110 - a turn of the loop or two
            await asyncio.sleep(0)

    def finish(self, number: int) -> None:
        self.waiting.pop(number).set_result(None)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_request_is_answered_with_its_correlation_id(loop):
    async def test():
        async with serving(beats(answer_at_once)) as broker:
            client = await broker.connect()
            client.send(beat(77))
            assert await client.answer(HeartbeatResponse, 4) == (77, OK)

    run(test, loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_frames_that_come_byte_by_byte_are_answered(loop):
    async def test():
        async with serving(beats(answer_at_once)) as broker:
            client = await broker.connect()
            for byte in beat(1) + beat(2):
                client.send(bytes([byte]))
                await asyncio.sleep(0)
            assert await correlation_ids(client, 2) == [1, 2]

    run(test, loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_more_requests_than_a_burst_in_one_write_are_answered_in_order(loop):
    async def test():
        count = BURST_MAX * 3 + 7
        async with serving(beats(answer_at_once)) as broker:
            client = await broker.connect()
            client.send(*(beat(number) for number in range(count)))
            assert await correlation_ids(client, count) == list(range(count))

    run(test, loop)


def test_a_burst_of_requests_that_each_take_long_gives_others_a_turn_between_them(monkeypatch):
    async def test():
        loop = asyncio.get_running_loop()
        started: list[int] = []
        seen_by_others: list[int] = []
        real = loop.time
        monkeypatch.setattr(loop, "time", lambda: real() + len(started))  # each takes a second

        async def handle(context, request):
            started.append(request.generation_id)
            loop.call_soon(lambda: seen_by_others.append(len(started)))
            return OK

        async with serving(beats(handle)) as broker:
            client = await broker.connect()
            client.send(*(beat(each) for each in range(5)))
            assert await correlation_ids(client, 5) == [0, 1, 2, 3, 4]
        assert seen_by_others == [1, 2, 3, 4, 5]

    run(test, "asyncio")


@pytest.mark.parametrize("loop", LOOPS)
def test_answers_leave_in_the_order_of_the_requests_whatever_finishes_first(loop):
    async def test():
        held = Held()
        async with serving(beats(held.handle)) as broker:
            client = await broker.connect()
            client.send(beat(1), beat(2), beat(3))
            await held.until_started(3)
            assert held.started == [1, 2, 3]
            for number in (3, 2, 1):
                held.finish(number)
            assert await correlation_ids(client, 3) == [1, 2, 3]

    run(test, loop)


def test_no_more_than_a_bounded_number_of_requests_is_started_before_the_first_is_answered():
    async def test():
        held = Held()
        async with serving(beats(held.handle)) as broker:
            client = await broker.connect()
            client.send(*(beat(number) for number in range(IN_FLIGHT_MAX + 10)))
            await held.until_started(IN_FLIGHT_MAX)
            held.finish(0)
            await held.until_started(IN_FLIGHT_MAX + 1)
            assert held.started == list(range(IN_FLIGHT_MAX + 1))
            for number in range(1, IN_FLIGHT_MAX + 10):
                await held.until_started(number + 1)
                held.finish(number)
            assert await correlation_ids(client, IN_FLIGHT_MAX + 10) == list(range(IN_FLIGHT_MAX + 10))

    run(test)


def test_other_connections_wait_while_too_many_bytes_of_requests_are_unanswered():
    async def test():
        held = Held()
        async with serving(beats(held.handle), settings={"queued.max.request.bytes": "100"}) as broker:
            one, other = await broker.connect(), await broker.connect()
            one.send(beat(1, group="g" * 200))
            await held.until_started(1)
            other.send(beat(2), beat(3))
            await held.until_started(2)
            assert broker.network.queued.is_full
            held.finish(1)
            held.finish(2)
            await held.until_started(3)
            held.finish(3)
            assert await correlation_ids(one, 1) == [1]
            assert await correlation_ids(other, 2) == [2, 3]
            assert broker.network.queued.bytes_held == 0

    run(test)


def test_a_request_that_wants_no_answer_gets_none():
    async def test():
        async def handle(context, request):
            return None if request.member_id == "acks=0" else OK

        async with serving(beats(handle)) as broker:
            client = await broker.connect()
            client.send(beat(1, member="acks=0"), beat(2))
            assert await correlation_ids(client, 1) == [2]

    run(test)


def test_the_refusal_of_a_request_that_wants_no_answer_closes_the_connection_after_the_answers_before_it():
    async def test():
        held = Held()

        async def handle(context, request):
            if request.member_id == "acks=0":
                raise Refused(ErrorCode.INVALID_GROUP_ID)
            return await held.handle(context, request)

        async with serving(beats(handle)) as broker:
            client = await broker.connect()
            client.send(beat(1), beat(2, member="acks=0"), beat(3))
            await held.until_started(1)
            held.finish(1)
            assert await correlation_ids(client, 1) == [1]
            assert await client.is_closed()
            assert held.started == [1]

    run(test)


@pytest.mark.parametrize("size", [-1, 2**31 - 1, 1_001])
def test_a_hostile_length_closes_the_connection(size):
    async def test():
        async with serving(beats(answer_at_once), settings={"socket.request.max.bytes": "1000"}) as broker:
            client = await broker.connect()
            client.send(beat(1), size.to_bytes(4, "big", signed=True))
            assert await correlation_ids(client, 1) == [1]
            assert await client.is_closed()

    run(test)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_frame_that_no_slab_can_hold_is_answered(loop):
    async def test():
        async with serving(beats(answer_at_once)) as broker:
            client = await broker.connect()
            whole = beat(5)
            padding = 3_000_000
            size = len(whole) - 4 + padding
            client.send(beat(4), size.to_bytes(4, "big"), whole[4:], bytes(padding), beat(6))
            assert await correlation_ids(client, 3) == [4, 5, 6]

    run(test, loop)


def test_an_idle_connection_holds_no_slab():
    async def test():
        async with serving(beats(answer_at_once)) as broker:
            client = await broker.connect()
            client.send(beat(1), beat(2)[:10])
            assert await correlation_ids(client, 1) == [1]
            assert broker.network.pool.bytes_taken == 0
            client.send(beat(2)[10:])
            assert await correlation_ids(client, 1) == [2]
            assert broker.network.pool.bytes_taken == 0

    run(test)


def test_requests_of_a_client_that_left_go_on_but_those_that_only_wait_for_it_end():
    async def test():
        held, gone = Held(), asyncio.Event()

        async def wait(context, request):
            try:
                await held.handle(context, request)
            except asyncio.CancelledError:
                gone.set()
                raise

        async with serving(beats(wait, waits=True)) as broker:
            client = await broker.connect()
            client.send(beat(1))
            await held.until_started(1)
            client.close()
            await gone.wait()
            assert broker.network.queued.bytes_held == 0

    run(test)


class Transport(asyncio.Transport):
    """A transport in the test's hands: it takes what is written and moves nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.unread_by_client = 0
        self.is_reading_now = True
        self.is_aborted = False

    def write(self, data):
        self.written += data

    def writelines(self, list_of_data):
        self.written += b"".join(list_of_data)

    def get_write_buffer_size(self):
        return self.unread_by_client

    def set_write_buffer_limits(self, high=None, low=None):
        pass

    def pause_reading(self):
        self.is_reading_now = False

    def resume_reading(self):
        self.is_reading_now = True

    def is_closing(self):
        return self.is_aborted

    def abort(self):
        self.is_aborted = True


def receive(connection, data):
    connection.get_buffer(-1)[: len(data)] = data
    connection.buffer_updated(len(data))


def test_a_client_that_does_not_read_its_answers_is_not_read_from():
    async def test():
        async with serving(beats(answer_at_once)) as broker:
            transport = Transport()
            connection = broker.network.listeners[0].connection()
            connection.connection_made(transport)
            connection.pause_writing()
            receive(connection, beat(1) + beat(2))
            assert (transport.is_reading_now, transport.written) == (False, b"")
            connection.resume_writing()
            assert transport.is_reading_now
            assert len(transport.written) == 2 * len(answer_of(1))
            connection.connection_lost(None)

    run(test)


def test_a_client_for_which_too_many_answers_wait_is_disconnected():
    async def test():
        held = Held()
        async with serving(beats(held.handle)) as broker:
            transport = Transport()
            connection = broker.network.listeners[0].connection()
            connection.connection_made(transport)
            receive(connection, beat(1))
            connection.pause_writing()
            transport.unread_by_client = WRITE_BYTES_MAX + 1
            held.finish(1)
            await held.until_answered(connection)
            assert transport.is_aborted
            connection.connection_lost(None)

    run(test)
