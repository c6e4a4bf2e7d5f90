"""We answer as Confluent's registry did. See `conversation.py` for how the files are read."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.registry.api import conversation
from tests.registry.api.conversation import NO_TYPE, Answer, Exchange
from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import service_over

from headwater.kernel.counters import Counters
from headwater.registry.api.app import registry_app

CONVERSATIONS = sorted(Path(__file__).with_name("conversations").glob("*.txt"))


STILL_DIFFERENT: Mapping[str, int] = {
    "associations_batch": 2,
    "contexts": 1,
    "deks": 85,
    "deks_deleted": 68,
    "formats": 2,
}
"""In how many exchanges of a conversation we answer otherwise still. It only ever falls."""


@pytest.mark.parametrize("file", CONVERSATIONS, ids=lambda file: file.stem)
def test_we_answer_as_confluent_does(file):
    with a_registry() as ask:
        different = {str(each): told for each in conversation.read(file) if (told := _differences(each, ask(each)))}
    assert len(different) <= STILL_DIFFERENT.get(file.stem, 0), "\n".join(
        f"{each}\n  " + "\n  ".join(told) for each, told in different.items()
    )


def _differences(exchange: Exchange, answer: Answer) -> list[str]:
    return conversation.differences(exchange.expected, answer)


@contextmanager
def a_registry(store: MemoryStore | None = None) -> Iterator[Callable[[Exchange], Answer]]:
    """One that holds what is in `store`, or nothing, as a function that asks it."""
    app = registry_app(service_over(store or MemoryStore()), counters=Counters())
    with asyncio.Runner() as runner:
        http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://registry")

        def ask(exchange: Exchange) -> Answer:
            sent = http.request(exchange.method, exchange.path, content=exchange.sent, headers=exchange.sent_headers)
            response = runner.run(sent)
            content_type = response.headers.get("content-type", NO_TYPE)
            return Answer(status=response.status_code, content_type=content_type, body=response.text)

        yield ask
