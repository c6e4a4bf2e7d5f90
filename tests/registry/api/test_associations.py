"""`/associations`, beyond what is said in the conversations with Confluent's registry."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.registry.registry_client import INT, LONG, Registry, record, registry


@pytest.fixture
def client() -> Iterator[Registry]:
    with registry() as client:
        yield client


def resource(name: str = "orders", **association: Any) -> dict[str, Any]:
    told = {"resourceName": name, "resourceNamespace": "lkc", "resourceId": f"id-{name}"}
    return {**told, "associations": [association]}


def owning(schema: str = INT, **more: Any) -> dict[str, Any]:
    return resource(associationType="value", schema={"schema": schema}, **more)


def subjects(client: Registry, path: str) -> list[str]:
    return [each["subject"] for each in client.get(path).body]


def test_a_client_finds_the_subject_of_a_topic_that_was_created_with_its_schema(client):
    created = client.post("/associations", owning())
    assert created.status == 200
    assert created.body["associations"][0]["schema"]["id"] == 1
    assert subjects(client, "/associations/resources/-/orders?associationType=value") == [":.lkc:orders-value"]
    assert subjects(client, "/associations/resources/lkc/-") == [":.lkc:orders-value"]
    assert client.get("/subjects/:.lkc:orders-value/versions/1").body["schema"] == INT


def test_an_alias_stands_for_its_subject_and_a_context_is_put_before(client):
    client.register("shared")
    client.register(":.ctx:shared")
    client.put("/config/other-name", {"alias": "shared"})
    client.post("/associations", resource(subject="other-name"))
    client.post("/associations?context=ctx", resource("bills", subject="shared"))
    assert subjects(client, "/associations/resources/id-orders") == ["shared"]
    assert subjects(client, "/associations/resources/-/bills") == [":.ctx:shared"]


def test_a_schema_that_does_not_fit_is_refused_with_why(client):
    client.register(":.lkc:orders-value", record("a"))
    answer = client.post("/associations", owning(record("a", "b")))
    assert answer.refusal[0] == 42212
    client.put("/mode/:.lkc:", {"mode": "IMPORT"})
    assert client.post("/associations", owning(LONG)).refusal[0] == 42212


def test_the_new_schema_is_compared_where_the_subject_was_deleted_softly(client):
    client.register(":.lkc:orders-value", LONG)
    client.delete("/subjects/:.lkc:orders-value")
    created = client.post("/associations", owning())
    assert created.body["associations"][0]["schema"]["version"] == 2


def test_the_id_in_the_path_is_the_one_that_counts(client):
    client.register("shared")
    other = client.put("/associations/resources/other", resource(subject="shared"))
    assert other.refusal[0] == 42212
    assert "does not match the resource ID in the request body" in other.refusal[1]
    assert client.put("/associations/resources/id-orders", resource(subject="shared")).status == 200


def test_a_batch_goes_on_after_a_refusal_and_tells_both(client):
    client.register("shared")
    weak = {"opType": "CREATE", "subject": "shared", "lifecycle": "WEAK"}
    bad = {"opType": "CREATE", "associationType": "value", "schema": {"schema": "nonsense"}}
    answer = client.post(
        "/associations:batchMutate", {"requests": [resource("a", **bad), resource("b", **weak), resource("b", **bad)]}
    )
    assert answer.status == 207
    first, second, third = answer.body["results"]
    assert first["error"]["error_code"] == third["error"]["error_code"] == 42212
    assert second["result"]["associations"] == [{"subject": "shared", "associationType": "value", "lifecycle": "WEAK"}]


def test_adjacent_operations_of_a_batch_are_one_and_what_comes_after_sees_them(client):
    client.register("shared")
    told = {"resourceName": "a", "resourceNamespace": "n", "resourceId": "1"}
    key = {"opType": "CREATE", "associationType": "key", "schema": {"schema": INT}}
    value = {"opType": "CREATE", "associationType": "value", "schema": {"schema": LONG}}
    answer = client.post("/associations:batchMutate", {"requests": [{**told, "associations": [key, value]}]})
    assert [each["schema"]["id"] for each in answer.body["results"][0]["result"]["associations"]] == [1, 2]
    gone = {"opType": "DELETE", "associationType": "value"}
    refusal = client.post("/associations:batchMutate", {"requests": [{**told, "associations": [gone]}]})
    assert refusal.body["results"][0]["error"]["error_code"] == 40908
    all_of_it = [{"opType": "DELETE", "associationType": each, "cascadeLifecycle": True} for each in ("key", "value")]
    client.post("/associations:batchMutate", {"requests": [{**told, "associations": all_of_it}]})
    assert client.get("/subjects?deleted=true").body == ["shared"]


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({}, "property: resourceId; detail: either resourceId or resourceName must be specified"),
        (
            {"resourceName": "a"},
            "property: resourceNamespace; detail: resourceNamespace is required when resourceName is specified",
        ),
    ],
)
def test_a_wish_that_names_no_resource_is_refused_alone(client, wish, why):
    answer = client.post("/associations:batchGet", {"requests": [wish, {"resourceId": "1"}]})
    assert answer.body["results"] == [
        {"error": {"error_code": 500, "message": f"Error while getting associations: {why}"}},
        {"result": {"resourceId": "1", "resourceType": "topic"}},
    ]


def test_names_have_letters_digits_dashes_and_underscores_only(client):
    answer = client.post("/associations", {**resource(subject="shared"), "resourceName": "a.b"})
    assert answer.refusal[1].endswith("'resourceName', detail: illegal character '.'")
    answer = client.post("/associations", {**resource(subject="shared"), "resourceNamespace": "a" * 257})
    assert answer.refusal[1].endswith("'resourceNamespace', detail: exceeds max length of 256")
