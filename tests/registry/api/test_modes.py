"""`/mode`, as a caller sees it."""

from collections.abc import Iterator

import pytest
from tests.http.http_client import Client, client_of
from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import service_over

from headwater.kernel.counters import Counters
from headwater.registry.api.app import registry_app
from headwater.registry.content import Content
from headwater.registry.defaults import Defaults
from headwater.registry.store.requests import Register


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def client(store: MemoryStore) -> Iterator[Client]:
    with client_of(registry_app(service_over(store), counters=Counters())) as client:
        yield client


def register(client: Client, store: MemoryStore, subject: str) -> None:
    client.run(store.submit(Register(subject=subject, content=Content(type="AVRO", text='"int"'))))


def test_all_is_written_and_read_until_somebody_says_otherwise(client):
    assert client.get("/mode").body == {"mode": "READWRITE"}
    assert client.put("/mode", {"mode": "readonly"}).body == {"mode": "readonly"}
    assert client.get("/mode").body == {"mode": "READONLY"}
    assert client.delete("/mode").body == {"mode": "READONLY"}
    assert client.get("/mode").body == {"mode": "READWRITE"}


def test_a_subject_has_none_of_its_own_until_it_is_set(client):
    refusal = (40409, "Subject 'orders' does not have subject-level mode configured")
    answer = client.get("/mode/orders")
    assert (answer.status, answer.refusal) == (404, refusal)
    assert client.get("/mode/orders?defaultToGlobal=true").body == {"mode": "READWRITE"}
    client.put("/mode/orders", {"mode": "READONLY_OVERRIDE"})
    assert client.get("/mode/orders").body == {"mode": "READONLY_OVERRIDE"}
    assert client.delete("/mode/orders").body == {"mode": "READONLY_OVERRIDE"}
    assert client.delete("/mode/orders").refusal == (40401, "Subject 'orders' not found.")


def test_null_takes_a_mode_away(client):
    client.put("/mode/orders", {"mode": "READONLY"})
    assert client.put("/mode/orders", {"mode": None}).body == {"mode": None}
    assert client.get("/mode/orders").status == 404


def test_a_context_has_one_for_its_subjects_and_all_contexts_too(client):
    client.put("/mode/:.__GLOBAL:", {"mode": "FORWARD"})
    assert client.get("/mode/orders?defaultToGlobal=true").body == {"mode": "FORWARD"}
    client.put("/mode/:.x:", {"mode": "IMPORT"})
    assert client.get("/mode/:.x:orders?defaultToGlobal=true").body == {"mode": "IMPORT"}
    assert client.get("/mode/:.x:orders").status == 404


def test_a_contexts_is_deleted_with_those_of_its_subjects(client):
    for scope in (":.x:a", ":.x:b", "a", "b"):
        client.put(f"/mode/{scope}", {"mode": "READONLY"})
    assert client.delete("/mode/:.x:").status == 404
    assert client.delete("/mode/:.x:?recursive=true").body == {}
    assert client.get("/mode/:.x:a").status == 404
    assert client.get("/mode/a").status == 200
    client.delete("/mode?recursive=true")
    assert client.get("/mode/a").status == 404


def test_an_import_needs_a_place_without_schemas_or_force(client, store):
    register(client, store, "orders")
    refusal = (42205, "Cannot import since found existing subjects")
    assert client.put("/mode", {"mode": "IMPORT"}).refusal == refusal
    assert client.put("/mode/orders", {"mode": "IMPORT"}).refusal == refusal
    assert client.put("/mode/bills", {"mode": "IMPORT"}).status == 200
    assert client.put("/mode/orders?force=true", {"mode": "IMPORT"}).status == 200


@pytest.mark.parametrize(
    ("path", "mode", "message"),
    [
        ("/mode", "NONE", "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD."),
        ("/mode", "FORWARD", "Forward mode only supported on global level"),
        ("/mode/orders", "FORWARD", "Forward mode only supported on global level"),
    ],
)
def test_what_is_no_mode_is_refused(client, path, mode, message):
    answer = client.put(path, {"mode": mode})
    assert (answer.status, answer.refusal) == (422, (42204, message))


def test_some_names_are_no_subjects(client):
    assert client.put("/mode/__GLOBAL", {"mode": "IMPORT"}).refusal[0] == 42208


def test_a_registry_can_be_told_not_to_change_modes():
    service = service_over(MemoryStore(), defaults=Defaults(modes_change=False))
    with client_of(registry_app(service, counters=Counters())) as client:
        refusal = (42205, "Mode changes are not allowed")
        assert client.put("/mode", {"mode": "READONLY"}).refusal == refusal
        assert client.delete("/mode").refusal == refusal
