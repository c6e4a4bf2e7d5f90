"""Programs that produce and consume with schemas, as the documentation of confluent-kafka writes them."""

import pytest
from confluent_kafka import Consumer, DeserializingConsumer, Message, Producer, SerializingProducer
from confluent_kafka.schema_registry import (
    Schema,
    SchemaReference,
    SchemaRegistryError,
    header_schema_id_serializer,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import (
    MessageField,
    SerializationContext,
    SerializationError,
    StringDeserializer,
    StringSerializer,
)
from tests.e2e.registry.shop import ADA, AVRO, GRACE, JSON, from_dict, to_dict

POLL_S = 30.0


def test_avro(stack, client, topic):
    producer = Producer({"bootstrap.servers": stack.bootstrap})
    serializer = AvroSerializer(client, AVRO, to_dict)
    for order in (ADA, GRACE):
        value = serializer(order, SerializationContext(topic, MessageField.VALUE))
        producer.produce(topic, key=str(order.id), value=value)
    assert producer.flush(POLL_S) == 0

    deserializer = AvroDeserializer(client, AVRO, from_dict)
    messages = consume(stack, topic, 2)
    assert [deserializer(each.value(), context_of(each)) for each in messages] == [ADA, GRACE]
    assert client.get_subjects() == [f"{topic}-value"]
    assert client.get_latest_version(f"{topic}-value").schema.schema_type == "AVRO"


def test_json_schema(stack, client, topic):
    producer = Producer({"bootstrap.servers": stack.bootstrap})
    serializer = JSONSerializer(JSON, client, to_dict)
    for order in (ADA, GRACE):
        producer.produce(topic, value=serializer(order, SerializationContext(topic, MessageField.VALUE)))
    assert producer.flush(POLL_S) == 0

    with pytest.raises(SerializationError):
        JSONSerializer(JSON, client, lambda *_: {"id": "one"})(ADA, SerializationContext(topic, MessageField.VALUE))
    deserializer = JSONDeserializer(None, from_dict, client)
    assert [deserializer(each.value(), context_of(each)) for each in consume(stack, topic, 2)] == [ADA, GRACE]


def test_protobuf_registers_what_it_imports(stack, client, client_of, topic, orders_pb2):
    order = orders_pb2.Order(id=1, lines=[orders_pb2.Order.Line(article="tea", price=2.5)])
    order.customer.name = "Ada"
    order.placed.FromJsonString("2026-01-02T03:04:05Z")
    producer = Producer({"bootstrap.servers": stack.bootstrap})
    serializer = ProtobufSerializer(orders_pb2.Order, client)
    producer.produce(topic, value=serializer(order, SerializationContext(topic, MessageField.VALUE)))
    assert producer.flush(POLL_S) == 0

    [message] = consume(stack, topic, 1)
    deserializer = ProtobufDeserializer(orders_pb2.Order, None, client_of(stack.registry))
    assert deserializer(message.value(), context_of(message)) == order
    registered = client.get_latest_version(f"{topic}-value")
    assert [each.subject for each in registered.schema.references] == ["customers.proto"]
    assert registered.schema.schema_str.startswith('syntax = "proto3";\npackage shop;\n')


def test_keys_and_values_through_serializing_clients(stack, client, topic):
    producer = SerializingProducer(
        {
            "bootstrap.servers": stack.bootstrap,
            "key.serializer": AvroSerializer(client, '"long"'),
            "value.serializer": AvroSerializer(client, AVRO, to_dict),
        }
    )
    producer.produce(topic, key=ADA.id, value=ADA)
    assert producer.flush(POLL_S) == 0
    consumer = DeserializingConsumer(
        {
            "bootstrap.servers": stack.bootstrap,
            "group.id": topic,
            "auto.offset.reset": "earliest",
            "key.deserializer": AvroDeserializer(client),
            "value.deserializer": AvroDeserializer(client, None, from_dict),
        }
    )
    consumer.subscribe([topic])
    message = consumer.poll(POLL_S)
    consumer.close()
    assert (message.key(), message.value()) == (ADA.id, ADA)
    assert client.get_subjects() == [f"{topic}-key", f"{topic}-value"]


@pytest.mark.parametrize("form", ["avro", "json", "protobuf"])
def test_the_schema_is_named_in_a_header(stack, client, client_of, topic, orders_pb2, form):
    reader = client_of(stack.registry)
    header = {"schema.id.serializer": header_schema_id_serializer}
    sent = orders_pb2.Order(id=7) if form == "protobuf" else ADA
    serializer, deserializer = {
        "avro": (AvroSerializer(client, AVRO, to_dict, header), AvroDeserializer(reader, None, from_dict)),
        "json": (JSONSerializer(JSON, client, to_dict, header), JSONDeserializer(None, from_dict, reader)),
        "protobuf": (
            ProtobufSerializer(orders_pb2.Order, client, header),
            ProtobufDeserializer(orders_pb2.Order, None, reader),
        ),
    }[form]
    producer = SerializingProducer(
        {
            "bootstrap.servers": stack.bootstrap,
            "key.serializer": StringSerializer(),
            "value.serializer": serializer,
        }
    )
    producer.produce(topic, key="k", value=sent, headers=[("other", b"x")])
    assert producer.flush(POLL_S) == 0
    [message] = consume(stack, topic, 1)
    assert [name for name, _ in message.headers()] == ["other", "__value_schema_id"]
    assert StringDeserializer()(message.key()) == "k"
    assert deserializer(message.value(), context_of(message)) == sent


def test_a_schema_with_references_is_written_and_read(stack, client, topic):
    customer = '{"type":"record","name":"Customer","namespace":"shop","fields":[{"name":"name","type":"string"}]}'
    order = (
        '{"type":"record","name":"Order","namespace":"shop","fields":'
        '[{"name":"id","type":"long"},{"name":"customer","type":"shop.Customer"}]}'
    )
    client.register_schema("shop.Customer", Schema(customer, "AVRO"))
    reference = SchemaReference(name="shop.Customer", subject="shop.Customer", version=1)
    schema = Schema(order, "AVRO", [reference])
    client.register_schema(f"{topic}-value", schema)
    serializer = AvroSerializer(client, schema, to_dict, {"auto.register.schemas": False})
    value = serializer(ADA, SerializationContext(topic, MessageField.VALUE))
    assert AvroDeserializer(client, None, from_dict)(value, SerializationContext(topic, MessageField.VALUE)) == ADA
    assert client.lookup_schema(f"{topic}-value", schema).version == 1
    with pytest.raises(SchemaRegistryError) as refused:
        client.delete_subject("shop.Customer")
    assert refused.value.error_code == 42206


def test_what_is_written_with_an_older_schema_is_read_with_a_newer(stack, client, topic):
    old = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}'
    new = (
        '{"type":"record","name":"Order","fields":'
        '[{"name":"id","type":"long"},{"name":"state","type":"string","default":"open"}]}'
    )
    context = SerializationContext(topic, MessageField.VALUE)
    value = AvroSerializer(client, old)({"id": 1}, context)
    assert AvroDeserializer(client, new)(value, context) == {"id": 1, "state": "open"}
    assert client.test_compatibility(f"{topic}-value", Schema(new, "AVRO"))
    wrong = Schema('{"type":"record","name":"Order","fields":[{"name":"id","type":"string"}]}', "AVRO")
    assert not client.test_compatibility(f"{topic}-value", wrong)
    with pytest.raises(SchemaRegistryError, match="incompatible with an earlier schema") as refused:
        client.register_schema(f"{topic}-value", wrong)
    assert (refused.value.http_status_code, refused.value.error_code) == (409, 40901)


def test_the_latest_version_or_a_given_id_is_used_to_write(client, topic):
    context = SerializationContext(topic, MessageField.VALUE)
    first = client.register_schema(f"{topic}-value", Schema(AVRO, "AVRO"))
    wider = AVRO.replace('"fields": [\n', '"fields": [{"name": "more", "type": "int", "default": 3},\n', 1)
    second = client.register_schema(f"{topic}-value", Schema(wider, "AVRO"))
    latest = AvroSerializer(client, None, to_dict, {"auto.register.schemas": False, "use.latest.version": True})
    given = AvroSerializer(client, None, to_dict, {"auto.register.schemas": False, "use.schema.id": first})
    assert [id_of(latest(ADA, context)), id_of(given(ADA, context))] == [second, first]


def test_a_context_of_its_own(stack, client_of, topic):
    """As Confluent documents it: the URL ends with the context."""
    client = client_of(f"{stack.registry}/contexts/.staging")
    serializer = AvroSerializer(client, AVRO, to_dict)
    context = SerializationContext(topic, MessageField.VALUE)
    value = serializer(ADA, context)
    assert AvroDeserializer(client, None, from_dict)(value, context) == ADA
    assert client.get_subjects() == [f":.staging:{topic}-value"]
    assert f":.staging:{topic}-value" in client_of(stack.registry).get_subjects()


def test_what_is_not_registered_is_not_written(client, topic):
    serializer = AvroSerializer(client, AVRO, to_dict, {"auto.register.schemas": False})
    with pytest.raises(SchemaRegistryError) as refused:
        serializer(ADA, SerializationContext(topic, MessageField.VALUE))
    assert (refused.value.http_status_code, refused.value.error_code) == (404, 40401)


def consume(stack, topic, count):
    consumer = Consumer({"bootstrap.servers": stack.bootstrap, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    messages: list[Message] = []
    while len(messages) < count:
        message = consumer.poll(POLL_S)
        assert message is not None, f"{len(messages)} of {count} arrived"
        assert message.error() is None, message.error()
        messages.append(message)
    consumer.close()
    return messages


def context_of(message):
    return SerializationContext(message.topic(), MessageField.VALUE, message.headers())


def id_of(value):
    """The schema's, from the five bytes in front."""
    assert value[0] == 0
    return int.from_bytes(value[1:5], "big")
