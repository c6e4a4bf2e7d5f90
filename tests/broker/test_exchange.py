"""What surrounds every handler, seen from a client: refusals, errors, throttles, counts."""

import asyncio
import logging
from types import SimpleNamespace

import pytest
from tests.broker.serving import beat, beats, correlation_ids, framed, run, serving

from headwater.broker.api import Api, between
from headwater.broker.context import Context
from headwater.broker.errors import Refused
from headwater.broker.needs import Each, Whole, Within, the_cluster
from headwater.kernel.exposition import exposition
from headwater.log.errors import StorageFailed
from headwater.machine.errors import Reloading
from headwater.security.access import THE_CLUSTER, Operation, Resource, group, topic
from headwater.security.quotas.entities import entity_of
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.delete_groups_request import DeleteGroupsRequest
from headwater.wire.messages.delete_groups_response import DeletableGroupResult, DeleteGroupsResponse
from headwater.wire.messages.heartbeat_response import HeartbeatResponse
from headwater.wire.messages.produce_request import ProduceRequest
from headwater.wire.messages.sasl_handshake_request import SaslHandshakeRequest
from headwater.wire.messages.sasl_handshake_response import SaslHandshakeResponse

OK = HeartbeatResponse()


class Denies:
    """An authorizer that says no to some, and remembers what it was asked."""

    def __init__(self, *denied: Resource) -> None:
        self._denied = denied
        self.asked: list[tuple[Operation, Resource]] = []

    def allows(self, principal, host, operation, resource):
        assert (str(principal), host) == ("User:ANONYMOUS", "127.0.0.1")
        self.asked.append((operation, resource))
        return resource not in self._denied


async def answer_at_once(context, request):
    return OK


def answered(handler, *frames, **options):
    """The first answer to `frames`."""

    async def test():
        async with serving(handler, **options) as broker:
            client = await broker.connect()
            client.send(*frames)
            return (await client.answer(HeartbeatResponse, 4))[1]

    return run(test)


def raising(problem):
    async def handle(context, request):
        raise problem

    return handle


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (Refused(ErrorCode.INVALID_GROUP_ID), ErrorCode.INVALID_GROUP_ID),
        (StorageFailed("of a test"), ErrorCode.KAFKA_STORAGE_ERROR),
        (Reloading("of a test"), ErrorCode.COORDINATOR_LOAD_IN_PROGRESS),
        (ZeroDivisionError("of a test"), ErrorCode.UNKNOWN_SERVER_ERROR),
    ],
)
def test_what_escapes_from_a_handler_is_answered_by_the_refusal_of_its_api(problem, code):
    assert answered(beats(raising(problem)), beat(1)) == HeartbeatResponse(error_code=code)


def test_an_unforeseen_error_is_logged_with_the_request_and_the_connection_goes_on(caplog):
    async def test():
        async with serving(beats(raising(ZeroDivisionError("of a test")))) as broker:
            client = await broker.connect()
            client.send(beat(1), beat(2))
            assert await correlation_ids(client, 2) == [1, 2]

    run(test)
    first = next(record for record in caplog.records if record.getMessage() == "a handler failed")
    assert first.exc_info is not None
    assert first.headwater_values["request_id"] == 1


def test_a_response_that_can_not_be_encoded_closes_the_connection():
    async def handle(context, request):
        return HeartbeatResponse(error_code=1 << 20)

    async def test():
        async with serving(beats(handle)) as broker:
            client = await broker.connect()
            client.send(beat(1))
            assert await client.is_closed()

    run(test)


@pytest.mark.parametrize(
    "frame",
    [
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x01\x00",
        b"\x00\x00\x00\x08\x7f\xff\x00\x00\x00\x00\x00\x01",
        beat(1)[:4] + b"\x00\x0c\x00\x63" + beat(1)[8:],
        (len(beat(1)) - 4 - 3).to_bytes(4, "big") + beat(1)[4:-3],
    ],
    ids=["empty", "one byte", "unknown API", "unsupported version", "truncated body"],
)
def test_what_kafka_has_no_answer_for_closes_the_connection(frame):
    async def test():
        async with serving(beats(answer_at_once)) as broker:
            client = await broker.connect()
            client.send(frame)
            assert await client.is_closed()

    run(test)


def test_a_request_that_may_not_be_done_is_refused_and_the_handler_never_sees_it():
    denies = Denies(group("secret"))
    need = Whole(operation=Operation.READ, of=lambda request: group(request.group_id))
    response = answered(beats(raising(AssertionError()), needs=(need,)), beat(1, group="secret"), authorizer=denies)
    assert response.error_code == ErrorCode.GROUP_AUTHORIZATION_FAILED
    assert denies.asked == [(Operation.READ, group("secret"))]


def test_every_need_is_asked_for():
    denies = Denies(THE_CLUSTER)
    needs = (
        Whole(operation=Operation.READ, of=lambda request: group(request.group_id)),
        Within(operation=Operation.DESCRIBE, why="names are known inside only"),
        the_cluster(Operation.ALTER),
    )
    response = answered(beats(answer_at_once, needs=needs), beat(1, group="open"), authorizer=denies)
    assert response.error_code == ErrorCode.CLUSTER_AUTHORIZATION_FAILED
    assert [operation for operation, _ in denies.asked] == [Operation.READ, Operation.ALTER]


def test_a_handler_can_ask_itself():
    async def handle(context: Context, request):
        return OK if context.allows(Operation.READ, topic("secret")) else HeartbeatResponse(error_code=29)

    assert answered(beats(handle), beat(1), authorizer=Denies(topic("secret"))).error_code == 29


def test_a_throttled_client_is_told_and_not_read_from_for_that_long():
    async def handle(context: Context, request):
        return HeartbeatResponse(throttle_time_ms=40)

    async def test():
        loop = asyncio.get_running_loop()
        async with serving(beats(handle)) as broker:
            client = await broker.connect()
            client.send(beat(1), beat(2))
            assert (await client.answer(HeartbeatResponse, 4))[1].throttle_time_ms == 40
            began = loop.time()
            assert await correlation_ids(client, 1) == [2]
            assert loop.time() - began >= 0.03

    run(test)


def costing(broker, key, rate):
    broker.quotas.change(entity_of({"user": None}), key, rate)


def test_time_that_a_request_holds_the_loop_is_paid_for():
    async def handle(context: Context, request):
        ends = asyncio.get_running_loop().time() + 0.01
        while asyncio.get_running_loop().time() < ends:
            pass
        await asyncio.sleep(0)
        return OK

    async def test():
        async with serving(beats(handle)) as broker:
            client = await broker.connect()
            costing(broker, "request_percentage", 0.001)
            client.send(beat(1))
            return (await client.answer(HeartbeatResponse, 4))[1].throttle_time_ms

    assert run(test, "asyncio") == 1_000


def test_time_that_a_request_waits_is_free():
    async def handle(context: Context, request):
        waited = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.01, waited.set_result, None)
        await waited
        return OK

    async def test():
        async with serving(beats(handle)) as broker:
            client = await broker.connect()
            costing(broker, "request_percentage", 50)
            client.send(*[beat(number) for number in range(20)])
            return [(await client.answer(HeartbeatResponse, 4))[1].throttle_time_ms for _ in range(20)]

    assert run(test, "asyncio") == [0] * 20


def test_a_produce_that_wants_no_answer_is_paid_for_all_the_same():
    async def handle(context: Context, request):
        return None

    async def test():
        served = SimpleNamespace(API=Api(ProduceRequest, versions=between(9, 9), refuse=refuse_none), handle=handle)
        async with serving(served) as broker:
            costing(broker, "producer_byte_rate", 1)
            client = await broker.connect()
            client.send(framed(ProduceRequest(acks=0), 9))
            throttled = 'headwater_client_throttles_total{quota="producer_byte_rate"} 1\n'
            while throttled not in exposition(broker.counters):  # noqa: ASYNC110 - a counter has no event
                await asyncio.sleep(0)

    run(test)


def refuse_none(request, code):
    return None


def test_a_response_that_can_not_tell_of_a_throttle_leaves_all_the_same():
    """A connection that is to be silent for an hour is answered at once, and then not read."""

    async def handle(context: Context, request):
        return SaslHandshakeResponse()

    def refuse(request, code):
        return SaslHandshakeResponse(error_code=code)

    async def test():
        async with serving(
            SimpleNamespace(API=Api(SaslHandshakeRequest, versions=between(1, 1), refuse=refuse), handle=handle)
        ) as broker:
            costing(broker, "request_percentage", 1e-9)
            client = await broker.connect()
            client.send(framed(SaslHandshakeRequest(mechanism="PLAIN"), 1))
            return (await client.answer(SaslHandshakeResponse, 1))[1]

    assert run(test, "asyncio") == SaslHandshakeResponse()


def test_requests_are_counted_by_api():
    async def test():
        async with serving(beats(raising(Refused(ErrorCode.INVALID_GROUP_ID)))) as broker:
            client = await broker.connect()
            client.send(beat(1), beat(2))
            await correlation_ids(client, 2)
            return exposition(broker.counters)

    text = run(test)
    assert 'headwater_request_seconds_count{api="HEARTBEAT"} 2\n' in text
    assert 'headwater_requests_refused_total{api="HEARTBEAT",error="INVALID_GROUP_ID"} 2\n' in text
    assert f'headwater_request_bytes_total{{api="HEARTBEAT"}} {2 * (len(beat(1)) - 4)}\n' in text


@pytest.mark.parametrize(("waits", "lines"), [(False, 1), (True, 0)])
def test_a_slow_request_is_logged_unless_it_waits_on_purpose(caplog, waits, lines):
    caplog.set_level(logging.WARNING)
    answered(beats(answer_at_once, waits=waits), beat(1), slow_ms=0)
    assert sum(record.getMessage() == "slow request" for record in caplog.records) == lines


def deleted_groups(handle, names, *denied):
    """What DeleteGroups answers for `names`, where some are denied to the client."""

    def result(name, code=ErrorCode.NONE):
        return DeletableGroupResult(group_id=name, error_code=code)

    def refuse(request, code):
        return DeleteGroupsResponse(results=tuple(result(name, code) for name in request.groups_names))

    need = Each(operation=Operation.DELETE, items="groups_names", of=group, refused=result, into="results")
    handler = beats(handle)
    handler.API = Api(DeleteGroupsRequest, versions=between(0, 2), refuse=refuse, needs=(need,))

    async def test():
        async with serving(handler, authorizer=Denies(*map(group, denied))) as broker:
            client = await broker.connect()
            client.send(framed(DeleteGroupsRequest(groups_names=names), 2))
            _, response = await client.answer(DeleteGroupsResponse, 2)
            return [(each.group_id, each.error_code) for each in response.results]

    return run(test)


def test_refused_items_are_taken_out_of_the_request_and_their_answers_added_to_the_response():
    async def handle(context, request):
        return DeleteGroupsResponse(results=tuple(DeletableGroupResult(group_id=name) for name in request.groups_names))

    assert deleted_groups(handle, ("a", "b", "c"), "b") == [
        ("a", ErrorCode.NONE),
        ("c", ErrorCode.NONE),
        ("b", ErrorCode.GROUP_AUTHORIZATION_FAILED),
    ]


def test_an_error_of_the_handler_is_told_to_those_items_that_were_allowed():
    answered = deleted_groups(raising(Refused(ErrorCode.NOT_COORDINATOR)), ("a", "b"), "b")
    assert answered == [("a", ErrorCode.NOT_COORDINATOR), ("b", ErrorCode.GROUP_AUTHORIZATION_FAILED)]


def test_a_refusal_that_can_not_be_made_closes_the_connection():
    async def test():
        async with serving(beats(raising(ZeroDivisionError()), refuse=lambda request, code: 1 / 0)) as broker:
            client = await broker.connect()
            client.send(beat(1))
            assert await client.is_closed()

    run(test)
