"""We answer as Confluent's registry did. See `conversation.py` for how the files are read."""

from pathlib import Path

import pytest
from tests.registry.api import conversation
from tests.registry.api.asking import a_registry

CONVERSATIONS = sorted(Path(__file__).with_name("conversations").glob("*.txt"))


@pytest.mark.parametrize("file", CONVERSATIONS, ids=lambda file: file.stem)
def test_we_answer_as_confluent_does(file):
    with a_registry() as ask:
        different = {
            str(each): told
            for each in conversation.read(file)
            if (told := conversation.differences(each.expected, ask(each)))
        }
    assert not different, "\n".join(f"{each}\n  " + "\n  ".join(told) for each, told in different.items())
