"""One connection to a server that misbehaves: it is a function from requests to what is written back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from headwater.client.address import Address
from headwater.client.cluster import Cluster
from headwater.client.connecting import connect
from headwater.client.connection import Connection
from headwater.client.errors import ConnectionLost, DeadlinePassed, NoCommonVersion, Refused, Unreachable
from headwater.client.options import ClientOptions
from headwater.client.roles import AnyBroker
from headwater.kernel.real.randomness import SystemRandomness
from headwater.wire.apis import ApiKey
from headwater.wire.error_codes import ErrorCode
from headwater.wire.frames import decode_request, encode_response
from headwater.wire.messages.api_versions_request import ApiVersionsRequest
from headwater.wire.messages.api_versions_response import ApiVersion, ApiVersionsResponse
from headwater.wire.messages.heartbeat_request import HeartbeatRequest
from headwater.wire.messages.heartbeat_response import HeartbeatResponse
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.messages.list_groups_response import ListGroupsResponse
from headwater.wire.schema import Message, Versions

DEADLINE_S = 10.0
OPTIONS = ClientOptions(connect_timeout_ms=2_000, request_timeout_ms=2_000, deadline_ms=2_000, in_flight_max=2)
HURRIED = ClientOptions(request_timeout_ms=20, deadline_ms=100, backoff_first_ms=1, backoff_most_ms=5)
OFFERED = (ApiVersion(api_key=ApiKey.HEARTBEAT, min_version=0, max_version=3),)
BEAT = HeartbeatRequest(group_id="g", member_id="m")

Answer = Callable[[asyncio.StreamWriter, int, Any], Awaitable[None]]


def frame(response: Message, version: int, correlation_id: int) -> bytes:
    return b"".join(encode_response(response, version, correlation_id=correlation_id))


async def beats(writer: asyncio.StreamWriter, correlation_id: int, _: Any) -> None:
    writer.write(frame(HeartbeatResponse(), 3, correlation_id))


async def silence(*_: Any) -> None:
    """A broker that takes requests and never answers."""


@asynccontextmanager
async def server(answer: Answer = beats) -> AsyncIterator[Address]:
    """Answers ApiVersions itself and leaves the rest to `answer`."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while size := await reader.read(4):
            header, request = decode_request(await reader.readexactly(int.from_bytes(size, "big")))
            if isinstance(request, ApiVersionsRequest):
                offered = ApiVersionsResponse(api_keys=OFFERED)
                writer.write(frame(offered, header.request_api_version, header.correlation_id))
            else:
                await answer(writer, header.correlation_id, request)

    serving = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield Address("127.0.0.1", serving.sockets[0].getsockname()[1])
    finally:
        serving.close()
        for writer in writers:
            writer.close()


@asynccontextmanager
async def connected(answer: Answer = beats, options: ClientOptions = OPTIONS) -> AsyncIterator[Connection]:
    async with server(answer) as address:
        connection = await connect(address, options)
        try:
            yield connection
        finally:
            await connection.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        async with asyncio.timeout(DEADLINE_S):
            await test()

    asyncio.run(within())


def test_the_newest_version_that_both_have_is_spoken():
    async def test() -> None:
        async with connected() as connection:
            assert connection.version_for(BEAT) == 3
            assert connection.version_for(BEAT, Versions(0, 2)) == 2
            with pytest.raises(NoCommonVersion, match="HEARTBEAT is spoken here in versions 4-4; the broker has 0-3"):
                connection.version_for(BEAT, Versions(4, 4))
            with pytest.raises(NoCommonVersion, match="none of it"):
                await connection.ask(ListGroupsRequest(), ListGroupsResponse)

    run(test)


def test_a_broker_that_wants_silence_is_asked_nothing_for_that_long():
    came: list[float] = []

    async def throttling(writer: asyncio.StreamWriter, correlation_id: int, _: Any) -> None:
        came.append(asyncio.get_running_loop().time())
        writer.write(frame(HeartbeatResponse(throttle_time_ms=0 if came[1:] else 50), 3, correlation_id))

    async def test() -> None:
        async with connected(throttling) as connection:
            await connection.ask(BEAT, HeartbeatResponse)
            await asyncio.gather(*(connection.ask(BEAT, HeartbeatResponse) for _ in range(2)))

    run(test)
    assert min(came[1:]) - came[0] >= 0.05


def test_requests_do_not_wait_for_each_other_and_answers_find_their_askers():
    waiting: list[int] = []

    async def all_at_the_end(writer: asyncio.StreamWriter, correlation_id: int, request: Any) -> None:
        waiting.append(correlation_id)
        if len(waiting) == 2:
            answers = [frame(HeartbeatResponse(throttle_time_ms=each), 3, each) for each in waiting]
            writer.write(b"".join(answers))
            waiting.clear()

    async def test() -> None:
        async with connected(all_at_the_end) as connection:
            asked = [connection.ask(BEAT, HeartbeatResponse) for _ in range(6)]
            assert [each.throttle_time_ms for each in await asyncio.gather(*asked)] == [1, 2, 3, 4, 5, 6]

    run(test)


def test_no_more_are_in_flight_than_allowed():
    taken: list[int] = []

    async def count(writer: asyncio.StreamWriter, correlation_id: int, _: Any) -> None:
        taken.append(correlation_id)

    async def test() -> None:
        async with connected(count, HURRIED) as connection:
            asked = [connection.ask(BEAT, HeartbeatResponse) for _ in range(20)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(each, ConnectionLost) for each in answers)
        assert len(taken) == HURRIED.in_flight_max

    run(test)


def test_an_overdue_answer_ends_the_connection_for_all_who_wait():
    async def test() -> None:
        async with connected(silence, HURRIED) as connection:
            with pytest.raises(ConnectionLost, match="did not end within 20 ms"):
                await connection.ask(BEAT, HeartbeatResponse)
            assert connection.is_closed
            with pytest.raises(ConnectionLost):
                await connection.ask(BEAT, HeartbeatResponse)

    run(test)


def test_an_asker_who_gives_up_leaves_the_others_their_answers():
    released = asyncio.Event()

    async def later(writer: asyncio.StreamWriter, correlation_id: int, _: Any) -> None:
        await released.wait()
        await beats(writer, correlation_id, _)

    async def test() -> None:
        async with connected(later) as connection:
            first = asyncio.ensure_future(connection.ask(BEAT, HeartbeatResponse))
            second = asyncio.ensure_future(connection.ask(BEAT, HeartbeatResponse))
            await asyncio.sleep(0)
            first.cancel()
            released.set()
            assert await second == HeartbeatResponse()

    run(test)


@pytest.mark.parametrize(
    "bytes_",
    [
        frame(HeartbeatResponse(), 3, 999),
        (2**31 - 1).to_bytes(4, "big"),
        b"\xff\xff\xff\xff",
        (6).to_bytes(4, "big") + (1).to_bytes(4, "big") + b"\x00\x00",
    ],
    ids=["of another request", "too large", "negative", "cut off"],
)
def test_an_answer_that_makes_no_sense_ends_the_connection(bytes_):
    async def nonsense(writer: asyncio.StreamWriter, *_: Any) -> None:
        writer.write(bytes_)

    async def test() -> None:
        async with connected(nonsense) as connection:
            with pytest.raises(ConnectionLost):
                await connection.ask(BEAT, HeartbeatResponse)

    run(test)


def test_a_server_that_is_no_broker_is_unreachable_and_so_is_nobody():
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def test() -> None:
        serving = await asyncio.start_server(hangs_up, "127.0.0.1", 0)
        address = Address("127.0.0.1", serving.sockets[0].getsockname()[1])
        with pytest.raises(Unreachable, match="does not answer as a Kafka broker does"):
            await connect(address, OPTIONS)
        serving.close()
        await serving.wait_closed()
        with pytest.raises(Unreachable, match=str(address.port)):
            await connect(address, OPTIONS)

    run(test)


def test_a_broken_connection_is_replaced_and_the_question_asked_again():
    broken: list[int] = []

    async def breaks_once(writer: asyncio.StreamWriter, correlation_id: int, request: Any) -> None:
        if not broken:
            broken.append(correlation_id)
            writer.close()
        else:
            await beats(writer, correlation_id, request)

    async def test() -> None:
        async with server(breaks_once) as address, cluster_at(address) as cluster:
            assert await cluster.ask(AnyBroker(), BEAT, HeartbeatResponse) == HeartbeatResponse()

    run(test)


def test_what_is_retriable_is_asked_again_until_the_deadline_which_tells_the_last_refusal():
    def accept(answer: HeartbeatResponse) -> None:
        raise Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, subject="group g")

    async def test() -> None:
        async with server() as address, cluster_at(address) as cluster:
            with pytest.raises(DeadlinePassed, match="group g: coordinator load in progress"):
                await cluster.ask(AnyBroker(), BEAT, HeartbeatResponse, accept=accept, deadline_ms=50)

    run(test)


def test_what_is_not_retriable_is_raised_at_once():
    def accept(answer: HeartbeatResponse) -> None:
        raise Refused(ErrorCode.UNKNOWN_MEMBER_ID, subject="group g")

    async def test() -> None:
        async with server() as address, cluster_at(address) as cluster:
            with pytest.raises(Refused, match="unknown member id"):
                await cluster.ask(AnyBroker(), BEAT, HeartbeatResponse, accept=accept)

    run(test)


def test_the_bootstrap_list_is_gone_through_until_somebody_is_there():
    async def test() -> None:
        async with server() as address:
            nobody = Address("127.0.0.1", 1)
            async with Cluster((nobody, address), randomness=SystemRandomness(), options=OPTIONS) as cluster:
                assert await cluster.ask(AnyBroker(), BEAT, HeartbeatResponse) == HeartbeatResponse()

    run(test)


def cluster_at(address: Address) -> Cluster:
    return Cluster((address,), randomness=SystemRandomness(), options=OPTIONS)
