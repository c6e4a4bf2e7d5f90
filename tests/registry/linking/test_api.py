"""`/exporters`, as a caller sees it."""

from collections.abc import Iterator

import pytest
from tests.http.http_client import Client, client_of
from tests.registry.linking.link import WHERE, Link

from headwater.registry.linking.secrets import HIDDEN

SECRET = {**WHERE, "basic.auth.credentials.source": "USER_INFO", "basic.auth.user.info": "me:letmein"}


@pytest.fixture
def client() -> Iterator[Client]:
    """Nobody runs the exporters."""
    with client_of(Link().here.app) as client:
        yield client


def new(client: Client, name: str = "e", **more: object) -> None:
    answer = client.post("/exporters", {"name": name, "config": WHERE, **more})
    assert (answer.status, answer.body) == (200, {"name": name})


def test_one_is_made_told_and_deleted(client):
    new(client, contextType="CUSTOM", context="c", subjects=["a*"], subjectRenameFormat="x-${subject}")
    assert client.get("/exporters").body == ["e"]
    assert client.get("/exporters/e").body == {
        "name": "e",
        "subjects": ["a*"],
        "contextType": "CUSTOM",
        "context": "c",
        "subjectRenameFormat": "x-${subject}",
        "config": WHERE,
    }
    assert client.get("/exporters/e/status").body == {
        "name": "e",
        "state": "STARTING",
        "offset": 0,
        "ts": 0,
        "trace": "",
    }
    assert client.delete("/exporters/e").status == 204
    assert client.get("/exporters").body == []


def test_what_is_not_said_is_as_confluent_has_it(client):
    new(client)
    told = client.get("/exporters/e").body
    assert (told["contextType"], told["subjects"]) == ("AUTO", ["*"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"config": WHERE}, 40950),
        ({"name": "", "config": WHERE}, 40950),
        ({"name": "a/b", "config": WHERE}, 40950),
        ({"name": "e"}, 40951),
        ({"name": "e", "config": {"schema.registry.url": "there"}}, 40951),
        ({"name": "e", "config": {"schema.registry.url": "http://"}}, 40951),
        ({"name": "e", "config": {"schema.registry.url": "http://there,"}}, 40951),
        ({"name": "e", "config": {**WHERE, "bearer.auth.token": "é"}}, 40951),
        ({"name": "e", "config": {**WHERE, "basic.auth.credentials.source": "USER_INFO"}}, 40951),
        ({"name": "e", "config": {**WHERE, "schema.registry.ssl.truststore.location": "/x"}}, 40951),
        ({"name": "e", "config": WHERE, "contextType": "CUSTOM"}, 40951),
        ({"name": "e", "config": WHERE, "subjects": []}, 40952),
        ({"name": "e", "config": WHERE, "subjects": ["a*b"]}, 40952),
        ({"name": "e", "config": WHERE, "contextType": "DEFAULT", "subjects": [":*:"]}, 40952),
    ],
)
def test_what_is_wrong_with_one_is_told(client, body, code):
    answer = client.post("/exporters", body)
    assert (answer.status, answer.refusal[0]) == (409, code)


def test_no_answer_has_a_secret(client):
    new(client, config=SECRET)
    assert client.get("/exporters/e/config").body == {**SECRET, "basic.auth.user.info": HIDDEN}
    assert client.get("/exporters/e").body["config"]["basic.auth.user.info"] == HIDDEN


def test_it_is_changed_when_it_is_paused(client):
    new(client)
    for path, body in (
        ("/exporters/e", {"subjects": ["b"]}),
        ("/exporters/e/config", {"schema.registry.url": "http://x"}),
    ):
        assert client.put(path, body).refusal == (40963, "Exporter 'e' is not paused")
    assert client.put("/exporters/e/pause").body == {"name": "e"}
    assert client.put("/exporters/e", {"subjects": ["b"]}).body == {"name": "e"}
    assert client.put("/exporters/e/config", {"schema.registry.url": "http://x"}).body == {"name": "e"}
    told = client.get("/exporters/e").body
    assert (told["subjects"], told["config"]) == (["b"], {"schema.registry.url": "http://x"})


def test_it_is_paused_resumed_and_reset(client):
    new(client)
    assert client.put("/exporters/e/resume").refusal == (40962, "Exporter 'e' is already starting")
    assert client.put("/exporters/e/reset").refusal[0] == 40963
    client.put("/exporters/e/pause")
    assert client.get("/exporters/e/status").body["state"] == "PAUSED"
    assert client.put("/exporters/e/reset").status == 200
    assert client.put("/exporters/e/resume").status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/status"), ("GET", "/config"), ("DELETE", ""), ("PUT", "/pause"), ("PUT", "/reset")],
)
def test_one_that_there_is_not_is_not_found(client, method, path):
    assert client.ask(method, f"/exporters/e{path}").refusal == (40450, "Exporter 'e' not found")


def test_a_name_is_given_once(client):
    new(client)
    assert client.post("/exporters", {"name": "e", "config": WHERE}).refusal == (40960, "Exporter 'e' already exists")
