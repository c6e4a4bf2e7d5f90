"""`python -m bench`: the broker against Apache Kafka 4.3.1, in one run, by turns.

Every row is measured on all systems in each round, so that a change in the machine's mood meets all of them; the table shows
medians. Processor time is that of the broker's process alone. Kafka runs with its defaults and a heap of 1 GB.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from bench.systems import Running, Start, build_load, headwater, kafka


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
        cost_unit="us CPU/request",
        measure=partial(single, clients=8, records=60_000),
    ),
    Row(name="one at a time", unit="ms p99", cost_unit="ms p50", measure=partial(latency, records=5_000)),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    options = parser.parse_args()
    build_load()
    rows = [row for row in ROWS if options.only in row.name]
    starts: dict[str, Start] = {
        "os": partial(headwater, flush_mode="os"),
        "commit": partial(headwater, flush_mode="commit"),
        "kafka": kafka,
    }
    print(
        f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores, {options.rounds} rounds\n"
    )
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder, ExitStack() as stack:
        systems = {name: stack.enter_context(start(Path(folder) / name)) for name, start in starts.items()}
        idle = {name: system.resident_mb() for name, system in systems.items()}
        found = measure(rows, systems, options.rounds)
        show(rows, found)
        print(f"\n{'from start to open port, s':34}" + "".join(f"{each.opened_s:20.2f}" for each in systems.values()))
        print(f"{'memory idle, MB':34}" + "".join(f"{each:20.0f}" for each in idle.values()))
        print(f"{'memory after the run, MB':34}" + "".join(f"{each.resident_mb():20.0f}" for each in systems.values()))


def measure(rows: Sequence[Row], systems: dict[str, Running], rounds: int) -> dict[tuple[str, str], list[Figures]]:
    """By row and system. Dirty pages of the one before are written out before each turn."""
    found: dict[tuple[str, str], list[Figures]] = {}
    for number in range(rounds):
        for row in rows:
            for name, system in systems.items():
                os.sync()
                topic = f"{row.name.replace(' ', '-').replace(',', '')}-{number}"
                found.setdefault((row.name, name), []).append(row.measure(system, topic))
    return found


def show(rows: Sequence[Row], found: dict[tuple[str, str], list[Figures]]) -> None:
    names = list(dict.fromkeys(name for _, name in found))
    print(f"{'':34}" + "".join(f"{each:>20}" for each in names) + f"{'os / kafka':>14}")
    for row in rows:
        rates = [median(each.rate for each in found[row.name, name]) for name in names]
        costs = [median(each.cost for each in found[row.name, name]) for name in names]
        ratio = rates[0] / rates[-1] if rates[-1] else 0.0
        cost_ratio = costs[0] / costs[-1] if costs[-1] else 0.0
        print(f"{row.name + ', ' + row.unit:34.34}" + "".join(f"{each:20,.2f}" for each in rates) + f"{ratio:13.2f}x")
        print(f"{'  ' + row.cost_unit:34}" + "".join(f"{each:20,.2f}" for each in costs) + f"{cost_ratio:13.2f}x")


if __name__ == "__main__":
    main()
