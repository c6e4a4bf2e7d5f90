"""What is measured: each row is one load, with its headline and its price."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bench.compaction import SEGMENTS, compact, write
from bench.systems import Running


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one run gave: the headline, and what it cost."""

    rate: float
    cost: float


@dataclass(frozen=True, kw_only=True)
class Row:
    name: str
    unit: str
    cost_unit: str
    measure: Callable[[Running, str], Figures]
    is_synced_too: bool = False
    """Also on a Kafka that syncs each record."""


def produce(system: Running, topic: str, *, size: int, records: int, partitions: int) -> Figures:
    system.create_topic(topic, partitions)
    before = system.cpu_s()
    run = system.load("produce", topic=topic, size=size, records=records, partitions=partitions)
    assert not run["failures"], run
    megabytes = run["bytes"] / 1e6
    spent = system.cpu_s() - before
    system.delete_topic(topic)
    return Figures(rate=run["records"] / run["seconds"], cost=spent * 1000 / megabytes)


def consume(system: Running, topic: str, *, size: int, records: int) -> Figures:
    system.create_topic(topic, 1)
    system.load("produce", topic=topic, size=size, records=records)
    before = system.cpu_s()
    run = system.load("consume", topic=topic, size=size, records=records)
    spent = system.cpu_s() - before
    system.delete_topic(topic)
    return Figures(rate=run["bytes"] / 1e6 / run["seconds"], cost=spent * 1000 / (run["bytes"] / 1e6))


def single(system: Running, topic: str, *, clients: int, records: int) -> Figures:
    system.create_topic(topic, clients)
    before = system.cpu_s()
    run = system.load("single", topic=topic, clients=clients, partitions=clients, records=records)
    assert not run["failures"], run
    spent = system.cpu_s() - before
    system.delete_topic(topic)
    return Figures(rate=run["records"] / run["seconds"], cost=spent * 1e6 / run["records"])


def latency(system: Running, topic: str, *, records: int) -> Figures:
    system.create_topic(topic, 1)
    run = system.load("single", topic=topic, clients=1, records=records)
    assert not run["failures"], run
    system.delete_topic(topic)
    return Figures(rate=run["p99_ms"], cost=run["p50_ms"])


def transactions(system: Running, topic: str, *, clients: int, count: int) -> Figures:
    """Of 100 records each, over four partitions."""
    system.create_topic(topic, 4)
    before = system.cpu_s()
    run = system.load("transactions", topic=topic, clients=clients, partitions=4, records=100 * count)
    assert not run["failures"], run
    spent = system.cpu_s() - before
    system.delete_topic(topic)
    return Figures(rate=run["records"] / 100 / run["seconds"], cost=spent * 1000 / count)


def rebalance(system: Running, topic: str, *, protocol: str, members: int, rounds: int) -> Figures:
    """`classic`: all members have new subscriptions. `consumer` (KIP-848): a new group, until each has its partition."""
    system.create_topic(topic, members)
    before = system.cpu_s()
    run = system.load(f"rebalance-{protocol}", topic=topic, clients=members, records=rounds)
    spent = system.cpu_s() - before
    system.delete_topic(topic)
    return Figures(rate=run["p50_ms"], cost=spent * 1000 / rounds)


def compaction(system: Running, topic: str, *, megabytes: int) -> Figures:
    system.create_topic(topic, 1, SEGMENTS)
    write(system, topic, megabytes=megabytes, record_bytes=1000, codec="none")
    by_cpu, by_clock, _ = compact(system, topic)
    system.delete_topic(topic)
    return Figures(rate=by_cpu, cost=by_clock)


ROWS: Final[Sequence[Row]] = (
    Row(
        name="produce 1 KB, 1 partition",
        unit="records/s",
        cost_unit="ms CPU/MB",
        measure=partial(produce, size=1024, records=700_000, partitions=1),
    ),
    Row(
        name="produce 100 B, 1 partition",
        unit="records/s",
        cost_unit="ms CPU/MB",
        measure=partial(produce, size=100, records=3_000_000, partitions=1),
    ),
    Row(
        name="produce 1 KB, 100 partitions",
        unit="records/s",
        cost_unit="ms CPU/MB",
        measure=partial(produce, size=1024, records=400_000, partitions=100),
    ),
    Row(
        name="consume 1 KB",
        unit="MB/s",
        cost_unit="ms CPU/MB",
        measure=partial(consume, size=1024, records=700_000),
    ),
    Row(
        name="one record a request, 8 clients",
        unit="requests/s",
        cost_unit="µs CPU/request",
        measure=partial(single, clients=8, records=60_000),
    ),
    Row(
        name="one at a time",
        unit="ms p99",
        cost_unit="ms p50",
        measure=partial(latency, records=5_000),
        is_synced_too=True,
    ),
    Row(
        name="transactions of 100 records, 4 clients",
        unit="transactions/s",
        cost_unit="ms CPU/transaction",
        measure=partial(transactions, clients=4, count=1_000),
        is_synced_too=True,
    ),
    Row(
        name="rebalance of 100 members, classic",
        unit="ms",
        cost_unit="ms CPU",
        measure=partial(rebalance, protocol="classic", members=100, rounds=20),
    ),
    Row(
        name="a group of 100 members forms, KIP-848",
        unit="ms",
        cost_unit="ms CPU",
        measure=partial(rebalance, protocol="consumer", members=100, rounds=3),
    ),
    Row(
        name="compaction of 1 KB records",
        unit="MB/s of processor",
        cost_unit="MB/s",
        measure=partial(compaction, megabytes=100),
    ),
)
