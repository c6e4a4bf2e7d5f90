"""Confluent's own Python client, over a socket: schemas, configs, modes, contexts, contracts and associations."""

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest
from confluent_kafka.schema_registry import Metadata, MetadataProperties, Rule, RuleSet, Schema, SchemaReference
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.common.schema_registry_client import (
    AssociationCreateOrUpdateInfo,
    AssociationCreateOrUpdateRequest,
    ConfigCompatibilityLevel,
    ServerConfig,
)
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.schema_registry_client import SchemaRegistryClient
from confluent_kafka.serialization import MessageField, SerializationContext
from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import INT, STRING, record, service_over

from headwater.http.server import HttpServer
from headwater.kernel.counters import Counters
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.tasks import Ward
from headwater.registry.api.app import registry_app

_DEADLINE_S = 30


def with_client(test: Callable[[Any], None]) -> Callable[[], None]:
    """The server runs in the loop, and the client, which waits, beside it."""

    def asks(url: str) -> None:
        with SchemaRegistryClient({"url": url}) as client:
            test(client)

    async def served() -> None:
        ward = Ward("test", children_max=8, randomness=SystemRandomness())
        app = registry_app(service_over(MemoryStore()), counters=Counters())
        server = HttpServer(app, ward=ward, host="127.0.0.1", port=0)
        await server.start()
        url = f"http://127.0.0.1:{server.port}"
        try:
            async with asyncio.timeout(_DEADLINE_S):
                await asyncio.to_thread(asks, url)
        finally:
            await server.close()
            await ward.close(deadline_s=5)

    @wraps(test)
    def run() -> None:
        asyncio.run(served())

    del run.__wrapped__
    return run


def rules(*names: str) -> RuleSet:
    told = (
        {"name": each, "kind": "CONDITION", "mode": "WRITE", "type": "CEL", "expr": "1 > 0", "disabled": False}
        for each in names
    )
    return RuleSet(migration_rules=None, domain_rules=[Rule.from_dict(each) for each in told])


def metadata(**properties: str) -> Metadata:
    return Metadata(tags=None, properties=MetadataProperties(properties=properties), sensitive=["none"])


def refused(call: Callable[..., Any], *values: Any) -> SchemaRegistryError:
    with pytest.raises(SchemaRegistryError) as refusal:
        call(*values)
    return refusal.value


@with_client
def test_schemas_are_registered_found_compared_and_deleted(client):
    assert client.get_subjects() == []
    first = client.register_schema("orders-value", Schema(record("id"), "AVRO"))
    assert client.get_schema(first).schema_str == record("id")
    assert client.lookup_schema("orders-value", Schema(record("id"), "AVRO")).version == 1
    assert client.test_compatibility("orders-value", Schema(record("id", "more?"), "AVRO"))
    assert not client.test_compatibility("orders-value", Schema(record("id", "more"), "AVRO"))
    second = client.register_schema("orders-value", Schema(record("id", "more?"), "AVRO"))
    assert client.get_versions("orders-value") == [1, 2]
    assert client.get_latest_version("orders-value").schema_id == second
    assert refused(client.register_schema, "orders-value", Schema(STRING, "AVRO")).http_status_code == 409
    assert refused(client.get_version, "nobody", 1).error_code == 40401
    assert client.delete_version("orders-value", 2) == 2
    assert client.delete_subject("orders-value") == [1]
    assert client.delete_subject("orders-value", permanent=True) == [1, 2]


@with_client
def test_schemas_refer_to_others(client):
    client.register_schema("address", Schema(record("street", name="Address"), "AVRO"))
    reference = SchemaReference(name="Address", subject="address", version=-1)
    customer = Schema(record("home", name="Customer", home="Address"), "AVRO", references=[reference])
    registered = client.register_schema_full_response("customer", customer)
    assert registered.schema.references[0].version == 1
    assert client.get_schema_by_guid(registered.guid).schema_str == customer.schema_str
    assert refused(client.delete_subject, "address").error_code == 42206
    client.set_compatibility("customer", "NONE")
    assert client.get_compatibility("customer") == "NONE"
    assert client.register_schema("customer", Schema(INT, "AVRO")) > registered.schema_id


@with_client
def test_configs_are_set_and_told(client):
    assert client.get_compatibility() == "BACKWARD"
    wanted = ServerConfig(
        compatibility=ConfigCompatibilityLevel.FULL,
        compatibility_group="major",
        default_metadata=metadata(owner="us"),
        default_rule_set=rules("default"),
    )
    client.set_config("orders", wanted)
    config = client.get_config("orders")
    assert (config.compatibility_level, config.compatibility_group) == (ConfigCompatibilityLevel.FULL, "major")
    assert config.default_metadata == wanted.default_metadata
    assert config.default_rule_set.domain_rules[0].name == "default"
    client.delete_config("orders")
    with pytest.raises(SchemaRegistryError) as refusal:
        client.get_config("orders")
    assert (refusal.value.http_status_code, refusal.value.error_code) == (404, 40408)


@with_client
def test_modes_and_contexts(client):
    client.register_schema(":.staging:orders", Schema(INT, "AVRO"))
    assert client.get_contexts() == [".", ".staging"]
    assert client.update_global_mode("READONLY") == "READONLY"
    assert client.get_global_mode() == "READONLY"
    with pytest.raises(SchemaRegistryError) as refusal:
        client.register_schema("orders", Schema(INT, "AVRO"))
    assert refusal.value.error_code == 42205
    assert client.update_mode("orders", "READWRITE") == "READWRITE"
    assert client.register_schema("orders", Schema(INT, "AVRO")) == 1
    assert client.delete_mode("orders") == "READWRITE"


@with_client
def test_contracts_come_back_as_they_went_and_are_looked_up_by_their_properties(client):
    wanted = Schema(INT, "AVRO", metadata=metadata(major="1"), rule_set=rules("check"))
    client.register_schema("orders", wanted)
    found = client.get_latest_with_metadata("orders", {"major": "1"}).schema
    assert (found.metadata, found.rule_set.domain_rules) == (wanted.metadata, wanted.rule_set.domain_rules)


@with_client
def test_a_serializer_writes_under_the_subject_that_its_topic_is_associated_with(client):
    text = record("id")
    wanted = AssociationCreateOrUpdateInfo(association_type="value", schema=Schema(text, "AVRO"))
    created = client.create_association(
        AssociationCreateOrUpdateRequest(
            resource_name="orders",
            resource_namespace="lkc1",
            resource_id="id1",
            resource_type="topic",
            associations=[wanted],
        )
    )
    assert created.associations[0].subject == ":.lkc1:orders-value"
    context = SerializationContext("orders", MessageField.VALUE)
    data = AvroSerializer(client, text, conf={"auto.register.schemas": False})({"id": 7}, context)
    assert AvroDeserializer(client)(data, context) == {"id": 7}
    assert client.get_subjects() == [":.lkc1:orders-value"]
    client.delete_associations("id1", cascade_lifecycle=True)
    assert client.get_associations_by_resource_name("orders", "-") == []
    assert client.get_subjects() == []
