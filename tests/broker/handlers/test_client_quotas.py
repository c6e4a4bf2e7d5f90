"""AlterClientQuotas and DescribeClientQuotas."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.broker.rig import Forbid, Rig, rig
from tests.machine.toy import run

from headwater.broker.handlers import alter_client_quotas, describe_client_quotas
from headwater.security.access import THE_CLUSTER, Operation
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.alter_client_quotas_request import (
    AlterClientQuotasRequest,
    EntityData,
    EntryData,
    OpData,
)
from headwater.wire.messages.describe_client_quotas_request import ComponentData, DescribeClientQuotasRequest

VERSIONS = range(2)
EXACT, DEFAULT, SPECIFIED = range(3)
SET: Sequence[Mapping[str, str | None]] = (
    {"user": "ann"},
    {"user": "ann", "client-id": "app"},
    {"user": None, "client-id": "app"},
    {"user": None},
    {"client-id": "app"},
)


def entry(names: Mapping[str, str | None], *changes: tuple[str, float | None]) -> EntryData:
    return EntryData(
        entity=tuple(EntityData(entity_type=type_, entity_name=name) for type_, name in names.items()),
        ops=tuple(OpData(key=key, value=value or 0.0, remove=value is None) for key, value in changes),
    )


def rate(names: Mapping[str, str | None], value: float | None = 1.0) -> EntryData:
    return entry(names, ("producer_byte_rate", value))


async def alter(broker: Rig, *entries: EntryData, version: int = 1, **more: Any) -> list[int]:
    request = AlterClientQuotasRequest(entries=entries, **more)
    return [each.error_code for each in (await broker.ask(alter_client_quotas, request, version)).entries]


async def describe(broker: Rig, *components: ComponentData, version: int = 1, **more: Any) -> Any:
    request = DescribeClientQuotasRequest(components=components, **more)
    return await broker.ask(describe_client_quotas, request, version)


def wanted(type_: str, match_type: int, match: str | None = None) -> ComponentData:
    return ComponentData(entity_type=type_, match_type=match_type, match=match)


def told(response: Any) -> list[Mapping[str, str | None]]:
    return [{each.entity_type: each.entity_name for each in entry.entity} for entry in response.entries]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_set_is_described_and_gone_when_it_is_removed(version):
    async def test() -> Any:
        async with rig() as broker:
            await alter(
                broker, entry(SET[0], ("producer_byte_rate", 10.0), ("request_percentage", 0.5)), version=version
            )
            first = await describe(broker, version=version)
            await alter(broker, rate(SET[0], None), version=version)
            return first, await describe(broker, version=version)

    first, second = run(test)
    assert told(first) == [SET[0]]
    assert {each.key: each.value for each in first.entries[0].values} == {
        "producer_byte_rate": 10.0,
        "request_percentage": 0.5,
    }
    assert [each.key for each in second.entries[0].values] == ["request_percentage"]


@pytest.mark.parametrize(
    ("components", "strict", "places"),
    [
        ((), False, (0, 1, 2, 3, 4)),
        ((), True, ()),
        ((wanted("user", EXACT, "ann"),), False, (0, 1)),
        ((wanted("user", EXACT, "ann"),), True, (0,)),
        ((wanted("user", DEFAULT),), False, (2, 3)),
        ((wanted("user", SPECIFIED),), True, (0, 3)),
        ((wanted("user", SPECIFIED), wanted("client-id", EXACT, "app")), True, (1, 2)),
        ((wanted("client-id", SPECIFIED),), False, (1, 2, 4)),
        ((wanted("ip", SPECIFIED),), False, ()),
    ],
)
def test_a_filter_means_what_kafkas_means(components, strict, places):
    async def test() -> Any:
        async with rig() as broker:
            await alter(broker, *map(rate, SET))
            return told(await describe(broker, *components, strict=strict))

    assert run(test) == [SET[place] for place in places]


@pytest.mark.parametrize(
    ("components", "code"),
    [
        ((wanted("", EXACT, "ann"),), ErrorCode.INVALID_REQUEST),
        ((wanted("topic", EXACT, "orders"),), ErrorCode.UNSUPPORTED_VERSION),
        ((wanted("user", EXACT, "ann"), wanted("user", DEFAULT)), ErrorCode.INVALID_REQUEST),
        ((wanted("user", EXACT),), ErrorCode.INVALID_REQUEST),
        ((wanted("user", DEFAULT, "ann"),), ErrorCode.INVALID_REQUEST),
        ((wanted("user", SPECIFIED, "ann"),), ErrorCode.INVALID_REQUEST),
        ((wanted("user", 9),), ErrorCode.INVALID_REQUEST),
        ((wanted("ip", SPECIFIED), wanted("user", SPECIFIED)), ErrorCode.INVALID_REQUEST),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(components, code):
    async def test() -> Any:
        async with rig() as broker:
            return await describe(broker, *components)

    response = run(test)
    assert (response.error_code, response.entries) == (code, None)
    assert response.error_message


def test_each_entity_is_answered_for_itself():
    async def test() -> Any:
        async with rig() as broker:
            return await alter(broker, rate({"user": "ann"}), rate({"user": ""}), rate({"ip": None}))

    assert run(test) == [0, ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]


@pytest.mark.parametrize(
    "entries",
    [
        (rate({"user": "ann"}), rate({"user": "ann"}, 2.0)),
        (entry({"user": "ann"}, ("producer_byte_rate", 1.0), ("producer_byte_rate", 2.0)),),
    ],
    ids=["entity", "key"],
)
def test_what_is_named_twice_is_refused(entries):
    async def test() -> Any:
        async with rig() as broker:
            return await alter(broker, *entries), told(await describe(broker))

    assert run(test) == ([ErrorCode.INVALID_REQUEST], [])


def test_one_request_has_a_bound_as_in_kafka():
    async def test() -> Any:
        async with rig() as broker:
            return await alter(broker, *(rate({"user": f"user {number}"}) for number in range(10_001)))

    assert {*run(test)} == {ErrorCode.POLICY_VIOLATION}


def test_what_is_only_validated_is_not_set():
    async def test() -> Any:
        async with rig() as broker:
            return await alter(broker, rate({"user": "ann"}), validate_only=True), told(await describe(broker))

    assert run(test) == ([0], [])


def test_who_may_not_ask_learns_nothing():
    async def test() -> Any:
        refused = ((Operation.ALTER_CONFIGS, THE_CLUSTER), (Operation.DESCRIBE_CONFIGS, THE_CLUSTER))
        async with rig(authorizer=Forbid(*refused)) as broker:
            return await alter(broker, rate({"user": "ann"})), (await describe(broker)).error_code

    code = ErrorCode.CLUSTER_AUTHORIZATION_FAILED
    assert run(test) == ([code], code)
