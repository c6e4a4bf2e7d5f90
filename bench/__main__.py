"""`python -m bench`: the broker against Apache Kafka 4.3.1, in one run, by turns; prints the tables of docs/benchmarks.md.

Every row is measured on all systems in each round, so that a change in the machine's mood meets all of them; the table shows
medians. Processor time is that of the broker's process alone. Kafka runs with its defaults and a heap of 1 GB; `kafka, synced`
is the same process, with topics that have `flush.messages=1`. All of them look five times a second for what to compact.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from bench import registry
from bench.compaction import SETTINGS
from bench.folders import clean_start_s
from bench.rows import ROWS, Figures, Row
from bench.systems import Running, Start, build_load, headwater, kafka

COMMIT: Final = "commit"
SYNCED: Final = "kafka, synced"
PAGE: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN: Final = "<!-- What the command printed begins here. -->\n"
END: Final = "<!-- It ends here. -->\n"
SYNCED_MB: Final = 700
"""As much as the row that produces 1 KB, for a disk's caches are fast only up to a point."""
Found = dict[tuple[str, str], list[Figures]]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--partitions", type=int, default=10_000, help="of the clean folder; 0 leaves it out")
    parser.add_argument("--folder", help="on the disk that is to be measured; the system's temporary one by default")
    parser.add_argument("--write", action="store_true", help="put what is printed into docs/benchmarks.md")
    options = parser.parse_args()
    build_load()
    printed = []
    for line in run(options):
        print(line, flush=True)
        printed.append(f"{line}\n")
    if options.write:
        before, after = PAGE.read_text().split(BEGIN)[0], PAGE.read_text().split(END)[1]
        PAGE.write_text(f"{before}{BEGIN}\n{''.join(printed)}\n{END}{after}")


def run(options: argparse.Namespace) -> Iterator[str]:
    """The whole run, line by line."""
    rows = [row for row in ROWS if options.only in row.name]
    starts: dict[str, Start] = {
        "os": partial(headwater, flush_mode="os", settings=SETTINGS),
        COMMIT: partial(headwater, flush_mode="commit", settings=SETTINGS),
        "kafka": partial(kafka, settings=SETTINGS),
    }
    yield f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {options.rounds} rounds\n"
    with tempfile.TemporaryDirectory(prefix="headwater-bench-", dir=options.folder) as name:
        folder = Path(name)
        with ExitStack() as stack:
            warm_up(folder)
            systems = {each: stack.enter_context(start(folder / each)) for each, start in starts.items()}
            idle = {each: system.resident_mb() for each, system in systems.items()}
            peer = replace(systems["kafka"], name=SYNCED, topic_settings={"flush.messages": "1"})
            disk: list[float] = []
            yield from loads(
                measure(rows, {**systems, SYNCED: peer}, options.rounds, lambda: disk.append(synced_rate(folder))), rows
            )
            yield f"\nThe disk alone, synced after each megabyte: {median(disk):,.0f} MB/s\n"
            yield from processes(systems, idle)
            if not options.only:
                yield ""
                yield from registry.tables(systems[COMMIT], folder, options.rounds)
        if options.partitions:
            took = clean_start_s(folder / "many", options.partitions)
            yield f"\nA clean folder of {options.partitions:,} partitions is open after {took:.1f} s."


def warm_up(folder: Path) -> None:
    """Once, so that Python's modules are compiled and the page cache has them."""
    with headwater(folder / "warm", flush_mode="os"):
        pass


def measure(rows: Sequence[Row], systems: dict[str, Running], rounds: int, begin_round: Callable[[], object]) -> Found:
    """By row and system. Dirty pages of the one before are written out before each turn."""
    found: Found = {}
    for number in range(rounds):
        begin_round()
        for row in rows:
            for name, system in systems.items():
                if name == SYNCED and not row.is_synced_too:
                    continue
                os.sync()
                topic = f"{row.name.replace(' ', '-').replace(',', '')}-{name.replace(', ', '-')}-{number}"
                found.setdefault((row.name, name), []).append(row.measure(system, topic))
    return found


def loads(found: Found, rows: Sequence[Row]) -> Iterator[str]:
    names = list(dict.fromkeys(name for _, name in found))
    yield from header("load", names)
    for row in rows:
        for unit, figure in ((row.unit, "rate"), (row.cost_unit, "cost")):
            medians = {
                name: median(getattr(each, figure) for each in found[row.name, name])
                for name in names
                if (row.name, name) in found
            }
            yield line(f"{row.name}: {unit}", [medians.get(name) for name in names], medians["os"] / medians["kafka"])


def processes(systems: dict[str, Running], idle: dict[str, float]) -> Iterator[str]:
    opened = {name: each.opened_s for name, each in systems.items()}
    after = {name: each.resident_mb() for name, each in systems.items()}
    yield from header("process", list(systems))
    yield line("from start to open port, s", list(opened.values()), opened["os"] / opened["kafka"])
    yield line("memory idle, MB", list(idle.values()), idle["os"] / idle["kafka"])
    yield line("memory after the run, MB", list(after.values()), after["os"] / after["kafka"])


def header(what: str, names: Sequence[str]) -> Iterator[str]:
    yield f"| {what} | {' | '.join(names)} | os / kafka |"
    yield "|---" * (len(names) + 2) + "|"


def line(name: str, figures: Sequence[float | None], ratio: float) -> str:
    cells = " | ".join("" if each is None else f"{each:,.2f}" for each in figures)
    return f"| {name} | {cells} | {ratio:.2f}x |"


def synced_rate(folder: Path) -> float:
    """Megabytes a second: what a broker that syncs could have at most, if nobody used the processors beside it."""
    data, path = os.urandom(1_000_000), folder / "synced"
    os.sync()
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    began = time.monotonic()
    for _ in range(SYNCED_MB):
        os.write(file, data)
        os.fdatasync(file)
    took = time.monotonic() - began
    os.close(file)
    path.unlink()
    return SYNCED_MB / took


if __name__ == "__main__":
    main()
