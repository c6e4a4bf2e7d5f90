"""Orders of a shop, in the three formats, as programs of users have them."""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc_tools
from grpc_tools import protoc

HERE = Path(__file__).parent

AVRO = """
{"type": "record", "name": "Order", "namespace": "shop", "fields": [
    {"name": "id", "type": "long"},
    {"name": "customer", "type": {"type": "record", "name": "Customer", "fields": [{"name": "name", "type": "string"}]}},
    {"name": "note", "type": ["null", "string"], "default": null}
]}
"""
JSON = """
{"$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object",
 "properties": {
    "id": {"type": "integer"},
    "customer": {"type": "object", "properties": {"name": {"type": "string"}}},
    "note": {"type": ["string", "null"]}},
 "required": ["id"]}
"""


@dataclass
class Customer:
    name: str


@dataclass
class Order:
    id: int
    customer: Customer
    note: str | None = None


ADA = Order(id=1, customer=Customer(name="Ada"))
GRACE = Order(id=2, customer=Customer(name="Grace"), note="by bike")


def to_dict(order: Order, context: Any) -> dict[str, Any]:
    return {"id": order.id, "customer": {"name": order.customer.name}, "note": order.note}


def from_dict(told: dict[str, Any], context: Any) -> Order:
    return Order(id=told["id"], customer=Customer(name=told["customer"]["name"]), note=told.get("note"))


def compiled(folder: Path) -> ModuleType:
    """`orders_pb2`, as protoc makes it."""
    found_in = [f"--proto_path={each}" for each in (HERE, Path(grpc_tools.__file__).with_name("_proto"))]
    assert protoc.main(["protoc", *found_in, f"--python_out={folder}", "customers.proto", "orders.proto"]) == 0
    for name in ("customers_pb2", "orders_pb2"):
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules["orders_pb2"]
