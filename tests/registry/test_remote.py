"""A registry somewhere else: how it is asked, and what becomes of its answers."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from headwater.registry.errors import RegistryAway, RegistryRefused
from headwater.registry.remote import RemoteRegistry


def asked(answer: Callable[[httpx.Request], httpx.Response], *path: object, urls=("http://one",), **more: object):
    async def work() -> object:
        async with RemoteRegistry(urls, auth=("ann", "secret"), transport=httpx.MockTransport(answer)) as registry:
            return await registry.ask("POST", *path, **more)

    return asyncio.run(work())


def test_a_path_is_quoted_part_by_part_and_parameters_are_spelled_as_the_api_has_them():
    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "http://one/subjects/:.ctx:a%2Fb%20c/versions?normalize=true&offset=2"
        assert request.headers["authorization"].startswith("Basic ")
        assert request.content == b'{"schema":"{}"}'
        return httpx.Response(200, json={"id": 1})

    path = ("subjects", ":.ctx:a/b c", "versions")
    assert asked(answer, *path, normalize=True, offset=2, limit=None, body={"schema": "{}"}) == {"id": 1}


def test_a_refusal_carries_its_code_and_its_words():
    with pytest.raises(RegistryRefused, match=r"Subject 'a' not found\.") as refused:
        asked(
            lambda _: httpx.Response(404, json={"error_code": 40401, "message": "Subject 'a' not found."}), "subjects"
        )
    assert refused.value.code == 40401


def test_what_is_no_registry_is_told_by_its_status():
    with pytest.raises(RegistryRefused, match="HTTP 502 Bad Gateway") as refused:
        asked(lambda _: httpx.Response(502, text="<html>"), "subjects")
    assert refused.value.code == 502


def test_the_next_address_is_asked_where_one_cannot_be_reached():
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "one":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json=[])

    assert asked(answer, "subjects", urls=("http://one", "http://two/")) == []


def test_nobody_who_answers_is_told_with_every_reason():
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no {request.url.host}")

    with pytest.raises(RegistryAway, match="no one; http://two: no two"):
        asked(answer, "subjects", urls=("http://one", "http://two"))


def test_an_address_that_took_the_request_and_fell_silent_is_not_passed_over():
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "one"
        raise httpx.ReadTimeout("")

    with pytest.raises(RegistryAway, match="http://one: ReadTimeout"):
        asked(answer, "subjects", urls=("http://one", "http://two"))
