"""`/subjects`, as a caller sees it."""

import pytest
from tests.registry.registry_client import INT, STRING, Registry, record


def test_an_empty_registry_has_no_subjects(api: Registry):
    assert api.get("/subjects").body == []


def test_subjects_are_listed_in_order_and_by_prefix_and_context(api: Registry):
    for each in ("b", "a", ":.c:a"):
        api.registered(each)
    assert api.get("/subjects").body == [":.c:a", "a", "b"]
    assert api.get("/subjects?subjectPrefix=a").body == ["a"]
    assert api.get("/subjects?subjectPrefix=:*:a").body == [":.c:a", "a"]
    assert api.get("/subjects?subjectPrefix=:.c:").body == [":.c:a"]
    assert api.get("/subjects?offset=1&limit=1").body == ["a"]


def test_deleted_subjects_are_listed_for_those_who_ask_for_them(api: Registry):
    api.registered("gone")
    api.registered("there")
    assert api.delete("/subjects/gone").body == [1]
    assert api.get("/subjects").body == ["there"]
    assert api.get("/subjects?deleted=true").body == ["gone", "there"]
    assert api.get("/subjects?deletedOnly=true").body == ["gone"]


def test_a_schema_is_looked_up(api: Registry):
    schema_id = api.registered("s", record("a"))
    found = api.post("/subjects/s", {"schema": record("a").replace(",", ", ")}).body
    assert (found["subject"], found["version"], found["id"], found["schema"]) == ("s", 1, schema_id, record("a"))


@pytest.mark.parametrize(
    ("subject", "schema", "refusal"),
    [
        ("unknown", INT, (40401, "Subject 'unknown' not found.")),
        ("s", STRING, (40403, "Schema not found")),
    ],
)
def test_what_is_not_there_is_not_found(api: Registry, subject, schema, refusal):
    api.registered("s")
    answer = api.post(f"/subjects/{subject}", {"schema": schema})
    assert (answer.status, answer.refusal) == (404, refusal)


def test_a_subject_of_another_context_is_found_by_its_name_alone(api: Registry):
    api.registered(":.c:s")
    assert api.post("/subjects/s", {"schema": INT}).body["subject"] == ":.c:s"


def test_the_latest_version_with_metadata_is_found(api: Registry):
    for number, owner in enumerate(("me", "me", "you"), 1):
        api.registered("s", record(*(f"f{each}?" for each in range(number))), metadata={"properties": {"owner": owner}})
    assert api.get("/subjects/s/metadata?key=owner&value=me").body["version"] == 2
    assert api.get("/subjects/s/metadata?key=owner&value=them").refusal == (40403, "Schema not found")
    assert api.get("/subjects/t/metadata?key=owner&value=me").refusal == (40401, "Subject 't' not found.")


def test_a_subject_is_deleted_softly_before_it_is_deleted_for_good(api: Registry):
    api.registered("s")
    answer = api.delete("/subjects/s?permanent=true")
    assert answer.refusal == (40405, "Subject 's' was not deleted first before being permanently deleted")
    assert api.delete("/subjects/s").body == [1]
    assert api.delete("/subjects/s").refusal[0] == 40404
    assert api.delete("/subjects/s?permanent=true").body == [1]
    assert api.delete("/subjects/s").refusal == (40401, "Subject 's' not found.")


def test_an_alias_stands_for_its_subject(api: Registry):
    from headwater.registry.store.requests import ChangeConfig

    schema_id = api.registered("meant")
    api.submit(ChangeConfig(scope="said", alias="meant"))
    assert api.get("/subjects/said/versions").body == [1]
    assert api.get(f"/schemas/ids/{schema_id}?subject=said").body["subject"] == "meant"


def test_a_context_may_stand_before_the_path(api: Registry):
    schema_id = api.post("/contexts/.c/subjects/s/versions", {"schema": INT}).body["id"]
    assert api.get("/contexts/c/subjects").body == [":.c:s"]
    assert api.get("/contexts/:.c:/subjects/s/versions/1").body["subject"] == ":.c:s"
    assert api.get(f"/contexts/.c/schemas/ids/{schema_id}").body["schema"] == INT
    assert api.get("/contexts/a:b/subjects").refusal == (400, "Context name 'a:b' cannot contain a colon")
