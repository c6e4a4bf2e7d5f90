"""GetTelemetrySubscriptions and PushTelemetry."""

import asyncio
from typing import Any

import pytest
from tests.broker.otlp import gauge, pushed
from tests.broker.rig import Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import get_telemetry_subscriptions, push_telemetry
from headwater.broker.telemetry import UNPACKED_BYTES_MAX, Telemetry
from headwater.control.cluster.requests import ChangeConfigs, ConfigChange, ConfigOperation, Resource, ResourceType
from headwater.kernel.counters import Counters
from headwater.kernel.exposition import exposition
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.compression import compress
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.get_telemetry_subscriptions_request import GetTelemetrySubscriptionsRequest
from headwater.wire.messages.push_telemetry_request import PushTelemetryRequest
from headwater.wire.types import ZERO_UUID, Uuid, uuid_text

ID = Uuid(bytes([5]) * 16)
INTERVAL_S = 1.0
PUSHED = pushed(gauge("org.apache.kafka.producer.queue.size", 7))


async def subscribe(broker: Rig, name: str = "s", **settings: str) -> None:
    fields = {"interval_ms": "1000", "metrics": "org.apache.kafka.producer."} | settings
    changes = tuple(
        ConfigChange(name=each.replace("_", "."), operation=ConfigOperation.SET, value=value)
        for each, value in fields.items()
    )
    resource = Resource(type=ResourceType.CLIENT_METRICS, name=name)
    assert await broker.decide(ChangeConfigs(resource=resource, changes=changes)) is None


async def ask(broker: Rig, instance: Uuid = ID, **more: Any) -> Any:
    request = GetTelemetrySubscriptionsRequest(client_instance_id=instance)
    return await broker.ask(get_telemetry_subscriptions, request, 0, **more)


async def push(broker: Rig, subscription: int, metrics: bytes = PUSHED, **more: Any) -> int:
    fields: dict[str, Any] = {"client_instance_id": ID, "compression_type": 0} | more
    request = PushTelemetryRequest(subscription_id=subscription, metrics=metrics, **fields)
    code: int = (await broker.ask(push_telemetry, request, 0)).error_code
    return code


def test_without_subscriptions_a_client_gets_an_id_and_is_asked_for_nothing():
    async def test() -> Any:
        async with rig() as broker:
            return await ask(broker, ZERO_UUID)

    response = run(test)
    assert (response.error_code, response.requested_metrics, response.push_interval_ms) == (0, (), 300_000)
    assert response.client_instance_id != ZERO_UUID
    assert response.telemetry_max_bytes == 2**20
    assert {*response.accepted_compression_types} == {1, 2, 3, 4}


def test_subscriptions_that_match_a_client_are_taken_together():
    async def test() -> Any:
        async with rig() as broker:
            broker.session.client_software = "librdkafka"
            await subscribe(broker, "a", metrics="x.,y.", match="client_software_name=librd.*,client_id=te.ts")
            await subscribe(broker, "b", metrics="y.,z.", interval_ms="500")
            await subscribe(broker, "c", metrics="no.", match="client_source_address=10\\..*", interval_ms="100")
            return await ask(broker)

    response = run(test)
    assert (response.requested_metrics, response.push_interval_ms) == (("x.", "y.", "z."), 500)


def test_a_star_stands_for_all_metrics():
    async def test() -> Any:
        async with rig() as broker:
            await subscribe(broker, "a", metrics="*")
            await subscribe(broker, "b", metrics="y.")
            return await ask(broker)

    assert run(test).requested_metrics == ("*",)


@pytest.mark.parametrize("codec", Compression)
def test_what_is_pushed_is_shown_and_counted(codec):
    async def test() -> Any:
        async with rig() as broker:
            await subscribe(broker)
            told = await ask(broker)
            assert not told.delta_temporality
            packed = compress(codec, PUSHED)
            code = await push(broker, told.subscription_id, packed, compression_type=int(codec))
            return code, broker.services.client_metrics.exposition(), exposition(broker.counters)

    code, shown, metrics = run(test)
    assert code == ErrorCode.NONE
    assert shown == (
        "# TYPE kafka_client_producer_queue_size gauge\n"
        f'kafka_client_producer_queue_size{{client_instance_id="{uuid_text(ID)}",client_id="tests",'
        'client_software_name="",client_software_version=""} 7\n'
    )
    assert 'headwater_client_telemetry_pushes_total{software="unknown"} 1' in metrics
    assert f'headwater_client_telemetry_bytes_total{{software="unknown"}} {len(PUSHED)}' in metrics
    assert "headwater_client_telemetry_clients 1" in metrics


def test_a_client_that_comes_too_early_is_throttled_and_may_come_again_later():
    async def test() -> Any:
        async with rig() as broker:
            await subscribe(broker)
            told = await ask(broker)
            codes = [await push(broker, told.subscription_id), await push(broker, told.subscription_id)]
            codes.append((await ask(broker)).error_code)
            await asyncio.sleep(INTERVAL_S)
            codes.append(await push(broker, told.subscription_id))
            await asyncio.sleep(INTERVAL_S)
            codes.append((await ask(broker)).error_code)
            return codes

    throttled = ErrorCode.THROTTLING_QUOTA_EXCEEDED
    assert run(test) == [ErrorCode.NONE, throttled, throttled, ErrorCode.NONE, ErrorCode.NONE]


def test_a_client_that_ends_may_push_early_once_and_never_again():
    async def test() -> Any:
        async with rig() as broker:
            await subscribe(broker)
            told = await ask(broker)
            codes = [
                await push(broker, told.subscription_id),
                await push(broker, told.subscription_id, terminating=True),
            ]
            await asyncio.sleep(INTERVAL_S)
            return [*codes, await push(broker, told.subscription_id)]

    assert run(test) == [ErrorCode.NONE, ErrorCode.NONE, ErrorCode.INVALID_REQUEST]


def test_a_new_subscription_is_told_at_once():
    async def test() -> Any:
        async with rig() as broker:
            await subscribe(broker)
            told = await ask(broker)
            await subscribe(broker, metrics="other.")
            code = await push(broker, told.subscription_id)
            return code, await ask(broker)

    code, told = run(test)
    assert (code, told.error_code, told.requested_metrics) == (ErrorCode.UNKNOWN_SUBSCRIPTION_ID, 0, ("other.",))


@pytest.mark.parametrize(
    ("metrics", "more", "code"),
    [
        (b"", {"client_instance_id": ZERO_UUID}, ErrorCode.INVALID_REQUEST),
        (b"", {"compression_type": 9}, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE),
        (b"m" * 101, {}, ErrorCode.TELEMETRY_TOO_LARGE),
        (
            compress(Compression.ZSTD, bytes(UNPACKED_BYTES_MAX + 1)),
            {"compression_type": 4},
            ErrorCode.TELEMETRY_TOO_LARGE,
        ),
        (b"nothing of the kind", {"compression_type": 4}, ErrorCode.INVALID_RECORD),
        (b"nor this", {}, ErrorCode.INVALID_RECORD),
    ],
)
def test_pushes_that_can_not_be_are_refused(metrics, more, code):
    async def test() -> Any:
        async with rig(settings={"telemetry.max.bytes": "100"}) as broker:
            await subscribe(broker)
            told = await ask(broker)
            return await push(broker, told.subscription_id, metrics, **more)

    assert run(test) == code


def test_a_bounded_number_of_clients_is_remembered():
    async def test() -> Any:
        async with rig() as broker:
            counters = Counters()
            broker.replace(telemetry=Telemetry(counters, clients_max=2))
            await subscribe(broker)
            for number in range(5):
                await ask(broker, Uuid(bytes([number + 1]) * 16))
            return exposition(counters)

    assert "headwater_client_telemetry_clients 2\n" in run(test)


def test_a_last_push_may_be_empty():
    async def test() -> Any:
        async with rig() as broker:
            told = await ask(broker)
            return await push(broker, told.subscription_id, b"", compression_type=4, terminating=True)

    assert run(test) == ErrorCode.NONE


@pytest.mark.parametrize("pattern", ["client_id", "no_such=x", "client_id=(", "client_id=a=b"])
def test_a_match_that_can_not_be_is_refused_when_it_is_set(pattern):
    async def test() -> Any:
        async with rig() as broker:
            change = ConfigChange(name="match", operation=ConfigOperation.SET, value=pattern)
            resource = Resource(type=ResourceType.CLIENT_METRICS, name="s")
            return await broker.decide(ChangeConfigs(resource=resource, changes=(change,)))

    assert "selector=pattern" in str(run(test))
