"""A `headwater up` for all programs, and for each of them an empty registry and a topic of its own."""

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from tests.e2e.registry import shop
from tests.e2e.registry.stack import Stack, beside_apache_kafka, headwater_up

STACKS = {"headwater up": headwater_up, "apache kafka": beside_apache_kafka}


@pytest.fixture(scope="session", params=["headwater up", pytest.param("apache kafka", marks=pytest.mark.java)])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with STACKS[request.param](tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
def client_of(stack: Stack) -> Iterator[Callable[[str], SchemaRegistryClient]]:
    clients = []

    def client_of(url: str) -> SchemaRegistryClient:
        clients.append(SchemaRegistryClient({"url": url}))
        return clients[-1]

    yield client_of
    for each in clients:
        each.close()


@pytest.fixture
def client(stack: Stack, client_of: Callable[[str], SchemaRegistryClient]) -> SchemaRegistryClient:
    stack.forget()
    return client_of(stack.registry)


@pytest.fixture
def topic(stack: Stack, request: pytest.FixtureRequest) -> str:
    name = "".join(each if each.isalnum() else "-" for each in request.node.name)
    admin = AdminClient({"bootstrap.servers": stack.bootstrap})
    for created in admin.create_topics([NewTopic(name, 1, 1)]).values():
        created.result()
    return name


@pytest.fixture(scope="session")
def orders_pb2(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    return shop.compiled(tmp_path_factory.mktemp("protos"))
