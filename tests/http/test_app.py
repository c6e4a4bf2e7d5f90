"""An app of two endpoints, and everything that any endpoint does without saying so."""

from collections.abc import Iterator

import pytest
from msgspec import Struct
from tests.http.http_client import Client, client_of

from headwater.http.access import needs
from headwater.http.app import make_app
from headwater.http.endpoints import Endpoints
from headwater.http.media_types import MediaTypes
from headwater.http.parameters import Flag, Name, Page, Paged, PathInt
from headwater.kernel.counters import Counters
from headwater.security.access import Operation

MEDIA_TYPES = MediaTypes(given=("application/vnd.toy+json", "application/json"), taken=("application/json",))
READ = needs(Operation.READ, "toy")


class Part(Struct, kw_only=True):
    name: str


class Toy(Struct, kw_only=True, omit_defaults=True):
    size: int = 0
    loud: bool = False
    parts: tuple[Part, ...] = ()


@pytest.fixture
def client() -> Iterator[Client]:
    api = Endpoints("toys", media_types=MEDIA_TYPES, bytes_max=100)

    @api.get("/toys/{name}", needs=READ)
    async def toy(name: Name, page: Paged, loud: Flag = False) -> list[str]:
        """Names its letters"""
        return page.of(name.upper() if loud else name)

    @api.get("/numbers/{number}", needs=READ)
    async def number(number: PathInt) -> int:
        return number

    @api.get("/toys", needs=READ)
    async def toys() -> list[str]:
        return []

    @api.post("/toys", needs=READ)
    async def make(body: Toy) -> Toy:
        return body

    @api.delete("/toys/{name}", needs=READ)
    async def drop(name: Name) -> None:
        del name

    lenient = Endpoints("lenient toys", media_types=MEDIA_TYPES, takes_unknown=True)

    @lenient.post("/lenient-toys", needs=READ)
    async def make_leniently(body: Toy) -> Toy:
        return body

    with client_of(
        make_app("toys", (api, lenient), version="1", media_types=MEDIA_TYPES, counters=Counters())
    ) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("PUT", "/toys", 405), ("GET", "/numbers/many", 404), ("GET", "/", 404)],
)
def test_what_can_not_be_routed_is_refused_as_anything_else(client, method, path, status):
    answer = client.ask(method, path)
    assert answer.status == status
    assert answer.refusal[0] == status
    assert answer.refusal[1].startswith(f"HTTP {status} ")
    assert answer.media_type == "application/vnd.toy+json"


def test_a_method_that_is_not_allowed_is_told_those_that_are(client):
    assert client.delete("/toys").headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("*/*", "application/vnd.toy+json"),
        ("application/*", "application/vnd.toy+json"),
        ("application/json", "application/json"),
        ("application/json, application/vnd.toy+json", "application/vnd.toy+json"),
        ("application/vnd.toy+json; q=0.1, application/json; q=0.9", "application/json"),
        ("text/html, */*; q=0.1", "application/vnd.toy+json"),
    ],
)
def test_an_answer_has_the_media_type_that_is_liked_best(client, accept, given):
    assert client.get("/toys/ab", accept=accept).media_type == given


def test_who_accepts_nothing_that_there_is_gets_a_refusal_in_our_own_type(client):
    answer = client.get("/toys/ab", accept="text/html")
    assert (answer.status, answer.refusal, answer.media_type) == (
        406,
        (406, "HTTP 406 Not Acceptable"),
        "application/vnd.toy+json",
    )


@pytest.mark.parametrize(("text", "is_true"), [("true", True), ("TRUE", True), ("1", False), ("", False)])
def test_a_truth_may_be_written_in_any_case_and_anything_else_is_false(client, text, is_true):
    assert client.get(f"/toys/a?loud={text}").body == ["A" if is_true else "a"]


@pytest.mark.parametrize(
    ("query", "part"), [("", "abc"), ("offset=1", "bc"), ("offset=1&limit=1", "b"), ("limit=-1", "abc")]
)
def test_a_list_is_given_in_parts(client, query, part):
    assert client.get(f"/toys/abc?{query}").body == list(part)


@pytest.mark.parametrize(("escaped", "name"), [("a%2Fb", "a/b"), ("a%252Fb", "a%2Fb"), ("a%25", "a%"), ("%C3%A4", "ä")])
def test_a_name_may_hold_a_slash(client, escaped, name):
    assert client.get(f"/toys/{escaped}").body == list(name)


def test_a_slash_at_the_end_counts_for_nothing(client):
    assert client.get("/toys/ab/").body == ["a", "b"]


def test_what_has_its_default_is_left_out_of_an_answer(client):
    assert client.post("/toys", {"size": 0, "loud": "TRUE"}).body == {"loud": True}


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"", (422, "make.request must not be null (was null)")),
        (b"null", (422, "make.request must not be null (was null)")),
        ({"colour": 1}, (422, "Unrecognized field: colour")),
        ({"parts": [{"name": "a", "size": 1}]}, (422, "Unrecognized field: size")),
        ({"parts": [{}]}, (400, "Object missing required field `name` - at `$.parts[0]`")),
        ({"size": []}, (400, "Expected `int`, got `array` - at `$.size`")),
        (b"[" * 101, (413, "Request body is larger than 100 bytes")),
    ],
)
def test_a_body_that_is_not_what_is_wanted_is_refused(client, body, refusal):
    answer = client.ask("POST", "/toys", body)
    assert (answer.status, answer.refusal) == (refusal[0], refusal)


def test_numbers_and_truths_are_taken_however_they_are_written(client):
    toy = {"size": 1.5, "loud": "True", "parts": [{"name": 7}, {"name": True}]}
    made = {"size": 1, "loud": True, "parts": [{"name": "7"}, {"name": "true"}]}
    assert client.post("/toys", toy).body == made
    assert client.post("/toys", b'{"size": 1e300}').status == 400


@pytest.mark.parametrize("body", [b"{", b'{"name": "\xff"}', b"[" * 20_000], ids=["cut", "no UTF-8", "too deep"])
def test_no_json_is_a_bad_request(client, body):
    answer = client.post("/lenient-toys", body)
    assert (answer.status, answer.refusal[0]) == (400, 400)


def test_who_asks_for_it_may_send_properties_that_are_unknown(client):
    answer = client.ask("POST", "/toys", {"colour": 1, "size": 2}, {"Confluent-Accept-Unknown-Properties": "TRUE"})
    assert answer.body == {"size": 2}


def test_a_body_in_another_language_is_refused(client):
    answer = client.ask("POST", "/toys", b"<toy/>", {"content-type": "text/xml"})
    assert answer.refusal == (415, "HTTP 415 Unsupported Media Type")


def test_requests_are_counted_by_their_endpoint(client):
    client.get("/toys/ab")
    client.get("/nothing")
    metrics = client.get("/metrics").body
    assert 'headwater_http_requests_total{method="GET",path="/toys/{name}",status="200"} 1' in metrics
    assert 'headwater_http_requests_total{method="GET",path="none",status="404"} 1' in metrics


def test_all_of_it_is_described(client):
    described = client.get("/openapi.json").body
    operation = described["paths"]["/toys"]["post"]
    assert operation["x-needs"] == "READ toy"
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Toy"}
    assert described["components"]["schemas"]["Part"]["required"] == ["name"]
    assert "HTTPValidationError" not in str(described)
    assert client.get("/docs").status == 200


def test_nothing_is_answered_as_no_content(client):
    answer = client.delete("/toys/ab")
    assert (answer.status, answer.body) == (204, "")
    assert set(client.get("/openapi.json").body["paths"]["/toys/{name}"]["delete"]["responses"]) == {"204", "default"}


def test_some_endpoints_pass_over_what_they_do_not_know(client):
    assert client.post("/lenient-toys", {"size": 3, "color": "red", "parts": [{"name": "a", "new": 1}]}).body == {
        "size": 3,
        "parts": [{"name": "a"}],
    }


@pytest.mark.parametrize(("limit", "given"), [(-1, 3), (0, 3), (2, 2), (4, 3)])
def test_a_list_may_have_a_most(limit, given):
    assert len(Page(0, limit).of(range(10), most=3)) == given
