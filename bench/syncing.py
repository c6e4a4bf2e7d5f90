"""What it costs to make many small files sure: `python -m bench.syncing`.

A commit round has one file for each partition that was written since the last. Here every file gets a few kilobytes, and
then all are made sure in one of the ways that there are: one `fdatasync` after another, by a number of threads, by one
`syncfs` for the whole file system, or by a journal, one file that takes a second copy of all that was written. Ways take
turns, so that a change in the disk's mood meets all of them; the processor's time is that of all threads, the system's included.
"""

import argparse
import ctypes
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

WRITTEN: Final = bytes(3_800)
ROUNDS: Final = {1: 60, 8: 40, 100: 12, 1_000: 4}
"""How often each way has its turn, by the number of files."""

Way = Callable[[Sequence[int]], None]


def one_after_another(files: Sequence[int]) -> None:
    for file in files:
        os.fdatasync(file)


def by_threads(pool: ThreadPoolExecutor, files: Sequence[int]) -> None:
    list(pool.map(os.fdatasync, files))


def by_file_system(files: Sequence[int]) -> None:
    ctypes.CDLL(None).syncfs(files[0])


def by_journal(journal: int, files: Sequence[int]) -> None:
    os.writev(journal, [WRITTEN] * len(files))
    os.fdatasync(journal)


def measure(files: Sequence[int], ways: dict[str, Way], rounds: int) -> dict[str, tuple[float, float, float]]:
    """By way: median and best milliseconds of a round, and the median of the processor's."""
    waits: dict[str, list[float]] = {name: [] for name in ways}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            for file in files:
                os.write(file, WRITTEN)
            began, spent = time.perf_counter(), time.process_time()
            way(files)
            waits[name].append((time.perf_counter() - began) * 1000)
            costs[name].append((time.process_time() - spent) * 1000)
            os.sync()
    return {name: (median(waits[name]), min(waits[name]), median(costs[name])) for name in ways}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.syncing", description=__doc__)
    parser.add_argument("--folder", default=".", help="on the disk that is to be measured")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2_048, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.TemporaryDirectory(dir=parser.parse_args().folder) as folder, ThreadPoolExecutor(32) as most:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        files = [os.open(Path(folder) / str(number), flags) for number in range(max(ROUNDS))]
        ways: dict[str, Way] = {
            "one after another": one_after_another,
            "4 threads": partial(by_threads, ThreadPoolExecutor(4)),
            "16 threads": partial(by_threads, ThreadPoolExecutor(16)),
            "32 threads": partial(by_threads, most),
            "syncfs": by_file_system,
            "a journal": partial(by_journal, os.open(Path(folder) / "journal", flags)),
        }
        print("| files | way | median ms | best ms | processor ms |\n|---|---|---|---|---|")
        for count, rounds in ROUNDS.items():
            for name, figures in measure(files[:count], ways, rounds).items():
                print(f"| {count:,} | {name} | " + " | ".join(f"{each:.2f}" for each in figures) + " |", flush=True)


if __name__ == "__main__":
    main()
