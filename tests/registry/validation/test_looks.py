"""Whether a schema is registered: in a replica of the registry's topic, and by asking a registry over HTTP."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from tests.registry.in_process import InProcessCompanions

from headwater.kernel.counters import Counters
from headwater.registry.content import Content, digest
from headwater.registry.errors import RegistryRefused
from headwater.registry.formats.worker import Worker
from headwater.registry.remote import RemoteRegistry
from headwater.registry.store.machine import Registry
from headwater.registry.store.records import RegistryRecord, SchemaKey, SchemaValue
from headwater.registry.validation.elsewhere import RemoteLook
from headwater.registry.validation.names import Names
from headwater.registry.validation.own import OwnLook
from headwater.registry.validation.verdicts import Use

T = TypeVar("T")
SEVEN = b"\0\0\0\0\7"
TEXT = '{"type":"record","name":"Order","namespace":"shop","fields":[]}'
GUID = b"\1" + digest(Content(type="AVRO", text=TEXT))


class Following:
    """As a replica: what was written is read when it is caught up with."""

    def __init__(self, *records: RegistryRecord) -> None:
        self.machine = Registry()
        self.coming = list(records)
        self.caught_up = 0

    async def read(self, query: Callable[[Registry], T]) -> T:
        return query(self.machine)

    async def catch_up(self, *, timeout_s: float) -> None:
        self.caught_up += 1
        while self.coming:
            self.machine.replay(self.coming.pop(0))


def version(subject: str, *, deleted: bool = False) -> RegistryRecord:
    value = SchemaValue(subject=subject, version=1, id=7, schema=TEXT, deleted=deleted)
    return RegistryRecord(key=SchemaKey(subject=subject, version=1), value=value)


NAMES = Names(Worker(InProcessCompanions(), counters=Counters()))


def own(use: Use, *records: RegistryRecord) -> bool:
    return asyncio.run(OwnLook(Following(*records), NAMES).is_registered(use))  # type: ignore[arg-type]


USES = [
    (Use(mark=SEVEN, subject="orders-value", by_record=False), ["orders-value"], True),
    (Use(mark=SEVEN, subject="orders-value", by_record=False), ["other-value"], False),
    (Use(mark=SEVEN, subject="", by_record=True), ["shop.Order"], True),
    (Use(mark=SEVEN, subject="", by_record=True), ["shop.Other"], False),
    (Use(mark=SEVEN, subject="orders-", by_record=True), ["orders-shop.Order"], True),
    (Use(mark=SEVEN, subject="orders-", by_record=True), ["shop.Order"], False),
    (Use(mark=b"\0\0\0\0\x08", subject="orders-value", by_record=False), ["orders-value"], False),
    (Use(mark=GUID, subject="orders-value", by_record=False), ["orders-value"], True),
    (Use(mark=b"\1" + bytes(16), subject="orders-value", by_record=False), ["orders-value"], False),
]


@pytest.mark.parametrize(("use", "subjects", "registered"), USES)
def test_a_replica_tells_what_is_registered(use, subjects, registered):
    assert own(use, *(version(each) for each in subjects)) is registered


def test_what_is_soft_deleted_is_not_for_new_data():
    assert own(Use(mark=SEVEN, subject="orders-value", by_record=False), version("orders-value", deleted=True)) is False


def test_a_replica_that_knows_it_is_not_made_to_read_on():
    following = Following(version("orders-value"))
    look = OwnLook(following, NAMES)  # type: ignore[arg-type]
    use = Use(mark=SEVEN, subject="orders-value", by_record=False)
    assert asyncio.run(look.is_registered(use)) is True
    assert asyncio.run(look.is_registered(use)) is True
    assert following.caught_up == 1


def remote(use: Use, answers: Mapping[str, Any]) -> bool:
    def answer(request: httpx.Request) -> httpx.Response:
        found = answers.get(request.url.path)
        if isinstance(found, int):
            return httpx.Response(found, json={"error_code": found, "message": "no"})
        if found is None:
            return httpx.Response(404, json={"error_code": 40403, "message": "Schema not found"})
        return httpx.Response(200, json=found)

    async def work() -> bool:
        async with RemoteRegistry(["http://registry"], transport=httpx.MockTransport(answer)) as registry:
            return await RemoteLook(registry, NAMES).is_registered(use)

    return asyncio.run(work())


@pytest.mark.parametrize(("use", "subjects", "registered"), USES)
def test_a_registry_elsewhere_is_asked_the_same(use, subjects, registered):
    answers = {
        "/schemas/ids/7": {"schema": TEXT},
        "/schemas/ids/7/subjects": subjects,
        f"/schemas/guids/{UUID(bytes=GUID[1:])}/ids": [{"context": ".", "id": 7}],
    }
    assert remote(use, answers) is registered


def test_a_registry_that_fails_has_not_said_no():
    with pytest.raises(RegistryRefused):
        remote(Use(mark=SEVEN, subject="orders-value", by_record=False), {"/schemas/ids/7/subjects": 500})
