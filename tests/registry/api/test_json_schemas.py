"""JSON Schemas over HTTP, as a caller sees them."""

import json

from tests.registry.registry_client import Registry

SUBJECT = "/subjects/s/versions"


def body(schema: object, **more: object) -> dict[str, object]:
    return {"schemaType": "JSON", "schema": json.dumps(schema), **more}


def test_a_json_schema_is_stored_compactly_in_its_own_order(api: Registry):
    assert api.post(SUBJECT, body({"type": "object", "properties": {"b": {}, "a": {}}})).status == 200
    assert api.get(f"{SUBJECT}/1").body["schema"] == '{"type":"object","properties":{"b":{},"a":{}}}'


def test_what_is_no_schema_is_refused_also_where_new_schemas_are_not_validated_more_strictly(api: Registry):
    answer = api.post(SUBJECT, body({"type": "made-up"}))
    assert answer.body["error_code"] == 42201
    assert "Invalid schema" in answer.body["message"]
    assert "Invalid JSON" in answer.body["message"]


def test_a_remote_reference_is_refused_and_the_error_says_why(api: Registry):
    answer = api.post(SUBJECT, body({"$ref": "http://127.0.0.1:1/a.json"}))
    assert answer.body["error_code"] == 42201
    assert (
        "Remote schema reference fetching over HTTP(S) is disabled: http://127.0.0.1:1/a.json" in answer.body["message"]
    )


def test_what_is_imported_is_not_checked(api: Registry):
    assert api.put("/mode/s", {"mode": "IMPORT"}).status == 200
    assert api.post(SUBJECT, body({"type": "made-up"}, id=7, version=1)).status == 200
    assert api.get("/schemas/ids/7").body["schema"] == '{"type":"made-up"}'


def test_a_difference_is_told_in_confluents_words_and_the_lenient_policy_takes_more(api: Registry):
    api.post(SUBJECT, body({"type": "object"}))
    wider = body({"type": "object", "properties": {"a": {"type": "string"}}})
    answer = api.post("/compatibility/subjects/s/versions/latest?verbose=true", wider).body
    assert not answer["is_compatible"]
    assert answer["messages"][0] == (
        '{errorType:"OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", description:"The new schema has an open content model and has '
        "a property or item at path '#/properties/a' which is missing in the old schema'}"
    )
    assert api.put("/config/s", {"compatibilityPolicy": "LENIENT"}).status == 200
    assert api.post(SUBJECT, wider).status == 200


def test_references_are_found_by_their_names(api: Registry):
    api.post("/subjects/item/versions", body({"type": "string"}))
    reference = [{"name": "item.json", "subject": "item", "version": 1}]
    order = {"properties": {"a": {"$ref": "item.json"}}}
    assert api.post(SUBJECT, body(order, references=reference)).status == 200
    assert api.post(SUBJECT, body(order)).body["error_code"] == 42201
