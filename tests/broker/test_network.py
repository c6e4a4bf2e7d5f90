"""Many connections over real sockets: limits, idleness, slow readers, and how a broker stops."""

import asyncio
import socket
from contextlib import suppress

import pytest
from tests.broker.serving import LOOPS, WINDOWS, beat, beats, correlation_ids, run, serving

from headwater.broker.connections import Connections
from headwater.broker.errors import CannotListen
from headwater.broker.limits import Limits
from headwater.kernel.exposition import exposition
from headwater.security.quotas.connections import ConnectionRates
from headwater.security.quotas.entities import entity_of
from headwater.wire.messages.heartbeat_response import HeartbeatResponse

OK = HeartbeatResponse()
TWO = {
    "listeners": "ONE://127.0.0.1:0,TWO://127.0.0.1:0",
    "advertised.listeners": "ONE://one.example.com:0,TWO://two.example.com:19092",
    "listener.security.protocol.map": "ONE:PLAINTEXT,TWO:PLAINTEXT",
}


async def answer_at_once(context, request):
    return OK


async def eventually(holds):
    """The run's deadline bounds it."""
    while not holds():  # noqa: ASYNC110 - what is looked at has no event
        await asyncio.sleep(0)


def test_each_listener_tells_its_connections_its_own_advertised_address():
    async def test():
        seen = []

        async def handle(context, request):
            seen.append(context.session.advertised)
            return OK

        async with serving(beats(handle), settings=TWO) as broker:
            for listener in broker.network.listeners:
                client = await broker.connect(listener.port)
                client.send(beat(1))
                await correlation_ids(client, 1)
            one, _ = broker.network.listeners
            assert [(each.listener, each.host, each.port) for each in seen] == [
                ("ONE", "one.example.com", one.port),
                ("TWO", "two.example.com", 19092),
            ]

    run(test)


def test_where_one_port_can_not_be_had_none_stays_open():
    async def test():
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            settings = {**TWO, "listeners": f"ONE://127.0.0.1:0,TWO://127.0.0.1:{port}"}
            with pytest.raises(CannotListen, match="in use; choose another"):
                async with serving(beats(answer_at_once), settings=settings):
                    pass

    run(test, "asyncio")


@pytest.mark.parametrize(
    "settings",
    [
        {"max.connections": "2"},
        {"max.connections.per.ip": "2"},
        {"max.connections.per.ip": "0", "max.connections.per.ip.overrides": "127.0.0.1:2,10.0.0.1:9"},
    ],
)
@pytest.mark.parametrize("loop", LOOPS)
def test_a_connection_past_the_limit_is_closed_and_another_may_come_when_one_has_left(settings, loop):
    async def test():
        async with serving(beats(answer_at_once), settings=settings) as broker:
            clients = [await broker.connect() for _ in range(2)]
            for client in clients:
                client.send(beat(1))
                await correlation_ids(client, 1)
            assert await (await broker.connect()).is_closed()
            assert broker.network.connections.refused == 1
            clients[0].close()
            await eventually(lambda: len(broker.network.connections) == 1)
            third = await broker.connect()
            third.send(beat(3))
            assert await correlation_ids(third, 1) == [3]

    run(test, loop)


def test_a_limit_that_changes_holds_for_the_next_connection():
    async def test():
        async with serving(beats(answer_at_once)) as broker:
            broker.change("max.connections", "0")
            assert await (await broker.connect()).is_closed()

    run(test)


def test_an_idle_connection_is_closed_and_one_that_waits_for_an_answer_is_not():
    async def test():
        answer = asyncio.get_running_loop().create_future()

        async def handle(context, request):
            return await answer

        async with serving(beats(handle), settings={"connections.max.idle.ms": "1000"}) as broker:
            idle, waiting = await broker.connect(), await broker.connect()
            waiting.send(beat(1))
            await eventually(lambda: broker.network.queued.bytes_held > 0)
            connections = broker.network.connections
            await eventually(lambda: len(connections) == 2)
            connections.close_idle(asyncio.get_running_loop().time() + 0.5)
            assert len(connections) == 2
            connections.close_idle(asyncio.get_running_loop().time() + 2)
            assert await idle.is_closed()
            answer.set_result(OK)
            assert await correlation_ids(waiting, 1) == [1]
            assert connections.expired == 1

    run(test)


def test_the_sweep_runs_until_it_is_cancelled():
    async def test():
        async with serving(beats(answer_at_once), settings={"connections.max.idle.ms": "1000"}) as broker:
            client = await broker.connect()
            sweep = asyncio.create_task(broker.network.sweep())
            assert await client.is_closed()
            sweep.cancel()
            with suppress(asyncio.CancelledError):
                await sweep

    run(test)


def test_stopping_answers_what_was_taken_and_takes_no_more():
    async def test():
        answer = asyncio.get_running_loop().create_future()

        async def handle(context, request):
            return await answer

        async with serving(beats(handle)) as broker:
            client = await broker.connect()
            client.send(beat(1))
            await eventually(lambda: broker.network.queued.bytes_held > 0)
            stopping = asyncio.create_task(broker.network.stop(deadline_s=5))
            await asyncio.sleep(0)
            client.send(beat(2))
            answer.set_result(OK)
            assert await correlation_ids(client, 1) == [1]
            assert await client.is_closed()
            await stopping
            assert len(broker.network.connections) == 0

    run(test)


def test_stopping_ends_at_its_deadline_whatever_handlers_do():
    async def test():
        async def handle(context, request):
            await asyncio.get_running_loop().create_future()

        async with serving(beats(handle)) as broker:
            client = await broker.connect()
            client.send(beat(1))
            await eventually(lambda: broker.network.queued.bytes_held > 0)
            await broker.network.stop(deadline_s=0.01)
            assert await client.is_closed()
            await eventually(lambda: broker.network.queued.bytes_held == 0)

    run(test)


def test_an_address_that_connects_faster_than_its_quota_is_closed_after_a_while():
    async def test():
        async with serving(beats(answer_at_once)) as broker:
            broker.rates.change(entity_of({"ip": "127.0.0.1"}), "connection_creation_rate", 0.1)
            client = await broker.connect()
            client.send(beat(1))
            assert await correlation_ids(client, 1) == [1]
            refused = await broker.connect()
            refused.send(beat(1))
            assert await refused.is_closed()
            assert len(broker.network.connections) == 1

    run(test)


@pytest.mark.parametrize("setting", ["max.connection.creation.rate", "listener.name.two.max.connection.creation.rate"])
def test_connections_that_come_too_fast_wait_for_their_turn(setting):
    async def test():
        async with serving(beats(answer_at_once), settings={**TWO, setting: "10"}) as broker:
            port = broker.network.listeners[1].port
            clients = [await broker.connect(port) for _ in range(102)]
            for client in clients:
                client.send(beat(1))
                assert await correlation_ids(client, 1) == [1]
            return exposition(broker.counters)

    assert "headwater_connections_delayed_total 0\n" not in run(test)


def test_connections_whose_turn_would_come_too_late_are_closed():
    async def test():
        async with serving(beats(answer_at_once), settings={"max.connection.creation.rate": "1"}) as broker:
            clients = [await broker.connect() for _ in range(42)]
            assert await clients[-1].is_closed()
            assert len(broker.network.connections) == 40

    run(test)


def test_an_empty_broker_stops_at_once():
    async def test():
        limits = Limits(total=1, per_host=1, overrides={}, idle_ms=1, rates={})
        connections = Connections(lambda: limits, ConnectionRates(WINDOWS))
        await connections.stop(deadline_s=0)

    run(test)


def test_connections_and_the_memory_behind_them_are_counted():
    async def test():
        async with serving(beats(answer_at_once), settings={"max.connections": "1"}) as broker:
            client = await broker.connect()
            client.send(beat(1))
            await correlation_ids(client, 1)
            assert await (await broker.connect()).is_closed()
            return exposition(broker.counters)

    lines = run(test).splitlines()
    for name, value in {
        "connections": 1,
        "connections_opened_total": 1,
        "connections_refused_total": 1,
        "connections_expired_total": 0,
        "request_queued_bytes": 0,
        "receive_slab_bytes": 0,
    }.items():
        assert f"headwater_{name} {value}" in lines
