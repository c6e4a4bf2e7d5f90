"""Reading until what was expected is there, or too much time has passed."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.conformance.clients.port import DEADLINE_S, EARLIEST, Library, Reader, Record

from headwater.wire.batch.header import BatchHeader, iter_headers


def read(reader: Reader, count: int) -> list[Record]:
    """That many records, or more if they come together."""
    found: list[Record] = []
    until(lambda: grows(found, reader.poll()) >= count, lambda: f"{len(found)} of {count} records")
    return found


def grows(found: list[Record], more: Sequence[Record]) -> int:
    """How many there are with those that came."""
    found.extend(more)
    return len(found)


def read_from(reader: Reader, topic: str, count: int, at: Mapping[int, int] | None = None) -> list[Record]:
    reader.assign(topic, at or {0: EARLIEST})
    return read(reader, count)


def read_all(library: Library, topic: str, count: int) -> list[Record]:
    """The first partition's records, by a reader of its own."""
    with closing(library.reader()) as reader:
        return read_from(reader, topic, count)


def until(condition: Callable[[], object], told: Callable[[], str]) -> None:
    """The condition waits a moment itself each time."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_S} s: {told()}"


@contextmanager
def closing(reader: Reader) -> Iterator[Reader]:
    try:
        yield reader
    finally:
        reader.close()


def batches_on_disk(folder: Path, topic: str, partition: int = 0) -> list[BatchHeader]:
    """As they stand in the partition's segments."""
    segments = sorted((folder / f"{topic}-{partition}").glob("*.log"))
    return [header for segment in segments for _, header in iter_headers(segment.read_bytes())]
