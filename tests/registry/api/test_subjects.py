"""`/subjects`, as a caller sees it."""

from collections.abc import Iterator

import pytest
from tests.http.http_client import Client, client_of
from tests.registry.memory_store import MemoryStore

from headwater.kernel.counters import Counters
from headwater.registry.api.app import registry_app
from headwater.registry.service import Service


@pytest.fixture
def client() -> Iterator[Client]:
    with client_of(registry_app(Service(MemoryStore()), counters=Counters())) as client:
        yield client


def test_an_empty_registry_has_no_subjects(client):
    assert client.get("/subjects").body == []
