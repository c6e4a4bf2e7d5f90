"""Tags in schemas' texts, as a caller finds and changes them, beyond what is said in the conversations with Confluent's registry."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.registry.registry_client import Registry, registry

FIELD = {"entityPath": "R.ssn", "entityType": "sr_field"}


@pytest.fixture
def client() -> Iterator[Registry]:
    with registry() as client:
        yield client


def schema(*tags: str, more: str = "") -> str:
    tagged = {"confluent:tags": list(tags)} if tags else {}
    fields = [{"name": "ssn", "type": "string", **tagged}]
    return json.dumps({"type": "record", "name": "R", "fields": fields, **({"doc": more} if more else {})})


def told(path: dict[str, str], *tags: str) -> list[dict[str, Any]]:
    return [{"schemaEntity": path, "tags": list(tags)}]


def tags_of(client: Registry, version: int | str = "latest") -> list[list[str]]:
    found = client.get(f"/subjects/s/versions/{version}?findTags=*").body
    return [each["tags"] for each in found.get("schemaTags", [])]


def test_any_tag_is_found_by_a_star(client):
    client.register("s", schema("A", "B"))
    assert tags_of(client) == [["A", "B"]]
    assert client.get("/schemas/ids/1?findTags=B").body["schemaTags"] == told(FIELD, "A", "B")


def test_the_tags_of_the_version_before_can_be_kept(client):
    client.register("s", schema("A"))
    assert client.register("s", schema(more="other"), propagateSchemaTags=False).body["version"] == 2
    assert tags_of(client) == []
    client.register("s", schema("A", more="again"))
    client.register("s", schema("B", more="kept"), propagateSchemaTags="true")
    assert tags_of(client) == [["B", "A"]]


def test_a_tagged_version_tells_its_number_and_follows_those_before(client):
    client.register("s", schema("A"))
    client.register("s", schema("A", more="other"))
    changed = client.post("/subjects/s/versions/1/tags", {"tagsToAdd": told(FIELD, "B"), "newVersion": 3})
    assert (changed.body["version"], changed.body["metadata"]) == (3, {"properties": {"confluent:version": "3"}})
    assert tags_of(client, 3) == [["A", "B"]]


def test_one_entity_may_be_told_more_than_once(client):
    client.register("s", schema())
    client.post("/subjects/s/versions/1/tags", {"tagsToAdd": [*told(FIELD, "B"), *told(FIELD, "C")]})
    assert tags_of(client) == [["B", "C"]]


def test_rules_are_changed_by_their_names(client):
    rules = {"domainRules": [{"name": each, "type": "CEL"} for each in ("a", "b")]}
    client.register("s", schema(), ruleSet=rules)
    body = {"rulesToMerge": {"domainRules": [{"name": "c", "type": "CEL"}]}, "rulesToRemove": ["a"], "newVersion": 2}
    changed = client.post("/subjects/s/versions/1/tags", body).body
    assert [each["name"] for each in changed["ruleSet"]["domainRules"]] == ["b", "c"]
    refused = client.post("/subjects/s/versions/1/tags", {"rulesToMerge": {"domainRules": [{"name": "c"}]}})
    assert refused.refusal == (42210, "Missing rule type")
