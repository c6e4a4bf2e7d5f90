"""`/config`, as a caller sees it."""

from collections.abc import Iterator

import pytest
from tests.http.http_client import Client, client_of
from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import service_over

from headwater.kernel.counters import Counters
from headwater.registry.api.app import registry_app
from headwater.registry.defaults import Defaults
from headwater.registry.levels import CompatibilityLevel

RULES = {"domainRules": [{"name": "check", "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "disabled": False}]}


@pytest.fixture
def client() -> Iterator[Client]:
    with client_of(registry_app(service_over(MemoryStore()), counters=Counters())) as client:
        yield client


def test_all_subjects_begin_with_what_the_registry_began_with():
    service = service_over(MemoryStore(), defaults=Defaults(compatibility_level=CompatibilityLevel.FULL))
    with client_of(registry_app(service, counters=Counters())) as client:
        assert client.get("/config").body == {"compatibilityLevel": "FULL"}
        assert client.get("/config/orders?defaultToGlobal=TRUE").body == {"compatibilityLevel": "FULL"}


def test_a_level_is_changed_as_compatibility_and_told_as_compatibility_level(client):
    assert client.put("/config", {"compatibility": "none"}).body == {"compatibility": "NONE"}
    assert client.get("/config").body == {"compatibilityLevel": "NONE"}
    assert client.delete("/config").body == {"compatibilityLevel": "NONE"}
    assert client.get("/config").body == {"compatibilityLevel": "BACKWARD"}


def test_a_subject_has_none_of_its_own_until_it_is_set(client):
    refusal = (40408, "Subject 'orders' does not have subject-level compatibility configured")
    answer = client.get("/config/orders")
    assert (answer.status, answer.refusal) == (404, refusal)
    client.put("/config/orders", {"compatibility": "FORWARD"})
    assert client.get("/config/orders").body == {"compatibilityLevel": "FORWARD"}
    assert client.delete("/config/orders").body == {"compatibilityLevel": "FORWARD"}
    assert client.get("/config/orders").refusal == refusal
    assert client.delete("/config/orders").refusal == (40401, "Subject 'orders' not found.")


def test_what_is_left_out_stays_and_null_is_said_no_more(client):
    everything = {
        "alias": "o",
        "aliasForDeks": "d",
        "normalize": True,
        "validateFields": True,
        "validateNewSchemas": False,
        "validateRules": True,
        "compatibility": "FULL",
        "compatibilityPolicy": "LENIENT",
        "compatibilityGroup": "app.version",
        "defaultMetadata": {"tags": {"**.ssn": ["A", "PII"]}, "properties": {"a": "1", "b": "2"}},
        "overrideMetadata": {"sensitive": ["a"]},
        "defaultRuleSet": RULES,
        "overrideRuleSet": {**RULES, "enableAt": "CLIENT"},
    }
    assert client.put("/config/orders", everything).body == everything
    assert client.put("/config/orders", {}).body == everything
    gone = dict.fromkeys(everything)
    kept = {"alias": "p", "normalize": False}
    assert client.put("/config/orders", gone | kept).body == kept
    assert client.get("/config/orders").body == kept | {"compatibilityLevel": "BACKWARD"}


def test_a_subjects_own_config_is_completed_by_that_of_all(client):
    client.put("/config", {"normalize": True, "compatibility": "FULL", "compatibilityGroup": "g", "alias": "a"})
    client.put("/config/orders", {"compatibility": "NONE"})
    assert client.get("/config/orders").body == {"compatibilityLevel": "NONE"}
    completed = {"normalize": True, "compatibilityLevel": "NONE", "compatibilityGroup": "g"}
    assert client.get("/config/orders?defaultToGlobal=true").body == completed


def test_a_context_has_one_and_so_have_all_contexts(client):
    client.put("/config/:.__GLOBAL:", {"compatibility": "NONE"})
    assert client.get("/config/:.__GLOBAL:").body == {"compatibilityLevel": "NONE"}
    assert client.get("/config/:.x:orders?defaultToGlobal=true").body == {"compatibilityLevel": "NONE"}
    client.put("/config/:.x:", {"compatibility": "FULL"})
    assert client.get("/config/:.x").body == {"compatibilityLevel": "FULL"}
    assert client.get("/config/:.x:orders?defaultToGlobal=true").body == {"compatibilityLevel": "FULL"}
    client.put("/config/:.:", {"compatibility": "FORWARD"})
    assert client.get("/config").body == {"compatibilityLevel": "FORWARD"}


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"compatibility": "SOME"}, 42203, "Invalid compatibility level. Valid values are none, backward,"),
        ({"defaultRuleSet": {"domainRules": [{"name": "a"}]}}, 42210, "Missing rule type"),
        ({"overrideRuleSet": {"domainRules": [{"type": "CEL"}]}}, 42210, "Missing rule name"),
    ],
)
def test_what_makes_no_sense_is_refused(client, change, code, message):
    answer = client.put("/config/orders", change)
    assert answer.status == 422
    assert answer.refusal[0] == code
    assert answer.refusal[1].startswith(message)


def test_who_runs_rules_is_one_of_those_that_are_known(client):
    told = {"defaultRuleSet": {**RULES, "enableAt": "SERVER"}}
    assert client.put("/config/orders", told).body == told
    assert client.put("/config/orders", {"defaultRuleSet": {**RULES, "enableAt": "MOON"}}).status == 400


def test_a_policy_that_nobody_knows_is_none(client):
    assert client.put("/config", {"compatibilityPolicy": "lenient"}).body == {"compatibilityPolicy": "LENIENT"}
    assert client.put("/config", {"compatibilityPolicy": "NICE"}).body == {}


@pytest.mark.parametrize("subject", ["__GLOBAL", ":.x:__EMPTY", "a%0Ab"])
def test_some_names_are_no_subjects(client, subject):
    assert client.put(f"/config/{subject}", {}).refusal[0] == 42208


def test_nothing_changes_where_nothing_may_be_written(client):
    client.put("/mode/orders", {"mode": "READONLY"})
    refusal = (42205, "Subject orders in context  is in read-only mode")
    assert client.put("/config/orders", {"alias": "o"}).refusal == refusal
    client.put("/mode", {"mode": "READONLY"})
    assert client.put("/config", {}).refusal == (42205, "Subject null in context  is in read-only mode")
    assert client.delete("/config").refusal == (42205, "Subject null in context  is in read-only mode")
