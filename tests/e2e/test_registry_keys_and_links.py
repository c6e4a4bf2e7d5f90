"""Keys that encrypt data, and schemas that are copied into another registry: by real registries beside a real broker."""

import json
from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import (
    Rule,
    RuleKind,
    RuleMode,
    RuleParams,
    RuleSet,
    Schema,
    SchemaRegistryClient,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.rules.encryption.dek_registry.dek_registry_client import (
    DekAlgorithm,
    DekRegistryClient,
)
from confluent_kafka.schema_registry.rules.encryption.encrypt_executor import FieldEncryptionExecutor
from confluent_kafka.schema_registry.rules.encryption.localkms.local_driver import LocalKmsDriver
from confluent_kafka.serialization import MessageField, SerializationContext
from tests.e2e.process import Process, start
from tests.e2e.registries import RegistryProcess, eventually

SECRET = {"secret": "change me"}
SEALED_UNDER = "ours"
ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "card", "type": "string", "confluent:tags": ["PII"]},
    ],
}
VALUE = {"id": "1", "card": "4111"}
OTHERS_TOPICS = {
    name: f"_there{topic}"
    for name, topic in {
        "kafkastore.topic": "_schemas",
        "dek.registry.topic": "_dek_registry_keys",
        "exporter.config.topic": "_exporter_configs",
        "exporter.state.topic": "_exporter_states",
    }.items()
}


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[Process]:
    process = start(tmp_path_factory.mktemp("broker") / "data")
    yield process
    assert process.stop() == 0, process.log_tail()


@pytest.fixture(scope="module")
def here(tmp_path_factory, broker) -> Iterator[RegistryProcess]:
    settings = {"password.encoder.secret": SEALED_UNDER}
    registry = RegistryProcess(tmp_path_factory.mktemp("here"), broker.bootstrap, settings=settings).start()
    yield registry
    assert registry.end() == 0, registry.log_tail()


@pytest.fixture(scope="module")
def there(tmp_path_factory, broker) -> Iterator[RegistryProcess]:
    settings = {**OTHERS_TOPICS, "schema.registry.group.id": "there"}
    registry = RegistryProcess(tmp_path_factory.mktemp("there"), broker.bootstrap, settings=settings).start()
    yield registry
    assert registry.end() == 0, registry.log_tail()


def test_confluents_client_makes_and_finds_keys(here):
    with DekRegistryClient({"url": here.url}) as keys:
        made_and_found(keys)
    with DekRegistryClient({"url": here.url}) as another, pytest.raises(SchemaRegistryError) as refused:
        another.register_kek("plain", "local-kms", "another key")
    assert (refused.value.http_status_code, refused.value.error_code) == (409, 40971)


def made_and_found(keys: DekRegistryClient) -> None:
    kek = keys.register_kek("plain", "local-kms", "key", kms_props=None, doc="a key")
    assert (kek.name, kek.shared) == ("plain", False)
    assert keys.get_kek("plain").kms_type == "local-kms"
    dek = keys.register_dek("plain", "orders", "d3JhcHBlZA==", DekAlgorithm.AES256_SIV)
    assert (dek.version, dek.encrypted_key_material) == (1, "d3JhcHBlZA==")
    found = keys.get_dek("plain", "orders", DekAlgorithm.AES256_SIV)
    assert found.ts


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("shared", [True, False], ids=["wrapped by the registry", "wrapped by the client"])
def test_confluents_serializer_encrypts_what_is_tagged_and_its_deserializer_finds_it(here, shared):
    """The executor never closes its client."""
    FieldEncryptionExecutor.register()
    LocalKmsDriver.register()
    name = f"shared-{shared}"
    here.client.post(
        "/dek-registry/v1/keks",
        json={"name": name, "kmsType": "local-kms", "kmsKeyId": "key", "kmsProps": SECRET, "shared": shared},
    ).raise_for_status()
    subject, rules_config = f"{name}-value", SECRET
    rule = Rule(
        "encrypt", "", RuleKind.TRANSFORM, RuleMode.WRITEREAD, "ENCRYPT", ["PII"], RuleParams({"encrypt.kek.name": name}), None, None,
        "ERROR,NONE", False,
    )  # fmt: skip
    context = SerializationContext(name, MessageField.VALUE)
    conf = {"auto.register.schemas": False, "use.latest.version": True}
    with SchemaRegistryClient({"url": here.url}) as client:
        client.register_schema(subject, Schema(json.dumps(ORDER), "AVRO", [], None, RuleSet(None, [rule])))
        data = AvroSerializer(client, conf=conf, rule_conf=rules_config)(dict(VALUE), context)
        assert b"4111" not in data
        assert AvroDeserializer(client, rule_conf=rules_config)(data, context) == VALUE
    told = here.client.get(f"/dek-registry/v1/keks/{name}/deks/{subject}").json()
    assert ("keyMaterial" in told) is shared


def test_schemas_arrive_in_another_registry_and_go_on_arriving(here, there):
    here.client.put("/config/copied", json={"compatibility": "NONE"}).raise_for_status()
    told = [here.register("copied", json.dumps(each)) for each in ("int", "long", "string")]
    here.client.delete("/subjects/copied/versions/2").raise_for_status()
    exporter = {
        "name": "to-there",
        "contextType": "NONE",
        "subjects": ["copied*"],
        "config": {
            "schema.registry.url": there.url,
            "basic.auth.credentials.source": "USER_INFO",
            "basic.auth.user.info": "me:letmein",
        },
    }
    here.client.post("/exporters", json=exporter).raise_for_status()
    eventually(lambda: status(here)["state"] == "RUNNING")
    assert versions(there) == versions(here)
    assert [there.client.get(f"/subjects/copied/versions/{each}").json()["id"] for each in (1, 3)] == [told[0], told[2]]
    assert there.client.get("/config/copied").json()["compatibilityLevel"] == "NONE"
    assert "letmein" not in here.client.get("/exporters/to-there").text

    here.client.put("/exporters/to-there/pause").raise_for_status()
    here.register("copied-later", '"int"')
    here.end()
    here.start()
    here.client.put("/exporters/to-there/resume").raise_for_status()
    eventually(lambda: there.client.get("/subjects/copied-later/versions").status_code == 200)
    assert there.register("copied", '"bytes"') is None, "what is imported takes no other schemas"


def status(registry):
    return registry.client.get("/exporters/to-there/status").json()


def versions(registry):
    return registry.client.get("/subjects/copied/versions?deleted=true").json()
