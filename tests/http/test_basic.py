"""Who may ask, where a name and a password are wanted."""

from base64 import b64encode
from collections.abc import Iterator

import pytest
from starlette.responses import PlainTextResponse
from tests.http.http_client import Client, client_of

from headwater.http.basic import BasicAuthentication
from headwater.http.media_types import MediaTypes
from headwater.http.refusals import Refusals
from headwater.kernel.counters import Counters
from headwater.kernel.exposition import exposition
from headwater.security.users import users_in

USERS = "ada: love:lace,developer\ngrace: hopper\n"
COUNTERS = Counters()
JSON = "application/json"


@pytest.fixture
def client() -> Iterator[Client]:
    yield from asked()


def asked(roles: tuple[str, ...] = ("*",), counters: Counters | None = None) -> Iterator[Client]:
    app = BasicAuthentication(
        PlainTextResponse("secrets"),
        users_in(USERS),
        realm="toys",
        roles=roles,
        skip=("/metrics", "/public/*"),
        refusals=Refusals(MediaTypes()),
        counters=counters or Counters(),
    )
    with client_of(app) as made:
        yield made


def shown(user: str, password: str, scheme: str = "Basic") -> str:
    return f"{scheme} {b64encode(f'{user}:{password}'.encode()).decode()}"


def test_who_has_a_name_and_its_password_is_answered(client):
    assert client.get("/", authorization=shown("ada", "love:lace")).status == 200
    assert client.get("/", authorization=shown("grace", "hopper", "bAsIc")).body == "secrets"


@pytest.mark.parametrize(
    "header",
    [
        "",
        shown("ada", "lovelace"),
        shown("bob", "love:lace"),
        shown("", ""),
        "Basic",
        "Basic !!",
        "Basic " + b64encode(b"ada").decode(),
        "Basic " + b64encode(b"\xff:\xff").decode(),
        "Bearer " + shown("ada", "love:lace").partition(" ")[2],
    ],
)
def test_everybody_else_is_told_in_json_how_to_ask(client, header):
    answer = client.get("/", **({"authorization": header} if header else {}))
    assert answer.status == 401
    assert answer.refusal == (401, "Unauthorized")
    assert answer.media_type == JSON
    assert answer.headers["www-authenticate"] == 'Basic realm="toys", charset="UTF-8"'


def test_some_paths_are_open_to_all(client):
    assert client.get("/metrics").status == 200
    assert client.get("/public/page").status == 200
    assert client.get("/metrics/more").status == 401
    assert client.get("/publicity").status == 401


def test_a_user_without_a_role_that_may_is_known_and_refused():
    counters = Counters()
    for client in asked(("developer", "admin"), counters):
        assert client.get("/", authorization=shown("ada", "love:lace")).status == 200
        answer = client.get("/", authorization=shown("grace", "hopper"))
        assert answer.refusal == (403, "Forbidden")
        assert "www-authenticate" not in answer.headers
    assert 'headwater_http_unauthenticated_total{status="403"} 1' in exposition(counters)
