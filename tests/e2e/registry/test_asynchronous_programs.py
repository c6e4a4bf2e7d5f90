"""The same with the asynchronous clients of confluent-kafka."""

import asyncio

import pytest
from confluent_kafka.aio import AIOConsumer, AIOProducer
from confluent_kafka.schema_registry import AsyncSchemaRegistryClient, Schema, SchemaRegistryError
from confluent_kafka.schema_registry._async.avro import AsyncAvroDeserializer, AsyncAvroSerializer
from confluent_kafka.schema_registry._async.json_schema import AsyncJSONDeserializer, AsyncJSONSerializer
from confluent_kafka.schema_registry._async.protobuf import AsyncProtobufDeserializer, AsyncProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from tests.e2e.registry.shop import ADA, AVRO, JSON, from_dict, to_dict

POLL_S = 30.0


@pytest.fixture
def order(orders_pb2):
    return orders_pb2.Order(id=1, lines=[orders_pb2.Order.Line(article="tea", price=2.5)])


@pytest.mark.parametrize("form", ["avro", "json", "protobuf"])
def test_what_is_produced_is_consumed(stack, client, topic, order, form):
    async def program():
        async with AsyncSchemaRegistryClient({"url": stack.registry}) as registry:
            value = await produced(registry, stack, topic, order, form)
        async with AsyncSchemaRegistryClient({"url": stack.registry}) as registry:
            assert await consumed(registry, stack, topic, order, form) == value

    asyncio.run(program())
    assert f"{topic}-value" in client.get_subjects()


async def produced(registry, stack, topic, order, form):
    serializer = await {
        "avro": lambda: AsyncAvroSerializer(registry, AVRO, to_dict),
        "json": lambda: AsyncJSONSerializer(JSON, registry, to_dict),
        "protobuf": lambda: AsyncProtobufSerializer(type(order), registry),
    }[form]()
    value = order if form == "protobuf" else ADA
    producer = AIOProducer({"bootstrap.servers": stack.bootstrap})
    try:
        data = await serializer(value, SerializationContext(topic, MessageField.VALUE))
        delivery = await producer.produce(topic, value=data)
        await producer.flush()
        await delivery
    finally:
        await producer.close()
    return value


async def consumed(registry, stack, topic, order, form):
    deserializer = await {
        "avro": lambda: AsyncAvroDeserializer(registry, None, from_dict),
        "json": lambda: AsyncJSONDeserializer(None, from_dict, registry),
        "protobuf": lambda: AsyncProtobufDeserializer(type(order), None, registry),
    }[form]()
    consumer = AIOConsumer({"bootstrap.servers": stack.bootstrap, "group.id": topic, "auto.offset.reset": "earliest"})
    try:
        await consumer.subscribe([topic])
        message = await consumer.poll(timeout=POLL_S)
        return await deserializer(message.value(), SerializationContext(topic, MessageField.VALUE, message.headers()))
    finally:
        await consumer.close()


def test_the_registry_is_asked(stack, client, topic):
    async def program():
        async with AsyncSchemaRegistryClient({"url": stack.registry}) as registry:
            subject = f"{topic}-value"
            schema_id = await registry.register_schema(subject, Schema(AVRO, "AVRO"))
            assert (await registry.get_schema(schema_id)).schema_type == "AVRO"
            assert await registry.get_versions(subject) == [1]
            assert (await registry.lookup_schema(subject, Schema(AVRO, "AVRO"))).schema_id == schema_id
            await registry.set_compatibility(subject, "FULL")
            assert await registry.get_compatibility(subject) == "FULL"
            with pytest.raises(SchemaRegistryError) as refused:
                await registry.get_latest_version("nobody")
            assert refused.value.error_code == 40401
            assert await registry.delete_subject(subject) == [1]

    asyncio.run(program())
