"""A stranger's schema costs a bounded time and an error, and the registry serves on."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.http.http_client import Client, client_of
from tests.registry.in_process import InProcessCompanions, never_ends
from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import INT, Registry, registry

from headwater.kernel.counters import Counters
from headwater.kernel.real.companions import RealCompanions
from headwater.registry.api.app import registry_app
from headwater.registry.formats import jobs
from headwater.registry.formats.worker import Limits, Worker
from headwater.registry.service import Service

DEEP = '{"type":"array","items":' * 5_000 + INT + "}" * 5_000
WIDE = '{"type":"enum","name":"E","symbols":[' + ",".join(f'"S{each}"' for each in range(50_000)) + "]}"
OPEN = '{"type":"object","allOf":[' + ",".join(['{"$ref":"#"}'] * 200) + "]}"
PATTERN = '{"type":"string","pattern":"(a+)+$"}'
BLOCKS = "message A {" * 3_000 + "}" * 3_000


class Busy:
    """A registry whose worker never ends, until it is told to."""

    def __init__(self) -> None:
        self.companions = InProcessCompanions()
        counters = Counters()
        worker = Worker(self.companions, counters=counters, limits=Limits(deadline_ms=5))
        self.app = registry_app(Service(MemoryStore(), worker), counters=counters)


@pytest.fixture
def busy() -> Iterator[tuple[Busy, Client]]:
    subject = Busy()
    with client_of(subject.app) as client:
        yield subject, client


def test_a_schema_that_takes_too_long_is_refused_and_what_is_there_is_served(busy):
    subject, client = busy
    assert client.post("/subjects/s/versions", {"schema": INT}).status == 200
    subject.companions.answer = never_ends
    refused = client.post("/subjects/s/versions", {"schema": '"long"'})
    assert refused.refusal == (
        42201,
        "Invalid schema of type AVRO, details: it takes longer than 5 ms to understand it",
    )
    assert client.get("/subjects/s/versions/1").body["schema"] == INT
    subject.companions.answer = jobs.answer
    assert client.post("/subjects/s/versions", {"schema": '"long"'}).body["version"] == 2
    assert "headwater_registry_workers_killed_total 1" in client.get("/metrics").body


def test_a_schema_that_is_too_large_is_not_looked_at():
    with registry(schema_bytes_max=100) as api:
        text = '{"type":"string","doc":"' + "x" * 100 + '"}'
        for answer in (api.register("s", text), api.post("/subjects/s", {"schema": text})):
            assert answer.refusal == (42209, "Register operation failed because schema is too large")


@pytest.mark.parametrize(
    ("kind", "text"),
    [("AVRO", DEEP), ("AVRO", WIDE), ("JSON", DEEP), ("JSON", OPEN), ("JSON", PATTERN), ("PROTOBUF", BLOCKS)],
    ids=["deep", "wide", "deep JSON", "circular JSON", "slow pattern", "deep Protobuf"],
)
def test_whatever_is_sent_is_answered_in_time_by_a_real_worker(kind, text):
    with asyncio.Runner() as runner:
        worker = Worker(RealCompanions(), counters=Counters())
        client = Client(registry_app(Service(MemoryStore(), worker), counters=Counters()), runner)
        answer = client.post("/subjects/s/versions", {"schemaType": kind, "schema": text})
        assert answer.status in (200, 422), answer
        assert client.post("/subjects/t/versions", {"schema": INT}).status == 200
        runner.run(worker.close())


def test_a_name_may_not_hold_what_no_name_holds(api: Registry):
    assert api.register("%01").refusal == (42208, "The specified subject '\x01' is not a valid.")
    assert api.register("__GLOBAL").refusal[0] == 42208
