"""`/contexts`, as a caller sees it."""

from collections.abc import Iterator

import pytest
from tests.http.http_client import Client, client_of
from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import service_over

from headwater.kernel.counters import Counters
from headwater.registry.api.app import registry_app
from headwater.registry.content import Content
from headwater.registry.store.requests import DeleteSubject, Register


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def client(store: MemoryStore) -> Iterator[Client]:
    with client_of(registry_app(service_over(store), counters=Counters())) as client:
        for subject in (":.staging:a", ":.sandbox:a", "a"):
            client.run(store.submit(Register(subject=subject, content=Content(type="AVRO", text='"int"'))))
        yield client


def test_the_default_one_is_always_there_and_others_come_with_their_first_schema(client):
    assert client.get("/contexts").body == [".", ".sandbox", ".staging"]
    assert client.get("/contexts?contextPrefix=.s").body == [".sandbox", ".staging"]
    assert client.get("/contexts?offset=1&limit=1").body == [".sandbox"]


@pytest.mark.parametrize("name", [":.staging:", ":.staging", ".staging"])
def test_one_goes_when_nothing_is_left_in_it(client, store, name):
    refusal = client.delete(f"/contexts/{name}")
    assert (refusal.status, refusal.refusal) == (422, (42211, "The specified context ':.staging:' is not empty."))
    client.run(store.submit(DeleteSubject(subject=":.staging:a")))
    client.run(store.submit(DeleteSubject(subject=":.staging:a", permanent=True)))
    answer = client.delete(f"/contexts/{name}")
    assert (answer.status, answer.body) == (204, "")
    assert client.get("/contexts").body == [".", ".sandbox"]


def test_what_follows_a_name_of_all_contexts_is_compared_with_all_and_registered_once(client):
    answer = client.post("/subjects/:*:a/versions", {"schema": '"string"'})
    assert (answer.status, answer.body["error_code"]) == (409, 40901)
    answers = [client.post("/subjects/:*:a/versions", {"schema": '"long"'}) for _ in range(2)]
    assert [each.status for each in answers] == [200, 200]
    assert answers[0].body == answers[1].body
