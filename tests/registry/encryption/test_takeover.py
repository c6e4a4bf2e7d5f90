"""What Confluent's registry keeps of keys is ours to go on with: the same records, and from them the same answers, keys unwrapped."""

from pathlib import Path

import pytest
from tests.registry.api import conversation
from tests.registry.api.asking import a_registry
from tests.registry.encryption.keys import NOON
from tests.registry.store.test_takeover import written

from headwater.registry.encryption.codec import decode, encode
from headwater.registry.encryption.machine import DekRegistry

FILES = sorted(Path(__file__).with_name("theirs").glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_records_are_read_and_written_the_same(file: Path) -> None:
    for key, value in written(file):
        assert encode(decode(key, value)) == (key, value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_its_answers_are_ours(file: Path) -> None:
    keys = DekRegistry()
    for key, value in written(file):
        keys.replay(decode(key, value, NOON))
    with a_registry(keys=keys) as ask:
        different = {
            str(each): told
            for each in conversation.read(file)
            if (told := conversation.differences(each.expected, ask(each)))
        }
    assert not different, "\n".join(f"{each}\n  " + "\n  ".join(told) for each, told in different.items())
