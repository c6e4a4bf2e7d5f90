"""What holds for each endpoint of the registry, whatever it does."""

from typing import Any

from tests.registry.registry_client import Registry

from headwater.registry.api.surface import Resource
from headwater.security.access import Operation


def operations(api: Registry) -> dict[tuple[str, str], Any]:
    described = api.get("/openapi.json").body["paths"]
    return {(method, path): told for path, methods in described.items() for method, told in methods.items()}


def test_each_says_what_its_caller_must_be_allowed_to_do(api: Registry):
    needed = {endpoint: told["x-needs"].partition(" ") for endpoint, told in operations(api).items()}
    assert len(needed) > 30
    for endpoint, (operation, _, resource) in needed.items():
        assert operation in Operation.__members__, endpoint
        assert resource in (*Resource, "nothing"), endpoint


def test_each_is_described_with_its_answers_and_refusals(api: Registry):
    for endpoint, told in operations(api).items():
        assert "default" in told["responses"], endpoint
        assert told["summary"], endpoint


def test_no_answer_is_in_the_framework_s_own_form(api: Registry):
    for path in ("/nothing", "/schemas/ids/many", "/subjects/s/versions?offset=x", "/subjects?limit=x"):
        answer = api.get(path)
        assert answer.refusal == (404, "HTTP 404 Not Found")
        assert "detail" not in answer.body
