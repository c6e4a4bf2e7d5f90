"""What Confluent's registry wrote is ours to go on with: the same records, and from them the same answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registry.api import conversation
from tests.registry.api.asking import a_registry
from tests.registry.memory_store import MemoryStore

from headwater.registry.store.codec import decode, encode

NOON = 1_700_000_000_000
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


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_answers_are_ours(file: Path) -> None:
    store = MemoryStore()
    for key, value in written(file):
        store.replay(decode(key, value, timestamp=NOON))
    with a_registry(store) as ask:
        different = {
            str(each): told
            for each in conversation.read(file)
            if (told := conversation.differences(each.expected, ask(each)))
        }
    assert not different, "\n".join(f"{each}\n  " + "\n  ".join(told) for each, told in different.items())
