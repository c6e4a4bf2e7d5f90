"""Data contracts: the registry keeps the rules, and Confluent's clients run them."""

import json
from collections.abc import Iterator

import pytest
from confluent_kafka.schema_registry import (
    Metadata,
    MetadataProperties,
    Rule,
    RuleKind,
    RuleMode,
    RuleParams,
    RuleSet,
    Schema,
    ServerConfig,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.rule_registry import RuleRegistry
from confluent_kafka.schema_registry.rules.cel.cel_executor import CelExecutor
from confluent_kafka.schema_registry.rules.cel.cel_field_executor import CelFieldExecutor
from confluent_kafka.schema_registry.rules.encryption.encrypt_executor import (
    EncryptionExecutor,
    FieldEncryptionExecutor,
)
from confluent_kafka.schema_registry.rules.encryption.localkms.local_driver import LocalKmsDriver
from confluent_kafka.schema_registry.rules.jsonata.jsonata_executor import JsonataExecutor
from confluent_kafka.schema_registry.serde import RuleConditionError
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError

USER = json.dumps(
    {
        "type": "record",
        "name": "User",
        "fields": [
            {"name": "name", "type": "string", "confluent:tags": ["PII"]},
            {"name": "age", "type": "int"},
        ],
    }
)
LATEST = {"auto.register.schemas": False, "use.latest.version": True}


@pytest.fixture
def ada():
    """A record that rules may change where it is."""
    return {"name": "Ada", "age": 36}


@pytest.fixture
def rules() -> Iterator[RuleRegistry]:
    """Executors of this test alone, for those that encrypt keep to the registry that they first saw."""
    LocalKmsDriver.register()
    rules = RuleRegistry()
    for each in (CelExecutor(), CelFieldExecutor(), JsonataExecutor(), EncryptionExecutor(), FieldEncryptionExecutor()):
        rules.register_executor(each)
    yield rules
    for executor in rules.get_executors():
        executor.close()


@pytest.fixture
def context(topic):
    return SerializationContext(topic, MessageField.VALUE)


def rule(type_, expr=None, **more):
    given = {"kind": RuleKind.CONDITION, "mode": RuleMode.WRITE} | more
    told = {"doc": None, "tags": None, "params": None, "on_success": None, "on_failure": None, "disabled": False}
    return Rule(name="the-rule", type=type_, expr=expr, **told | given)


def register(client, topic, *domain, migration=None, encoding=None, metadata=None, text=USER, type_="AVRO"):
    rules = RuleSet(migration, list(domain), encoding)
    client.register_schema(f"{topic}-value", Schema(text, type_, [], metadata, rules))


def test_a_condition_refuses_what_does_not_hold(client, topic, context, ada, rules):
    register(client, topic, rule("CEL", "message.age >= 18"))
    serializer = AvroSerializer(client, None, conf=LATEST, rule_registry=rules)
    assert AvroDeserializer(client, rule_registry=rules)(serializer(ada, context), context) == {
        "name": "Ada",
        "age": 36,
    }
    with pytest.raises(SerializationError) as refused:
        serializer({"name": "Tim", "age": 8}, context)
    assert isinstance(refused.value.__cause__, RuleConditionError)


def test_a_rule_changes_fields_as_they_are_written(client, topic, context, ada, rules):
    register(client, topic, rule("CEL_FIELD", "typeName == 'STRING' ; value + '!'", kind=RuleKind.TRANSFORM))
    value = AvroSerializer(client, None, conf=LATEST, rule_registry=rules)(ada, context)
    assert AvroDeserializer(client, rule_registry=rules)(value, context) == {"name": "Ada!", "age": 36}


def test_a_rule_of_the_config_holds_for_all_that_is_registered_after_it(client, topic, context, rules):
    config = ServerConfig(default_rule_set=RuleSet(None, [rule("CEL", "message.age >= 18")]))
    client.set_config(f"{topic}-value", config)
    client.register_schema(f"{topic}-value", Schema(USER, "AVRO"))
    with pytest.raises(SerializationError):
        AvroSerializer(client, None, conf=LATEST, rule_registry=rules)({"name": "Tim", "age": 8}, context)
    client.delete_config(f"{topic}-value")


def test_a_migration_makes_the_new_of_the_old(client, topic, context, ada, rules):
    client.set_config(f"{topic}-value", ServerConfig(compatibility_group="major"))
    first = Metadata(None, MetadataProperties({"major": "1"}), None)
    second = Metadata(None, MetadataProperties({"major": "2"}), None)
    renamed = USER.replace('"name": "name"', '"name": "fullName"')
    up = rule("JSONATA", expr_of("name", "fullName"), kind=RuleKind.TRANSFORM, mode=RuleMode.UPGRADE)
    register(client, topic, metadata=first)
    register(client, topic, migration=[up], metadata=second, text=renamed)
    old = {"auto.register.schemas": False, "use.latest.with.metadata": {"major": "1"}}
    new = {"use.latest.with.metadata": {"major": "2"}}
    value = AvroSerializer(client, None, conf=old, rule_registry=rules)(ada, context)
    assert AvroDeserializer(client, None, conf=new, rule_registry=rules)(value, context) == {
        "fullName": "Ada",
        "age": 36,
    }
    client.delete_config(f"{topic}-value")


def expr_of(old, new):
    return f"$merge([$sift($, function($v, $k) {{$k != '{old}'}}), {{'{new}': $.'{old}'}}])"


@pytest.mark.parametrize("shared", [False, True], ids=["wrapped by the client", "wrapped by the registry"])
def test_a_field_is_encrypted_and_read_by_who_has_the_key(stack, client, client_of, topic, context, shared, ada, rules):
    kek = f"kek-{shared}"
    secret = {"secret": "mysecret"}
    if shared:
        made = {"name": kek, "kmsType": "local-kms", "kmsKeyId": "mykey", "kmsProps": secret, "shared": True}
        stack.post("/dek-registry/v1/keks", made)
    params = {"encrypt.kek.name": kek, "encrypt.kms.type": "local-kms", "encrypt.kms.key.id": "mykey"}
    register(
        client,
        topic,
        rule(
            "ENCRYPT",
            kind=RuleKind.TRANSFORM,
            mode=RuleMode.WRITEREAD,
            tags=["PII"],
            params=RuleParams(params),
            on_failure="ERROR,NONE",
        ),
    )
    value = AvroSerializer(client, None, conf=LATEST, rule_conf=secret, rule_registry=rules)(ada, context)
    assert b"Ada" not in value
    reader = client_of(stack.registry)
    assert AvroDeserializer(reader, rule_conf=secret, rule_registry=rules)(value, context) == {"name": "Ada", "age": 36}


def test_a_payload_is_encrypted(stack, client, client_of, topic, context, rules):
    text = '{"type": "object", "title": "User", "properties": {"name": {"type": "string"}}}'
    params = {"encrypt.kek.name": "kek-payload", "encrypt.kms.type": "local-kms", "encrypt.kms.key.id": "mykey"}
    encrypt = rule("ENCRYPT_PAYLOAD", kind=RuleKind.TRANSFORM, mode=RuleMode.WRITEREAD, params=RuleParams(params))
    register(client, topic, encoding=[encrypt], text=text, type_="JSON")
    secret = {"secret": "mysecret"}
    value = JSONSerializer(None, client, conf=LATEST, rule_conf=secret, rule_registry=rules)({"name": "Ada"}, context)
    assert b"Ada" not in value
    deserializer = JSONDeserializer(None, None, client_of(stack.registry), rule_conf=secret, rule_registry=rules)
    assert deserializer(value, context) == {"name": "Ada"}
