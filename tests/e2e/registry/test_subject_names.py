"""Under which subject a program registers, by every strategy of Confluent's clients."""

import pytest
from confluent_kafka.schema_registry import (
    AssociationCreateOrUpdateInfo,
    AssociationCreateOrUpdateRequest,
    Schema,
    record_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, SerializationError
from tests.e2e.registry.shop import ADA, AVRO, JSON, from_dict, to_dict

STRATEGY = "subject.name.strategy.type"
SETTINGS = "subject.name.strategy.conf"
FALLBACK = "subject.name.strategy.fallback.type"
CLUSTER = "subject.name.strategy.kafka.cluster.id"


def value_of(topic):
    return SerializationContext(topic, MessageField.VALUE)


def expected(strategy, topic, record):
    return {"TOPIC": f"{topic}-value", "RECORD": record, "TOPIC_RECORD": f"{topic}-{record}"}[strategy]


@pytest.mark.parametrize("strategy", ["TOPIC", "RECORD", "TOPIC_RECORD"])
def test_a_strategy_by_its_name(client, strategy):
    told = {STRATEGY: strategy}
    AvroSerializer(client, AVRO, to_dict, told)(ADA, value_of("avro"))
    JSONSerializer(JSON, client, to_dict, told)(ADA, value_of("json"))
    assert set(client.get_subjects()) == {
        expected(strategy, "avro", "shop.Order"),
        expected(strategy, "json", "Order"),
    }


@pytest.mark.parametrize("strategy", ["TOPIC", "RECORD", "TOPIC_RECORD"])
def test_a_strategy_by_its_name_for_protobuf(client, topic, orders_pb2, strategy):
    serializer = ProtobufSerializer(orders_pb2.Order, client, {STRATEGY: strategy})
    serializer(orders_pb2.Order(id=1), value_of(topic))
    assert set(client.get_subjects()) == {expected(strategy, topic, "shop.Order"), "customers.proto"}


def test_a_function(client, topic):
    def strategy(context, record):
        return f"{record}.of.{context.topic}"

    AvroSerializer(client, AVRO, to_dict, {"subject.name.strategy": strategy})(ADA, value_of(topic))
    AvroSerializer(client, AVRO, to_dict, {"subject.name.strategy": record_subject_name_strategy})(
        ADA, value_of("other")
    )
    assert client.get_subjects() == ["shop.Order", f"shop.Order.of.{topic}"]


class TestAssociated:
    @pytest.mark.parametrize("fallback", ["TOPIC", "RECORD", "TOPIC_RECORD"])
    def test_what_has_no_association_falls_back(self, client, topic, fallback):
        told = {STRATEGY: "ASSOCIATED", SETTINGS: {FALLBACK: fallback}}
        AvroSerializer(client, AVRO, to_dict, told)(ADA, value_of(topic))
        assert client.get_subjects() == [expected(fallback, topic, "shop.Order")]

    def test_or_is_refused_where_there_is_no_fallback(self, client, topic):
        told = {STRATEGY: "ASSOCIATED", SETTINGS: {FALLBACK: "NONE"}}
        with pytest.raises(SerializationError, match="No associated subject"):
            AvroSerializer(client, AVRO, to_dict, told)(ADA, value_of(topic))
        assert client.get_subjects() == []

    @pytest.mark.parametrize("cluster", ["-", "lkc-1"])
    def test_an_associated_subject_is_taken(self, client, topic, cluster):
        client.register_schema("all-orders", Schema(AVRO, "AVRO"))
        associate(client, topic, "all-orders")
        settings = {} if cluster == "-" else {CLUSTER: cluster}
        serializer = AvroSerializer(client, AVRO, to_dict, {STRATEGY: "ASSOCIATED", SETTINGS: settings})
        value = serializer(ADA, value_of(topic))
        assert AvroDeserializer(client, None, from_dict)(value, value_of(topic)) == ADA
        assert client.get_subjects() == ["all-orders"]
        client.delete_associations(topic, "topic", ["value"])

    def test_nobody_who_says_nothing_misses_it(self, client, topic):
        """The default asks for associations first."""
        client.register_schema("all-orders", Schema(AVRO, "AVRO"))
        associate(client, topic, "all-orders")
        AvroSerializer(client, AVRO, to_dict)(ADA, value_of(topic))
        assert client.get_subjects() == ["all-orders"]
        client.delete_associations(topic, "topic", ["value"])


def associate(client, topic, subject):
    info = AssociationCreateOrUpdateInfo(subject=subject, association_type="value", lifecycle="WEAK")
    request = AssociationCreateOrUpdateRequest(
        resource_name=topic,
        resource_namespace="lkc-1",
        resource_id=topic,
        resource_type="topic",
        associations=[info],
    )
    client.create_association(request)
