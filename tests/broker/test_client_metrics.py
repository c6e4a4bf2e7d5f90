"""Metrics that clients push, as Prometheus reads them."""

import asyncio
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.broker.log_rig import elapse
from tests.broker.otlp import DELTA, gauge, histogram, pushed, total
from tests.machine.toy import run
from tests.simulation.world.workers import SimulatedWorkers

from headwater.broker import otlp
from headwater.broker.client_metrics import SERIES_MAX, ClientMetrics
from headwater.broker.errors import Refused
from headwater.kernel.counters import Counters, Gauge
from headwater.kernel.exposition import exposition
from headwater.kernel.real.callbacks import measured_callbacks
from headwater.wire.types import Uuid

ONE, OTHER = Uuid(bytes([1]) * 16), Uuid(bytes([2]) * 16)
WHO = (("client_id", "app"),)


def metrics(**more: Any) -> ClientMetrics:
    return ClientMetrics(Counters(), SimulatedWorkers(Random(0)), **more)


async def take(shown: ClientMetrics, payload: bytes, instance: Uuid = ONE, *, interval_ms: int = 1_000) -> str:
    await shown.take(instance, payload, WHO, interval_ms=interval_ms)
    return shown.exposition()


def shown_of(*payloads: bytes) -> str:
    async def test() -> str:
        shown, text = metrics(), ""
        for each in payloads:
            text = await take(shown, each)
        return text

    result: str = run(test)
    return result


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        (gauge("org.apache.kafka.consumer.lag", 5), 'lag gauge\nX_lag{client_id="app"} 5\n'),
        (gauge("org.apache.kafka.consumer.lag", 0.5), 'lag gauge\nX_lag{client_id="app"} 0.5\n'),
        (total("org.apache.kafka.consumer.sent", 3), 'sent_total counter\nX_sent_total{client_id="app"} 3\n'),
        (total("org.apache.kafka.consumer.sent.total", 3), 'sent_total counter\nX_sent_total{client_id="app"} 3\n'),
        (total("org.apache.kafka.consumer.sent", 3, monotonic=False), 'sent gauge\nX_sent{client_id="app"} 3\n'),
        (total("org.apache.kafka.consumer.sent", 3, temporality=DELTA), 'sent gauge\nX_sent{client_id="app"} 3\n'),
        (
            histogram("org.apache.kafka.consumer.rtt", 1, 2, bounds=(0.5,)),
            (
                'rtt histogram\nX_rtt_bucket{client_id="app",le="0.5"} 1\nX_rtt_bucket{client_id="app",le="+Inf"} 3\n'
                'X_rtt_sum{client_id="app"} 10\nX_rtt_count{client_id="app"} 3\n'
            ),
        ),
    ],
)
def test_each_kind_of_metric_has_its_form(metric, text):
    assert shown_of(pushed(metric)) == f"# TYPE X_{text}".replace("X_", "kafka_client_consumer_")


def test_attributes_are_labels_and_nobody_speaks_for_another_client():
    text = shown_of(pushed(gauge("x", 1, node_id="7", client_id="forged"), group_id="billing", **{"9 odd-name": "v"}))
    assert text.splitlines()[1] == 'kafka_client_x{client_id="app",group_id="billing",_9_odd_name="v",node_id="7"} 1'


@pytest.mark.parametrize(
    "metric",
    [
        histogram("x", 1, bounds=(0.5, 1.0)),
        histogram("x", 1, 2, bounds=(0.5,), temporality=DELTA),
    ],
)
def test_what_can_not_be_shown_is_counted(metric):
    async def test() -> Any:
        counters = Counters()
        shown = ClientMetrics(counters, SimulatedWorkers(Random(0)))
        return await take(shown, pushed(metric)), exposition(counters)

    text, counted = run(test)
    assert text == ""
    assert "headwater_client_telemetry_dropped_total 1\n" in counted


def test_nothing_that_a_client_calls_itself_makes_the_page_unreadable():
    odd = pushed(histogram("x", 1, bounds=()), le="0.1", le_="2", **{"client.id": "forged"})
    assert shown_of(odd).splitlines()[1] == 'kafka_client_x_bucket{client_id="app",_le="0.1",le_="2",le="+Inf"} 1'
    assert shown_of(pushed(gauge("x", 1, 2))).splitlines()[1:] == ['kafka_client_x{client_id="app"} 2']


def test_a_push_replaces_the_one_before():
    assert shown_of(pushed(gauge("x", 1)), pushed(gauge("y", 2))).splitlines()[1:] == [
        'kafka_client_y{client_id="app"} 2'
    ]


def test_series_of_one_name_stand_together_and_have_one_kind():
    async def test() -> Any:
        shown = metrics()
        await take(shown, pushed(gauge("x", 1), gauge("y", 2)))
        await take(shown, pushed(gauge("x", 3), histogram("y", 1, bounds=())), OTHER)
        return shown.exposition().splitlines()

    x, y = ('{client_id="app"} '.join((f"kafka_client_{name}", "")) for name in "xy")
    assert run(test) == ["# TYPE kafka_client_x gauge", f"{x}1", f"{x}3", "# TYPE kafka_client_y gauge", f"{y}2"]


def test_a_client_that_misses_three_pushes_is_shown_no_longer():
    async def test() -> Any:
        shown = metrics()
        await take(shown, pushed(gauge("x", 1)), interval_ms=60_000)
        await elapse(179_000)
        before = shown.exposition()
        await elapse(1_000)
        return before, shown.exposition()

    before, after = run(test)
    assert (len(before.splitlines()), after) == (2, "")


def test_series_of_a_client_and_the_text_of_all_have_bounds():
    async def test() -> Any:
        shown = metrics(text_bytes_max=170 * SERIES_MAX)
        many = pushed(
            *(gauge("a_name_that_is_long_enough" * 3, each, number=str(each)) for each in range(3 * SERIES_MAX))
        )
        first = await take(shown, many)
        return first, await take(shown, pushed(gauge("x", 1)), OTHER), await take(shown, many, OTHER)

    first, both, second = run(test)
    assert len(first.splitlines()) == 1 + SERIES_MAX
    assert len(both.splitlines()) == 3 + SERIES_MAX
    assert len(second.splitlines()) == 1 + SERIES_MAX


@given(noise=st.binary(max_size=200))
def test_what_is_no_otlp_is_refused_or_says_nothing(noise):
    with suppress(Refused):
        list(otlp.points(noise, WHO))


@given(st.lists(st.tuples(st.text(max_size=20), st.integers(-(2**63), 2**63 - 1)), max_size=20), st.integers(0, 300))
def test_every_point_is_found_and_a_push_that_is_cut_is_refused(points, cut):
    payload = pushed(*(gauge(name, value) for name, value in points))
    found = [point.meter for point in otlp.points(payload, ())]
    assert [each.value for each in found if isinstance(each, Gauge)] == [value for _, value in points]
    if 0 < cut < len(payload):
        with pytest.raises(Refused):
            list(otlp.points(payload[:-cut], ()))


def field(number_: int, data: bytes) -> bytes:
    size, head = len(data), bytes([number_ << 3 | 2])
    while size > 127:
        head += bytes([size & 127 | 128])
        size >>= 7
    return head + bytes([size]) + data


@pytest.mark.parametrize(
    "metrics_",
    [
        field(2, field(5, field(1, b"") * 400_000)),
        field(2, b"") * 500_000,
        field(2, field(1, b"x")) * 9_000,
        b"\x08\x00" * 500_000,
        b"".join(field(2, field(5, field(1, b"") * 4_000)) for _ in range(100)),
    ],
    ids=["points", "empty metrics", "metrics", "other fields", "many of many"],
)
def test_the_worst_push_does_not_hold_the_loop(metrics_):
    async def test() -> Any:
        shown = metrics()
        await take(shown, pushed(gauge("x", 1)))
        with measured_callbacks() as held, suppress(Refused):
            await take(shown, field(1, field(2, metrics_)), OTHER)
        return held

    assert asyncio.run(test()) == []
