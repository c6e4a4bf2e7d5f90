"""A registry of one process and its caller: the whole API over a store without a topic, and schemas parsed in the same process."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.http.http_client import Answer, Client
from tests.registry.in_process import InProcessCompanions
from tests.registry.memory_store import MemoryStore

from headwater.kernel.counters import Counters
from headwater.registry.api.app import registry_app
from headwater.registry.api.root import About
from headwater.registry.formats.worker import Worker
from headwater.registry.service import Service
from headwater.registry.store.machine import Registry as Machine
from headwater.registry.store.port import Store

ABOUT = About(cluster_id="a-cluster", group_id="schema-registry", version="8.3.0")
INT = '"int"'
STRING = '"string"'
LONG = '"long"'


def record(*fields: str, name: str = "R", **types: Any) -> str:
    """An Avro record: fields that need a value, or, with a `?`, that have a default."""
    told = [
        {"name": each.removesuffix("?"), "type": types.get(each.removesuffix("?"), "int")}
        | ({"default": 0} if each.endswith("?") else {})
        for each in fields
    ]
    return json.dumps({"type": "record", "name": name, "fields": told}, separators=(",", ":"))


def service_over(store: Store[Machine], **more: Any) -> Service:
    return Service(store, Worker(InProcessCompanions(), counters=Counters()), **more)


class Registry(Client):
    def __init__(self, store: MemoryStore, runner: asyncio.Runner, **more: Any) -> None:
        self.store = store
        self.service = service_over(store, **more)
        super().__init__(registry_app(self.service, about=lambda: ABOUT, counters=Counters()), runner)

    def register(self, subject: str, schema: str = INT, query: str = "", **more: Any) -> Answer:
        return self.post(f"/subjects/{subject}/versions{query}", {"schema": schema, **more})

    def registered(self, subject: str, schema: str = INT, query: str = "", **more: Any) -> int:
        """Its id."""
        answer = self.register(subject, schema, query, **more)
        assert answer.status == 200, answer
        schema_id: int = answer.body["id"]
        return schema_id

    def submit(self, request: object) -> Any:
        """Straight to the machine."""
        return self.run(self.service.submit(request))


@contextmanager
def registry(store: MemoryStore | None = None, **more: Any) -> Iterator[Registry]:
    with asyncio.Runner() as runner:
        yield Registry(store or MemoryStore(), runner, **more)
