"""The API is what `/openapi.json` says it is: whatever is sent, nothing breaks, and each answer is of a form that is described there.

Requests are drawn from the description, of all endpoints in one long conversation, so that they meet what others left behind. Texts
drawn at random name nothing that is there and are no schemas, so some of the time names and schemas are put in their places.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.types import ASGIApp
from tests.registry.encryption.keys import Kept
from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import service_over

from headwater.kernel.counters import Counters
from headwater.kernel.real.randomness import SystemRandomness
from headwater.registry.api.app import registry_app
from headwater.registry.api.forwarding import Alone, on_writer
from headwater.registry.encryption.api.deks import deks_api
from headwater.registry.encryption.api.keks import keks_api
from headwater.registry.encryption.kms import KmsKey
from headwater.registry.encryption.machine import DekRegistry
from headwater.registry.encryption.service import DekRegistryService
from headwater.registry.linking.api import exporters_api
from headwater.registry.linking.exporters import Exporters
from headwater.registry.linking.secrets import Seal
from headwater.registry.linking.service import LinkingService
from headwater.registry.linking.states import ExporterStates

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
EXAMPLES: Final = 600
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NAMES: Final = ("a", ":.ctx:a", "b/c", "r")
KNOWN: Final[Mapping[str, Sequence[Any]]] = {
    "subject": (*NAMES, ":.ctx:", ":*:a"),
    "version": ("1", "2", "latest", "-1"),
    "number": ("1", "latest"),
    "id": (1, 2, 3),
    "name": ("k", "e"),
    "context": (".ctx", "."),
    "resource_id": ("x",),
}
SCHEMAS: Final = (
    {"schema": '"int"'},
    {"schema": '{"type":"record","name":"R","fields":[{"name":"f","type":"int","default":0}]}'},
    {"schema": '{"type":"record","name":"R","fields":[{"name":"g","type":"string"}]}', "references": []},
    {"schema": '{"type":"object","properties":{"f":{"type":"integer"}}}', "schemaType": "JSON"},
    {"schema": 'syntax = "proto3"; message M { int32 f = 1; }', "schemaType": "PROTOBUF"},
    {"schema": '"long"', "references": [{"name": "r", "subject": "a", "version": 1}]},
    {"schema": '"int"', "metadata": {"properties": {"owner": "ann"}, "tags": {"a": ["b"]}, "sensitive": ["owner"]}},
    {
        "schema": '"int"',
        "ruleSet": {"domainRules": [{"name": "n", "kind": "CONDITION", "mode": "WRITE", "type": "CEL"}]},
    },
)
ASSOCIATIONS: Final = tuple(
    {
        "resourceName": "t",
        "resourceNamespace": "n",
        "resourceId": "x",
        "associations": [{"associationType": "value", **each}],
    }
    for each in ({"subject": "a", "lifecycle": "WEAK"}, {"schema": {"schema": '"long"'}})
)
BODIES: Final[Mapping[str, Sequence[Any]]] = {
    "/subjects/{subject}": SCHEMAS,
    "/subjects/{subject}/versions": SCHEMAS,
    "/compatibility/subjects/{subject}/versions": SCHEMAS,
    "/compatibility/subjects/{subject}/versions/{number}": SCHEMAS,
    "/config": ({"compatibility": "NONE"}, {"compatibility": "FULL", "normalize": True}),
    "/config/{subject}": ({"alias": "a"}, {"alias": None, "defaultMetadata": {"properties": {"a": "b"}}}),
    "/mode": ({"mode": "READWRITE"},),
    "/mode/{subject}": ({"mode": "READWRITE"}, {"mode": "READONLY"}, {"mode": "IMPORT"}),
    "/associations": ASSOCIATIONS,
    "/associations:batchMutate": tuple({"requests": [each]} for each in ASSOCIATIONS),
    "/dek-registry/v1/keks": (
        {"name": "k", "kmsType": "local-kms", "kmsKeyId": "1"},
        {"name": "e", "kmsType": "local-kms", "kmsKeyId": "1", "shared": True},
    ),
    "/dek-registry/v1/keks/{name}": ({"doc": "ours"}, {"shared": False}),
    "/dek-registry/v1/keks/{name}/deks": ({"subject": "a", "encryptedKeyMaterial": "AAAA"}, {"subject": "a"}),
    "/dek-registry/v1/keks/{name}/deks/{subject}": ({"encryptedKeyMaterial": "AAAA", "version": 2},),
    "/exporters": ({"name": "e", "config": {"schema.registry.url": "http://there"}, "contextType": "NONE"},),
}
"""By path. What is drawn at random is no schema, and no request for anything."""


class Willing:
    """A key management service that refuses nothing, for what it refuses is the registry's 500, as in Confluent's."""

    async def wrap(self, key: KmsKey, plain: bytes) -> bytes:
        return plain

    async def unwrap(self, key: KmsKey, wrapped: bytes) -> bytes:
        return wrapped


def whole_app() -> ASGIApp:
    """With all that can be served beside schemas."""
    store = MemoryStore()
    keys = DekRegistryService(Kept(DekRegistry()), store, kms=Willing(), randomness=SystemRandomness())
    more = (keks_api(keys, Alone()), deks_api(keys, Alone()))
    linking = LinkingService(
        Kept(Exporters()), Kept(ExporterStates()), seal=Seal("ours", SystemRandomness()), changed=lambda: None
    )
    return registry_app(
        service_over(store), counters=Counters(), more=(*more, exporters_api(linking, on_writer(Alone())))
    )


class Served:
    def __init__(self, app: ASGIApp, runner: asyncio.Runner) -> None:
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://registry"
        )
        self._runner = runner
        description = runner.run(self._http.get("/openapi.json")).json()
        found = schemathesis.openapi.from_dict(description).get_all_operations()
        self.operations: list[Operation] = [each.ok() for each in found]  # type: ignore[union-attr]

    def check(self, case: Case) -> None:
        """A schema's text alone goes out as it is, as JSON whatever it is, as Confluent's registry gives it."""
        skipped = [response_schema_conformance] if case.operation.path.endswith("/schema") else []
        case.validate_response(self.ask(case), checks=CHECKS, excluded_checks=skipped)

    def ask(self, case: Case) -> httpx.Response:
        arguments = case.as_transport_kwargs(base_url="http://registry")
        sent: Any = requests.Request(**arguments).prepare()
        request = self._http.build_request(sent.method, sent.url, content=sent.body, headers=dict(sent.headers))
        return self._runner.run(self._http.send(request))


@pytest.fixture
def served() -> Iterator[Served]:
    with asyncio.Runner() as runner:
        yield Served(whole_app(), runner)


@st.composite
def cases(draw: st.DrawFn, operations: Sequence[Operation]) -> Case:
    """Two of three that should be fine; most of them name what may be there."""
    operation = draw(st.sampled_from(operations))
    is_fine, is_named, is_meant = (draw(st.integers(0, most)) > 0 for most in (2, 5, 5))
    mode = GenerationMode.POSITIVE if is_fine else GenerationMode.NEGATIVE
    case: Case = draw(operation.as_strategy(generation_mode=mode))
    if is_named:
        for name in KNOWN.keys() & (case.path_parameters or {}).keys():
            case.path_parameters[name] = draw(st.sampled_from(KNOWN[name]))
    if is_meant and operation.body and operation.path in BODIES:
        case.body = draw(st.sampled_from(BODIES[operation.path]))
    return case


@pytest.mark.parametrize("number", range(2))
def test_whatever_is_sent_is_answered_as_it_is_described(served: Served, number: int):
    @seed(number)
    @settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=cases(served.operations))
    def holds(case: Case) -> None:
        served.check(case)

    holds()
