"""What Confluent's registry wrote is ours to go on with, record by record."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.registry.store.codec import decode, encode

FILES = sorted(Path(__file__).with_name("theirs").glob("*.txt"))


def written(file: Path) -> Iterator[tuple[bytes, bytes | None]]:
    """Keys and values in their order; no value for a tombstone."""
    lines = file.read_text(encoding="utf-8").splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("key: "):
            value = after.removeprefix("value: ").encode() if after.startswith("value: ") else None
            yield line.removeprefix("key: ").encode(), value


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_records_are_read_and_written_the_same(file: Path) -> None:
    for key, value in written(file):
        assert encode(decode(key, value)) == (key, value)
